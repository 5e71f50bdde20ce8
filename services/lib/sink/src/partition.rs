//! The work on one partition, on a thread of its own: open it where the store stands, batch after batch until told
//! to stop, and what a failure means. Batches are in [`batch`], what people see of a failure in [`crate::trouble`].

mod batch;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bangioc_change::version::Version;
use bangioc_feed::consume::PartitionReader;
use bangioc_runtime::failure::{Class, Failure as _};

use crate::breaker::Breaker;
use crate::dataset::Dataset;
use crate::decoders::Recent;
use crate::error::SinkError;
use crate::fit;
use crate::incomplete::{self, IncompleteKeys};
use crate::instance::Instance;
use crate::intake::Memory;
use crate::lease::{self, Lease};
use crate::park;
use crate::pins::{self, Pins};
use crate::poison::Poison;
use crate::shortcut::Shortcut;
use crate::trouble::PartitionTrouble;
use crate::waiting::{ParkedKeys, SuspendedKeys};
use crate::workers::Connected;

/// How long a wait for a record lasts before the thread looks whether it should end. There is a thread for
/// each partition: this is what a province at rest costs.
const LOOK_UP: Duration = Duration::from_secs(2);

/// How long the source's word is waited for. It is a second away, or Kafka is.
const ANNOUNCED_WITHIN: Duration = Duration::from_secs(5);

/// How the work on a partition ended.
pub(crate) enum PartitionEnd {
    /// Asked to; the lease is free again.
    Released,
    /// Another instance has it.
    Lost,
    Halted(SinkError),
}

pub(crate) struct PartitionWork {
    instance: Arc<Instance>,
    dataset: Arc<Dataset>,
    lease: Lease,
    stop: Arc<AtomicBool>,
    /// Survive a batch that is read again: keys whose rows the store refused, and what failed before.
    refused: HashMap<Vec<u8>, Poison>,
    /// Since when rows wait here for datasets that are being copied. They do so once.
    waiting_since: Option<Instant>,
    breaker: Breaker,
    shortcut: Shortcut,
    /// Records before this offset were in the log when it was last learnt what their source has announced.
    judged_below: i64,
    trouble: PartitionTrouble,
    /// SQLSTATE of the last failure, where a row may be to blame.
    suspect: Option<String>,
    /// As many as one batch takes: fewer after one that did not end in time.
    rows_at_once: usize,
    rows_taken: usize,
}

/// A partition opened at its position.
struct OpenedPartition {
    reader: PartitionReader,
    memory: Memory,
    position: i64,
    /// Where the log ended when it was opened.
    end: i64,
    /// When the topic's partitions were counted last, and the table looked at.
    counted: Instant,
    fitted: Instant,
}

/// What follows on a failure.
enum AfterFailure {
    AtOnce,
    Later,
    /// Looked at again as well: what stands in the way may go.
    HaltForNow,
    Halt,
}

impl PartitionWork {
    pub(crate) fn new(
        instance: &Arc<Instance>,
        dataset: &Dataset,
        lease: Lease,
        stop: &Arc<AtomicBool>,
    ) -> PartitionWork {
        PartitionWork {
            trouble: PartitionTrouble::new(dataset, &lease),
            rows_at_once: instance.settings.batch_rows,
            instance: Arc::clone(instance),
            dataset: Arc::new(dataset.clone()),
            lease,
            stop: Arc::clone(stop),
            refused: HashMap::new(),
            waiting_since: None,
            breaker: Breaker::default(),
            shortcut: Shortcut::default(),
            judged_below: 0,
            suspect: None,
            rows_taken: 0,
        }
    }

    pub(crate) fn run(mut self) -> PartitionEnd {
        let end = self.work();
        let released = match &end {
            PartitionEnd::Released => {
                self.trouble.leave(&self.instance);
                let instance = Arc::clone(&self.instance);
                instance.handle.block_on(async {
                    let mut connection = instance.connect("bangioc sink").await?;
                    lease::release(&mut connection, &self.lease).await
                })
            }
            PartitionEnd::Lost => {
                self.trouble.leave(&self.instance);
                Ok(())
            }
            PartitionEnd::Halted(_) => Ok(()),
        };
        if let Err(failure) = released {
            // No harm: the lease runs out by itself.
            tracing::debug!(
                code = failure.code(),
                topic = self.lease.topic,
                "a lease could not be handed over"
            );
        }
        end
    }

    fn work(&mut self) -> PartitionEnd {
        let mut delays = self.instance.retry.delays();
        let mut recent = Recent::default();
        let mut open = None;
        loop {
            if self.should_stop() {
                return PartitionEnd::Released;
            }
            let failure = match self.step(&mut open, &mut recent) {
                Ok(got_on) => {
                    if got_on {
                        delays.reset();
                        self.suspect = None;
                        self.trouble.is_over(&self.instance, &self.lease);
                    }
                    continue;
                }
                Err(failure) => failure,
            };
            open = None;
            match self.then(&failure) {
                AfterFailure::AtOnce => continue,
                AfterFailure::Halt => {
                    self.trouble.halts(&self.instance, &failure);
                    return PartitionEnd::Halted(failure);
                }
                AfterFailure::HaltForNow => {
                    self.trouble.halts_for_now(&self.instance, &self.lease, failure);
                }
                AfterFailure::Later => {
                    if matches!(failure, SinkError::LeaseLost { .. }) {
                        // Else it is ours still: the floor moved, or the store is away and says nothing.
                        if let Err(SinkError::LeaseLost { .. }) = self.look_again() {
                            return PartitionEnd::Lost;
                        }
                    } else {
                        self.trouble.retries(&self.instance, &self.lease, failure);
                    }
                }
            }
            self.instance.metrics.retried(self.dataset.id());
            let delay = delays.next().unwrap_or(LOOK_UP);
            if self.instance.shutdown.pause(delay) {
                return PartitionEnd::Released;
            }
        }
    }

