//! What a dataset is called on Kafka, in Avro and in the store. Every mapping is one-to-one: ids hold
//! no `_`, so `-` → `_` loses nothing.

use crate::contracts::asker::Asker;
use crate::id::{DatasetId, OwnerId};

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
pub(crate) fn avro_namespace(topic: &str) -> String {
    topic.replace('-', "_")
}

/// Name of the store's table and view, unquoted: `land_parcel`.
pub fn store_table(dataset: &DatasetId) -> String {
    dataset.as_str().replace('-', "_")
}

/// Schema of the views that a side's readers see in its store.
pub fn view_schema(side: Side) -> &'static str {
    side.as_str()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

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
