//! How many rows a table has, as PostgreSQL itself believes. A live table is never counted, nor even opened:
//! somebody may have locked it.

use bangioc_schemas::contract::Contract;
use sqlx::postgres::PgConnection;

use crate::error::CaptureError;

/// A partitioned table's is that of its leaves; −1 when there is no such table.
pub(crate) async fn estimated_rows(
    connection: &mut PgConnection,
    contract: &Contract,
) -> Result<i64, CaptureError> {
    // What the statistics count as live, since `reltuples` is only as new as the last VACUUM or ANALYZE; they
    // are lost in a crash, and then that has to do.
    sqlx::query_scalar(
        "with recursive part as ( \
             select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2 \
             union all select i.inhrelid from part join pg_inherits i on i.inhparent = part.oid) \
         select coalesce(sum(greatest(nullif(pg_stat_get_live_tuples(c.oid), 0), c.reltuples, 0)), -1)::int8 \
         from part join pg_class c on c.oid = part.oid where c.relkind <> 'p'",
    )
    .bind(&contract.source.schema)
    .bind(&contract.source.table)
    .fetch_one(connection)
    .await
    .map_err(|e| CaptureError::question("estimating a table's rows", &e))
}
