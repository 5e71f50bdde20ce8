//! What a plan is made for: the datasets of the contracts, under one prefix, on one cluster.

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
    pub operator: String,
    /// Datasets with topics.
    pub datasets: Vec<Dataset>,
    /// Topics that datasets still in draft would have: known, but not made.
    pub drafts: Vec<String>,
}

/// One active dataset, as far as Kafka and the registry are concerned.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dataset {
    pub dataset: String,
    pub owner: String,
    pub source: String,
    pub topic: String,
    pub partitions: u32,
    pub key_schema: String,
    pub value_schema: String,
}

impl Deployment {
    pub fn of<'a>(
        prefix: &str,
        replication: u32,
        operator: &str,
        contracts: impl IntoIterator<Item = &'a Contract>,
    ) -> Deployment {
        let mut deployment = Deployment {
            prefix: prefix.to_owned(),
            replication,
            operator: operator.to_owned(),
            datasets: Vec::new(),
            drafts: Vec::new(),
        };
        for contract in contracts {
            let topic = names::topic(prefix, Side::Shared, &contract.owner, &contract.dataset);
            match contract.status {
                Status::Active => deployment.datasets.push(Dataset {
                    dataset: contract.dataset.to_string(),
                    owner: contract.owner.to_string(),
                    source: contract.source.source.clone(),
                    partitions: contract.partitions,
                    key_schema: avro::key_schema(contract, &topic),
                    value_schema: avro::value_schema(contract, &topic),
                    topic,
                }),
                Status::Draft => deployment.drafts.push(topic),
            }
        }
        deployment
    }

    /// Every source once, in order.
    pub fn sources(&self) -> Vec<&str> {
        let mut sources: Vec<_> = self
            .datasets
            .iter()
            .map(|dataset| dataset.source.as_str())
            .collect();
        sources.sort_unstable();
        sources.dedup();
        sources
    }
}
