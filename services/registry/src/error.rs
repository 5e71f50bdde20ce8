//! How the registry fails as a service. How a request fails is in `refusal`.

use bangioc_feed::FeedError;
use bangioc_feed::admin::AdminError;
use bangioc_runtime::failure::{Class, Exit, Failure};

#[derive(Debug, thiserror::Error)]
pub enum RegistryFailure {
    /// Reading or writing the topic.
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error("registry `{owner}` has taken over topic `{topic}` (claim {claim})")]
    Superseded { topic: String, owner: String, claim: u64 },
    #[error("could not claim topic `{topic}`")]
    NotClaimed { topic: String },
    #[error("could not check or make topic `{topic}`")]
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
    fn code(&self) -> &'static str {
        match self {
            Self::Feed(failure) => failure.code(),
            Self::Superseded { .. } => "BG0740",
            Self::NotClaimed { .. } => "BG0741",
            Self::Topic { .. } => "BG0742",
            Self::NotCompacted { .. } => "BG0743",
            Self::Partitions { .. } => "BG0744",
            Self::CannotListen { .. } => "BG0745",
            Self::UsersUnreadable { .. } => "BG0145",
            Self::UserMalformed { .. } => "BG0146",
            Self::UsersOpen { .. } => "BG0147",
            Self::NoUsers { .. } => "BG0148",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Feed(failure) => failure.class(),
            Self::NotClaimed { .. } => Class::Retry,
            Self::Topic { source, .. } => source.class(),
            Self::Superseded { .. }
            | Self::NotCompacted { .. }
            | Self::Partitions { .. }
            | Self::CannotListen { .. }
            | Self::UsersUnreadable { .. }
            | Self::UserMalformed { .. }
            | Self::UsersOpen { .. }
            | Self::NoUsers { .. } => Class::Halt,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Feed(failure) => failure.exit(),
            Self::NotClaimed { .. } => Exit::Unreachable,
            Self::Topic { source, .. } => source.exit(),
            Self::Superseded { .. } | Self::NotCompacted { .. } | Self::Partitions { .. } => {
                Exit::Halted
            }
            Self::CannotListen { .. }
            | Self::UsersUnreadable { .. }
            | Self::UserMalformed { .. }
            | Self::UsersOpen { .. }
            | Self::NoUsers { .. } => Exit::Config,
        }
    }

    fn hint(&self) -> String {
        match self {
            Self::Feed(failure) => failure.hint(),
            Self::Superseded { .. } => "one registry writes: stop the other, or leave this one stopped".to_owned(),
            Self::NotClaimed { topic } => {
                format!("check that Kafka takes records for `{topic}`: the lines above tell why it did not")
            }
            Self::Topic { topic, .. } => {
                format!("see whether Kafka answers, and give the registry's user its rights to `{topic}`: `bangioc topic plan`, then `bangioc topic apply`")
            }
            Self::NotCompacted { topic, .. } => format!(
                "else Kafka would delete schemas: `kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config cleanup.policy=compact`"
            ),
            Self::Partitions { .. } => "the order of its records is what holds it together: `bangioc explain BG0744` says how to go on".to_owned(),
            Self::CannotListen { address, .. } => {
                format!("see who holds it: `ss -ltnp | grep {address}`, or set another `registry.listen`")
            }
            Self::UsersUnreadable { .. } | Self::NoUsers { .. } => {
                "`registry.users_dir` names a folder with a file for each user: `bangioc explain BG0145`".to_owned()
            }
            Self::UserMalformed { .. } => {
                "`bangioc explain BG0146` shows what such a file looks like".to_owned()
            }
            Self::UsersOpen { path } => format!("`chmod go-w {path}`"),
        }
    }
}
