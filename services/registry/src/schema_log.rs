//! The `_schemas` topic as the one place where anything changes: append, wait until the record comes back,
//! answer from the state. So what a client was told is what any later reader of the topic finds.
//!
//! One process writes. At start it appends a claim (a NOOP to Confluent's registry); whoever reads a claim
//! that is not its own after its own stops ([`RegistryFailure::Superseded`]). A record that the old writer
//! still had under way lands after the new claim: the old one stops before it could tell a client, and
//! where the record contradicts what stands, the new one refuses it and puts the topic right.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;

use bangioc_feed::consume::{Limit, PartitionReader};
use bangioc_feed::journal::{Journal, JournalRecord};
use bangioc_feed::{FeedError, KafkaSettings};
use bangioc_runtime::failure::{BoxFailure, Failure};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use tokio::sync::{Mutex, Notify, watch};

use crate::error::RegistryFailure;
use crate::metrics::RegistryMetrics;
use crate::record::{Record, Unreadable, Writer};
use crate::refusal::Refusal;
use crate::store::{Applied, Store};
use crate::waiting::Wait;

/// An appended record comes back within milliseconds. Longer than the reader's reconnect after a broker's
/// restart, and shorter than the minute that clients wait for an answer.
const READ_BACK: Duration = Duration::from_secs(30);

pub(crate) struct SchemaLog {
    topic: String,
    owner: String,
    journal: Journal,
    // A std lock: nothing awaits while holding it.
    store: RwLock<Store>,
    seen: watch::Sender<ReadSoFar>,
    pen: Mutex<Pen>,
    /// A record was refused: the topic needs mending.
    refused: Notify,
    metrics: RegistryMetrics,
    health: Metrics,
}

/// How far the topic has been read.
#[derive(Clone, Debug, Default)]
struct ReadSoFar {
    /// Offset after the last record applied.
    next: i64,
    /// Number of our claim, once it has come back.
    claim: Option<u64>,
    superseded_by: Option<Writer>,
}

/// Held by the one request that writes now.
#[derive(Debug, Default)]
struct Pen {
    /// An append ended without an answer: it may yet come. Until the next claim has come back, which
    /// lies behind it, the state may not be all there is to decide on.
    unsure: bool,
}

impl SchemaLog {
    /// `owner` names this process in its claims: another in every run.
    pub(crate) fn new(
        kafka: &KafkaSettings,
        topic: &str,
        owner: String,
        metrics: RegistryMetrics,
        health: Metrics,
    ) -> Result<Self, FeedError> {
        Ok(Self {
            topic: topic.to_owned(),
            owner,
            journal: Journal::connect(kafka)?,
            store: RwLock::default(),
            seen: watch::Sender::default(),
            pen: Mutex::default(),
            refused: Notify::new(),
            metrics,
            health,
        })
    }

    /// The state as far as read.
    pub(crate) fn store(&self) -> RwLockReadGuard<'_, Store> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was in the topic at the start.
    pub(crate) fn replay(&self, records: &[JournalRecord]) {
        for JournalRecord { offset, key, value, .. } in records {
            self.take(*offset, key.as_deref(), value.as_deref());
        }
        tracing::info!(
            records = records.len(),
            schemas = self.store().schema_count(),
            "read `{}`",
            self.topic
        );
        if self.store().is_contradicted() {
            self.say_contradicted(None);
        }
    }

