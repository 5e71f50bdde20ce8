//! Rows read back from a CSV file of ours: the digits there are those of the source.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use bangioc_schemas::contract::ColumnType;

use crate::set::Field;

/// None: null.
pub(crate) type CsvRow = Vec<Option<String>>;

/// The rows after the header, one by one.
pub(crate) struct CsvRows<'f> {
    reader: BufReader<File>,
    fields: &'f [Field],
}

impl CsvRows<'_> {
    pub(crate) fn open<'f>(csv: &Path, fields: &'f [Field]) -> io::Result<CsvRows<'f>> {
        let mut reader = BufReader::new(File::open(csv)?);
        record(&mut reader)?;
        Ok(CsvRows { reader, fields })
    }
}

impl Iterator for CsvRows<'_> {
    type Item = io::Result<CsvRow>;

    fn next(&mut self) -> Option<io::Result<CsvRow>> {
        let row = record(&mut self.reader).transpose()?;
        Some(row.map(|mut row| {
            for (cell, field) in row.iter_mut().zip(self.fields) {
                unguard(cell, &field.column_type);
            }
            row
        }))
    }
}

/// One record as our own writer leaves it: what is quoted may hold line breaks.
fn record(reader: &mut impl BufRead) -> io::Result<Option<CsvRow>> {
    let mut bytes = Vec::new();
    let mut inside_quotes = false;
    while bytes.is_empty() || inside_quotes {
        let seen = bytes.len();
        if reader.read_until(b'\n', &mut bytes)? == 0 {
            break;
        }
        for byte in bytes.iter().skip(seen) {
            inside_quotes ^= *byte == b'"';
        }
    }
    if bytes.is_empty() {
        return Ok(None);
    }
    let text = String::from_utf8(bytes).map_err(io::Error::other)?;
    Ok(Some(cells(text.strip_suffix("\r\n").unwrap_or(&text))))
}

fn cells(record: &str) -> CsvRow {
    let mut row = Vec::new();
    let mut rest = record;
    loop {
        let (cell, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_cell(quoted)
        } else {
            let (plain, after) = rest.split_at(rest.find(',').unwrap_or(rest.len()));
            ((!plain.is_empty()).then(|| plain.to_owned()), after)
        };
        row.push(cell);
        match after.strip_prefix(',') {
            Some(after) => rest = after,
            None => return row,
        }
    }
}

fn quoted_cell(quoted: &str) -> (Option<String>, &str) {
    let mut cell = String::new();
    let mut rest = quoted;
    while let Some((part, after)) = rest.split_once('"') {
        cell.push_str(part);
        rest = after;
        match rest.strip_prefix('"') {
            Some(after) => {
                cell.push('"');
                rest = after;
            }
            None => break,
        }
    }
    (Some(cell), rest)
}

/// Takes away the apostrophe that disarms formulas in a spreadsheet.
fn unguard(cell: &mut Option<String>, column_type: &ColumnType) {
    let guarded = matches!(
        column_type,
        ColumnType::Text { .. } | ColumnType::Enum { .. } | ColumnType::Other { .. }
    );
    if let Some(text) = cell
        && guarded
        && text.starts_with('\'')
    {
        text.remove(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_were_written() {
        let text = "a,b,c\r\n1,\"x,\"\"y\"\"\nz\",\r\n,\"\",'=1\r\n";
        let mut reader = text.as_bytes();
        let mut next = || record(&mut reader).unwrap();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(next(), Some(vec![some("a"), some("b"), some("c")]));
        assert_eq!(next(), Some(vec![some("1"), some("x,\"y\"\nz"), None]));
        assert_eq!(next(), Some(vec![None, some(""), some("'=1")]));
        assert_eq!(next(), None);
        let mut cell = some("'=1");
        unguard(&mut cell, &ColumnType::Text { max_chars: None });
        assert_eq!(cell, some("=1"));
    }
}
