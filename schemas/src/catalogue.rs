//! All contracts of a folder: `<owner>/<dataset>.yaml`, with the code lists and formats they refer to.
//! Every mistake of every file at once; [`folder`] finds them.

mod folder;

use std::collections::BTreeMap;
use std::path::Path;

use crate::contract::Contract;
use crate::file::code_list::References;
use crate::file::{self, ReadFile};
use crate::mistake::{ContractErrors, MistakeKind};
use crate::names::{Side, topic};
use crate::publication::Publication;

/// Contracts and open sets, by dataset id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    contracts: BTreeMap<String, Contract>,
    publications: BTreeMap<String, Publication>,
}

impl Catalogue {
    /// Reads every contract below `dir`.
    pub fn read(dir: &Path) -> Result<Catalogue, ContractErrors> {
        let files = folder::read(dir)?;
        let mut catalogue = Catalogue::default();
        for contract in files.contracts {
            let contract = contract.read.contract;
            let id = contract.dataset.as_str().to_owned();
            catalogue.contracts.insert(id, contract);
        }
        for publication in files.publications {
            let publication = publication.read.publication;
            let id = publication.dataset.as_str().to_owned();
            catalogue.publications.insert(id, publication);
        }
        Ok(catalogue)
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

    /// The open sets, by dataset id.
    pub fn publications(&self) -> impl Iterator<Item = &Publication> {
        self.publications.values()
    }

    pub fn publication(&self, dataset: &str) -> Option<&Publication> {
        self.publications.get(dataset)
    }

    /// A dataset or open set whose id is a slip of the pen away.
    pub fn nearest(&self, dataset: &str) -> Option<&str> {
        let ids = self.contracts.keys().chain(self.publications.keys());
        let ids: Vec<&str> = ids.map(String::as_str).collect();
        file::nearest(dataset, &ids)
    }

    /// The active contract of a topic, as it travels there: of an open topic the derived one.
    pub fn by_topic(&self, prefix: &str, name: &str) -> Option<&Contract> {
        let sides = [Side::Shared, Side::Open];
        self.active()
            .flat_map(|contract| sides.into_iter().filter_map(|side| contract.on(side)))
            .find(|contract| {
                topic(prefix, contract.side, &contract.owner, &contract.dataset) == name
            })
    }
}

impl Contract {
    /// One contract by its text, without code lists or formats to refer to.
    pub fn from_yaml(text: &str) -> Result<Contract, ContractErrors> {
        let file = Path::new("contract.yaml");
        let (read, mistakes) = file::read(file, text, &References::default());
        ContractErrors::none_or(mistakes)?;
        match read {
            Some(ReadFile::Contract(read)) => Ok(read.contract),
            Some(ReadFile::Publication(_)) => Err(ContractErrors::one(
                file,
                MistakeKind::Conflict,
                "is an open set, not the contract of a dataset",
                "name a file without `publish`",
            )),
            // Without a mistake there is a contract: the reader notes one for whatever it can't read.
            None => Err(ContractErrors::one(
                file,
                MistakeKind::Unreadable,
                "nothing could be read",
                "check the file",
            )),
        }
    }
}
