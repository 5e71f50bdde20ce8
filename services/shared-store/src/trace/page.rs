//! A side's part of a trace, for people.

use std::fmt::Write as _;

use bangioc_runtime::printable::printable;
use bangioc_runtime::table::{aligned, counted, thousands};

use super::{Outcome, SeenRecord, SideTrace};

impl SideTrace {
    pub fn to_text(&self) -> String {
        let mut text = format!(
            "{} SIDE  {}, partition {}\n",
            self.side.to_uppercase(),
            self.topic,
            self.partition
        );
        self.log(&mut text);
        let position = match self.position {
            Some(position) => format!("takes in offset {} next", thousands(position)),
            None => "has not begun".to_owned(),
        };
        let _ = writeln!(text, "  sink    {position}");
        let row = match &self.row {
            None => "no such row, and none was deleted".to_owned(),
            Some(row) if !row.live => format!("deleted at version {}", row.version),
            Some(row) if row.missing.is_empty() => format!("there, version {}", row.version),
            Some(row) => {
                format!("there, version {}, without {}", row.version, row.missing.join(", "))
            }
        };
        let _ = writeln!(text, "  store   {row}");
        if let Some(complete) = &self.complete {
            let _ = writeln!(
                text,
                "  fresh   everything up to {} {} is in the store, {}",
                complete.epoch,
                printable(&complete.lsn),
                complete.at
            );
        }
        text
    }

    fn log(&self, text: &mut String) {
        if self.records.is_empty() {
            text.push_str("  kafka   no record of it is left in the log, or there never was one\n");
            return;
        }
        let _ = writeln!(
            text,
            "  kafka   {} of it in the log{}",
            counted(i64::try_from(self.records_in_log).unwrap_or(i64::MAX), "record", "records"),
            if self.records_in_log > self.records.len() as u64 { ", the newest are:" } else { ":" }
        );
        let head = ["OFFSET", "OP", "VERSION", "COMMITTED", "ON KAFKA", "TAKEN IN", "OUTCOME"]
            .map(str::to_owned);
        let rows: Vec<[String; 7]> =
            std::iter::once(head).chain(self.records.iter().map(cells)).collect();
        for line in aligned(&rows, 0..1).lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
}

fn cells(record: &SeenRecord) -> [String; 7] {
    let or_dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".to_owned());
    [
        thousands(record.offset),
        record.op.unwrap_or("?").to_owned(),
        or_dash(&record.version.map(|version| version.to_string())),
        or_dash(&record.committed_at),
        or_dash(&record.on_kafka_at),
        or_dash(&record.taken_at),
        match &record.outcome {
            Outcome::NotTaken => "waits".to_owned(),
            Outcome::InStore => "the row in the store".to_owned(),
            Outcome::Past => "past".to_owned(),
            Outcome::Parked { state, code } => {
                format!("{state}: {}", code.as_deref().unwrap_or("waits behind"))
            }
        },
    ]
}

#[cfg(test)]
mod tests {
    use bangioc_change::version::{Lsn, Version};

    use super::super::{Complete, ShownVersion, StoredRow};
    use super::*;

    fn version(ordinal: u64) -> ShownVersion {
        ShownVersion(Version { epoch: 1, commit_lsn: Lsn(0x15_A3F1_2000), ordinal })
    }

    fn record(offset: i64, op: &'static str, ordinal: u64, outcome: Outcome) -> SeenRecord {
        let at = |second: i64| Some(format!("2026-11-24T08:00:{second:02}.000Z"));
        SeenRecord {
            offset,
            op: Some(op),
            version: Some(version(ordinal)),
            committed_at: at(1),
            on_kafka_at: at(2),
            taken_at: at(3).filter(|_| outcome != Outcome::NotTaken),
            outcome,
        }
    }

    #[test]
    fn the_page() {
        let parked = Outcome::Parked { state: "parked".into(), code: Some("E_RANGE".into()) };
        let mut trace = SideTrace {
            side: "shared",
            topic: "caobang.shared.so-nnmt.land-parcel".into(),
            partition: 2,
            records_in_log: 4,
            records: vec![
                record(7, "r", 0, Outcome::Past),
                record(1_042, "u", 2, Outcome::InStore),
                record(1_043, "u", 4, parked),
                record(9_000, "d", 6, Outcome::NotTaken),
            ],
            position: Some(8_000),
            row: Some(StoredRow {
                version: version(2),
                live: true,
                missing: vec!["geom_wkt".into()],
            }),
            complete: Some(Complete {
                epoch: 1,
                lsn: "15/A3F12000".into(),
                at: "2026-11-24T08:00:04.000Z".into(),
            }),
        };
        insta::assert_snapshot!(trace.to_text(), @r"
        SHARED SIDE  caobang.shared.so-nnmt.land-parcel, partition 2
          kafka   4 records of it in the log:
            OFFSET  OP  VERSION          COMMITTED                 ON KAFKA                  TAKEN IN                  OUTCOME
                 7  r   1 15/A3F12000 0  2026-11-24T08:00:01.000Z  2026-11-24T08:00:02.000Z  2026-11-24T08:00:03.000Z  past
             1,042  u   1 15/A3F12000 2  2026-11-24T08:00:01.000Z  2026-11-24T08:00:02.000Z  2026-11-24T08:00:03.000Z  the row in the store
             1,043  u   1 15/A3F12000 4  2026-11-24T08:00:01.000Z  2026-11-24T08:00:02.000Z  2026-11-24T08:00:03.000Z  parked: E_RANGE
             9,000  d   1 15/A3F12000 6  2026-11-24T08:00:01.000Z  2026-11-24T08:00:02.000Z  –                         waits
          sink    takes in offset 8,000 next
          store   there, version 1 15/A3F12000 2, without geom_wkt
          fresh   everything up to 1 15/A3F12000 is in the store, 2026-11-24T08:00:04.000Z
        ");
        trace.records.clear();
        trace.row = None;
        trace.position = None;
        trace.complete = None;
        insta::assert_snapshot!(trace.to_text(), @r"
        SHARED SIDE  caobang.shared.so-nnmt.land-parcel, partition 2
          kafka   no record of it is left in the log, or there never was one
          sink    has not begun
          store   no such row, and none was deleted
        ");
    }
}
