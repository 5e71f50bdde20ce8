//! Does the folder hold what its manifests say? Every file of every revision is read again.

use std::path::Path;

use serde::Serialize;

use crate::config::OpenDataSettings;
use crate::error::{Fault, OpenError};
use crate::folder::SetFolder;
use crate::manifest::{DATAPACKAGE, MANIFEST, Manifest};
use crate::set::OpenSet;
use crate::written::{NAME_DIGITS, hash_file};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Verified {
    pub dataset: String,
    pub latest: String,
    pub revisions: usize,
    pub files: usize,
    pub bytes: u64,
}

/// The first file that is not as it must be ends it, by name. Sets that were never published are passed by.
pub fn verify(settings: &OpenDataSettings, sets: &[&OpenSet]) -> Result<Vec<Verified>, OpenError> {
    let mut all = Vec::new();
    for set in sets {
        let folder = SetFolder::new(&settings.dir, set);
        let Some(latest) = folder.latest() else {
            continue;
        };
        let mut verified = Verified {
            dataset: set.id.clone(),
            latest: latest.clone(),
            revisions: 0,
            files: 0,
            bytes: 0,
        };
        let history = folder.history()?;
        let mut revisions: Vec<&str> = history.kept(settings.keep_revisions).into_iter().collect();
        revisions.push(&latest);
        revisions.sort_unstable();
        revisions.dedup();
        for revision in revisions {
            let path = folder.revision(revision);
            // An older revision may have been given up under a smaller `keep_revisions` than today's.
            if path.exists() || revision == latest {
                verify_revision(&path, revision, &mut verified)?;
            }
        }
        all.push(verified);
    }
    if all.is_empty() {
        return Err(OpenError::NothingPublished { dir: settings.dir.clone() });
    }
    Ok(all)
}

fn verify_revision(
    folder: &Path,
    revision: &str,
    verified: &mut Verified,
) -> Result<(), OpenError> {
    let damaged = |path: &Path, fault| OpenError::Damaged { path: path.to_owned(), fault };
    let Some(manifest) = Manifest::read(folder)? else {
        return Err(damaged(&folder.join(MANIFEST), Fault::Missing));
    };
    // The revision is a hash over the manifest's hashes: who alters both a file and its entry is found here.
    let named = Manifest::revision_of(&manifest.contract_version, &manifest.resources);
    if manifest.revision != revision || named != revision {
        return Err(damaged(&folder.join(MANIFEST), Fault::Name));
    }
    for file in manifest.files() {
        let path = folder.join(&file.path);
        if !path.is_file() {
            return Err(damaged(&path, Fault::Missing));
        }
        let (bytes, sha256) =
            hash_file(&path).map_err(|error| OpenError::unreadable(&path, error))?;
        if bytes != file.bytes {
            return Err(damaged(&path, Fault::Length));
        }
        if sha256 != file.sha256
            || !file.path.contains(sha256.get(..NAME_DIGITS).unwrap_or_default())
        {
            return Err(damaged(&path, Fault::Content));
        }
        verified.files += 1;
        verified.bytes += bytes;
    }
    let package = folder.join(DATAPACKAGE);
    if !package.is_file() {
        return Err(damaged(&package, Fault::Missing));
    }
    let (_, sha256) =
        hash_file(&package).map_err(|error| OpenError::unreadable(&package, error))?;
    if sha256 != manifest.datapackage_sha256 {
        return Err(damaged(&package, Fault::Content));
    }
    verified.revisions += 1;
    Ok(())
}
