//! Logging in, and the few questions a walsender answers before it streams.

use std::io;
use std::ops::Range;
use std::time::Duration;

use bangioc_change::version::Lsn;
use bangioc_postgres_text::quoting::{quoted, standard_literal};
use bangioc_runtime::tls::Tls;
use bytes::BytesMut;
use fallible_iterator::FallibleIterator;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use postgres_protocol::message::backend::{ErrorResponseBody, Message};
use postgres_protocol::message::frontend;

use super::message::{ServerRefusal, be_u32};
use super::stream::{Frames, WalStream};
use super::wire::Wire;
use crate::config::SourceSettings;
use crate::error::CaptureError;
use crate::pinned::{self, APPLICATION_NAME};

/// SQLSTATE of "replication slot is active for PID n".
const OBJECT_IN_USE: &str = "55006";

pub(crate) struct Session {
    wire: Wire,
    buffer: BytesMut,
    out: BytesMut,
    address: String,
    /// The server's process that answers here.
    pid: i32,
}

/// One row of an answer: texts, `None` for null.
pub(crate) type Answer = Vec<Option<String>>;

impl Session {
    /// The walsender of the source's database.
    pub(crate) fn connect(source: &SourceSettings) -> Result<Session, CaptureError> {
        Session::connect_for(source, "database")
    }

    /// One of no database, as backups and standbys have: only to see whether the server takes it.
    pub(crate) fn connect_physical(source: &SourceSettings) -> Result<Session, CaptureError> {
        Session::connect_for(source, "true")
    }

    fn connect_for(
        source: &SourceSettings,
        replication: &'static str,
    ) -> Result<Session, CaptureError> {
        let unreachable =
            |error| CaptureError::Unreachable { address: source.address(), cause: error };
        let mut session = Session {
            wire: Wire::connect(source).map_err(unreachable)?,
            buffer: BytesMut::with_capacity(8 << 10),
            out: BytesMut::new(),
            address: source.address(),
            pid: 0,
        };
        if let Tls::Verify { ca_file } = &source.tls {
            frontend::ssl_request(&mut session.out);
            session.flush()?;
            let mut answer = [0; 1];
            if session.wire.read(&mut answer).map_err(unreachable)? != 1 || answer != *b"S" {
                return Err(CaptureError::TlsRefused { address: source.address() });
            }
            session.wire = session
                .wire
                .secured(source, ca_file.as_deref())
                .map_err(|cause| CaptureError::TlsFailed { address: source.address(), cause })?;
        }
        session.log_in(source, replication)?;
        Ok(session)
    }

    fn log_in(&mut self, source: &SourceSettings, replication: &str) -> Result<(), CaptureError> {
        let options = pinned::as_options(pinned::of_log());
        let parameters = [
            ("user", source.user.as_str()),
            ("database", source.database.as_str()),
            ("client_encoding", "UTF8"),
            ("application_name", APPLICATION_NAME),
            ("options", options.as_str()),
            ("replication", replication),
        ];
        frontend::startup_message(parameters, &mut self.out).map_err(|e| self.broken(e))?;
        self.flush()?;
        loop {
            match self.next()? {
                Message::AuthenticationOk
                | Message::ParameterStatus(_)
                | Message::NoticeResponse(_) => {}
                Message::BackendKeyData(key) => self.pid = key.process_id(),
                // Who answers is unknown: it gets a proof that tells nothing, or nothing.
                Message::AuthenticationCleartextPassword
                | Message::AuthenticationMd5Password(_)
                    if !source.tls.is_verified() =>
                {
                    return Err(CaptureError::PasswordAsked { address: source.address() });
                }
                Message::AuthenticationCleartextPassword => {
                    self.password(source.password.reveal().as_bytes())?;
                }
                Message::AuthenticationMd5Password(body) => {
                    let hash = postgres_protocol::authentication::md5_hash(
                        source.user.as_bytes(),
                        source.password.reveal().as_bytes(),
                        body.salt(),
                    );
                    self.password(hash.as_bytes())?;
                }
                Message::AuthenticationSasl(_) => self.scram(source)?,
                Message::ReadyForQuery(_) => return Ok(()),
                Message::ErrorResponse(error) => return Err(self.login_refused(&error, source)),
                _ => return Err(self.protocol("an unexpected message while logging in")),
            }
        }
    }

