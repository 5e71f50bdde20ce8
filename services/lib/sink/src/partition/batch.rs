//! One batch: take what is queued, judge it, look up what it refers to, apply it. It grows under load and shrinks to
//! one record when idle.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bangioc_feed::consume::{Limit, PartitionReader};
use bangioc_runtime::failpoint;
use sqlx::Executor as _;

use super::{LOOK_UP, OpenedPartition, PartitionWork};
use crate::clock::now_us;
use crate::commit::{Batch, CommittedBatch};
use crate::decoders::Recent;
use crate::error::SinkError;
use crate::fit;
use crate::intake::{Bench, Intake};
use crate::judge::Judge;
use crate::kept::{Kept, of_row};
use crate::poison::{Parking, Poison};
use crate::quarantine::Quarantined;
use crate::reference;
use crate::refusal::RecordRefusal;
use crate::shortcut::{Shortcut, Way};
use crate::workers::{Buffers, Connected};

/// Between two counts of a topic's partitions, and two looks at the table while rows come, in times of a lease:
/// somebody may change them while we run.
const LEASES_PER_COUNT: u32 = 3;

/// How long rows wait, before they are suspended, for a dataset that is being copied: long enough for
/// most, and short enough where its department is not connected yet.
const PATIENCE: Duration = Duration::from_mins(1);

/// So few rows are bound to the merge: a staging table costs more than it saves.
const FEW: usize = 256;

/// Of a record that is too large: a key beyond this names no row of ours.
const LONGEST_KEY: usize = 64 << 10;

/// Between looks meanwhile: each reads the batch again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Of a partition that waits for a lock already: it only looks whether the lock is gone, and others have the
/// connection meanwhile.
const IMPATIENT: &str = "set lock_timeout = '50ms'";

/// What the rows of a batch refer to.
enum Referred {
    Present,
    /// By [`identity`].
    Missing(HashMap<Vec<u8>, Poison>),
    /// Missing, but a first copy is under way.
    MayCome,
}

impl PartitionWork {
    /// One batch, if a record comes in time. False: none came, though the log has some.
    pub(super) fn batch(
        &mut self,
        open: &mut OpenedPartition,
        recent: &mut Recent,
    ) -> Result<bool, SinkError> {
        let instance = Arc::clone(&self.instance);
        if open.counted.elapsed() > instance.settings.lease * LEASES_PER_COUNT {
            // A cluster that does not answer just now says nothing about them.
            if let Err(changed @ SinkError::PartitionsChanged { .. }) = self.count_partitions() {
                return Err(changed);
            }
            open.counted = Instant::now();
        }
        // Buffers are borrowed only once there is work: idle partitions hold nothing.
        let bounds = instance.settings.bounds;
        let Some((offset, first, first_bytes)) = first(&mut open.reader, bounds.record_bytes)?
        else {
            return Ok(open.position >= open.end);
        };
        if open.fitted.elapsed() > instance.settings.lease * LEASES_PER_COUNT {
            self.look_at_table()?;
            open.fitted = Instant::now();
        }
        let ceiling = self.ceiling()?;
        let mut buffers = instance.handle.block_on(instance.workers.buffers.borrow())?;
        let started = Instant::now();
        buffers.clear();
        let dataset = Arc::clone(&self.dataset);
        let judge = Judge {
            dataset: &dataset,
            decoders: &instance.decoders,
            broken: instance.broken,
            ceiling,
            now_us: now_us(),
        };
        let bench = Bench {
            judge,
            partition: self.lease.partition,
            seal: instance.seal()?,
            bounds,
            judged_below: self.judged_below,
        };
        let mut intake = Intake::new(bench, recent, open.memory.clone(), open.position);
        intake.take(&mut buffers, &first.record(offset), first_bytes);
        let limit = Limit {
            records: self.rows_at_once.saturating_sub(1),
            bytes: instance.settings.batch_bytes,
        };
        let drained = if limit.records == 0 {
            Ok(0)
        } else {
            open.reader.drain(limit, Duration::ZERO, &mut |record| {
                intake.take(&mut buffers, &of_row(&record), record.bytes());
            })
        };
        intake.finish();
        self.rows_taken = buffers.events.len();
        failpoint::hit("sink.polled");
        if !intake.is_empty() {
            if !self.dataset.contract.references.is_empty() && !buffers.live.is_empty() {
                match self.look_up_references(&buffers)? {
                    Referred::Present => {}
                    Referred::Missing(refused) => {
                        self.refused.extend(refused);
                        return Err(self.read_again());
                    }
                    Referred::MayCome => {
                        self.waiting_since.get_or_insert_with(Instant::now);
                        drop(buffers);
                        instance.shutdown.pause(LOOK_AGAIN);
                        return Err(self.read_again());
                    }
                }
            }
            let mut refused = HashMap::new();
            let mut shortcut = self.shortcut;
            let committed = self.commit(&mut buffers, &intake, &mut refused, &mut shortcut);
            self.shortcut = shortcut;
            self.refused.extend(refused);
            let done = committed?;
            drop(buffers);
            self.rows_at_once = (self.rows_at_once * 2).min(instance.settings.batch_rows);
            let seconds = started.elapsed().as_secs_f64();
            instance.metrics.committed(self.dataset.id(), &done, intake.odd, seconds);
            self.took(open, &mut intake);
        }
        match (intake.trouble, drained) {
            (Some(trouble), _) => Err(trouble),
            (None, drained) => drained.map(|_| true).map_err(SinkError::from),
        }
    }

