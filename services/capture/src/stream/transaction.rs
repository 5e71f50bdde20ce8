//! The transaction that is open in the stream.

use bangioc_change::event::Origin;
use bangioc_change::version::{Lsn, Version};

use crate::delivery::Delivery;
use crate::unit::{ChunkId, UnitId};

pub(crate) struct Transaction {
    commit_lsn: Lsn,
    committed_at_us: i64,
    pub(crate) xid: u32,
    messages: u64,
    /// Records handed to Kafka; those held count on their own.
    pub(crate) sent: u64,
    /// None until it sends something: most transactions of a database do not concern us.
    pub(crate) unit: Option<UnitId>,
    pub(crate) chunks: Vec<ChunkId>,
}

impl Transaction {
    pub(crate) fn begin(commit_lsn: Lsn, committed_at_us: i64, xid: u32) -> Transaction {
        Transaction {
            commit_lsn,
            committed_at_us,
            xid,
            messages: 0,
            sent: 0,
            unit: None,
            chunks: Vec::new(),
        }
    }

    /// Counts a row message, or a TRUNCATE, also of tables that we do not carry: so a restart or a
    /// changed contract gives equal ordinals. Message n has 2n, the create half of a key change 2n + 1.
    pub(crate) fn next_ordinal(&mut self) -> u64 {
        self.messages += 1;
        2 * self.messages
    }

    /// The same between two messages when no row came between them.
    pub(crate) fn place(&self) -> (u32, u64) {
        (self.xid, self.messages)
    }

    pub(crate) fn version(&self, epoch: u32, ordinal: u64) -> Version {
        Version { epoch, commit_lsn: self.commit_lsn, ordinal }
    }

    pub(crate) fn origin(&self, lsn: Lsn) -> Origin {
        Origin { committed_at_us: self.committed_at_us, lsn, xid: self.xid }
    }

    pub(crate) fn unit(&mut self, delivery: &Delivery) -> UnitId {
        *self.unit.get_or_insert_with(|| delivery.open())
    }
}
