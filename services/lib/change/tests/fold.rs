//! Folding a batch and applying its effects equals applying its events one at a time.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use bangioc_change::batch::EventBatch;
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::fold::{Fate, NetOutcome, fold};
use bangioc_change::version::{Lsn, Version};
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use proptest::prelude::*;

const COLUMNS: usize = 3;

/// A cell as a store has it: a column may be missing.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Stored {
    Text(String),
    Null,
    Missing,
}

/// None is a tombstone.
type State = (Version, Option<Vec<Stored>>);
type Store = BTreeMap<u8, State>;

#[derive(Clone, Debug)]
struct Event {
    key: u8,
    op: Operation,
    version: Version,
    cells: Vec<u8>,
}

impl Event {
    /// 0 TOAST, 1 too large, 2 null, else a text.
    fn row(&self) -> RowBuf {
        self.cells
            .iter()
            .map(|cell| match cell {
                0 => Cell::Absent(Absence::Toast),
                1 => Cell::Absent(Absence::TooLarge),
                2 => Cell::Null,
                _ => Cell::Text(["a", "b", "c"][usize::from(cell % 3)]),
            })
            .collect()
    }
}

fn written(cell: Cell<'_>, kept: Option<&Stored>) -> Stored {
    match cell {
        Cell::Text(text) => Stored::Text(text.into()),
        Cell::Null => Stored::Null,
        Cell::Absent(Absence::TooLarge) => Stored::Missing,
        Cell::Absent(Absence::Toast) => kept.cloned().unwrap_or(Stored::Missing),
    }
}

/// The rule, spelled out.
fn apply_one(store: &mut Store, event: &Event) -> Fate {
    if let Some((version, _)) = store.get(&event.key) {
        if event.version == *version {
            return Fate::Duplicate;
        }
        if event.version < *version {
            return Fate::Stale;
        }
    }
    let old = store.get(&event.key).and_then(|(_, row)| row.clone());
    let row = match event.op {
        Operation::Delete => None,
        op => {
            let continues = op == Operation::Update;
            let row = event.row();
            let row = row.row();
            let cells = (0..COLUMNS).map(|column| {
                written(
                    row.cell(column),
                    old.as_ref().filter(|_| continues).map(|old| &old[column]),
                )
            });
            Some(cells.collect())
        }
    };
    store.insert(event.key, (event.version, row));
    Fate::Applied
}

fn batch_of(events: &[Event]) -> EventBatch {
    let mut batch = EventBatch::default();
    for (offset, event) in (0..).zip(events) {
        let row = event.row();
        let (before, after) = if event.op == Operation::Delete {
            (Some(row.row()), None)
        } else {
            (None, Some(row.row()))
        };
        let change = ChangeEvent {
            op: event.op,
            version: event.version,
            before,
            after,
            origin: Origin::default(),
        };
        batch.push(&change, &[event.key], offset).unwrap();
    }
    batch
}

fn apply_folded(store: &mut Store, events: &[Event]) -> Vec<Fate> {
    let batch = batch_of(events);
    let indices: Vec<usize> = (0..batch.len()).collect();
    let folded = fold(&batch, &indices);
    for effect in folded.effects() {
        let key = batch.key(effect.event)[0];
        let stored = store.get(&key).cloned();
        match &stored {
            Some((version, _)) if *version >= effect.version => continue,
            // The documented way out: a store that stands inside the effect.
            Some((version, _)) if *version >= effect.since => {
                events.iter().filter(|event| event.key == key).for_each(|event| {
                    apply_one(store, event);
                });
                continue;
            }
            _ => {}
        }
        let row = match effect.outcome {
            NetOutcome::Deleted => None,
            NetOutcome::Row { fresh } => {
                let old = stored.and_then(|(_, row)| row).filter(|_| !fresh);
                let cells = (0..COLUMNS).map(|column| {
                    written(
                        folded.cell(&batch, effect, column),
                        old.as_ref().map(|old| &old[column]),
                    )
                });
                Some(cells.collect())
            }
        };
        if let Some(row) = folded.row(&batch, effect) {
            assert!(
                (0..COLUMNS).all(|column| row.cell(column) == folded.cell(&batch, effect, column))
            );
        }
        store.insert(key, (effect.version, row));
    }
    folded.fates().to_vec()
}

