//! Counters, gauges and histograms.

use std::fmt::Debug;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::{Family as LabelledFamily, MetricConstructor};
use prometheus_client::registry::{Metric, Registry};

use crate::health::Health;

pub type Counter = prometheus_client::metrics::counter::Counter;
pub type Gauge = prometheus_client::metrics::gauge::Gauge<f64, AtomicU64>;
pub type Histogram = prometheus_client::metrics::histogram::Histogram;

/// All metrics of one process, and whether it is well. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    health: Arc<Mutex<Health>>,
    /// Of all listeners of the process, once there is one.
    listener: Arc<OnceLock<ListenerMetrics>>,
}

/// What every listener counts; `listener` is its label.
#[derive(Clone, Debug)]
pub(crate) struct ListenerMetrics {
    pub(crate) open: Family<Gauge>,
    pub(crate) ended: Family<Counter>,
}

/// One metric with its labels. Keep what [`Family::of`] returns on hot paths: it takes a lock to find.
#[derive(Clone, Debug)]
pub struct Family<M, C = fn() -> M> {
    labels: &'static [&'static str],
    metrics: LabelledFamily<Vec<(&'static str, String)>, M, C>,
}

pub type Histograms = Family<Histogram, Buckets>;

impl<M: Clone, C: MetricConstructor<M>> Family<M, C> {
    /// The metric with these label values, in the order of the label names.
    pub fn of(&self, values: &[&str]) -> M {
        let labels =
            self.labels.iter().zip(values).map(|(name, value)| (*name, (*value).to_owned()));
        self.metrics.get_or_create_owned(&labels.collect())
    }
}

/// Upper bounds of a histogram's buckets.
#[derive(Clone, Debug)]
pub struct Buckets(Vec<f64>);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl Metrics {
    /// `name` as in `bangioc_<service>_<noun>_<unit>_total`; never a value of a row as a label.
    pub fn counter(
        &self,
        name: &str,
        help: &str,
        labels: &'static [&'static str],
    ) -> Family<Counter> {
        // The encoder adds `_total` by itself.
        self.register(
            name.strip_suffix("_total").unwrap_or(name),
            help,
            labels,
            LabelledFamily::default(),
        )
    }

    pub fn gauge(&self, name: &str, help: &str, labels: &'static [&'static str]) -> Family<Gauge> {
        self.register(name, help, labels, LabelledFamily::default())
    }

    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &'static [&'static str],
        bounds: &[f64],
    ) -> Histograms {
        let family = LabelledFamily::new_with_constructor(Buckets(bounds.to_vec()));
        self.register(name, help, labels, family)
    }

    fn register<M, C>(
        &self,
        name: &str,
        help: &str,
        labels: &'static [&'static str],
        metrics: LabelledFamily<Vec<(&'static str, String)>, M, C>,
    ) -> Family<M, C>
    where
        M: Clone + Debug,
        C: MetricConstructor<M> + Clone,
        LabelledFamily<Vec<(&'static str, String)>, M, C>: Metric,
    {
        // The encoder adds the full stop.
        let help = help.strip_suffix('.').unwrap_or(help);
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register(
            name,
            help,
            metrics.clone(),
        );
        Family { labels, metrics }
    }

    pub(crate) fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process works on these datasets (dataset, owner): each is well until one of its parts is not.
    pub fn works_on(&self, datasets: impl IntoIterator<Item = (String, String)>) {
        self.health().owners = datasets.into_iter().collect();
    }

    /// `/healthz` answers 503 with every part's trouble until [`Metrics::well`] takes it back. No value of
    /// a row in `trouble`.
    pub fn unwell(&self, part: &str, trouble: impl Into<String>) {
        self.health().unwell(part, None, trouble.into());
    }

    /// The same of one dataset's part: others are well.
    pub fn dataset_unwell(&self, dataset: &str, part: &str, trouble: impl Into<String>) {
        self.health().unwell(part, Some(dataset), trouble.into());
    }

    pub fn well(&self, part: &str) {
        self.health().well(part);
    }

    pub(crate) fn listener(&self) -> ListenerMetrics {
        let made = || ListenerMetrics {
            open: self.gauge(
                "bangioc_listener_connections",
                "Connections open now.",
                &["listener"],
            ),
            ended: self.counter(
                "bangioc_listener_connections_ended_total",
                "Connections ended, or not begun, by a limit of ours.",
                &["listener", "outcome"],
            ),
        };
        self.listener.get_or_init(made).clone()
    }

    /// The page as text, OpenMetrics 1.0.
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing to a string can't fail.
        let _ = encode(&mut page, &self.registry.lock().unwrap_or_else(PoisonError::into_inner));
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page() {
        let metrics = Metrics::default();
        metrics
            .counter("bangioc_capture_rows_total", "Rows sent.", &["dataset"])
            .of(&["business"])
            .inc_by(3);
        metrics.gauge("bangioc_sink_behind_seconds", "Behind the source", &[]).of(&[]).set(1.5);
        metrics
            .histogram("bangioc_sink_commit_seconds", "Commits", &["dataset"], &[0.1, 1.0])
            .of(&["x"])
            .observe(0.5);
        insta::assert_snapshot!(metrics.page(), @r#"
        # HELP bangioc_capture_rows Rows sent.
        # TYPE bangioc_capture_rows counter
        bangioc_capture_rows_total{dataset="business"} 3
        # HELP bangioc_sink_behind_seconds Behind the source.
        # TYPE bangioc_sink_behind_seconds gauge
        bangioc_sink_behind_seconds{} 1.5
        # HELP bangioc_sink_commit_seconds Commits.
        # TYPE bangioc_sink_commit_seconds histogram
        bangioc_sink_commit_seconds_sum{dataset="x"} 0.5
        bangioc_sink_commit_seconds_count{dataset="x"} 1
        bangioc_sink_commit_seconds_bucket{le="0.1",dataset="x"} 0
        bangioc_sink_commit_seconds_bucket{le="1.0",dataset="x"} 1
        bangioc_sink_commit_seconds_bucket{le="+Inf",dataset="x"} 1
        # EOF
        "#);
    }
}
