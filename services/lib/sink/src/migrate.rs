//! Tables of the store, made from the contracts. Only ever adds: a column that left a contract stays in
//! the table, and in its view.

use std::collections::HashMap;

use bangioc_schemas::names::{self, Side};
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::dataset::{Dataset, ROW_COLUMNS, collation, identity, quoted, sql};
use crate::error::SinkError;
use crate::seal::{self, Secrets};
use crate::{gate, operators, readers};

/// Of the bookkeeping. A step that landed is never edited.
const STEPS: [&str; 6] = [
    include_str!("../sql/0001_flow.sql"),
    include_str!("../sql/0002_side.sql"),
    include_str!("../sql/0003_disclosure.sql"),
    include_str!("../sql/0004_sealed_keys.sql"),
    include_str!("../sql/0005_operators.sql"),
    include_str!("../sql/0006_trust.sql"),
];

/// Name of the bookkeeping in `flow.migration`; no dataset can be called so.
const BOOKKEEPING: &str = "_flow";

/// Brings the store to what the contracts say, in one transaction. Safe to call at every start and by
/// several instances at once. Whoever holds what it needs is named: [`SinkError::StoreLocked`].
pub async fn migrate(
    connection: &mut PgConnection,
    side: Side,
    datasets: &[Dataset],
    secrets: &Secrets,
) -> Result<(), SinkError> {
    gate::make(connection).await?;
    let done = Box::pin(steps(connection, side, datasets, secrets)).await;
    gate::who_is_in_the_way(connection, side, done).await
}

async fn steps(
    connection: &mut PgConnection,
    side: Side,
    datasets: &[Dataset],
    secrets: &Secrets,
) -> Result<(), SinkError> {
    let mut transaction = connection.begin().await?;
    gate::enter(&mut transaction).await?;
    bookkeeping(&mut transaction).await?;
    belongs_to(&mut transaction, side).await?;
    seal::keep(&mut transaction, secrets).await?;
    operators::grants(&mut transaction).await?;
    let roles = readers::roles(&mut transaction, side).await?;
    for dataset in datasets {
        row_table(&mut transaction, dataset).await?;
        readers::view(&mut transaction, dataset).await?;
        readers::grants(&mut transaction, dataset, &roles).await?;
        leases(&mut transaction, dataset).await?;
    }
    transaction.commit().await?;
    Ok(())
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
            None => apply(connection, BOOKKEEPING, n, step).await?,
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
        connection
            .execute("drop schema if exists shared restrict")
            .await?;
    }
    let found: String = sqlx::query_scalar("select side from flow.store")
        .fetch_one(&mut *connection)
        .await?;
    if found != side.as_str() {
        return Err(SinkError::OtherSide {
            found,
            wanted: side.as_str(),
        });
    }
    let schema = names::view_schema(side);
    connection
        .execute(sqlx::raw_sql(sql(format!(
            "create schema if not exists {schema}"
        ))))
        .await?;
    Ok(())
}

async fn apply(
    connection: &mut PgConnection,
    dataset: &str,
    n: i32,
    step: &str,
) -> Result<(), SinkError> {
    connection
        .execute(sqlx::raw_sql(sql(step.to_owned())))
        .await?;
    sqlx::query("insert into flow.migration (dataset, n, sql_sha256) values ($1, $2, $3)")
        .bind(dataset)
        .bind(n)
        .bind(Sha256::digest(step).to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// The next step of a dataset: the table at first, then every column that its contract gained.
async fn row_table(connection: &mut PgConnection, dataset: &Dataset) -> Result<(), SinkError> {
    let target = format!("flow.{}", quoted(&dataset.table));
    let contract = &dataset.contract;
    let found: HashMap<String, String> = sqlx::query_as::<_, (String, String)>(
        "select attname::text, format_type(atttypid, atttypmod) from pg_attribute \
         where attrelid = to_regclass($1) and attnum > 0 and not attisdropped",
    )
    .bind(&target)
    .fetch_all(&mut *connection)
    .await?
    .into_iter()
    .collect();
    if found.is_empty() {
        return apply(connection, dataset.id(), 1, &create_table(dataset)).await;
    }
    let mut additions = Vec::new();
    for column in &contract.columns {
        let wanted = column.column_type.store_type();
        match found.get(&column.name) {
            None => additions.push(format!("add column {} {wanted}", quoted(&column.name))),
            Some(found) if same_type(connection, found, &wanted).await? => {}
            Some(found) => {
                return Err(SinkError::ColumnDiffers {
                    table: dataset.table.clone(),
                    column: column.name.clone(),
                    found: found.clone(),
                    wanted,
                });
            }
        }
    }
    if additions.is_empty() {
        return Ok(());
    }
    let n: i32 =
        sqlx::query_scalar("select coalesce(max(n), 0) + 1 from flow.migration where dataset = $1")
            .bind(dataset.id())
            .fetch_one(&mut *connection)
            .await?;
    apply(
        connection,
        dataset.id(),
        n,
        &format!("alter table {target} {}", additions.join(", ")),
    )
    .await
}

/// PostgreSQL knows that `int4` is `integer`.
async fn same_type(
    connection: &mut PgConnection,
    found: &str,
    wanted: &str,
) -> Result<bool, SinkError> {
    if found == wanted {
        return Ok(true);
    }
    // format_type drops a modifier that to_regtype does not take either; compare the words before it.
    let plain = |name: &str| name.split('(').next().unwrap_or_default().trim().to_owned();
    let modifier = |name: &str| name.split_once('(').map(|(_, rest)| rest.replace(' ', ""));
    let same: Option<bool> = sqlx::query_scalar("select to_regtype($1) = to_regtype($2)")
        .bind(plain(found))
        .bind(plain(wanted))
        .fetch_one(connection)
        .await?;
    Ok(same == Some(true) && modifier(found) == modifier(wanted))
}

fn create_table(dataset: &Dataset) -> String {
    let contract = &dataset.contract;
    let columns = contract.columns.iter().enumerate().map(|(i, column)| {
        format!(
            "{} {}{}",
            quoted(&column.name),
            column.column_type.store_type(),
            collation(contract, i)
        )
    });
    let ours = ROW_COLUMNS
        .iter()
        .map(|(name, definition)| format!("{} {definition}", quoted(name)));
    let lines: Vec<String> = columns
        .chain(ours)
        .chain([format!("primary key ({})", identity(contract).join(", "))])
        .map(|line| format!("  {line}"))
        .collect();
    format!(
        "create table flow.{} (\n{})",
        quoted(&dataset.table),
        lines.join(",\n")
    )
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
