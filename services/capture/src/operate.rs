//! What people ask of a dataset at its source: how it stands, pause, resume, copy again, repair one key.
//!
//! All of it goes through Kafka: a request into the source's signal topic, the answer out of its state
//! topic. So nobody needs to reach the department's database, and a request to a capture that is down
//! waits for it.

use std::collections::BTreeMap;
use std::time::Duration;

use bangioc_change::progress::{ObstacleKind, Phase, ProgressRecord, Signal};
use bangioc_feed::FeedError;
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::journal::{self, From, Journal};
use bangioc_schemas::asker::Asker;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use serde::Serialize;
use tokio::time::Instant;

use crate::blocking::blocking;
use crate::error::CaptureError;
use crate::findings::SourceFinding;
use crate::state::{CaptureState, CopyState};
use crate::topics::recent_progress;

pub use crate::state::LastCopy;

/// Between looks into the state topic.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
/// A full progress record comes every minute, others in between.
const RECENT_PROGRESS: u64 = 500;
/// Records whose mean size stands for all.
const SAMPLE: u64 = 200;

/// Asks captures, on behalf of a person: who that is, the Kafka user tells.
#[derive(Clone, Debug)]
pub struct Operations {
    pub kafka: KafkaSettings,
    pub prefix: String,
}

/// How a dataset stands at its source.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Stand {
    pub dataset: String,
    pub owner: String,
    pub source: String,
    /// None: no capture of its source has run yet.
    pub phase: Option<Phase>,
    /// What stands in its way, the worst alone; what the check of its source found is in `finding`.
    pub kind: Option<ObstacleKind>,
    pub code: Option<String>,
    /// Of a pause who asked for it.
    pub why: Option<String>,
    /// Since when it is so: microseconds since 1970.
    pub since_us: Option<i64>,
    /// Rows of the copy that waits for a yes, by estimate.
    pub awaited_rows: Option<u64>,
    /// PostgreSQL's own estimate; a live table is never counted.
    pub estimated_rows: Option<i64>,
    /// Rows sent by the copy that runs.
    pub copied_rows: Option<u64>,
    pub last_copy: Option<LastCopy>,
    /// Is anything of it public?
    pub open: bool,
    /// The worst that the last look at its source found of it, or of the source as a whole.
    pub finding: Option<SourceFinding>,
}

/// What copying a dataset again comes to. Estimates, from what the last copy and the newest records were like.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct CopyCost {
    pub rows: Option<u64>,
    /// On the wire to Kafka, both sides, before compression.
    pub bytes: Option<u64>,
    pub seconds: Option<f64>,
}

impl Operations {
    /// Who asks: a person, by the user that Kafka knows. Sinks ask for themselves, and nobody for another.
    pub fn asker(&self) -> Result<Asker, CaptureError> {
        let user = self.kafka.principal();
        match Asker::of_user(user) {
            Some(asker @ Asker::Operator(_)) => Ok(asker),
            Some(Asker::SharedStore | Asker::OpenData) | None => {
                Err(CaptureError::NoOperator { user: user.to_owned() })
            }
        }
    }

    /// How each stands, in the order of `contracts`. The sources are asked side by side.
    pub async fn stands(&self, contracts: &[&Contract]) -> Result<Vec<Stand>, CaptureError> {
        let mut sources: BTreeMap<&str, _> = BTreeMap::new();
        for contract in contracts {
            let source = contract.source.source.as_str();
            sources.entry(source).or_insert_with(|| {
                let (operations, source) = (self.clone(), source.to_owned());
                tokio::task::spawn_blocking(move || operations.known(&source))
            });
        }
        let mut known = BTreeMap::new();
        for (source, asked) in sources {
            let answer = asked
                .await
                .map_err(|_| CaptureError::Internal { what: "a question to Kafka broke off" })?;
            known.insert(source, answer?);
        }
        let stand = |contract: &&Contract| {
            let known = known.get(contract.source.source.as_str());
            known.map(|known| known.stand(contract))
        };
        Ok(contracts.iter().filter_map(stand).collect())
    }

