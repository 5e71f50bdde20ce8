//! A parked key, locked or looked at, and why its queue stays as it is.

use sqlx::PgConnection;

use crate::dataset::{Dataset, sql};
use crate::error::SinkError;
use crate::seal::KeyRef;

/// Why a queue stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("no key `{key_ref}` is parked")]
    NotParked { key_ref: KeyRef },
    #[error("key `{key_ref}` still can't be applied: `{code}`")]
    StillFails { key_ref: KeyRef, code: String, field: Option<String> },
    #[error("dataset `{dataset}` of key `{key_ref}` has no active contract here")]
    NoContract { key_ref: KeyRef, dataset: String },
    #[error(transparent)]
    Sink(#[from] SinkError),
}

impl From<sqlx::Error> for ReplayError {
    fn from(error: sqlx::Error) -> ReplayError {
        SinkError::from(error).into()
    }
}

/// Which key, and whose.
#[derive(Clone, Debug)]
pub struct LockedKey {
    pub key_ref: KeyRef,
    pub topic: String,
    pub partition: i32,
    pub dataset: String,
    pub discard_by: Option<String>,
}

impl LockedKey {
    /// The dataset that the key is of, when it has an active contract here.
    pub fn dataset_in<'a>(&self, datasets: &'a [Dataset]) -> Result<&'a Dataset, ReplayError> {
        let mine = |dataset: &&Dataset| dataset.topic == self.topic;
        datasets.iter().find(mine).ok_or_else(|| ReplayError::NoContract {
            key_ref: self.key_ref,
            dataset: self.dataset.clone(),
        })
    }
}

/// Locks a parked key until the transaction ends.
pub async fn lock(
    connection: &mut PgConnection,
    key_ref: KeyRef,
) -> Result<LockedKey, ReplayError> {
    parked(connection, key_ref, "for update").await
}

/// As it is now, for whoever may only look.
pub async fn find(
    connection: &mut PgConnection,
    key_ref: KeyRef,
) -> Result<LockedKey, ReplayError> {
    parked(connection, key_ref, "").await
}

async fn parked(
    connection: &mut PgConnection,
    key_ref: KeyRef,
    lock: &str,
) -> Result<LockedKey, ReplayError> {
    let row: Option<(String, i32, String, Option<String>)> = sqlx::query_as(sql(format!(
        "select topic, partition, dataset, discard_by from flow.parked_key \
         where key_ref = $1 and state = 'parked' order by topic limit 1 {lock}"
    )))
    .bind(&key_ref.0[..])
    .fetch_optional(connection)
    .await
    .map_err(SinkError::from)?;
    let (topic, partition, dataset, discard_by) = row.ok_or(ReplayError::NotParked { key_ref })?;
    Ok(LockedKey { key_ref, topic, partition, dataset, discard_by })
}
