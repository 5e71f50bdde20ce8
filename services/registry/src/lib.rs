//! The schema registry: Confluent's REST API for Avro, its state kept in the compacted `_schemas` topic in
//! Confluent's record format.
//!
//! Promises: a schema has one id, in all subjects, for ever; what was answered is in the topic, on all
//! in-sync replicas; the state is a function of the topic and of nothing else; a hostile schema costs
//! bounded time and memory; nobody writes without a login, and nobody more than their own. Refuses: schemas that
//! are not Avro, references, rules, contexts; a topic that Kafka would delete from; a second writer; deletion and
//! import of what a topic of the contracts uses; requests of web pages.
//!
//! - [`Config`], [`RegistryFailure`]: settings of the service, and how it fails
//! - `definition`: schema text → canonical text and resolved types; `compatibility`: who can read whom
//! - `record` → `store`: the topic's records, and what they add up to; `fingerprint`: what an id means for ever
//! - `decision`: request and state → records, or a `refusal`; `in_use`: what no request takes away
//! - `askers`: users, and what each may do
//! - `schema_log`: append, read back, the one writer; `topic`: the topic itself
//! - `api`: routes; `waiting`: for topic and rights, at the start

mod api;
mod askers;
mod compatibility;
mod config;
mod decision;
mod definition;
mod error;
mod fingerprint;
mod in_use;
mod level;
mod metrics;
mod record;
mod refusal;
mod schema_log;
mod seldom;
mod store;
mod topic;
mod waiting;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bangioc_feed::consume::{PartitionReader, Reader, Tuning};
use bangioc_feed::journal::{self, JournalRecord};
use bangioc_feed::{FeedError, KafkaSettings};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::listener::Listener;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::{self, Shutdown};
use bangioc_runtime::tasks::TaskGroup;
use tokio::net::TcpSocket;

pub use askers::UsedSubject;
pub use config::Config;
pub use error::RegistryFailure;

use api::{Api, Gate};
use askers::Users;
use config::Logins;
use in_use::InUse;
use metrics::RegistryMetrics;
use schema_log::SchemaLog;
use waiting::Wait;

/// What the service needs from outside.
pub struct Dependencies {
    pub kafka: KafkaSettings,
    pub metrics: Metrics,
    /// What the contracts say of subjects.
    pub used: Vec<UsedSubject>,
}

/// How long Kafka may take to answer at the start.
const START: Duration = Duration::from_secs(30);
/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;
/// How long requests under way may take once the stop is asked for.
const LAST_ANSWERS: Duration = Duration::from_secs(2);

/// Runs until the stop is asked for, another registry takes over, or Kafka refuses.
pub async fn run(config: Config, deps: Dependencies, shutdown: Shutdown) -> Result<(), BoxFailure> {
    let Dependencies { kafka, metrics, used } = deps;
    let Config { listen, topic, listener, logins } = config;
    let users = match logins {
        Logins::Of(dir) => Some(Users::read(&dir, &used)?),
        Logins::Nobodys => {
            tracing::warn!(
                "insecure: anyone who reaches this port may write schemas without a login"
            );
            None
        }
    };
    let in_use = Arc::new(InUse::new(&used));
    let encrypted = listener.tls.is_some();
    let listener = Listener::new("registry", &listener, &metrics)?;
    // First: the mistake that is quickest to find. Listening comes when there is something to answer:
    // whoever is early is then refused and tries again, instead of hanging on an open connection.
    let socket = take(&listen).map_err(RegistryFailure::cannot_listen(&listen))?;
    let address = socket.local_addr().map_err(RegistryFailure::cannot_listen(&listen))?;
    if !encrypted && !address.ip().is_loopback() {
        tracing::warn!(%address, "passwords arrive in clear text: set `certificate_file` and `key_file` in `[registry]`");
    }
    tracing::info!(
        users = users.as_ref().map_or(0, Users::count),
        subjects_in_use = in_use.count(),
        "who may ask, and what is kept"
    );
    metrics.unwell("registry", "reading its topic");
    let counted = RegistryMetrics::new(&metrics);
    let owner = format!("{:016x}", rand::random::<u64>());
    let mut waiting = Wait::new(&metrics);
    let opened = tokio::select! {
        opened = waiting.until(|| open(&kafka, &topic)) => opened?,
        () = shutdown.requested() => return Ok(()),
    };
    // Not before: a producer that may write nowhere yet would end at once, and for good.
    let log = Arc::new(SchemaLog::new(&kafka, &topic, owner, counted.clone(), metrics.clone())?);
    log.replay(&opened.records);
    drop(opened.records);

    let mut tasks = TaskGroup::new(&shutdown);
    // Following ends after serving: the last requests wait for their records to come back.
    let (finished, done) = shutdown::pair();
    tasks.spawn_thread("registry-follow", {
        let (log, mut partition) = (Arc::clone(&log), opened.partition);
        let waiting = Wait::new(&metrics);
        move || log.follow(&mut partition, waiting, &done)
    });
    tasks.spawn("registry-serve", async move {
        let service = async {
            waiting.until(|| log.claim()).await?;
            let cluster_id = opened.cluster_id.into();
            let mending = tokio::spawn(Arc::clone(&log).mend());
            let gate = Gate::new(users, counted.clone());
            let router = api::router(Api { log, metrics: counted, cluster_id, in_use }, gate);
            let socket = socket.listen(BACKLOG).map_err(RegistryFailure::cannot_listen(&listen))?;
            metrics.well("registry");
            tracing::info!(%address, topic, "registry answers");
            listener.serve(socket, router, &shutdown).await;
            mending.abort();
            Ok(())
        };
        let end: Result<(), RegistryFailure> = tokio::select! {
            end = service => end,
            // A client that keeps its connection, or a Kafka that does not answer, must not hold up the stop.
            () = async { shutdown.requested().await; tokio::time::sleep(LAST_ANSWERS).await } => Ok(()),
        };
        finished.request();
        Ok(end?)
    });
    tasks.wait().await
}

/// The address, taken: nobody else can have it, and nobody can connect yet.
fn take(address: &str) -> io::Result<TcpSocket> {
    let address: SocketAddr = address.parse().map_err(io::Error::other)?;
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // Connections of a registry that ended a moment ago must not keep its address from us.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// The topic as it was found at the start.
struct Opened {
    cluster_id: String,
    records: Vec<JournalRecord>,
    partition: PartitionReader,
}

async fn open(kafka: &KafkaSettings, topic: &str) -> Result<Opened, RegistryFailure> {
    let (kafka, topic) = (kafka.clone(), topic.to_owned());
    let opened = tokio::task::spawn_blocking(move || {
        kafka.check(START)?;
        let cluster_id = topic::prepare(&kafka, &topic)?;
        let records = journal::read_all(&kafka, &topic, journal::From::Beginning)?;
        let reader = Reader::connect(&kafka, "bangioc-registry", None, &Tuning::quiet())?;
        let next = next_offset(&records, &reader, &topic)?;
        let partition = reader.assign(&topic, 0, next)?;
        Ok(Opened { cluster_id, records, partition })
    });
    match opened.await {
        Ok(end) => end,
        // Panics are denied in this code; one of a library's goes on as such.
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// Where following goes on: after the last record read.
fn next_offset(records: &[JournalRecord], reader: &Reader, topic: &str) -> Result<i64, FeedError> {
    match records.last() {
        Some(last) => Ok(last.offset + 1),
        None => Ok(reader.watermarks(topic, 0)?.0),
    }
}
