//! What travels beside the data: how far a source has come, and what a sink should do at a place in it.
//! JSON on `<prefix>.progress.<side>.<source>` and `<prefix>.signal.<source>.<asker>`, one record each.

use std::collections::BTreeMap;

use bangioc_schemas::names::Side;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

use crate::version::{Lsn, Version};

/// Partition → the offset before which everything meant lies.
pub type Offsets = BTreeMap<i32, i64>;

/// A record of a progress topic.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProgressRecord {
    Progress(Progress),
    Sweep(Sweep),
    Ceiling(Ceiling),
}

/// "No version of mine lies beyond this." Acknowledged before a record beyond the one before it is sent, so
/// that whoever meets a version beyond it, with this topic read to its end, knows that the source never
/// sent it. Repeated with every full progress record: a topic forgets.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ceiling {
    pub epoch: u32,
    /// PostgreSQL's spelling, `16/B374D848`.
    pub lsn: String,
}

impl Ceiling {
    pub fn new(epoch: u32, lsn: Lsn) -> Ceiling {
        Ceiling { epoch, lsn: lsn.to_string() }
    }

    /// The greatest version that it allows. None when `lsn` is no position.
    pub fn version(&self) -> Option<Version> {
        Some(Version { epoch: self.epoch, commit_lsn: self.lsn.parse().ok()?, ordinal: u64::MAX })
    }
}

/// "Everything committed up to `lsn` lies before these offsets." Written after all of it is
/// acknowledged; the newest by (epoch, lsn) wins.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    pub epoch: u32,
    /// PostgreSQL's spelling, `16/B374D848`.
    pub lsn: String,
    /// The source's clock when it stood at `lsn`, microseconds since 1970. For freshness only.
    pub at_us: i64,
    /// True when `offsets` names every partition of the source, false when only those that moved.
    pub full: bool,
    /// Topic → partition → next offset.
    #[serde(deserialize_with = "offsets_by_topic")]
    pub offsets: BTreeMap<String, Offsets>,
    /// Dataset → what capture is doing with it. Only with `full`.
    #[serde(default)]
    pub datasets: BTreeMap<String, DatasetProgress>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetProgress {
    pub phase: Phase,
    /// PostgreSQL's own estimate of the table's rows (`pg_class.reltuples`); a live table is never counted.
    pub estimated_rows: i64,
    /// Rows sent by the copy that runs, or by the last one.
    pub copied_rows: i64,
    /// What people should know of it at its source, the worst first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub obstacles: Vec<Obstacle>,
}

/// What stands in the way of a dataset at its source, or of its being equal.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obstacle {
    pub kind: ObstacleKind,
    /// Its page, `BG0247`; of a pause none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In words, of a pause who asked for it. No value of a row; on the open side nothing.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// By the capture's clock, microseconds since 1970. None: from before that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since_us: Option<i64>,
}

/// The worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObstacleKind {
    Halt,
    Pause,
    AwaitsCopy,
    /// Its table does not answer for now, or its copy cannot begin yet; it is tried again.
    Wait,
    /// The check of the source found a problem.
    Problem,
    /// The check of the source found something that costs nothing yet.
    Warning,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Copying,
    Streaming,
    /// Sent, but rows may differ from the source until a whole copy is made, which waits for a person's yes.
    AwaitsCopy,
    /// Nothing of it is sent until its cause is gone.
    Halted,
    /// A person asked for it; sent again, from a whole copy on, when a person asks for that.
    Paused,
}

/// "A whole copy is complete: rows whose version is below its start are no longer at the source."
/// Applies once the sink stands at or behind `offsets` in every partition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    pub topic: String,
    /// Hexadecimal form of [`Version::to_bytes`]; see [`Sweep::below`].
    pub below: String,
    #[serde(deserialize_with = "offsets")]
    pub offsets: Offsets,
}

/// JSON's keys are texts, and inside a tagged enum serde hands them on as such: it buffers the record to
/// find the tag, and then takes no text for a number.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct PartitionKey(i32);

impl<'de> Deserialize<'de> for PartitionKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PartitionKey, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse()
            .map(PartitionKey)
            .map_err(|_| D::Error::custom("a partition is a whole number"))
    }
}

