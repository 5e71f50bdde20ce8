//! What the contracts ask for: every topic with its settings, every subject with its schema. Who may do
//! what with them is in [`crate::principals`].

use bangioc_feed::registry::CompatibilityLevel;
use bangioc_schemas::names::{self, Side};
use serde::Serialize;

use crate::deployment::{Deployment, Feed};

/// Where the registry keeps its schemas; Confluent's own name for it, outside our prefix.
pub const SCHEMAS_TOPIC: &str = "_schemas";

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Personal data leaves the log by itself; a reader that was away for longer starts from a new copy.
const RETENTION_MS: u64 = 14 * DAY_MS;
/// Kafka drops whole segments, so one that stays open for its default of 7 days keeps its oldest record
/// for 21. With a day, nothing is kept for longer than 15.
const SEGMENT_MS: u64 = DAY_MS;
/// 4 MiB for a record and room for the batch around it: key, headers, and what compression adds to
/// data that doesn't compress.
const MAX_BATCH_BYTES: u64 = (4 << 20) + (256 << 10);
/// A batch of the largest signals that a capture reads.
const MAX_SIGNAL_BYTES: u64 = 64 << 10;
/// As the registry itself makes the topic when it finds none.
const MAX_SCHEMA_BYTES: u64 = 4 << 20;

/// Whom a line of a plan concerns. A refused line holds back the others of its group.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    Deployment,
    Source(String),
    Dataset { owner: String, dataset: String },
}

impl Group {
    pub(crate) fn of(feed: &Feed) -> Group {
        Group::Dataset { owner: feed.owner.clone(), dataset: feed.dataset.clone() }
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedTopic {
    pub group: Group,
    pub name: String,
    pub partitions: u32,
    pub replication: u32,
    /// Set when the topic is made and watched afterwards; other settings are the operator's.
    pub configs: Vec<(String, String)>,
    pub purpose: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubjectKind {
    /// One version for ever: another key schema would send a row to another partition.
    Key,
    Value,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedSubject {
    pub group: Group,
    pub name: String,
    pub kind: SubjectKind,
    pub schema: String,
}

/// Both ways and against every version: what is on the topic (14 days of it) must be readable by a new
/// reader, and a consumer built last year must read what is sent today. A new optional column passes.
pub const COMPATIBILITY: CompatibilityLevel = CompatibilityLevel::FullTransitive;

/// How a topic forgets.
#[derive(Clone, Copy)]
enum Keeps {
    Fortnight,
    LatestPerKey,
}

pub fn topics(deployment: &Deployment) -> Vec<WantedTopic> {
    let topic = |group, name, partitions, keeps, purpose| WantedTopic {
        group,
        name,
        partitions,
        replication: deployment.replication,
        configs: configs(keeps, deployment.replication),
        purpose,
    };
    let limit = |bytes: u64| ("max.message.bytes".to_owned(), bytes.to_string());
    let schemas = SCHEMAS_TOPIC.to_owned();
    let mut schemas =
        topic(Group::Deployment, schemas, 1, Keeps::LatestPerKey, "the registry's schemas");
    schemas.configs.push(limit(MAX_SCHEMA_BYTES));
    let mut topics = vec![schemas];
    for source in deployment.sources() {
        let prefix = &deployment.prefix;
        let group = || Group::Source(source.to_owned());
        topics.extend([
            topic(
                group(),
                names::progress_topic(prefix, Side::Shared, source),
                1,
                Keeps::Fortnight,
                "how far the source is in its topics",
            ),
            topic(
                group(),
                names::state_topic(prefix, source),
                1,
                Keeps::LatestPerKey,
                "what a capture must remember",
            ),
        ]);
        topics.extend(deployment.askers(source).iter().map(|asker| {
            let mut signals = topic(
                group(),
                names::signal_topic(prefix, source, asker),
                1,
                Keeps::Fortnight,
                "what its asker wants of a capture",
            );
            signals.configs.push(limit(MAX_SIGNAL_BYTES));
            signals
        }));
    }
    for source in deployment.open_sources() {
        topics.push(topic(
            Group::Source(source.to_owned()),
            names::progress_topic(&deployment.prefix, Side::Open, source),
            1,
            Keeps::Fortnight,
            "how far the source is in its open topics",
        ));
    }
    for feed in &deployment.feeds {
        let mut data = topic(
            Group::of(feed),
            feed.topic.clone(),
            feed.partitions,
            Keeps::Fortnight,
            match feed.side {
                Side::Shared => "every change of the dataset",
                Side::Open => "what is public of every change",
            },
        );
        data.configs.push(limit(MAX_BATCH_BYTES));
        topics.push(data);
    }
    topics
}

fn configs(keeps: Keeps, replication: u32) -> Vec<(String, String)> {
    let mut configs = match keeps {
        Keeps::Fortnight => vec![
            ("cleanup.policy", "delete".to_owned()),
            ("retention.ms", RETENTION_MS.to_string()),
            // A cluster's limit by size would trim what nobody has read yet.
            ("retention.bytes", "-1".to_owned()),
            ("segment.ms", SEGMENT_MS.to_string()),
        ],
        Keeps::LatestPerKey => vec![("cleanup.policy", "compact".to_owned())],
    };
    // With three copies one broker may be away; with fewer, asking for two would stop writes with it.
    let in_sync = if replication >= 3 { "2" } else { "1" };
    configs.extend([
        // What ours write anyway. Whoever writes another way has it unpacked and packed again by the broker:
        // a client unpacks a batch whole, and zstd makes 40 MiB of two kilobytes, gzip a thousandfold.
        ("compression.type", "lz4".to_owned()),
        ("min.insync.replicas", in_sync.to_owned()),
        // Whatever the cluster's default: a leader that lost acknowledged records must not lead.
        ("unclean.leader.election.enable", "false".to_owned()),
    ]);
    configs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub fn subjects(deployment: &Deployment) -> Vec<WantedSubject> {
    let of = |feed: &Feed| {
        let subject = |kind, name, schema: &str| WantedSubject {
            group: Group::of(feed),
            name,
            kind,
            schema: schema.to_owned(),
        };
        [
            subject(SubjectKind::Key, names::key_subject(&feed.topic), &feed.key_schema),
            subject(SubjectKind::Value, names::value_subject(&feed.topic), &feed.value_schema),
        ]
    };
    deployment.feeds.iter().flat_map(of).collect()
}
