//! One value, PostgreSQL's text ⇄ Avro bytes. Each kind's two directions stand side by side, and
//! `get(put(text)) == text` for every text that `put` accepts: what it can't give back exactly, it
//! refuses, and the caller sends the text itself (`exact`).

mod array;
mod calendar;
mod decimal;
mod json;

use bangioc_postgres_text::bytea::{self, Bytea};
use bangioc_postgres_text::float;
use bangioc_postgres_text::integer::{self, Integer};
use bangioc_postgres_text::uuid::is_uuid;

use crate::error::DecodeCode;
use crate::plan::{Leaf, ValuePlan};
use crate::wire::{DatumReader, put_bytes, put_length, put_long};

/// Bytes of text that one record may grow to. Records end at 4 MiB and no honest value grows more
/// than fivefold (an array of nulls), so a record that passes this was made to.
pub(crate) const MAX_TEXT: usize = 24 << 20;

/// Where a value goes that its Avro type can hold only by convention.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placement {
    /// A nullable field: null, and the text in `exact`.
    Nullable,
    /// A key column has no such way out: dates before Christ and the infinities travel as the numbers
    /// that PostgreSQL's own drivers use for them, also those of `numeric`.
    Key,
}

/// Appends one value, without its union branch. False: not canonical, and `out` is as before.
#[inline]
pub(crate) fn put(out: &mut Vec<u8>, leaf: &Leaf, text: &str, place: Placement) -> bool {
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
            let canonical = is_uuid(text);
            if canonical {
                put_bytes(out, text.as_bytes());
            }
            canonical
        }
        Leaf::Bytea => put_bytea(out, text),
        Leaf::Real => put_real(out, text),
        Leaf::Double => put_double(out, text),
        Leaf::VariableScaleDecimal => decimal::put_variable_scale(out, text, place),
        // The encoder's plan has none of these.
        Leaf::IntAsBigint | Leaf::RealAsDouble | Leaf::Symbols(_) => false,
    }
}

/// Reads one value, without its union branch, and appends its text. `scratch` is for array elements.
#[inline]
pub(crate) fn get(
    leaf: &Leaf,
    reader: &mut DatumReader<'_>,
    out: &mut String,
    scratch: &mut String,
) -> Result<(), DecodeCode> {
    match leaf {
        Leaf::Text => out.push_str(reader.text()?),
        Leaf::Integer | Leaf::IntAsBigint => integer::push(reader.int()?, out),
        Leaf::Smallint => {
            let number = i16::try_from(reader.int()?).map_err(|_| DecodeCode::IntRange)?;
            integer::push(number, out);
        }
        Leaf::Bigint => integer::push(reader.long()?, out),
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
            if !is_uuid(text) {
                return Err(DecodeCode::Type);
            }
            out.push_str(text);
        }
        Leaf::Json => {
            let text = reader.text()?;
            json::check(text.as_bytes())?;
            out.push_str(text);
        }
        Leaf::Bytea => bytea::push(reader.bytes()?, out),
        Leaf::Real => float::push_real(f32::from_le_bytes(reader.array()?), out),
        Leaf::Double => float::push_double(f64::from_le_bytes(reader.array()?), out),
        Leaf::RealAsDouble => {
            float::push_double(f64::from(f32::from_le_bytes(reader.array()?)), out);
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
pub(crate) fn is_value(slot: &ValuePlan, reader: &mut DatumReader<'_>) -> Result<bool, DecodeCode> {
    match slot.union {
        None => Ok(true),
        Some(union) => Ok(reader.branch(2)? == usize::from(union.value)),
    }
}

#[inline]
fn put_integer<N: Integer>(out: &mut Vec<u8>, text: &str) -> bool {
    let value = integer::parse::<N>(text);
    if let Some(value) = value {
        put_long(out, value);
    }
    value.is_some()
}

fn put_bytea(out: &mut Vec<u8>, text: &str) -> bool {
    let Some(bytes) = Bytea::of(text) else {
        return false;
    };
    let start = out.len();
    put_length(out, bytes.len());
    let written = bytes.extend(out);
    if !written {
        out.truncate(start);
    }
    written
}

fn put_real(out: &mut Vec<u8>, text: &str) -> bool {
    let number = float::parse_real(text);
    out.extend(number.into_iter().flat_map(f32::to_le_bytes));
    number.is_some()
}

fn put_double(out: &mut Vec<u8>, text: &str) -> bool {
    let number = float::parse_double(text);
    out.extend(number.into_iter().flat_map(f64::to_le_bytes));
    number.is_some()
}
