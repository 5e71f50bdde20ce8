//! A key's queue, judged anew.

use std::collections::HashMap;

use bangioc_change::DecodeCode;
use bangioc_change::batch::EventBatch;
use bangioc_change::event::ChangeEvent;
use bangioc_change::version::Version;
use bangioc_change::wire;
use sqlx::PgConnection;

use crate::clock::now_us;
use crate::dataset::Dataset;
use crate::decoders::{Decoders, Recent};
use crate::error::SinkError;
use crate::freshness::BelievedSource;
use crate::judge::{Judge, Judged, is_whole};
use crate::kept::Kept;
use crate::locked::{LockedKey, ReplayError};
use crate::pins::{self, Pins};
use crate::poison::{AWAITS_ROW, Poison};
use crate::protection::Broken;
use crate::reference;
use crate::refusal::RecordRefusal;
use crate::seal::{Seal, SealedPlace};

/// What kept records are read and judged with.
#[derive(Clone, Copy)]
pub struct QueueTools<'a> {
    pub datasets: &'a [Dataset],
    pub decoders: &'a Decoders,
    pub seal: &'a Seal,
}

/// What a new look at a record found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Rejudged {
    /// Index in the batch. `whole`: it needs nothing of what was before.
    Good {
        event: usize,
        whole: bool,
    },
    Bad {
        code: String,
        field: Option<String>,
    },
    /// Older than what was emptied or swept: it counts no more.
    Stale,
    /// Its schema is not in the registry yet.
    Awaited(u32),
}

pub struct QueuedRecord {
    pub offset: i64,
    pub verdict: Rejudged,
    version: Option<Version>,
    /// The key itself: two keys may share a reference.
    key: Option<Vec<u8>>,
}

impl QueuedRecord {
    /// Of a good one: its index in the batch.
    pub fn event(&self) -> Option<usize> {
        match self.verdict {
            Rejudged::Good { event, .. } => Some(event),
            Rejudged::Bad { .. } | Rejudged::Stale | Rejudged::Awaited(_) => None,
        }
    }

    /// Has what it waits for not come yet?
    pub(crate) fn is_early(&self) -> bool {
        match &self.verdict {
            Rejudged::Bad { code, .. } => code == AWAITS_ROW,
            Rejudged::Awaited(_) => true,
            Rejudged::Good { .. } | Rejudged::Stale => false,
        }
    }
}

#[derive(Default)]
pub struct Queue {
    pub records: Vec<QueuedRecord>,
    pub events: EventBatch,
    recent: Recent,
    /// What its source has announced: no version lies beyond.
    ceiling: Version,
}

/// Offset, payload, code and version of a parked record.
pub(crate) type ParkedRow = (i64, Option<Vec<u8>>, Option<String>, Option<Vec<u8>>);

impl Queue {
    /// Empty, and knowing what the dataset's schema ids mean and how far its versions may reach.
    pub(crate) async fn of(
        connection: &mut PgConnection,
        dataset: &Dataset,
    ) -> Result<Queue, SinkError> {
        let pins = pins::load(connection, &dataset.topic).await?;
        let newest: Option<Option<String>> = sqlx::query_scalar(
            "select newest::text from flow.progress_position where progress_topic = $1",
        )
        .bind(&dataset.progress_topic)
        .fetch_optional(connection)
        .await?;
        let newest = newest.flatten();
        let source: BelievedSource =
            newest.and_then(|newest| serde_json::from_str(&newest).ok()).unwrap_or_default();
        Ok(Queue { recent: Recent::knowing(pins), ceiling: source.bound(), ..Queue::default() })
    }

    /// Its good records, by offset.
    pub(crate) fn good(&self) -> impl Iterator<Item = (i64, ChangeEvent<'_>)> {
        let event =
            |record: &QueuedRecord| Some((record.offset, self.events.event(record.event()?)));
        self.records.iter().filter_map(event)
    }

    /// What schema ids mean, as far as it is not in the books.
    pub(crate) fn pins(&self) -> &Pins {
        &self.recent.pins
    }

    /// Judged, and looked up what it refers to.
    pub(crate) async fn load(
        connection: &mut PgConnection,
        locked: &LockedKey,
        dataset: &Dataset,
        floor: Version,
        tools: QueueTools<'_>,
    ) -> Result<Queue, ReplayError> {
        let mut queue = Queue::read(connection, locked, dataset, floor, tools).await?;
        queue.judge_references(connection, dataset).await?;
        Ok(queue)
    }

