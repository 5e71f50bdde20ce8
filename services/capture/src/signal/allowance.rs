//! How much one asker may ask: so many keys a minute, a minute's worth at once. What is beyond waits in the
//! asker's own topic; nothing of it is lost, and nobody else waits.

use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_mins(1);

pub(super) struct Allowance {
    per_minute: f64,
    left: f64,
    at: Instant,
}

impl Allowance {
    pub(super) fn new(per_minute: u32, now: Instant) -> Allowance {
        Allowance { per_minute: f64::from(per_minute), left: f64::from(per_minute), at: now }
    }

    /// How many may be asked for now; grows with time.
    pub(super) fn left(&mut self, now: Instant) -> usize {
        let since = now.saturating_duration_since(self.at).as_secs_f64();
        self.at = now;
        let grown = self.left + since * self.per_minute / MINUTE.as_secs_f64();
        self.left = grown.min(self.per_minute);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "of a number between 0 and a few millions"
        )]
        {
            self.left.max(0.0) as usize
        }
    }

    /// May go below nothing: then the next must wait longer.
    pub(super) fn spend(&mut self, count: usize) {
        self.left -= f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_at_once_and_then_as_time_goes_by() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let mut allowance = Allowance::new(600, start);
        assert_eq!(allowance.left(start), 600);
        allowance.spend(600);
        assert_eq!(allowance.left(start), 0);
        assert_eq!(allowance.left(after(1)), 10);
        allowance.spend(110);
        assert_eq!(allowance.left(after(1)), 0);
        assert_eq!(allowance.left(after(10)), 0);
        assert_eq!(allowance.left(after(12)), 10);
        assert_eq!(allowance.left(after(10_000)), 600, "no more than a minute's");
    }
}
