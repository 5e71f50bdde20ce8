//! Dates and instants, as far as rules compare them.

use bangioc_postgres_text::{date, timestamp};

pub(crate) use bangioc_postgres_text::civil::DAY_US;
pub(crate) use bangioc_postgres_text::clock::micros as clock_us;
/// None for what isn't a plain date of the years 1 to 9999: `infinity`, BC, larger years.
pub(crate) use bangioc_postgres_text::date::plain_days as days;

/// Cao Bang's clock is seven hours ahead of UTC and has no summer time.
const LOCAL_OFFSET_US: i64 = 7 * 3_600_000_000;

/// The local day at an instant, in days since 1970-01-01.
pub(crate) fn local_day(now_us: i64) -> i64 {
    now_us.saturating_add(LOCAL_OFFSET_US).div_euclid(DAY_US)
}

/// Is a date text at or before that day? Dates before Christ are, years of five digits and more are not.
pub(crate) fn is_at_or_before(text: &str, day: i64) -> bool {
    match days(text) {
        Some(date) => date <= day,
        None => text.ends_with(" BC") || text == "-infinity",
    }
}

/// `2026-06-30 16:55:00.123456+00` → microseconds since 1970-01-01 UTC. None as for [`days`].
pub(crate) fn instant_us(text: &str) -> Option<i64> {
    days(text.get(..10)?)?;
    if text.ends_with(" BC") { None } else { timestamp::instant_us(text) }
}

/// A date of any year, `infinity` and BC among them, as a number of days. For comparing, not for counting.
pub(crate) fn day(text: &str) -> Option<i64> {
    with_infinities(text, date::days)
}

/// A `timestamp` of any year as microseconds, by its own clock. For comparing.
pub(crate) fn local_us(text: &str) -> Option<i64> {
    with_infinities(text, timestamp::local_us)
}

/// A `timestamptz` of any year as microseconds. For comparing.
pub(crate) fn any_instant_us(text: &str) -> Option<i64> {
    with_infinities(text, timestamp::instant_us)
}

fn with_infinities(text: &str, read: impl Fn(&str) -> Option<i64>) -> Option<i64> {
    match text {
        "infinity" => Some(i64::MAX),
        "-infinity" => Some(i64::MIN),
        _ => read(text),
    }
}

/// `260305` → days since 1970-01-01, of this century.
pub(crate) fn day_of_yymmdd(digits: &str) -> Option<i64> {
    let (year, rest) = digits.split_at_checked(2)?;
    let (month, day) = rest.split_at_checked(2)?;
    days(&format!("20{year}-{month}-{day}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        assert_eq!(days("1970-01-01"), Some(0));
        assert_eq!(days("1945-09-02"), Some(-8887));
        assert_eq!(days("2024-02-29"), Some(19_782));
        for none in [
            "2023-02-29",
            "2024-13-01",
            "2024-00-10",
            "infinity",
            "0044-03-15 BC",
            "12024-01-01",
            "2024-1-01",
            "２024-01-01",
        ] {
            assert_eq!(days(none), None, "{none}");
        }
    }

    #[test]
    fn instants() {
        assert_eq!(instant_us("1970-01-01 00:00:00+00"), Some(0));
        assert_eq!(instant_us("1970-01-01 07:00:00.5+07"), Some(500_000));
        assert_eq!(instant_us("1969-12-31 17:00:00.000001-07"), Some(1));
        assert_eq!(instant_us("1970-01-01 05:30:00+05:30"), Some(0));
        for none in [
            "1970-01-01 00:00:00",
            "infinity",
            "1970-01-01 00:00:00+00 BC",
            "1970-01-01T00:00:00+00",
            "",
        ] {
            assert_eq!(instant_us(none), None, "{none}");
        }
    }

    #[test]
    fn dates_that_are_no_plain_ones_still_have_an_order() {
        for (text, expected) in [
            ("2024-02-29", true),
            ("2024-03-01", false),
            ("0044-03-15 BC", true),
            ("-infinity", true),
            ("infinity", false),
            ("12024-01-01", false),
            ("", false),
        ] {
            assert_eq!(is_at_or_before(text, 19_782), expected, "{text}");
        }
    }

    #[test]
    fn moments_of_any_year_keep_their_order() {
        let dates = [
            "-infinity",
            "4713-01-01 BC",
            "0044-03-15 BC",
            "0001-12-31 BC",
            "0001-01-01",
            "1945-09-02",
            "9999-12-31",
            "12024-01-01",
            "infinity",
        ];
        let days: Vec<i64> = dates.iter().map(|text| day(text).unwrap()).collect();
        assert!(days.is_sorted_by(|a, b| a < b), "{days:?}");
        assert_eq!(day("0001-12-31 BC").unwrap() + 1, day("0001-01-01").unwrap());
        let instants = [
            "-infinity",
            "0044-03-15 10:00:00+00 BC",
            "2026-03-05 08:31:00+07",
            "2026-03-05 01:31:00.000001+00",
            "10000-01-01 00:00:00+00",
            "infinity",
        ];
        let micros: Vec<i64> = instants.iter().map(|text| any_instant_us(text).unwrap()).collect();
        assert!(micros.is_sorted_by(|a, b| a < b), "{micros:?}");
        assert!(local_us("2026-03-05 08:31:00") < local_us("2026-03-05 08:31:00.5"));
        assert!(clock_us("07:00:00") < clock_us("24:00:00"));
        for none in ["", "2026-03-05", "2026-03-05 08:31:00+07", "07:00"] {
            assert_eq!(local_us(none), None, "{none}");
        }
        assert_eq!(any_instant_us("2026-03-05 08:31:00"), None);
        assert_eq!(day("2026-3-05"), None);
        assert_eq!(clock_us("07:00:00+07"), None);
    }

    #[test]
    fn the_day_in_a_record_code() {
        assert_eq!(day_of_yymmdd("260305"), days("2026-03-05"));
        for none in ["", "26035", "261305", "26030a", "260230", "２６"] {
            assert_eq!(day_of_yymmdd(none), None, "{none}");
        }
    }

    #[test]
    fn the_local_day_begins_at_17_utc() {
        assert_eq!(local_day(17 * 3_600_000_000 - 1), 0);
        assert_eq!(local_day(17 * 3_600_000_000), 1);
        assert_eq!(local_day(-8 * 3_600_000_000), -1);
    }
}
