//! Reads one chunk between two marks and hands it to the stream.

use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::failpoint;
use bangioc_schemas::names::Side;

use super::{Copier, InFlight, InFlightPart, KeysToRead, OwedKey};
use crate::copy::MARK;
use crate::copy::handover::{Chunk, Handover};
use crate::copy::mark::Mark;
use crate::error::CaptureError;
use crate::tables::reader::key_texts;
use crate::tables::text::Rows;
use crate::unit::{ChunkId, DatasetIndex};

impl Copier {
    pub(super) async fn read_range(&mut self) -> Result<(), CaptureError> {
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
            .range(&dataset.table(), columns, from.as_deref(), self.settings.chunk_rows)
            .await;
        let read = match read {
            Ok(read) => read,
            Err(failure) => {
                let _ = self.handover.send(Handover::Forget(id));
                return self.table_failed(index, failure).await;
            }
        };
        self.table_answers(index).await?;
        let rows = read.rows.len() as u64;
        let last = match read.rows.len().checked_sub(1) {
            Some(last) => key_texts(&dataset.contract, read.rows.row(last)),
            None => from.clone(),
        };
        if let Some(cursor) = &mut self.work.cursor {
            cursor.after.clone_from(&last);
            cursor.at_the_end = read.to_the_end;
        }
        self.work.in_flight.push_back(InFlight {
            id,
            dataset: index,
            part: InFlightPart::Range { from, last, rows, to_the_end: read.to_the_end },
        });
        self.high_mark(Chunk {
            id,
            seen_by: read.seen_by,
            rows: read.rows,
            missing: Vec::new(),
            asked_by: None,
        })
        .await?;
        if let Some(pause) = (rows * 1000).checked_div(self.settings.rows_per_second) {
            self.work.pause = Some(Duration::from_millis(pause));
        }
        Ok(())
    }

    pub(super) async fn read_keys(&mut self, wanted: KeysToRead) -> Result<(), CaptureError> {
        let index = wanted.dataset;
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let (key, columns) = (&dataset.contract.key, dataset.contract.columns.len());
        let id = self.low_mark(index).await?;
        let read = match self.reader.by_keys(&dataset.table(), columns, &wanted.keys).await {
            Ok(read) => read,
            // 22: a text that is no value of its column's type. Which of them, only asking one by one tells.
            Err(CaptureError::Question { sqlstate, .. }) if sqlstate.starts_with("22") => {
                let _ = self.handover.send(Handover::Forget(id));
                return self.not_all_are_keys(wanted).await;
            }
            Err(failure) => {
                let _ = self.handover.send(Handover::Forget(id));
                return self.keys_failed(wanted, failure).await;
            }
        };
        self.table_answers(index).await?;
        let mut rows = Rows::new(columns);
        let mut missing = Vec::new();
        for (place, found) in read.found.iter().enumerate() {
            let row = read.row(place, key, columns);
            if *found {
                rows.push_cells(row.row().cells());
            } else {
                missing.push(row);
            }
        }
        let asked_by = wanted.asked_by;
        self.work.in_flight.push_back(InFlight {
            id,
            dataset: index,
            part: InFlightPart::Keys(wanted),
        });
        self.high_mark(Chunk { id, seen_by: read.seen_by, rows, missing, asked_by }).await
    }

    async fn not_all_are_keys(&mut self, wanted: KeysToRead) -> Result<(), CaptureError> {
        if let [key] = wanted.keys.as_slice() {
            let dataset = self.datasets[wanted.dataset.place()].name();
            tracing::warn!(
                dataset,
                "asked to copy a key that its column's type does not allow; ignored"
            );
            let copy = &mut self.copies[wanted.dataset.place()];
            if copy.owed.iter().any(|owed| owed.key == *key) {
                copy.owed.retain(|owed| owed.key != *key);
                self.state.copy(dataset, copy).await?;
            }
            return self.signals_done().await;
        }
        let one = |key| KeysToRead { keys: vec![key], ..wanted };
        self.work.keys.extend(wanted.keys.into_iter().map(one));
        Ok(())
    }

    /// Keys that can't be read now are owed: who asked for others must not wait for them.
    async fn keys_failed(
        &mut self,
        wanted: KeysToRead,
        failure: CaptureError,
    ) -> Result<(), CaptureError> {
        let index = wanted.dataset;
        self.table_failed(index, failure).await?;
        if !self.copies[index.place()].is_sent() {
            return self.signals_done().await;
        }
        if !wanted.of_signals {
            self.work.keys.push_back(wanted);
            return Ok(());
        }
        let asked_by_open = wanted.asked_by == Some(Side::Open);
        let owed = wanted.keys.into_iter().map(|key| OwedKey { key, asked_by_open });
        self.owe(index, owed.collect(), None).await?;
        self.signals_done().await
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
}
