//! Who works on which partition. The database says so, by its own clock; a consumer group could not:
//! its members may believe they own what another has already written.

use std::collections::HashMap;
use std::time::Duration;

use bangioc_change::progress::Offsets;
use sqlx::PgConnection;

use crate::error::SinkError;

/// A partition that this instance holds. Good for nothing but the compare-and-set in
/// [`crate::commit`]: whoever wakes late finds there that the epoch has moved on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Lease {
    pub topic: String,
    pub partition: i32,
    pub epoch: i64,
    /// None until the partition is taken for the first time.
    pub next_offset: Option<i64>,
    /// Versions below this one no longer apply.
    pub floor: [u8; 20],
}

/// Epoch, position, floor.
type Taken = (i64, Option<i64>, Vec<u8>);

/// Takes a partition that nobody holds, or whose holder has said nothing for too long.
pub(crate) async fn take(
    connection: &mut PgConnection,
    owner: &str,
    topic: &str,
    partition: i32,
    lease: Duration,
) -> Result<Option<Lease>, SinkError> {
    let taken: Option<Taken> = sqlx::query_as(
        "update flow.lease set owner = $1, epoch = epoch + 1, expires_at = now() + $4 * interval '1 second', \
         halted_code = null, halted_at = null, tries = 0, waits_code = null, waits_for = null, waits_since = null \
         where topic = $2 and partition = $3 and (expires_at < now() or owner = $1) \
         returning epoch, next_offset, floor",
    )
    .bind(owner)
    .bind(topic)
    .bind(partition)
    .bind(lease.as_secs_f64())
    .fetch_optional(connection)
    .await?;
    Ok(taken.map(|(epoch, next_offset, bytes)| Lease {
        topic: topic.to_owned(),
        partition,
        epoch,
        next_offset,
        floor: floor(&bytes),
    }))
}

/// Reads a held lease back: after a failure only the database knows whether the last commit happened.
pub(crate) async fn look_again(
    connection: &mut PgConnection,
    lease: &Lease,
) -> Result<Lease, SinkError> {
    let row: Option<Taken> = sqlx::query_as(
        "select epoch, next_offset, floor from flow.lease where topic = $1 and partition = $2 and epoch = $3",
    )
    .bind(&lease.topic)
    .bind(lease.partition)
    .bind(lease.epoch)
    .fetch_optional(connection)
    .await?;
    let (_, next_offset, bytes) = row.ok_or_else(|| lease.lost())?;
    Ok(Lease { next_offset, floor: floor(&bytes), ..lease.clone() })
}

/// Where a partition begins that was never worked on.
pub(crate) async fn begin_at(
    connection: &mut PgConnection,
    lease: &Lease,
    offset: i64,
) -> Result<(), SinkError> {
    let done = sqlx::query(
        "update flow.lease set next_offset = $4 \
         where topic = $1 and partition = $2 and epoch = $3 and next_offset is null",
    )
    .bind(&lease.topic)
    .bind(lease.partition)
    .bind(lease.epoch)
    .bind(offset)
    .execute(connection)
    .await?;
    if done.rows_affected() == 1 { Ok(()) } else { Err(lease.lost()) }
}

/// Says that this instance lives, and renews what it holds. Returns the (topic, partition) that it
/// still holds.
pub(crate) async fn renew(
    connection: &mut PgConnection,
    owner: &str,
    held: &[(String, i32, i64)],
    lease: Duration,
) -> Result<Vec<(String, i32)>, SinkError> {
    sqlx::query(
        "insert into flow.instance (owner, seen_at) values ($1, now()) \
         on conflict (owner) do update set seen_at = now()",
    )
    .bind(owner)
    .execute(&mut *connection)
    .await?;
    let topics: Vec<&str> = held.iter().map(|(topic, ..)| topic.as_str()).collect();
    let partitions: Vec<i32> = held.iter().map(|&(_, partition, _)| partition).collect();
    let epochs: Vec<i64> = held.iter().map(|&(.., epoch)| epoch).collect();
    let kept = sqlx::query_as(
        "update flow.lease l set expires_at = now() + $5 * interval '1 second' \
         from unnest($2::text[], $3::int[], $4::bigint[]) held (topic, partition, epoch) \
         where l.topic = held.topic and l.partition = held.partition and l.epoch = held.epoch and l.owner = $1 \
         returning l.topic, l.partition",
    )
    .bind(owner)
    .bind(topics)
    .bind(partitions)
    .bind(epochs)
    .bind(lease.as_secs_f64())
    .fetch_all(connection)
    .await?;
    Ok(kept)
}

