//! One instance of a sink: its parts, and the loop that takes, renews and hands over partitions.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::{Reader, Tuning};
use bangioc_feed::registry::{RegistryClient, RegistrySettings};
use bangioc_runtime::failure::{BoxFailure, Failure};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::retry::{Policy, retry};
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use sqlx::PgConnection;
use tokio::runtime::Handle;

use crate::breaker::Breaker;
use crate::config::{SinkSettings, StoreSettings};
use crate::dataset::Dataset;
use crate::decoders::Decoders;
use crate::error::SinkError;
use crate::lease::{self, Lease};
use crate::metrics::SinkMetrics;
use crate::migrate::migrate;
use crate::partition::{End, PartitionWork};
use crate::progress;
use crate::protection::Broken;
use crate::seal::Seal;
use crate::shortcut::Shortcut;
use crate::workers::Workers;

/// What a sink is made of.
pub struct Parts {
    pub side: Side,
    pub prefix: String,
    /// Label of the positions that Kafka's own tools see.
    pub group: String,
    pub contracts: Vec<Arc<Contract>>,
    pub sink: SinkSettings,
    pub tuning: Tuning,
    pub store: StoreSettings,
    pub kafka: KafkaSettings,
    pub registry: RegistrySettings,
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
    pub seal: Seal,
    pub metrics: SinkMetrics,
    pub retry: Policy,
    pub broken: Broken,
    pub handle: Handle,
    pub shutdown: Shutdown,
    owner: String,
}

impl Engine {
    /// Does not wait for anything outside. Needs a running tokio runtime.
    pub fn new(parts: Parts, shutdown: Shutdown) -> Result<Engine, SinkError> {
        let datasets = parts
            .contracts
            .into_iter()
            .map(|contract| Dataset::new(contract, &parts.prefix, parts.side))
            .collect();
        Ok(Engine {
            side: parts.side,
            prefix: parts.prefix,
            datasets,
            workers: Workers::new(parts.sink.workers),
            reader: Reader::connect(
                &parts.kafka,
                "bangioc-sink",
                Some(&parts.group),
                &parts.tuning,
            )?,
            decoders: Decoders::new(RegistryClient::new(&parts.registry), parts.sink.schema_wait),
            seal: Seal::new(&parts.sink.secret)?,
            metrics: SinkMetrics::new(&parts.metrics),
            retry: Policy {
                longest: Duration::from_secs(5),
                ..Policy::default()
            },
            broken: Broken::from_environment(),
            handle: Handle::current(),
            shutdown,
            owner: owner(),
            settings: parts.sink,
            store: parts.store,
            kafka: parts.kafka,
        })
    }

    /// Runs until asked to stop, or until every partition that this instance holds has halted.
    pub async fn run(self) -> Result<(), BoxFailure> {
        let engine = Arc::new(self);
        engine.check().await?;
        let watcher = start_thread("sink-progress", {
            let engine = Arc::clone(&engine);
            move || progress::run(&engine)
        })?;
        let mut keeper = Keeper {
            engine: Arc::clone(&engine),
            held: HashMap::new(),
        };
        let end = keeper.keep().await;
        engine.shutdown.trigger().request();
        keeper.stop().await;
        join(watcher).await;
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
                let mut connection = self.store.connect("bangioc sink").await?;
                Box::pin(migrate(&mut connection, &self.datasets)).await
            },
        )
        .await?;
        tracing::info!(
            datasets = self.datasets.len(),
            "\u{2714} the store is ready"
        );
        Ok(())
    }

    pub(crate) fn report(&self, part: &str, failure: &SinkError) {
        use std::error::Error as _;
        let cause = failure
            .source()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::warn!(part, code = failure.code(), error = %failure, cause, hint = failure.hint(), "waiting");
        self.metrics.unwell(part, &failure.to_string());
    }
}

fn start_thread<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<JoinHandle<T>, SinkError> {
    std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work)
        .map_err(SinkError::Thread)
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

struct Held {
    lease: Lease,
    stop: Arc<AtomicBool>,
    work: Option<JoinHandle<End>>,
}

struct Keeper {
    engine: Arc<Engine>,
    held: HashMap<(String, i32), Held>,
}

impl Keeper {
    async fn keep(&mut self) -> Result<(), BoxFailure> {
        let engine = Arc::clone(&self.engine);
        let mut connection = None;
        let mut first_halt: Option<SinkError> = None;
        loop {
            let round = async {
                if connection.is_none() {
                    connection = Some(engine.store.connect("bangioc sink leases").await?);
                }
                match &mut connection {
                    Some(connection) => Box::pin(self.round(connection, &mut first_halt)).await,
                    None => Ok(()),
                }
            };
            match round.await {
                Ok(()) => engine.metrics.well("leases"),
                Err(failure) => {
                    // Leases run out meanwhile; nobody commits under one that passed on.
                    connection = None;
                    engine.report("leases", &failure);
                }
            }
            if let Some(failure) = first_halt.take_if(|_| self.all_halted()) {
                return Err(failure.into());
            }
            tokio::select! {
                () = engine.shutdown.requested() => return Ok(()),
                () = tokio::time::sleep(engine.settings.lease / 5) => {}
            }
        }
    }

    fn all_halted(&self) -> bool {
        !self.held.is_empty() && self.held.values().all(|held| held.work.is_none())
    }