    pub async fn stand(&self, contract: &Contract) -> Result<Stand, CaptureError> {
        let found = self.stands(&[contract]).await?.pop();
        found.ok_or(CaptureError::Internal { what: "a source that nobody asked" })
    }

    /// Blocks.
    fn known(&self, source: &str) -> Result<SourceTopics, CaptureError> {
        let state = CaptureState::read(&self.kafka, &names::state_topic(&self.prefix, source))?;
        let topic = names::progress_topic(&self.prefix, Side::Shared, source);
        let records = recent_progress(&self.kafka, &topic, RECENT_PROGRESS)?;
        let newest = records.into_iter().rev().find_map(|record| match record {
            ProgressRecord::Progress(progress) if progress.full => Some(progress.datasets),
            ProgressRecord::Progress(_) | ProgressRecord::Sweep(_) | ProgressRecord::Ceiling(_) => {
                None
            }
        });
        let estimates = newest.unwrap_or_default().into_iter();
        Ok(SourceTopics {
            state,
            estimates: estimates
                .filter(|(_, said)| said.estimated_rows >= 0)
                .map(|(dataset, said)| (dataset, said.estimated_rows))
                .collect(),
        })
    }

    /// What `recopy` or `resume` would cost.
    pub async fn copy_cost(
        &self,
        contract: &Contract,
        stand: &Stand,
    ) -> Result<CopyCost, CaptureError> {
        let topics: Vec<String> = std::iter::once(contract)
            .chain(contract.on(Side::Open))
            .map(|contract| {
                names::topic(&self.prefix, contract.side, &contract.owner, &contract.dataset)
            })
            .collect();
        let kafka = self.kafka.clone();
        let bytes_a_row = blocking(move || {
            let mut sum = None;
            for topic in topics {
                let records = match journal::read_all(&kafka, &topic, From::Last(SAMPLE)) {
                    Ok(records) => records,
                    // A person needs no right to the rows to move a dataset; without it, no size.
                    Err(FeedError::Unauthorized { .. }) => return Ok(None),
                    Err(failure) => return Err(failure.into()),
                };
                let bytes = |record: &journal::JournalRecord| {
                    let length = |part: &Option<Vec<u8>>| part.as_ref().map_or(0, Vec::len);
                    length(&record.key) + length(&record.value)
                };
                let total: usize = records.iter().map(bytes).sum();
                if !records.is_empty() {
                    *sum.get_or_insert(0) += total / records.len();
                }
            }
            Ok(sum)
        })
        .await?;
        Ok(cost(stand, bytes_a_row))
    }

    /// Sends requests to the capture of `source`, and waits until it has taken the last of them (of a key
    /// to repair: until Kafka has the row). [`CaptureError::NotTaken`] after `patience`: it stands, and is
    /// taken when the capture runs.
    pub async fn ask(
        &self,
        source: &str,
        signals: &[Signal],
        patience: Duration,
    ) -> Result<(), CaptureError> {
        let asker = self.asker()?;
        let journal = Journal::connect(&self.kafka)?;
        let topic = names::signal_topic(&self.prefix, source, &asker);
        let mut last = -1;
        for signal in signals {
            let value = serde_json::to_vec(signal)
                .map_err(|_| CaptureError::Internal { what: "a signal that has no JSON" })?;
            let key = signal.dataset().as_bytes();
            last = journal.append(&topic, 0, Some(key), Some(&value)).await?;
        }
        let taken = |state: &CaptureState| {
            let next = state.signals.get(asker.as_str()).copied();
            (next.unwrap_or(0) > last).then_some(())
        };
        self.wait(source, Some(patience), taken).await
    }

