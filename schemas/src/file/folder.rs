//! Reading a folder of contracts: `<owner>/<dataset>.yaml`, with the code lists and formats they refer to,
//! and what must hold between its files: each id, each table once, open sets made only from what is public,
//! references that a store can look up ([`reference`]).

mod found;
mod reference;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use found::{Files, Placed};

use crate::contracts::catalogue::Catalogue;
use crate::contracts::contract::Contract;
use crate::contracts::mistake::{ContractErrors, Mistake, MistakeKind};
use crate::file::code_list::{self, References};
use crate::file::fields::Notes;
use crate::file::one::{self, ReadFile};
use crate::file::publication::FoundDataset;
use crate::open::border::Border;

/// Folders beside the owners' that hold no contracts.
const NOT_OWNERS: [&str; 7] =
    ["src", "tests", "examples", "benches", "code-lists", "proptest-regressions", "target"];

impl Catalogue {
    /// Reads every contract below `dir`; every mistake of every file at once.
    pub fn read(dir: &Path) -> Result<Catalogue, ContractErrors> {
        let Files { contracts, publications, .. } = read(dir)?;
        Ok(Catalogue::new(
            contracts.into_iter().map(|placed| placed.read.contract),
            publications.into_iter().map(|placed| placed.read.publication),
        ))
    }
}

/// Everything below `dir`, or every mistake in it.
fn read(dir: &Path) -> Result<Files, ContractErrors> {
    let mut reader = FolderReader { dir, mistakes: Vec::new() };
    let references = reader.references();
    let mut files = reader.files(&references);
    reader.check_datasets(&files);
    reader.check_tables(&files);
    reader.check_publications(&mut files);
    let unresolved = reference::check(&mut files);
    reader.mistakes.extend(unresolved);
    ContractErrors::none_or(reader.mistakes)?;
    Ok(files)
}

struct FolderReader<'d> {
    dir: &'d Path,
    mistakes: Vec<Mistake>,
}

