//! Changes that wait for columns to be read back, and those behind them. Order is all that matters here:
//! once one change waits, everything after it waits too, for at most one batch.

use std::collections::HashMap;

use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Absence, Cell, Row, RowBuf};

use super::read_back::ReadBack;
use crate::change::{Change, ChangeBuf};
use crate::dataset::Dataset;
use crate::error::CaptureError;
use crate::tables::reader::key_texts;
use crate::unit::{DatasetIndex, UnitId};

/// Rows read back in one question, and changes that may gather behind them.
const MOST_READ: usize = 500;
const MOST_CHANGES: usize = 4_000;
const MOST_BYTES: usize = 4 << 20;

pub(crate) struct HeldChange {
    pub(crate) dataset: DatasetIndex,
    pub(crate) unit: UnitId,
    pub(crate) needs: Needs,
    change: ChangeBuf,
}

/// Which feeds need the row as the source has it now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Needs {
    /// For the columns that did not travel.
    pub(crate) shared: bool,
    /// All of it.
    pub(crate) open: bool,
}

impl Needs {
    pub(crate) fn any(self) -> bool {
        self.shared || self.open
    }
}

impl HeldChange {
    pub(crate) fn change(&self) -> Change<'_> {
        self.change.change()
    }
}

/// Rows that were read back, by their keys.
#[derive(Default)]
pub(crate) struct Current {
    rows: HashMap<DatasetIndex, HashMap<Vec<String>, RowBuf>>,
    pub(crate) unread: Vec<Unread>,
}

/// Rows of one dataset that can't be read now.
pub(crate) struct Unread {
    pub(crate) dataset: DatasetIndex,
    /// The first that needs one of them.
    pub(crate) unit: UnitId,
    pub(crate) keys: Vec<Vec<String>>,
}

impl Current {
    /// None when the row is gone, or has another key by now.
    pub(crate) fn of(&self, held: &HeldChange, contract: &Contract) -> Option<Row<'_>> {
        let rows = self.rows.get(&held.dataset).filter(|_| held.needs.any())?;
        let row = rows.get(&key_texts(contract, held.change().new?)?)?;
        Some(row.row())
    }
}

#[derive(Default)]
pub(crate) struct HeldChanges {
    changes: Vec<HeldChange>,
    to_read: usize,
    bytes: usize,
}

impl HeldChanges {
    pub(crate) fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.to_read >= MOST_READ || self.changes.len() >= MOST_CHANGES || self.bytes >= MOST_BYTES
    }

    pub(crate) fn changes(&self) -> &[HeldChange] {
        &self.changes
    }

    pub(crate) fn push(
        &mut self,
        dataset: DatasetIndex,
        change: &Change<'_>,
        unit: UnitId,
        needs: Needs,
    ) {
        let change = ChangeBuf::of(change);
        self.bytes += change.bytes();
        self.to_read += usize::from(needs.any());
        self.changes.push(HeldChange { dataset, unit, needs, change });
    }

    /// What the source holds now of the rows that are needed. That may be newer than the change: then a
    /// later change says so as well.
    pub(crate) fn read_back(
        &self,
        read_back: &mut ReadBack,
        datasets: &[Dataset],
    ) -> Result<Current, CaptureError> {
        let mut wanted: HashMap<DatasetIndex, (Unread, Vec<u32>)> = HashMap::new();
        for held in self.changes.iter().filter(|held| held.needs.any()) {
            let contract = &datasets[held.dataset.place()].contract;
            let change = held.change();
            if let Some(texts) = change.new.and_then(|row| key_texts(contract, row)) {
                let (rows, xids) = wanted.entry(held.dataset).or_insert_with(|| {
                    let unread =
                        Unread { dataset: held.dataset, unit: held.unit, keys: Vec::new() };
                    (unread, Vec::new())
                });
                rows.keys.push(texts);
                if xids.last() != Some(&change.origin.xid) {
                    xids.push(change.origin.xid);
                }
            }
        }
        let mut current = Current::default();
        for (dataset, (unread, xids)) in wanted {
            match read_back.rows(&datasets[dataset.place()], &unread.keys, &xids)? {
                Some(rows) => drop(current.rows.insert(dataset, rows)),
                None => current.unread.push(unread),
            }
        }
        Ok(current)
    }
}

/// The row with its absent columns as `current` has them. One that is gone stays as it is: a later
/// change says that.
pub(crate) fn filled(row: Row<'_>, current: Option<Row<'_>>) -> RowBuf {
    row.cells()
        .enumerate()
        .map(|(column, cell)| match (cell, current) {
            (Cell::Absent(Absence::Toast), Some(current)) => current.cell(column),
            _ => cell,
        })
        .collect()
}
