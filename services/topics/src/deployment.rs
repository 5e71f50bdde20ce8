//! What a plan is made for: the datasets of the contracts, under one prefix, on one cluster.

use std::collections::BTreeSet;

use bangioc_runtime::settings::Section;
use bangioc_schemas::asker::Asker;
use bangioc_schemas::avro;
use bangioc_schemas::contract::{Contract, Status};
use bangioc_schemas::names::{self, Side};

#[derive(Clone, Debug)]
pub struct Deployment {
    /// First part of every topic's name: `caobang`.
    pub prefix: String,
    /// Copies of every partition.
    pub replication: u32,
    /// The user that we ourselves log in as: its rights are not ours to judge. Empty without SASL.
    pub administrator: String,
    /// People who may move datasets at every source.
    pub operators: Vec<Asker>,
    /// What is sent: of each active dataset all of it, and beside that what is public of it.
    pub feeds: Vec<Feed>,
    /// Topics that datasets still in draft would have: known, but not made.
    pub drafts: Vec<String>,
}

/// One side of an active dataset, as far as Kafka and the registry are concerned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feed {
    pub side: Side,
    pub dataset: String,
    pub owner: String,
    pub source: String,
    pub topic: String,
    pub partitions: u32,
    pub key_schema: String,
    pub value_schema: String,
}

/// `[operators]`, key `names`: people, each the Kafka user `operator-<name>`. None where nothing is said.
pub fn operators(section: &Section<'_>) -> Vec<Asker> {
    let mut operators = Vec::new();
    for name in section.names("names") {
        match Asker::operator(&name) {
            Some(asker) if !operators.contains(&asker) => operators.push(asker),
            Some(_) => {}
            None => section.refuse(
                "names",
                "holds what is no name",
                "use a-z, 0-9 and single `-`, a letter first: `lan` is Kafka's user `operator-lan`",
            ),
        }
    }
    operators
}

impl Deployment {
    pub fn of<'a>(
        prefix: &str,
        replication: u32,
        administrator: &str,
        operators: Vec<Asker>,
        contracts: impl IntoIterator<Item = &'a Contract>,
    ) -> Deployment {
        let mut deployment = Deployment {
            prefix: prefix.to_owned(),
            replication,
            administrator: administrator.to_owned(),
            operators,
            feeds: Vec::new(),
            drafts: Vec::new(),
        };
        for contract in contracts {
            let open = contract.open.as_ref().map(|open| &*open.contract);
            let sides = std::iter::once(contract).chain(open);
            match contract.status {
                Status::Active => deployment.feeds.extend(sides.map(|side| Feed::of(prefix, side))),
                Status::Draft => deployment.drafts.extend(sides.map(|side| topic(prefix, side))),
            }
        }
        deployment
    }

    /// Who may ask something of the capture of `source`.
    pub fn askers(&self, source: &str) -> Vec<Asker> {
        let open = self.open_sources().contains(source);
        std::iter::once(Asker::SharedStore)
            .chain(open.then_some(Asker::OpenData))
            .chain(self.operators.iter().cloned())
            .collect()
    }

    /// Every source once, in order.
    pub fn sources(&self) -> BTreeSet<&str> {
        self.feeds.iter().map(|feed| feed.source.as_str()).collect()
    }

    /// Those of which something is public.
    pub fn open_sources(&self) -> BTreeSet<&str> {
        self.feeds
            .iter()
            .filter(|feed| feed.side == Side::Open)
            .map(|feed| feed.source.as_str())
            .collect()
    }
}

impl Feed {
    fn of(prefix: &str, contract: &Contract) -> Feed {
        let topic = topic(prefix, contract);
        Feed {
            side: contract.side,
            dataset: contract.dataset.to_string(),
            owner: contract.owner.to_string(),
            source: contract.source.source.clone(),
            partitions: contract.partitions,
            key_schema: avro::key_schema(contract, &topic),
            value_schema: avro::value_schema(contract, &topic),
            topic,
        }
    }
}

fn topic(prefix: &str, contract: &Contract) -> String {
    names::topic(prefix, contract.side, &contract.owner, &contract.dataset)
}
