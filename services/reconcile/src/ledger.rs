//! Conservation: what became of every record of the log. The books say it in sums; here the log is read again and
//! added up anew, partition by partition, and the two are held against each other:
//!
//! - the ranges of the ledger join up, from its first offset to the position, and each adds up by itself;
//! - what it calls parked, discarded and quarantined are the entries of those tables, one by one;
//! - every record before the position that is still on Kafka is in one place: the store has its key at its version
//!   or a newer one, or a floor lies above it, or it is parked, or its place is kept as refused.

mod books;
mod log;

use std::sync::Arc;

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::{Reader, Tuning};
use bangioc_schemas::contract::Contract;
use bangioc_sink::StoreSettings;
use bangioc_sink::dataset::Dataset;
use bangioc_sink::decoders::Decoders;
use serde::Serialize;

use crate::error::{ReconcileError, store as fails};
use crate::pins;

/// A partition that was looked through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PartitionBooks {
    pub dataset: String,
    pub topic: String,
    pub partition: i32,
    /// Everything before it is accounted for, or a finding.
    pub position: i64,
    /// Records read again; older ones the log no longer has.
    pub records: u64,
    pub findings: Vec<Finding>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Finding {
    pub what: Wrong,
    /// The first offset that it concerns.
    pub offset: i64,
    pub records: i64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wrong {
    /// Between two ranges of the ledger, or behind the last of them.
    Gap,
    /// Two ranges of the ledger have them both.
    Twice,
    /// A range is not the sum of its counts.
    Sum,
    /// The ledger says another number of parked records than there are.
    Parked,
    Discarded,
    Quarantined,
    /// Applied, say the books; the store has the key at an older version, or not at all.
    NotInStore,
    /// It can't be read, and no table has kept its place.
    Nowhere,
}

impl Wrong {
    pub fn about(self) -> &'static str {
        match self {
            Wrong::Gap => "in no range of the ledger",
            Wrong::Twice => "in two ranges of the ledger",
            Wrong::Sum => "a range is not the sum of its counts",
            Wrong::Parked => "the ledger's parked records are not those that are parked",
            Wrong::Discarded => "the ledger's discarded records are not those that were",
            Wrong::Quarantined => {
                "the ledger's quarantined records are not those whose place is kept"
            }
            Wrong::NotInStore => "the store has the key at an older version, or not at all",
            Wrong::Nowhere => "can't be read, and no table has kept its place",
        }
    }
}

/// Where the books and the log are.
pub struct Ledger<'a> {
    pub kafka: &'a KafkaSettings,
    pub decoders: &'a Decoders,
    pub store: &'a StoreSettings,
    pub prefix: &'a str,
}

impl Ledger<'_> {
    /// `shown` hears of each partition as it is done. Reads Kafka on this thread.
    pub async fn verify(
        &self,
        contracts: &[Arc<Contract>],
        mut shown: impl FnMut(&PartitionBooks),
    ) -> Result<Vec<PartitionBooks>, ReconcileError> {
        let mut connection = self.store.connect("bangioc ledger").await?;
        let time = std::time::Duration::from_mins(5);
        pins::set(&mut connection, pins::LookUp::Index, time, time).await.map_err(fails)?;
        let reader = tokio::task::block_in_place(|| {
            Reader::connect(self.kafka, "bangioc-ledger", None, &Tuning::default())
        })?;
        let mut done = Vec::new();
        for contract in contracts {
            let dataset = Dataset::new(Arc::clone(contract), self.prefix);
            for partition in books::partitions(&mut connection, &dataset).await? {
                let mut findings = books::verify(&mut connection, &partition).await?;
                let mut log = log::KafkaLog {
                    reader: &reader,
                    decoders: self.decoders,
                    dataset: &dataset,
                    partition: &partition,
                };
                let (records, more) = log.verify(&mut connection).await?;
                findings.extend(more);
                let books = PartitionBooks {
                    dataset: dataset.id().to_owned(),
                    topic: partition.topic,
                    partition: partition.number,
                    position: partition.position,
                    records,
                    findings,
                };
                shown(&books);
                done.push(books);
            }
        }
        Ok(done)
    }
}

/// All of it adds up.
pub fn verdict(books: &[PartitionBooks]) -> Result<(), ReconcileError> {
    let wrong = books.iter().filter(|books| !books.findings.is_empty());
    let (findings, partitions) = wrong.fold((0, 0), |(findings, partitions), books| {
        (findings + books.findings.len(), partitions + 1)
    });
    if partitions == 0 { Ok(()) } else { Err(ReconcileError::BooksWrong { findings, partitions }) }
}
