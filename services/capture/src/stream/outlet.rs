//! Where events leave: encoded, shown to the chunks that are between their marks, sent to Kafka, counted.
//! Waits when the producer's queue is full, and shows the source a sign of life meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use bangioc_change::encode::Encoded;
use bangioc_change::event::ChangeEvent;
use bangioc_change::version::{Lsn, Version};
use bangioc_change::{EncodeError, HEADER_ABSENT, HEADER_VERSION};
use bangioc_feed::produce::{Producer, Record, SendError};
use bangioc_runtime::failpoint;
use bangioc_schemas::row::{Absence, Cell, Row, RowBuf};

use super::window::Windows;
use crate::ceiling::Announced;
use crate::dataset::Feed;
use crate::delivery::Delivery;
use crate::error::CaptureError;
use crate::metrics::StreamMetrics;
use crate::replication::WalStream;
use crate::unit::UnitId;

/// The server gives up after `wal_sender_timeout`, 60 s by default; it asks at half of that.
const SIGN_OF_LIFE: Duration = Duration::from_secs(10);
/// The producer's queue empties by thousands of records a millisecond tick.
const QUEUE_FULL_NAP: Duration = Duration::from_millis(1);
/// Once in half a window of log at most.
const CEILING_NAP: Duration = Duration::from_millis(5);
/// Then whoever announces has failed, and this run ends as well.
const CEILING_PATIENCE: Duration = Duration::from_mins(1);
/// Of a record: headers, and what the envelope adds to a row's text.
const RECORD_SLACK: usize = 64 << 10;

pub(crate) struct Outlet {
    pub(crate) wal: WalStream,
    pub(crate) windows: Windows,
    pub(crate) producer: Producer,
    pub(crate) delivery: Arc<Delivery>,
    /// Up to where the server may be told; set once progress and state say so too.
    pub(crate) confirmable: Arc<AtomicU64>,
    pub(crate) metrics: StreamMetrics,
    pub(crate) record_bytes: usize,
    pub(crate) now_us: i64,
    announced: Arc<Announced>,
    /// As far as it was looked up.
    ceiling: Lsn,
    confirmed: Lsn,
    encoded: Encoded,
}

/// A row that can't be sent.
pub(crate) enum Unsent {
    /// Something is wrong with all of it.
    Failed(CaptureError),
    /// This dataset's rows have no key that can be sent: others go on.
    NoKey(EncodeError),
}

impl From<EncodeError> for Unsent {
    fn from(why: EncodeError) -> Unsent {
        Unsent::NoKey(why)
    }
}

impl From<CaptureError> for Unsent {
    fn from(failure: CaptureError) -> Unsent {
        Unsent::Failed(failure)
    }
}

/// What an outlet is made of.
pub(crate) struct OutletParts {
    pub(crate) wal: WalStream,
    pub(crate) windows: Windows,
    pub(crate) producer: Producer,
    pub(crate) delivery: Arc<Delivery>,
    pub(crate) announced: Arc<Announced>,
    pub(crate) confirmable: Arc<AtomicU64>,
    pub(crate) metrics: StreamMetrics,
    pub(crate) record_bytes: usize,
    pub(crate) confirmed: Lsn,
}

impl Outlet {
    pub(crate) fn new(parts: OutletParts) -> Outlet {
        let OutletParts {
            wal,
            windows,
            producer,
            delivery,
            announced,
            confirmable,
            metrics,
            record_bytes,
            confirmed,
        } = parts;
        Outlet {
            wal,
            windows,
            producer,
            delivery,
            confirmable,
            metrics,
            record_bytes,
            now_us: 0,
            ceiling: announced.up_to(),
            announced,
            confirmed,
            encoded: Encoded::default(),
        }
    }

    /// Encodes and sends an event of the stream.
    #[inline]
    pub(crate) fn emit(
        &mut self,
        feed: &Feed,
        event: &ChangeEvent<'_>,
        unit: UnitId,
    ) -> Result<(), Unsent> {
        self.encode(feed, event)?;
        if self.windows.any_open() {
            self.windows.changed(feed.dataset, feed.side, self.encoded.key_datum());
        }
        self.send(feed, event.version, unit)?;
        Ok(())
    }

    /// Encodes; the key's datum, by which the dataset knows a row, is the answer.
    pub(crate) fn encode(
        &mut self,
        feed: &Feed,
        event: &ChangeEvent<'_>,
    ) -> Result<&[u8], EncodeError> {
        feed.encoder.encode(event, self.now_us, &mut self.encoded)?;
        if self.encoded.value.len() + RECORD_SLACK > self.record_bytes {
            self.encode_without_the_largest(feed, event)?;
        }
        Ok(self.encoded.key_datum())
    }

