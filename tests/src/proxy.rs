//! A TCP proxy before PostgreSQL that loses the reply to a COMMIT: the server has done it, the client never
//! hears of it. Understands of the protocol no more than where a message begins.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

#[derive(Default)]
struct Script {
    /// Replies yet to lose.
    armed: AtomicU32,
    lost: AtomicU32,
}

pub struct CommitProxy {
    port: u16,
    script: Arc<Script>,
}

impl CommitProxy {
    /// Before the server at `host:port`. Its threads end with their connections.
    pub fn start(server: &str) -> CommitProxy {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let script = Arc::new(Script::default());
        let (server, shared) = (server.to_owned(), Arc::clone(&script));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                let _ = (client.set_nodelay(true), server.set_nodelay(true));
                let script = Arc::clone(&shared);
                thread::spawn(move || carry(client, server, &script));
            }
        });
        CommitProxy { port, script }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Lose the reply to the next COMMIT of a batch.
    pub fn lose_one(&self) {
        self.script.armed.fetch_add(1, Ordering::SeqCst);
    }

    /// How many were lost.
    pub fn lost(&self) -> u32 {
        self.script.lost.load(Ordering::SeqCst)
    }
}

fn carry(mut client: TcpStream, mut server: TcpStream, script: &Arc<Script>) {
    let (Ok(mut from_server), Ok(mut to_client)) = (server.try_clone(), client.try_clone()) else {
        return;
    };
    // Set when the reply that comes next is to be lost.
    let losing = Arc::new(AtomicU32::new(0));
    let replies = thread::spawn({
        let (losing, script) = (Arc::clone(&losing), Arc::clone(script));
        move || {
            let mut buffer = vec![0; 64 << 10];
            while let Ok(length @ 1..) = from_server.read(&mut buffer) {
                if losing.load(Ordering::SeqCst) > 0 {
                    // The server has answered, so it has committed.
                    script.lost.fetch_add(1, Ordering::SeqCst);
                    break;
                }
                if to_client.write_all(&buffer[..length]).is_err() {
                    break;
                }
            }
            let _ = to_client.shutdown(Shutdown::Both);
            let _ = from_server.shutdown(Shutdown::Both);
        }
    });
    // Said when it connects.
    let mut worker = false;
    let mut buffer = vec![0; 64 << 10];
    while let Ok(length @ 1..) = client.read(&mut buffer) {
        let sent = &buffer[..length];
        worker |= has(sent, b"bangioc sink worker");
        if has(sent, b"Q\0\0\0\x0bCOMMIT\0") {
            let armed = |armed: u32| armed.checked_sub(1).filter(|_| worker);
            let lose = script.armed.fetch_update(Ordering::SeqCst, Ordering::SeqCst, armed);
            losing.store(u32::from(lose.is_ok()), Ordering::SeqCst);
        }
        if server.write_all(sent).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
    let _ = replies.join();
}

fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}
