//! The stream thread: what the slot sends, in order, to what Kafka gets, in order. One thread does all
//! of it (receive, parse, encode, send), so that nothing can overtake anything and no record crosses a
//! channel.
//!
//! `change` makes events of row messages, `relations` knows the tables, `transaction` the one that is open, `held` the events that wait for
//! columns to be read back, `window` the chunks of copies, `outlet` sends.

mod change;
mod held;
pub(crate) mod outlet;
mod relations;
pub(crate) use relations::contradiction;
mod transaction;
pub(crate) mod window;

use std::sync::Arc;
use std::time::{Duration, Instant};

use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::pgoutput::{self, Message};
use bangioc_change::version::Lsn;
use bangioc_runtime::failpoint;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::row::RowBuf;
use tokio::sync::mpsc::UnboundedSender;

use self::held::Held;
use self::outlet::{Outlet, Unsent};
use self::relations::Relations;
use self::transaction::Transaction;
use self::window::{Chunk, Verdict, Windows};
use crate::copy::MARK;
use crate::copy::mark::Mark;
use crate::copy::read_back::ReadBack;
use crate::dataset::Dataset;
use crate::delivery::{ChunkId, DatasetIndex, Position, UnitId};
use crate::error::CaptureError;
use crate::replication::{Frame, Frames, WalStream};
use crate::session::now_us;
use crate::state::CopyState;

/// How long the stream sleeps when nothing comes; confirmations and the end wait as long.
const IDLE: Duration = Duration::from_millis(100);
/// How long a stop waits for the brokers, and then for the last confirmation.
const FAREWELL: Duration = Duration::from_secs(5);

/// What the stream tells the copier.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Notice {
    /// Rows of this chunk may be stale: read it again.
    Retake(ChunkId, window::Why),
    /// Kafka has all of the chunk, and all that came before it.
    Done(ChunkId),
    /// Copy the whole dataset again and sweep; settle the unit when that is written down.
    Truncated(DatasetIndex, UnitId),
    /// The dataset is not sent any more from this unit on, and why.
    Halted(DatasetIndex, UnitId, String),
    /// Its table fits again: copy it and sweep.
    Recovered(DatasetIndex),
}

pub(crate) struct Stream {
    pub(crate) wal: WalStream,
    pub(crate) epoch: u32,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    pub(crate) outlet: Outlet,
    pub(crate) windows: Windows,
    pub(crate) read_back: ReadBack,
    pub(crate) notices: UnboundedSender<Notice>,
    pub(crate) shutdown: Shutdown,
    work: Work,
}

/// What changes from message to message.
struct Work {
    relations: Relations,
    transaction: Option<Transaction>,
    held: Held,
    received: Lsn,
    before: RowBuf,
    after: RowBuf,
}

