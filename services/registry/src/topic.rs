//! The `_schemas` topic itself: there, one partition, compacted.

use bangioc_feed::KafkaSettings;
use bangioc_feed::admin::{Admin, AdminError, TopicOrder};

use crate::error::RegistryFailure;

/// Largest record, in bytes: the longest schema with every character escaped.
const LARGEST_RECORD: u32 = 4 << 20;

/// Checks the topic, or makes it. Returns the cluster's id. Blocks.
pub(crate) fn prepare(kafka: &KafkaSettings, topic: &str) -> Result<String, RegistryFailure> {
    let admin = Admin::connect(kafka)?;
    let check = || -> Result<String, AdminError> {
        let id = admin.cluster_id()?;
        if !admin.topics()?.iter().any(|found| found.name == topic) {
            let configs = [
                ("cleanup.policy", "compact".to_owned()),
                ("max.message.bytes", LARGEST_RECORD.to_string()),
            ];
            let configs = configs.map(|(name, value)| (name.to_owned(), value));
            let order = TopicOrder {
                name: topic,
                partitions: 1,
                replication: u32::from(kafka.replication),
                configs: &configs,
            };
            admin.create_topic(&order)?;
            tracing::info!(topic, "created the topic");
        }
        Ok(id)
    };
    let id = check().map_err(|error| wrap(topic, error))?;
    inspect(&admin, topic)?;
    Ok(id)
}

fn inspect(admin: &Admin, topic: &str) -> Result<(), RegistryFailure> {
    let topics = admin.topics().map_err(|error| wrap(topic, error))?;
    // Not listed right after it was made: made with one partition.
    let partitions =
        topics.iter().find(|found| found.name == topic).map_or(1, |found| found.partitions);
    if partitions != 1 {
        return Err(RegistryFailure::Partitions { topic: topic.to_owned(), partitions });
    }
    let configs = admin.topic_configs(&[topic]).map_err(|error| wrap(topic, error))?;
    let Some(policy) = configs.get(topic).and_then(|all| all.get("cleanup.policy")) else {
        // So a broker answers for a moment where the topic or the right is new.
        let source = AdminError::NotAllowed {
            principal: admin.principal().to_owned(),
            what: format!("see the settings of `{topic}`"),
        };
        return Err(wrap(topic, source));
    };
    if policy == "compact" {
        Ok(())
    } else {
        Err(RegistryFailure::NotCompacted { topic: topic.to_owned(), policy: policy.clone() })
    }
}

fn wrap(topic: &str, source: AdminError) -> RegistryFailure {
    RegistryFailure::Topic { topic: topic.to_owned(), source: Box::new(source) }
}
