//! Is the source fit for capture? Everything at once: what each finding leads to, and the SQL that ends it.
//! Reads only. `bangioc source check` shows it to the owner of the database; a capture that runs looks once
//! an hour.
//!
//! [`check`] says what a finding is, [`script`] puts the SQL of all of them in an order in which it runs.
//! What is looked at: `server` and its open transactions, `login` (our role), `publication`, `slot`,
//! `table` with its `identity`; and by `source check` alone, since it takes trying, `bounds`. [`watch`] is the
//! hourly look.

pub(crate) mod bounds;
pub mod check;
mod identity;
mod identity_sql;
pub(crate) mod login;
mod member;
pub(crate) mod pooler;
mod publication;
pub mod script;
mod server;
mod slot;
mod table;
mod table_facts;
mod transactions;
pub mod watch;

use std::collections::BTreeMap;

use bangioc_postgres_text::quoting::{qualified, quoted};
use bangioc_runtime::failure::{Class, Failure as _};
use bangioc_schemas::contract::{Contract, Label};
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Postgres, Row as _, Type};

pub use self::check::{Check, CheckOutcome, CheckSubject};
use self::login::Login;
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::tables::table::KeyOrdering;

/// A question of ours never waits longer for a lock, nor works longer, in milliseconds: none of them needs
/// more than the catalogue.
const BOUNDS: &str = "select set_config('lock_timeout', '2000', false), set_config('statement_timeout', '15000', false), \
     set_config('search_path', 'pg_catalog', false)";

/// What was found, with the types of each contract's key columns for those that are there.
pub(crate) struct Findings {
    pub(crate) checks: Vec<Check>,
    /// Per contract, in order; none: its table can't be read as the contract says.
    pub(crate) key_types: Vec<Option<Vec<KeyOrdering>>>,
    pub(crate) server_version: u32,
}

/// Looks at everything that capture needs of the source, whoever `connection` is logged in as: rights are
/// asked for of `source.user`. What can't be looked at is a finding, too; only a connection that breaks, or a
/// server that has no time, is a failure.
pub(crate) async fn look(
    connection: &mut PgConnection,
    source: &SourceSettings,
    contracts: &[&Contract],
    allow_unlimited_wal: bool,
) -> Result<Findings, CaptureError> {
    let mut look = Inspection {
        connection,
        source,
        contracts,
        checks: Vec::new(),
        server_version: 0,
        login: Login::default(),
    };
    bounded(look.connection).await?;
    look.pooler().await?;
    let server = look.server(allow_unlimited_wal).await;
    look.seen(CheckSubject::Server, server)?;
    let login = look.login().await;
    look.login = look.seen(CheckSubject::Role, login)?.unwrap_or_default();
    let slot = look.slot().await;
    let slot_is_there = look.seen(CheckSubject::Slot, slot)?.unwrap_or(false);
    let transactions = look.transactions(slot_is_there).await;
    look.seen(CheckSubject::Server, transactions)?;
    let key_types = look.tables().await?;
    Ok(Findings { checks: look.checks, key_types, server_version: look.server_version })
}

/// No question of `connection` waits or works for long from now on.
pub(crate) async fn bounded(connection: &mut PgConnection) -> Result<(), CaptureError> {
    sqlx::query(BOUNDS).execute(connection).await.map(drop).map_err(|e| fails(&e))
}

/// One look at a source, as far as it has come.
struct Inspection<'a> {
    connection: &'a mut PgConnection,
    source: &'a SourceSettings,
    contracts: &'a [&'a Contract],
    checks: Vec<Check>,
    server_version: u32,
    login: Login,
}

