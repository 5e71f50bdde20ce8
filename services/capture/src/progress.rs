//! How far the source has come, for everyone: progress records, the state's position, and only then what
//! the server may forget. Also what keeps an idle source moving.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bangioc_change::progress::{Offsets, Progress, ProgressRecord};
use bangioc_change::version::Lsn;
use bangioc_runtime::failure::Failure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::names::Side;

use crate::ceiling::Announced;
use crate::copy::HEARTBEAT;
use crate::dataset::Dataset;
use crate::delivery::Delivery;
use crate::error::CaptureError;
use crate::metrics::CaptureMetrics;
use crate::standby::{self, StandbyCount};
use crate::state::StateWriter;
use crate::tables::estimate::estimated_rows;
use crate::tables::reader::SqlReader;
use crate::topics::ProgressTopics;
use crate::unit::Position;

/// While copies run, the full map is written this often: a person watches it.
const WHILE_COPYING: Duration = Duration::from_secs(2);
/// The part of the process's health that tells of commits that wait for us.
const STANDBY: &str = "standby";
/// How fast a stop wants its last position written.
const AT_THE_END: Duration = Duration::from_millis(20);

pub(crate) struct Reporter {
    pub(crate) epoch: u32,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) topics: Arc<ProgressTopics>,
    pub(crate) announced: Arc<Announced>,
    pub(crate) state: Arc<StateWriter>,
    pub(crate) confirmable: Arc<AtomicU64>,
    /// For heartbeats and estimates: never the copier's, which may be busy with a chunk.
    pub(crate) reader: SqlReader,
    /// The server's process that streams to us.
    pub(crate) walsender: i32,
    pub(crate) interval: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) full_interval: Duration,
    pub(crate) metrics: CaptureMetrics,
    pub(crate) health: Metrics,
}

struct WrittenProgress {
    position: Lsn,
    offsets: Vec<Vec<i64>>,
    full_at: Option<Instant>,
    moved_at: Instant,
    estimated_at: Option<Instant>,
    /// Of the server's standbys, the only one.
    alone: bool,
}

