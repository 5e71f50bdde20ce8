//! Who may do what: the least that each service needs, and nothing for anyone else. Kafka denies by
//! default, so this list is the whole of it.
//!
//! | principal | may | because it |
//! |---|---|---|
//! | `capture-<source>` | write its datasets' topics and its progress; read and write its state; read its signals | sends one department's changes, and keeps nothing on disk |
//! | `shared-store` | read the datasets' topics and the progress; write signals; read its group | fills the shared store, asks for copies of keys, leaves its position as a hint for Kafka's tools |
//! | `dead-letter` | write signals | asks for copies of keys it gave up; parked records themselves lie in the store |
//! | `registry` | read and write `_schemas`, see its settings | keeps the schemas there, and refuses a topic that is not compacted |
//!
//! An idempotent producer needs no right of its own since Kafka 2.8: writing any topic is enough. Each of
//! read and write implies describe.

use bangioc_feed::access::{Operation, Resource, Right};
use bangioc_schemas::names::{self, Side};

use crate::deployment::{Dataset, Deployment};
use crate::wanted::{Group, SCHEMAS_TOPIC};

pub const SHARED_STORE: &str = "shared-store";
pub const DEAD_LETTER: &str = "dead-letter";
pub const REGISTRY: &str = "registry";

/// The user that the capture of `source` logs in as.
pub fn capture(source: &str) -> String {
    format!("capture-{source}")
}

/// A user of ours, by its name: one whose rights the plan accounts for one by one.
pub(crate) fn is_ours(user: &str) -> bool {
    [SHARED_STORE, DEAD_LETTER, REGISTRY].contains(&user) || user.starts_with("capture-")
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedRight {
    pub group: Group,
    pub right: Right,
    pub reason: &'static str,
}

/// Every right, by group.
pub fn rights(deployment: &Deployment) -> Vec<WantedRight> {
    let prefix = deployment.prefix.as_str();
    let sources = deployment
        .sources()
        .into_iter()
        .map(|source| (Group::Source(source.to_owned()), of_source(prefix, source)));
    let datasets = deployment
        .datasets
        .iter()
        .map(|dataset| (Group::of(dataset), of_dataset(dataset)));
    std::iter::once((Group::Deployment, of_deployment(prefix)))
        .chain(sources)
        .chain(datasets)
        .flat_map(|(group, rights)| {
            rights.into_iter().map(move |(right, reason)| WantedRight {
                group: group.clone(),
                right,
                reason,
            })
        })
        .collect()
}

type Reasoned = (Right, &'static str);

fn on_topic(user: &str, operation: Operation, topic: &str) -> Right {
    Right::allow(user, operation, Resource::Topic, topic)
}

fn of_deployment(prefix: &str) -> Vec<Reasoned> {
    let schemas = |operation| on_topic(REGISTRY, operation, SCHEMAS_TOPIC);
    let group = names::consumer_group(prefix, SHARED_STORE);
    let hint = Right::allow(SHARED_STORE, Operation::Read, Resource::Group, &group);
    vec![
        (schemas(Operation::Read), "reads back what it wrote"),
        (schemas(Operation::Write), "keeps the schemas"),
        (
            schemas(Operation::DescribeConfigs),
            "checks that it is compacted",
        ),
        (hint, "leaves its position for Kafka's tools"),
    ]
}

fn of_source(prefix: &str, source: &str) -> Vec<Reasoned> {
    use Operation::{Read, Write};
    let user = capture(source);
    let progress = names::progress_topic(prefix, Side::Shared, source);
    let state = names::state_topic(prefix, source);
    let signal = names::signal_topic(prefix, source);
    vec![
        (on_topic(&user, Write, &progress), "says how far it is"),
        (
            on_topic(SHARED_STORE, Read, &progress),
            "knows from it what is complete",
        ),
        (on_topic(&user, Read, &state), "goes on where it stopped"),
        (on_topic(&user, Write, &state), "remembers where it is"),
        (on_topic(&user, Read, &signal), "learns what to copy again"),
        (
            on_topic(SHARED_STORE, Write, &signal),
            "asks for copies of rows",
        ),
        (
            on_topic(DEAD_LETTER, Write, &signal),
            "asks for copies of rows",
        ),
    ]
}

fn of_dataset(dataset: &Dataset) -> Vec<Reasoned> {
    vec![
        (
            on_topic(&capture(&dataset.source), Operation::Write, &dataset.topic),
            "sends the changes",
        ),
        (
            on_topic(SHARED_STORE, Operation::Read, &dataset.topic),
            "applies the changes",
        ),
    ]
}
