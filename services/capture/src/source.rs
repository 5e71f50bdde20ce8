//! What people ask of a source: is it fit (`bangioc source check`), and "its new identity is right"
//! (`bangioc source accept`).

use std::sync::Arc;

use bangioc_change::progress::ProgressRecord;
use bangioc_change::version::Lsn;
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::journal::Journal;
use bangioc_postgres_text::quoting::quoted;
use bangioc_runtime::Secret;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};

use crate::blocking::blocking;
use crate::clock::now_us;
use crate::config::{CaptureConfig, SourceSettings};
use crate::contracts::contracts_of;
use crate::error::CaptureError;
use crate::preflight::{self, Check};
use crate::replication::Session;
use crate::slot::{Preparing, Slot, SlotPlan, SystemIdentity};
use crate::state::{CaptureState, CopyState, LastCopy, StateWriter};
use crate::tables::connect::connect;
use crate::tables::estimate::estimated_rows;
use crate::topics::recent_progress;

/// Who looks at a source.
pub enum CheckedAs {
    /// The capture's own role, with what it is let see.
    Ourselves,
    /// Somebody who is let see more, and may be an administrator: sees the same of everything else.
    Login { user: String, password: Secret },
}

/// Looks at everything that capture needs of the source; changes nothing. A source that can't be entered is a
/// finding like any other.
pub async fn check(
    source: &SourceSettings,
    catalogue: &Catalogue,
    allow_unlimited_wal: bool,
    asker: CheckedAs,
) -> Result<Vec<Check>, CaptureError> {
    let contracts = contracts_of(catalogue, &source.name)?;
    let contracts: Vec<&Contract> = contracts.iter().collect();
    let mut connection = match asker {
        CheckedAs::Ourselves => match connect(source).await {
            Ok(connection) => connection,
            // All that can be said from outside: why, and the SQL that makes the role.
            Err(failure)
                if matches!(failure, CaptureError::Refused { .. })
                    || preflight::pooler::refuses(&failure) =>
            {
                return Ok(vec![preflight::bounds::no_login(source, &failure)]);
            }
            // Nobody answers, or nobody has proved to be the server: no SQL mends that.
            Err(failure) => return Err(failure),
        },
        CheckedAs::Login { user, password } => {
            connect(&SourceSettings { user, password, ..source.clone() }).await?
        }
    };
    let findings =
        preflight::look(&mut connection, source, &contracts, allow_unlimited_wal).await?;
    let mut checks = findings.checks;
    checks.extend(preflight::bounds::bounds(&mut connection, source, &contracts).await?);
    Ok(checks)
}

/// What copying one dataset again will take.
#[derive(Clone, PartialEq, Debug)]
pub struct AcceptCost {
    pub dataset: String,
    /// By PostgreSQL's own estimate now, or as many as the last copy had.
    pub rows: Option<u64>,
    /// As the last copy did, row by row.
    pub seconds: Option<f64>,
}

/// What [`accept`] will cost; changes nothing.
pub async fn accept_costs(
    config: &CaptureConfig,
    catalogue: &Catalogue,
) -> Result<Vec<AcceptCost>, CaptureError> {
    let source = &config.source;
    let contracts = contracts_of(catalogue, &source.name)?;
    let state = {
        let (kafka, topic) =
            (config.kafka.clone(), names::state_topic(&config.prefix, &source.name));
        blocking(move || CaptureState::read_in_part(&kafka, &topic)).await?.0
    };
    let mut connection = connect(source).await?;
    let mut costs = Vec::new();
    for contract in &contracts {
        let dataset = contract.dataset.as_str();
        // One that is not there has no estimate; that is no reason not to say the rest.
        let estimate = estimated_rows(&mut connection, contract).await.unwrap_or(-1);
        let last = state.copies.get(dataset).and_then(|copy| copy.last);
        costs.push(accept_cost(dataset, u64::try_from(estimate).ok(), last));
    }
    Ok(costs)
}

