//! PostgreSQL's texts of dates and instants, as far as rules compare them.

/// Microseconds in a day.
pub(crate) const DAY_US: i64 = 86_400_000_000;

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

/// `2024-11-05` → days since 1970-01-01. None for what isn't a plain date of the years 1 to 9999:
/// `infinity`, BC, larger years.
pub(crate) fn days(text: &str) -> Option<i64> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text.as_bytes() else {
        return None;
    };
    let year = number(&[y0, y1, y2, y3])?;
    let month = number(&[m0, m1])?;
    let day = number(&[d0, d1])?;
    if year == 0 || !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
        return None;
    }
    Some(days_from_civil(year, month, day))
}

/// `2026-06-30 16:55:00.123456+00` → microseconds since 1970-01-01 UTC. None as for [`days`].
pub(crate) fn instant_us(text: &str) -> Option<i64> {
    let (date, rest) = (text.get(..10)?, text.as_bytes().get(10..)?);
    let (clock_us, zone) = clock(rest.strip_prefix(b" ")?)?;
    Some(days(date)? * DAY_US + clock_us - offset_seconds(zone)? * 1_000_000)
}

/// A date of any year, `infinity` and BC among them, as a number of days. For comparing, not for counting.
pub(crate) fn day(text: &str) -> Option<i64> {
    match text {
        "infinity" => Some(i64::MAX),
        "-infinity" => Some(i64::MIN),
        _ => {
            let (date, before_christ) = split_era(text);
            day_of_era(date, before_christ)
        }
    }
}

/// `13:45:00.5`, `24:00:00` → microseconds since midnight.
pub(crate) fn clock_us(text: &str) -> Option<i64> {
    let (clock_us, rest) = clock(text.as_bytes())?;
    rest.is_empty().then_some(clock_us)
}

/// A `timestamp` of any year as microseconds, by its own clock. For comparing.
pub(crate) fn local_us(text: &str) -> Option<i64> {
    moment_us(text, |zone| zone.is_empty().then_some(0))
}

/// A `timestamptz` of any year as microseconds. For comparing.
pub(crate) fn any_instant_us(text: &str) -> Option<i64> {
    moment_us(text, offset_seconds)
}

/// `260305` → days since 1970-01-01, of this century.
pub(crate) fn day_of_yymmdd(digits: &str) -> Option<i64> {
    let (year, rest) = digits.split_at_checked(2)?;
    let (month, day) = rest.split_at_checked(2)?;
    days(&format!("20{year}-{month}-{day}"))
}

fn split_era(text: &str) -> (&str, bool) {
    match text.strip_suffix(" BC") {
        Some(text) => (text, true),
        None => (text, false),
    }
}

fn day_of_era(date: &str, before_christ: bool) -> Option<i64> {
    let (year, rest) = date.split_once('-')?;
    let &[m0, m1, b'-', d0, d1] = rest.as_bytes() else {
        return None;
    };
    let (month, day) = (number(&[m0, m1])?, number(&[d0, d1])?);
    if !(4..=7).contains(&year.len()) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = number(year.as_bytes())?;
    // There is no year 0: 1 BC is the year before 1.
    let year = if before_christ { 1 - year } else { year };
    Some(days_from_civil(year, month, day))
}

fn moment_us(text: &str, offset_seconds: impl Fn(&[u8]) -> Option<i64>) -> Option<i64> {
    match text {
        "infinity" => return Some(i64::MAX),
        "-infinity" => return Some(i64::MIN),
        _ => {}
    }
    let (text, before_christ) = split_era(text);
    let (date, clock_text) = text.split_once(' ')?;
    let (clock_us, zone) = clock(clock_text.as_bytes())?;
    day_of_era(date, before_christ)?
        .checked_mul(DAY_US)?
        .checked_add(clock_us - offset_seconds(zone)? * 1_000_000)
}

/// `hh:mm:ss[.ffffff]`, and what follows it.
fn clock(text: &[u8]) -> Option<(i64, &[u8])> {
    let &[h0, h1, b':', m0, m1, b':', s0, s1, ref rest @ ..] = text else {
        return None;
    };
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[m0, m1])?, number(&[s0, s1])?);
    let (fraction_us, rest) = fraction_us(rest)?;
    let seconds = hour * 3600 + minute * 60 + second;
    Some((seconds * 1_000_000 + fraction_us, rest))
}

fn fraction_us(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = text else {
        return Some((0, text));
    };
    let length = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=6).contains(&length) {
        return None;
    }
    let scale = [100_000, 10_000, 1_000, 100, 10, 1][length - 1];
    Some((number(&digits[..length])? * scale, &digits[length..]))
}

/// `+07`, `+05:30`, `-03`, `+07:06:30` → seconds east of Greenwich.
fn offset_seconds(zone: &[u8]) -> Option<i64> {
    let (sign, rest) = match zone {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let seconds = match *rest {
        [h0, h1] => number(&[h0, h1])? * 3600,
        [h0, h1, b':', m0, m1] => number(&[h0, h1])? * 3600 + number(&[m0, m1])? * 60,
        [h0, h1, b':', m0, m1, b':', s0, s1] => {
            number(&[h0, h1])? * 3600 + number(&[m0, m1])? * 60 + number(&[s0, s1])?
        }
        _ => return None,
    };
    Some(sign * seconds)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |value, digit| {
        digit.is_ascii_digit().then(|| value * 10 + i64::from(digit - b'0'))
    })
}

fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Howard Hinnant's `days_from_civil`: years counted from March, in eras of 400 years.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year - era * 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
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
