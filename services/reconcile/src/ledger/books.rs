//! What the store's own tables say of one another. At one moment: a sink goes on meanwhile.

use bangioc_sink::dataset::Dataset;
use sqlx::PgConnection;

use super::{Finding, Wrong};
use crate::error::{ReconcileError, store as fails};

/// A partition as the sink holds it.
pub(super) struct Partition {
    pub(super) topic: String,
    pub(super) number: i32,
    pub(super) position: i64,
    pub(super) floor: Vec<u8>,
}

/// Those that were ever worked on.
pub(super) async fn partitions(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<Vec<Partition>, ReconcileError> {
    let found: Vec<(i32, i64, Vec<u8>)> = sqlx::query_as(
        "select partition, next_offset, floor from flow.lease where topic = $1 and next_offset is not null order by partition",
    )
    .bind(&dataset.topic)
    .fetch_all(connection)
    .await
    .map_err(fails)?;
    let of = |(number, position, floor)| Partition {
        topic: dataset.topic.clone(),
        number,
        position,
        floor,
    };
    Ok(found.into_iter().map(of).collect())
}

/// Ranges that do not join up: kind, first offset, how many.
const RANGES: &str = "\
    with ranges as (select first_offset, next_offset, \
      lag(next_offset) over (order by first_offset, next_offset) as before \
      from flow.ledger where topic = $1 and partition = $2 and next_offset > first_offset and first_offset < $3), \
    last as (select max(next_offset) as next_offset from ranges) \
    select 'gap', before, first_offset - before from ranges where first_offset > before \
    union all select 'twice', first_offset, before - first_offset from ranges where first_offset < before \
    union all select 'gap', next_offset, $3 - next_offset from last where next_offset < $3 \
    union all select 'sum', first_offset, next_offset - first_offset from flow.ledger \
      where topic = $1 and partition = $2 and next_offset - first_offset <> applied + folded + duplicate + stale + control \
      + parked + quarantined + superseded + discarded";

/// Of the sums: what the ledger says, and what the tables hold.
const SUMS: &str = "\
    select coalesce(sum(parked), 0)::bigint, coalesce(sum(discarded), 0)::bigint, coalesce(sum(quarantined), 0)::bigint, \
    (select count(*) from flow.parked_record where topic = $1 and partition = $2 and state = 'parked'), \
    (select count(*) from flow.parked_record where topic = $1 and partition = $2 and state = 'discarded'), \
    (select coalesce(sum(next_offset - first_offset), 0)::bigint from flow.quarantined where topic = $1 and partition = $2) \
    from flow.ledger where topic = $1 and partition = $2";

pub(super) async fn verify(
    connection: &mut PgConnection,
    at: &Partition,
) -> Result<Vec<Finding>, ReconcileError> {
    let ranges: Vec<(String, i64, i64)> = sqlx::query_as(RANGES)
        .bind(&at.topic)
        .bind(at.number)
        .bind(at.position)
        .fetch_all(&mut *connection)
        .await
        .map_err(fails)?;
    let sums: (i64, i64, i64, i64, i64, i64) = sqlx::query_as(SUMS)
        .bind(&at.topic)
        .bind(at.number)
        .fetch_one(connection)
        .await
        .map_err(fails)?;
    let mut findings: Vec<Finding> = ranges
        .into_iter()
        .map(|(what, offset, records)| Finding {
            what: match what.as_str() {
                "gap" => Wrong::Gap,
                "twice" => Wrong::Twice,
                _ => Wrong::Sum,
            },
            offset,
            records,
        })
        .collect();
    let (parked, discarded, quarantined, are_parked, are_discarded, are_quarantined) = sums;
    for (what, said, are) in [
        (Wrong::Parked, parked, are_parked),
        (Wrong::Discarded, discarded, are_discarded),
        (Wrong::Quarantined, quarantined, are_quarantined),
    ] {
        if said != are {
            findings.push(Finding { what, offset: 0, records: said - are });
        }
    }
    Ok(findings)
}
