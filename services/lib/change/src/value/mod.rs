//! One value, PostgreSQL's text ⇄ Avro bytes. Each kind's two directions stand side by side, and
//! `get(put(text)) == text` for every text that `put` accepts: what it can't give back exactly, it
//! refuses, and the caller sends the text itself (`exact`).

mod array;
mod calendar;
mod decimal;
mod float;
mod hex;
mod json;

use crate::error::DecodeCode;
use crate::plan::{Leaf, Slot};
use crate::wire::{Reader, put_bytes, put_long};

/// Bytes of text that one record may grow to. Records end at 4 MiB and no honest value grows more
/// than fivefold (an array of nulls), so a record that passes this was made to.
pub(crate) const MAX_TEXT: usize = 24 << 20;

/// Where a value goes that its Avro type can hold only by convention.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A nullable field: null, and the text in `exact`.
    Nullable,
    /// A key column has no such way out: dates before Christ and the infinities travel as the numbers
    /// that PostgreSQL's own drivers use for them.
    Key,
}

/// Appends one value, without its union branch. False: not canonical, and `out` is as before.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, leaf: &Leaf, text: &str, place: Place) -> bool {
    match leaf {
        Leaf::Text | Leaf::Json => {
            put_bytes(out, text.as_bytes());
            true
        }
        Leaf::Smallint => put_integer::<i16>(out, text),
        Leaf::Integer => put_integer::<i32>(out, text),
        Leaf::Bigint => put_integer::<i64>(out, text),
        Leaf::Decimal { precision, scale } => decimal::put(out, text, *precision, *scale),
        Leaf::Date => calendar::put_date(out, text, place),
        Leaf::ZonedTimestamp => calendar::put_zoned(out, text, place),
        Leaf::MicroTimestamp => calendar::put_timestamp(out, text, place),
        Leaf::MicroTime => calendar::put_time(out, text, place),
        Leaf::Boolean => match text {
            "t" | "f" => {
                out.push(u8::from(text == "t"));
                true
            }
            _ => false,
        },
        Leaf::Array(element) => array::put(out, element, text),
        Leaf::Uuid => {
            let canonical = is_uuid(text.as_bytes());
            if canonical {
                put_bytes(out, text.as_bytes());
            }
            canonical
        }
        Leaf::Bytea => hex::put(out, text),
        Leaf::Real => float::put_real(out, text),
        Leaf::Double => float::put_double(out, text),
        Leaf::VariableScaleDecimal => decimal::put_variable_scale(out, text),
        // The encoder's plan has none of these.
        Leaf::IntAsBigint | Leaf::RealAsDouble | Leaf::Symbols(_) => false,
    }
}

/// Reads one value, without its union branch, and appends its text. `scratch` is for array elements.
#[inline]
pub(crate) fn get(
    leaf: &Leaf,
    reader: &mut Reader<'_>,
    out: &mut String,
    scratch: &mut String,
) -> Result<(), DecodeCode> {
    match leaf {
        Leaf::Text => out.push_str(reader.text()?),
        Leaf::Integer | Leaf::IntAsBigint => push_number(out, reader.int()?),
        Leaf::Smallint => {
            let number = i16::try_from(reader.int()?).map_err(|_| DecodeCode::IntRange)?;
            push_number(out, number);
        }
        Leaf::Bigint => push_number(out, reader.long()?),
        Leaf::Decimal { precision, scale } => {
            decimal::get(reader.bytes()?, *precision, *scale, out)?;
        }
        Leaf::Date => calendar::get_date(reader.int()?, out)?,
        Leaf::ZonedTimestamp => calendar::get_zoned(reader.text()?, out)?,
        Leaf::MicroTimestamp => calendar::get_timestamp(reader.long()?, out)?,
        Leaf::MicroTime => calendar::get_time(reader.long()?, out)?,
        Leaf::Boolean => out.push(if reader.boolean()? { 't' } else { 'f' }),
        Leaf::Array(element) => array::get(element, reader, out, scratch)?,
        Leaf::Uuid => {
            let text = reader.text()?;
            if !is_uuid(text.as_bytes()) {
                return Err(DecodeCode::Type);
            }
            out.push_str(text);
        }
        Leaf::Json => {
            let text = reader.text()?;
            json::check(text.as_bytes())?;
            out.push_str(text);
        }
        Leaf::Bytea => hex::get(reader.bytes()?, out),
        Leaf::Real => float::get_real(f32::from_le_bytes(reader.array()?), out),
        Leaf::Double => float::get_double(f64::from_le_bytes(reader.array()?), out),
        Leaf::RealAsDouble => {
            float::get_double(f64::from(f32::from_le_bytes(reader.array()?)), out);
        }
        Leaf::VariableScaleDecimal => {
            let scale = reader.int()?;
            decimal::get_variable_scale(scale, reader.bytes()?, out)?;
        }
        Leaf::Symbols(symbols) => {
            let index = usize::try_from(reader.int()?).map_err(|_| DecodeCode::EnumRange)?;
            out.push_str(symbols.get(index).ok_or(DecodeCode::EnumRange)?);
        }
    }
    Ok(())
}

/// Null, or a value. True when there is one.
#[inline]
pub(crate) fn is_value(slot: &Slot, reader: &mut Reader<'_>) -> Result<bool, DecodeCode> {
    match slot.union {
        None => Ok(true),
        Some(union) => Ok(reader.branch(2)? == usize::from(union.value)),
    }
}

trait Integer: Sized {
    const MAX_DIGITS: usize;
    fn holds(value: i64) -> bool;
}

macro_rules! integers {
    ($($name:ty, $digits:literal;)*) => {$(
        impl Integer for $name {
            const MAX_DIGITS: usize = $digits;
            fn holds(value: i64) -> bool { <$name>::try_from(value).is_ok() }
        }
    )*};
}
integers! { i16, 5; i32, 10; i64, 19; }

#[inline]
fn put_integer<N: Integer>(out: &mut Vec<u8>, text: &str) -> bool {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    // No sign but `-`, no leading zero, no `-0`: else the text would not come back.
    let canonical = match digits {
        [b'0'] => !negative,
        [] | [b'0', ..] => false,
        digits => digits.len() <= N::MAX_DIGITS,
    };
    if !canonical {
        return false;
    }
    // Nineteen digits fit 64 bits without a sign.
    let mut size = 0_u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return false;
        }
        size = size * 10 + u64::from(digit - b'0');
    }
    let value = if negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
    match value {
        Some(value) if N::holds(value) => {
            put_long(out, value);
            true
        }
        _ => false,
    }
}

#[inline]
fn push_number(out: &mut String, number: impl itoa::Integer) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Appends bytes that are ASCII by construction.
#[inline]
fn push_ascii(out: &mut String, bytes: &[u8]) {
    if let Ok(text) = std::str::from_utf8(bytes) {
        out.push_str(text);
    }
}

/// As PostgreSQL writes it: lower case, 8-4-4-4-12.
fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}
