//! Transactions that run while a stream begins. One that waits for a synchronous standby has its commit in the log,
//! perhaps before the stream's beginning, and nobody sees its rows yet: a copy would read those of before.

use sqlx::postgres::PgConnection;

use super::seen_by::SeenBy;
use crate::error::CaptureError;

/// Low 32 bits of their ids. None where no commit waits for a standby: there the moment is too short to matter.
pub(crate) async fn running(connection: &mut PgConnection) -> Result<Vec<u32>, CaptureError> {
    let fails = |e: sqlx::Error| CaptureError::question("asking which transactions run", &e);
    let waits: bool =
        sqlx::query_scalar("select current_setting('synchronous_standby_names') <> ''")
            .fetch_one(&mut *connection)
            .await
            .map_err(fails)?;
    if !waits {
        return Ok(Vec::new());
    }
    // An id of our own that has ended: a snapshot then lists each one before it that has not.
    sqlx::query("select txid_current()").execute(&mut *connection).await.map_err(fails)?;
    let text: String = sqlx::query_scalar("select pg_current_snapshot()::text")
        .fetch_one(connection)
        .await
        .map_err(fails)?;
    let seen_by = SeenBy::parse(&text)
        .ok_or(CaptureError::Internal { what: "unreadable pg_current_snapshot()" })?;
    let running = seen_by.running();
    if !running.is_empty() {
        tracing::info!(
            transactions = running.len(),
            "commits wait for a standby here: rows are copied once the transactions that run now are met or ended"
        );
    }
    Ok(running)
}
