//! Transactions that stay open. A slot can only begin once every transaction that runs has ended; later, an
//! open one makes the server keep its log.

use bangioc_postgres_text::quoting::literal;
use bangioc_runtime::printable::printable;

use super::check::{Check, CheckSubject, Step};
use super::{Inspection, label};
use crate::error::CaptureError;

/// Seconds: before there is a slot, and when one has long begun.
const LONG_BEFORE: f64 = 30.0;
const LONG_SINCE: f64 = 3600.0;
/// Later transactions, where a role may not see since when another's is open.
const MANY_LATER: i64 = 1000;

/// Of the whole server: a slot waits for the other databases' transactions, too.
const OPEN: &str = "select l.pid::int8, extract(epoch from now() - a.xact_start)::float8, age(l.transactionid)::int8 \
     from pg_locks l left join pg_stat_activity a on a.pid = l.pid \
     where l.locktype = 'transactionid' and l.mode = 'ExclusiveLock' and l.granted and l.pid is not null and l.pid <> pg_backend_pid() order by 2 desc nulls last, 3 desc";
const PREPARED: &str = "select gid, extract(epoch from now() - prepared)::float8, database::text from pg_prepared_xacts order by 2 desc";

impl Inspection<'_> {
    pub(super) async fn transactions(&mut self, slot_is_there: bool) -> Result<(), CaptureError> {
        let long = if slot_is_there { LONG_SINCE } else { LONG_BEFORE };
        let mut open = Vec::new();
        for row in self.rows(OPEN.to_owned(), &[]).await? {
            let (pid, seconds, later): (i64, Option<f64>, Option<i64>) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            let is_long = seconds.map_or(later.unwrap_or(0) > MANY_LATER, |seconds| seconds > long);
            if is_long {
                open.push((pid, seconds));
            }
        }
        self.add(open_check(&open, slot_is_there));
        let mut prepared = Vec::new();
        for row in self.rows(PREPARED.to_owned(), &[]).await? {
            let (gid, seconds, database): (String, Option<f64>, String) =
                (row.get(0)?, row.get(1)?, row.get(2)?);
            if seconds.unwrap_or(0.0) > long {
                prepared.push((gid, database));
            }
        }
        self.add(prepared_check(&prepared, slot_is_there));
        Ok(())
    }
}

fn consequence(slot_is_there: bool) -> (&'static str, &'static str) {
    if slot_is_there {
        (
            "máy chủ phải giữ nhật ký từ lúc đó, ổ đĩa đầy dần",
            "the server keeps its log from then on, and the disk fills",
        )
    } else {
        (
            "khe sao chép chưa tạo được, việc thu nhận chờ cho tới khi nó kết thúc",
            "the slot can't be made, and capture waits until it ends",
        )
    }
}

fn open_check(open: &[(i64, Option<f64>)], slot_is_there: bool) -> Check {
    let check = Check::new(
        CheckSubject::Server,
        label("không giao dịch nào mở quá lâu", "no transaction has been open for long"),
    );
    if open.is_empty() {
        return check;
    }
    let list = |hidden: &str, unit: &str| {
        let each = open.iter().map(|(pid, seconds)| {
            let since = seconds.map_or_else(
                || hidden.to_owned(),
                |seconds| format!("{:.0} {unit}", seconds / 60.0),
            );
            format!("pid {pid} ({since})")
        });
        each.collect::<Vec<_>>().join(", ")
    };
    let (vi, en) = consequence(slot_is_there);
    let end = open.iter().map(|(pid, _)| format!("-- select pg_terminate_backend({pid});"));
    check
        .warning(label(
            format!(
                "giao dịch mở đã lâu, {}: {vi}",
                list("tài khoản này không xem được từ bao giờ", "phút")
            ),
            format!("open for long, {}: {en}", list("since when is hidden from this role", "min")),
        ))
        .coded("BG0264")
        .remedy(Step::Person, end.collect::<Vec<_>>().join("\n"))
        .at_the_cost(label(
            "hỏi chủ của giao dịch trước: lệnh này hủy những gì nó chưa commit",
            "ask whose it is first: what it has not committed is undone",
        ))
}

fn prepared_check(prepared: &[(String, String)], slot_is_there: bool) -> Check {
    let check = Check::new(
        CheckSubject::Server,
        label(
            "không giao dịch chuẩn bị sẵn nào bị bỏ quên",
            "no prepared transaction is left behind",
        ),
    );
    if prepared.is_empty() {
        return check;
    }
    let count = prepared.len();
    let (vi, en) = consequence(slot_is_there);
    let end = prepared.iter().map(|(gid, database)| {
        format!(
            "-- \\connect {}\n-- rollback prepared {}; -- or: commit prepared",
            printable(database),
            printable(&literal(gid))
        )
    });
    check
        .warning(label(
            format!("{count} giao dịch đã PREPARE nhưng chưa kết thúc: {vi}"),
            format!("{count} prepared transaction(s) never ended: {en}"),
        ))
        .coded("BG0264")
        .remedy(Step::Person, end.collect::<Vec<_>>().join("\n"))
        .at_the_cost(label(
            "chỉ phần mềm đã tạo ra nó biết nên commit hay rollback",
            "only the program that prepared it knows which of the two is right",
        ))
}
