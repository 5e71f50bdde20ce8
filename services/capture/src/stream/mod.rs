//! The stream thread: what the slot sends, in order, to what Kafka gets, in order. One thread does all
//! of it (receive, parse, encode, send), so that nothing can overtake anything and no record crosses a
//! channel.
//!
//! `rows` makes changes of row messages, `relations` knows the tables, `transaction` the one that is
//! open. `feeds` says where a change leaves, `held` keeps those that wait for columns to be read back,
//! `window` the chunks of copies, which `copied` sends; `outlet` is the way to Kafka.

mod copied;
pub(crate) mod feeds;
mod held;
pub(crate) mod outlet;
pub(crate) mod read_back;
mod relations;
mod rows;
mod transaction;
pub(crate) mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bangioc_change::event::Origin;
use bangioc_change::pgoutput::{self, Message};
use bangioc_change::version::Lsn;
use bangioc_runtime::failpoint;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::row::RowBuf;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;

use self::copied::Copied;
use self::feeds::Feeds;
use self::relations::{Learnt, Relations};
use self::transaction::Transaction;
use self::window::{ChunkVerdict, Ready};
use crate::clock::now_us;
use crate::copy::MARK;
use crate::copy::mark::Mark;
use crate::dataset::Dataset;
use crate::error::CaptureError;
use crate::notice::Notice;
use crate::replication::{Frames, StreamFrame};
use crate::unit::{DatasetIndex, Position, TransactionSeen};

/// How long the stream sleeps when nothing comes; confirmations and the end wait as long.
const IDLE: Duration = Duration::from_millis(250);
/// How long a stop waits for the brokers, and then for the last confirmation.
const FAREWELL: Duration = Duration::from_secs(5);

pub(crate) struct Stream {
    epoch: u32,
    datasets: Arc<Vec<Dataset>>,
    feeds: Feeds,
    notices: UnboundedSender<Notice>,
    /// Whoever looks at the catalogue hears that a table was met.
    met: Arc<Notify>,
    shutdown: Shutdown,
    work: StreamWork,
}

/// What changes from message to message.
#[derive(Default)]
struct StreamWork {
    relations: Relations,
    transaction: Option<Transaction>,
    /// Where in its transaction the last relation message came.
    related_at: Option<(u32, u64)>,
    received: Lsn,
    /// The transaction that began last; between transactions, the last that ended.
    last: Option<TransactionSeen>,
    before: RowBuf,
    after: RowBuf,
}

impl Stream {
    pub(crate) fn new(
        epoch: u32,
        datasets: Arc<Vec<Dataset>>,
        feeds: Feeds,
        notices: UnboundedSender<Notice>,
        met: Arc<Notify>,
        shutdown: Shutdown,
    ) -> Stream {
        Stream { epoch, datasets, feeds, notices, met, shutdown, work: StreamWork::default() }
    }

    /// `orders`: each dataset's columns in its table's order, as when it was last copied.
    pub(crate) fn begin(&mut self, start: Position, orders: Vec<Vec<usize>>) {
        self.work.last = start.last;
        self.work.relations.set_orders(orders);
    }

    /// Streams until asked to stop; an error ends everything it sent with it.
    pub(crate) fn run(mut self, mut frames: Frames) -> Result<(), CaptureError> {
        let outcome = self.stream(&mut frames);
        match outcome {
            Ok(()) => self.farewell(),
            Err(failure) => {
                // What is still queued must not leave after the successor has started: purged, it is
                // sent again from the last confirmed position.
                self.feeds.outlet.producer.purge();
                Err(failure)
            }
        }
    }

