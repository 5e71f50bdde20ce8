//! The schema registry: Confluent's REST API for Avro, its state kept in the compacted `_schemas` topic in
//! Confluent's record format.
//!
//! Promises: a schema has one id, in all subjects, for ever; what was answered is in the topic, on all
//! in-sync replicas; the state is a function of the topic and of nothing else; a hostile schema costs
//! bounded time and memory. Refuses: schemas that are not Avro, references, rules, contexts; a topic that
//! Kafka would delete from; a second writer.
//!
//! - [`Config`], [`RegistryFailure`]: settings of the service, and how it fails
//! - `definition`: schema text → canonical text and resolved types; `compatibility`: who can read whom
//! - `record` → `store`: the topic's records, and what they add up to
//! - `decision`: request and state → records, or a `refusal`
//! - `schema_log`: append, read back, the one writer; `topic`: the topic itself
//! - `api`: routes

mod api;
mod compatibility;
mod config;
mod decision;
mod definition;
mod error;
mod level;
mod metrics;
mod record;
mod refusal;
mod schema_log;
mod store;
mod topic;

use std::sync::Arc;
use std::time::Duration;

use bangioc_feed::consume::{Reader, Tuning};
use bangioc_feed::journal::{self, JournalRecord};
use bangioc_feed::{FeedError, KafkaSettings};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::{self, Shutdown};
use bangioc_runtime::tasks::TaskGroup;
use tokio::net::TcpListener;

pub use config::Config;
pub use error::RegistryFailure;

use api::Api;
use metrics::RegistryMetrics;
use schema_log::SchemaLog;

/// What the service needs from outside.
pub struct Dependencies {
    pub kafka: KafkaSettings,
    pub metrics: Metrics,
}

/// How long Kafka may take to answer at the start.
const START: Duration = Duration::from_secs(30);
/// How long requests under way may take once the stop is asked for.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Runs until the stop is asked for, another registry takes over, or Kafka refuses.
pub async fn run(config: Config, deps: Dependencies, shutdown: Shutdown) -> Result<(), BoxFailure> {
    let Dependencies { kafka, metrics } = deps;
    let Config {
        listen,
        topic,
        login,
    } = config;
    let fails = |source| RegistryFailure::CannotListen {
        address: listen.clone(),
        source,
    };
    // First: the mistake that is quickest to find. Connections wait until the state is there.
    let listener = TcpListener::bind(&listen).await.map_err(fails)?;
    let address = listener.local_addr().map_err(fails)?;
    metrics.unwell("registry", "reading its topic");
    let counted = RegistryMetrics::new(&metrics);
    let owner = format!("{:016x}", rand::random::<u64>());
    let log = Arc::new(SchemaLog::new(&kafka, &topic, owner, counted.clone())?);
    let (cluster_id, records, partition) = blocking({
        let (kafka, topic) = (kafka.clone(), topic.clone());
        move || -> Result<_, BoxFailure> {
            kafka.check(START)?;
            let cluster_id = topic::prepare(&kafka, &topic)?;
            let records = journal::read_all(&kafka, &topic, journal::From::Beginning)?;
            let reader = Reader::connect(&kafka, "bangioc-registry", None, &Tuning::default())?;
            let next = next_offset(&records, &reader, &topic)?;
            Ok((cluster_id, records, reader.assign(&topic, 0, next)?))
        }
    })
    .await?;
    log.replay(&records);
    drop(records);

    let mut tasks = TaskGroup::new(&shutdown);
    // Following ends after serving: the last requests wait for their records to come back.
    let (finished, done) = shutdown::pair();
    tasks.spawn_thread("registry-follow", {
        let (log, mut partition) = (Arc::clone(&log), partition);
        move || log.follow(&mut partition, &done)
    });
    tasks.spawn("registry-serve", async move {
        let service = async {
            log.claim().await?;
            metrics.well("registry");
            tracing::info!(%address, topic, "registry answers");
            let mending = tokio::spawn(Arc::clone(&log).mend());
            let router = api::router(Api { log, metrics: counted, cluster_id: cluster_id.into() }, login.as_ref());
            let server = axum::serve(listener, router).with_graceful_shutdown(shutdown.requested());
            let end = async { server.await }.await;
            mending.abort();
            end.map_err(|source| RegistryFailure::CannotListen { address: address.to_string(), source })
        };
        let end = tokio::select! {
            end = service => end,
            // A client that keeps its connection, or a Kafka that does not answer, must not hold up the stop.
            () = async { shutdown.requested().await; tokio::time::sleep(LAST_ANSWERS).await } => Ok(()),
        };
        finished.request();
        Ok(end?)
    });
    tasks.wait().await
}

/// Where following goes on: after the last record read.
fn next_offset(records: &[JournalRecord], reader: &Reader, topic: &str) -> Result<i64, FeedError> {
    match records.last() {
        Some(last) => Ok(last.offset + 1),
        None => Ok(reader.watermarks(topic, 0)?.0),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BoxFailure> + Send + 'static,
) -> Result<T, BoxFailure> {
    match tokio::task::spawn_blocking(work).await {
        Ok(end) => end,
        // Panics are denied in this code; one of a library's goes on as such.
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}
