//! How fresh a dataset is: which of the source's progress records the sink's positions have reached; and how
//! far its versions may reach. Pure arithmetic on offsets; seconds come from the source's own clock.
//!
//! What a source says of itself is believed within bounds: no time that has not come, no version that it did
//! not announce. The newest record in the topic's order counts, so that an honest one takes over from a false
//! one whatever that said.

use std::collections::{BTreeMap, VecDeque};

use bangioc_change::progress::{Ceiling, DatasetProgress, Offsets, Progress};
use bangioc_change::version::{Lsn, Version};
use serde::{Deserialize, Serialize};

use crate::refusal::RecordRefusal;

/// Records remembered per topic while the sink lags. When full, every second one is dropped: an hour's
/// lag needs no precision of a second.
const REMEMBERED: usize = 512;

/// The beginning of 2000. Before it no server of today has a clock, and a store's calendar ends somewhere, too.
const CLOCK_BEGINS_US: i64 = 946_684_800_000_000;

/// How far a source's clock may go before ours. Beyond it, a dead source could look alive.
const CLOCK_AHEAD_US: i64 = 3_600_000_000;

/// An exbibyte of log: no server ever wrote as much, and all ones lies beyond it.
const SANE_LSN: Lsn = Lsn(1 << 60);

/// As many servers as may be replaced between two records that we read. A single record must not use up
/// what a person counts by ones.
const EPOCH_STEP: u32 = 16;

/// The first epoch that we hear of a source may be its hundredth.
const SANE_EPOCH: u32 = 10_000;

/// A source that speaks of an older epoch is believed once the newer one has said nothing for as long: three
/// full records.
pub(crate) const SILENCE_US: i64 = 180_000_000;

/// Newest that a source has said, merged over its partial records. Kept in the store, so that a
/// restart need not read two weeks of records.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct BelievedSource {
    pub epoch: u32,
    pub lsn: String,
    pub at_us: i64,
    /// False until a full record came: before it, a topic that is not named says nothing.
    pub complete: bool,
    pub offsets: BTreeMap<String, Offsets>,
    pub datasets: BTreeMap<String, DatasetProgress>,
    /// Greatest version announced, hexadecimal. None: by a capture from before there were ceilings.
    #[serde(default)]
    ceiling: Option<String>,
    /// Of the newest record: why it was not believed.
    #[serde(default)]
    pub distrust: Option<String>,
    /// Our clock when this epoch was last heard of, microseconds since 1970.
    #[serde(default)]
    heard_us: i64,
}

impl BelievedSource {
    /// Nothing of this source has a version beyond it.
    pub(crate) fn bound(&self) -> Version {
        if let Some(ceiling) = self.ceiling.as_deref().and_then(Version::from_hex) {
            return ceiling;
        }
        Version {
            epoch: if self.epoch > 0 { self.epoch.saturating_add(1) } else { SANE_EPOCH },
            commit_lsn: SANE_LSN,
            ordinal: u64::MAX,
        }
    }

    pub(crate) fn take_ceiling(&mut self, ceiling: &Ceiling) -> Result<(), RecordRefusal> {
        let announced = ceiling.version().ok_or(RecordRefusal::Unreadable)?;
        let known = self.ceiling.as_deref().and_then(Version::from_hex);
        let epoch = known.map_or(self.epoch, |known| known.epoch);
        let highest = if epoch > 0 { epoch.saturating_add(EPOCH_STEP) } else { SANE_EPOCH };
        if announced.epoch > highest || announced.commit_lsn > SANE_LSN {
            return Err(RecordRefusal::VersionBeyond);
        }
        if known.is_none_or(|known| known < announced) {
            self.ceiling = Some(announced.to_hex());
        }
        Ok(())
    }

    /// `now_us`: our clock.
    pub(crate) fn take(&mut self, progress: Progress, now_us: i64) -> Result<(), RecordRefusal> {
        let told = self.believe(&progress, now_us);
        self.distrust = told.err().map(|refusal| refusal.as_str().to_owned());
        told?;
        if progress.epoch < self.epoch && now_us.saturating_sub(self.heard_us) < SILENCE_US {
            return Ok(());
        }
        if progress.epoch != self.epoch {
            *self = BelievedSource {
                epoch: progress.epoch,
                ceiling: self.ceiling.take(),
                ..BelievedSource::default()
            };
        }
        self.heard_us = now_us;
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
        Ok(())
    }

