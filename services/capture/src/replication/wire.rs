//! The byte stream to the server: TCP with a deep receive buffer, or TLS on top of it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::RecvFlags;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::config::SourceSettings;

/// Deep enough that the walsender goes on while this side encodes: at 100 MB/s, 40 ms.
const RECEIVE_BUFFER: usize = 4 << 20;
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A server that says nothing for this long while it should answer is taken for dead.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) enum Wire {
    Plain(TcpStream),
    Tls(Box<ClientConnection>, TcpStream),
}

impl Wire {
    pub(super) fn connect(source: &SourceSettings) -> io::Result<Wire> {
        let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
        for address in (source.host.as_str(), source.port).to_socket_addrs()? {
            let domain = socket2::Domain::for_address(address);
            let socket = socket2::Socket::new(domain, socket2::Type::STREAM, None)?;
            // Before connecting: the window scale is agreed in the handshake.
            socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
            match socket.connect_timeout(&address.into(), CONNECT_TIMEOUT) {
                Ok(()) => {
                    socket.set_tcp_nodelay(true)?;
                    socket.set_keepalive(true)?;
                    let stream = TcpStream::from(socket);
                    stream.set_read_timeout(Some(ANSWER_TIMEOUT))?;
                    stream.set_write_timeout(Some(ANSWER_TIMEOUT))?;
                    return Ok(Wire::Plain(stream));
                }
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Goes over to TLS on a connection whose server has just agreed to it; fails unless its certificate is
    /// signed by whom we believe and names `source.host`.
    pub(super) fn secured(
        self,
        source: &SourceSettings,
        ca_file: Option<&Path>,
    ) -> io::Result<Wire> {
        let Wire::Plain(mut stream) = self else {
            return Ok(self);
        };
        let name = ServerName::try_from(source.host.clone()).map_err(io::Error::other)?;
        let mut connection = ClientConnection::new(Arc::new(tls_config(ca_file)?), name)
            .map_err(io::Error::other)?;
        while connection.is_handshaking() {
            connection.complete_io(&mut stream)?;
        }
        Ok(Wire::Tls(Box::new(connection), stream))
    }

    fn socket(&self) -> &TcpStream {
        match self {
            Wire::Plain(stream) | Wire::Tls(_, stream) => stream,
        }
    }

    /// Takes what has arrived, without waiting. `WouldBlock` when nothing has, 0 at the end.
    pub(super) fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => Arrived(stream).read(buffer),
            Wire::Tls(connection, stream) => {
                let read = match connection.read_tls(&mut Arrived(stream)) {
                    Ok(read) => Some(read),
                    // Plain text decrypted earlier may still be there.
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
                    Err(error) => return Err(error),
                };
                connection.process_new_packets().map_err(io::Error::other)?;
                match connection.reader().read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock && read == Some(0) => {
                        Ok(0)
                    }
                    taken => taken,
                }
            }
        }
    }

    /// Waits until something arrives or `limit` has passed; true in the first case. By `ppoll`, since a socket's own time-out
    /// is counted in jiffies: "1 ms" cost 4 to 8.
    pub(super) fn wait(&self, limit: Duration) -> io::Result<bool> {
        let timeout = Timespec {
            tv_sec: i64::try_from(limit.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: limit.subsec_nanos().into(),
        };
        let socket = self.socket().as_fd();
        match poll(&mut [PollFd::from_borrowed_fd(socket, PollFlags::IN)], Some(&timeout)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Wire::Plain(stream) => stream.write_all(bytes),
            Wire::Tls(connection, stream) => {
                rustls::Stream::new(connection.as_mut(), stream).write_all(bytes)
            }
        }
    }

    /// Blocking read, for the dialogue before the stream starts.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Wire::Plain(stream) => stream.read(buffer),
            Wire::Tls(connection, stream) => {
                rustls::Stream::new(connection.as_mut(), stream).read(buffer)
            }
        }
    }
}

/// Reads what the kernel already holds.
struct Arrived<'a>(&'a TcpStream);

impl Read for Arrived<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let (read, _) = rustix::net::recv(self.0, buffer, RecvFlags::DONTWAIT)?;
        Ok(read)
    }
}

fn tls_config(ca_file: Option<&Path>) -> io::Result<ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?;
    let mut roots = RootCertStore::empty();
    match ca_file {
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(io::Error::other)? {
                roots.add(certificate.map_err(io::Error::other)?).map_err(io::Error::other)?;
            }
        }
        // One that the system holds and rustls can't read is no reason to fail: another may fit.
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
