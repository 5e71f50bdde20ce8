//! `timestamp` and `timestamptz`: `2026-03-05 01:31:00.5`, `…+00`, `0044-03-15 12:00:00 BC`, as microseconds since 1970-01-01.

use crate::civil::DAY_US;
use crate::clock;
use crate::cursor::Cursor;
use crate::date;

/// PostgreSQL's timestamps begin here, 4714-11-24 BC; their end lies beyond 64 bits of microseconds.
pub const FIRST_US: i64 = -210_866_803_200_000_000;
/// 0001-01-01; what is before is BC.
pub const FIRST_OF_ERA_US: i64 = date::FIRST_OF_ERA * DAY_US;

/// A `timestamp`, by its own clock. None for the infinities, and for what 64 bits do not hold.
#[inline]
pub fn local_us(text: &str) -> Option<i64> {
    let (local, rest) = local(text)?;
    (rest.is_at_end() && local >= FIRST_US).then_some(local)
}

/// A `timestamptz`, at any offset. None for the infinities, and for what 64 bits do not hold.
#[inline]
pub fn instant_us(text: &str) -> Option<i64> {
    let (local, mut rest) = local(text)?;
    let instant = local.checked_sub(rest.offset()? * 1_000_000)?;
    (rest.is_at_end() && instant >= FIRST_US).then_some(instant)
}

/// Date and time of day, and what stands behind them but for the era.
#[inline]
fn local(text: &str) -> Option<(i64, Cursor<'_>)> {
    let (text, before_christ) = date::split_era(text);
    let mut at = Cursor::of(text);
    let days = at.date(before_christ)?;
    at.expect(b' ')?;
    let time = at.time().filter(|time| *time < DAY_US)?;
    Some((days.checked_mul(DAY_US)?.checked_add(time)?, at))
}

/// Is it a time of the years 1 to 9999 with this mark between date and clock, and nothing behind?
#[inline]
pub fn is_plain(text: &[u8], separator: u8) -> bool {
    let mut at = Cursor(text);
    text.get(4) == Some(&b'-')
        && at.date(false).is_some()
        && at.expect(separator).is_some()
        && at.time().is_some_and(|time| time < DAY_US)
        && at.is_at_end()
}

/// Is it a `timestamptz` at all: any offset, long years, BC, the infinities?
pub fn is_zoned(text: &str) -> bool {
    if matches!(text, "infinity" | "-infinity") {
        return true;
    }
    let (text, before_christ) = date::split_era(text);
    let mut at = Cursor::of(text);
    let local = at.date(before_christ).is_some()
        && at.expect(b' ').is_some()
        && at.time().is_some_and(|time| time < DAY_US);
    local && at.offset().is_some() && at.is_at_end()
}

/// Appends a `timestamp`.
#[inline]
pub fn push_local(time: i64, out: &mut String) {
    let before_christ = date::push(time.div_euclid(DAY_US), out);
    out.push(' ');
    clock::push(time.rem_euclid(DAY_US), out);
    if before_christ {
        out.push_str(" BC");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn instants_at_any_offset() {
        for (text, expected) in [
            ("1970-01-01 00:00:00+00", Some(0)),
            ("1970-01-01 07:00:00.5+07", Some(500_000)),
            ("1969-12-31 17:00:00.000001-07", Some(1)),
            ("1970-01-01 05:30:00+05:30", Some(0)),
            ("1970-01-01 06:42:04+06:42:04", Some(0)),
            ("0001-12-31 23:59:59+00 BC", Some(FIRST_OF_ERA_US - 1_000_000)),
            ("1970-01-01 00:00:00", None),
            ("1970-01-01T00:00:00+00", None),
            ("1970-01-01 24:00:00+00", None),
            ("1970-01-01 00:00:00+0", None),
            ("1970-01-01 00:00:00+00:00:00:00", None),
            ("300000-01-01 00:00:00+00", None),
            ("infinity", None),
            ("", None),
        ] {
            assert_eq!(instant_us(text), expected, "{text}");
        }
        assert!(is_zoned("infinity"));
        assert!(is_zoned("294276-12-31 23:59:59.999999+00"));
        assert!(is_zoned("0044-03-15 12:00:00+06:42:04 BC"));
        assert!(!is_zoned("2026-03-05T01:31:00Z"));
        assert!(!is_zoned("2026-03-05 01:31:00"));
    }

    #[test]
    fn plain_ones() {
        assert!(is_plain(b"2026-03-05 01:31:00.5", b' '));
        assert!(is_plain(b"2026-03-05T01:31:00", b'T'));
        for bad in [
            "2026-03-05T01:31:00",
            "12026-03-05 01:31:00",
            "2026-03-05 24:00:00",
            "2026-03-05 01:31:00+00",
        ] {
            assert!(!is_plain(bad.as_bytes(), b' '), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(time in FIRST_US..i64::MAX) {
            let mut text = String::new();
            push_local(time, &mut text);
            prop_assert_eq!(local_us(&text), Some(time), "{}", text);
            if time >= FIRST_OF_ERA_US {
                let zoned = text + "+00";
                prop_assert_eq!(instant_us(&zoned), Some(time));
                prop_assert!(is_zoned(&zoned));
            }
        }
    }
}
