//! A parked key's queue, tried again: all of it in order, in one transaction, or nothing. For a person who
//! mended a row, and for [`crate::suspended`].

use bangioc_change::version::Version;
use bangioc_runtime::failpoint;
use serde::Serialize;
use sqlx::{Connection as _, PgConnection};

use crate::dataset::key_texts;
use crate::error::SinkError;
use crate::incomplete;
use crate::ledger::LedgerCounts;
use crate::locked::{LockedKey, ReplayError, lock};
use crate::merge::{self, Net};
use crate::outbox;
use crate::pins;
use crate::protection::Broken;
use crate::queue::{Queue, QueueTools};
use crate::refused;
use crate::seal::KeyRef;
use crate::stage::{Stage, Target};

/// What a replay did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Replayed {
    pub records: usize,
    pub applied: i64,
    /// Older than, or the same as, what the store has.
    pub behind: i64,
    /// Still bad, and made moot by a later record.
    pub superseded: i64,
}

/// Applies the queue of a key and unparks it. When a record still fails, everything stays as it was, and
/// the error says which code. `by`: who does it, else who logged in.
pub async fn replay(
    connection: &mut PgConnection,
    tools: QueueTools<'_>,
    key_ref: KeyRef,
    by: Option<&str>,
) -> Result<Replayed, ReplayError> {
    let end = Box::pin(try_replay(connection, tools, key_ref, by)).await;
    if let Err(ReplayError::StillFails { .. }) = end {
        sqlx::query("update flow.parked_record set attempts = attempts + 1 where key_ref = $1 and state = 'parked'")
            .bind(&key_ref.0[..])
            .execute(connection)
            .await?;
    }
    end
}

async fn try_replay(
    connection: &mut PgConnection,
    tools: QueueTools<'_>,
    key_ref: KeyRef,
    by: Option<&str>,
) -> Result<Replayed, ReplayError> {
    let mut transaction = connection.begin().await?;
    let locked = lock(&mut transaction, key_ref).await?;
    let dataset = locked.dataset_in(tools.datasets)?;
    let (floor, position) = standing(&mut transaction, &locked).await?;
    let queue = Queue::load(&mut transaction, &locked, dataset, floor, tools).await?;
    let plan = queue.plan(&locked)?;

    merge::make_stage(&mut transaction, dataset).await?;
    let mut stage = Stage::default();
    let net = Net::new(dataset, &queue.events, &plan.live, Broken::Nothing);
    net.fill(&mut stage, Target::Stage);
    let merged = merge::merge(&mut transaction, &mut stage, &net)
        .await
        .map_err(|failure| refused(key_ref, failure))?;
    if queue.pins().has_news() {
        pins::write(&mut transaction, &locked.topic, queue.pins()).await?;
    }

    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
    let mut counts = LedgerCounts {
        stale: plan.stale,
        superseded: count(plan.moot.len()),
        ..LedgerCounts::default()
    };
    merged.count_into(&mut counts);
    let replayed = Replayed {
        records: queue.records.len(),
        applied: counts.applied + counts.folded,
        behind: counts.duplicate + counts.stale,
        superseded: counts.superseded,
    };
    counts.parked = -counts.sum();
    counts
        .post(&mut transaction, &locked.topic, locked.partition, position)
        .await
        .map_err(SinkError::of_bookkeeping)?;
    let (partition, good) = (locked.partition, queue.good());
    let lacking =
        incomplete::of_queue(&mut transaction, dataset, partition, &key_ref, good).await?;
    if let Some(lacking) = lacking {
        incomplete::keep(&mut transaction, dataset, partition, &lacking).await?;
    }
    end(&mut transaction, &locked, &plan.moot, merged.live_rows, by).await?;
    if let Some(&event) = plan.live.last().filter(|_| !plan.moot.is_empty())
        && let Some(key) = key_texts(dataset, &queue.events.event(event))
    {
        // What was made moot may have said more than what came after it.
        outbox::ask(&mut transaction, dataset.id(), &key).await?;
    }
    failpoint::hit("sink.drain_before_commit");
    transaction.commit().await?;
    Ok(replayed)
}

/// Floor and position of the queue's partition.
async fn standing(
    connection: &mut PgConnection,
    locked: &LockedKey,
) -> Result<(Version, i64), SinkError> {
    let (floor, position): (Vec<u8>, i64) = sqlx::query_as(
        "select floor, coalesce(next_offset, 0) from flow.lease where topic = $1 and partition = $2",
    )
    .bind(&locked.topic)
    .bind(locked.partition)
    .fetch_one(connection)
    .await?;
    let floor = floor.try_into().map(Version::from_bytes);
    Ok((floor.unwrap_or_default(), position))
}

/// The store still does not take it.
fn refused(key_ref: KeyRef, failure: SinkError) -> ReplayError {
    match failure.blames() {
        Some(sqlstate) => ReplayError::StillFails {
            key_ref,
            code: refused::code(sqlstate).to_owned(),
            field: None,
        },
        None => failure.into(),
    }
}

/// The queue is empty, the key works again. Payloads go at once: what they said is in the store.
async fn end(
    connection: &mut PgConnection,
    locked: &LockedKey,
    moot: &[i64],
    live_rows: i64,
    by: Option<&str>,
) -> Result<(), ReplayError> {
    sqlx::query(
        "update flow.parked_record set state = case when \"offset\" = any($4) then 'superseded' else 'drained' end, \
         payload = null, ended_at = now(), attempts = attempts + 1 \
         where topic = $1 and partition = $2 and key_ref = $3 and state = 'parked'",
    )
    .bind(&locked.topic)
    .bind(locked.partition)
    .bind(&locked.key_ref.0[..])
    .bind(moot)
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "update flow.parked_key set state = 'drained', ended_at = now(), ended_by = coalesce($4, session_user), discard_by = null \
         where topic = $1 and partition = $2 and key_ref = $3",
    )
    .bind(&locked.topic)
    .bind(locked.partition)
    .bind(&locked.key_ref.0[..])
    .bind(by)
    .execute(&mut *connection)
    .await?;
    sqlx::query("update flow.lease set rows = rows + $3 where topic = $1 and partition = $2")
        .bind(&locked.topic)
        .bind(locked.partition)
        .bind(live_rows)
        .execute(connection)
        .await?;
    Ok(())
}
