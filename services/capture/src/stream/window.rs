//! Chunks between their marks. What the stream shows of a key between a chunk's low and high mark is
//! newer than the chunk's row of it, so that row is dropped; the others are sent at the high mark.

use std::collections::{HashSet, VecDeque};
use std::sync::mpsc::Receiver;

use bangioc_schemas::names::Side;

use crate::copy::handover::{Chunk, Handover};
use crate::notice::Why;
use crate::unit::{ChunkId, DatasetIndex};

/// Enough to cover every transaction that may have committed and yet be invisible to a snapshot.
const REMEMBERED: usize = 65_536;
/// Keys changed between two marks beyond which a chunk is rather read again: bounds memory when a huge
/// transaction falls between them.
const MOST_KEYS: usize = 100_000;

/// Keys that the stream has shown between a chunk's marks. Each feed has its own: a change that only one
/// of them was told of does not outdate the other's row.
#[derive(Default, PartialEq, Eq, Debug)]
pub(crate) struct Changed {
    shared: HashSet<Box<[u8]>>,
    open: HashSet<Box<[u8]>>,
}

impl Changed {
    pub(crate) fn of(&self, side: Side) -> &HashSet<Box<[u8]>> {
        match side {
            Side::Shared => &self.shared,
            Side::Open => &self.open,
        }
    }

    fn of_mut(&mut self, side: Side) -> &mut HashSet<Box<[u8]>> {
        match side {
            Side::Shared => &mut self.shared,
            Side::Open => &mut self.open,
        }
    }
}

/// A chunk whose rows may be sent, less those of the keys that have changed.
pub(crate) struct Ready {
    pub(crate) dataset: DatasetIndex,
    pub(crate) chunk: Chunk,
    pub(crate) changed: Changed,
}

/// What comes of a chunk at its high mark.
pub(crate) enum ChunkVerdict {
    /// Not ours, or given up.
    Unknown,
    /// A row may be older than what the stream has already shown.
    Retake(Why),
    Send(Box<Ready>),
}

struct ChunkWindow {
    id: ChunkId,
    dataset: DatasetIndex,
    /// Transactions that had committed when the low mark passed.
    committed_before: u64,
    open: bool,
    spoiled: Option<Why>,
    changed: Changed,
    chunk: Option<Chunk>,
}

pub(crate) struct Windows {
    handover: Receiver<Handover>,
    all: Vec<ChunkWindow>,
    open: usize,
    recent: VecDeque<u32>,
    committed: u64,
    /// Running when this stream began, and not met in it since. With synchronous replication one of them may have
    /// committed before the stream's beginning, and be seen by nobody yet.
    unmet: Vec<u32>,
}

impl Windows {
    pub(crate) fn new(handover: Receiver<Handover>, unmet: Vec<u32>) -> Windows {
        Windows {
            handover,
            unmet,
            all: Vec::new(),
            open: 0,
            recent: VecDeque::with_capacity(REMEMBERED),
            committed: 0,
        }
    }

    pub(crate) fn committed(&mut self, xid: u32) {
        if self.recent.len() == REMEMBERED {
            self.recent.pop_front();
        }
        self.recent.push_back(xid);
        self.committed += 1;
        if !self.unmet.is_empty() {
            self.unmet.retain(|unmet| *unmet != xid);
        }
    }

    /// Is any chunk between its marks?
    pub(crate) fn any_open(&self) -> bool {
        self.open > 0
    }

    /// The stream has sent something for this key on one of its dataset's feeds.
    pub(crate) fn changed(&mut self, dataset: DatasetIndex, side: Side, key: &[u8]) {
        for window in self
            .all
            .iter_mut()
            .filter(|window| window.open && window.dataset == dataset && window.spoiled.is_none())
        {
            let keys = window.changed.of_mut(side);
            if keys.len() >= MOST_KEYS {
                window.spoiled = Some(Why::TooManyChanges);
                window.changed = Changed::default();
            } else if !keys.contains(key) {
                keys.insert(key.into());
            }
        }
    }

    pub(crate) fn truncated(&mut self, dataset: DatasetIndex) {
        for window in self.all.iter_mut().filter(|window| window.open && window.dataset == dataset)
        {
            window.spoiled = Some(Why::Truncated);
        }
    }

    pub(crate) fn low_mark(&mut self, id: ChunkId) {
        self.take_handover();
        if let Some(window) = self.all.iter_mut().find(|window| window.id == id && !window.open) {
            window.open = true;
            window.committed_before = self.committed;
            self.open += 1;
        }
    }

    pub(crate) fn high_mark(&mut self, id: ChunkId) -> ChunkVerdict {
        self.take_handover();
        let Some(place) = self.all.iter().position(|window| window.id == id && window.open) else {
            return ChunkVerdict::Unknown;
        };
        let window = self.all.swap_remove(place);
        self.open -= 1;
        let Some(chunk) = window.chunk else {
            return ChunkVerdict::Unknown;
        };
        if let Some(why) = window.spoiled {
            return ChunkVerdict::Retake(why);
        }
        self.unmet.retain(|xid| chunk.seen_by.misses(*xid));
        if !self.unmet.is_empty() {
            return ChunkVerdict::Retake(Why::NotVisibleYet);
        }
        // A commit is in the log, and so in the stream, a moment before other sessions see it (with
        // synchronous replication: much longer). A chunk read in that moment holds the row as it was.
        let after_low =
            usize::try_from(self.committed - window.committed_before).unwrap_or(usize::MAX);
        let before_low = self.recent.len().saturating_sub(after_low);
        if self.recent.iter().take(before_low).any(|xid| chunk.seen_by.misses(*xid)) {
            return ChunkVerdict::Retake(Why::NotVisibleYet);
        }
        ChunkVerdict::Send(Box::new(Ready {
            dataset: window.dataset,
            chunk,
            changed: window.changed,
        }))
    }

