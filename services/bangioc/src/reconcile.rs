//! `bangioc reconcile`: are source and stores equal?

use std::sync::Arc;

use bangioc_reconcile::repair::Repairer;
use bangioc_reconcile::run::all;
use bangioc_reconcile::statement::{self, SigningKey};
use bangioc_reconcile::{Config, ReconcileError};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use jiff::Timestamp;

use crate::output::Output;
use crate::usage::Refusal;
use crate::{args, contract, dataset};

pub(crate) async fn run(
    wanted: args::Reconcile,
    settings: &Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let config = Config::read(settings)?;
    let contracts_dir = settings.contracts_dir();
    settings.finish()?;
    let catalogue = contract::read(&contracts_dir)?;
    let contracts = contracts(&config, &catalogue, &wanted.datasets)?;
    // All that can be refused is, before hours are spent.
    let key = match (&wanted.statement, &config.signing_key) {
        (Some(_), Some(key)) => Some(SigningKey::of(key)?),
        (Some(_), None) => return Err(Refusal::NoSigningKey.into()),
        (None, _) => None,
    };
    let repairer = match (&config.kafka, wanted.repair) {
        (Some(kafka), true) => Some(Repairer::connect(kafka, &config.prefix)?),
        (None, true) => return Err(ReconcileError::NoStore { section: "kafka" }.into()),
        (_, false) => None,
    };
    let mut written = Ok(());
    let report = all(&config, &contracts, repairer.as_ref(), Timestamp::now, |result| {
        if out.is_text() && written.is_ok() {
            written = out.text(&result.to_text());
        }
    })
    .await;
    written?;
    if !out.is_text() {
        out.show(&report, |_| String::new())?;
    }
    if let (Some(path), Some(key)) = (&wanted.statement, &key) {
        statement::write(path, &key.sign(&report)?)?;
    }
    Ok(report.verdict()?)
}

/// The active ones that are named; without names those whose source the configuration knows.
pub(crate) fn contracts(
    config: &Config,
    catalogue: &Catalogue,
    names: &[String],
) -> Result<Vec<Arc<Contract>>, BoxFailure> {
    if !names.is_empty() {
        let find = |name: &String| Ok(Arc::new(dataset::active(catalogue, name)?.clone()));
        return names.iter().map(find).collect();
    }
    let known = |contract: &&Contract| {
        let mut sources = config.sources.iter();
        sources.any(|source| source.name == contract.source.source)
    };
    let found: Vec<Arc<Contract>> =
        catalogue.active().filter(known).map(|contract| Arc::new(contract.clone())).collect();
    if found.is_empty() {
        let name = config.sources.first().map_or("", |source| &source.name);
        return Err(ReconcileError::NoSource { name: name.to_owned() }.into());
    }
    Ok(found)
}