    /// A row larger than a record may be travels without its largest columns, which the header names.
    #[cold]
    fn encode_without_the_largest(
        &mut self,
        feed: &Feed,
        event: &ChangeEvent<'_>,
    ) -> Result<(), EncodeError> {
        let budget = self.record_bytes.saturating_sub(RECORD_SLACK);
        let (before, after) = (
            event.before.map(|row| trimmed(row, &feed.key, budget / 2)),
            event.after.map(|row| trimmed(row, &feed.key, budget / 2)),
        );
        let event = ChangeEvent {
            before: before.as_ref().map(RowBuf::row),
            after: after.as_ref().map(RowBuf::row),
            ..*event
        };
        self.metrics.too_large.inc();
        feed.encoder.encode(&event, self.now_us, &mut self.encoded)
    }

    /// Sends what was encoded last.
    pub(crate) fn send(
        &mut self,
        feed: &Feed,
        version: Version,
        unit: UnitId,
    ) -> Result<(), CaptureError> {
        if version.commit_lsn > self.ceiling {
            self.wait_for_ceiling(version.commit_lsn)?;
        }
        let version = version.to_bytes();
        let absent = self.encoded.absent();
        let headers: [(&str, &[u8]); 2] =
            [(HEADER_VERSION, &version), (HEADER_ABSENT, absent.unwrap_or_default())];
        let record = Record {
            topic: &feed.topic,
            partition: feed.encoder.partition(&self.encoded, feed.partitions),
            key: self.encoded.key(),
            value: Some(&self.encoded.value),
            headers: if absent.is_some() { &headers } else { &headers[..1] },
            tag: unit.tag(feed.index),
        };
        loop {
            match self.producer.send(&record) {
                Ok(()) => break,
                Err(SendError::QueueFull) => {}
                Err(SendError::Failed(cause)) => {
                    return Err(match self.delivery.failure() {
                        Some((failed, cause)) => CaptureError::Undelivered { failed, cause },
                        None => cause.into(),
                    });
                }
            }
            sleep(QUEUE_FULL_NAP);
            if self.wal.since_status() > SIGN_OF_LIFE {
                self.wal.status(self.confirmed)?;
            }
        }
        self.metrics.sent(
            feed.index,
            (record.key.map_or(0, <[u8]>::len) + self.encoded.value.len()) as u64,
        );
        Ok(())
    }

    /// No record leaves that the sinks would take for somebody else's.
    #[cold]
    fn wait_for_ceiling(&mut self, lsn: Lsn) -> Result<(), CaptureError> {
        self.announced.want(lsn);
        let end = Instant::now() + CEILING_PATIENCE;
        loop {
            self.ceiling = self.announced.up_to();
            if lsn <= self.ceiling {
                return Ok(());
            }
            if let Some((failed, cause)) = self.delivery.failure() {
                return Err(CaptureError::Undelivered { failed, cause });
            }
            if Instant::now() > end {
                return Err(CaptureError::NotAnnounced);
            }
            sleep(CEILING_NAP);
            if self.wal.since_status() > SIGN_OF_LIFE {
                self.wal.status(self.confirmed)?;
            }
        }
    }

    /// Tells the server what it may forget, or only that we are here.
    pub(crate) fn confirm(&mut self, reply_wanted: bool) -> Result<(), CaptureError> {
        let confirmable = Lsn(self.confirmable.load(Ordering::Acquire));
        if confirmable > self.confirmed {
            failpoint::hit("capture.confirming");
            self.confirmed = confirmable;
            self.wal.status(confirmable)?;
            failpoint::hit("capture.confirmed");
        } else if reply_wanted || self.wal.since_status() > SIGN_OF_LIFE {
            self.wal.status(self.confirmed)?;
        }
        Ok(())
    }

    pub(crate) fn confirmed(&self) -> Lsn {
        self.confirmed
    }
}

/// The row without as many of its largest columns as its text needs to fit.
fn trimmed(row: Row<'_>, key: &[usize], budget: usize) -> RowBuf {
    let length = |column: usize| row.cell(column).text().map_or(0, str::len);
    let mut total: usize = (0..row.len()).map(length).sum();
    let mut by_size: Vec<usize> = (0..row.len()).filter(|column| !key.contains(column)).collect();
    by_size.sort_by_key(|column| std::cmp::Reverse(length(*column)));
    let mut dropped = vec![false; row.len()];
    for column in by_size {
        if total <= budget {
            break;
        }
        dropped[column] = true;
        total -= length(column);
    }
    (0..row.len())
        .map(
            |column| {
                if dropped[column] { Cell::Absent(Absence::TooLarge) } else { row.cell(column) }
            },
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_columns_stay_behind_but_never_the_key() {
        let row: RowBuf = [
            Cell::Text("a long key, longer than all"),
            Cell::Text("small"),
            Cell::Text("rather large"),
            Cell::Null,
        ]
        .into_iter()
        .collect();
        let cells = |budget| {
            trimmed(row.row(), &[0], budget).row().cells().map(Cell::is_absent).collect::<Vec<_>>()
        };
        assert_eq!(cells(100), [false; 4]);
        assert_eq!(cells(35), [false, false, true, false]);
        assert_eq!(cells(0), [false, true, true, true]);
    }
}
