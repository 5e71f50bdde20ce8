//! One run of a capture, from the checks to the last confirmation. Any failure ends all of it; the next
//! run begins at what was written down.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bangioc_change::encode::{Encoder, SchemaIds};
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::consume::{Reader as TopicReader, Tuning as ReadTuning};
use bangioc_feed::journal::Journal;
use bangioc_feed::produce::Producer;
use bangioc_feed::registry::RegistryClient;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::{self, Shutdown, Trigger};
use bangioc_runtime::tasks::TaskGroup;
use bangioc_schemas::avro;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use tokio::sync::mpsc::unbounded_channel;

use crate::config::CaptureConfig;
use crate::copy::copier::{Copier, Work};
use crate::copy::read_back::ReadBack;
use crate::copy::reader::{Reader, connect};
use crate::copy::table::Table;
use crate::dataset::{Dataset, Standing};
use crate::delivery::{Delivery, Position};
use crate::error::CaptureError;
use crate::metrics::CaptureMetrics;
use crate::preflight::{self, Findings};
use crate::progress::Reporter;
use crate::replication::Session;
use crate::signal;
use crate::slot::{self, Identity, Slot};
use crate::state::{CopyState, State, StateWriter};
use crate::stream::Stream;
use crate::stream::outlet::Outlet;
use crate::stream::window::Windows;

/// How long the first answer of Kafka may take.
const KAFKA_ANSWERS: Duration = Duration::from_secs(10);

/// What stays the same from run to run.
pub(crate) struct Capture {
    pub(crate) config: CaptureConfig,
    pub(crate) contracts: Vec<Contract>,
    pub(crate) metrics: CaptureMetrics,
    pub(crate) health: Metrics,
    /// The checklist is shown once, not at every try.
    pub(crate) shown: AtomicBool,
}

impl Capture {
    fn topic(&self, contract: &Contract) -> String {
        names::topic(
            &self.config.prefix,
            Side::Shared,
            &contract.owner,
            &contract.dataset,
        )
    }

    fn state_topic(&self) -> String {
        names::state_topic(&self.config.prefix, &self.config.source.name)
    }

    /// Runs until asked to stop, or until something fails.
    pub(crate) async fn run_once(&self, shutdown: &Shutdown) -> Result<(), BoxFailure> {
        let source = &self.config.source;
        self.check_kafka().await?;
        let schema_ids = self.look_up_schemas().await?;
        let mut connection = connect(source).await?;
        let contracts: Vec<&Contract> = self.contracts.iter().collect();
        let findings = preflight::look(
            &mut connection,
            source,
            &contracts,
            self.config.allow_unlimited_wal,
        )
        .await?;
        preflight::log(&findings.checks, self.shown.swap(true, Ordering::Relaxed));
        let state_topic = self.state_topic();
        let state = self.read_state(&state_topic).await?;
        let ends = self.read_ends().await?;
        let halted = judge(&findings, &state, &contracts)?;

        let journal = Arc::new(Journal::connect(&self.config.kafka).map_err(CaptureError::from)?);
        let writer = Arc::new(StateWriter::new(
            Journal::connect(&self.config.kafka).map_err(CaptureError::from)?,
            state_topic.clone(),
        ));
        let mut session = blocking({
            let source = source.clone();
            move || Session::connect(&source)
        })
        .await?;
        let identity = Identity::ask(&mut session)?;
        let slot = Slot::look_up(&mut connection, &source.slot).await?;
        let used = ends
            .iter()
            .zip(&self.contracts)
            .find(|(ends, _)| ends.iter().any(|end| *end > 0))
            .map(|(_, contract)| self.topic(contract));
        let beginning = slot::beginning(
            source,
            &state_topic,
            &identity,
            &state,
            slot.as_ref(),
            used.as_deref(),
        )?;
        let (epoch, start) =
            slot::prepare(source, &mut session, identity, beginning, &writer, now_us()).await?;
        drop(connection);

        let (datasets, copies) = self.datasets(&schema_ids, &findings, &state, &halted, epoch)?;
        let origins = findings.server_version >= 160_000;
        let (wal, frames) = session.start(&source.slot, start.lsn, &source.publication, origins)?;
        tracing::info!(
            "✔ streaming `{}` from {} in epoch {epoch}",
            source.slot,
            start.lsn
        );
        self.metrics.restarts.inc();
        self.health.well("stream");
        let parts = Parts {
            epoch,
            start,
            datasets: Arc::new(datasets),
            copies,
            ends,
            journal,
            writer,
            signals: state.signals.map(|signals| signals.next_offset),
            wal,
            frames,
        };
        self.stream(parts, shutdown).await
    }

    async fn check_kafka(&self) -> Result<(), CaptureError> {
        let kafka = self.config.kafka.clone();
        blocking(move || kafka.check(KAFKA_ANSWERS).map_err(CaptureError::from)).await?;
        tracing::info!("✔ Kafka answers at {}", self.config.kafka.brokers);
        Ok(())
    }