impl Stream {
    #[expect(
        clippy::too_many_arguments,
        reason = "the parts of one thing, each made elsewhere"
    )]
    pub(crate) fn new(
        wal: WalStream,
        epoch: u32,
        datasets: Arc<Vec<Dataset>>,
        outlet: Outlet,
        windows: Windows,
        read_back: ReadBack,
        notices: UnboundedSender<Notice>,
        shutdown: Shutdown,
    ) -> Stream {
        let work = Work {
            relations: Relations::default(),
            transaction: None,
            held: Held::default(),
            received: Lsn(0),
            before: RowBuf::default(),
            after: RowBuf::default(),
        };
        Stream {
            wal,
            epoch,
            datasets,
            outlet,
            windows,
            read_back,
            notices,
            shutdown,
            work,
        }
    }

    /// Datasets that are not to be sent until their table fits again.
    pub(crate) fn begin_halted(&mut self, copies: &[CopyState]) {
        for (place, _) in copies
            .iter()
            .enumerate()
            .filter(|(_, copy)| copy.halted.is_some())
        {
            if let Ok(place) = u16::try_from(place) {
                self.work.relations.halt(DatasetIndex(place));
            }
        }
    }

    /// Streams until asked to stop; an error ends everything it sent with it.
    pub(crate) fn run(mut self, mut frames: Frames) -> Result<(), CaptureError> {
        let outcome = self.stream(&mut frames);
        match outcome {
            Ok(()) => self.farewell(),
            Err(failure) => {
                // What is still queued must not leave after the successor has started: purged, it is
                // sent again from the last confirmed position.
                self.outlet.producer.purge();
                Err(failure)
            }
        }
    }

    fn stream(&mut self, frames: &mut Frames) -> Result<(), CaptureError> {
        let mut stop_by: Option<Instant> = None;
        loop {
            // For `ts_ms` only: information, never an order.
            self.outlet.now_us = now_us();
            while let Some(frame) = frames.next()? {
                match frame {
                    Frame::Data { lsn, message } => {
                        self.work.received = self.work.received.max(lsn);
                        self.message(lsn, message)?;
                    }
                    Frame::Keepalive {
                        sent,
                        server_time_us,
                        reply_wanted,
                    } => {
                        // Between transactions, everything before `sent` has been seen.
                        if self.work.transaction.is_none() {
                            self.flush_held()?;
                            self.outlet.delivery.reached(Position {
                                lsn: sent,
                                at_us: server_time_us,
                            });
                        }
                        self.outlet.confirm(&mut self.wal, reply_wanted)?;
                    }
                    Frame::Ended => {
                        return Err(CaptureError::StreamRefused {
                            sqlstate: "57P01".to_owned(),
                            answer: "the server ends the stream".to_owned(),
                        });
                    }
                }
            }
            self.flush_held()?;
            if let Some((failed, cause)) = self.outlet.delivery.failure() {
                return Err(CaptureError::Undelivered { failed, cause });
            }
            self.outlet.confirm(&mut self.wal, false)?;
            #[expect(clippy::cast_precision_loss, reason = "a gauge")]
            self.outlet.metrics.confirmed_lag_bytes.set(
                self.work
                    .received
                    .0
                    .saturating_sub(self.outlet.confirmed().0) as f64,
            );
            if self.shutdown.is_requested() {
                // A half-sent transaction would only be sent again; one that is too long is.
                let end = *stop_by.get_or_insert_with(|| Instant::now() + FAREWELL / 2);
                if self.work.transaction.is_none() || Instant::now() > end {
                    return Ok(());
                }
            }
            self.wal.fill(frames, IDLE)?;
        }
    }

    /// Lets everything sent arrive, waits for the position to be written down, tells the server, leaves.
    fn farewell(mut self) -> Result<(), CaptureError> {
        let end = Instant::now() + FAREWELL;
        if self.work.transaction.is_none() && self.outlet.delivery.wait_settled(FAREWELL) {
            while self.outlet.confirmed() < self.outlet.delivery.done().lsn && Instant::now() < end
            {
                std::thread::sleep(Duration::from_millis(10));
                self.outlet.confirm(&mut self.wal, false)?;
            }
        }
        self.outlet.producer.purge();
        self.wal.end();
        Ok(())
    }

    fn message(&mut self, lsn: Lsn, message: &[u8]) -> Result<(), CaptureError> {
        match pgoutput::parse(message).map_err(|cause| CaptureError::Message { cause })? {
            Message::Insert { relation, new } => self.insert(lsn, relation, new),
            Message::Update {
                relation,
                old_key,
                old_full,
                new,
            } => self.update(lsn, relation, old_key, old_full, new),
            Message::Delete {
                relation,
                old_key,
                old_full,
            } => self.delete(lsn, relation, old_key.or(old_full)),
            Message::Begin {
                final_lsn,
                committed_at_us,
                xid,
            } => {
                failpoint::hit("capture.read");
                self.work.transaction = Some(Transaction::begin(final_lsn, committed_at_us, xid));
                Ok(())
            }
            Message::Commit {
                end_lsn,
                committed_at_us,
                ..
            } => self.commit(Position {
                lsn: end_lsn,
                at_us: committed_at_us,
            }),
            Message::Relation(relation) => {
                let learnt = self.work.relations.learn(&relation, &self.datasets);
                match learnt {
                    relations::Learnt::Nothing => Ok(()),
                    relations::Learnt::Fits(dataset) => {
                        let _ = self.notices.send(Notice::Recovered(dataset));
                        Ok(())
                    }
                    relations::Learnt::Contradicts(dataset, why) => self.halt(dataset, why),
                }
            }
            Message::Truncate { relations, .. } => self.truncate(lsn, &relations),
            Message::LogicalMessage {
                prefix, content, ..
            } if prefix == MARK => self.mark(lsn, content),
            Message::LogicalMessage { .. } | Message::Type { .. } | Message::Origin { .. } => {
                Ok(())
            }
        }
    }

    fn commit(&mut self, end: Position) -> Result<(), CaptureError> {
        let Some(transaction) = self.work.transaction.take() else {
            return Err(CaptureError::Internal {
                what: "a commit without a begin",
            });
        };
        self.windows.committed(transaction.xid);
        failpoint::hit("capture.sent");
        match transaction.unit {
            // Held events are counted already: they are sent before the stream sleeps.
            Some(unit) => {
                self.outlet
                    .delivery
                    .close(unit, transaction.sent, end, transaction.chunks);
            }
            None => self.outlet.delivery.reached(end),
        }
        Ok(())
    }

    fn mark(&mut self, lsn: Lsn, content: &[u8]) -> Result<(), CaptureError> {
        let Some(mark) = Mark::parse(content) else {
            return Ok(());
        };
        self.flush_held()?;
        match mark {
            Mark::Low(id) => self.windows.low_mark(id),
            Mark::High(id) => match self.windows.high_mark(id) {
                Verdict::Unknown => {}
                Verdict::Retake(why) => {
                    let _ = self.notices.send(Notice::Retake(id, why));
                }
                Verdict::Send(dataset, chunk, changed) => {
                    self.chunk(lsn, dataset, &chunk, |key| changed.contains(key))?;
                    failpoint::hit("capture.chunk_sent");
                }
            },
        }
        Ok(())
    }

    /// Sends a chunk's rows at its high mark's place.
    fn chunk(
        &mut self,
        lsn: Lsn,
        index: DatasetIndex,
        chunk: &Chunk,
        changed: impl Fn(&[u8]) -> bool,
    ) -> Result<(), CaptureError> {
        let transaction = self.work.transaction.as_mut().ok_or(OUTSIDE)?;
        let unit = transaction.unit(&self.outlet.delivery);
        transaction.chunks.push(chunk.id);
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let origin = Origin {
            xid: 0,
            ..transaction.origin(lsn)
        };
        let version = transaction.version(self.epoch, 0);
        let found =
            (0..chunk.rows.len()).map(|place| (Operation::Read, None, Some(chunk.rows.row(place))));
        let missing = chunk
            .missing
            .iter()
            .map(|key| (Operation::Delete, Some(key.row()), None));
        for (op, before, after) in found.chain(missing) {
            let event = ChangeEvent {
                op,
                version,
                before,
                after,
                origin,
            };
            match self.outlet.encode(dataset, &event) {
                Ok(key) if changed(key) => continue,
                Ok(_) => {}
                Err(why) => return self.halt(index, why.to_string()),
            }
            self.outlet
                .send(&mut self.wal, dataset, index, version, unit)?;
            if let Some(transaction) = &mut self.work.transaction {
                transaction.sent += 1;
            }
        }
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
        self.work.relations.halt(dataset);
        let unit = transaction.unit(&self.outlet.delivery);
        self.outlet.delivery.hold(unit);
        let _ = self.notices.send(Notice::Halted(dataset, unit, why));
        Ok(())
    }

    /// Reads back what the held events lack, and sends them in order.
    fn flush_held(&mut self) -> Result<(), CaptureError> {
        if self.work.held.is_empty() {
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.work.held);
        let filled = held.read_back(&mut self.read_back, &self.datasets)?;
        self.outlet.metrics.read_backs.inc_by(filled);
        for event in held.events() {
            let dataset = &self.datasets[event.dataset.place()];
            match self.outlet.encode_and_send(
                &mut self.wal,
                &mut self.windows,
                dataset,
                event.dataset,
                &event.event(),
                event.unit,
            ) {
                Ok(()) => {}
                Err(Unsent::Failed(failure)) => return Err(failure),
                // Its key was there when it came; only a defect ends here.
                Err(Unsent::NoKey(_)) => {
                    return Err(CaptureError::Internal {
                        what: "a held event without a key",
                    });
                }
            }
        }
        held.clear();
        self.work.held = held;
        Ok(())
    }
}

const OUTSIDE: CaptureError = CaptureError::Internal {
    what: "a change outside a transaction",
};
