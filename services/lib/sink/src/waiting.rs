//! What a partition remembers of its parked keys: how much waits under each, and up to which version.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};

use bangioc_change::version::Version;

use crate::poison::{Parking, Poison};
use crate::seal::KeyRef;

/// The newest version that waits under a key; None once a record without version does.
pub(crate) type Newest = Option<Version>;

/// What waits under a parked key.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct WaitingRecords {
    pub newest: Newest,
    pub records: usize,
    /// Of payloads kept.
    pub bytes: usize,
    /// Some record of it was not kept, for its size or the queue's: a whole record that comes later says all
    /// there is to say, and nothing else can.
    pub by_reference: bool,
}

impl WaitingRecords {
    fn after(before: Option<WaitingRecords>, record: &Parking) -> WaitingRecords {
        let by_reference = record.poison.as_ref().is_some_and(Poison::is_by_reference);
        let newest = newest(before.as_ref().map(|before| &before.newest), record.version);
        let before = before.unwrap_or_default();
        WaitingRecords {
            newest,
            records: before.records + 1,
            bytes: before.bytes + record.payload.as_ref().map_or(0, Vec::len),
            by_reference: before.by_reference || by_reference,
        }
    }
}

/// Keys that are parked in one partition.
#[derive(Clone, Default, Debug)]
pub(crate) struct ParkedKeys {
    keys: HashMap<KeyRef, WaitingRecords>,
    bytes: usize,
}

impl ParkedKeys {
    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(crate) fn get(&self, key: KeyRef) -> Option<&WaitingRecords> {
        self.keys.get(&key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyRef> {
        self.keys.keys()
    }

    /// Of all payloads kept.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn add(&mut self, record: &Parking) {
        let waiting = WaitingRecords::after(self.keys.get(&record.key_ref).copied(), record);
        self.insert(record.key_ref, waiting);
    }

    pub(crate) fn insert(&mut self, key: KeyRef, waiting: WaitingRecords) {
        self.bytes += waiting.bytes;
        if let Some(before) = self.keys.insert(key, waiting) {
            self.bytes -= before.bytes;
        }
    }

    pub(crate) fn remove(&mut self, key: KeyRef) {
        if let Some(before) = self.keys.remove(&key) {
            self.bytes -= before.bytes;
        }
    }

    /// Those of which all is older than `version` are moot.
    pub(crate) fn end_below(&mut self, version: Version) {
        self.keys.retain(|_, waiting| waiting.newest.is_none_or(|newest| newest >= version));
        self.bytes = self.keys.values().map(|waiting| waiting.bytes).sum();
    }
}

/// Those of them that only wait for a row of another dataset.
pub(crate) type SuspendedKeys = HashSet<KeyRef>;

/// May some key wait for a row of another dataset?
#[derive(Default)]
pub(crate) struct MaySuspend(AtomicBool);

impl MaySuspend {
    pub(crate) fn raise(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}

/// `newest` after one more record.
fn newest(before: Option<&Newest>, version: Option<Version>) -> Newest {
    match before {
        Some(before) => Some((*before)?.max(version?)),
        None => version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::poison::QUEUE_FULL;

    #[test]
    fn what_waits_is_counted_and_forgotten_key_by_key() {
        let record = |key: u8, epoch, payload: usize, code| Parking {
            key_ref: KeyRef([key; 8]),
            offset: 0,
            version: Some(Version { epoch, ..Version::default() }),
            schema_id: None,
            poison: Some(Poison { code, field: None }),
            payload: Some(vec![0; payload]),
        };
        let mut parked = ParkedKeys::default();
        parked.add(&record(1, 1, 10, "E_RANGE"));
        parked.add(&record(1, 3, 5, "E_RANGE"));
        parked.add(&record(2, 2, 0, QUEUE_FULL));
        assert_eq!(parked.bytes(), 15);
        let waiting = parked.get(KeyRef([1; 8])).unwrap();
        assert_eq!((waiting.records, waiting.by_reference), (2, false));
        assert!(parked.get(KeyRef([2; 8])).unwrap().by_reference);
        parked.end_below(Version { epoch: 3, ..Version::default() });
        assert_eq!((parked.keys().count(), parked.bytes()), (1, 15));
        parked.remove(KeyRef([1; 8]));
        assert!(parked.is_empty() && parked.bytes() == 0);
    }

    #[test]
    fn a_record_without_version_makes_the_newest_unknown() {
        let version = |n| Some(Version { epoch: n, ..Version::default() });
        assert_eq!(newest(None, version(1)), version(1));
        assert_eq!(newest(Some(&version(3)), version(2)), version(3));
        assert_eq!(newest(Some(&version(3)), None), None);
        assert_eq!(newest(Some(&None), version(5)), None);
    }
}
