//! Who may do what: the least that each service needs, and nothing for anyone else. Kafka denies by
//! default, so this list is the whole of it.
//!
//! | principal | may | because it |
//! |---|---|---|
//! | `capture-<source>` | write its datasets' topics and its progress, shared and open; read back its shared progress; read and write its state; read its signals, of every asker | sends one department's changes, and keeps nothing on disk |
//! | `shared-store` | read the shared topics and their progress; write its own signals; read its group | fills the shared store, asks for copies of keys, leaves its position as a hint for Kafka's tools |
//! | `open-data` | read the open topics and their progress; write its own signals to sources that send something open; read its group | the same for the open store; it has no other credential, so what it publishes can't be private |
//! | `operator-<name>` | write its own signals; read state and shared progress | pauses, resumes, copies and repairs datasets, and sees what came of it. No rows; but a copy's state holds the key where its last chunk ended |
//! | `dead-letter` | nothing | works in the store, whose sink asks for copies in its stead |
//! | `registry` | read and write `_schemas`, see its settings | keeps the schemas there, and refuses a topic that is not compacted |
//!
//! At the registry the same names may do the same to the subjects of those topics: a capture registers and
//! reads its own, `shared-store` and `open-data` read those of their side, `dead-letter` reads all
//! ([`subjects`]).
//!
//! An idempotent producer needs no right of its own since Kafka 2.8: writing any topic is enough. Each of
//! read and write implies describe.

use bangioc_feed::access::{Operation, Resource, Right};
use bangioc_schemas::asker::{Asker, OPERATOR};
use bangioc_schemas::names::{self, Side};

use crate::deployment::{Deployment, Feed};
use crate::wanted::{Group, SCHEMAS_TOPIC};

pub use bangioc_schemas::asker::{OPEN_DATA, SHARED_STORE};
pub const DEAD_LETTER: &str = "dead-letter";
pub const REGISTRY: &str = "registry";

/// The user that the capture of `source` logs in as.
pub fn capture(source: &str) -> String {
    format!("capture-{source}")
}

/// A user of ours, by its name: one whose rights the plan accounts for one by one.
pub(crate) fn is_ours(user: &str) -> bool {
    [SHARED_STORE, OPEN_DATA, DEAD_LETTER, REGISTRY].contains(&user)
        || user.starts_with("capture-")
        || user.starts_with(OPERATOR)
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
    let sources = deployment.sources().into_iter().map(|source| {
        let mut rights = of_source(prefix, source);
        for asker in deployment.askers(source) {
            rights.extend(of_asker(prefix, source, &asker));
        }
        (Group::Source(source.to_owned()), rights)
    });
    let open_sources = deployment.open_sources();
    let stores =
        std::iter::once(SHARED_STORE).chain((!open_sources.is_empty()).then_some(OPEN_DATA));
    let deployment_wide = of_deployment(prefix, stores);
    let open_sources = open_sources
        .into_iter()
        .map(|source| (Group::Source(source.to_owned()), of_open(prefix, source)));
    let feeds = deployment.feeds.iter().map(|feed| (Group::of(feed), of_feed(feed)));
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
        [users(names::key_subject(&feed.topic)), users(names::value_subject(&feed.topic))]
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
        (schemas(Operation::DescribeConfigs), "checks that it is compacted"),
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
    vec![
        (on_topic(&user, Write, &progress), "says how far it is"),
        (on_topic(&user, Read, &progress), "finds its last epoch there, should its state be lost"),
        (on_topic(SHARED_STORE, Read, &progress), "knows from it what is complete"),
        (on_topic(&user, Read, &state), "goes on where it stopped"),
        (on_topic(&user, Write, &state), "remembers where it is"),
    ]
}

/// Who writes to a signal topic is who asks: its asker may, and nobody else.
fn of_asker(prefix: &str, source: &str, asker: &Asker) -> Vec<Reasoned> {
    use Operation::{Read, Write};
    let signal = names::signal_topic(prefix, source, asker);
    let user = asker.as_str();
    let asks = match asker {
        Asker::SharedStore | Asker::OpenData => "asks for copies of rows",
        Asker::Operator(_) => "asks for what a person decides",
    };
    let mut rights = vec![
        (on_topic(&capture(source), Read, &signal), "learns what is asked of it"),
        (on_topic(user, Write, &signal), asks),
    ];
    if let Asker::Operator(_) = asker {
        let progress = names::progress_topic(prefix, Side::Shared, source);
        let state = names::state_topic(prefix, source);
        rights.extend([
            (on_topic(user, Read, &state), "sees how datasets stand"),
            (on_topic(user, Read, &progress), "sees how far they are"),
        ]);
    }
    rights
}

/// Beside what every source has, of one that sends something public.
fn of_open(prefix: &str, source: &str) -> Vec<Reasoned> {
    use Operation::{Read, Write};
    let progress = names::progress_topic(prefix, Side::Open, source);
    vec![
        (on_topic(&capture(source), Write, &progress), "says how far it is"),
        (on_topic(OPEN_DATA, Read, &progress), "knows from it what is complete"),
    ]
}

fn of_feed(feed: &Feed) -> Vec<Reasoned> {
    let store = store_of(feed);
    vec![
        (on_topic(&capture(&feed.source), Operation::Write, &feed.topic), "sends the changes"),
        (on_topic(store, Operation::Read, &feed.topic), "applies the changes"),
    ]
}
