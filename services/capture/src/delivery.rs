//! Which transactions have arrived at Kafka whole, and so how far the source may forget.
//!
//! The stream opens a unit for a transaction that sends anything, and closes it with the number of
//! records sent; acknowledgements count down from another thread. Units are done in order only: the
//! position is the end of the last one before the first that still waits.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bangioc_change::progress::Offsets;
use bangioc_feed::error::FeedError;
use bangioc_feed::produce::Acks;
use bangioc_runtime::failpoint;
use tokio::sync::mpsc::UnboundedSender;

use crate::notice::Notice;
use crate::unit::{ChunkId, FeedIndex, Position, UnitId};

struct OutstandingUnit {
    end: Position,
    closed: bool,
    /// Records sent less acknowledged; below zero while the unit is open.
    waiting: i64,
    chunks: Vec<ChunkId>,
}

#[derive(Default)]
struct Outstanding {
    first: u64,
    units: VecDeque<OutstandingUnit>,
    done: Position,
    /// Feed → partition → next offset, as far as acknowledged.
    offsets: Vec<Vec<i64>>,
    failed: u64,
    failure: Option<FeedError>,
}

pub(crate) struct Delivery {
    ledger: Mutex<Outstanding>,
    /// Told when everything that was sent has been acknowledged.
    settled: Condvar,
    notices: UnboundedSender<Notice>,
}

impl Delivery {
    /// `offsets`: the ends of the topics before the first record is sent.
    pub(crate) fn new(
        start: Position,
        offsets: Vec<Vec<i64>>,
        notices: UnboundedSender<Notice>,
    ) -> Delivery {
        let ledger = Outstanding { done: start, offsets, ..Outstanding::default() };
        Delivery { ledger: Mutex::new(ledger), settled: Condvar::new(), notices }
    }

    /// A std mutex: nothing awaits while holding it, and it is held for nanoseconds.
    fn ledger(&self) -> MutexGuard<'_, Outstanding> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn open(&self) -> UnitId {
        let mut ledger = self.ledger();
        ledger.units.push_back(OutstandingUnit {
            end: Position::default(),
            closed: false,
            waiting: 0,
            chunks: Vec::new(),
        });
        UnitId(ledger.first + ledger.units.len() as u64 - 1)
    }

    /// The transaction has ended and `sent` records of it were, or surely will be, handed to Kafka.
    pub(crate) fn close(&self, id: UnitId, sent: u64, end: Position, chunks: Vec<ChunkId>) {
        let mut ledger = self.ledger();
        if let Some(unit) = ledger.unit(id) {
            unit.end = end;
            unit.closed = true;
            unit.waiting += sent.cast_signed();
            unit.chunks = chunks;
        }
        self.advance(ledger);
    }

    /// One more thing that must happen before `id` counts as done; [`Delivery::settle`] ends it.
    pub(crate) fn hold(&self, id: UnitId) {
        if let Some(unit) = self.ledger().unit(id) {
            unit.waiting += 1;
        }
    }

    pub(crate) fn settle(&self, id: UnitId) {
        let mut ledger = self.ledger();
        if let Some(unit) = ledger.unit(id) {
            unit.waiting -= 1;
        }
        self.advance(ledger);
    }

    /// The source stands at `position` and no transaction is open: nothing more will come before it.
    pub(crate) fn reached(&self, position: Position) {
        let mut ledger = self.ledger();
        let end = match ledger.units.back_mut() {
            Some(last) => &mut last.end,
            None => &mut ledger.done,
        };
        if end.lsn <= position.lsn {
            *end = Position {
                lsn: position.lsn,
                at_us: position.at_us.max(end.at_us),
                last: position.last.or(end.last),
            };
        }
    }

    /// Everything committed before this has been acknowledged.
    pub(crate) fn done(&self) -> Position {
        self.ledger().done
    }

    /// The position together with offsets that lie behind all of it.
    pub(crate) fn done_with_offsets(&self) -> (Position, Vec<Vec<i64>>) {
        let ledger = self.ledger();
        (ledger.done, ledger.offsets.clone())
    }

    pub(crate) fn offsets(&self, feed: FeedIndex) -> Offsets {
        let ledger = self.ledger();
        let partitions = ledger.offsets.get(feed.place());
        partitions
            .into_iter()
            .flatten()
            .enumerate()
            .filter_map(|(partition, next)| Some((i32::try_from(partition).ok()?, *next)))
            .collect()
    }

    /// How many records were given up, and why the first was.
    pub(crate) fn failure(&self) -> Option<(u64, FeedError)> {
        let mut ledger = self.ledger();
        let failed = ledger.failed;
        ledger.failure.take().map(|cause| (failed, cause))
    }

    /// Waits until all units are done, a record fails, or the limit has passed; true in the first case.
    pub(crate) fn wait_settled(&self, limit: Duration) -> bool {
        let ledger = self.ledger();
        let waiting = |ledger: &mut Outstanding| !ledger.units.is_empty() && ledger.failed == 0;
        match self.settled.wait_timeout_while(ledger, limit, waiting) {
            Ok((ledger, _)) => ledger.units.is_empty(),
            Err(poisoned) => poisoned.into_inner().0.units.is_empty(),
        }
    }

    fn advance(&self, mut ledger: MutexGuard<'_, Outstanding>) {
        while ledger.units.front().is_some_and(|unit| unit.closed && unit.waiting == 0) {
            if let Some(unit) = ledger.units.pop_front() {
                failpoint::hit("capture.acked");
                ledger.first += 1;
                ledger.done = unit.end;
                for chunk in unit.chunks {
                    // While everything shuts down, nobody may be listening.
                    let _ = self.notices.send(Notice::Done(chunk));
                }
            }
        }
        if ledger.units.is_empty() {
            self.settled.notify_all();
        }
    }
}

