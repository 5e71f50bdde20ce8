//! Dates and times ⇄ Debezium's `Date`, `MicroTime`, `MicroTimestamp`, `ZonedTimestamp`. Proleptic
//! Gregorian, as in PostgreSQL. Day numbers by Howard Hinnant's `days_from_civil`.

use super::{Place, push_ascii};
use crate::error::DecodeCode;
use crate::wire::{put_bytes, put_long};

const DAY_US: i64 = 86_400_000_000;
/// PostgreSQL's dates: 4714-11-24 BC to 5874897-12-31.
const DAYS: std::ops::RangeInclusive<i64> = -2_440_588..=2_145_042_905;
/// PostgreSQL's timestamps begin here, 4714-11-24 BC; the end lies beyond 64 bits of microseconds.
const FIRST_TIMESTAMP_US: i64 = -210_866_803_200_000_000;

pub(super) fn put_date(out: &mut Vec<u8>, text: &str, place: Place) -> bool {
    let days = match text {
        "infinity" if place == Place::Key => i64::from(i32::MAX),
        "-infinity" if place == Place::Key => i64::from(i32::MIN),
        _ => match date_text(text, place) {
            Some(days) => days,
            None => return false,
        },
    };
    put_long(out, days);
    true
}

fn date_text(text: &str, place: Place) -> Option<i64> {
    let (text, bc) = era(text, place)?;
    let mut at = Cursor(text.as_bytes());
    let days = at.date(bc)?;
    (at.0.is_empty() && DAYS.contains(&days)).then_some(days)
}

pub(super) fn get_date(days: i32, out: &mut String) -> Result<(), DecodeCode> {
    match days {
        i32::MAX => out.push_str("infinity"),
        i32::MIN => out.push_str("-infinity"),
        days if DAYS.contains(&i64::from(days)) => {
            if push_date(i64::from(days), out) {
                out.push_str(" BC");
            }
        }
        _ => return Err(DecodeCode::TimeImplausible),
    }
    Ok(())
}

pub(super) fn put_time(out: &mut Vec<u8>, text: &str, place: Place) -> bool {
    let mut at = Cursor(text.as_bytes());
    match at.time() {
        // Debezium's readers take a time of day below 24 hours.
        Some(time)
            if at.0.is_empty() && (time < DAY_US || (time == DAY_US && place == Place::Key)) =>
        {
            put_long(out, time);
            true
        }
        _ => false,
    }
}

pub(super) fn get_time(time: i64, out: &mut String) -> Result<(), DecodeCode> {
    if !(0..=DAY_US).contains(&time) {
        return Err(DecodeCode::TimeImplausible);
    }
    push_time(time, out);
    Ok(())
}

pub(super) fn put_timestamp(out: &mut Vec<u8>, text: &str, place: Place) -> bool {
    let time = match text {
        "infinity" if place == Place::Key => i64::MAX,
        "-infinity" if place == Place::Key => i64::MIN,
        // The ends of the range stand for the infinities.
        _ => match timestamp_text(text, place) {
            Some(time) if (FIRST_TIMESTAMP_US..i64::MAX).contains(&time) => time,
            _ => return false,
        },
    };
    put_long(out, time);
    true
}

fn timestamp_text(text: &str, place: Place) -> Option<i64> {
    let (text, bc) = era(text, place)?;
    let mut at = Cursor(text.as_bytes());
    let days = at.date(bc)?;
    at.expect(b' ')?;
    let time = at.time().filter(|time| *time < DAY_US)?;
    if !at.0.is_empty() {
        return None;
    }
    days.checked_mul(DAY_US)?.checked_add(time)
}

pub(super) fn get_timestamp(time: i64, out: &mut String) -> Result<(), DecodeCode> {
    match time {
        i64::MAX => out.push_str("infinity"),
        i64::MIN => out.push_str("-infinity"),
        time if time < FIRST_TIMESTAMP_US => return Err(DecodeCode::TimeImplausible),
        time => {
            let bc = push_date(time.div_euclid(DAY_US), out);
            out.push(' ');
            push_time(time.rem_euclid(DAY_US), out);
            if bc {
                out.push_str(" BC");
            }
        }
    }
    Ok(())
}

/// `2026-03-05 01:31:00.5+00` → `2026-03-05T01:31:00.5Z`. The session runs in UTC; any other offset,
/// the infinities and years outside four digits are not in Debezium's form.
pub(super) fn put_zoned(out: &mut Vec<u8>, text: &str, place: Place) -> bool {
    let bytes = text.as_bytes();
    if let Some(local) = bytes.strip_suffix(b"+00")
        && is_plain_timestamp(local, b' ')
    {
        let start = out.len();
        put_long(out, i64::try_from(local.len() + 1).unwrap_or(i64::MAX));
        out.extend_from_slice(local);
        out.push(b'Z');
        // The length of up to 63 bytes is one byte; the `T` is the eleventh character after it.
        out[start + 1 + 10] = b'T';
        return true;
    }
    // As text, which no ISO form can be taken for: theirs has a `T` where PostgreSQL has a space.
    let as_text = place == Place::Key && is_postgres_timestamptz(text);
    if as_text {
        put_bytes(out, bytes);
    }
    as_text
}

pub(super) fn get_zoned(text: &str, out: &mut String) -> Result<(), DecodeCode> {
    if let Some(local) = text.as_bytes().strip_suffix(b"Z")
        && is_plain_timestamp(local, b'T')
    {
        out.push_str(&text[..10]);
        out.push(' ');
        out.push_str(&text[11..text.len() - 1]);
        out.push_str("+00");
        return Ok(());
    }
    if !is_postgres_timestamptz(text) {
        return Err(DecodeCode::DateInvalid);
    }
    out.push_str(text);
    Ok(())
}

