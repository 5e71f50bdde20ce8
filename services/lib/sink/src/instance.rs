//! What all threads of one instance of a sink share: settings, peers, the few connections and buffers, and what
//! each tells the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::Reader;
use bangioc_feed::registry::RegistryClient;
use bangioc_runtime::failure::Failure as _;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::retry::Policy;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use sqlx::PgConnection;
use tokio::runtime::Handle;

use crate::ceiling::Ceilings;
use crate::config::{Config, SinkSettings, StatementLimits, StoreSettings};
use crate::dataset::Dataset;
use crate::decoders::Decoders;
use crate::error::SinkError;
use crate::metrics::SinkMetrics;
use crate::protection::Broken;
use crate::seal::Seal;
use crate::waiting::MaySuspend;
use crate::workers::Workers;

/// What a sink is made of.
pub struct SinkParts {
    pub side: Side,
    /// Label of the positions that Kafka's own tools see.
    pub group: String,
    /// Of that side: as read from files, or what their projections derive.
    pub contracts: Vec<Arc<Contract>>,
    pub config: Config,
    pub metrics: Metrics,
}

pub(crate) struct Instance {
    pub side: Side,
    pub prefix: String,
    pub settings: SinkSettings,
    pub store: StoreSettings,
    pub kafka: KafkaSettings,
    pub datasets: Vec<Dataset>,
    pub workers: Workers,
    pub reader: Reader,
    /// For questions about ends and partitions. Those on the connection that records are fetched on wait until the
    /// broker has something to say about all partitions that are idle.
    pub questions: Reader,
    pub decoders: Decoders,
    /// There once the store is prepared, before anything else runs.
    seal: OnceLock<Seal>,
    pub metrics: SinkMetrics,
    pub retry: Policy,
    pub broken: Broken,
    pub handle: Handle,
    pub shutdown: Shutdown,
    pub ceilings: Ceilings,
    pub suspended: MaySuspend,
    /// May a statement fail by design? Not where the store's server would write a row into its log then.
    discreet: AtomicBool,
    /// Its name in the store.
    pub owner: String,
}

impl Instance {
    /// Does not wait for anything outside. Needs a running tokio runtime.
    pub(crate) fn new(parts: SinkParts, shutdown: Shutdown) -> Result<Instance, SinkError> {
        let Config { prefix, kafka, registry, store, sink, tuning } = parts.config;
        let datasets = parts
            .contracts
            .into_iter()
            .map(|contract| Dataset::new(contract, &prefix))
            .collect::<Vec<_>>();
        parts.metrics.works_on(datasets.iter().map(|dataset| {
            let owner = dataset.contract.owner.to_string();
            (dataset.id().to_owned(), owner)
        }));
        let metrics = SinkMetrics::new(&parts.metrics, &datasets);
        Ok(Instance {
            side: parts.side,
            prefix,
            datasets,
            workers: Workers::new(sink.workers),
            reader: Reader::connect(&kafka, "bangioc-sink", Some(&parts.group), &tuning)?,
            questions: Reader::connect(&kafka, "bangioc-sink-questions", None, &tuning)?,
            decoders: Decoders::new(RegistryClient::new(&registry), sink.schema_wait),
            seal: OnceLock::new(),
            metrics,
            retry: Policy { longest: Duration::from_secs(5), ..Policy::default() },
            broken: Broken::from_environment(),
            handle: Handle::current(),
            shutdown,
            ceilings: Ceilings::default(),
            suspended: MaySuspend::default(),
            discreet: AtomicBool::new(true),
            owner: owner(),
            settings: sink,
            store,
            kafka,
        })
    }

    /// To the store. No statement on it waits without end, for a lock or for itself.
    pub(crate) async fn connect(&self, who: &str) -> Result<PgConnection, SinkError> {
        self.store.connect_within(who, self.limits()).await
    }

    pub(crate) async fn connect_within(
        &self,
        who: &str,
        statement: Duration,
    ) -> Result<PgConnection, SinkError> {
        self.store.connect_within(who, StatementLimits { statement, ..self.limits() }).await
    }

    pub(crate) fn limits(&self) -> StatementLimits {
        let SinkSettings { lock_timeout, statement_timeout, .. } = self.settings;
        StatementLimits { lock: lock_timeout, statement: statement_timeout }
    }

    pub(crate) fn seal(&self) -> Result<&Seal, SinkError> {
        self.seal.get().ok_or(SinkError::SecretDiffers)
    }

    /// The store is prepared: these are its keys, and whether its server keeps rows out of its log.
    pub(crate) fn learn(&self, seal: Seal, is_discreet: bool) {
        // A second try finds the same keys.
        let _ = self.seal.set(seal);
        self.discreet.store(is_discreet, Ordering::Release);
    }

    /// See [`Instance::discreet`].
    pub(crate) fn is_discreet(&self) -> bool {
        self.discreet.load(Ordering::Acquire)
    }

    pub(crate) fn report(&self, part: &str, failure: &SinkError) {
        log(part, failure);
        self.metrics.unwell(part, &failure.to_string());
    }

    /// Of one dataset's part; the others are well.
    pub(crate) fn report_of(&self, dataset: &Dataset, part: &str, failure: &SinkError) {
        log(part, failure);
        self.metrics.dataset_unwell(dataset.id(), part, &failure.to_string());
    }
}

pub(crate) fn log(part: &str, failure: &SinkError) {
    use std::error::Error as _;
    let cause = failure.source().map(ToString::to_string).unwrap_or_default();
    tracing::warn!(part, code = failure.code(), error = %failure, cause, hint = failure.hint(), "waiting");
}

/// Another one at each start: a process that was killed must not be taken for its successor.
fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!("{}-{}-{:08x}", host.trim(), std::process::id(), rand::random::<u32>())
}
