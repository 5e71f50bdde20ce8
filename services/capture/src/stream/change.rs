//! Row messages of the stream → events: which row, which version, in which order they leave.

use bangioc_change::event::{ChangeEvent, Operation};
use bangioc_change::pgoutput::Tuple;
use bangioc_change::version::{Lsn, Version};
use bangioc_schemas::row::{Absence, Cell, Row, RowBuf};

use super::held::Held;
use super::outlet::{Outlet, Unsent};
use super::relations::Target;
use super::window::Windows;
use super::{Notice, OUTSIDE, Stream};
use crate::dataset::Dataset;
use crate::delivery::{DatasetIndex, UnitId};
use crate::error::CaptureError;
use crate::replication::WalStream;

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
        let Some(target) = work.relations.target(relation) else {
            return Ok(());
        };
        let dataset = target.dataset;
        if let Err(why) = target.layout.read(new, &mut work.after) {
            return self.halt(dataset, why.to_string());
        }
        let event = ChangeEvent {
            op: Operation::Create,
            version: transaction.version(self.epoch, ordinal),
            before: None,
            after: Some(work.after.row()),
            origin: transaction.origin(lsn),
        };
        let unit = transaction.send_one(&self.outlet.delivery);
        let outcome = emit(
            &mut self.outlet,
            &mut self.wal,
            &mut self.windows,
            &mut work.held,
            &self.datasets,
            dataset,
            &event,
            unit,
            false,
        );
        self.outcome(outcome, dataset)
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
        let Some(target) = work.relations.target(relation) else {
            return Ok(());
        };
        let dataset = target.dataset;
        let old = old_full.or(old_key);
        let read = target
            .layout
            .read(new, &mut work.after)
            .and_then(|()| old.map_or(Ok(()), |old| target.layout.read(old, &mut work.before)));
        if let Err(why) = read {
            return self.halt(dataset, why.to_string());
        }
        let key = &self.datasets[dataset.place()].contract.key;
        if old.is_some() {
            complete_from_old(&mut work.after, &work.before, key, old_full.is_some());
        }
        let moved = old.is_some()
            && key
                .iter()
                .any(|column| work.before.row().cell(*column) != work.after.row().cell(*column));
        let (version, origin) = (
            transaction.version(self.epoch, ordinal),
            transaction.origin(lsn),
        );
        let event = |op, version, before, after| ChangeEvent {
            op,
            version,
            before,
            after,
            origin,
        };
        let outcome = if moved {
            // To readers this is a row that goes and a row that comes: the two may be in different partitions.
            let gone = event(Operation::Delete, version, Some(work.before.row()), None);
            let unit = transaction.send_one(&self.outlet.delivery);
            let first = emit(
                &mut self.outlet,
                &mut self.wal,
                &mut self.windows,
                &mut work.held,
                &self.datasets,
                dataset,
                &gone,
                unit,
                false,
            );
            first.and_then(|()| {
                let come = event(
                    Operation::Create,
                    Version {
                        ordinal: version.ordinal + 1,
                        ..version
                    },
                    None,
                    Some(work.after.row()),
                );
                let unit = transaction.send_one(&self.outlet.delivery);
                emit(
                    &mut self.outlet,
                    &mut self.wal,
                    &mut self.windows,
                    &mut work.held,
                    &self.datasets,
                    dataset,
                    &come,
                    unit,
                    true,
                )
            })
        } else {
            let before = if old_full.is_some() {
                Some(work.before.row())
            } else {
                None
            };
            let event = event(Operation::Update, version, before, Some(work.after.row()));
            let unit = transaction.send_one(&self.outlet.delivery);
            emit(
                &mut self.outlet,
                &mut self.wal,
                &mut self.windows,
                &mut work.held,
                &self.datasets,
                dataset,
                &event,
                unit,
                false,
            )
        };
        self.outcome(outcome, dataset)
    }

    pub(super) fn delete(
        &mut self,
        lsn: Lsn,
        relation: u32,
        old: Option<Tuple<'_>>,
    ) -> Result<(), CaptureError> {
        let work = &mut self.work;
        let transaction = work.transaction.as_mut().ok_or(OUTSIDE)?;
        let ordinal = transaction.next_ordinal();
        let (Some(target), Some(old)) = (work.relations.target(relation), old) else {
            return Ok(());
        };
        let dataset = target.dataset;
        if let Err(why) = target.layout.read(old, &mut work.before) {
            return self.halt(dataset, why.to_string());
        }
        let event = ChangeEvent {
            op: Operation::Delete,
            version: transaction.version(self.epoch, ordinal),
            before: Some(work.before.row()),
            after: None,
            origin: transaction.origin(lsn),
        };
        let unit = transaction.send_one(&self.outlet.delivery);
        let outcome = emit(
            &mut self.outlet,
            &mut self.wal,
            &mut self.windows,
            &mut work.held,
            &self.datasets,
            dataset,
            &event,
            unit,
            false,
        );
        self.outcome(outcome, dataset)
    }

    /// One message may name several tables; it counts once among the transaction's messages.
    pub(super) fn truncate(&mut self, lsn: Lsn, relations: &[u32]) -> Result<(), CaptureError> {
        self.flush_held()?;
        let ordinal = self
            .work
            .transaction
            .as_mut()
            .ok_or(OUTSIDE)?
            .next_ordinal();
        for relation in relations {
            let work = &mut self.work;
            let transaction = work.transaction.as_mut().ok_or(OUTSIDE)?;
            let Some(Target { dataset, .. }) = work.relations.target(*relation) else {
                continue;
            };
            let dataset = *dataset;
            self.windows.truncated(dataset);
            if self.datasets[dataset.place()].contract.truncate {
                let event = ChangeEvent {
                    op: Operation::Truncate,
                    version: transaction.version(self.epoch, ordinal),
                    before: None,
                    after: None,
                    origin: transaction.origin(lsn),
                };
                let unit = transaction.send_one(&self.outlet.delivery);
                let outcome = emit(
                    &mut self.outlet,
                    &mut self.wal,
                    &mut self.windows,
                    &mut work.held,
                    &self.datasets,
                    dataset,
                    &event,
                    unit,
                    false,
                );
                self.outcome(outcome, dataset)?;
            } else {
                // There is no order between partitions: the table is copied again, and swept.
                let unit = transaction.unit(&self.outlet.delivery);
                self.outlet.delivery.hold(unit);
                let _ = self.notices.send(Notice::Truncated(dataset, unit));
            }
        }
        Ok(())
    }

    fn outcome(
        &mut self,
        outcome: Result<(), Unsent>,
        dataset: DatasetIndex,
    ) -> Result<(), CaptureError> {
        if self.work.held.is_full() {
            self.flush_held()?;
        }
        match outcome {
            Ok(()) => Ok(()),
            Err(Unsent::Failed(failure)) => Err(failure),
            Err(Unsent::NoKey(why)) => {
                // It was counted as sent.
                if let Some(transaction) = &mut self.work.transaction {
                    transaction.sent -= 1;
                }
                self.halt(dataset, why.to_string())
            }
        }
    }
}

/// Sends an event, or holds it: when columns are absent that should not be (`complete`: always, else
/// while the dataset is copied), and when it must not overtake one that is held.
#[expect(
    clippy::too_many_arguments,
    reason = "the fields of the stream, borrowed one by one since rows borrow the rest"
)]
#[inline]
fn emit(
    outlet: &mut Outlet,
    wal: &mut WalStream,
    windows: &mut Windows,
    held: &mut Held,
    datasets: &[Dataset],
    index: DatasetIndex,
    event: &ChangeEvent<'_>,
    unit: UnitId,
    complete: bool,
) -> Result<(), Unsent> {
    let dataset = &datasets[index.place()];
    if held.is_empty() {
        let absent = event.after.is_some_and(|row| row.has_absent());
        if !absent || !(complete || dataset.standing.fills_absent()) {
            return outlet.encode_and_send(wal, windows, dataset, index, event, unit);
        }
    }
    let fill = event.after.is_some_and(|row| row.has_absent())
        && (complete || dataset.standing.fills_absent());
    // Encoded once to know that its key can be: a held event must not fail later.
    outlet.encode(dataset, event).map_err(Unsent::NoKey)?;
    held.push(index, event, unit, fill);
    Ok(())
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
