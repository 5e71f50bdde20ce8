//! Where a change leaves: whole to the shared feed, cut to the open one. At once, or held until columns
//! that it lacks are read back.

use bangioc_change::event::{ChangeEvent, Operation};
use bangioc_schemas::row::RowBuf;
use tokio::sync::mpsc::UnboundedSender;

use super::held::{HeldChanges, Needs, filled};
use super::outlet::{Outlet, Unsent};
use super::read_back::ReadBack;
use super::transaction::Transaction;
use crate::change::Change;
use crate::cut::{Cut, Recipient};
use crate::dataset::{Dataset, Feed};
use crate::error::CaptureError;
use crate::notice::Notice;
use crate::unit::UnitId;

pub(crate) struct Feeds {
    pub(crate) outlet: Outlet,
    read_back: ReadBack,
    held: HeldChanges,
    notices: UnboundedSender<Notice>,
    /// The open row of the change in hand.
    cut: RowBuf,
}

impl Feeds {
    pub(crate) fn new(
        outlet: Outlet,
        read_back: ReadBack,
        notices: UnboundedSender<Notice>,
    ) -> Feeds {
        Feeds { outlet, read_back, held: HeldChanges::default(), notices, cut: RowBuf::default() }
    }

    /// Sends a change, or holds it: when the row must be read back first, and when it must not overtake
    /// one that is held. A row that comes under a new key comes whole, and so does every row while its
    /// dataset is copied: readers may not have it yet.
    #[inline]
    pub(super) fn deliver(
        &mut self,
        dataset: &Dataset,
        change: &Change<'_>,
        transaction: &mut Transaction,
    ) -> Result<(), Unsent> {
        let reader =
            if dataset.standing.fills_absent() { Recipient::MayLackRow } else { Recipient::HasRow };
        let cut = match &dataset.open {
            None => Cut::Nothing,
            Some(open) => open.cutter.cut(change, reader, self.outlet.now_us, &mut self.cut),
        };
        let comes = change.op == Operation::Create || reader == Recipient::MayLackRow;
        let needs =
            Needs { shared: comes && change.lacks_columns(), open: cut == Cut::NeedsWholeRow };
        let unit = transaction.unit(&self.outlet.delivery);
        if needs.any() || !self.held.is_empty() {
            // Encoded once to know that its key can be: a held change must not fail later.
            self.outlet.encode(&dataset.shared, &change.shared())?;
            self.outlet.delivery.hold(unit);
            self.held.push(dataset.shared.dataset, change, unit, needs);
            return Ok(());
        }
        self.outlet.emit(&dataset.shared, &change.shared(), unit)?;
        transaction.sent += 1;
        if let (Some(open), Some(event)) = (&dataset.open, cut.event(change, &self.cut)) {
            self.outlet.emit(&open.feed, &event, unit)?;
            transaction.sent += 1;
        }
        Ok(())
    }

    pub(super) fn holds_enough(&self) -> bool {
        self.held.is_full()
    }

    /// Reads back what the held changes lack, and sends them in order. Of rows that can't be read now, what
    /// travelled is sent, and to the open side nothing that only the whole row could tell; they are read later,
    /// and their units are not done before that is written down.
    pub(super) fn flush(&mut self, datasets: &[Dataset]) -> Result<(), CaptureError> {
        if self.held.is_empty() {
            return Ok(());
        }
        let held = std::mem::take(&mut self.held);
        let mut current = held.read_back(&mut self.read_back, datasets)?;
        for unread in current.unread.drain(..) {
            self.outlet.delivery.hold(unread.unit);
            let notice = Notice::Unread(unread.dataset, unread.unit, unread.keys);
            let _ = self.notices.send(notice);
        }
        for held in held.changes() {
            let dataset = &datasets[held.dataset.place()];
            let current = current.of(held, &dataset.contract);
            if current.is_some() {
                self.outlet.metrics.read_backs.inc();
            }
            let change = held.change();
            let whole = change.new.filter(|_| held.needs.shared).map(|row| filled(row, current));
            let shared = ChangeEvent {
                after: whole.as_ref().map(RowBuf::row).or(change.new),
                ..change.shared()
            };
            emit_held(&mut self.outlet, &dataset.shared, &shared, held.unit)?;
            if let Some(open) = &dataset.open {
                let (now_us, cut) = (self.outlet.now_us, &mut self.cut);
                let told = if held.needs.open {
                    open.cutter.cut_whole(&change, current, now_us, cut)
                } else {
                    open.cutter.cut(&change, Recipient::HasRow, now_us, cut)
                };
                if let Some(event) = told.event(&change, &self.cut) {
                    emit_held(&mut self.outlet, &open.feed, &event, held.unit)?;
                }
            }
            self.outlet.delivery.settle(held.unit);
        }
        Ok(())
    }
}

/// The transaction of a held change may have ended: each record of it counts on its own.
fn emit_held(
    outlet: &mut Outlet,
    feed: &Feed,
    event: &ChangeEvent<'_>,
    unit: UnitId,
) -> Result<(), CaptureError> {
    outlet.delivery.hold(unit);
    match outlet.emit(feed, event, unit) {
        Ok(()) => Ok(()),
        Err(Unsent::Failed(failure)) => Err(failure),
        // Its key was there when it came; only a defect ends here.
        Err(Unsent::NoKey(_)) => {
            Err(CaptureError::Internal { what: "a held change without a key" })
        }
    }
}
