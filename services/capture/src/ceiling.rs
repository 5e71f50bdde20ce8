//! How far this source's versions reach at most: announced to the sinks before a record beyond it is sent,
//! so that a version which nobody announced is known not to be ours.
//!
//! The announcement is a window ahead of the log and renewed when half of it is used: it costs a record
//! one comparison, and the stream waits for it only where one transaction is longer than half a window.

use std::sync::atomic::{AtomicU64, Ordering};

use bangioc_change::progress::{Ceiling, ProgressRecord};
use bangioc_change::version::Lsn;

use crate::error::CaptureError;
use crate::topics::ProgressTopics;

/// Bytes of log. A day of the busiest source known writes a tenth of it.
const WINDOW: u64 = 64 << 30;

pub(crate) struct Announced {
    epoch: u32,
    /// Of log positions: every topic has it.
    up_to: AtomicU64,
    /// Where the stream waits to go.
    wanted: AtomicU64,
}

impl Announced {
    pub(crate) fn new(epoch: u32) -> Announced {
        Announced { epoch, up_to: AtomicU64::new(0), wanted: AtomicU64::new(0) }
    }

    pub(crate) fn up_to(&self) -> Lsn {
        Lsn(self.up_to.load(Ordering::Acquire))
    }

    /// The stream can't go on before `lsn` is announced.
    pub(crate) fn want(&self, lsn: Lsn) {
        self.wanted.fetch_max(lsn.0, Ordering::AcqRel);
    }

    /// A window ahead of `at`, or of what the stream waits for. Returns once the brokers have it.
    pub(crate) async fn renew(&self, topics: &ProgressTopics, at: Lsn) -> Result<(), CaptureError> {
        let up_to = next(self.up_to(), self.furthest(at));
        for side in topics.sides() {
            let ceiling = Ceiling::new(self.epoch, up_to);
            topics.append(side, &ProgressRecord::Ceiling(ceiling)).await?;
        }
        // Only now: what the stream sends from here on lies behind it in no reader's eyes.
        self.up_to.store(up_to.0, Ordering::Release);
        Ok(())
    }

    pub(crate) fn is_due(&self, at: Lsn) -> bool {
        self.furthest(at).0.saturating_add(WINDOW / 2) > self.up_to().0
    }

    fn furthest(&self, at: Lsn) -> Lsn {
        Lsn(at.0.max(self.wanted.load(Ordering::Acquire)))
    }
}

/// Never lower than before: a repetition says the same again.
fn next(before: Lsn, at: Lsn) -> Lsn {
    if at.0.saturating_add(WINDOW / 2) > before.0 {
        Lsn(at.0.saturating_add(WINDOW))
    } else {
        before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_renewed_when_half_of_the_window_is_used_and_never_falls() {
        let announced = Announced::new(1);
        assert!(announced.is_due(Lsn(0)));
        assert_eq!(next(Lsn(0), Lsn(100)), Lsn(100 + WINDOW));
        announced.up_to.store(100 + WINDOW, Ordering::Release);
        assert!(!announced.is_due(Lsn(100 + WINDOW / 2)));
        assert!(announced.is_due(Lsn(101 + WINDOW / 2)));
        assert_eq!(next(announced.up_to(), Lsn(7)), announced.up_to());
        announced.want(Lsn(300 + WINDOW));
        assert!(announced.is_due(Lsn(0)), "the stream waits");
        assert_eq!(next(announced.up_to(), announced.furthest(Lsn(0))), Lsn(300 + 2 * WINDOW));
    }
}
