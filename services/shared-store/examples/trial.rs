#![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]
// trial perf ROWS WORKERS | trial updates ROWS WORKERS | trial oracle SEED EVENTS | trial sink PREFIX
use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::{Lsn, Version};
use bangioc_change::{HEADER_ABSENT, HEADER_VERSION};
use bangioc_feed::{FeedError, KafkaSettings};
use bangioc_feed::admin::{Admin, TopicOrder};
use bangioc_feed::produce::{Acks, Producer, Record, SendError, Tuning};
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::{shutdown, trace};
use bangioc_schemas::avro;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use bangioc_shared_store::{Config, Deps};

const SCHEMAS: &str = "schemas";

struct Count(AtomicU64);
impl Acks for Count {
    fn delivered(&self, _: u64, _: i32, _: i64) { self.0.fetch_add(1, Ordering::Relaxed); }
    fn failed(&self, _: u64, e: FeedError) { panic!("{e}"); }
}

fn registry(schemas: Vec<String>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let schemas = schemas.clone();
        std::thread::spawn(move || {
            let mut buf = [0u8; 4096];
            loop {
                let n = stream.read(&mut buf).unwrap_or(0);
                if n == 0 { return; }
                let text = String::from_utf8_lossy(&buf[..n]).to_string();
                let id = text.split("/schemas/ids/").nth(1).and_then(|t| t.split_whitespace().next()).and_then(|t| t.parse::<usize>().ok());
                let (status, body) = match id.and_then(|id| schemas.get(id.wrapping_sub(1))) {
                    Some(schema) => ("200 OK", serde_json::json!({"schema": schema}).to_string()),
                    None => ("404 Not Found", r#"{"error_code":40403,"message":"Schema not found"}"#.to_string()),
                };
                write!(stream, "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
            }
        });
    });
    url
}

struct World { settings: Settings, kafka: KafkaSettings, contracts: Vec<Arc<Contract>>, prefix: String, url: String }

fn schema_list(contracts: &[Arc<Contract>], prefix: &str) -> Vec<String> {
    contracts.iter().flat_map(|c| { let t = names::topic(prefix, Side::Shared, &c.owner, &c.dataset); [avro::key_schema(c, &t), avro::value_schema(c, &t)] }).collect()
}

