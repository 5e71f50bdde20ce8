//! What an operator can watch. Never a value or a key of a row.

use std::sync::Arc;

use bangioc_change::progress::{ObstacleKind, Phase};
use bangioc_runtime::metrics::{Counter, Family, Gauge, Metrics};

use crate::dataset::Dataset;
use crate::unit::FeedIndex;

/// Registered once per process; streams come and go.
#[derive(Clone)]
pub(crate) struct CaptureMetrics {
    events: Family<Counter>,
    bytes: Family<Counter>,
    too_large: Counter,
    confirmed_lag_bytes: Gauge,
    pub(crate) confirmed_age_seconds: Gauge,
    pub(crate) chunks: Family<Counter>,
    read_backs: Counter,
    unchanged: Counter,
    pub(crate) restarts: Counter,
    pub(crate) signals: Family<Counter>,
    pub(crate) source_findings: Family<Gauge>,
    pub(crate) catalogue_changes: Family<Counter>,
    states: Family<Gauge>,
    since: Family<Gauge>,
}

/// What a dataset can be at its source, as `bangioc dataset list` says it.
const STATES: [&str; 7] =
    ["halted", "paused", "awaits-copy", "waits", "problem", "copying", "streaming"];

impl CaptureMetrics {
    pub(crate) fn new(metrics: &Metrics) -> CaptureMetrics {
        CaptureMetrics {
            events: metrics.counter(
                "bangioc_capture_events_total",
                "Events handed to Kafka",
                &["dataset", "side"],
            ),
            bytes: metrics.counter(
                "bangioc_capture_event_bytes_total",
                "Bytes of their keys and values",
                &["dataset", "side"],
            ),
            too_large: metrics
                .counter(
                    "bangioc_capture_too_large_total",
                    "Rows that travelled without their largest columns",
                    &[],
                )
                .of(&[]),
            confirmed_lag_bytes: metrics
                .gauge(
                    "bangioc_capture_confirmed_lag_bytes",
                    "Log between what was received and what was confirmed",
                    &[],
                )
                .of(&[]),
            confirmed_age_seconds: metrics
                .gauge(
                    "bangioc_capture_confirmed_age_seconds",
                    "Age of the confirmed position by the source's clock",
                    &[],
                )
                .of(&[]),
            chunks: metrics.counter(
                "bangioc_capture_chunks_total",
                "Chunks of copies by what came of them",
                &["dataset", "outcome"],
            ),
            read_backs: metrics
                .counter(
                    "bangioc_capture_read_backs_total",
                    "Rows read back for columns that did not travel",
                    &[],
                )
                .of(&[]),
            unchanged: metrics
                .counter(
                    "bangioc_capture_unchanged_total",
                    "Updates that changed nothing of what is carried, and so were not sent",
                    &[],
                )
                .of(&[]),
            restarts: metrics
                .counter("bangioc_capture_restarts_total", "Streams started", &[])
                .of(&[]),
            catalogue_changes: metrics.counter(
                "bangioc_capture_catalogue_changes_total",
                "Differences in a source's catalogue, by what followed",
                &["dataset", "verdict"],
            ),
            states: metrics.gauge(
                "bangioc_capture_dataset_state",
                "1 for the state of a dataset at its source, 0 for the others",
                &["dataset", "owner", "state"],
            ),
            since: metrics.gauge(
                "bangioc_capture_dataset_state_since_seconds",
                "Since when what stands in a dataset's way is there, seconds since 1970; 0: nothing does",
                &["dataset", "owner"],
            ),
            signals: metrics.counter(
                "bangioc_capture_signals_total",
                "What was asked, by asker: taken, or why not; and waits of one that asked too much",
                &["asker", "outcome"],
            ),
            source_findings: metrics.gauge(
                "bangioc_capture_source_findings",
                "What the last look at the source found, by outcome: problem, warning",
                &["outcome"],
            ),
        }
    }

    /// How a dataset stands.
    pub(crate) fn stands(&self, dataset: &Dataset) {
        let (name, owner) = (dataset.name(), dataset.contract.owner.as_str());
        let obstacles = dataset.standing.obstacles();
        let worst = obstacles.first().filter(|worst| worst.kind < ObstacleKind::Warning);
        let state = match worst.map(|worst| worst.kind) {
            Some(ObstacleKind::Halt) => "halted",
            Some(ObstacleKind::Pause) => "paused",
            Some(ObstacleKind::AwaitsCopy) => "awaits-copy",
            Some(ObstacleKind::Wait) => "waits",
            Some(ObstacleKind::Problem) => "problem",
            Some(ObstacleKind::Warning) | None if dataset.standing.phase() == Phase::Copying => {
                "copying"
            }
            Some(ObstacleKind::Warning) | None => "streaming",
        };
        for known in STATES {
            let is = if known == state { 1.0 } else { 0.0 };
            self.states.of(&[name, owner, known]).set(is);
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge of seconds")]
        let since = worst.and_then(|worst| worst.since_us).map_or(0.0, |at_us| at_us as f64 / 1e6);
        self.since.of(&[name, owner]).set(since);
    }

    /// For the feeds of `datasets`, in their order.
    pub(crate) fn stream(&self, datasets: &[Dataset]) -> StreamMetrics {
        let per_feed = datasets
            .iter()
            .flat_map(|dataset| dataset.feeds().map(|feed| (dataset.name(), feed.side)))
            .map(|(dataset, side)| {
                let labels = [dataset, side.as_str()];
                (self.events.of(&labels), self.bytes.of(&labels))
            })
            .collect();
        StreamMetrics {
            per_feed,
            too_large: self.too_large.clone(),
            read_backs: self.read_backs.clone(),
            unchanged: self.unchanged.clone(),
            confirmed_lag_bytes: self.confirmed_lag_bytes.clone(),
        }
    }
}

/// The counters that every event touches, looked up once.
#[derive(Clone)]
pub(crate) struct StreamMetrics {
    per_feed: Arc<[(Counter, Counter)]>,
    pub(crate) too_large: Counter,
    pub(crate) read_backs: Counter,
    pub(crate) unchanged: Counter,
    pub(crate) confirmed_lag_bytes: Gauge,
}

impl StreamMetrics {
    pub(crate) fn sent(&self, feed: FeedIndex, bytes: u64) {
        if let Some((events, total)) = self.per_feed.get(feed.place()) {
            events.inc();
            total.inc_by(bytes);
        }
    }
}
