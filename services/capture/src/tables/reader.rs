//! The connection that reads rows: chunks of a copy, and single rows by key.

use std::future::poll_fn;

use bangioc_change::version::Lsn;
use bangioc_postgres_text::{array, counting};
use bangioc_schemas::contract::Contract;
use bangioc_schemas::identity;
use bangioc_schemas::row::{Row, RowBuf};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::connect::connect;
use super::seen_by::SeenBy;
use super::table::TableStatements;
use super::text::Rows;
use crate::config::SourceSettings;
use crate::error::CaptureError;

/// Text of one chunk; wide rows make it shorter.
const CHUNK_BYTES: usize = 8 << 20;
/// Where reading breaks off: rows turned out much wider than those before them.
const MOST_BYTES: usize = 24 << 20;

pub(crate) struct SqlReader {
    source: SourceSettings,
    connection: Option<PgConnection>,
    /// Rows that make up [`CHUNK_BYTES`], as far as seen.
    fitting_rows: u64,
}

/// Rows read in one transaction.
pub(crate) struct RowsRead {
    pub(crate) rows: Rows,
    pub(crate) seen_by: SeenBy,
    /// There is nothing behind the last row.
    pub(crate) to_the_end: bool,
}

/// A key's texts as PostgreSQL writes them, with its row when there is one.
pub(crate) struct KeyRead {
    pub(crate) rows: Rows,
    /// Per row of `rows`: does it exist? If not, only its key columns count.
    pub(crate) found: Vec<bool>,
    pub(crate) seen_by: SeenBy,
}

impl SqlReader {
    pub(crate) fn new(source: &SourceSettings) -> SqlReader {
        SqlReader { source: source.clone(), connection: None, fitting_rows: u64::MAX }
    }

    pub(crate) async fn connection(&mut self) -> Result<&mut PgConnection, CaptureError> {
        if self.connection.is_none() {
            self.connection = Some(connect(&self.source).await?);
        }
        self.connection.as_mut().ok_or(CaptureError::Internal { what: "a connection vanished" })
    }

    /// Writes a mark into the source's log. Transactional: a mark outside a transaction was seen unsent
    /// until the log writer's next round.
    pub(crate) async fn mark(
        &mut self,
        prefix: &'static str,
        content: &str,
    ) -> Result<(), CaptureError> {
        let connection = self.connection().await?;
        sqlx::query("select pg_logical_emit_message(true, $1, $2)")
            .bind(prefix)
            .bind(content)
            .execute(connection)
            .await
            .map(drop)
            .map_err(|e| CaptureError::question("writing a mark", &e))
    }

    /// Where the log ends now.
    pub(crate) async fn current_lsn(&mut self) -> Result<Lsn, CaptureError> {
        let connection = self.connection().await?;
        let lsn: String = sqlx::query_scalar("select pg_current_wal_insert_lsn()::text")
            .fetch_one(connection)
            .await
            .map_err(|e| CaptureError::question("asking for the log's position", &e))?;
        lsn.parse()
            .map_err(|_| CaptureError::Internal { what: "unreadable pg_current_wal_insert_lsn()" })
    }

    /// The next rows in key order, at most `limit`.
    pub(crate) async fn range(
        &mut self,
        table: &TableStatements,
        columns: usize,
        after: Option<&[String]>,
        limit: u64,
    ) -> Result<RowsRead, CaptureError> {
        let outcome = self.read_range(table, columns, after, limit).await;
        self.kept_if_well(outcome)
    }

    async fn read_range(
        &mut self,
        table: &TableStatements,
        columns: usize,
        after: Option<&[String]>,
        limit: u64,
    ) -> Result<RowsRead, CaptureError> {
        if let Some(after) = after {
            let one = |key: &String| array::of_texts([key.as_str()]);
            self.bind(table, after.iter().map(one).collect()).await?;
        }
        let limit = limit.min(self.fitting_rows).max(1);
        let seen_by = self.begin().await?;
        let (rows, broken_off) =
            self.copy_out(&table.range(after.is_some(), limit), columns).await?;
        let read = rows.len() as u64;
        if read > 0 {
            let width = (rows.bytes() / rows.len()).max(1);
            self.fitting_rows = (CHUNK_BYTES / width) as u64;
        }
        self.end(broken_off).await?;
        Ok(RowsRead { to_the_end: !broken_off && read < limit, rows, seen_by })
    }

