//! How far each source's versions reach, as it has announced on its progress topic. Who works on a partition
//! looks once per batch; whoever meets a version beyond waits until that topic is read to its end, and then
//! knows that nobody announced it.

use std::collections::HashMap;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bangioc_change::version::Version;

/// Between looks while somebody waits for a topic's end.
const SOON: Duration = Duration::from_millis(20);

/// Of all sources of one side, by progress topic.
#[derive(Default)]
pub(crate) struct Ceilings {
    known: Mutex<HashMap<String, Known>>,
    /// For those who wait to know more.
    told: Condvar,
    /// For whoever reads the topics.
    wanted: Condvar,
}

#[derive(Default)]
struct Known {
    /// None until the topic was read to where it ended when the process began.
    ceiling: Option<Version>,
    read_to: i64,
    wanted: i64,
}

impl Ceilings {
    fn known(&self) -> MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Versions beyond it are nobody's. None: not known yet.
    pub(crate) fn of(&self, progress_topic: &str) -> Option<Version> {
        self.known().get(progress_topic)?.ceiling
    }

    /// Does the ceiling know of what the topic holds up to `offset`?
    pub(crate) fn has_read(&self, progress_topic: &str, offset: i64) -> bool {
        self.known().get(progress_topic).is_some_and(|known| known.read_to > offset)
    }

    /// For whoever reads the topics: `ceiling` as of all records before `read_to`.
    pub(crate) fn tell(&self, progress_topic: &str, ceiling: Option<Version>, read_to: i64) {
        let mut known = self.known();
        let entry = match known.get_mut(progress_topic) {
            Some(entry) => entry,
            None => known.entry(progress_topic.to_owned()).or_default(),
        };
        entry.ceiling = ceiling.or(entry.ceiling);
        entry.read_to = read_to;
        drop(known);
        self.told.notify_all();
    }

    /// Waits until the topic is read to `end`, and its ceiling known; false when that takes too long.
    pub(crate) fn read_to(&self, progress_topic: &str, end: i64, patience: Duration) -> bool {
        let limit = Instant::now() + patience;
        let mut known = self.known();
        loop {
            let entry = known.entry(progress_topic.to_owned()).or_default();
            if entry.read_to >= end && entry.ceiling.is_some() {
                return true;
            }
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            if entry.wanted < end {
                entry.wanted = end;
                self.wanted.notify_all();
            }
            known = self.told.wait_timeout(known, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// For the same reader: until `round` has passed, somebody wants to know more, or [`Ceilings::wake`].
    pub(crate) fn pause(&self, round: Duration) {
        let known = self.known();
        let waits = |known: &HashMap<String, Known>| {
            known.values().any(|entry| {
                entry.wanted > entry.read_to || entry.ceiling.is_none() && entry.wanted > 0
            })
        };
        let time = if waits(&known) { SOON } else { round };
        let _ = self.wanted.wait_timeout(known, time).unwrap_or_else(PoisonError::into_inner);
    }

    pub(crate) fn wake(&self) {
        self.wanted.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn who_waits_for_the_end_of_a_topic_is_told_when_it_is_reached() {
        let ceilings = Arc::new(Ceilings::default());
        assert_eq!(ceilings.of("p"), None);
        assert!(!ceilings.read_to("p", 5, Duration::from_millis(1)));
        let waiting = std::thread::spawn({
            let ceilings = Arc::clone(&ceilings);
            move || ceilings.read_to("p", 5, Duration::from_secs(20))
        });
        let version = Version { epoch: 3, ..Version::default() };
        ceilings.tell("p", None, 4);
        ceilings.tell("p", Some(version), 5);
        assert!(waiting.join().unwrap());
        assert_eq!(ceilings.of("p"), Some(version));
        assert!(ceilings.has_read("p", 4));
        assert!(!ceilings.has_read("p", 5), "what the record before it announced is not known yet");
    }
}
