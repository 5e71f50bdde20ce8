//! The work on one partition, on a thread of its own: wait for a record, take what is queued, apply,
//! repeat. Batches grow under load and shrink to one record when idle.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bangioc_change::decode::RecordBytes;
use bangioc_change::version::Version;
use bangioc_change::{HEADER_ABSENT, HEADER_VERSION};
use bangioc_feed::consume::{Limit, PartitionReader};
use bangioc_runtime::failpoint;
use bangioc_runtime::failure::{Class, Failure as _};

use crate::breaker::Breaker;
use crate::commit::{Batch, Done};
use crate::dataset::Dataset;
use crate::decoders::Recent;
use crate::engine::Engine;
use crate::error::SinkError;
use crate::incomplete::{self, IncompleteKeys};
use crate::intake::{Bench, Intake, Memory, identity};
use crate::lease::{self, Lease};
use crate::park::{self, Kept, ParkedKeys, Parking, Poison, SuspendedKeys};
use crate::pins::{self, Pins};
use crate::quarantine::Quarantined;
use crate::reference;
use crate::refusal::Refusal;
use crate::shortcut::{Shortcut, Way};
use crate::workers::{Buffers, Connected};

/// How long a wait for a record lasts before the thread looks whether it should end. There is a thread for
/// each partition: this is what a province at rest costs.
const LOOK_UP: Duration = Duration::from_secs(2);

/// Between two counts of a topic's partitions, in times of a lease: somebody may add some while we run.
const LEASES_PER_COUNT: u32 = 3;

/// How long rows wait, before they are suspended, for a dataset that is being copied: long enough for
/// most, and short enough where its department is not connected yet.
const PATIENCE: Duration = Duration::from_mins(1);

/// How long the source's word is waited for. It is a second away, or Kafka is.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(5);

/// Of a record that is too large: a key beyond this names no row of ours.
const LONGEST_KEY: usize = 64 << 10;

/// Between looks meanwhile: each reads the batch again.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How the work on a partition ended.
pub enum End {
    /// Asked to; the lease is free again.
    Released,
    /// Another instance has it.
    Lost,
    Halted(SinkError),
}

/// What the rows of a batch refer to.
enum Referred {
    Present,
    /// By [`identity`].
    Missing(HashMap<Vec<u8>, Poison>),
    /// Missing, but a first copy is under way.
    MayCome,
}

pub struct PartitionWork {
    pub engine: Arc<Engine>,
    pub dataset: Arc<Dataset>,
    pub lease: Lease,
    pub stop: Arc<AtomicBool>,
    /// Survive a batch that is read again: keys whose rows the store refused, and what failed before.
    pub refused: HashMap<Vec<u8>, Poison>,
    /// Since when rows wait here for datasets that are being copied. They do so once.
    pub waiting_since: Option<Instant>,
    pub breaker: Breaker,
    pub shortcut: Shortcut,
    /// See [`Bench::judged_below`].
    pub judged_below: i64,
}

/// A partition opened at its position.
struct Open {
    reader: PartitionReader,
    memory: Memory,
    position: i64,
    /// When the topic's partitions were counted last.
    counted: Instant,
}

impl PartitionWork {
    pub fn run(mut self) -> End {
        let end = self.work();
        let released = match &end {
            End::Released => {
                let engine = Arc::clone(&self.engine);
                engine.handle.block_on(async {
                    let mut connection = engine.store.connect("bangioc sink").await?;
                    lease::release(&mut connection, &self.lease).await
                })
            }
            End::Lost | End::Halted(_) => Ok(()),
        };
        if let Err(failure) = released {
            // No harm: the lease runs out by itself.
            tracing::debug!(
                code = failure.code(),
                topic = self.lease.topic,
                "a lease was not handed over"
            );
        }
        end
    }

