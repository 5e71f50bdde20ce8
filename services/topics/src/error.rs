//! How planning and applying fail, apart from Kafka and the registry themselves.

use bangioc_runtime::failure::{Class, Exit, Failure};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum TopicsError {
    #[error("{count} of the plan's lines are refused")]
    Refused { count: usize },
    #[error("the registry at `{address}` does not answer; topics and access rights are in place")]
    RegistrySilent { address: String },
    #[error("the registry at `{address}` does not answer, so what is shown lacks the subjects")]
    SubjectsUnseen { address: String },
    #[error("{count} of the changes do not show at the cluster, though it took them")]
    NotSeen { count: usize },
    #[error("interrupted; what was done is kept")]
    Interrupted,
}

impl Failure for TopicsError {
    fn code(&self) -> &'static str {
        match self {
            TopicsError::Refused { .. } => "BG0140",
            TopicsError::RegistrySilent { .. } | TopicsError::SubjectsUnseen { .. } => "BG0141",
            TopicsError::NotSeen { .. } => "BG0142",
            TopicsError::Interrupted => "BG0143",
        }
    }

    fn class(&self) -> Class {
        match self {
            TopicsError::RegistrySilent { .. } | TopicsError::SubjectsUnseen { .. } => Class::Retry,
            TopicsError::Refused { .. }
            | TopicsError::NotSeen { .. }
            | TopicsError::Interrupted => Class::Halt,
        }
    }

    fn exit(&self) -> Exit {
        match self {
            TopicsError::RegistrySilent { .. } | TopicsError::SubjectsUnseen { .. } => {
                Exit::Unreachable
            }
            TopicsError::Refused { .. }
            | TopicsError::NotSeen { .. }
            | TopicsError::Interrupted => Exit::Failed,
        }
    }

    fn hint(&self) -> String {
        match self {
            TopicsError::Refused { .. } => {
                "`bangioc topic plan` names each with its code, and `bangioc explain` says what to do".to_owned()
            }
            TopicsError::RegistrySilent { .. } => {
                "start it with `bangioc run registry`, then run `bangioc topic apply` again".to_owned()
            }
            TopicsError::SubjectsUnseen { .. } => {
                "start it with `bangioc run registry` and ask again; before its first start, `bangioc topic plan --kafka-only` leaves the subjects out on purpose".to_owned()
            }
            TopicsError::NotSeen { .. } | TopicsError::Interrupted => {
                "run `bangioc topic apply` again: it goes on where it stopped".to_owned()
            }
        }
    }
}
