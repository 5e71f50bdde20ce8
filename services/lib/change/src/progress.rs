//! What travels beside the data: how far a source has come, and what a sink should do at a place in it.
//! JSON on `<prefix>.progress.<side>.<source>` and `<prefix>.signal.<source>`, one record each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::version::Version;

/// Partition → the offset before which everything meant lies.
pub type Offsets = BTreeMap<i32, i64>;

/// A record of a progress topic.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum ProgressRecord {
    Progress(Progress),
    Sweep(Sweep),
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
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Copying,
    Streaming,
    /// Not sent any more until a person or a copy mends it; the process's log says why, with a code.
    Halted,
}

/// "A whole copy is complete: rows whose version is below its start are no longer at the source."
/// Applies once the sink stands at or behind `offsets` in every partition.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sweep {
    pub topic: String,
    /// Hexadecimal form of [`Version::to_bytes`]; see [`Sweep::below`].
    pub below: String,
    pub offsets: Offsets,
}

impl Sweep {
    pub fn new(topic: String, below: Version, offsets: Offsets) -> Sweep {
        Sweep {
            topic,
            below: below.to_hex(),
            offsets,
        }
    }

    pub fn below(&self) -> Option<Version> {
        Version::from_hex(&self.below)
    }
}

/// A record of a signal topic: "copy this again".
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Signal {
    /// One row by key: the key columns' texts in the contract's key order. Sent as `r`, or as `d`
    /// when the source has no such row.
    CopyKey { dataset: String, key: Vec<String> },
    /// The whole table, ended by a sweep.
    CopyDataset { dataset: String },
}
