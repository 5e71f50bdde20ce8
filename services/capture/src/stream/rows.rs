//! Row messages of the stream → changes: which row, which version, in which order.

use bangioc_change::event::Operation;
use bangioc_change::pgoutput::Tuple;
use bangioc_change::version::{Lsn, Version};
use bangioc_schemas::contract::ColumnType;
use bangioc_schemas::identity;
use bangioc_schemas::row::{Absence, Cell, Row, RowBuf};

use super::outlet::Unsent;
use super::relations::CarriedTable;
use super::{OUTSIDE, Stream};
use crate::change::{Change, Old};
use crate::error::CaptureError;
use crate::notice::Notice;
use crate::unit::DatasetIndex;

impl Stream {
    pub(super) fn insert(
        &mut self,
        lsn: Lsn,
        relation: u32,
        new: Tuple<'_>,
    ) -> Result<(), CaptureError> {
        let work = &mut self.work;
        let transaction = work.transaction.as_mut().ok_or(OUTSIDE)?;
        let ordinal = transaction.next_ordinal();
        let Some(target) = work.relations.target(relation, &self.datasets) else {
            return Ok(());
        };
        let index = target.dataset;
        if let Err(why) = target.layout.read(new, &mut work.after) {
            return self.halt(index, why.to_string());
        }
        let change = Change {
            op: Operation::Create,
            version: transaction.version(self.epoch, ordinal),
            origin: transaction.origin(lsn),
            old: Old::Unsaid,
            new: Some(work.after.row()),
        };
        let dataset = &self.datasets[index.place()];
        let outcome = self.feeds.deliver(dataset, &change, transaction);
        self.outcome(outcome, index)
    }

    pub(super) fn update(
        &mut self,
        lsn: Lsn,
        relation: u32,
        old_key: Option<Tuple<'_>>,
        old_full: Option<Tuple<'_>>,
        new: Tuple<'_>,
    ) -> Result<(), CaptureError> {
        let work = &mut self.work;
        let transaction = work.transaction.as_mut().ok_or(OUTSIDE)?;
        let ordinal = transaction.next_ordinal();
        let Some(target) = work.relations.target(relation, &self.datasets) else {
            return Ok(());
        };
        let index = target.dataset;
        let (old_key, old_full) =
            if target.half_said { (old_key.or(old_full), None) } else { (old_key, old_full) };
        let said = old_full.or(old_key);
        let read = target
            .layout
            .read(new, &mut work.after)
            .and_then(|()| said.map_or(Ok(()), |old| target.layout.read(old, &mut work.before)));
        if let Err(why) = read {
            return self.halt(index, why.to_string());
        }
        let dataset = &self.datasets[index.place()];
        let contract = &dataset.contract;
        let key = &contract.key;
        if said.is_some() {
            complete_from_old(&mut work.after, &work.before, key, old_full.is_some());
        }
        let (before, after) = (work.before.row(), work.after.row());
        let old = match (old_full, old_key) {
            (Some(_), _) => Old::Whole(before),
            (None, Some(_)) => Old::Identity(before),
            (None, None) => Old::Unsaid,
        };
        if old_full.is_some() && before.cells().eq(after.cells()) {
            // A sign of life of the application's, or a column that is not ours.
            self.feeds.outlet.metrics.unchanged.inc();
            return Ok(());
        }
        let (version, origin) = (transaction.version(self.epoch, ordinal), transaction.origin(lsn));
        let change = |op, version, old, new| Change { op, version, origin, old, new };
        let moved = said.is_some()
            && key.iter().any(|&column| {
                !is_same_key(
                    &contract.columns[column].column_type,
                    before.cell(column),
                    after.cell(column),
                )
            });
        let outcome = if moved {
            // To readers this is a row that goes and a row that comes: the two may be in different partitions.
            let gone = change(Operation::Delete, version, old, None);
            let later = Version { ordinal: version.ordinal + 1, ..version };
            let come = change(Operation::Create, later, Old::Unsaid, Some(after));
            self.feeds
                .deliver(dataset, &gone, transaction)
                .and_then(|()| self.feeds.deliver(dataset, &come, transaction))
        } else {
            let stays = change(Operation::Update, version, old, Some(after));
            self.feeds.deliver(dataset, &stays, transaction)
        };
        self.outcome(outcome, index)
    }

