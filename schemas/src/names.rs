//! What a dataset is called on Kafka, in Avro and in the store. Every mapping is one-to-one: ids hold
//! no `_`, so `-` → `_` loses nothing.

use crate::asker::Asker;
use crate::contract::{Contract, DatasetId, OwnerId};

/// Which of a change's two feeds: all contracted columns, or only what everyone may see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
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

/// `<prefix>.signal.<source>.<asker>`: what one asker wants of a capture.
pub fn signal_topic(prefix: &str, source: &str, asker: &Asker) -> String {
    format!("{}{asker}", signal_topics(prefix, source))
}

/// What the names of a source's signal topics begin with; the asker follows.
pub fn signal_topics(prefix: &str, source: &str) -> String {
    format!("{prefix}.signal.{source}.")
}

/// The one signal topic that all askers of a source shared until each got its own; nobody reads it now.
pub fn common_signal_topic(prefix: &str, source: &str) -> String {
    format!("{prefix}.signal.{source}")
}

/// `<prefix>.<service>`: the plain group under which a service leaves its offsets for Kafka's tools.
pub fn consumer_group(prefix: &str, service: &str) -> String {
    format!("{prefix}.{service}")
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

/// Schema of the views that a side's readers see in its store.
pub fn view_schema(side: Side) -> &'static str {
    side.as_str()
}

/// Longest id: `<prefix>.shared.<owner>.<dataset>-value` stays far below Kafka's 249 characters, and a
/// table name below PostgreSQL's 63.
const MAX_ID: usize = 48;

/// Words that mean something of their own where ids are used as names: devices of Windows, folders
/// beside the contracts, tables in which a sink keeps its books.
const RESERVED: [&str; 17] = [
    "con",
    "prn",
    "aux",
    "nul",
    "src",
    "tests",
    "code-lists",
    "shared",
    "open",
    "progress",
    "lease",
    "instance",
    "ledger",
    "parked-key",
    "parked-record",
    "migration",
    "freshness",
];

/// What is wrong with an id of a dataset, an owner or a source; None when nothing is.
///
/// An id is 1 to 48 lower-case ASCII letters, digits and single `-`, begins with a letter and does not
/// end with `-`. Without `_` and `.` the mappings to topics, Avro and tables stay one-to-one.
pub fn id_fault(id: &str) -> Option<&'static str> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let device =
        matches!(id.as_bytes(), [b'c', b'o', b'm', b'0'..=b'9'] | [b'l', b'p', b't', b'0'..=b'9']);
    if id.is_empty() {
        Some("is empty")
    } else if id.len() > MAX_ID {
        Some("is longer than 48 characters")
    } else if !id.bytes().all(known) {
        Some("holds more than lower-case letters, digits and `-`")
    } else if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("does not begin with a letter")
    } else if id.ends_with('-') || id.contains("--") {
        Some("has a `-` at its end or two in a row")
    } else if device || RESERVED.contains(&id) {
        Some("is a reserved word")
    } else {
        None
    }
}

/// What is wrong with the name of a column, or of a schema or table at the source; None when nothing is.
///
/// Lower-case ASCII letters, digits and `_`, beginning with a letter, at most 63 characters: so it is
/// the same unquoted in PostgreSQL, in Avro and in JSON, and never one of the store's own columns.
pub fn column_fault(name: &str) -> Option<&'static str> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 63 {
        Some("is longer than PostgreSQL's 63 characters")
    } else if !name.bytes().all(known) {
        Some("holds more than lower-case letters, digits and `_`")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("does not begin with a letter")
    } else if ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"].contains(&name) {
        Some("is a system column of PostgreSQL")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_that_could_not_stand_everywhere_are_refused() {
        let long = "a".repeat(49);
        for bad in [
            "", "../x", "../../x", "a/b", "a\\b", "con", "com1", "nul", "a.", "a.b", ".a", "-a",
            "a-", "a--b", "A", "đ", "a_b", "a b", "1a", "lease", "a\0", "a'b", "a\"b", &long,
        ] {
            assert!(id_fault(bad).is_some(), "{bad:?}");
        }
        for good in ["a", "so-nnmt", "land-parcel", "ocop2", "st-research-task", &"a".repeat(48)] {
            assert_eq!(id_fault(good), None, "{good}");
        }
    }

    proptest! {
        #[test]
        fn topics_and_avro_names_are_one_to_one(ids in prop::collection::vec("[a-z][a-z0-9]{0,3}(-[a-z0-9]{1,3}){0,2}", 2..40)) {
            let (mut topics, mut namespaces, mut pairs) = (HashSet::new(), HashSet::new(), HashSet::new());
            for owner in &ids {
                for dataset in &ids {
                    let (Some(owner), Some(dataset)) = (OwnerId::parse(owner), DatasetId::parse(dataset)) else { continue };
                    for side in [Side::Shared, Side::Open] {
                        let topic = topic("caobang", side, &owner, &dataset);
                        // Back again: what Avro can't have was `-` in the topic.
                        prop_assert_eq!(avro_namespace(&topic).replace('_', "-"), topic.as_str());
                        namespaces.insert(avro_namespace(&topic));
                        topics.insert(topic);
                        pairs.insert((side, owner.clone(), dataset.clone()));
                    }
                }
            }
            prop_assert_eq!(topics.len(), pairs.len());
            prop_assert_eq!(namespaces.len(), pairs.len());
        }
    }
}
