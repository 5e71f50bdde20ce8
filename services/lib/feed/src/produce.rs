//! Sends many records fast: idempotent, acknowledged by all in-sync replicas, a small queue, and never a
//! future per record (that costs ten times as much).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bangioc_runtime::settings::Section;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode};
use rdkafka::message::{Header, OwnedHeaders};
use rdkafka::producer::{BaseRecord, DeliveryResult, Producer as _, ProducerContext, PurgeConfig};
use rdkafka::{ClientContext, Message};

use crate::connect::{KafkaSettings, Watch};
use crate::error::{ErrorPlace, FeedError};
use crate::served::Served;

/// What the owner is told about each record, on a thread of the producer: exactly one call per record
/// that [`Producer::send`] took, in partition order as long as nothing failed. Must not block.
pub trait Acks: Send + Sync {
    /// On all in-sync replicas.
    fn delivered(&self, tag: u64, partition: i32, offset: i64);
    /// Outcome unknown: it may be in the log. The producer has ended.
    fn failed(&self, tag: u64, error: FeedError);
}

/// One record on its way.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub headers: &'a [(&'a str, &'a [u8])],
    /// Comes back with the acknowledgement.
    pub tag: u64,
}

#[derive(Debug)]
pub enum SendError {
    /// Wait a little and send the same record again.
    QueueFull,
    /// Not taken: there will be no call of [`Acks`] for it.
    Failed(FeedError),
}

/// Speed against memory. The defaults sent 560,000 records a second from 20,000 queued.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tuning {
    /// How long a record may wait for company.
    pub linger: Duration,
    /// From send to acknowledgement; then the record has failed. Keep it below half of the source's
    /// `wal_sender_timeout`: a capture that was frozen longer has lost its slot to a successor by then.
    pub acknowledge_within: Duration,
    pub queue_records: u32,
    pub queue_bytes: u64,
    pub batch_bytes: u32,
    pub record_bytes: u32,
}

impl Default for Tuning {
    fn default() -> Tuning {
        Tuning {
            linger: Duration::from_millis(1),
            acknowledge_within: Duration::from_secs(25),
            queue_records: 20_000,
            queue_bytes: 64 << 20,
            batch_bytes: 512 << 10,
            // 4 MiB of record, and its frame.
            record_bytes: (4 << 20) + (64 << 10),
        }
    }
}

impl Tuning {
    /// Keys: `linger`, `acknowledge_within`, `queue_records`.
    pub fn read(section: &Section<'_>) -> Tuning {
        let default = Tuning::default();
        let records =
            section.whole_number("queue_records", 100..=1_000_000, default.queue_records.into());
        Tuning {
            linger: section.duration("linger", default.linger),
            acknowledge_within: section.duration("acknowledge_within", default.acknowledge_within),
            queue_records: u32::try_from(records).unwrap_or(default.queue_records),
            ..default
        }
    }
}

/// Ends with its first failure, so that nothing overtakes what failed: from then on it takes no record,
/// what is queued fails too, and the owner makes a new one and sends again from what was acknowledged.
/// Drop throws away what is queued; call [`Producer::flush`] before.
pub struct Producer {
    inner: Served<Deliveries>,
    settings: KafkaSettings,
    ended: Arc<AtomicBool>,
    watch: Watch,
}

impl Producer {
    /// Does not wait for the cluster: what is sent before it answers is queued. The first record leaves
    /// some 0.3 s later, as an idempotent producer first asks for its id.
    pub fn connect(
        settings: &KafkaSettings,
        tuning: &Tuning,
        acks: Arc<dyn Acks>,
    ) -> Result<Producer, FeedError> {
        let mut config = settings.client("bangioc-produce");
        config
            .set("enable.idempotence", "true")
            .set("acks", "all")
            .set("compression.type", "lz4")
            .set("linger.ms", tuning.linger.as_millis().to_string())
            .set("message.timeout.ms", tuning.acknowledge_within.as_millis().to_string())
            .set("queue.buffering.max.messages", tuning.queue_records.to_string())
            .set("queue.buffering.max.kbytes", (tuning.queue_bytes >> 10).to_string())
            .set("batch.size", tuning.batch_bytes.to_string())
            .set("message.max.bytes", tuning.record_bytes.to_string());
        let watch = Watch::default();
        let ended = Arc::new(AtomicBool::new(false));
        let deliveries = Deliveries {
            acks,
            settings: settings.clone(),
            ended: Arc::clone(&ended),
            watch: watch.clone(),
        };
        let inner = Served::start(&config, deliveries).map_err(|source| {
            FeedError::of(source, settings.place("", 0, "starting a producer"))
        })?;
        Ok(Producer { inner, settings: settings.clone(), ended, watch })
    }

