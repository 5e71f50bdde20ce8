//! Slow and many clients against a listener with small limits.

use std::io::{ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use tokio::net::TcpSocket;

use super::*;
use crate::shutdown::{Trigger, pair};

const SOON: Duration = Duration::from_secs(5);
const LONG: usize = 8 << 20;

fn limits() -> Limits {
    Limits {
        connections: 12,
        of_one_address: 6,
        header_timeout: Duration::from_mins(10),
        request_timeout: Duration::from_mins(10),
        idle_timeout: Duration::from_mins(10),
        write_timeout: Duration::from_mins(10),
    }
}

struct Server {
    address: SocketAddr,
    metrics: Metrics,
    trigger: Trigger,
    served: tokio::task::JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Server {
        Server::with(ListenerSettings { limits, tls: None }).await
    }

    async fn with(settings: ListenerSettings) -> Server {
        let metrics = Metrics::default();
        let listener = Listener::new("test", &settings, &metrics).unwrap();
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let (trigger, shutdown) = pair();
        let router = Router::new()
            .route("/", get(async || "here"))
            .route("/long", get(async || vec![b'x'; LONG]))
            .route(
                "/slow",
                get(async || {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    "at last"
                }),
            )
            .route("/take", post(async |body: Bytes| body.len().to_string()));
        let served = tokio::spawn(async move {
            listener.serve(socket, router, &shutdown).await;
        });
        Server { address, metrics, trigger, served }
    }

    /// A connection from an address of its own: all of 127.0.0.0/8 is loopback.
    async fn connect(&self, from: u8) -> TcpStream {
        let socket = TcpSocket::new_v4().unwrap();
        let from = IpAddr::V4(Ipv4Addr::new(127, 0, 0, from));
        socket.bind(SocketAddr::new(from, 0)).unwrap();
        let stream = socket.connect(self.address).await.unwrap().into_std().unwrap();
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        stream
    }

    async fn say(&self, from: u8, words: &'static str) -> TcpStream {
        let mut stream = self.connect(from).await;
        stream.write_all(words.as_bytes()).unwrap();
        stream
    }

    async fn ask(&self, from: u8) -> String {
        let stream = self.say(from, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        rest(stream).await
    }

    async fn until_counted(&self, outcome: &str, at_least: u64) {
        let line = format!(
            "bangioc_listener_connections_ended_total{{listener=\"test\",outcome=\"{outcome}\"}} "
        );
        let start = Instant::now();
        loop {
            let page = self.metrics.page();
            let count =
                page.lines().find_map(|text| text.strip_prefix(line.as_str())?.parse::<u64>().ok());
            if count.is_some_and(|count| count >= at_least) {
                return;
            }
            assert!(start.elapsed() < SOON, "no {at_least} of `{outcome}`:\n{page}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
}

/// What comes until the other side ends it.
async fn rest(mut stream: TcpStream) -> String {
    tokio::task::spawn_blocking(move || {
        let mut answer = Vec::new();
        match stream.read_to_end(&mut answer) {
            Err(error) if error.kind() != ErrorKind::ConnectionReset => {
                panic!("still open: {error}")
            }
            _ => String::from_utf8(answer).unwrap(),
        }
    })
    .await
    .unwrap()
}

fn shorter(change: impl FnOnce(&mut Limits)) -> Limits {
    let mut limits = limits();
    change(&mut limits);
    limits
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_half_requests_keeps_nobody_out() {
    let server = Server::start(limits()).await;
    let mut flood = Vec::new();
    for _ in 0..300 {
        flood.push(server.say(1, "GET / HTTP/1.1\r\nhost: ").await);
        if flood.len() % 60 == 0 {
            for from in [1, 2] {
                assert!(server.ask(from).await.ends_with("here"), "from 127.0.0.{from}");
            }
        }
    }
    server.until_counted("too_many_of_one_address", 290).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_addresses_share_what_there_is() {
    let server = Server::start(limits()).await;
    let mut flood = Vec::new();
    for from in 1..=40 {
        flood.push(server.say(from, "GET / HTTP/1.1\r\nhost: ").await);
    }
    assert!(server.ask(99).await.ends_with("here"));
    server.until_counted("too_many", 28).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_at_something_is_not_displaced() {
    let server = Server::start(limits()).await;
    let mut busy = Vec::new();
    for _ in 0..6 {
        busy.push(
            server.say(1, "GET /slow HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await,
        );
    }
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(server.ask(1).await, "", "a seventh is refused");
    assert!(server.ask(2).await.ends_with("here"));
    for stream in busy {
        assert!(rest(stream).await.ends_with("at last"));
    }
    assert!(server.ask(1).await.ends_with("here"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_heads_end() {
    let server = Server::start(shorter(|limits| {
        limits.header_timeout = Duration::from_millis(300);
    }))
    .await;
    let silent = server.connect(1).await;
    let mut endless = server.say(2, "GET / HTTP/1.1\r\n").await;
    let begun = Instant::now();
    // A header every now and then is no sign of life.
    while endless.write_all(b"x-more: 1\r\n").is_ok() {
        assert!(begun.elapsed() < SOON, "headers without an end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(rest(silent).await, "");
    // The second request of a connection, too.
    let mut second = server.say(3, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut first = [0; 64];
    assert!(second.read(&mut first).unwrap() > 0);
    second.write_all(b"GET / HT").unwrap();
    rest(second).await;
    server.until_counted("slow_head", 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_head_without_end_is_refused() {
    let server = Server::start(limits()).await;
    let mut stream = server.say(1, "GET / HTTP/1.1\r\n").await;
    let mut sent = 0;
    while sent < 1 << 20
        && stream.write_all(format!("x-{sent}: {}\r\n", "y".repeat(1000)).as_bytes()).is_ok()
    {
        sent += 1_000;
    }
    assert!(
        sent < 1 << 20 || rest(stream).await.starts_with("HTTP/1.1 431"),
        "a megabyte of headers is taken"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_bodies_end() {
    let server = Server::start(shorter(|limits| {
        limits.request_timeout = Duration::from_millis(300);
    }))
    .await;
    let mut stream =
        server.say(1, "POST /take HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n").await;
    let begun = Instant::now();
    while stream.write_all(b"x").is_ok() {
        assert!(begun.elapsed() < SOON, "a body without an end");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    server.until_counted("slow_request", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_readers_end_and_steady_ones_do_not() {
    let server = Server::start(shorter(|limits| {
        limits.write_timeout = Duration::from_millis(400);
    }))
    .await;
    let _stuck = server.say(1, "GET /long HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut steady =
        server.say(2, "GET /long HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
    let mut taken = 0;
    let mut piece = vec![0; 256 << 10];
    // Far longer than the limit in all.
    loop {
        let count = steady.read(&mut piece).unwrap();
        if count == 0 {
            break;
        }
        taken += count;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(taken > LONG, "{taken}");
    server.until_counted("slow_reader", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn idle_connections_end_and_pipelined_requests_are_answered() {
    let server = Server::start(shorter(|limits| {
        limits.idle_timeout = Duration::from_millis(300);
    }))
    .await;
    let one = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    let mut stream = server.connect(1).await;
    stream.write_all(one.repeat(5).as_bytes()).unwrap();
    let answers = rest(stream).await;
    assert_eq!(answers.matches("here").count(), 5, "{answers}");
    server.until_counted("idle", 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_stop_waits_for_answers_but_not_for_the_silent() {
    let server = Server::start(limits()).await;
    let silent = server.say(1, "GET / HT").await;
    let asked = server.say(1, "GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let begun = Instant::now();
    server.trigger.request();
    assert!(rest(asked).await.ends_with("at last"));
    server.served.await.unwrap();
    assert!(begun.elapsed() < LAST_ANSWERS, "{:?}", begun.elapsed());
    assert_eq!(rest(silent).await, "");
}

#[test]
fn a_listener_takes_a_share_of_the_files() {
    let many = Limits { connections: 100_000, of_one_address: 50_000, ..Limits::default() };
    let limits = many.within_files();
    let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current.unwrap();
    assert!(limits.connections as u64 <= files / 4, "{limits:?} of {files}");
    assert!(limits.of_one_address <= limits.connections.div_ceil(2) + 1, "{limits:?}");
}

#[test]
fn a_certificate_that_is_none_is_a_failure_with_a_code() {
    let dir = std::env::temp_dir();
    let tls = Some(TlsFiles { certificate: dir.join("no-such.pem"), key: dir.join("no-such.key") });
    let settings = ListenerSettings { tls, ..ListenerSettings::default() };
    let failure = Listener::new("test", &settings, &Metrics::default()).err().unwrap();
    assert_eq!(failure.code(), "BG0155");
}
