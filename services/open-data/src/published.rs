//! What is published of a set, as the folder says at this moment.

use std::path::PathBuf;

use crate::config::OpenDataSettings;
use crate::error::OpenError;
use crate::folder::SetFolder;
use crate::history::History;
use crate::manifest::Manifest;
use crate::set::OpenSet;
use crate::slot::Slot;

pub(crate) struct SetState<'s> {
    pub(crate) set: &'s OpenSet,
    pub(crate) history: History,
    /// None: never published.
    pub(crate) snapshot: Option<Snapshot>,
}

/// A revision whose files are there.
pub(crate) struct Snapshot {
    pub(crate) folder: PathBuf,
    pub(crate) manifest: Manifest,
    pub(crate) published_at: Slot,
    pub(crate) current_at: Option<Slot>,
    /// Revisions whose files are still there.
    pub(crate) kept: Vec<String>,
}

impl SetState<'_> {
    pub(crate) fn read<'s>(
        settings: &OpenDataSettings,
        set: &'s OpenSet,
    ) -> Result<SetState<'s>, OpenError> {
        let folder = SetFolder::new(&settings.dir, set);
        let history = folder.history()?;
        let snapshot = match folder.latest() {
            Some(revision) => read(&folder, &history, &revision)?.map(|snapshot| Snapshot {
                kept: history
                    .kept(settings.keep_revisions)
                    .into_iter()
                    .map(str::to_owned)
                    .collect(),
                ..snapshot
            }),
            None => None,
        };
        Ok(SetState { set, history, snapshot })
    }

    pub(crate) fn current_at(&self) -> Option<Slot> {
        self.history.current_at
    }
}

/// None when the history does not know it, or its files are gone.
pub(crate) fn revision(
    settings: &OpenDataSettings,
    set: &OpenSet,
    revision: &str,
) -> Result<Option<Snapshot>, OpenError> {
    let folder = SetFolder::new(&settings.dir, set);
    read(&folder, &folder.history()?, revision)
}

fn read(
    folder: &SetFolder<'_>,
    history: &History,
    revision: &str,
) -> Result<Option<Snapshot>, OpenError> {
    let Some(published_at) = history.published_at(revision) else {
        return Ok(None);
    };
    let path = folder.revision(revision);
    Ok(Manifest::read(&path)?.map(|manifest| Snapshot {
        folder: path,
        manifest,
        published_at,
        current_at: history.current_at,
        kept: Vec::new(),
    }))
}