fn event() -> impl Strategy<Value = Event> {
    let op = prop_oneof![
        4 => Just(Operation::Update), 2 => Just(Operation::Create), 2 => Just(Operation::Delete), 1 => Just(Operation::Read)
    ];
    (0_u8..3, op, 0_u64..12, prop::collection::vec(0_u8..8, COLUMNS)).prop_map(
        |(key, op, lsn, cells)| Event {
            key,
            op,
            version: Version { epoch: 1, commit_lsn: Lsn(lsn), ordinal: 0 },
            cells,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn effects_equal_one_at_a_time(events in prop::collection::vec(event(), 0..24), cuts in prop::collection::vec(0_usize..24, 0..4)) {
        let (mut one_at_a_time, mut folded) = (Store::new(), Store::new());
        for event in &events {
            apply_one(&mut one_at_a_time, event);
        }
        let mut rest = events.as_slice();
        for cut in cuts {
            let (batch, after) = rest.split_at(cut.min(rest.len()));
            apply_folded(&mut folded, batch);
            rest = after;
        }
        apply_folded(&mut folded, rest);
        prop_assert_eq!(folded, one_at_a_time);
    }

    #[test]
    fn fates_are_those_of_one_at_a_time(events in prop::collection::vec(event(), 0..24)) {
        let mut store = Store::new();
        let mut expected: Vec<Fate> = events.iter().map(|event| apply_one(&mut store, event)).collect();
        // Of the applied ones, only the last of a key counts; the others are folded into it.
        for (index, event) in events.iter().enumerate() {
            let later = events[index + 1..].iter().zip(&expected[index + 1..]);
            let gone_beyond = later.filter(|(_, fate)| **fate == Fate::Applied).any(|(later, _)| later.key == event.key);
            if expected[index] == Fate::Applied && gone_beyond {
                expected[index] = Fate::Folded;
            }
        }
        prop_assert_eq!(apply_folded(&mut Store::new(), &events), expected);
    }

    #[test]
    fn byte_order_of_versions_is_their_order(a in any::<(u32, u64, u64)>(), b in any::<(u32, u64, u64)>()) {
        let version = |(epoch, lsn, ordinal)| Version { epoch, commit_lsn: Lsn(lsn), ordinal };
        let (a, b) = (version(a), version(b));
        prop_assert_eq!(a.cmp(&b), a.to_bytes().cmp(&b.to_bytes()));
        prop_assert_eq!(a.cmp(&b), a.to_hex().cmp(&b.to_hex()));
        prop_assert_eq!(Version::from_bytes(a.to_bytes()), a);
        prop_assert_eq!(Version::from_hex(&a.to_hex()), Some(a));
        prop_assert_eq!(a.commit_lsn.to_string().parse(), Ok(a.commit_lsn));
    }
}

#[test]
fn events_without_key_are_rows_of_their_own() {
    let mut batch = EventBatch::default();
    let row: RowBuf = [Cell::Null].into_iter().collect();
    for (offset, ordinal) in [(0, 2), (1, 4), (2, 2)] {
        let version = Version { epoch: 1, commit_lsn: Lsn(1), ordinal };
        let event = ChangeEvent {
            op: Operation::Create,
            version,
            before: None,
            after: Some(row.row()),
            origin: Origin::default(),
        };
        batch.push(&event, &[], offset).unwrap();
    }
    let folded = fold(&batch, &[0, 1, 2]);
    assert_eq!(
        (folded.effects().len(), folded.fates()),
        (2, &[Fate::Applied, Fate::Applied, Fate::Duplicate][..])
    );
}
