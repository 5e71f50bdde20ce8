//! What a sink tells a monitoring system. Never a key, nor anything from a row.

use bangioc_runtime::metrics::{Buckets, Family, Metrics};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::histogram::Histogram;

use crate::commit::Done;

#[derive(Clone)]
pub struct SinkMetrics {
    all: Metrics,
    records: Family<Counter>,
    refused: Family<Counter>,
    batches: Family<Histogram, Buckets>,
    retries: Family<Counter>,
}

/// Of a batch, from its first record to its commit, seconds.
const SECONDS: [f64; 8] = [0.002, 0.005, 0.02, 0.05, 0.1, 0.25, 1.0, 5.0];

impl SinkMetrics {
    pub fn new(all: &Metrics) -> SinkMetrics {
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
            all: all.clone(),
        }
    }

    pub fn committed(&self, dataset: &str, done: &Done, seconds: f64) {
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
        self.batches.of(&[dataset]).observe(seconds);
    }

    pub fn refused(&self, topic: &str, reason: &str, records: u64) {
        self.refused.of(&[topic, reason]).inc_by(records);
    }

    pub fn retried(&self, dataset: &str) {
        self.retries.of(&[dataset]).inc();
    }

    pub fn unwell(&self, part: &str, trouble: &str) {
        self.all.unwell(part, trouble);
    }

    pub fn dataset_unwell(&self, dataset: &str, part: &str, trouble: &str) {
        self.all.dataset_unwell(dataset, part, trouble);
    }

    pub fn well(&self, part: &str) {
        self.all.well(part);
    }
}
