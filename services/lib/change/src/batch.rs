//! Many changes in flat memory: one text, one run of spans, one run of key bytes. A batch of 20,000
//! `land-parcel` rows takes about 6 MB, and none of it is freed or allocated per row.

use std::borrow::Cow;

use bangioc_schemas::row::{Cell, Row, Span};

use crate::error::{DecodeCode, DecodeError};
use crate::event::{ChangeEvent, Operation, Origin};
use crate::version::Version;

#[derive(Default)]
pub struct EventBatch {
    pub(crate) text: String,
    pub(crate) spans: Vec<Span>,
    keys: Vec<u8>,
    events: Vec<EventSpan>,
    /// Memory for one record's decoding.
    pub(crate) scratch: Scratch,
}

#[derive(Default)]
pub(crate) struct Scratch {
    pub(crate) element: String,
    /// Where each key column's bytes lie in the value.
    pub(crate) key_ranges: Vec<(usize, usize)>,
}

struct EventSpan {
    version: Version,
    origin: Origin,
    offset: i64,
    op: Operation,
    /// Position in `spans`, or [`NO_ROW`].
    before: u32,
    after: u32,
    columns: u32,
    key_start: u32,
    key_end: u32,
}

const NO_ROW: u32 = u32::MAX;

/// What a record adds, once it is known to be sound.
pub(crate) struct Decoded<'k> {
    pub(crate) op: Operation,
    pub(crate) version: Version,
    pub(crate) origin: Origin,
    pub(crate) offset: i64,
    pub(crate) before: Option<usize>,
    pub(crate) after: Option<usize>,
    pub(crate) columns: usize,
    pub(crate) key: &'k [u8],
}

/// How far a batch reached before a record that may turn out to be bad.
#[derive(Clone, Copy)]
pub(crate) struct BatchMark {
    text: usize,
    spans: usize,
}

impl EventBatch {
    pub fn len(&self) -> usize {
        self.events.len()
    }

    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    /// Bytes of text and keys held: what a byte limit on batches counts.
    pub fn bytes(&self) -> usize {
        self.text.len() + self.keys.len()
    }

    /// Forgets the events, keeps the memory.
    pub fn clear(&mut self) {
        self.text.clear();
        self.spans.clear();
        self.keys.clear();
        self.events.clear();
    }

    pub fn event(&self, index: usize) -> ChangeEvent<'_> {
        let entry = &self.events[index];
        ChangeEvent {
            op: entry.op,
            version: entry.version,
            before: self.row(entry, entry.before),
            after: self.row(entry, entry.after),
            origin: entry.origin,
        }
    }

    /// The key's Avro datum without Confluent's prefix: a row's identity. Empty for a change without
    /// key (truncate, append).
    pub fn key(&self, index: usize) -> &[u8] {
        let entry = &self.events[index];
        &self.keys[entry.key_start as usize..entry.key_end as usize]
    }

    /// What a row is known by: the bytes of its key, or of its version where the table has no key.
    pub fn identity(&self, index: usize) -> Cow<'_, [u8]> {
        match self.key(index) {
            [] => Cow::Owned(self.version(index).to_bytes().to_vec()),
            key => Cow::Borrowed(key),
        }
    }

    pub fn offset(&self, index: usize) -> i64 {
        self.events[index].offset
    }

    pub fn version(&self, index: usize) -> Version {
        self.events[index].version
    }

    /// Copies an event in: for events that did not come as a record's bytes.
    pub fn push(
        &mut self,
        event: &ChangeEvent<'_>,
        key: &[u8],
        offset: i64,
    ) -> Result<(), DecodeError> {
        let mark = self.mark();
        let before = event.before.map(|row| self.copy_row(row));
        let after = event.after.map(|row| self.copy_row(row));
        let columns = event.keyed_row().map_or(0, |row| row.len());
        let (op, version, origin) = (event.op, event.version, event.origin);
        self.commit(mark, &Decoded { op, version, origin, offset, before, after, columns, key })
            .map_err(DecodeError::from)
    }

    fn copy_row(&mut self, row: Row<'_>) -> usize {
        let start = self.spans.len();
        for cell in row.cells() {
            let span = match cell {
                Cell::Text(text) => self.push_text(|out| {
                    out.push_str(text);
                }),
                Cell::Null => Span::NULL,
                Cell::Absent(bangioc_schemas::row::Absence::Toast) => Span::TOAST,
                Cell::Absent(bangioc_schemas::row::Absence::TooLarge) => Span::TOO_LARGE,
            };
            self.spans.push(span);
        }
        start
    }

    fn push_text(&mut self, write: impl FnOnce(&mut String)) -> Span {
        let start = self.text.len();
        write(&mut self.text);
        span(start, self.text.len())
    }

    fn row(&self, entry: &EventSpan, start: u32) -> Option<Row<'_>> {
        (start != NO_ROW).then(|| {
            let start = start as usize;
            Row::new(&self.text, &self.spans[start..start + entry.columns as usize])
        })
    }

    pub(crate) fn mark(&self) -> BatchMark {
        BatchMark { text: self.text.len(), spans: self.spans.len() }
    }

    pub(crate) fn roll_back(&mut self, mark: BatchMark) {
        self.text.truncate(mark.text);
        self.spans.truncate(mark.spans);
    }

    /// Adds the event whose rows were written since `mark`. Positions are 32 bits: a batch that would
    /// pass 4 GiB is refused here, long after its owner's own limit.
    pub(crate) fn commit(
        &mut self,
        mark: BatchMark,
        decoded: &Decoded<'_>,
    ) -> Result<(), DecodeCode> {
        let Some(entry) = self.entry(decoded) else {
            self.roll_back(mark);
            return Err(DecodeCode::LimitAlloc);
        };
        self.keys.extend_from_slice(decoded.key);
        self.events.push(entry);
        Ok(())
    }

    fn entry(&self, decoded: &Decoded<'_>) -> Option<EventSpan> {
        // Below `NO_ROW` and below `Span`'s own mark.
        let position = |at: usize| u32::try_from(at).ok().filter(|at| *at < NO_ROW);
        let row = |start: Option<usize>| start.map_or(Some(NO_ROW), position);
        position(self.text.len())?;
        Some(EventSpan {
            version: decoded.version,
            origin: decoded.origin,
            offset: decoded.offset,
            op: decoded.op,
            before: row(decoded.before)?,
            after: row(decoded.after)?,
            columns: position(decoded.columns)?,
            key_start: position(self.keys.len())?,
            key_end: position(self.keys.len() + decoded.key.len())?,
        })
    }
}

/// Out-of-range ends are caught when the event is committed, before anyone reads the span.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "checked in `EventBatch::commit`")]
pub(crate) fn span(start: usize, end: usize) -> Span {
    Span::text(start as u32, end as u32)
}
