//! What people read of a state: whatever stands in a dataset's way has a code, since when, and the next step, in
//! `status`, `dataset list`, health and metrics; and `streaming` is never said beside it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{bangioc, root, wait};
use serde_json::Value;

use crate::{Check, parcels};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("states::what_stands_in_its_way_is_its_state", what_stands_in_its_way_is_its_state),
    ("states::a_watch_keeps_to_its_terminal", a_watch_keeps_to_its_terminal),
];

const SOURCE: &str = "so-nnmt";
const DATASET: &str = "land-parcel";

fn get(port: u16, path: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("metrics");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("asked");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn one(world: &World<'_>, dataset: &str) -> Value {
    let status = world.try_bangioc("admin", &["status", "--output", "json"]);
    let status: Value = serde_json::from_slice(&status.stdout).expect("JSON");
    let mut datasets = status["datasets"].as_array().expect("datasets").iter();
    datasets.find(|one| one["dataset"] == dataset).expect("the dataset").clone()
}

/// In all five places.
#[track_caller]
fn shows(world: &World<'_>, ports: [u16; 2], state: [&str; 2], code: &str, words: &[&str]) {
    let [at_store, at_source] = state;
    wait::until(&format!("the state {at_store}"), PATIENCE, || {
        let one = one(world, DATASET);
        let state = &one["state"];
        let is = state["is"] == at_store && state["code"] == code && state["since"].is_string();
        wait::holds(is && one["next_step"].is_string(), &one)?;
        let why = state["why"].as_str().unwrap_or_default();
        wait::holds(words.iter().all(|word| why.contains(word)), &one)
    });
    let text = String::from_utf8(world.try_bangioc("admin", &["status"]).stdout).expect("text");
    let rows: Vec<&str> = text.lines().filter(|line| line.contains(code)).collect();
    assert!(rows.iter().any(|row| row.starts_with(DATASET)), "{text}");
    assert!(rows.iter().all(|row| !row.contains("streaming")), "{text}");
    let list = world.bangioc("admin", &["dataset", "list"]);
    let line = list.lines().find(|line| line.starts_with(DATASET)).unwrap_or_default();
    assert!(line.contains(code) && line.contains(" since 20"), "{list}");
    assert!(words.iter().all(|word| line.contains(word)), "{list}");
    assert!(!line.contains("streaming"), "{list}");
    wait::until("health and metrics", PATIENCE, || {
        let health = get(ports[0], &format!("/healthz/{DATASET}"));
        wait::holds(health.starts_with("HTTP/1.1 503") && health.contains(code), health)?;
        for (port, name, state) in [(ports[0], "capture", at_source), (ports[1], "sink", at_store)]
        {
            let page = get(port, "/metrics");
            let labels = format!("dataset=\"{DATASET}\",owner=\"{SOURCE}\"");
            let is = format!("bangioc_{name}_dataset_state{{{labels},state=\"{state}\"}} 1.0");
            let not = format!("bangioc_{name}_dataset_state{{{labels},state=\"streaming\"}} 0.0");
            let never = format!("bangioc_{name}_dataset_state_since_seconds{{{labels}}} 0.0");
            wait::holds(page.contains(&is) && page.contains(&not), &page)?;
            wait::holds(!page.contains(&never), &page)?;
        }
        Ok::<(), String>(())
    });
}

#[track_caller]
fn streams(world: &World<'_>) {
    wait::until("it to stream again", PATIENCE, || {
        let one = one(world, DATASET);
        wait::holds(one["state"]["is"] == "streaming" && one.get("next_step").is_none(), &one)
    });
}

fn what_stands_in_its_way_is_its_state(platform: &Platform) {
    let world = World::new(platform, "states", &[SOURCE]);
    parcels::add(&world, 0, 40);
    let ports = [free_port(), free_port()];
    let listen = |port: u16| format!("127.0.0.1:{port}");
    let start = || {
        world.capture_with(
            SOURCE,
            &[
                ("BANGIOC__SOURCE__LOCK_TIMEOUT", "500ms"),
                ("BANGIOC__METRICS__LISTEN", &listen(ports[0])),
            ],
        )
    };
    let capture = start();
    let _store =
        world.shared_store_with("store", &[("BANGIOC__METRICS__LISTEN", &listen(ports[1]))]);
    streams(&world);

    // A table that waits for a lock, with a copy of it asked for.
    let mut holder = Command::new("psql")
        .args(["-X", "-q", "-c", "begin; lock table dept.land_parcel; select pg_sleep(300)"])
        .envs(&platform.postgres)
        .env("PGDATABASE", world.database(SOURCE))
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("psql");
    let locks = "from pg_locks where granted and relation = 'land_parcel'::regclass and mode = 'AccessExclusiveLock'";
    wait::until("the lock", PATIENCE, || {
        let held = world.source(SOURCE, &format!("select count(*) {locks}"));
        wait::holds(held == ["1"], format!("{held:?}"))
    });
    world.bangioc("operator-lan", &["dataset", "recopy", DATASET, "--yes"]);
    let words = ["its copy begins when the transactions of these processes have ended"];
    shows(&world, ports, ["source-waits", "waits"], "BG0249", &words);
    let since = one(&world, DATASET)["state"]["since"].clone();
    assert_eq!(world.try_bangioc("admin", &["status"]).status.code(), Some(1));
    assert_eq!(one(&world, "env-observation")["state"]["is"], "streaming", "it is one table's");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(one(&world, DATASET)["state"]["since"], since, "it lasts since then");
    world.source(SOURCE, &format!("select pg_terminate_backend(pid) {locks}"));
    let _ = holder.kill();
    let _ = holder.wait();
    streams(&world);

    // Halted, and still so since then when a capture finds it at its start.
    world.source(SOURCE, "alter table land_parcel rename column land_type to kind");
    let words = ["land_type"];
    wait::until("a halt", PATIENCE, || {
        let one = one(&world, DATASET);
        wait::holds(one["state"]["is"] == "source-halted", one)
    });
    let before = one(&world, DATASET)["state"].clone();
    capture.stop();
    let capture = start();
    capture.wait_for_log("streaming `", PATIENCE);
    shows(&world, ports, ["source-halted", "halted"], "BG0247", &words);
    assert_eq!(one(&world, DATASET)["state"]["since"], before["since"], "since before the start");
    assert_eq!(world.try_bangioc("admin", &["status"]).status.code(), Some(5));
    let only = |args: &[&str]| {
        let args: Vec<&str> = ["status", "--output", "json"].iter().chain(args).copied().collect();
        let status: Value =
            serde_json::from_slice(&world.try_bangioc("admin", &args).stdout).expect("JSON");
        status["datasets"].as_array().expect("datasets").clone()
    };
    assert_eq!(only(&["--state", "source-halted"]).len(), 1);
    let (owned, all) = (only(&["--owner", SOURCE]), only(&[]));
    assert!(owned.len() < all.len() && owned.iter().all(|one| one["owner"] == SOURCE));
    assert_eq!((&owned[0], &all[0]["dataset"]), (&all[0], &DATASET.into()), "the worst first");
    let nobody = world.try_bangioc("admin", &["status", "--owner", "nobody"]);
    assert_eq!(nobody.status.code(), Some(2), "{nobody:?}");
    world.source(SOURCE, "alter table land_parcel rename column kind to land_type");
    streams(&world);

    // Paused by whom and since when.
    world.bangioc("operator-lan", &["dataset", "pause", DATASET, "--yes"]);
    wait::until("the pause", PATIENCE, || {
        let one = one(&world, DATASET);
        let state = &one["state"];
        let next = one["next_step"] == format!("`bangioc dataset resume {DATASET}`");
        let is = state["is"] == "paused" && state["by"] == "operator-lan";
        wait::holds(is && state["since"].is_string() && next, &one)
    });
}

fn a_watch_keeps_to_its_terminal(platform: &Platform) {
    let world = World::new(platform, "watched", &[SOURCE]);
    let (_capture, _store) = (world.capture(SOURCE), world.shared_store("store"));
    streams(&world);
    for (columns, lines, end) in [(100, 30, "q"), (60, 8, "interrupt")] {
        let output = Command::new(platform.python())
            .arg(root().join("tests/python/watch.py"))
            .args([&columns.to_string(), &lines.to_string(), end])
            .arg(bangioc())
            .arg("--config")
            .arg(world.config("admin"))
            .args(["status", "--watch"])
            .output()
            .expect("python");
        let errors = String::from_utf8_lossy(&output.stderr);
        let seen: Value = serde_json::from_slice(&output.stdout).expect(&errors);
        let text = seen["text"].as_str().expect("text");
        assert_eq!(seen["exit"], 0, "{text}");
        assert_eq!(seen["echo"], serde_json::json!([false, true]), "the keyboard is given back");
        let (drawn, after) = text.rsplit_once("\u{1b}[?1049l").expect("it leaves the screen");
        assert!(drawn.contains("\u{1b}[?1049h") && !after.contains("SHARED SIDE"), "{text}");
        assert!(drawn.contains("SHARED SIDE") && drawn.contains("streaming"), "{text}");
        let frame = drawn.split("\u{1b}[?2026h\u{1b}[H").nth(1).expect("a frame");
        let frame = frame.split("\u{1b}[?2026l").next().expect("its end");
        let rows: Vec<&str> = frame.split("\r\n").collect();
        assert!(rows.len() <= lines, "{} rows: {frame}", rows.len());
        for row in rows {
            let shown = row.replace("\u{1b}[K", "").replace("\u{1b}[J", "").replace('\r', "");
            assert!(shown.chars().count() <= columns, "{shown}");
        }
    }
    // Where nobody draws: plain answers, one after the other.
    let mut child = Command::new(bangioc())
        .arg("--config")
        .arg(world.config("admin"))
        .args(["status", "--watch"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("the binary");
    let mut stdout = child.stdout.take().expect("stdout");
    let mut text = String::new();
    let mut some = [0_u8; 4096];
    while text.matches("SHARED SIDE").count() < 3 {
        let count = stdout.read(&mut some).expect("stdout");
        assert!(count > 0, "it ended: {text}");
        text.push_str(&String::from_utf8_lossy(&some[..count]));
    }
    let _ = child.kill();
    let _ = child.wait();
    assert!(!text.contains('\u{1b}'), "{text}");
}
