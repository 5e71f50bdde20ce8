//! What is published, as `bangioc open-data list` shows it.

use bangioc_runtime::table::aligned;
use serde::Serialize;

use crate::config::OpenDataSettings;
use crate::error::OpenError;
use crate::folder::SetFolder;
use crate::manifest::Manifest;
use crate::publish::{Outcome, Published};
use crate::set::OpenSet;
use crate::slot::Slot;

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ListedSet {
    pub dataset: String,
    pub name_vi: String,
    pub name_en: String,
    pub every_seconds: u32,
    /// None: never published.
    pub revision: Option<String>,
    pub published_at: Option<Slot>,
    pub current_at: Option<Slot>,
    pub resources: usize,
    pub rows: u64,
    pub bytes: u64,
    /// How often it has changed, as far as the history goes back.
    pub revisions: usize,
}

pub fn list(settings: &OpenDataSettings, sets: &[OpenSet]) -> Result<Vec<ListedSet>, OpenError> {
    let one = |set: &OpenSet| {
        let folder = SetFolder::new(&settings.dir, set);
        let history = folder.history()?;
        let revision = folder.latest();
        let manifest = match &revision {
            Some(revision) => Manifest::read(&folder.revision(revision))?,
            None => None,
        };
        let files = || manifest.iter().flat_map(Manifest::files);
        Ok(ListedSet {
            dataset: set.id.clone(),
            name_vi: set.name.vi.clone(),
            name_en: set.name.en.clone(),
            every_seconds: set.every_seconds,
            published_at: revision.as_deref().and_then(|revision| history.published_at(revision)),
            current_at: history.current_at,
            resources: set.resources.len(),
            rows: manifest
                .iter()
                .flat_map(|manifest| &manifest.resources)
                .map(|resource| resource.rows)
                .sum(),
            bytes: files().filter(|file| file.format.is_data()).map(|file| file.bytes).sum(),
            revisions: history.revisions.len(),
            revision,
        })
    };
    sets.iter().map(one).collect()
}

/// A line per set.
pub fn list_table(listed: &[ListedSet]) -> String {
    let mut rows = vec![
        ["dataset", "revision", "published", "current", "rows", "bytes", "revisions", "name"]
            .map(str::to_owned),
    ];
    let none = || "–".to_owned();
    for set in listed {
        rows.push([
            set.dataset.clone(),
            set.revision.clone().unwrap_or_else(none),
            set.published_at.map_or_else(none, |slot| slot.to_string()),
            set.current_at.map_or_else(none, |slot| slot.to_string()),
            set.rows.to_string(),
            set.bytes.to_string(),
            set.revisions.to_string(),
            set.name_vi.clone(),
        ]);
    }
    aligned(&rows, 4..7)
}

/// A line per resource.
pub fn published_table(published: &[Published]) -> String {
    let mut rows = vec![["dataset", "resource", "rows", "bytes", "outcome"].map(str::to_owned)];
    for set in published {
        let outcome = match (set.outcome, &set.revision) {
            (Outcome::New, Some(revision)) => format!("new revision {revision}"),
            (Outcome::Unchanged, Some(revision)) => format!("unchanged, {revision}"),
            _ => "held: its first copy is not whole yet".to_owned(),
        };
        for resource in &set.resources {
            rows.push([
                set.dataset.clone(),
                resource.name.clone(),
                resource.rows.to_string(),
                resource.bytes.to_string(),
                outcome.clone(),
            ]);
        }
        if set.resources.is_empty() {
            rows.push([set.dataset.clone(), "–".into(), "–".into(), "–".into(), outcome]);
        }
    }
    aligned(&rows, 2..4)
}
