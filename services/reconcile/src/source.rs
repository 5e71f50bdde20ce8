//! A department's database, read. Every question has time-outs of its own; what is asked, and where its log stands, is
//! all that the server hears of us.

use std::time::Duration;

use bangioc_change::version::Lsn;
use bangioc_postgres_text::{array, counting};
use bangioc_runtime::postgres;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Cell, RowBuf};
use bangioc_sink::config::encrypted;
use futures_util::TryStreamExt as _;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{
    AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _, Row as _, ValueRef as _,
};

use crate::config::SourceLogin;
use crate::error::ReconcileError;
use crate::pins::{self, LookUp};
use crate::table::{KeyType, SourceTable};

/// Nobody at a department waits for us, so a lock that is held for longer is not waited for.
const LOCK: Duration = Duration::from_secs(5);
/// Text of the rows read at once. What is beyond is asked for again.
const MOST_BYTES: usize = 8 << 20;

/// Texts of the key columns, in the contract's order.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct KeyTexts(pub(crate) Vec<String>);

/// Where the source's log stood before and after a reading: what was committed before the first was seen, what is
/// committed after the second was not.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Between {
    pub(crate) before: Lsn,
    pub(crate) after: Lsn,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Digest {
    pub(crate) rows: i64,
    pub(crate) sha256: String,
}

/// Keys read in key order, with the hash of their rows.
pub(crate) struct Chunk {
    pub(crate) keys: Vec<KeyTexts>,
    pub(crate) digest: Digest,
    pub(crate) last: Option<KeyTexts>,
    pub(crate) read: Between,
}

pub(crate) struct Source {
    name: String,
    connection: PgConnection,
    table: SourceTable,
    by: LookUp,
}

fn options(login: &SourceLogin) -> PgConnectOptions {
    let options = PgConnectOptions::new_without_pgpass()
        .host(&login.host)
        .port(login.port)
        .username(&login.user)
        .password(login.password.reveal())
        .database(&login.database)
        .application_name("bangioc-reconcile")
        .disable_statement_logging();
    encrypted(options, &login.tls)
}

impl Source {
    pub(crate) async fn connect(
        login: &SourceLogin,
        contract: &Contract,
        statement: Duration,
    ) -> Result<Source, ReconcileError> {
        let asked = postgres::asks_for_password(
            &login.tls,
            &login.host,
            login.port,
            &login.user,
            &login.database,
        );
        if asked.await {
            return Err(ReconcileError::PasswordAsked { address: login.address() });
        }
        // Where the latest row of several is the one that counts, nothing keeps the key unique.
        let by = match contract.natural_key_latest_by {
            Some(_) => LookUp::Reading,
            None => LookUp::Index,
        };
        let fails = |error: sqlx::Error| fails(&login.name, error, &login.address());
        let mut connection = PgConnection::connect_with(&options(login)).await.map_err(fails)?;
        pins::set(&mut connection, by, statement, LOCK).await.map_err(fails)?;
        let key_types = key_types(&mut connection, contract).await.map_err(fails)?;
        if key_types.len() != contract.key.len() {
            return Err(ReconcileError::NoTable { dataset: contract.dataset.to_string() });
        }
        Ok(Source {
            name: login.name.clone(),
            connection,
            table: SourceTable::new(contract, key_types),
            by,
        })
    }

    fn fails(&self, error: sqlx::Error) -> ReconcileError {
        fails(&self.name, error, "")
    }

    /// Where the log stands.
    pub(crate) async fn lsn(&mut self) -> Result<Lsn, ReconcileError> {
        let text: String = sqlx::query_scalar("select pg_current_wal_insert_lsn()::text")
            .fetch_one(&mut self.connection)
            .await
            .map_err(|error| fails(&self.name, error, ""))?;
        Ok(text.parse().unwrap_or_default())
    }

    /// A message of a few bytes, so that an idle source's log moves past where we read, and its capture says so at
    /// once. Where the login may not, the capture's own heartbeat does the same later.
    pub(crate) async fn nudge(&mut self) {
        let _ = sqlx::query("select pg_logical_emit_message(true, 'bangioc.reconcile', '')")
            .execute(&mut self.connection)
            .await;
    }

