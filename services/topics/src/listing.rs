//! The topics as they are: where each stands, how long it keeps its records, who writes and who reads.

use std::collections::BTreeSet;

use bangioc_feed::access::{Operation, Permission, Resource, Right};
use bangioc_schemas::names;
use serde::Serialize;

use crate::actual::{Actual, Registry};
use crate::deployment::Deployment;
use crate::wanted::{self, Group};

#[derive(Clone, Debug, Serialize)]
pub struct Listing {
    pub prefix: String,
    pub cluster: String,
    pub topics: Vec<ListedTopic>,
    /// The registry did not answer: no version of a schema is known.
    pub registry_silent: bool,
}

#[derive(Clone, Debug, Serialize)]
pub struct ListedTopic {
    pub group: Group,
    pub topic: String,
    pub purpose: &'static str,
    /// What the cluster has; none where the topic isn't there yet.
    pub found: Option<FoundTopic>,
}

#[derive(Clone, Debug, Serialize)]
pub struct FoundTopic {
    pub partitions: u32,
    pub replication: u32,
    pub keeps: KeepsFound,
    /// Principals that Kafka lets write and read, by every rule that it has, not only ours. Its super
    /// users come on top; Kafka doesn't say who they are.
    pub writers: BTreeSet<String>,
    pub readers: BTreeSet<String>,
    /// Newest version of the value schema; none without one or without the registry.
    pub schema_version: Option<u32>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeepsFound {
    LatestPerKey,
    Seconds(u64),
    Forever,
}

pub fn list(deployment: &Deployment, actual: &Actual) -> Listing {
    let topics = wanted::topics(deployment).into_iter().map(|topic| {
        let found = actual.topics.get(&topic.name).map(|found| FoundTopic {
            partitions: found.partitions,
            replication: found.replication,
            keeps: keeps(|name| found.configs.get(name).map(String::as_str)),
            writers: who(&actual.rights, Operation::Write, &topic.name),
            readers: who(&actual.rights, Operation::Read, &topic.name),
            schema_version: version(&actual.registry, &topic.name),
        });
        ListedTopic { group: topic.group, topic: topic.name, purpose: topic.purpose, found }
    });
    let mut topics: Vec<_> = topics.collect();
    topics.sort_by(|a, b| (&a.group, &a.topic).cmp(&(&b.group, &b.topic)));
    Listing {
        prefix: deployment.prefix.clone(),
        cluster: actual.cluster_id.clone(),
        topics,
        registry_silent: actual.lacks_subjects_of(deployment),
    }
}

fn keeps<'a>(config: impl Fn(&str) -> Option<&'a str>) -> KeepsFound {
    if config("cleanup.policy") == Some("compact") {
        return KeepsFound::LatestPerKey;
    }
    match config("retention.ms").and_then(|text| text.parse::<u64>().ok()) {
        Some(milliseconds) => KeepsFound::Seconds(milliseconds / 1000),
        None => KeepsFound::Forever,
    }
}

fn who(rights: &[Right], operation: Operation, topic: &str) -> BTreeSet<String> {
    let reach = |permission| {
        rights.iter().filter(move |right| {
            right.permission == permission
                && (right.operation == operation || right.operation == Operation::All)
                && right.matches(Resource::Topic, topic)
        })
    };
    // A denial goes before any permission, for that principal or for all.
    let denied: Vec<_> = reach(Permission::Deny).map(|right| right.principal.as_str()).collect();
    let kept = |principal: &str| !denied.contains(&principal) && !denied.contains(&"User:*");
    reach(Permission::Allow)
        .filter(|right| kept(&right.principal))
        .map(|right| right.user().unwrap_or(&right.principal).to_owned())
        .collect()
}

fn version(registry: &Registry, topic: &str) -> Option<u32> {
    match registry {
        Registry::Silent => None,
        Registry::Read(found) => Some(found.get(&names::value_subject(topic))?.latest?.number),
    }
}
