//! Signals: what others (the sinks, a person) ask to be copied again. Each asker has a topic of its own,
//! followed by a thread of its own: nothing that one of them writes stops or delays another.

mod allowance;
mod rights;

use std::collections::{BTreeMap, BTreeSet};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::consume::{Limit, PartitionReader, Reader, Tuning};
use bangioc_runtime::failure::Failure as _;
use bangioc_runtime::metrics::{Counter, Family};
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::asker::Asker;
use bangioc_schemas::names::Side;
use tokio::sync::mpsc::Sender;

use self::allowance::Allowance;
use self::rights::{Granted, SignalRefusal, judged};
use crate::error::CaptureError;
use crate::unit::DatasetIndex;

pub(crate) use self::rights::SignalledDataset;

/// Keys copied together.
const MOST_KEYS: usize = 1_000;
/// What a whole dataset costs of an asker's allowance, in keys.
const COST_OF_WHOLE: usize = 100;
/// Between looks whether to end; a signal wakes at once.
const WAIT: Duration = Duration::from_secs(1);
/// Between looks for askers that are new. A person waits for an answer for 20 s.
const LOOK_FOR_ASKERS: Duration = Duration::from_secs(10);
/// Refusals are logged together, or an asker could fill the log.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// A batch of one asker's signals, in what it asks for.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    pub(crate) asker: Asker,
    /// In the order in which it was asked.
    pub(crate) datasets: Vec<(DatasetIndex, Ask)>,
    pub(crate) keys: Vec<WantedKeys>,
    /// The asker's signals before this are dealt with once all of the above is.
    pub(crate) next_offset: i64,
}

/// What is asked of a whole dataset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    Copy,
    Pause,
    Resume,
}

/// Keys of one dataset, asked for by one side: each key is one text per key column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WantedKeys {
    pub(crate) dataset: DatasetIndex,
    pub(crate) side: Side,
    pub(crate) keys: Vec<Vec<String>>,
}

/// What following needs to know.
pub(crate) struct Following {
    pub(crate) kafka: KafkaSettings,
    /// See [`bangioc_schemas::names::signal_topics`].
    pub(crate) topics: String,
    /// By asker; none: from the topic's beginning.
    pub(crate) next_offsets: BTreeMap<String, i64>,
    /// In the capture's order.
    pub(crate) datasets: Vec<SignalledDataset>,
    /// Of each asker.
    pub(crate) keys_per_minute: u32,
    /// By asker and what came of it.
    pub(crate) count: Family<Counter>,
    /// Room for one batch: while it is worked on, each asker holds back one more, and the rest stays at
    /// Kafka.
    pub(crate) wanted: Sender<Wanted>,
}

impl Following {
    /// Follows every asker's topic until asked to stop. Which there are is Kafka's word: a principal sees
    /// what it may read, and only an administrator makes topics. Blocks.
    pub(crate) fn run(&self, shutdown: &Shutdown) -> Result<(), CaptureError> {
        let reader =
            Reader::connect(&self.kafka, "bangioc-capture-signals", None, &Tuning::quiet())?;
        let mut next_offsets = self.next_offsets.clone();
        thread::scope(|scope| {
            let mut followed: BTreeMap<Asker, ScopedJoinHandle<'_, i64>> = BTreeMap::new();
            loop {
                let ended: Vec<Asker> = followed
                    .iter()
                    .filter(|(_, thread)| thread.is_finished())
                    .map(|(asker, _)| asker.clone())
                    .collect();
                for asker in ended {
                    if let Some(Ok(next)) = followed.remove(&asker).map(ScopedJoinHandle::join) {
                        next_offsets.insert(asker.as_str().to_owned(), next);
                    }
                }
                // Where to begin is asked of all before the first is fetched: then the broker keeps answers back.
                let new: Vec<_> = self
                    .askers(&reader)
                    .into_iter()
                    .filter(|(asker, _)| !followed.contains_key(asker))
                    .map(|(asker, topic)| {
                        let next = next_offsets.get(asker.as_str()).copied();
                        let from = beginning(&reader, &topic, next);
                        (asker, topic, from)
                    })
                    .collect();
                for (asker, topic, from) in new {
                    let assigned = from.and_then(|from| Ok(reader.assign(&topic, 0, from)?));
                    let partition = match assigned {
                        Ok(partition) => partition,
                        Err(failure) => {
                            warn(&asker, &failure);
                            continue;
                        }
                    };
                    let (name, of) = (format!("signals-{asker}"), asker.clone());
                    let thread = thread::Builder::new()
                        .name(name)
                        .spawn_scoped(scope, move || self.follow(&of, partition, shutdown));
                    if let Ok(thread) = thread {
                        followed.insert(asker, thread);
                    }
                }
                if shutdown.pause(LOOK_FOR_ASKERS) {
                    return;
                }
            }
        });
        Ok(())
    }

    fn askers(&self, reader: &Reader) -> Vec<(Asker, String)> {
        let topics = match reader.topics(&self.topics) {
            Ok(topics) => topics,
            // The other parts of the capture say it, and wait or end.
            Err(failure) => {
                tracing::debug!(%failure, "can't look for signal topics");
                return Vec::new();
            }
        };
        let asker = |topic: String| {
            let asker = Asker::of_user(topic.strip_prefix(&self.topics)?)?;
            Some((asker, topic))
        };
        topics.into_iter().filter_map(asker).collect()
    }