    /// The next `limit` keys after `after`.
    pub(crate) async fn next_chunk(
        &mut self,
        after: Option<&KeyTexts>,
        limit: u64,
    ) -> Result<Chunk, ReconcileError> {
        let before = self.lsn().await?;
        let statement = self.table.next_digest(after.is_some(), limit);
        let found = async {
            self.begin(after).await?;
            let row = sqlx::query(AssertSqlSafe(statement))
                .persistent(false)
                .fetch_one(&mut self.connection)
                .await?;
            self.commit().await?;
            let columns: Vec<Vec<String>> =
                (3..row.len()).map(|n| row.try_get(n)).collect::<Result<_, _>>()?;
            Ok(Chunk {
                keys: keys(columns),
                digest: Digest { rows: row.try_get(0)?, sha256: row.try_get(1)? },
                last: row.try_get::<Option<Vec<String>>, _>(2)?.map(KeyTexts),
                read: Between { before, after: before },
            })
        }
        .await;
        let mut chunk = found.map_err(|error| self.fails(error))?;
        chunk.read.after = self.lsn().await?;
        Ok(chunk)
    }

    /// The rows after `after`, at most `limit` and some MiB; and whether there may be more.
    pub(crate) async fn next_rows(
        &mut self,
        after: Option<&KeyTexts>,
        limit: u64,
    ) -> Result<(Vec<RowBuf>, Between, bool), ReconcileError> {
        let before = self.lsn().await?;
        let statement = self.table.next_rows(after.is_some(), limit);
        let columns = self.table.columns();
        let read = async {
            self.begin(after).await?;
            let rows = rows_of(&mut self.connection, statement, 0, columns).await?;
            self.commit().await?;
            Ok(rows)
        }
        .await;
        let (rows, broken_off) = read.map_err(|error| self.fails(error))?;
        let more = broken_off || rows.len() as u64 >= limit;
        let rows = rows.into_iter().map(|(_, row)| row).collect();
        let after = self.lsn().await?;
        Ok((rows, Between { before, after }, more))
    }

    pub(crate) async fn digest(&mut self, keys: &[KeyTexts]) -> Result<Digest, ReconcileError> {
        let statement = self.table.digest();
        let found = async {
            self.begin_with(keys).await?;
            let found: (i64, String) = sqlx::query_as(AssertSqlSafe(statement))
                .persistent(false)
                .fetch_one(&mut self.connection)
                .await?;
            self.commit().await?;
            Ok(found)
        }
        .await;
        let (rows, sha256) = found.map_err(|error| self.fails(error))?;
        Ok(Digest { rows, sha256 })
    }

    /// The rows of these keys, in their order; where they are wide, only of the first of them.
    pub(crate) async fn rows(
        &mut self,
        keys: &[KeyTexts],
    ) -> Result<(Vec<Option<RowBuf>>, Between), ReconcileError> {
        let before = self.lsn().await?;
        let (statement, columns) = (self.table.rows(), self.table.columns());
        let read = async {
            let unread = self.begin_with(keys).await?;
            let rows = rows_of(&mut self.connection, statement, 1, columns).await?;
            self.commit().await?;
            Ok((unread, rows))
        }
        .await;
        let (unread, (rows, _)) = read.map_err(|error| self.fails(error))?;
        let mut rows: Vec<Option<RowBuf>> =
            rows.into_iter().map(|(there, row)| there.then_some(row)).collect();
        for place in unread {
            // Behind the last that was read; none for whoever broke off before.
            if place > rows.len() {
                break;
            }
            rows.insert(place, None);
        }
        let after = self.lsn().await?;
        Ok((rows, Between { before, after }))
    }

    /// Those of the keys that have no row.
    pub(crate) async fn absent(
        &mut self,
        keys: &[KeyTexts],
    ) -> Result<Vec<KeyTexts>, ReconcileError> {
        let statement = self.table.absent();
        let found = async {
            let unread = self.begin_with(keys).await?;
            let places: Vec<i64> = sqlx::query_scalar(AssertSqlSafe(statement))
                .persistent(false)
                .fetch_all(&mut self.connection)
                .await?;
            self.commit().await?;
            Ok((unread, places))
        }
        .await;
        let (unread, places) = found.map_err(|error| self.fails(error))?;
        let (no_keys, bound) = split(keys, &unread);
        let key = |place: i64| bound.get(usize::try_from(place - 1).ok()?).copied();
        let absent = no_keys.into_iter().chain(places.into_iter().filter_map(key));
        Ok(absent.cloned().collect())
    }

