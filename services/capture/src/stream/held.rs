//! Events that wait for columns to be read back, and those behind them. Order is all that matters here:
//! once one event waits, everything after it waits too, for at most one batch.

use std::collections::HashMap;

use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::Version;
use bangioc_schemas::row::{Absence, Cell, Row, RowBuf};

use crate::copy::read_back::ReadBack;
use crate::copy::reader::key_texts;
use crate::dataset::Dataset;
use crate::delivery::{DatasetIndex, UnitId};
use crate::error::CaptureError;

/// Rows read back in one question, and events that may gather behind them.
const MOST_FILLED: usize = 500;
const MOST_EVENTS: usize = 4_000;
const MOST_BYTES: usize = 4 << 20;

pub(crate) struct HeldEvent {
    pub(crate) dataset: DatasetIndex,
    pub(crate) unit: UnitId,
    op: Operation,
    version: Version,
    origin: Origin,
    before: Option<RowBuf>,
    after: Option<RowBuf>,
    fill: bool,
}

impl HeldEvent {
    pub(crate) fn event(&self) -> ChangeEvent<'_> {
        ChangeEvent {
            op: self.op,
            version: self.version,
            before: self.before.as_ref().map(RowBuf::row),
            after: self.after.as_ref().map(RowBuf::row),
            origin: self.origin,
        }
    }
}

#[derive(Default)]
pub(crate) struct Held {
    events: Vec<HeldEvent>,
    to_fill: usize,
    bytes: usize,
}

impl Held {
    pub(crate) fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.to_fill >= MOST_FILLED || self.events.len() >= MOST_EVENTS || self.bytes >= MOST_BYTES
    }

    pub(crate) fn events(&self) -> &[HeldEvent] {
        &self.events
    }

    pub(crate) fn clear(&mut self) {
        *self = Held::default();
    }

    pub(crate) fn push(
        &mut self,
        dataset: DatasetIndex,
        event: &ChangeEvent<'_>,
        unit: UnitId,
        fill: bool,
    ) {
        let rows = [event.before, event.after];
        self.bytes += rows
            .iter()
            .flatten()
            .flat_map(Row::cells)
            .filter_map(Cell::text)
            .map(str::len)
            .sum::<usize>();
        self.to_fill += usize::from(fill);
        let [before, after] = rows.map(|row| row.map(|row| row.cells().collect()));
        self.events.push(HeldEvent {
            dataset,
            unit,
            op: event.op,
            version: event.version,
            origin: event.origin,
            before,
            after,
            fill,
        });
    }

    /// Fills absent columns with what the source holds now. That may be newer than the event: then a
    /// later event says so as well. A row that is gone or has another key by now stays incomplete: a
    /// later event says that. Returns how many rows were found.
    pub(crate) fn read_back(
        &mut self,
        read_back: &mut ReadBack,
        datasets: &[Dataset],
    ) -> Result<u64, CaptureError> {
        let mut wanted: HashMap<DatasetIndex, (Vec<Vec<String>>, Vec<u32>)> = HashMap::new();
        for event in self.events.iter().filter(|event| event.fill) {
            let key = &datasets[event.dataset.place()].contract.key;
            if let Some(texts) = event
                .after
                .as_ref()
                .and_then(|row| key_texts(key, row.row()))
            {
                let (keys, xids) = wanted.entry(event.dataset).or_default();
                keys.push(texts);
                if xids.last() != Some(&event.origin.xid) {
                    xids.push(event.origin.xid);
                }
            }
        }
        let mut filled = 0;
        for (dataset, (keys, xids)) in wanted {
            let contract = &datasets[dataset.place()].contract;
            let found = read_back.rows(&datasets[dataset.place()], &keys, &xids)?;
            for event in self
                .events
                .iter_mut()
                .filter(|event| event.fill && event.dataset == dataset)
            {
                let Some(after) = &mut event.after else {
                    continue;
                };
                let Some(current) =
                    key_texts(&contract.key, after.row()).and_then(|key| found.get(&key))
                else {
                    continue;
                };
                filled += 1;
                for column in 0..contract.columns.len() {
                    if after.row().cell(column) == Cell::Absent(Absence::Toast) {
                        after.set(column, current.row().cell(column));
                    }
                }
            }
        }
        Ok(filled)
    }
}