impl Reporter {
    /// Until `ended`; hurries once `stopping`.
    pub(crate) async fn run(
        mut self,
        stopping: Shutdown,
        ended: Shutdown,
    ) -> Result<(), CaptureError> {
        let mut written = WrittenProgress {
            position: Lsn(0),
            offsets: Vec::new(),
            full_at: None,
            moved_at: Instant::now(),
            estimated_at: None,
            alone: false,
        };
        while !ended.is_requested() {
            if !stopping.is_requested() {
                self.see_whether_commits_wait(&mut written).await?;
            }
            match self.report(&mut written, stopping.is_requested()).await {
                Ok(()) => self.health.well("progress"),
                // Not a reason to end: nothing is confirmed meanwhile, and it may be given back.
                Err(CaptureError::Feed(failure)) => {
                    tracing::error!(code = failure.code(), error = %failure, hint = failure.hint(), "progress can't be written; nothing is confirmed until it can");
                    self.health.unwell("progress", failure.to_string());
                }
                Err(failure) => return Err(failure),
            }
            let pause = if stopping.is_requested() { AT_THE_END } else { self.interval };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = ended.requested() => {}
                () = stopping.requested(), if !stopping.is_requested() => {}
            }
        }
        Ok(())
    }

    /// Ends this run at once where commits at the source would wait for us and another could answer them.
    async fn see_whether_commits_wait(
        &mut self,
        written: &mut WrittenProgress,
    ) -> Result<(), CaptureError> {
        let connection = self.reader.connection().await?;
        let alone = match standby::look(connection, Some(self.walsender)).await? {
            StandbyCount::InTheWay => return Err(CaptureError::CountedAsStandby),
            StandbyCount::Alone => true,
            StandbyCount::Apart => false,
        };
        match (written.alone, alone) {
            (false, true) => {
                tracing::error!(
                    code = "BG0238",
                    hint = CaptureError::CountedAsStandby.hint(),
                    "the server counts this capture as its only synchronous standby: every commit waits until Kafka has it"
                );
                self.health.unwell(STANDBY, "the server counts this capture as its only synchronous standby: every commit waits until Kafka has it");
            }
            (true, false) => self.health.well(STANDBY),
            (true, true) | (false, false) => {}
        }
        written.alone = alone;
        Ok(())
    }

    async fn report(
        &mut self,
        written: &mut WrittenProgress,
        stopping: bool,
    ) -> Result<(), CaptureError> {
        let (done, offsets) = self.delivery.done_with_offsets();
        let full = self.full_is_due(written);
        if full || self.announced.is_due(done.lsn) {
            self.announced.renew(&self.topics, done.lsn).await?;
        }
        if done.lsn > written.position || full {
            if full && !stopping {
                self.estimate(written).await?;
            }
            for side in self.topics.sides() {
                self.write(side, done, &offsets, full, &written.offsets).await?;
            }
            if full {
                self.datasets.iter().for_each(|dataset| self.metrics.stands(dataset));
                written.full_at = Some(Instant::now());
            }
            if done.lsn > written.position {
                // State before the server: a slot that is further than the state is not ours.
                self.state.position(done).await?;
                self.confirmable.store(done.lsn.0, Ordering::Release);
                written.moved_at = Instant::now();
            }
            written.position = done.lsn;
            written.offsets = offsets;
        }
        self.metrics.confirmed_age_seconds.set(age_seconds(done.at_us));
        if written.moved_at.elapsed() > self.heartbeat && !stopping {
            self.reader.mark(HEARTBEAT, "").await?;
            written.moved_at = Instant::now();
        }
        Ok(())
    }

    fn full_is_due(&self, written: &WrittenProgress) -> bool {
        let Some(full_at) = written.full_at else {
            return true;
        };
        // Every one of them, not only up to the first: taking means that it is written now.
        let take_changes =
            || self.datasets.iter().filter(|dataset| dataset.standing.take_changed()).count() > 0;
        let changed = full_at.elapsed() > WHILE_COPYING && take_changes();
        changed || full_at.elapsed() > self.full_interval
    }

    async fn estimate(&mut self, written: &mut WrittenProgress) -> Result<(), CaptureError> {
        if written.estimated_at.is_some_and(|at| at.elapsed() < self.full_interval) {
            return Ok(());
        }
        written.estimated_at = Some(Instant::now());
        let datasets = Arc::clone(&self.datasets);
        for dataset in datasets.iter() {
            let connection = self.reader.connection().await?;
            match estimated_rows(connection, &dataset.contract).await {
                Ok(rows) => dataset.standing.set_estimated_rows(rows),
                // A table dropped at the source is the stream's matter.
                Err(failure) => {
                    tracing::debug!(dataset = dataset.name(), error = %failure, "no estimate");
                }
            }
        }
        Ok(())
    }

    async fn write(
        &self,
        side: Side,
        done: Position,
        offsets: &[Vec<i64>],
        full: bool,
        before: &[Vec<i64>],
    ) -> Result<(), CaptureError> {
        let feeds = || self.datasets.iter().filter_map(|dataset| dataset.feed(side));
        let mut map: BTreeMap<String, Offsets> = BTreeMap::new();
        for feed in feeds() {
            let of = |offsets: &[Vec<i64>], partition: usize| -> Option<i64> {
                offsets.get(feed.index.place())?.get(partition).copied()
            };
            let moved: Offsets = (0..feed.partitions)
                .filter_map(|partition| {
                    let next = of(offsets, partition as usize)?;
                    let moved = full || of(before, partition as usize) != Some(next);
                    moved.then_some((i32::try_from(partition).ok()?, next))
                })
                .collect();
            if !moved.is_empty() {
                map.insert(feed.topic.clone(), moved);
            }
        }
        let datasets = feeds()
            .filter(|_| full)
            .map(|feed| &self.datasets[feed.dataset.place()])
            .map(|dataset| (dataset.name().to_owned(), dataset.standing.progress(side)))
            .collect();
        let progress = Progress {
            epoch: self.epoch,
            lsn: done.lsn.to_string(),
            at_us: done.at_us,
            full,
            offsets: map,
            datasets,
        };
        self.topics.append(side, &ProgressRecord::Progress(progress)).await
    }
}

/// By this machine's clock, for a gauge only.
#[expect(clippy::cast_precision_loss, reason = "a gauge of seconds")]
fn age_seconds(at_us: i64) -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
    (i64::try_from(now).unwrap_or(i64::MAX) - at_us) as f64 / 1e6
}
