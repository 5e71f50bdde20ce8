//! Rows as COPY writes them in its text format, kept as one text and where each cell lies in it.

use bangioc_postgres_text::copy::{self, NotCopyText};
use bangioc_schemas::row::{Absence, Cell, Row, Span};

/// Many rows in one piece of text.
#[derive(Default)]
pub(crate) struct Rows {
    text: String,
    spans: Vec<Span>,
    columns: usize,
}

impl Rows {
    pub(crate) fn new(columns: usize) -> Rows {
        Rows { columns, ..Rows::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len() / self.columns.max(1)
    }

    pub(crate) fn bytes(&self) -> usize {
        self.text.len()
    }

    pub(crate) fn row(&self, index: usize) -> Row<'_> {
        Row::new(&self.text, &self.spans[index * self.columns..(index + 1) * self.columns])
    }

    /// Adds whole lines.
    pub(crate) fn push_lines(&mut self, lines: &[u8]) -> Result<(), NotCopyText> {
        // Newlines inside a value are written `\n`, so a raw one ends a row.
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(line.strip_suffix(b"\n").ok_or(NotCopyText)?)
                .map_err(|_| NotCopyText)?;
            let before = self.spans.len();
            for field in copy::fields(line) {
                let span = field.map_or(Ok(Span::NULL), |field| self.push_field(field))?;
                self.spans.push(span);
            }
            if self.spans.len() - before != self.columns {
                return Err(NotCopyText);
            }
        }
        Ok(())
    }

    /// Adds a row of another batch.
    pub(crate) fn push_cells<'a>(&mut self, cells: impl Iterator<Item = Cell<'a>>) {
        for cell in cells {
            let span = match cell {
                Cell::Text(text) => {
                    let start = self.text.len();
                    self.text.push_str(text);
                    self.span_from(start).unwrap_or(Span::TOO_LARGE)
                }
                Cell::Null => Span::NULL,
                Cell::Absent(Absence::Toast) => Span::TOAST,
                Cell::Absent(Absence::TooLarge) => Span::TOO_LARGE,
            };
            self.spans.push(span);
        }
    }

    fn push_field(&mut self, field: &str) -> Result<Span, NotCopyText> {
        let start = self.text.len();
        copy::unescape_into(field, &mut self.text)?;
        self.span_from(start).ok_or(NotCopyText)
    }

    fn span_from(&self, start: usize) -> Option<Span> {
        let (start, end) = (u32::try_from(start).ok()?, u32::try_from(self.text.len()).ok()?);
        Some(Span::text(start, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_copy_writes() {
        let mut rows = Rows::new(3);
        rows.push_lines("a\\tb\\\\N\t\\N\t\nCao B\u{1eb1}ng\t\\n\\b\\f\\r\\v\t\\\\N\n".as_bytes())
            .unwrap();
        let cells = |index: usize| rows.row(index).cells().collect::<Vec<_>>();
        assert_eq!(rows.len(), 2);
        assert_eq!(cells(0), [Cell::Text("a\tb\\N"), Cell::Null, Cell::Text("")]);
        assert_eq!(
            cells(1),
            [Cell::Text("Cao B\u{1eb1}ng"), Cell::Text("\n\u{8}\u{c}\r\u{b}"), Cell::Text("\\N")]
        );
    }

    #[test]
    fn refuses_other_text() {
        for wrong in [&b"a\tb\n"[..], b"a\tb\tc", b"a\tb\t\xff\n", b"a\tb\tc\\\n", b"a\tb\tc\td\n"]
        {
            assert_eq!(Rows::new(3).push_lines(wrong), Err(NotCopyText));
        }
    }
}
