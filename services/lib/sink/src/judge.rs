//! What a record is worth, judged by itself: the same for one that comes from Kafka and for one that was kept.
//!
//! | in this order | verdict |
//! |---|---|
//! | its schema is not known yet | wait |
//! | its version was never announced | beyond |
//! | its version lies below the floor | stale |
//! | it can't be read | bad, and no event |
//! | it empties the table | truncate, or not agreed |
//! | a rule is broken; a row without a key is changed | bad |
//! | else | good |
//!
//! What a row refers to is another question ([`crate::reference`]), and what the store says to it a third
//! ([`crate::refused`]).

use bangioc_change::DecodeCode;
use bangioc_change::batch::EventBatch;
use bangioc_change::decode::RecordBytes;
use bangioc_change::event::{ChangeEvent, Operation};
use bangioc_change::version::Version;
use bangioc_schemas::rules::Warnings;

use crate::dataset::Dataset;
use crate::decoders::{DecoderLookup, Decoders, Recent};
use crate::error::SinkError;
use crate::poison::Poison;
use crate::protection::Broken;

/// What does not change from record to record.
#[derive(Clone, Copy)]
pub(crate) struct Judge<'a> {
    pub dataset: &'a Dataset,
    pub decoders: &'a Decoders,
    pub broken: Broken,
    /// As the source has announced it: no version of its own lies beyond.
    pub ceiling: Version,
    /// The clock of this machine, microseconds since 1970: for rules about "today" only.
    pub now_us: i64,
}

/// Of a record that is read, the batch has the event as its last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Judged {
    Good(Warnings),
    /// Read, and not to be applied.
    Bad(Poison),
    /// No event comes of it.
    Unreadable(Poison),
    /// The registry does not know the schema of this id, and may learn of it.
    Awaited(u32),
    /// Its source announced no such version, as far as is known.
    Beyond,
    /// Older than what was emptied or swept.
    Stale,
    /// Rows older than this go.
    Truncate(Version),
    TruncateNotAgreed,
}

impl Judge<'_> {
    /// `floor`: versions below it no longer apply.
    pub(crate) fn record(
        &self,
        recent: &mut Recent,
        events: &mut EventBatch,
        floor: Version,
        record: &RecordBytes<'_>,
    ) -> Result<Judged, SinkError> {
        let found =
            recent.find(self.decoders, self.dataset, record.key, record.value, record.offset)?;
        let unread = |code: DecodeCode, field| {
            self.place(plain_version(record), floor)
                .unwrap_or(Judged::Unreadable(Poison { code: code.as_str(), field }))
        };
        let decoder = match found {
            DecoderLookup::Decoder(decoder) => decoder,
            DecoderLookup::Bad { code, field } => return Ok(unread(code, field)),
            DecoderLookup::Awaited(id) => return Ok(Judged::Awaited(id)),
        };
        let at = events.len();
        if let Err(error) = decoder.decode_into(*record, events) {
            let field = error.column.map(|column| self.column_name(column));
            return Ok(unread(error.code(), field));
        }
        Ok(self.event(&events.event(at), floor))
    }

    fn event(&self, event: &ChangeEvent<'_>, floor: Version) -> Judged {
        if event.op == Operation::Truncate {
            return self.truncate(event.version);
        }
        if let Some(misplaced) = self.place(Some(event.version), floor) {
            return misplaced;
        }
        let checked = match event.after.filter(|_| event.op != Operation::Delete) {
            Some(row) if self.broken != Broken::Rule => {
                self.dataset.contract.rules.check(row, self.now_us)
            }
            _ => Ok(Warnings::default()),
        };
        match checked {
            Err(breach) => Judged::Bad(Poison {
                code: breach.code.as_str(),
                field: breach.column.map(|column| self.column_name(column)),
            }),
            // A row without a key is only ever added.
            Ok(_)
                if !self.dataset.is_state()
                    && !matches!(event.op, Operation::Create | Operation::Read) =>
            {
                Judged::Bad(Poison { code: DecodeCode::Operation.as_str(), field: None })
            }
            Ok(warnings) => Judged::Good(warnings),
        }
    }

    /// Of a version that does not count. One that nobody knows stands nowhere.
    pub(crate) fn place(&self, version: Option<Version>, floor: Version) -> Option<Judged> {
        match version? {
            version if version > self.ceiling => Some(Judged::Beyond),
            version if version < floor && self.broken != Broken::Version => Some(Judged::Stale),
            _ => None,
        }
    }

    /// The table's own order decides whether it still counts, not the floor.
    fn truncate(&self, version: Version) -> Judged {
        let contract = &self.dataset.contract;
        if version > self.ceiling {
            Judged::Beyond
        } else if contract.truncate && contract.partitions == 1 {
            Judged::Truncate(version)
        } else {
            Judged::TruncateNotAgreed
        }
    }

    fn column_name(&self, column: usize) -> String {
        let columns = &self.dataset.contract.columns;
        columns.get(column).map(|column| column.name.clone()).unwrap_or_default()
    }
}

