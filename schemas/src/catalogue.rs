//! All contracts of a folder: `<owner>/<dataset>.yaml`, with the code lists and formats they refer to.
//! Every mistake of every file at once.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use crate::code_list::{self, References};
use crate::contract::Contract;
use crate::contract_file::{self, ReadContract};
use crate::mistake::{ContractErrors, Mistake, MistakeKind};
use crate::names::{Side, topic};

/// Folders beside the owners' that hold no contracts.
const NOT_OWNERS: [&str; 7] = [
    "src",
    "tests",
    "examples",
    "benches",
    "code-lists",
    "proptest-regressions",
    "target",
];

/// Contracts by dataset id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    contracts: BTreeMap<String, Contract>,
}

impl Catalogue {
    /// Reads every contract below `dir`.
    pub fn read(dir: &Path) -> Result<Catalogue, ContractErrors> {
        let mut reader = CatalogueReader {
            dir,
            mistakes: Vec::new(),
        };
        let references = reader.references();
        let contracts = reader.contracts(&references);
        reader.check_claims(&contracts);
        ContractErrors::none_or(reader.mistakes)?;
        let by_id = |(_, read): (PathBuf, ReadContract)| {
            (read.contract.dataset.as_str().to_owned(), read.contract)
        };
        Ok(Catalogue {
            contracts: contracts.into_iter().map(by_id).collect(),
        })
    }

    /// All contracts, drafts too, by dataset id.
    pub fn iter(&self) -> impl Iterator<Item = &Contract> {
        self.contracts.values()
    }

    /// The contracts that have topics.
    pub fn active(&self) -> impl Iterator<Item = &Contract> {
        self.iter().filter(|contract| contract.is_active())
    }

    pub fn get(&self, dataset: &str) -> Option<&Contract> {
        self.contracts.get(dataset)
    }

    /// The active contract of a topic, of either side.
    pub fn by_topic(&self, prefix: &str, name: &str) -> Option<&Contract> {
        self.active().find(|contract| {
            [Side::Shared, Side::Open]
                .into_iter()
                .any(|side| topic(prefix, side, &contract.owner, &contract.dataset) == name)
        })
    }
}

impl Contract {
    /// One contract by its text, without code lists or formats to refer to.
    pub fn from_yaml(text: &str) -> Result<Contract, ContractErrors> {
        let (read, mistakes) =
            contract_file::read(Path::new("contract.yaml"), text, &References::default());
        ContractErrors::none_or(mistakes)?;
        // Without a mistake there is a contract: the reader notes one for whatever it can't read.
        read.map(|read| read.contract).ok_or_else(|| {
            ContractErrors::one(
                Path::new("contract.yaml"),
                MistakeKind::Unreadable,
                "nothing could be read",
                "check the file",
            )
        })
    }
}

struct CatalogueReader<'d> {
    dir: &'d Path,
    mistakes: Vec<Mistake>,
}

impl CatalogueReader<'_> {
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
                let mut names: Vec<PathBuf> = entries
                    .iter()
                    .map(|entry| file.join(entry.file_name()))
                    .collect();
                names.retain(|name| !file_name(name).starts_with('.'));
                names.sort();
                names
            }
            Err(error) => {
                let what = format!(
                    "the folder `{}` can't be read: {}",
                    self.dir
                        .components()
                        .chain(file.components())
                        .collect::<PathBuf>()
                        .display(),
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
            for file in self
                .entries(folder)
                .into_iter()
                .filter(|file| has_extension(file, "csv"))
            {
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
        references
    }

    fn contracts(&mut self, references: &References) -> Vec<(PathBuf, ReadContract)> {
        let mut contracts = Vec::new();
        let mut files = 0_usize;
        for owner in self.entries(Path::new("")) {
            if !self.dir.join(&owner).is_dir() || NOT_OWNERS.contains(&file_name(&owner).as_str()) {
                continue;
            }
            for file in self.entries(&owner) {
                if has_extension(&file, "avsc") {
                    continue;
                }
                files += 1;
                if !has_extension(&file, "yaml") {
                    self.note(
                        &file,
                        0,
                        MistakeKind::Name,
                        "is neither a contract nor one of its Avro files",
                        "name contracts `<dataset>.yaml`, or move the file away",
                    );
                    continue;
                }
                let Some(text) = self.text(&file) else {
                    continue;
                };
                let (read, mistakes) = contract_file::read(&file, &text, references);
                self.mistakes.extend(mistakes);
                if let Some(read) = read {
                    self.check_place(&file, &read);
                    contracts.push((file, read));
                }
            }
        }
        if files == 0 && self.mistakes.is_empty() {
            let what = format!("there is no contract below `{}`", self.dir.display());
            self.note(
                Path::new(""),
                0,
                MistakeKind::Unreadable,
                what,
                "set `contracts` in the configuration to the folder of the contracts",
            );
        }
        contracts
    }

    fn check_place(&mut self, file: &Path, read: &ReadContract) {
        let contract = &read.contract;
        if stem(file) != contract.dataset.as_str() {
            let what = format!(
                "dataset `{}` is in a file of another name",
                contract.dataset
            );
            self.note(
                file,
                read.dataset_line,
                MistakeKind::Name,
                what,
                format!("name the file `{}.yaml`", contract.dataset),
            );
        }
        let folder = file.parent().map(file_name).unwrap_or_default();
        if folder != contract.owner.as_str() {
            let what = format!("owner `{}` is in the folder of another", contract.owner);
            self.note(
                file,
                read.owner_line,
                MistakeKind::Name,
                what,
                format!("move the file to `{}/`", contract.owner),
            );
        }
    }

    fn check_claims(&mut self, contracts: &[(PathBuf, ReadContract)]) {
        let mut datasets: HashMap<&str, &Path> = HashMap::new();
        let mut tables: HashMap<(&str, &str, &str), &Path> = HashMap::new();
        for (file, read) in contracts {
            let contract = &read.contract;
            if let Some(first) = datasets.insert(contract.dataset.as_str(), file) {
                let what = format!(
                    "dataset `{}` has a contract already, `{}`",
                    contract.dataset,
                    first.display()
                );
                self.note(
                    file,
                    read.dataset_line,
                    MistakeKind::Claimed,
                    what,
                    "an id names one dataset, whoever owns it: choose another",
                );
            }
            let source = &contract.source;
            if source.table.is_empty() {
                continue;
            }
            if let Some(first) =
                tables.insert((&source.source, &source.schema, &source.table), file)
            {
                let what = format!(
                    "table `{}.{}` of source `{}` is in contract `{}` already",
                    source.schema,
                    source.table,
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
}

fn file_name(path: &Path) -> String {
    path.file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn has_extension(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}
