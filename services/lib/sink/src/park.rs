//! Parked keys: a record that can't be applied makes its key wait, and later records of the key queue
//! behind it; all others go on.

use std::collections::{HashMap, HashSet};

use bangioc_change::version::Version;
use sqlx::PgConnection;

use crate::error::SinkError;
use crate::incomplete;
use crate::ledger::Counts;
use crate::reference;
use crate::seal::KeyRef;

/// Why a record can't be applied: a code that stays the same for ever, and a column's name. Never a
/// value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Poison {
    pub code: &'static str,
    pub field: Option<String>,
}

impl Poison {
    /// Not bad, only too early: it says nothing about other rows, or about a deployment.
    pub fn suspends(&self) -> bool {
        self.code == reference::CODE
    }

    fn is_by_reference(&self) -> bool {
        BY_REFERENCE.contains(&self.code)
    }
}

/// The queue of a key, or of a partition, holds as much as it may.
pub const QUEUE_FULL: &str = "QUEUE_FULL";
pub const RECORD_TOO_LARGE: &str = "RECORD_TOO_LARGE";

/// Codes of records that are not kept though they might be applied.
const BY_REFERENCE: [&str; 2] = [QUEUE_FULL, RECORD_TOO_LARGE];

/// A record as it came, for trying again later.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub version: Option<Vec<u8>>,
    pub absent: Option<Vec<u8>>,
}

impl Kept {
    /// Four fields, each a length (u32, all ones for none) and its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [&self.key, &self.value, &self.version, &self.absent] {
            let length = field.as_ref().map_or(u32::MAX, |field| {
                u32::try_from(field.len()).unwrap_or(u32::MAX)
            });
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(field.as_deref().unwrap_or_default());
        }
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Kept> {
        let mut rest = bytes;
        let mut field = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            rest = after;
            let length = u32::from_be_bytes(*length);
            if length == u32::MAX {
                return Some(None);
            }
            let (field, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some(Some(field.to_vec()))
        };
        Some(Kept {
            key: field()?,
            value: field()?,
            version: field()?,
            absent: field()?,
        })
    }
}

/// A record on its way to the dead letters.
#[derive(Clone)]
pub struct Parking {
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
    pub fn suspends(&self) -> bool {
        self.poison.as_ref().is_some_and(Poison::suspends)
    }
}

/// The newest version that waits under a key; None once a record without version does.
pub type Newest = Option<Version>;

/// What waits under a parked key.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Waiting {
    pub newest: Newest,
    pub records: usize,
    /// Of payloads kept.
    pub bytes: usize,
    /// Some record of it was not kept, for its size or the queue's: a whole record that comes later says all
    /// there is to say, and nothing else can.
    pub by_reference: bool,
}

impl Waiting {
    fn after(before: Option<Waiting>, record: &Parking) -> Waiting {
        let by_reference = record.poison.as_ref().is_some_and(Poison::is_by_reference);
        let newest = newest(before.as_ref().map(|before| &before.newest), record.version);
        let before = before.unwrap_or_default();
        Waiting {
            newest,
            records: before.records + 1,
            bytes: before.bytes + record.payload.as_ref().map_or(0, Vec::len),
            by_reference: before.by_reference || by_reference,
        }
    }
}

/// Keys that are parked in one partition.
#[derive(Clone, Default, Debug)]
pub struct ParkedKeys {
    keys: HashMap<KeyRef, Waiting>,
    bytes: usize,
}

impl ParkedKeys {
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub fn get(&self, key: &KeyRef) -> Option<&Waiting> {
        self.keys.get(key)
    }

    pub fn keys(&self) -> impl Iterator<Item = &KeyRef> {
        self.keys.keys()
    }

    /// Of all payloads kept.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn add(&mut self, record: &Parking) {
        let waiting = Waiting::after(self.keys.get(&record.key_ref).copied(), record);
        self.insert(record.key_ref, waiting);
    }

    fn insert(&mut self, key: KeyRef, waiting: Waiting) {
        self.bytes += waiting.bytes;
        if let Some(before) = self.keys.insert(key, waiting) {
            self.bytes -= before.bytes;
        }
    }

    pub fn remove(&mut self, key: &KeyRef) {
        if let Some(before) = self.keys.remove(key) {
            self.bytes -= before.bytes;
        }
    }

    /// Those of which all is older than `version` are moot.
    pub fn end_below(&mut self, version: Version) {
        self.keys
            .retain(|_, waiting| waiting.newest.is_none_or(|newest| newest >= version));
        self.bytes = self.keys.values().map(|waiting| waiting.bytes).sum();
    }
}

/// Those of them that only wait for a row of another dataset.
pub type SuspendedKeys = HashSet<KeyRef>;

/// `newest` after one more record.
fn newest(before: Option<&Newest>, version: Option<Version>) -> Newest {
    match before {
        Some(before) => Some((*before)?.max(version?)),
        None => version,
    }
}