    /// The rows of these keys, each key once.
    pub(crate) async fn by_keys(
        &mut self,
        table: &TableStatements,
        columns: usize,
        keys: &[Vec<String>],
    ) -> Result<KeyRead, CaptureError> {
        let outcome = self.read_by_keys(table, columns, keys).await;
        self.kept_if_well(outcome)
    }

    async fn read_by_keys(
        &mut self,
        table: &TableStatements,
        columns: usize,
        keys: &[Vec<String>],
    ) -> Result<KeyRead, CaptureError> {
        let count = table.key_columns();
        let arrays = (0..count)
            .map(|n| array::of_texts(keys.iter().filter_map(|key| key.get(n)).map(String::as_str)))
            .collect();
        self.bind(table, arrays).await?;
        let seen_by = self.begin().await?;
        self.try_keys(table).await?;
        let (read, broken_off) = self.copy_out(&table.by_keys(), count + 1 + columns).await?;
        self.end(broken_off).await?;
        Ok(split_found(&read, count, columns, seen_by))
    }

    /// Rows as the table has them and as the index of its key has them, which only a damaged index makes differ.
    pub(crate) async fn counts(
        &mut self,
        table: &TableStatements,
    ) -> Result<Option<[i64; 2]>, CaptureError> {
        let Some(questions) = table.counts() else {
            return Ok(None);
        };
        let outcome = self.ask_counts(questions).await;
        self.kept_if_well(outcome).map(Some)
    }

    async fn ask_counts(&mut self, questions: [String; 2]) -> Result<[i64; 2], CaptureError> {
        let fails = |e: &sqlx::Error| CaptureError::question("counting rows", e);
        self.begin().await?;
        let connection = self.connection().await?;
        let longer = sqlx::query(counting::TAKING_ITS_TIME).execute(&mut *connection).await;
        longer.map_err(|e| fails(&e))?;
        let mut counts = [0; 2];
        for (count, question) in counts.iter_mut().zip(questions) {
            let row = sqlx::raw_sql(AssertSqlSafe(question)).fetch_one(&mut *connection).await;
            *count = row.and_then(|row| row.try_get(0)).map_err(|e| fails(&e))?;
        }
        self.end(false).await?;
        Ok(counts)
    }

    /// Keys of the rows that pass on day `now` and did not on day `before`, days since 1970, at most `limit`.
    pub(crate) async fn come_of_age(
        &mut self,
        table: &TableStatements,
        (before, now): (i64, i64),
        limit: usize,
    ) -> Result<Vec<Vec<String>>, CaptureError> {
        let Some(question) = table.come_of_age() else {
            return Ok(Vec::new());
        };
        let outcome = self.ask_for_keys(question, (before, now), limit).await;
        self.kept_if_well(outcome)
    }

    async fn ask_for_keys(
        &mut self,
        question: String,
        (before, now): (i64, i64),
        limit: usize,
    ) -> Result<Vec<Vec<String>>, CaptureError> {
        let fails = |e: &sqlx::Error| CaptureError::question("asking for rows of a day", e);
        let connection = self.connection().await?;
        let rows = sqlx::query(AssertSqlSafe(question))
            .bind(before)
            .bind(now)
            .bind(i64::try_from(limit).unwrap_or(i64::MAX))
            .fetch_all(connection)
            .await
            .map_err(|e| fails(&e))?;
        let texts = |row: sqlx::postgres::PgRow| {
            (0..row.len()).map(|n| row.try_get(n)).collect::<Result<Vec<String>, _>>()
        };
        rows.into_iter().map(texts).collect::<Result<_, _>>().map_err(|e| fails(&e))
    }

    async fn bind(
        &mut self,
        table: &TableStatements,
        texts: Vec<String>,
    ) -> Result<(), CaptureError> {
        let mut query = sqlx::query(AssertSqlSafe(table.bind_key()));
        for text in texts {
            query = query.bind(text);
        }
        let connection = self.connection().await?;
        query
            .execute(connection)
            .await
            .map(drop)
            .map_err(|e| CaptureError::question("naming the keys to read", &e))
    }

