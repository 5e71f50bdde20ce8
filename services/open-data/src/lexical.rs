//! PostgreSQL's text of a value → how public files write it. A number keeps its digits; a time gets the
//! form of RFC 3339; what a format cannot hold (NaN in JSON) is null there.

use std::borrow::Cow;
use std::io::{self, Write};

use bangioc_postgres_text::array;
use bangioc_schemas::contract::ColumnType;

/// The text of a value in CSV, and of every value that JSON writes as a string.
pub(crate) fn lexical<'a>(column_type: &ColumnType, text: &'a str) -> Cow<'a, str> {
    match column_type {
        ColumnType::Boolean => Cow::Borrowed(if text == "t" { "true" } else { "false" }),
        ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny => Cow::Borrowed(match text {
            "Infinity" => "INF",
            "-Infinity" => "-INF",
            number => number,
        }),
        ColumnType::Timestamp => timestamp(text),
        ColumnType::Timestamptz => zoned(text),
        // A line break between tokens would end a record of JSON Lines; inside a string it is escaped.
        ColumnType::Json | ColumnType::Jsonb if text.contains(['\n', '\r']) => {
            Cow::Owned(text.replace(['\n', '\r'], " "))
        }
        ColumnType::Array(element) => {
            json_array(element, text).map_or(Cow::Borrowed(text), Cow::Owned)
        }
        ColumnType::Smallint
        | ColumnType::Integer
        | ColumnType::Bigint
        | ColumnType::Date
        | ColumnType::Time
        | ColumnType::Uuid
        | ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Bytea
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Other { .. } => Cow::Borrowed(text),
    }
}

/// Is the text one that readers of CSV take for the type that the column is said to have? `infinity`, years
/// BC, 24:00 and arrays of several dimensions are PostgreSQL's alone.
pub(crate) fn is_usual(column_type: &ColumnType, text: &str) -> bool {
    let begins_as_a_year = || {
        let bytes = text.as_bytes();
        bytes.len() >= 10 && bytes[..4].iter().all(u8::is_ascii_digit) && bytes[4] == b'-'
    };
    match column_type {
        ColumnType::Date => text.len() == 10 && begins_as_a_year(),
        ColumnType::Timestamp | ColumnType::Timestamptz => {
            begins_as_a_year() && !text.ends_with(" BC")
        }
        ColumnType::Time => text != "24:00:00",
        ColumnType::Array(element) => json_array(element, text).is_some(),
        ColumnType::Smallint
        | ColumnType::Integer
        | ColumnType::Bigint
        | ColumnType::Real
        | ColumnType::Double
        | ColumnType::Boolean
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny
        | ColumnType::Uuid
        | ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Bytea
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Other { .. } => true,
    }
}

/// Writes a value as JSON.
pub(crate) fn write_json(
    out: &mut impl Write,
    column_type: &ColumnType,
    text: &str,
) -> io::Result<()> {
    match column_type {
        ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint => {
            out.write_all(text.as_bytes())
        }
        ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny => {
            out.write_all(if is_finite(text) { text.as_bytes() } else { b"null" })
        }
        ColumnType::Boolean | ColumnType::Json | ColumnType::Jsonb => {
            out.write_all(lexical(column_type, text).as_bytes())
        }
        ColumnType::Array(element) => match json_array(element, text) {
            Some(json) => out.write_all(json.as_bytes()),
            None => write_string(out, text),
        },
        ColumnType::Date
        | ColumnType::Time
        | ColumnType::Timestamp
        | ColumnType::Timestamptz
        | ColumnType::Uuid
        | ColumnType::Bytea
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Other { .. } => write_string(out, &lexical(column_type, text)),
    }
}

pub(crate) fn write_string(out: &mut impl Write, text: &str) -> io::Result<()> {
    serde_json::to_writer(out, text).map_err(io::Error::from)
}

/// Not `NaN`, `Infinity`, `-Infinity`: a number by its last character.
pub(crate) fn is_finite(text: &str) -> bool {
    text.ends_with(|c: char| c.is_ascii_digit())
}

/// None for an array of several dimensions, which then stays PostgreSQL's text.
fn json_array(element_type: &ColumnType, text: &str) -> Option<String> {
    let mut json = vec![b'['];
    for (i, element) in array::elements(text).enumerate() {
        if i > 0 {
            json.push(b',');
        }
        match element.ok()? {
            None => json.extend(b"null"),
            Some(element) => write_json(&mut json, element_type, &element).ok()?,
        }
    }
    json.push(b']');
    String::from_utf8(json).ok()
}

