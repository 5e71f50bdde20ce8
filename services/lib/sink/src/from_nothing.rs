//! A person takes back what was believed of a dataset: its floors, versions and sweeps, and how far its source
//! was said to reach. What is in the store stays, and counts as older than anything; so the next whole copy
//! and its sweep make the store equal to the source, whatever was believed before.

use bangioc_change::version::Version;
use bangioc_postgres_text::quoting::quoted;
use sqlx::{Connection as _, PgConnection};

use crate::dataset::{Dataset, sql};
use crate::error::SinkError;

/// What it came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct TakenBack {
    /// With tombstones.
    pub rows: i64,
    pub parked_records: i64,
}

/// One transaction. Whoever works on a partition of it loses its lease, so that no batch judged by the old
/// floor can be committed behind this, and takes it anew.
pub async fn take_back(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<TakenBack, SinkError> {
    let nothing = Version::default().to_bytes();
    let mut transaction = connection.begin().await?;
    let topic = &dataset.topic;
    // Sweeps before leases, as whoever runs one locks them.
    sqlx::query(
        "update flow.sweep set done_at = now(), refused = 'TAKEN_BACK' where topic = $1 and done_at is null",
    )
    .bind(topic)
    .execute(&mut *transaction)
    .await?;
    sqlx::query(
        "update flow.lease set epoch = epoch + 1, owner = null, expires_at = '-infinity', floor = $2, \
         halted_code = null, halted_at = null where topic = $1",
    )
    .bind(topic)
    .bind(&nothing[..])
    .execute(&mut *transaction)
    .await?;
    // Of the whole source, since a ceiling is: it says it again within a minute.
    sqlx::query(
        "update flow.progress_position set newest = null, generation = generation + 1 where progress_topic = $1",
    )
    .bind(&dataset.progress_topic)
    .execute(&mut *transaction)
    .await?;
    sqlx::query("delete from flow.freshness where dataset = $1")
        .bind(dataset.id())
        .execute(&mut *transaction)
        .await?;
    let rows =
        affected(&sqlx::query(sql(older_than_anything(dataset))).execute(&mut *transaction).await?);
    let parked = affected(
        &sqlx::query(
            "update flow.parked_record set version = $2 where topic = $1 and state in ('parked', 'incomplete')",
        )
        .bind(topic)
        .bind(&nothing[..])
        .execute(&mut *transaction)
        .await?,
    );
    sqlx::query("insert into flow.audit (what, dataset, detail) values ('from-nothing', $1, $2)")
        .bind(dataset.id())
        .bind(format!("{rows} rows, {parked} parked records"))
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(TakenBack { rows, parked_records: parked })
}

/// Where the version tells rows apart each keeps one of its own, of epoch 0.
fn older_than_anything(dataset: &Dataset) -> String {
    let table = format!("flow.{}", quoted(&dataset.table));
    if dataset.is_state() {
        return format!("update {table} set \"_version\" = decode(repeat('00', 20), 'hex')");
    }
    format!(
        "update {table} t set \"_version\" = decode(lpad(to_hex(numbered.n), 40, '0'), 'hex') \
         from (select \"_version\" as was, row_number() over (order by \"_version\") as n from {table}) numbered \
         where t.\"_version\" = numbered.was"
    )
}

fn affected(done: &sqlx::postgres::PgQueryResult) -> i64 {
    i64::try_from(done.rows_affected()).unwrap_or(i64::MAX)
}

/// What the store made of the records since some moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, serde::Serialize)]
pub struct SinceThen {
    pub records: i64,
    /// The store holds what is newer, or the floor lies higher.
    pub stale: i64,
}

/// Where a dataset's partitions stand; to be given to [`since`].
pub async fn standing(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<Vec<(i32, i64)>, SinkError> {
    Ok(sqlx::query_as(
        "select partition, coalesce(next_offset, 0) from flow.lease where topic = $1 order by partition",
    )
    .bind(&dataset.topic)
    .fetch_all(connection)
    .await?)
}

pub async fn since(
    connection: &mut PgConnection,
    dataset: &Dataset,
    then: &[(i32, i64)],
) -> Result<SinceThen, SinkError> {
    let (partitions, offsets): (Vec<i32>, Vec<i64>) = then.iter().copied().unzip();
    let (records, stale) = sqlx::query_as(
        "select coalesce(sum(l.next_offset - l.first_offset), 0)::bigint, coalesce(sum(l.stale), 0)::bigint \
         from unnest($2::int[], $3::bigint[]) t (partition, first_offset) \
         join flow.ledger l on l.topic = $1 and l.partition = t.partition and l.first_offset >= t.first_offset",
    )
    .bind(&dataset.topic)
    .bind(partitions)
    .bind(offsets)
    .fetch_one(connection)
    .await?;
    Ok(SinceThen { records, stale })
}
