//! When a set is due: slots of its own length, counted from a local midnight. The only times that the
//! public ever sees are the beginnings of slots.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::{Deserialize, Serialize};

/// Viet Nam's, since 1975 without summer time.
const ZONE: Offset = Offset::constant(7);

const DAY_SECONDS: u32 = 24 * 60 * 60;

/// Monday, 1 January 2024, 00:00 +07: weeks of slots begin on Mondays.
const ANCHOR: i64 = 1_704_042_000;

/// Beginning of a publishing slot. Written as `2026-11-24T15:00:00+07:00`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Slot(Timestamp);

impl Slot {
    /// The slot that `now` is in, when a slot lasts `every` seconds.
    pub fn of(now: Timestamp, every: u32) -> Slot {
        let every = i64::from(every.max(1));
        let into = (now.as_second() - ANCHOR).rem_euclid(every);
        Slot(Timestamp::from_second(now.as_second() - into).unwrap_or(now))
    }

    /// The time that a publishing tells: its slot's beginning, and in slots longer than a day that of its
    /// day, since by hand a set may be published long after its slot began.
    pub fn told(now: Timestamp, every: u32) -> Slot {
        Slot::of(now, every.min(DAY_SECONDS))
    }

    /// When the slot after this one begins.
    pub fn next(self, every: u32) -> Timestamp {
        Timestamp::from_second(self.0.as_second() + i64::from(every.max(1))).unwrap_or(self.0)
    }

    /// `15:00 ngày 24/11/2026`
    pub fn vi(self) -> String {
        let local = self.local();
        format!(
            "{:02}:{:02} ngày {:02}/{:02}/{}",
            local.hour(),
            local.minute(),
            local.day(),
            local.month(),
            local.year()
        )
    }

    /// `24 November 2026, 15:00`
    pub fn en(self) -> String {
        let local = self.local();
        let month = MONTHS.get(usize::try_from(local.month() - 1).unwrap_or(0)).unwrap_or(&"");
        format!(
            "{} {month} {}, {:02}:{:02}",
            local.day(),
            local.year(),
            local.hour(),
            local.minute()
        )
    }

    /// As HTTP writes it: `Tue, 24 Nov 2026 08:00:00 GMT`.
    pub fn http(self) -> String {
        let utc = Offset::UTC.to_datetime(self.0);
        let day = DAYS
            .get(usize::try_from(utc.weekday().to_monday_zero_offset()).unwrap_or(0))
            .unwrap_or(&"");
        let month = MONTHS
            .get(usize::try_from(utc.month() - 1).unwrap_or(0))
            .and_then(|month| month.get(..3))
            .unwrap_or("");
        format!(
            "{day}, {:02} {month} {} {:02}:{:02}:{:02} GMT",
            utc.day(),
            utc.year(),
            utc.hour(),
            utc.minute(),
            utc.second()
        )
    }

    fn local(self) -> DateTime {
        ZONE.to_datetime(self.0)
    }
}

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

impl fmt::Display for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.local();
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}+07:00",
            local.year(),
            local.month(),
            local.day(),
            local.hour(),
            local.minute(),
            local.second()
        )
    }
}

impl From<Slot> for String {
    fn from(slot: Slot) -> String {
        slot.to_string()
    }
}

impl TryFrom<String> for Slot {
    type Error = jiff::Error;

    fn try_from(text: String) -> Result<Slot, jiff::Error> {
        text.parse().map(Slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u32 = 3600;
    const DAY: u32 = 24 * HOUR;

    fn slot(now: &str, every: u32) -> String {
        Slot::of(now.parse().unwrap(), every).to_string()
    }

    #[test]
    fn slots_begin_at_local_midnight() {
        let now = "2026-11-24T17:30:05.5Z";
        assert_eq!(slot(now, HOUR), "2026-11-25T00:00:00+07:00");
        assert_eq!(slot(now, DAY), "2026-11-25T00:00:00+07:00");
        assert_eq!(slot("2026-11-24T16:59:59Z", DAY), "2026-11-24T00:00:00+07:00");
        assert_eq!(slot(now, 300), "2026-11-25T00:30:00+07:00");
        // A Wednesday's week began on Monday.
        assert_eq!(slot(now, 7 * DAY), "2026-11-23T00:00:00+07:00");
        assert_eq!(slot("2020-01-01T00:00:00Z", 7 * DAY), "2019-12-30T00:00:00+07:00");
    }

    #[test]
    fn a_publishing_tells_no_time_before_its_day() {
        let now = "2026-11-24T17:30:05Z".parse().unwrap();
        let told = |every| Slot::told(now, every).to_string();
        assert_eq!(told(90 * DAY), "2026-11-25T00:00:00+07:00");
        assert_eq!(told(DAY), "2026-11-25T00:00:00+07:00");
        assert_eq!(told(300), "2026-11-25T00:30:00+07:00");
        // So the schedule never takes it for a slot that is still due.
        assert!(Slot::told(now, 90 * DAY) >= Slot::of(now, 90 * DAY));
    }

    #[test]
    fn a_slot_reads_back_and_is_told_in_three_ways() {
        let slot = Slot::of("2026-11-24T08:20:00Z".parse().unwrap(), HOUR);
        assert_eq!(Slot::try_from(slot.to_string()).unwrap(), slot);
        assert_eq!(slot.vi(), "15:00 ngày 24/11/2026");
        assert_eq!(slot.en(), "24 November 2026, 15:00");
        assert_eq!(slot.http(), "Tue, 24 Nov 2026 08:00:00 GMT");
        assert_eq!(slot.next(HOUR), "2026-11-24T09:00:00Z".parse::<Timestamp>().unwrap());
    }
}
