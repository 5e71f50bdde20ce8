//! The parts of a run that go on side by side until one fails or all are asked to stop.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use bangioc_change::version::Lsn;
use bangioc_feed::journal::Journal;
use bangioc_feed::produce::Producer;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::shutdown::{self, Shutdown, Trigger};
use bangioc_runtime::tasks::TaskGroup;
use bangioc_schemas::names::{self, Side};
use tokio::sync::Notify;
use tokio::sync::mpsc::{channel, unbounded_channel};

use super::Capture;
use crate::ceiling::Announced;
use crate::copy::copier::judge::KnownPrint;
use crate::copy::copier::{Copier, CopyWork};
use crate::dataset::Dataset;
use crate::delivery::Delivery;
use crate::error::CaptureError;
use crate::findings::SourceFindings;
use crate::preflight::Check;
use crate::preflight::watch::CheckWatch;
use crate::print::Print;
use crate::print::watch::CatalogueWatch;
use crate::progress::Reporter;
use crate::signal::{Following, SignalledDataset};
use crate::state::{CopyState, StateWriter};
use crate::stream::Stream;
use crate::stream::feeds::Feeds;
use crate::stream::outlet::{self, Outlet};
use crate::stream::read_back::ReadBack;
use crate::stream::window::Windows;
use crate::tables::reader::SqlReader;
use crate::topics::ProgressTopics;
use crate::unit::Position;

pub(super) struct RunParts {
    pub(super) epoch: u32,
    pub(super) start: Position,
    /// Nothing that was ever sent of this epoch lies behind it.
    pub(super) flushed: Lsn,
    /// Transactions that ran when the stream began, as [`crate::tables::running`] says.
    pub(super) running: Vec<u32>,
    pub(super) datasets: Arc<Vec<Dataset>>,
    pub(super) copies: Vec<CopyState>,
    /// By dataset.
    pub(super) prints: BTreeMap<String, Print>,
    pub(super) ends: Vec<Vec<i64>>,
    pub(super) writer: Arc<StateWriter>,
    pub(super) journal: Arc<Journal>,
    pub(super) signals: BTreeMap<String, i64>,
    /// The server's process that streams to us.
    pub(super) walsender: i32,
    /// What the start's look at the source found, and what an earlier one has written down.
    pub(super) checks: Vec<Check>,
    pub(super) findings: SourceFindings,
    pub(super) wal: crate::replication::WalStream,
    pub(super) frames: crate::replication::Frames,
}

