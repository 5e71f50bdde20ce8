//! A secret's file, as services take it: its owner's alone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

pub fn write(path: &Path, secret: &str) {
    fs::write(path, secret).expect("a secret");
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).expect("a mode");
}
