//! What people ask of a source: is it fit (`bangioc source check`), and "its new identity is right"
//! (`bangioc source accept`).

use std::sync::Arc;

use bangioc_change::version::Lsn;
use bangioc_feed::journal::Journal;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names;

use crate::blocking::blocking;
use crate::clock::now_us;
use crate::config::{CaptureConfig, SourceSettings};
use crate::contracts::contracts_of;
use crate::error::CaptureError;
use crate::preflight::{self, Check};
use crate::replication::Session;
use crate::slot::{Beginning, Identity, Preparing, Slot};
use crate::state::{CopyState, State, StateWriter};
use crate::tables::connect::connect;

/// Looks at everything that capture needs of the source; changes nothing.
pub async fn check(
    source: &SourceSettings,
    catalogue: &Catalogue,
    allow_unlimited_wal: bool,
) -> Result<Vec<Check>, CaptureError> {
    let contracts = contracts_of(catalogue, &source.name)?;
    let contracts: Vec<&Contract> = contracts.iter().collect();
    let mut connection = connect(source).await?;
    let findings =
        preflight::look(&mut connection, source, &contracts, allow_unlimited_wal).await?;
    let mut checks = findings.checks;
    checks.extend(preflight::role::bounds(&mut connection, source, &contracts).await?);
    Ok(checks)
}

/// What [`accept`] has set up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Accepted {
    pub epoch: u32,
    /// Where the new slot begins.
    pub consistent_point: Lsn,
    /// Datasets that the next `bangioc run capture` copies again, and sweeps.
    pub datasets: Vec<String>,
}

/// Takes the source as it is now for the right one: a new epoch, a new slot, and every dataset to be
/// copied again and swept. Stop the capture first: a slot in use is refused. `store_epoch`: the greatest
/// epoch that the store has seen of this source, if any is known.
pub async fn accept(
    config: &CaptureConfig,
    catalogue: &Catalogue,
    store_epoch: Option<u32>,
) -> Result<Accepted, CaptureError> {
    let source = &config.source;
    let contracts = contracts_of(catalogue, &source.name)?;
    let topic = names::state_topic(&config.prefix, &source.name);
    let state = {
        let (kafka, topic) = (config.kafka.clone(), topic.clone());
        blocking(move || State::read(&kafka, &topic)).await?
    };
    let writer = StateWriter::new(Arc::new(Journal::connect(&config.kafka)?), topic);
    let mut connection = connect(source).await?;
    let mut session = {
        let source = source.clone();
        blocking(move || Session::connect(&source)).await?
    };
    let identity = Identity::ask(&mut session)?;
    if Slot::look_up(&mut connection, &source.slot)
        .await?
        .is_some()
    {
        session.query(&format!(
            "DROP_REPLICATION_SLOT \"{}\"",
            source.slot.replace('"', "\"\"")
        ))?;
    }
    let known = state.source.as_ref().map_or(0, |source| source.epoch);
    let epoch = 1 + known.max(store_epoch.unwrap_or(0));
    let mut datasets = Vec::new();
    // Copies first: should this break off, the next start finds no slot, or every copy wanted.
    for contract in &contracts {
        let known = state.copies.get(contract.dataset.as_str());
        // What a person has paused stays paused.
        let copy = CopyState {
            paused: known.and_then(|copy| copy.paused.clone()),
            ..CopyState::wanted(true)
        };
        writer.copy(contract.dataset.as_str(), &copy).await?;
        datasets.push(contract.dataset.as_str().to_owned());
    }
    let preparing = Preparing {
        source,
        state: &writer,
        now_us: now_us(),
        watched: None,
    };
    let (epoch, position) = preparing
        .run(&mut session, identity, Beginning::Create { epoch })
        .await?;
    Ok(Accepted {
        epoch,
        consistent_point: position.lsn,
        datasets,
    })
}
