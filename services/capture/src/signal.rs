//! Signals: what others (the sinks, a person) ask to be copied again.

use std::collections::BTreeMap;
use std::time::Duration;

use bangioc_change::progress::Signal;
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::consume::{Limit, Reader, Tuning};
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::names::Side;
use tokio::sync::mpsc::UnboundedSender;

use crate::delivery::DatasetIndex;
use crate::error::CaptureError;

/// Keys copied together.
const MOST_KEYS: usize = 1_000;
/// Between looks whether to end; a signal wakes at once.
const WAIT: Duration = Duration::from_secs(1);

/// A batch of signals, in what it asks for.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Wanted {
    /// In the order in which it was asked.
    pub(crate) datasets: Vec<(DatasetIndex, Ask)>,
    pub(crate) keys: Vec<WantedKeys>,
    /// Signals before this are dealt with once all of the above is.
    pub(crate) next_offset: i64,
}

/// What is asked of a whole dataset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Ask {
    Copy,
    Pause { by: String },
    Resume,
}

/// Keys of one dataset, asked for by one side: each key is one text per key column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct WantedKeys {
    pub(crate) dataset: DatasetIndex,
    pub(crate) side: Side,
    pub(crate) keys: Vec<Vec<String>>,
}

/// Follows the signal topic from `next_offset` (none: from its beginning) until asked to stop. Blocks.
pub(crate) fn follow(
    kafka: &KafkaSettings,
    topic: &str,
    next_offset: Option<i64>,
    datasets: &[(String, usize)],
    wanted: &UnboundedSender<Wanted>,
    shutdown: &Shutdown,
) -> Result<(), CaptureError> {
    let reader = Reader::connect(kafka, "bangioc-capture-signals", None, &Tuning::quiet())?;
    let (low, high) = reader.watermarks(topic, 0)?;
    // Older ones have left the topic: whoever still misses something asks again.
    let from = next_offset.unwrap_or(low).clamp(low, high);
    let mut partition = reader.assign(topic, 0, from)?;
    while !shutdown.is_requested() {
        let mut signals = Vec::new();
        let mut next = 0;
        let limit = Limit {
            records: MOST_KEYS,
            bytes: 4 << 20,
        };
        let taken = partition.drain(limit, WAIT, &mut |record| {
            next = record.offset + 1;
            if let Some(Ok(signal)) = record.value.map(serde_json::from_slice::<Signal>) {
                signals.push(signal);
            } else {
                tracing::warn!(
                    topic,
                    offset = record.offset,
                    "signal can't be read; left out"
                );
            }
        })?;
        if taken > 0 && wanted.send(understood(signals, datasets, next)).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// `datasets`: name and number of key columns, in the capture's order.
fn understood(signals: Vec<Signal>, datasets: &[(String, usize)], next_offset: i64) -> Wanted {
    let find = |name: &str| {
        let place = datasets.iter().position(|(known, _)| known == name);
        if place.is_none() {
            tracing::warn!(
                dataset = name,
                "asked for a dataset that this capture does not carry; left out"
            );
        }
        place
            .and_then(|place| u16::try_from(place).ok())
            .map(DatasetIndex)
    };
    let mut whole = Vec::new();
    let mut keys: BTreeMap<(DatasetIndex, Side), Vec<Vec<String>>> = BTreeMap::new();
    for signal in signals {
        match signal {
            Signal::CopyDataset { dataset } => {
                whole.extend(find(&dataset).map(|index| (index, Ask::Copy)));
            }
            Signal::PauseDataset { dataset, by } => {
                whole.extend(find(&dataset).map(|index| (index, Ask::Pause { by })));
            }
            Signal::ResumeDataset { dataset } => {
                whole.extend(find(&dataset).map(|index| (index, Ask::Resume)));
            }
            Signal::CopyKey { dataset, side, key } => {
                let Some(index) = find(&dataset) else {
                    continue;
                };
                if key.len() == datasets[index.place()].1 {
                    keys.entry((index, side)).or_default().push(key);
                } else {
                    tracing::warn!(
                        dataset,
                        "asked to copy a key with another number of columns; left out"
                    );
                }
            }
        }
    }
    whole.dedup();
    Wanted {
        datasets: whole,
        keys: keys
            .into_iter()
            .map(|((dataset, side), keys)| WantedKeys {
                dataset,
                side,
                keys,
            })
            .collect(),
        next_offset,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_are_gathered_by_dataset_and_unknown_ones_left_out() {
        let asked = |side, dataset: &str, key: &[&str]| Signal::CopyKey {
            dataset: dataset.into(),
            side,
            key: key.iter().map(|text| (*text).to_owned()).collect(),
        };
        let key = |dataset: &str, texts: &[&str]| asked(Side::Shared, dataset, texts);
        let datasets = [("a".to_owned(), 2), ("b".to_owned(), 1)];
        let signals = vec![
            key("b", &["1"]),
            key("a", &["1", "2"]),
            key("b", &["2"]),
            key("a", &["1"]),
            key("z", &["1"]),
            asked(Side::Open, "b", &["1"]),
            Signal::CopyDataset {
                dataset: "b".into(),
            },
            Signal::CopyDataset {
                dataset: "b".into(),
            },
            Signal::PauseDataset {
                dataset: "a".into(),
                by: "lan".into(),
            },
            Signal::ResumeDataset {
                dataset: "a".into(),
            },
        ];
        let text = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let wanted = |dataset, side, keys| WantedKeys {
            dataset: DatasetIndex(dataset),
            side,
            keys,
        };
        let expected = Wanted {
            datasets: vec![
                (DatasetIndex(1), Ask::Copy),
                (DatasetIndex(0), Ask::Pause { by: "lan".into() }),
                (DatasetIndex(0), Ask::Resume),
            ],
            keys: vec![
                wanted(0, Side::Shared, vec![text(&["1", "2"])]),
                wanted(1, Side::Shared, vec![text(&["1"]), text(&["2"])]),
                wanted(1, Side::Open, vec![text(&["1"])]),
            ],
            next_offset: 7,
        };
        assert_eq!(understood(signals, &datasets, 7), expected);
    }
}