    /// Follows the copy of a dataset to its end; `shown` gets the rows done so far.
    pub async fn follow_copy(
        &self,
        contract: &Contract,
        mut shown: impl FnMut(u64),
    ) -> Result<Stand, CaptureError> {
        let finished = |state: &CaptureState| {
            let copy = state.copies.get(contract.dataset.as_str())?;
            shown(copy.rows);
            (copy.finished || !copy.is_sent()).then_some(())
        };
        self.wait(&contract.source.source, None, finished).await?;
        self.stand(contract).await
    }

    async fn wait<T>(
        &self,
        source: &str,
        patience: Option<Duration>,
        mut look: impl FnMut(&CaptureState) -> Option<T>,
    ) -> Result<T, CaptureError> {
        let end = patience.map(|patience| Instant::now() + patience);
        loop {
            let (kafka, topic) = (self.kafka.clone(), names::state_topic(&self.prefix, source));
            let state = blocking(move || CaptureState::read(&kafka, &topic)).await?;
            if let Some(found) = look(&state) {
                return Ok(found);
            }
            if end.is_some_and(|end| Instant::now() > end) {
                return Err(CaptureError::NotTaken { source_name: source.to_owned() });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// What a source's topics tell of it.
struct SourceTopics {
    state: CaptureState,
    estimates: BTreeMap<String, i64>,
}

impl SourceTopics {
    fn stand(&self, contract: &Contract) -> Stand {
        let dataset = contract.dataset.as_str();
        let copy = self.state.copies.get(dataset);
        let obstacle = copy.and_then(CopyState::obstacle);
        Stand {
            dataset: dataset.to_owned(),
            owner: contract.owner.to_string(),
            source: contract.source.source.clone(),
            phase: copy.map(CopyState::phase),
            kind: obstacle.as_ref().map(|obstacle| obstacle.kind),
            code: obstacle.as_ref().and_then(|obstacle| obstacle.code.clone()),
            since_us: obstacle.as_ref().and_then(|obstacle| obstacle.since_us),
            why: obstacle.map(|obstacle| obstacle.why),
            awaited_rows: copy.and_then(|copy| Some(copy.awaited.as_ref()?.rows)),
            estimated_rows: self.estimates.get(dataset).copied(),
            copied_rows: copy.filter(|copy| !copy.finished).map(|copy| copy.rows),
            last_copy: copy.and_then(|copy| copy.last),
            open: contract.open.is_some(),
            finding: self.state.findings.of(dataset).cloned(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "an estimate for a person, in tens of percent")]
fn cost(stand: &Stand, bytes_a_row: Option<usize>) -> CopyCost {
    let estimated = stand.estimated_rows.map(i64::unsigned_abs);
    let last = stand.last_copy.filter(|copy| copy.rows > 0);
    let rows = estimated.or(last.map(|copy| copy.rows));
    let bytes = |rows: u64| rows.checked_mul(u64::try_from(bytes_a_row?).ok()?);
    CopyCost {
        rows,
        bytes: rows.and_then(bytes),
        seconds: last.zip(rows).map(|(copy, rows)| copy.seconds * rows as f64 / copy.rows as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_copy_costs_what_the_last_one_did_row_by_row() {
        let mut stand = Stand {
            dataset: "land-parcel".into(),
            owner: "so-nnmt".into(),
            source: "so-nnmt".into(),
            phase: Some(Phase::Streaming),
            kind: None,
            code: None,
            why: None,
            since_us: None,
            awaited_rows: None,
            estimated_rows: Some(300),
            copied_rows: None,
            last_copy: Some(LastCopy { rows: 100, seconds: 2.0, done_at_us: 0 }),
            open: false,
            finding: None,
        };
        let expected = |rows, bytes, seconds| CopyCost { rows, bytes, seconds };
        assert_eq!(cost(&stand, Some(10)), expected(Some(300), Some(3_000), Some(6.0)));
        stand.estimated_rows = None;
        assert_eq!(cost(&stand, None), expected(Some(100), None, Some(2.0)));
        stand.last_copy = None;
        assert_eq!(cost(&stand, Some(10)), expected(None, None, None));
    }
}
