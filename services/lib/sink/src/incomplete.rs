//! Rows that were applied although a value of theirs was too large to travel. Each has an entry beside the
//! dead letters, so that somebody sees it; unlike a parked key it keeps nothing waiting. The entry stays
//! until the value comes, or the row goes: a later change that leaves the column out does not hide it.

use std::collections::{BTreeSet, HashMap};

use bangioc_change::event::{ChangeEvent, Operation};
use bangioc_change::version::Version;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Absence, Cell};
use bangioc_schemas::rules::RuleCode;
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::seal::KeyRef;

/// One row that lacks values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Incomplete {
    /// Of the event that was last heard of the row.
    pub version: Version,
    /// Indices of the columns whose values did not come.
    pub columns: BTreeSet<usize>,
}

/// Of one partition.
pub(crate) type IncompleteKeys = HashMap<KeyRef, Incomplete>;

/// What an event means for the entry of its row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum EntryWord {
    Nothing,
    /// Values are too large: the record that says so becomes the entry.
    TooLarge,
    /// Some value came, others still lack.
    Narrower,
    Complete,
}

/// What a batch does to an entry.
#[derive(Clone, Debug)]
pub(crate) enum EntryChange {
    Told(TooLargeRecord),
    Narrowed(BTreeSet<usize>),
    Ended,
}

/// By row.
pub(crate) type EntryChanges = HashMap<KeyRef, EntryChange>;

/// The record that told of a value which is too large.
#[derive(Clone, Debug)]
pub(crate) struct TooLargeRecord {
    pub offset: i64,
    pub version: Version,
    pub schema_id: Option<u32>,
    pub columns: BTreeSet<usize>,
    /// Sealed.
    pub payload: Vec<u8>,
}

/// Does any value of the event's row not travel for its size?
pub(crate) fn is_too_large(event: &ChangeEvent<'_>) -> bool {
    event.after.is_some_and(|row| {
        row.has_absent() && row.cells().any(|cell| cell == Cell::Absent(Absence::TooLarge))
    })
}

/// `known`, brought up to `event`.
pub(crate) fn hear(known: Option<&Incomplete>, event: &ChangeEvent<'_>) -> (EntryWord, Incomplete) {
    let mut now = Incomplete { version: event.version, columns: BTreeSet::new() };
    if let Some(known) = known.filter(|known| known.version >= event.version) {
        return (EntryWord::Nothing, known.clone());
    }
    let row = event.after.filter(|_| event.op != Operation::Delete);
    let before = known.map(|known| &known.columns);
    let (mut too_large, mut came) = (false, false);
    if let Some(row) = row {
        let continues = event.op == Operation::Update;
        for (column, cell) in row.cells().enumerate() {
            let lacked = before.is_some_and(|before| before.contains(&column));
            match cell {
                Cell::Absent(Absence::TooLarge) => {
                    too_large = true;
                    now.columns.insert(column);
                }
                Cell::Absent(Absence::Toast) if lacked && continues => {
                    now.columns.insert(column);
                }
                _ => came |= lacked,
            }
        }
    }
    let word = match (too_large, before) {
        (true, _) => EntryWord::TooLarge,
        (false, Some(_)) if now.columns.is_empty() => EntryWord::Complete,
        (false, Some(_)) if came => EntryWord::Narrower,
        (false, _) => EntryWord::Nothing,
    };
    (word, now)
}

/// Adds to what a batch does so far.
pub(crate) fn note(changes: &mut EntryChanges, key: KeyRef, change: EntryChange) {
    match (changes.get_mut(&key), change) {
        (Some(EntryChange::Told(told)), EntryChange::Narrowed(columns)) => told.columns = columns,
        (_, change) => {
            changes.insert(key, change);
        }
    }
}

pub(crate) async fn load(
    connection: &mut PgConnection,
    dataset: &Dataset,
    partition: i32,
) -> Result<IncompleteKeys, SinkError> {
    let rows: Vec<(Vec<u8>, Vec<u8>, String)> = sqlx::query_as(
        "select key_ref, version, coalesce(field_path, '') from flow.parked_record \
         where topic = $1 and partition = $2 and state = 'incomplete' and version is not null",
    )
    .bind(&dataset.topic)
    .bind(partition)
    .fetch_all(connection)
    .await?;
    let contract = &dataset.contract;
    let columns = |path: &str| {
        path.split(BETWEEN)
            .filter_map(|name| contract.columns.iter().position(|column| column.name == name))
            .collect()
    };
    Ok(rows
        .into_iter()
        .filter_map(|(key_ref, version, path)| {
            let incomplete = Incomplete {
                version: Version::from_bytes(version.try_into().ok()?),
                columns: columns(&path),
            };
            Some((KeyRef(key_ref.try_into().ok()?), incomplete))
        })
        .collect())
}

