//! The server: can its log be followed, has it room for us, and what is it asked to wait for?

use std::fmt;

use bangioc_schemas::contract::Label;

use super::check::{Check, CheckSubject, Step};
use super::{Inspection, label};
use crate::error::CaptureError;
use crate::pinned::APPLICATION_NAME;
use crate::standby::{self, StandbyCount};

/// Oldest version with the messages that capture needs in its stream.
const OLDEST: u32 = 140_000;
/// Connections that a capture opens at once, beside its walsender: the copy, the progress, what is read back,
/// and this look.
const CONNECTIONS: i64 = 4;
/// Of the log's growth, seconds that must have been counted before a day is foretold from them.
const COUNTED: f64 = 3600.0;
const DAY: f64 = 86_400.0;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

const FACTS: &str = "select current_setting('server_version_num')::int8, current_setting('wal_level'), current_setting('server_encoding'), pg_is_in_recovery(), \
     (select setting::int8 from pg_settings where name = 'max_slot_wal_keep_size'), \
     current_setting('max_wal_senders')::int8, (select count(*) from pg_stat_replication), \
     current_setting('max_connections')::int8 - current_setting('superuser_reserved_connections')::int8, \
     (select sum(numbackends)::int8 from pg_stat_database), current_setting('synchronous_standby_names'), \
     array(select name from pg_settings where pending_restart), \
     exists (select from pg_replication_slots where slot_name = $1 and active)";

impl Inspection<'_> {
    pub(super) async fn server(&mut self, allow_unlimited_wal: bool) -> Result<(), CaptureError> {
        let slot = self.source.slot.clone();
        let rows = self.rows(FACTS.to_owned(), &[&slot]).await?;
        let Some(row) = rows.first() else {
            return Ok(());
        };
        let version: i64 = row.get(0)?;
        let (wal_level, encoding): (String, String) = (row.get(1)?, row.get(2)?);
        let standby: bool = row.get(3)?;
        let waiting: Vec<String> = row.get(10)?;
        self.server_version = u32::try_from(version).unwrap_or_default();
        let major = version / 10_000;
        self.add(unless(
            self.server_version >= OLDEST,
            Check::new(CheckSubject::Server, label(format!("PostgreSQL {major} trả lời"), format!("PostgreSQL {major} answers"))),
            "BG0262",
            || label(
                format!("đây là PostgreSQL {major}: luồng thay đổi của bản trước 14 thiếu thông tin cần cho thu nhận, phải nâng cấp máy chủ trước"),
                format!("it is PostgreSQL {major}: before 14 the stream of changes lacks what capture needs, so nothing can be captured until the server is upgraded"),
            ),
        ));
        self.add(unless(
            !standby,
            Check::new(CheckSubject::Server, label("không phải máy dự phòng", "it is no standby")),
            "BG0262",
            || label(
                "đây là máy dự phòng: không ghi được dấu mốc của bản sao vào nhật ký, hãy trỏ thu nhận tới máy chính",
                "it is a standby: the marks of a copy can't be written into its log, so point capture at the primary",
            ),
        ));
        self.add(
            unless(
                wal_level == "logical",
                Check::new(CheckSubject::Server, label("`wal_level` là `logical`", "`wal_level` is `logical`")),
                "BG0262",
                || if waiting.iter().any(|name| name == "wal_level") {
                    label(
                        format!("`wal_level` vẫn là `{wal_level}` cho tới khi máy chủ khởi động lại: trước đó không theo dõi được thay đổi nào"),
                        format!("`wal_level` stays `{wal_level}` until the server is restarted: before that no change can be followed"),
                    )
                } else {
                    label(
                        format!("`wal_level` là `{wal_level}`: nhật ký không chứa đủ thông tin để theo dõi thay đổi"),
                        format!("`wal_level` is `{wal_level}`: the log does not hold enough for changes to be followed"),
                    )
                },
            )
            .remedy(Step::Server, setting("wal_level", "logical"))
            .at_the_cost(restart()),
        );
        self.add(unless(
            encoding == "UTF8",
            Check::new(CheckSubject::Server, label("cơ sở dữ liệu dùng bảng mã UTF-8", "the database is UTF-8")),
            "BG0262",
            || label(
                format!("cơ sở dữ liệu dùng bảng mã {encoding}: chữ không đổi được sang UTF-8 sẽ làm dừng luồng thay đổi, nên thu nhận không bắt đầu; hãy chuyển sang một cơ sở dữ liệu UTF-8 (`pg_dump`, `create database … encoding 'UTF8'`)"),
                format!("the database is {encoding}: a text that has no UTF-8 would end the stream, so capture does not start; move it to a UTF-8 database (`pg_dump`, `create database … encoding 'UTF8'`)"),
            ),
        ));
        if !standby {
            let kept: i64 = row.get(4)?;
            self.room_on_the_disk(kept, allow_unlimited_wal).await?;
        }
        let streams: bool = row.get(11)?;
        self.add(senders(row.get(5)?, row.get(6)?, streams, &waiting));
        self.add(connections(row.get(7)?, row.get::<Option<i64>>(8)?.unwrap_or(0)));
        let names: String = row.get(9)?;
        self.add(synchronous(&names));
        Ok(())
    }

    /// A slot keeps the log for a capture that is away; for how long, and at whose cost?
    async fn room_on_the_disk(
        &mut self,
        kept_mib: i64,
        allow_unlimited_wal: bool,
    ) -> Result<(), CaptureError> {
        let row = self
            .row("select wal_bytes::float8, extract(epoch from now() - stats_reset)::float8 from pg_stat_wal")
            .await?;
        let (bytes, seconds): (Option<f64>, Option<f64>) = (row.get(0)?, row.get(1)?);
        let a_day = bytes
            .zip(seconds)
            .filter(|(_, seconds)| *seconds >= COUNTED)
            .map(|(bytes, seconds)| bytes / seconds * DAY);
        self.add(disk(kept_mib, a_day, allow_unlimited_wal));
        Ok(())
    }
}

