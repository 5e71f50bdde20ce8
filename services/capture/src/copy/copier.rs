//! The copier: which chunk to read next, and how far each copy has come.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use bangioc_change::progress::{Phase, ProgressRecord, Sweep};
use bangioc_change::version::{Lsn, Version};
use bangioc_feed::journal::Journal;
use bangioc_runtime::failpoint;
use bangioc_runtime::shutdown::Shutdown;
use tokio::sync::mpsc::UnboundedReceiver;

use super::MARK;
use super::mark::Mark;
use super::reader::{Reader, key_texts};
use crate::config::CopySettings;
use crate::dataset::Dataset;
use crate::delivery::{ChunkId, DatasetIndex, Delivery, UnitId};
use crate::error::CaptureError;
use crate::metrics::CaptureMetrics;
use crate::signal::Wanted;
use crate::state::{CopyState, StateWriter};
use crate::stream::Notice;
use crate::stream::window::{Chunk, Handover, Why};

/// Before a chunk is read again: what was invisible a moment ago should be visible then.
const RETAKE_PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct Copier {
    pub(crate) epoch: u32,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    pub(crate) settings: CopySettings,
    pub(crate) reader: Reader,
    pub(crate) handover: Sender<Handover>,
    pub(crate) notices: UnboundedReceiver<Notice>,
    pub(crate) signals: UnboundedReceiver<Wanted>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) state: Arc<StateWriter>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) progress_topic: String,
    pub(crate) metrics: CaptureMetrics,
    pub(crate) copies: Vec<CopyState>,
    pub(crate) work: Work,
}

/// What is under way.
#[derive(Default)]
pub(crate) struct Work {
    /// Where the next chunk of the running copy begins, and whether there is one.
    cursor: Option<Cursor>,
    in_flight: VecDeque<InFlight>,
    /// Keys to be copied, of the signals read so far.
    keys: VecDeque<(DatasetIndex, Vec<Vec<String>>)>,
    /// Position of the signals, once `keys` is empty and its chunks are done.
    signals_next: Option<i64>,
    pause: Option<Duration>,
}

struct Cursor {
    dataset: DatasetIndex,
    after: Option<Vec<String>>,
    at_the_end: bool,
}

struct InFlight {
    id: ChunkId,
    dataset: DatasetIndex,
    part: Part,
}

enum Part {
    Range {
        from: Option<Vec<String>>,
        last: Option<Vec<String>>,
        rows: u64,
        to_the_end: bool,
    },
    Keys(Vec<Vec<String>>),
}

