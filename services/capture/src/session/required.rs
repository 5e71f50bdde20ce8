//! What must be at Kafka and in the registry before anything is read from the source.

use std::time::Duration;

use bangioc_change::encode::SchemaIds;
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::consume::{Reader, Tuning};
use bangioc_feed::registry::RegistryClient;
use bangioc_schemas::avro;
use bangioc_schemas::names;

use super::{Capture, FeedPlan};
use crate::blocking::blocking;
use crate::error::CaptureError;
use crate::state::CaptureState;

/// How long the first answer of Kafka may take.
const KAFKA_ANSWERS: Duration = Duration::from_secs(10);

impl Capture {
    pub(super) async fn check_kafka(&self) -> Result<(), CaptureError> {
        let kafka = self.config.kafka.clone();
        blocking(move || kafka.check(KAFKA_ANSWERS).map_err(CaptureError::from)).await?;
        tracing::info!("✔ Kafka answers at {}", self.config.kafka.brokers);
        Ok(())
    }

    /// Ids of every feed's key and value schema. Registering them is the topic tool's task.
    pub(super) async fn look_up_schemas(
        &self,
        feeds: &[FeedPlan<'_>],
    ) -> Result<Vec<SchemaIds>, CaptureError> {
        let wanted: Vec<_> = feeds
            .iter()
            .map(|FeedPlan { contract, topic }| {
                (
                    (names::key_subject(topic), avro::key_schema(contract, topic)),
                    (names::value_subject(topic), avro::value_schema(contract, topic)),
                )
            })
            .collect();
        let registry = self.config.registry.clone();
        let ids = blocking(move || {
            let client = RegistryClient::new(&registry);
            let look_up = |(subject, schema): &(String, String)| {
                client
                    .look_up(subject, schema)?
                    .ok_or_else(|| CaptureError::NotRegistered { subject: subject.clone() })
            };
            wanted
                .iter()
                .map(|(key, value)| Ok(SchemaIds { key: look_up(key)?, value: look_up(value)? }))
                .collect::<Result<Vec<_>, CaptureError>>()
        })
        .await?;
        tracing::info!("✔ the registry has the schemas");
        Ok(ids)
    }

    pub(super) async fn read_state(&self, topic: &str) -> Result<CaptureState, CaptureError> {
        let (kafka, topic) = (self.config.kafka.clone(), topic.to_owned());
        blocking(move || CaptureState::read(&kafka, &topic)).await
    }

    /// The ends of the feeds' topics: everything that an earlier run was told of lies before them.
    pub(super) async fn read_ends(
        &self,
        feeds: &[FeedPlan<'_>],
    ) -> Result<Vec<Vec<i64>>, CaptureError> {
        let topics: Vec<_> =
            feeds.iter().map(|feed| (feed.topic.clone(), feed.contract.partitions)).collect();
        let kafka = self.config.kafka.clone();
        blocking(move || read_ends(&kafka, &topics)).await
    }
}

fn read_ends(
    kafka: &KafkaSettings,
    topics: &[(String, u32)],
) -> Result<Vec<Vec<i64>>, CaptureError> {
    let reader = Reader::connect(kafka, "bangioc-capture-check", None, &Tuning::default())?;
    let mut all = Vec::new();
    for (topic, partitions) in topics {
        let found = reader.partitions(topic)?;
        if found != *partitions {
            return Err(CaptureError::Partitions {
                topic: topic.clone(),
                found,
                expected: *partitions,
            });
        }
        let ends = (0..i32::try_from(found).unwrap_or(i32::MAX))
            .map(|partition| Ok(reader.watermarks(topic, partition)?.1));
        all.push(ends.collect::<Result<Vec<_>, CaptureError>>()?);
    }
    tracing::info!("✔ the topics are there");
    Ok(all)
}
