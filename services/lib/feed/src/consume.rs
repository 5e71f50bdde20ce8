//! Reads partitions from given offsets, each on its owner's thread. No group protocol: whoever holds a
//! partition was told so by the store's lease, and where to begin by its position there.

use std::collections::HashMap;
use std::ffi::CString;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use bangioc_runtime::settings::Section;
use rdkafka::config::FromClientConfigAndContext;
use rdkafka::consumer::base_consumer::PartitionQueue;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{BorrowedMessage, Message as _};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};

use crate::connect::{KafkaSettings, Watch, partition_count};
use crate::error::{FeedError, is_transient};
use crate::headers;

/// How long a question to the cluster (ends, partitions) may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Between looks whether to end; what comes wakes the poller at once.
const LOOK_UP: Duration = Duration::from_secs(1);

/// Between two words to the group: people look at it by the minute.
const BETWEEN_HINTS: Duration = Duration::from_secs(1);

/// Added to each wait: rdkafka rounds what is left of one down to whole milliseconds and spins through the
/// last of them. This much is spent before it rounds.
pub(crate) const SLIVER: Duration = Duration::from_micros(50);

/// How long the end of a reader may hold up its owner.
pub(crate) const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// Speed against memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// Fetched ahead, for each partition.
    pub ahead_records: u32,
    pub ahead_bytes: u64,
    /// Largest part of one partition in one answer; a larger batch still comes, alone.
    pub fetch_bytes: u32,
    /// How long a broker with nothing to say keeps a request; it answers at once when something comes.
    /// A partition that joins meanwhile waits as long, and so does a busy one whose readahead was full when
    /// the request went out for the idle ones: it must not last longer than what was read ahead.
    pub idle: Duration,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            ahead_records: 10_000,
            ahead_bytes: 4 << 20,
            // Half of what a capture puts into a batch, compressed: a fetch brings one of those, and of small
            // ones many. Each is unpacked as it comes, 255 times as large at worst.
            fetch_bytes: 64 << 10,
            idle: Duration::from_millis(200),
        }
    }
}

impl Tuning {
    /// For partitions that are all there from the start and seldom say anything.
    pub fn quiet() -> Tuning {
        Tuning { idle: Duration::from_secs(5), ..Tuning::default() }
    }

    /// Keys: `ahead_records`, `ahead_bytes`.
    pub fn read(section: &Section<'_>) -> Tuning {
        let default = Tuning::default();
        let records =
            section.whole_number("ahead_records", 1..=1_000_000, default.ahead_records.into());
        Tuning {
            ahead_records: u32::try_from(records).unwrap_or(default.ahead_records),
            ahead_bytes: section.whole_number(
                "ahead_bytes",
                64 << 10..=1 << 30,
                default.ahead_bytes,
            ),
            ..default
        }
    }
}

/// One client for any number of partitions.
pub struct Reader {
    shared: Arc<Shared>,
}

/// One partition, from an offset on. Dropping it (or [`Reader::release`]) ends the reading.
pub struct PartitionReader {
    topic: String,
    partition: i32,
    /// Offset of the next record wanted: earlier ones are not handed out.
    next: i64,
    /// Met after records were already handed out: told at the next call.
    pending: Option<FeedError>,
    // Fields drop in order: the queue must be gone before the client that it belongs to.
    queue: PartitionQueue<Watch>,
    shared: Arc<Shared>,
}

/// How much one [`PartitionReader::drain`] takes. At least one record, whatever its size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limit {
    pub records: usize,
    /// Of keys and values.
    pub bytes: usize,
}

/// A record as it lies in the client's memory.
pub struct RawRecord<'a> {
    pub offset: i64,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub timestamp_ms: Option<i64>,
    message: &'a BorrowedMessage<'a>,
}

impl<'a> RawRecord<'a> {
    /// The last value under this name; none when absent or null.
    pub fn header(&self, name: &str) -> Option<&'a [u8]> {
        headers::last(self.message, &CString::new(name).ok()?)
    }

    /// Of key, value and headers. A record with more headers than anybody needs weighs more than any may.
    pub fn bytes(&self) -> usize {
        let parts = self.key.map_or(0, <[u8]>::len) + self.value.map_or(0, <[u8]>::len);
        parts.saturating_add(headers::bytes(self.message))
    }
}

