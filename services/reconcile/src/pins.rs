//! The settings that decide how PostgreSQL writes a value, and how it looks for one: the same on both sides, whatever
//! server, database or role say.

use std::time::Duration;

use sqlx::PgConnection;

const PINNED: [(&str, &str); 12] = [
    ("TimeZone", "UTC"),
    ("DateStyle", "ISO, YMD"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("lc_monetary", "C"),
    ("xmlbinary", "base64"),
    // Names of types are then written whole, and nobody's function is taken for one of the server's.
    ("search_path", "pg_catalog"),
    // A policy that hides rows fails the question, instead of making it small.
    ("row_security", "off"),
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    ("idle_in_transaction_session_timeout", "60000"),
];

/// What rows are looked up by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LookUp {
    /// A few thousand keys against a table of any size go by its index, always. A plan that reads the table for each
    /// chunk would be felt by everyone.
    Index,
    /// Nothing in the table keeps the key: one reading of it for all keys of a chunk, and not one for each.
    Reading,
}

pub(crate) async fn set(
    connection: &mut PgConnection,
    by: LookUp,
    statement: Duration,
    lock: Duration,
) -> Result<(), sqlx::Error> {
    let millis = |time: Duration| time.as_millis().to_string();
    let mut names: Vec<&str> = PINNED.iter().map(|(name, _)| *name).collect();
    let mut values: Vec<String> = PINNED.iter().map(|(_, value)| (*value).to_owned()).collect();
    if by == LookUp::Index {
        for plan in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin"] {
            names.push(plan);
            values.push("off".to_owned());
        }
    }
    names.extend(["statement_timeout", "lock_timeout"]);
    values.extend([millis(statement), millis(lock)]);
    sqlx::query("select set_config(name, value, false) from unnest($1::text[], $2::text[]) wanted (name, value)")
        .bind(names)
        .bind(values)
        .execute(connection)
        .await?;
    Ok(())
}
