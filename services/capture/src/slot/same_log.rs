//! Is the log before a known position the log that we know? A server whose disk was put back to an earlier
//! day has the same identity and an older slot, and may have written past the old position since.
//!
//! The state keeps the last transaction that the stream showed before its position. Where the slot is behind
//! the position, the stretch between is read once more, for nothing but this: that transaction must be met
//! exactly where it was, and none after it before the position. Nothing is sent, nothing is confirmed.

use std::io;
use std::time::{Duration, Instant};

use bangioc_change::pgoutput::{self, Message};
use bangioc_change::version::Lsn;

use crate::error::CaptureError;
use crate::replication::{Frames, StreamFrame, WalStream};
use crate::unit::TransactionSeen;

/// Between requests for the server's own position.
const ASK_AGAIN: Duration = Duration::from_millis(500);
/// Then the server is taken for dead, and this run ends.
const SILENCE: Duration = Duration::from_mins(1);

/// What a step of the log means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LogFinding {
    Undecided,
    Same,
    Another,
}

struct LogComparison {
    position: Lsn,
    last: TransactionSeen,
    met: bool,
}

impl LogComparison {
    /// `from`: where the slot begins to send. A last transaction before that is not sent again: then nothing
    /// at all may lie between.
    fn new(from: Lsn, position: Lsn, last: TransactionSeen) -> LogComparison {
        LogComparison { position, last, met: last.commit_lsn < from }
    }

    /// Transactions come in the order of their commits.
    fn transaction(&mut self, seen: TransactionSeen) -> LogFinding {
        if seen == self.last {
            self.met = true;
            LogFinding::Undecided
        } else if seen.commit_lsn < self.last.commit_lsn {
            LogFinding::Undecided
        } else if self.met && seen.commit_lsn >= self.position {
            LogFinding::Same
        } else {
            LogFinding::Another
        }
    }

    /// Everything before `sent` has been shown.
    fn reached(&self, sent: Lsn) -> LogFinding {
        if sent < self.position {
            LogFinding::Undecided
        } else if self.met {
            LogFinding::Same
        } else {
            LogFinding::Another
        }
    }
}

/// Reads from the slot's own position, `from`, to the known one. Blocks.
pub(super) fn is_same_log(
    mut wal: WalStream,
    mut frames: Frames,
    from: Lsn,
    position: Lsn,
    last: TransactionSeen,
) -> Result<bool, CaptureError> {
    let mut comparison = LogComparison::new(from, position, last);
    let mut heard_at = Instant::now();
    let same = loop {
        let mut finding = LogFinding::Undecided;
        while finding == LogFinding::Undecided
            && let Some(frame) = frames.next()?
        {
            heard_at = Instant::now();
            finding = match frame {
                StreamFrame::Data { message, .. } => begun(message)?
                    .map_or(LogFinding::Undecided, |seen| comparison.transaction(seen)),
                StreamFrame::Keepalive { sent, .. } => comparison.reached(sent),
                StreamFrame::Said(said) => {
                    said.heed()?;
                    LogFinding::Undecided
                }
                StreamFrame::Ended => return Err(wal.broken(io::ErrorKind::UnexpectedEof.into())),
            };
        }
        match finding {
            LogFinding::Same => break true,
            LogFinding::Another => break false,
            LogFinding::Undecided if heard_at.elapsed() > SILENCE => {
                return Err(wal.broken(io::ErrorKind::TimedOut.into()));
            }
            LogFinding::Undecided => {}
        }
        if wal.since_status() > ASK_AGAIN {
            wal.ask_how_far()?;
        }
        wal.fill(&mut frames, ASK_AGAIN)?;
    };
    wal.end_and_wait();
    Ok(same)
}

fn begun(message: &[u8]) -> Result<Option<TransactionSeen>, CaptureError> {
    let message = pgoutput::parse(message).map_err(|cause| CaptureError::Message { cause })?;
    Ok(match message {
        Message::Begin { final_lsn, committed_at_us, xid } => {
            Some(TransactionSeen { commit_lsn: final_lsn, committed_at_us, xid })
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(commit_lsn: u64, xid: u32) -> TransactionSeen {
        TransactionSeen { commit_lsn: Lsn(commit_lsn), committed_at_us: 7, xid }
    }

    /// What comes of a log with these transactions, whose end is then `sent`; the slot is at 100, the known
    /// position 200, and the last transaction before it was number 5.
    fn finding(last: u64, log: &[(u64, u32)], sent: u64) -> LogFinding {
        let mut comparison = LogComparison::new(Lsn(100), Lsn(200), seen(last, 5));
        for (commit_lsn, xid) in log {
            let finding = comparison.transaction(seen(*commit_lsn, *xid));
            if finding != LogFinding::Undecided {
                return finding;
            }
        }
        comparison.reached(Lsn(sent))
    }

    #[test]
    fn only_the_very_same_log_will_do() {
        use LogFinding::{Another, Same, Undecided};
        type Case = (u64, &'static [(u64, u32)], u64, LogFinding);
        let cases: [Case; 11] = [
            (180, &[(110, 4), (180, 5)], 200, Same),
            (180, &[(110, 4), (180, 5), (200, 6)], 0, Same),
            (180, &[(110, 4), (180, 5)], 199, Undecided),
            (180, &[(110, 4)], 200, Another),
            (180, &[(110, 4), (180, 6)], 0, Another),
            (180, &[(110, 4), (181, 5)], 0, Another),
            (180, &[(110, 4), (230, 9)], 0, Another),
            (180, &[(180, 5), (190, 6)], 0, Another),
            // Before the slot's position: not sent again, and nothing may follow it.
            (90, &[], 200, Same),
            (90, &[(210, 6)], 0, Same),
            (90, &[(150, 6)], 0, Another),
        ];
        for (last, log, sent, expected) in cases {
            assert_eq!(finding(last, log, sent), expected, "{last} {log:?} {sent}");
        }
    }
}
