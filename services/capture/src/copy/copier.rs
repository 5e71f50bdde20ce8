//! The copier: which chunk to read next, and how far each copy has come.

mod chunk;
mod day;
pub(crate) mod judge;
mod outcome;
mod trouble;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

use bangioc_change::progress::Phase;
use bangioc_change::version::Version;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::asker::Asker;
use bangioc_schemas::names::Side;
use bangioc_schemas::rules;
use tokio::sync::mpsc::{Receiver, UnboundedReceiver};
use tokio::time::{Instant, sleep_until};

use self::judge::KnownPrint;
use self::trouble::NextAsk;
use crate::clock::now_us;
use crate::config::{CopySettings, SourceSettings};
use crate::copy::handover::Handover;
use crate::dataset::Dataset;
use crate::delivery::Delivery;
use crate::error::CaptureError;
use crate::metrics::CaptureMetrics;
use crate::notice::Notice;
use crate::print::watch::SourcePrint;
use crate::signal::{Ask, Wanted, WantedKeys};
use crate::state::{Cause, CopyState, OwedKey, StateWriter};
use crate::tables::reader::SqlReader;
use crate::topics::ProgressTopics;
use crate::unit::{ChunkId, DatasetIndex, UnitId};

pub(crate) struct Copier {
    pub(crate) epoch: u32,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    pub(crate) settings: CopySettings,
    pub(crate) source: SourceSettings,
    pub(crate) reader: SqlReader,
    /// For questions about a table in trouble, not for its rows.
    pub(crate) looker: SqlReader,
    pub(crate) handover: Sender<Handover>,
    pub(crate) notices: UnboundedReceiver<Notice>,
    pub(crate) signals: Receiver<Wanted>,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) state: Arc<StateWriter>,
    pub(crate) progress: Arc<ProgressTopics>,
    pub(crate) metrics: CaptureMetrics,
    pub(crate) health: Metrics,
    pub(crate) copies: Vec<CopyState>,
    /// In the order of `datasets`.
    pub(crate) prints: Vec<KnownPrint>,
    pub(crate) looks: Receiver<SourcePrint>,
    pub(crate) work: CopyWork,
}

/// What is under way.
#[derive(Default)]
pub(crate) struct CopyWork {
    /// Where the next chunk of the running copy begins, and whether there is one.
    cursor: Option<CopyCursor>,
    in_flight: VecDeque<InFlight>,
    /// To be copied: of the signals read so far, and owed.
    keys: VecDeque<KeysToRead>,
    /// Position in the signals of who asked, once `keys` is empty and its chunks are done.
    signals_next: Option<(Asker, i64)>,
    pause: Option<Duration>,
    /// When to look next which rows pass by the passing of a day. None: now.
    next_day: Option<Instant>,
    /// Datasets whose tables do not answer for now.
    waits: BTreeMap<DatasetIndex, NextAsk>,
    /// Halted datasets.
    halts: BTreeMap<DatasetIndex, NextAsk>,
}

/// Keys of one dataset that are read together.
struct KeysToRead {
    dataset: DatasetIndex,
    keys: Vec<Vec<String>>,
    /// The side whose sink asked for them.
    asked_by: Option<Side>,
    /// Part of a batch of signals that is worked on; else owed.
    of_signals: bool,
}

struct CopyCursor {
    dataset: DatasetIndex,
    after: Option<Vec<String>>,
    at_the_end: bool,
}

struct InFlight {
    id: ChunkId,
    dataset: DatasetIndex,
    part: InFlightPart,
}

enum InFlightPart {
    Range { from: Option<Vec<String>>, last: Option<Vec<String>>, rows: u64, to_the_end: bool },
    Keys(KeysToRead),
}

