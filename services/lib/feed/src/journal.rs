//! Small topics that hold a service's own notes: progress, state, signals, schemas. One record at a time,
//! known to be on disk before the next thing happens; read whole.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::{Duration, Instant};

use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::consumer::{BaseConsumer, Consumer as _};
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::Message as _;
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext};
use rdkafka::topic_partition_list::Offset;
use rdkafka::{ClientContext, TopicPartitionList};
use tokio::sync::oneshot;

use crate::connect::{KafkaSettings, Watch, partition_count};
use crate::consume::CLOSE_WITHIN;
use crate::error::{FeedError, is_transient};
use crate::served::Served;

/// How long an append may take, and how long a read may stand still.
const PATIENCE: Duration = Duration::from_secs(25);
const QUEUE_FULL_NAP: Duration = Duration::from_millis(10);

/// Appends records. Shared by reference between tasks.
pub struct Journal {
    settings: KafkaSettings,
    // Replaced after a fatal error. Held only to clone the handle out.
    producer: Mutex<Arc<Served<Receipts>>>,
    watch: Watch,
}

impl Journal {
    /// Does not wait for the cluster.
    pub fn connect(settings: &KafkaSettings) -> Result<Journal, FeedError> {
        let watch = Watch::default();
        let producer = Mutex::new(Journal::producer(settings, &watch)?);
        Ok(Journal { settings: settings.clone(), producer, watch })
    }

    fn producer(
        settings: &KafkaSettings,
        watch: &Watch,
    ) -> Result<Arc<Served<Receipts>>, FeedError> {
        let mut config = settings.client("bangioc-journal");
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "lz4")
            .set("linger.ms", "0")
            .set("message.timeout.ms", PATIENCE.as_millis().to_string())
            .set("queue.buffering.max.messages", "1000")
            .set("message.max.bytes", ((4 << 20) + (64 << 10)).to_string());
        Served::start(&config, Receipts(watch.clone()))
            .map(Arc::new)
            .map_err(|source| FeedError::of(source, settings.place("", 0, "starting a producer")))
    }

    /// Returns the record's offset once it is on all in-sync replicas. After an error its outcome is
    /// unknown: it may be in the log, and appending it again may double it.
    pub async fn append(
        &self,
        topic: &str,
        partition: i32,
        key: Option<&[u8]>,
        value: Option<&[u8]>,
    ) -> Result<i64, FeedError> {
        let producer = Arc::clone(&self.producer.lock().unwrap_or_else(PoisonError::into_inner));
        match send(&producer, topic, partition, key, value).await {
            Ok(offset) => {
                self.watch.works();
                Ok(offset)
            }
            Err(failed) => {
                let fatal = producer.client().fatal_error();
                if fatal.is_some() {
                    let fresh = Journal::producer(&self.settings, &self.watch)?;
                    *self.producer.lock().unwrap_or_else(PoisonError::into_inner) = fresh;
                }
                // "Fatal" alone says nothing: what ended the producer is kept beside it.
                let source = fatal.map_or(failed, |(code, _)| KafkaError::MessageProduction(code));
                Err(FeedError::of(source, self.settings.place(topic, partition, "appending")))
            }
        }
    }
}

async fn send(
    producer: &Served<Receipts>,
    topic: &str,
    partition: i32,
    key: Option<&[u8]>,
    value: Option<&[u8]>,
) -> Result<i64, KafkaError> {
    let end = Instant::now() + PATIENCE;
    loop {
        let (receipt, received) = oneshot::channel();
        let mut record: BaseRecord<'_, [u8], [u8], Receipt> =
            BaseRecord::with_opaque_to(topic, Box::new(receipt)).partition(partition);
        record.key = key;
        record.payload = value;
        match producer.send(record) {
            Ok(()) => {
                let gone = KafkaError::MessageProduction(RDKafkaErrorCode::PurgeQueue);
                return received.await.unwrap_or(Err(gone));
            }
            Err((full, _))
                if full.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull)
                    && Instant::now() < end =>
            {
                tokio::time::sleep(QUEUE_FULL_NAP).await;
            }
            Err((failed, _)) => return Err(failed),
        }
    }
}

/// Where the outcome of one append goes: its offset, or why it failed.
type Receipt = Box<oneshot::Sender<Result<i64, KafkaError>>>;

struct Receipts(Watch);

impl ClientContext for Receipts {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.0.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.0.error(error, reason);
    }
}

impl ProducerContext for Receipts {
    type DeliveryOpaque = Receipt;

    fn delivery(&self, report: &DeliveryResult<'_>, receipt: Receipt) {
        // Whoever asked may have stopped waiting.
        let _ = receipt.send(match report {
            Ok(message) => Ok(message.offset()),
            Err((failed, _)) => Err(failed.clone()),
        });
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.watch.hush();
    }
}

/// Where a read starts, in every partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum From {
    Beginning,
    Offset(i64),
    /// That many offsets before the end (fewer records where a topic is compacted).
    Last(u64),
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JournalRecord {
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    /// When it was appended, milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
}

