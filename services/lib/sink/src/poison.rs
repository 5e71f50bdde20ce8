//! Why a record can't be applied, and the record on its way to the dead letters.

use bangioc_change::version::Version;

use crate::seal::KeyRef;

/// What suspends a row: not bad, only too early for the row that it refers to.
pub(crate) const AWAITS_ROW: &str = "W_REFERENCE";

/// Why a record can't be applied: a code that stays the same for ever, and a column's name. Never a
/// value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Poison {
    pub code: &'static str,
    pub field: Option<String>,
}

impl Poison {
    /// Not bad, only too early: it says nothing about other rows, or about a deployment.
    pub(crate) fn suspends(&self) -> bool {
        self.code == AWAITS_ROW
    }

    pub(crate) fn is_by_reference(&self) -> bool {
        BY_REFERENCE.contains(&self.code)
    }
}

/// The queue of a key, or of a partition, holds as much as it may.
pub(crate) const QUEUE_FULL: &str = "QUEUE_FULL";
pub(crate) const RECORD_TOO_LARGE: &str = "RECORD_TOO_LARGE";

/// Codes of records that are not kept though they might be applied.
pub(crate) const BY_REFERENCE: [&str; 2] = [QUEUE_FULL, RECORD_TOO_LARGE];

/// A record on its way to the dead letters.
#[derive(Clone)]
pub(crate) struct Parking {
    pub key_ref: KeyRef,
    pub offset: i64,
    pub version: Option<Version>,
    pub schema_id: Option<u32>,
    /// None: it only waits behind another.
    pub poison: Option<Poison>,
    /// Sealed. None: it must not be kept.
    pub payload: Option<Vec<u8>>,
}

impl Parking {
    pub(crate) fn suspends(&self) -> bool {
        self.poison.as_ref().is_some_and(Poison::suspends)
    }
}