impl Inspection<'_> {
    fn add(&mut self, check: Check) {
        self.checks.push(check);
    }

    /// Our role, as SQL names it.
    fn user(&self) -> String {
        quoted(&self.source.user)
    }

    async fn row(&mut self, sql: &'static str) -> Result<Cells, CaptureError> {
        sqlx::query(sql).fetch_one(&mut *self.connection).await.map(Cells).map_err(|e| fails(&e))
    }

    /// `sql` comes from us; names are bound: `$1`, `$2`, …
    async fn rows(&mut self, sql: String, names: &[&str]) -> Result<Vec<Cells>, CaptureError> {
        let query = names
            .iter()
            .fold(sqlx::query(AssertSqlSafe(sql)), |query, name| query.bind((*name).to_owned()));
        query
            .fetch_all(&mut *self.connection)
            .await
            .map(|rows| rows.into_iter().map(Cells).collect())
            .map_err(|e| fails(&e))
    }

    /// What a part of the look has brought; a refused question is a finding about that part.
    fn seen<T>(
        &mut self,
        about: CheckSubject,
        part: Result<T, CaptureError>,
    ) -> Result<Option<T>, CaptureError> {
        match part {
            Ok(part) => Ok(Some(part)),
            Err(CaptureError::Question { sqlstate, .. }) if concerns_the_question(&sqlstate) => {
                self.add(unseen(about, &sqlstate));
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }
}

/// And not the connection or the whole server: then there is nothing to find out now. 57014 and 55P03: our own
/// bounds ended it.
fn concerns_the_question(sqlstate: &str) -> bool {
    let failure = CaptureError::Question { doing: "", sqlstate: sqlstate.to_owned(), answer: None };
    matches!(sqlstate, "57014" | "55P03")
        || (failure.class() != Class::Retry && sqlstate != "client")
}

/// Nobody knows what is wrong with it, perhaps nothing.
fn unseen(about: CheckSubject, sqlstate: &str) -> Check {
    Check::new(about, label("xem được", "it can be looked at"))
        .warning(label(
            format!("không xem được (SQLSTATE {sqlstate}), nên chưa biết có vấn đề gì hay không"),
            format!("it could not be looked at (SQLSTATE {sqlstate}), so what is wrong there stays unknown"),
        ))
        .coded("BG0268")
}

/// One row of an answer.
struct Cells(PgRow);

impl Cells {
    fn get<'r, T>(&'r self, column: usize) -> Result<T, CaptureError>
    where
        T: Decode<'r, Postgres> + Type<Postgres>,
        usize: ColumnIndex<PgRow>,
    {
        self.0.try_get(column).map_err(|e| fails(&e))
    }
}

fn fails(e: &sqlx::Error) -> CaptureError {
    CaptureError::question("checking the source", e)
}

/// The same in Vietnamese and in English.
fn label(vi: impl Into<String>, en: impl Into<String>) -> Label {
    Label { vi: vi.into(), en: en.into() }
}

fn table_name(contract: &Contract) -> String {
    qualified(&contract.source.schema, &contract.source.table)
}

/// The start-up checklist: all of it, or what is `shown` already only where something is wrong.
pub(crate) fn log(checks: &[Check], shown: bool) {
    checks
        .iter()
        .filter(|check| if shown { check.is_problem() } else { !check.is_fine() })
        .for_each(Check::log);
    if shown {
        return;
    }
    // What is right in one line for each thing that was looked at, where nothing else is to be said of it.
    let mut fine: BTreeMap<&CheckSubject, usize> = BTreeMap::new();
    for check in checks {
        *fine.entry(&check.about).or_default() += 1;
    }
    for (about, count) in fine {
        if checks.iter().all(|check| check.is_fine() || check.about != *about) {
            tracing::info!("✔ {}: all {count} checks", about.name().en);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_question_is_a_finding_and_a_broken_connection_is_not() {
        for sqlstate in ["42501", "42P01", "55P03", "57014", "3F000"] {
            assert!(concerns_the_question(sqlstate), "{sqlstate}");
        }
        for sqlstate in ["57P01", "53300", "08006", "io", "client"] {
            assert!(!concerns_the_question(sqlstate), "{sqlstate}");
        }
    }
}
