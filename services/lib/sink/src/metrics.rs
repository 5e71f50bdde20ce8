//! What a sink tells a monitoring system. Never a key, nor anything from a row.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::metrics::{Buckets, Family, Gauge, Metrics};
use bangioc_schemas::rules::RuleCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use crate::commit::CommittedBatch;
use crate::dataset::Dataset;
use crate::intake::Odd;
use crate::standing::{DatasetStanding, StandingState};

#[derive(Clone)]
pub(crate) struct SinkMetrics {
    all: Metrics,
    records: Family<Counter>,
    refused: Family<Counter>,
    batches: Family<Histogram, Buckets>,
    retries: Family<Counter>,
    odd: Family<Counter>,
    behind: Family<Gauge>,
    parked: Family<Gauge>,
    halted: Family<Gauge>,
    retrying: Family<Gauge>,
    states: Family<Gauge>,
    since: Family<Gauge>,
    /// By dataset.
    owners: Arc<HashMap<String, String>>,
}

/// Of a batch, from its first record to its commit, seconds.
const SECONDS: [f64; 8] = [0.002, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];

impl SinkMetrics {
    pub(crate) fn new(all: &Metrics, datasets: &[Dataset]) -> SinkMetrics {
        let owners = datasets
            .iter()
            .map(|dataset| (dataset.id().to_owned(), dataset.contract.owner.as_str().to_owned()));
        let metrics = SinkMetrics {
            records: all.counter(
                "bangioc_sink_records_total",
                "Records by what became of them",
                &["dataset", "outcome"],
            ),
            refused: all.counter(
                "bangioc_sink_refused_total",
                "Records that say more than their topic entitles them to, by topic",
                &["topic", "reason"],
            ),
            batches: all.histogram(
                "bangioc_sink_batch_seconds",
                "From a batch's first record to its commit",
                &["dataset"],
                &SECONDS,
            ),
            retries: all.counter(
                "bangioc_sink_retries_total",
                "Batches that had to be read again",
                &["dataset"],
            ),
            odd: all.counter(
                "bangioc_sink_warnings_total",
                "Rows taken as they are although they look odd",
                &["dataset", "code"],
            ),
            behind: all.gauge(
                "bangioc_sink_behind_seconds",
                "Everything that the source committed longer ago is in the store",
                &["dataset", "owner"],
            ),
            parked: all.gauge(
                "bangioc_sink_parked_keys",
                "Keys that wait, of all instances",
                &["dataset", "owner"],
            ),
            halted: all.gauge(
                "bangioc_sink_halted_partitions",
                "Partitions of this instance that have halted",
                &["dataset", "owner"],
            ),
            retrying: all.gauge(
                "bangioc_sink_retrying_partitions",
                "Partitions of this instance whose batch is tried again",
                &["dataset", "owner"],
            ),
            states: all.gauge(
                "bangioc_sink_dataset_state",
                "1 for the state of a dataset as `bangioc status` tells it, 0 for the others; of all instances",
                &["dataset", "owner", "state"],
            ),
            since: all.gauge(
                "bangioc_sink_dataset_state_since_seconds",
                "Since when a dataset is in a state that someone should know of, seconds since 1970; 0: it is in none",
                &["dataset", "owner"],
            ),
            owners: Arc::new(owners.collect()),
            all: all.clone(),
        };
        // From the start, so that a monitoring system knows of each dataset that it is well.
        for dataset in datasets {
            let labels = metrics.labels(dataset.id());
            metrics.halted.of(&labels).set(0.0);
            metrics.retrying.of(&labels).set(0.0);
            metrics.parked.of(&labels).set(0.0);
        }
        metrics
    }

    fn labels<'a>(&'a self, dataset: &'a str) -> [&'a str; 2] {
        [dataset, self.owners.get(dataset).map_or("", String::as_str)]
    }

    /// What the store's books say of a dataset, whoever works on it.
    pub(crate) fn stands(&self, standing: &DatasetStanding) {
        let [dataset, owner] = self.labels(&standing.dataset);
        let keys = u32::try_from(standing.parked_keys).unwrap_or(u32::MAX);
        self.parked.of(&[dataset, owner]).set(f64::from(keys));
        let name = standing.state.name();
        for known in StandingState::NAMES {
            let is = if known == name { 1.0 } else { 0.0 };
            self.states.of(&[dataset, owner, known]).set(is);
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge of seconds")]
        let since = standing.state.since().map_or(0.0, |since| since.as_second() as f64);
        self.since.of(&[dataset, owner]).set(since);
    }

    /// `at_us`: the source's clock at what the store has reached; `now_us`: ours.
    pub(crate) fn reached(&self, dataset: &str, at_us: i64, now_us: i64) {
        let behind = Duration::from_micros(u64::try_from(now_us - at_us).unwrap_or(0));
        self.behind.of(&self.labels(dataset)).set(behind.as_secs_f64());
    }

    /// One partition more, or one less.
    pub(crate) fn halted(&self, dataset: &str, more: f64) {
        self.halted.of(&self.labels(dataset)).inc_by(more);
    }

    /// One partition more, or one less.
    pub(crate) fn retrying(&self, dataset: &str, more: f64) {
        self.retrying.of(&self.labels(dataset)).inc_by(more);
    }

    pub(crate) fn committed(&self, dataset: &str, done: &CommittedBatch, odd: Odd, seconds: f64) {
        let counts = &done.counts;
        for (outcome, count) in [
            ("applied", counts.applied),
            ("folded", counts.folded),
            ("duplicate", counts.duplicate),
            ("stale", counts.stale),
            ("control", counts.control),
            ("parked", counts.parked),
            ("quarantined", counts.quarantined),
            ("incomplete", done.missing),
        ] {
            if let Ok(count @ 1..) = u64::try_from(count) {
                self.records.of(&[dataset, outcome]).inc_by(count);
            }
        }
        for (code, count) in [(RuleCode::Nfc, odd.nfc), (RuleCode::Whitespace, odd.whitespace)] {
            if let Ok(count @ 1..) = u64::try_from(count) {
                self.odd.of(&[dataset, code.as_str()]).inc_by(count);
            }
        }
        self.batches.of(&[dataset]).observe(seconds);
    }

    pub(crate) fn refused(&self, topic: &str, reason: &str, records: u64) {
        self.refused.of(&[topic, reason]).inc_by(records);
    }

    pub(crate) fn retried(&self, dataset: &str) {
        self.retries.of(&[dataset]).inc();
    }

    pub(crate) fn unwell(&self, part: &str, trouble: &str) {
        self.all.unwell(part, trouble);
    }

    pub(crate) fn dataset_unwell(&self, dataset: &str, part: &str, trouble: &str) {
        self.all.dataset_unwell(dataset, part, trouble);
    }

    pub(crate) fn well(&self, part: &str) {
        self.all.well(part);
    }
}