fn unless(
    fine: bool,
    check: Check,
    code: &'static str,
    why: impl FnOnce() -> bangioc_schemas::contract::Label,
) -> Check {
    if fine { check } else { check.problem(why()).coded(code) }
}

/// Never lower than it is: whoever calls this has seen that.
pub(super) fn setting(name: &str, value: impl fmt::Display) -> String {
    format!("alter system set {name} = '{value}';\nselect pg_reload_conf();")
}

fn restart() -> Label {
    label(
        "chỉ có hiệu lực sau khi khởi động lại máy chủ: hãy chọn giờ vắng",
        "it takes effect when the server is restarted: choose a quiet hour",
    )
}

/// Twice as many, and at least ten more.
pub(super) fn more_than(limit: i64) -> i64 {
    (limit * 2).max(limit + 10)
}

fn gigabytes(bytes: f64) -> String {
    format!("{:.1} GB", bytes / GIB)
}

#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a forecast, in gigabytes and hours"
)]
fn disk(kept_mib: i64, a_day: Option<f64>, allow_unlimited_wal: bool) -> Check {
    let what = Check::new(
        CheckSubject::Server,
        label(
            "`max_slot_wal_keep_size` bảo vệ ổ đĩa",
            "`max_slot_wal_keep_size` protects the disk",
        ),
    );
    // What two days take, and a size that most disks have to spare.
    let enough = a_day.map_or(20, |bytes| ((bytes * 2.0 / GIB).ceil() as i64).max(20));
    let sql = setting("max_slot_wal_keep_size", format_args!("{enough}GB"));
    let cost = label(
        format!(
            "khi thu nhận ngừng, nhật ký giữ lại có thể chiếm tới {enough} GB ổ đĩa; hãy chọn mức mà ổ đĩa còn chỗ"
        ),
        format!(
            "while capture is away, up to {enough} GB of the disk may hold its log; choose what the disk has to spare"
        ),
    );
    if kept_mib < 0 {
        let (vi, en) = a_day.map_or_else(Default::default, |bytes| {
            (
                format!(" (khoảng {} một ngày)", gigabytes(bytes)),
                format!(" (about {} a day)", gigabytes(bytes)),
            )
        });
        let why = label(
            format!(
                "`max_slot_wal_keep_size` không giới hạn: nếu thu nhận ngừng lâu, nhật ký giữ cho nó{vi} sẽ làm đầy ổ đĩa và cơ sở dữ liệu của sở phải dừng"
            ),
            format!(
                "`max_slot_wal_keep_size` is unlimited: the log that is kept for a capture that stays away{en} fills the disk, and the department's database stops"
            ),
        );
        let found = if allow_unlimited_wal { what.warning(why) } else { what.problem(why) };
        return found.coded("BG0261").remedy(Step::Server, sql).at_the_cost(cost);
    }
    let kept = kept_mib as f64 * 1024.0 * 1024.0;
    match a_day {
        Some(bytes) if bytes > kept => {
            let hours = (kept / bytes * 24.0).max(0.1);
            what.warning(label(
                format!("nhật ký tăng khoảng {} một ngày mà máy chủ chỉ giữ {}: thu nhận ngừng quá chừng {hours:.1} giờ là mất khe sao chép, mọi bảng phải sao chép lại từ đầu", gigabytes(bytes), gigabytes(kept)),
                format!("the log grows by about {} a day and the server keeps {}: a capture that is away longer than about {hours:.1} hours loses its slot, and every table is copied again", gigabytes(bytes), gigabytes(kept)),
            ))
            .coded("BG0261")
            .remedy(Step::Server, sql)
            .at_the_cost(cost)
        }
        Some(bytes) => {
            let days = kept / bytes.max(1.0);
            let (vi, en) = if days > 365.0 {
                ("hơn một năm".to_owned(), "more than a year".to_owned())
            } else {
                (format!("khoảng {days:.1} ngày"), format!("about {days:.1} days"))
            };
            let mut what = what;
            what.what = label(
                format!(
                    "nhật ký tăng khoảng {} một ngày, máy chủ giữ {}: thu nhận có thể ngừng {vi} mà không mất gì",
                    gigabytes(bytes),
                    gigabytes(kept)
                ),
                format!(
                    "the log grows by about {} a day and the server keeps {}: capture may be away for {en} and loses nothing",
                    gigabytes(bytes),
                    gigabytes(kept)
                ),
            );
            what
        }
        None => what,
    }
}