    /// The batch is durable: what the next one builds on.
    fn took(&mut self, open: &mut OpenedPartition, intake: &mut Intake<'_>) {
        let instance = Arc::clone(&self.instance);
        open.position = intake.next_offset;
        self.lease.next_offset = Some(intake.next_offset);
        self.lease.floor = intake.memory.floor.to_bytes();
        if intake.parking.iter().any(Parking::suspends) {
            // After the commit: who sees the flag finds the keys.
            instance.suspended.raise();
        }
        intake.pins_committed();
        open.memory = std::mem::take(&mut intake.memory);
        // Parked by now, every one of them.
        open.memory.refused.clear();
        self.refused.clear();
        self.breaker.clone_from(&open.memory.breaker);
        self.tell_refused(&intake.quarantine);
        instance.reader.commit_hint(&self.lease.topic, self.lease.partition, open.position);
    }

    /// Another type of a column may take what it should not: `text` takes a number, and is none.
    fn look_at_table(&self) -> Result<(), SinkError> {
        let instance = &self.instance;
        instance.handle.block_on(Box::pin(async {
            let connections = &instance.workers.connections;
            let fits = async |loan: &mut Connected| {
                let connection = loan.ready(&instance.store, instance.limits()).await?;
                fit::fit(connection, instance.side, &self.dataset).await
            };
            connections.lend(fits).await
        }))
    }

    /// After the commit, so that what is read again is told once.
    fn tell_refused(&self, quarantine: &[Quarantined]) {
        let mut reasons: Vec<RecordRefusal> = quarantine.iter().map(|range| range.reason).collect();
        reasons.dedup();
        for reason in reasons {
            let ranges = || quarantine.iter().filter(|range| range.reason == reason);
            let records: i64 = ranges().map(|range| range.next_offset - range.first_offset).sum();
            let records = u64::try_from(records).unwrap_or(0);
            let topic = &self.lease.topic;
            self.instance.metrics.refused(topic, reason.as_str(), records);
            tracing::warn!(
                code = reason.code(),
                topic,
                partition = self.lease.partition,
                offset = ranges().next().map(|range| range.first_offset),
                records,
                reason = reason.as_str(),
                "records refused; their positions are kept in flow.quarantined"
            );
        }
    }