    /// Until asked to stop, or until its topic can't be read; where it stands then.
    fn follow(&self, asker: &Asker, mut partition: PartitionReader, shutdown: &Shutdown) -> i64 {
        let mut allowance = Allowance::new(self.keys_per_minute, Instant::now());
        let mut refusals = Refusals::default();
        let held_back = self.count.of(&[asker.as_str(), "held-back"]);
        while !shutdown.is_requested() {
            let records = allowance.left(Instant::now()).min(MOST_KEYS);
            if records == 0 {
                held_back.inc();
                shutdown.pause(WAIT);
                continue;
            }
            let limit = Limit { records, bytes: 4 << 20 };
            let mut granted = Vec::new();
            let taken = partition.drain(limit, WAIT, &mut |record| match judged(
                asker,
                record.value,
                &self.datasets,
            ) {
                Ok(ask) => granted.push(ask),
                Err(refused) => {
                    self.count.of(&[asker.as_str(), refused.as_str()]).inc();
                    refusals.add(refused);
                }
            });
            let taken = match taken {
                Ok(taken) => taken,
                Err(failure) => {
                    warn(asker, &failure.into());
                    break;
                }
            };
            refusals.say(asker, Instant::now());
            if taken == 0 {
                continue;
            }
            self.count.of(&[asker.as_str(), "taken"]).inc_by(granted.len() as u64);
            let wanted = gathered(asker, granted, partition.next_offset());
            allowance.spend(taken + COST_OF_WHOLE * wanted.datasets.len());
            if self.wanted.blocking_send(wanted).is_err() {
                break;
            }
        }
        partition.next_offset()
    }
}

fn beginning(reader: &Reader, topic: &str, next_offset: Option<i64>) -> Result<i64, CaptureError> {
    let (low, high) = reader.watermarks(topic, 0)?;
    // Older ones have left the topic: whoever still misses something asks again.
    Ok(next_offset.unwrap_or(low).clamp(low, high))
}

fn warn(asker: &Asker, failure: &CaptureError) {
    tracing::warn!(
        %asker,
        code = failure.code(),
        error = %failure,
        "its signals can't be read; trying again"
    );
}

/// What was left out and not yet said.
#[derive(Default)]
struct Refusals {
    counts: BTreeMap<SignalRefusal, u64>,
    said_at: Option<Instant>,
}

impl Refusals {
    fn add(&mut self, refused: SignalRefusal) {
        *self.counts.entry(refused).or_default() += 1;
    }

    fn say(&mut self, asker: &Asker, now: Instant) {
        let recently = |at: Instant| now.saturating_duration_since(at) < SAY_EVERY;
        if self.counts.is_empty() || self.said_at.is_some_and(recently) {
            return;
        }
        self.said_at = Some(now);
        for (refused, signals) in std::mem::take(&mut self.counts) {
            tracing::warn!(
                code = "BG0231",
                %asker,
                why = refused.as_str(),
                signals,
                "asked for what it is not entitled to; ignored"
            );
        }
    }
}

fn gathered(asker: &Asker, granted: Vec<Granted>, next_offset: i64) -> Wanted {
    let mut datasets = Vec::new();
    let mut keys: BTreeMap<(DatasetIndex, Side), BTreeSet<Vec<String>>> = BTreeMap::new();
    for ask in granted {
        match ask {
            Granted::Whole(dataset, ask) => datasets.push((dataset, ask)),
            Granted::Key(dataset, side, key) => {
                keys.entry((dataset, side)).or_default().insert(key);
            }
        }
    }
    datasets.dedup();
    let keys = keys.into_iter().map(|((dataset, side), keys)| WantedKeys {
        dataset,
        side,
        keys: keys.into_iter().collect(),
    });
    Wanted { asker: asker.clone(), datasets, keys: keys.collect(), next_offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_twice_is_done_once() {
        let text = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let key =
            |dataset, side, texts: &[&str]| Granted::Key(DatasetIndex(dataset), side, text(texts));
        let whole = |dataset, ask| Granted::Whole(DatasetIndex(dataset), ask);
        let granted = vec![
            key(1, Side::Shared, &["1"]),
            key(0, Side::Shared, &["1", "2"]),
            key(1, Side::Shared, &["2"]),
            key(1, Side::Shared, &["1"]),
            key(1, Side::Open, &["1"]),
            whole(1, Ask::Copy),
            whole(1, Ask::Copy),
            whole(0, Ask::Pause),
            whole(0, Ask::Resume),
        ];
        let wanted =
            |dataset, side, keys| WantedKeys { dataset: DatasetIndex(dataset), side, keys };
        let lan = Asker::operator("lan").unwrap();
        let expected = Wanted {
            asker: lan.clone(),
            datasets: vec![
                (DatasetIndex(1), Ask::Copy),
                (DatasetIndex(0), Ask::Pause),
                (DatasetIndex(0), Ask::Resume),
            ],
            keys: vec![
                wanted(0, Side::Shared, vec![text(&["1", "2"])]),
                wanted(1, Side::Shared, vec![text(&["1"]), text(&["2"])]),
                wanted(1, Side::Open, vec![text(&["1"])]),
            ],
            next_offset: 7,
        };
        assert_eq!(gathered(&lan, granted, 7), expected);
    }
}
