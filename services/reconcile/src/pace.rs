//! How fast, and when: a comparison must not be felt at a department.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

/// The province's clock, seconds before UTC's.
const PROVINCE: i64 = 7 * 3600;
const HOUR: i64 = 3600;

/// Hours of the day by the province's clock, from the beginning of one to the beginning of another; over midnight
/// too. `22-5`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Hours {
    from: i64,
    to: i64,
}

impl Hours {
    pub fn parse(text: &str) -> Option<Hours> {
        let (from, to) = text.split_once('-')?;
        let hour = |text: &str| text.trim().parse().ok().filter(|hour| (0..=24).contains(hour));
        let (from, to) = (hour(from)?, hour(to)?);
        (from != to).then_some(Hours { from, to })
    }

    /// Until one may begin; zero within them.
    pub fn wait(self, now: Timestamp) -> Duration {
        let second = (now.as_second() + PROVINCE).rem_euclid(24 * HOUR);
        let since = |hour: i64| (second - hour * HOUR).rem_euclid(24 * HOUR);
        let length = ((self.to - self.from).rem_euclid(24)) * HOUR;
        if length == 0 || since(self.from) < length {
            return Duration::ZERO;
        }
        Duration::from_secs((24 * HOUR - since(self.from)).unsigned_abs())
    }
}

/// Keeps to so many rows in a second.
pub(crate) struct Pace {
    rows_per_second: u64,
    free_at: Instant,
}

impl Pace {
    pub(crate) fn new(rows_per_second: u64) -> Pace {
        Pace { rows_per_second, free_at: Instant::now() }
    }

    /// After `rows` were read.
    pub(crate) async fn keep(&mut self, rows: usize) {
        if self.rows_per_second == 0 {
            return;
        }
        let micros = (rows as u64).saturating_mul(1_000_000) / self.rows_per_second;
        self.free_at = self.free_at.max(Instant::now()) + Duration::from_micros(micros);
        tokio::time::sleep_until(self.free_at).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_go_over_midnight_by_the_provinces_clock() {
        // 17:00 UTC is midnight there.
        let at = |hour: i64| {
            Timestamp::from_second(1_700_000_000 / 86_400 * 86_400 + (hour + 17) * HOUR).unwrap()
        };
        let night = Hours::parse("22-5").unwrap();
        let waits: Vec<u64> =
            [22, 23, 0, 4, 5, 12, 21].map(|hour| night.wait(at(hour)).as_secs() / 3600).to_vec();
        assert_eq!(waits, [0, 0, 0, 0, 17, 10, 1]);
        let day = Hours::parse("8-17").unwrap();
        assert_eq!(day.wait(at(16)), Duration::ZERO);
        assert_eq!(day.wait(at(17)).as_secs(), 15 * 3600);
        assert_eq!(Hours::parse("0-24").unwrap().wait(at(3)), Duration::ZERO);
        for wrong in ["", "22", "22-22", "25-3", "a-b", "-1-5"] {
            assert_eq!(Hours::parse(wrong), None, "{wrong}");
        }
    }
}