    fn login_refused(&self, error: &ErrorResponseBody, source: &SourceSettings) -> CaptureError {
        let refusal = ServerRefusal::read(error);
        match refusal.sqlstate.as_str() {
            // Starting up, shutting down, too many connections: a matter of time.
            "57P03" | "57P01" | "53300" => CaptureError::Broken {
                address: self.address.clone(),
                cause: io::Error::other(refusal.text()),
            },
            _ => CaptureError::Refused {
                address: self.address.clone(),
                user: source.user.clone(),
                database: source.database.clone(),
                answer: refusal.text(),
            },
        }
    }

    fn password(&mut self, password: &[u8]) -> Result<(), CaptureError> {
        frontend::password_message(password, &mut self.out).map_err(|e| self.broken(e))?;
        self.flush()
    }

    fn scram(&mut self, source: &SourceSettings) -> Result<(), CaptureError> {
        let mut scram =
            ScramSha256::new(source.password.reveal().as_bytes(), ChannelBinding::unsupported());
        frontend::sasl_initial_response(SCRAM_SHA_256, scram.message(), &mut self.out)
            .map_err(|e| self.broken(e))?;
        self.flush()?;
        match self.next()? {
            Message::AuthenticationSaslContinue(body) => {
                scram.update(body.data()).map_err(|e| self.broken(e))?;
            }
            Message::ErrorResponse(error) => return Err(self.login_refused(&error, source)),
            _ => return Err(self.protocol("an unexpected message in SCRAM")),
        }
        frontend::sasl_response(scram.message(), &mut self.out).map_err(|e| self.broken(e))?;
        self.flush()?;
        match self.next()? {
            Message::AuthenticationSaslFinal(body) => {
                scram.finish(body.data()).map_err(|e| self.broken(e))
            }
            Message::ErrorResponse(error) => Err(self.login_refused(&error, source)),
            _ => Err(self.protocol("an unexpected message in SCRAM")),
        }
    }

    /// As the server's views name it.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// Asks in the simple protocol; the rows of the answer as texts.
    pub(crate) fn query(&mut self, sql: &str) -> Result<Vec<Answer>, CaptureError> {
        self.ask(sql)?;
        self.answer(sql)
    }

    /// For what takes as long as it takes: asks, and does not wait.
    pub(crate) fn ask(&mut self, sql: &str) -> Result<(), CaptureError> {
        frontend::query(sql, &mut self.out).map_err(|e| self.broken(e))?;
        self.flush()
    }

    /// Has the server begun to answer, or gone?
    pub(crate) fn has_answer(&self) -> Result<bool, CaptureError> {
        if !self.buffer.is_empty() {
            return Ok(true);
        }
        self.wire.wait(Duration::ZERO).map_err(|e| self.broken(e))
    }

    /// The answer to what was asked, `sql`.
    pub(crate) fn answer(&mut self, sql: &str) -> Result<Vec<Answer>, CaptureError> {
        let mut rows = Vec::new();
        let mut refusal = None;
        loop {
            match self.next()? {
                Message::DataRow(body) => {
                    let text = |range: Range<usize>| {
                        String::from_utf8_lossy(&body.buffer()[range]).into_owned()
                    };
                    let cells = body.ranges().map(|range| Ok(range.map(text))).collect();
                    rows.push(cells.map_err(|e| self.broken(e))?);
                }
                Message::ErrorResponse(error) => refusal = Some(ServerRefusal::read(&error)),
                Message::ReadyForQuery(_) => {
                    return match refusal {
                        None => Ok(rows),
                        Some(refusal) => Err(self.command_refused(sql, refusal)),
                    };
                }
                _ => {}
            }
        }
    }

