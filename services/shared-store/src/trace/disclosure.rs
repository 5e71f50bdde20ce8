//! A row's values, shown to a person: who saw them and why goes on record first.

use bangioc_sink::dataset::Dataset;
use bangioc_sink::seal::Seal;
use serde::Serialize;
use sqlx::{AssertSqlSafe, PgConnection};

use super::{TraceError, key_datum, stored};

/// Who asks, and why.
#[derive(Clone, Debug, Serialize)]
pub struct Disclosure {
    pub by: String,
    pub purpose: String,
}

/// The live row as readers see it, in JSON; none when there is none. Committed to `flow.disclosure` before
/// anything is read.
pub async fn disclose(
    connection: &mut PgConnection,
    dataset: &Dataset,
    key: &[String],
    seal: &Seal,
    disclosure: &Disclosure,
) -> Result<Option<serde_json::Value>, TraceError> {
    let (by, purpose) = (disclosure.by.trim(), disclosure.purpose.trim());
    if by.is_empty() || purpose.is_empty() {
        return Err(TraceError::Purposeless);
    }
    let datum = key_datum(&dataset.contract, &dataset.topic, key)?;
    sqlx::query(
        "insert into flow.disclosure (\"by\", purpose, dataset, key_ref) values ($1, $2, $3, $4)",
    )
    .bind(by)
    .bind(purpose)
    .bind(dataset.id())
    .bind(&seal.key_ref(&dataset.topic, &datum).0[..])
    .execute(&mut *connection)
    .await?;
    let question = format!(
        "select to_jsonb(r)::text from {} r where {}",
        dataset.view(),
        stored::by_key(dataset)
    );
    let mut query = sqlx::query_scalar(AssertSqlSafe(question));
    for text in key {
        query = query.bind(text);
    }
    let found: Option<String> = query.fetch_optional(connection).await?;
    Ok(found.and_then(|json| serde_json::from_str(&json).ok()))
}
