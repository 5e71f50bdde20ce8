//! Who else can read the file of a secret, or put another in its place?

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{StatVfsMountFlags, statvfs};

/// Group and others.
const READ_BY_OTHERS: u32 = 0o077;
const WRITTEN_BY_OTHERS: u32 = 0o022;
/// In a folder with it only its owner can exchange a file.
const STICKY: u32 = 0o1000;

/// What counts of a file, or of a folder.
#[derive(Clone, Copy)]
struct FileMode {
    mode: u32,
    uid: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Exposure {
    Read,
    ForeignOwner,
    Exchanged,
}

/// Problem and hint; none when the file is ours or root's alone, or when it is not there: its reader will
/// say so. Links are followed, as the reader does: a mounted secret often is one.
///
/// What is mounted read-only is taken as it is: so containers get their secrets, with the host's modes and
/// owners, and nobody but this service lives beside them.
pub(super) fn found(path: &Path) -> Option<(String, String)> {
    let real = path.canonicalize().ok()?;
    let mounted = statvfs(&real).ok()?;
    if mounted.f_flag.contains(StatVfsMountFlags::RDONLY) {
        return None;
    }
    let folder = real.parent()?;
    let (file, about) = (entry(&real)?, entry(folder)?);
    let me = rustix::process::geteuid().as_raw();
    let shown = path.display();
    Some(match exposure(file, about, me)? {
        Exposure::Read => (
            format!("names `{shown}`, which others can open (mode {:o})", file.mode & 0o777),
            format!(
                "`chmod 600 {shown}`; whoever could read it until now may know the secret: change it"
            ),
        ),
        Exposure::ForeignOwner => (
            format!("names `{shown}`, which belongs to another user (uid {})", file.uid),
            format!("`chown {me} {shown}`"),
        ),
        Exposure::Exchanged => (
            format!(
                "names `{shown}`, in a folder where others can put another file in its place (mode {:o}, uid {})",
                about.mode & 0o777,
                about.uid
            ),
            format!("`chmod go-w {}`, or move the file", folder.display()),
        ),
    })
}

fn entry(path: &Path) -> Option<FileMode> {
    let about = path.metadata().ok()?;
    Some(FileMode { mode: about.mode(), uid: about.uid() })
}

fn exposure(file: FileMode, folder: FileMode, me: u32) -> Option<Exposure> {
    let trusted = |uid: u32| uid == 0 || uid == me;
    if file.mode & READ_BY_OTHERS != 0 {
        Some(Exposure::Read)
    } else if !trusted(file.uid) {
        Some(Exposure::ForeignOwner)
    } else if (folder.mode & WRITTEN_BY_OTHERS != 0 && folder.mode & STICKY == 0)
        || !trusted(folder.uid)
    {
        Some(Exposure::Exchanged)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    #[test]
    fn only_what_is_ours_or_roots_alone_is_taken() {
        use Exposure::{Exchanged, ForeignOwner, Read};
        let (me, other) = (1000, 1001);
        for (file, folder, exposed) in [
            ((0o600, me), (0o755, me), None),
            ((0o400, 0), (0o755, 0), None),
            ((0o600, me), (0o1777, 0), None),
            ((0o640, me), (0o700, me), Some(Read)),
            ((0o604, me), (0o700, me), Some(Read)),
            ((0o620, me), (0o700, me), Some(Read)),
            ((0o444, 0), (0o755, 0), Some(Read)),
            ((0o600, other), (0o755, me), Some(ForeignOwner)),
            ((0o600, me), (0o777, me), Some(Exchanged)),
            ((0o600, me), (0o775, me), Some(Exchanged)),
            ((0o600, me), (0o755, other), Some(Exchanged)),
        ] {
            let entry = |(mode, uid)| FileMode { mode, uid };
            assert_eq!(exposure(entry(file), entry(folder), me), exposed, "{file:?} in {folder:?}");
        }
    }

    #[test]
    fn the_file_and_what_mends_it_are_named() {
        let folder = std::env::temp_dir().join(format!("bangioc-exposed-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mode =
            |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
        mode(&folder, 0o700);
        let (file, link) = (folder.join("secret"), folder.join("link"));
        fs::write(&file, "s").unwrap();
        symlink(&file, &link).unwrap();
        mode(&file, 0o640);
        let shown = file.display().to_string();
        let (problem, hint) = found(&file).unwrap();
        assert!(problem.contains(&shown) && problem.contains("640"), "{problem}");
        assert!(hint.contains(&format!("chmod 600 {shown}")), "{hint}");
        assert!(found(&link).is_some(), "a link hides nothing");
        mode(&file, 0o600);
        assert_eq!((found(&file), found(&link)), (None, None));
        mode(&folder, 0o777);
        assert!(found(&file).is_some());
        assert_eq!(found(Path::new("/nowhere/secret")), None);
        fs::remove_dir_all(&folder).unwrap();
    }
}