impl Copier {
    pub(crate) async fn run(mut self, shutdown: Shutdown) -> Result<(), CaptureError> {
        for (dataset, copy) in self.datasets.iter().zip(&self.copies) {
            dataset.standing.set_phase(phase(copy));
            dataset.standing.set_fill_absent(!copy.finished);
            dataset.standing.set_copied_rows(copy.rows);
        }
        loop {
            if shutdown.is_requested() {
                return Ok(());
            }
            // All that has come, before anything new is read.
            while let Ok(notice) = self.notices.try_recv() {
                self.heard(notice).await?;
            }
            if self.work.in_flight.len() < self.settings.chunks_in_flight {
                if let Some(pause) = self.work.pause.take() {
                    tokio::select! {
                        () = shutdown.requested() => return Ok(()),
                        () = tokio::time::sleep(pause) => continue,
                    }
                }
                if self.take_next().await? {
                    continue;
                }
            }
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                Some(notice) = self.notices.recv() => self.heard(notice).await?,
                Some(wanted) = self.signals.recv(), if self.work.signals_next.is_none() => self.wanted(wanted).await?,
            }
        }
    }

    /// Reads one chunk; false when there is nothing to read.
    async fn take_next(&mut self) -> Result<bool, CaptureError> {
        if let Some((dataset, keys)) = self.work.keys.pop_front() {
            self.read_keys(dataset, keys).await?;
            return Ok(true);
        }
        if self.work.cursor.is_none() && !self.begin_next_copy().await? {
            return Ok(false);
        }
        if self
            .work
            .cursor
            .as_ref()
            .is_some_and(|cursor| cursor.at_the_end)
        {
            return Ok(false);
        }
        self.read_range().await?;
        Ok(true)
    }

    async fn begin_next_copy(&mut self) -> Result<bool, CaptureError> {
        let next = self
            .copies
            .iter()
            .position(|copy| !copy.finished && copy.halted.is_none());
        let Some(index) = next
            .and_then(|place| u16::try_from(place).ok())
            .map(DatasetIndex)
        else {
            return Ok(false);
        };
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        if !copy.has_begun() {
            let lsn: Lsn =
                self.reader
                    .current_lsn()
                    .await?
                    .parse()
                    .map_err(|_| CaptureError::Internal {
                        what: "unreadable pg_current_wal_insert_lsn()",
                    })?;
            copy.start = Version {
                epoch: self.epoch,
                commit_lsn: lsn,
                ordinal: 0,
            }
            .to_hex();
            self.state.copy(dataset.name(), copy).await?;
        }
        tracing::info!(
            dataset = dataset.name(),
            rows_done = copy.rows,
            sweep = copy.sweep,
            "copy runs"
        );
        dataset.standing.set_phase(Phase::Copying);
        dataset.standing.set_fill_absent(true);
        self.work.cursor = Some(Cursor {
            dataset: index,
            after: copy.after.clone(),
            at_the_end: false,
        });
        Ok(true)
    }

    async fn read_range(&mut self) -> Result<(), CaptureError> {
        let Some(cursor) = &self.work.cursor else {
            return Ok(());
        };
        let (index, from) = (cursor.dataset, cursor.after.clone());
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let id = self.low_mark(index).await?;
        let columns = dataset.contract.columns.len();
        let read = self
            .reader
            .range(
                &dataset.table,
                columns,
                from.as_deref(),
                self.settings.chunk_rows,
            )
            .await?;
        let rows = read.rows.len() as u64;
        let last = match read.rows.len().checked_sub(1) {
            Some(last) => key_texts(&dataset.contract.key, read.rows.row(last)),
            None => from.clone(),
        };
        if let Some(cursor) = &mut self.work.cursor {
            cursor.after.clone_from(&last);
            cursor.at_the_end = read.to_the_end;
        }
        self.work.in_flight.push_back(InFlight {
            id,
            dataset: index,
            part: Part::Range {
                from,
                last,
                rows,
                to_the_end: read.to_the_end,
            },
        });
        self.high_mark(Chunk {
            id,
            seen_by: read.seen_by,
            rows: read.rows,
            missing: Vec::new(),
        })
        .await?;
        if let Some(pause) = (rows * 1000).checked_div(self.settings.rows_per_second) {
            self.work.pause = Some(Duration::from_millis(pause));
        }
        Ok(())
    }

    async fn read_keys(
        &mut self,
        index: DatasetIndex,
        keys: Vec<Vec<String>>,
    ) -> Result<(), CaptureError> {
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let (key, columns) = (&dataset.contract.key, dataset.contract.columns.len());
        let id = self.low_mark(index).await?;
        let read = match self.reader.by_keys(&dataset.table, columns, &keys).await {
            Ok(read) => read,
            // 22: a text that is no value of its column's type. Which of them, only asking one by one tells.
            Err(CaptureError::Question { sqlstate, .. }) if sqlstate.starts_with("22") => {
                let _ = self.handover.send(Handover::Forget(id));
                if keys.len() == 1 {
                    tracing::warn!(
                        dataset = dataset.name(),
                        "asked to copy a key that can't be one; left out"
                    );
                    self.signals_done().await?;
                } else {
                    self.work
                        .keys
                        .extend(keys.into_iter().map(|key| (index, vec![key])));
                }
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
        let mut rows = super::text::Rows::new(columns);
        let mut missing = Vec::new();
        for (place, found) in read.found.iter().enumerate() {
            let row = read.row(place, key, columns);
            if *found {
                rows.push_cells(row.row().cells());
            } else {
                missing.push(row);
            }
        }
        self.work.in_flight.push_back(InFlight {
            id,
            dataset: index,
            part: Part::Keys(keys),
        });
        self.high_mark(Chunk {
            id,
            seen_by: read.seen_by,
            rows,
            missing,
        })
        .await
    }

    async fn low_mark(&mut self, dataset: DatasetIndex) -> Result<ChunkId, CaptureError> {
        let id: ChunkId = rand::random();
        // Before the mark, so that the stream knows it when it comes by.
        let _ = self.handover.send(Handover::Expect(id, dataset));
        self.reader.mark(MARK, &Mark::Low(id).content()).await?;
        Ok(id)
    }

    async fn high_mark(&mut self, chunk: Chunk) -> Result<(), CaptureError> {
        failpoint::hit("capture.chunk_read");
        let id = chunk.id;
        // Before the mark, as above.
        let _ = self.handover.send(Handover::Rows(chunk));
        self.reader.mark(MARK, &Mark::High(id).content()).await
    }

    async fn heard(&mut self, notice: Notice) -> Result<(), CaptureError> {
        match notice {
            Notice::Done(id) => self.done(id).await,
            Notice::Retake(id, why) => {
                self.retake(id, why);
                Ok(())
            }
            Notice::Truncated(dataset, unit) => {
                tracing::warn!(
                    dataset = self.datasets[dataset.place()].name(),
                    "TRUNCATED at the source; copied again, then swept"
                );
                self.start_over(dataset, None).await?;
                self.settle(unit);
                Ok(())
            }
            Notice::Halted(dataset, unit, why) => {
                self.start_over(dataset, Some(why)).await?;
                self.settle(unit);
                Ok(())
            }
            Notice::Recovered(dataset) => {
                tracing::info!(
                    dataset = self.datasets[dataset.place()].name(),
                    "the table fits its contract again; copied again, then swept"
                );
                self.start_over(dataset, None).await
            }
        }
    }

    fn settle(&self, unit: UnitId) {
        self.delivery.settle(unit);
    }

    async fn done(&mut self, id: ChunkId) -> Result<(), CaptureError> {
        // Not the first: a chunk given up whose rows were sent all the same.
        if self
            .work
            .in_flight
            .front()
            .is_none_or(|chunk| chunk.id != id)
        {
            return Ok(());
        }
        let Some(chunk) = self.work.in_flight.pop_front() else {
            return Ok(());
        };
        let name = self.datasets[chunk.dataset.place()].name().to_owned();
        self.metrics.chunks.of(&[&name, "done"]).inc();
        match chunk.part {
            Part::Keys(_) => self.signals_done().await,
            Part::Range {
                last,
                rows,
                to_the_end,
                ..
            } => {
                let copy = &mut self.copies[chunk.dataset.place()];
                copy.after = last;
                copy.rows += rows;
                if to_the_end {
                    self.finish(chunk.dataset).await?;
                }
                let copy = &self.copies[chunk.dataset.place()];
                self.state.copy(&name, copy).await?;
                self.datasets[chunk.dataset.place()]
                    .standing
                    .set_copied_rows(copy.rows);
                Ok(())
            }
        }
    }

    async fn finish(&mut self, index: DatasetIndex) -> Result<(), CaptureError> {
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        if copy.sweep {
            // Everything of the copy lies before these offsets: it is acknowledged.
            let sweep = Sweep::new(
                dataset.topic.clone(),
                copy.start_version(),
                self.delivery.offsets(index),
            );
            let value = serde_json::to_vec(&ProgressRecord::Sweep(sweep)).map_err(|_| {
                CaptureError::Internal {
                    what: "a sweep that has no JSON",
                }
            })?;
            self.journal
                .append(&self.progress_topic, 0, None, Some(&value))
                .await?;
        }
        copy.finished = true;
        copy.sweep = false;
        copy.after = None;
        tracing::info!(dataset = dataset.name(), rows = copy.rows, "copy done");
        dataset.standing.set_fill_absent(false);
        dataset.standing.set_phase(Phase::Streaming);
        self.work.cursor = None;
        Ok(())
    }

    fn retake(&mut self, id: ChunkId, why: Why) {
        let Some(place) = self.work.in_flight.iter().position(|chunk| chunk.id == id) else {
            return;
        };
        let Some(chunk) = self.work.in_flight.remove(place) else {
            return;
        };
        let dataset = &self.datasets[chunk.dataset.place()];
        self.metrics.chunks.of(&[dataset.name(), "retaken"]).inc();
        tracing::debug!(dataset = dataset.name(), ?why, "chunk read again");
        match chunk.part {
            Part::Keys(keys) => self.work.keys.push_front((chunk.dataset, keys)),
            Part::Range { from, .. } => {
                // Chunks behind it are given up as well: a copy goes on from the last key done.
                self.give_up_ranges(chunk.dataset);
                if let Some(cursor) = self
                    .work
                    .cursor
                    .as_mut()
                    .filter(|cursor| cursor.dataset == chunk.dataset)
                {
                    cursor.after = from;
                    cursor.at_the_end = false;
                }
            }
        }
        self.work.pause = Some(RETAKE_PAUSE);
    }

    fn give_up_ranges(&mut self, dataset: DatasetIndex) {
        let handover = &self.handover;
        self.work.in_flight.retain(|chunk| {
            let given_up = chunk.dataset == dataset && matches!(chunk.part, Part::Range { .. });
            if given_up {
                let _ = handover.send(Handover::Forget(chunk.id));
            }
            !given_up
        });
    }

    /// From the beginning, or halted until the cause is gone.
    async fn start_over(
        &mut self,
        index: DatasetIndex,
        halted: Option<String>,
    ) -> Result<(), CaptureError> {
        self.give_up_ranges(index);
        if self
            .work
            .cursor
            .as_ref()
            .is_some_and(|cursor| cursor.dataset == index)
        {
            self.work.cursor = None;
        }
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        *copy = CopyState {
            halted,
            ..CopyState::wanted(true)
        };
        self.state.copy(dataset.name(), copy).await?;
        dataset.standing.set_phase(phase(copy));
        dataset.standing.set_fill_absent(copy.halted.is_none());
        dataset.standing.set_copied_rows(0);
        Ok(())
    }

    async fn wanted(&mut self, wanted: Wanted) -> Result<(), CaptureError> {
        for dataset in wanted.datasets {
            self.start_over(dataset, None).await?;
        }
        self.work.keys.extend(wanted.keys);
        self.work.signals_next = Some(wanted.next_offset);
        self.signals_done().await
    }

    /// Writes the signals' position down once nothing asked for by them is left to do.
    async fn signals_done(&mut self) -> Result<(), CaptureError> {
        let under_way = self
            .work
            .in_flight
            .iter()
            .any(|chunk| matches!(chunk.part, Part::Keys(_)));
        if self.work.keys.is_empty()
            && !under_way
            && let Some(next) = self.work.signals_next.take()
        {
            self.state.signals(next).await?;
        }
        Ok(())
    }
}

fn phase(copy: &CopyState) -> Phase {
    match (copy.halted.is_some(), copy.finished) {
        (true, _) => Phase::Halted,
        (false, true) => Phase::Streaming,
        (false, false) => Phase::Copying,
    }
}
