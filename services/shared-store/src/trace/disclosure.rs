//! A row's values, shown to a person: who saw them and why goes on record first.

use bangioc_sink::dataset::Dataset;
use bangioc_sink::seal::Seal;
use sqlx::PgConnection;

use super::{TraceError, key_datum, stored};

/// The live row as readers see it, in JSON; none when there is none. Committed to `flow.disclosure`, with who
/// logged in, before anything is read: the store reads no row for an entry that could still be taken back.
pub async fn disclose(
    connection: &mut PgConnection,
    dataset: &Dataset,
    key: &[String],
    seal: &Seal,
    purpose: &str,
) -> Result<Option<serde_json::Value>, TraceError> {
    let purpose = purpose.trim();
    if purpose.is_empty() {
        return Err(TraceError::Purposeless);
    }
    let datum = key_datum(&dataset.contract, &dataset.topic, key)?;
    let entry: i64 = sqlx::query_scalar("select flow.disclose($1, $2, $3, $4, $5)")
        .bind(purpose)
        .bind(dataset.id())
        .bind(&seal.key_ref(&dataset.topic, &datum).0[..])
        .bind(&dataset.table)
        .bind(key)
        .fetch_one(&mut *connection)
        .await
        .map_err(TraceError::of_disclosure)?;
    let found: Option<String> =
        sqlx::query_scalar("select flow.disclosed_row($1, $2, $3, $4)::text")
            .bind(entry)
            .bind(&dataset.table)
            .bind(stored::key_names(dataset))
            .bind(key)
            .fetch_one(connection)
            .await?;
    Ok(found.and_then(|json| serde_json::from_str(&json).ok()))
}
