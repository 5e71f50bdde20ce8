//! What stops a service at its start, or a command: one world for each service, led from one stop to the next. Each time
//! the code is shown, then done what its page says, and it goes on.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bangioc_feed::admin::{Admin, TopicOrder};
use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::service::Service;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{bangioc, wait};
use rustix::process::{Pid, Signal, kill_process};

use crate::dead_letters::key_ref;
use crate::halts::page_says;
use crate::{Check, open_data, parcels, sites};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("ways_out::of_a_comparison", of_a_comparison),
    ("ways_out::of_a_plan", of_a_plan),
    ("ways_out::of_a_start", of_a_start),
    ("ways_out::of_a_parked_key", of_a_parked_key),
    ("ways_out::of_a_registry", of_a_registry),
];

const SOON: Duration = Duration::from_mins(1);

/// The service ends so, and says the code; of this start alone, as its log is kept over restarts.
#[track_caller]
fn ends(mut service: Service, before: usize, code: &str, exit: i32) {
    let status = service.wait_for_end(SOON);
    let log = service.log();
    let said = &log[before..];
    assert!(said.contains(code) && said.contains("hint:"), "no {code} with a hint: {said}");
    assert_eq!(status.code(), Some(exit), "{said}");
}

/// Starts `name`, which ends so.
#[track_caller]
fn in_vain(world: &World<'_>, name: &str, code: &str, exit: i32, start: impl FnOnce() -> Service) {
    let log = world.dir.join(format!("{name}.log"));
    let before = fs::metadata(log).map_or(0, |file| file.len());
    ends(start(), usize::try_from(before).expect("a length"), code, exit);
}

#[track_caller]
fn refused(output: &Output, code: &str, exit: i32) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(code) && said.contains("hint:"), "no {code} with a hint: {output:?}");
    assert_eq!(output.status.code(), Some(exit), "{said}");
}

/// A text in a file, another one while `during` runs, then as it was.
#[track_caller]
fn with_other(file: &PathBuf, from: &str, to: &str, during: impl FnOnce()) {
    let text = fs::read_to_string(file).expect("a text");
    assert!(text.contains(from), "no `{from}` in {text}");
    fs::write(file, text.replace(from, to)).expect("a text");
    during();
    fs::write(file, text).expect("a text");
}

fn contract(world: &World<'_>) -> PathBuf {
    world.dir.join("contracts/so-nnmt/land-parcel.yaml")
}

/// Answers whoever connects with these bytes, for ever.
fn answering(bytes: &'static [u8]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(bytes);
        }
    });
    port
}