impl Copier {
    pub(crate) async fn run(mut self, shutdown: Shutdown) -> Result<(), CaptureError> {
        for index in (0..self.copies.len()).filter_map(|place| u16::try_from(place).ok()) {
            let index = DatasetIndex(index);
            let copy = &self.copies[index.place()];
            if copy.halted.is_some() {
                self.work.halts.insert(index, NextAsk::new(Instant::now()));
            }
            let owed = copy.owed.clone();
            self.read_owed(index, &owed);
            self.show(index);
        }
        loop {
            if shutdown.is_requested() {
                return Ok(());
            }
            let now = Instant::now();
            // All that has come, before anything new is read.
            while let Ok(notice) = self.notices.try_recv() {
                self.heard(notice).await?;
            }
            if let Ok(look) = self.looks.try_recv() {
                self.looked(look).await?;
            }
            if self.work.next_day.is_none_or(|next| next <= now) {
                self.work.next_day = Some(self.look_at_the_day().await?);
            }
            if self.work.in_flight.len() < self.settings.chunks_in_flight {
                if let Some(pause) = self.work.pause.take() {
                    tokio::select! {
                        () = shutdown.requested() => return Ok(()),
                        () = tokio::time::sleep(pause) => continue,
                    }
                }
                if self.take_next(now).await? {
                    continue;
                }
            }
            if let Some(index) = self.halted_due(now) {
                self.look_at_halted(index).await?;
                continue;
            }
            let next_look = self.next_look(now).into_iter().chain(self.work.next_day).min();
            tokio::select! {
                () = shutdown.requested() => return Ok(()),
                Some(notice) = self.notices.recv() => self.heard(notice).await?,
                Some(look) = self.looks.recv() => self.looked(look).await?,
                Some(wanted) = self.signals.recv(), if self.work.signals_next.is_none() => self.wanted(wanted).await?,
                () = sleep_until(next_look.unwrap_or(now)), if next_look.is_some() => {}
            }
        }
    }

    /// Reads one chunk; false when there is nothing to read.
    async fn take_next(&mut self, now: Instant) -> Result<bool, CaptureError> {
        let ready = |keys: &KeysToRead| !self.is_waiting(keys.dataset, now);
        if let Some(place) = self.work.keys.iter().position(ready)
            && let Some(keys) = self.work.keys.remove(place)
        {
            self.read_keys(keys).await?;
            return Ok(true);
        }
        if self.work.cursor.is_none() && !self.begin_next_copy(now).await? {
            return Ok(false);
        }
        if self.work.cursor.as_ref().is_some_and(|cursor| cursor.at_the_end) {
            return Ok(false);
        }
        self.read_range().await?;
        Ok(true)
    }

    /// The first that is to be copied and may be: one that has to wait keeps no other waiting.
    async fn next_copy(&mut self, now: Instant) -> Result<Option<DatasetIndex>, CaptureError> {
        for place in 0..self.copies.len() {
            let copy = &self.copies[place];
            let Ok(index) = u16::try_from(place).map(DatasetIndex) else {
                continue;
            };
            if copy.finished || !copy.is_sent() || self.is_waiting(index, now) {
                continue;
            }
            if copy.has_begun()
                || self.may_begin(index).await? && self.index_is_whole(index).await?
            {
                return Ok(Some(index));
            }
        }
        Ok(None)
    }

    async fn begin_next_copy(&mut self, now: Instant) -> Result<bool, CaptureError> {
        let Some(index) = self.next_copy(now).await? else {
            return Ok(false);
        };
        if !self.copies[index.place()].has_begun() {
            let start = self.version_now().await?;
            let copy = &mut self.copies[index.place()];
            copy.start = start.to_hex();
            copy.began_at_us = Some(now_us());
            copy.judged_day = Some(rules::today(now_us()));
            let name = self.datasets[index.place()].name();
            self.state.copy(name, copy).await?;
        }
        let dataset = &self.datasets[index.place()];
        let copy = &self.copies[index.place()];
        tracing::info!(
            dataset = dataset.name(),
            rows_done = copy.rows,
            sweep = copy.sweep,
            "copy started"
        );
        dataset.standing.set_phase(Phase::Copying);
        dataset.standing.set_fill_absent(true);
        self.work.cursor =
            Some(CopyCursor { dataset: index, after: copy.after.clone(), at_the_end: false });
        Ok(true)
    }

