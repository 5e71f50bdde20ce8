//! Keys that wait for a row of another dataset are drained when it is there, without anyone's help. Any
//! instance may do it: a key's row lock keeps them apart, as it does a person's replay.
//!
//! Costs nothing while nothing is suspended: who parks such a key, or finds one, raises a flag.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bangioc_change::version::Version;
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::instance::Instance;
use crate::locked::ReplayError;
use crate::poison::AWAITS_ROW;
use crate::queue::{Queue, QueueTools};
use crate::reference;
use crate::replay;
use crate::seal::KeyRef;

/// Between looks. A row that came too early waits this much longer than it must.
const ROUND: Duration = Duration::from_secs(1);

/// Queues judged at once: bounds memory, and how long a query runs.
const PAGE: usize = 500;

/// Who drained a key, for those who look later.
const BY: Option<&str> = Some("shared-store");

/// Runs until the process stops. A failure is waited out.
pub(crate) fn run(instance: &Arc<Instance>) {
    let mut drainer = Drainer::default();
    while !instance.shutdown.pause(ROUND) {
        // Taken before the look: what is parked from here on raises it again.
        if !instance.suspended.take() {
            drainer.connection = None;
            continue;
        }
        match instance.handle.block_on(Box::pin(drainer.round(instance))) {
            Ok(Left::Nothing) => instance.metrics.well("suspended"),
            Ok(Left::Some) => {
                instance.metrics.well("suspended");
                instance.suspended.raise();
            }
            Err(failure) => {
                instance.report("suspended", &failure);
                drainer = Drainer::default();
                instance.suspended.raise();
            }
        }
    }
}

enum Left {
    Nothing,
    Some,
}

#[derive(Default)]
struct Drainer {
    connection: Option<PgConnection>,
    /// By topic, when it was tried last. Nothing can have come since while it is the same.
    tried: HashMap<String, TriedState>,
}

/// What decides whether a try is worth it.
#[derive(Clone, PartialEq, Eq)]
struct TriedState {
    /// Position and rows of what is referred to: rows also come by replays.
    parents: Vec<(String, i64, i64)>,
    waiting: Vec<(i32, KeyRef)>,
}

impl Drainer {
    async fn round(&mut self, instance: &Instance) -> Result<Left, SinkError> {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => self.connection.insert(instance.store.connect("bangioc sink suspended").await?),
        };
        let mut left = Left::Nothing;
        let referring = |dataset: &&Dataset| !dataset.contract.references.is_empty();
        for dataset in instance.datasets.iter().filter(referring) {
            let waiting = waiting(connection, &dataset.topic).await?;
            if waiting.is_empty() {
                self.tried.remove(&dataset.topic);
                continue;
            }
            left = Left::Some;
            let state = TriedState {
                parents: standing(connection, &reference::parents(dataset)).await?,
                waiting,
            };
            if self.tried.get(&dataset.topic) == Some(&state) {
                continue;
            }
            let mut may_pass = false;
            for page in state.waiting.chunks(PAGE) {
                if instance.shutdown.is_requested() {
                    return Ok(left);
                }
                may_pass |= drain(connection, instance, dataset, page).await?;
            }
            if !may_pass {
                self.tried.insert(dataset.topic.clone(), state);
            }
        }
        Ok(left)
    }
}

/// Suspended keys of a topic, those first that wait longest.
async fn waiting(
    connection: &mut PgConnection,
    topic: &str,
) -> Result<Vec<(i32, KeyRef)>, SinkError> {
    let rows: Vec<(i32, Vec<u8>)> = sqlx::query_as(
        "select partition, key_ref from flow.parked_key where topic = $1 and state = 'parked' and code = $2 \
         order by partition, since, key_ref",
    )
    .bind(topic)
    .bind(AWAITS_ROW)
    .fetch_all(connection)
    .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(partition, key_ref)| Some((partition, KeyRef(key_ref.try_into().ok()?))))
        .collect())
}

async fn standing(
    connection: &mut PgConnection,
    datasets: &[&str],
) -> Result<Vec<(String, i64, i64)>, SinkError> {
    Ok(sqlx::query_as(
        "select dataset, coalesce(sum(next_offset), 0)::bigint, coalesce(sum(rows), 0)::bigint from flow.lease \
         where dataset = any($1) group by dataset order by dataset",
    )
    .bind(datasets)
    .fetch_all(connection)
    .await?)
}

