//! What a capture must remember, as JSON in the compacted topic `<prefix>.state.<source>`: who the
//! source is, how far it was confirmed, and how far each copy has come. A department's host keeps nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use bangioc_change::progress::{Obstacle, ObstacleKind, Phase};
use bangioc_change::version::Version;
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::journal::{self, From, Journal};
use bangioc_schemas::asker::Asker;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::CaptureError;
use crate::findings::SourceFindings;
use crate::print::Print;
use crate::unit::{Position, TransactionSeen};

/// Identity of the source, and of the slot that its changes come through.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SourceState {
    pub(crate) system_id: String,
    pub(crate) timeline: u32,
    pub(crate) slot: String,
    pub(crate) epoch: u32,
    /// Where the slot began; none while it is being made: a crash in between is then no lost state.
    pub(crate) consistent_point: Option<String>,
}

/// The last position of which the server was told. Written *before* it is told, so a slot that stands
/// further was moved or made by someone else.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PositionState {
    pub(crate) lsn: String,
    /// The source's clock there, microseconds since 1970.
    pub(crate) at_us: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<LastTransaction>,
}

/// [`TransactionSeen`] as it is written down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct LastTransaction {
    pub(crate) commit_lsn: String,
    pub(crate) committed_at_us: i64,
    pub(crate) xid: u32,
}

/// Progress of the whole copy of a dataset.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct CopyState {
    /// Version at which it began, hexadecimal; a sweep removes what is older.
    pub(crate) start: String,
    /// Key of the last row done, in the contract's key order; none: at the beginning.
    pub(crate) after: Option<Vec<String>>,
    pub(crate) rows: u64,
    pub(crate) finished: bool,
    /// Rows may be in the store that are no longer at the source: end with a sweep.
    pub(crate) sweep: bool,
    /// Why nothing of the dataset is sent. Only a whole copy, once the cause is gone, ends this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) halted: Option<Cause>,
    /// Why the copy does not go on for now: it is tried again by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) waits_for: Option<Cause>,
    /// Rows that could not be read back when the stream needed them: read when the table answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) owed: Vec<OwedKey>,
    /// The asker who wanted nothing of it to be sent. Only a person's word ends this, with a whole copy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paused: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) paused_at_us: Option<i64>,
    /// Rows may differ from the source, and are too many to be copied without being asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) awaited: Option<AwaitedCopy>,
    /// By this host's clock, microseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began_at_us: Option<i64>,
    /// The last one that came to its end: what the next may take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) last: Option<LastCopy>,
    /// The last day whose rows have been looked for, of those whose date lay ahead of it: by Cao Bang's clock, days
    /// since 1970. None before a copy has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) judged_day: Option<i64>,
    /// The form of the dataset's open rows, as far as this copy takes them to the open side; none: not
    /// at all. With another form everything is copied again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) open: Option<String>,
}

/// A row still to be read: one text per key column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct OwedKey {
    pub(crate) key: Vec<String>,
    /// The open side's sink asked for it: it has the key, and may hear that there is no such row.
    pub(crate) asked_by_open: bool,
}

/// Why nothing of a dataset is sent, or why its copy does not go on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(from = "CauseWritten")]
pub(crate) struct Cause {
    /// Its page.
    pub(crate) code: String,
    pub(crate) why: String,
    /// By the capture's clock, microseconds since 1970. None: written down before it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) since_us: Option<i64>,
}

/// Once the words were all.
#[derive(Deserialize)]
#[serde(untagged)]
enum CauseWritten {
    Words(String),
    Whole { code: String, why: String, since_us: Option<i64> },
}

impl std::convert::From<CauseWritten> for Cause {
    fn from(written: CauseWritten) -> Cause {
        match written {
            CauseWritten::Words(why) => Cause { code: "BG0220".to_owned(), why, since_us: None },
            CauseWritten::Whole { code, why, since_us } => Cause { code, why, since_us },
        }
    }
}

impl Cause {
    pub(crate) fn new(code: &str, why: impl Into<String>, now_us: i64) -> Cause {
        Cause { code: code.to_owned(), why: why.into(), since_us: Some(now_us) }
    }

    /// The same halt or wait, perhaps for another reason: it has lasted since the first.
    pub(crate) fn after(self, before: Option<&Cause>) -> Cause {
        match before {
            Some(before) => Cause { since_us: before.since_us, ..self },
            None => self,
        }
    }

    /// Whatever the time.
    pub(crate) fn says(&self, code: &str, why: &str) -> bool {
        self.code == code && self.why == why
    }

    fn as_obstacle(&self, kind: ObstacleKind) -> Obstacle {
        let (code, why) = (Some(self.code.clone()), self.why.clone());
        Obstacle { kind, code, why, since_us: self.since_us }
    }
}

/// A copy that waits for a person's yes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct AwaitedCopy {
    pub(crate) why: String,
    /// How many would be copied, by estimate.
    pub(crate) rows: u64,
    /// By the capture's clock, microseconds since 1970.
    pub(crate) since_us: i64,
}

