//! How the work on dead letters fails.

use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt};
use bangioc_sink::SinkError;
use bangioc_sink::locked::ReplayError;
use bangioc_sink::seal::KeyRef;

#[derive(Debug, thiserror::Error)]
pub enum DeadLetterError {
    #[error("no key `{key_ref}` is parked")]
    NotParked { key_ref: KeyRef },
    #[error("key `{key_ref}` still can't be applied: `{code}`{}", at(.field.as_ref()))]
    StillFails { key_ref: KeyRef, code: String, field: Option<String> },
    #[error("`{by}` asked for this discard; another person has to confirm it")]
    SamePerson { by: String },
    #[error("`{by}` is no operator of this store")]
    NoOperator { by: String },
    #[error("dataset `{dataset}` of key `{key_ref}` has no active contract here")]
    NoContract { key_ref: KeyRef, dataset: String },
    #[error(transparent)]
    Sink(#[from] SinkError),
}

fn at(field: Option<&String>) -> String {
    field.map(|field| format!(" at `{field}`")).unwrap_or_default()
}

impl From<ReplayError> for DeadLetterError {
    fn from(error: ReplayError) -> DeadLetterError {
        match error {
            ReplayError::NotParked { key_ref } => DeadLetterError::NotParked { key_ref },
            ReplayError::StillFails { key_ref, code, field } => {
                DeadLetterError::StillFails { key_ref, code, field }
            }
            ReplayError::NoContract { key_ref, dataset } => {
                DeadLetterError::NoContract { key_ref, dataset }
            }
            ReplayError::Sink(error) => DeadLetterError::Sink(error),
        }
    }
}

impl From<sqlx::Error> for DeadLetterError {
    fn from(error: sqlx::Error) -> DeadLetterError {
        SinkError::from(error).into()
    }
}

impl Failure for DeadLetterError {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            DeadLetterError::NotParked { .. } => halt("BG0601", Exit::Failed),
            DeadLetterError::StillFails { .. } => halt("BG0602", Exit::Failed),
            DeadLetterError::SamePerson { .. } => halt("BG0603", Exit::Failed),
            DeadLetterError::NoContract { .. } => halt("BG0604", Exit::Config),
            DeadLetterError::NoOperator { .. } => halt("BG0607", Exit::Failed),
            DeadLetterError::Sink(error) => error.diagnosis(),
        }
    }
}
