//! Reads one chunk between two marks and hands it to the stream.

use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::failpoint;

use super::{Copier, InFlight, Part};
use crate::copy::MARK;
use crate::copy::handover::{Chunk, Handover};
use crate::copy::mark::Mark;
use crate::error::CaptureError;
use crate::signal::WantedKeys;
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
            asked_by: None,
        })
        .await?;
        if let Some(pause) = (rows * 1000).checked_div(self.settings.rows_per_second) {
            self.work.pause = Some(Duration::from_millis(pause));
        }
        Ok(())
    }

    pub(super) async fn read_keys(&mut self, wanted: WantedKeys) -> Result<(), CaptureError> {
        let index = wanted.dataset;
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let (key, columns) = (&dataset.contract.key, dataset.contract.columns.len());
        let id = self.low_mark(index).await?;
        let read = match self
            .reader
            .by_keys(&dataset.table, columns, &wanted.keys)
            .await
        {
            Ok(read) => read,
            // 22: a text that is no value of its column's type. Which of them, only asking one by one tells.
            Err(CaptureError::Question { sqlstate, .. }) if sqlstate.starts_with("22") => {
                let _ = self.handover.send(Handover::Forget(id));
                if wanted.keys.len() == 1 {
                    tracing::warn!(
                        dataset = dataset.name(),
                        "asked to copy a key that its column's type does not allow; ignored"
                    );
                    self.signals_done().await?;
                } else {
                    let one = |key| WantedKeys {
                        keys: vec![key],
                        ..wanted
                    };
                    self.work.keys.extend(wanted.keys.into_iter().map(one));
                }
                return Ok(());
            }
            Err(failure) => return Err(failure),
        };
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
        let asked_by = Some(wanted.side);
        self.work.in_flight.push_back(InFlight {
            id,
            dataset: index,
            part: Part::Keys(wanted),
        });
        self.high_mark(Chunk {
            id,
            seen_by: read.seen_by,
            rows,
            missing,
            asked_by,
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
}
