//! Who may do what: the least that each service needs, and nothing for anyone else. Kafka denies by
//! default, so this list is the whole of it.
//!
//! | principal | may | because it |
//! |---|---|---|
//! | `capture-<source>` | write its datasets' topics and its progress, shared and open; read and write its state; read its signals | sends one department's changes, and keeps nothing on disk |
//! | `shared-store` | read the shared topics and their progress; write signals; read its group | fills the shared store, asks for copies of keys, leaves its position as a hint for Kafka's tools |
//! | `open-data` | read the open topics and their progress; write signals; read its group | the same for the open store; it has no other credential, so what it publishes can't be private |
//! | `dead-letter` | write signals | asks for copies of keys it gave up; parked records themselves lie in the store |
//! | `registry` | read and write `_schemas`, see its settings | keeps the schemas there, and refuses a topic that is not compacted |
//!
//! At the registry the same names may do the same to the subjects of those topics: a capture registers and
//! reads its own, `shared-store` and `open-data` read those of their side, `dead-letter` reads all
//! ([`subjects`]).
//!
//! An idempotent producer needs no right of its own since Kafka 2.8: writing any topic is enough. Each of
//! read and write implies describe.

use bangioc_feed::access::{Operation, Resource, Right};
use bangioc_schemas::names::{self, Side};

use crate::deployment::{Deployment, Feed};
use crate::wanted::{Group, SCHEMAS_TOPIC};

pub const SHARED_STORE: &str = "shared-store";
pub const OPEN_DATA: &str = "open-data";
pub const DEAD_LETTER: &str = "dead-letter";
pub const REGISTRY: &str = "registry";

/// The user that the capture of `source` logs in as.
pub fn capture(source: &str) -> String {
    format!("capture-{source}")
}

/// A user of ours, by its name: one whose rights the plan accounts for one by one.
pub(crate) fn is_ours(user: &str) -> bool {
    [SHARED_STORE, OPEN_DATA, DEAD_LETTER, REGISTRY].contains(&user) || user.starts_with("capture-")
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
    let open_sources = deployment.open_sources();
    let stores =
        std::iter::once(SHARED_STORE).chain((!open_sources.is_empty()).then_some(OPEN_DATA));
    let deployment_wide = of_deployment(prefix, stores);
    let open_sources = open_sources
        .into_iter()
        .map(|source| (Group::Source(source.to_owned()), of_open(prefix, source)));
    let feeds = deployment
        .feeds
        .iter()
        .map(|feed| (Group::of(feed), of_feed(feed)));
    std::iter::once((Group::Deployment, deployment_wide))
        .chain(sources)
        .chain(open_sources)
        .chain(feeds)
        .flat_map(|(group, rights)| {
            rights.into_iter().map(move |(right, reason)| WantedRight {
                group: group.clone(),
                right,
                reason,
            })
        })
        .collect()
}

/// A subject of the contracts, and who has to do with it at the registry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SubjectUsers {
    pub name: String,
    pub writer: String,
    pub readers: Vec<String>,
}

/// Key and value subject of every feed.
pub fn subjects(deployment: &Deployment) -> Vec<SubjectUsers> {
    let of = |feed: &Feed| {
        let users = |name| SubjectUsers {
            name,
            writer: capture(&feed.source),
            readers: vec![store_of(feed).to_owned(), DEAD_LETTER.to_owned()],
        };
        [
            users(names::key_subject(&feed.topic)),
            users(names::value_subject(&feed.topic)),
        ]
    };
    deployment.feeds.iter().flat_map(of).collect()
}

fn store_of(feed: &Feed) -> &'static str {
    match feed.side {
        Side::Shared => SHARED_STORE,
        Side::Open => OPEN_DATA,
    }
}

type Reasoned = (Right, &'static str);

fn on_topic(user: &str, operation: Operation, topic: &str) -> Right {
    Right::allow(user, operation, Resource::Topic, topic)
}

fn of_deployment(prefix: &str, stores: impl Iterator<Item = &'static str>) -> Vec<Reasoned> {
    let schemas = |operation| on_topic(REGISTRY, operation, SCHEMAS_TOPIC);
    let mut rights = vec![
        (schemas(Operation::Read), "reads back what it wrote"),
        (schemas(Operation::Write), "keeps the schemas"),
        (
            schemas(Operation::DescribeConfigs),
            "checks that it is compacted",
        ),
    ];
    rights.extend(stores.map(|store| {
        let group = names::consumer_group(prefix, store);
        let hint = Right::allow(store, Operation::Read, Resource::Group, &group);
        (hint, "leaves its position for Kafka's tools")
    }));
    rights
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

/// Beside what every source has, of one that sends something public.
fn of_open(prefix: &str, source: &str) -> Vec<Reasoned> {
    use Operation::{Read, Write};
    let progress = names::progress_topic(prefix, Side::Open, source);
    let signal = names::signal_topic(prefix, source);
    vec![
        (
            on_topic(&capture(source), Write, &progress),
            "says how far it is",
        ),
        (
            on_topic(OPEN_DATA, Read, &progress),
            "knows from it what is complete",
        ),
        (
            on_topic(OPEN_DATA, Write, &signal),
            "asks for copies of rows",
        ),
    ]
}

fn of_feed(feed: &Feed) -> Vec<Reasoned> {
    let store = store_of(feed);
    vec![
        (
            on_topic(&capture(&feed.source), Operation::Write, &feed.topic),
            "sends the changes",
        ),
        (
            on_topic(store, Operation::Read, &feed.topic),
            "applies the changes",
        ),
    ]
}