    fn take_handover(&mut self) {
        while let Ok(handover) = self.handover.try_recv() {
            match handover {
                Handover::Expect(id, dataset) => self.all.push(ChunkWindow {
                    id,
                    dataset,
                    committed_before: 0,
                    open: false,
                    spoiled: None,
                    changed: Changed::default(),
                    chunk: None,
                }),
                Handover::Rows(chunk) => {
                    if let Some(window) = self.all.iter_mut().find(|window| window.id == chunk.id) {
                        window.chunk = Some(chunk);
                    }
                }
                Handover::Forget(id) => {
                    self.all.retain(|window| window.id != id);
                    self.open = self.all.iter().filter(|window| window.open).count();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Sender, channel};

    use super::*;
    use crate::tables::seen_by::SeenBy;
    use crate::tables::text::Rows;

    const DATASET: DatasetIndex = DatasetIndex(0);

    fn windows() -> (Sender<Handover>, Windows) {
        let (sender, receiver) = channel();
        (sender, Windows::new(receiver, Vec::new()))
    }

    fn chunk(id: ChunkId, seen_by: &str) -> Handover {
        Handover::Rows(Chunk {
            id,
            seen_by: SeenBy::parse(seen_by).unwrap(),
            rows: Rows::new(1),
            missing: Vec::new(),
            asked_by: None,
        })
    }

    #[test]
    fn keys_changed_between_the_marks_are_known() {
        let (copier, mut windows) = windows();
        copier.send(Handover::Expect(7, DATASET)).unwrap();
        windows.changed(DATASET, Side::Shared, b"before");
        windows.low_mark(7);
        windows.changed(DATASET, Side::Shared, b"between");
        windows.changed(DATASET, Side::Open, b"public");
        windows.changed(DatasetIndex(1), Side::Shared, b"elsewhere");
        copier.send(chunk(7, "10:10:")).unwrap();
        let ChunkVerdict::Send(ready) = windows.high_mark(7) else { panic!("not sent") };
        let Ready { dataset, changed, .. } = *ready;
        assert_eq!(dataset, DATASET);
        assert_eq!(changed.of(Side::Shared), &HashSet::from([b"between"[..].into()]));
        assert_eq!(changed.of(Side::Open), &HashSet::from([b"public"[..].into()]));
        assert!(!windows.any_open());
    }

    #[test]
    fn a_commit_the_snapshot_missed_spoils_the_chunk_if_it_came_before_the_low_mark() {
        for (missed, before, retaken) in [
            ("10:20:12", true, true),
            ("10:20:12", false, false),
            ("10:12:", true, true),
            ("10:20:13", true, false),
        ] {
            let (copier, mut windows) = windows();
            copier.send(Handover::Expect(7, DATASET)).unwrap();
            if before {
                windows.committed(12);
            }
            windows.low_mark(7);
            if !before {
                windows.committed(12);
            }
            copier.send(chunk(7, missed)).unwrap();
            assert_eq!(
                matches!(windows.high_mark(7), ChunkVerdict::Retake(Why::NotVisibleYet)),
                retaken,
                "{missed} {before}"
            );
        }
    }

    #[test]
    fn what_ran_before_the_stream_began_spoils_a_chunk_until_it_is_met_or_seen() {
        for (seen_by, met, retaken) in
            [("10:20:12", false, true), ("10:20:12", true, false), ("10:20:", false, false)]
        {
            let (copier, mut windows) = windows();
            windows.unmet = vec![12];
            copier.send(Handover::Expect(7, DATASET)).unwrap();
            windows.low_mark(7);
            if met {
                windows.committed(12);
            }
            copier.send(chunk(7, seen_by)).unwrap();
            let verdict = windows.high_mark(7);
            let is_retaken = matches!(verdict, ChunkVerdict::Retake(Why::NotVisibleYet));
            assert_eq!(is_retaken, retaken, "{seen_by} {met}");
        }
    }

    #[test]
    fn marks_of_another_process_mean_nothing() {
        let (copier, mut windows) = windows();
        windows.low_mark(7);
        assert!(!windows.any_open());
        assert!(matches!(windows.high_mark(7), ChunkVerdict::Unknown));
        // Given up between the marks.
        copier.send(Handover::Expect(8, DATASET)).unwrap();
        windows.low_mark(8);
        copier.send(Handover::Forget(8)).unwrap();
        assert!(matches!(windows.high_mark(8), ChunkVerdict::Unknown));
        assert!(!windows.any_open());
    }

    #[test]
    fn a_window_is_bounded_and_a_truncate_spoils_it() {
        for truncate in [true, false] {
            let (copier, mut windows) = windows();
            copier.send(Handover::Expect(7, DATASET)).unwrap();
            windows.low_mark(7);
            if truncate {
                windows.truncated(DATASET);
            } else {
                (0..=MOST_KEYS)
                    .for_each(|n| windows.changed(DATASET, Side::Shared, &n.to_be_bytes()));
            }
            copier.send(chunk(7, "10:10:")).unwrap();
            let expected = if truncate { Why::Truncated } else { Why::TooManyChanges };
            assert!(matches!(windows.high_mark(7), ChunkVerdict::Retake(why) if why == expected));
        }
    }
}
