//! Requests to a capture to send a row again. They are written in the transaction that makes them
//! needed and sent to the side's own signal topic of the source afterwards: at least once, which a copy bears.

use bangioc_change::progress::Signal;
use bangioc_feed::journal::Journal;
use bangioc_schemas::asker::Asker;
use bangioc_schemas::names::{self, Side};
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::error::SinkError;

/// As many as go out in one round.
const ROUND: i64 = 500;

/// `key`: texts of the key columns, in the contract's key order.
pub(crate) async fn ask(
    connection: &mut PgConnection,
    dataset: &str,
    key: &[String],
) -> Result<(), SinkError> {
    sqlx::query(
        "insert into flow.copy_request (dataset, key) values ($1, $2) on conflict do nothing",
    )
    .bind(dataset)
    .bind(key)
    .execute(connection)
    .await?;
    Ok(())
}

/// Sends what waits; returns how many.
pub(crate) async fn send(
    connection: &mut PgConnection,
    journal: &Journal,
    prefix: &str,
    datasets: &[Dataset],
) -> Result<usize, SinkError> {
    let ids: Vec<&str> = datasets.iter().map(Dataset::id).collect();
    let waiting: Vec<(i64, String, Vec<String>)> = sqlx::query_as(
        "select id, dataset, key from flow.copy_request where sent_at is null and dataset = any($1) \
         order by id limit $2",
    )
    .bind(ids)
    .bind(ROUND)
    .fetch_all(&mut *connection)
    .await?;
    for (id, id_of_dataset, key) in &waiting {
        let Some(dataset) = datasets.iter().find(|dataset| dataset.id() == id_of_dataset) else {
            continue;
        };
        let side = dataset.contract.side;
        let asker = match side {
            Side::Shared => Asker::SharedStore,
            Side::Open => Asker::OpenData,
        };
        let topic = names::signal_topic(prefix, &dataset.contract.source.source, &asker);
        let signal = Signal::CopyKey { dataset: id_of_dataset.clone(), side, key: key.clone() };
        let value = serde_json::to_vec(&signal).unwrap_or_default();
        journal.append(&topic, 0, Some(id_of_dataset.as_bytes()), Some(&value)).await?;
        sqlx::query("update flow.copy_request set sent_at = now() where id = $1")
            .bind(id)
            .execute(&mut *connection)
            .await?;
    }
    Ok(waiting.len())
}
