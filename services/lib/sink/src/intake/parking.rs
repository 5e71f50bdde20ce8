//! What of a partition's records waits: a key parks, queues or is free again.

use bangioc_change::decode::RecordBytes;
use bangioc_change::event::{ChangeEvent, Operation};
use bangioc_change::version::Version;
use bangioc_change::wire;
use bangioc_schemas::contract::OnPoison;
use bangioc_schemas::rules::RuleCode;

use super::{Intake, Superseding, size};
use crate::dataset::key_texts;
use crate::error::SinkError;
use crate::judge::{Judged, is_whole, plain_version};
use crate::poison::{Parking, Poison, QUEUE_FULL, RECORD_TOO_LARGE};
use crate::refusal::RecordRefusal;
use crate::seal::KeyRef;
use crate::waiting::WaitingRecords;

impl Intake<'_> {
    /// It is not kept, only its key parked, so that nothing of the row is applied before a copy says all of
    /// it. Where the row can't be told, or stands in no order, only the record's place is kept.
    pub(super) fn too_large(
        &mut self,
        record: &RecordBytes<'_>,
        bytes: usize,
    ) -> Result<(), SinkError> {
        let version = plain_version(record);
        match self.bench.judge.place(version, self.memory.floor) {
            Some(Judged::Beyond) => return self.beyond(record),
            Some(_) => {
                self.counts.stale += 1;
                return Ok(());
            }
            None => {}
        }
        let key = record.key.filter(|_| self.dataset().is_state());
        let datum = key.and_then(|key| Some(wire::split(key).ok()?.1));
        let (Some(version), Some(datum)) = (version, datum) else {
            self.quarantine(record, RecordRefusal::RecordTooLarge, bytes);
            return Ok(());
        };
        let key_ref = self.bench.seal.key_ref(&self.dataset().topic, datum);
        let poison = Poison { code: RECORD_TOO_LARGE, field: None };
        self.park(key_ref, Some(version), record, Some(poison))
    }

    /// A record that says all of its row, and is newer than all that waits under its key, needs nothing of it.
    pub(super) fn makes_moot(&mut self, key_ref: KeyRef, event: &ChangeEvent<'_>) -> bool {
        let waits = self.memory.parked.get(key_ref);
        let newest = waits.and_then(|waits| waits.newest);
        if !is_whole(event) || newest.is_none_or(|waiting| waiting >= event.version) {
            return false;
        }
        let Some(key) = key_texts(self.dataset(), event) else {
            return false;
        };
        if !self.parked_here.contains(&key_ref) {
            // Somebody may have replayed it meanwhile: what is remembered of the row is then out of date.
            self.queued_on.insert(key_ref);
        }
        self.memory.parked.remove(key_ref);
        self.memory.suspended.remove(&key_ref);
        self.superseding.push(Superseding {
            key_ref,
            version: event.version,
            copy_of: (event.op != Operation::Read).then_some(key),
        });
        true
    }

    /// Good by itself and not whole, it can't end what it waits behind: a copy of the row can. What waits for a
    /// row of another dataset needs none.
    pub(super) fn ask_for_copy(&mut self, key_ref: KeyRef, event: &ChangeEvent<'_>) {
        if !is_whole(event)
            && !self.memory.suspended.contains(&key_ref)
            && let Some(key) = key_texts(self.dataset(), event)
        {
            self.wanted.insert(key);
        }
    }

    pub(super) fn unreadable(
        &mut self,
        bytes: &RecordBytes<'_>,
        poison: Poison,
    ) -> Result<(), SinkError> {
        let dataset = self.bench.judge.dataset;
        let key_ref = match bytes.key {
            // Of a key that can't be read, its bytes as they came.
            Some(key) => {
                let datum = wire::split(key).map_or(key, |(_, datum)| datum);
                self.bench.seal.key_ref(&dataset.topic, datum)
            }
            // Of which row it speaks nobody can know.
            None if dataset.is_state() => {
                self.quarantine(bytes, RecordRefusal::KeyNull, size(bytes));
                return Ok(());
            }
            // Without a key each record stands alone.
            None => self.bench.seal.key_ref(&dataset.topic, &bytes.offset.to_be_bytes()),
        };
        self.park(key_ref, plain_version(bytes), bytes, Some(poison))
    }

    pub(super) fn park(
        &mut self,
        key_ref: KeyRef,
        version: Option<Version>,
        bytes: &RecordBytes<'_>,
        poison: Option<Poison>,
    ) -> Result<(), SinkError> {
        let (topic, partition) = (&self.dataset().topic, self.bench.partition);
        let waiting = self.memory.parked.get(key_ref).copied();
        if let (Some(poison), None) = (&poison, waiting)
            && poison.suspends()
        {
            self.memory.suspended.insert(key_ref);
            tracing::debug!(topic, partition, offset = bytes.offset, %key_ref, "key suspended");
        } else if let (Some(poison), None) = (&poison, waiting) {
            self.memory.suspended.remove(&key_ref);
            if self.dataset().contract.on_poison == OnPoison::Halt {
                return Err(SinkError::PoisonHalts {
                    topic: topic.clone(),
                    partition,
                    offset: bytes.offset,
                    code: poison.code.to_owned(),
                });
            }
            self.memory.breaker.passed(std::mem::take(&mut self.good_run));
            let bad = |key: &&KeyRef| !self.memory.suspended.contains(*key);
            let bad_keys = self.memory.parked.keys().filter(bad).count();
            let no_room = self.memory.parked.bytes() >= self.bench.bounds.partition_bytes;
            if let Some(reason) = self.memory.breaker.failed(key_ref, bad_keys, no_room) {
                return Err(SinkError::Systemic { topic: topic.clone(), partition, reason });
            }
            tracing::warn!(topic, partition, offset = bytes.offset, %key_ref, code = poison.code, "key parked");
        }
        if waiting.is_none() {
            self.parked_here.insert(key_ref);
        } else if !self.parked_here.contains(&key_ref) {
            self.queued_on.insert(key_ref);
        }
        // What must not be here at all is not kept, sealed or not.
        let kept = poison.as_ref().is_none_or(|poison| {
            ![RuleCode::Secret.as_str(), RECORD_TOO_LARGE].contains(&poison.code)
        });
        let room = self.has_room(waiting, size(bytes));
        let poison = match poison {
            // A code of its own, since it can only be made moot; the key keeps the one it was parked for.
            _ if kept && !room => Some(Poison { code: QUEUE_FULL, field: None }),
            poison => poison,
        };
        let keep = kept && room;
        let payload = if keep { Some(self.sealed(bytes)?) } else { None };
        let parking = Parking {
            key_ref,
            offset: bytes.offset,
            version,
            schema_id: bytes.value.and_then(|value| wire::schema_id(value).ok()),
            poison,
            payload,
        };
        self.memory.parked.add(&parking);
        self.parking.push(parking);
        self.counts.parked += 1;
        Ok(())
    }

    /// May a record of `bytes` be kept behind those that wait under its key?
    fn has_room(&self, waiting: Option<WaitingRecords>, bytes: usize) -> bool {
        let bounds = &self.bench.bounds;
        let waiting = waiting.unwrap_or_default();
        waiting.records < bounds.key_records
            && waiting.bytes + bytes <= bounds.key_bytes
            && self.memory.parked.bytes() + bytes <= bounds.partition_bytes
    }
}
