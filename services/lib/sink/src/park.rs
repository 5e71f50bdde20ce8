//! Parked keys: a record that can't be applied makes its key wait, and later records of the key queue
//! behind it; all others go on.

use std::collections::HashMap;

use bangioc_change::version::Version;
use sqlx::PgConnection;

use crate::error::SinkError;
use crate::incomplete;
use crate::ledger::LedgerCounts;
use crate::poison::{AWAITS_ROW, BY_REFERENCE, Parking};
use crate::seal::KeyRef;
use crate::waiting::{ParkedKeys, SuspendedKeys, WaitingRecords};

/// Key, newest version, is one without version, suspended, records, bytes, is any not kept.
type ParkedRow = (Vec<u8>, Option<String>, bool, bool, i64, i64, bool);

pub(crate) async fn load(
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
    .bind(AWAITS_ROW)
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
        let waiting = WaitingRecords {
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
pub(crate) async fn hold(
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
        Err(SinkError::ParkedChanged { topic: topic.to_owned(), partition })
    }
}

/// Records join their keys' queues; a key that was not parked is now.
pub(crate) async fn park(
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
    record.poison.as_ref().and_then(|poison| poison.field.as_deref())
}

/// Which parked records something later makes moot.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Moot<'a> {
    /// Of one key: a later record says all there is to say.
    Key(&'a KeyRef),
    /// Of the partition: the table was emptied, or copied whole.
    All,
}

/// Ends parked records older than `below`, and the keys that then wait for nothing. Posts them to the
/// ledger; returns how many.
pub(crate) async fn supersede(
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
    if key.is_some() {
        // What is left waits for its own reason.
        sqlx::query(
            "update flow.parked_key k set code = r.code, field_path = r.field_path from flow.parked_record r \
             where k.topic = $1 and k.partition = $2 and k.key_ref = $3 and k.state = 'parked' and r.topic = k.topic \
             and r.partition = k.partition and r.\"offset\" = (select min(\"offset\") from flow.parked_record f \
             where f.topic = $1 and f.partition = $2 and f.key_ref = $3 and f.state = 'parked' and f.code is not null)",
        )
        .bind(topic)
        .bind(partition)
        .bind(key)
        .execute(&mut *connection)
        .await?;
    }
    LedgerCounts { parked: -ended, superseded: ended, ..LedgerCounts::default() }
        .post(connection, topic, partition, at_offset)
        .await?;
    Ok(ended)
}
