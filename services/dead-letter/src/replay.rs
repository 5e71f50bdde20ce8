//! A parked key's queue, tried again: all of it in order, in one transaction, or nothing.

use bangioc_runtime::failpoint;
use bangioc_sink::SinkError;
use bangioc_sink::intake::key_texts;
use bangioc_sink::ledger::Counts;
use bangioc_sink::merge::{self, Net};
use bangioc_sink::outbox;
use bangioc_sink::protection::Broken;
use bangioc_sink::seal::KeyRef;
use bangioc_sink::stage::{Stage, Target};
use serde::Serialize;
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::DeadLetters;
use crate::error::DeadLetterError;
use crate::queue::{self, Locked, Queue};

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

impl DeadLetters {
    /// Applies the queue of a key and unparks it. When a record still fails, everything stays as it was,
    /// and the error says which code.
    pub async fn replay(&mut self, key_ref: KeyRef, by: &str) -> Result<Replayed, DeadLetterError> {
        let end = Box::pin(self.try_replay(key_ref, by)).await;
        if let Err(DeadLetterError::StillFails { .. }) = end {
            sqlx::query("update flow.parked_record set attempts = attempts + 1 where key_ref = $1 and state = 'parked'")
                .bind(&key_ref.0[..])
                .execute(&mut self.connection)
                .await?;
        }
        end
    }

    async fn try_replay(&mut self, key_ref: KeyRef, by: &str) -> Result<Replayed, DeadLetterError> {
        let by = named(by)?;
        let mut transaction = self.connection.begin().await?;
        let locked = queue::lock(&mut transaction, key_ref).await?;
        let dataset = locked.dataset_in(&self.datasets)?;
        let queue = Queue::load(
            &mut transaction,
            &locked,
            dataset,
            &self.decoders,
            &self.seal,
        )
        .await?;
        let plan = queue.plan(key_ref)?;
        let (floor, position) = standing(&mut transaction, &locked).await?;
        let (live, below): (Vec<usize>, Vec<usize>) = plan
            .live
            .iter()
            .partition(|&&event| queue.events.version(event).to_bytes()[..] >= floor[..]);

        transaction
            .execute(sqlx::raw_sql(dataset.sql.create_stage.clone()))
            .await?;
        let mut stage = Stage::default();
        let net = Net::new(dataset, &queue.events, &live, Broken::Nothing);
        net.fill(&mut stage, Target::Stage);
        let merged = merge::merge(&mut transaction, &mut stage, &net)
            .await
            .map_err(|failure| match failure {
                SinkError::RowRefused { sqlstate } => DeadLetterError::StillFails {
                    key_ref,
                    code: merge::code(&sqlstate).to_owned(),
                    field: None,
                },
                other => other.into(),
            })?;

        let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let mut counts = Counts {
            stale: count(below.len()),
            superseded: count(plan.moot.len()),
            ..Counts::default()
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
        end(&mut transaction, &locked, &plan.moot, merged.live_rows, &by).await?;
        if let Some(&event) = live.last().filter(|_| !plan.moot.is_empty())
            && let Some(key) = key_texts(dataset, &queue.events.event(event))
        {
            // What was made moot may have said more than what came after it.
            outbox::ask(&mut transaction, dataset.id(), &key).await?;
        }
        failpoint::hit("sink.drain_before_commit");
        transaction.commit().await?;
        Ok(replayed)
    }
}

/// Floor and position of the queue's partition.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    locked: &Locked,
) -> Result<(Vec<u8>, i64), DeadLetterError> {
    Ok(sqlx::query_as("select floor, coalesce(next_offset, 0) from flow.lease where topic = $1 and partition = $2")
        .bind(&locked.topic)
        .bind(locked.partition)
        .fetch_one(connection)
        .await?)
}

/// The queue is empty, the key works again. Payloads go at once: what they said is in the store.
async fn end(
    connection: &mut PgConnection,
    locked: &Locked,
    moot: &[i64],
    live_rows: i64,
    by: &str,
) -> Result<(), DeadLetterError> {
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
        "update flow.parked_key set state = 'drained', ended_at = now(), ended_by = $4, discard_by = null \
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

pub(crate) fn named(by: &str) -> Result<String, DeadLetterError> {
    match by.trim() {
        "" => Err(DeadLetterError::Nameless),
        by => Ok(by.to_owned()),
    }
}
