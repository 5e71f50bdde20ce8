//! The folder of a set: one folder for each revision, never touched again, a link to the latest, the
//! history. Whatever is killed when, a reader sees the old snapshot or the new one, whole.
//!
//! ```text
//! <dir>/.lock  catalog.ttl  catalog.jsonld
//! <dir>/<set>/history.json  latest -> <revision>
//! <dir>/<set>/<revision>/<resource>-<hash>.csv …  manifest.json  datapackage.json
//! <dir>/<set>/.making                             a snapshot under way
//! ```

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use bangioc_runtime::failpoint;

use crate::datapackage;
use crate::difference::{self, Difference};
use crate::error::OpenError;
use crate::format::Format;
use crate::history::{HISTORY, History, ResourceHistory, Revision};
use crate::manifest::{DATAPACKAGE, MANIFEST, Manifest, to_json};
use crate::set::{OpenSet, Resource};
use crate::slot::Slot;
use crate::written::{sync_folder, write_file};

pub const LATEST: &str = "latest";

/// One process publishes in a folder at a time; readers need no lock.
pub struct Lock(#[expect(dead_code, reason = "held while it is open")] File);

impl Lock {
    pub fn take(dir: &Path) -> Result<Lock, OpenError> {
        fs::create_dir_all(dir).map_err(|error| OpenError::unwritable(dir, error))?;
        let path = dir.join(".lock");
        let file = File::create(&path).map_err(|error| OpenError::unwritable(&path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(OpenError::Busy { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => Err(OpenError::unwritable(&path, error)),
        }
    }
}

pub struct SetFolder<'s> {
    set: &'s OpenSet,
    path: PathBuf,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Installed {
    New,
    Unchanged,
}

impl<'s> SetFolder<'s> {
    pub fn new(dir: &Path, set: &'s OpenSet) -> SetFolder<'s> {
        SetFolder { set, path: dir.join(&set.id) }
    }

    pub fn revision(&self, revision: &str) -> PathBuf {
        self.path.join(revision)
    }

    pub fn history(&self) -> Result<History, OpenError> {
        History::read(&self.path, &self.set.id)
    }

    /// The revision that readers see; none before the first publishing.
    pub fn latest(&self) -> Option<String> {
        let target = fs::read_link(self.path.join(LATEST)).ok()?;
        target.to_str().map(str::to_owned)
    }

    /// An empty folder for a snapshot under way, in place of what an earlier one left.
    pub fn making(&self) -> Result<PathBuf, OpenError> {
        let making = self.path.join(".making");
        remove(&making)?;
        fs::create_dir_all(&making).map_err(|error| OpenError::unwritable(&making, error))?;
        Ok(making)
    }

    /// Makes the snapshot under way the latest, unless it is already.
    pub fn install(
        &self,
        manifest: &Manifest,
        slot: Slot,
        keep: usize,
    ) -> Result<Installed, OpenError> {
        let making = self.path.join(".making");
        let target = self.revision(&manifest.revision);
        let mut history = self.history()?;
        let known = history.latest().is_some_and(|latest| latest.revision == manifest.revision);
        let installed = if known
            && self.latest().as_deref() == Some(&*manifest.revision)
            && is_there(&target, manifest)
        {
            Installed::Unchanged
        } else {
            self.complete(&making, manifest)?;
            self.move_in(&making, &target, manifest)?;
            failpoint::hit("open-data.moved-in");
            if !known {
                let revision = self.compared(&history, manifest, slot)?;
                history.add(revision);
                history.current_at = Some(slot);
                history.write(&self.path)?;
                failpoint::hit("open-data.history");
            }
            self.point_to(&manifest.revision)?;
            failpoint::hit("open-data.latest");
            Installed::New
        };
        if history.current_at != Some(slot) {
            history.current_at = Some(slot);
            history.write(&self.path)?;
        }
        self.clean(&history, keep)?;
        Ok(installed)
    }

    /// The last files of the snapshot under way, then all its names on the disk.
    fn complete(&self, making: &Path, manifest: &Manifest) -> Result<(), OpenError> {
        failpoint::hit("open-data.files");
        let package = to_json(&datapackage::of(self.set, manifest));
        for (name, content) in [(DATAPACKAGE, package), (MANIFEST, to_json(manifest))] {
            let path = making.join(name);
            write_file(&path, &content).map_err(|error| OpenError::unwritable(&path, error))?;
        }
        failpoint::hit("open-data.written");
        sync_folder(making).map_err(|error| OpenError::unwritable(making, error))
    }

    fn move_in(&self, making: &Path, target: &Path, manifest: &Manifest) -> Result<(), OpenError> {
        let unwritable = |error| OpenError::unwritable(target, error);
        if target.exists() {
            if is_there(target, manifest) {
                return remove(making);
            }
            // Named so, but not so: damaged. Out of the way first, since a rename replaces no full folder.
            let damaged = self.path.join(".damaged");
            remove(&damaged)?;
            fs::rename(target, &damaged).map_err(unwritable)?;
        }
        fs::rename(making, target).map_err(unwritable)?;
        failpoint::hit("open-data.renamed");
        sync_folder(&self.path).map_err(unwritable)
    }

    /// A new entry of the history, its rows counted against the revision before.
    fn compared(
        &self,
        history: &History,
        manifest: &Manifest,
        slot: Slot,
    ) -> Result<Revision, OpenError> {
        let before = match history.latest() {
            Some(latest) => {
                let folder = self.revision(&latest.revision);
                Manifest::read(&folder)?.map(|manifest| (folder, manifest))
            }
            None => None,
        };
        let resources = self.set.resources.iter().map(|resource| {
            let rows = manifest.resource(&resource.name).map_or(0, |entry| entry.rows);
            let difference = self.difference(resource, before.as_ref(), manifest)?;
            Ok(ResourceHistory { name: resource.name.clone(), rows, difference })
        });
        Ok(Revision {
            revision: manifest.revision.clone(),
            published_at: slot,
            contract_changed: before
                .as_ref()
                .is_some_and(|(_, before)| before.contract_version != manifest.contract_version),
            resources: resources.collect::<Result<_, OpenError>>()?,
        })
    }

    fn difference(
        &self,
        resource: &Resource,
        before: Option<&(PathBuf, Manifest)>,
        after: &Manifest,
    ) -> Result<Difference, OpenError> {
        let lines = |folder: &Path, manifest: &Manifest| {
            let file = manifest.resource(&resource.name)?.file(Format::Jsonl)?;
            Some(folder.join(&file.path)).filter(|path| path.is_file())
        };
        let Some(after) = lines(&self.revision(&after.revision), after) else {
            return Ok(Difference::default());
        };
        let before = before.and_then(|(folder, manifest)| lines(folder, manifest));
        let key: Vec<&str> = resource.key_fields().map(|field| field.name.as_str()).collect();
        difference::between(before.as_deref(), &after, &key)
            .map_err(|error| OpenError::unreadable(&after, error))
    }

    /// A link cannot be changed, but another can be renamed over it at once.
    fn point_to(&self, revision: &str) -> Result<(), OpenError> {
        let (latest, new) = (self.path.join(LATEST), self.path.join(".latest"));
        let unwritable = |error| OpenError::unwritable(&latest, error);
        remove(&new)?;
        symlink(revision, &new).map_err(unwritable)?;
        failpoint::hit("open-data.linked");
        fs::rename(&new, &latest).map_err(unwritable)?;
        sync_folder(&self.path).map_err(unwritable)
    }

    /// Removes what belongs to no revision that is kept: leftovers of a killed publisher, old revisions.
    fn clean(&self, history: &History, keep: usize) -> Result<(), OpenError> {
        let mut kept = history.kept(keep);
        let latest = self.latest();
        kept.extend(latest.as_deref());
        kept.extend([LATEST, HISTORY]);
        let entries = fs::read_dir(&self.path).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        for entry in entries.map_err(|error| OpenError::unreadable(&self.path, error))? {
            if !entry.file_name().to_str().is_some_and(|name| kept.contains(name)) {
                failpoint::hit("open-data.clean");
                remove(&entry.path())?;
            }
        }
        Ok(())
    }
}

/// Is the folder this revision's, by its manifest and by the names and lengths of its files?
fn is_there(folder: &Path, manifest: &Manifest) -> bool {
    manifest.is_whole(folder)
        && Manifest::read(folder).is_ok_and(|there| there.as_ref() == Some(manifest))
}

/// A file, a link or a whole folder; nothing when there is none.
fn remove(path: &Path) -> Result<(), OpenError> {
    let removed = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    };
    removed.map_err(|error| OpenError::unwritable(path, error))
}
