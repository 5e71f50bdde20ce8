//! The one type that every stage speaks: a change of one row.

use bangioc_schemas::row::Row;

use crate::version::{Lsn, Version};

/// Debezium's `op`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operation {
    Create,
    Update,
    Delete,
    /// A row read by a copy.
    Read,
    Truncate,
}

impl Operation {
    /// As on the wire: `c u d r t`.
    pub fn as_str(self) -> &'static str {
        match self {
            Operation::Create => "c",
            Operation::Update => "u",
            Operation::Delete => "d",
            Operation::Read => "r",
            Operation::Truncate => "t",
        }
    }
}

/// One change of one row, borrowed from whatever holds its text. Rows have one cell per column of the
/// contract. A delete has `before` only (at least its key columns, the rest null), a truncate neither.
#[derive(Clone, Copy, Debug)]
pub struct ChangeEvent<'a> {
    pub op: Operation,
    pub version: Version,
    pub before: Option<Row<'a>>,
    pub after: Option<Row<'a>>,
    pub origin: Origin,
}

/// What the source says of the change, for Debezium's `source` block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Origin {
    /// Commit time at the source, microseconds since 1970-01-01 UTC. Information, never an order.
    pub committed_at_us: i64,
    /// Of the row message (a copied row: of its chunk's high mark).
    pub lsn: Lsn,
    /// Transaction id; 0 for a copied row.
    pub xid: u32,
}

impl<'a> ChangeEvent<'a> {
    /// The row that names the key: `after` where there is one. None only for a truncate.
    pub fn keyed_row(&self) -> Option<Row<'a>> {
        self.after.or(self.before)
    }
}
