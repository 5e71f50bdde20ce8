//! What publishing and serving tell a monitoring system.

use std::time::Duration;

use bangioc_runtime::metrics::{Counter, Family, Gauge, Histograms, Metrics};

#[derive(Clone)]
pub struct OpenMetrics {
    all: Metrics,
    published: Family<Counter>,
    rows: Family<Gauge>,
    seconds: Histograms,
    answers: Family<Counter>,
}

/// Name of the part in `/healthz`.
const PUBLISHING: &str = "publishing";

impl OpenMetrics {
    pub fn new(all: &Metrics) -> OpenMetrics {
        OpenMetrics {
            published: all.counter(
                "bangioc_open_data_publications_total",
                "Sets looked at, by what became of them",
                &["dataset", "outcome"],
            ),
            rows: all.gauge(
                "bangioc_open_data_rows",
                "Rows of a published resource",
                &["dataset", "resource"],
            ),
            seconds: all.histogram(
                "bangioc_open_data_publish_seconds",
                "From reading a set to its new snapshot",
                &["dataset"],
                &[0.1, 0.5, 2.0, 10.0, 60.0, 300.0],
            ),
            answers: all.counter(
                "bangioc_open_data_answers_total",
                "Answers over HTTP",
                &["status"],
            ),
            all: all.clone(),
        }
    }

    pub fn published(&self, dataset: &str, outcome: &str, took: Duration) {
        self.published.of(&[dataset, outcome]).inc();
        self.seconds.of(&[dataset]).observe(took.as_secs_f64());
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge holds no other number")]
    pub fn rows(&self, dataset: &str, resource: &str, rows: u64) {
        self.rows.of(&[dataset, resource]).set(rows as f64);
    }

    pub fn answered(&self, status: u16) {
        self.answers.of(&[&status.to_string()]).inc();
    }

    pub fn unwell(&self, trouble: &str) {
        self.all.unwell(PUBLISHING, trouble);
    }

    pub fn well(&self) {
        self.all.well(PUBLISHING);
    }
}