impl FolderReader<'_> {
    fn note(
        &mut self,
        file: &Path,
        line: usize,
        kind: MistakeKind,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.mistakes.push(Mistake {
            file: file.to_owned(),
            line,
            kind,
            what: what.into(),
            hint: hint.into(),
        });
    }

    /// Names in a folder, sorted; hidden ones left out. `file` is relative.
    fn entries(&mut self, file: &Path) -> Vec<PathBuf> {
        let read =
            std::fs::read_dir(self.dir.join(file)).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match read {
            Ok(entries) => {
                let mut names: Vec<PathBuf> =
                    entries.iter().map(|entry| file.join(entry.file_name())).collect();
                names.retain(|name| !file_name(name).starts_with('.'));
                names.sort();
                names
            }
            Err(error) => {
                let what = format!(
                    "the folder `{}` can't be read: {}",
                    self.dir.components().chain(file.components()).collect::<PathBuf>().display(),
                    error.kind()
                );
                self.note(
                    file,
                    0,
                    MistakeKind::Unreadable,
                    what,
                    "check `contracts` in the configuration, and the folder's access rights",
                );
                Vec::new()
            }
        }
    }

    fn text(&mut self, file: &Path) -> Option<String> {
        match std::fs::read_to_string(self.dir.join(file)) {
            Ok(text) => Some(text),
            Err(error) => {
                let what = format!("the file can't be read: {}", error.kind());
                self.note(
                    file,
                    0,
                    MistakeKind::Unreadable,
                    what,
                    "contracts are UTF-8 text files that this process may read",
                );
                None
            }
        }
    }

    fn references(&mut self) -> References {
        let mut references = References::default();
        let folder = Path::new("code-lists");
        if self.dir.join(folder).is_dir() {
            for file in self.entries(folder).into_iter().filter(|file| has_extension(file, "csv")) {
                let Some(text) = self.text(&file) else {
                    continue;
                };
                let (list, mistakes) = code_list::read_list(&file, &text);
                self.mistakes.extend(mistakes);
                references.lists.insert(stem(&file), list);
            }
        }
        let file = Path::new("formats.yaml");
        if self.dir.join(file).is_file()
            && let Some(text) = self.text(file)
        {
            let (formats, mistakes) = code_list::read_formats(file, &text);
            self.mistakes.extend(mistakes);
            references.formats = formats;
        }
        references.border = self.border();
        references
    }

    fn border(&mut self) -> Option<Arc<Border>> {
        let file = Path::new("border.geojson");
        if !self.dir.join(file).is_file() {
            return None;
        }
        let text = self.text(file)?;
        let border = Border::read(&text).unwrap_or_else(|| {
            self.note(
                file,
                0,
                MistakeKind::CodeList,
                "is not the line of a border",
                "write one GeoJSON LineString of WGS84, longitude first, as in `{\"type\": \"LineString\", \"coordinates\": [[105.3, 23.1], [105.4, 23.1]]}`",
            );
            Border::everywhere()
        });
        Some(Arc::new(border))
    }

    fn files(&mut self, references: &References) -> Files {
        let mut read_files = Files::default();
        let mut found = 0_usize;
        for owner in self.entries(Path::new("")) {
            if !self.dir.join(&owner).is_dir() || NOT_OWNERS.contains(&file_name(&owner).as_str()) {
                continue;
            }
            for file in self.entries(&owner) {
                if has_extension(&file, "avsc") {
                    continue;
                }
                found += 1;
                self.file(file, references, &mut read_files);
            }
        }
        if found == 0 && self.mistakes.is_empty() {
            let what = format!("there is no contract below `{}`", self.dir.display());
            self.note(
                Path::new(""),
                0,
                MistakeKind::Unreadable,
                what,
                "set `contracts` in the configuration to the folder of the contracts",
            );
        }
        read_files
    }

    fn file(&mut self, file: PathBuf, references: &References, into: &mut Files) {
        if !has_extension(&file, "yaml") {
            self.note(
                &file,
                0,
                MistakeKind::Name,
                "is neither a contract nor one of its Avro files",
                "name contracts `<dataset>.yaml`, or move the file away",
            );
            return;
        }
        let Some(text) = self.text(&file) else {
            return;
        };
        let (read, mistakes) = one::read(&file, &text, references);
        self.mistakes.extend(mistakes);
        match read {
            Some(ReadFile::Contract(read)) => into.contracts.push(Placed { file, read: *read }),
            Some(ReadFile::Publication(read)) => {
                into.publications.push(Placed { file, read: *read });
            }
            None => into.unread.push(stem(&file)),
        }
    }

    /// Each id once, each file called after its id and in the folder of its owner.
    fn check_datasets(&mut self, files: &Files) {
        let mut datasets: HashMap<&str, &Path> = HashMap::new();
        for claim in files.claims() {
            let (file, dataset, owner) = (claim.file, claim.dataset, claim.owner);
            if stem(file) != dataset.as_str() {
                self.note(
                    file,
                    claim.dataset_line,
                    MistakeKind::Name,
                    format!("dataset `{dataset}` is in a file of another name"),
                    format!("name the file `{dataset}.yaml`"),
                );
            }
            if file.parent().map(file_name).unwrap_or_default() != owner.as_str() {
                self.note(
                    file,
                    claim.owner_line,
                    MistakeKind::Name,
                    format!("owner `{owner}` is in the folder of another"),
                    format!("move the file to `{owner}/`"),
                );
            }
            // So a topic, `<owner>.<dataset>`, and a table of the store have one contract.
            if let Some(first) = datasets.insert(dataset.as_str(), file) {
                let what =
                    format!("dataset `{dataset}` has a contract already, `{}`", first.display());
                self.note(
                    file,
                    claim.dataset_line,
                    MistakeKind::Claimed,
                    what,
                    "an id names one dataset, whoever owns it: choose another",
                );
            }
        }
    }

    fn check_tables(&mut self, files: &Files) {
        let mut tables: HashMap<(&str, &str, &str), &Path> = HashMap::new();
        for Placed { file, read } in &files.contracts {
            let source = &read.contract.source;
            if source.table.is_empty() {
                continue;
            }
            if let Some(first) =
                tables.insert((&source.source, &source.schema, &source.table), file)
            {
                let what = format!(
                    "table `{}` of source `{}` is in contract `{}` already",
                    source.full_name(),
                    source.source,
                    first.display()
                );
                self.note(
                    file,
                    read.table_line,
                    MistakeKind::Claimed,
                    what,
                    "a table feeds one dataset: correct the table, or remove one contract",
                );
            }
        }
    }

    fn check_publications(&mut self, files: &mut Files) {
        let contracts: HashMap<&str, &Contract> = files
            .contracts
            .iter()
            .map(|placed| (placed.read.contract.dataset.as_str(), &placed.read.contract))
            .collect();
        for Placed { file, read } in &mut files.publications {
            let mut notes = Notes::new(file);
            let find = |dataset: &str| match contracts.get(dataset) {
                Some(contract) => FoundDataset::Contract(contract),
                None if files.unread.iter().any(|unread| unread == dataset) => FoundDataset::Unread,
                None => FoundDataset::Nothing,
            };
            read.check(find, &mut notes);
            self.mistakes.extend(notes.into_mistakes());
        }
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