fn of_a_comparison(platform: &Platform) {
    let world = World::new(platform, "wayscompare", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 40);
    world.converge(&[]);
    let config = world.config("operator-lan");
    let compare = |more: &[&str]| {
        world.try_bangioc("operator-lan", &[&["reconcile", "land-parcel"], more].concat())
    };
    refused(&world.try_bangioc("operator-lan", &["reconcile"]), "BG0805", 3);
    let key = world.dir.join("statements-key").display().to_string();
    let sources = world.config("so-nnmt").display().to_string();
    world.configure(
        "operator-lan",
        &format!("[reconcile]\nsources = [\"{sources}\"]\npatience = \"20s\"\n"),
    );
    let statement = world.dir.join("statement.json").display().to_string();
    refused(&compare(&["--statement", &statement]), "BG0810", 2);
    world.bangioc("operator-lan", &["statement", "key", &key]);
    world.configure("operator-lan", &format!("signing_key_file = \"{key}\"\n"));
    let signed = compare(&["--statement", &statement]);
    assert!(signed.status.success(), "{signed:?}");

    // Who may ask for rows: an operator.
    let user = "user = \"operator-lan\"";
    let passwords = platform.dir.join("kafka/secrets");
    let text = fs::read_to_string(&config).expect("a configuration");
    let other = text.replace(user, "user = \"dead-letter\"").replace(
        &passwords.join("operator-lan").display().to_string(),
        &passwords.join("dead-letter").display().to_string(),
    );
    fs::write(&config, other).expect("a configuration");
    refused(&compare(&["--repair"]), "BG0811", 3);
    fs::write(&config, text).expect("a configuration");
    let repaired = compare(&["--repair"]);
    assert!(repaired.status.success(), "{repaired:?}");

    // A server that asks for the password in the clear, and the right one again.
    let port = format!("port = {}", platform.postgres["PGPORT"]);
    let clear = format!("port = {}", answering(&[b'R', 0, 0, 0, 8, 0, 0, 0, 3]));
    with_other(&world.config("so-nnmt"), &port, &clear, || {
        let said = compare(&[]);
        let words = format!(
            "{}{}",
            String::from_utf8_lossy(&said.stdout),
            String::from_utf8_lossy(&said.stderr)
        );
        assert!(words.contains("BG0804") && !said.status.success(), "{words}");
        refused(&said, "BG0802", 1);
    });
    assert!(compare(&[]).status.success());

    // The contract and the table no longer fit.
    capture.stop();
    world.source("so-nnmt", "alter table land_parcel rename to parcel");
    let said = compare(&[]);
    let words = format!(
        "{}{}",
        String::from_utf8_lossy(&said.stdout),
        String::from_utf8_lossy(&said.stderr)
    );
    assert!(words.contains("BG0808"), "{words}");
    refused(&said, "BG0802", 1);
    page_says(&world, "BG0808", &["bring contract and table together"]);
    world.source("so-nnmt", "alter table parcel rename to land_parcel");
    let _capture = world.capture("so-nnmt");
    wait::until("all to be equal", PATIENCE, || {
        let said = compare(&[]);
        wait::holds(said.status.success(), format!("{said:?}"))
    });
}

