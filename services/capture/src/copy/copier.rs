//! The copier: which chunk to read next, and how far each copy has come.

mod chunk;
pub(crate) mod judge;
mod outcome;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use bangioc_change::progress::Phase;
use bangioc_change::version::{Lsn, Version};
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::asker::Asker;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};

use self::judge::KnownPrint;
use crate::clock::now_us;
use crate::config::CopySettings;
use crate::copy::handover::Handover;
use crate::dataset::Dataset;
use crate::delivery::Delivery;
use crate::error::CaptureError;
use crate::metrics::CaptureMetrics;
use crate::notice::Notice;
use crate::print::watch::Look;
use crate::signal::{Ask, Wanted, WantedKeys};
use crate::state::{CopyState, StateWriter};
use crate::tables::reader::SqlReader;
use crate::topics::ProgressTopics;
use crate::unit::{ChunkId, DatasetIndex, UnitId};

pub(crate) struct Copier {
    pub(crate) epoch: u32,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    pub(crate) settings: CopySettings,
    pub(crate) reader: SqlReader,
    pub(crate) handover: Sender<Handover>,
    pub(crate) notices: UnboundedReceiver<Notice>,
    pub(crate) signals: Receiver<Wanted>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) state: Arc<StateWriter>,
    pub(crate) progress: Arc<ProgressTopics>,
    pub(crate) metrics: CaptureMetrics,
    pub(crate) copies: Vec<CopyState>,
    /// In the order of `datasets`.
    pub(crate) prints: Vec<KnownPrint>,
    pub(crate) publication: String,
    pub(crate) looks: Receiver<Look>,
    pub(crate) work: Work,
}

/// What is under way.
#[derive(Default)]
pub(crate) struct Work {
    /// Where the next chunk of the running copy begins, and whether there is one.
    cursor: Option<Cursor>,
    in_flight: VecDeque<InFlight>,
    /// To be copied, of the signals read so far.
    keys: VecDeque<WantedKeys>,
    /// Position in the signals of who asked, once `keys` is empty and its chunks are done.
    signals_next: Option<(Asker, i64)>,
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
    Keys(WantedKeys),
}

impl Copier {
    pub(crate) async fn run(mut self, shutdown: Shutdown) -> Result<(), CaptureError> {
        for (dataset, copy) in self.datasets.iter().zip(&self.copies) {
            dataset.standing.set_phase(copy.phase());
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
            if let Ok(look) = self.looks.try_recv() {
                self.looked(look).await?;
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
                Some(look) = self.looks.recv() => self.looked(look).await?,
                Some(wanted) = self.signals.recv(), if self.work.signals_next.is_none() => self.wanted(wanted).await?,
            }
        }
    }

    /// Reads one chunk; false when there is nothing to read.
    async fn take_next(&mut self) -> Result<bool, CaptureError> {
        if let Some(wanted) = self.work.keys.pop_front() {
            self.read_keys(wanted).await?;
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

    /// The first that is to be copied and may be: one that has to wait keeps no other waiting.
    async fn next_copy(&mut self) -> Result<Option<DatasetIndex>, CaptureError> {
        for place in 0..self.copies.len() {
            let copy = &self.copies[place];
            if copy.finished || !copy.is_sent() {
                continue;
            }
            let Ok(index) = u16::try_from(place).map(DatasetIndex) else {
                continue;
            };
            if copy.has_begun() || self.may_begin(index).await? {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    async fn begin_next_copy(&mut self) -> Result<bool, CaptureError> {
        let Some(index) = self.next_copy().await? else {
            return Ok(false);
        };
        let start = self.version_now().await?;
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        if !copy.has_begun() {
            copy.start = start.to_hex();
            copy.began_at_us = Some(now_us());
            self.state.copy(dataset.name(), copy).await?;
        }
        tracing::info!(
            dataset = dataset.name(),
            rows_done = copy.rows,
            sweep = copy.sweep,
            "copy started"
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

    /// Rows that are older were sent before now.
    async fn version_now(&mut self) -> Result<Version, CaptureError> {
        let unreadable = CaptureError::Internal {
            what: "unreadable pg_current_wal_insert_lsn()",
        };
        let commit_lsn: Lsn = self
            .reader
            .current_lsn()
            .await?
            .parse()
            .map_err(|_| unreadable)?;
        Ok(Version {
            epoch: self.epoch,
            commit_lsn,
            ordinal: 0,
        })
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
                    "truncated at the source; it is copied again and swept"
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
                    "the table fits its contract again; it is copied again and swept"
                );
                self.start_over(dataset, None).await
            }
        }
    }

    fn settle(&self, unit: UnitId) {
        self.delivery.settle(unit);
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
            ..copy.again()
        };
        self.state.copy(dataset.name(), copy).await?;
        dataset.standing.set_phase(copy.phase());
        dataset.standing.set_fill_absent(copy.is_sent());
        dataset.standing.set_copied_rows(0);
        // Last: a change sent from here on has its absent columns filled, and a copy that begins later
        // reads what was committed before.
        dataset.standing.set_paused(!copy.is_sent());
        self.prints[index.place()].forget_beginning();
        Ok(())
    }

    async fn wanted(&mut self, wanted: Wanted) -> Result<(), CaptureError> {
        for (dataset, ask) in wanted.datasets {
            let copy = &mut self.copies[dataset.place()];
            match (ask, copy.paused.is_some()) {
                (Ask::Copy, _) => {}
                (Ask::Pause, false) => copy.paused = Some(wanted.asker.to_string()),
                (Ask::Resume, true) => copy.paused = None,
                (Ask::Pause, true) | (Ask::Resume, false) => continue,
            }
            // What is halted stays so: asking for a copy does not mend its table.
            let halted = copy.halted.clone();
            self.start_over(dataset, halted).await?;
            tracing::info!(
                dataset = self.datasets[dataset.place()].name(),
                phase = ?self.datasets[dataset.place()].standing.phase(),
                asker = %wanted.asker,
                "done at a person's request"
            );
        }
        // The others come with the whole copy that ends a halt or a pause.
        let sent = |wanted: &WantedKeys| self.copies[wanted.dataset.place()].is_sent();
        self.work.keys.extend(wanted.keys.into_iter().filter(sent));
        self.work.signals_next = Some((wanted.asker, wanted.next_offset));
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
            && let Some((asker, next)) = self.work.signals_next.take()
        {
            self.state.signals(&asker, next).await?;
        }
        Ok(())
    }
}
