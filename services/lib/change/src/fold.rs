//! The net effect of a batch, key by key and column by column.
//!
//! One event at a time, a row's state changes like this (versions first: equal to the state's is a
//! *duplicate*, lower is *stale*, and neither changes anything):
//!
//! - a delete leaves nothing but its version;
//! - a create or a copied row replaces the row: no cell of an earlier one stays;
//! - an update replaces the cells that it brings. A cell absent as `Toast` keeps what is there (also a
//!   cell that is missing there); a cell absent as `TooLarge` is a new value that nobody has, and makes
//!   the column missing.
//!
//! [`fold`] does that in offset order for the events of each key and returns one [`Effect`] per key.
//! Applying an effect to a store whose row is older than [`Effect::since`] (or not there) gives what
//! applying every event would: the row is written with `version`, and a column whose cell is still
//! `Toast` keeps the stored one, unless the effect is `fresh`, when it is missing. When the stored
//! version is at or above `version`, nothing is to be done. In between (a log that repeated a suffix,
//! cut by the end of a batch; impossible when `since` is `version`, which is the rule) the caller
//! applies the key's events one at a time.
//!
//! A truncate is a barrier: the caller ends the batch before it.

use std::collections::HashMap;

use bangioc_schemas::row::{Absence, Cell, Row};

use crate::batch::EventBatch;
use crate::event::Operation;
use crate::version::Version;

/// What became of one event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// The last of its key to count; the store's own version may still make it a duplicate or stale.
    Applied,
    /// A later event of the batch goes beyond it.
    Folded,
    Duplicate,
    Stale,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NetOutcome {
    /// The row exists. `fresh`: whatever row the store had before is not continued.
    Row {
        fresh: bool,
    },
    Deleted,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Effect {
    /// Index in the batch of the event that has `version`; its key names the row.
    pub event: usize,
    pub version: Version,
    /// Version of the oldest event that takes part.
    pub since: Version,
    pub outcome: NetOutcome,
    /// Start in `Folded::mixed` when cells come from several events.
    mixed: Option<usize>,
    partial: bool,
}

impl Effect {
    /// Is any cell still `Toast`: kept from the store's row, or missing when the effect is fresh?
    pub fn is_partial(&self) -> bool {
        self.partial
    }
}

#[derive(Default)]
pub struct Folded {
    effects: Vec<Effect>,
    fates: Vec<Fate>,
    /// Event of each column, for the effects that mix.
    mixed: Vec<u32>,
}

impl Folded {
    /// One per key, in the order of the keys' first events.
    pub fn effects(&self) -> &[Effect] {
        &self.effects
    }

    /// One per index given to [`fold`], in its order.
    pub fn fates(&self) -> &[Fate] {
        &self.fates
    }

    /// A cell of an effect's row; null for a deleted row.
    pub fn cell<'b>(&self, batch: &'b EventBatch, effect: &Effect, column: usize) -> Cell<'b> {
        let event = match effect.mixed {
            None => effect.event,
            Some(start) => self.mixed[start + column] as usize,
        };
        match (effect.outcome, batch.event(event).after) {
            (NetOutcome::Row { .. }, Some(row)) => row.cell(column),
            _ => Cell::Null,
        }
    }

    /// The whole row, where it comes from one event (nearly always): cheaper than cell by cell.
    pub fn row<'b>(&self, batch: &'b EventBatch, effect: &Effect) -> Option<Row<'b>> {
        match (effect.outcome, effect.mixed) {
            (NetOutcome::Row { .. }, None) => batch.event(effect.event).after,
            _ => None,
        }
    }
}