    fn then(&mut self, failure: &SinkError) -> AfterFailure {
        let suspect = failure.blames().map(str::to_owned);
        let again = suspect.is_some() && suspect == self.suspect;
        self.suspect = suspect;
        if failure.is_out_of_time() {
            self.rows_at_once = (self.rows_at_once.min(self.rows_taken) / 2).max(1);
        }
        match (failure, failure.class()) {
            // Read the batch again at once, with what is known now.
            (SinkError::ParkedChanged { .. }, _) => AfterFailure::AtOnce,
            // Now that it is known who announced what.
            (SinkError::CeilingAwaited { .. }, _) if self.learn_ceiling().is_ok() => {
                AfterFailure::AtOnce
            }
            // A plan that was made before a table changed, a table that is to be looked at again.
            (_, Class::Halt) if failure.blames().is_some() && !again => AfterFailure::Later,
            (_, Class::Halt) if failure.heals() => AfterFailure::HaltForNow,
            (_, Class::Halt) => AfterFailure::Halt,
            (_, Class::Retry) => AfterFailure::Later,
        }
    }

    fn should_stop(&self) -> bool {
        self.stop.load(Ordering::Acquire) || self.instance.shutdown.is_requested()
    }

    /// Has the source's progress topic read to its end. Nothing that is in the log by now was sent before
    /// its version was announced there.
    fn learn_ceiling(&mut self) -> Result<(), SinkError> {
        let instance = &self.instance;
        let (topic, partition) = (&self.lease.topic, self.lease.partition);
        let progress_topic = &self.dataset.progress_topic;
        // In this order: what comes into the log after the first look may be announced after the second.
        let (_, end) = instance.questions.watermarks(topic, partition)?;
        let (_, announced) = instance.questions.watermarks(progress_topic, 0)?;
        if !instance.ceilings.read_to(progress_topic, announced, ANNOUNCED_WITHIN) {
            return Err(SinkError::CeilingAwaited { topic: topic.clone() });
        }
        self.judged_below = end;
        Ok(())
    }

    /// Versions beyond it need another look.
    fn ceiling(&mut self) -> Result<Version, SinkError> {
        let known = |instance: &Instance, topic: &str| instance.ceilings.of(topic);
        let dataset = Arc::clone(&self.dataset);
        if let Some(ceiling) = known(&self.instance, &dataset.progress_topic) {
            return Ok(ceiling);
        }
        self.learn_ceiling()?;
        Ok(known(&self.instance, &dataset.progress_topic).unwrap_or_default())
    }

    fn look_again(&self) -> Result<Lease, SinkError> {
        self.instance.handle.block_on(async {
            let mut connection = self.instance.connect("bangioc sink").await?;
            lease::look_again(&mut connection, &self.lease).await
        })
    }

    /// False: it waits for a record that the log has.
    fn step(
        &mut self,
        open: &mut Option<OpenedPartition>,
        recent: &mut Recent,
    ) -> Result<bool, SinkError> {
        let mut now_open = match open.take() {
            Some(now_open) => now_open,
            None => self.open(recent)?,
        };
        let got_on = self.batch(&mut now_open, recent)?;
        *open = Some(now_open);
        Ok(got_on)
    }

    /// Begins, or begins again after anything went wrong: the lease's row knows what was committed.
    fn open(&mut self, recent: &mut Recent) -> Result<OpenedPartition, SinkError> {
        let instance = Arc::clone(&self.instance);
        let (topic, partition) = (self.lease.topic.clone(), self.lease.partition);
        self.count_partitions()?;
        let (low, high) = instance.questions.watermarks(&topic, partition)?;
        let (parked, suspended, incomplete, pins) = instance.handle.block_on(async {
            let connections = &instance.workers.connections;
            connections.lend(async |connected| self.look(connected, low).await).await
        })?;
        recent.learn(pins);
        let position = self.lease.next_offset.unwrap_or(low);
        if low > position {
            return Err(SinkError::Gap { topic, partition, wanted: position, low });
        }
        if high < position {
            return Err(SinkError::LogTruncated { topic, partition, end: high, position });
        }
        let reader = instance.reader.assign(&topic, partition, position)?;
        if !suspended.is_empty() {
            instance.suspended.raise();
        }
        let memory = Memory {
            parked,
            suspended,
            refused: self.refused.clone(),
            incomplete,
            breaker: self.breaker.clone(),
            floor: Version::from_bytes(self.lease.floor),
        };
        Ok(OpenedPartition {
            reader,
            memory,
            position,
            end: high,
            counted: Instant::now(),
            fitted: Instant::now(),
        })
    }

    /// Another count sends keys to other partitions, and their order is gone.
    fn count_partitions(&self) -> Result<(), SinkError> {
        let topic = &self.lease.topic;
        let wanted = self.dataset.contract.partitions;
        match self.instance.questions.partitions(topic)? {
            found if found == wanted => Ok(()),
            found => Err(SinkError::PartitionsChanged { topic: topic.clone(), found, wanted }),
        }
    }

    /// Reads position and parked keys; a partition that was never worked on begins at `low`.
    async fn look(
        &mut self,
        connected: &mut Connected,
        low: i64,
    ) -> Result<(ParkedKeys, SuspendedKeys, IncompleteKeys, Pins), SinkError> {
        let connection = connected.ready(&self.instance.store, self.instance.limits()).await?;
        fit::fit(connection, self.instance.side, &self.dataset).await?;
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
}