    fn work(&mut self) -> End {
        let part = format!("{}/{}", self.lease.topic, self.lease.partition);
        let mut delays = self.engine.retry.delays();
        let mut recent = Recent::default();
        let mut open = None;
        loop {
            if self.should_stop() {
                return End::Released;
            }
            let failure = match self.step(&mut open, &mut recent) {
                Ok(()) => {
                    delays.reset();
                    self.engine.metrics.well(&part);
                    continue;
                }
                Err(failure) => failure,
            };
            open = None;
            match (&failure, failure.class()) {
                (_, Class::Halt) => {
                    self.engine.report_of(&self.dataset, &part, &failure);
                    return End::Halted(failure);
                }
                // Found and named already: read the batch again at once, and they will be parked.
                (SinkError::RowRefused { .. } | SinkError::ParkedChanged { .. }, _) => {}
                // Read again at once, too, now that it is known who announced what.
                (SinkError::CeilingAwaited { .. }, _) if self.learn_ceiling().is_ok() => {}
                (_, Class::Retry | Class::Park) => {
                    if matches!(failure, SinkError::LeaseLost { .. }) {
                        // Else it is ours still: the floor moved, or the store is away and says nothing.
                        if let Err(SinkError::LeaseLost { .. }) = self.look_again() {
                            return End::Lost;
                        }
                    } else {
                        self.engine.report_of(&self.dataset, &part, &failure);
                    }
                    self.engine.metrics.retried(self.dataset.id());
                    let delay = delays.next().unwrap_or(LOOK_UP);
                    if self.engine.shutdown.pause(delay) {
                        return End::Released;
                    }
                }
            }
        }
    }

    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire) || self.engine.shutdown.is_requested()
    }

    /// Has the source's progress topic read to its end. Nothing that is in the log by now was sent before
    /// its version was announced there.
    fn learn_ceiling(&mut self) -> Result<(), SinkError> {
        let engine = &self.engine;
        let (topic, partition) = (&self.lease.topic, self.lease.partition);
        let progress_topic = &self.dataset.progress_topic;
        // In this order: what comes into the log after the first look may be announced after the second.
        let (_, end) = engine.reader.watermarks(topic, partition)?;
        let (_, announced) = engine.reader.watermarks(progress_topic, 0)?;
        if !engine
            .ceilings
            .read_to(progress_topic, announced, ANNOUNCED_WITHIN)
        {
            return Err(SinkError::CeilingAwaited {
                topic: topic.clone(),
            });
        }
        self.judged_below = end;
        Ok(())
    }

    /// Versions beyond it need another look.
    fn ceiling(&mut self) -> Result<Version, SinkError> {
        let known = |engine: &Engine, topic: &str| engine.ceilings.of(topic);
        let dataset = Arc::clone(&self.dataset);
        if let Some(ceiling) = known(&self.engine, &dataset.progress_topic) {
            return Ok(ceiling);
        }
        self.learn_ceiling()?;
        Ok(known(&self.engine, &dataset.progress_topic).unwrap_or_default())
    }

    fn look_again(&self) -> Result<Lease, SinkError> {
        self.engine.handle.block_on(async {
            let mut connection = self.engine.store.connect("bangioc sink").await?;
            lease::look_again(&mut connection, &self.lease).await
        })
    }

    fn step(&mut self, open: &mut Option<Open>, recent: &mut Recent) -> Result<(), SinkError> {
        let mut now_open = match open.take() {
            Some(now_open) => now_open,
            None => self.open(recent)?,
        };
        self.batch(&mut now_open, recent)?;
        *open = Some(now_open);
        Ok(())
    }

    /// Begins, or begins again after anything went wrong: the lease's row knows what was committed.
    fn open(&mut self, recent: &mut Recent) -> Result<Open, SinkError> {
        let engine = Arc::clone(&self.engine);
        let (topic, partition) = (self.lease.topic.clone(), self.lease.partition);
        self.count_partitions()?;
        let (low, high) = engine.reader.watermarks(&topic, partition)?;
        let (parked, suspended, incomplete, pins) = engine.handle.block_on(async {
            let mut loan = engine.workers.connections.borrow().await?;
            let found = self.look(&mut loan, low).await;
            if found.is_err() {
                loan.disconnect();
            }
            found
        })?;
        recent.learn(pins);
        let position = self.lease.next_offset.unwrap_or(low);
        if low > position {
            return Err(SinkError::Gap {
                topic,
                partition,
                wanted: position,
                low,
            });
        }
        if high < position {
            return Err(SinkError::LogTruncated {
                topic,
                partition,
                end: high,
                position,
            });
        }
        let reader = engine.reader.assign(&topic, partition, position)?;
        if !suspended.is_empty() {
            engine.suspended.raise();
        }
        let memory = Memory {
            parked,
            suspended,
            refused: self.refused.clone(),
            incomplete,
            breaker: self.breaker.clone(),
            floor: Version::from_bytes(self.lease.floor),
        };
        Ok(Open {
            reader,
            memory,
            position,
            counted: Instant::now(),
        })
    }

    /// Another count sends keys to other partitions, and their order is gone.
    fn count_partitions(&self) -> Result<(), SinkError> {
        let topic = &self.lease.topic;
        let wanted = self.dataset.contract.partitions;
        match self.engine.reader.partitions(topic)? {
            found if found == wanted => Ok(()),
            found => Err(SinkError::PartitionsChanged {
                topic: topic.clone(),
                found,
                wanted,
            }),
        }
    }

    /// Reads position and parked keys; a partition that was never worked on begins at `low`.
    async fn look(
        &mut self,
        connected: &mut Connected,
        low: i64,
    ) -> Result<(ParkedKeys, SuspendedKeys, IncompleteKeys, Pins), SinkError> {
        let connection = connected.ready(&self.engine.store, &self.dataset).await?;
        self.lease = lease::look_again(connection, &self.lease).await?;
        if self.lease.next_offset.is_none() {
            lease::begin_at(connection, &self.lease, low).await?;
            self.lease.next_offset = Some(low);
        }
        let partition = self.lease.partition;
        let (parked, suspended) = park::load(connection, &self.lease.topic, partition).await?;
        Ok((
            parked,
            suspended,
            incomplete::load(connection, &self.dataset, partition).await?,
            pins::load(connection, &self.lease.topic).await?,
        ))
    }

    /// One batch, if a record comes in time.
    fn batch(&mut self, open: &mut Open, recent: &mut Recent) -> Result<(), SinkError> {
        let engine = Arc::clone(&self.engine);
        if open.counted.elapsed() > engine.settings.lease * LEASES_PER_COUNT {
            // A cluster that does not answer just now says nothing about them.
            if let Err(changed @ SinkError::PartitionsChanged { .. }) = self.count_partitions() {
                return Err(changed);
            }
            open.counted = Instant::now();
        }
        // Buffers are borrowed only once there is work: idle partitions hold nothing.
        let bounds = engine.settings.bounds;
        let Some((offset, first, first_bytes)) = first(&mut open.reader, bounds.record_bytes)?
        else {
            return Ok(());
        };
        let ceiling = self.ceiling()?;
        let mut buffers = engine.handle.block_on(engine.workers.buffers.borrow())?;
        let started = Instant::now();
        buffers.clear();
        let bench = Bench {
            dataset: &self.dataset,
            partition: self.lease.partition,
            decoders: &engine.decoders,
            seal: engine.seal()?,
            broken: engine.broken,
            bounds,
            ceiling,
            judged_below: self.judged_below,
        };
        let mut intake = Intake::new(bench, recent, open.memory.clone(), open.position, now_us());
        intake.take(&mut buffers, &first.record(offset), first_bytes);
        let limit = Limit {
            records: engine.settings.batch_rows.saturating_sub(1),
            bytes: engine.settings.batch_bytes,
        };
        let drained = if limit.records == 0 {
            Ok(0)
        } else {
            open.reader.drain(limit, Duration::ZERO, &mut |record| {
                intake.take(
                    &mut buffers,
                    &RecordBytes {
                        key: record.key,
                        value: record.value,
                        version: record.header(HEADER_VERSION),
                        absent: record.header(HEADER_ABSENT),
                        offset: record.offset,
                    },
                    record.bytes(),
                );
            })
        };
        intake.finish();
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
                        engine.shutdown.pause(LOOK_AGAIN);
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
            engine
                .metrics
                .committed(self.dataset.id(), &done, started.elapsed().as_secs_f64());
            open.position = intake.next_offset;
            self.lease.next_offset = Some(intake.next_offset);
            self.lease.floor = intake.memory.floor.to_bytes();
            if intake.parking.iter().any(Parking::suspends) {
                // After the commit: who sees the flag finds the keys.
                engine.suspended.raise();
            }
            intake.pins_committed();
            open.memory = intake.memory;
            // Parked by now, every one of them.
            open.memory.refused.clear();
            self.refused.clear();
            self.breaker.clone_from(&open.memory.breaker);
            self.tell_refused(&intake.quarantine);
            engine
                .reader
                .commit_hint(&self.lease.topic, self.lease.partition, open.position);
        }
        match (intake.trouble, drained) {
            (Some(trouble), _) => Err(trouble),
            (None, drained) => drained.map(drop).map_err(SinkError::from),
        }
    }

    /// After the commit, so that what is read again is told once.
    fn tell_refused(&self, quarantine: &[Quarantined]) {
        let mut reasons: Vec<Refusal> = quarantine.iter().map(|range| range.reason).collect();
        reasons.dedup();
        for reason in reasons {
            let ranges = || quarantine.iter().filter(|range| range.reason == reason);
            let records: i64 = ranges()
                .map(|range| range.next_offset - range.first_offset)
                .sum();
            let records = u64::try_from(records).unwrap_or(0);
            let topic = &self.lease.topic;
            self.engine.metrics.refused(topic, reason.as_str(), records);
            tracing::warn!(
                code = reason.code(),
                topic,
                partition = self.lease.partition,
                offset = ranges().next().map(|range| range.first_offset),
                records,
                reason = reason.as_str(),
                "records refused; their places are kept in flow.quarantined"
            );
        }
    }

    /// Rows that refer to what is not there are to be suspended: the batch is read again for it, since
    /// what is parked is parked as it came. While what they refer to is being copied they are waited for
    /// instead, for a while: a first copy would else suspend all rows that happen to come first.
    fn look_up_references(&self, buffers: &Buffers) -> Result<Referred, SinkError> {
        let engine = Arc::clone(&self.engine);
        let waited = self.waiting_since.map(|since| since.elapsed());
        let patient = waited.is_none_or(|waited| waited < PATIENCE);
        let (missing, wait) = engine.handle.block_on(Box::pin(async {
            let mut loan = engine.workers.connections.borrow().await?;
            let looked = async {
                let connection = loan.ready(&engine.store, &self.dataset).await?;
                let (events, live) = (&buffers.events, &buffers.live);
                let missing = reference::missing(connection, &self.dataset, events, live).await?;
                let wait = patient
                    && !missing.is_empty()
                    && reference::may_still_come(connection, &self.dataset).await?;
                Ok::<_, SinkError>((missing, wait))
            }
            .await;
            if looked.is_err() {
                loan.disconnect();
            }
            looked
        }))?;
        if missing.is_empty() {
            return Ok(Referred::Present);
        }
        if wait {
            return Ok(Referred::MayCome);
        }
        let refused = missing.into_iter().map(|missing| {
            let key = identity(&buffers.events, missing.event).into_owned();
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
    ) -> Result<Done, SinkError> {
        let engine = &self.engine;
        let batch = Batch {
            dataset: &self.dataset,
            lease: &self.lease,
            lease_time: engine.settings.lease,
            broken: engine.broken,
            intake,
        };
        let way = if engine.is_discreet() {
            shortcut.way()
        } else {
            Way::ByStage
        };
        let mut prepared = batch.prepare(buffers, way);
        let committed = engine.handle.block_on(Box::pin(async {
            let mut loan = engine.workers.connections.borrow().await?;
            let tried = async {
                let connection = loan.ready(&engine.store, &self.dataset).await?;
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
                if let Err(SinkError::RowRefused { .. }) = committed {
                    let found = prepared.find_refused(connection).await?.into_iter();
                    refused.extend(found.map(|(key, code)| (key, Poison { code, field: None })));
                }
                committed
            }
            .await;
            if tried.is_err() {
                // Whatever state the connection is in, the next batch does not depend on it.
                loan.disconnect();
            }
            tried
        }));
        committed.map_err(|failure| failure.at(&engine.store.address()))
    }
}

impl Kept {
    pub fn record(&self, offset: i64) -> RecordBytes<'_> {
        RecordBytes {
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            version: self.version.as_deref(),
            absent: self.absent.as_deref(),
            offset,
        }
    }
}

/// A record, its offset and what it weighs, if one comes in time. Of one that weighs more than `limit` no
/// value, and no key that is no key.
fn first(
    reader: &mut PartitionReader,
    limit: usize,
) -> Result<Option<(i64, Kept, usize)>, SinkError> {
    let mut first = None;
    let one = Limit {
        records: 1,
        bytes: usize::MAX,
    };
    reader.drain(one, LOOK_UP, &mut |record| {
        let bytes = record.bytes();
        let longest = if bytes > limit {
            LONGEST_KEY
        } else {
            usize::MAX
        };
        let own = |bytes: Option<&[u8]>| {
            let short = bytes.filter(|bytes| bytes.len() <= longest);
            short.map(<[u8]>::to_vec)
        };
        let kept = Kept {
            key: own(record.key),
            value: own(record.value.filter(|_| bytes <= limit)),
            version: own(record.header(HEADER_VERSION)),
            absent: own(record.header(HEADER_ABSENT)),
        };
        first = Some((record.offset, kept, bytes));
    })?;
    Ok(first)
}

/// This machine's clock, microseconds since 1970 UTC.
pub fn now_us() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |time| {
            i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
        })
}
