//! `manifest.json` of a revision: every file with its size and hash. All of it follows from the rows and
//! the contract; it knows no time.

use std::fmt::Write as _;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::OpenError;
use crate::format::Format;
use crate::set::{OpenSet, Resource};
use crate::written::{NAME_DIGITS, Written, digest};

pub const MANIFEST: &str = "manifest.json";
pub const DATAPACKAGE: &str = "datapackage.json";

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    pub dataset: String,
    /// Named by its content: the same rows under the same contract are the same revision.
    pub revision: String,
    pub contract_version: String,
    pub licence: String,
    pub datapackage_sha256: String,
    pub resources: Vec<ResourceEntry>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ResourceEntry {
    pub name: String,
    pub rows: u64,
    /// With values like `infinity`, for which the usual types of CSV readers have no place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub text_fields: Vec<String>,
    pub files: Vec<FileEntry>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FileEntry {
    pub format: Format,
    pub path: String,
    pub bytes: u64,
    pub sha256: String,
}

impl Manifest {
    /// Still without the hash of the data package, which is made of it: [`crate::datapackage::sealed`].
    pub(crate) fn unsealed(
        set: &OpenSet,
        contract_version: String,
        resources: Vec<ResourceEntry>,
    ) -> Manifest {
        let revision = Manifest::revision_of(&contract_version, &resources);
        Manifest {
            dataset: set.id.clone(),
            revision,
            contract_version,
            licence: set.licence.clone(),
            datapackage_sha256: String::new(),
            resources,
        }
    }

    /// Named by the hashes of its files.
    pub fn revision_of(contract_version: &str, resources: &[ResourceEntry]) -> String {
        let mut content = format!("{contract_version}\n");
        for resource in resources {
            let _ = writeln!(content, "{} {}", resource.name, resource.rows);
            for file in &resource.files {
                let _ = writeln!(content, "{} {}", file.path, file.sha256);
            }
        }
        let mut revision = digest(content.as_bytes());
        revision.truncate(NAME_DIGITS);
        revision
    }

    /// None when there is none, which is so before the first publishing.
    pub fn read(folder: &Path) -> Result<Option<Manifest>, OpenError> {
        read_json(&folder.join(MANIFEST))
    }

    pub fn resource(&self, name: &str) -> Option<&ResourceEntry> {
        self.resources.iter().find(|resource| resource.name == name)
    }

    pub fn files(&self) -> impl Iterator<Item = &FileEntry> {
        self.resources.iter().flat_map(|resource| &resource.files)
    }

    /// Are all its files where they should be, by name and length? Content is `verify`'s question.
    pub fn is_whole(&self, folder: &Path) -> bool {
        let there = |file: &FileEntry| {
            std::fs::metadata(folder.join(&file.path)).is_ok_and(|found| found.len() == file.bytes)
        };
        self.files().all(there) && folder.join(DATAPACKAGE).is_file()
    }
}

impl ResourceEntry {
    pub fn new(
        resource: &Resource,
        rows: u64,
        text_fields: Vec<String>,
        files: &[(Format, Written)],
    ) -> ResourceEntry {
        let entry = |(format, written): &(Format, Written)| FileEntry {
            format: *format,
            path: written.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            bytes: written.bytes,
            sha256: written.sha256.clone(),
        };
        ResourceEntry {
            name: resource.name.clone(),
            rows,
            text_fields,
            files: files.iter().map(entry).collect(),
        }
    }

    pub fn file(&self, format: Format) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.format == format)
    }
}

/// A JSON file of ours; None when it is not there.
pub fn read_json<T: for<'d> Deserialize<'d>>(path: &Path) -> Result<Option<T>, OpenError> {
    match std::fs::read(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(OpenError::unreadable(path, error)),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| OpenError::unreadable(path, error.into())),
    }
}

pub fn to_json<T: Serialize>(value: &T) -> Vec<u8> {
    // Types of ours have only keys that are text, so this cannot fail.
    let mut json = serde_json::to_vec_pretty(value).unwrap_or_default();
    json.push(b'\n');
    json
}