    /// From here the connection carries the write-ahead log.
    pub(crate) fn start(
        mut self,
        slot: &str,
        from: Lsn,
        publication: &str,
        origins: bool,
    ) -> Result<(WalStream, Frames), CaptureError> {
        let origin = if origins { ", origin 'any'" } else { "" };
        let command = format!(
            "START_REPLICATION SLOT {} LOGICAL {from} (proto_version '1', publication_names {}, messages 'true'{origin})",
            quoted(slot),
            standard_literal(&quoted(publication)),
        );
        frontend::query(&command, &mut self.out).map_err(|e| self.broken(e))?;
        self.flush()?;
        loop {
            // The crate does not know CopyBothResponse.
            if self.buffer.first() == Some(&b'W') {
                while self.buffer.len() < 5
                    || self.buffer.len() < 1 + be_u32(&self.buffer[1..5]) as usize
                {
                    self.fill()?;
                }
                let _ = self.buffer.split_to(1 + be_u32(&self.buffer[1..5]) as usize);
                return Ok((WalStream::new(self.wire, self.address), Frames::new(&self.buffer)));
            }
            if self.buffer.is_empty() {
                self.fill()?;
                continue;
            }
            match self.next()? {
                Message::ErrorResponse(error) => {
                    let refusal = ServerRefusal::read(&error);
                    if refusal.lacks_publication() {
                        return Err(CaptureError::PublicationGone { answer: refusal.message });
                    }
                    if refusal.sqlstate == OBJECT_IN_USE {
                        return Err(CaptureError::SlotActive {
                            slot: slot.to_owned(),
                            answer: refusal.message,
                        });
                    }
                    // 55000: "can no longer get changes from replication slot"; 42704: it does not exist.
                    if refusal.sqlstate == "55000" || refusal.sqlstate == "42704" {
                        return Err(CaptureError::SlotLost {
                            slot: slot.to_owned(),
                            answer: refusal.message,
                        });
                    }
                    return Err(self.command_refused("START_REPLICATION", refusal));
                }
                Message::NoticeResponse(_) | Message::ParameterStatus(_) => {}
                _ => return Err(self.protocol("an unexpected answer to START_REPLICATION")),
            }
        }
    }

    fn next(&mut self) -> Result<Message, CaptureError> {
        loop {
            match Message::parse(&mut self.buffer) {
                Ok(Some(message)) => return Ok(message),
                Ok(None) => self.fill()?,
                Err(error) => return Err(self.broken(error)),
            }
        }
    }

    fn fill(&mut self) -> Result<(), CaptureError> {
        let mut chunk = [0; 8 << 10];
        match self.wire.read(&mut chunk) {
            Ok(0) => Err(self.broken(io::ErrorKind::UnexpectedEof.into())),
            Ok(read) => {
                self.buffer.extend_from_slice(&chunk[..read]);
                Ok(())
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    fn flush(&mut self) -> Result<(), CaptureError> {
        let sent = self.wire.send(&self.out);
        self.out.clear();
        sent.map_err(|e| self.broken(e))
    }

    fn broken(&self, cause: io::Error) -> CaptureError {
        CaptureError::Broken { address: self.address.clone(), cause }
    }

    fn protocol(&self, what: &'static str) -> CaptureError {
        CaptureError::Protocol { address: self.address.clone(), what }
    }

    fn command_refused(&self, command: &str, refusal: ServerRefusal) -> CaptureError {
        let verb = command.split_whitespace().next().unwrap_or_default().to_owned();
        CaptureError::CommandRefused {
            address: self.address.clone(),
            command: verb,
            sqlstate: refusal.sqlstate,
            answer: refusal.message,
        }
    }
}

#[cfg(test)]
mod tests;
