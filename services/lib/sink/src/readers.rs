//! What readers of a store see: a view per dataset, and a role per class of columns.

use std::collections::HashSet;
use std::fmt::Write as _;

use bangioc_postgres_text::quoting::quoted;
use bangioc_schemas::contract::Class;
use bangioc_schemas::names::{self, Side};
use sqlx::{Executor as _, PgConnection};

use crate::dataset::{Dataset, sql};
use crate::error::SinkError;

/// Is the view not there, or without a column of the contract?
pub(crate) async fn lacks(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<bool, SinkError> {
    let known = shown(connection, dataset).await?;
    Ok(!added(dataset, &known).is_empty())
}

/// Columns of the view, in its order.
async fn shown(connection: &mut PgConnection, dataset: &Dataset) -> Result<Vec<String>, SinkError> {
    Ok(sqlx::query_scalar(
        "select attname::text from pg_attribute where attrelid = to_regclass($1) and attnum > 0 order by attnum",
    )
    .bind(dataset.view())
    .fetch_all(connection)
    .await?)
}

fn added(dataset: &Dataset, shown: &[String]) -> Vec<String> {
    let known: HashSet<&str> = shown.iter().map(String::as_str).collect();
    let columns = dataset.contract.columns.iter();
    columns
        .map(|column| column.name.clone())
        .filter(|column| !known.contains(column.as_str()))
        .collect()
}

/// A view's columns keep their order for ever, so new ones go last, whatever the contract's order.
pub(crate) async fn view(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<(), SinkError> {
    let name = dataset.view();
    let mut columns = shown(connection, dataset).await?;
    let new = added(dataset, &columns);
    if new.is_empty() {
        return Ok(());
    }
    columns.extend(new);
    let list: Vec<String> = columns.iter().map(|column| quoted(column)).collect();
    let statement = format!(
        "create or replace view {name} as select {} from flow.{} where not \"_deleted\"",
        list.join(", "),
        quoted(&dataset.table),
    );
    connection.execute(sqlx::raw_sql(sql(statement))).await?;
    Ok(())
}

/// A reader's role for each class, or none where this user may not make roles.
pub(crate) async fn roles(
    connection: &mut PgConnection,
    side: Side,
) -> Result<Vec<Class>, SinkError> {
    let may_create: bool = sqlx::query_scalar(
        "select rolcreaterole or rolsuper from pg_roles where rolname = current_user",
    )
    .fetch_one(&mut *connection)
    .await?;
    let mut ready = Vec::new();
    for &class in classes(side) {
        let role = role(class);
        let exists: bool =
            sqlx::query_scalar("select exists (select from pg_roles where rolname = $1)")
                .bind(role)
                .fetch_one(&mut *connection)
                .await?;
        if exists {
            ready.push(class);
        } else if may_create {
            connection
                // Roles belong to the server: another of its stores may make them at the same moment.
                .execute(sqlx::raw_sql(sql(format!(
                    "do $$ begin create role {role} nologin; \
                     exception when duplicate_object or unique_violation then null; end $$"
                ))))
                .await?;
            ready.push(class);
        } else {
            tracing::warn!(
                role,
                "the role does not exist and this user may not create it: nothing is granted to it"
            );
        }
    }
    for class in &ready {
        let role = role(*class);
        connection
            .execute(sqlx::raw_sql(sql(format!(
                "grant usage on schema {} to {role}",
                names::view_schema(side)
            ))))
            .await?;
    }
    Ok(ready)
}

/// On the open side everything is open, and nobody else reads there.
fn classes(side: Side) -> &'static [Class] {
    match side {
        Side::Shared => &[Class::Open, Class::Internal, Class::Personal, Class::Sensitive],
        Side::Open => &[Class::Open],
    }
}

fn role(class: Class) -> &'static str {
    match class {
        Class::Open => "bangioc_reader_open",
        Class::Internal => "bangioc_reader_internal",
        Class::Personal => "bangioc_reader_personal",
        Class::Sensitive => "bangioc_reader_sensitive",
    }
}

/// Cumulative: who may read personal columns may read internal and open ones. A column that moved to a
/// stricter class is taken back from the roles below it.
pub(crate) async fn grants(
    connection: &mut PgConnection,
    dataset: &Dataset,
    readers: &[Class],
) -> Result<(), SinkError> {
    let view = dataset.view();
    for &reader in readers {
        let role = role(reader);
        let allowed: Vec<String> = dataset
            .contract
            .columns
            .iter()
            .filter(|column| column.class <= reader)
            .map(|column| quoted(&column.name))
            .collect();
        let mut statement = format!("revoke all on {view} from {role};");
        if !allowed.is_empty() {
            let _ = write!(statement, "grant select ({}) on {view} to {role};", allowed.join(", "));
        }
        connection.execute(sqlx::raw_sql(sql(statement))).await?;
    }
    Ok(())
}
