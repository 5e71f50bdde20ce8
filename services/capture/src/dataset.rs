//! A dataset as this capture carries it: its contract, its feeds, how it stands.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use bangioc_change::encode::Encoder;
use bangioc_change::progress::{DatasetProgress, Obstacle, Phase};
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;

use crate::cut::Cutter;
use crate::state::CopyState;
use crate::tables::table::TableStatements;
use crate::unit::{DatasetIndex, FeedIndex};

pub(crate) struct Dataset {
    pub(crate) contract: Contract,
    pub(crate) shared: Feed,
    /// Only for a dataset of which something is public.
    pub(crate) open: Option<OpenFeed>,
    table: RwLock<Arc<TableStatements>>,
    pub(crate) standing: DatasetState,
}

/// One way of a dataset to Kafka: a topic, and how its records are written.
pub(crate) struct Feed {
    pub(crate) index: FeedIndex,
    pub(crate) dataset: DatasetIndex,
    pub(crate) side: Side,
    pub(crate) topic: String,
    pub(crate) encoder: Encoder,
    pub(crate) partitions: u32,
    /// Places of the key in this feed's rows.
    pub(crate) key: Vec<usize>,
}

pub(crate) struct OpenFeed {
    pub(crate) cutter: Cutter,
    pub(crate) feed: Feed,
}

impl Dataset {
    pub(crate) fn new(
        contract: Contract,
        shared: Feed,
        open: Option<OpenFeed>,
        table: TableStatements,
    ) -> Dataset {
        Dataset {
            contract,
            shared,
            open,
            table: RwLock::new(Arc::new(table)),
            standing: DatasetState::default(),
        }
    }

