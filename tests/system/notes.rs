//! Tables of notes for the sinks' trials: one whose bad records are superseded, one that only grows.

use bangioc_tests::world::OwnTable;

/// A row of `note`: `body` is kept out of line, `n` must not be negative.
const NOTE: &str = "
dataset: note
owner: so-nnmt
name: { vi: Ghi chép thử, en: Trial notes }
kind: state
source: { table: dept.note }
key: [id]
columns:
  id: { type: integer, class: open, vi: Mã, en: Id }
  n: { type: integer, class: open, vi: Số, en: Number, range: 0.. }
  body: { type: text, class: internal, vi: Nội dung, en: Body }
  other: { type: text, class: internal, vi: Khác, en: Other }
";

const NOTE_TABLE: &str = "
create table note (id integer primary key, n integer, body text, other text);
alter table note alter column body set storage external;
alter table note alter column other set storage external;
";

pub(crate) fn note() -> OwnTable {
    OwnTable {
        source: "so-nnmt",
        table: "note".into(),
        sql: NOTE_TABLE.into(),
        file: "so-nnmt/note.yaml".into(),
        contract: NOTE.into(),
    }
}

/// Of a table without a key, inserts only.
pub(crate) const ENTRY: &str = "
dataset: gate-entry
owner: so-nnmt
name: { vi: Lượt qua cổng, en: Gate entries }
kind: append
source: { table: dept.gate_entry }
columns:
  gate: { type: varchar(20), class: open, vi: Cổng, en: Gate, required: true }
  weight: { type: integer, class: internal, vi: Khối lượng, en: Weight, range: 0.. }
  photo: { type: text, class: internal, vi: Ảnh, en: Photo }
";

pub(crate) fn entry() -> OwnTable {
    OwnTable {
        source: "so-nnmt",
        table: "gate_entry".into(),
        sql: "create table gate_entry (gate varchar(20) not null, weight integer, photo text);"
            .into(),
        file: "so-nnmt/gate-entry.yaml".into(),
        contract: ENTRY.into(),
    }
}
