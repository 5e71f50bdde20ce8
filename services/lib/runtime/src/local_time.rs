//! Moments as people read them: by the clock of the machine they sit at, with its distance from UTC. Programs get
//! RFC 3339 instead.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Of this machine, or as `TZ` says; UTC where it has none.
pub fn zone() -> TimeZone {
    TimeZone::system()
}

/// `2026-11-24 12:00+07:00`
pub fn moment(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_says_whose_clock_it_is_by() {
        let at = Timestamp::from_second(1_763_960_400).unwrap();
        assert_eq!(moment(at, &TimeZone::UTC), "2025-11-24 05:00+00:00");
        let hanoi = TimeZone::fixed(jiff::tz::offset(7));
        assert_eq!(moment(at, &hanoi), "2025-11-24 12:00+07:00");
    }
}
