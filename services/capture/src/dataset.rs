//! A dataset as this capture carries it: its contract, its topic, how it is encoded, how it stands.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, Ordering};

use bangioc_change::encode::Encoder;
use bangioc_change::progress::{DatasetProgress, Phase};
use bangioc_schemas::contract::Contract;

use crate::copy::table::Table;

pub(crate) struct Dataset {
    pub(crate) contract: Contract,
    pub(crate) topic: String,
    pub(crate) encoder: Encoder,
    pub(crate) table: Table,
    pub(crate) standing: Standing,
}

impl Dataset {
    pub(crate) fn name(&self) -> &str {
        self.contract.dataset.as_str()
    }
}

/// Shared by the stream, the copier and the progress records.
#[derive(Default)]
pub(crate) struct Standing {
    phase: AtomicU8,
    copied_rows: AtomicI64,
    estimated_rows: AtomicI64,
    fill_absent: AtomicBool,
    changed: AtomicBool,
}

impl Standing {
    pub(crate) fn set_phase(&self, phase: Phase) {
        let code = match phase {
            Phase::Copying => 0,
            Phase::Streaming => 1,
            Phase::Halted => 2,
        };
        if self.phase.swap(code, Ordering::Relaxed) != code {
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Copying,
            1 => Phase::Streaming,
            _ => Phase::Halted,
        }
    }

    /// While a copy runs, columns that an update left alone are read back from the source: the row they
    /// belong to may not be in the store yet.
    pub(crate) fn fills_absent(&self) -> bool {
        self.fill_absent.load(Ordering::Relaxed)
    }

    pub(crate) fn set_fill_absent(&self, fill: bool) {
        self.fill_absent.store(fill, Ordering::Relaxed);
    }

    pub(crate) fn set_copied_rows(&self, rows: u64) {
        self.copied_rows
            .store(i64::try_from(rows).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.changed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_estimated_rows(&self, rows: i64) {
        self.estimated_rows.store(rows, Ordering::Relaxed);
    }

    /// Has anything changed since the last call?
    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    pub(crate) fn progress(&self) -> DatasetProgress {
        DatasetProgress {
            phase: self.phase(),
            estimated_rows: self.estimated_rows.load(Ordering::Relaxed),
            copied_rows: self.copied_rows.load(Ordering::Relaxed),
        }
    }
}
