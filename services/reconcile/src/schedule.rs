//! `bangioc run reconcile`: every dataset compared once in a while, in hours when nobody minds.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::failure::{BoxFailure, Failure as _};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;
use jiff::Timestamp;

use crate::config::Config;
use crate::difference::{Outcome, SideResult};
use crate::metrics::ReconcileMetrics;
use crate::repair::Repairer;
use crate::run::{Report, sides};
use crate::statement::{self, SigningKey};
use crate::{ReconcileError, dataset};

pub struct Deps {
    /// Of the active datasets, whole.
    pub contracts: Vec<Arc<Contract>>,
    pub metrics: Metrics,
}

/// Until the stop is asked for. What differs is said, counted and, where the configuration says so, repaired; it never
/// ends the service.
pub async fn run(config: Config, deps: Deps, shutdown: Shutdown) -> Result<(), BoxFailure> {
    let metrics = ReconcileMetrics::new(&deps.metrics);
    let key = config.signing_key.as_ref().map(SigningKey::of).transpose()?;
    let repairer = match (&config.kafka, config.manner.repair) {
        (Some(kafka), true) => Some(Repairer::connect(kafka, &config.prefix)?),
        _ => None,
    };
    loop {
        let began = Timestamp::now();
        let mut results = Vec::new();
        for contract in &deps.contracts {
            for side in sides(&config, contract) {
                if waited(&config, &shutdown).await {
                    return Ok(());
                }
                let now_us = Timestamp::now().as_microsecond();
                let compared = dataset::compare(&config, contract, side, repairer.as_ref(), now_us);
                let result = tokio::select! {
                    result = compared => result,
                    // It only reads, and asks: nothing is left half done.
                    () = shutdown.requested() => return Ok(()),
                };
                metrics.told(&result, Timestamp::now().as_second());
                say(&result);
                results.push(result);
            }
        }
        let report = Report {
            prefix: config.prefix.clone(),
            began_at: began.to_string(),
            ended_at: Timestamp::now().to_string(),
            results,
        };
        if let (Some(dir), Some(key)) = (&config.statements_dir, &key) {
            match leave(dir, key, &report) {
                Ok(()) => deps.metrics.well("statements"),
                Err(failure) => {
                    tracing::error!(code = failure.code(), error = %failure, hint = failure.hint(), "the statement could not be written");
                    deps.metrics.unwell("statements", failure.to_string());
                }
            }
        }
        let took = Timestamp::now().duration_since(began).unsigned_abs();
        if pause(config.manner.every.saturating_sub(took), &shutdown).await {
            return Ok(());
        }
    }
}

/// Until the hours come in which one may begin; true when the stop was asked for.
async fn waited(config: &Config, shutdown: &Shutdown) -> bool {
    let wait = config.manner.hours.map_or(Duration::ZERO, |hours| hours.wait(Timestamp::now()));
    pause(wait, shutdown).await
}

async fn pause(time: Duration, shutdown: &Shutdown) -> bool {
    tokio::select! {
        () = tokio::time::sleep(time) => shutdown.is_requested(),
        () = shutdown.requested() => true,
    }
}

fn say(result: &SideResult) {
    let (dataset, side) = (&result.dataset, &result.side);
    match &result.outcome {
        Outcome::NotCompared { code, why } => {
            tracing::warn!(code, dataset, side, error = why, "not compared");
        }
        Outcome::Compared(compared) => {
            let counts = &compared.counts;
            let (rows, lsn, repaired) = (counts.equal, &compared.as_of_lsn, counts.repaired);
            if compared.is_equal() {
                tracing::info!(dataset, side, rows, lsn, repaired, "source and store are equal");
            } else {
                let differ = counts.differ();
                tracing::error!(
                    code = "BG0801",
                    dataset,
                    side,
                    rows,
                    lsn,
                    differ,
                    repaired,
                    "source and store differ"
                );
            }
        }
    }
}

/// `2026-11-30T19-00-00Z.json`: by when it began, so that they sort.
fn leave(dir: &Path, key: &SigningKey, report: &Report) -> Result<(), ReconcileError> {
    let second = report.began_at.split(['.', 'Z']).next().unwrap_or_default();
    let name = format!("{}Z.json", second.replace(':', "-"));
    statement::write(&dir.join(name), &key.sign(report)?)
}
