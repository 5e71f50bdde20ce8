//! PostgreSQL's types as Parquet's: which, and how a text becomes one.

use std::sync::Arc;

use bangioc_postgres_text::bytea;
use bangioc_postgres_text::decimal::{Decimal, MAX_DIGITS};
use bangioc_schemas::contract::ColumnType;
use jiff::Timestamp;
use jiff::civil;
use jiff::tz::Offset;
use parquet::basic::{LogicalType, Repetition, TimeUnit, Type as Physical};
use parquet::errors::Result;
use parquet::schema::types::Type;

use crate::set::Field;

/// Decimal digits that always fit in 64 and in 128 bits.
const INT64_DIGITS: u32 = 18;
const INT128_DIGITS: u32 = 38;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ColumnKind {
    Boolean,
    Integer { bits: i8 },
    Bigint,
    Float,
    Double,
    Decimal { precision: u32, scale: u32 },
    LongDecimal { precision: u32, scale: u32 },
    Date,
    Time,
    Timestamp { zoned: bool },
    Text,
    Json,
    Bytes,
}

impl ColumnKind {
    /// Of the column, or of its elements when it is a list of them.
    pub(crate) fn of_field(column_type: &ColumnType) -> (ColumnKind, bool) {
        match column_type {
            // An array of arrays is no type of PostgreSQL.
            ColumnType::Array(element) => (ColumnKind::of(element), true),
            other => (ColumnKind::of(other), false),
        }
    }

    fn of(column_type: &ColumnType) -> ColumnKind {
        match *column_type {
            ColumnType::Boolean => ColumnKind::Boolean,
            ColumnType::Smallint => ColumnKind::Integer { bits: 16 },
            ColumnType::Integer => ColumnKind::Integer { bits: 32 },
            ColumnType::Bigint => ColumnKind::Bigint,
            ColumnType::Real => ColumnKind::Float,
            ColumnType::Double => ColumnKind::Double,
            ColumnType::Numeric { precision, scale }
                if scale <= precision && precision <= INT64_DIGITS =>
            {
                ColumnKind::Decimal { precision, scale }
            }
            ColumnType::Numeric { precision, scale }
                if scale <= precision && precision <= INT128_DIGITS =>
            {
                ColumnKind::LongDecimal { precision, scale }
            }
            ColumnType::Date => ColumnKind::Date,
            ColumnType::Time => ColumnKind::Time,
            ColumnType::Timestamp => ColumnKind::Timestamp { zoned: false },
            ColumnType::Timestamptz => ColumnKind::Timestamp { zoned: true },
            ColumnType::Json | ColumnType::Jsonb => ColumnKind::Json,
            ColumnType::Bytea => ColumnKind::Bytes,
            // A number without a scale of its own keeps its digits as text.
            ColumnType::Numeric { .. }
            | ColumnType::NumericAny
            | ColumnType::Uuid
            | ColumnType::Text { .. }
            | ColumnType::Enum { .. }
            | ColumnType::Array(_)
            | ColumnType::Other { .. } => ColumnKind::Text,
        }
    }

    pub(crate) fn int32(self, text: &str) -> Option<i32> {
        match self {
            ColumnKind::Date => {
                let day: civil::Date = text.parse().ok()?;
                let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?;
                i32::try_from(midnight.as_second().div_euclid(86_400)).ok()
            }
            _ => text.parse().ok(),
        }
    }

    pub(crate) fn int64(self, text: &str) -> Option<i64> {
        match self {
            ColumnKind::Decimal { scale, .. } => {
                unscaled(text, scale).and_then(|number| i64::try_from(number).ok())
            }
            ColumnKind::Time => {
                let time: civil::Time = text.parse().ok()?;
                let seconds = i64::from(time.hour()) * 3600
                    + i64::from(time.minute()) * 60
                    + i64::from(time.second());
                Some(seconds * 1_000_000 + i64::from(time.subsec_nanosecond()) / 1000)
            }
            ColumnKind::Timestamp { zoned: true } => {
                Some(text.parse::<Timestamp>().ok()?.as_microsecond())
            }
            ColumnKind::Timestamp { zoned: false } => {
                let local: civil::DateTime = text.parse().ok()?;
                Some(Offset::UTC.to_timestamp(local).ok()?.as_microsecond())
            }
            _ => text.parse().ok(),
        }
    }

    pub(crate) fn int128(self, text: &str) -> Option<i128> {
        match self {
            ColumnKind::LongDecimal { scale, .. } => unscaled(text, scale),
            _ => None,
        }
    }

    pub(crate) fn bytes(self, text: &str) -> Option<Vec<u8>> {
        match self {
            ColumnKind::Bytes => bytea::bytes(text),
            _ => Some(text.as_bytes().to_vec()),
        }
    }