impl Outstanding {
    fn unit(&mut self, id: UnitId) -> Option<&mut OutstandingUnit> {
        let place = usize::try_from(id.0.checked_sub(self.first)?).ok()?;
        self.units.get_mut(place)
    }
}

impl Acks for Delivery {
    fn delivered(&self, tag: u64, partition: i32, offset: i64) {
        let (id, feed) = UnitId::from_tag(tag);
        let mut ledger = self.ledger();
        let next = ledger.offsets.get_mut(feed.place()).zip(usize::try_from(partition).ok());
        if let Some(next) = next.and_then(|(partitions, place)| partitions.get_mut(place)) {
            *next = (*next).max(offset + 1);
        }
        if let Some(unit) = ledger.unit(id) {
            unit.waiting -= 1;
            if unit.closed && unit.waiting == 0 {
                self.advance(ledger);
            }
        }
    }

    fn failed(&self, _tag: u64, error: FeedError) {
        let mut ledger = self.ledger();
        ledger.failed += 1;
        ledger.failure.get_or_insert(error);
        self.settled.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use bangioc_change::version::Lsn;

    use super::*;

    const FEED: FeedIndex = FeedIndex(1);

    fn delivery() -> (Delivery, tokio::sync::mpsc::UnboundedReceiver<Notice>) {
        let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
        let start = Position { lsn: Lsn(100), at_us: 0, last: None };
        (Delivery::new(start, vec![vec![0], vec![7, 9, 0]], sender), receiver)
    }

    fn at(lsn: u64) -> Position {
        Position { lsn: Lsn(lsn), at_us: lsn.cast_signed(), last: None }
    }

    #[test]
    fn a_position_is_done_when_everything_before_it_is() {
        let (delivery, mut chunks) = delivery();
        let first = delivery.open();
        let second = delivery.open();
        delivery.delivered(second.tag(FEED), 0, 7);
        delivery.close(second, 1, at(300), vec![42]);
        assert_eq!(delivery.done(), Position { lsn: Lsn(100), at_us: 0, last: None });
        // An acknowledgement may overtake the close.
        delivery.delivered(first.tag(FEED), 2, 0);
        delivery.close(first, 2, at(200), vec![]);
        assert_eq!(delivery.done().lsn, Lsn(100));
        assert!(chunks.try_recv().is_err());
        delivery.delivered(first.tag(FEED), 2, 1);
        assert_eq!(delivery.done(), at(300));
        assert_eq!(chunks.try_recv(), Ok(Notice::Done(42)));
        assert_eq!(delivery.offsets(FEED), Offsets::from([(0, 8), (1, 9), (2, 2)]));
    }

    #[test]
    fn an_idle_position_waits_for_what_was_sent_before() {
        let (delivery, _chunks) = delivery();
        delivery.reached(at(150));
        assert_eq!(delivery.done(), at(150));
        let unit = delivery.open();
        delivery.close(unit, 1, at(200), vec![]);
        delivery.reached(at(250));
        assert_eq!(delivery.done(), at(150));
        delivery.delivered(unit.tag(FEED), 0, 7);
        assert_eq!(delivery.done(), at(250));
        delivery.reached(at(240));
        assert_eq!(delivery.done(), at(250));
    }

    #[test]
    fn a_held_unit_waits_for_its_settlement() {
        let (delivery, _chunks) = delivery();
        let unit = delivery.open();
        delivery.hold(unit);
        delivery.close(unit, 0, at(200), vec![]);
        assert!(!delivery.wait_settled(Duration::ZERO));
        delivery.settle(unit);
        assert_eq!(delivery.done(), at(200));
        assert!(delivery.wait_settled(Duration::ZERO));
    }
}
