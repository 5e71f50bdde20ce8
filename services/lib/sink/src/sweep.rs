//! A sweep ends a whole copy: rows older than the copy's start are no longer at the source, so they go.
//! Run once the sink stands behind the copy in every partition; running it again changes nothing.

use bangioc_change::progress::{Offsets, Sweep};
use sqlx::{Connection as _, PgConnection};

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::freshness::is_reached;
use crate::merge;
use crate::park::{self, Moot};

/// Remembers a sweep that a progress topic asks for.
pub async fn remember(
    connection: &mut PgConnection,
    progress_topic: &str,
    progress_offset: i64,
    sweep: &Sweep,
) -> Result<(), SinkError> {
    let Some(below) = sweep.below() else {
        tracing::error!(
            progress_topic,
            progress_offset,
            "a sweep without a version is passed over"
        );
        return Ok(());
    };
    sqlx::query(
        "insert into flow.sweep (progress_topic, progress_offset, topic, below, offsets) \
         values ($1, $2, $3, $4, $5::jsonb) on conflict do nothing",
    )
    .bind(progress_topic)
    .bind(progress_offset)
    .bind(&sweep.topic)
    .bind(&below.to_bytes()[..])
    .bind(serde_json::to_string(&sweep.offsets).unwrap_or_default())
    .execute(connection)
    .await?;
    Ok(())
}

struct Waiting {
    progress_topic: String,
    progress_offset: i64,
    topic: String,
    below: Vec<u8>,
}

/// Runs the sweeps whose time has come.
pub async fn run_due(
    connection: &mut PgConnection,
    datasets: &[Dataset],
    position: impl Fn(&str) -> Offsets,
) -> Result<(), SinkError> {
    let waiting: Vec<(String, i64, String, Vec<u8>, String)> = sqlx::query_as(
        "select progress_topic, progress_offset, topic, below, offsets::text as offsets from flow.sweep \
         where done_at is null order by seen_at, progress_offset",
    )
    .fetch_all(&mut *connection)
    .await?;
    for (progress_topic, progress_offset, topic, below, offsets) in waiting {
        let sweep = Waiting {
            progress_topic,
            progress_offset,
            topic,
            below,
        };
        let Some(dataset) = datasets.iter().find(|dataset| dataset.topic == sweep.topic) else {
            continue;
        };
        let offsets: Offsets = serde_json::from_str(&offsets).unwrap_or_default();
        if is_reached(&offsets, &position(&sweep.topic)) {
            run(connection, dataset, &sweep).await?;
        }
    }
    Ok(())
}

/// Two transactions, so that no lock on a lease is held while rows go. First the floors: a batch that
/// was in flight then fails to commit and is done again against the new floor. Then the rows.
async fn run(
    connection: &mut PgConnection,
    dataset: &Dataset,
    sweep: &Waiting,
) -> Result<(), SinkError> {
    let Some(below) = <[u8; 20]>::try_from(&sweep.below[..])
        .ok()
        .map(bangioc_change::version::Version::from_bytes)
    else {
        return Ok(());
    };
    sqlx::query("update flow.lease set floor = $2 where topic = $1 and floor < $2")
        .bind(&sweep.topic)
        .bind(&sweep.below)
        .execute(&mut *connection)
        .await?;
    let mut transaction = connection.begin().await?;
    let mine: Option<bool> = sqlx::query_scalar(
        "select true from flow.sweep where progress_topic = $1 and progress_offset = $2 and done_at is null \
         for update skip locked",
    )
    .bind(&sweep.progress_topic)
    .bind(sweep.progress_offset)
    .fetch_optional(&mut *transaction)
    .await?;
    if mine.is_none() {
        return Ok(());
    }
    let removed = merge::remove_below(&mut transaction, dataset, below).await?;
    let positions: Vec<(i32, i64)> = sqlx::query_as(
        "select partition, next_offset from flow.lease where topic = $1 and next_offset is not null order by partition",
    )
    .bind(&sweep.topic)
    .fetch_all(&mut *transaction)
    .await?;
    for (partition, next_offset) in positions {
        park::supersede(
            &mut transaction,
            &sweep.topic,
            partition,
            Moot::All,
            below,
            next_offset,
        )
        .await?;
    }
    // Rows are counted per topic; which partition's count they leave does not matter.
    sqlx::query("update flow.lease set rows = rows - $2 where topic = $1 and partition = 0")
        .bind(&sweep.topic)
        .bind(removed)
        .execute(&mut *transaction)
        .await?;
    sqlx::query(
        "update flow.sweep set done_at = now(), rows_removed = $3 where progress_topic = $1 and progress_offset = $2",
    )
    .bind(&sweep.progress_topic)
    .bind(sweep.progress_offset)
    .bind(removed)
    .execute(&mut *transaction)
    .await?;
    transaction.commit().await?;
    tracing::info!(
        dataset = dataset.id(),
        rows = removed,
        "rows swept that the source no longer has"
    );
    Ok(())
}
