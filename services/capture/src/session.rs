//! One run of a capture, from the checks to the last confirmation. Any failure ends all of it; the next
//! run begins at what was written down.
//!
//! `required` is what Kafka and the registry must have, `datasets` what is carried and how, `tasks` the
//! parts that then run side by side.

mod datasets;
mod required;
mod tasks;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bangioc_feed::journal::Journal;
use bangioc_runtime::failpoint;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names;

use self::datasets::{copies, judge};
use self::tasks::RunParts;
use crate::blocking::blocking;
use crate::clock::now_us;
use crate::config::CaptureConfig;
use crate::cut::RowFilter;
use crate::error::CaptureError;
use crate::metrics::CaptureMetrics;
use crate::preflight;
use crate::replication::Session;
use crate::slot::{self, Preparing, Slot, SystemIdentity};
use crate::standby;
use crate::state::StateWriter;
use crate::tables::connect::connect;
use crate::tables::oids::oids;
use crate::tables::running::running;

/// What stays the same from run to run.
pub(crate) struct Capture {
    pub(crate) config: CaptureConfig,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) filter: RowFilter,
    pub(crate) metrics: CaptureMetrics,
    pub(crate) health: Metrics,
    /// The checklist is shown once, not at every try.
    pub(crate) shown: AtomicBool,
}

/// A feed that is to be, in the order of [`crate::unit::FeedIndex`].
struct FeedPlan<'a> {
    /// The shared side's contract, or the one derived for the open side.
    contract: &'a Contract,
    topic: String,
}

impl Capture {
    fn feeds(&self) -> Vec<FeedPlan<'_>> {
        let plan = |contract| FeedPlan { contract, topic: self.topic(contract) };
        self.contracts
            .iter()
            .flat_map(|contract| {
                let open = contract.open.as_ref().map(|open| &*open.contract);
                std::iter::once(contract).chain(open).map(plan)
            })
            .collect()
    }

    fn topic(&self, contract: &Contract) -> String {
        names::topic(&self.config.prefix, contract.side, &contract.owner, &contract.dataset)
    }

    fn state_topic(&self) -> String {
        names::state_topic(&self.config.prefix, &self.config.source.name)
    }

    /// Runs until asked to stop, or until something fails.
    pub(crate) async fn run_once(&self, shutdown: &Shutdown) -> Result<(), BoxFailure> {
        let source = &self.config.source;
        self.check_kafka().await?;
        let feeds = self.feeds();
        let schema_ids = self.look_up_schemas(&feeds).await?;
        let mut connection = connect(&source.brisk()).await?;
        let contracts: Vec<&Contract> = self.contracts.iter().collect();
        let findings =
            preflight::look(&mut connection, source, &contracts, self.config.allow_unlimited_wal)
                .await?;
        preflight::log(&findings.checks, self.shown.swap(true, Ordering::Relaxed));
        let state_topic = self.state_topic();
        let state = self.read_state(&state_topic).await?;
        let ends = self.read_ends(&feeds).await?;
        let halted = judge(&findings, &state, now_us())?;
        let oids = oids(&mut connection, &contracts).await?;

        let journal = Arc::new(Journal::connect(&self.config.kafka).map_err(CaptureError::from)?);
        let writer = Arc::new(StateWriter::new(Arc::clone(&journal), state_topic.clone()));
        let mut session = blocking({
            let source = source.clone();
            move || Session::connect(&source)
        })
        .await?;
        let identity = SystemIdentity::ask(&mut session)?;
        let flushed = identity.flushed;
        let slot = Slot::look_up(&mut connection, &source.slot).await?;
        let used = ends
            .iter()
            .zip(&feeds)
            .find(|(ends, _)| ends.iter().any(|end| *end > 0))
            .map(|(_, feed)| feed.topic.as_str());
        let beginning =
            slot::beginning(source, &state_topic, &identity, &state, slot.as_ref(), used)?;
        let origins = findings.server_version >= 160_000;
        slot::same_log(source, &beginning, slot.as_ref(), origins).await?;
        if standby::look(&mut connection, None).await? == standby::StandbyCount::InTheWay {
            return Err(CaptureError::CountedAsStandby.into());
        }
        let preparing = Preparing {
            source,
            state: &writer,
            now_us: now_us(),
            watched: Some((&self.health, shutdown)),
        };
        let (epoch, start) = preparing.run(&mut session, identity, beginning).await?;

        let datasets = self.datasets(&feeds, &schema_ids, &findings)?;
        for (dataset, oid) in datasets.iter().zip(oids) {
            dataset.standing.set_table_oid(oid.unwrap_or_default());
        }
        let copies = copies(&datasets, &state, &halted, epoch);
        // Before anything is confirmed: a halt that is known to this process alone would end with it.
        for (dataset, copy) in datasets.iter().zip(&copies) {
            if state.copies.get(dataset.name()) != Some(copy) {
                writer.copy(dataset.name(), copy).await?;
            }
        }
        let walsender = session.pid();
        failpoint::hit("capture.starting");
        let (wal, frames) = session.start(&source.slot, start.lsn, &source.publication, origins)?;
        slot::still_there(&mut connection, source, start.lsn).await?;
        let running = running(&mut connection).await?;
        drop(connection);
        tracing::info!("✔ streaming `{}` from {} in epoch {epoch}", source.slot, start.lsn);
        self.metrics.restarts.inc();
        self.health.well("stream");
        let parts = RunParts {
            epoch,
            start,
            flushed,
            running,
            datasets: Arc::new(datasets),
            copies,
            prints: state.prints,
            ends,
            writer,
            journal,
            signals: state.signals,
            walsender,
            checks: findings.checks,
            findings: state.findings,
            wal,
            frames,
        };
        self.stream(parts, shutdown).await
    }
}