    fn stream(&mut self, frames: &mut Frames) -> Result<(), CaptureError> {
        let mut stop_by: Option<Instant> = None;
        loop {
            // For `ts_ms` only: information, never an order.
            self.feeds.outlet.now_us = now_us();
            while let Some(frame) = frames.next()? {
                match frame {
                    StreamFrame::Data { lsn, message } => {
                        self.work.received = self.work.received.max(lsn);
                        self.message(lsn, message)?;
                    }
                    StreamFrame::Keepalive { sent, server_time_us, reply_wanted } => {
                        // Between transactions, everything before `sent` has been seen.
                        if self.work.transaction.is_none() {
                            self.feeds.flush(&self.datasets)?;
                            self.feeds.outlet.delivery.reached(Position {
                                lsn: sent,
                                at_us: server_time_us,
                                last: self.work.last,
                            });
                        }
                        self.feeds.outlet.confirm(reply_wanted)?;
                    }
                    StreamFrame::Said(said) => said.heed()?,
                    StreamFrame::Ended => {
                        return Err(CaptureError::StreamRefused {
                            sqlstate: "57P01".to_owned(),
                            answer: "the server ends the stream".to_owned(),
                        });
                    }
                }
            }
            self.feeds.flush(&self.datasets)?;
            if let Some((failed, cause)) = self.feeds.outlet.delivery.failure() {
                return Err(CaptureError::Undelivered { failed, cause });
            }
            self.feeds.outlet.confirm(false)?;
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            self.feeds
                .outlet
                .metrics
                .confirmed_lag_bytes
                .set(self.work.received.0.saturating_sub(self.feeds.outlet.confirmed().0) as f64);
            if self.shutdown.is_requested() {
                // A half-sent transaction would only be sent again; one that is too long is.
                let end = *stop_by.get_or_insert_with(|| Instant::now() + FAREWELL / 2);
                if self.work.transaction.is_none() || Instant::now() > end {
                    return Ok(());
                }
            }
            self.feeds.outlet.wal.fill(frames, IDLE)?;
        }
    }

    /// Lets everything sent arrive, waits for the position to be written down, tells the server, leaves.
    fn farewell(mut self) -> Result<(), CaptureError> {
        let end = Instant::now() + FAREWELL;
        if self.work.transaction.is_none() && self.feeds.outlet.delivery.wait_settled(FAREWELL) {
            while self.feeds.outlet.confirmed() < self.feeds.outlet.delivery.done().lsn
                && Instant::now() < end
            {
                std::thread::sleep(Duration::from_millis(10));
                self.feeds.outlet.confirm(false)?;
            }
        }
        self.feeds.outlet.producer.purge();
        self.feeds.outlet.wal.end();
        Ok(())
    }

    fn message(&mut self, lsn: Lsn, message: &[u8]) -> Result<(), CaptureError> {
        match pgoutput::parse(message).map_err(|cause| CaptureError::Message { cause })? {
            Message::Insert { relation, new } => self.insert(lsn, relation, new),
            Message::Update { relation, old_key, old_full, new } => {
                self.update(lsn, relation, old_key, old_full, new)
            }
            Message::Delete { relation, old_key, old_full } => {
                self.delete(lsn, relation, old_key, old_full)
            }
            Message::Begin { final_lsn, committed_at_us, xid } => {
                failpoint::hit("capture.read");
                self.work.transaction = Some(Transaction::begin(final_lsn, committed_at_us, xid));
                self.work.last =
                    Some(TransactionSeen { commit_lsn: final_lsn, committed_at_us, xid });
                Ok(())
            }
            Message::Commit { end_lsn, committed_at_us, .. } => {
                self.commit(Position { lsn: end_lsn, at_us: committed_at_us, last: self.work.last })
            }
            Message::Relation(relation) => {
                self.met.notify_one();
                self.part(&relation)?;
                for learnt in self.work.relations.learn(&relation, &self.datasets) {
                    match learnt {
                        Learnt::Fits(dataset) => {
                            let _ = self.notices.send(Notice::Fits(dataset));
                        }
                        Learnt::Contradicts(dataset, why) => self.halt(dataset, why)?,
                        Learnt::Replaced(dataset) => self.replaced(dataset)?,
                    }
                }
                Ok(())
            }
            Message::Truncate { relations, .. } => self.truncate(lsn, &relations),
            Message::LogicalMessage { prefix, content, .. } if prefix == MARK => {
                self.mark(lsn, content)
            }
            Message::LogicalMessage { .. } | Message::Type { .. } | Message::Origin { .. } => {
                Ok(())
            }
        }
    }

