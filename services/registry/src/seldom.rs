//! A line of the log for what may happen a thousand times a second: the first at once, then one a minute with the
//! number of those that came in between.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const ONCE_IN: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Untold>);

#[derive(Debug, Default)]
struct Untold {
    count: u64,
    told_at: Option<Instant>,
}

impl Seldom {
    /// It happened. How often since the last line, when it is time for one.
    pub(crate) fn count(&self, now: Instant) -> Option<u64> {
        let mut untold = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        untold.count += 1;
        let due = untold.told_at.is_none_or(|at| now.saturating_duration_since(at) >= ONCE_IN);
        due.then(|| {
            untold.told_at = Some(now);
            std::mem::take(&mut untold.count)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_at_once_and_the_others_together() {
        let (seldom, start) = (Seldom::default(), Instant::now());
        assert_eq!(seldom.count(start), Some(1));
        for second in 1..60 {
            assert_eq!(seldom.count(start + Duration::from_secs(second)), None);
        }
        assert_eq!(seldom.count(start + ONCE_IN), Some(60));
    }
}
