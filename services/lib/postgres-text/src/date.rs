//! `date`: `2024-11-05`, `12024-01-01`, `0044-03-15 BC`. Proleptic Gregorian, as in PostgreSQL; a date is a number of days
//! since 1970-01-01.

use crate::ascii::{self, two};
use crate::civil::civil;
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
