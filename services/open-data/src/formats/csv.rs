//! CSV: RFC 4180, UTF-8, a header. An empty field is null, `""` an empty text.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Path;

use bangioc_schemas::contract::ColumnType;
use bangioc_schemas::row::Row;

use super::RowWriter;
use crate::lexical::lexical;
use crate::set::{Field, Resource};
use crate::written::{HashedFile, Written};

pub(super) struct Csv<'a> {
    file: HashedFile,
    fields: &'a [Field],
    line: Vec<u8>,
}

impl Csv<'_> {
    pub(super) fn create<'a>(path: &Path, resource: &'a Resource) -> io::Result<Csv<'a>> {
        let mut file = HashedFile::create(path)?;
        let names: Vec<&str> = resource.fields.iter().map(|field| field.name.as_str()).collect();
        file.write_all((names.join(",") + "\r\n").as_bytes())?;
        Ok(Csv { file, fields: &resource.fields, line: Vec::new() })
    }
}

impl RowWriter for Csv<'_> {
    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        self.line.clear();
        for (i, (cell, field)) in row.cells().zip(self.fields).enumerate() {
            if i > 0 {
                self.line.push(b',');
            }
            if let Some(text) = cell.text() {
                let text = lexical(&field.column_type, text);
                push(&mut self.line, &guarded(&field.column_type, &text));
            }
        }
        self.line.extend(b"\r\n");
        self.file.write_all(&self.line)
    }

    fn finish(self: Box<Self>) -> io::Result<Written> {
        self.file.finish()
    }
}

fn push(line: &mut Vec<u8>, text: &str) {
    let plain = !text.is_empty()
        && !text.contains([',', '"', '\r', '\n'])
        && !text.starts_with(' ')
        && !text.ends_with(' ');
    if plain {
        line.extend(text.as_bytes());
    } else {
        line.push(b'"');
        line.extend(text.replace('"', "\"\"").as_bytes());
        line.push(b'"');
    }
}

/// Spreadsheets run a text as a formula when it begins so; also after a full-width sign is folded.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// An apostrophe goes before what could run as a formula, and before an apostrophe: so taking one away
/// from every text that begins with one gives back what was. Only in CSV; no other format needs it.
fn guarded<'t>(column_type: &ColumnType, text: &'t str) -> Cow<'t, str> {
    if may_hold_any_text(column_type) && text.starts_with(|c| c == '\'' || FORMULA.contains(&c)) {
        Cow::Owned(format!("'{text}"))
    } else {
        Cow::Borrowed(text)
    }
}

fn may_hold_any_text(column_type: &ColumnType) -> bool {
    match column_type {
        ColumnType::Text { .. } | ColumnType::Enum { .. } | ColumnType::Other { .. } => true,
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
        | ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Bytea
        | ColumnType::Array(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TEXT: ColumnType = ColumnType::Text { max_chars: None };

    fn field(text: &str) -> String {
        let mut line = Vec::new();
        push(&mut line, &guarded(&TEXT, text));
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn fields_as_rfc_4180_wants_them_and_formulas_disarmed() {
        for (text, written) in [
            ("Nà Giàng", "Nà Giàng"),
            ("a,b", "\"a,b\""),
            ("5\" ống", "\"5\"\" ống\""),
            ("a\nb", "\"a\nb\""),
            (" a", "\" a\""),
            ("", "\"\""),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("@SUM(1)", "'@SUM(1)"),
            ("+84206", "'+84206"),
            ("\tcmd", "'\tcmd"),
            ("＝1+1", "'＝1+1"),
            ("'a", "''a"),
            ("a=1", "a=1"),
            ("0001", "0001"),
        ] {
            assert_eq!(field(text), written, "{text:?}");
        }
        assert_eq!(guarded(&ColumnType::Double, "-1.5"), "-1.5");
    }

    proptest! {
        #[test]
        fn no_text_begins_as_a_formula_and_every_text_comes_back(text in any::<String>()) {
            let guarded = guarded(&TEXT, &text);
            prop_assert!(!guarded.starts_with(FORMULA));
            prop_assert_eq!(guarded.strip_prefix('\'').unwrap_or(&guarded), text.as_str());
        }
    }
}
