//! What a scheduled comparison leaves for monitoring.

use bangioc_runtime::metrics::{Family, Gauge, Metrics};

use crate::difference::{Outcome, SideResult};

pub(crate) struct ReconcileMetrics {
    rows: Family<Gauge>,
    compared_at: Family<Gauge>,
    health: Metrics,
}

impl ReconcileMetrics {
    pub(crate) fn new(metrics: &Metrics) -> ReconcileMetrics {
        ReconcileMetrics {
            rows: metrics.gauge(
                "bangioc_reconcile_rows",
                "Rows by what the last comparison found of them.",
                &["dataset", "side", "outcome"],
            ),
            compared_at: metrics.gauge(
                "bangioc_reconcile_compared_seconds",
                "When the last comparison that came to its end did, seconds since 1970.",
                &["dataset", "side"],
            ),
            health: metrics.clone(),
        }
    }

    /// `now`: seconds since 1970.
    #[expect(clippy::cast_precision_loss, reason = "gauges")]
    pub(crate) fn told(&self, result: &SideResult, now: i64) {
        let part = format!("reconcile {} {}", result.dataset, result.side);
        match &result.outcome {
            // It may be copied just now: that it was not compared for long is for an alert to say.
            Outcome::NotCompared { .. } => {}
            Outcome::Compared(compared) => {
                let counts = &compared.counts;
                for (outcome, count) in [
                    ("equal", counts.equal),
                    ("missing", counts.missing),
                    ("surplus", counts.surplus),
                    ("differs", counts.differs),
                    ("incomplete", counts.incomplete),
                    ("parked", counts.parked),
                    ("changing", counts.moving),
                    ("repaired", counts.repaired),
                ] {
                    let labels = [result.dataset.as_str(), result.side.as_str(), outcome];
                    self.rows.of(&labels).set(count as f64);
                }
                self.compared_at.of(&[&result.dataset, &result.side]).set(now as f64);
                if compared.is_equal() {
                    self.health.well(&part);
                } else {
                    let trouble = format!("{} rows differ", counts.differ());
                    self.health.dataset_unwell(&result.dataset, &part, trouble);
                }
            }
        }
    }
}