fn numbered(offsets: BTreeMap<PartitionKey, i64>) -> Offsets {
    offsets.into_iter().map(|(partition, offset)| (partition.0, offset)).collect()
}

fn offsets<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Offsets, D::Error> {
    BTreeMap::deserialize(deserializer).map(numbered)
}

fn offsets_by_topic<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Offsets>, D::Error> {
    let topics: BTreeMap<String, BTreeMap<PartitionKey, i64>> =
        BTreeMap::deserialize(deserializer)?;
    Ok(topics.into_iter().map(|(topic, offsets)| (topic, numbered(offsets))).collect())
}

impl Sweep {
    pub fn new(topic: String, below: Version, offsets: Offsets) -> Sweep {
        Sweep { topic, below: below.to_hex(), offsets }
    }

    pub fn below(&self) -> Option<Version> {
        Version::from_hex(&self.below)
    }
}

/// A record of a signal topic: what a person or a sink asks of a capture. Who asks is told by the topic.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", try_from = "SignalFields")]
pub enum Signal {
    /// One row by key: the key columns' texts in the contract's key order. Sent as `r` to each side that
    /// may have it. When the source has no such row, or the open side none that is open, the side that
    /// asks gets a `d`, and no other: nobody must learn of a key that was never theirs.
    CopyKey {
        dataset: String,
        /// For which side; a signal that does not say was written for the shared one.
        #[serde(with = "SideText")]
        side: Side,
        key: Vec<String>,
    },
    /// The whole table, ended by a sweep, to both sides.
    CopyDataset { dataset: String },
    /// Nothing of the table is sent from now on.
    PauseDataset { dataset: String },
    /// Sent again: what was missed comes with a whole copy and a sweep.
    ResumeDataset { dataset: String },
}

/// A signal as others may write it. Flat, so that nothing nested is even looked at.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SignalFields {
    kind: SignalKind,
    dataset: String,
    side: Option<SideName>,
    key: Option<Vec<String>>,
    /// Who paused, as they said themselves, before the topic told it. Still accepted, never believed.
    by: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum SignalKind {
    CopyKey,
    CopyDataset,
    PauseDataset,
    ResumeDataset,
}

#[derive(Deserialize)]
struct SideName(#[serde(with = "SideText")] Side);

impl TryFrom<SignalFields> for Signal {
    type Error = &'static str;

    fn try_from(fields: SignalFields) -> Result<Signal, &'static str> {
        let SignalFields { kind, dataset, side, key, by } = fields;
        if by.is_some() && kind != SignalKind::PauseDataset {
            return Err("only a pause had a `by`");
        }
        match (kind, side, key) {
            (SignalKind::CopyKey, side, Some(key)) => Ok(Signal::CopyKey {
                dataset,
                side: side.map_or(Side::Shared, |SideName(side)| side),
                key,
            }),
            (SignalKind::CopyDataset, None, None) => Ok(Signal::CopyDataset { dataset }),
            (SignalKind::PauseDataset, None, None) => Ok(Signal::PauseDataset { dataset }),
            (SignalKind::ResumeDataset, None, None) => Ok(Signal::ResumeDataset { dataset }),
            (SignalKind::CopyKey, _, None) => Err("a key to copy is missing"),
            (_, _, _) => Err("a side or a key where none belongs"),
        }
    }
}

