//! What the registry counts. No subject is a label: their number has no bound.

use std::time::Duration;

use bangioc_runtime::metrics::{Counter, Family, Gauge, Histogram, Metrics};

#[derive(Clone)]
pub(crate) struct RegistryMetrics {
    requests: Family<Counter>,
    seconds: Histogram,
    schemas: Gauge,
    left_out: Counter,
    refused: Counter,
    logins_refused: Counter,
    denied: Counter,
}

impl RegistryMetrics {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let bounds = [0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0];
        Self {
            requests: metrics.counter(
                "bangioc_registry_requests_total",
                "Requests by outcome: ok, refused (the client's), failed (ours).",
                &["outcome"],
            ),
            seconds: metrics
                .histogram("bangioc_registry_request_seconds", "Time to answer.", &[], &bounds)
                .of(&[]),
            schemas: metrics.gauge("bangioc_registry_schemas", "Schemas with an id.", &[]).of(&[]),
            left_out: metrics
                .counter(
                    "bangioc_registry_records_left_out_total",
                    "Records of the topic that could not be read.",
                    &[],
                )
                .of(&[]),
            refused: metrics
                .counter(
                    "bangioc_registry_records_refused_total",
                    "Records of another writer that contradicted what stood.",
                    &[],
                )
                .of(&[]),
            logins_refused: metrics
                .counter(
                    "bangioc_registry_logins_refused_total",
                    "Requests without a login, or with a wrong one.",
                    &[],
                )
                .of(&[]),
            denied: metrics
                .counter(
                    "bangioc_registry_requests_denied_total",
                    "Requests of known users beyond their rights.",
                    &[],
                )
                .of(&[]),
        }
    }

    pub(crate) fn answered(&self, status: u16, time: Duration) {
        let outcome = match status {
            ..400 => "ok",
            400..500 => "refused",
            500.. => "failed",
        };
        self.requests.of(&[outcome]).inc();
        self.seconds.observe(time.as_secs_f64());
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a gauge is a float, and a registry holds no 2^52 schemas"
    )]
    pub(crate) fn holds(&self, schemas: usize) {
        self.schemas.set(schemas as f64);
    }

    pub(crate) fn left_out(&self) {
        self.left_out.inc();
    }

    pub(crate) fn refused(&self) {
        self.refused.inc();
    }

    pub(crate) fn login_refused(&self) {
        self.logins_refused.inc();
    }

    pub(crate) fn denied(&self) {
        self.denied.inc();
    }
}