fn senders(most: i64, taken: i64, streams: bool, waiting: &[String]) -> Check {
    let check =
        Check::new(CheckSubject::Server, label("còn chỗ cho một walsender", "a walsender is free"));
    if streams || taken < most {
        return check;
    }
    let waits = waiting.iter().any(|name| name == "max_wal_senders");
    let problem = label(
        format!("cả {most} walsender (`max_wal_senders`) đều đã dùng: thu nhận không kết nối được"),
        format!("all {most} walsenders (`max_wal_senders`) are taken: capture can't connect"),
    );
    full(check, "max_wal_senders", most, waits, &problem)
}

/// Raising the setting helps once the server is restarted, which may be all that is left to do.
pub(super) fn full(check: Check, name: &str, most: i64, waits: bool, problem: &Label) -> Check {
    let (vi, en) = if waits {
        ("; giá trị mới đang chờ khởi động lại", "; a new value waits for a restart")
    } else {
        ("", "")
    };
    check
        .problem(label(format!("{}{vi}", problem.vi), format!("{}{en}", problem.en)))
        .coded("BG0260")
        .remedy(Step::Server, setting(name, more_than(most)))
        .at_the_cost(restart())
}

fn connections(most: i64, taken: i64) -> Check {
    let check = Check::new(
        CheckSubject::Server,
        label("còn chỗ cho các kết nối của thu nhận", "there is room for capture's connections"),
    );
    let free = most - taken;
    if free >= CONNECTIONS {
        return check;
    }
    check
        .warning(label(
            format!("chỉ còn {free} trong {most} kết nối (`max_connections`), thu nhận dùng tới {CONNECTIONS}: phần mềm của sở và thu nhận sẽ giành chỗ của nhau"),
            format!("only {free} of {most} connections (`max_connections`) are free and capture opens up to {CONNECTIONS}: it and the department's own programs take each other's place"),
        ))
        .coded("BG0260")
        .remedy(Step::Server, setting("max_connections", more_than(most)))
        .at_the_cost(restart())
}

/// A logical walsender counts as a standby like any other, and nothing that we say can make it another.
fn synchronous(names: &str) -> Check {
    let check = Check::new(
        CheckSubject::Server,
        label(
            "không lệnh commit nào của sở phải chờ thu nhận",
            "no commit of the department waits for capture",
        ),
    );
    if standby::standing(names, &[]) == StandbyCount::Apart {
        return check;
    }
    let before = names.split_once('(').map_or("", |(before, _)| before.trim());
    let (open, close) = if before.is_empty() { ("", "") } else { (" (", ")") };
    let before = before.replace('\'', "");
    check
        .problem(label(
            format!("`synchronous_standby_names = '{names}'` tính cả thu nhận: mọi lệnh commit của sở sẽ chờ chúng tôi xác nhận, và treo khi chúng tôi dừng"),
            format!("`synchronous_standby_names = '{names}'` counts capture in: every commit of the department waits until we confirm it, and hangs while we are away"),
        ))
        .coded("BG0238")
        .aside()
        .remedy(
            Step::Commits,
            format!(
                "select format('alter system set synchronous_standby_names = %L', coalesce('{before}{open}' || string_agg(distinct '\"' || replace(r.application_name, '\"', '\"\"') || '\"', ', ') || '{close}', ''))\n  \
                 from pg_stat_replication r left join pg_replication_slots s on s.active_pid = r.pid\n  \
                 where s.slot_type is distinct from 'logical' and r.application_name not in ('pg_basebackup', '{APPLICATION_NAME}') \\gexec\n\
                 select pg_reload_conf();"
            ),
        )
        .at_the_cost(label(
            "từ đó commit chỉ chờ các máy dự phòng đang kết nối, gọi đích danh; máy nào đang tắt thì thêm tên nó vào",
            "commits then wait for the standbys that are connected now, by name; add the name of one that is down",
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_never_lowered() {
        assert_eq!((more_than(4), more_than(10), more_than(500)), (14, 20, 1000));
        let sql = |check: Check| check.remedy.map(|remedy| remedy.sql).unwrap_or_default();
        assert!(sql(senders(50, 50, false, &[])).contains("max_wal_senders = '100'"));
        assert!(senders(50, 50, true, &[]).is_fine(), "one of them is ours");
        // 900 GB a day, 100 GB kept: two days' worth, not the 20 of most.
        let much = disk(102_400, Some(900.0 * GIB), false);
        assert!(sql(much.clone()).contains("max_slot_wal_keep_size = '1800GB'"));
        assert!(much.is_warning() && much.sentence().en.contains("2.7 hours"), "{much:?}");
        assert!(disk(102_400, Some(GIB), false).is_fine());
        assert!(disk(102_400, None, false).is_fine());
        assert!(disk(-1, None, false).is_problem() && disk(-1, None, true).is_warning());
    }
}