impl Reader {
    /// `group` only labels [`Reader::commit_hint`]; without it nothing can be committed. Does not wait for
    /// the cluster.
    pub fn connect(
        settings: &KafkaSettings,
        client_id: &str,
        group: Option<&str>,
        tuning: &Tuning,
    ) -> Result<Reader, FeedError> {
        let mut config = settings.client(client_id);
        config
            // Assigning needs some group; one that is never committed to or joined needs no right.
            .set("group.id", group.unwrap_or(client_id))
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            // A place that is gone is a gap, never a reason to begin elsewhere.
            .set("auto.offset.reset", "error")
            .set("check.crcs", "true")
            .set("queued.min.messages", tuning.ahead_records.to_string())
            .set("queued.max.messages.kbytes", (tuning.ahead_bytes >> 10).to_string())
            .set("max.partition.fetch.bytes", tuning.fetch_bytes.to_string())
            .set("fetch.max.bytes", (8 << 20).to_string())
            .set("fetch.wait.max.ms", tuning.idle.as_millis().to_string())
            .set("receive.message.max.bytes", (64 << 20).to_string())
            // From 1,000: a full queue must not stall the fetch for a second.
            .set("fetch.queue.backoff.ms", "10")
            .set("fetch.error.backoff.ms", "100");
        let watch = Watch::default();
        let client = BaseConsumer::from_config_and_context(&config, watch.clone())
            .map_err(|source| FeedError::of(source, settings.place("", 0, "starting a reader")))?;
        let shared = Shared::start(Arc::new(client), settings.clone(), watch, group.is_some())?;
        Ok(Reader { shared: Arc::new(shared) })
    }

    /// Starts fetching. The first record comes up to [`Tuning::idle`] later. That the offset exists is found
    /// out by the first [`PartitionReader::drain`].
    pub fn assign(
        &self,
        topic: &str,
        partition: i32,
        offset: i64,
    ) -> Result<PartitionReader, FeedError> {
        let fails = |source| {
            FeedError::of(source, self.shared.settings.place(topic, partition, "assigning"))
        };
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(topic, partition, Offset::Offset(offset)).map_err(fails)?;
        // Split first: a queue split off later leaves records behind in the common one.
        let queue =
            self.shared.client.split_partition_queue(topic, partition).ok_or_else(|| {
                FeedError::PartitionsChanged { topic: topic.to_owned(), partition }
            })?;
        self.shared.client.incremental_assign(&list).map_err(fails)?;
        Ok(PartitionReader {
            topic: topic.to_owned(),
            partition,
            next: offset,
            pending: None,
            queue,
            shared: Arc::clone(&self.shared),
        })
    }

    /// Ends the reading of a partition, wherever its [`PartitionReader`] is. No harm when it has ended.
    pub fn release(&self, topic: &str, partition: i32) {
        self.shared.release(topic, partition);
    }

    /// First offset there is, and the one after the last. Blocks.
    pub fn watermarks(&self, topic: &str, partition: i32) -> Result<(i64, i64), FeedError> {
        let place = self.shared.settings.place(topic, partition, "reading the ends");
        self.shared
            .client
            .fetch_watermarks(topic, partition, PATIENCE)
            .map_err(|source| FeedError::of(source, place))
    }

    /// Topics that we may see whose names begin so. Blocks.
    pub fn topics(&self, beginning: &str) -> Result<Vec<String>, FeedError> {
        let place = self.shared.settings.place("", 0, "listing topics");
        let metadata = self.shared.client.fetch_metadata(None, PATIENCE);
        let metadata = metadata.map_err(|source| FeedError::of(source, place))?;
        let topics = metadata.topics().iter();
        Ok(topics
            .map(rdkafka::metadata::MetadataTopic::name)
            .filter(|name| name.starts_with(beginning))
            .map(str::to_owned)
            .collect())
    }