/// Four-digit year, valid day, `separator`, time of day below 24 hours.
fn is_plain_timestamp(text: &[u8], separator: u8) -> bool {
    let mut at = Cursor(text);
    text.get(4) == Some(&b'-')
        && at.date(false).is_some()
        && at.expect(separator).is_some()
        && at.time().is_some_and(|time| time < DAY_US)
        && at.0.is_empty()
}

/// Any `timestamptz` as PostgreSQL writes it: `infinity`, other offsets, long years, BC.
fn is_postgres_timestamptz(text: &str) -> bool {
    if matches!(text, "infinity" | "-infinity") {
        return true;
    }
    let Some((text, bc)) = era(text, Place::Key) else {
        return false;
    };
    let mut at = Cursor(text.as_bytes());
    let local = at.date(bc).is_some()
        && at.expect(b' ').is_some()
        && at.time().is_some_and(|time| time < DAY_US);
    local && at.offset().is_some() && at.0.is_empty()
}

/// Splits ` BC` off. None where there is no room for it.
fn era(text: &str, place: Place) -> Option<(&str, bool)> {
    match text.strip_suffix(" BC") {
        Some(_) if place == Place::Nullable => None,
        Some(text) => Some((text, true)),
        None => Some((text, false)),
    }
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    #[inline]
    fn expect(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == byte).then_some(())
    }

    #[inline]
    fn two_digits(&mut self) -> Option<i64> {
        let ([tens, ones], rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    }

    /// `2024-11-05` → days since 1970-01-01.
    #[inline]
    fn date(&mut self, bc: bool) -> Option<i64> {
        let year_digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Four digits, or more without a leading zero.
        if !(4..=7).contains(&year_digits) || (year_digits > 4 && self.0[0] == b'0') {
            return None;
        }
        let (digits, rest) = self.0.split_at(year_digits);
        self.0 = rest;
        let year = digits.iter().fold(0, |year, digit| year * 10 + i64::from(digit - b'0'));
        if year == 0 {
            return None;
        }
        let year = if bc { 1 - year } else { year };
        self.expect(b'-')?;
        let month = self.two_digits()?;
        self.expect(b'-')?;
        let day = self.two_digits()?;
        (day >= 1 && day <= days_in_month(year, month)?).then(|| day_number(year, month, day))
    }

    /// `01:31:00.123456` → microseconds. 24:00:00 passes, and is the callers' to refuse.
    #[inline]
    fn time(&mut self) -> Option<i64> {
        let hours = self.two_digits()?;
        self.expect(b':')?;
        let minutes = self.two_digits()?;
        self.expect(b':')?;
        let seconds = self.two_digits()?;
        if minutes > 59 || seconds > 59 {
            return None;
        }
        let time = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + self.fraction()?;
        (time <= DAY_US).then_some(time)
    }

    /// One to six digits, the last of them not 0, or nothing.
    #[inline]
    fn fraction(&mut self) -> Option<i64> {
        let [b'.', digits @ ..] = self.0 else {
            return Some(0);
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=6).contains(&count) || digits[count - 1] == b'0' {
            return None;
        }
        let value =
            digits[..count].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        self.0 = &digits[count..];
        Some((count..6).fold(value, |value, _| value * 10))
    }

    /// `+07`, `-03:30`, `+06:42:04`.
    fn offset(&mut self) -> Option<()> {
        let (sign, rest) = self.0.split_first()?;
        if !matches!(sign, b'+' | b'-') {
            return None;
        }
        self.0 = rest;
        self.two_digits()?;
        while self.0.first() == Some(&b':') {
            self.expect(b':')?;
            self.two_digits()?;
        }
        Some(())
    }
}

fn days_in_month(year: i64, month: i64) -> Option<i64> {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

fn day_number(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// (year, month, day), year 0 being 1 BC.
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

/// Appends the date without its era; true when that is BC.
#[inline]
fn push_date(days: i64, out: &mut String) -> bool {
    let (year, month, day) = civil(days);
    let bc = year <= 0;
    let year = if bc { 1 - year } else { year };
    if year < 10_000 {
        let [y0, y1] = two(year / 100);
        let [y2, y3] = two(year % 100);
        let ([m0, m1], [d0, d1]) = (two(month), two(day));
        push_ascii(out, &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1]);
    } else {
        super::push_number(out, year);
        let ([m0, m1], [d0, d1]) = (two(month), two(day));
        push_ascii(out, &[b'-', m0, m1, b'-', d0, d1]);
    }
    bc
}

#[inline]
fn push_time(time: i64, out: &mut String) {
    let (seconds, mut micros) = (time / 1_000_000, time % 1_000_000);
    let ([h0, h1], [m0, m1], [s0, s1]) =
        (two(seconds / 3600), two(seconds / 60 % 60), two(seconds % 60));
    push_ascii(out, &[h0, h1, b':', m0, m1, b':', s0, s1]);
    if micros > 0 {
        let mut digits = 6;
        while micros % 10 == 0 {
            micros /= 10;
            digits -= 1;
        }
        let mut text = [b'.'; 7];
        for place in text[1..=digits].iter_mut().rev() {
            *place = two(micros % 10)[1];
            micros /= 10;
        }
        push_ascii(out, &text[..=digits]);
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 99")]
fn two(number: i64) -> [u8; 2] {
    let number = number as u8;
    [b'0' + number / 10, b'0' + number % 10]
}