    /// Each record judged by itself: also for who may see no row of another dataset.
    pub async fn read(
        connection: &mut PgConnection,
        locked: &LockedKey,
        dataset: &Dataset,
        floor: Version,
        tools: QueueTools<'_>,
    ) -> Result<Queue, ReplayError> {
        let rows: Vec<ParkedRow> = sqlx::query_as(
            "select \"offset\", payload, code, version from flow.parked_record where topic = $1 and partition = $2 \
             and key_ref = $3 and state = 'parked' order by \"offset\"",
        )
        .bind(&locked.topic)
        .bind(locked.partition)
        .bind(&locked.key_ref.0[..])
        .fetch_all(&mut *connection)
        .await
        .map_err(SinkError::from)?;
        let mut queue = Queue::of(connection, dataset).await?;
        for row in rows {
            queue.take(tools, dataset, (locked.partition, floor), row)?;
        }
        Ok(queue)
    }

    /// One more record, opened and judged by itself as if it came now.
    pub(crate) fn take(
        &mut self,
        tools: QueueTools<'_>,
        dataset: &Dataset,
        (partition, floor): (i32, Version),
        (offset, payload, code, version): ParkedRow,
    ) -> Result<(), SinkError> {
        let version = version.and_then(|bytes| Some(Version::from_bytes(bytes.try_into().ok()?)));
        let Some(payload) = payload else {
            let verdict = Rejudged::Bad { code: code.unwrap_or_default(), field: None };
            self.records.push(QueuedRecord { offset, verdict, version, key: None });
            return Ok(());
        };
        let place = SealedPlace { topic: &dataset.topic, partition, offset };
        let kept = Kept::from_bytes(&tools.seal.open(place, &payload)?).unwrap_or_default();
        let judge = Judge {
            dataset,
            decoders: tools.decoders,
            broken: Broken::Nothing,
            ceiling: self.ceiling,
            now_us: now_us(),
        };
        let event = self.events.len();
        let record = kept.record(offset);
        let judged = judge.record(&mut self.recent, &mut self.events, floor, &record)?;
        let bad = |code: &str, field| Rejudged::Bad { code: code.to_owned(), field };
        let verdict = match judged {
            Judged::Good(_) => Rejudged::Good { event, whole: is_whole(&self.events.event(event)) },
            Judged::Bad(poison) | Judged::Unreadable(poison) => bad(poison.code, poison.field),
            Judged::Awaited(id) => Rejudged::Awaited(id),
            Judged::Stale => Rejudged::Stale,
            Judged::Beyond => bad(RecordRefusal::VersionBeyond.as_str(), None),
            // It would have to come in its partition's order.
            Judged::Truncate(_) | Judged::TruncateNotAgreed => {
                bad(DecodeCode::Operation.as_str(), None)
            }
        };
        let key = kept
            .key
            .as_deref()
            .map(|key| wire::split(key).map_or(key, |(_, datum)| datum).to_vec());
        self.records.push(QueuedRecord { offset, verdict, version, key });
        Ok(())
    }

    /// What is good by itself and refers to what is not there is not good yet.
    pub(crate) async fn judge_references(
        &mut self,
        connection: &mut PgConnection,
        dataset: &Dataset,
    ) -> Result<(), SinkError> {
        let good: Vec<usize> = self.records.iter().filter_map(QueuedRecord::event).collect();
        for missing in reference::missing(connection, dataset, &self.events, &good).await? {
            let mut records = self.records.iter_mut();
            if let Some(record) = records.find(|record| record.event() == Some(missing.event)) {
                let Poison { code, field } = missing.poison(dataset);
                let code = code.to_owned();
                record.verdict = Rejudged::Bad { code, field };
            }
        }
        Ok(())
    }

