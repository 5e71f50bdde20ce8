//! Rights of people who deal with dead letters: to see what waits and why, and to call the functions that
//! write down who they are (`sql/0005_operators.sql`).

use sqlx::{Executor as _, PgConnection};

use crate::dataset::sql;
use crate::error::SinkError;

/// Whoever is a member logs in as themselves. Made by `ops/sql/store-access.sql`.
const ROLE: &str = "bangioc_operator";

/// What shows no value. Payloads of parked records are sealed.
const SEEN: &str = "flow.parked_key, flow.parked_record, flow.lease, flow.ledger, flow.freshness, \
    flow.store, flow.sealed_keys, flow.migration, flow.schema_seen, flow.quarantined, flow.progress_position";

const CALLED: [&str; 4] = [
    "flow.discard(text, int, bytea, text[])",
    "flow.row_state(text, text[], text[])",
    "flow.disclose(text, text, bytea, text, text[])",
    "flow.disclosed_row(bigint, text, text[], text[])",
];

/// At every start, since the role may be made after the store. Without it nobody is an operator.
pub(crate) async fn grants(connection: &mut PgConnection) -> Result<(), SinkError> {
    let exists: bool = sqlx::query_scalar("select to_regrole($1) is not null")
        .bind(ROLE)
        .fetch_one(&mut *connection)
        .await?;
    if !exists {
        tracing::warn!(
            role = ROLE,
            "the role does not exist: nobody can discard, or see values by `trace --values`"
        );
        return Ok(());
    }
    let statement = format!(
        "grant usage on schema flow to {ROLE}; grant select on {SEEN} to {ROLE}; \
         grant execute on function {} to {ROLE}",
        CALLED.join(", ")
    );
    connection.execute(sqlx::raw_sql(sql(statement))).await?;
    Ok(())
}
