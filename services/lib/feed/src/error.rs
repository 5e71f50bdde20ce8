//! How Kafka fails, told apart by what a person or the service does next.

use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// No text here holds a key or a value of a record.
#[derive(Clone, Debug, thiserror::Error)]
pub enum FeedError {
    #[error("can't reach Kafka at `{address}`")]
    Unreachable { address: String, source: KafkaError },
    /// Whoever answers has not proved to be it, or speaks no TLS.
    #[error("TLS with Kafka at `{address}` failed")]
    Unverified { address: String, source: KafkaError },
    #[error("Kafka at `{address}` refuses the credentials of `{principal}`")]
    CredentialsRefused { address: String, principal: String },
    /// `what`: a topic, a group or the cluster.
    #[error("`{principal}` has no right to `{what}`")]
    Unauthorized { principal: String, what: String },
    #[error("topic `{topic}` does not exist")]
    UnknownTopic { topic: String },
    /// GAP: the log no longer has, or never had, the place where the reader stands.
    #[error("partition {partition} of `{topic}` has no offset {offset}")]
    OffsetGone { topic: String, partition: i32, offset: i64 },
    #[error("topic `{topic}` has no partition {partition}")]
    PartitionsChanged { topic: String, partition: i32 },
    #[error("a record for `{topic}` is larger than the topic takes")]
    TooLarge { topic: String },
    /// Outcome unknown: it may be in the log.
    #[error("records for `{topic}` were not acknowledged in time")]
    NotAcknowledged { topic: String, source: KafkaError },
    /// The producer ended with an earlier failure; the owner makes a new one.
    #[error("the producer has ended and takes no more records")]
    ProducerEnded,
    #[error("a batch in partition {partition} of `{topic}` can't be read")]
    BatchCorrupt { topic: String, partition: i32, source: KafkaError },
    #[error("the Kafka client can't be set up")]
    Setup { source: KafkaError },
    #[error("{doing} failed")]
    Other { doing: String, source: KafkaError },
}

/// Where an error came from, for its text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorPlace<'a> {
    pub(crate) address: &'a str,
    pub(crate) principal: &'a str,
    /// Topic, or what else was asked for.
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    /// "reading the end of `x`": starts the text of what has no text of its own.
    pub(crate) doing: &'a str,
}

impl FeedError {
    pub(crate) fn of(source: KafkaError, place: ErrorPlace<'_>) -> FeedError {
        let topic = || place.topic.to_owned();
        let principal = || place.principal.to_owned();
        let address = || place.address.to_owned();
        let Some(code) = source.rdkafka_error_code() else {
            return match source {
                KafkaError::ClientConfig(..) | KafkaError::ClientCreation(_) => {
                    FeedError::Setup { source }
                }
                _ => FeedError::Other { doing: place.doing.to_owned(), source },
            };
        };
        match code {
            Code::Authentication
            | Code::SaslAuthenticationFailed
            | Code::UnsupportedSASLMechanism => {
                FeedError::CredentialsRefused { address: address(), principal: principal() }
            }
            Code::TopicAuthorizationFailed | Code::GroupAuthorizationFailed => {
                FeedError::Unauthorized { principal: principal(), what: topic() }
            }
            Code::ClusterAuthorizationFailed => FeedError::Unauthorized {
                principal: principal(),
                what: String::from("the cluster"),
            },
            Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::InvalidTopic => {
                FeedError::UnknownTopic { topic: topic() }
            }
            Code::UnknownPartition => {
                FeedError::PartitionsChanged { topic: topic(), partition: place.partition }
            }
            Code::MessageSizeTooLarge | Code::MessageBatchTooLarge | Code::InvalidMessageSize => {
                FeedError::TooLarge { topic: topic() }
            }
            Code::MessageTimedOut
            | Code::PurgeQueue
            | Code::PurgeInflight
            | Code::TimedOutQueue => FeedError::NotAcknowledged { topic: topic(), source },
            Code::BadMessage
            | Code::BadCompression
            | Code::InvalidMessage
            | Code::UnsupportedCompressionType => {
                FeedError::BatchCorrupt { topic: topic(), partition: place.partition, source }
            }
            _ if is_transient(code) => FeedError::Unreachable { address: address(), source },
            _ => FeedError::Other { doing: place.doing.to_owned(), source },
        }
    }
}

