//! How planning and applying fail, apart from Kafka and the registry themselves.

use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt, retry};
use thiserror::Error;

#[derive(Debug, Error)]
pub enum TopicsError {
    #[error("{count} of the plan's lines are refused")]
    Refused { count: usize },
    #[error("the registry at `{address}` does not answer; topics and access rights are in place")]
    RegistrySilent { address: String },
    #[error("the registry at `{address}` does not answer, so what is shown lacks the subjects")]
    SubjectsUnseen { address: String },
    #[error("{count} of the changes do not show at the cluster, though it accepted them")]
    NotSeen { count: usize },
    #[error("interrupted; what was done is kept")]
    Interrupted,
}

impl Failure for TopicsError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            TopicsError::Refused { .. } => halt("BG0140", Exit::Failed),
            TopicsError::RegistrySilent { .. } => retry("BG0141", Exit::Unreachable),
            TopicsError::SubjectsUnseen { .. } => retry("BG0141", Exit::Unreachable).hint(
                "start it with `bangioc run registry` and ask again; before its first start, \
                 `bangioc topic plan --kafka-only` leaves the subjects out on purpose",
            ),
            TopicsError::NotSeen { .. } => halt("BG0142", Exit::Failed),
            TopicsError::Interrupted => halt("BG0143", Exit::Failed),
        }
    }
}