/// Key, newest version, is one without version, suspended, records, bytes, is any not kept.
type ParkedRow = (Vec<u8>, Option<String>, bool, bool, i64, i64, bool);

pub async fn load(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
) -> Result<(ParkedKeys, SuspendedKeys), SinkError> {
    let rows: Vec<ParkedRow> = sqlx::query_as(
        "select k.key_ref, max(encode(r.version, 'hex')), coalesce(bool_or(r.version is null), true), k.code = $3, \
         count(r.topic), coalesce(sum(octet_length(r.payload)), 0)::bigint, coalesce(bool_or(r.code = any($4)), false) \
         from flow.parked_key k left join flow.parked_record r \
         on r.topic = k.topic and r.partition = k.partition and r.key_ref = k.key_ref and r.state = 'parked' \
         where k.topic = $1 and k.partition = $2 and k.state = 'parked' group by k.key_ref, k.code",
    )
    .bind(topic)
    .bind(partition)
    .bind(reference::CODE)
    .bind(&BY_REFERENCE[..])
    .fetch_all(connection)
    .await?;
    let mut parked = ParkedKeys::default();
    let whole = |count: i64| usize::try_from(count).unwrap_or(0);
    let mut suspended = SuspendedKeys::new();
    for (key_ref, newest, unversioned, is_suspended, records, bytes, by_reference) in rows {
        let Ok(key_ref) = key_ref.try_into().map(KeyRef) else {
            continue;
        };
        let newest = newest.and_then(|hex| Version::from_hex(&hex));
        let waiting = Waiting {
            newest: newest.filter(|_| !unversioned),
            records: whole(records),
            bytes: whole(bytes),
            by_reference,
        };
        parked.insert(key_ref, waiting);
        if is_suspended {
            suspended.insert(key_ref);
        }
    }
    Ok((parked, suspended))
}

/// Locks keys that records of this batch queue behind, against a drain. Fails when one of them is not
/// parked any more: then its records belong into the store.
pub async fn hold(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    keys: &[KeyRef],
) -> Result<(), SinkError> {
    let refs: Vec<&[u8]> = keys.iter().map(|key| &key.0[..]).collect();
    let held: Vec<Vec<u8>> = sqlx::query_scalar(
        "select key_ref from flow.parked_key where topic = $1 and partition = $2 and key_ref = any($3) \
         and state = 'parked' order by key_ref for share",
    )
    .bind(topic)
    .bind(partition)
    .bind(refs)
    .fetch_all(connection)
    .await?;
    if held.len() == keys.len() {
        Ok(())
    } else {
        Err(SinkError::ParkedChanged {
            topic: topic.to_owned(),
            partition,
        })
    }
}

/// Records join their keys' queues; a key that was not parked is now.
pub async fn park(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    dataset: &str,
    records: &[Parking],
) -> Result<(), SinkError> {
    let mut firsts: HashMap<KeyRef, &Parking> = HashMap::new();
    for record in records.iter().filter(|record| record.poison.is_some()) {
        firsts.entry(record.key_ref).or_insert(record);
    }
    let firsts: Vec<&Parking> = firsts.into_values().collect();
    sqlx::query(
        "insert into flow.parked_key as k (topic, partition, dataset, key_ref, code, field_path) \
         select $1, $2, $3, * from unnest($4::bytea[], $5::text[], $6::text[]) \
         on conflict (topic, partition, key_ref) do update set state = 'parked', code = excluded.code, \
         field_path = excluded.field_path, since = now(), ended_at = null, ended_by = null, \
         discard_by = null, discard_asked_at = null where k.state <> 'parked'",
    )
    .bind(topic)
    .bind(partition)
    .bind(dataset)
    .bind(firsts.iter().map(|record| &record.key_ref.0[..]).collect::<Vec<_>>())
    .bind(firsts.iter().map(|record| code(record)).collect::<Vec<_>>())
    .bind(firsts.iter().map(|record| field(record)).collect::<Vec<_>>())
    .execute(&mut *connection)
    .await?;
    sqlx::query(
        "insert into flow.parked_record (topic, partition, key_ref, \"offset\", version, schema_id, code, \
         field_path, payload) \
         select $1, $2, * from unnest($3::bytea[], $4::bigint[], $5::bytea[], $6::bigint[], $7::text[], \
         $8::text[], $9::bytea[])",
    )
    .bind(topic)
    .bind(partition)
    .bind(records.iter().map(|record| &record.key_ref.0[..]).collect::<Vec<_>>())
    .bind(records.iter().map(|record| record.offset).collect::<Vec<_>>())
    .bind(records.iter().map(|record| record.version.map(|version| version.to_bytes().to_vec())).collect::<Vec<_>>())
    .bind(records.iter().map(|record| record.schema_id.map(i64::from)).collect::<Vec<_>>())
    .bind(records.iter().map(code).collect::<Vec<_>>())
    .bind(records.iter().map(field).collect::<Vec<_>>())
    .bind(records.iter().map(|record| record.payload.as_deref()).collect::<Vec<_>>())
    .execute(connection)
    .await?;
    Ok(())
}