    /// Rows as the table has them, and as the index of its key leads to them; the same, unless it is damaged. None where
    /// rows are read without an index.
    pub(crate) async fn counts(&mut self) -> Result<Option<[i64; 2]>, ReconcileError> {
        if self.by == LookUp::Reading {
            return Ok(None);
        }
        let found = async {
            self.begin(None).await?;
            self.connection.execute(counting::TAKING_ITS_TIME).await?;
            let mut counts = [0; 2];
            for (count, question) in counts.iter_mut().zip(self.table.counts()) {
                let question = sqlx::raw_sql(AssertSqlSafe(question));
                *count = question.fetch_one(&mut self.connection).await?.try_get(0)?;
            }
            self.commit().await?;
            Ok(Some(counts))
        }
        .await;
        found.map_err(|error| self.fails(error))
    }

    async fn begin(&mut self, after: Option<&KeyTexts>) -> Result<(), sqlx::Error> {
        self.connection.execute("begin isolation level repeatable read read only").await?;
        match after {
            Some(after) => self.bind(&[after]).await,
            None => Ok(()),
        }
    }

    /// Places of those that are no keys to the source, in order; they are not bound.
    async fn begin_with(&mut self, keys: &[KeyTexts]) -> Result<Vec<usize>, sqlx::Error> {
        self.connection.execute("begin isolation level repeatable read read only").await?;
        self.bind(&keys.iter().collect::<Vec<_>>()).await?;
        let tried = sqlx::raw_sql(AssertSqlSafe(self.table.try_keys()));
        let unread: String = tried.fetch_one(&mut self.connection).await?.try_get(0)?;
        let place = |text: &str| text.parse::<usize>().ok()?.checked_sub(1);
        let unread: Vec<usize> = unread.split_ascii_whitespace().filter_map(place).collect();
        if !unread.is_empty() {
            self.bind(&split(keys, &unread).1).await?;
        }
        Ok(unread)
    }

    async fn bind(&mut self, keys: &[&KeyTexts]) -> Result<(), sqlx::Error> {
        let mut query = sqlx::query(AssertSqlSafe(self.table.bind_keys()));
        for column in 0..self.table.key_width() {
            query = query.bind(array::of_texts(keys.iter().map(|key| key.0[column].as_str())));
        }
        query.execute(&mut self.connection).await.map(drop)
    }

    async fn commit(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("commit").await.map(drop)
    }
}