    fn physical(self) -> Physical {
        match self {
            ColumnKind::Boolean => Physical::BOOLEAN,
            ColumnKind::Integer { .. } | ColumnKind::Date => Physical::INT32,
            ColumnKind::Bigint
            | ColumnKind::Decimal { .. }
            | ColumnKind::Time
            | ColumnKind::Timestamp { .. } => Physical::INT64,
            ColumnKind::Float => Physical::FLOAT,
            ColumnKind::Double => Physical::DOUBLE,
            ColumnKind::Text | ColumnKind::Json | ColumnKind::Bytes => Physical::BYTE_ARRAY,
            ColumnKind::LongDecimal { .. } => Physical::FIXED_LEN_BYTE_ARRAY,
        }
    }

    fn logical(self) -> Option<LogicalType> {
        Some(match self {
            ColumnKind::Integer { bits } => LogicalType::integer(bits, true),
            ColumnKind::Decimal { precision, scale }
            | ColumnKind::LongDecimal { precision, scale } => {
                LogicalType::decimal(i32::try_from(scale).ok()?, i32::try_from(precision).ok()?)
            }
            ColumnKind::Date => LogicalType::Date,
            ColumnKind::Time => LogicalType::time(false, TimeUnit::MICROS),
            ColumnKind::Timestamp { zoned } => LogicalType::timestamp(zoned, TimeUnit::MICROS),
            ColumnKind::Text => LogicalType::String,
            ColumnKind::Json => LogicalType::Json,
            ColumnKind::Boolean
            | ColumnKind::Bigint
            | ColumnKind::Float
            | ColumnKind::Double
            | ColumnKind::Bytes => return None,
        })
    }

    fn primitive(self, name: &str) -> Result<Type> {
        let mut builder = Type::primitive_type_builder(name, self.physical())
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(self.logical());
        if let ColumnKind::Decimal { precision, scale }
        | ColumnKind::LongDecimal { precision, scale } = self
        {
            let whole = |n: u32| i32::try_from(n).unwrap_or_default();
            builder = builder.with_precision(whole(precision)).with_scale(whole(scale));
        }
        if let ColumnKind::LongDecimal { .. } = self {
            builder = builder.with_length(16);
        }
        builder.build()
    }
}

/// The schema of a file: every column may be null, a list has the three levels that the format asks for.
pub(crate) fn parquet_type(name: &str, fields: &[Field]) -> Result<Type> {
    let mut columns = Vec::new();
    for field in fields {
        let (kind, list) = ColumnKind::of_field(&field.column_type);
        columns.push(Arc::new(if list {
            let element = Arc::new(kind.primitive("element")?);
            let entries = Type::group_type_builder("list")
                .with_repetition(Repetition::REPEATED)
                .with_fields(vec![element])
                .build()?;
            Type::group_type_builder(&field.name)
                .with_repetition(Repetition::OPTIONAL)
                .with_logical_type(Some(LogicalType::List))
                .with_fields(vec![Arc::new(entries)])
                .build()?
        } else {
            kind.primitive(&field.name)?
        }));
    }
    Type::group_type_builder(&name.replace('-', "_")).with_fields(columns).build()
}

/// `-1.50` with two decimals → -150. None for NaN and infinities, and when a digit would be lost.
fn unscaled(text: &str, scale: u32) -> Option<i128> {
    Decimal::parse(text)?.units(usize::try_from(scale).ok()?, MAX_DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_the_numbers_behind_dates_times_and_decimals() {
        assert_eq!(ColumnKind::Date.int32("1970-01-02"), Some(1));
        assert_eq!(ColumnKind::Date.int32("1969-12-31"), Some(-1));
        assert_eq!(ColumnKind::Date.int32("infinity"), None);
        assert_eq!(ColumnKind::Time.int64("00:00:01.5"), Some(1_500_000));
        assert_eq!(
            ColumnKind::Timestamp { zoned: true }.int64("1970-01-01T07:00:01+07:00"),
            Some(1_000_000)
        );
        assert_eq!(
            ColumnKind::Timestamp { zoned: false }.int64("1970-01-01T00:00:00.000001"),
            Some(1)
        );
        let money = ColumnKind::Decimal { precision: 12, scale: 2 };
        assert_eq!(money.int64("-1.50"), Some(-150));
        assert_eq!(money.int64("0.05"), Some(5));
        assert_eq!(money.int64("7"), Some(700));
        assert_eq!(money.int64("NaN"), None);
        let long = ColumnKind::LongDecimal { precision: 38, scale: 0 };
        assert_eq!(long.int128(&"9".repeat(38)), Some(10_i128.pow(38) - 1));
        assert_eq!(ColumnKind::Bytes.bytes("\\x00ff"), Some(vec![0, 255]));
    }
}
