//! A chunk's rows at its high mark's place, less those that the stream has outdated since its low mark.

use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::Version;
use bangioc_schemas::names::Side;
use bangioc_schemas::row::{Row, RowBuf};

use super::outlet::{Outlet, Unsent};
use super::transaction::Transaction;
use super::window::Changed;
use crate::change::{Change, Old};
use crate::copy::handover::Chunk;
use crate::cut::{Cut, Recipient};
use crate::dataset::{Dataset, Feed, OpenFeed};
use crate::unit::UnitId;

/// Where a chunk's rows enter the stream.
pub(super) struct Copied<'a> {
    pub(super) outlet: &'a mut Outlet,
    pub(super) changed: &'a Changed,
    pub(super) unit: UnitId,
    pub(super) transaction: &'a mut Transaction,
    pub(super) version: Version,
    pub(super) origin: Origin,
}

impl Copied<'_> {
    pub(super) fn send(&mut self, dataset: &Dataset, chunk: &Chunk) -> Result<(), Unsent> {
        let mut cut = RowBuf::default();
        for place in 0..chunk.rows.len() {
            let row = chunk.rows.row(place);
            let change = self.change(Operation::Read, Old::Unsaid, Some(row));
            self.emit(&dataset.shared, &change.shared())?;
            if let Some(open) = &dataset.open {
                let now_us = self.outlet.now_us;
                match open.cutter.cut(&change, Recipient::MayLackRow, now_us, &mut cut) {
                    Cut::Nothing if chunk.asked_by == Some(Side::Open) => {
                        self.gone(open, &change, &mut cut)?;
                    }
                    told => self.tell(open, told, &change, &cut)?,
                }
            }
        }
        for key in &chunk.missing {
            let change = self.change(Operation::Delete, Old::Identity(key.row()), None);
            match (chunk.asked_by, &dataset.open) {
                (Some(Side::Open), Some(open)) => self.gone(open, &change, &mut cut)?,
                _ => self.emit(&dataset.shared, &change.shared())?,
            }
        }
        Ok(())
    }

    /// Whoever asked for a key has it, so that it may hear of its end.
    fn gone(
        &mut self,
        open: &OpenFeed,
        change: &Change<'_>,
        cut: &mut RowBuf,
    ) -> Result<(), Unsent> {
        if let Some(row) = change.named_row() {
            open.cutter.key_only(row, cut);
            self.tell(open, Cut::Send(Operation::Delete), change, cut)?;
        }
        Ok(())
    }

    fn tell(
        &mut self,
        open: &OpenFeed,
        told: Cut,
        change: &Change<'_>,
        cut: &RowBuf,
    ) -> Result<(), Unsent> {
        match told.event(change, cut) {
            Some(event) => self.emit(&open.feed, &event),
            None => Ok(()),
        }
    }

    fn emit(&mut self, feed: &Feed, event: &ChangeEvent<'_>) -> Result<(), Unsent> {
        let key = self.outlet.encode(feed, event)?;
        if !self.changed.of(feed.side).contains(key) {
            self.outlet.send(feed, event.version, self.unit)?;
            self.transaction.sent += 1;
        }
        Ok(())
    }

    fn change<'r>(&self, op: Operation, old: Old<'r>, new: Option<Row<'r>>) -> Change<'r> {
        Change { op, version: self.version, origin: self.origin, old, new }
    }
}
