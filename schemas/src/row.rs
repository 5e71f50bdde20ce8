//! A row as PostgreSQL writes it: for each column of the contract its text, null, or absent.
//!
//! The same type carries a row through capture and through a sink, so that nothing between a
//! department's database and the store has an opinion about what a value means.

use std::fmt;

/// One column's value, in PostgreSQL's own text form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cell<'a> {
    Text(&'a str),
    Null,
    Absent(Absence),
}

/// Why a column did not travel with its event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Absence {
    /// An update left a TOASTed value unchanged, and PostgreSQL does not send it again.
    Toast,
    /// The value is larger than a record may be.
    TooLarge,
}

impl<'a> Cell<'a> {
    pub fn text(self) -> Option<&'a str> {
        match self {
            Cell::Text(text) => Some(text),
            Cell::Null | Cell::Absent(_) => None,
        }
    }

    pub fn is_absent(self) -> bool {
        matches!(self, Cell::Absent(_))
    }
}

/// Where a cell stands in the text of its row. Eight bytes, so that a batch of rows is flat.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// `start` of a span that holds no text; `end` then says which kind.
    const MARK: u32 = u32::MAX;
    pub const NULL: Span = Span { start: Self::MARK, end: 0 };
    pub const TOAST: Span = Span { start: Self::MARK, end: 1 };
    pub const TOO_LARGE: Span = Span { start: Self::MARK, end: 2 };

    /// Byte range `start..end` of the row's text.
    pub fn text(start: u32, end: u32) -> Span {
        Span { start, end }
    }

    pub fn cell(self, text: &str) -> Cell<'_> {
        match (self.start, self.end) {
            (Self::MARK, 0) => Cell::Null,
            (Self::MARK, 1) => Cell::Absent(Absence::Toast),
            (Self::MARK, _) => Cell::Absent(Absence::TooLarge),
            (start, end) => Cell::Text(&text[start as usize..end as usize]),
        }
    }
}

/// Borrowed row: `spans[i]` is column `i` of the contract, in the contract's order.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    text: &'a str,
    spans: &'a [Span],
}

impl<'a> Row<'a> {
    pub fn new(text: &'a str, spans: &'a [Span]) -> Row<'a> {
        Row { text, spans }
    }

    pub fn cell(&self, column: usize) -> Cell<'a> {
        self.spans[column].cell(self.text)
    }

    pub fn cells(&self) -> impl ExactSizeIterator<Item = Cell<'a>> + '_ {
        let text = self.text;
        self.spans.iter().map(move |span| span.cell(text))
    }

    pub fn len(&self) -> usize {
        self.spans.len()
    }

    pub fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    pub fn has_absent(&self) -> bool {
        self.spans.iter().any(|span| span.start == Span::MARK && span.end > 0)
    }
}

/// Shapes only: a row's values never reach a log by way of `{:?}`.
impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Row({} cells)", self.spans.len())
    }
}

/// A row under construction, or kept for longer than its source. Reuse it: `clear` keeps the memory.
#[derive(Clone, Default)]
pub struct RowBuf {
    text: String,
    spans: Vec<Span>,
}

impl RowBuf {
    pub fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
    }

    pub fn push(&mut self, cell: Cell<'_>) {
        let span = match cell {
            Cell::Text(text) => {
                let start = self.text.len();
                self.text.push_str(text);
                span_between(start, self.text.len())
            }
            Cell::Null => Span::NULL,
            Cell::Absent(Absence::Toast) => Span::TOAST,
            Cell::Absent(Absence::TooLarge) => Span::TOO_LARGE,
        };
        self.spans.push(span);
    }

    /// Empties it and makes it `columns` wide, all null; for cells that come in another order.
    pub fn reset(&mut self, columns: usize) {
        self.clear();
        self.spans.resize(columns, Span::NULL);
    }

    /// Replaces one cell of a row that [`RowBuf::reset`] or earlier pushes made wide enough.
    pub fn set(&mut self, column: usize, cell: Cell<'_>) {
        self.push(cell);
        if let Some(span) = self.spans.pop() {
            self.spans[column] = span;
        }
    }

    pub fn row(&self) -> Row<'_> {
        Row::new(&self.text, &self.spans)
    }
}

/// A frame of PostgreSQL's protocol is below 1 GiB and a record below 8 MiB, so both ends fit.
#[expect(clippy::cast_possible_truncation, reason = "bounded by the protocol, see above")]
fn span_between(start: usize, end: usize) -> Span {
    Span::text(start as u32, end as u32)
}

impl<'a> FromIterator<Cell<'a>> for RowBuf {
    fn from_iter<I: IntoIterator<Item = Cell<'a>>>(cells: I) -> RowBuf {
        let mut row = RowBuf::default();
        cells.into_iter().for_each(|cell| row.push(cell));
        row
    }
}
