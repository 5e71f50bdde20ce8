//! How the registry fails as a service. How a request fails is in `refusal`.

use bangioc_feed::FeedError;
use bangioc_feed::admin::AdminError;
use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};

#[derive(Debug, thiserror::Error)]
pub enum RegistryFailure {
    /// Reading or writing the topic.
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error("registry `{owner}` has taken over topic `{topic}` (claim {claim})")]
    Superseded { topic: String, owner: String, claim: u64 },
    #[error("could not claim topic `{topic}`")]
    NotClaimed { topic: String },
    #[error("could not check or create topic `{topic}`")]
    Topic { topic: String, source: Box<AdminError> },
    #[error("topic `{topic}` has cleanup policy `{policy}` instead of `compact`")]
    NotCompacted { topic: String, policy: String },
    #[error("topic `{topic}` has {partitions} partitions instead of one")]
    Partitions { topic: String, partitions: u32 },
    #[error("can't listen on `{address}`")]
    CannotListen { address: String, source: std::io::Error },
    #[error("can't read the users in `{dir}`")]
    UsersUnreadable { dir: String, source: std::io::Error },
    #[error("line {line} of user file `{file}` {problem}")]
    UserMalformed { file: String, line: usize, problem: &'static str },
    #[error("`{path}` can be written by others, who could make themselves users")]
    UsersOpen { path: String },
    #[error("`{dir}` has no user")]
    NoUsers { dir: String },
}

impl RegistryFailure {
    pub(crate) fn cannot_listen(address: &str) -> impl FnOnce(std::io::Error) -> Self {
        let address = address.to_owned();
        move |source| Self::CannotListen { address, source }
    }

    /// The topic, or a right to it, is missing: `bangioc topic apply` makes it. Or Kafka keeps our claim
    /// from us, which it does where the right to read comes last.
    pub(crate) fn waiting_helps(&self) -> bool {
        match self {
            Self::Feed(FeedError::Unauthorized { .. } | FeedError::UnknownTopic { .. })
            | Self::NotClaimed { .. } => true,
            Self::Topic { source, .. } => matches!(**source, AdminError::NotAllowed { .. }),
            Self::Feed(_)
            | Self::Superseded { .. }
            | Self::NotCompacted { .. }
            | Self::Partitions { .. }
            | Self::CannotListen { .. }
            | Self::UsersUnreadable { .. }
            | Self::UserMalformed { .. }
            | Self::UsersOpen { .. }
            | Self::NoUsers { .. } => false,
        }
    }
}

impl Failure for RegistryFailure {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            Self::Feed(failure) => failure.diagnosis(),
            Self::Superseded { .. } => halt("BG0740", Exit::Halted),
            Self::NotClaimed { topic } => retry("BG0741", Exit::Unreachable).hint(format!(
                "check that Kafka takes records for `{topic}`: the lines above tell why it did \
                 not"
            )),
            Self::Topic { topic, source } => Diagnosis { code: "BG0742", ..source.diagnosis() }.hint(format!(
                "see whether Kafka answers, and give the registry's user its rights to `{topic}`: \
                 `bangioc topic plan`, then `bangioc topic apply`"
            )),
            Self::NotCompacted { topic, .. } => halt("BG0743", Exit::Halted).hint(format!(
                "else Kafka would delete schemas: `kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config cleanup.policy=compact`"
            )),
            Self::Partitions { .. } => halt("BG0744", Exit::Halted),
            Self::CannotListen { address, .. } => halt("BG0745", Exit::Config).hint(format!(
                "see who holds it: `ss -ltnp | grep {address}`, or set another `registry.listen`"
            )),
            Self::UsersUnreadable { .. } => halt("BG0145", Exit::Config),
            Self::UserMalformed { .. } => halt("BG0146", Exit::Config),
            Self::UsersOpen { path } => halt("BG0147", Exit::Config).hint(format!(
                "`chmod go-w {path}`"
            )),
            Self::NoUsers { .. } => halt("BG0148", Exit::Config),
        }
    }
}