/// Those at these places, which are in order, and the others.
fn split<'a>(keys: &'a [KeyTexts], places: &[usize]) -> (Vec<&'a KeyTexts>, Vec<&'a KeyTexts>) {
    let (of, others): (Vec<_>, Vec<_>) =
        keys.iter().enumerate().partition(|(place, _)| places.binary_search(place).is_ok());
    let keys = |some: Vec<(usize, &'a KeyTexts)>| some.into_iter().map(|(_, key)| key).collect();
    (keys(of), keys(others))
}

/// Rows as the server writes them: the simple protocol answers in texts. Behind `lead` columns of ours, of which the
/// first says whether there is a row.
async fn rows_of(
    connection: &mut PgConnection,
    statement: String,
    lead: usize,
    columns: usize,
) -> Result<(Vec<(bool, RowBuf)>, bool), sqlx::Error> {
    let mut answer = connection.fetch(sqlx::raw_sql(AssertSqlSafe(statement)));
    let (mut rows, mut bytes) = (Vec::new(), 0);
    while let Some(row) = answer.try_next().await? {
        // The rest is read and let go by the driver.
        if bytes > MOST_BYTES {
            return Ok((rows, true));
        }
        let there = lead == 0 || text(&row, 0)?.as_deref() == Some("t");
        let mut buffer = RowBuf::default();
        for column in 0..columns {
            let text = text(&row, lead + column)?;
            bytes += text.as_ref().map_or(0, String::len);
            buffer.push(text.as_deref().map_or(Cell::Null, Cell::Text));
        }
        rows.push((there, buffer));
    }
    Ok((rows, false))
}

fn text(row: &PgRow, column: usize) -> Result<Option<String>, sqlx::Error> {
    let value = row.try_get_raw(column)?;
    if value.is_null() {
        return Ok(None);
    }
    value.as_str().map(|text| Some(text.to_owned())).map_err(sqlx::Error::Decode)
}

/// Each key column's type: of a domain the type beneath, since a key that somebody made up in the store need not keep
/// the domain's rules.
async fn key_types(
    connection: &mut PgConnection,
    contract: &Contract,
) -> Result<Vec<KeyType>, sqlx::Error> {
    let names: Vec<&str> = contract.key_columns().map(|column| column.from.as_str()).collect();
    let rows: Vec<(String, String, bool)> = sqlx::query_as(
        "select format('%I.%I', n.nspname, t.typname), \
         coalesce((select op.nspname::text from pg_opclass o join pg_amop m on m.amopfamily = o.opcfamily and m.amoplefttype = o.opcintype \
            and m.amoprighttype = o.opcintype and m.amopstrategy = 5 join pg_operator p on p.oid = m.amopopr join pg_namespace op on op.oid = p.oprnamespace \
            where o.opcmethod = 403 and o.opcdefault and o.opcintype = t.oid), 'pg_catalog'), \
         t.oid >= 16384 and t.typtype <> 'e' or t.oid = 1042 and a.atttypmod = -1 and d.typtypmod = -1 \
            or exists (select from pg_collation l where l.oid = a.attcollation and not l.collisdeterministic) \
         from unnest($3::text[]) with ordinality as k (name, place) \
         join pg_class c on c.relname = $2 join pg_namespace cn on cn.oid = c.relnamespace and cn.nspname = $1 \
         join pg_attribute a on a.attrelid = c.oid and a.attname = k.name and a.attnum > 0 and not a.attisdropped \
         join pg_type d on d.oid = a.atttypid cross join lateral ( \
            with recursive beneath (oid, depth) as (select a.atttypid, 0 \
                union all select b.typbasetype, depth + 1 from beneath join pg_type b on b.oid = beneath.oid where b.typbasetype <> 0) \
            select oid from beneath order by depth desc limit 1) as b join pg_type t on t.oid = b.oid \
         join pg_namespace n on n.oid = t.typnamespace order by k.place",
    )
    .bind(&contract.source.schema)
    .bind(&contract.source.table)
    .bind(names)
    .fetch_all(connection)
    .await?;
    let key_type = |(name, operators, by_text)| KeyType { name, operators, by_text };
    Ok(rows.into_iter().map(key_type).collect())
}

/// Column by column, as arrays are bound.
pub(crate) fn key_columns(keys: &[KeyTexts]) -> Vec<Vec<&str>> {
    let width = keys.first().map_or(0, |key| key.0.len());
    (0..width).map(|n| keys.iter().map(|key| key.0[n].as_str()).collect()).collect()
}

fn keys(columns: Vec<Vec<String>>) -> Vec<KeyTexts> {
    let mut keys: Vec<KeyTexts> = Vec::new();
    for column in columns {
        keys.resize_with(column.len(), || KeyTexts(Vec::new()));
        for (key, text) in keys.iter_mut().zip(column) {
            key.0.push(text);
        }
    }
    keys
}

fn fails(name: &str, error: sqlx::Error, address: &str) -> ReconcileError {
    match error {
        sqlx::Error::Database(refusal) => ReconcileError::SourceQuestion {
            name: name.to_owned(),
            sqlstate: refusal.code().unwrap_or_default().into_owned(),
        },
        sqlx::Error::Tls(cause) => ReconcileError::SourceUnreachable {
            name: name.to_owned(),
            address: address.to_owned(),
            cause,
        },
        sqlx::Error::Io(cause) => ReconcileError::SourceUnreachable {
            name: name.to_owned(),
            address: address.to_owned(),
            cause: Box::new(cause),
        },
        // The driver's own words hold no value of a row, its `Decode` may.
        _ => ReconcileError::SourceQuestion { name: name.to_owned(), sqlstate: "08P01".to_owned() },
    }
}