    /// Ids of every dataset's key and value schema. Registering them is the topic tool's task.
    async fn look_up_schemas(&self) -> Result<Vec<SchemaIds>, CaptureError> {
        let wanted: Vec<_> = self
            .contracts
            .iter()
            .map(|contract| {
                let topic = self.topic(contract);
                (
                    (
                        names::key_subject(&topic),
                        avro::key_schema(contract, &topic),
                    ),
                    (
                        names::value_subject(&topic),
                        avro::value_schema(contract, &topic),
                    ),
                )
            })
            .collect();
        let registry = self.config.registry.clone();
        let ids = blocking(move || {
            let client = RegistryClient::new(&registry);
            let look_up = |(subject, schema): &(String, String)| {
                client
                    .look_up(subject, schema)?
                    .ok_or_else(|| CaptureError::NotRegistered {
                        subject: subject.clone(),
                    })
            };
            wanted
                .iter()
                .map(|(key, value)| {
                    Ok(SchemaIds {
                        key: look_up(key)?,
                        value: look_up(value)?,
                    })
                })
                .collect::<Result<Vec<_>, CaptureError>>()
        })
        .await?;
        tracing::info!("✔ the registry has the schemas");
        Ok(ids)
    }

    async fn read_state(&self, topic: &str) -> Result<State, CaptureError> {
        let (kafka, topic) = (self.config.kafka.clone(), topic.to_owned());
        blocking(move || State::read(&kafka, &topic)).await
    }

    /// The ends of the dataset topics: everything that an earlier run was told of lies before them.
    async fn read_ends(&self) -> Result<Vec<Vec<i64>>, CaptureError> {
        let topics: Vec<_> = self
            .contracts
            .iter()
            .map(|contract| (self.topic(contract), contract.partitions))
            .collect();
        let kafka = self.config.kafka.clone();
        blocking(move || read_ends(&kafka, &topics)).await
    }

    fn datasets(
        &self,
        schema_ids: &[SchemaIds],
        findings: &Findings,
        state: &State,
        halted: &BTreeMap<String, String>,
        epoch: u32,
    ) -> Result<(Vec<Dataset>, Vec<CopyState>), CaptureError> {
        let mut datasets = Vec::new();
        let mut copies = Vec::new();
        for ((contract, ids), key_types) in self
            .contracts
            .iter()
            .zip(schema_ids)
            .zip(&findings.key_types)
        {
            let name = contract.dataset.as_str();
            let topic = self.topic(contract);
            let encoder = Encoder::new(
                contract,
                &topic,
                SchemaIds {
                    key: ids.key,
                    value: ids.value,
                },
                &self.config.source.name,
                &self.config.source.database,
            )
            .map_err(|cause| CaptureError::Encoder {
                dataset: name.to_owned(),
                cause: Box::new(cause),
            })?;
            // In a later epoch even a dataset's first copy may find rows of an earlier one in the store.
            let mut copy = state
                .copies
                .get(name)
                .cloned()
                .unwrap_or_else(|| CopyState::wanted(epoch > 1));
            match halted.get(name) {
                Some(why) => copy.halted = Some(why.clone()),
                // The cause is gone: what was missed meanwhile only a whole copy brings back.
                None if copy.halted.is_some() => copy = CopyState::wanted(true),
                None => {}
            }
            copies.push(copy);
            datasets.push(Dataset {
                table: Table::new(contract, key_types.clone().unwrap_or_default()),
                contract: contract.clone(),
                topic,
                encoder,
                standing: Standing::default(),
            });
        }
        Ok((datasets, copies))
    }