/// Writes what a batch does.
pub(crate) async fn write(
    connection: &mut PgConnection,
    dataset: &Dataset,
    partition: i32,
    changes: &EntryChanges,
) -> Result<(), SinkError> {
    for (key, change) in changes {
        match change {
            EntryChange::Narrowed(columns) => {
                sqlx::query(
                    "update flow.parked_record set field_path = $4 \
                     where topic = $1 and partition = $2 and key_ref = $3 and state = 'incomplete'",
                )
                .bind(&dataset.topic)
                .bind(partition)
                .bind(&key.0[..])
                .bind(field_path(&dataset.contract, columns))
                .execute(&mut *connection)
                .await?;
            }
            EntryChange::Ended => end(connection, &dataset.topic, partition, key).await?,
            EntryChange::Told(told) => {
                end(connection, &dataset.topic, partition, key).await?;
                tell(connection, dataset, partition, key, told).await?;
            }
        }
    }
    Ok(())
}

async fn end(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    key: &KeyRef,
) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.parked_record set state = 'superseded', payload = null, ended_at = now() \
         where topic = $1 and partition = $2 and key_ref = $3 and state = 'incomplete'",
    )
    .bind(topic)
    .bind(partition)
    .bind(&key.0[..])
    .execute(connection)
    .await?;
    Ok(())
}

async fn tell(
    connection: &mut PgConnection,
    dataset: &Dataset,
    partition: i32,
    key: &KeyRef,
    told: &TooLargeRecord,
) -> Result<(), SinkError> {
    sqlx::query(
        "insert into flow.parked_record (topic, partition, key_ref, \"offset\", version, schema_id, code, \
         field_path, payload, state) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'incomplete')",
    )
    .bind(&dataset.topic)
    .bind(partition)
    .bind(&key.0[..])
    .bind(told.offset)
    .bind(&told.version.to_bytes()[..])
    .bind(told.schema_id.map(i64::from))
    .bind(RuleCode::TooBig.as_str())
    .bind(field_path(&dataset.contract, &told.columns))
    .bind(&told.payload)
    .execute(connection)
    .await?;
    Ok(())
}

/// Entries of rows that a TRUNCATE or a sweep took away.
pub(crate) async fn end_below(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    below: Version,
) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.parked_record set state = 'superseded', payload = null, ended_at = now() \
         where topic = $1 and partition = $2 and state = 'incomplete' and version < $3",
    )
    .bind(topic)
    .bind(partition)
    .bind(&below.to_bytes()[..])
    .execute(connection)
    .await?;
    Ok(())
}

/// What the good records of a queue, by offset, mean for the entry of its row, which ends when a value comes. Some:
/// the one that tells of a value which is too large becomes the entry, see [`keep`].
pub(crate) async fn of_queue(
    connection: &mut PgConnection,
    dataset: &Dataset,
    partition: i32,
    key: &KeyRef,
    good: impl Iterator<Item = (i64, ChangeEvent<'_>)>,
) -> Result<Option<(i64, Incomplete)>, SinkError> {
    let mut known = load(connection, dataset, partition).await?.remove(key);
    let mut told = None;
    let mut changes = EntryChanges::new();
    for (offset, event) in good {
        let (word, now) = hear(known.as_ref(), &event);
        match word {
            EntryWord::Nothing => continue,
            EntryWord::Complete => {
                note(&mut changes, *key, EntryChange::Ended);
                (known, told) = (None, None);
                continue;
            }
            EntryWord::TooLarge => told = Some(offset),
            EntryWord::Narrower => {
                note(&mut changes, *key, EntryChange::Narrowed(now.columns.clone()));
            }
        }
        known = Some(now);
    }
    if told.is_some() {
        end(connection, &dataset.topic, partition, key).await?;
    } else {
        write(connection, dataset, partition, &changes).await?;
    }
    Ok(told.zip(known))
}

/// A record that was parked is the entry from now on.
pub(crate) async fn keep(
    connection: &mut PgConnection,
    dataset: &Dataset,
    partition: i32,
    (offset, now): &(i64, Incomplete),
) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.parked_record set state = 'incomplete', code = $4, field_path = $5, \
         attempts = attempts + 1 \
         where topic = $1 and partition = $2 and \"offset\" = $3",
    )
    .bind(&dataset.topic)
    .bind(partition)
    .bind(offset)
    .bind(RuleCode::TooBig.as_str())
    .bind(field_path(&dataset.contract, &now.columns))
    .execute(connection)
    .await?;
    Ok(())
}

