//! What one pass over a partition's records makes of them: to apply, to park ([`parking`]), to count. Touches nothing
//! but memory, so that a batch can be thrown away and read again.

mod parking;

use std::collections::{HashMap, HashSet};

use bangioc_change::decode::RecordBytes;
use bangioc_change::event::ChangeEvent;
use bangioc_change::version::Version;
use bangioc_change::wire;
use bangioc_schemas::rules::Warnings;

use crate::breaker::Breaker;
use crate::config::KeepBounds;
use crate::dataset::Dataset;
use crate::decoders::Recent;
use crate::error::SinkError;
use crate::incomplete::{
    self, EntryChange, EntryChanges, EntryWord, IncompleteKeys, TooLargeRecord,
};
use crate::judge::{Judge, Judged};
use crate::kept::Kept;
use crate::ledger::LedgerCounts;
use crate::pins::Pins;
use crate::poison::{Parking, Poison};
use crate::protection::Broken;
use crate::quarantine::{self, Quarantined};
use crate::refusal::RecordRefusal;
use crate::seal::{KeyRef, Seal, SealedPlace};
use crate::waiting::{ParkedKeys, SuspendedKeys};
use crate::workers::Buffers;

/// What a partition remembers between batches. A batch works on a copy, which counts once it is committed.
#[derive(Clone, Default)]
pub(crate) struct Memory {
    pub parked: ParkedKeys,
    /// May name keys that are not parked any more.
    pub suspended: SuspendedKeys,
    pub breaker: Breaker,
    pub floor: Version,
    /// Rows that the store refused, by [`EventBatch::identity`](bangioc_change::batch::EventBatch::identity), and why, until they are parked.
    pub refused: HashMap<Vec<u8>, Poison>,
    /// Rows that lack values for their size.
    pub incomplete: IncompleteKeys,
}

/// What does not change from record to record.
pub(crate) struct Bench<'a> {
    pub judge: Judge<'a>,
    pub partition: i32,
    pub seal: &'a Seal,
    pub bounds: KeepBounds,
    /// Records before this offset were in the log when `ceiling` was asked for: what lies beyond it is known
    /// to be nobody's.
    pub judged_below: i64,
}

/// All rows older than `version` go, after the first `at` of the live events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Barrier {
    pub at: usize,
    pub version: Version,
}

/// A full record that makes what waits under its key moot.
pub(crate) struct Superseding {
    pub key_ref: KeyRef,
    pub version: Version,
    /// Of the key columns, for a copy of the row; none where it is one.
    pub copy_of: Option<Vec<String>>,
}

/// Rows that look odd and are taken as they are, by kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Odd {
    /// Texts that are not in Unicode's composed form.
    pub nfc: i64,
    /// Invisible characters, or blanks at an end or doubled.
    pub whitespace: i64,
}

impl Odd {
    fn note(&mut self, warnings: Warnings) {
        self.nfc += i64::from(warnings.nfc.is_some());
        self.whitespace += i64::from(warnings.whitespace.is_some());
    }
}

pub(crate) struct Intake<'a> {
    bench: Bench<'a>,
    recent: &'a mut Recent,
    pub memory: Memory,
    pub first_offset: i64,
    pub next_offset: i64,
    pub barriers: Vec<Barrier>,
    pub parking: Vec<Parking>,
    /// Keys parked before this batch that records of it join, or make moot.
    pub queued_on: HashSet<KeyRef>,
    pub superseding: Vec<Superseding>,
    /// Keys, as texts, of rows that a copy is asked of.
    pub wanted: HashSet<Vec<String>>,
    pub quarantine: Vec<Quarantined>,
    pub incomplete: EntryChanges,
    pub counts: LedgerCounts,
    /// Why the pass ended before the records did; what came before it still counts.
    pub trouble: Option<SinkError>,
    /// Rows to be applied that look odd.
    pub odd: Odd,
    good_run: usize,
    parked_here: HashSet<KeyRef>,
}

