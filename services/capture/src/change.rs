//! A change of one row as the source told it; each feed makes its own event of it.

use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::Version;
use bangioc_schemas::row::{Row, RowBuf};

/// Rows have the contract's columns. A key change is two changes: a row that goes, a row that comes.
#[derive(Clone, Copy)]
pub(crate) struct Change<'a> {
    pub(crate) op: Operation,
    pub(crate) version: Version,
    pub(crate) origin: Origin,
    pub(crate) old: Old<'a>,
    pub(crate) new: Option<Row<'a>>,
}

/// What the source says of the row as it was.
#[derive(Clone, Copy)]
pub(crate) enum Old<'a> {
    /// There was none, or its replica identity is that of the new row.
    Unsaid,
    /// The columns of the replica identity; the others are null here.
    Identity(Row<'a>),
    Whole(Row<'a>),
}

impl<'a> Change<'a> {
    /// The shared feed's event: everything.
    pub(crate) fn shared(&self) -> ChangeEvent<'a> {
        let before = match (self.op, self.old) {
            (Operation::Delete, Old::Identity(old) | Old::Whole(old))
            | (Operation::Update, Old::Whole(old)) => Some(old),
            _ => None,
        };
        ChangeEvent {
            op: self.op,
            version: self.version,
            before,
            after: self.new,
            origin: self.origin,
        }
    }

    /// The row that names the key, as it is now or was.
    pub(crate) fn named_row(&self) -> Option<Row<'a>> {
        self.new.or(match self.old {
            Old::Unsaid => None,
            Old::Identity(old) | Old::Whole(old) => Some(old),
        })
    }

    pub(crate) fn lacks_columns(&self) -> bool {
        self.new.is_some_and(|row| row.has_absent())
    }
}

/// A change kept for longer than its source.
pub(crate) struct ChangeBuf {
    op: Operation,
    version: Version,
    origin: Origin,
    old: OldBuf,
    new: Option<RowBuf>,
}

enum OldBuf {
    Unsaid,
    Identity(RowBuf),
    Whole(RowBuf),
}

impl ChangeBuf {
    pub(crate) fn of(change: &Change<'_>) -> ChangeBuf {
        let copy = |row: Row<'_>| row.cells().collect::<RowBuf>();
        ChangeBuf {
            op: change.op,
            version: change.version,
            origin: change.origin,
            old: match change.old {
                Old::Unsaid => OldBuf::Unsaid,
                Old::Identity(old) => OldBuf::Identity(copy(old)),
                Old::Whole(old) => OldBuf::Whole(copy(old)),
            },
            new: change.new.map(copy),
        }
    }

    pub(crate) fn change(&self) -> Change<'_> {
        Change {
            op: self.op,
            version: self.version,
            origin: self.origin,
            old: match &self.old {
                OldBuf::Unsaid => Old::Unsaid,
                OldBuf::Identity(old) => Old::Identity(old.row()),
                OldBuf::Whole(old) => Old::Whole(old.row()),
            },
            new: self.new.as_ref().map(RowBuf::row),
        }
    }

    /// Bytes of text held.
    pub(crate) fn bytes(&self) -> usize {
        let change = self.change();
        let old = match change.old {
            Old::Unsaid => None,
            Old::Identity(old) | Old::Whole(old) => Some(old),
        };
        [old, change.new]
            .iter()
            .flatten()
            .flat_map(Row::cells)
            .filter_map(|cell| Some(cell.text()?.len()))
            .sum()
    }
}