    fn believe(&self, progress: &Progress, now_us: i64) -> Result<(), RecordRefusal> {
        let position = Version {
            epoch: progress.epoch,
            commit_lsn: progress.lsn.parse().map_err(|_| RecordRefusal::Unreadable)?,
            ordinal: 0,
        };
        if position > self.bound() {
            Err(RecordRefusal::VersionBeyond)
        } else if !(CLOCK_BEGINS_US..=now_us.saturating_add(CLOCK_AHEAD_US))
            .contains(&progress.at_us)
        {
            Err(RecordRefusal::ClockSkew)
        } else {
            Ok(())
        }
    }
}

/// "Everything up to `lsn` lies before `offsets`", for one topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FreshnessMark {
    pub epoch: u32,
    pub lsn: String,
    pub at_us: i64,
    pub offsets: Offsets,
}

/// Marks of one topic that are not reached yet, oldest first, and the newest that is.
#[derive(Clone, Default, Debug)]
pub(crate) struct FreshnessMarks {
    ahead: VecDeque<FreshnessMark>,
    reached: Option<FreshnessMark>,
}

impl FreshnessMarks {
    pub(crate) fn push(&mut self, source: &BelievedSource, topic: &str) {
        let Some(offsets) = source.offsets.get(topic).filter(|_| source.complete) else {
            return;
        };
        // Offsets never fall: where they seem to, what was said before was false, and must not stand in the
        // way of what comes.
        while self.ahead.back().is_some_and(|mark| !is_reached(&mark.offsets, offsets)) {
            self.ahead.pop_back();
        }
        self.ahead.push_back(FreshnessMark {
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
    pub(crate) fn reach(&mut self, positions: &Offsets) -> Option<&FreshnessMark> {
        while self.ahead.front().is_some_and(|mark| is_reached(&mark.offsets, positions)) {
            self.reached = self.ahead.pop_front();
        }
        self.reached.as_ref()
    }
}

/// Does every partition stand at or behind the offset meant?
pub(crate) fn is_reached(offsets: &Offsets, positions: &Offsets) -> bool {
    offsets.iter().all(|(partition, offset)| {
        positions.get(partition).is_some_and(|position| position >= offset)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000_000;

    fn progress(lsn: &str, full: bool, offsets: &[(i32, i64)]) -> Progress {
        Progress {
            epoch: 1,
            lsn: lsn.into(),
            at_us: NOW,
            full,
            offsets: BTreeMap::from([("t".to_owned(), offsets.iter().copied().collect())]),
            datasets: BTreeMap::new(),
        }
    }

    #[test]
    fn a_dataset_is_as_fresh_as_the_newest_mark_that_all_partitions_reached() {
        let (mut source, mut marks) = (BelievedSource::default(), FreshnessMarks::default());
        for (lsn, full, offsets) in [
            ("0/1", true, &[(0, 10), (1, 0)][..]),
            ("0/2", false, &[(1, 5)]),
            ("0/3", false, &[(0, 20)]),
        ] {
            source.take(progress(lsn, full, offsets), NOW).unwrap();
            marks.push(&source, "t");
        }
        let mut at =
            |a, b| marks.reach(&Offsets::from([(0, a), (1, b)])).map(|mark| mark.lsn.clone());
        assert_eq!(at(9, 9), None);
        assert_eq!(at(10, 0), Some("0/1".into()));
        assert_eq!(at(15, 5), Some("0/2".into()));
        assert_eq!(at(20, 4), Some("0/2".into()));
        assert_eq!(at(20, 5), Some("0/3".into()));
    }

    #[test]
    fn a_partial_record_before_any_full_one_says_nothing() {
        let (mut source, mut marks) = (BelievedSource::default(), FreshnessMarks::default());
        source.take(progress("0/1", false, &[(0, 0)]), NOW).unwrap();
        marks.push(&source, "t");
        assert_eq!(marks.reach(&Offsets::from([(0, 100)])), None);
    }

    #[test]
    fn a_long_lag_is_remembered_coarsely_and_in_bounds() {
        let (mut source, mut marks) = (BelievedSource::default(), FreshnessMarks::default());
        for offset in 0..5_000 {
            let said = progress(&format!("0/{offset:X}"), true, &[(0, offset)]);
            source.take(said, NOW).unwrap();
            marks.push(&source, "t");
        }
        assert!(marks.ahead.len() <= REMEMBERED);
        let reached = marks.reach(&Offsets::from([(0, 4_000)])).unwrap().offsets[&0];
        assert!((3_900..=4_000).contains(&reached), "{reached}");
    }

    #[test]
    fn a_time_that_has_not_come_or_a_position_nobody_announced_is_not_believed() {
        let mut source = BelievedSource::default();
        source.take_ceiling(&Ceiling::new(1, Lsn(100))).unwrap();
        let said =
            |lsn: &str, at_us, epoch| Progress { at_us, epoch, ..progress(lsn, true, &[(0, 1)]) };
        source.take(said("0/64", NOW, 1), NOW).unwrap();
        for (lsn, at_us, epoch, refusal) in [
            ("0/64", NOW + CLOCK_AHEAD_US + 1, 1, RecordRefusal::ClockSkew),
            ("0/65", NOW, 1, RecordRefusal::VersionBeyond),
            ("0/1", NOW, 2, RecordRefusal::VersionBeyond),
            ("FFFFFFFF/FFFFFFFF", NOW, u32::MAX, RecordRefusal::VersionBeyond),
            ("nonsense", NOW, 1, RecordRefusal::Unreadable),
        ] {
            assert_eq!(source.take(said(lsn, at_us, epoch), NOW), Err(refusal));
            assert_eq!(source.distrust.as_deref(), Some(refusal.as_str()));
            assert_eq!((source.at_us, source.epoch, &*source.lsn), (NOW, 1, "0/64"));
        }
        // The next honest one takes over, though it says less.
        source.take(said("0/10", NOW + 5, 1), NOW).unwrap();
        assert_eq!((source.at_us, source.distrust), (NOW + 5, None));
    }

    #[test]
    fn a_ceiling_only_rises_and_not_by_leaps() {
        let mut source = BelievedSource::default();
        let sane = source.bound();
        assert!(sane.commit_lsn == SANE_LSN && sane.epoch == SANE_EPOCH);
        let all_ones = Ceiling::new(1, Lsn(u64::MAX));
        assert_eq!(source.take_ceiling(&all_ones), Err(RecordRefusal::VersionBeyond));
        source.take_ceiling(&Ceiling::new(1, Lsn(100))).unwrap();
        assert_eq!(source.bound().commit_lsn, Lsn(100));
        source.take_ceiling(&Ceiling::new(1, Lsn(7))).unwrap();
        assert_eq!(source.bound().commit_lsn, Lsn(100));
        let leap = Ceiling::new(u32::MAX, Lsn(1));
        assert_eq!(source.take_ceiling(&leap), Err(RecordRefusal::VersionBeyond));
        source.take_ceiling(&Ceiling::new(3, Lsn(1))).unwrap();
        assert_eq!((source.bound().epoch, source.bound().commit_lsn), (3, Lsn(1)));
    }

    #[test]
    fn without_a_ceiling_only_what_no_server_can_have_is_refused() {
        let mut source = BelievedSource::default();
        source.take(progress("0/1", true, &[(0, 0)]), NOW).unwrap();
        assert_eq!((source.bound().epoch, source.bound().commit_lsn), (2, SANE_LSN));
    }

    #[test]
    fn an_older_epoch_is_believed_again_once_the_newer_is_silent() {
        let mut source = BelievedSource::default();
        source.take_ceiling(&Ceiling::new(9, Lsn(100))).unwrap();
        let said = |epoch| Progress { epoch, ..progress("0/1", true, &[(0, 1)]) };
        source.take(said(9), NOW).unwrap();
        source.take(said(1), NOW + 1).unwrap();
        assert_eq!(source.epoch, 9, "one that was replaced may still speak");
        source.take(said(1), NOW + SILENCE_US + 1).unwrap();
        assert_eq!((source.epoch, source.complete), (1, true));
        assert_eq!(source.bound().epoch, 9);
    }

    #[test]
    fn a_false_offset_does_not_stand_in_the_way_of_honest_ones() {
        let (mut source, mut marks) = (BelievedSource::default(), FreshnessMarks::default());
        for (lsn, offset) in [("0/1", 10), ("0/2", i64::MAX), ("0/3", 20)] {
            source.take(progress(lsn, true, &[(0, offset)]), NOW).unwrap();
            marks.push(&source, "t");
        }
        let reached = marks.reach(&Offsets::from([(0, 25)])).unwrap();
        assert_eq!(reached.lsn, "0/3");
    }
}
