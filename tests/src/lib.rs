//! The harness of the whole-system suites: real servers on free ports, the binary that people run.
//!
//! - [`platform`]: one Kafka, one PostgreSQL cluster and one schema registry, shared by a suite
//! - [`world`]: a deployment of its own inside it: topic prefix, department databases, store, services
//! - [`own_server`]: a PostgreSQL server of one department's own
//! - [`proxy`]: between a service and a server, to lose what one says to the other
//! - [`secret`]: files of secrets
//! - [`service`]: one running `bangioc` process, and what can be done to it
//! - [`suite`]: checks of one thing, started before them and stopped after
//! - `layers`: no file of any crate imports what imports it
//! - [`wait`]: waiting for a condition, never for a time

#[cfg(test)]
mod layers;
pub mod own_server;
pub mod platform;
pub mod proxy;
pub mod secret;
pub mod service;
pub mod suite;
pub mod wait;
pub mod world;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the repository")
}

/// Built for people, the binary has no fail points, and a trial that needs one would wait for a death that does not come.
static LOOKED_AT: Once = Once::new();

/// The binary under test: beside the test program, where cargo puts both.
pub fn bangioc() -> PathBuf {
    let mut path = std::env::current_exe().expect("own path");
    path.pop();
    if path.ends_with("deps") {
        path.pop();
    }
    let binary = path.join("bangioc");
    assert!(binary.exists(), "`{}` is missing: `ops/test` builds it first", binary.display());
    LOOKED_AT.call_once(|| {
        let version = Command::new(&binary).arg("--version").output();
        let version = version.expect("its version").stdout;
        assert!(
            String::from_utf8_lossy(&version).contains("breakable"),
            "`{}` was built for people: `ops/test` builds the one for tests",
            binary.display()
        );
    });
    binary
}
