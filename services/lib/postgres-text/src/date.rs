//! `date`: `2024-11-05`, `12024-01-01`, `0044-03-15 BC`. Proleptic Gregorian, as in PostgreSQL; a date is a number of days
//! since 1970-01-01. Day numbers by Howard Hinnant's `days_from_civil`: years counted from March, in eras of 400.

use crate::ascii::{self, two};
use crate::cursor::Cursor;
use crate::integer;

/// PostgreSQL's dates: 4714-11-24 BC to 5874897-12-31.
pub const RANGE: std::ops::RangeInclusive<i64> = -2_440_588..=2_145_042_905;
/// 0001-01-01; what is before is BC.
pub const FIRST_OF_ERA: i64 = -719_162;

/// A date of any year. None for the infinities, which are no days.
#[inline]
pub fn days(text: &str) -> Option<i64> {
    let (text, before_christ) = split_era(text);
    let mut at = Cursor::of(text);
    let days = at.date(before_christ)?;
    (at.is_at_end() && RANGE.contains(&days)).then_some(days)
}

/// A date of the years 1 to 9999: ten characters that read the same everywhere.
pub fn plain_days(text: &str) -> Option<i64> {
    if text.len() == 10 { days(text) } else { None }
}

/// Appends the date without its era; true when that is BC.
#[inline]
pub fn push(days: i64, out: &mut String) -> bool {
    let (year, month, day) = civil(days);
    let before_christ = year <= 0;
    let year = if before_christ { 1 - year } else { year };
    let ([m0, m1], [d0, d1]) = (two(month), two(day));
    if year < 10_000 {
        let ([y0, y1], [y2, y3]) = (two(year / 100), two(year % 100));
        ascii::push(out, &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1]);
    } else {
        integer::push(year, out);
        ascii::push(out, &[b'-', m0, m1, b'-', d0, d1]);
    }
    before_christ
}

/// ` BC` split off.
#[inline]
pub(crate) fn split_era(text: &str) -> (&str, bool) {
    match text.strip_suffix(" BC") {
        Some(text) => (text, true),
        None => (text, false),
    }
}

#[inline]
pub(crate) fn days_in_month(year: i64, month: i64) -> Option<i64> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

/// Days since 1970-01-01. Year 0 is 1 BC.
#[inline]
pub(crate) fn of_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// (year, month, day), year 0 being 1 BC.
#[inline]
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_as_postgresql_writes_them() {
        for (text, expected) in [
            ("1970-01-01", Some(0)),
            ("1945-09-02", Some(-8887)),
            ("2024-02-29", Some(19_782)),
            ("0001-01-01", Some(FIRST_OF_ERA)),
            ("0001-12-31 BC", Some(FIRST_OF_ERA - 1)),
            ("4714-11-24 BC", Some(*RANGE.start())),
            ("5874897-12-31", Some(*RANGE.end())),
            ("4714-11-23 BC", None),
            ("5874898-01-01", None),
            ("2023-02-29", None),
            ("1900-02-29", None),
            ("2000-02-29", Some(11_016)),
            ("2024-13-01", None),
            ("2024-00-10", None),
            ("2024-04-31", None),
            ("0000-01-01", None),
            ("02024-01-01", None),
            ("2024-1-01", None),
            ("２024-01-01", None),
            ("2024-01-01 ", None),
            ("infinity", None),
            ("", None),
        ] {
            assert_eq!(days(text), expected, "{text}");
        }
        assert_eq!(plain_days("9999-12-31"), Some(2_932_896));
        for none in ["0044-03-15 BC", "12024-01-01", "2024-1-011", "infinity"] {
            assert_eq!(plain_days(none), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(day in RANGE) {
            let mut text = String::new();
            if push(day, &mut text) {
                text.push_str(" BC");
            }
            prop_assert_eq!(days(&text), Some(day), "{}", text);
            prop_assert_eq!(plain_days(&text).is_some(), text.len() == 10);
        }
    }
}