/// The cluster is away, slow or electing: librdkafka goes on trying by itself.
pub(crate) fn is_transient(code: Code) -> bool {
    matches!(
        code,
        Code::BrokerTransportFailure
            | Code::AllBrokersDown
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::NetworkException
            | Code::BrokerNotAvailable
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
            | Code::ReplicaNotAvailable
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::OffsetNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::CoordinatorNotAvailable
            | Code::NotCoordinator
            | Code::WaitingForCoordinator
            | Code::NotEnoughReplicas
            | Code::NotEnoughReplicasAfterAppend
            | Code::KafkaStorageError
            | Code::FetchSessionIdNotFound
            | Code::InvalidFetchSessionEpoch
            | Code::DestroyBroker
            | Code::BrokerDestroy
            | Code::NodeUpdate
            | Code::WaitCache
            | Code::SSL
    )
}

impl Failure for FeedError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            FeedError::Unreachable { address, .. } => retry("BG0101", Exit::Unreachable).hint(format!(
                    "see whether `{address}` listens (`nc -vz HOST PORT`); then `kafka.brokers` and `kafka.security` in the settings"
                )),
            FeedError::CredentialsRefused { principal, .. } => halt("BG0102", Exit::Unreachable).hint(format!(
                    "compare `kafka.user` and `kafka.password_file` with what the cluster has for `{principal}`"
                )),
            FeedError::Unauthorized { .. } => halt("BG0103", Exit::Halted),
            FeedError::UnknownTopic { .. } => halt("BG0104", Exit::Halted),
            FeedError::OffsetGone { .. } => halt("BG0105", Exit::Halted),
            FeedError::PartitionsChanged { .. } => halt("BG0106", Exit::Halted),
            FeedError::TooLarge { topic } => halt("BG0107", Exit::Failed).hint(format!(
                "see `max.message.bytes` of `{topic}`: `bangioc topic plan`"
            )),
            FeedError::NotAcknowledged { .. } => retry("BG0108", Exit::Unreachable),
            FeedError::ProducerEnded => retry("BG0109", Exit::Unreachable),
            FeedError::BatchCorrupt { .. } => halt("BG0110", Exit::Halted),
            FeedError::Setup { .. } => halt("BG0111", Exit::Config),
            FeedError::Other { .. } => halt("BG0112", Exit::Failed),
            FeedError::Unverified { .. } => halt("BG0115", Exit::Unreachable),
        }
    }
}

#[cfg(test)]
mod tests {
    use bangioc_runtime::failure::Class;

    use super::*;

    fn of(code: Code) -> FeedError {
        let place = ErrorPlace {
            address: "b:1",
            principal: "p",
            topic: "t",
            partition: 2,
            doing: "reading",
        };
        FeedError::of(KafkaError::MessageProduction(code), place)
    }

    #[test]
    fn codes_of_kafka_become_ours() {
        let check = |code, ours, class, text: &str| {
            let failure = of(code);
            assert_eq!(
                (failure.code(), failure.class(), failure.to_string().as_str()),
                (ours, class, text)
            );
        };
        check(Code::AllBrokersDown, "BG0101", Class::Retry, "can't reach Kafka at `b:1`");
        check(
            Code::Authentication,
            "BG0102",
            Class::Halt,
            "Kafka at `b:1` refuses the credentials of `p`",
        );
        check(Code::TopicAuthorizationFailed, "BG0103", Class::Halt, "`p` has no right to `t`");
        check(
            Code::ClusterAuthorizationFailed,
            "BG0103",
            Class::Halt,
            "`p` has no right to `the cluster`",
        );
        check(Code::UnknownTopicOrPartition, "BG0104", Class::Halt, "topic `t` does not exist");
        check(Code::UnknownPartition, "BG0106", Class::Halt, "topic `t` has no partition 2");
        check(
            Code::MessageSizeTooLarge,
            "BG0107",
            Class::Halt,
            "a record for `t` is larger than the topic takes",
        );
        check(
            Code::MessageTimedOut,
            "BG0108",
            Class::Retry,
            "records for `t` were not acknowledged in time",
        );
        check(
            Code::BadCompression,
            "BG0110",
            Class::Halt,
            "a batch in partition 2 of `t` can't be read",
        );
        check(Code::OutOfOrderSequenceNumber, "BG0112", Class::Halt, "reading failed");
    }
}