impl Capture {
    #[expect(clippy::too_many_lines, reason = "wires the parts of one run together, nothing else")]
    pub(super) async fn stream(
        &self,
        parts: RunParts,
        shutdown: &Shutdown,
    ) -> Result<(), BoxFailure> {
        let RunParts {
            epoch,
            start,
            flushed,
            running,
            datasets,
            copies,
            mut prints,
            ends,
            writer,
            journal,
            signals,
            walsender,
            checks,
            findings,
            wal,
            frames,
        } = parts;
        let config = &self.config;
        let (stop, stopping) = shutdown::pair();
        let (end, ended) = shutdown::pair();
        let (notices, heard) = unbounded_channel();
        let (handover, handed) = std::sync::mpsc::channel();
        let (wanted, wanted_signals) = channel(1);
        let (seen, looks) = channel(1);
        let met = Arc::new(Notify::new());
        let delivery = Arc::new(Delivery::new(start, ends, notices.clone()));
        let confirmable = Arc::new(AtomicU64::new(start.lsn.0));
        let producer = Producer::connect(&config.kafka, &config.tuning, Arc::clone(&delivery) as _)
            .map_err(CaptureError::from)?;
        let progress = Arc::new(self.progress_topics(&datasets, journal));
        let announced = Arc::new(Announced::new(epoch));
        announced.renew(&progress, flushed.max(start.lsn)).await?;
        let outlet = Outlet::new(outlet::OutletParts {
            wal,
            windows: Windows::new(handed, running),
            producer,
            delivery: Arc::clone(&delivery),
            announced: Arc::clone(&announced),
            confirmable: Arc::clone(&confirmable),
            metrics: self.metrics.stream(&datasets),
            record_bytes: config.record_bytes,
            confirmed: start.lsn,
        });
        let read_back = ReadBack::new(&config.source, tokio::runtime::Handle::current());
        let mut group = TaskGroup::new(stop.clone());
        let mut stream = Stream::new(
            epoch,
            Arc::clone(&datasets),
            Feeds::new(outlet, read_back, notices.clone()),
            notices,
            Arc::clone(&met),
            stopping.clone(),
        );
        let orders = datasets.iter().map(|dataset| {
            let kept = prints.get(dataset.name());
            kept.map(|print| print.order(&dataset.contract)).unwrap_or_default()
        });
        stream.begin(start, orders.collect());
        for (dataset, copy) in datasets.iter().zip(&copies) {
            dataset.standing.resume(copy);
        }
        group.spawn_thread("capture-stream", move || {
            // Whatever way it ends, the others must not wait for it.
            let _end = RequestOnDrop(vec![end, stop]);
            Ok(stream.run(frames)?)
        });
        let reporter = Reporter {
            epoch,
            datasets: Arc::clone(&datasets),
            delivery: Arc::clone(&delivery),
            topics: Arc::clone(&progress),
            announced,
            state: Arc::clone(&writer),
            confirmable,
            reader: SqlReader::new(&config.source.brisk()),
            walsender,
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
        let known = datasets.iter().map(|dataset| SignalledDataset {
            name: dataset.name().to_owned(),
            key_columns: dataset.contract.key.len(),
            open: dataset.open.is_some(),
        });
        let following = Following {
            kafka: config.kafka.clone(),
            topics: names::signal_topics(&config.prefix, &config.source.name),
            next_offsets: signals,
            datasets: known.collect(),
            keys_per_minute: config.copy.keys_per_minute,
            count: self.metrics.signals.clone(),
            wanted,
        };
        let watch = CatalogueWatch {
            source: config.source.brisk(),
            datasets: Arc::clone(&datasets),
            interval: config.heartbeat_interval,
            met,
            looks: seen,
            health: self.health.clone(),
        };
        let watch_stopping = stopping.clone();
        group.spawn("capture-catalogue", async move { Ok(watch.run(watch_stopping).await?) });
        let check = CheckWatch {
            source: config.source.clone(),
            datasets: Arc::clone(&datasets),
            allow_unlimited_wal: config.allow_unlimited_wal,
            interval: config.check_interval,
            state: Arc::clone(&writer),
            found: self.metrics.source_findings.clone(),
            health: self.health.clone(),
        };
        let check_stopping = stopping.clone();
        group.spawn("capture-check", check.run(checks, findings, check_stopping));
        let known = datasets.iter().map(|dataset| KnownPrint::kept(prints.remove(dataset.name())));
        let copier = Copier {
            prints: known.collect(),
            looks,
            epoch,
            datasets,
            settings: config.copy.clone(),
            source: config.source.clone(),
            reader: SqlReader::new(&config.source),
            looker: SqlReader::new(&config.source.brisk()),
            handover,
            notices: heard,
            signals: wanted_signals,
            delivery,
            state: writer,
            progress,
            metrics: self.metrics.clone(),
            health: self.health.clone(),
            copies,
            work: CopyWork::default(),
        };
        let copier_stopping = stopping.clone();
        group.spawn("capture-copy", async move { Ok(copier.run(copier_stopping).await?) });
        let signals_stopping = stopping.clone();
        group.spawn_thread("capture-signals", move || Ok(following.run(&signals_stopping)?));
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

    fn progress_topics(&self, datasets: &[Dataset], journal: Arc<Journal>) -> ProgressTopics {
        let (prefix, source) = (&self.config.prefix, &self.config.source.name);
        let any_open = datasets.iter().any(|dataset| dataset.open.is_some());
        ProgressTopics {
            journal,
            shared: names::progress_topic(prefix, Side::Shared, source),
            open: any_open.then(|| names::progress_topic(prefix, Side::Open, source)),
        }
    }
}

/// Also when its thread panics.
struct RequestOnDrop(Vec<Trigger>);

impl Drop for RequestOnDrop {
    fn drop(&mut self) {
        self.0.iter().for_each(Trigger::request);
    }
}