    /// Rows that are older were sent before now.
    async fn version_now(&mut self) -> Result<Version, CaptureError> {
        Ok(Version { epoch: self.epoch, commit_lsn: self.reader.current_lsn().await?, ordinal: 0 })
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
                self.begin_again(dataset).await?;
                self.settle(unit);
                Ok(())
            }
            Notice::Halted(dataset, unit, why) => {
                self.start_over(dataset, Some(Cause::new("BG0220", why, now_us()))).await?;
                self.settle(unit);
                Ok(())
            }
            Notice::Replaced(dataset, unit) => {
                let copy = &self.copies[dataset.place()];
                let rows = copy.rows_to_copy(0);
                if !copy.finished || rows <= self.settings.recopy_rows {
                    tracing::warn!(
                        code = "BG0240",
                        dataset = self.datasets[dataset.place()].name(),
                        "another table, or another column, has taken a name; it is copied again and swept"
                    );
                    self.begin_again(dataset).await?;
                } else if copy.awaited.is_none() {
                    let why = "another table, or another column, had taken a name".to_owned();
                    self.await_yes(dataset, why, rows).await?;
                }
                self.settle(unit);
                Ok(())
            }
            Notice::Part(dataset, unit, part, xid) => {
                self.part_met(dataset, part, xid).await?;
                self.settle(unit);
                Ok(())
            }
            Notice::Fits(dataset) => {
                self.look_soon(dataset);
                Ok(())
            }
            Notice::Unread(dataset, unit, keys) => {
                let owed = keys.into_iter().map(|key| OwedKey { key, asked_by_open: false });
                self.owe(dataset, owed.collect(), Some(unit)).await
            }
        }
    }

    fn settle(&self, unit: UnitId) {
        self.delivery.settle(unit);
    }

    /// From the beginning; what is halted stays so, and begins once it fits.
    async fn begin_again(&mut self, index: DatasetIndex) -> Result<(), CaptureError> {
        let halted = self.copies[index.place()].halted.clone();
        self.start_over(index, halted).await
    }

    /// From the beginning, or halted until the cause is gone.
    async fn start_over(
        &mut self,
        index: DatasetIndex,
        halted: Option<Cause>,
    ) -> Result<(), CaptureError> {
        self.give_up_copy(index);
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        let halted = halted.map(|cause| cause.after(copy.halted.as_ref()));
        *copy = CopyState { halted, ..copy.again() };
        self.state.copy(dataset.name(), copy).await?;
        dataset.standing.set_phase(copy.phase());
        dataset.standing.set_fill_absent(copy.is_sent());
        dataset.standing.set_copied_rows(0);
        if copy.halted.is_some() {
            let now = Instant::now();
            let trouble = self.work.halts.entry(index);
            trouble.or_insert_with(|| NextAsk::new(now));
        }
        if !copy.is_sent() {
            self.work.keys.retain(|keys| keys.dataset != index);
        }
        // Last: a change sent from here on has its absent columns filled, and a copy that begins later
        // reads what was committed before.
        dataset.standing.set_paused(copy.paused.is_some());
        dataset.standing.set_halted(copy.halted.is_some());
        self.prints[index.place()].forget_beginning();
        self.show(index);
        self.signals_done().await
    }

    fn read_owed(&mut self, dataset: DatasetIndex, owed: &[OwedKey]) {
        for asked_by_open in [false, true] {
            let keys: Vec<_> = owed
                .iter()
                .filter(|owed| owed.asked_by_open == asked_by_open)
                .map(|owed| owed.key.clone())
                .collect();
            if !keys.is_empty() {
                self.work.keys.push_back(KeysToRead {
                    dataset,
                    keys,
                    asked_by: asked_by_open.then_some(Side::Open),
                    of_signals: false,
                });
            }
        }
    }

    async fn wanted(&mut self, wanted: Wanted) -> Result<(), CaptureError> {
        for (dataset, ask) in wanted.datasets {
            self.look_soon(dataset);
            let copy = &mut self.copies[dataset.place()];
            match (ask, copy.paused.is_some()) {
                (Ask::Copy, _) => {}
                (Ask::Pause, false) => {
                    copy.paused = Some(wanted.asker.to_string());
                    copy.paused_at_us = Some(now_us());
                }
                (Ask::Resume, true) => (copy.paused, copy.paused_at_us) = (None, None),
                (Ask::Pause, true) | (Ask::Resume, false) => continue,
            }
            // What is halted stays so: asking for a copy does not mend its table. But it has been looked at.
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
        let keys = wanted.keys.into_iter().filter(sent).map(|wanted| KeysToRead {
            dataset: wanted.dataset,
            keys: wanted.keys,
            asked_by: Some(wanted.side),
            of_signals: true,
        });
        self.work.keys.extend(keys);
        self.work.signals_next = Some((wanted.asker, wanted.next_offset));
        self.signals_done().await
    }

    /// Writes the signals' position down once nothing asked for by them is left to do.
    async fn signals_done(&mut self) -> Result<(), CaptureError> {
        let under_way = self
            .work
            .in_flight
            .iter()
            .any(|chunk| matches!(&chunk.part, InFlightPart::Keys(keys) if keys.of_signals));
        if !self.work.keys.iter().any(|keys| keys.of_signals)
            && !under_way
            && let Some((asker, next)) = self.work.signals_next.take()
        {
            self.state.signals(&asker, next).await?;
        }
        Ok(())
    }
}
