//! The connection that reads rows: chunks of a copy, and single rows by key.

use std::future::poll_fn;

use bangioc_runtime::postgres;
use bangioc_runtime::tls::Tls;
use bangioc_schemas::row::RowBuf;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Row as _};

use super::table::{Table, array_text};
use super::text::Rows;
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::replication::TEXT_FORM;

/// Text of one chunk; wide rows make it shorter.
const CHUNK_BYTES: usize = 8 << 20;
/// Where reading breaks off: rows turned out much wider than those before them.
const MOST_BYTES: usize = 24 << 20;

/// Which transactions a read could not see.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SeenBy {
    /// This one and every later one had not ended.
    xmax: u64,
    in_progress: Vec<u64>,
}

impl SeenBy {
    /// `pg_current_snapshot()`'s text: `xmin:xmax:xip,xip`.
    pub(crate) fn parse(text: &str) -> Option<SeenBy> {
        let mut parts = text.splitn(3, ':');
        let (_, xmax, running) = (parts.next()?, parts.next()?, parts.next()?);
        let in_progress = running
            .split(',')
            .filter(|xid| !xid.is_empty())
            .map(|xid| xid.parse().ok())
            .collect::<Option<_>>()?;
        Some(SeenBy {
            xmax: xmax.parse().ok()?,
            in_progress,
        })
    }

    /// Was the transaction with these low 32 bits (all that the stream tells) still running?
    pub(crate) fn misses(&self, xid: u32) -> bool {
        // The nearest full id to `xmax` with these low bits: live ids are within 2^31 of each other.
        #[expect(clippy::cast_possible_truncation, reason = "the low 32 bits are meant")]
        let distance = (self.xmax as u32).wrapping_sub(xid).cast_signed();
        let full = self.xmax.wrapping_add_signed(-i64::from(distance));
        full >= self.xmax || self.in_progress.contains(&full)
    }
}

pub(crate) struct Reader {
    source: SourceSettings,
    connection: Option<PgConnection>,
    /// Rows that make up [`CHUNK_BYTES`], as far as seen.
    fitting_rows: u64,
}

/// Rows read in one transaction.
pub(crate) struct Read {
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

fn options(source: &SourceSettings) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&source.host)
        .port(source.port)
        .username(&source.user)
        .password(source.password.reveal())
        .database(&source.database)
        .application_name("bangioc-capture")
        .options(TEXT_FORM)
        .log_statements(tracing::log::LevelFilter::Off);
    match &source.tls {
        Tls::Off => options.ssl_mode(PgSslMode::Disable),
        Tls::Verify { ca_file } => {
            let options = options.ssl_mode(PgSslMode::VerifyFull);
            match ca_file {
                Some(path) => options.ssl_root_cert(path),
                None => options,
            }
        }
    }
}

pub(crate) async fn connect(source: &SourceSettings) -> Result<PgConnection, CaptureError> {
    let asked = postgres::asks_for_password(
        &source.tls,
        &source.host,
        source.port,
        &source.user,
        &source.database,
    );
    if asked.await {
        return Err(CaptureError::PasswordAsked {
            address: source.address(),
        });
    }
    PgConnection::connect_with(&options(source))
        .await
        .map_err(|error| match error {
            sqlx::Error::Tls(cause) => CaptureError::TlsFailed {
                address: source.address(),
                cause: std::io::Error::other(cause),
            },
            // A certificate that is not believed comes as an IO error; trying again would not help.
            sqlx::Error::Io(cause)
                if cause
                    .get_ref()
                    .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
            {
                CaptureError::TlsFailed {
                    address: source.address(),
                    cause,
                }
            }
            sqlx::Error::Io(cause) => CaptureError::Unreachable {
                address: source.address(),
                cause,
            },
            sqlx::Error::Database(refusal)
                if refusal
                    .code()
                    .is_some_and(|code| code.starts_with("28") || code == "3D000") =>
            {
                CaptureError::Refused {
                    address: source.address(),
                    user: source.user.clone(),
                    database: source.database.clone(),
                    answer: refusal.code().unwrap_or_default().into_owned(),
                }
            }
            error => CaptureError::question("connecting", &error),
        })
}

impl Reader {
    pub(crate) fn new(source: &SourceSettings) -> Reader {
        Reader {
            source: source.clone(),
            connection: None,
            fitting_rows: u64::MAX,
        }
    }

