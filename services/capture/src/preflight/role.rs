//! Does the server bound our role to what it is for? Asked by `bangioc source check` alone: some of it is
//! found out by trying, and a server notes in its log what it refuses.
//!
//! REPLICATION is a right over the whole server, not over tables. What pg_hba.conf can bound, and what stays
//! possible whatever it says, is in `ops/guides/source-access.md`.

use bangioc_schemas::contract::Contract;
use sqlx::Row as _;
use sqlx::postgres::PgConnection;

use super::{Check, Outcome, fails, table_name};
use bangioc_runtime::tls::Tls;

use crate::blocking::blocking;
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::replication::Session;
use crate::tables::connect::connect;
use crate::tables::table::quoted;

/// Of tables and databases, how many are named.
const NAMED: usize = 5;

pub(crate) async fn bounds(
    connection: &mut PgConnection,
    source: &SourceSettings,
    contracts: &[&Contract],
) -> Result<Vec<Check>, CaptureError> {
    let row = sqlx::query(
        "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, \
         array(select rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = me.oid order by 1), \
         array(select datname::text from pg_database where datallowconn and datname <> current_database() and datname not in ('postgres', 'template1') order by 1), \
         (select datname::text from pg_database where datallowconn and datname <> current_database() and has_database_privilege(oid, 'connect') order by datname <> 'postgres', 1 limit 1), \
         host(inet_client_addr()) \
         from pg_roles me where rolname = current_user",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(|e| fails(&e))?;
    let get = |e: sqlx::Error| fails(&e);
    let flag = |index: usize| row.try_get::<bool, _>(index).map_err(get);
    let superuser = flag(0)?;
    let attributes = [
        (superuser, "superuser"),
        (flag(1)?, "createrole"),
        (flag(2)?, "createdb"),
        (flag(3)?, "bypassrls"),
    ];
    let roles: Vec<String> = row.try_get(4).map_err(get)?;
    let databases: Vec<String> = row.try_get(5).map_err(get)?;
    let other: Option<String> = row.try_get(6).map_err(get)?;
    let address: Option<String> = row.try_get(7).map_err(get)?;
    let user = quoted(&source.user);
    let hba = hba_lines(source, address.as_deref());
    let mut checks = vec![
        attributes_check(&user, &attributes),
        member_check(&user, &roles),
    ];
    if !superuser {
        let readable = readable(connection).await?;
        checks.push(tables_check(&user, &readable, contracts));
    }
    checks.push(physical_check(source, &hba).await);
    if let Some(other) = other {
        checks.push(elsewhere_check(source, &other, &hba).await);
    }
    checks.push(server_check(&databases));
    Ok(checks)
}

fn attributes_check(user: &str, attributes: &[(bool, &str)]) -> Check {
    let has: Vec<&str> = attributes
        .iter()
        .filter_map(|(has, name)| has.then_some(*name))
        .collect();
    let without: Vec<String> = has.iter().map(|name| format!("no{name}")).collect();
    Check::new(
        "the role can log in and replicate, nothing more",
        warn_if(!has.is_empty(), || format!("it is also {}", has.join(", "))),
        format!("alter role {user} {};", without.join(" ")),
    )
    .coded("BG0233")
}

fn member_check(user: &str, roles: &[String]) -> Check {
    let quoted: Vec<String> = roles.iter().map(|role| quoted(role)).collect();
    Check::new(
        "the role is a member of no other",
        warn_if(!roles.is_empty(), || {
            format!("it has what {} may", named(roles))
        }),
        format!("revoke {} from {user};", quoted.join(", ")),
    )
    .coded("BG0233")
}

fn tables_check(user: &str, readable: &[String], contracts: &[&Contract]) -> Check {
    let contracted: Vec<String> = contracts.iter().map(|one| table_name(one)).collect();
    let more: Vec<String> = readable
        .iter()
        .filter(|table| !contracted.contains(table))
        .cloned()
        .collect();
    Check::new(
        "the role may read the contracted tables alone",
        warn_if(!more.is_empty(), || {
            format!("it may also read {}", named(&more))
        }),
        format!(
            "revoke select on {} from {user}; -- and from public, where that is how it reads it",
            more.join(", ")
        ),
    )
    .coded("BG0233")
}

/// Tables and views of this database that the role may read anything of, spelled as [`table_name`] does.
async fn readable(connection: &mut PgConnection) -> Result<Vec<String>, CaptureError> {
    let rows = sqlx::query(
        "select n.nspname::text, c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition \
         and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' \
         and has_schema_privilege(n.oid, 'usage') and has_any_column_privilege(c.oid, 'select') order by 1, 2",
    )
    .fetch_all(connection)
    .await
    .map_err(|e| fails(&e))?;
    let name = |row: &sqlx::postgres::PgRow| {
        let (schema, table): (String, String) = (row.try_get(0)?, row.try_get(1)?);
        Ok(format!("{}.{}", quoted(&schema), quoted(&table)))
    };
    rows.iter()
        .map(|row| name(row).map_err(|e| fails(&e)))
        .collect()
}

/// A physical replication connection, as `pg_basebackup` opens one.
async fn physical_check(source: &SourceSettings, hba: &str) -> Check {
    let tried = {
        let source = source.clone();
        blocking(move || Session::connect_physical(&source).map(drop)).await
    };
    Check::new(
        "the server refuses `pg_basebackup` by this role",
        outcome(tried, "it takes connections for physical replication"),
        hba,
    )
    .coded("BG0232")
}

async fn elsewhere_check(source: &SourceSettings, other: &str, hba: &str) -> Check {
    let there = SourceSettings {
        database: other.to_owned(),
        ..source.clone()
    };
    let tried = connect(&there).await.map(drop);
    Check::new(
        "the server lets this role into no other database",
        outcome(tried, &format!("it may enter {}", quoted(other))),
        hba,
    )
    .coded("BG0232")
}

fn outcome(tried: Result<(), CaptureError>, accepted: &str) -> Outcome {
    match tried {
        Ok(()) => Outcome::Warning(accepted.to_owned()),
        Err(CaptureError::Refused { .. }) => Outcome::Fine,
        Err(failure) => Outcome::Warning(format!("it could not be tried: {failure}")),
    }
}

/// No line of pg_hba.conf and no grant changes this one.
fn server_check(databases: &[String]) -> Check {
    Check::new(
        "the server holds this database alone",
        warn_if(!databases.is_empty(), || {
            format!(
                "whoever has this role's password and reaches the server can copy {} too, whatever is granted",
                named(databases)
            )
        }),
        "-- keep the captured tables on a server of their own: ops/guides/source-access.md",
    )
    .coded("BG0232")
}

fn warn_if(condition: bool, why: impl FnOnce() -> String) -> Outcome {
    if condition {
        Outcome::Warning(why())
    } else {
        Outcome::Fine
    }
}

fn named(names: &[String]) -> String {
    let more = names.len().saturating_sub(NAMED);
    let text = names[..names.len() - more].join(", ");
    if more > 0 {
        format!("{text} and {more} more")
    } else {
        text
    }
}

/// As comments, since they are no SQL but belong to what an administrator does.
fn hba_lines(source: &SourceSettings, address: Option<&str>) -> String {
    let (user, database) = (quoted(&source.user), quoted(&source.database));
    let host = if source.tls == Tls::Off {
        "host"
    } else {
        "hostssl"
    };
    let from = match address {
        Some(v6) if v6.contains(':') => format!("{v6}/128"),
        Some(v4) => format!("{v4}/32"),
        None => "ADDRESS-OF-CAPTURE/32".to_owned(),
    };
    format!(
        "-- first lines of pg_hba.conf (`show hba_file`), then `select pg_reload_conf();`\n\
         --   {host} {database} {user} {from} scram-sha-256\n\
         --   host replication {user} all reject\n\
         --   host all {user} all reject\n\
         --   local replication {user} reject\n\
         --   local all {user} reject"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut() {
        let names: Vec<String> = (1..=7).map(|n| format!("t{n}")).collect();
        assert_eq!(named(&names), "t1, t2, t3, t4, t5 and 2 more");
        assert_eq!(named(&names[..2]), "t1, t2");
    }
}
