//! How fresh a dataset is: which of the source's progress records the sink's positions have reached.
//! Pure arithmetic on offsets; seconds come from the source's own clock.

use std::collections::{BTreeMap, VecDeque};

use bangioc_change::progress::{DatasetProgress, Offsets, Progress};
use serde::{Deserialize, Serialize};

/// Records remembered per topic while the sink lags. When full, every second one is dropped: an hour's
/// lag needs no precision of a second.
const REMEMBERED: usize = 512;

/// Newest that a source has said, merged over its partial records. Kept in the store, so that a
/// restart need not read two weeks of records.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct SourceState {
    pub epoch: u32,
    pub lsn: String,
    pub at_us: i64,
    /// False until a full record came: before it, a topic that is not named says nothing.
    pub complete: bool,
    pub offsets: BTreeMap<String, Offsets>,
    pub datasets: BTreeMap<String, DatasetProgress>,
}

impl SourceState {
    pub fn take(&mut self, progress: Progress) {
        if progress.epoch < self.epoch {
            return;
        }
        if progress.epoch > self.epoch {
            *self = SourceState {
                epoch: progress.epoch,
                ..SourceState::default()
            };
        }
        self.lsn = progress.lsn;
        self.at_us = progress.at_us;
        if progress.full {
            self.complete = true;
            self.offsets = progress.offsets;
            self.datasets = progress.datasets;
        } else {
            for (topic, offsets) in progress.offsets {
                self.offsets.entry(topic).or_default().extend(offsets);
            }
        }
    }
}

/// "Everything up to `lsn` lies before `offsets`", for one topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mark {
    pub epoch: u32,
    pub lsn: String,
    pub at_us: i64,
    pub offsets: Offsets,
}

/// Marks of one topic that are not reached yet, oldest first, and the newest that is.
#[derive(Clone, Default, Debug)]
pub struct Marks {
    ahead: VecDeque<Mark>,
    reached: Option<Mark>,
}

impl Marks {
    pub fn push(&mut self, source: &SourceState, topic: &str) {
        let Some(offsets) = source.offsets.get(topic).filter(|_| source.complete) else {
            return;
        };
        self.ahead.push_back(Mark {
            epoch: source.epoch,
            lsn: source.lsn.clone(),
            at_us: source.at_us,
            offsets: offsets.clone(),
        });
        if self.ahead.len() > REMEMBERED {
            let mut keep = false;
            self.ahead.retain(|_| {
                keep = !keep;
                keep
            });
        }
    }

    /// The newest mark that these positions have reached.
    pub fn reach(&mut self, positions: &Offsets) -> Option<&Mark> {
        while self
            .ahead
            .front()
            .is_some_and(|mark| is_reached(&mark.offsets, positions))
        {
            self.reached = self.ahead.pop_front();
        }
        self.reached.as_ref()
    }
}

/// Does every partition stand at or behind the offset meant?
pub fn is_reached(offsets: &Offsets, positions: &Offsets) -> bool {
    offsets.iter().all(|(partition, offset)| {
        positions
            .get(partition)
            .is_some_and(|position| position >= offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(lsn: &str, full: bool, offsets: &[(i32, i64)]) -> Progress {
        Progress {
            epoch: 1,
            lsn: lsn.into(),
            at_us: 0,
            full,
            offsets: BTreeMap::from([("t".to_owned(), offsets.iter().copied().collect())]),
            datasets: BTreeMap::new(),
        }
    }

    #[test]
    fn a_dataset_is_as_fresh_as_the_newest_mark_that_all_partitions_reached() {
        let (mut source, mut marks) = (SourceState::default(), Marks::default());
        for (lsn, full, offsets) in [
            ("0/1", true, &[(0, 10), (1, 0)][..]),
            ("0/2", false, &[(1, 5)]),
            ("0/3", false, &[(0, 20)]),
        ] {
            source.take(progress(lsn, full, offsets));
            marks.push(&source, "t");
        }
        let mut at = |a, b| {
            marks
                .reach(&Offsets::from([(0, a), (1, b)]))
                .map(|mark| mark.lsn.clone())
        };
        assert_eq!(at(9, 9), None);
        assert_eq!(at(10, 0), Some("0/1".into()));
        assert_eq!(at(15, 5), Some("0/2".into()));
        assert_eq!(at(20, 4), Some("0/2".into()));
        assert_eq!(at(20, 5), Some("0/3".into()));
    }

    #[test]
    fn a_partial_record_before_any_full_one_says_nothing() {
        let (mut source, mut marks) = (SourceState::default(), Marks::default());
        source.take(progress("0/1", false, &[(0, 0)]));
        marks.push(&source, "t");
        assert_eq!(marks.reach(&Offsets::from([(0, 100)])), None);
    }

    #[test]
    fn a_long_lag_is_remembered_coarsely_and_in_bounds() {
        let (mut source, mut marks) = (SourceState::default(), Marks::default());
        for offset in 0..5_000 {
            source.take(progress(&format!("0/{offset:X}"), true, &[(0, offset)]));
            marks.push(&source, "t");
        }
        assert!(marks.ahead.len() <= REMEMBERED);
        let reached = marks.reach(&Offsets::from([(0, 4_000)])).unwrap().offsets[&0];
        assert!((3_900..=4_000).contains(&reached), "{reached}");
    }
}
