//! What is counted here, each with a type of its own so that no two can be mixed up: transactions,
//! datasets, feeds, chunks, positions.

use bangioc_change::version::Lsn;

/// A transaction with records, counted from the start of the stream.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct UnitId(pub(crate) u64);

/// Which dataset of this capture, by place in its list.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct DatasetIndex(pub(crate) u16);

/// Which feed of this capture: each dataset's shared one, and after it its open one where it has one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct FeedIndex(pub(crate) u16);

impl DatasetIndex {
    pub(crate) fn place(self) -> usize {
        usize::from(self.0)
    }
}

impl FeedIndex {
    pub(crate) fn place(self) -> usize {
        usize::from(self.0)
    }
}

impl UnitId {
    /// Kafka's client gives one integer back with each acknowledgement.
    pub(crate) fn tag(self, feed: FeedIndex) -> u64 {
        self.0 << 16 | u64::from(feed.0)
    }

    pub(crate) fn from_tag(tag: u64) -> (UnitId, FeedIndex) {
        (UnitId(tag >> 16), FeedIndex((tag & 0xFFFF) as u16))
    }
}

/// A chunk of a copy, unlike any other of this or an earlier process.
pub(crate) type ChunkId = u64;

/// Where the source stood, and when by its own clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Position {
    pub(crate) lsn: Lsn,
    pub(crate) at_us: i64,
    /// The last transaction that the log showed before it, by which the log is known again.
    pub(crate) last: Option<TransactionSeen>,
}

/// A transaction as the log shows it: no other has all three.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TransactionSeen {
    pub(crate) commit_lsn: Lsn,
    /// By the source's clock, microseconds since 1970.
    pub(crate) committed_at_us: i64,
    pub(crate) xid: u32,
}
