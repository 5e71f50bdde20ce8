//! What the stream, and Kafka's acknowledgements, tell the copier.

use crate::unit::{ChunkId, DatasetIndex, UnitId};

/// What the stream tells the copier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// Rows of this chunk may be stale: read it again.
    Retake(ChunkId, Why),
    /// Kafka has all of the chunk, and all that came before it.
    Done(ChunkId),
    /// Copy the whole dataset again and sweep; settle the unit when that is written down.
    Truncated(DatasetIndex, UnitId),
    /// From this unit on nothing of the dataset is sent, and why.
    Halted(DatasetIndex, UnitId, String),
    /// Another table has the dataset's name now: copy it and sweep; settle the unit when that is written down.
    Replaced(DatasetIndex, UnitId),
    /// A partition was met: its number, and the transaction; settle the unit when it is known for one.
    Part(DatasetIndex, UnitId, u32, u32),
    /// A halted dataset's table looks as its contract says again.
    Fits(DatasetIndex),
    /// Rows that can't be read now and were sent without what did not travel; settle the unit when their keys
    /// are written down.
    Unread(DatasetIndex, UnitId, Vec<Vec<String>>),
}

/// Why a chunk is to be read again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Why {
    /// A transaction committed before the low mark was not visible yet.
    NotVisibleYet,
    /// Too many keys changed meanwhile.
    TooManyChanges,
    Truncated,
}
