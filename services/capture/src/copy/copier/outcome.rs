//! What came of a chunk: Kafka has it, or it must be read again.

use std::time::Duration;

use bangioc_change::progress::{Phase, ProgressRecord, Sweep};
use bangioc_schemas::names::Side;

use super::{Copier, InFlightPart};
use crate::clock::now_us;
use crate::copy::handover::Handover;
use crate::error::CaptureError;
use crate::notice::Why;
use crate::state::LastCopy;
use crate::unit::{ChunkId, DatasetIndex};

/// Before a chunk is read again: what was invisible a moment ago should be visible then.
const RETAKE_PAUSE: Duration = Duration::from_millis(50);

impl Copier {
    pub(super) async fn done(&mut self, id: ChunkId) -> Result<(), CaptureError> {
        // Not the first: a chunk given up whose rows were sent all the same.
        if self.work.in_flight.front().is_none_or(|chunk| chunk.id != id) {
            return Ok(());
        }
        let Some(chunk) = self.work.in_flight.pop_front() else {
            return Ok(());
        };
        let name = self.datasets[chunk.dataset.place()].name().to_owned();
        self.metrics.chunks.of(&[&name, "done"]).inc();
        match chunk.part {
            InFlightPart::Keys(keys) if keys.of_signals => self.signals_done().await,
            InFlightPart::Keys(keys) => {
                let copy = &mut self.copies[chunk.dataset.place()];
                let by_open = keys.asked_by == Some(Side::Open);
                copy.owed
                    .retain(|owed| owed.asked_by_open != by_open || !keys.keys.contains(&owed.key));
                self.state.copy(&name, copy).await
            }
            InFlightPart::Range { last, rows, to_the_end, .. } => {
                let copy = &mut self.copies[chunk.dataset.place()];
                copy.after = last;
                copy.rows += rows;
                if to_the_end {
                    self.finish(chunk.dataset).await?;
                }
                let copy = &self.copies[chunk.dataset.place()];
                self.state.copy(&name, copy).await?;
                self.datasets[chunk.dataset.place()].standing.set_copied_rows(copy.rows);
                Ok(())
            }
        }
    }

    async fn finish(&mut self, index: DatasetIndex) -> Result<(), CaptureError> {
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        if copy.sweep {
            for feed in dataset.feeds() {
                // Everything of the copy lies before these offsets: it is acknowledged.
                let offsets = self.delivery.offsets(feed.index);
                let sweep = Sweep::new(feed.topic.clone(), copy.start_version(), offsets);
                self.progress.append(feed.side, &ProgressRecord::Sweep(sweep)).await?;
            }
        }
        copy.finished = true;
        let done_at_us = now_us();
        copy.last = copy.began_at_us.map(|began| {
            #[expect(clippy::cast_precision_loss, reason = "seconds for a person")]
            let seconds = (done_at_us - began).max(0) as f64 / 1e6;
            LastCopy { rows: copy.rows, seconds, done_at_us }
        });
        copy.sweep = false;
        copy.after = None;
        tracing::info!(dataset = dataset.name(), rows = copy.rows, "copy done");
        dataset.standing.set_fill_absent(false);
        dataset.standing.set_phase(Phase::Streaming);
        self.work.cursor = None;
        self.work.halts.remove(&index);
        self.show(index);
        Ok(())
    }

    pub(super) fn retake(&mut self, id: ChunkId, why: Why) {
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
            InFlightPart::Keys(wanted) => self.work.keys.push_front(wanted),
            InFlightPart::Range { from, .. } => {
                // Chunks behind it are given up as well: a copy goes on from the last key done.
                self.give_up_ranges(chunk.dataset);
                if let Some(cursor) =
                    self.work.cursor.as_mut().filter(|cursor| cursor.dataset == chunk.dataset)
                {
                    cursor.after = from;
                    cursor.at_the_end = false;
                }
            }
        }
        self.work.pause = Some(RETAKE_PAUSE);
    }

    /// Nothing more of it is read; what was read and not yet taken by Kafka counts for nothing.
    pub(super) fn give_up_copy(&mut self, dataset: DatasetIndex) {
        self.give_up_ranges(dataset);
        self.work.cursor.take_if(|cursor| cursor.dataset == dataset);
    }

    fn give_up_ranges(&mut self, dataset: DatasetIndex) {
        let handover = &self.handover;
        self.work.in_flight.retain(|chunk| {
            let given_up =
                chunk.dataset == dataset && matches!(chunk.part, InFlightPart::Range { .. });
            if given_up {
                let _ = handover.send(Handover::Forget(chunk.id));
            }
            !given_up
        });
    }
}
