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

use crate::deployment::Deployment;
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

pub fn rights(deployment: &Deployment) -> Vec<WantedRight> {
    use Operation::{DescribeConfigs, Read, Write};
    let mut rights = Vec::new();
    let mut allow = |group: &Group, user: &str, operation, resource, name: &str, reason| {
        let right = Right::allow(user, operation, resource, name);
        rights.push(WantedRight {
            group: group.clone(),
            right,
            reason,
        });
    };
    let prefix = &deployment.prefix;

    let group = Group::Deployment;
    allow(
        &group,
        REGISTRY,
        Read,
        Resource::Topic,
        SCHEMAS_TOPIC,
        "reads back what it wrote",
    );
    allow(
        &group,
        REGISTRY,
        Write,
        Resource::Topic,
        SCHEMAS_TOPIC,
        "keeps the schemas",
    );
    allow(
        &group,
        REGISTRY,
        DescribeConfigs,
        Resource::Topic,
        SCHEMAS_TOPIC,
        "checks that it is compacted",
    );
    let hint = names::consumer_group(prefix, SHARED_STORE);
    allow(
        &group,
        SHARED_STORE,
        Read,
        Resource::Group,
        &hint,
        "leaves its position for Kafka's tools",
    );

    for source in deployment.sources() {
        let group = Group::Source(source.to_owned());
        let user = capture(source);
        let progress = names::progress_topic(prefix, Side::Shared, source);
        let state = names::state_topic(prefix, source);
        let signal = names::signal_topic(prefix, source);
        allow(
            &group,
            &user,
            Write,
            Resource::Topic,
            &progress,
            "says how far it is",
        );
        allow(
            &group,
            SHARED_STORE,
            Read,
            Resource::Topic,
            &progress,
            "knows from it what is complete",
        );
        allow(
            &group,
            &user,
            Read,
            Resource::Topic,
            &state,
            "goes on where it stopped",
        );
        allow(
            &group,
            &user,
            Write,
            Resource::Topic,
            &state,
            "remembers where it is",
        );
        allow(
            &group,
            &user,
            Read,
            Resource::Topic,
            &signal,
            "learns what to copy again",
        );
        allow(
            &group,
            SHARED_STORE,
            Write,
            Resource::Topic,
            &signal,
            "asks for copies of rows",
        );
        allow(
            &group,
            DEAD_LETTER,
            Write,
            Resource::Topic,
            &signal,
            "asks for copies of rows",
        );
    }
    for dataset in &deployment.datasets {
        let group = Group::of(dataset);
        let user = capture(&dataset.source);
        allow(
            &group,
            &user,
            Write,
            Resource::Topic,
            &dataset.topic,
            "sends the changes",
        );
        allow(
            &group,
            SHARED_STORE,
            Read,
            Resource::Topic,
            &dataset.topic,
            "applies the changes",
        );
    }
    rights
}