    /// Which records go into the store, and how many a later one makes moot. Fails with the first that
    /// still fails and that nothing after it makes good, for any of the keys that share the reference.
    pub fn plan(&self, locked: &LockedKey) -> Result<ReplayPlan, ReplayError> {
        let mut plan = ReplayPlan { live: Vec::new(), moot: Vec::new(), stale: 0 };
        let mut made_good: HashMap<Option<&[u8]>, Option<Version>> = HashMap::new();
        // From the end: what follows decides.
        for record in self.records.iter().rev() {
            let key = record.key.as_deref();
            match &record.verdict {
                Rejudged::Good { event, whole } => {
                    plan.live.push(*event);
                    if *whole {
                        let newest = made_good.entry(key).or_default();
                        *newest = (*newest).max(record.version);
                    }
                }
                Rejudged::Stale => plan.stale += 1,
                Rejudged::Bad { .. } => {
                    // A record that was not kept has no key here; then any later whole one of the queue is its.
                    let whole = match key {
                        Some(_) => made_good.get(&key).copied(),
                        None => made_good.values().copied().max(),
                    };
                    // One that a restart repeated says nothing of what is newer.
                    if whole.is_some_and(|whole| record.version.is_none() || record.version < whole)
                    {
                        plan.moot.push(record.offset);
                    }
                }
                Rejudged::Awaited(_) => {}
            }
        }
        plan.live.reverse();
        for record in &self.records {
            match &record.verdict {
                Rejudged::Bad { code, field } if !plan.moot.contains(&record.offset) => {
                    return Err(ReplayError::StillFails {
                        key_ref: locked.key_ref,
                        code: code.clone(),
                        field: field.clone(),
                    });
                }
                Rejudged::Awaited(id) => {
                    return Err(ReplayError::Sink(SinkError::SchemaAwaited {
                        topic: locked.topic.clone(),
                        partition: locked.partition,
                        id: *id,
                    }));
                }
                _ => {}
            }
        }
        Ok(plan)
    }
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplayPlan {
    /// Events to apply, in order.
    pub live: Vec<usize>,
    /// Offsets that a later record makes moot.
    pub moot: Vec<i64>,
    /// Records that count no more.
    pub stale: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locked() -> LockedKey {
        LockedKey {
            key_ref: crate::seal::KeyRef([0; 8]),
            topic: "t".into(),
            partition: 0,
            dataset: "d".into(),
            discard_by: None,
        }
    }

    /// `g` good but partial, `w` good and whole, `b` bad, `s` stale, `r` whole and repeated: older than all;
    /// upper case: another key under the same reference.
    fn plan(records: &str) -> Option<(usize, Vec<i64>)> {
        let records = records.chars().enumerate().map(|(event, kind)| QueuedRecord {
            offset: i64::try_from(event).unwrap(),
            version: Some(Version {
                ordinal: if kind == 'r' { 0 } else { event as u64 + 1 },
                ..Version::default()
            }),
            verdict: match kind.to_ascii_lowercase() {
                'b' => Rejudged::Bad { code: "E_RANGE".into(), field: None },
                's' => Rejudged::Stale,
                kind => Rejudged::Good { event, whole: kind == 'w' || kind == 'r' },
            },
            key: Some(vec![u8::from(kind.is_ascii_uppercase())]),
        });
        let queue = Queue { records: records.collect(), ..Queue::default() };
        queue.plan(&locked()).ok().map(|plan| {
            let mut moot = plan.moot;
            moot.reverse();
            (plan.live.len(), moot)
        })
    }

    #[test]
    fn only_a_later_whole_record_of_the_same_key_makes_a_bad_one_moot() {
        assert_eq!(plan("b"), None);
        assert_eq!(plan("w"), Some((1, vec![])));
        assert_eq!(plan("bw"), Some((1, vec![0])));
        assert_eq!(plan("bg"), None, "a partial record would build on what is missing");
        assert_eq!(plan("wb"), None);
        assert_eq!(plan("gbbwg"), Some((3, vec![1, 2])));
        assert_eq!(plan("bW"), None, "another key's record says nothing of this one");
        assert_eq!(plan("bWw"), Some((2, vec![0])));
    }

    #[test]
    fn a_whole_record_that_is_older_makes_nothing_good() {
        assert_eq!(plan("br"), None);
        assert_eq!(plan("brw"), Some((2, vec![0])));
    }

    #[test]
    fn what_a_sweep_has_passed_counts_no_more_whatever_is_wrong_with_it() {
        assert_eq!(plan("sg"), Some((1, vec![])));
        assert_eq!(plan("s"), Some((0, vec![])));
    }
}