    /// Queues a copy of the record; never blocks.
    pub fn send(&self, record: &Record<'_>) -> Result<(), SendError> {
        if self.ended.load(Ordering::Acquire) {
            return Err(SendError::Failed(FeedError::ProducerEnded));
        }
        let mut native = BaseRecord::with_opaque_to(record.topic, tag_to_pointer(record.tag));
        native.partition = Some(record.partition);
        native.key = record.key;
        native.payload = record.value;
        if !record.headers.is_empty() {
            let headers = OwnedHeaders::new_with_capacity(record.headers.len());
            native.headers = Some(record.headers.iter().fold(headers, |all, (key, value)| {
                all.insert(Header { key, value: Some(*value) })
            }));
        }
        self.inner.send(native).map_err(|(source, _)| {
            if source.rdkafka_error_code() == Some(RDKafkaErrorCode::QueueFull) {
                return SendError::QueueFull;
            }
            let place = self.settings.place(record.topic, record.partition, "sending");
            SendError::Failed(FeedError::of(source, place))
        })
    }

    /// Throws away what is queued or on its way; every such record fails. Ends the producer.
    pub fn purge(&self) {
        self.ended.store(true, Ordering::Release);
        self.inner.purge(PurgeConfig::default().queue().inflight());
    }

    /// Waits until every record was acknowledged or has failed. Times out with [`FeedError::Unreachable`].
    pub fn flush(&self, timeout: Duration) -> Result<(), FeedError> {
        let end = Instant::now() + timeout;
        // Not rdkafka's flush with a time-out: that serves acknowledgements on this thread as well, so
        // that they would reach the owner out of order.
        while self.in_flight() > 0 {
            match self.inner.flush(Duration::ZERO) {
                Ok(()) => break,
                Err(KafkaError::Flush(RDKafkaErrorCode::OperationTimedOut))
                    if Instant::now() < end =>
                {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(source) => {
                    return Err(FeedError::of(source, self.settings.place("", 0, "flushing")));
                }
            }
        }
        Ok(())
    }

    /// Records sent whose outcome has not been told yet.
    pub fn in_flight(&self) -> usize {
        usize::try_from(self.inner.in_flight_count()).unwrap_or(0)
    }

    /// True once a record failed: make a new producer.
    pub fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    /// Why nothing goes out just now, while librdkafka tries on.
    pub fn trouble(&self) -> Option<FeedError> {
        let source = self.watch.trouble()?;
        Some(FeedError::of(source, self.settings.place("", 0, "connecting")))
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.watch.hush();
    }
}

/// Receives delivery reports on the producer's thread.
struct Deliveries {
    acks: Arc<dyn Acks>,
    settings: KafkaSettings,
    ended: Arc<AtomicBool>,
    watch: Watch,
}

impl ClientContext for Deliveries {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        self.watch.log(level, facility, message);
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.watch.error(error, reason);
    }
}

impl ProducerContext for Deliveries {
    type DeliveryOpaque = usize;

    fn delivery(&self, report: &DeliveryResult<'_>, tag: usize) {
        let tag = pointer_to_tag(tag);
        match report {
            Ok(message) => {
                self.watch.works();
                self.acks.delivered(tag, message.partition(), message.offset());
            }
            Err((source, message)) => {
                self.ended.store(true, Ordering::Release);
                let place = ErrorPlace {
                    topic: message.topic(),
                    partition: message.partition(),
                    ..self.settings.place("", 0, "sending")
                };
                self.acks.failed(tag, FeedError::of(source.clone(), place));
            }
        }
    }
}

// rdkafka carries a pointer's width with each record: no allocation. Our machines are 64-bit.
const _: () = assert!(usize::BITS == u64::BITS, "a tag must fit a pointer");

#[expect(clippy::cast_possible_truncation, reason = "the same width, asserted above")]
fn tag_to_pointer(tag: u64) -> usize {
    tag as usize
}

fn pointer_to_tag(pointer: usize) -> u64 {
    pointer as u64
}
