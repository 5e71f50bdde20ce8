//! Source side: one department's database → its datasets' topics, exactly what was committed, in order.
//!
//! Promises: a change is confirmed at the source only after Kafka has it and everything before it; a
//! restart repeats a suffix and loses nothing; nothing is written at the source but marks in its log.
//! Refuses: a source that would be harmed, or whose identity has changed.
//!
//! From the top down; a module imports only what lies below it:
//!
//! - [`source`]: `bangioc source check` and `accept`; [`operate`]: `bangioc dataset`
//! - [`session`]: one run, from the checks to the last confirmation
//! - [`preflight`], [`slot`], [`standby`]: is the source fit, where may the stream begin, and does anyone wait for it
//! - [`stream`]: the one thread from log to Kafka; [`progress`]: how far it has come, written down before
//!   the source hears of it, and [`ceiling`] how far it may go
//! - [`copy`]: rows that were there before, between marks in the stream; [`signal`]: asked for by others
//! - [`print`]: what the stream does not tell of, seen in the source's catalogue
//! - [`delivery`]: what Kafka has acknowledged, and so how far the source may forget
//! - [`dataset`]: how each table travels; [`cut`]: what the open feed gets of a [`change`]
//! - [`replication`], [`tables`]: the two ways to ask a source, its log and SQL; [`state`], [`topics`]: what
//!   is written down at Kafka, of the source's [`findings`] too
//! - [`unit`], [`notice`], [`shape`], [`clock`]: the words that all of them share

mod blocking;
mod ceiling;
mod change;
mod clock;
pub mod config;
mod contracts;
mod copy;
mod cut;
mod dataset;
mod delivery;
pub mod error;
pub mod findings;
mod metrics;
mod notice;
pub mod operate;
mod pinned;
pub mod preflight;
mod print;
mod progress;
mod replication;
mod session;
mod shape;
mod signal;
mod slot;
pub mod source;
mod standby;
mod state;
mod stream;
mod tables;
mod topics;
mod unit;

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bangioc_runtime::failure::{BoxFailure, Class};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::retry::Policy;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::catalogue::Catalogue;

use crate::config::CaptureConfig;
use crate::contracts::contracts_of;
use crate::cut::RowFilter;
use crate::metrics::CaptureMetrics;
use crate::session::Capture;

/// A run that lasted this long was a good one: the next failure is met with a short wait again.
const SETTLED: Duration = Duration::from_mins(1);

/// What a capture needs from outside.
pub struct Deps {
    pub catalogue: Catalogue,
    pub metrics: Metrics,
}

/// Captures one source until asked to stop. Failures that pass are waited out with back-off; the others
/// end it.
pub async fn run(config: CaptureConfig, deps: Deps, shutdown: Shutdown) -> Result<(), BoxFailure> {
    let contracts = contracts_of(&deps.catalogue, &config.source.name)?;
    tracing::info!(source = config.source.name, datasets = contracts.len(), "capture starts");
    let metrics = CaptureMetrics::new(&deps.metrics);
    deps.metrics.works_on(
        contracts
            .iter()
            .map(|contract| (contract.dataset.as_str().to_owned(), contract.owner.to_string())),
    );
    let capture = Capture {
        config,
        contracts,
        filter: RowFilter::from_environment(),
        metrics,
        health: deps.metrics,
        shown: AtomicBool::new(false),
    };
    let mut delays = Policy::default().delays();
    while !shutdown.is_requested() {
        let began = Instant::now();
        let Err(failure) = capture.run_once(&shutdown).await else {
            continue;
        };
        if failure.class() != Class::Retry {
            return Err(failure);
        }
        if began.elapsed() > SETTLED {
            delays.reset();
        }
        let Some(delay) = delays.next() else {
            return Err(failure);
        };
        let cause = failure.source().map(ToString::to_string);
        tracing::warn!(code = failure.code(), error = %failure, cause, ?delay, "capture starts again");
        capture.health.unwell("stream", failure.to_string());
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            () = shutdown.requested() => {}
        }
    }
    tracing::info!("capture has stopped");
    Ok(())
}
