//! COPY BOTH: frames out of one big buffer without copying, and our answers.
//!
//! The walsender makes one `send` per row, and a `send` that wakes a sleeping reader costs the
//! *sender* the wake-up. So while a burst lasts this reader naps before each take, also after it was
//! woken, and lets bytes gather. That is up to half of the walsender's time; a change after a calm is
//! still taken at once.

use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

use bangioc_change::version::Lsn;
use bytes::BytesMut;
use postgres_protocol::message::backend::Message;

use super::message::{ServerNotice, ServerRefusal, be_u32, be_u64};
use super::wire::Wire;
use crate::error::CaptureError;

const BUFFER: usize = 1 << 20;
/// Long enough to gather some 30 rows at the walsender's speed, short against any latency goal.
const NAP: Duration = Duration::from_micros(300);
/// A burst has ended when nothing came for this long.
const CALM: Duration = Duration::from_millis(5);
/// A read that brought this much needs no nap: more has gathered while it was worked on.
const PLENTY: usize = 64 << 10;
/// PostgreSQL counts time from 2000-01-01.
const POSTGRES_EPOCH_US: i64 = 946_684_800_000_000;

/// One frame of the stream.
pub(crate) enum StreamFrame<'a> {
    /// A message of the output plugin; `lsn` is where its record starts.
    Data { lsn: Lsn, message: &'a [u8] },
    /// Everything before `sent` has been sent.
    Keepalive { sent: Lsn, server_time_us: i64, reply_wanted: bool },
    /// A warning or notice.
    Said(ServerNotice),
    /// The server has ended the stream, as when it shuts down.
    Ended,
}

/// Received bytes that are not worked on yet.
pub(crate) struct Frames {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Frames {
    pub(super) fn new(already: &[u8]) -> Frames {
        let mut bytes = vec![0; BUFFER.max(already.len())];
        bytes[..already.len()].copy_from_slice(already);
        Frames { bytes, start: 0, end: already.len() }
    }

    /// The next whole frame, if one is here.
    pub(crate) fn next(&mut self) -> Result<Option<StreamFrame<'_>>, CaptureError> {
        loop {
            let have = &self.bytes[self.start..self.end];
            if have.len() < 5 {
                return Ok(None);
            }
            let (tag, length) = (have[0], 1 + be_u32(&have[1..5]) as usize);
            if have.len() < length {
                return Ok(None);
            }
            let from = self.start;
            self.start += length;
            let body = &self.bytes[from + 5..from + length];
            match tag {
                b'd' => {}
                b'E' => return Err(server_error(&self.bytes[from..from + length])),
                b'c' => return Ok(Some(StreamFrame::Ended)),
                b'N' => match server_notice(&self.bytes[from..from + length]) {
                    Some(said) => return Ok(Some(StreamFrame::Said(said))),
                    None => continue,
                },
                _ => continue,
            }
            return match body {
                [b'w', header @ ..] if header.len() >= 24 => {
                    // Reborrowed, since the loop above keeps `self` borrowed otherwise.
                    let message = &self.bytes[from + 5 + 25..from + length];
                    Ok(Some(StreamFrame::Data {
                        lsn: lsn(&self.bytes[from + 6..from + 14]),
                        message,
                    }))
                }
                [b'k', keepalive @ ..] if keepalive.len() >= 17 => {
                    Ok(Some(StreamFrame::Keepalive {
                        sent: lsn(&keepalive[..8]),
                        server_time_us: be_u64(&keepalive[8..16]).cast_signed() + POSTGRES_EPOCH_US,
                        reply_wanted: keepalive[16] != 0,
                    }))
                }
                _ => Err(CaptureError::Protocol {
                    address: String::new(),
                    what: "an unknown replication message",
                }),
            };
        }
    }

    /// Room for what comes: moves a half-received frame to the front, grows for one that is larger
    /// than the buffer, and goes back to the usual size when it is done with.
    fn room(&mut self) -> &mut [u8] {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            if self.bytes.len() > BUFFER {
                self.bytes.truncate(BUFFER);
                self.bytes.shrink_to_fit();
            }
        } else if self.bytes.len() - self.end < BUFFER / 4 {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
            let needed = if self.end >= 5 { 1 + be_u32(&self.bytes[1..5]) as usize } else { 0 };
            if self.bytes.len() < needed + BUFFER / 4 && self.bytes.len() - self.end < BUFFER / 4 {
                // By doubling, not to what the frame claims: memory follows bytes that have come.
                let larger =
                    (self.bytes.len() * 2).min(needed + BUFFER / 2).max(self.end + BUFFER / 2);
                self.bytes.resize(larger, 0);
            }
        }
        &mut self.bytes[self.end..]
    }
}