    /// Rows that refer to what is not there are to be suspended: the batch is read again for it, since
    /// what is parked is parked as it came. While what they refer to is being copied they are waited for
    /// instead, for a while: a first copy would else suspend all rows that happen to come first.
    fn look_up_references(&self, buffers: &Buffers) -> Result<Referred, SinkError> {
        let instance = Arc::clone(&self.instance);
        let waited = self.waiting_since.map(|since| since.elapsed());
        let patient = waited.is_none_or(|waited| waited < PATIENCE);
        let (missing, wait) = instance.handle.block_on(Box::pin(async {
            let connections = &instance.workers.connections;
            let look = async |loan: &mut Connected| {
                let connection = loan.ready(&instance.store, instance.limits()).await?;
                let (events, live) = (&buffers.events, &buffers.live);
                let missing = reference::missing(connection, &self.dataset, events, live).await?;
                let wait = patient
                    && !missing.is_empty()
                    && reference::may_still_come(connection, &self.dataset).await?;
                Ok((missing, wait))
            };
            connections.lend(look).await
        }))?;
        if missing.is_empty() {
            return Ok(Referred::Present);
        }
        if wait {
            return Ok(Referred::MayCome);
        }
        let refused = missing.into_iter().map(|missing| {
            let key = buffers.events.identity(missing.event).into_owned();
            (key, missing.poison(&self.dataset))
        });
        Ok(Referred::Missing(refused.collect()))
    }

    fn read_again(&self) -> SinkError {
        SinkError::ParkedChanged {
            topic: self.lease.topic.clone(),
            partition: self.lease.partition,
        }
    }

    fn commit(
        &self,
        buffers: &mut Buffers,
        intake: &Intake<'_>,
        refused: &mut HashMap<Vec<u8>, Poison>,
        shortcut: &mut Shortcut,
    ) -> Result<CommittedBatch, SinkError> {
        let instance = &self.instance;
        let batch = Batch {
            dataset: &self.dataset,
            lease: &self.lease,
            lease_time: instance.settings.lease,
            broken: instance.broken,
            intake,
        };
        let way = if !instance.is_discreet() {
            Way::ByStage
        } else if buffers.live.len() <= FEW {
            Way::ByValues
        } else {
            shortcut.way()
        };
        let is_impatient = self.trouble.waits_for_lock();
        let mut prepared = batch.prepare(buffers, way);
        let committed = instance.handle.block_on(Box::pin(async {
            let connections = &instance.workers.connections;
            let commit = async |loan: &mut Connected| {
                let (store, limits) = (&instance.store, instance.limits());
                let connection = if prepared.may_be_staged() {
                    loan.ready_to_stage(store, limits, &self.dataset).await?
                } else {
                    loan.ready(store, limits).await?
                };
                if is_impatient {
                    connection.execute(IMPATIENT).await?;
                }
                let mut committed = prepared.commit(connection).await;
                if prepared.went_straight() {
                    match &committed {
                        Ok(_) => shortcut.worked(),
                        Err(failure) if failure.is_key_taken() => {
                            shortcut.was_in_vain();
                            prepared.turn_back();
                            committed = prepared.commit(connection).await;
                        }
                        Err(_) => {}
                    }
                }
                if let Err(failure) = &committed
                    && self.is_row_to_blame(failure)
                {
                    refused.extend(prepared.find_refused(connection).await?);
                    if !refused.is_empty() {
                        return Err(self.read_again());
                    }
                }
                if is_impatient && committed.is_ok() {
                    connection.execute("set lock_timeout = default").await?;
                }
                committed
            };
            connections.lend(commit).await
        }));
        committed.map_err(|failure| failure.at(&instance.store.address()))
    }

    /// A value that PostgreSQL does not take is some row's. Of any other reason that is not known to pass only once it
    /// comes again.
    fn is_row_to_blame(&self, failure: &SinkError) -> bool {
        matches!(failure, SinkError::RowRefused { .. })
            || failure.blames().is_some() && failure.blames() == self.suspect.as_deref()
    }
}

/// A record, its offset and what it weighs, if one comes in time. Of one that weighs more than `limit` no
/// value, and no key that is no key.
fn first(
    reader: &mut PartitionReader,
    limit: usize,
) -> Result<Option<(i64, Kept, usize)>, SinkError> {
    let mut first = None;
    let one = Limit { records: 1, bytes: usize::MAX };
    reader.drain(one, LOOK_UP, &mut |record| {
        let bytes = record.bytes();
        let mut of_row = of_row(&record);
        if bytes > limit {
            let short = |field: &&[u8]| field.len() <= LONGEST_KEY;
            of_row.key = of_row.key.filter(short);
            of_row.version = of_row.version.filter(short);
            of_row.absent = of_row.absent.filter(short);
            of_row.value = None;
        }
        first = Some((record.offset, Kept::of(&of_row), bytes));
    })?;
    Ok(first)
}