    /// Applies records as they come, until `done` is asked for or another's claim comes.
    pub(crate) fn follow(
        &self,
        partition: &mut PartitionReader,
        mut waiting: Wait,
        done: &Shutdown,
    ) -> Result<(), BoxFailure> {
        let limit = Limit { records: 1_000, bytes: 1 << 20 };
        while !done.is_requested() {
            let drained = partition.drain(limit, Duration::from_millis(200), &mut |raw| {
                self.take(raw.offset, raw.key, raw.value);
            });
            if let Err(failure) = drained.map_err(RegistryFailure::from) {
                // A right that was there when we began, and is gone, is another matter.
                let starting = self.seen.borrow().claim.is_none();
                let Some(delay) = starting.then(|| waiting.delay(&failure)).flatten() else {
                    return Err(failure.into());
                };
                done.pause(delay);
            }
            if let Some(by) = &self.seen.borrow().superseded_by {
                return Err(RegistryFailure::Superseded {
                    topic: self.topic.clone(),
                    owner: by.owner.clone(),
                    claim: by.claim,
                }
                .into());
            }
        }
        Ok(())
    }

    fn take(&self, offset: i64, key: Option<&[u8]>, value: Option<&[u8]>) {
        if self.seen.borrow().superseded_by.is_some() {
            return;
        }
        let claim = match Record::read(key, value) {
            Ok(record) => self.apply(offset, record),
            Err(unreadable) => {
                tracing::warn!(topic = self.topic, offset, error = %unreadable, "skipped a record");
                self.metrics.left_out();
                let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
                let applied = match unreadable {
                    Unreadable::Foreign(foreign) => store.keep_foreign(foreign),
                    Unreadable::InPlaceOf(place) => store.displaced(place),
                    Unreadable::NoKey | Unreadable::Malformed | Unreadable::UnknownKind => {
                        Applied::Taken
                    }
                };
                self.applied(applied, offset);
                None
            }
        };
        self.seen.send_modify(|seen| {
            match claim {
                Some(ours) if ours.owner == self.owner => seen.claim = Some(ours.claim),
                // Before ours comes back, it is only whom we take over from.
                Some(other) if seen.claim.is_some() => seen.superseded_by = Some(other),
                _ => {}
            }
            seen.next = offset + 1;
        });
    }

    fn apply(&self, offset: i64, record: Record) -> Option<Writer> {
        let claim = if let Record::Writer(writer) = &record { Some(writer.clone()) } else { None };
        let mut store = self.store.write().unwrap_or_else(PoisonError::into_inner);
        let applied = store.apply(record);
        self.applied(applied, offset);
        self.metrics.holds(store.schema_count());
        claim
    }

    /// What was refused is told, and put right. Ids that mean what they meant are no reason to stop; that somebody
    /// else writes the topic is one to look, so we stay unwell until somebody starts us again.
    fn applied(&self, applied: Applied, offset: i64) {
        if applied == Applied::Taken {
            return;
        }
        self.metrics.refused();
        self.refused.notify_one();
        // Met at the start, it is history, and mended already more often than not.
        if self.seen.borrow().claim.is_some() {
            self.say_contradicted(Some(offset));
        }
    }

    fn say_contradicted(&self, offset: Option<i64>) {
        const CODE: &str = "BG0149";
        let trouble =
            format!("{CODE}: another writer of `{}` contradicts what stands; refused", self.topic);
        tracing::error!(code = CODE, topic = self.topic, offset, "{trouble}");
        self.health.unwell("schemas", trouble);
    }

    /// Makes this process the writer. Returns when all that came before is applied.
    pub(crate) async fn claim(&self) -> Result<(), RegistryFailure> {
        let mut pen = self.pen.lock().await;
        loop {
            let before = self.store().highest_id();
            let last = self.put(&mut pen, &[self.next_claim()]).await?;
            self.read_back(&mut pen, last)
                .await
                .map_err(|_| RegistryFailure::NotClaimed { topic: self.topic.clone() })?;
            pen.unsure = false;
            // Records that came between the reading and the claim may have held a higher id.
            if self.store().highest_id() == before {
                return Ok(());
            }
        }
    }

    /// Appends a claim, and waits for it: everything appended before has come back then too.
    async fn settle(&self, pen: &mut Pen) -> Result<(), Refusal> {
        self.append(pen, &[self.next_claim()]).await?;
        pen.unsure = false;
        Ok(())
    }