    pub(crate) async fn connection(&mut self) -> Result<&mut PgConnection, CaptureError> {
        if self.connection.is_none() {
            self.connection = Some(connect(&self.source).await?);
        }
        self.connection.as_mut().ok_or(CaptureError::Internal {
            what: "a connection vanished",
        })
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

    pub(crate) async fn current_lsn(&mut self) -> Result<String, CaptureError> {
        let connection = self.connection().await?;
        let row = sqlx::query("select pg_current_wal_insert_lsn()::text")
            .fetch_one(connection)
            .await;
        row.and_then(|row| row.try_get(0))
            .map_err(|e| CaptureError::question("asking for the log's position", &e))
    }

    /// The next rows in key order, at most `limit`.
    pub(crate) async fn range(
        &mut self,
        table: &Table,
        columns: usize,
        after: Option<&[String]>,
        limit: u64,
    ) -> Result<Read, CaptureError> {
        if let Some(after) = after {
            self.bind(table, after.to_vec()).await?;
        }
        let limit = limit.min(self.fitting_rows).max(1);
        let seen_by = self.begin().await?;
        let (rows, broken_off) = self
            .copy_out(&table.range(after.is_some(), limit), columns)
            .await?;
        let read = rows.len() as u64;
        if read > 0 {
            let width = (rows.bytes() / rows.len()).max(1);
            self.fitting_rows = (CHUNK_BYTES / width) as u64;
        }
        self.end(broken_off).await?;
        Ok(Read {
            to_the_end: !broken_off && read < limit,
            rows,
            seen_by,
        })
    }

    /// The rows of these keys, each key once.
    pub(crate) async fn by_keys(
        &mut self,
        table: &Table,
        columns: usize,
        keys: &[Vec<String>],
    ) -> Result<KeyRead, CaptureError> {
        let count = table.key_columns();
        let arrays = (0..count)
            .map(|n| array_text(keys.iter().filter_map(|key| key.get(n)).map(String::as_str)))
            .collect();
        self.bind(table, arrays).await?;
        let seen_by = self.begin().await?;
        let (read, broken_off) = self.copy_out(&table.by_keys(), count + 1 + columns).await?;
        self.end(broken_off).await?;
        Ok(split_found(&read, count, columns, seen_by))
    }

    async fn bind(&mut self, table: &Table, texts: Vec<String>) -> Result<(), CaptureError> {
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

    async fn begin(&mut self) -> Result<SeenBy, CaptureError> {
        let fails = |e: &sqlx::Error| CaptureError::question("starting to read", e);
        let connection = self.connection().await?;
        sqlx::query("begin isolation level repeatable read read only")
            .execute(&mut *connection)
            .await
            .map_err(|e| fails(&e))?;
        let row = sqlx::query("select pg_current_snapshot()::text")
            .fetch_one(&mut *connection)
            .await;
        let text: String = row.and_then(|row| row.try_get(0)).map_err(|e| fails(&e))?;
        SeenBy::parse(&text).ok_or(CaptureError::Internal {
            what: "unreadable pg_current_snapshot()",
        })
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
        let connection = self.connection().await?;
        let outcome = copy_out(connection, statement, columns).await;
        if outcome.is_err() {
            // It may still stand in a failed transaction.
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
    let mut stream = connection
        .copy_out_raw(statement)
        .await
        .map_err(|e| fails(&e))?;
    while let Some(lines) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
        rows.push_lines(&lines.map_err(|e| fails(&e))?)
            .map_err(|_| CaptureError::Internal {
                what: "unreadable COPY text",
            })?;
        if rows.bytes() > MOST_BYTES {
            return Ok((rows, true));
        }
    }
    Ok((rows, false))
}

/// Takes the answer of [`Table::by_keys`] apart: key columns, whether found, the row.
fn split_found(read: &Rows, key_columns: usize, columns: usize, seen_by: SeenBy) -> KeyRead {
    let mut rows = Rows::new(columns + key_columns);
    let mut found = Vec::with_capacity(read.len());
    for index in 0..read.len() {
        let row = read.row(index);
        found.push(row.cell(key_columns).text() == Some("t"));
        rows.push_cells(
            (key_columns + 1..row.len())
                .chain(0..key_columns)
                .map(|column| row.cell(column)),
        );
    }
    KeyRead {
        rows,
        found,
        seen_by,
    }
}

/// The key columns of a row, as they are bound.
pub(crate) fn key_texts(key: &[usize], row: bangioc_schemas::row::Row<'_>) -> Option<Vec<String>> {
    key.iter()
        .map(|column| row.cell(*column).text().map(str::to_owned))
        .collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_misses_what_runs_and_what_comes() {
        let seen_by = SeenBy::parse("10:20:10,14").unwrap();
        let missed: Vec<u32> = (8..23).filter(|xid| seen_by.misses(*xid)).collect();
        assert_eq!(missed, [10, 14, 20, 21, 22]);
        assert_eq!(
            SeenBy::parse("10:10:"),
            Some(SeenBy {
                xmax: 10,
                in_progress: vec![]
            })
        );
        assert_eq!(SeenBy::parse("10:x:"), None);
    }

    #[test]
    fn a_snapshot_knows_ids_beyond_32_bits() {
        let epoch: u64 = 3 << 32;
        let seen_by = SeenBy::parse(&format!("{}:{}:{}", epoch - 5, epoch + 2, epoch - 5)).unwrap();
        assert!(seen_by.misses(u32::MAX - 4));
        assert!(!seen_by.misses(u32::MAX - 3));
        assert!(!seen_by.misses(1));
        assert!(seen_by.misses(2));
    }
}
