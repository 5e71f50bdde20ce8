//! One connection, from its handshake to its end: request after request, each noted where it is at.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use hyper::Request;
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::Peer;
use super::connections::{Connection, ConnectionStep, HeldConnection};
use super::watched::WatchedStream;
use crate::shutdown::Shutdown;

/// Most of a request's head, in bytes, and what is kept of an answer before the client takes it.
const BUFFER: usize = 64 << 10;

pub(super) struct Conversation {
    pub(super) stream: TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) connection: HeldConnection,
}

impl Conversation {
    /// Until the client has gone, has had its time, or the stop is asked for.
    pub(super) async fn hold(self, service: TowerToHyperService<Router>, shutdown: Shutdown) {
        let Conversation { stream, peer, tls, connection: held } = self;
        let connection = Arc::clone(&held.connection);
        let stream = WatchedStream { stream, connection: Arc::clone(&connection) };
        let talk = async {
            match tls {
                None => answer(stream, peer, &connection, service, &shutdown).await,
                Some(tls) => {
                    // A handshake that fails is the client's affair; it hears of it by TLS's own alert.
                    if let Ok(stream) = tls.accept(stream).await {
                        answer(stream, peer, &connection, service, &shutdown).await;
                    }
                }
            }
        };
        tokio::select! {
            () = talk => {}
            () = connection.end.notified() => {}
        }
        drop(held);
    }
}

async fn answer(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    peer: SocketAddr,
    connection: &Arc<Connection>,
    service: TowerToHyperService<Router>,
    shutdown: &Shutdown,
) {
    let service = service_fn(|mut request: Request<Incoming>| {
        connection.is_at(ConnectionStep::Request(Instant::now()));
        request.extensions_mut().insert(Peer(peer));
        let (answer, connection) = (service.call(request), Arc::clone(connection));
        async move {
            let response: Response = answer.await?;
            connection.is_at(ConnectionStep::Answer);
            let noted = |body| Body::new(NotedBody { body, connection });
            Ok::<_, Infallible>(response.map(noted))
        }
    });
    let serving = http1::Builder::new()
        // Its own limit knows no difference between a slow head and a silent client.
        .header_read_timeout(None)
        .max_buf_size(BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    // How it ends is the client's affair: it hung up, or what it said was not HTTP.
    tokio::select! {
        _ = serving.as_mut() => return,
        () = shutdown.requested() => serving.as_mut().graceful_shutdown(),
    }
    let _ = serving.await;
}

/// An answer's body that notes when it is done with.
struct NotedBody {
    body: Body,
    connection: Arc<Connection>,
}

impl HttpBody for NotedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for NotedBody {
    fn drop(&mut self) {
        self.connection.is_at(ConnectionStep::Idle(Instant::now()));
    }
}
