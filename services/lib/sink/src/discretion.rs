//! What the store's server writes into its log. PostgreSQL quotes the row in what it says of a statement that
//! fails, and in a plan or a slow statement's parameters: so it must say nothing of those of ours. What failed we
//! say ourselves, by SQLSTATE.
//!
//! An administrator sets it for the store's role (`ops/sql/store-log.sql`); a superuser's session, as in an
//! experiment, does it for itself.

use sqlx::PgConnection;

use crate::error::SinkError;

/// Setting, and what keeps rows out of the log. Of an extension that is not loaded there is nothing to set.
const WANTED: [(&str, &str); 7] = [
    // Of the server's own order: `log` stands above `error`.
    ("log_min_messages", "log"),
    ("log_min_error_statement", "panic"),
    // Without DETAIL, CONTEXT and parameters.
    ("log_error_verbosity", "terse"),
    ("log_parameter_max_length", "0"),
    ("log_parameter_max_length_on_error", "0"),
    ("auto_explain.log_min_duration", "-1"),
    ("pgaudit.log_parameter", "off"),
];

/// Of a superuser: its own session keeps silent.
pub(crate) async fn keep(connection: &mut PgConnection) -> Result<(), SinkError> {
    let (names, values): (Vec<&str>, Vec<&str>) = WANTED.into_iter().unzip();
    sqlx::query(
        "select set_config(name, value, false) from unnest($1::text[], $2::text[]) wanted (name, value) \
         where current_setting(name, true) is distinct from value and current_setting(name, true) is not null \
         and (select rolsuper from pg_roles where rolname = current_user)",
    )
    .bind(names)
    .bind(values)
    .execute(connection)
    .await?;
    Ok(())
}

/// Settings under which a row could reach the log: `log_min_messages = warning`.
pub(crate) async fn leaks(connection: &mut PgConnection) -> Result<Vec<String>, SinkError> {
    let (names, values): (Vec<&str>, Vec<&str>) = WANTED.into_iter().unzip();
    let found: Vec<(String, String)> = sqlx::query_as(
        "select name, current_setting(name, true) from unnest($1::text[], $2::text[]) wanted (name, value) \
         where coalesce(current_setting(name, true), '') <> '' and current_setting(name, true) <> value",
    )
    .bind(names)
    .bind(values)
    .fetch_all(connection)
    .await?;
    Ok(found
        .into_iter()
        // Quieter still.
        .filter(|(name, value)| {
            !(name == "log_min_messages" && ["fatal", "panic"].contains(&value.as_str()))
        })
        .map(|(name, value)| format!("{name} = {value}"))
        .collect())
}