    /// How its table is read.
    pub(crate) fn table(&self) -> Arc<TableStatements> {
        Arc::clone(&self.table.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Its table was changed at the source, and is read otherwise from now on.
    pub(crate) fn set_table(&self, table: TableStatements) {
        *self.table.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(table);
    }

    pub(crate) fn name(&self) -> &str {
        self.contract.dataset.as_str()
    }

    /// What a look at the catalogue asks for: the contract, and the number that the table was known by.
    pub(crate) fn to_look_for(&self) -> (&Contract, u32) {
        (&self.contract, self.standing.table_oid())
    }

    pub(crate) fn feeds(&self) -> impl Iterator<Item = &Feed> {
        std::iter::once(&self.shared).chain(self.open.as_ref().map(|open| &open.feed))
    }

    pub(crate) fn feed(&self, side: Side) -> Option<&Feed> {
        self.feeds().find(|feed| feed.side == side)
    }
}

const PAUSED: u8 = 1;
const HALTED: u8 = 2;

/// Shared by the stream, the copier and the progress records.
#[derive(Default)]
pub(crate) struct DatasetState {
    phase: AtomicU8,
    copied_rows: AtomicI64,
    estimated_rows: AtomicI64,
    fill_absent: AtomicBool,
    /// [`PAUSED`], [`HALTED`], or both.
    withheld: AtomicU8,
    table_oid: AtomicU32,
    /// Of the dataset itself, and the worst that the check of its source found.
    obstacle: RwLock<Option<Obstacle>>,
    finding: RwLock<Option<Obstacle>>,
    changed: AtomicBool,
}

impl DatasetState {
    /// As it was left, before the first of its readers begins: the stream sends by it, the first progress record
    /// tells it.
    pub(crate) fn resume(&self, copy: &CopyState) {
        self.set_phase(copy.phase());
        self.set_fill_absent(!copy.finished);
        self.set_copied_rows(copy.rows);
        self.set_obstacle(copy.obstacle());
        self.set_paused(copy.paused.is_some());
        self.set_halted(copy.halted.is_some());
    }

    pub(crate) fn set_phase(&self, phase: Phase) {
        let code = match phase {
            Phase::Copying => 0,
            Phase::Streaming => 1,
            Phase::Halted => 2,
            Phase::Paused => 3,
            Phase::AwaitsCopy => 4,
        };
        if self.phase.swap(code, Ordering::Relaxed) != code {
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Ordering::Relaxed) {
            0 => Phase::Copying,
            1 => Phase::Streaming,
            2 => Phase::Halted,
            4 => Phase::AwaitsCopy,
            _ => Phase::Paused,
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

    /// Asked by the stream at each row: nothing of a paused or halted dataset is sent.
    pub(crate) fn is_withheld(&self) -> bool {
        self.withheld.load(Ordering::Acquire) != 0
    }

    pub(crate) fn is_halted(&self) -> bool {
        self.withheld.load(Ordering::Acquire) & HALTED != 0
    }

    pub(crate) fn set_paused(&self, paused: bool) {
        self.withhold(PAUSED, paused);
    }

    pub(crate) fn set_halted(&self, halted: bool) {
        self.withhold(HALTED, halted);
    }

    fn withhold(&self, why: u8, withheld: bool) {
        if withheld {
            self.withheld.fetch_or(why, Ordering::AcqRel);
        } else {
            self.withheld.fetch_and(!why, Ordering::AcqRel);
        }
    }

    /// The table that the stream takes for the dataset's, as the source's catalogue numbers it; 0: not known.
    pub(crate) fn table_oid(&self) -> u32 {
        self.table_oid.load(Ordering::Acquire)
    }

    pub(crate) fn set_table_oid(&self, oid: u32) {
        self.table_oid.store(oid, Ordering::Release);
    }

    pub(crate) fn set_obstacle(&self, obstacle: Option<Obstacle>) {
        self.replace(&self.obstacle, obstacle);
    }

    pub(crate) fn set_finding(&self, finding: Option<Obstacle>) {
        self.replace(&self.finding, finding);
    }

    fn replace(&self, place: &RwLock<Option<Obstacle>>, obstacle: Option<Obstacle>) {
        let mut known = place.write().unwrap_or_else(PoisonError::into_inner);
        if *known != obstacle {
            *known = obstacle;
            self.changed.store(true, Ordering::Relaxed);
        }
    }

    /// The worst first.
    pub(crate) fn obstacles(&self) -> Vec<Obstacle> {
        let known = |place: &RwLock<Option<Obstacle>>| {
            place.read().unwrap_or_else(PoisonError::into_inner).clone()
        };
        let mut obstacles: Vec<Obstacle> =
            [known(&self.obstacle), known(&self.finding)].into_iter().flatten().collect();
        obstacles.sort_by_key(|obstacle| obstacle.kind);
        obstacles
    }

    pub(crate) fn set_copied_rows(&self, rows: u64) {
        self.copied_rows.store(i64::try_from(rows).unwrap_or(i64::MAX), Ordering::Relaxed);
        self.changed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn set_estimated_rows(&self, rows: i64) {
        self.estimated_rows.store(rows, Ordering::Relaxed);
    }

    /// Has anything changed since the last call?
    pub(crate) fn take_changed(&self) -> bool {
        self.changed.swap(false, Ordering::Relaxed)
    }

    /// The open side doesn't learn how many rows there are that it must not see, nor who holds a lock.
    pub(crate) fn progress(&self, side: Side) -> DatasetProgress {
        let count = |rows: &AtomicI64| match side {
            Side::Shared => rows.load(Ordering::Relaxed),
            Side::Open => -1,
        };
        let obstacles = self.obstacles().into_iter().map(|obstacle| match side {
            Side::Shared => Obstacle { why: short(&obstacle.why), ..obstacle },
            Side::Open => Obstacle { why: String::new(), ..obstacle },
        });
        DatasetProgress {
            phase: self.phase(),
            estimated_rows: count(&self.estimated_rows),
            copied_rows: count(&self.copied_rows),
            obstacles: obstacles.collect(),
        }
    }
}

/// A progress record tells of all datasets of its source, and must stay small.
fn short(why: &str) -> String {
    const LONGEST: usize = 300;
    match why.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &why[..end]),
        None => why.to_owned(),
    }
}
