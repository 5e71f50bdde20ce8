//! Our role: may it log in, replicate, write its marks; and does something end its questions early?

use bangioc_postgres_text::quoting::{literal, quoted};

use super::check::{Check, CheckSubject, Step};
use super::{Cells, Inspection, label};
use crate::error::CaptureError;

/// A password that ends within this many days is a capture that ends then.
const SOON: &str = "14 days";
/// As many as a capture opens, with its walsender.
const CONNECTIONS: i32 = 5;
/// What ends a question or a connection and is not set anew by each of ours.
const TIME_OUTS: &str = "'transaction_timeout'";

/// What of our role decides on other findings.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Login {
    pub(crate) exists: bool,
    /// No policy hides a row from it.
    pub(crate) sees_all_rows: bool,
}

impl Inspection<'_> {
    pub(super) async fn login(&mut self) -> Result<Login, CaptureError> {
        let name = self.source.user.clone();
        let rows = self
            .rows(
                format!(
                    "select rolcanlogin, rolreplication or rolsuper, rolsuper or rolbypassrls, rolconnlimit, \
                     coalesce(rolvaliduntil < now() + interval '{SOON}', false), to_char(rolvaliduntil, 'YYYY-MM-DD'), \
                     has_database_privilege(oid, current_database(), 'connect'), has_function_privilege(oid, 'pg_catalog.pg_logical_emit_message(boolean,text,text)', 'execute') \
                     from pg_roles where rolname = $1"
                ),
                &[&name],
            )
            .await?;
        let Some(row) = rows.first() else {
            self.add(role_missing(self.source));
            return Ok(Login::default());
        };
        self.rights(row)?;
        self.time_outs().await?;
        Ok(Login { exists: true, sees_all_rows: row.get(2)? })
    }

    fn rights(&mut self, row: &Cells) -> Result<(), CaptureError> {
        let user = self.user();
        let database = quoted(&self.source.database);
        let (login, replication): (bool, bool) = (row.get(0)?, row.get(1)?);
        let (connect, marks): (bool, bool) = (row.get(6)?, row.get(7)?);
        let mut lacks: Vec<&str> = Vec::new();
        let mut sql: Vec<String> = Vec::new();
        if !login {
            lacks.push("LOGIN");
            sql.push(format!("alter role {user} login;"));
        }
        if !replication {
            lacks.push("REPLICATION");
            sql.push(format!("alter role {user} replication;"));
        }
        if !connect {
            lacks.push("CONNECT");
            sql.push(format!("grant connect on database {database} to {user};"));
        }
        if !marks {
            lacks.push("EXECUTE pg_logical_emit_message");
            sql.push(format!("grant execute on function pg_catalog.pg_logical_emit_message(boolean, text, text) to {user};"));
        }
        let check = Check::new(
            CheckSubject::Role,
            label(
                "được đăng nhập, sao chép và ghi dấu mốc",
                "it may log in, replicate and write its marks",
            ),
        );
        self.add(if lacks.is_empty() {
            check
        } else {
            let lacks = lacks.join(", ");
            check
                .problem(label(
                    format!("tài khoản {user} thiếu quyền {lacks}: thu nhận không chạy được"),
                    format!("role {user} lacks {lacks}: capture can't run"),
                ))
                .coded("BG0253")
                .remedy(Step::Role, sql.join("\n"))
        });
        self.limits(row)
    }

    fn limits(&mut self, row: &Cells) -> Result<(), CaptureError> {
        let user = self.user();
        let (limit, ends): (i32, bool) = (row.get(3)?, row.get(4)?);
        let check = Check::new(
            CheckSubject::Role,
            label("mật khẩu của nó còn hạn", "its password does not expire soon"),
        );
        let on: Option<String> = row.get(5)?;
        self.add(match on.filter(|_| ends) {
            None => check,
            Some(on) => check
                .warning(label(
                    format!("mật khẩu của {user} hết hạn ngày {on}: từ hôm đó thu nhận không đăng nhập được"),
                    format!("the password of {user} ends on {on}: from then on capture can't log in"),
                ))
                .coded("BG0253")
                .remedy(Step::Role, format!("alter role {user} valid until 'infinity';")),
        });
        let check = Check::new(
            CheckSubject::Role,
            label("được mở đủ số kết nối", "it may open as many connections as it needs"),
        );
        self.add(if (0..CONNECTIONS).contains(&limit) {
            check
                .warning(label(
                    format!("{user} chỉ được mở {limit} kết nối cùng lúc, thu nhận cần {CONNECTIONS}: việc sao chép sẽ bị từ chối"),
                    format!("{user} may open {limit} connection(s) at once and capture needs {CONNECTIONS}: its copies will be refused"),
                ))
                .coded("BG0253")
                .remedy(Step::Role, format!("alter role {user} connection limit -1;"))
        } else {
            check
        });
        Ok(())
    }

    /// As the role gets them when it logs in, unless it asks for others: the narrower setting wins.
    async fn time_outs(&mut self) -> Result<(), CaptureError> {
        let (user, database) = (self.source.user.clone(), self.source.database.clone());
        let rows = self
            .rows(
                format!(
                    "with said as ( \
                       select split_part(one, '=', 1) as name, substr(one, strpos(one, '=') + 1) as value, (setrole <> 0)::int * 2 + (setdatabase <> 0)::int as narrow \
                       from pg_db_role_setting, unnest(setconfig) as one \
                       where setrole in (0, (select oid from pg_roles where rolname = $1)) and setdatabase in (0, (select oid from pg_database where datname = $2)) \
                       union all select name, setting || coalesce(unit, ''), -1 from pg_settings where source = 'configuration file'), \
                     narrowest as (select distinct on (name) name, value from said where name in ({TIME_OUTS}) order by name, narrow desc) \
                     select name, value from narrowest where value !~ '^0[a-z ]*$' order by 1"
                ),
                &[&user, &database],
            )
            .await?;
        let check = Check::new(
            CheckSubject::Role,
            label(
                "không giới hạn thời gian nào cắt ngang việc của nó",
                "no time-out breaks off what it does",
            ),
        );
        let mut names: Vec<(String, String)> = Vec::new();
        for row in &rows {
            names.push((row.get(0)?, row.get(1)?));
        }
        if names.is_empty() {
            self.add(check);
            return Ok(());
        }
        let list: Vec<String> =
            names.iter().map(|(name, value)| format!("`{name}` = {value}")).collect();
        let list = list.join(", ");
        let user = self.user();
        let whose = format!("alter role {user} in database {}", quoted(&self.source.database));
        let sql: Vec<String> =
            names.iter().map(|(name, _)| format!("{whose} set {name} = 0;")).collect();
        self.add(
            check
                .warning(label(
                    format!("{list} áp dụng cho {user}: lúc máy chủ bận, việc tạo khe và sao chép bị cắt ngang rồi phải làm lại"),
                    format!("{list} holds for {user}: when the server is busy, creating the slot and copying are interrupted and start over"),
                ))
                .coded("BG0265")
                .remedy(Step::Role, sql.join("\n")),
        );
        Ok(())
    }
}

/// Nobody of that name.
fn role_missing(source: &crate::config::SourceSettings) -> Check {
    let user = quoted(&source.user);
    Check::new(CheckSubject::Role, label("có tài khoản", "the role is there"))
        .problem(label(
            format!("chưa có tài khoản {user}: thu nhận không đăng nhập được"),
            format!("there is no role {user}: capture can't log in"),
        ))
        .coded("BG0253")
        .remedy(Step::Role, make_role(source))
}

/// Runs whether the role is there or not; the password is never in it.
pub(crate) fn make_role(source: &crate::config::SourceSettings) -> String {
    let (user, database) = (quoted(&source.user), quoted(&source.database));
    let name = literal(&source.user);
    format!(
        "select format('create role %I', {name}) where not exists (select from pg_roles where rolname = {name}) \\gexec\n\
         alter role {user} login replication;\n\
         grant connect on database {database} to {user};\n\
         -- its password, typed into psql: \\password {user}"
    )
}
