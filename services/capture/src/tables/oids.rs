//! Which tables have the contracts' names now, as the source's catalogue numbers them. Locks nothing.

use bangioc_schemas::contract::Contract;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use crate::error::CaptureError;

/// In the order of `contracts`; none for a table that is not there.
pub(crate) async fn oids(
    connection: &mut PgConnection,
    contracts: &[&Contract],
) -> Result<Vec<Option<u32>>, CaptureError> {
    let fails = |e: sqlx::Error| CaptureError::question("looking for the tables", &e);
    let names = |name: fn(&Contract) -> &String| -> Vec<String> {
        contracts.iter().map(|contract| name(contract).clone()).collect()
    };
    let rows = sqlx::query(
        "select c.oid::int8 from unnest($1::text[], $2::text[]) with ordinality as w(schema, name, place) \
         left join pg_namespace n on n.nspname = w.schema left join pg_class c on c.relnamespace = n.oid and c.relname = w.name order by w.place",
    )
    .bind(names(|contract| &contract.source.schema))
    .bind(names(|contract| &contract.source.table))
    .fetch_all(connection)
    .await
    .map_err(fails)?;
    rows.iter()
        .map(|row| {
            let oid: Option<i64> = row.try_get(0).map_err(fails)?;
            Ok(oid.and_then(|oid| u32::try_from(oid).ok()))
        })
        .collect()
}