/// Folds the events at `indices`, all of one dataset and partition, in the order given. Events without
/// a key (append) are each their own row, known by version.
pub fn fold(batch: &EventBatch, indices: &[usize]) -> Folded {
    let mut folded = Folded::default();
    folded.fates.resize(indices.len(), Fate::Applied);
    let mut by_key: HashMap<RowIdentity<'_>, KeyFold> = HashMap::with_capacity(indices.len());
    for (position, &event) in indices.iter().enumerate() {
        let version = batch.version(event);
        let identity = match batch.key(event) {
            [] => RowIdentity::Version(version),
            key => RowIdentity::Key(key),
        };
        match by_key.entry(identity) {
            std::collections::hash_map::Entry::Vacant(vacant) => {
                vacant.insert(KeyFold { effect: folded.effects.len(), last: position });
                folded.start(batch, event);
            }
            std::collections::hash_map::Entry::Occupied(mut occupied) => {
                let entry = occupied.get_mut();
                let newest = folded.effects[entry.effect].version;
                if version <= newest {
                    folded.fates[position] =
                        if version == newest { Fate::Duplicate } else { Fate::Stale };
                    continue;
                }
                folded.fates[entry.last] = Fate::Folded;
                entry.last = position;
                folded.go_on(batch, entry.effect, event);
            }
        }
    }
    folded
}

#[derive(PartialEq, Eq, Hash)]
enum RowIdentity<'a> {
    Key(&'a [u8]),
    Version(Version),
}

struct KeyFold {
    effect: usize,
    /// Position in `indices` of the event that counts.
    last: usize,
}

impl Folded {
    fn start(&mut self, batch: &EventBatch, event: usize) {
        let version = batch.version(event);
        let (outcome, partial) = alone(batch, event);
        self.effects.push(Effect { event, version, since: version, outcome, mixed: None, partial });
    }

    fn go_on(&mut self, batch: &EventBatch, at: usize, event: usize) {
        let version = batch.version(event);
        let earlier = self.effects[at];
        let (outcome, partial) = alone(batch, event);
        self.effects[at] = match (outcome, earlier.outcome) {
            // Needs nothing of what was before.
            (NetOutcome::Deleted | NetOutcome::Row { fresh: true }, _) => {
                Effect { event, version, since: version, outcome, mixed: None, partial }
            }
            // Every cell is there, but the store's row was still left by a reset, if there was one.
            (NetOutcome::Row { fresh: false }, _) if !partial => {
                Effect { event, version, since: version, outcome, mixed: None, partial }
            }
            (NetOutcome::Row { fresh: false }, NetOutcome::Deleted) => Effect {
                event,
                version,
                since: earlier.since,
                outcome: NetOutcome::Row { fresh: true },
                mixed: None,
                partial,
            },
            (NetOutcome::Row { fresh: false }, NetOutcome::Row { fresh }) => {
                let (mixed, partial) = self.mix(batch, &earlier, event);
                Effect {
                    event,
                    version,
                    since: earlier.since,
                    outcome: NetOutcome::Row { fresh },
                    mixed: Some(mixed),
                    partial,
                }
            }
        };
    }

    /// Takes the cells that `event` lacks from the earlier effect.
    fn mix(&mut self, batch: &EventBatch, earlier: &Effect, event: usize) -> (usize, bool) {
        let Some(row) = batch.event(event).after else {
            return (self.mixed.len(), false);
        };
        let start = earlier.mixed.unwrap_or(self.mixed.len());
        if earlier.mixed.is_none() {
            self.mixed.resize(start + row.len(), index(earlier.event));
        }
        for (column, cell) in row.cells().enumerate() {
            if cell != Cell::Absent(Absence::Toast) {
                self.mixed[start + column] = index(event);
            }
        }
        let mixed = Effect { mixed: Some(start), ..*earlier };
        let partial = (0..row.len())
            .any(|column| self.cell(batch, &mixed, column) == Cell::Absent(Absence::Toast));
        (start, partial)
    }
}

/// An event's effect by itself, and whether it lacks cells that the store may have.
fn alone(batch: &EventBatch, event: usize) -> (NetOutcome, bool) {
    let event = batch.event(event);
    let Some(row) = event.after else {
        return (NetOutcome::Deleted, false);
    };
    let fresh = matches!(event.op, Operation::Create | Operation::Read);
    let partial = row.has_absent() && row.cells().any(|cell| cell == Cell::Absent(Absence::Toast));
    (NetOutcome::Row { fresh }, partial)
}

/// A batch's positions are 32 bits ([`EventBatch::commit`]).
#[expect(clippy::cast_possible_truncation, reason = "see above")]
fn index(event: usize) -> u32 {
    event as u32
}
