//! Does the server bound our role to what it is for? Asked by `bangioc source check` alone: some of it is
//! found out by trying, and a server notes in its log what it refuses.
//!
//! REPLICATION is a right over the whole server, not over tables. What pg_hba.conf can bound, and what stays
//! possible whatever it says, is in `ops/guides/source-access.md`.

use bangioc_postgres_text::quoting::{qualified, quoted};
use bangioc_runtime::tls::Tls;
use bangioc_schemas::contract::{Contract, Label};
use sqlx::postgres::PgConnection;

use super::check::{Check, CheckOutcome, CheckSubject, Step};
use super::{Cells, fails, label, table_name};
use crate::blocking::blocking;
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::replication::Session;
use crate::tables::connect::connect;

/// Of tables and databases, how many are named.
const NAMED: usize = 5;

/// Whoever `connection` is logged in as: the role that is looked at is `source.user`, and what takes trying is
/// tried with its own login.
pub(crate) async fn bounds(
    connection: &mut PgConnection,
    source: &SourceSettings,
    contracts: &[&Contract],
) -> Result<Vec<Check>, CaptureError> {
    let row = sqlx::query(
        "select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, \
         array(select rolname::text from pg_auth_members m join pg_roles r on r.oid = m.roleid where m.member = me.oid order by 1), \
         array(select datname::text from pg_database where datallowconn and datname <> current_database() and datname not in ('postgres', 'template1') order by 1), \
         (select datname::text from pg_database d where datallowconn and datname <> current_database() and has_database_privilege(me.oid, d.oid, 'connect') order by datname <> 'postgres', 1 limit 1), \
         host(inet_client_addr()), rolreplication or rolsuper \
         from pg_roles me where rolname = $1",
    )
    .bind(&source.user)
    .fetch_optional(&mut *connection)
    .await
    .map_err(|e| fails(&e))?;
    // Looked at already: there is nobody to bound yet.
    let Some(row) = row.map(Cells) else {
        return Ok(Vec::new());
    };
    let superuser: bool = row.get(0)?;
    let readable = readable(connection, source, contracts).await?;
    let attributes = [
        (superuser, "superuser"),
        (row.get(1)?, "createrole"),
        (row.get(2)?, "createdb"),
        // Where row security holds for a contracted table, only so a copy is whole.
        (row.get(3)? && !readable.row_security, "bypassrls"),
    ];
    let (roles, databases): (Vec<String>, Vec<String>) = (row.get(4)?, row.get(5)?);
    let (other, address): (Option<String>, Option<String>) = (row.get(6)?, row.get(7)?);
    let user = quoted(&source.user);
    let hba = hba_lines(source, address.as_deref());
    let mut checks = vec![attributes_check(&user, &attributes), member_check(&user, &roles)];
    if !superuser {
        checks.push(tables_check(&user, &readable));
    }
    match log_in(source, row.get(8)?).await {
        Ok(()) => {
            checks.push(physical_check(source, &hba).await);
            if let Some(other) = other {
                checks.push(elsewhere_check(source, &other, &hba).await);
            }
        }
        // What a role that can't log in is refused says nothing of the server.
        Err(failure) => checks.push(no_login(source, &failure)),
    }
    checks.push(server_check(&databases));
    Ok(checks)
}

/// Both of capture's ways into its own database; the second only where the role has the right to it, which has
/// been looked at.
async fn log_in(source: &SourceSettings, replicates: bool) -> Result<(), CaptureError> {
    drop(connect(source).await?);
    if !replicates {
        return Ok(());
    }
    let source = source.clone();
    blocking(move || Session::connect(&source)?.query("IDENTIFY_SYSTEM").map(drop)).await
}

/// Why nothing could be asked with the role's own login.
pub(crate) fn no_login(source: &SourceSettings, failure: &CaptureError) -> Check {
    if super::pooler::refuses(failure) {
        return super::pooler::found(true);
    }
    let (user, database) = (quoted(&source.user), quoted(&source.database));
    let address = source.address();
    let said = match failure {
        CaptureError::Refused { answer, .. } => answer.clone(),
        failure => failure.to_string(),
    };
    Check::new(CheckSubject::Role, label("đăng nhập được", "it can log in"))
        .problem(label(
            format!("{user} không đăng nhập được vào {database} tại {address} ({said}): thu nhận không chạy được; xem tài khoản, mật khẩu và pg_hba.conf"),
            format!("{user} can't log in to {database} at {address} ({said}), so nothing can be captured; look at the role, its password and pg_hba.conf"),
        ))
        .coded("BG0253")
        .remedy(Step::Role, super::login::make_role(source))
}