/// A whole copy that was made.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct LastCopy {
    pub rows: u64,
    pub seconds: f64,
    /// By the capture's clock, microseconds since 1970.
    pub done_at_us: i64,
}

impl CopyState {
    /// Not begun. `start` is set when the copy begins.
    pub(crate) fn wanted(sweep: bool) -> CopyState {
        CopyState {
            start: Version::default().to_hex(),
            after: None,
            rows: 0,
            finished: false,
            sweep,
            halted: None,
            waits_for: None,
            owed: Vec::new(),
            paused: None,
            paused_at_us: None,
            awaited: None,
            began_at_us: None,
            last: None,
            judged_day: None,
            open: None,
        }
    }

    /// From the beginning, as it stands otherwise.
    pub(crate) fn again(&self) -> CopyState {
        CopyState {
            halted: self.halted.clone(),
            paused: self.paused.clone(),
            paused_at_us: self.paused_at_us,
            last: self.last,
            open: self.open.clone(),
            ..CopyState::wanted(true)
        }
    }

    /// How many a copy of it would read: `estimated` by PostgreSQL, or as many as the last one had.
    pub(crate) fn rows_to_copy(&self, estimated: u64) -> u64 {
        estimated.max(self.last.map_or(0, |last| last.rows))
    }

    /// May it be copied, and its changes sent?
    pub(crate) fn is_sent(&self) -> bool {
        self.halted.is_none() && self.paused.is_none()
    }

    pub(crate) fn phase(&self) -> Phase {
        if self.halted.is_some() {
            Phase::Halted
        } else if self.paused.is_some() {
            Phase::Paused
        } else if !self.finished {
            Phase::Copying
        } else if self.awaited.is_some() {
            Phase::AwaitsCopy
        } else {
            Phase::Streaming
        }
    }

    /// What stands in its way, the worst alone.
    pub(crate) fn obstacle(&self) -> Option<Obstacle> {
        if let Some(halted) = &self.halted {
            return Some(halted.as_obstacle(ObstacleKind::Halt));
        }
        if let Some(by) = &self.paused {
            let (kind, why) = (ObstacleKind::Pause, by.clone());
            return Some(Obstacle { kind, code: None, why, since_us: self.paused_at_us });
        }
        if let Some(awaited) = self.awaited.as_ref().filter(|_| self.finished) {
            let (kind, code) = (ObstacleKind::AwaitsCopy, Some("BG0246".to_owned()));
            let why = awaited.why.clone();
            return Some(Obstacle { kind, code, why, since_us: Some(awaited.since_us) });
        }
        Some(self.waits_for.as_ref()?.as_obstacle(ObstacleKind::Wait))
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.start_version() > Version::default()
    }

    pub(crate) fn start_version(&self) -> Version {
        Version::from_hex(&self.start).unwrap_or_default()
    }
}

/// Up to where one asker's signals have been followed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SignalState {
    pub(crate) next_offset: i64,
}

#[derive(Clone, Default, Debug)]
pub(crate) struct CaptureState {
    pub(crate) source: Option<SourceState>,
    pub(crate) position: Option<Position>,
    pub(crate) copies: BTreeMap<String, CopyState>,
    /// By dataset: what its copy was true for.
    pub(crate) prints: BTreeMap<String, Print>,
    /// By asker: the offset before which all that it asked for is done.
    pub(crate) signals: BTreeMap<String, i64>,
    /// What the last look at the source found.
    pub(crate) findings: SourceFindings,
}

const SOURCE: &str = "source";
const POSITION: &str = "position";
const FINDINGS: &str = "findings";
/// Before an asker's name. A record under `signals` alone is the position in the topic that all of them once
/// shared; nobody reads that topic now.
const SIGNALS: &str = "signals/";
const COPY: &str = "copy/";
const PRINT: &str = "print/";

impl CaptureState {
    /// Reads the topic to its end. Blocks.
    pub(crate) fn read(kafka: &KafkaSettings, topic: &str) -> Result<CaptureState, CaptureError> {
        let (state, unreadable) = CaptureState::read_in_part(kafka, topic)?;
        unreadable.into_values().next().map_or(Ok(state), Err)
    }

    /// As far as it can be read, for whoever starts over; and the keys whose last record can't be. Blocks.
    pub(crate) fn read_in_part(
        kafka: &KafkaSettings,
        topic: &str,
    ) -> Result<(CaptureState, BTreeMap<String, CaptureError>), CaptureError> {
        let (mut state, mut unreadable) = (CaptureState::default(), BTreeMap::new());
        for record in journal::read_all(kafka, topic, From::Beginning)? {
            let key =
                String::from_utf8_lossy(record.key.as_deref().unwrap_or_default()).into_owned();
            match state.learn(topic, &key, record.value.as_deref()) {
                Ok(()) => unreadable.remove(&key),
                Err(why) => unreadable.insert(key, why),
            };
        }
        Ok((state, unreadable))
    }

