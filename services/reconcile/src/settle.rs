//! Is a difference one, or is a change on its way? A key is read at the source between two marks; once the store has
//! passed the second, the two are equal, or the store has something newer, or it differs. It differs for good when it
//! did so twice in a row, the same, with nothing newer in between: a transaction whose commit is in the log and not
//! yet seen by others would else be taken for a difference.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use bangioc_change::version::{Lsn, Version};
use bangioc_schemas::row::{Cell, RowBuf};

use crate::error::ReconcileError;
use crate::open::RowCut;
use crate::source::{Between, KeyTexts, Source};
use crate::store::{Expected, Store, Unequal};

/// Keys read in one go.
const BATCH: usize = 1_000;
/// Looks at a key that is different each time.
const LOOKS: u32 = 8;
const FIRST_PAUSE: Duration = Duration::from_millis(300);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// A row that differs for good.
pub(crate) struct Real {
    pub(crate) key: KeyTexts,
    /// Should there be a row?
    pub(crate) expected: bool,
    pub(crate) found: Unequal,
}

#[derive(Default)]
pub(crate) struct Settled {
    pub(crate) real: Vec<Real>,
    pub(crate) moving: Vec<KeyTexts>,
    /// Where the source's log was read last.
    pub(crate) read: Option<Lsn>,
}

/// What was seen of a key: the row that should be there, and what was.
#[derive(PartialEq, Eq)]
struct SeenKey {
    expected: u64,
    found: Unequal,
}

pub(crate) async fn settle(
    source: &mut Source,
    store: &mut Store,
    cut: &RowCut,
    keys: Vec<KeyTexts>,
    (patience, now_us): (Duration, i64),
) -> Result<Settled, ReconcileError> {
    let mut settled = Settled::default();
    let mut open: Vec<(KeyTexts, Option<SeenKey>)> =
        keys.into_iter().map(|key| (key, None)).collect();
    let mut pause = FIRST_PAUSE;
    for look in 0..LOOKS {
        if open.is_empty() {
            break;
        }
        if look > 0 {
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        let mut still = Vec::new();
        let mut waiting = std::mem::take(&mut open).into_iter();
        let mut left: Vec<(KeyTexts, Option<SeenKey>)> = Vec::new();
        loop {
            left.extend(waiting.by_ref().take(BATCH - left.len().min(BATCH)));
            if left.is_empty() {
                break;
            }
            let keys: Vec<KeyTexts> = left.iter().map(|(key, _)| key.clone()).collect();
            let (rows, between) = source.rows(&keys).await?;
            source.nudge().await;
            let epoch = store.passes(between.after, patience).await?;
            settled.read = settled.read.max(Some(between.after));
            // Of wide rows not all were read: the rest is read next.
            let read = rows.len().clamp(1, left.len());
            let rest = left.split_off(read);
            let expected: Vec<Expected> = keys
                .into_iter()
                .zip(rows)
                .map(|(key, row)| cut.expected(key, row, now_us))
                .collect();
            let unequal = store.unequal(&expected).await?;
            let now = source.lsn().await?;
            let mut unequal: HashMap<usize, Unequal> =
                unequal.into_iter().map(|found| (found.place, found)).collect();
            for (place, (key, before)) in left.into_iter().enumerate() {
                let Some(expected) = expected.get(place) else {
                    still.push((key, before));
                    continue;
                };
                let Some(mut found) = unequal.remove(&place) else {
                    continue;
                };
                let newer =
                    found.version.is_some_and(|version| is_newer(version, epoch, between, now));
                // Its place is one of this round.
                found.place = 0;
                let seen = SeenKey { expected: digest(expected.row.as_ref()), found };
                if newer {
                    still.push((key, None));
                } else if before.as_ref() == Some(&seen) {
                    settled.real.push(Real {
                        key,
                        expected: expected.row.is_some(),
                        found: seen.found,
                    });
                } else {
                    still.push((key, Some(seen)));
                }
            }
            left = rest;
        }
        open = still;
    }
    settled.moving = open.into_iter().map(|(key, _)| key).collect();
    Ok(settled)
}

/// Has the store a change that we may not have seen? What lies beyond the end of the source's log no change of its
/// can be: somebody wrote that by hand.
fn is_newer(version: Version, epoch: u32, read: Between, now: Lsn) -> bool {
    version.epoch == epoch && version.commit_lsn > read.before && version.commit_lsn <= now
}

/// Of this process alone.
fn digest(row: Option<&RowBuf>) -> u64 {
    let mut hasher = DefaultHasher::new();
    row.is_some().hash(&mut hasher);
    for cell in row.iter().flat_map(|row| row.row().cells().collect::<Vec<_>>()) {
        match cell {
            Cell::Text(text) => text.hash(&mut hasher),
            Cell::Null => 0u64.hash(&mut hasher),
            Cell::Absent(_) => 1u64.hash(&mut hasher),
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_that_we_may_have_missed_is_newer() {
        let read = Between { before: Lsn(100), after: Lsn(110) };
        let newer = |epoch, lsn| {
            let version = Version { epoch, commit_lsn: Lsn(lsn), ordinal: 2 };
            is_newer(version, 1, read, Lsn(200))
        };
        assert!(!newer(1, 100), "committed before we looked");
        assert!(newer(1, 105), "between the marks");
        assert!(newer(1, 200));
        assert!(!newer(1, 201), "the source has not come so far");
        assert!(!newer(2, 150) && !newer(0, 150), "of another source");
    }
}
