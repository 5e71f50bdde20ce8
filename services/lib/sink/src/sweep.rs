//! A sweep ends a whole copy: rows older than the copy's start are no longer at the source, so they go.
//! Run once the sink stands behind the copy in every partition; running it again changes nothing.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bangioc_change::progress::{Offsets, Sweep};
use bangioc_change::version::Version;
use sqlx::{Connection as _, PgConnection};

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::freshness::is_reached;
use crate::instance::Instance;
use crate::lease;
use crate::merge;
use crate::park::{self, Moot};
use crate::refusal::RecordRefusal;

/// Between looks.
const ROUND: Duration = Duration::from_secs(1);

/// A sweep removes the rows of a whole table in one statement.
const LONGEST: Duration = Duration::from_hours(1);

/// Runs sweeps until the process stops, on a thread of its own: one that takes long, or waits for a lock, holds up
/// nothing else. A failure is waited out.
pub(crate) fn run(instance: &Arc<Instance>) {
    let mut connection = None;
    while !instance.shutdown.pause(ROUND) {
        let round = instance.handle.block_on(Box::pin(async {
            let connection = match &mut connection {
                Some(connection) => connection,
                none => none.insert(instance.connect_within("bangioc sink sweeps", LONGEST).await?),
            };
            run_due(connection, instance).await
        }));
        match round {
            Ok(()) => instance.metrics.well("sweeps"),
            Err(failure) => {
                connection = None;
                instance.report("sweeps", &failure);
            }
        }
    }
}

/// A sweep that its source may order.
pub(crate) struct Ordered<'a> {
    pub topic: &'a str,
    pub below: Version,
    pub offsets: &'a Offsets,
}

/// A source sweeps its own datasets only, names every partition, and removes nothing newer than it has
/// announced (`bound`).
pub(crate) fn judge<'a>(
    sweep: &'a Sweep,
    datasets: &[Dataset],
    progress_topic: &str,
    bound: Version,
) -> Result<Ordered<'a>, RecordRefusal> {
    let below = sweep.below().ok_or(RecordRefusal::SweepInvalid)?;
    if !is_topic_name(&sweep.topic) {
        return Err(RecordRefusal::SweepInvalid);
    }
    // Of a contract newer than ours, or of nobody: it waits, and is judged when there is one.
    if datasets.iter().any(|dataset| dataset.topic == sweep.topic) {
        may_run(&sweep.topic, &sweep.offsets, below, datasets, progress_topic, bound)?;
    }
    Ok(Ordered { topic: &sweep.topic, below, offsets: &sweep.offsets })
}

fn may_run(
    topic: &str,
    offsets: &Offsets,
    below: Version,
    datasets: &[Dataset],
    progress_topic: &str,
    bound: Version,
) -> Result<(), RecordRefusal> {
    let dataset = datasets.iter().find(|dataset| dataset.topic == topic);
    match dataset {
        Some(dataset) if dataset.progress_topic != progress_topic => {
            Err(RecordRefusal::PrincipalMismatch)
        }
        Some(dataset) if dataset.is_whole(offsets) && below <= bound => Ok(()),
        Some(dataset) if dataset.is_whole(offsets) => Err(RecordRefusal::VersionBeyond),
        Some(_) | None => Err(RecordRefusal::SweepInvalid),
    }
}

/// What Kafka calls no topic nobody has rows of, and the store may not even be able to write it down.
fn is_topic_name(name: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    (1..=249).contains(&name.len()) && name.bytes().all(known)
}

/// As many as may wait of one source. A province has a tenth as many datasets, and each copy ends in one.
const MOST_WAITING: i64 = 1_000;

/// Remembers a sweep that a progress topic asks for. False: too many of that source wait already.
pub(crate) async fn remember(
    connection: &mut PgConnection,
    progress_topic: &str,
    progress_offset: i64,
    sweep: &Ordered<'_>,
) -> Result<bool, SinkError> {
    let has_room: bool = sqlx::query_scalar(
        "with waiting as (select count(*) < $6 as has_room from flow.sweep where progress_topic = $1 and done_at is null), \
         remembered as (insert into flow.sweep (progress_topic, progress_offset, topic, below, offsets) \
         select $1, $2, $3, $4, $5::jsonb from waiting where has_room on conflict do nothing) \
         select has_room from waiting",
    )
    .bind(progress_topic)
    .bind(progress_offset)
    .bind(sweep.topic)
    .bind(&sweep.below.to_bytes()[..])
    .bind(serde_json::to_string(sweep.offsets).unwrap_or_default())
    .bind(MOST_WAITING)
    .fetch_one(connection)
    .await?;
    Ok(has_room)
}

struct WaitingSweep {
    progress_topic: String,
    progress_offset: i64,
    topic: String,
    below: Vec<u8>,
}