/// `2026-11-24 15:00:00.5` → `2026-11-24T15:00:00.5`; `infinity` and years BC stay as they are.
fn timestamp(text: &str) -> Cow<'_, str> {
    match text.split_once(' ') {
        Some((date, time)) if !time.contains(' ') => Cow::Owned(format!("{date}T{time}")),
        _ => Cow::Borrowed(text),
    }
}

/// The same, with the offset's minutes: `+07` → `+07:00`. The transaction reads at +07, so it never has
/// minutes of its own.
fn zoned(text: &str) -> Cow<'_, str> {
    match timestamp(text) {
        Cow::Owned(time) if time.ends_with("+07") => Cow::Owned(time + ":00"),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(column_type: &ColumnType, text: &str) -> String {
        let mut out = Vec::new();
        write_json(&mut out, column_type, text).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn values_keep_their_digits_and_times_get_their_form() {
        let text = ColumnType::Text { max_chars: None };
        let texts = ColumnType::Array(Box::new(text.clone()));
        let whole = ColumnType::Array(Box::new(ColumnType::Integer));
        for (column_type, from, csv, in_json) in [
            (&ColumnType::Boolean, "t", "true", "true"),
            (
                &ColumnType::Bigint,
                "9223372036854775807",
                "9223372036854775807",
                "9223372036854775807",
            ),
            (&ColumnType::NumericAny, "1.50", "1.50", "1.50"),
            (&ColumnType::Double, "1e+20", "1e+20", "1e+20"),
            (&ColumnType::Double, "NaN", "NaN", "null"),
            (&ColumnType::Double, "-Infinity", "-INF", "null"),
            (
                &ColumnType::Timestamptz,
                "2026-11-24 15:00:00.5+07",
                "2026-11-24T15:00:00.5+07:00",
                "\"2026-11-24T15:00:00.5+07:00\"",
            ),
            (&ColumnType::Timestamptz, "infinity", "infinity", "\"infinity\""),
            (
                &ColumnType::Timestamp,
                "0044-03-15 12:00:00 BC",
                "0044-03-15 12:00:00 BC",
                "\"0044-03-15 12:00:00 BC\"",
            ),
            (
                &ColumnType::Json,
                "{\n \"a\": \"b\\n\"}",
                "{  \"a\": \"b\\n\"}",
                "{  \"a\": \"b\\n\"}",
            ),
            (
                &texts,
                "{a,\"b \\\"c\\\"\",NULL}",
                "[\"a\",\"b \\\"c\\\"\",null]",
                "[\"a\",\"b \\\"c\\\"\",null]",
            ),
            (&whole, "{1,2}", "[1,2]", "[1,2]"),
            (&whole, "{{1},{2}}", "{{1},{2}}", "\"{{1},{2}}\""),
            (&text, "Đông Khê \"A\"\t", "Đông Khê \"A\"\t", "\"Đông Khê \\\"A\\\"\\t\""),
        ] {
            assert_eq!(lexical(column_type, from), csv);
            assert_eq!(json(column_type, from), in_json);
        }
    }

    #[test]
    fn what_only_postgresql_reads_is_known() {
        let texts = ColumnType::Array(Box::new(ColumnType::Text { max_chars: None }));
        for (column_type, usual, unusual) in [
            (ColumnType::Date, "2026-11-24", vec!["infinity", "0044-03-15 BC", "20260-01-01"]),
            (
                ColumnType::Timestamp,
                "2026-11-24 15:00:00.5",
                vec!["-infinity", "0044-03-15 12:00:00 BC"],
            ),
            (
                ColumnType::Timestamptz,
                "2026-11-24 15:00:00+07",
                vec!["infinity", "12026-11-24 15:00:00+07"],
            ),
            (ColumnType::Time, "23:59:59", vec!["24:00:00"]),
            (texts, "{a,NULL}", vec!["{{a},{b}}"]),
        ] {
            assert!(is_usual(&column_type, usual), "{usual}");
            for unusual in unusual {
                assert!(!is_usual(&column_type, unusual), "{unusual}");
            }
        }
    }
}