fn world(prefix: &str, url: Option<String>, workers: usize, datasets: &[&str]) -> World {
    let contracts: Vec<Arc<Contract>> = Catalogue::read(Path::new(SCHEMAS)).unwrap_or_else(|e| panic!("{e:?}")).active().filter(|c| datasets.contains(&c.dataset.as_str())).map(|c| Arc::new(c.clone())).collect();
    let url = url.unwrap_or_else(|| registry(schema_list(&contracts, prefix)));
    std::fs::write("/tmp/t/sink-secret", "0123456789abcdef0123456789abcdef").unwrap();
    let toml = format!(r#"
prefix = "{prefix}"
contracts = "{SCHEMAS}"
[kafka]
brokers = "127.0.0.1:15092"
security = "sasl_plaintext"
user = "admin"
password_file = "/tmp/t/sink-kafka/secrets/admin"
[registry]
url = "{url}"
[store]
host = "127.0.0.1"
port = 15531
user = "postgres"
database = "store"
[sink]
workers = {workers}
lease = "3s"
secret_file = "/tmp/t/sink-secret"
"#);
    let path = format!("/tmp/t/sink-{prefix}.toml");
    std::fs::write(&path, toml).unwrap();
    let settings = Settings::load(Some(Path::new(&path))).unwrap();
    let kafka = KafkaSettings::read(&settings.section("kafka"));
    World { settings, kafka, contracts, prefix: prefix.into(), url }
}

fn topics(w: &World) {
    let admin = Admin::connect(&w.kafka).unwrap();
    let mut all: Vec<(String, u32)> = w.contracts.iter().map(|c| (names::topic(&w.prefix, Side::Shared, &c.owner, &c.dataset), c.partitions)).collect();
    let mut sources: Vec<String> = w.contracts.iter().map(|c| c.source.source.clone()).collect();
    sources.sort(); sources.dedup();
    for s in sources { all.push((names::progress_topic(&w.prefix, Side::Shared, &s), 1)); all.push((names::signal_topic(&w.prefix, &s), 1)); }
    for (name, partitions) in all {
        admin.create_topic(&TopicOrder { name: &name, partitions, replication: 1, configs: &[] }).unwrap();
    }
}

async fn run_sink(w: &World) -> Result<(), bangioc_runtime::failure::BoxFailure> {
    let config = Config::read(&w.settings);
    w.settings.finish().unwrap();
    bangioc_shared_store::run(config, Deps { contracts: w.contracts.clone(), metrics: Metrics::default() }, shutdown::on_signals()).await
}

struct Sender { producer: Producer, acks: Arc<Count>, sent: u64 }
impl Sender {
    fn new(w: &World) -> Sender {
        let acks = Arc::new(Count(AtomicU64::new(0)));
        Sender { producer: Producer::connect(&w.kafka, &Tuning::default(), acks.clone()).unwrap(), acks, sent: 0 }
    }
    fn send(&mut self, topic: &str, partition: i32, key: Option<&[u8]>, value: Option<&[u8]>, version: Option<&[u8]>, absent: Option<&[u8]>) {
        let mut headers: Vec<(&str, &[u8])> = vec![];
        if let Some(v) = version { headers.push((HEADER_VERSION, v)); }
        if let Some(v) = absent { headers.push((HEADER_ABSENT, v)); }
        let r = Record { topic, partition, key, value, headers: &headers, tag: 0 };
        loop { match self.producer.send(&r) { Ok(()) => break, Err(SendError::QueueFull) => std::thread::sleep(Duration::from_millis(1)), Err(SendError::Failed(e)) => panic!("{e}") } }
        self.sent += 1;
    }
    fn flush(&self) { self.producer.flush(Duration::from_secs(30)).unwrap(); while self.acks.0.load(Ordering::Relaxed) < self.sent { std::thread::sleep(Duration::from_millis(5)); } }
}

fn parcel(contract: &Contract, n: u64, salt: u64, communes: &[String]) -> BTreeMap<String, Option<String>> {
    let _ = contract;
    let commune = &communes[(n % communes.len() as u64) as usize];
    let m = n / communes.len() as u64;
    let (sheet, no) = (m / 2000 + 1, m % 2000 + 1);
    let (e, nn) = (500000 + (n % 100000), 2500000 + (n % 50000));
    let wkt = format!("POLYGON(({e}.0 {nn}.0,{}.0 {nn}.0,{}.0 {}.0,{e}.0 {}.0,{e}.0 {nn}.0))", e + 20, e + 20, nn + 15, nn + 15);
    let mut r = BTreeMap::new();
    let mut put = |k: &str, v: Option<String>| { r.insert(k.to_string(), v); };
    put("commune_code", Some(commune.clone())); put("map_sheet_no", Some(sheet.to_string())); put("parcel_no", Some(no.to_string()));
    put("land_type", Some("ONT".into())); put("land_types_mixed", if salt % 3 == 0 { Some("{LUC,CLN}".into()) } else { None });
    put("area_m2", Some("300.0".into())); put("geom_wkt", Some(wkt)); put("srid", Some("9210".into()));
    put("address_text", Some(format!("Xóm Bản Giốc {salt}, xã Đàm Thủy"))); put("parent_parcels", None); put("status", Some("active".into()));
    put("holder_ids", Some("{004099999901}".into())); put("certificate_serial", Some("AB 123456".into())); put("surveyed_on", Some("2024-11-05".into()));
    put("note", if salt % 5 == 0 { Some(format!("a\\b\tc\nd {salt}")) } else { None }); put("updated_at", Some("2026-03-05 01:31:00.123456+00".into()));
    r
}

fn communes() -> Vec<String> {
    let text = std::fs::read_to_string("schemas/code-lists/communes.csv").unwrap();
    text.lines().skip(1).map(|l| l.split(',').next().unwrap().to_string()).filter(|c| c.len() == 5 && c.chars().all(|c| c.is_ascii_digit())).collect()
}

fn row(contract: &Contract, values: &BTreeMap<String, Option<String>>, absent: &[&str], large: &[&str]) -> RowBuf {
    contract.columns.iter().map(|c| if absent.contains(&c.name.as_str()) { Cell::Absent(Absence::Toast) } else if large.contains(&c.name.as_str()) { Cell::Absent(Absence::TooLarge) } else { match values.get(&c.name).and_then(|v| v.as_deref()) { Some(t) => Cell::Text(t), None => Cell::Null } }).collect()
}

fn v(lsn: u64, ordinal: u64) -> Version { Version { epoch: 1, commit_lsn: Lsn(lsn), ordinal } }

fn psql(sql: &str) -> String {
    let o = std::process::Command::new("psql").args(["-h", "127.0.0.1", "-p", "15531", "-U", "postgres", "-d", "store", "-Atqc", sql]).output().unwrap();
    assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr));
    String::from_utf8(o.stdout).unwrap().trim().to_string()
}

fn rss() -> u64 { std::fs::read_to_string("/proc/self/status").unwrap().lines().find(|l| l.starts_with("VmHWM")).unwrap().split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024 }
fn cpu() -> f64 { let s = std::fs::read_to_string("/proc/self/stat").unwrap(); let f: Vec<&str> = s.rsplit(')').next().unwrap().split_whitespace().collect(); (f[11].parse::<f64>().unwrap() + f[12].parse::<f64>().unwrap()) / 100.0 }

fn main() {
    let args: Vec<String> = std::env::args().collect();
    match args[1].as_str() {
        "load" => load(&args[2], args[3].parse().unwrap()),
        "consume" => consume(&args[2], args[3].parse().unwrap(), args[4].parse().unwrap()),
        "oracle" => oracle(args[2].parse().unwrap(), args[3].parse().unwrap()),
        "latency" => latency(),
        "misc" => misc(),
        "sink" => {
            let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            let w = world(&args[2], Some(args[3].clone()), 2, &args[4].split(',').collect::<Vec<_>>());
            trace::init(&w.settings.section("log"));
            if let Err(e) = rt.block_on(run_sink(&w)) { eprintln!("{} {e}", e.code()); std::process::exit(e.exit() as i32); }
        }
        _ => panic!(),
    }
}