    pub(super) fn delete(
        &mut self,
        lsn: Lsn,
        relation: u32,
        old_key: Option<Tuple<'_>>,
        old_full: Option<Tuple<'_>>,
    ) -> Result<(), CaptureError> {
        let work = &mut self.work;
        let transaction = work.transaction.as_mut().ok_or(OUTSIDE)?;
        let ordinal = transaction.next_ordinal();
        let (Some(target), Some(said)) =
            (work.relations.target(relation, &self.datasets), old_full.or(old_key))
        else {
            return Ok(());
        };
        let index = target.dataset;
        if let Err(why) = target.layout.read(said, &mut work.before) {
            return self.halt(index, why.to_string());
        }
        let old = if old_full.is_some() && !target.half_said {
            Old::Whole(work.before.row())
        } else {
            Old::Identity(work.before.row())
        };
        let change = Change {
            op: Operation::Delete,
            version: transaction.version(self.epoch, ordinal),
            origin: transaction.origin(lsn),
            old,
            new: None,
        };
        let dataset = &self.datasets[index.place()];
        let outcome = self.feeds.deliver(dataset, &change, transaction);
        self.outcome(outcome, index)
    }

    /// One message may name several tables; it counts once among the transaction's messages.
    pub(super) fn truncate(&mut self, lsn: Lsn, relations: &[u32]) -> Result<(), CaptureError> {
        self.feeds.flush(&self.datasets)?;
        let ordinal = self.work.transaction.as_mut().ok_or(OUTSIDE)?.next_ordinal();
        for relation in relations {
            let work = &mut self.work;
            let transaction = work.transaction.as_mut().ok_or(OUTSIDE)?;
            let Some(CarriedTable { dataset: index, .. }) =
                work.relations.target(*relation, &self.datasets)
            else {
                continue;
            };
            let index = *index;
            let dataset = &self.datasets[index.place()];
            self.feeds.outlet.windows.truncated(index);
            if dataset.contract.truncate {
                let change = Change {
                    op: Operation::Truncate,
                    version: transaction.version(self.epoch, ordinal),
                    origin: transaction.origin(lsn),
                    old: Old::Unsaid,
                    new: None,
                };
                let outcome = self.feeds.deliver(dataset, &change, transaction);
                self.outcome(outcome, index)?;
            } else {
                // There is no order between partitions: the table is copied again, and swept.
                let delivery = &self.feeds.outlet.delivery;
                let unit = transaction.unit(delivery);
                delivery.hold(unit);
                let _ = self.notices.send(Notice::Truncated(index, unit));
            }
        }
        Ok(())
    }

    pub(super) fn outcome(
        &mut self,
        outcome: Result<(), Unsent>,
        dataset: DatasetIndex,
    ) -> Result<(), CaptureError> {
        if self.feeds.holds_enough() {
            self.feeds.flush(&self.datasets)?;
        }
        match outcome {
            Ok(()) => Ok(()),
            Err(Unsent::Failed(failure)) => Err(failure),
            Err(Unsent::NoKey(why)) => self.halt(dataset, why.to_string()),
        }
    }
}

/// Of a number PostgreSQL says the old key as well when only its form is another: 1.0, now 1.00.
fn is_same_key(column_type: &ColumnType, before: Cell<'_>, after: Cell<'_>) -> bool {
    before == after
        || identity::has_several_texts(column_type)
            && before.text().zip(after.text()).is_some_and(|(before, after)| {
                identity::of_key(column_type, before) == identity::of_key(column_type, after)
            })
}

/// What an update left alone in its new row stands in the old one, where that travels: all of it with
/// identity FULL, else a key too large for the row's own page.
fn complete_from_old(after: &mut RowBuf, before: &RowBuf, key: &[usize], full: bool) {
    let absent = |row: Row<'_>, column: usize| row.cell(column) == Cell::Absent(Absence::Toast);
    if !after.row().has_absent() {
        return;
    }
    for column in 0..after.row().len() {
        if absent(after.row(), column) && (full || key.contains(&column)) {
            after.set(column, before.row().cell(column));
        }
    }
}
