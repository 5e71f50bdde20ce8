//! Brings a store up to the version of bangioc and to its contracts.

use std::collections::HashMap;

use bangioc_schemas::names::{self, Side};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::dataset::{Dataset, sql};
use crate::error::SinkError;
use crate::seal::{self, Secrets};
use crate::{fit, gate, operators, readers};

/// Of the bookkeeping. A step that landed is never edited.
const STEPS: [&str; 7] = [
    include_str!("../sql/0001_flow.sql"),
    include_str!("../sql/0002_side.sql"),
    include_str!("../sql/0003_disclosure.sql"),
    include_str!("../sql/0004_sealed_keys.sql"),
    include_str!("../sql/0005_operators.sql"),
    include_str!("../sql/0006_trust.sql"),
    include_str!("../sql/0007_state.sql"),
];

/// Name of the bookkeeping in `flow.migration`; no dataset can be called so.
const BOOKKEEPING: &str = "_flow";

/// A dataset whose table does not fit its contract, and what is in the way.
pub(crate) type Unfit<'a> = (&'a Dataset, SinkError);

/// Brings the store to what the contracts say, in one transaction; what it can't do for one dataset is that dataset's
/// matter alone. Safe to call at every start and by several instances at once. Whoever holds what it needs is named:
/// [`SinkError::StoreLocked`].
pub(crate) async fn migrate<'a>(
    connection: &mut PgConnection,
    side: Side,
    datasets: &'a [Dataset],
    secrets: &Secrets,
) -> Result<Vec<Unfit<'a>>, SinkError> {
    gate::make(connection).await?;
    let done = Box::pin(steps(connection, side, datasets, secrets)).await;
    gate::who_is_in_the_way(connection, side, done).await
}

async fn steps<'a>(
    connection: &mut PgConnection,
    side: Side,
    datasets: &'a [Dataset],
    secrets: &Secrets,
) -> Result<Vec<Unfit<'a>>, SinkError> {
    let mut transaction = connection.begin().await?;
    gate::enter(&mut transaction).await?;
    bookkeeping(&mut transaction).await?;
    belongs_to(&mut transaction, side).await?;
    seal::keep(&mut transaction, secrets).await?;
    operators::grants(&mut transaction).await?;
    let roles = readers::roles(&mut transaction, side).await?;
    let mut unfit = Vec::new();
    for dataset in datasets {
        let mut alone = transaction.begin().await?;
        let fits = async {
            fit::make(&mut alone, dataset).await?;
            readers::view(&mut alone, dataset).await?;
            readers::grants(&mut alone, dataset, &roles).await
        };
        match Box::pin(fits).await {
            Ok(()) => alone.commit().await?,
            Err(failure) if failure.is_of_a_table() => {
                alone.rollback().await?;
                unfit.push((dataset, failure));
            }
            Err(failure) => return Err(failure),
        }
        leases(&mut transaction, dataset).await?;
    }
    transaction.commit().await?;
    Ok(unfit)
}

async fn bookkeeping(connection: &mut PgConnection) -> Result<(), SinkError> {
    let known: bool = sqlx::query_scalar("select to_regclass('flow.migration') is not null")
        .fetch_one(&mut *connection)
        .await?;
    let done: HashMap<i32, Vec<u8>> = if known {
        sqlx::query_as::<_, (i32, Vec<u8>)>(
            "select n, sql_sha256 from flow.migration where dataset = $1",
        )
        .bind(BOOKKEEPING)
        .fetch_all(&mut *connection)
        .await?
        .into_iter()
        .collect()
    } else {
        HashMap::new()
    };
    for (n, step) in (1..).zip(STEPS) {
        match done.get(&n) {
            Some(sha) if sha[..] == Sha256::digest(step)[..] => {}
            Some(_) => return Err(SinkError::MigrationDiffers { step: n }),
            None => fit::apply(connection, BOOKKEEPING, n, step).await?,
        }
    }
    match done.keys().max() {
        Some(&last) if usize::try_from(last).is_ok_and(|last| last > STEPS.len()) => {
            Err(SinkError::MigrationDiffers { step: last })
        }
        _ => Ok(()),
    }
}

/// A database is of one side: in the other's, its tables have other columns and its readers see more.
async fn belongs_to(connection: &mut PgConnection, side: Side) -> Result<(), SinkError> {
    let new = sqlx::query("insert into flow.store (side) values ($1) on conflict do nothing")
        .bind(side.as_str())
        .execute(&mut *connection)
        .await?;
    if new.rows_affected() == 1 && side == Side::Open {
        // The first step made it, from a time when there was no other side.
        connection.execute("drop schema if exists shared restrict").await?;
    }
    let found: String =
        sqlx::query_scalar("select side from flow.store").fetch_one(&mut *connection).await?;
    if found != side.as_str() {
        return Err(SinkError::OtherSide { found, wanted: side.as_str() });
    }
    let schema = names::view_schema(side);
    connection.execute(sqlx::raw_sql(sql(format!("create schema if not exists {schema}")))).await?;
    Ok(())
}

async fn leases(connection: &mut PgConnection, dataset: &Dataset) -> Result<(), SinkError> {
    sqlx::query(
        "insert into flow.lease (topic, partition, dataset) \
         select $1, n, $2 from generate_series(0, $3 - 1) n on conflict do nothing",
    )
    .bind(&dataset.topic)
    .bind(dataset.id())
    .bind(i32::try_from(dataset.contract.partitions).unwrap_or(i32::MAX))
    .execute(connection)
    .await?;
    Ok(())
}
