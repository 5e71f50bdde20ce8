//! What the store knows of a row and of its records.

use bangioc_change::version::Version;
use bangioc_sink::dataset::Dataset;
use sqlx::{AssertSqlSafe, PgConnection};

use super::log::LogPartition;
use super::{Complete, Outcome, SeenRecord, ShownVersion, StoredRow, TraceError};

/// Times as RFC 3339, whatever the session's style.
const TIME: &str = "'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'";

/// None also where no sink has prepared the store yet.
pub(super) async fn position(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
) -> Result<Option<i64>, TraceError> {
    let prepared: bool = sqlx::query_scalar("select to_regclass('flow.lease') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !prepared {
        return Ok(None);
    }
    let found: Option<Option<i64>> = sqlx::query_scalar(
        "select next_offset from flow.lease where topic = $1 and partition = $2",
    )
    .bind(topic)
    .bind(partition)
    .fetch_optional(connection)
    .await?;
    Ok(found.flatten())
}

pub(super) fn key_names(dataset: &Dataset) -> Vec<String> {
    let columns = dataset.contract.key_columns();
    columns.map(|column| column.name.clone()).collect()
}

pub(super) async fn row(
    connection: &mut PgConnection,
    dataset: &Dataset,
    key: &[String],
) -> Result<Option<StoredRow>, TraceError> {
    let there: bool = sqlx::query_scalar("select to_regclass(format('flow.%I', $1)) is not null")
        .bind(&dataset.table)
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(None);
    }
    let found: Option<(Vec<u8>, bool, Vec<String>)> =
        sqlx::query_as("select version, deleted, missing from flow.row_state($1, $2, $3)")
            .bind(&dataset.table)
            .bind(key_names(dataset))
            .bind(key)
            .fetch_optional(connection)
            .await?;
    Ok(found.and_then(|(version, deleted, missing)| {
        Some(StoredRow {
            version: ShownVersion(Version::from_bytes(version.try_into().ok()?)),
            live: !deleted,
            missing,
        })
    }))
}

/// What became of a record that the sink has taken in, and when.
pub(super) async fn judge(
    connection: &mut PgConnection,
    place: LogPartition<'_>,
    row: Option<&StoredRow>,
    seen: &mut SeenRecord,
) -> Result<(), TraceError> {
    let parked: Option<(String, Option<String>)> = sqlx::query_as(
        "select state, code from flow.parked_record where topic = $1 and partition = $2 and \"offset\" = $3",
    )
    .bind(place.topic)
    .bind(place.partition)
    .bind(seen.offset)
    .fetch_optional(&mut *connection)
    .await?;
    let is_the_row = row.is_some_and(|row| Some(row.version) == seen.version);
    seen.outcome = match parked {
        // Applied all the same; a value of it was too large.
        Some((state, _)) if is_the_row && state == "incomplete" => Outcome::InStore,
        Some((state, code)) if state != "drained" => Outcome::Parked { state, code },
        _ if is_the_row => Outcome::InStore,
        _ => Outcome::Past,
    };
    seen.taken_at = sqlx::query_scalar(AssertSqlSafe(format!(
        "select to_char(at at time zone 'UTC', {TIME}) from flow.ledger where topic = $1 and partition = $2 \
         and first_offset <= $3 and next_offset > $3 order by first_offset desc limit 1"
    )))
    .bind(place.topic)
    .bind(place.partition)
    .bind(seen.offset)
    .fetch_optional(connection)
    .await?;
    Ok(())
}

pub(super) async fn complete(
    connection: &mut PgConnection,
    dataset: &str,
) -> Result<Option<Complete>, TraceError> {
    let there: bool = sqlx::query_scalar("select to_regclass('flow.freshness') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !there {
        return Ok(None);
    }
    let found: Option<(i64, String, String)> = sqlx::query_as(AssertSqlSafe(format!(
        "select complete_epoch, complete_lsn, to_char(complete_at at time zone 'UTC', {TIME}) \
         from flow.freshness where dataset = $1 and complete_at is not null"
    )))
    .bind(dataset)
    .fetch_optional(connection)
    .await?;
    Ok(found.map(|(epoch, lsn, at)| Complete { epoch, lsn, at }))
}
