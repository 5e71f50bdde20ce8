//! What the copier hands to the stream: chunks, each announced before its marks.

use bangioc_schemas::names::Side;
use bangioc_schemas::row::RowBuf;

use crate::tables::seen_by::SeenBy;
use crate::tables::text::Rows;
use crate::unit::{ChunkId, DatasetIndex};

/// What the copier tells the stream, always before the mark that needs it.
pub(crate) enum Handover {
    /// A low mark with this id is about to be written.
    Expect(ChunkId, DatasetIndex),
    /// Read; its high mark is about to be written.
    Rows(Chunk),
    /// Given up.
    Forget(ChunkId),
}

/// Rows read between two marks.
pub(crate) struct Chunk {
    pub(crate) id: ChunkId,
    pub(crate) seen_by: SeenBy,
    pub(crate) rows: Rows,
    /// Keys that were asked for and are not at the source: rows of key columns only.
    pub(crate) missing: Vec<RowBuf>,
    /// Whom the keys were asked for by; none for a stretch of the table.
    pub(crate) asked_by: Option<Side>,
}