/// Runs the sweeps whose time has come, the furthest of each dataset: it does what those before it would. They are
/// judged again: one may be remembered from before that was done. That one lies beyond what was announced is known only
/// with all that was announced before it: its reader remembers it a moment before it tells us of that.
async fn run_due(connection: &mut PgConnection, instance: &Instance) -> Result<(), SinkError> {
    let datasets = &instance.datasets;
    let waiting: Vec<(String, i64, String, Vec<u8>, String)> = sqlx::query_as(
        "select progress_topic, progress_offset, topic, below, offsets::text as offsets from flow.sweep \
         where done_at is null order by seen_at, progress_offset",
    )
    .fetch_all(&mut *connection)
    .await?;
    if waiting.is_empty() {
        return Ok(());
    }
    let positions = lease::positions(connection).await?;
    let position = |topic: &str| positions.get(topic).cloned().unwrap_or_default();
    let mut due: HashMap<String, (Version, WaitingSweep)> = HashMap::new();
    for (progress_topic, progress_offset, topic, below, offsets) in waiting {
        let sweep = WaitingSweep { progress_topic, progress_offset, topic, below };
        let Some(dataset) = datasets.iter().find(|dataset| dataset.topic == sweep.topic) else {
            continue;
        };
        let offsets: Offsets = serde_json::from_str(&offsets).unwrap_or_default();
        // Asked first: the bound is then of no earlier moment.
        let is_known = instance.ceilings.has_read(&sweep.progress_topic, sweep.progress_offset);
        let bound = instance.ceilings.of(&dataset.progress_topic);
        let (Some(below), Some(bound)) = (version(&sweep.below), bound) else {
            continue;
        };
        let may = may_run(&sweep.topic, &offsets, below, datasets, &sweep.progress_topic, bound);
        if let Err(refusal) = may {
            if refusal != RecordRefusal::VersionBeyond || is_known {
                refuse(connection, &sweep, refusal).await?;
            }
            continue;
        }
        let further = due.get(&sweep.topic).is_none_or(|(best, _)| *best < below);
        if further && is_reached(&offsets, &position(&sweep.topic)) {
            due.insert(sweep.topic.clone(), (below, sweep));
        }
    }
    for dataset in datasets {
        if let Some((_, sweep)) = due.remove(&dataset.topic) {
            let part = format!("{}/sweep", dataset.topic);
            match remove(connection, dataset, &sweep).await {
                Ok(()) => instance.metrics.well(&part),
                // One table's matter: the sweep waits, and those of others do not.
                Err(failure) if failure.is_of_a_table() => {
                    instance.report_of(dataset, &part, &failure);
                }
                Err(failure) => return Err(failure),
            }
        }
    }
    Ok(())
}

fn version(bytes: &[u8]) -> Option<Version> {
    bytes.try_into().ok().map(Version::from_bytes)
}

/// It stays in the books, and is never run.
async fn refuse(
    connection: &mut PgConnection,
    sweep: &WaitingSweep,
    refusal: RecordRefusal,
) -> Result<(), SinkError> {
    tracing::warn!(
        code = refusal.code(),
        topic = sweep.progress_topic,
        offset = sweep.progress_offset,
        reason = refusal.as_str(),
        "a recorded sweep is not run"
    );
    sqlx::query(
        "update flow.sweep set done_at = now(), refused = $3 \
         where progress_topic = $1 and progress_offset = $2 and done_at is null",
    )
    .bind(&sweep.progress_topic)
    .bind(sweep.progress_offset)
    .bind(refusal.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

/// Two transactions, so that no lock on a lease is held while rows go. First the floors: a batch that
/// was in flight then fails to commit and is done again against the new floor. Then the rows.
async fn remove(
    connection: &mut PgConnection,
    dataset: &Dataset,
    sweep: &WaitingSweep,
) -> Result<(), SinkError> {
    let Some(below) = version(&sweep.below) else {
        return Ok(());
    };
    let mut transaction = connection.begin().await?;
    // Held, so that a person who takes it back meanwhile comes before or after, not between.
    let waits: Option<bool> = sqlx::query_scalar(
        "select true from flow.sweep where progress_topic = $1 and progress_offset = $2 and done_at is null for update",
    )
    .bind(&sweep.progress_topic)
    .bind(sweep.progress_offset)
    .fetch_optional(&mut *transaction)
    .await?;
    if waits.is_none() {
        return Ok(());
    }
    sqlx::query("update flow.lease set floor = $2 where topic = $1 and floor < $2")
        .bind(&sweep.topic)
        .bind(&sweep.below)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
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
        park::supersede(&mut transaction, &sweep.topic, partition, Moot::All, below, next_offset)
            .await?;
    }
    // Rows are counted per topic; which partition's count they leave does not matter.
    sqlx::query("update flow.lease set rows = rows - $2 where topic = $1 and partition = 0")
        .bind(&sweep.topic)
        .bind(removed)
        .execute(&mut *transaction)
        .await?;
    // Those that would remove less are done with it.
    sqlx::query(
        "update flow.sweep set done_at = now(), \
         rows_removed = case when progress_topic = $1 and progress_offset = $2 then $3 else 0 end \
         where topic = $4 and below <= $5 and done_at is null",
    )
    .bind(&sweep.progress_topic)
    .bind(sweep.progress_offset)
    .bind(removed)
    .bind(&sweep.topic)
    .bind(&sweep.below)
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