// Two passes of N rows: creates, then updates of all.
fn load(prefix: &str, rows: u64) {
    let w = world(prefix, Some("http://127.0.0.1:1".into()), 2, &["land-parcel"]);
    topics(&w);
    let c = &w.contracts[0];
    let topic = names::topic(prefix, Side::Shared, &c.owner, &c.dataset);
    let enc = Encoder::new(c, &topic, SchemaIds { key: 1, value: 2 }, "so-nnmt", "src").unwrap();
    let cs = communes();
    let mut s = Sender::new(&w);
    let mut out = Encoded::default();
    let t = Instant::now();
    for (pass, op) in [Operation::Create, Operation::Update].into_iter().enumerate() {
        for n in 0..rows {
            let values = parcel(c, n, n + pass as u64, &cs);
            let r = row(c, &values, &[], &[]);
            let version = v(1_000_000 * (pass as u64 + 1) + n / 1000, 2 * (n % 1000 + 1));
            let e = ChangeEvent { op, version, before: None, after: Some(r.row()), origin: Origin { committed_at_us: 1_790_000_000_000_000, lsn: Lsn(n), xid: 7 } };
            enc.encode(&e, 1_790_000_000_000_000, &mut out).unwrap();
            s.send(&topic, enc.partition(&out, c.partitions), out.key(), Some(&out.value), Some(&version.to_bytes()), out.absent());
        }
        s.flush();
        println!("pass {pass}: {rows} rows produced {:.1}s", t.elapsed().as_secs_f64());
    }
}

// Consumes both passes, timing each by the ledger.
fn consume(prefix: &str, rows: u64, workers: usize) {
    psql("drop schema if exists flow cascade; drop schema if exists shared cascade");
    let w = world(prefix, None, workers, &["land-parcel"]);
    trace::init(&w.settings.section("log"));
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let start = Instant::now();
    let sink = std::thread::spawn(move || { rt.block_on(async { let w = w; tokio::select! { r = run_sink(&w) => { r.map_err(|e| e.to_string()).unwrap() } } }) });
    let mut marks = vec![];
    let mut first = None;
    let c0 = cpu();
    loop {
        std::thread::sleep(Duration::from_millis(100));
        if start.elapsed() > Duration::from_secs(2) || first.is_some() {
            let n: u64 = std::process::Command::new("psql").args(["-h", "127.0.0.1", "-p", "15531", "-U", "postgres", "-d", "store", "-Atqc", "select coalesce(sum(next_offset),0) from flow.lease"]).output().map(|o| String::from_utf8_lossy(&o.stdout).trim().parse().unwrap_or(0)).unwrap();
            if n > 0 && first.is_none() { first = Some((Instant::now(), n)); }
            if n >= rows && marks.is_empty() { marks.push((Instant::now(), n)); }
            if n >= 2 * rows { marks.push((Instant::now(), n)); break; }
        }
        if sink.is_finished() { break; }
    }
    let (t0, n0) = first.unwrap();
    let (t1, n1) = marks[0];
    let (t2, n2) = marks[1];
    println!("RESULT workers={workers} inserts {:.0} rows/s, updates {:.0} rows/s, cpu {:.1}s, peak {} MB", (n1 - n0) as f64 / (t1 - t0).as_secs_f64(), (n2 - n1) as f64 / (t2 - t1).as_secs_f64(), cpu() - c0, rss());
    println!("{}", psql("select sum(applied), sum(folded), sum(duplicate), sum(stale), sum(parked), count(*), sum(next_offset-first_offset) from flow.ledger"));
    println!("rows {} counted {}", psql("select sum(rows) from flow.lease"), psql("select count(*) from shared.land_parcel"));
}