fn attributes_check(user: &str, attributes: &[(bool, &str)]) -> Check {
    let has: Vec<&str> = attributes.iter().filter_map(|(has, name)| has.then_some(*name)).collect();
    let without: Vec<String> = has.iter().map(|name| format!("no{name}")).collect();
    let list = has.join(", ");
    bound(
        CheckSubject::Role,
        label("chỉ đăng nhập và sao chép, không hơn", "the role can log in and replicate, nothing more"),
        (!has.is_empty()).then(|| {
            label(
                format!("tài khoản còn có quyền {list}: ai có mật khẩu là làm được nhiều hơn việc thu nhận"),
                format!("it is also {list}: whoever has its password can do more than capture"),
            )
        }),
        Step::Role,
        &format!("alter role {user} {};", without.join(" ")),
        "BG0233",
    )
}

fn member_check(user: &str, roles: &[String]) -> Check {
    let quoted: Vec<String> = roles.iter().map(|role| quoted(role)).collect();
    bound(
        CheckSubject::Role,
        label("không là thành viên của vai trò nào khác", "the role is a member of no other"),
        (!roles.is_empty()).then(|| {
            label(
                format!(
                    "tài khoản có mọi quyền của {}, và ai có mật khẩu của nó cũng vậy",
                    named(roles, "và {} vai trò nữa")
                ),
                format!(
                    "it has every right of {}, and so has whoever has its password",
                    named(roles, "and {} more")
                ),
            )
        }),
        Step::Role,
        &format!("revoke {} from {user};", quoted.join(", ")),
        "BG0233",
    )
}

fn tables_check(user: &str, readable: &Readable) -> Check {
    let all: Vec<String> = readable.more.iter().chain(&readable.by_public).cloned().collect();
    let mut sql = Vec::new();
    if !readable.more.is_empty() {
        sql.push(format!("revoke select on {} from {user};", readable.more.join(", ")));
    }
    if !readable.by_public.is_empty() {
        // Everyone else would lose it, too.
        sql.push(format!("-- revoke select on {} from public;", readable.by_public.join(", ")));
    }
    bound(
        CheckSubject::Role,
        label(
            "chỉ đọc được các bảng trong hợp đồng",
            "the role may read the contracted tables alone",
        ),
        (!all.is_empty()).then(|| {
            label(
                format!(
                    "tài khoản còn đọc được {}: ai có mật khẩu cũng đọc được",
                    named(&all, "và {} bảng nữa")
                ),
                format!(
                    "it may also read {}, and so may whoever has its password",
                    named(&all, "and {} more")
                ),
            )
        }),
        if readable.more.is_empty() { Step::Person } else { Step::Grant },
        &sql.join("\n"),
        "BG0233",
    )
}

struct Readable {
    /// Tables and views beyond the contracts', spelled as [`table_name`] does: by its own right, or by everyone's.
    more: Vec<String>,
    by_public: Vec<String>,
    /// On a contracted table.
    row_security: bool,
}

async fn readable(
    connection: &mut PgConnection,
    source: &SourceSettings,
    contracts: &[&Contract],
) -> Result<Readable, CaptureError> {
    let rows = sqlx::query(
        "select n.nspname::text, c.relname::text, c.relrowsecurity, has_schema_privilege($1::name, n.oid, 'usage') and has_any_column_privilege($1::name, c.oid, 'select'), \
         exists (select from aclexplode(c.relacl) where grantee = 0 and privilege_type = 'SELECT') \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and not c.relispartition \
         and n.nspname <> 'information_schema' and n.nspname !~ '^pg_' order by 1, 2",
    )
    .bind(&source.user)
    .fetch_all(connection)
    .await
    .map_err(|e| fails(&e))?;
    let contracted: Vec<String> = contracts.iter().map(|one| table_name(one)).collect();
    let mut readable = Readable { more: Vec::new(), by_public: Vec::new(), row_security: false };
    for row in rows.into_iter().map(Cells) {
        let (schema, table): (String, String) = (row.get(0)?, row.get(1)?);
        let name = qualified(&schema, &table);
        if contracted.contains(&name) {
            readable.row_security |= row.get::<bool>(2)?;
        } else if row.get(3)? {
            let by = if row.get(4)? { &mut readable.by_public } else { &mut readable.more };
            by.push(name);
        }
    }
    Ok(readable)
}