    async fn round(
        &mut self,
        connection: &mut PgConnection,
        first_halt: &mut Option<SinkError>,
    ) -> Result<(), SinkError> {
        let engine = Arc::clone(&self.engine);
        self.reap(connection, first_halt).await?;
        let held: Vec<(String, i32, i64)> = self
            .held
            .iter()
            .map(|((topic, partition), held)| (topic.clone(), *partition, held.lease.epoch))
            .collect();
        let kept = lease::renew(connection, &engine.owner, &held, engine.settings.lease).await?;
        for ((topic, partition), held) in &self.held {
            if !kept
                .iter()
                .any(|(kept, number)| kept == topic && number == partition)
            {
                held.stop.store(true, Ordering::Release);
            }
        }
        let instances = lease::instances(connection, engine.settings.lease).await?;
        let rank = instances
            .iter()
            .position(|owner| *owner == engine.owner)
            .unwrap_or(0);
        let partitions: usize = engine
            .datasets
            .iter()
            .map(|dataset| usize::try_from(dataset.contract.partitions).unwrap_or(0))
            .sum();
        let share = lease::fair_share(partitions, instances.len(), rank);
        let mut surplus = self.held.len().saturating_sub(share);
        for held in self.held.values().filter(|held| held.work.is_some()) {
            if surplus > 0 {
                held.stop.store(true, Ordering::Release);
                surplus -= 1;
            }
        }
        if self.held.len() < share {
            self.take(connection, share - self.held.len()).await?;
        }
        Ok(())
    }

    async fn take(
        &mut self,
        connection: &mut PgConnection,
        wanted: usize,
    ) -> Result<(), SinkError> {
        let engine = Arc::clone(&self.engine);
        let topics: Vec<String> = engine
            .datasets
            .iter()
            .map(|dataset| dataset.topic.clone())
            .collect();
        let free = lease::free(connection, &topics).await?;
        let free: Vec<_> = free
            .into_iter()
            .filter(|place| !self.held.contains_key(place))
            .take(wanted)
            .collect();
        for (topic, partition) in free {
            let Some(dataset) = engine
                .datasets
                .iter()
                .find(|dataset| dataset.topic == topic)
            else {
                continue;
            };
            let Some(lease) = lease::take(
                connection,
                &engine.owner,
                &topic,
                partition,
                engine.settings.lease,
            )
            .await?
            else {
                continue;
            };
            tracing::debug!(topic, partition, epoch = lease.epoch, "partition taken");
            let stop = Arc::new(AtomicBool::new(false));
            let work = PartitionWork {
                engine: Arc::clone(&engine),
                dataset: Arc::new(dataset.clone()),
                lease: lease.clone(),
                stop: Arc::clone(&stop),
                refused: HashMap::new(),
                breaker: Breaker::default(),
                shortcut: Shortcut::default(),
            };
            let name = format!("sink-{}-{partition}", dataset.id());
            let work = start_thread(&name, move || work.run())?;
            self.held.insert(
                (topic, partition),
                Held {
                    lease,
                    stop,
                    work: Some(work),
                },
            );
        }
        Ok(())
    }

    /// Looks which threads have ended, and how.
    async fn reap(
        &mut self,
        connection: &mut PgConnection,
        first_halt: &mut Option<SinkError>,
    ) -> Result<(), SinkError> {
        let ended: Vec<(String, i32)> = self
            .held
            .iter()
            .filter(|(_, held)| held.work.as_ref().is_some_and(JoinHandle::is_finished))
            .map(|(place, _)| place.clone())
            .collect();
        for place in ended {
            let Some(held) = self.held.get_mut(&place) else {
                continue;
            };
            let Some(work) = held.work.take() else {
                continue;
            };
            match join(work).await {
                Some(End::Halted(failure)) => {
                    // Stays held: whoever took it would halt as well.
                    lease::mark_halted(connection, &held.lease, failure.code()).await?;
                    first_halt.get_or_insert(failure);
                }
                Some(End::Released | End::Lost) => {
                    self.held.remove(&place);
                }
                // It broke off. The lease runs out, and somebody takes the partition anew.
                None => {
                    lease::release(connection, &held.lease).await?;
                    self.held.remove(&place);
                }
            }
        }
        Ok(())
    }

    /// Ends all work, and hands every partition over.
    async fn stop(&mut self) {
        let halted: Vec<Lease> = self
            .held
            .values()
            .filter(|held| held.work.is_none())
            .map(|held| held.lease.clone())
            .collect();
        for (_, held) in self.held.drain() {
            if let Some(work) = held.work {
                join(work).await;
            }
        }
        let left = async {
            let mut connection = self.engine.store.connect("bangioc sink leases").await?;
            for lease in &halted {
                lease::release(&mut connection, lease).await?;
            }
            lease::leave(&mut connection, &self.engine.owner).await
        };
        if let Err(failure) = left.await {
            tracing::debug!(
                code = failure.code(),
                "this instance could not say that it leaves"
            );
        }
    }
}

/// None: the thread panicked, which its own message told.
async fn join<T: Send + 'static>(thread: JoinHandle<T>) -> Option<T> {
    tokio::task::spawn_blocking(move || thread.join().ok())
        .await
        .ok()
        .flatten()
}
