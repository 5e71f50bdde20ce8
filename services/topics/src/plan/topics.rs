//! Topics: those missing, those whose settings drifted, and those that nobody asked for.

use bangioc_schemas::names;

use super::{Action, Kind, Line, plural};
use crate::actual::{Actual, ActualTopic};
use crate::deployment::Deployment;
use crate::wanted::{self, Group, WantedTopic};

pub(super) fn lines(deployment: &Deployment, actual: &Actual) -> Vec<Line> {
    let wanted = wanted::topics(deployment);
    let mut lines: Vec<_> = wanted
        .iter()
        .flat_map(|topic| match actual.topics.get(&topic.name) {
            None => vec![missing(topic)],
            Some(found) => differences(topic, found),
        })
        .collect();
    let beginning = format!("{}.", deployment.prefix);
    let ours = actual.topics.keys().filter(|name| name.starts_with(&beginning));
    let unknown = ours.filter(|name| !wanted.iter().any(|topic| topic.name == **name));
    lines.extend(unknown.map(|name| unasked(deployment, name)));
    lines
}

fn missing(topic: &WantedTopic) -> Line {
    let partitions = plural(topic.partitions as usize, "partition");
    let compacted =
        topic.configs.iter().any(|(name, value)| name == "cleanup.policy" && value == "compact");
    let keeps = if compacted { "the latest of each key" } else { "14 days" };
    let change = format!("create with {partitions}, keeps {keeps}");
    Line::safe(
        &topic.group,
        Kind::Topic,
        &topic.name,
        change,
        topic.purpose,
        Action::CreateTopic(topic.clone()),
    )
}

fn differences(topic: &WantedTopic, found: &ActualTopic) -> Vec<Line> {
    let mut lines = Vec::new();
    if found.partitions != topic.partitions {
        let reason = format!(
            "it has {} and its contract says {}: with another count keys move, and their order is lost",
            found.partitions, topic.partitions
        );
        lines.push(Line::refuse(
            &topic.group,
            Kind::Topic,
            &topic.name,
            "partitions differ",
            reason,
            "BG0134",
        ));
    }
    // A setting that the cluster doesn't name is one that it doesn't have.
    let drifted: Vec<_> = topic
        .configs
        .iter()
        .filter_map(|(name, value)| Some((name, value, found.configs.get(name)?)))
        .filter(|(_, wanted, found)| wanted != found)
        .collect();
    if !drifted.is_empty() {
        let change = drifted
            .iter()
            .map(|(name, wanted, _)| format!("{name} = {wanted}"))
            .collect::<Vec<_>>()
            .join(", ");
        let reason = drifted
            .iter()
            .map(|(name, _, found)| format!("{name} is {found}"))
            .collect::<Vec<_>>()
            .join(", ");
        let configs =
            drifted.iter().map(|(name, wanted, _)| ((*name).clone(), (*wanted).clone())).collect();
        let line =
            Line::review(&topic.group, Kind::Topic, &topic.name, format!("set {change}"), reason);
        let action = Some(Action::SetConfigs { topic: topic.name.clone(), configs });
        lines.push(Line { action, ..line });
    }
    if found.replication != topic.replication {
        let change = format!("{} copies instead of {}", found.replication, topic.replication);
        let reason = "only a person can move replicas: `kafka-reassign-partitions.sh`".to_owned();
        lines.push(Line::review(&topic.group, Kind::Topic, &topic.name, change, reason));
    }
    lines
}

/// A topic under our prefix that no active contract leads to.
fn unasked(deployment: &Deployment, name: &str) -> Line {
    let mut parts = name.split('.').skip(1);
    if deployment.drafts.iter().any(|draft| draft == name) {
        let reason = "its contract is a draft; nothing is written or read there".to_owned();
        return Line::review(
            &Group::Deployment,
            Kind::Topic,
            name,
            "left as it is".to_owned(),
            reason,
        );
    }
    let common = |source: &&str| names::common_signal_topic(&deployment.prefix, source) == name;
    if deployment.sources().iter().any(common) {
        let reason = "captures read it no longer: each asker has a signal topic of its own. What still \
                      waits there must be asked again; `kafka-topics.sh --delete` when nobody writes there"
            .to_owned();
        return Line::review(
            &Group::Deployment,
            Kind::Topic,
            name,
            "left as it is".to_owned(),
            reason,
        );
    }
    if let (Some("shared" | "open"), Some(owner), Some(dataset), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    {
        // Of its own group, so that one lost file doesn't hold back the other datasets.
        let group = Group::Dataset { owner: owner.to_owned(), dataset: dataset.to_owned() };
        let reason =
            "no contract leads to this topic, and it holds rows: is the file missing?".to_owned();
        return Line::refuse(&group, Kind::Topic, name, "left as it is", reason, "BG0133");
    }
    let reason = "it is under our prefix, and no contract leads to it".to_owned();
    Line::review(&Group::Deployment, Kind::Topic, name, "left as it is".to_owned(), reason)
}
