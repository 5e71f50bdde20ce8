//! `history.json` of a set: its revisions, when each was published, and how it differs from the one
//! before. The times are those of publishing slots.

use std::collections::HashSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::difference::Difference;
use crate::error::OpenError;
use crate::manifest::{read_json, to_json};
use crate::slot::Slot;
use crate::written::replace_file;

pub const HISTORY: &str = "history.json";

/// Entries kept; older ones are forgotten. An hourly set fills it in six weeks.
const MOST_ENTRIES: usize = 1000;

#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct History {
    pub dataset: String,
    /// The newest slot at which the set was looked at: it holds what was known then.
    pub current_at: Option<Slot>,
    /// Newest last.
    pub revisions: Vec<Revision>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Revision {
    pub revision: String,
    pub published_at: Slot,
    /// The columns or their descriptions are not those of the revision before.
    pub contract_changed: bool,
    pub resources: Vec<ResourceHistory>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResourceHistory {
    pub name: String,
    pub rows: u64,
    #[serde(flatten)]
    pub difference: Difference,
}

impl History {
    pub fn read(set_dir: &Path, dataset: &str) -> Result<History, OpenError> {
        let read: Option<History> = read_json(&set_dir.join(HISTORY))?;
        Ok(read.unwrap_or_else(|| History { dataset: dataset.to_owned(), ..History::default() }))
    }

    pub fn write(&self, set_dir: &Path) -> Result<(), OpenError> {
        let path = set_dir.join(HISTORY);
        replace_file(&path, &to_json(self)).map_err(|error| OpenError::unwritable(&path, error))
    }

    pub fn latest(&self) -> Option<&Revision> {
        self.revisions.last()
    }

    /// When this revision was published last.
    pub fn published_at(&self, revision: &str) -> Option<Slot> {
        self.revisions
            .iter()
            .rev()
            .find(|known| known.revision == revision)
            .map(|known| known.published_at)
    }

    pub fn add(&mut self, revision: Revision) {
        self.revisions.push(revision);
        let surplus = self.revisions.len().saturating_sub(MOST_ENTRIES);
        self.revisions.drain(..surplus);
    }

    /// The revisions whose files stay: the newest `keep`.
    pub fn kept(&self, keep: usize) -> HashSet<&str> {
        let mut kept = HashSet::new();
        for revision in self.revisions.iter().rev() {
            if kept.len() == keep.max(1) {
                break;
            }
            kept.insert(revision.revision.as_str());
        }
        kept
    }
}
