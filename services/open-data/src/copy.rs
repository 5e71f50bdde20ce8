//! Rows out of PostgreSQL's COPY text format, one at a time.

use bangioc_postgres_text::copy;
use bangioc_schemas::row::{Cell, RowBuf};

/// Splits what the server sends into lines, wherever its messages end.
#[derive(Default)]
pub(crate) struct Lines {
    kept: Vec<u8>,
}

impl Lines {
    /// Calls `each` for every line that `bytes` completes, without its line end. In this format a line
    /// break of a value is `\n`, two characters, so a real one always ends a row.
    pub(crate) fn take<E>(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            if self.kept.is_empty() {
                each(line)?;
            } else {
                self.kept.extend_from_slice(line);
                each(&self.kept)?;
                self.kept.clear();
            }
        }
        self.kept.extend_from_slice(rest);
        Ok(())
    }
}

/// The row of a line; None when it is not COPY text or has another number of columns.
pub(crate) fn row<'r>(line: &[u8], columns: usize, row: &'r mut RowBuf) -> Option<&'r RowBuf> {
    let line = std::str::from_utf8(line).ok()?;
    row.clear();
    let mut count = 0;
    for field in copy::fields(line) {
        count += 1;
        match field {
            None => row.push(Cell::Null),
            Some(field) => row.push(Cell::Text(&copy::unescaped(field).ok()?)),
        }
    }
    (count == columns).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_however_the_bytes_come() {
        let text = b"a\tb\\n\nc\t\\N\n\t\\\\N\n";
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            let mut rows: Vec<Vec<Option<String>>> = Vec::new();
            for part in text.chunks(size) {
                lines
                    .take(part, |line| {
                        let mut buffer = RowBuf::default();
                        let row = row(line, 2, &mut buffer).ok_or(())?;
                        rows.push(
                            row.row().cells().map(|cell| cell.text().map(str::to_owned)).collect(),
                        );
                        Ok::<_, ()>(())
                    })
                    .unwrap();
            }
            let text = |text: &str| Some(text.to_owned());
            assert_eq!(
                rows,
                [[text("a"), text("b\n")], [text("c"), None], [text(""), text("\\N")]]
            );
        }
        assert!(row(b"a", 2, &mut RowBuf::default()).is_none());
    }
}