const BETWEEN: &str = ", ";

fn field_path(contract: &Contract, columns: &BTreeSet<usize>) -> String {
    let names: Vec<&str> = columns
        .iter()
        .filter_map(|&column| Some(contract.columns.get(column)?.name.as_str()))
        .collect();
    names.join(BETWEEN)
}

#[cfg(test)]
mod tests {
    use bangioc_change::event::Origin;
    use bangioc_schemas::row::RowBuf;

    use super::*;

    /// `v` a value, `n` null, `.` left out, `L` too large.
    fn after(
        op: Operation,
        version: u32,
        cells: &str,
        known: Option<&Incomplete>,
    ) -> (EntryWord, Vec<usize>) {
        let mut row = RowBuf::default();
        for cell in cells.chars() {
            row.push(match cell {
                'v' => Cell::Text("x"),
                'n' => Cell::Null,
                '.' => Cell::Absent(Absence::Toast),
                _ => Cell::Absent(Absence::TooLarge),
            });
        }
        let (before, after) = match op {
            Operation::Delete => (Some(row.row()), None),
            _ => (None, Some(row.row())),
        };
        let event = ChangeEvent {
            op,
            version: Version { epoch: version, ..Version::default() },
            before,
            after,
            origin: Origin::default(),
        };
        let (word, now) = hear(known, &event);
        (word, now.columns.into_iter().collect())
    }

    #[test]
    fn an_entry_stays_until_the_value_comes_or_the_row_goes() {
        use Operation::{Create, Delete, Read, Update};
        assert_eq!(after(Create, 1, "vLL", None), (EntryWord::TooLarge, vec![1, 2]));
        assert_eq!(after(Update, 1, "v.v", None), (EntryWord::Nothing, vec![]));
        let known = Incomplete {
            version: Version { epoch: 5, ..Version::default() },
            columns: BTreeSet::from([1, 2]),
        };
        for (op, version, cells, word, columns) in [
            (Update, 6, "v..", EntryWord::Nothing, &[1, 2][..]),
            (Update, 6, "vv.", EntryWord::Narrower, &[2]),
            (Update, 6, "vvn", EntryWord::Complete, &[]),
            (Update, 6, "v.L", EntryWord::TooLarge, &[1, 2]),
            (Update, 6, "vvL", EntryWord::TooLarge, &[2]),
            (Delete, 6, "vnn", EntryWord::Complete, &[]),
            (Read, 6, "v..", EntryWord::Complete, &[]),
            (Update, 5, "vvv", EntryWord::Nothing, &[1, 2]),
            (Update, 4, "vLv", EntryWord::Nothing, &[1, 2]),
        ] {
            assert_eq!(
                after(op, version, cells, Some(&known)),
                (word, columns.to_vec()),
                "{op:?} {version} {cells}"
            );
        }
    }

    #[test]
    fn what_comes_later_in_a_batch_is_what_the_batch_does() {
        let told = || {
            EntryChange::Told(TooLargeRecord {
                offset: 3,
                version: Version::default(),
                schema_id: None,
                columns: BTreeSet::from([1, 2]),
                payload: Vec::new(),
            })
        };
        let key = KeyRef([0; 8]);
        let mut changes = EntryChanges::new();
        note(&mut changes, key, told());
        note(&mut changes, key, EntryChange::Narrowed(BTreeSet::from([2])));
        assert!(
            matches!(&changes[&key], EntryChange::Told(told) if told.columns == BTreeSet::from([2]))
        );
        note(&mut changes, key, EntryChange::Ended);
        assert!(matches!(changes[&key], EntryChange::Ended));
        note(&mut changes, key, told());
        assert!(matches!(changes[&key], EntryChange::Told(_)));
    }
}
