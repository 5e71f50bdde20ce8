//! Whether the store's table of a dataset fits the contract, and what makes it so. Only ever adds: a column that left
//! a contract stays in the table, and in its view. What somebody took away or changed by hand is not made again
//! behind their back, since its values would be gone without a word: the dataset waits until it fits.

use std::collections::{HashMap, HashSet};

use bangioc_postgres_text::quoting::quoted;
use bangioc_schemas::names::Side;
use sha2::{Digest as _, Sha256};
use sqlx::{Connection as _, Executor as _, PgConnection};

use crate::dataset::{Dataset, ROW_COLUMNS, collation, identity, sql};
use crate::error::SinkError;
use crate::{gate, merge, readers};

/// Makes it fit where it lacks what its contract gained. Costs two queries where nothing lacks. The error says what
/// is in the way.
pub(crate) async fn fit(
    connection: &mut PgConnection,
    side: Side,
    dataset: &Dataset,
) -> Result<(), SinkError> {
    if lacks(connection, dataset).await?.is_empty() && !readers::lacks(connection, dataset).await? {
        return Ok(());
    }
    let mut transaction = connection.begin().await?;
    gate::enter(&mut transaction).await?;
    let roles = readers::roles(&mut transaction, side).await?;
    make(&mut transaction, dataset).await?;
    readers::view(&mut transaction, dataset).await?;
    readers::grants(&mut transaction, dataset, &roles).await?;
    transaction.commit().await?;
    Ok(())
}

/// The next step of a dataset: the table at first, then every column that its contract gained.
pub(crate) async fn make(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<(), SinkError> {
    let statement = match lacks(connection, dataset).await? {
        Lacks::Nothing => return Ok(()),
        Lacks::Table => create_table(dataset),
        Lacks::Columns(columns) => {
            let added: Vec<String> = columns
                .into_iter()
                .map(|column| {
                    let column = &dataset.contract.columns[column];
                    let wanted = column.column_type.store_type();
                    format!("add column {} {wanted}", quoted(&column.name))
                })
                .collect();
            format!("alter table flow.{} {}", quoted(&dataset.table), added.join(", "))
        }
    };
    let n: i32 =
        sqlx::query_scalar("select coalesce(max(n), 0) + 1 from flow.migration where dataset = $1")
            .bind(dataset.id())
            .fetch_one(&mut *connection)
            .await?;
    apply(connection, dataset.id(), n, &statement).await?;
    let columns = dataset.contract.columns.iter();
    let names: Vec<&str> = columns
        .map(|column| column.name.as_str())
        .chain(ROW_COLUMNS.iter().map(|(name, _)| *name))
        .collect();
    sqlx::query(
        "insert into flow.made_column select $1, unnest($2::text[]) on conflict do nothing",
    )
    .bind(dataset.id())
    .bind(names)
    .execute(connection)
    .await?;
    Ok(())
}

/// Runs a step that is not in the books yet, and enters it.
pub(crate) async fn apply(
    connection: &mut PgConnection,
    of: &str,
    n: i32,
    step: &str,
) -> Result<(), SinkError> {
    connection.execute(sqlx::raw_sql(sql(step.to_owned()))).await?;
    sqlx::query("insert into flow.migration (dataset, n, sql_sha256) values ($1, $2, $3)")
        .bind(of)
        .bind(n)
        .bind(Sha256::digest(step).to_vec())
        .execute(connection)
        .await?;
    Ok(())
}

/// What a table lacks that may simply be added.
enum Lacks {
    Nothing,
    Table,
    /// Indices into the contract's columns.
    Columns(Vec<usize>),
}

impl Lacks {
    fn is_empty(&self) -> bool {
        matches!(self, Lacks::Nothing)
    }
}

/// Name, type in the store, type that the contract wants, are they the same.
type ColumnRow = (String, Option<String>, String, bool);

/// Asks PostgreSQL to compare with the staging table, which is made from the contract alone.
async fn lacks(connection: &mut PgConnection, dataset: &Dataset) -> Result<Lacks, SinkError> {
    let mut look = connection.begin().await?;
    merge::make_stage(&mut look, dataset).await?;
    let rows: Vec<ColumnRow> = sqlx::query_as(
        "select s.attname::text, format_type(t.atttypid, t.atttypmod), format_type(s.atttypid, s.atttypmod), \
         coalesce((s.atttypid, s.atttypmod) = (t.atttypid, t.atttypmod), false) \
         from pg_attribute s left join pg_attribute t on t.attrelid = to_regclass($1) and t.attname = s.attname \
         and not t.attisdropped where s.attrelid = to_regclass($2) and s.attnum > 0 \
         and s.attname not in ('_since', '_n') order by s.attnum",
    )
    .bind(format!("flow.{}", quoted(&dataset.table)))
    .bind(&dataset.sql.stage)
    .fetch_all(&mut *look)
    .await?;
    // Without a trace: most datasets never need it again.
    look.rollback().await?;
    let table = &dataset.table;
    let made: HashSet<String> =
        sqlx::query_scalar("select name from flow.made_column where dataset = $1")
            .bind(dataset.id())
            .fetch_all(connection)
            .await?
            .into_iter()
            .collect();
    if rows.iter().all(|(_, found, ..)| found.is_none()) {
        return if made.is_empty() {
            Ok(Lacks::Table)
        } else {
            Err(SinkError::TableMissing { table: table.clone() })
        };
    }
    let indices: HashMap<&str, usize> = dataset
        .contract
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| (column.name.as_str(), index))
        .collect();
    let mut missing = Vec::new();
    for (column, found, wanted, is_same) in rows {
        match (found, indices.get(column.as_str())) {
            (Some(_), _) if is_same => {}
            (Some(found), _) => {
                return Err(SinkError::ColumnDiffers {
                    table: table.clone(),
                    column,
                    found,
                    wanted,
                });
            }
            (None, Some(&index)) if !made.contains(&column) => missing.push(index),
            (None, _) => {
                return Err(SinkError::ColumnMissing { table: table.clone(), column });
            }
        }
    }
    Ok(if missing.is_empty() { Lacks::Nothing } else { Lacks::Columns(missing) })
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
    let ours =
        ROW_COLUMNS.iter().map(|(name, definition)| format!("{} {definition}", quoted(name)));
    let lines: Vec<String> = columns
        .chain(ours)
        .chain([format!("primary key ({})", identity(contract).join(", "))])
        .map(|line| format!("  {line}"))
        .collect();
    format!("create table flow.{} (\n{})", quoted(&dataset.table), lines.join(",\n"))
}
