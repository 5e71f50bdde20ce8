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
    let &[b' ', h0, h1, b':', m0, m1, b':', s0, s1, ref rest @ ..] = rest else {
        return None;
    };
    let (hour, minute, second) = (number(&[h0, h1])?, number(&[m0, m1])?, number(&[s0, s1])?);
    let (fraction_us, zone) = fraction_us(rest)?;
    let seconds = hour * 3600 + minute * 60 + second - offset_seconds(zone)?;
    Some(days(date)? * DAY_US + seconds * 1_000_000 + fraction_us)
}

fn fraction_us(text: &[u8]) -> Option<(i64, &[u8])> {
    let [b'.', digits @ ..] = text else {
        return Some((0, text));
    };
    let length = digits
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
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
        digit
            .is_ascii_digit()
            .then(|| value * 10 + i64::from(digit - b'0'))
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
    fn the_local_day_begins_at_17_utc() {
        assert_eq!(local_day(17 * 3_600_000_000 - 1), 0);
        assert_eq!(local_day(17 * 3_600_000_000), 1);
        assert_eq!(local_day(-8 * 3_600_000_000), -1);
    }
}