    async fn try_keys(&mut self, table: &TableStatements) -> Result<(), CaptureError> {
        let doing = "reading the keys asked for";
        let connection = self.connection().await?;
        let tried = sqlx::raw_sql(AssertSqlSafe(table.try_keys())).execute(&mut *connection).await;
        tried.map_err(|e| CaptureError::question(doing, &e))?;
        let unread = "select current_setting('bangioc.unread')";
        let sqlstate: String = sqlx::query_scalar(unread)
            .fetch_one(connection)
            .await
            .map_err(|e| CaptureError::question(doing, &e))?;
        if sqlstate.is_empty() {
            return Ok(());
        }
        Err(CaptureError::Question { doing, sqlstate, answer: None })
    }

    async fn begin(&mut self) -> Result<SeenBy, CaptureError> {
        let fails = |e: &sqlx::Error| CaptureError::question("starting to read", e);
        let connection = self.connection().await?;
        sqlx::query("begin isolation level repeatable read read only")
            .execute(&mut *connection)
            .await
            .map_err(|e| fails(&e))?;
        let row =
            sqlx::query("select pg_current_snapshot()::text").fetch_one(&mut *connection).await;
        let text: String = row.and_then(|row| row.try_get(0)).map_err(|e| fails(&e))?;
        SeenBy::parse(&text)
            .ok_or(CaptureError::Internal { what: "unreadable pg_current_snapshot()" })
    }

    async fn end(&mut self, broken_off: bool) -> Result<(), CaptureError> {
        if broken_off {
            // The rest of the answer would have to be read to use this connection again.
            self.connection = None;
            return Ok(());
        }
        let connection = self.connection().await?;
        sqlx::query("commit")
            .execute(connection)
            .await
            .map(drop)
            .map_err(|e| CaptureError::question("ending to read", &e))
    }

    async fn copy_out(
        &mut self,
        statement: &str,
        columns: usize,
    ) -> Result<(Rows, bool), CaptureError> {
        copy_out(self.connection().await?, statement, columns).await
    }

    /// After a failure the connection may still be in a failed transaction: the next question opens another.
    fn kept_if_well<T>(&mut self, outcome: Result<T, CaptureError>) -> Result<T, CaptureError> {
        if outcome.is_err() {
            self.connection = None;
        }
        outcome
    }
}

async fn copy_out(
    connection: &mut PgConnection,
    statement: &str,
    columns: usize,
) -> Result<(Rows, bool), CaptureError> {
    let fails = |e: &sqlx::Error| CaptureError::question("reading rows", e);
    let mut rows = Rows::new(columns);
    let mut stream = connection.copy_out_raw(statement).await.map_err(|e| fails(&e))?;
    while let Some(lines) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        rows.push_lines(&lines.map_err(|e| fails(&e))?)
            .map_err(|_| CaptureError::Internal { what: "unreadable COPY text" })?;
        if rows.bytes() > MOST_BYTES {
            return Ok((rows, true));
        }
    }
    Ok((rows, false))
}

/// Takes the answer of [`TableStatements::by_keys`] apart: key columns, whether found, the row.
fn split_found(read: &Rows, key_columns: usize, columns: usize, seen_by: SeenBy) -> KeyRead {
    let mut rows = Rows::new(columns + key_columns);
    let mut found = Vec::with_capacity(read.len());
    for index in 0..read.len() {
        let row = read.row(index);
        found.push(row.cell(key_columns).text() == Some("t"));
        rows.push_cells(
            (key_columns + 1..row.len()).chain(0..key_columns).map(|column| row.cell(column)),
        );
    }
    KeyRead { rows, found, seen_by }
}

/// The key columns of a row, as they are bound and compared: one text for each key.
pub(crate) fn key_texts(contract: &Contract, row: Row<'_>) -> Option<Vec<String>> {
    let text = |column: &usize| {
        let text = row.cell(*column).text()?;
        Some(identity::of_key(&contract.columns[*column].column_type, text).into_owned())
    };
    contract.key.iter().map(text).collect()
}

impl KeyRead {
    /// Row `index` in the contract's columns; for one not found the key columns only, the rest null.
    pub(crate) fn row(&self, index: usize, key: &[usize], columns: usize) -> RowBuf {
        let row = self.rows.row(index);
        let mut buffer = RowBuf::default();
        for column in 0..columns {
            let key_place = key.iter().position(|k| *k == column);
            buffer.push(match key_place {
                Some(place) if !self.found[index] => row.cell(columns + place),
                _ => row.cell(column),
            });
        }
        buffer
    }
}
