//! Switches Nagle's algorithm off for connections to the store. sqlx leaves it on and offers no way to
//! its socket; the end of a COPY is a small write behind a large one, so each batch then waited for a
//! delayed acknowledgement: seen, 40 ms per batch, idle or not. Best effort: without it only speed is lost.

use std::net::SocketAddr;
use std::os::fd::{OwnedFd, RawFd};

use rustix::net::sockopt::set_tcp_nodelay;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};

/// Every socket of this process that leads to a port `port`.
pub(crate) fn set(port: u16) {
    // A second descriptor of one's own socket, which the kernel hands out by number: that needs no unsafe
    // code, and its option is the socket's, not the descriptor's.
    let Ok(myself) = pidfd_open(getpid(), PidfdFlags::empty()) else {
        return;
    };
    let mut sockets = 0;
    for number in descriptors() {
        let Ok(copy) = pidfd_getfd(&myself, number, PidfdGetfdFlags::empty()) else {
            continue;
        };
        if peer_port(&copy) == Some(port) && set_tcp_nodelay(&copy, true).is_ok() {
            sockets += 1;
        }
    }
    tracing::trace!(sockets, "connections to the store send without delay");
}

fn descriptors() -> Vec<RawFd> {
    let Ok(entries) = std::fs::read_dir("/proc/self/fd") else {
        return Vec::new();
    };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

fn peer_port(socket: &OwnedFd) -> Option<u16> {
    let peer: SocketAddr = rustix::net::getpeername(socket).ok()??.try_into().ok()?;
    Some(peer.port())
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn connections_to_the_port_send_without_delay_and_others_are_left_alone() {
        let (store, other) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), TcpListener::bind("127.0.0.1:0").unwrap());
        let to_store = TcpStream::connect(store.local_addr().unwrap()).unwrap();
        let to_other = TcpStream::connect(other.local_addr().unwrap()).unwrap();
        super::set(store.local_addr().unwrap().port());
        assert!(to_store.nodelay().unwrap());
        assert!(!to_other.nodelay().unwrap());
    }
}
