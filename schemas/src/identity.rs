//! Which texts of a key mean one key. PostgreSQL takes 1.0 and 1.00 for the same number, and a unique index lets
//! only one of them in; so they are one key to us, wherever keys are compared. The row's own value stays as it is.

use std::borrow::Cow;

use crate::column_type::ColumnType;

/// Does PostgreSQL have several texts for one value of this type? Of a type that can be in a key.
pub fn has_several_texts(column_type: &ColumnType) -> bool {
    matches!(column_type, ColumnType::NumericAny | ColumnType::Real | ColumnType::Double)
}

/// The text that stands for all that are the same key.
pub fn of_key<'a>(column_type: &ColumnType, text: &'a str) -> Cow<'a, str> {
    Cow::Borrowed(match column_type {
        ColumnType::NumericAny => without_trailing_zeros(text),
        ColumnType::Real | ColumnType::Double => without_minus_zero(text),
        _ => text,
    })
}

/// Of a `numeric`, as PostgreSQL writes it: `1.500` → `1.5`.
pub fn without_trailing_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Of a `real` or `double precision`: zero has a sign, and equals itself without it.
pub fn without_minus_zero(text: &str) -> &str {
    if text == "-0" { "0" } else { text }
}

/// Why a column of this type can't be in a key; None: it can.
pub fn key_fault(column_type: &ColumnType) -> Option<&'static str> {
    match column_type {
        ColumnType::Json | ColumnType::Jsonb => {
            Some("equal JSON values may have different texts, and `json` itself can't be compared")
        }
        ColumnType::Array(_) => Some("arrays with the same elements may have different texts"),
        ColumnType::Other { name } => match name.as_str() {
            "interval" => {
                Some("`1 day` and `24:00:00` are equal to PostgreSQL and different texts")
            }
            "numrange" => {
                Some("`[1.0,2]` and `[1.00,2]` are equal to PostgreSQL and different texts")
            }
            "xml" => Some("PostgreSQL can't compare it"),
            "tsvector" => Some("its order differs between versions of PostgreSQL"),
            _ => None,
        },
        ColumnType::Smallint
        | ColumnType::Integer
        | ColumnType::Bigint
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Boolean
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::Timestamp
        | ColumnType::Timestamptz
        | ColumnType::Uuid
        | ColumnType::Bytea
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_one_key() {
        for (text, key) in [
            ("1", "1"),
            ("100", "100"),
            ("1.0", "1"),
            ("1.50", "1.5"),
            ("-0.10", "-0.1"),
            ("0.00", "0"),
            ("NaN", "NaN"),
            ("-Infinity", "-Infinity"),
            ("10000000000000000000000.000", "10000000000000000000000"),
        ] {
            assert_eq!(of_key(&ColumnType::NumericAny, text), key);
            assert_eq!(of_key(&ColumnType::Text { max_chars: None }, text), text);
        }
        assert_eq!(of_key(&ColumnType::Double, "-0"), "0");
        assert_eq!(of_key(&ColumnType::Double, "1e+20"), "1e+20");
    }
}
