//! Giving a key's queue up takes two people, each with a login of their own in the store: the store writes
//! down who asked and who confirmed, and refuses the same login twice (`flow.discard`).

use bangioc_sink::seal::KeyRef;
use bangioc_sink::{SinkError, locked};
use serde::Serialize;

use crate::DeadLetters;
use crate::error::DeadLetterError;

/// How far a discard has come.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Discarded {
    /// The first person asked; another has to confirm.
    Asked { by: String },
    /// `copy_asked`: the row was asked for again. It is not when no record of the queue tells its key.
    Done { records: i64, copy_asked: bool },
}

/// SQLSTATEs of `flow.discard`.
const NOT_PARKED: &str = "BG601";
const SAME_LOGIN: &str = "BG603";
const NO_OPERATOR: &str = "BG607";

impl DeadLetters {
    /// Asks, or confirms what somebody else has asked for. Who does it is who logged in.
    pub async fn discard(&mut self, key_ref: KeyRef) -> Result<Discarded, DeadLetterError> {
        let locked = locked::find(&mut self.connection, key_ref).await?;
        let key = match locked.discard_by {
            None => None,
            Some(_) => match self.row_key(&locked).await {
                // Given up just because nobody can read it: its row comes with its next change.
                Err(DeadLetterError::Sink(SinkError::PayloadSealed)) => None,
                known => known?,
            },
        };
        let connection = &mut self.connection;
        let by: String =
            sqlx::query_scalar("select session_user::text").fetch_one(&mut *connection).await?;
        let done: Result<Option<i64>, sqlx::Error> =
            sqlx::query_scalar("select flow.discard($1, $2, $3, $4)")
                .bind(&locked.topic)
                .bind(locked.partition)
                .bind(&key_ref.0[..])
                .bind(&key)
                .fetch_one(connection)
                .await;
        match done {
            Ok(None) => Ok(Discarded::Asked { by }),
            Ok(Some(records)) => Ok(Discarded::Done { records, copy_asked: key.is_some() }),
            Err(error) => Err(refused(error, key_ref, by)),
        }
    }
}

pub(crate) fn refused(error: sqlx::Error, key_ref: KeyRef, by: String) -> DeadLetterError {
    let code =
        error.as_database_error().and_then(|error| error.code().map(std::borrow::Cow::into_owned));
    match code.as_deref() {
        Some(NOT_PARKED) => DeadLetterError::NotParked { key_ref },
        Some(SAME_LOGIN) => DeadLetterError::SamePerson { by },
        Some(NO_OPERATOR) => DeadLetterError::NoOperator { by },
        _ => error.into(),
    }
}