#[expect(clippy::cast_precision_loss, reason = "an estimate for a person")]
fn accept_cost(dataset: &str, estimate: Option<u64>, last: Option<LastCopy>) -> AcceptCost {
    let last = last.filter(|copy| copy.rows > 0);
    let rows = estimate.or(last.map(|copy| copy.rows));
    AcceptCost {
        dataset: dataset.to_owned(),
        rows,
        seconds: last.zip(rows).map(|(copy, rows)| copy.seconds * rows as f64 / copy.rows as f64),
    }
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

/// As many as say an epoch for certain: some have one, and every minute one of each kind is written.
const RECENT: u64 = 1_000;

/// The greatest epoch that a progress topic has told the stores. Blocks.
fn announced_epoch(kafka: &KafkaSettings, topic: &str) -> Result<Option<u32>, CaptureError> {
    let records = recent_progress(kafka, topic, RECENT)?;
    let epochs = records.iter().filter_map(|record| match record {
        ProgressRecord::Progress(progress) => Some(progress.epoch),
        ProgressRecord::Ceiling(ceiling) => Some(ceiling.epoch),
        ProgressRecord::Sweep(_) => None,
    });
    Ok(epochs.max())
}

/// Takes the source as it is now for the right one: a new epoch, a new slot, and every dataset to be
/// copied again and swept. Stop the capture first: a slot in use is refused. The epoch is beyond all that the
/// state, the progress topic and `store_epoch` (what a store has seen, if somebody has looked) know of: in one
/// that a store has left behind, nothing would count.
pub async fn accept(
    config: &CaptureConfig,
    catalogue: &Catalogue,
    store_epoch: Option<u32>,
) -> Result<Accepted, CaptureError> {
    let source = &config.source;
    let contracts = contracts_of(catalogue, &source.name)?;
    let topic = names::state_topic(&config.prefix, &source.name);
    let progress_topic = names::progress_topic(&config.prefix, Side::Shared, &source.name);
    let ((state, unreadable), announced) = {
        let (kafka, topic, progress) =
            (config.kafka.clone(), topic.clone(), progress_topic.clone());
        blocking(move || {
            Ok((CaptureState::read_in_part(&kafka, &topic)?, announced_epoch(&kafka, &progress)?))
        })
        .await?
    };
    let known = state.source.as_ref().map(|source| source.epoch);
    let Some(newest) = known.max(announced).max(store_epoch) else {
        return Err(CaptureError::EpochUnknown {
            source_name: source.name.clone(),
            state_topic: topic,
            progress_topic,
        });
    };
    let epoch = newest.saturating_add(1);
    let writer = StateWriter::new(Arc::new(Journal::connect(&config.kafka)?), topic);
    let mut connection = connect(source).await?;
    let mut session = {
        let source = source.clone();
        blocking(move || Session::connect(&source)).await?
    };
    let identity = SystemIdentity::ask(&mut session)?;
    if Slot::look_up(&mut connection, &source.slot).await?.is_some() {
        session.query(&format!("DROP_REPLICATION_SLOT {}", quoted(&source.slot)))?;
    }
    for key in unreadable.keys() {
        writer.forget(key).await?;
    }
    let mut datasets = Vec::new();
    // Copies first: should this break off, the next start finds no slot, or every copy wanted.
    for contract in &contracts {
        let known = state.copies.get(contract.dataset.as_str());
        // What a person has paused stays paused.
        let copy = CopyState {
            paused: known.and_then(|copy| copy.paused.clone()),
            paused_at_us: known.and_then(|copy| copy.paused_at_us),
            ..CopyState::wanted(true)
        };
        writer.copy(contract.dataset.as_str(), &copy).await?;
        datasets.push(contract.dataset.as_str().to_owned());
    }
    let preparing = Preparing { source, state: &writer, now_us: now_us(), watched: None };
    let (epoch, position) =
        preparing.run(&mut session, identity, SlotPlan::Create { epoch }).await?;
    Ok(Accepted { epoch, consistent_point: position.lsn, datasets })
}
