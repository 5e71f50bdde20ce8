//! One instance of a sink: its parts, its start and its end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::Reader;
use bangioc_feed::registry::RegistryClient;
use bangioc_runtime::failure::{BoxFailure, Failure};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::retry::{Policy, retry};
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use tokio::runtime::Handle;

use crate::ceiling::Ceilings;
use crate::config::{Config, SinkSettings, StoreSettings};
use crate::dataset::Dataset;
use crate::decoders::Decoders;
use crate::discretion;
use crate::doors;
use crate::error::SinkError;
use crate::keeper::{Keeper, join, start_thread};
use crate::metrics::SinkMetrics;
use crate::migrate::migrate;
use crate::progress;
use crate::protection::Broken;
use crate::seal::Seal;
use crate::suspended;
use crate::workers::Workers;

/// What a sink is made of.
pub struct Parts {
    pub side: Side,
    /// Label of the positions that Kafka's own tools see.
    pub group: String,
    /// Of that side: as read from files, or what their projections derive.
    pub contracts: Vec<Arc<Contract>>,
    pub config: Config,
    pub metrics: Metrics,
}

pub struct Engine {
    pub side: Side,
    pub prefix: String,
    pub settings: SinkSettings,
    pub store: StoreSettings,
    pub kafka: KafkaSettings,
    pub datasets: Vec<Dataset>,
    pub workers: Workers,
    pub reader: Reader,
    pub decoders: Decoders,
    /// There once the store is prepared, before anything else runs.
    seal: OnceLock<Seal>,
    pub metrics: SinkMetrics,
    pub retry: Policy,
    pub broken: Broken,
    pub handle: Handle,
    pub shutdown: Shutdown,
    pub ceilings: Ceilings,
    pub(crate) suspended: suspended::Flag,
    /// May a statement fail by design? Not where the store's server would write a row into its log then.
    discreet: AtomicBool,
    pub(crate) owner: String,
}

impl Engine {
    /// Does not wait for anything outside. Needs a running tokio runtime.
    pub fn new(parts: Parts, shutdown: Shutdown) -> Result<Engine, SinkError> {
        let Config {
            prefix,
            kafka,
            registry,
            store,
            sink,
            tuning,
        } = parts.config;
        let datasets = parts
            .contracts
            .into_iter()
            .map(|contract| Dataset::new(contract, &prefix))
            .collect::<Vec<_>>();
        parts.metrics.works_on(datasets.iter().map(|dataset| {
            let owner = dataset.contract.owner.to_string();
            (dataset.id().to_owned(), owner)
        }));
        Ok(Engine {
            side: parts.side,
            prefix,
            datasets,
            workers: Workers::new(sink.workers),
            reader: Reader::connect(&kafka, "bangioc-sink", Some(&parts.group), &tuning)?,
            decoders: Decoders::new(RegistryClient::new(&registry), sink.schema_wait),
            seal: OnceLock::new(),
            metrics: SinkMetrics::new(&parts.metrics),
            retry: Policy {
                longest: Duration::from_secs(5),
                ..Policy::default()
            },
            broken: Broken::from_environment(),
            handle: Handle::current(),
            shutdown,
            ceilings: Ceilings::default(),
            suspended: suspended::Flag::default(),
            discreet: AtomicBool::new(true),
            owner: owner(),
            settings: sink,
            store,
            kafka,
        })
    }

    /// Runs until asked to stop, or until every partition that this instance holds has halted.
    pub async fn run(self) -> Result<(), BoxFailure> {
        let engine = Arc::new(self);
        let checked = engine.check().await;
        if engine.shutdown.is_requested() {
            // Asked to stop before it had begun: whatever it waited for is no failure.
            return Ok(());
        }
        checked?;
        let watcher = start_thread("sink-progress", {
            let engine = Arc::clone(&engine);
            move || progress::run(&engine)
        })?;
        let refers = |dataset: &Dataset| !dataset.contract.references.is_empty();
        let drainer = if engine.datasets.iter().any(refers) {
            let engine = Arc::clone(&engine);
            Some(start_thread("sink-suspended", move || {
                suspended::run(&engine);
            })?)
        } else {
            None
        };
        let mut keeper = Keeper::new(Arc::clone(&engine));
        let end = keeper.keep().await;
        engine.shutdown.trigger().request();
        engine.ceilings.wake();
        keeper.stop().await;
        join(watcher).await;
        if let Some(drainer) = drainer {
            join(drainer).await;
        }
        end
    }

    /// The start-up checklist; then brings the store up to the contracts.
    async fn check(&self) -> Result<(), BoxFailure> {
        let kafka = self.kafka.clone();
        let shutdown = &self.shutdown;
        retry(
            "reaching Kafka",
            &self.retry.giving_up_after(PATIENCE),
            shutdown,
            || {
                let kafka = kafka.clone();
                async move {
                    let asked =
                        tokio::task::spawn_blocking(move || kafka.check(Duration::from_secs(5)));
                    asked.await.unwrap_or(Ok(())).map_err(SinkError::from)
                }
            },
        )
        .await?;
        tracing::info!("\u{2714} Kafka answers");
        retry(
            "preparing the store",
            &self.retry.giving_up_after(PATIENCE),
            shutdown,
            || async {
                tokio::select! {
                    done = Box::pin(self.prepare()) => done,
                    () = shutdown.requested() => Err(SinkError::silent().at(&self.store.address())),
                }
            },
        )
        .await?;
        tracing::info!(
            datasets = self.datasets.len(),
            "\u{2714} the store is ready"
        );
        Ok(())
    }

    pub(crate) fn seal(&self) -> Result<&Seal, SinkError> {
        self.seal.get().ok_or(SinkError::SecretDiffers)
    }

    /// Brings the store up to the contracts, and looks who else could come to its rows.
    async fn prepare(&self) -> Result<(), SinkError> {
        let mut connection = self.store.connect("bangioc sink").await?;
        let secrets = &self.settings.secrets;
        Box::pin(migrate(&mut connection, self.side, &self.datasets, secrets)).await?;
        let seal = Seal::of_store(&mut connection, secrets).await?;
        // A second try finds the same keys.
        let _ = self.seal.set(seal);
        let leaks = discretion::leaks(&mut connection).await?;
        self.discreet.store(leaks.is_empty(), Ordering::Release);
        if !leaks.is_empty() {
            tracing::warn!(
                code = "BG0441",
                settings = leaks.join(", "),
                "the store's server would write rows into its log: new rows take the slower way, on which none is refused"
            );
        }
        let open = doors::open(&mut connection).await?;
        if !open.is_empty() {
            tracing::warn!(
                code = "BG0442",
                open = open.join(", "),
                "the store's server lets others in; its administrator runs store-access.sql again"
            );
        }
        Ok(())
    }

    /// See [`Engine::discreet`].
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
        self.metrics
            .dataset_unwell(dataset.id(), part, &failure.to_string());
    }
}

fn log(part: &str, failure: &SinkError) {
    use std::error::Error as _;
    let cause = failure
        .source()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::warn!(part, code = failure.code(), error = %failure, cause, hint = failure.hint(), "waiting");
}

/// How long a start waits for Kafka or the store before it gives up.
const PATIENCE: Duration = Duration::from_mins(1);

/// Another one at each start: a process that was killed must not be taken for its successor.
fn owner() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!(
        "{}-{}-{:08x}",
        host.trim(),
        std::process::id(),
        rand::random::<u32>()
    )
}
