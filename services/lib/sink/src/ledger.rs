//! The double-entry ledger: what became of every offset.

use sqlx::PgConnection;

use crate::error::SinkError;

/// Counts of records by what became of them. Negative only in the posting of a drain.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct LedgerCounts {
    /// Changed the store.
    pub applied: i64,
    /// Overtaken by a later record of the same key in the same batch.
    pub folded: i64,
    /// The store has exactly this version.
    pub duplicate: i64,
    /// The store has a later version, or the partition a higher floor.
    pub stale: i64,
    /// Not about a row: a truncate, an offset that holds no record.
    pub control: i64,
    pub parked: i64,
    /// Refused: of the record only its place is kept.
    pub quarantined: i64,
    pub superseded: i64,
    pub discarded: i64,
}

impl LedgerCounts {
    pub(crate) fn sum(&self) -> i64 {
        self.applied
            + self.folded
            + self.duplicate
            + self.stale
            + self.control
            + self.parked
            + self.quarantined
            + self.superseded
            + self.discarded
    }

    /// Posts an empty range: what left the parked records, and where to. The table refuses it unless
    /// the counts are 0 in sum.
    pub(crate) async fn post(
        &self,
        connection: &mut PgConnection,
        topic: &str,
        partition: i32,
        at_offset: i64,
    ) -> Result<(), SinkError> {
        sqlx::query(
            "insert into flow.ledger (topic, partition, first_offset, next_offset, applied, folded, \
             duplicate, stale, control, parked, superseded, discarded) \
             values ($1, $2, $3, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(topic)
        .bind(partition)
        .bind(at_offset)
        .bind(self.applied)
        .bind(self.folded)
        .bind(self.duplicate)
        .bind(self.stale)
        .bind(self.control)
        .bind(self.parked)
        .bind(self.superseded)
        .bind(self.discarded)
        .execute(connection)
        .await?;
        Ok(())
    }
}
