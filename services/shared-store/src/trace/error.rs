//! How following a row fails. No text here holds the key.

use bangioc_feed::FeedError;
use bangioc_runtime::failure::{Diagnosis, Exit, Failure, halt};
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
    fn diagnosis(&self) -> Diagnosis {
        match self {
            TraceError::Keyless { .. } => halt("BG0181", Exit::Usage),
            TraceError::NoSuchKey { dataset } => halt("BG0181", Exit::Usage)
                .hint(format!("`bangioc contract show {dataset}` shows the types of its key")),
            TraceError::Purposeless => halt("BG0184", Exit::Usage),
            TraceError::NoOperator => halt("BG0607", Exit::Failed).hint(
                "who sees values is on record by name: name your own login in `[store]`; the \
                 store's administrator makes one with `ops/sql/operator-access.sql`",
            ),
            TraceError::Feed(error) => error.diagnosis(),
            TraceError::Sink(error) => error.diagnosis(),
        }
    }
}