fn code(record: &Parking) -> Option<&str> {
    record.poison.as_ref().map(|poison| poison.code)
}

fn field(record: &Parking) -> Option<&str> {
    record
        .poison
        .as_ref()
        .and_then(|poison| poison.field.as_deref())
}

/// Which parked records something later makes moot.
#[derive(Clone, Copy, Debug)]
pub enum Moot<'a> {
    /// Of one key: a later record says all there is to say.
    Key(&'a KeyRef),
    /// Of the partition: the table was emptied, or copied whole.
    All,
}

/// Ends parked records older than `below`, and the keys that then wait for nothing. Posts them to the
/// ledger; returns how many.
pub async fn supersede(
    connection: &mut PgConnection,
    topic: &str,
    partition: i32,
    moot: Moot<'_>,
    below: Version,
    at_offset: i64,
) -> Result<i64, SinkError> {
    let key = match moot {
        Moot::Key(key) => Some(&key.0[..]),
        Moot::All => None,
    };
    let ended = sqlx::query(
        "update flow.parked_record set state = 'superseded', payload = null, ended_at = now() \
         where topic = $1 and partition = $2 and state = 'parked' and ($3::bytea is null or key_ref = $3) \
         and version < $4",
    )
    .bind(topic)
    .bind(partition)
    .bind(key)
    .bind(&below.to_bytes()[..])
    .execute(&mut *connection)
    .await?
    .rows_affected();
    if let Moot::All = moot {
        incomplete::end_below(connection, topic, partition, below).await?;
    }
    let ended = i64::try_from(ended).unwrap_or(i64::MAX);
    if ended == 0 {
        return Ok(0);
    }
    sqlx::query(
        "update flow.parked_key k set state = 'superseded', ended_at = now() \
         where topic = $1 and partition = $2 and state = 'parked' and ($3::bytea is null or key_ref = $3) \
         and not exists (select from flow.parked_record r where r.topic = k.topic \
         and r.partition = k.partition and r.key_ref = k.key_ref and r.state = 'parked')",
    )
    .bind(topic)
    .bind(partition)
    .bind(key)
    .execute(&mut *connection)
    .await?;
    Counts {
        parked: -ended,
        superseded: ended,
        ..Counts::default()
    }
    .post(connection, topic, partition, at_offset)
    .await?;
    Ok(ended)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field() -> impl Strategy<Value = Option<Vec<u8>>> {
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20))
    }

    proptest! {
        #[test]
        fn a_kept_record_reads_back(key in field(), value in field(), version in field(), absent in field()) {
            let kept = Kept { key, value, version, absent };
            let bytes = kept.to_bytes();
            prop_assert!(Kept::from_bytes(&bytes).unwrap() == kept);
            prop_assert!(Kept::from_bytes(&bytes[..bytes.len() - 1]).is_none());
        }
    }

    #[test]
    fn what_waits_is_counted_and_forgotten_key_by_key() {
        let record = |key: u8, epoch, payload: usize, code| Parking {
            key_ref: KeyRef([key; 8]),
            offset: 0,
            version: Some(Version {
                epoch,
                ..Version::default()
            }),
            schema_id: None,
            poison: Some(Poison { code, field: None }),
            payload: Some(vec![0; payload]),
        };
        let mut parked = ParkedKeys::default();
        parked.add(&record(1, 1, 10, "E_RANGE"));
        parked.add(&record(1, 3, 5, "E_RANGE"));
        parked.add(&record(2, 2, 0, QUEUE_FULL));
        assert_eq!(parked.bytes(), 15);
        let waiting = parked.get(&KeyRef([1; 8])).unwrap();
        assert_eq!((waiting.records, waiting.by_reference), (2, false));
        assert!(parked.get(&KeyRef([2; 8])).unwrap().by_reference);
        parked.end_below(Version {
            epoch: 3,
            ..Version::default()
        });
        assert_eq!((parked.keys().count(), parked.bytes()), (1, 15));
        parked.remove(&KeyRef([1; 8]));
        assert!(parked.is_empty() && parked.bytes() == 0);
    }

    #[test]
    fn a_record_without_version_makes_the_newest_unknown() {
        let version = |n| {
            Some(Version {
                epoch: n,
                ..Version::default()
            })
        };
        assert_eq!(newest(None, version(1)), version(1));
        assert_eq!(newest(Some(&version(3)), version(2)), version(3));
        assert_eq!(newest(Some(&version(3)), None), None);
        assert_eq!(newest(Some(&None), version(5)), None);
    }
}
