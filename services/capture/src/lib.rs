//! Source side: one department's database → its datasets' topics, exactly what was committed, in order.
//!
//! Promises: a change is confirmed at the source only after Kafka has it and everything before it; a
//! restart repeats a suffix and loses nothing; nothing is written at the source but marks in its log.
//! Refuses: a source that would be harmed, or whose identity has changed.
//!
//! In the order in which a record meets them:
//!
//! - [`session`]: one run, from the checks to the last confirmation
//! - [`preflight`], [`slot`]: is the source fit, and where may the stream begin
//! - [`replication`]: the connection that carries the log
//! - [`stream`]: the one thread from log to Kafka; [`dataset`] says how each table travels, [`change`]
//!   is a row on its way, [`cut`] what the open feed gets of it
//! - [`copy`]: rows that were there before, between marks in the stream; [`signal`]: asked for by others
//! - [`delivery`]: what Kafka has acknowledged, and so how far the source may forget
//! - [`progress`], [`state`]: what is written down about it, before the source is told
//! - [`source`]: `bangioc source check` and `accept`; [`operate`]: `bangioc dataset`

mod ceiling;
mod change;
pub mod config;
mod copy;
mod cut;
mod dataset;
mod delivery;
pub mod error;
mod metrics;
pub mod operate;
pub mod preflight;
mod progress;
mod replication;
mod session;
mod signal;
mod slot;
pub mod source;
mod state;
mod stream;

use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use bangioc_runtime::failure::{BoxFailure, Class};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::retry::Policy;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;

use crate::config::CaptureConfig;
use crate::cut::Filter;
use crate::error::CaptureError;
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
    tracing::info!(
        source = config.source.name,
        datasets = contracts.len(),
        "capture starts"
    );
    let metrics = CaptureMetrics::new(&deps.metrics);
    let capture = Capture {
        config,
        contracts,
        filter: Filter::from_environment(),
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

fn contracts_of(catalogue: &Catalogue, source: &str) -> Result<Vec<Contract>, CaptureError> {
    let contracts: Vec<Contract> = catalogue
        .active()
        .filter(|contract| contract.source.source == source)
        .cloned()
        .collect();
    if contracts.is_empty() {
        Err(CaptureError::NoContracts {
            source_name: source.to_owned(),
        })
    } else {
        Ok(contracts)
    }
}
