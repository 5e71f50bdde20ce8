//! Temporary.
use super::*;
use crate::config::*;
use bangioc_change::version::Lsn;
use std::time::{Duration, Instant};
#[test]
#[ignore]
fn measure() {
    let env = |n: &str| std::env::var(n).unwrap();
    let source = SourceSettings { name: "x".into(), host: "127.0.0.1".into(), port: 25615, user: "postgres".into(), password: bangioc_runtime::Secret::new("secret".to_owned()), database: env("DB"), tls: if std::env::var("TLS").is_ok() { Tls::Require{ca_file: None} } else { Tls::Off }, slot: env("SLOT"), publication: "bangioc".into() };
    let end: Lsn = env("END").parse().unwrap();
    let session = Session::connect(&source, Purpose::Replication).unwrap();
    let start = Instant::now();
    let (mut wal, mut frames) = session.start(&source.slot, Lsn(0), "bangioc", false).unwrap();
    let (mut n, mut bytes, mut fills, mut rows) = (0u64, 0u64, 0u64, 0u64);
    'all: loop {
        while let Some(frame) = frames.next().unwrap() {
            match frame {
                Frame::Data { message, .. } => { n += 1; bytes += message.len() as u64; rows += u64::from(matches!(message[0], b'I' | b'U' | b'D'));
                    if message[0] == b'C' && u64::from_be_bytes(message[10..18].try_into().unwrap()) >= end.0 { break 'all; } }
                Frame::Keepalive { sent, reply_wanted, .. } => { if reply_wanted { wal.status(Lsn(0)).unwrap(); } if sent >= end { break 'all; } }
                Frame::Ended => panic!(),
            }
        }
        fills += 1;
        wal.fill(&mut frames, Duration::from_millis(100)).unwrap();
    }
    let took = start.elapsed();
    let cpu = std::fs::read_to_string("/proc/self/stat").unwrap();
    let f: Vec<&str> = cpu.rsplit(')').next().unwrap().split_whitespace().collect();
    println!("messages {n} rows {rows} bytes {bytes} fills {fills} {:.2} s {:.0} rows/s cpu ticks {} {}", took.as_secs_f64(), rows as f64 / took.as_secs_f64(), f[11], f[12]);
    wal.end();
}
