//! Dates and times ⇄ Debezium's `Date`, `MicroTime`, `MicroTimestamp`, `ZonedTimestamp`.

use bangioc_postgres_text::civil::DAY_US;
use bangioc_postgres_text::{clock, date, timestamp};

use super::Placement;
use crate::error::DecodeCode;
use crate::wire::{put_bytes, put_long};

pub(super) fn put_date(out: &mut Vec<u8>, text: &str, place: Placement) -> bool {
    let days = match text {
        "infinity" if place == Placement::Key => i64::from(i32::MAX),
        "-infinity" if place == Placement::Key => i64::from(i32::MIN),
        _ => match date::days(text) {
            Some(days) if place == Placement::Key || days >= date::FIRST_OF_ERA => days,
            _ => return false,
        },
    };
    put_long(out, days);
    true
}

pub(super) fn get_date(days: i32, out: &mut String) -> Result<(), DecodeCode> {
    match days {
        i32::MAX => out.push_str("infinity"),
        i32::MIN => out.push_str("-infinity"),
        days if date::RANGE.contains(&i64::from(days)) => {
            if date::push(i64::from(days), out) {
                out.push_str(" BC");
            }
        }
        _ => return Err(DecodeCode::TimeImplausible),
    }
    Ok(())
}

pub(super) fn put_time(out: &mut Vec<u8>, text: &str, place: Placement) -> bool {
    match clock::micros(text) {
        // Debezium's readers take a time of day below 24 hours.
        Some(time) if time < DAY_US || place == Placement::Key => {
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
    clock::push(time, out);
    Ok(())
}

pub(super) fn put_timestamp(out: &mut Vec<u8>, text: &str, place: Placement) -> bool {
    let time = match text {
        "infinity" if place == Placement::Key => i64::MAX,
        "-infinity" if place == Placement::Key => i64::MIN,
        // The ends of the range stand for the infinities.
        _ => match timestamp::local_us(text).filter(|time| *time < i64::MAX) {
            Some(time) if place == Placement::Key || time >= timestamp::FIRST_OF_ERA_US => time,
            _ => return false,
        },
    };
    put_long(out, time);
    true
}

pub(super) fn get_timestamp(time: i64, out: &mut String) -> Result<(), DecodeCode> {
    match time {
        i64::MAX => out.push_str("infinity"),
        i64::MIN => out.push_str("-infinity"),
        time if time < timestamp::FIRST_US => return Err(DecodeCode::TimeImplausible),
        time => timestamp::push_local(time, out),
    }
    Ok(())
}

/// `2026-03-05 01:31:00.5+00` → `2026-03-05T01:31:00.5Z`. The session runs in UTC; any other offset,
/// the infinities and years outside four digits are not in Debezium's form.
pub(super) fn put_zoned(out: &mut Vec<u8>, text: &str, place: Placement) -> bool {
    let bytes = text.as_bytes();
    if let Some(local) = bytes.strip_suffix(b"+00")
        && timestamp::is_plain(local, b' ')
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
    let as_text = place == Placement::Key && timestamp::is_zoned(text);
    if as_text {
        put_bytes(out, bytes);
    }
    as_text
}

pub(super) fn get_zoned(text: &str, out: &mut String) -> Result<(), DecodeCode> {
    if let Some(local) = text.as_bytes().strip_suffix(b"Z")
        && timestamp::is_plain(local, b'T')
    {
        out.push_str(&text[..10]);
        out.push(' ');
        out.push_str(&text[11..text.len() - 1]);
        out.push_str("+00");
        return Ok(());
    }
    if !timestamp::is_zoned(text) {
        return Err(DecodeCode::DateInvalid);
    }
    out.push_str(text);
    Ok(())
}
