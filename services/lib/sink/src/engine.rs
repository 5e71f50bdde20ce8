//! One instance of a sink: its start, what runs in it, and its end.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::retry::retry;
use bangioc_runtime::shutdown::Shutdown;

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::instance::{Instance, SinkParts};
use crate::keeper::{Keeper, join, start_thread};
use crate::migrate;
use crate::seal::Seal;
use crate::{discretion, doors, instance, progress, suspended, sweep};

/// How long a start waits for Kafka or the store before it gives up.
const PATIENCE: Duration = Duration::from_mins(1);

pub struct Engine {
    instance: Arc<Instance>,
}

impl Engine {
    /// Does not wait for anything outside. Needs a running tokio runtime.
    pub fn new(parts: SinkParts, shutdown: Shutdown) -> Result<Engine, SinkError> {
        let instance = Arc::new(Instance::new(parts, shutdown)?);
        Ok(Engine { instance })
    }

    /// Runs until asked to stop, or until every partition that this instance holds has halted for good.
    pub async fn run(self) -> Result<(), BoxFailure> {
        let instance = self.instance;
        let checked = check(&instance).await;
        if instance.shutdown.is_requested() {
            // Asked to stop before it had begun: whatever it waited for is no failure.
            return Ok(());
        }
        checked?;
        let mut beside = vec![
            beside("sink-progress", &instance, progress::run)?,
            beside("sink-sweeps", &instance, sweep::run)?,
        ];
        let refers = |dataset: &Dataset| !dataset.contract.references.is_empty();
        if instance.datasets.iter().any(refers) {
            beside.push(self::beside("sink-suspended", &instance, suspended::run)?);
        }
        let mut keeper = Keeper::new(Arc::clone(&instance));
        let end = keeper.keep().await;
        instance.shutdown.trigger().request();
        instance.ceilings.wake();
        keeper.stop().await;
        for thread in beside {
            join(thread).await;
        }
        end
    }
}

/// A thread that works beside the partitions until the instance ends.
fn beside(
    name: &str,
    instance: &Arc<Instance>,
    work: fn(&Arc<Instance>),
) -> Result<JoinHandle<()>, SinkError> {
    let instance = Arc::clone(instance);
    start_thread(name, move || work(&instance))
}

/// The start-up checklist; then brings the store up to the contracts.
async fn check(instance: &Instance) -> Result<(), BoxFailure> {
    let (kafka, shutdown) = (instance.kafka.clone(), &instance.shutdown);
    let patient = instance.retry.giving_up_after(PATIENCE);
    retry("reaching Kafka", &patient, shutdown, || {
        let kafka = kafka.clone();
        async move {
            let asked = tokio::task::spawn_blocking(move || kafka.check(Duration::from_secs(5)));
            asked.await.unwrap_or(Ok(())).map_err(SinkError::from)
        }
    })
    .await?;
    tracing::info!("\u{2714} Kafka answers");
    retry("preparing the store", &patient, shutdown, || async {
        tokio::select! {
            done = Box::pin(prepare(instance)) => done,
            () = shutdown.requested() => Err(SinkError::silent().at(&instance.store.address())),
        }
    })
    .await?;
    tracing::info!(datasets = instance.datasets.len(), "\u{2714} the store is ready");
    Ok(())
}

/// Brings the store up to the contracts, and looks who else could come to its rows.
async fn prepare(instance: &Instance) -> Result<(), SinkError> {
    let mut connection = instance.store.connect("bangioc sink").await?;
    let secrets = &instance.settings.secrets;
    let migrated = migrate::migrate(&mut connection, instance.side, &instance.datasets, secrets);
    for (dataset, failure) in Box::pin(migrated).await? {
        // Its partitions meet the same, and wait until it fits.
        instance::log(&dataset.topic, &failure);
    }
    let seal = Seal::of_store(&mut connection, secrets).await?;
    let leaks = discretion::leaks(&mut connection).await?;
    instance.learn(seal, leaks.is_empty());
    if !leaks.is_empty() {
        tracing::warn!(
            code = "BG0441",
            settings = leaks.join(", "),
            "the store's server would write rows into its log: new rows take the slower path, on which none is refused"
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