    fn learn(&mut self, topic: &str, key: &str, value: Option<&[u8]>) -> Result<(), CaptureError> {
        if key == SOURCE {
            self.source = parsed(topic, key, value)?;
        } else if key == POSITION {
            let position: Option<PositionState> = parsed(topic, key, value)?;
            self.position = position.and_then(|position| {
                Some(Position {
                    lsn: position.lsn.parse().ok()?,
                    at_us: position.at_us,
                    last: position.last.and_then(|last| {
                        Some(TransactionSeen {
                            commit_lsn: last.commit_lsn.parse().ok()?,
                            committed_at_us: last.committed_at_us,
                            xid: last.xid,
                        })
                    }),
                })
            });
        } else if key == FINDINGS {
            self.findings = parsed(topic, key, value)?.unwrap_or_default();
        } else if let Some(asker) = key.strip_prefix(SIGNALS) {
            let found: Option<SignalState> = parsed(topic, key, value)?;
            if let Some(found) = found {
                self.signals.insert(asker.to_owned(), found.next_offset);
            }
        } else if let Some(dataset) = key.strip_prefix(PRINT) {
            match parsed(topic, key, value)? {
                Some(print) => self.prints.insert(dataset.to_owned(), print),
                None => self.prints.remove(dataset),
            };
        } else if let Some(dataset) = key.strip_prefix(COPY) {
            match parsed(topic, key, value)? {
                Some(copy) => self.copies.insert(dataset.to_owned(), copy),
                None => self.copies.remove(dataset),
            };
        }
        Ok(())
    }
}

fn parsed<T: DeserializeOwned>(
    topic: &str,
    key: &str,
    value: Option<&[u8]>,
) -> Result<Option<T>, CaptureError> {
    let Some(value) = value else { return Ok(None) };
    serde_json::from_slice(value).map(Some).map_err(|cause| CaptureError::State {
        topic: topic.to_owned(),
        key: key.to_owned(),
        cause,
    })
}

/// Writes the state; every call returns after the brokers have it.
pub(crate) struct StateWriter {
    journal: Arc<Journal>,
    topic: String,
}

impl StateWriter {
    pub(crate) fn new(journal: Arc<Journal>, topic: String) -> StateWriter {
        StateWriter { journal, topic }
    }

    pub(crate) async fn source(&self, source: &SourceState) -> Result<(), CaptureError> {
        self.write(SOURCE, source).await
    }

    pub(crate) async fn position(&self, position: Position) -> Result<(), CaptureError> {
        self.write(
            POSITION,
            &PositionState {
                lsn: position.lsn.to_string(),
                at_us: position.at_us,
                last: position.last.map(|last| LastTransaction {
                    commit_lsn: last.commit_lsn.to_string(),
                    committed_at_us: last.committed_at_us,
                    xid: last.xid,
                }),
            },
        )
        .await
    }

    pub(crate) async fn findings(&self, findings: &SourceFindings) -> Result<(), CaptureError> {
        self.write(FINDINGS, findings).await
    }

    pub(crate) async fn copy(&self, dataset: &str, copy: &CopyState) -> Result<(), CaptureError> {
        self.write(&format!("{COPY}{dataset}"), copy).await
    }

    pub(crate) async fn print(&self, dataset: &str, print: &Print) -> Result<(), CaptureError> {
        self.write(&format!("{PRINT}{dataset}"), print).await
    }

    pub(crate) async fn signals(
        &self,
        asker: &Asker,
        next_offset: i64,
    ) -> Result<(), CaptureError> {
        self.write(&format!("{SIGNALS}{asker}"), &SignalState { next_offset }).await
    }

    pub(crate) async fn forget(&self, key: &str) -> Result<(), CaptureError> {
        self.journal.append(&self.topic, 0, Some(key.as_bytes()), None).await?;
        Ok(())
    }

    async fn write<T: Serialize>(&self, key: &str, value: &T) -> Result<(), CaptureError> {
        let value = serde_json::to_vec(value).map_err(|cause| CaptureError::State {
            topic: self.topic.clone(),
            key: key.to_owned(),
            cause,
        })?;
        self.journal.append(&self.topic, 0, Some(key.as_bytes()), Some(&value)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halt_of_before_there_were_codes_is_one_still() {
        let written = r#"{"start":"00","after":null,"rows":0,"finished":true,"sweep":true,"halted":"column `x` is gone"}"#;
        let copy: CopyState = serde_json::from_str(written).unwrap();
        let halted = copy.halted.clone().unwrap();
        assert!(halted.says("BG0220", "column `x` is gone") && halted.since_us.is_none());
        assert_eq!(copy.phase(), Phase::Halted);
        let later = Cause::new("BG0247", "column `y` is gone", 9).after(Some(&halted));
        assert_eq!((later.code.as_str(), later.since_us), ("BG0247", None));
        let written = serde_json::to_string(&Cause::new("BG0247", "gone", 9)).unwrap();
        assert_eq!(written, r#"{"code":"BG0247","why":"gone","since_us":9}"#);
        let read: Cause = serde_json::from_str(&written).unwrap();
        assert_eq!(read, Cause::new("BG0247", "gone", 9));
    }
}
