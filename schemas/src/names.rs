//! What a dataset is called on Kafka, in Avro and in the store. Every mapping is one-to-one: ids hold
//! no `_`, so `-` → `_` loses nothing.

use crate::contract::{Contract, DatasetId, OwnerId};

/// Which of a change's two feeds: all contracted columns, or only what everyone may see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Side {
    Shared,
    Open,
}

impl Side {
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Shared => "shared",
            Side::Open => "open",
        }
    }
}

/// `<prefix>.<side>.<owner>.<dataset>`
pub fn topic(prefix: &str, side: Side, owner: &OwnerId, dataset: &DatasetId) -> String {
    format!("{prefix}.{}.{owner}.{dataset}", side.as_str())
}

/// `<prefix>.progress.<side>.<source>`: positions and control records of one source.
pub fn progress_topic(prefix: &str, side: Side, source: &str) -> String {
    format!("{prefix}.progress.{}.{source}", side.as_str())
}

/// `<prefix>.state.<source>`: what a capture must remember, compacted.
pub fn state_topic(prefix: &str, source: &str) -> String {
    format!("{prefix}.state.{source}")
}

/// `<prefix>.signal.<source>`: what a capture is asked to copy again.
pub fn signal_topic(prefix: &str, source: &str) -> String {
    format!("{prefix}.signal.{source}")
}

pub fn key_subject(topic: &str) -> String {
    format!("{topic}-key")
}

pub fn value_subject(topic: &str) -> String {
    format!("{topic}-value")
}

/// Avro namespace of a topic's records: `caobang.shared.so_nnmt.land_parcel`.
pub fn avro_namespace(topic: &str) -> String {
    topic.replace('-', "_")
}

/// Name of the store's table and view, unquoted: `land_parcel`.
pub fn store_table(contract: &Contract) -> String {
    contract.dataset.as_str().replace('-', "_")
}
