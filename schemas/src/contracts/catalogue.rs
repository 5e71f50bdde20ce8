//! All contracts and open sets of a folder.

use std::collections::BTreeMap;

use crate::contracts::contract::Contract;
use crate::contracts::names::{Side, topic};
use crate::contracts::nearest::nearest;
use crate::contracts::publication::Publication;

/// Contracts and open sets, by dataset id.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    contracts: BTreeMap<String, Contract>,
    publications: BTreeMap<String, Publication>,
}

impl Catalogue {
    pub(crate) fn new(
        contracts: impl IntoIterator<Item = Contract>,
        publications: impl IntoIterator<Item = Publication>,
    ) -> Catalogue {
        let by_id = |contract: Contract| (contract.dataset.as_str().to_owned(), contract);
        let open_by_id = |set: Publication| (set.dataset.as_str().to_owned(), set);
        Catalogue {
            contracts: contracts.into_iter().map(by_id).collect(),
            publications: publications.into_iter().map(open_by_id).collect(),
        }
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
        nearest(dataset, &ids)
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
