//! Names that no plan can be made with: refused before anything is compared.

use bangioc_schemas::id::id_fault;

use super::{Kind, Line};
use crate::deployment::Deployment;
use crate::wanted::Group;

/// Kafka's own limit for a topic's name.
const MAX_TOPIC_CHARS: usize = 249;

pub(super) fn mistakes(deployment: &Deployment) -> Vec<Line> {
    let refuse = |group: &Group, name: &str, reason: String, code| {
        Line::refuse(group, Kind::Topic, name, "not planned", reason, code)
    };
    let mut lines = Vec::new();
    let prefix = &deployment.prefix;
    if prefix.is_empty() {
        // Every topic of the cluster begins with nothing, so all of them would be ours to judge.
        let reason =
            "the prefix is empty: `prefix` of the configuration needs a name like `caobang`"
                .to_owned();
        lines.push(refuse(&Group::Deployment, "(no prefix)", reason, "BG0137"));
    } else if let Some(fault) = id_fault(prefix) {
        lines.push(refuse(
            &Group::Deployment,
            prefix,
            format!("as a prefix, it {fault}"),
            "BG0137",
        ));
    }
    for source in deployment.sources() {
        if let Some(fault) = id_fault(source) {
            lines.push(refuse(
                &Group::Deployment,
                source,
                format!("as a source's name, it {fault}"),
                "BG0137",
            ));
        }
    }
    for (index, feed) in deployment.feeds.iter().enumerate() {
        let group = Group::of(feed);
        if feed.topic.len() > MAX_TOPIC_CHARS {
            let reason = format!("the topic's name is longer than {MAX_TOPIC_CHARS} characters");
            lines.push(refuse(&group, &feed.topic, reason, "BG0137"));
        }
        if feed.partitions == 0 {
            lines.push(refuse(
                &group,
                &feed.topic,
                "the contract says 0 partitions".to_owned(),
                "BG0137",
            ));
        }
        if deployment.feeds[..index].iter().any(|earlier| earlier.topic == feed.topic) {
            let reason = "two contracts lead to this topic: their rows would overwrite each other"
                .to_owned();
            lines.push(refuse(&group, &feed.topic, reason, "BG0138"));
        }
    }
    lines
}
