//! The one door of every HTTP server of ours: the registry's API, the pages for everyone, metrics. Whoever is
//! slow or many costs a bounded number of connections, and never the files that leases, logs and databases need.
//!
//! - [`ListenerSettings`]: limits (`[listener]`), and certificate and key of one listener
//! - `connections`: who is connected and what each is at; whom a newcomer displaces, who has had their time
//! - `conversation`: one connection, from its handshake to its end
//! - `watched`: a stream that notes when bytes move
//! - `said`: what the log hears of it, once a minute
//!
//! Requests over a limit get no answer but the end of the connection: an answer would be one more thing that a
//! slow client can refuse to take.

mod connections;
mod conversation;
mod said;
mod settings;
#[cfg(test)]
mod tests;
mod tls;
mod watched;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_rustls::TlsAcceptor;

use crate::failure::{Diagnosis, Exit, Failure, halt};
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;

pub use connections::Ended;
use connections::{Admission, Connections};
use conversation::Conversation;
use said::ListenerLog;
pub use settings::{Limits, ListenerSettings, TlsFiles};

/// How often overdue connections are looked for: well below the shortest limit that makes sense.
const ROUND: Duration = Duration::from_millis(250);
/// How long requests under way may take once the stop is asked for.
const LAST_ANSWERS: Duration = Duration::from_secs(2);
/// When the system gives no more files, asking again at once would only spin.
const NO_FILES: Duration = Duration::from_millis(100);
/// What the kernel keeps of an answer that is not taken, in bytes; it doubles this for its own books. It bounds
/// memory, and makes a reader's pace visible: a write can go on once a third of it is taken.
const SEND_BUFFER: usize = 128 << 10;

/// Who asks, as an extension of every request.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Peer(pub SocketAddr);

/// One listener with its limits; [`Listener::serve`] runs it.
pub struct Listener {
    name: &'static str,
    limits: Limits,
    tls: Option<TlsAcceptor>,
    connections: Arc<Connections>,
    said: ListenerLog,
}

impl Listener {
    /// Reads certificate and key, where there are any. `name` is what log and metrics call it.
    pub fn new(
        name: &'static str,
        settings: &ListenerSettings,
        metrics: &Metrics,
    ) -> Result<Listener, ListenerFailure> {
        let ListenerSettings { limits, tls } = settings;
        let tls = tls.as_ref().map(tls::acceptor).transpose()?;
        let limits = limits.within_files();
        Ok(Listener {
            name,
            connections: Arc::new(Connections::new(&limits)),
            said: ListenerLog::new(name, metrics),
            limits,
            tls,
        })
    }

    /// Answers until the stop is asked for; then requests under way have two seconds.
    pub async fn serve(mut self, socket: TcpListener, router: Router, shutdown: &Shutdown) {
        let service = TowerToHyperService::new(router);
        let mut running = JoinSet::new();
        let mut rounds = tokio::time::interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tracing::debug!(
            listener = self.name,
            connections = self.limits.connections,
            of_one_address = self.limits.of_one_address,
            "listens"
        );
        loop {
            tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok((stream, peer)) => {
                        if let Some(conversation) = self.admit(stream, peer) {
                            running.spawn(conversation.hold(service.clone(), shutdown.clone()));
                        }
                    }
                    Err(error) if is_of_the_client(&error) => {}
                    Err(error) => {
                        self.said.cannot_accept(&error);
                        tokio::time::sleep(NO_FILES).await;
                    }
                },
                Some(_) = running.join_next() => {}
                _ = rounds.tick() => self.round(),
                () = shutdown.requested() => break,
            }
        }
        drop(socket);
        self.connections.end_waiting();
        let last = async { while running.join_next().await.is_some() {} };
        // Whoever is not done by then is cut off: dropping the set ends its tasks.
        let _ = tokio::time::timeout(LAST_ANSWERS, last).await;
        self.said.holds(0);
    }

    fn admit(&mut self, stream: TcpStream, peer: SocketAddr) -> Option<Conversation> {
        // Answers are written whole: waiting for more only delays them.
        let _ = stream.set_nodelay(true);
        let _ = rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER);
        let admission = self.connections.admit(peer, Instant::now());
        let connection = match admission {
            Admission::Welcome(connection) => connection,
            Admission::InPlaceOf(why, connection) => {
                self.said.ended(why, peer);
                connection
            }
            Admission::Refused(why) => {
                self.said.ended(why, peer);
                return None;
            }
        };
        Some(Conversation { stream, peer, tls: self.tls.clone(), connection })
    }

    fn round(&mut self) {
        for (why, peer) in self.connections.end_overdue(Instant::now()) {
            self.said.ended(why, peer);
        }
        self.said.holds(self.connections.count());
        self.said.catch_up();
    }
}

/// It hung up before it was accepted: nothing of ours is short.
fn is_of_the_client(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[derive(Debug, thiserror::Error)]
pub enum ListenerFailure {
    #[error("can't serve with certificate `{certificate}` and key `{key}`")]
    Tls { certificate: String, key: String, source: Box<dyn std::error::Error + Send + Sync> },
}

impl Failure for ListenerFailure {
    fn diagnosis(&self) -> Diagnosis {
        match self {
            ListenerFailure::Tls { certificate, .. } => halt("BG0155", Exit::Config).hint(format!(
                "both are PEM files, the certificate with its intermediates below it: `openssl x509 -noout -subject -dates -in {certificate}`"
            )),
        }
    }
}