/// The connection while it streams.
pub(crate) struct WalStream {
    wire: Wire,
    address: String,
    /// When bytes came last.
    last_bytes: Instant,
    /// The last fill brought plenty: no need to nap before the next.
    plenty: bool,
    last_status: Instant,
}

impl WalStream {
    pub(super) fn new(wire: Wire, address: String) -> WalStream {
        WalStream {
            wire,
            address,
            last_bytes: Instant::now(),
            plenty: false,
            last_status: Instant::now(),
        }
    }

    /// Takes what has arrived; waits for at most `limit` when nothing has. True when bytes came.
    pub(crate) fn fill(
        &mut self,
        frames: &mut Frames,
        limit: Duration,
    ) -> Result<bool, CaptureError> {
        self.nap();
        let mut taken = self.take(frames)?;
        if taken == 0 {
            self.wire.wait(limit).map_err(|e| self.broken(e))?;
            self.nap();
            taken = self.take(frames)?;
        }
        self.plenty = taken >= PLENTY;
        if taken > 0 {
            self.last_bytes = Instant::now();
        }
        Ok(taken > 0)
    }

    fn nap(&self) {
        if !self.plenty && self.last_bytes.elapsed() < CALM {
            sleep(NAP);
        }
    }

    fn take(&mut self, frames: &mut Frames) -> Result<usize, CaptureError> {
        match self.wire.receive(frames.room()) {
            Ok(0) => Err(self.broken(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => {
                frames.end += read;
                Ok(read)
            }
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted
                ) =>
            {
                Ok(0)
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Standby status update: everything before `confirmed` may be forgotten by the server. `Lsn(0)`
    /// shows a sign of life and moves nothing.
    pub(crate) fn status(&mut self, confirmed: Lsn) -> Result<(), CaptureError> {
        self.update(confirmed, false)
    }

    /// Moves nothing, and has the server say at once how far it has come.
    pub(crate) fn ask_how_far(&mut self) -> Result<(), CaptureError> {
        self.update(Lsn(0), true)
    }

    fn update(&mut self, confirmed: Lsn, reply_wanted: bool) -> Result<(), CaptureError> {
        let mut message = [0; 1 + 4 + 34];
        message[0] = b'd';
        message[1..5].copy_from_slice(&38_u32.to_be_bytes());
        message[5] = b'r';
        for written_flushed_applied in [6, 14, 22] {
            message[written_flushed_applied..written_flushed_applied + 8]
                .copy_from_slice(&confirmed.0.to_be_bytes());
        }
        message[38] = u8::from(reply_wanted);
        self.last_status = Instant::now();
        self.wire.send(&message).map_err(|e| self.broken(e))
    }

    pub(crate) fn since_status(&self) -> Duration {
        self.last_status.elapsed()
    }

    /// Says good-bye, so that the slot is free at once and not after the server's time-out.
    pub(crate) fn end(mut self) {
        let mut out = BytesMut::new();
        postgres_protocol::message::frontend::copy_done(&mut out);
        postgres_protocol::message::frontend::terminate(&mut out);
        // Nothing follows from a failure: the connection is gone either way.
        let _ = self.wire.send(&out);
    }

    /// As [`WalStream::end`], and waits until the server has let go of the slot: its process closes the
    /// connection when it ends.
    pub(crate) fn end_and_wait(mut self) {
        let mut out = BytesMut::new();
        postgres_protocol::message::frontend::copy_done(&mut out);
        postgres_protocol::message::frontend::terminate(&mut out);
        if self.wire.send(&out).is_err() {
            return;
        }
        let mut rest = vec![0; BUFFER];
        while self.wire.read(&mut rest).is_ok_and(|read| read > 0) {}
    }

    pub(crate) fn broken(&self, cause: io::Error) -> CaptureError {
        CaptureError::Broken { address: self.address.clone(), cause }
    }
}

fn server_error(frame: &[u8]) -> CaptureError {
    match Message::parse(&mut BytesMut::from(frame)) {
        Ok(Some(Message::ErrorResponse(body))) => {
            let refusal = ServerRefusal::read(&body);
            if refusal.lacks_publication() {
                return CaptureError::PublicationGone { answer: refusal.message };
            }
            CaptureError::StreamRefused { sqlstate: refusal.sqlstate, answer: refusal.message }
        }
        _ => CaptureError::Protocol { address: String::new(), what: "an unreadable error message" },
    }
}

fn server_notice(frame: &[u8]) -> Option<ServerNotice> {
    match Message::parse(&mut BytesMut::from(frame)) {
        Ok(Some(Message::NoticeResponse(body))) => Some(ServerNotice::read(&body)),
        _ => None,
    }
}

fn lsn(bytes: &[u8]) -> Lsn {
    Lsn(be_u64(bytes))
}
