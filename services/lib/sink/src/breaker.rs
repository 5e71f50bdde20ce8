//! Many records that fail at once mean a bad deployment, not bad rows: the breaker then halts the
//! partition before it fills the dead letters.

use std::collections::VecDeque;

use crate::seal::KeyRef;

const KEYS_IN_A_ROW: usize = 20;
const WINDOW: usize = 1_000;
/// 5 % of the window.
const FAILED_IN_WINDOW: usize = WINDOW / 20;
const PARKED_KEYS: usize = 500;

/// Counts only records that fail by themselves; one that merely queues behind a parked key says nothing.
#[derive(Clone, Default, Debug)]
pub(crate) struct Breaker {
    in_a_row: Vec<KeyRef>,
    /// Distances in records between failures would do, but a ring of a thousand flags is plainer.
    window: VecDeque<bool>,
    failed: usize,
}

impl Breaker {
    /// Records that were good by themselves.
    pub(crate) fn passed(&mut self, records: usize) {
        if records == 0 {
            return;
        }
        self.in_a_row.clear();
        if records >= WINDOW && self.failed == 0 {
            return;
        }
        for _ in 0..records.min(WINDOW) {
            self.push(false);
        }
    }

    /// One record failed by itself. The reason, if that is one too many.
    /// `no_room`: the partition keeps as many bytes as it may.
    pub(crate) fn failed(
        &mut self,
        key: KeyRef,
        parked_keys: usize,
        no_room: bool,
    ) -> Option<&'static str> {
        if !self.in_a_row.contains(&key) {
            self.in_a_row.push(key);
        }
        self.push(true);
        if self.in_a_row.len() >= KEYS_IN_A_ROW {
            Some("20 different keys in a row")
        } else if self.failed > FAILED_IN_WINDOW {
            Some("more than 5 % of the last 1,000 records")
        } else if parked_keys >= PARKED_KEYS {
            Some("500 parked keys")
        } else if no_room {
            Some("as many parked bytes as one partition may keep")
        } else {
            None
        }
    }

    fn push(&mut self, failed: bool) {
        self.window.push_back(failed);
        self.failed += usize::from(failed);
        if self.window.len() > WINDOW && self.window.pop_front() == Some(true) {
            self.failed -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> KeyRef {
        KeyRef(n.to_be_bytes())
    }

    #[test]
    fn twenty_different_keys_in_a_row_trip_it_and_a_good_record_between_does_not() {
        let mut breaker = Breaker::default();
        assert!((0..19).all(|n| breaker.failed(key(n), 0, false).is_none()));
        assert!(breaker.clone().failed(key(19), 0, false).is_some());
        assert!(
            breaker.clone().failed(key(3), 0, false).is_none(),
            "the same key again is one key"
        );
        breaker.passed(1);
        assert!(breaker.failed(key(19), 0, false).is_none());
    }

    #[test]
    fn more_than_five_in_a_hundred_trip_it() {
        let mut breaker = Breaker::default();
        let mut trips = |good: usize| {
            (0..60).any(|n| {
                breaker.passed(good);
                breaker.failed(key(n), 0, false).is_some()
            })
        };
        assert!(!trips(19), "exactly 5 %");
        assert!(trips(10), "9 %");
    }

    #[test]
    fn parked_bytes_without_end_trip_it() {
        assert!(Breaker::default().failed(key(1), 1, true).is_some());
    }

    #[test]
    fn five_hundred_parked_keys_trip_it() {
        assert!(Breaker::default().failed(key(1), 499, false).is_none());
        assert!(Breaker::default().failed(key(1), 500, false).is_some());
    }
}