/// A physical replication connection, as `pg_basebackup` opens one.
async fn physical_check(source: &SourceSettings, hba: &str) -> Check {
    let tried = {
        let source = source.clone();
        blocking(move || Session::connect_physical(&source).map(drop)).await
    };
    bound(
        CheckSubject::Role,
        label(
            "máy chủ từ chối `pg_basebackup` của tài khoản này",
            "the server refuses `pg_basebackup` by this role",
        ),
        refused(
            tried,
            label(
                "máy chủ nhận kết nối sao chép vật lý của tài khoản này: ai có mật khẩu là chép được cả máy chủ",
                "the server takes its connections for physical replication: whoever has its password can copy the whole server",
            ),
        ),
        Step::Person,
        hba,
        "BG0232",
    )
}

async fn elsewhere_check(source: &SourceSettings, other: &str, hba: &str) -> Check {
    let there = SourceSettings { database: other.to_owned(), ..source.clone() };
    let tried = connect(&there).await.map(drop);
    let other = quoted(other);
    bound(
        CheckSubject::Role,
        label(
            "máy chủ không cho tài khoản này vào cơ sở dữ liệu khác",
            "the server lets this role into no other database",
        ),
        refused(
            tried,
            label(
                format!("tài khoản vào được cả {other}: ai có mật khẩu cũng vào được"),
                format!("it may enter {other} as well, and so may whoever has its password"),
            ),
        ),
        Step::Person,
        hba,
        "BG0232",
    )
}

fn refused(tried: Result<(), CaptureError>, accepted: Label) -> Option<Label> {
    match tried {
        Ok(()) => Some(accepted),
        Err(CaptureError::Refused { .. }) => None,
        Err(failure) => Some(label(
            format!("không thử được: {failure}"),
            format!("it could not be tried: {failure}"),
        )),
    }
}

/// No line of pg_hba.conf and no grant changes this one.
fn server_check(databases: &[String]) -> Check {
    bound(
        CheckSubject::Server,
        label("chỉ có cơ sở dữ liệu này", "the server holds this database alone"),
        (!databases.is_empty()).then(|| {
            label(
                format!("ai có mật khẩu của tài khoản thu nhận và tới được máy chủ thì chép được cả {}, dù được cấp quyền gì", named(databases, "và {} cơ sở dữ liệu nữa")),
                format!("whoever has the capture's password and reaches the server can copy {} too, whatever is granted", named(databases, "and {} more")),
            )
        }),
        Step::Person,
        "-- keep the captured tables on a server of their own: ops/guides/source-access.md",
        "BG0232",
    )
}

fn bound(
    about: CheckSubject,
    what: Label,
    why: Option<Label>,
    step: Step,
    sql: &str,
    code: &'static str,
) -> Check {
    let mut check = Check::new(about, what);
    if let Some(why) = why {
        check.outcome = CheckOutcome::Warning(why);
    }
    check.coded(code).remedy(step, sql)
}

fn named(names: &[String], and_more: &str) -> String {
    let more = names.len().saturating_sub(NAMED);
    let text = names[..names.len() - more].join(", ");
    if more > 0 { format!("{text} {}", and_more.replace("{}", &more.to_string())) } else { text }
}

/// As comments, since they are no SQL but belong to what an administrator does.
fn hba_lines(source: &SourceSettings, address: Option<&str>) -> String {
    let (user, database) = (quoted(&source.user), quoted(&source.database));
    let host = if source.tls == Tls::Off { "host" } else { "hostssl" };
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
        assert_eq!(named(&names, "and {} more"), "t1, t2, t3, t4, t5 and 2 more");
        assert_eq!(named(&names[..2], "and {} more"), "t1, t2");
    }
}
