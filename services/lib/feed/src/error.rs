//! How Kafka fails, told apart by what a person or the service does next.

use bangioc_runtime::failure::{Class, Exit, Failure};
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
pub(crate) struct Place<'a> {
    pub(crate) address: &'a str,
    pub(crate) principal: &'a str,
    /// Topic, or what else was asked for.
    pub(crate) topic: &'a str,
    pub(crate) partition: i32,
    /// "reading the end of `x`": starts the text of what has no text of its own.
    pub(crate) doing: &'a str,
}

impl FeedError {
    pub(crate) fn of(source: KafkaError, place: Place<'_>) -> FeedError {
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
    fn code(&self) -> &'static str {
        match self {
            FeedError::Unreachable { .. } => "BG0101",
            FeedError::CredentialsRefused { .. } => "BG0102",
            FeedError::Unauthorized { .. } => "BG0103",
            FeedError::UnknownTopic { .. } => "BG0104",
            FeedError::OffsetGone { .. } => "BG0105",
            FeedError::PartitionsChanged { .. } => "BG0106",
            FeedError::TooLarge { .. } => "BG0107",
            FeedError::NotAcknowledged { .. } => "BG0108",
            FeedError::ProducerEnded => "BG0109",
            FeedError::BatchCorrupt { .. } => "BG0110",
            FeedError::Setup { .. } => "BG0111",
            FeedError::Other { .. } => "BG0112",
            FeedError::Unverified { .. } => "BG0115",
        }
    }

    fn class(&self) -> Class {
        match self {
            FeedError::Unreachable { .. }
            | FeedError::NotAcknowledged { .. }
            | FeedError::ProducerEnded => Class::Retry,
            FeedError::TooLarge { .. }
            | FeedError::Unverified { .. }
            | FeedError::CredentialsRefused { .. }
            | FeedError::Unauthorized { .. }
            | FeedError::UnknownTopic { .. }
            | FeedError::OffsetGone { .. }
            | FeedError::PartitionsChanged { .. }
            | FeedError::BatchCorrupt { .. }
            | FeedError::Setup { .. }
            | FeedError::Other { .. } => Class::Halt,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            FeedError::Unreachable { .. }
            | FeedError::Unverified { .. }
            | FeedError::NotAcknowledged { .. }
            | FeedError::ProducerEnded
            | FeedError::CredentialsRefused { .. } => Exit::Unreachable,
            FeedError::Setup { .. } => Exit::Config,
            FeedError::Unauthorized { .. }
            | FeedError::UnknownTopic { .. }
            | FeedError::OffsetGone { .. }
            | FeedError::PartitionsChanged { .. }
            | FeedError::BatchCorrupt { .. } => Exit::Halted,
            FeedError::TooLarge { .. } | FeedError::Other { .. } => Exit::Failed,
        }
    }

    fn hint(&self) -> String {
        match self {
            FeedError::Unreachable { address, .. } => {
                format!(
                    "see whether `{address}` listens (`nc -vz HOST PORT`); then `kafka.brokers` and `kafka.security` in the settings"
                )
            }
            FeedError::Unverified { .. } => String::from(
                "check `kafka.ca_file` against the brokers' certificates, their dates, and that each name in `kafka.brokers` is in one; is that port a TLS listener?",
            ),
            FeedError::CredentialsRefused { principal, .. } => {
                format!(
                    "compare `kafka.user` and `kafka.password_file` with what the cluster has for `{principal}`"
                )
            }
            FeedError::Unauthorized { .. } => String::from(
                "see what access rights are missing: `bangioc topic plan`, then `bangioc topic apply`",
            ),
            FeedError::UnknownTopic { .. } => String::from(
                "make the topics of the contracts: `bangioc topic plan`, then `bangioc topic apply`",
            ),
            FeedError::OffsetGone { .. } => String::from(
                "records are gone from the log: copy the dataset again from its source; `bangioc explain BG0105` says how",
            ),
            FeedError::PartitionsChanged { .. } => String::from(
                "a topic's partition count never changes: `bangioc explain BG0106` says how to go on",
            ),
            FeedError::TooLarge { topic } => {
                format!("see `max.message.bytes` of `{topic}`: `bangioc topic plan`")
            }
            FeedError::NotAcknowledged { .. } => String::from(
                "see whether the brokers answer and enough replicas are in sync; what was not acknowledged is sent again",
            ),
            FeedError::ProducerEnded => String::from("the failure before this one tells why"),
            FeedError::BatchCorrupt { .. } => String::from(
                "see the broker's disk and the network; `bangioc explain BG0110` says how to go on",
            ),
            FeedError::Setup { .. } => {
                String::from("see `[kafka]` in the settings, `ca_file` first")
            }
            FeedError::Other { .. } => String::from("see the broker's own log at this time"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: Code) -> FeedError {
        let place =
            Place { address: "b:1", principal: "p", topic: "t", partition: 2, doing: "reading" };
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