    /// Partitions of the topic now. Blocks.
    pub fn partitions(&self, topic: &str) -> Result<u32, FeedError> {
        let place = self.shared.settings.place(topic, 0, "reading metadata");
        let metadata = self.shared.client.fetch_metadata(Some(topic), PATIENCE);
        partition_count(&metadata.map_err(|source| FeedError::of(source, place))?, topic, place)
    }

    /// Tells Kafka's own tools how far the group is; the truth is in the store. Not waited for; nothing
    /// without a group.
    pub fn commit_hint(&self, topic: &str, partition: i32, next_offset: i64) {
        if let Some(hints) = &self.shared.hints {
            hints.put(topic, partition, next_offset);
        }
    }

    /// Why nothing comes in just now, while librdkafka tries on.
    pub fn trouble(&self) -> Option<FeedError> {
        let source = self.shared.watch.trouble()?;
        Some(FeedError::of(source, self.shared.settings.place("", 0, "connecting")))
    }
}

impl PartitionReader {
    pub fn topic(&self) -> &str {
        &self.topic
    }

    pub fn partition(&self) -> i32 {
        self.partition
    }

    /// Offset after the last record handed out.
    pub fn next_offset(&self) -> i64 {
        self.next
    }

    /// Waits up to `wait` for a record, then hands out what is already here, up to `limit`. Returns how
    /// many; 0 also while the cluster is away. Halts with [`FeedError::OffsetGone`] when the log has no
    /// such place.
    pub fn drain(
        &mut self,
        limit: Limit,
        wait: Duration,
        f: &mut dyn FnMut(RawRecord<'_>),
    ) -> Result<usize, FeedError> {
        if let Some(failure) = self.pending.take() {
            return Err(failure);
        }
        self.shared.check_strays()?;
        let (mut records, mut bytes) = (0, 0);
        while records < limit.records && (bytes < limit.bytes || records == 0) {
            let wait = match records {
                0 if !wait.is_zero() => wait + SLIVER,
                _ => Duration::ZERO,
            };
            match self.queue.poll(wait) {
                None => break,
                Some(Ok(message)) if message.offset() < self.next => {}
                Some(Ok(message)) => {
                    let (key, value) = (message.key(), message.payload());
                    records += 1;
                    bytes += key.map_or(0, <[u8]>::len) + value.map_or(0, <[u8]>::len);
                    self.next = message.offset() + 1;
                    f(RawRecord {
                        offset: message.offset(),
                        key,
                        value,
                        timestamp_ms: message.timestamp().to_millis(),
                        message: &message,
                    });
                }
                Some(Err(source)) => {
                    let Some(failure) = self.failure(source) else {
                        break;
                    };
                    if records == 0 {
                        return Err(failure);
                    }
                    self.pending = Some(failure);
                    break;
                }
            }
        }
        if records > 0 {
            self.shared.watch.works();
        }
        Ok(records)
    }

    fn failure(&self, source: KafkaError) -> Option<FeedError> {
        match source.rdkafka_error_code() {
            Some(
                RDKafkaErrorCode::AutoOffsetReset
                | RDKafkaErrorCode::OffsetOutOfRange
                | RDKafkaErrorCode::NoOffset,
            ) => Some(FeedError::OffsetGone {
                topic: self.topic.clone(),
                partition: self.partition,
                offset: self.next,
            }),
            Some(code) if is_transient(code) => None,
            _ => Some(FeedError::of(
                source,
                self.shared.settings.place(&self.topic, self.partition, "reading"),
            )),
        }
    }
}

impl Drop for PartitionReader {
    fn drop(&mut self) {
        self.shared.release(&self.topic, self.partition);
    }
}

/// The client, and the thread that keeps its common queue polled. Lives until the last of reader and
/// partition readers is gone.
struct Shared {
    // Fields drop in order: the poller then holds the client's last handle, and closes it.
    client: Arc<BaseConsumer<Watch>>,
    settings: KafkaSettings,
    watch: Watch,
    /// None without a group.
    hints: Option<Arc<Hints>>,
    strays: Arc<Mutex<Option<String>>>,
    /// For its drop.
    _poller: Poller,
}

impl Shared {
    fn start(
        client: Arc<BaseConsumer<Watch>>,
        settings: KafkaSettings,
        watch: Watch,
        commits: bool,
    ) -> Result<Shared, FeedError> {
        let strays = Arc::new(Mutex::new(None));
        let hints = commits.then(Arc::<Hints>::default);
        let poller = Poller::start(Arc::clone(&client), Arc::clone(&strays), hints.clone())?;
        Ok(Shared { client, settings, watch, hints, strays, _poller: poller })
    }

