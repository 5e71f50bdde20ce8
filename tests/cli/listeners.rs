//! Slow clients at the usual limit of 1,024 files, against the binary that people run: the pages and metrics.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bangioc_tests::platform::free_port;
use bangioc_tests::{bangioc, root, wait};
use tokio::net::TcpSocket;

/// Half-sent requests of one address, of the issue that found this.
const FLOOD: usize = 1_100;
const SOON: Duration = Duration::from_secs(20);

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A connection from an address of its own: all of 127.0.0.0/8 is loopback.
async fn connect(from: [u8; 4], to: u16) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(Ipv4Addr::from(from).into(), 0)).unwrap();
    let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), to);
    let stream = socket.connect(to).await.unwrap().into_std().unwrap();
    stream.set_nonblocking(false).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
}

async fn ask(from: [u8; 4], port: u16, path: &str) -> (String, Duration) {
    let begun = Instant::now();
    let mut stream = connect(from, port).await;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    let end = stream.read_to_string(&mut answer);
    end.unwrap_or_else(|error| panic!("{path} from {from:?}: {error}"));
    (answer, begun.elapsed())
}

#[tokio::test]
async fn a_thousand_half_sent_requests_keep_nobody_out() {
    let dir = root().join("target/tests/listeners");
    fs::create_dir_all(dir.join("open")).unwrap();
    let (pages, metrics) = (free_port(), free_port());
    let (config, log) = (dir.join("bangioc.toml"), dir.join("serve.log"));
    let text = format!(
        "contracts = \"{}\"\n[open-data]\ndir = \"{}\"\nlisten = \"127.0.0.1:{pages}\"\n[metrics]\nlisten = \"127.0.0.1:{metrics}\"\n",
        root().join("schemas").display(),
        dir.join("open").display()
    );
    fs::write(&config, text).unwrap();
    let started = Command::new("sh")
        .args(["-c", "ulimit -n 1024; exec \"$0\" --config \"$1\" open-data serve"])
        .arg(bangioc())
        .arg(&config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).unwrap())
        .spawn();
    let running = Running(started.unwrap());
    let said = || fs::read_to_string(&log).unwrap_or_default();
    for port in [pages, metrics] {
        wait::until("the listener", SOON, || {
            wait::holds(TcpStream::connect(("127.0.0.1", port)).is_ok(), said())
        });
    }
    for (port, path) in [(pages, "/"), (metrics, "/healthz")] {
        let mut flood = Vec::new();
        for _ in 0..FLOOD {
            let mut half = connect([127, 0, 0, 1], port).await;
            half.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
            flood.push(half);
        }
        for from in [[127, 0, 0, 2], [127, 0, 0, 1]] {
            let (answer, time) = ask(from, port, path).await;
            assert!(
                answer.starts_with("HTTP/1.1 200") && time < Duration::from_secs(1),
                "{from:?} {time:?} {answer}"
            );
        }
        let files = fs::read_dir(format!("/proc/{}/fd", running.0.id())).unwrap().count();
        assert!(files < 512, "{files} files held");
    }
    let log = said();
    assert!(log.matches("BG0156").count() == 2, "each listener says it once: {log}");
    let (page, _) = ask([127, 0, 0, 2], metrics, "/metrics").await;
    for listener in ["pages", "metrics"] {
        let line = format!(
            "bangioc_listener_connections_ended_total{{listener=\"{listener}\",outcome=\"too_many_of_one_address\"}} "
        );
        let count = page.lines().find_map(|text| text.strip_prefix(&line)?.parse::<usize>().ok());
        assert!(count.is_some_and(|count| count > 500), "{line}{count:?}");
    }
}
