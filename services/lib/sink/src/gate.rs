//! One sink at a time prepares a store. The lock is on a table of ours: an advisory lock is anybody's who may
//! connect, and says nothing of who waits for whom.

use bangioc_schemas::names::{self, Side};
use sqlx::{Executor as _, PgConnection};

use crate::error::SinkError;

/// Another sink is done sooner, and between two tries a start looks whether it should end.
const WITHIN: &str = "set local lock_timeout = '3s'";

/// Two first starts at once meet in PostgreSQL's own catalogue: the second fails there, and then finds what the
/// first has made.
const TRIES: u32 = 3;

/// The table exists from here on.
pub(crate) async fn make(connection: &mut PgConnection) -> Result<(), SinkError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let known: bool = sqlx::query_scalar("select to_regclass('flow.gate') is not null")
            .fetch_one(&mut *connection)
            .await?;
        if known {
            return Ok(());
        }
        let made = connection
            .execute(sqlx::raw_sql(
                "create schema if not exists flow; create table if not exists flow.gate ()",
            ))
            .await;
        match made {
            Err(failure) if tries == TRIES => return Err(failure.into()),
            Ok(_) | Err(sqlx::Error::Database(_)) => {}
            Err(failure) => return Err(failure.into()),
        }
    }
}

/// Waits until no other sink is inside, until the transaction ends.
pub(crate) async fn enter(transaction: &mut PgConnection) -> Result<(), SinkError> {
    transaction.execute(WITHIN).await?;
    transaction.execute("lock table flow.gate in access exclusive mode").await?;
    Ok(())
}

/// Of a lock that did not come in time: which sessions hold one on what is ours.
pub(crate) async fn who_is_in_the_way<T>(
    connection: &mut PgConnection,
    side: Side,
    done: Result<T, SinkError>,
) -> Result<T, SinkError> {
    match done {
        Err(SinkError::StoreBusy { sqlstate }) if sqlstate == LOCK_NOT_AVAILABLE => {}
        other => return other,
    }
    // Since when, PostgreSQL says only to those who may see others' sessions.
    let sessions: Vec<(i32, String, Option<String>)> = sqlx::query_as(
        "select distinct l.pid, coalesce(a.usename, '-')::text, \
         to_char(a.xact_start at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') \
         from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace \
         left join pg_stat_activity a on a.pid = l.pid \
         where l.granted and l.pid <> pg_backend_pid() and n.nspname in ('flow', $1) \
         and l.database = (select oid from pg_database where datname = current_database()) \
         and (c.relname = 'gate' or l.mode like '%Exclusive%' or c.relkind = 'v') order by 3, 1 limit 5",
    )
    .bind(names::view_schema(side))
    .fetch_all(connection)
    .await?;
    let holders: Vec<String> = sessions
        .into_iter()
        .map(|(pid, user, since)| {
            let since = since.map_or(String::new(), |since| format!(" since {since}"));
            format!("{user:?} (pid {pid}{since})")
        })
        .collect();
    Err(SinkError::StoreLocked { holders: holders.join(", ") })
}

const LOCK_NOT_AVAILABLE: &str = "55P03";