fn of_a_plan(platform: &Platform) {
    let world = World::new(platform, "waysplan", &["so-nnmt"]);
    let apply = ["topic", "apply", "--reviewed"];
    let admin = |args: &[&str]| world.try_bangioc("admin", args);

    refused(&world.try_bangioc("so-nnmt", &["topic", "plan"]), "BG0131", 1);
    assert!(admin(&["topic", "plan"]).status.success());

    // One more topic than the contracts have, on more brokers than there are.
    let config = world.config("admin");
    let prefix = format!("prefix = \"{}\"", world.name);
    let kafka = "[kafka]\n";
    let text = fs::read_to_string(&config).expect("a configuration");
    let larger = text.replace(&prefix, "prefix = \"waysplanb\"");
    let wide = larger.replace(kafka, "[kafka]\nreplication = 3\n");
    fs::write(&config, wide).expect("a configuration");
    refused(&admin(&["topic", "apply", "--reviewed", "--kafka-only"]), "BG0132", 1);
    fs::write(&config, &larger).expect("a configuration");

    // Interrupted after its first topic, and run again.
    let child = Command::new(bangioc())
        .arg("--config")
        .arg(&config)
        .args(["topic", "apply", "--reviewed", "--kafka-only"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    let kafka_admin = Admin::connect(&platform.kafka_as("admin")).expect("Kafka");
    wait::until("a topic", SOON, || {
        let topics = kafka_admin.topics().map_err(|why| why.to_string())?;
        wait::holds(topics.iter().any(|topic| topic.name.starts_with("waysplanb.")), "none")
    });
    kill_process(Pid::from_child(&child), Signal::INT).expect("a process to signal");
    refused(&child.wait_with_output().expect("its end"), "BG0143", 1);
    let rest = admin(&["topic", "apply", "--reviewed", "--kafka-only"]);
    assert!(rest.status.success(), "{rest:?}");
    a_schema_that_is_not_registered(&world);
    fs::write(&config, text).expect("a configuration");

    // Another server answers where the registry should.
    let web = format!(
        "http://127.0.0.1:{}",
        answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nhi")
    );
    with_other(&config, &platform.registry_url, &web, || {
        refused(&admin(&["topic", "plan"]), "BG0736", 3);
    });
    assert!(admin(&["topic", "plan"]).status.success());

    // A line that is refused, and the contract as it was.
    let partitions = world.contract("land-parcel").partitions;
    let written = format!("partitions: {partitions}");
    with_other(&contract(&world), &written, &format!("partitions: {}", partitions + 1), || {
        refused(&admin(&apply), "BG0140", 1);
    });
    world.bangioc("admin", &apply);
}

/// Topics there are, schemas not yet; and one subject that somebody left read-only.
fn a_schema_that_is_not_registered(world: &World<'_>) {
    let subject = "waysplanb.shared.so-nnmt.land-parcel-value";
    let mode = |mode: &str| {
        let said = Command::new("curl")
            .args(["-sS", "-f", "-u", &world.platform.registry_login(), "-X", "PUT"])
            .args([
                "-H",
                "content-type: application/json",
                "-d",
                &format!("{{\"mode\":\"{mode}\"}}"),
            ])
            .arg(format!("{}/mode/{subject}", world.platform.registry_url))
            .output()
            .expect("curl");
        assert!(said.status.success(), "{said:?}");
    };
    let apply = ["topic", "apply", "--reviewed"];
    mode("READONLY");
    refused(&world.try_bangioc("admin", &apply), "BG0735", 1);
    page_says(world, "BG0735", &["-X PUT", "{\"mode\":\"READWRITE\"}"]);
    mode("READWRITE");
    let prefix = format!("prefix = \"{}\"", world.name);
    with_other(&world.config("so-nnmt"), &prefix, "prefix = \"waysplanb\"", || {
        ends(world.capture("so-nnmt"), 0, "BG0217", 5);
        world.bangioc("admin", &apply);
        let capture = world.capture("so-nnmt");
        let slots = "select count(*) from pg_replication_slots where slot_name = 'waysplan_so_nnmt' and active";
        world.says(&world.database("so-nnmt"), "the slot", slots, &["1"]);
        capture.stop();
    });
}

fn of_a_start(platform: &Platform) {
    let world = World::with_tables(platform, "waysstart", &["so-nnmt"], &sites::tables());
    let (path, config) =
        (|name: &str| world.dir.join(name).display().to_string(), world.config("so-nnmt"));
    let wrong = path("wrong-password");
    bangioc_tests::secret::write(&world.dir.join("wrong-password"), "wrong");
    let capture = |code, exit| {
        in_vain(&world, "capture-so-nnmt", code, exit, || world.capture("so-nnmt"));
    };
    let kafka = platform.dir.join("kafka/secrets/capture-so-nnmt").display().to_string();
    with_other(&config, &kafka, &wrong, || capture("BG0102", 4));
    with_other(&config, &path("capture-password"), &wrong, || capture("BG0202", 4));
    let partitions = world.contract("land-parcel").partitions;
    let written = format!("partitions: {partitions}");
    with_other(&contract(&world), &written, &format!("partitions: {}", partitions + 1), || {
        capture("BG0218", 5);
    });

    // What the check prints makes it fit.
    world.source("so-nnmt", "drop publication bangioc");
    capture("BG0207", 5);
    refused(&world.try_bangioc("so-nnmt", &["source", "check"]), "BG0195", 1);
    let sql = world.try_bangioc("so-nnmt", &["source", "check", "--sql"]).stdout;
    let file = world.dir.join("fit.sql");
    fs::write(&file, sql).expect("a file");
    platform.sql_file(&world.database("so-nnmt"), &file, &[]);
    world.bangioc("so-nnmt", &["source", "check"]);
    let _capture = world.capture("so-nnmt");

    let short = path("short-secret");
    bangioc_tests::secret::write(&world.dir.join("short-secret"), "short");
    with_other(&world.config("shared-store"), &path("secret"), &short, || {
        in_vain(&world, "store", "BG0419", 3, || world.shared_store("store"));
    });
    let _store = world.shared_store("store");
    parcels::add(&world, 1, 20);
    world.converge(&[]);

    open_data::with_open_set(&world);
    with_other(&world.config("open-data"), &world.open_store(), &world.store(), || {
        in_vain(&world, "open-data", "BG0421", 3, || open_data::start(&world));
    });
    let _open_data = open_data::start(&world);
    world.converge(&[]);

    // Both stores are to be told: the tool has to know both.
    let from_nothing = ["dataset", "recopy", "land-parcel", "--from-nothing", "--yes", "--wait"];
    refused(&world.try_bangioc("operator-lan", &from_nothing), "BG0435", 2);
    world.configure("operator-lan", &world.open_store_section());
    world.bangioc("operator-lan", &from_nothing);
    world.converge(&[]);
}

fn of_a_parked_key(platform: &Platform) {
    let world = World::new(platform, "waysparked", &["so-nnmt"]);
    let _capture = world.capture("so-nnmt");
    parcels::add(&world, 1, 20);
    let parked = |wanted: &str| {
        world.store_says(
            "the key to be parked, or to be free",
            "select count(*) from flow.parked_key where state = 'parked'",
            &[wanted],
        );
    };

    // A dataset that is to stand still for a bad row, and is told to park it.
    with_other(&contract(&world), "on_poison: park_key", "on_poison: halt", || {
        let store = world.shared_store("store");
        world.store_says("all rows", "select count(*) from shared.land_parcel", &["20"]);
        world.source("so-nnmt", "update land_parcel set land_type = 'ZZZ' where parcel_no = 7");
        wait::until("the dataset to halt", PATIENCE, || {
            let said = world.try_bangioc("admin", &["status"]);
            let said = String::from_utf8_lossy(&said.stdout).into_owned();
            wait::holds(said.contains("BG0413"), said)
        });
        store.stop();
    });
    let store = world.shared_store("store");
    parked("1");
    let key = key_ref(&world);

    let tool = |args: &[&str]| world.try_bangioc("dead-letter", &[&["dead-letter"], args].concat());
    refused(&tool(&["show", "0123456789abcdef"]), "BG0601", 1);
    assert!(tool(&["show", &key]).status.success());
    refused(&tool(&["replay", &key]), "BG0602", 1);
    let prefix = format!("prefix = \"{}\"", world.name);
    with_other(&world.config("dead-letter"), &prefix, "prefix = \"waysother\"", || {
        refused(&tool(&["replay", &key]), "BG0604", 3);
    });
    let nobody = world.operator("nobody");
    // With all that a service's login has, and no person's.
    world.in_store(&format!(
        "revoke bangioc_operator from {nobody}; grant usage on schema flow to {nobody}; \
         grant all on all tables in schema flow to {nobody}; grant execute on all functions in schema flow to {nobody}"
    ));
    refused(&world.try_bangioc(&nobody, &["dead-letter", "discard", &key]), "BG0607", 1);

    // What was kept opens no more: it is given up by two people, and the row comes anew once it is mended.
    world.in_store("update flow.parked_record set payload = payload || '\\x00'::bytea");
    refused(&tool(&["replay", &key]), "BG0418", 1);
    for person in ["an", "binh"] {
        let who = world.operator(person);
        world.bangioc(&who, &["dead-letter", "discard", &key]);
    }
    parked("0");
    world.source("so-nnmt", "update land_parcel set land_type = 'CLN' where parcel_no = 7");
    world.converge(&[]);
    store.stop();
}

fn of_a_registry(platform: &Platform) {
    let dir = platform.dir.join("waysregistry");
    fs::create_dir_all(&dir).expect("a folder");
    let admin = Admin::connect(&platform.kafka_as("admin")).expect("Kafka");
    let topic = |name: &str, partitions: u32, policy: &str| {
        let configs = [("cleanup.policy".to_owned(), policy.to_owned())];
        let order = TopicOrder { name, partitions, replication: 1, configs: &configs };
        admin.create_topic(&order).expect("a topic");
    };
    topic("ways-schemas-wide", 2, "compact");
    topic("ways-schemas", 1, "delete");

    let start = |name: &str, topic: &str, port: u16| {
        let config = dir.join(format!("{name}.toml"));
        let text = format!(
            "contracts = \"{}\"\n{}\n[registry]\nlisten = \"127.0.0.1:{port}\"\ntopic = \"{topic}\"\nusers_dir = \"{}\"\n",
            bangioc_tests::root().join("schemas").display(),
            platform.kafka_section("admin"),
            platform.registry_users().display(),
        );
        fs::write(&config, text).expect("a configuration");
        Service::start(name, &config, &["run", "registry"], &[], &dir)
    };
    let answers = |registry: &Service, port: u16| {
        wait::until("the registry", SOON, || {
            let there = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            wait::holds(there, registry.log())
        });
    };
    let port = free_port();
    ends(start("wide", "ways-schemas-wide", port), 0, "BG0744", 5);
    ends(start("deleting", "ways-schemas", port), 0, "BG0743", 5);
    let compacted = [("cleanup.policy".to_owned(), "compact".to_owned())];
    admin.set_topic_configs("ways-schemas", &compacted).expect("a setting");
    let first = start("first", "ways-schemas", port);
    answers(&first, port);

    ends(start("busy", "ways-schemas-busy", port), 0, "BG0745", 3);
    let another = free_port();
    let second = start("second", "ways-schemas", another);
    answers(&second, another);
    // A write of the first finds out that it is the first no longer.
    let subject = |port: u16| {
        let said = Command::new("curl")
            .args(["-sS", "-u", &platform.registry_login(), "-H", "content-type: application/json"])
            .args(["-d", "{\"schema\":\"\\\"string\\\"\"}"])
            .arg(format!("http://127.0.0.1:{port}/subjects/ways-value/versions"))
            .output()
            .expect("curl");
        String::from_utf8_lossy(&said.stdout).into_owned()
    };
    assert!(subject(another).contains("\"id\""), "the second takes it");
    ends(first, 0, "BG0740", 5);
    second.stop();
    let first = start("again", "ways-schemas", port);
    answers(&first, port);
    assert!(subject(port).contains("\"id\""), "and the first again");
    first.stop();
    a_program_that_is_gone(&dir, &dir.join("again.toml"), port);
}

/// Asked to begin again, a service whose program was moved away can't; once it is back, it starts.
fn a_program_that_is_gone(dir: &Path, config: &Path, port: u16) {
    let (program, elsewhere) = (dir.join("bangioc"), dir.join("elsewhere"));
    fs::copy(bangioc(), &program).expect("a copy");
    let start = || {
        let mut command = Command::new(&program);
        command.arg("--config").arg(config).args(["run", "registry"]).stderr(Stdio::piped());
        let service = command.spawn().expect("the program");
        wait::until("the registry", SOON, || {
            let there = std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
            wait::holds(there, "nobody listens")
        });
        service
    };
    let service = start();
    fs::rename(&program, &elsewhere).expect("a move");
    kill_process(Pid::from_child(&service), Signal::HUP).expect("a process to signal");
    refused(&service.wait_with_output().expect("its end"), "BG0196", 1);

    fs::rename(&elsewhere, &program).expect("a move");
    let service = start();
    kill_process(Pid::from_child(&service), Signal::TERM).expect("a process to signal");
    let ended = service.wait_with_output().expect("its end");
    assert!(ended.status.success(), "{ended:?}");
}