impl<'a> Intake<'a> {
    pub(crate) fn new(
        bench: Bench<'a>,
        recent: &'a mut Recent,
        memory: Memory,
        first_offset: i64,
    ) -> Intake<'a> {
        Intake {
            bench,
            recent,
            memory,
            first_offset,
            next_offset: first_offset,
            barriers: Vec::new(),
            parking: Vec::new(),
            queued_on: HashSet::new(),
            superseding: Vec::new(),
            wanted: HashSet::new(),
            quarantine: Vec::new(),
            incomplete: EntryChanges::new(),
            counts: LedgerCounts::default(),
            trouble: None,
            odd: Odd::default(),
            good_run: 0,
            parked_here: HashSet::new(),
        }
    }

    fn dataset(&self) -> &'a Dataset {
        self.bench.judge.dataset
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.next_offset == self.first_offset
    }

    /// Takes one record in, of `bytes` in all. After trouble it takes none.
    pub(crate) fn take(&mut self, buffers: &mut Buffers, record: &RecordBytes<'_>, bytes: usize) {
        if self.trouble.is_some() {
            return;
        }
        let judged = if bytes > self.bench.bounds.record_bytes {
            self.too_large(record, bytes)
        } else {
            self.judge(buffers, record)
        };
        match judged {
            Ok(()) => {
                // Offsets that hold no record are passed over by Kafka itself.
                self.counts.control += record.offset - self.next_offset;
                self.next_offset = record.offset + 1;
            }
            Err(trouble) => self.trouble = Some(trouble),
        }
    }

    /// What schema ids mean, as far as it is not in the books.
    pub(crate) fn pins(&self) -> &Pins {
        &self.recent.pins
    }

    pub(crate) fn pins_committed(&mut self) {
        self.recent.pins.committed();
    }

    /// Ends the pass.
    pub(crate) fn finish(&mut self) {
        self.memory.breaker.passed(std::mem::take(&mut self.good_run));
    }

    fn judge(&mut self, buffers: &mut Buffers, bytes: &RecordBytes<'_>) -> Result<(), SinkError> {
        let at = buffers.events.len();
        let judged =
            self.bench.judge.record(self.recent, &mut buffers.events, self.memory.floor, bytes)?;
        let (poison, warnings) = match judged {
            Judged::Good(warnings) => (None, warnings),
            Judged::Bad(poison) => (Some(poison), Warnings::default()),
            Judged::Unreadable(poison) => return self.unreadable(bytes, poison),
            Judged::Awaited(id) => {
                return Err(SinkError::SchemaAwaited {
                    topic: self.dataset().topic.clone(),
                    partition: self.bench.partition,
                    id,
                });
            }
            Judged::Beyond => return self.beyond(bytes),
            Judged::Stale => {
                self.counts.stale += 1;
                return Ok(());
            }
            Judged::Truncate(version) => {
                self.truncate(version, buffers.live.len());
                return Ok(());
            }
            Judged::TruncateNotAgreed => {
                self.quarantine(bytes, RecordRefusal::TruncateNotAgreed, size(bytes));
                return Ok(());
            }
        };
        let event = buffers.events.event(at);
        let key = buffers.events.identity(at);
        let poison = poison.or_else(|| self.refusal(&key));
        if poison.is_some() || !self.memory.parked.is_empty() {
            let key_ref = self.bench.seal.key_ref(&self.dataset().topic, &key);
            if self.memory.parked.get(key_ref).is_some() || poison.is_some() {
                if poison.is_some() {
                    return self.park(key_ref, Some(event.version), bytes, poison);
                }
                if !self.makes_moot(key_ref, &event) {
                    self.ask_for_copy(key_ref, &event);
                    return self.park(key_ref, Some(event.version), bytes, None);
                }
            }
        }
        self.note_size(&event, &key, bytes)?;
        if !warnings.is_empty() {
            self.odd.note(warnings);
        }
        buffers.live.push(at);
        self.good_run += 1;
        Ok(())
    }

    /// Who announced no such version did not send it; unless he announced it a moment ago.
    fn beyond(&mut self, bytes: &RecordBytes<'_>) -> Result<(), SinkError> {
        if bytes.offset >= self.bench.judged_below {
            return Err(SinkError::CeilingAwaited { topic: self.dataset().topic.clone() });
        }
        self.quarantine(bytes, RecordRefusal::VersionBeyond, size(bytes));
        Ok(())
    }

    fn quarantine(&mut self, record: &RecordBytes<'_>, reason: RecordRefusal, bytes: usize) {
        self.counts.quarantined += 1;
        quarantine::note(&mut self.quarantine, record.offset, reason, bytes);
    }

    /// TRUNCATE at the source: later records build on an empty table, earlier parked ones are moot.
    fn truncate(&mut self, version: Version, at: usize) {
        self.counts.control += 1;
        if self.bench.judge.broken == Broken::Truncate || version <= self.memory.floor {
            return;
        }
        self.memory.floor = version;
        self.memory.parked.end_below(version);
        self.memory.incomplete.retain(|_, entry| entry.version >= version);
        // What the batch said of rows before it is of no matter; the barrier ends those in the store.
        self.incomplete.clear();
        self.barriers.push(Barrier { at, version });
    }

    fn refusal(&self, key: &[u8]) -> Option<Poison> {
        if self.memory.refused.is_empty() {
            return None;
        }
        self.memory.refused.get(key).cloned()
    }

    /// Keeps an entry of a row that is applied without a value which is too large.
    fn note_size(
        &mut self,
        event: &ChangeEvent<'_>,
        key: &[u8],
        bytes: &RecordBytes<'_>,
    ) -> Result<(), SinkError> {
        if self.memory.incomplete.is_empty() && !incomplete::is_too_large(event) {
            return Ok(());
        }
        let dataset = self.dataset();
        let key_ref = self.bench.seal.key_ref(&dataset.topic, key);
        let (word, now) = incomplete::hear(self.memory.incomplete.get(&key_ref), event);
        let change = match word {
            EntryWord::Nothing => return Ok(()),
            EntryWord::Complete => EntryChange::Ended,
            EntryWord::Narrower => EntryChange::Narrowed(now.columns.clone()),
            EntryWord::TooLarge => EntryChange::Told(TooLargeRecord {
                offset: bytes.offset,
                version: now.version,
                schema_id: bytes.value.and_then(|value| wire::schema_id(value).ok()),
                columns: now.columns.clone(),
                payload: self.sealed(bytes)?,
            }),
        };
        if word == EntryWord::Complete {
            self.memory.incomplete.remove(&key_ref);
        } else {
            self.memory.incomplete.insert(key_ref, now);
        }
        incomplete::note(&mut self.incomplete, key_ref, change);
        Ok(())
    }

    /// The record as it came, for whoever has the secret.
    fn sealed(&self, bytes: &RecordBytes<'_>) -> Result<Vec<u8>, SinkError> {
        let place = SealedPlace {
            topic: &self.dataset().topic,
            partition: self.bench.partition,
            offset: bytes.offset,
        };
        self.bench.seal.close(place, &Kept::of(bytes).to_bytes())
    }
}

/// What keeping the record would take.
fn size(bytes: &RecordBytes<'_>) -> usize {
    [bytes.key, bytes.value, bytes.version, bytes.absent]
        .iter()
        .map(|part| part.map_or(0, <[u8]>::len))
        .sum()
}