/// Looks with one query which keys of a page have what they wait for, and replays those. True: what kept one back
/// passes by itself, so that another look is worth it though no row came.
async fn drain(
    connection: &mut PgConnection,
    instance: &Instance,
    dataset: &Dataset,
    page: &[(i32, KeyRef)],
) -> Result<bool, SinkError> {
    let tools = QueueTools {
        datasets: &instance.datasets,
        decoders: &instance.decoders,
        seal: instance.seal()?,
    };
    let (mut drained, mut may_pass) = (0_usize, false);
    for key_ref in ready(connection, tools, dataset, page).await? {
        match Box::pin(replay::replay(connection, tools, key_ref, BY)).await {
            Ok(_) => drained += 1,
            // A person was quicker, or another instance.
            Err(ReplayError::NotParked { .. } | ReplayError::NoContract { .. }) => {}
            Err(ReplayError::StillFails { code, field, .. }) => {
                if code != AWAITS_ROW {
                    waits_for_a_person(connection, dataset, key_ref, &code, field.as_deref())
                        .await?;
                }
            }
            // The registry lags, and says nothing of the key.
            Err(ReplayError::Sink(SinkError::SchemaAwaited { .. })) => may_pass = true,
            // One table is locked: the keys of others need not wait for it.
            Err(ReplayError::Sink(failure)) if failure.is_locked_out() => return Ok(true),
            Err(ReplayError::Sink(failure)) => return Err(failure),
        }
    }
    if drained > 0 {
        let topic = &dataset.topic;
        tracing::info!(topic, keys = drained, "what they waited for has arrived");
    }
    Ok(may_pass)
}

/// Partition, key, and what of its first suspended record a queue takes.
type FirstRow = (i32, Vec<u8>, i64, Option<Vec<u8>>);

/// The keys whose first suspended record finds everything it refers to.
async fn ready(
    connection: &mut PgConnection,
    tools: QueueTools<'_>,
    dataset: &Dataset,
    page: &[(i32, KeyRef)],
) -> Result<Vec<KeyRef>, SinkError> {
    let partitions: Vec<i32> = page.iter().map(|(partition, _)| *partition).collect();
    let refs: Vec<&[u8]> = page.iter().map(|(_, key)| &key.0[..]).collect();
    let rows: Vec<FirstRow> = sqlx::query_as(
        "select distinct on (r.partition, r.key_ref) r.partition, r.key_ref, r.\"offset\", r.payload \
         from unnest($2::int[], $3::bytea[]) k (partition, key_ref) join flow.parked_record r \
         on r.topic = $1 and r.partition = k.partition and r.key_ref = k.key_ref \
         where r.state = 'parked' and r.code = $4 order by r.partition, r.key_ref, r.\"offset\"",
    )
    .bind(&dataset.topic)
    .bind(partitions)
    .bind(refs)
    .bind(AWAITS_ROW)
    .fetch_all(&mut *connection)
    .await?;
    let mut queue = Queue::of(connection, dataset).await?;
    let mut keys = Vec::new();
    for (partition, key_ref, offset, payload) in rows {
        let Ok(key_ref) = key_ref.try_into() else {
            continue;
        };
        let place = (partition, Version::default());
        queue.take(tools, dataset, place, (offset, payload, None, None))?;
        keys.push(KeyRef(key_ref));
    }
    queue.judge_references(connection, dataset).await?;
    let ready = keys.into_iter().zip(&queue.records);
    // Whatever else is wrong with one, its replay will say.
    Ok(ready.filter(|(_, record)| !record.is_early()).map(|(key_ref, _)| key_ref).collect())
}

/// What it waited for has come, and now something else is wrong with its queue.
async fn waits_for_a_person(
    connection: &mut PgConnection,
    dataset: &Dataset,
    key_ref: KeyRef,
    code: &str,
    field: Option<&str>,
) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.parked_key set code = $3, field_path = $4 \
         where topic = $1 and key_ref = $2 and state = 'parked' and code = $5",
    )
    .bind(&dataset.topic)
    .bind(&key_ref.0[..])
    .bind(code)
    .bind(field)
    .bind(AWAITS_ROW)
    .execute(connection)
    .await?;
    Ok(())
}
