//! How following a row fails. No text here holds the key.

use bangioc_feed::FeedError;
use bangioc_runtime::failure::{Class, Exit, Failure};
use bangioc_sink::SinkError;

#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    #[error("rows of `{dataset}` have no key to follow")]
    Keyless { dataset: String },
    #[error("a key column of `{dataset}` can't hold what was given")]
    NoSuchKey { dataset: String },
    #[error("values are shown for a purpose only")]
    Purposeless,
    #[error("the login in `[store]` is no operator of this store")]
    NoOperator,
    #[error(transparent)]
    Feed(#[from] FeedError),
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl From<sqlx::Error> for TraceError {
    fn from(error: sqlx::Error) -> TraceError {
        SinkError::from(error).into()
    }
}

impl TraceError {
    /// Of `flow.disclose`.
    pub(super) fn of_disclosure(error: sqlx::Error) -> TraceError {
        let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
        match code.as_deref() {
            Some("BG607") => TraceError::NoOperator,
            _ => error.into(),
        }
    }
}

impl Failure for TraceError {
    fn code(&self) -> &'static str {
        match self {
            TraceError::Keyless { .. } | TraceError::NoSuchKey { .. } => "BG0181",
            TraceError::Purposeless => "BG0184",
            TraceError::NoOperator => "BG0607",
            TraceError::Feed(error) => error.code(),
            TraceError::Sink(error) => error.code(),
        }
    }

    fn class(&self) -> Class {
        match self {
            TraceError::Keyless { .. }
            | TraceError::NoSuchKey { .. }
            | TraceError::Purposeless
            | TraceError::NoOperator => Class::Halt,
            TraceError::Feed(error) => error.class(),
            TraceError::Sink(error) => error.class(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            TraceError::Keyless { .. } | TraceError::NoSuchKey { .. } | TraceError::Purposeless => {
                Exit::Usage
            }
            TraceError::NoOperator => Exit::Failed,
            TraceError::Feed(error) => error.exit(),
            TraceError::Sink(error) => error.exit(),
        }
    }

    fn hint(&self) -> String {
        match self {
            TraceError::Keyless { .. } => {
                "a dataset of kind `append` is a list of events; look at its rows in the store"
                    .into()
            }
            TraceError::NoSuchKey { dataset } => {
                format!("`bangioc contract show {dataset}` shows the types of its key")
            }
            TraceError::Purposeless => {
                "add `--purpose 'why'`: it goes on record, with who logged in at the store".into()
            }
            TraceError::NoOperator => {
                "who sees values is on record by name: name your own login in `[store]`; the store's administrator makes one with `ops/sql/operator-access.sql`".into()
            }
            TraceError::Feed(error) => error.hint(),
            TraceError::Sink(error) => error.hint(),
        }
    }
}