/// Every record from `from` up to the ends at the time of the call, by partition and offset. Blocks; keeps
/// all of it in memory.
pub fn read_all(
    settings: &KafkaSettings,
    topic: &str,
    from: From,
) -> Result<Vec<JournalRecord>, FeedError> {
    let watch = Watch::default();
    let reader = reader(settings, &watch)?;
    let records = read_with(&reader, settings, topic, from);
    // Closing waits for requests on their way, which a frozen broker answers never: not our caller's wait.
    watch.hush();
    let (closing, closed) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        drop(reader);
        drop(closing);
    });
    let _ = closed.recv_timeout(CLOSE_WITHIN);
    records
}

fn read_with(
    reader: &BaseConsumer<Watch>,
    settings: &KafkaSettings,
    topic: &str,
    from: From,
) -> Result<Vec<JournalRecord>, FeedError> {
    let fails = |source, doing| FeedError::of(source, settings.place(topic, 0, doing));
    let metadata = reader
        .fetch_metadata(Some(topic), PATIENCE)
        .map_err(|source| fails(source, "reading metadata"))?;
    let partitions =
        partition_count(&metadata, topic, settings.place(topic, 0, "reading metadata"))?;
    let mut ends = BTreeMap::new();
    let mut starts = TopicPartitionList::new();
    for partition in 0..i32::try_from(partitions).unwrap_or(i32::MAX) {
        let (low, high) = reader
            .fetch_watermarks(topic, partition, PATIENCE)
            .map_err(|source| fails(source, "reading the ends"))?;
        let start = match from {
            From::Beginning => low,
            From::Offset(offset) if offset < low || offset > high => {
                return Err(FeedError::OffsetGone { topic: topic.to_owned(), partition, offset });
            }
            From::Offset(offset) => offset,
            From::Last(count) => high.saturating_sub_unsigned(count).max(low),
        };
        if start < high {
            ends.insert(partition, high);
            starts
                .add_partition_offset(topic, partition, Offset::Offset(start))
                .map_err(|source| fails(source, "reading"))?;
        }
    }
    reader.assign(&starts).map_err(|source| fails(source, "reading"))?;
    let mut records = collect(reader, settings, topic, ends)?;
    records.sort_by_key(|record| (record.partition, record.offset));
    Ok(records)
}

fn collect(
    reader: &BaseConsumer<Watch>,
    settings: &KafkaSettings,
    topic: &str,
    mut ends: BTreeMap<i32, i64>,
) -> Result<Vec<JournalRecord>, FeedError> {
    let mut records = Vec::new();
    let mut heard = Instant::now();
    while !ends.is_empty() {
        match reader.poll(Duration::from_millis(200)) {
            Some(Ok(message)) => {
                heard = Instant::now();
                let (partition, offset) = (message.partition(), message.offset());
                let Some(end) = ends.get(&partition).copied() else {
                    continue;
                };
                if offset + 1 >= end {
                    ends.remove(&partition);
                }
                if offset < end {
                    records.push(JournalRecord {
                        partition,
                        offset,
                        key: message.key().map(<[u8]>::to_vec),
                        value: message.payload().map(<[u8]>::to_vec),
                        timestamp_ms: message.timestamp().to_millis(),
                    });
                }
            }
            // The end may hold no record: compacted away, or a transaction's marker.
            Some(Err(KafkaError::PartitionEOF(partition))) => {
                ends.remove(&partition);
            }
            // librdkafka looks for the group's coordinator whether we want a group or not; where access
            // rights are on, ours has no right to it, and needs none.
            Some(Err(source))
                if source.rdkafka_error_code()
                    == Some(RDKafkaErrorCode::GroupAuthorizationFailed) => {}
            Some(Err(source)) if !source.rdkafka_error_code().is_some_and(is_transient) => {
                return Err(FeedError::of(source, settings.place(topic, 0, "reading")));
            }
            Some(Err(source)) if heard.elapsed() > PATIENCE => {
                return Err(FeedError::of(source, settings.place(topic, 0, "reading")));
            }
            None if heard.elapsed() > PATIENCE => {
                let source = KafkaError::MessageConsumption(RDKafkaErrorCode::OperationTimedOut);
                return Err(FeedError::of(source, settings.place(topic, 0, "reading")));
            }
            Some(Err(_)) | None => {}
        }
    }
    Ok(records)
}

fn reader(settings: &KafkaSettings, watch: &Watch) -> Result<BaseConsumer<Watch>, FeedError> {
    let mut config = settings.client("bangioc-journal");
    config
        // Needed to assign partitions; nothing is ever committed to it, so it needs no right.
        .set("group.id", "bangioc-journal")
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("enable.partition.eof", "true")
        .set("auto.offset.reset", "error")
        .set("check.crcs", "true");
    BaseConsumer::from_config_and_context(&config, watch.clone())
        .map_err(|source| FeedError::of(source, settings.place("", 0, "starting a reader")))
}
