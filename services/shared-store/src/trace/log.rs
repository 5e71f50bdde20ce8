//! A key's records in its partition: the whole log is looked through, by the bytes of the key.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bangioc_change::batch::EventBatch;
use bangioc_change::decode::{self, RecordBytes};
use bangioc_change::wire;
use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::{Limit, RawRecord, Reader, Tuning};
use bangioc_sink::dataset::Dataset;
use bangioc_sink::decoders::{DecoderLookup, Decoders, Recent};
use bangioc_sink::kept::{Kept, of_row};
use jiff::Timestamp;

use super::{Outcome, SeenRecord, ShownVersion, TraceError};

/// Records shown of one key. One that changes all day has thousands.
pub(super) const KEPT: usize = 20;

const LIMIT: Limit = Limit { records: 50_000, bytes: 64 << 20 };
/// A log that gives nothing for so long will not today.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Clone, Copy)]
pub(super) struct LogPartition<'a> {
    pub(super) topic: &'a str,
    pub(super) partition: i32,
}

pub(super) struct SearchResult {
    pub(super) in_all: u64,
    pub(super) newest: VecDeque<LogRecord>,
}

pub(super) struct LogRecord {
    pub(super) offset: i64,
    on_kafka_ms: Option<i64>,
    kept: Kept,
}

impl LogRecord {
    fn of(record: &RawRecord<'_>) -> LogRecord {
        LogRecord {
            offset: record.offset,
            on_kafka_ms: record.timestamp_ms,
            kept: Kept::of(&of_row(record)),
        }
    }
}

/// Blocks.
pub(super) fn search(
    kafka: &KafkaSettings,
    place: LogPartition<'_>,
    key: &[u8],
    shown: &(dyn Fn(i64, i64) + Sync),
) -> Result<SearchResult, TraceError> {
    let reader = Reader::connect(kafka, "bangioc-trace", None, &Tuning::default())?;
    let (low, high) = reader.watermarks(place.topic, place.partition)?;
    let mut found = SearchResult { in_all: 0, newest: VecDeque::new() };
    if low == high {
        return Ok(found);
    }
    let mut partition = reader.assign(place.topic, place.partition, low)?;
    let mut heard = Instant::now();
    while partition.next_offset() < high {
        let taken = partition.drain(LIMIT, Duration::from_millis(200), &mut |record| {
            let is_ours = record
                .key
                .is_some_and(|bytes| wire::split(bytes).is_ok_and(|(_, datum)| datum == key));
            if is_ours {
                found.in_all += 1;
                if found.newest.len() == KEPT {
                    found.newest.pop_front();
                }
                found.newest.push_back(LogRecord::of(&record));
            }
        })?;
        if taken > 0 {
            heard = Instant::now();
        } else if heard.elapsed() > PATIENCE {
            // Its end may be a marker that no reader is given.
            break;
        }
        shown(partition.next_offset() - low, high - low);
    }
    Ok(found)
}

/// What a record tells without its values. What became of it is for the store to say.
pub(super) fn read(
    record: &LogRecord,
    dataset: &Dataset,
    decoders: &Decoders,
) -> Result<SeenRecord, TraceError> {
    let kept = &record.kept;
    let bytes: RecordBytes<'_> = kept.record(record.offset);
    let schemas =
        Recent::default().find(decoders, dataset, bytes.key, bytes.value, record.offset)?;
    let mut batch = EventBatch::default();
    let change = match &schemas {
        DecoderLookup::Decoder(decoder) if decoder.decode_into(bytes, &mut batch).is_ok() => {
            Some(batch.event(0))
        }
        DecoderLookup::Decoder(_) | DecoderLookup::Bad { .. } | DecoderLookup::Awaited(_) => None,
    };
    Ok(SeenRecord {
        offset: record.offset,
        op: change.as_ref().map(|change| change.op.as_str()),
        version: decode::version(bytes.version).ok().map(ShownVersion),
        committed_at: change.and_then(|change| shown_time(change.origin.committed_at_us)),
        on_kafka_at: record.on_kafka_ms.and_then(|ms| shown_time(ms.saturating_mul(1_000))),
        outcome: Outcome::NotTaken,
        taken_at: None,
    })
}

/// RFC 3339, UTC; none for a time that nobody told.
fn shown_time(micros: i64) -> Option<String> {
    let told = Timestamp::from_microsecond(micros).ok().filter(|_| micros > 0)?;
    Some(told.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
}