    fn release(&self, topic: &str, partition: i32) {
        let mut list = TopicPartitionList::new();
        list.add_partition(topic, partition);
        // Fails only when the partition is not assigned, which is what we want.
        let _ = self.client.incremental_unassign(&list);
    }

    /// A record outside its partition's queue would be lost to its owner: never go on then.
    fn check_strays(&self) -> Result<(), FeedError> {
        match &*self.strays.lock().unwrap_or_else(PoisonError::into_inner) {
            None => Ok(()),
            Some(place) => Err(FeedError::Other {
                doing: format!("keeping records of {place} in their queue"),
                source: KafkaError::MessageConsumption(RDKafkaErrorCode::Inconsistent),
            }),
        }
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.watch.hush();
    }
}

/// Positions that the group is still to be told: together and seldom, since for each request a broker writes a
/// record.
#[derive(Default)]
struct Hints(Mutex<HashMap<(String, i32), i64>>);

impl Hints {
    fn put(&self, topic: &str, partition: i32, next_offset: i64) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.insert((topic.to_owned(), partition), next_offset);
    }

    fn send(&self, client: &BaseConsumer<Watch>) {
        let waiting = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if waiting.is_empty() {
            return;
        }
        let mut list = TopicPartitionList::new();
        let added = waiting.iter().try_for_each(|((topic, partition), next_offset)| {
            list.add_partition_offset(topic, *partition, Offset::Offset(*next_offset))
        });
        if let Err(error) = added.and_then(|()| client.commit(&list, CommitMode::Async)) {
            tracing::debug!(%error, "the group's offsets were not updated");
        }
    }
}

/// Serves the client's events (lost and found brokers, commits) on a thread of its own, and at the end
/// closes the client.
struct Poller {
    stop: Arc<AtomicBool>,
    /// In a mutex, that readers may be shared between threads.
    closed: Mutex<Receiver<()>>,
}

impl Poller {
    fn start(
        client: Arc<BaseConsumer<Watch>>,
        strays: Arc<Mutex<Option<String>>>,
        hints: Option<Arc<Hints>>,
    ) -> Result<Poller, FeedError> {
        let stop = Arc::new(AtomicBool::new(false));
        let (closing, closed) = mpsc::channel();
        let stopped = Arc::clone(&stop);
        std::thread::Builder::new()
            .name(String::from("kafka-events"))
            .spawn(move || {
                let mut hinted = Instant::now();
                let hint = |client: &BaseConsumer<Watch>| {
                    hints.as_ref().into_iter().for_each(|hints| hints.send(client));
                };
                while !stopped.load(Ordering::Acquire) {
                    if hinted.elapsed() > BETWEEN_HINTS {
                        hint(&client);
                        hinted = Instant::now();
                    }
                    // Partitions have queues of their own. Errors of the client as a whole have gone
                    // through its context by now.
                    if let Some(Ok(message)) = client.poll(LOOK_UP + SLIVER) {
                        let place =
                            format!("partition {} of `{}`", message.partition(), message.topic());
                        *strays.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
                    }
                }
                hint(&client);
                drop(client);
                drop(closing);
            })
            .map_err(|error| FeedError::Setup {
                source: KafkaError::ClientCreation(error.to_string()),
            })?;
        Ok(Poller { stop, closed: Mutex::new(closed) })
    }
}

impl Drop for Poller {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        // Closing waits for requests on their way, and a frozen broker answers none: seen to take a
        // minute. Then it goes on by itself, or ends with the process.
        let closed = self.closed.get_mut().unwrap_or_else(PoisonError::into_inner);
        if closed.recv_timeout(CLOSE_WITHIN) == Err(RecvTimeoutError::Timeout) {
            tracing::debug!("Kafka does not answer; closing the reader without waiting");
        }
    }
}