/// Instances that spoke within a lease's time, in the order in which shares are dealt.
pub(crate) async fn instances(
    connection: &mut PgConnection,
    lease: Duration,
) -> Result<Vec<String>, SinkError> {
    Ok(sqlx::query_scalar(
        "select owner from flow.instance where seen_at > now() - $1 * interval '1 second' order by owner",
    )
    .bind(lease.as_secs_f64())
    .fetch_all(connection)
    .await?)
}

/// Partitions that may be taken now.
pub(crate) async fn free(
    connection: &mut PgConnection,
    topics: &[String],
) -> Result<Vec<(String, i32)>, SinkError> {
    Ok(sqlx::query_as(
        "select topic, partition from flow.lease where topic = any($1) and expires_at < now() \
         order by topic, partition",
    )
    .bind(topics)
    .fetch_all(connection)
    .await?)
}

/// How far each topic is in the store, whoever works on it.
pub(crate) async fn positions(
    connection: &mut PgConnection,
) -> Result<HashMap<String, Offsets>, SinkError> {
    let rows: Vec<(String, i32, i64)> = sqlx::query_as(
        "select topic, partition, next_offset from flow.lease where next_offset is not null",
    )
    .fetch_all(connection)
    .await?;
    let mut positions: HashMap<String, Offsets> = HashMap::new();
    for (topic, partition, offset) in rows {
        positions.entry(topic).or_default().insert(partition, offset);
    }
    Ok(positions)
}

/// Hands a partition over, so that nobody need wait for its lease to run out.
pub(crate) async fn release(connection: &mut PgConnection, lease: &Lease) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.lease set owner = null, expires_at = '-infinity' \
         where topic = $1 and partition = $2 and epoch = $3",
    )
    .bind(&lease.topic)
    .bind(lease.partition)
    .bind(lease.epoch)
    .execute(connection)
    .await?;
    Ok(())
}

/// A halted partition stays with its instance, so that no other repeats the same failure; the next
/// start tries again.
pub(crate) async fn mark_halted(
    connection: &mut PgConnection,
    lease: &Lease,
    code: &str,
) -> Result<(), SinkError> {
    sqlx::query(
        "update flow.lease set halted_code = $4, halted_at = now(), waits_code = null, waits_for = null, \
         waits_since = null \
         where topic = $1 and partition = $2 and epoch = $3",
    )
    .bind(&lease.topic)
    .bind(lease.partition)
    .bind(lease.epoch)
    .bind(code)
    .execute(connection)
    .await?;
    Ok(())
}

/// Forgets this instance, and any that has been silent for a day.
pub(crate) async fn leave(connection: &mut PgConnection, owner: &str) -> Result<(), SinkError> {
    sqlx::query("delete from flow.instance where owner = $1 or seen_at < now() - interval '1 day'")
        .bind(owner)
        .execute(connection)
        .await?;
    Ok(())
}

/// How many of `partitions` the instance at `rank` of `instances` should hold: as equal as can be, and
/// together all of them.
pub(crate) fn fair_share(partitions: usize, instances: usize, rank: usize) -> usize {
    let instances = instances.max(1);
    partitions / instances + usize::from(rank < partitions % instances)
}

impl Lease {
    pub(crate) fn lost(&self) -> SinkError {
        SinkError::LeaseLost { topic: self.topic.clone(), partition: self.partition }
    }
}

fn floor(bytes: &[u8]) -> [u8; 20] {
    bytes.try_into().unwrap_or([0; 20])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn shares_are_equal_but_for_one_and_leave_nothing_over(partitions in 0usize..500, instances in 1usize..40) {
            let shares: Vec<usize> = (0..instances).map(|rank| fair_share(partitions, instances, rank)).collect();
            prop_assert_eq!(shares.iter().sum::<usize>(), partitions);
            prop_assert!(shares[0] - shares[instances - 1] <= 1);
        }
    }
}
