//! What the store keeps of the progress topics: how far each was read, what its source was believed, how fresh each
//! dataset is.

use bangioc_feed::consume::PartitionReader;
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::freshness::{BelievedSource, FreshnessMark};
use crate::instance::Instance;

/// A source, and how far its progress topic was read.
pub(super) struct FollowedSource {
    pub(super) topic: String,
    pub(super) state: BelievedSource,
    pub(super) reader: PartitionReader,
    /// Where the topic ended when we began.
    pub(super) end: i64,
    pub(super) generation: i64,
    /// Newer than what the store has.
    pub(super) changed: bool,
}

impl FollowedSource {
    pub(super) fn is_of(&self, dataset: &Dataset) -> bool {
        dataset.progress_topic == self.topic
    }
}

/// Nothing here is worth an fsync of its own: after a crash of the store it is written again.
pub(super) async fn connect(instance: &Instance) -> Result<PgConnection, SinkError> {
    let mut connection = instance.connect("bangioc sink progress").await?;
    sqlx::query("set synchronous_commit = off").execute(&mut connection).await?;
    Ok(connection)
}

/// Position, what was believed, and the generation of it.
pub(super) type Stored = (i64, Option<BelievedSource>, i64);

pub(super) async fn load(
    connection: &mut PgConnection,
    topic: &str,
) -> Result<Option<Stored>, SinkError> {
    let row: Option<(i64, Option<String>, i64)> = sqlx::query_as(
        "select next_offset, newest::text, generation from flow.progress_position where progress_topic = $1",
    )
    .bind(topic)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|(offset, newest, generation)| {
        let state = newest.and_then(|newest| serde_json::from_str(&newest).ok());
        (offset, state, generation)
    }))
}

/// False when a person took back meanwhile what the source was believed.
pub(super) async fn store(
    connection: &mut PgConnection,
    source: &FollowedSource,
) -> Result<bool, SinkError> {
    let generation: Option<i64> = sqlx::query_scalar(
        "with told as (insert into flow.progress_position as p (progress_topic, next_offset, newest) \
         values ($1, $2, $3::jsonb) on conflict (progress_topic) do update \
         set next_offset = excluded.next_offset, newest = excluded.newest \
         where excluded.next_offset > p.next_offset and p.generation = $4) \
         select generation from flow.progress_position where progress_topic = $1",
    )
    .bind(&source.topic)
    .bind(source.reader.next_offset())
    .bind(serde_json::to_string(&source.state).unwrap_or_default())
    .bind(source.generation)
    .fetch_optional(connection)
    .await?;
    Ok(generation.is_none_or(|generation| generation == source.generation))
}

/// Of another topic of the same name: its offsets say nothing about those that were seen before.
pub(super) async fn forget_offsets(
    connection: &mut PgConnection,
    instance: &Instance,
    progress_topic: &str,
) -> Result<(), SinkError> {
    let of_source = |dataset: &&Dataset| dataset.progress_topic == progress_topic;
    let datasets: Vec<&str> = instance.datasets.iter().filter(of_source).map(Dataset::id).collect();
    sqlx::query("update flow.freshness set progress_offset = null where dataset = any($1)")
        .bind(datasets)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn write_freshness(
    connection: &mut PgConnection,
    dataset: &Dataset,
    read: &FollowedSource,
    reached: Option<&FreshnessMark>,
) -> Result<(), SinkError> {
    let source = &read.state;
    let told = source.datasets.get(dataset.id());
    let phase = told.map(|told| serde_json::to_value(told.phase).unwrap_or_default());
    sqlx::query(
        "insert into flow.freshness as f (dataset, complete_epoch, complete_lsn, complete_at, source_epoch, \
         source_at, phase, estimated_rows, copied_rows, progress_offset, distrust) \
         values ($1, $2, $3, to_timestamp($4::float8 / 1e6), $5, to_timestamp($6::float8 / 1e6), $7, $8, $9, $10, $11) \
         on conflict (dataset) do update set \
         complete_epoch = coalesce(excluded.complete_epoch, f.complete_epoch), \
         complete_lsn = coalesce(excluded.complete_lsn, f.complete_lsn), \
         complete_at = coalesce(excluded.complete_at, f.complete_at), \
         source_epoch = excluded.source_epoch, source_at = excluded.source_at, \
         phase = coalesce(excluded.phase, f.phase), \
         estimated_rows = coalesce(excluded.estimated_rows, f.estimated_rows), \
         copied_rows = coalesce(excluded.copied_rows, f.copied_rows), \
         progress_offset = excluded.progress_offset, distrust = excluded.distrust, updated_at = now() \
         where f.progress_offset is null or excluded.progress_offset >= f.progress_offset",
    )
    .bind(dataset.id())
    .bind(reached.map(|mark| i64::from(mark.epoch)))
    .bind(reached.map(|mark| mark.lsn.as_str()))
    .bind(reached.map(|mark| mark.at_us))
    .bind(i64::from(source.epoch))
    .bind((source.at_us > 0).then_some(source.at_us))
    .bind(phase.as_ref().and_then(|phase| phase.as_str()))
    .bind(told.map(|told| told.estimated_rows))
    .bind(told.map(|told| told.copied_rows))
    .bind(read.reader.next_offset())
    .bind(source.distrust.as_deref())
    .execute(connection)
    .await?;
    Ok(())
}