fn latency() {
    psql("drop schema if exists flow cascade; drop schema if exists shared cascade");
    let w = world("lat", None, 2, &["land-parcel"]);
    topics(&w);
    let c = w.contracts[0].clone();
    let topic = names::topic("lat", Side::Shared, &c.owner, &c.dataset);
    let enc = Encoder::new(&c, &topic, SchemaIds { key: 1, value: 2 }, "so-nnmt", "src").unwrap();
    let cs = communes();
    let kafka = w.kafka.clone();
    let mut s = Sender::new(&World { settings: Settings::load(None).unwrap(), kafka, contracts: vec![], prefix: String::new(), url: w.url.clone() });
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    std::thread::spawn(move || rt.block_on(async { run_sink(&w).await.map_err(|e| e.to_string()).unwrap() }));
    std::thread::sleep(Duration::from_secs(4));
    let mut client = std::process::Command::new("true").spawn().unwrap(); client.wait().unwrap();
    let rt2 = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mut out = Encoded::default();
    let mut times = vec![];
    let salt = std::process::id() as u64;
    rt2.block_on(async {
        use sqlx::Connection;
        let mut conn = sqlx::PgConnection::connect("postgres://postgres@127.0.0.1:15531/store").await.unwrap();
        for n in 0..200u64 {
            let values = parcel(&c, n, n + salt, &cs);
            let r = row(&c, &values, &[], &[]);
            let version = v(std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as u64, 2);
            let e = ChangeEvent { op: Operation::Update, version, before: None, after: Some(r.row()), origin: Origin::default() };
            enc.encode(&e, 0, &mut out).unwrap();
            let t = Instant::now();
            s.send(&topic, enc.partition(&out, c.partitions), out.key(), Some(&out.value), Some(&version.to_bytes()), out.absent());
            loop {
                let found: bool = sqlx::query_scalar("select exists (select from flow.land_parcel where _version = $1 and commune_code = $2)").bind(version.to_bytes().to_vec()).bind(values["commune_code"].clone()).fetch_one(&mut conn).await.unwrap();
                if found { break; }
                tokio::time::sleep(Duration::from_micros(300)).await;
                assert!(t.elapsed() < Duration::from_secs(20));
            }
            times.push(t.elapsed().as_micros());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    times.sort();
    println!("send -> visible: p50 {} us, p95 {} us, p99 {} us", times[100], times[190], times[198]);
    std::process::exit(0);
}

fn until(sql: &str, want: &str) {
    let start = Instant::now();
    loop {
        let got = psql(sql);
        if got == want { return; }
        assert!(start.elapsed() < Duration::from_secs(20), "{sql}: {got} is not {want}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn misc() {
    use bangioc_change::progress::{DatasetProgress, Phase, Progress, ProgressRecord, Sweep};
    psql("drop schema if exists flow cascade; drop schema if exists shared cascade");
    let prefix = format!("misc{}", std::process::id());
    let w = world(&prefix, None, 2, &["land-parcel", "business"]);
    topics(&w);
    let lp = w.contracts.iter().find(|c| c.dataset.as_str() == "land-parcel").unwrap().clone();
    let bz = w.contracts.iter().find(|c| c.dataset.as_str() == "business").unwrap().clone();
    let ids = |c: &Contract| { let i = w.contracts.iter().position(|x| x.dataset == c.dataset).unwrap() as u32; SchemaIds { key: 2 * i + 1, value: 2 * i + 2 } };
    let (lt, bt) = (names::topic(&prefix, Side::Shared, &lp.owner, &lp.dataset), names::topic(&prefix, Side::Shared, &bz.owner, &bz.dataset));
    let le = Encoder::new(&lp, &lt, ids(&lp), "so-nnmt", "src").unwrap();
    let be = Encoder::new(&bz, &bt, ids(&bz), "so-tc", "src").unwrap();
    let cs = communes();
    let mut s = Sender::new(&w);
    let me = std::env::current_exe().unwrap();
    let mut child = std::process::Command::new(&me).args(["sink", &prefix, &w.url, "land-parcel,business"]).env("BANGIOC_BREAK", "rule").stderr(std::fs::File::create("/tmp/t/sink-misc.log").unwrap()).spawn().unwrap();
    let mut out = Encoded::default();
    let biz = |s: &mut Sender, out: &mut Encoded, n: u64, op: Operation, version: Version| {
        let r: RowBuf = bz.columns.iter().map(|c| match c.name.as_str() { "enterprise_code" => Cell::Text(Box::leak(format!("48{n:08}").into_boxed_str())), "name_vi" => Cell::Text("MẪU"), _ => Cell::Null }).collect();
        let e = match op { Operation::Truncate => ChangeEvent { op, version, before: None, after: None, origin: Origin::default() }, Operation::Delete => ChangeEvent { op, version, before: Some(r.row()), after: None, origin: Origin::default() }, _ => ChangeEvent { op, version, before: None, after: Some(r.row()), origin: Origin::default() } };
        be.encode(&e, 0, out).unwrap();
        s.send(&bt, 0, out.key(), Some(&out.value), Some(&version.to_bytes()), out.absent());
    };
    // business: 100 rows, a parked key, truncate, 10 rows, all of the old again, in one go
    for n in 0..100 { biz(&mut s, &mut out, n, Operation::Create, v(10, 2 * n + 2)); }
    be.encode(&ChangeEvent { op: Operation::Create, version: v(11, 2), before: None, after: Some(bz.columns.iter().map(|c| if c.name == "enterprise_code" { Cell::Text("4800000500") } else { Cell::Null }).collect::<RowBuf>().row()), origin: Origin::default() }, 0, &mut out).unwrap();
    s.send(&bt, 0, out.key(), Some(b"\x02bad"), Some(&v(11, 2).to_bytes()), None);
    s.flush();
    until("select count(*) from flow.parked_key where state='parked'", "1");
    biz(&mut s, &mut out, 0, Operation::Update, v(12, 2));
    biz(&mut s, &mut out, 0, Operation::Truncate, v(20, 2));
    for n in 0..10 { biz(&mut s, &mut out, n, Operation::Create, v(30, 2 * n + 2)); }
    for n in 0..100 { biz(&mut s, &mut out, n, Operation::Create, v(10, 2 * n + 2)); }
    biz(&mut s, &mut out, 0, Operation::Truncate, v(20, 2));
    s.flush();
    until("select count(*) from shared.business", "10");
    until("select state from flow.parked_key", "superseded");
    until("select next_offset from flow.lease where dataset='business'", "214");
    println!("truncate ok: {}", psql("select sum(applied),sum(folded),sum(duplicate),sum(stale),sum(control),sum(parked),sum(superseded),sum(next_offset-first_offset), (select sum(rows) from flow.lease where dataset='business') from flow.ledger where topic like '%business'"));
    // PostgreSQL refuses 3 rows of 3000
    for n in 0..3000u64 {
        let mut values = parcel(&lp, n, 1, &cs);
        if n % 1000 == 77 { values.insert("surveyed_on".into(), Some("garbage".into())); }
        let r = row(&lp, &values, &[], &[]);
        le.encode(&ChangeEvent { op: Operation::Create, version: v(10, 2 * n + 2), before: None, after: Some(r.row()), origin: Origin::default() }, 0, &mut out).unwrap();
        s.send(&lt, le.partition(&out, 3), out.key(), Some(&out.value), Some(&v(10, 2 * n + 2).to_bytes()), out.absent());
    }
    s.flush();
    until("select count(*) from shared.land_parcel", "2997");
    until("select string_agg(code, ',') from flow.parked_key where dataset='land-parcel' and state='parked'", "DATE_INVALID,DATE_INVALID,DATE_INVALID");
    println!("refused rows parked");
    // progress, then a sweep of everything below v(10, 2000)
    let offsets: BTreeMap<i32, i64> = psql("select partition, next_offset from flow.lease where dataset='land-parcel'").lines().map(|l| { let (a, b) = l.split_once('|').unwrap(); (a.parse().unwrap(), b.parse().unwrap()) }).collect();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_micros() as i64;
    let pt = names::progress_topic(&prefix, Side::Shared, "so-nnmt");
    let progress = ProgressRecord::Progress(Progress { epoch: 1, lsn: "0/A".into(), at_us: now - 3_000_000, full: true, offsets: BTreeMap::from([(lt.clone(), offsets.clone())]), datasets: BTreeMap::from([("land-parcel".into(), DatasetProgress { phase: Phase::Streaming, estimated_rows: 3000, copied_rows: 3000 })]) });
    s.send(&pt, 0, None, Some(&serde_json::to_vec(&progress).unwrap()), None, None);
    let sweep = ProgressRecord::Sweep(Sweep::new(lt.clone(), v(10, 2000), offsets.clone()));
    s.send(&pt, 0, None, Some(&serde_json::to_vec(&sweep).unwrap()), None, None);
    s.flush();
    until("select done_at is not null from flow.sweep", "t");
    println!("swept: view {} counted {} sweep removed {} parked {}", psql("select count(*) from shared.land_parcel"), psql("select sum(rows) from flow.lease where dataset='land-parcel'"), psql("select rows_removed from flow.sweep"), psql("select state, count(*) from flow.parked_key where dataset='land-parcel' group by 1"));
    // below the floor: stale; a partial update of nothing: missing and asked for
    let r = row(&lp, &parcel(&lp, 1, 2, &cs), &[], &[]);
    le.encode(&ChangeEvent { op: Operation::Create, version: v(10, 4), before: None, after: Some(r.row()), origin: Origin::default() }, 0, &mut out).unwrap();
    s.send(&lt, le.partition(&out, 3), out.key(), Some(&out.value), Some(&v(10, 4).to_bytes()), out.absent());
    let r = row(&lp, &parcel(&lp, 5000, 2, &cs), &["geom_wkt"], &[]);
    le.encode(&ChangeEvent { op: Operation::Update, version: v(50, 4), before: None, after: Some(r.row()), origin: Origin::default() }, 0, &mut out).unwrap();
    s.send(&lt, le.partition(&out, 3), out.key(), Some(&out.value), Some(&v(50, 4).to_bytes()), out.absent());
    s.flush();
    until("select array_to_string(_missing, ',') from flow.land_parcel where _missing is not null", "geom_wkt");
    until("select count(*) from flow.copy_request where sent_at is not null", "1");
    let st = names::signal_topic(&prefix, "so-nnmt");
    let signals = bangioc_feed::journal::read_all(&w.kafka, &st, bangioc_feed::journal::From::Beginning).unwrap();
    println!("signal {}", String::from_utf8_lossy(signals[0].value.as_ref().unwrap()));
    // discard by two
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    rt.block_on(async {
        let mut dl = bangioc_dead_letter::DeadLetters::open(&bangioc_dead_letter_config(&w), w.contracts.clone()).await.unwrap();
        let key = dl.list(&Default::default()).await.unwrap().pop().unwrap();
        let (k, records) = dl.show(key.key_ref.parse().unwrap()).await.unwrap();
        println!("{}", bangioc_dead_letter::list::to_page(&k, &records));
        println!("{:?}", dl.discard(key.key_ref.parse().unwrap(), "lan").await.unwrap());
        println!("{}", dl.discard(key.key_ref.parse().unwrap(), "lan").await.unwrap_err());
        println!("{:?}", dl.discard(key.key_ref.parse().unwrap(), "binh").await.unwrap());
        println!("{}", dl.replay(key.key_ref.parse().unwrap(), "x").await.unwrap_err());
    });
    until("select count(*) from flow.copy_request where sent_at is not null", "2");
    rt.block_on(async {
        let mut c = bangioc_sink::StoreSettings::read(&w.settings.section("store")).connect("status").await.unwrap();
        let report = bangioc_shared_store::status::read(&mut c, &w.contracts, &prefix).await.unwrap();
        println!("{}", report.to_table());
    });
    println!("ledger adds up: {}", psql("select topic, sum(next_offset-first_offset) = max(next_offset), sum(parked) = (select count(*) from flow.parked_record r where r.topic=l.topic and r.partition=l.partition and state='parked') from flow.ledger l group by topic, partition order by 1"));
    println!("grants: {}", psql("select grantee, count(*) from information_schema.column_privileges where table_schema='shared' and table_name='land_parcel' and grantee like 'bangioc%' group by 1 order by 1"));
    // kill a store connection: goes on
    psql("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'bangioc%'");
    let r = row(&lp, &parcel(&lp, 6000, 2, &cs), &[], &[]);
    le.encode(&ChangeEvent { op: Operation::Update, version: v(60, 4), before: None, after: Some(r.row()), origin: Origin::default() }, 0, &mut out).unwrap();
    s.send(&lt, le.partition(&out, 3), out.key(), Some(&out.value), Some(&v(60, 4).to_bytes()), out.absent());
    s.flush();
    until("select count(*) from flow.land_parcel where _version = decode('000000010000000000' || '00003c0000000000000004', 'hex')", "1");
    println!("went on after its connections were cut");
    // gap
    psql("update flow.lease set next_offset = 1000000 where dataset='business'");
    std::process::Command::new("kill").arg(child.id().to_string()).status().unwrap();
    child.wait().unwrap();
    let o = std::process::Command::new(&me).args(["sink", &prefix, &w.url, "business"]).output().unwrap();
    println!("exit {:?}: {}", o.status.code(), String::from_utf8_lossy(&o.stderr).lines().last().unwrap());
    println!("MISC OK");
}

#[derive(Clone)]
struct Ev { version: Version, op: Operation, values: BTreeMap<String, Option<String>>, absent: Vec<&'static str>, large: Vec<&'static str>, bad: bool }
#[derive(Clone, Default, Debug, PartialEq)]
struct State { version: Version, live: bool, values: BTreeMap<String, Option<String>>, missing: std::collections::BTreeSet<String> }
impl State {
    fn apply(&mut self, e: &Ev, key: &[&str]) {
        if e.version <= self.version { return; }
        let had = self.version > Version::default() && self.live;
        self.version = e.version;
        if e.op == Operation::Delete { self.live = false; self.values.clear(); self.missing.clear(); return; }
        let fresh = matches!(e.op, Operation::Create | Operation::Read) || !had;
        let mut values = e.values.clone();
        let mut missing = std::collections::BTreeSet::new();
        for a in &e.absent {
            if fresh { values.insert(a.to_string(), None); missing.insert(a.to_string()); }
            else { values.insert(a.to_string(), self.values.get(*a).cloned().flatten()); if self.missing.contains(*a) { missing.insert(a.to_string()); } }
        }
        for l in &e.large { values.insert(l.to_string(), None); missing.insert(l.to_string()); }
        let _ = key;
        self.values = values; self.missing = missing; self.live = true;
    }
}

struct Rng(u64);
impl Rng { fn next(&mut self, n: u64) -> u64 { self.0 ^= self.0 << 13; self.0 ^= self.0 >> 7; self.0 ^= self.0 << 17; (self.0 >> 11) % n } }

fn oracle(seed: u64, events: usize) {
    psql("drop schema if exists flow cascade; drop schema if exists shared cascade");
    let prefix = format!("or{}x{}", seed, std::process::id());
    let datasets = ["land-parcel"];
    let w = world(&prefix, None, 2, &datasets);
    topics(&w);
    let c = w.contracts[0].clone();
    let topic = names::topic(&prefix, Side::Shared, &c.owner, &c.dataset);
    let enc = Encoder::new(&c, &topic, SchemaIds { key: 1, value: 2 }, "so-nnmt", "src").unwrap();
    let cs = communes();
    let mut rng = Rng(seed * 7919 + 1);
    let mut s = Sender::new(&w);
    let me = std::env::current_exe().unwrap();
    let spawn = |failpoint: Option<&str>, log: &str| {
        let mut cmd = std::process::Command::new(&me);
        cmd.args(["sink", &prefix, &w.url, "land-parcel"]).stderr(std::fs::OpenOptions::new().create(true).append(true).open(log).unwrap());
        cmd.env_remove("BANGIOC_FAILPOINT");
        if let Some(f) = failpoint { cmd.env("BANGIOC_FAILPOINT", f); }
        cmd.spawn().unwrap()
    };
    let points = ["sink.polled:2", "sink.staged:3", "sink.before_commit:3", "sink.after_commit:4"];
    let mut children: Vec<std::process::Child> = vec![spawn(None, "/tmp/t/sink-o1.log"), spawn(Some(points[0]), "/tmp/t/sink-o2.log")];
    let mut kills = 0;
    let mut model: HashMap<String, (State, Vec<Ev>)> = HashMap::new(); // key -> state, queue
    let mut history: Vec<Vec<(Option<Vec<u8>>, Option<Vec<u8>>, [u8; 20], Option<Vec<u8>>, String, Ev)>> = vec![vec![]; 3];
    let mut out = Encoded::default();
    let key_names = ["commune_code", "map_sheet_no", "parcel_no"];
    let mut lsn = 100u64;
    let mut truth: HashMap<String, Version> = HashMap::new();
    let feed = |model: &mut HashMap<String, (State, Vec<Ev>)>, key: &str, e: &Ev| {
        let entry = model.entry(key.to_string()).or_default();
        if entry.1.is_empty() && !e.bad { entry.0.apply(e, &key_names); } else { entry.1.push(e.clone()); }
    };
    let mut good = 0usize;
    for i in 0..events {
        if i % (events / 6).max(1) == 0 { std::thread::sleep(Duration::from_millis(700)); }
        if rng.next(100) < 3 && good > 0 {
            // a restart repeats a suffix
            let p = rng.next(3) as usize;
            let n = history[p].len(); let from = n.saturating_sub(rng.next(40) as usize + 1);
            for h in history[p][from..n].to_vec() {
                s.send(&topic, p as i32, h.0.as_deref(), h.1.as_deref(), Some(&h.2), h.3.as_deref());
                feed(&mut model, &h.4, &h.5);
            }
            continue;
        }
        if rng.next(100) < 2 && good > 0 {
            // one old record out of place (a zombie)
            let p = rng.next(3) as usize;
            if history[p].is_empty() { continue; }
            let h = history[p][rng.next(history[p].len() as u64) as usize].clone();
            s.send(&topic, p as i32, h.0.as_deref(), h.1.as_deref(), Some(&h.2), h.3.as_deref());
            feed(&mut model, &h.4, &h.5);
            continue;
        }
        let n = rng.next(400);
        lsn += rng.next(2); let version = v(lsn, 2 * i as u64 + 2);
        let mut values = parcel(&c, n, i as u64, &cs);
        let dice = rng.next(1000);
        let (mut op, mut absent, mut large, mut bad) = (Operation::Update, vec![], vec![], false);
        if dice < 250 { op = Operation::Create; } else if dice < 300 { op = Operation::Read } else if dice < 500 { absent = vec!["geom_wkt", "note"]; } else if dice < 520 { large = vec!["note"]; } else if dice < 620 { op = Operation::Delete } else if dice < 640 { absent = vec!["note"]; large = vec!["geom_wkt"]; }
        else if dice < 646 { bad = true; values.insert("land_type".into(), Some("ZZZ".into())); }
        let key: String = key_names.iter().map(|k| values[*k].clone().unwrap()).collect::<Vec<_>>().join("/");
        let r = row(&c, &values, &absent, &large);
        let e = match op { Operation::Delete => ChangeEvent { op, version, before: Some(r.row()), after: None, origin: Origin::default() }, _ => ChangeEvent { op, version, before: None, after: Some(r.row()), origin: Origin::default() } };
        enc.encode(&e, 0, &mut out).unwrap();
        let p = enc.partition(&out, 3);
        let mut value = Some(out.value.clone());
        if op == Operation::Delete && rng.next(4) == 0 { value = None; }
        let ev = Ev { version, op, values, absent: absent.clone(), large: large.clone(), bad };
        if rng.next(1000) < 3 { value = Some(b"\x01junk".to_vec()); let mut ev = ev.clone(); ev.bad = true; s.send(&topic, p, out.key(), value.as_deref(), Some(&version.to_bytes()), None); feed(&mut model, &key, &ev); continue; }
        s.send(&topic, p, out.key(), value.as_deref(), Some(&version.to_bytes()), out.absent());
        history[p as usize].push((out.key().map(|k| k.to_vec()), value, version.to_bytes(), out.absent().map(|a| a.to_vec()), key.clone(), ev.clone()));
        truth.insert(key.clone(), version);
        feed(&mut model, &key, &ev);
        good += 1;
        for ch in children.iter_mut() { if let Ok(Some(_)) = ch.try_wait() { kills += 1; *ch = spawn(points.get(kills % 5).copied(), "/tmp/t/sink-o2.log"); } }
    }
    s.flush();
    let sent = s.sent;
    let start = Instant::now();
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let n: u64 = psql("select coalesce(sum(next_offset),0)::bigint from flow.lease").parse().unwrap();
        if n == sent { break; }
        for ch in children.iter_mut() { if let Ok(Some(_)) = ch.try_wait() { kills += 1; *ch = spawn(points.get(kills % 5).copied(), "/tmp/t/sink-o2.log"); } }
        assert!(start.elapsed() < Duration::from_secs(60), "{n} of {sent}: {}", psql("select topic, partition, owner, next_offset, halted_code from flow.lease"));
    }
    println!("sent {sent}, kills {kills}; ledger {}", psql("select sum(next_offset-first_offset), sum(applied) ap, sum(folded) fo, sum(duplicate) du, sum(stale) st, sum(control) co, sum(parked) pa from flow.ledger"));
    println!("instances {} owners {}", psql("select count(*) from flow.instance"), psql("select count(distinct owner) from flow.lease"));
    check(&c, &model, "before replay");
    // replays
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let cfg = bangioc_dead_letter_config(&w);
    let (mut drained, mut failing) = (0, 0);
    rt.block_on(async {
        let mut dl = bangioc_dead_letter::DeadLetters::open(&cfg, w.contracts.clone()).await.unwrap();
        let keys = dl.list(&Default::default()).await.unwrap();
        println!("{}", bangioc_dead_letter::list::to_table(&keys[..keys.len().min(3)]));
        for k in keys { match dl.replay(k.key_ref.parse().unwrap(), "tester").await { Ok(_) => drained += 1, Err(bangioc_dead_letter::DeadLetterError::StillFails { .. }) => failing += 1, Err(e) => panic!("{e}") } }
    });
    let (mut m_drained, mut m_failing) = (0, 0);
    for (state, queue) in model.values_mut() {
        if queue.is_empty() { continue; }
        let whole_after = |i: usize| queue[i + 1..].iter().any(|e| !e.bad && e.absent.is_empty() && e.large.is_empty() || !e.bad && e.op == Operation::Delete);
        if queue.iter().enumerate().all(|(i, e)| !e.bad || whole_after(i)) { m_drained += 1; for e in queue.drain(..) { if !e.bad { state.apply(&e, &key_names); } } } else { m_failing += 1; }
    }
    println!("drained {drained} (model {m_drained}), failing {failing} (model {m_failing})");
    assert_eq!((drained, failing), (m_drained, m_failing));
    check(&c, &model, "after replay");
    println!("ledger now {}", psql("select sum(next_offset-first_offset), sum(applied) ap, sum(folded) fo, sum(duplicate) du, sum(stale) st, sum(parked) pa, sum(superseded) su from flow.ledger"));
    println!("parked rows {} vs ledger; rows {} vs {}", psql("select count(*) from flow.parked_record where state='parked'"), psql("select sum(rows) from flow.lease"), psql("select count(*) from shared.land_parcel"));
    for mut ch in children { let _ = std::process::Command::new("kill").arg(ch.id().to_string()).status(); let _ = ch.wait(); }
    println!("leases free after stop: {}", psql("select count(*) from flow.lease where owner is null"));
    println!("ORACLE OK seed {seed}");
}

fn bangioc_dead_letter_config(w: &World) -> bangioc_dead_letter::Config { bangioc_dead_letter::Config::read(&w.settings) }

fn check(c: &Contract, model: &HashMap<String, (State, Vec<Ev>)>, when: &str) {
    let cols: Vec<String> = c.columns.iter().map(|c| format!("'{}', {}::text", c.name, c.name)).collect();
    let text = psql(&format!("set timezone='UTC'; select commune_code||'/'||map_sheet_no||'/'||parcel_no, encode(_version,'hex'), _deleted, coalesce(array_to_string(_missing, ','), ''), json_build_object({}) from flow.land_parcel", cols.join(",")));
    let mut found = HashMap::new();
    for line in text.lines() {
        let f: Vec<&str> = line.splitn(5, '|').collect();
        let json: BTreeMap<String, Option<String>> = serde_json::from_str(f[4]).unwrap();
        let missing: std::collections::BTreeSet<String> = f[3].split(',').filter(|m| !m.is_empty()).map(|m| m.trim_start_matches(['!', '?']).to_string()).collect();
        found.insert(f[0].to_string(), (f[1].to_string(), f[2] == "f", missing, json));
    }
    let mut wrong = 0; let mut missing_rows = 0;
    for (key, (state, _)) in model {
        if state.version == Version::default() { if found.contains_key(key) { wrong += 1; println!("{key}: should not be there"); } continue; }
        let Some((version, live, missing, json)) = found.remove(key) else { wrong += 1; println!("{key}: not there"); continue; };
        missing_rows += usize::from(!state.missing.is_empty());
        if version != state.version.to_hex() || live != state.live || (live && (missing != state.missing || json != state.values)) {
            wrong += 1; println!("{key}: differs\n model {:?}\n store {version} {live} {missing:?} {json:?}", state);
        }
    }
    wrong += found.len();
    println!("{when}: {} keys, {missing_rows} with missing, {wrong} wrong", model.len());
    assert_eq!(wrong, 0);
}
