//! What a sink tells a monitoring system. Never a key, nor anything from a row.

use std::time::Duration;

use bangioc_runtime::metrics::{Buckets, Family, Gauge, Metrics};
use bangioc_schemas::rules::RuleCode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use crate::commit::Done;
use crate::dataset::Dataset;
use crate::intake::Odd;

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
}

/// Of a batch, from its first record to its commit, seconds.
const SECONDS: [f64; 8] = [0.002, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];

impl SinkMetrics {
    pub(crate) fn new(all: &Metrics) -> SinkMetrics {
        SinkMetrics {
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
                &["dataset"],
            ),
            parked: all.gauge(
                "bangioc_sink_parked_keys",
                "Keys that wait, of all instances",
                &["dataset"],
            ),
            halted: all.gauge(
                "bangioc_sink_halted_partitions",
                "Partitions of this instance that have halted",
                &["dataset"],
            ),
            retrying: all.gauge(
                "bangioc_sink_retrying_partitions",
                "Partitions of this instance whose batch is tried again",
                &["dataset"],
            ),
            all: all.clone(),
        }
    }

    /// From the start, so that a monitoring system knows of each dataset that it is well.
    pub(crate) fn works_on(&self, datasets: &[Dataset]) {
        for dataset in datasets {
            let id = [dataset.id()];
            self.halted.of(&id).set(0.0);
            self.retrying.of(&id).set(0.0);
            self.parked.of(&id).set(0.0);
        }
    }

    /// `at_us`: the source's clock at what the store has reached; `now_us`: ours.
    pub(crate) fn reached(&self, dataset: &str, at_us: i64, now_us: i64) {
        let behind = Duration::from_micros(u64::try_from(now_us - at_us).unwrap_or(0));
        self.behind.of(&[dataset]).set(behind.as_secs_f64());
    }

    pub(crate) fn parked(&self, dataset: &str, keys: i64) {
        let keys = u32::try_from(keys).unwrap_or(u32::MAX);
        self.parked.of(&[dataset]).set(f64::from(keys));
    }

    /// One partition more, or one less.
    pub(crate) fn halted(&self, dataset: &str, more: f64) {
        self.halted.of(&[dataset]).inc_by(more);
    }

    /// One partition more, or one less.
    pub(crate) fn retrying(&self, dataset: &str, more: f64) {
        self.retrying.of(&[dataset]).inc_by(more);
    }

    pub(crate) fn committed(&self, dataset: &str, done: &Done, odd: Odd, seconds: f64) {
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