    /// A relation message right behind one of a carried table: a partition's own.
    fn part(&mut self, relation: &pgoutput::Relation<'_>) -> Result<(), CaptureError> {
        let transaction = self.work.transaction.as_mut().ok_or(OUTSIDE)?;
        let place = Some(transaction.place());
        if std::mem::replace(&mut self.work.related_at, place) != place {
            return Ok(());
        }
        let Some(part) = self.work.relations.part(relation, &self.datasets) else {
            return Ok(());
        };
        if self.datasets[part.dataset.place()].standing.is_withheld() {
            return Ok(());
        }
        let unit = transaction.unit(&self.feeds.outlet.delivery);
        if let Some(why) = part.unsaid {
            return self.halt(part.dataset, format!("of partition `{}`: {why}", relation.name));
        }
        self.feeds.outlet.delivery.hold(unit);
        let _ = self.notices.send(Notice::Part(part.dataset, unit, relation.id, transaction.xid));
        Ok(())
    }

    fn commit(&mut self, end: Position) -> Result<(), CaptureError> {
        let Some(transaction) = self.work.transaction.take() else {
            return Err(CaptureError::Internal { what: "a commit without a begin" });
        };
        self.feeds.outlet.windows.committed(transaction.xid);
        failpoint::hit("capture.sent");
        match transaction.unit {
            // Held changes count on their own; they are sent before the stream sleeps.
            Some(unit) => {
                self.feeds.outlet.delivery.close(unit, transaction.sent, end, transaction.chunks);
            }
            None => self.feeds.outlet.delivery.reached(end),
        }
        Ok(())
    }

    fn mark(&mut self, lsn: Lsn, content: &[u8]) -> Result<(), CaptureError> {
        let Some(mark) = Mark::parse(content) else {
            return Ok(());
        };
        self.feeds.flush(&self.datasets)?;
        match mark {
            Mark::Low(id) => self.feeds.outlet.windows.low_mark(id),
            Mark::High(id) => match self.feeds.outlet.windows.high_mark(id) {
                ChunkVerdict::Unknown => {}
                ChunkVerdict::Retake(why) => {
                    let _ = self.notices.send(Notice::Retake(id, why));
                }
                ChunkVerdict::Send(ready) => {
                    self.chunk(lsn, &ready)?;
                    failpoint::hit("capture.chunk_sent");
                }
            },
        }
        Ok(())
    }

    fn chunk(&mut self, lsn: Lsn, ready: &Ready) -> Result<(), CaptureError> {
        let transaction = self.work.transaction.as_mut().ok_or(OUTSIDE)?;
        transaction.chunks.push(ready.chunk.id);
        let mut copied = Copied {
            unit: transaction.unit(&self.feeds.outlet.delivery),
            outlet: &mut self.feeds.outlet,
            changed: &ready.changed,
            version: transaction.version(self.epoch, 0),
            origin: Origin { xid: 0, ..transaction.origin(lsn) },
            transaction,
        };
        let outcome = copied.send(&self.datasets[ready.dataset.place()], &ready.chunk);
        self.outcome(outcome, ready.dataset)
    }

    /// Rows of the table that took a dataset's name are sent from here on; those before come with a copy. The
    /// unit is not done before that is written down.
    fn replaced(&mut self, dataset: DatasetIndex) -> Result<(), CaptureError> {
        let transaction = self.work.transaction.as_mut().ok_or(OUTSIDE)?;
        let unit = transaction.unit(&self.feeds.outlet.delivery);
        self.feeds.outlet.delivery.hold(unit);
        self.feeds.outlet.windows.truncated(dataset);
        let _ = self.notices.send(Notice::Replaced(dataset, unit));
        Ok(())
    }

    /// Stops sending a dataset from here on. Its unit is not done before that is written down, so a
    /// restart can't begin behind it without knowing.
    fn halt(&mut self, dataset: DatasetIndex, why: String) -> Result<(), CaptureError> {
        let transaction = self.work.transaction.as_mut().ok_or(OUTSIDE)?;
        tracing::error!(
            code = "BG0220",
            dataset = self.datasets[dataset.place()].name(),
            why,
            "dataset halted; the others go on"
        );
        self.datasets[dataset.place()].standing.set_halted(true);
        let unit = transaction.unit(&self.feeds.outlet.delivery);
        self.feeds.outlet.delivery.hold(unit);
        let _ = self.notices.send(Notice::Halted(dataset, unit, why));
        Ok(())
    }
}

const OUTSIDE: CaptureError = CaptureError::Internal { what: "a change outside a transaction" };