    #[expect(
        clippy::too_many_lines,
        reason = "wires the parts of one run together, nothing else"
    )]
    async fn stream(&self, parts: Parts, shutdown: &Shutdown) -> Result<(), BoxFailure> {
        let Parts {
            epoch,
            start,
            datasets,
            copies,
            ends,
            journal,
            writer,
            signals,
            wal,
            frames,
        } = parts;
        let config = &self.config;
        let (stop, stopping) = shutdown::pair();
        let (end, ended) = shutdown::pair();
        let (notices, heard) = unbounded_channel();
        let (handover, handed) = std::sync::mpsc::channel();
        let (wanted, wanted_signals) = unbounded_channel();
        let delivery = Arc::new(Delivery::new(start, ends, notices.clone()));
        let confirmable = Arc::new(AtomicU64::new(start.lsn.0));
        let producer = Producer::connect(&config.kafka, &config.tuning, Arc::clone(&delivery) as _)
            .map_err(CaptureError::from)?;
        let dataset_names: Vec<&str> = datasets.iter().map(Dataset::name).collect();
        let progress_topic =
            names::progress_topic(&config.prefix, Side::Shared, &config.source.name);
        let outlet = Outlet::new(
            producer,
            Arc::clone(&delivery),
            Arc::clone(&confirmable),
            self.metrics.stream(&dataset_names),
            config.record_bytes,
            start.lsn,
        );
        let mut group = TaskGroup::new(stop.clone());
        let mut stream = Stream::new(
            wal,
            epoch,
            Arc::clone(&datasets),
            outlet,
            Windows::new(handed),
            ReadBack::new(&config.source, tokio::runtime::Handle::current()),
            notices,
            stopping.clone(),
        );
        stream.begin_halted(&copies);
        group.spawn_thread("capture-stream", move || {
            // Whatever way it ends, the others must not wait for it.
            let _end = RequestOnDrop(vec![end, stop]);
            Ok(stream.run(frames)?)
        });
        let reporter = Reporter {
            epoch,
            datasets: Arc::clone(&datasets),
            delivery: Arc::clone(&delivery),
            journal: Arc::clone(&journal),
            state: Arc::clone(&writer),
            topic: progress_topic.clone(),
            confirmable,
            reader: Reader::new(&config.source),
            interval: config.confirm_interval,
            heartbeat: config.heartbeat_interval,
            full_interval: config.full_progress_interval,
            metrics: self.metrics.clone(),
            health: self.health.clone(),
        };
        let reporter_stopping = stopping.clone();
        group.spawn("capture-progress", async move {
            Ok(reporter.run(reporter_stopping, ended).await?)
        });
        let signal_datasets: Vec<_> = datasets
            .iter()
            .map(|dataset| (dataset.name().to_owned(), dataset.contract.key.len()))
            .collect();
        let copier = Copier {
            epoch,
            datasets,
            settings: config.copy.clone(),
            reader: Reader::new(&config.source),
            handover,
            notices: heard,
            signals: wanted_signals,
            delivery,
            state: writer,
            journal,
            progress_topic,
            metrics: self.metrics.clone(),
            copies,
            work: Work::default(),
        };
        let copier_stopping = stopping.clone();
        group.spawn("capture-copy", async move {
            Ok(copier.run(copier_stopping).await?)
        });
        let (kafka, topic, signals_stopping) = (
            config.kafka.clone(),
            names::signal_topic(&config.prefix, &config.source.name),
            stopping.clone(),
        );
        group.spawn_thread("capture-signals", move || {
            Ok(signal::follow(
                &kafka,
                &topic,
                signals,
                &signal_datasets,
                &wanted,
                &signals_stopping,
            )?)
        });
        let (outer, inner) = (shutdown.clone(), stopping.trigger());
        group.spawn("capture-stop", async move {
            tokio::select! {
                () = outer.requested() => inner.request(),
                () = stopping.requested() => {}
            }
            Ok(())
        });
        group.wait().await
    }
}

struct Parts {
    epoch: u32,
    start: Position,
    datasets: Arc<Vec<Dataset>>,
    copies: Vec<CopyState>,
    ends: Vec<Vec<i64>>,
    journal: Arc<Journal>,
    writer: Arc<StateWriter>,
    signals: Option<i64>,
    wal: crate::replication::WalStream,
    frames: crate::replication::Frames,
}

/// Also when its thread panics.
struct RequestOnDrop(Vec<Trigger>);

impl Drop for RequestOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(Trigger::request);
    }
}

/// Problems of the source as a whole refuse the start, and at the first start every problem does. Later,
/// what is wrong with one table halts that dataset only: its name and why.
fn judge(
    findings: &Findings,
    state: &State,
    contracts: &[&Contract],
) -> Result<BTreeMap<String, String>, CaptureError> {
    let problems: Vec<_> = findings
        .checks
        .iter()
        .filter(|check| check.is_problem())
        .collect();
    let refused = problems
        .iter()
        .filter(|check| check.dataset.is_none() || state.source.is_none())
        .count();
    if refused > 0 {
        return Err(CaptureError::Unfit {
            problems: problems.len(),
        });
    }
    let halted: BTreeMap<_, _> = problems
        .iter()
        .filter_map(|check| Some((check.dataset.clone()?, check.what.clone())))
        .collect();
    for (dataset, what) in &halted {
        tracing::error!(
            code = "BG0220",
            dataset,
            "dataset halted, since not: {what}; the others go on"
        );
    }
    if halted.len() == contracts.len() {
        return Err(CaptureError::Unfit {
            problems: problems.len(),
        });
    }
    Ok(halted)
}

fn read_ends(
    kafka: &KafkaSettings,
    topics: &[(String, u32)],
) -> Result<Vec<Vec<i64>>, CaptureError> {
    let reader =
        TopicReader::connect(kafka, "bangioc-capture-check", None, &ReadTuning::default())?;
    let mut all = Vec::new();
    for (topic, partitions) in topics {
        let found = reader.partitions(topic)?;
        if found != *partitions {
            return Err(CaptureError::Partitions {
                topic: topic.clone(),
                found,
                expected: *partitions,
            });
        }
        let ends = (0..i32::try_from(found).unwrap_or(i32::MAX))
            .map(|partition| Ok(reader.watermarks(topic, partition)?.1));
        all.push(ends.collect::<Result<Vec<_>, CaptureError>>()?);
    }
    tracing::info!("✔ the topics are there");
    Ok(all)
}

/// For calls that block, off the runtime's own threads.
pub(crate) async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T, CaptureError> + Send + 'static,
) -> Result<T, CaptureError> {
    match tokio::task::spawn_blocking(call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(CaptureError::Internal {
            what: "a blocking call broke off",
        }),
    }
}

pub(crate) fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}
