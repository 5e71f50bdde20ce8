//! Takes the prints of all datasets: one question, one answer, one snapshot of the catalogue.

use bangioc_schemas::contract::Contract;
use serde::de::DeserializeOwned;
use serde_json::json;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, Row as _};

use super::{ContractPrint, Oid, Print, PublicationPrint, TablePrint};
use crate::error::CaptureError;

const LOOK: &str = include_str!("look.sql");
/// PostgreSQL 15 and later: a publication may hold whole schemas.
const BY_SCHEMA: &str = "union all \
    select jsonb_build_object('oid', s.oid::int8, 'written', s.xmin::text::int8, 'by_schema', true, 'filtered', false, 'columns', null) \
    from pg_publication_namespace s where s.pnpubid = p.oid and s.pnnspid = f.schema";

/// One dataset as it was seen.
pub(crate) struct DatasetPrint {
    pub(crate) print: Print,
    /// By PostgreSQL's last count (`reltuples`, parts included); 0 when it has never counted.
    pub(crate) estimated_rows: u64,
}

/// In the order of `tables`: each with the oid that it was known by, 0 where that is not known. Reads catalogues only, and takes no lock of a table.
pub(crate) async fn look(
    connection: &mut PgConnection,
    publication: &str,
    tables: &[(&Contract, Oid)],
) -> Result<Vec<DatasetPrint>, CaptureError> {
    let asked: Vec<ContractPrint> =
        tables.iter().map(|(contract, _)| ContractPrint::of(contract)).collect();
    let wanted: Vec<_> = tables
        .iter()
        .zip(&asked)
        .map(|((contract, known), asked)| {
            json!({
                "schema": contract.source.schema,
                "table": contract.source.table,
                "known": known,
                "columns": asked.columns.keys().collect::<Vec<_>>(),
                "key": asked.key,
            })
        })
        .collect();
    let version = connection.server_version_num().unwrap_or_default();
    let schemas = if version >= 150_000 { BY_SCHEMA } else { "" };
    let rows = sqlx::query(AssertSqlSafe(LOOK.replace("--SCHEMAS", schemas)))
        .bind(serde_json::Value::from(wanted).to_string())
        .bind(publication)
        .fetch_all(connection)
        .await
        .map_err(|e| CaptureError::question("looking at the source's catalogue", &e))?;
    if rows.len() != asked.len() {
        return Err(UNREADABLE);
    }
    rows.iter().zip(asked).map(|(row, asked)| seen(row, asked)).collect()
}

fn seen(row: &PgRow, asked: ContractPrint) -> Result<DatasetPrint, CaptureError> {
    let estimated: Option<f64> = row.try_get("rows").map_err(|_| UNREADABLE)?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate, never below zero"
    )]
    let estimated_rows = estimated.unwrap_or_default() as u64;
    let publication: Option<PublicationPrint> = parsed(row, "publication")?;
    let table: Option<TablePrint> = parsed(row, "found")?;
    let elsewhere: Option<String> = row.try_get("elsewhere").map_err(|_| UNREADABLE)?;
    Ok(DatasetPrint { print: Print { asked, publication, table, elsewhere }, estimated_rows })
}

fn parsed<T: DeserializeOwned>(row: &PgRow, column: &str) -> Result<Option<T>, CaptureError> {
    let text: Option<String> = row.try_get(column).map_err(|_| UNREADABLE)?;
    text.map(|text| serde_json::from_str(&text).map_err(|_| UNREADABLE)).transpose()
}

const UNREADABLE: CaptureError =
    CaptureError::Internal { what: "the source's catalogue gave an unreadable print" };
