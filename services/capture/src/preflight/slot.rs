//! The slot: is it ours, has it its log, and if it is not there yet, is one free?

use bangioc_postgres_text::quoting::literal;

use super::check::{Check, CheckSubject, Step};
use super::server::full;
use super::{Cells, Inspection, label};
use crate::error::CaptureError;

/// Part of the log that the server keeps for a slot, from where a capture that is away should be seen to.
const HALF: f64 = 0.5;
const GIB: f64 = 1024.0 * 1024.0 * 1024.0;

const SLOT: &str = "select coalesce(plugin::text, slot_type), coalesce(database = current_database(), false), active, temporary, \
     restart_lsn is null and confirmed_flush_lsn is not null or coalesce(wal_status = 'lost', false), confirmed_flush_lsn is null, \
     case when pg_is_in_recovery() then null else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 end, \
     (select setting::float8 from pg_settings where name = 'max_slot_wal_keep_size'), coalesce(database::text, '') \
     from pg_replication_slots where slot_name = $1";
const SLOTS: &str = "select current_setting('max_replication_slots')::int8, (select count(*) from pg_replication_slots), \
     exists (select from pg_settings where name = 'max_replication_slots' and pending_restart)";

impl Inspection<'_> {
    /// Is it there?
    pub(super) async fn slot(&mut self) -> Result<bool, CaptureError> {
        let name = self.source.slot.clone();
        let rows = self.rows(SLOT.to_owned(), &[&name]).await?;
        let Some(row) = rows.first() else {
            let row = self.row(SLOTS).await?;
            self.add(free(row.get(0)?, row.get(1)?, row.get(2)?));
            return Ok(false);
        };
        let check = found(&name, row)?;
        self.add(check);
        Ok(true)
    }
}

fn free(most: i64, taken: i64, waits: bool) -> Check {
    let check = Check::new(
        CheckSubject::Slot,
        label("còn chỗ cho một khe; lần chạy đầu sẽ tự tạo", "one is free; the first run makes it"),
    );
    if taken < most {
        return check;
    }
    let problem = label(
        format!(
            "cả {most} khe (`max_replication_slots`) đều đã dùng: thu nhận không tạo được khe của mình"
        ),
        format!("all {most} slots (`max_replication_slots`) are taken: capture can't make its own"),
    );
    full(check, "max_replication_slots", most, waits, &problem)
}

fn found(name: &str, row: &Cells) -> Result<Check, CaptureError> {
    let check = Check::new(
        CheckSubject::Slot,
        label(
            format!("khe `{name}` là của thu nhận và còn đủ nhật ký"),
            format!("slot `{name}` is capture's, and has its log"),
        ),
    );
    let (plugin, here, active, temporary): (String, bool, bool, bool) =
        (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
    let (lost, begins): (bool, bool) = (row.get(4)?, row.get(5)?);
    let (behind, kept_mib): (Option<f64>, Option<f64>) = (row.get(6)?, row.get(7)?);
    if plugin != "pgoutput" || !here || temporary {
        let database: String = row.get(8)?;
        let of = if temporary { "temporary".to_owned() } else { format!("{plugin}, {database}") };
        return Ok(check
            .problem(label(
                format!("khe `{name}` là của người khác ({of}): thu nhận không dùng được; hãy đặt tên khác cho `slot` dưới `[source]`"),
                format!("slot `{name}` is somebody else's ({of}): capture can't use it; give `slot` under `[source]` another name"),
            ))
            .coded("BG0263")
            .remedy(Step::Person, format!("-- select pg_drop_replication_slot({});", literal(name)))
            .at_the_cost(label(
                "chỉ khi chắc chắn không ai còn dùng khe này: chủ của nó sẽ mất mọi thay đổi chưa đọc",
                "only if nobody uses that slot any longer: its owner loses every change not read yet",
            )));
    }
    if lost {
        return Ok(check
            .problem(label(
                format!("khe `{name}` đã mất nhật ký (thu nhận ngừng lâu hơn mức máy chủ giữ): một số thay đổi không còn lấy được; `bangioc source accept` tạo khe mới và sao chép lại mọi bảng"),
                format!("slot `{name}` has lost its log (capture was away for longer than the server keeps it): some changes are gone; `bangioc source accept` makes a new slot and copies every table again"),
            ))
            .coded("BG0263"));
    }
    if begins {
        let mut check = check;
        check.what = label(
            format!("khe `{name}` đang được tạo, chờ các giao dịch đang mở"),
            format!("slot `{name}` is being made, and waits for transactions that are open"),
        );
        return Ok(check);
    }
    let (behind, kept) = (behind.unwrap_or(0.0), kept_mib.unwrap_or(-1.0) * 1024.0 * 1024.0);
    // Of an unlimited one, a look at the disk tells.
    let much = if kept < 0.0 { 5.0 * GIB } else { kept * HALF };
    if !active && behind > much {
        let gb = behind / GIB;
        return Ok(check
            .warning(label(
                format!("thu nhận không chạy và khe `{name}` đang giữ {gb:.1} GB nhật ký: chờ thêm nữa thì mất khe hoặc đầy ổ đĩa; hãy chạy lại thu nhận"),
                format!("capture does not run and slot `{name}` holds {gb:.1} GB of the log: before long the slot is lost, or the disk full; start capture again"),
            ))
            .coded("BG0263"));
    }
    Ok(check)
}
