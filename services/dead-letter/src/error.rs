//! How the work on dead letters fails.

use bangioc_runtime::failure::{Class, Exit, Failure};
use bangioc_sink::SinkError;
use bangioc_sink::replay::ReplayError;
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
    fn code(&self) -> &'static str {
        match self {
            DeadLetterError::NotParked { .. } => "BG0601",
            DeadLetterError::StillFails { .. } => "BG0602",
            DeadLetterError::SamePerson { .. } => "BG0603",
            DeadLetterError::NoContract { .. } => "BG0604",
            DeadLetterError::NoOperator { .. } => "BG0607",
            DeadLetterError::Sink(error) => error.code(),
        }
    }

    fn class(&self) -> Class {
        match self {
            DeadLetterError::StillFails { .. }
            | DeadLetterError::NotParked { .. }
            | DeadLetterError::SamePerson { .. }
            | DeadLetterError::NoOperator { .. }
            | DeadLetterError::NoContract { .. } => Class::Halt,
            DeadLetterError::Sink(error) => error.class(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            DeadLetterError::NotParked { .. }
            | DeadLetterError::StillFails { .. }
            | DeadLetterError::NoOperator { .. }
            | DeadLetterError::SamePerson { .. } => Exit::Failed,
            DeadLetterError::NoContract { .. } => Exit::Config,
            DeadLetterError::Sink(error) => error.exit(),
        }
    }

    fn hint(&self) -> String {
        match self {
            DeadLetterError::NotParked { .. } => "see what is: `bangioc dead-letter list`".into(),
            DeadLetterError::StillFails { .. } => {
                "correct the row at its source: as soon as the corrected row arrives, the key is free; or correct the contract and replay again".into()
            }
            DeadLetterError::SamePerson { .. } => {
                "ask a colleague to run the same command with a login of their own".into()
            }
            DeadLetterError::NoContract { .. } => "see `bangioc contract list`, and `contracts` in the configuration".into(),
            DeadLetterError::NoOperator { .. } => {
                "name your own login in `[store]`; the store's administrator makes one with `ops/sql/operator-access.sql`".into()
            }
            DeadLetterError::Sink(error) => error.hint(),
        }
    }
}
