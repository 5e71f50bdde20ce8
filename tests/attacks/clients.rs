//! Clients that take their time: more half-sent requests than a process has files.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit, setrlimit};

use crate::attack::Attack;
use crate::ground::{FACILITIES, Ground, Size};
use crate::http::get;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "clients::half_a_request_at_the_pages",
        who: "anyone who reaches the pages",
        does: "1,100 connections with half a request, at the usual limit of 1,024 files",
        holds: "somebody else is answered within 5 s, the log says it, rows go on arriving, the process stays",
        got: "nobody else was answered, not a word in the log",
        run: |ground| half_requests(ground, "open-data", &ground.pages, "/"),
    },
    Attack {
        name: "clients::half_a_request_at_the_metrics",
        who: "anyone who reaches a service's metrics",
        does: "1,100 connections with half a request, at the usual limit of 1,024 files",
        holds: "somebody else is answered within 5 s, the log says it, rows go on arriving, the process stays",
        got: "nobody else was answered, not a word in the log",
        run: |ground| {
            half_requests(ground, "shared-store", &ground.metrics["shared-store"], "/metrics");
        },
    },
    Attack {
        name: "clients::half_a_request_at_the_registry",
        who: "anyone who reaches the registry",
        does: "1,100 connections with half a request, at the usual limit of 1,024 files",
        holds: "somebody else is answered within 5 s, the log says it, the process stays",
        got: "nobody else was answered, not a word in the log",
        run: |ground| half_requests(ground, "registry", &ground.registry, "/v1/metadata/version"),
    },
];

const CONNECTIONS: usize = 1_100;

fn half_requests(ground: &Ground, service: &str, address: &str, path: &str) {
    let own = getrlimit(Resource::Nofile);
    let room = Rlimit { current: own.maximum.or(Some(4_096)), maximum: own.maximum };
    setrlimit(Resource::Nofile, room).expect("room for the attack's own files");
    let raw = i32::try_from(ground.pids[service]).ok().and_then(Pid::from_raw);
    let pid = raw.expect("a process");
    let usual = |limit: u64| Rlimit { current: Some(limit), maximum: own.maximum };
    let before = prlimit(Some(pid), Resource::Nofile, usual(1_024)).expect("a process of ours");
    let said_before = ground.log(service).len();
    let sent = b"GET / HTTP/1.1\r\nHost: slow\r\nX-Slow: ";
    let mut held: Vec<TcpStream> = Vec::new();
    for _ in 0..CONNECTIONS {
        let Ok(mut stream) = TcpStream::connect_timeout(
            &address.parse().expect("an address"),
            Duration::from_secs(2),
        ) else {
            break;
        };
        let _ = stream.write_all(sent);
        held.push(stream);
    }
    assert!(held.len() > 500, "only {} connections", held.len());
    // Somebody else, from another address of this machine.
    let began = Instant::now();
    let tries: Vec<u16> = (0..3).map(|_| get(address, path, &[]).status).collect();
    let waited = began.elapsed();
    let flowed =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| ground.flows(FACILITIES)));
    if ground.size == Size::Long {
        // Longer than a lease.
        std::thread::sleep(Duration::from_secs(20));
    }
    let said = ground.log(service)[said_before..].to_owned();
    let alive = std::path::Path::new(&format!("/proc/{}/fd", ground.pids[service])).exists();
    drop(held);
    let _ = prlimit(Some(pid), Resource::Nofile, before);
    assert!(alive, "{service} has ended");
    assert!(
        tries.contains(&200) || tries.contains(&401) || tries.contains(&404),
        "nobody else was answered: {tries:?} in {waited:?}"
    );
    assert!(flowed.is_ok(), "rows have stopped");
    assert!(said.contains("connections"), "not a word in the log: {said}");
}