/// Of a record as it came; none where it has no version of the right length.
pub(crate) fn plain_version(record: &RecordBytes<'_>) -> Option<Version> {
    let version = record.version?.try_into().ok()?;
    Some(Version::from_bytes(version))
}

/// Does the event say all there is to say of its row? Only an update leaves out what did not change; whatever else
/// lacks a value lacks it for its size.
pub(crate) fn is_whole(event: &ChangeEvent<'_>) -> bool {
    event.op != Operation::Update || event.after.is_some_and(|row| !row.has_absent())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use bangioc_change::event::Origin;
    use bangioc_change::version::Lsn;
    use bangioc_feed::registry::{Authorities, RegistryClient, RegistrySettings};
    use bangioc_schemas::contract::Contract;
    use bangioc_schemas::row::{Absence, Cell, RowBuf};

    use super::*;

    const NOTE: &str = "
dataset: note
owner: so-nnmt
name: { vi: Ghi chép, en: Notes }
kind: state
truncate: true
source: { table: dept.note }
key: [id]
columns:
  id: { type: integer, class: open, vi: Mã, en: Id }
  n: { type: integer, class: open, vi: Số, en: Number, range: 0.. }
";

    fn version(lsn: u64) -> Version {
        Version { epoch: 1, commit_lsn: Lsn(lsn), ordinal: 0 }
    }

    /// Floor at 10, ceiling at 90.
    fn judged(contract: &str, op: Operation, lsn: u64, n: Cell<'_>) -> (Judged, bool) {
        let contract = Contract::from_yaml(contract).unwrap();
        let dataset = Dataset::new(Arc::new(contract), "t");
        let registry = RegistrySettings {
            url: "http://127.0.0.1:1".into(),
            user: None,
            password: None,
            authorities: Authorities::default(),
        };
        let decoders = Decoders::new(RegistryClient::new(&registry), Duration::ZERO);
        let judge = Judge {
            dataset: &dataset,
            decoders: &decoders,
            broken: Broken::Nothing,
            ceiling: version(90),
            now_us: 0,
        };
        let mut row = RowBuf::default();
        row.push(Cell::Text("1"));
        row.push(n);
        let (before, after) = match op {
            Operation::Delete => (Some(row.row()), None),
            Operation::Truncate => (None, None),
            _ => (None, Some(row.row())),
        };
        let event =
            ChangeEvent { op, version: version(lsn), before, after, origin: Origin::default() };
        (judge.event(&event, version(10)), is_whole(&event))
    }

    #[test]
    fn one_table_of_verdicts_for_what_comes_and_for_what_was_kept() {
        use Operation::{Create, Delete, Read, Truncate, Update};
        let bad = |code: &'static str, field: Option<&str>| {
            let field = field.map(str::to_owned);
            Judged::Bad(Poison { code, field })
        };
        let good = || Judged::Good(Warnings::default());
        let append =
            NOTE.replace("kind: state\ntruncate: true", "kind: append").replace("key: [id]\n", "");
        let not_agreed = NOTE.replace("truncate: true\n", "");
        let (one, less, absent) = (Cell::Text("1"), Cell::Text("-1"), Cell::Absent(Absence::Toast));
        for (contract, op, lsn, n, verdict, whole) in [
            (NOTE, Create, 50, one, good(), true),
            (NOTE, Update, 50, absent, good(), false),
            (NOTE, Read, 50, Cell::Absent(Absence::TooLarge), good(), true),
            (NOTE, Update, 50, less, bad("E_RANGE", Some("n")), true),
            (NOTE, Delete, 50, less, good(), true),
            (NOTE, Update, 91, less, Judged::Beyond, true),
            (NOTE, Update, 9, less, Judged::Stale, true),
            (NOTE, Truncate, 50, one, Judged::Truncate(version(50)), true),
            (NOTE, Truncate, 91, one, Judged::Beyond, true),
            (&not_agreed, Truncate, 50, one, Judged::TruncateNotAgreed, true),
            (&append, Create, 50, one, good(), true),
            (&append, Update, 50, one, bad("OPERATION", None), true),
            (&append, Delete, 50, one, bad("OPERATION", None), true),
        ] {
            assert_eq!(judged(contract, op, lsn, n), (verdict, whole), "{op:?} {lsn}");
        }
    }
}