    fn next_claim(&self) -> Record {
        let store = self.store();
        let claim = self
            .seen
            .borrow()
            .claim
            .unwrap_or_else(|| store.writer().map_or(1, |before| before.claim + 1));
        Record::Writer(Writer {
            owner: self.owner.clone(),
            claim,
            highest_id: store.highest_id(),
            meanings: store.meanings().clone(),
        })
    }

    /// Decides on the state, appends, and returns what was decided once it has come back. One at a time.
    pub(crate) async fn write<T, D>(self: &Arc<Self>, decide: D) -> Result<T, Refusal>
    where
        T: Send + 'static,
        D: FnOnce(&Store) -> Result<(T, Vec<Record>), Refusal> + Send + 'static,
    {
        let log = Arc::clone(self);
        // A task of its own: a client that hangs up ends its request's, and that must not let go of the
        // pen while a record is under way.
        let written = tokio::spawn(async move {
            let mut pen = log.pen.lock().await;
            if pen.unsure {
                log.settle(&mut pen).await?;
            }
            let deciding = Arc::clone(&log);
            let decided = tokio::task::spawn_blocking(move || decide(&deciding.store())).await;
            let (outcome, mut records) = decided.map_err(|_| Refusal::Store)??;
            // Once compaction has taken an erased schema, only the claim remembers that its id was given.
            if records.iter().any(|record| {
                matches!(record, Record::SchemaErased { .. } | Record::Cleared { .. })
            }) {
                records.insert(0, log.next_claim());
            }
            log.append(&mut pen, &records).await?;
            Ok(outcome)
        });
        written.await.map_err(|_| Refusal::Store)?
    }

    /// Appends what makes the topic say what stands, whenever a record was refused. Ends never.
    pub(crate) async fn mend(self: Arc<Self>) {
        loop {
            self.refused.notified().await;
            match self.write(|store| Ok((store.mends().len(), store.mends()))).await {
                Ok(0) => {}
                Ok(records) => tracing::info!(topic = self.topic, records, "repaired the topic"),
                // It stays as it is, and the next start meets the same records.
                Err(error) => {
                    tracing::warn!(topic = self.topic, %error, "could not repair the topic");
                }
            }
        }
    }

    /// Appends, and waits until it has come back.
    async fn append(&self, pen: &mut Pen, records: &[Record]) -> Result<(), Refusal> {
        match self.put(pen, records).await {
            Ok(last) => self.read_back(pen, last).await,
            Err(FeedError::TooLarge { .. }) => Err(Refusal::TooLarge),
            Err(error) => {
                tracing::warn!(topic = self.topic, code = error.code(), %error, "could not append");
                Err(Refusal::Store)
            }
        }
    }

    /// Appends; the last record's offset, if there was any.
    async fn put(&self, pen: &mut Pen, records: &[Record]) -> Result<Option<i64>, FeedError> {
        let mut last = None;
        for record in records {
            let (key, value) = record.write();
            let value = value.as_ref().map(String::as_bytes);
            let put = self.journal.append(&self.topic, 0, Some(key.as_bytes()), value);
            match put.await {
                Ok(offset) => last = Some(offset),
                Err(error) => {
                    // One that is too large has not even left us.
                    pen.unsure |= !matches!(error, FeedError::TooLarge { .. });
                    return Err(error);
                }
            }
        }
        Ok(last)
    }

    async fn read_back(&self, pen: &mut Pen, last: Option<i64>) -> Result<(), Refusal> {
        let Some(last) = last else { return Ok(()) };
        let mut seen = self.seen.subscribe();
        let read = seen.wait_for(|seen| seen.next > last || seen.superseded_by.is_some());
        let Ok(Ok(seen)) = tokio::time::timeout(READ_BACK, read).await else {
            pen.unsure = true;
            return Err(Refusal::TimedOut);
        };
        // Ours may be in the topic, but it is no longer we who say so.
        if seen.superseded_by.is_some() { Err(Refusal::Store) } else { Ok(()) }
    }
}
