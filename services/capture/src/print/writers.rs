//! Who has written to a dataset's table and has not ended. A transaction holds its lock of the table until
//! then, a prepared one too.

use std::collections::BTreeMap;

use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::Print;
use crate::error::CaptureError;

/// Transactions, as `pg_locks` names them, and the process of each; 0 for one that is prepared.
pub(crate) type Writers = BTreeMap<String, i32>;

pub(crate) async fn writers(
    connection: &mut PgConnection,
    print: &Print,
) -> Result<Writers, CaptureError> {
    let Some(table) = &print.table else {
        return Ok(Writers::new());
    };
    let tables: Vec<i64> =
        std::iter::once(&table.oid).chain(table.parts.keys()).map(|oid| i64::from(*oid)).collect();
    let rows = sqlx::query(
        "select distinct virtualtransaction, coalesce(pid, 0) from pg_locks \
         where locktype = 'relation' and granted and database = (select oid from pg_database where datname = current_database()) \
         and relation::int8 = any($1) and mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')",
    )
    .bind(tables)
    .fetch_all(connection)
    .await;
    rows.and_then(|rows| rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect())
        .map_err(|e| CaptureError::question("asking who writes to a table", &e))
}