impl Signal {
    pub fn dataset(&self) -> &str {
        match self {
            Signal::CopyKey { dataset, .. }
            | Signal::CopyDataset { dataset }
            | Signal::PauseDataset { dataset }
            | Signal::ResumeDataset { dataset } => dataset,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "Side", rename_all = "kebab-case")]
enum SideText {
    Shared,
    Open,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_survive_their_json() {
        let offsets = Offsets::from([(0, 7), (12, i64::MAX)]);
        let progress = Progress {
            epoch: 1,
            lsn: "16/B374D848".into(),
            at_us: -1,
            full: true,
            offsets: BTreeMap::from([("t".into(), offsets.clone())]),
            datasets: BTreeMap::from([(
                "d".into(),
                DatasetProgress {
                    phase: Phase::Halted,
                    estimated_rows: -1,
                    copied_rows: 3,
                    obstacles: vec![Obstacle {
                        kind: ObstacleKind::Halt,
                        code: Some("BG0247".into()),
                        why: "column `x` is gone".into(),
                        since_us: Some(7),
                    }],
                },
            )]),
        };
        let sweep = Sweep::new("t".into(), Version::default(), offsets);
        let ceiling = Ceiling::new(2, Lsn(0x16_B374_D848));
        assert_eq!(ceiling.version().unwrap().commit_lsn, Lsn(0x16_B374_D848));
        for record in [
            ProgressRecord::Progress(progress),
            ProgressRecord::Sweep(sweep),
            ProgressRecord::Ceiling(ceiling),
        ] {
            let json = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<ProgressRecord>(&json).unwrap(), record, "{json}");
        }
        for side in [Side::Shared, Side::Open] {
            let signal = Signal::CopyKey { dataset: "d".into(), side, key: vec!["k".into()] };
            let json = serde_json::to_string(&signal).unwrap();
            assert_eq!(serde_json::from_str::<Signal>(&json).unwrap(), signal, "{json}");
        }
        let sideless = r#"{"kind":"copy-key","dataset":"d","key":["k"]}"#;
        assert!(matches!(
            serde_json::from_str(sideless).unwrap(),
            Signal::CopyKey { side: Side::Shared, .. }
        ));
        let wrong = r#"{"kind":"sweep","topic":"t","below":"","offsets":{"x":1}}"#;
        assert!(serde_json::from_str::<ProgressRecord>(wrong).is_err());
    }

    #[test]
    fn a_signal_says_what_and_never_who() {
        let dataset = || "d".to_owned();
        for (signal, json) in [
            (
                Signal::CopyDataset { dataset: dataset() },
                r#"{"kind":"copy-dataset","dataset":"d"}"#,
            ),
            (
                Signal::PauseDataset { dataset: dataset() },
                r#"{"kind":"pause-dataset","dataset":"d"}"#,
            ),
            (
                Signal::ResumeDataset { dataset: dataset() },
                r#"{"kind":"resume-dataset","dataset":"d"}"#,
            ),
        ] {
            assert_eq!(serde_json::to_string(&signal).unwrap(), json);
            assert_eq!(serde_json::from_str::<Signal>(json).unwrap(), signal);
        }
        // As it was written before.
        let named = r#"{"kind":"pause-dataset","dataset":"d","by":"lan"}"#;
        assert_eq!(
            serde_json::from_str::<Signal>(named).unwrap(),
            Signal::PauseDataset { dataset: dataset() }
        );
    }

    #[test]
    fn nothing_is_guessed_into_a_signal() {
        let deep = format!(
            r#"{{"kind":"copy-key","dataset":"d","key":{}"k"{}}}"#,
            "[".repeat(100),
            "]".repeat(100)
        );
        for wrong in [
            r#"{"kind":"copy-key","dataset":"d"}"#,
            r#"{"kind":"copy-key","dataset":"d","key":["k"],"by":"lan"}"#,
            r#"{"kind":"copy-key","dataset":"d","key":["k"],"side":"both"}"#,
            r#"{"kind":"copy-key","dataset":"d","key":"k"}"#,
            r#"{"kind":"copy-key","dataset":"d","key":[["k"]]}"#,
            r#"{"kind":"copy-key","dataset":"d","key":[1]}"#,
            r#"{"kind":"copy-key","dataset":"d","key":["\ud800"]}"#,
            r#"{"kind":"copy-dataset","dataset":"d","key":["k"]}"#,
            r#"{"kind":"copy-dataset","dataset":"d","dataset":"e"}"#,
            r#"{"kind":"pause-dataset","dataset":"d","side":"open"}"#,
            r#"{"kind":"pause-dataset","dataset":"d","by":{"x":1}}"#,
            r#"{"kind":"pause-dataset","dataset":"d","force":true}"#,
            r#"{"kind":"drop-dataset","dataset":"d"}"#,
            r#"{"dataset":"d"}"#,
            r"[]",
            "",
            &deep,
        ] {
            assert!(serde_json::from_str::<Signal>(wrong).is_err(), "{wrong}");
        }
        assert!(
            serde_json::from_slice::<Signal>(b"{\"kind\":\"copy-dataset\",\"dataset\":\"\xff\"}")
                .is_err()
        );
    }
}
