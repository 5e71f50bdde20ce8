//! Is a row in the snapshots that the public sees now?

use serde::Serialize;

use crate::config::OpenDataSettings;
use crate::csv_rows::CsvRows;
use crate::error::OpenError;
use crate::folder::SetFolder;
use crate::format::Format;
use crate::lexical::lexical;
use crate::manifest::Manifest;
use crate::set::{OpenSet, Resource};
use crate::slot::Slot;

/// A resource that is made of the row's dataset.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct FoundIn {
    pub set: String,
    pub resource: String,
    /// None: never published.
    pub revision: Option<String>,
    pub published_at: Option<Slot>,
    /// None where rows are summed up, and none can be told apart.
    pub has_row: Option<bool>,
}

/// Looks through every resource of `dataset`. `key`: name and PostgreSQL's text of each key column.
pub fn find(
    settings: &OpenDataSettings,
    sets: &[OpenSet],
    dataset: &str,
    key: &[(String, String)],
) -> Result<Vec<FoundIn>, OpenError> {
    let mut found = Vec::new();
    for set in sets {
        let folder = SetFolder::new(&settings.dir, set);
        for resource in set.resources.iter().filter(|one| one.dataset == dataset) {
            let mut found_in = FoundIn {
                set: set.id.clone(),
                resource: resource.name.clone(),
                revision: folder.latest(),
                published_at: None,
                has_row: None,
            };
            if let Some(revision) = &found_in.revision {
                found_in.published_at = folder.history()?.published_at(revision);
                let path = folder.revision(revision);
                let manifest = Manifest::read(&path)?;
                let entry = manifest.and_then(|manifest| {
                    let csv = manifest.resource(&resource.name)?.file(Format::Csv)?;
                    Some(path.join(&csv.path))
                });
                if let (Some(csv), Some(wanted)) = (entry, wanted(resource, key)) {
                    let rows = CsvRows::open(&csv, &resource.fields);
                    let has_row = rows.and_then(|mut rows| {
                        rows.try_fold(false, |found, row| {
                            let row = row?;
                            let is_it = |(place, text): &(usize, String)| {
                                row.get(*place).and_then(Option::as_ref) == Some(text)
                            };
                            Ok(found || wanted.iter().all(is_it))
                        })
                    });
                    found_in.has_row =
                        Some(has_row.map_err(|error| OpenError::unreadable(&csv, error))?);
                }
            }
            found.push(found_in);
        }
    }
    Ok(found)
}

/// The key as the file writes it, by place; none when the resource's rows are not the dataset's.
fn wanted(resource: &Resource, key: &[(String, String)]) -> Option<Vec<(usize, String)>> {
    let one_row_each = resource.key.len() == key.len();
    let place = |(name, text): &(String, String)| {
        let fields = &resource.fields;
        let place = fields.iter().position(|field| field.name == *name)?;
        let written = lexical(&fields[place].column_type, text).into_owned();
        resource.key.contains(&place).then_some((place, written))
    };
    key.iter().map(place).collect::<Option<Vec<_>>>().filter(|_| one_row_each)
}
