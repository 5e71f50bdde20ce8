//! What stops a service at its start, or a command: one world for each service, led from one stop to the next. Each time
//! the code is shown, then done what its page says, and it goes on.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bangioc_feed::access::{Operation, Resource, Right};
use bangioc_feed::admin::{Admin, TopicOrder};
use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::service::Service;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{bangioc, root, secret, wait};
use rustix::process::{Pid, Signal, kill_process};

use crate::halts::page_says;
use crate::{Check, parcels};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("ways_out::of_a_capture", of_a_capture),
    ("ways_out::of_a_store_and_its_dead_letters", of_a_store_and_its_dead_letters),
    ("ways_out::of_a_comparison", of_a_comparison),
    ("ways_out::of_a_plan", of_a_plan),
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

fn of_a_capture(platform: &Platform) {
    let world = World::new(platform, "wayscapture", &["so-nnmt"]);
    let config = world.config("so-nnmt");
    let log = world.dir.join("capture-so-nnmt.log");
    let stops = |code: &str, exit: i32| {
        let before = fs::read_to_string(&log).map_or(0, |log| log.len());
        ends(world.capture("so-nnmt"), before, code, exit);
    };

    // First starts: who is asked, and by whom.
    let wrong = world.dir.join("wrong-password");
    secret::write(&wrong, "not it");
    let wrong = wrong.display().to_string();
    let of_kafka = platform.dir.join("kafka/secrets/capture-so-nnmt").display().to_string();
    with_other(&config, &of_kafka, &wrong, || stops("BG0102", 4));
    let of_source = world.dir.join("capture-password").display().to_string();
    with_other(&config, &of_source, &wrong, || stops("BG0202", 4));
    let port = format!("port = {}", platform.postgres["PGPORT"]);
    let between = format!("port = {}", answering(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
    with_other(&config, &port, &between, || stops("BG0205", 1));
    let page = answering(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello");
    let page = format!("http://127.0.0.1:{page}");
    with_other(&config, &platform.registry_url, &page, || stops("BG0736", 3));

    // What its administrator has to do.
    world.source("so-nnmt", "alter publication bangioc drop table land_parcel");
    refused(&world.try_bangioc("so-nnmt", &["source", "check"]), "BG0195", 1);
    stops("BG0207", 5);
    page_says(&world, "BG0207", &["bangioc source check --sql"]);
    page_says(&world, "BG0195", &["psql -v ON_ERROR_STOP=1 -f"]);
    let sql = world.try_bangioc("so-nnmt", &["source", "check", "--sql"]).stdout;
    let file = world.dir.join("check.sql");
    fs::write(&file, sql).expect("a script");
    platform.sql_file(&world.database("so-nnmt"), &file, &[]);
    world.bangioc("so-nnmt", &["source", "check"]);

    // A function that PostgreSQL gives to all, taken away.
    let function = "execute on function pg_catalog.pg_current_wal_insert_lsn()";
    world.source("so-nnmt", &format!("revoke {function} from public"));
    stops("BG0206", 1);
    world.source("so-nnmt", &format!("grant {function} to public"));

    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 40);
    world.converge(&[]);
    capture.stop();

    // A contract and the topics that were made for another one.
    let file = contract(&world);
    let topic = world.topic("so-nnmt", "land-parcel");
    let partitions = world.contract("land-parcel").partitions;
    let written = format!("partitions: {partitions}");
    with_other(&file, &written, &format!("partitions: {}", partitions + 1), || stops("BG0218", 5));
    let capture = world.capture("so-nnmt");
    world.source("so-nnmt", "update land_parcel set area_m2 = 1.5");
    world.converge(&[]);
    capture.stop();

    // Its topic is deleted.
    platform.tamper(&["delete-topic", &topic]);
    world.source("so-nnmt", "update land_parcel set area_m2 = 2.5");
    stops("BG0104", 5);
    page_says(&world, "BG0104", &["`bangioc topic apply`", "copy its dataset again"]);
    world.bangioc("admin", &["topic", "apply", "--reviewed"]);
    let _capture = world.capture("so-nnmt");
    world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes"]);
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5");
}

fn of_a_store_and_its_dead_letters(platform: &Platform) {
    let world = World::new(platform, "waysdead", &["so-nnmt"]);
    let config = world.config("shared-store");
    let log = world.dir.join("store.log");
    let stops = |code: &str, exit: i32| {
        let before = fs::read_to_string(&log).map_or(0, |log| log.len());
        ends(world.shared_store("store"), before, code, exit);
    };
    let kept = world.dir.join("secret").display().to_string();
    let short = world.dir.join("short-secret");
    secret::write(&short, "short");
    with_other(&config, &kept, &short.display().to_string(), || stops("BG0419", 3));

    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 40);
    world.converge(&[]);

    // The open side is given the shared store.
    crate::open_data::with_open_set(&world);
    let open = world.config("open-data");
    let (own, other) = (world.open_store(), world.store());
    with_other(&open, &format!("\"{own}\""), &format!("\"{other}\""), || {
        ends(crate::open_data::start(&world), 0, "BG0421", 3);
    });
    let open_data = crate::open_data::start(&world);
    world.says(
        &own,
        "the open store",
        "select count(*) from pg_tables where schemaname = 'flow' and tablename = 'store'",
        &["1"],
    );
    open_data.stop();

    // A row that no contract takes, and a contract that stops for it.
    store.stop();
    let halting = ["on_poison: park_key", "on_poison: halt"];
    with_other(&contract(&world), halting[0], halting[1], || {
        let store = world.shared_store("store");
        world.source("so-nnmt", "update land_parcel set land_type = 'ZZZ' where parcel_no = 7");
        store.wait_for_log("BG0413", SOON);
        store.stop();
    });
    page_says(&world, "BG0413", &["`on_poison: park_key`"]);
    let store = world.shared_store("store");
    let parked = |count: &str| {
        let sql = "select count(*) from flow.parked_key where state = 'parked'";
        world.store_says("parked keys", sql, &[count]);
    };
    parked("1");
    let key = world
        .in_store("select encode(key_ref, 'hex') from flow.parked_key where state = 'parked'")
        .concat();
    let letter =
        |who: &str, verb: &str, key: &str| world.try_bangioc(who, &["dead-letter", verb, key]);

    refused(&letter("dead-letter", "replay", "0123456789abcdef"), "BG0601", 1);
    refused(&letter("dead-letter", "replay", &key), "BG0602", 1);
    let contracts = world.dir.join("contracts").display().to_string();
    let others = world.dir.join("others");
    fs::create_dir_all(others.join("so-tc")).expect("a folder");
    for entry in fs::read_dir(&contracts).expect("contracts") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            fs::copy(&path, others.join(path.file_name().expect("a name"))).expect("a copy");
        }
    }
    let name = format!("contracts = \"{contracts}\"");
    with_other(
        &world.config("dead-letter"),
        &name,
        &format!("contracts = \"{}\"", others.display()),
        || {
            refused(&letter("dead-letter", "replay", &key), "BG0604", 3);
        },
    );
    refused(&letter("dead-letter", "discard", &key), "BG0607", 1);
    // As the page of BG0602 says: the row is corrected where it comes from.
    world.source("so-nnmt", "update land_parcel set land_type = 'CLN' where parcel_no = 7");
    parked("0");
    world.converge(&[]);

    // What is kept of a key was changed by hand: it is discarded, and copied.
    world.source("so-nnmt", "update land_parcel set land_type = 'ZZZ' where parcel_no = 9");
    parked("1");
    let key = world
        .in_store("select encode(key_ref, 'hex') from flow.parked_key where state = 'parked'")
        .concat();
    world.in_store("update flow.parked_record r set payload = set_byte(payload, 20, 255 - get_byte(payload, 20)) from flow.parked_key k where k.topic = r.topic and k.key_ref = r.key_ref and k.state = 'parked'");
    refused(&letter("dead-letter", "replay", &key), "BG0418", 1);
    page_says(&world, "BG0418", &["Discard the key"]);
    let people = [world.operator("an"), world.operator("binh")];
    for who in &people {
        let done = letter(who, "discard", &key);
        assert!(done.status.success(), "{done:?}");
    }
    parked("0");
    world.source("so-nnmt", "update land_parcel set land_type = 'CLN' where parcel_no = 9");
    world.converge(&[]);

    let values = |purpose: &str| {
        let key = ["trace", "land-parcel", "01273", "1", "10", "--values", "--purpose", purpose];
        world.try_bangioc("admin", &key)
    };
    refused(&values(""), "BG0184", 2);
    let shown = values("complaint 17/2026");
    assert!(shown.status.success(), "{shown:?}");

    // A configuration that names no store, where the books of both are changed.
    let nowhere = world.config("operator-nowhere");
    let lan = fs::read_to_string(world.config("operator-lan")).expect("a configuration");
    let (before, _) = lan.split_once("[store]").expect("a section");
    fs::write(&nowhere, before).expect("a configuration");
    let again = ["dataset", "recopy", "land-parcel", "--from-nothing", "--yes"];
    refused(&world.try_bangioc("operator-nowhere", &again), "BG0435", 2);
    let open_section = fs::read_to_string(&open).expect("a configuration");
    let open_section = open_section.split("\n[").find(|part| part.starts_with("open-store]"));
    world.configure("operator-lan", &format!("[{}", open_section.expect("a section")));
    world.bangioc("operator-lan", &again);
    world.converge(&[]);

    // Its program is moved away while it is told to begin again.
    store.stop();
    begins_again_or_says_why(&world);
}

fn begins_again_or_says_why(world: &World<'_>) {
    let program = world.dir.join("bangioc");
    fs::hard_link(bangioc(), &program)
        .or_else(|_| fs::copy(bangioc(), &program).map(drop))
        .expect("a program");
    let log = world.dir.join("moved.log");
    let start = || {
        Command::new(&program)
            .arg("--config")
            .arg(world.config("shared-store"))
            .args(["run", "shared-store"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(fs::File::options().create(true).append(true).open(&log).expect("a log"))
            .spawn()
            .expect("the binary")
    };
    let leases =
        "select count(*) > 0 from flow.lease where owner is not null and expires_at > now()";
    let mut moved = start();
    world.store_says("its turn", leases, &["t"]);
    let away = world.dir.join("bangioc.away");
    fs::rename(&program, &away).expect("a move");
    kill_process(Pid::from_child(&moved), Signal::HUP).expect("a process to signal");
    let status = wait::until("its end", SOON, || {
        moved
            .try_wait()
            .expect("a child")
            .ok_or_else(|| fs::read_to_string(&log).unwrap_or_default())
    });
    let said = fs::read_to_string(&log).expect("a log");
    assert!(status.code() == Some(1) && said.contains("BG0196"), "{status} {said}");
    fs::rename(&away, &program).expect("a move");
    let mut moved = start();
    world.source("so-nnmt", "update land_parcel set area_m2 = 7.5");
    world.converge(&[]);
    moved.kill().expect("a process to kill");
    moved.wait().expect("its end");
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

/// A registry with a topic of its own.
fn of_a_registry(platform: &Platform) {
    const TOPIC: &str = "_schemas_ways";
    let dir = platform.dir.join("ways-registry");
    fs::create_dir_all(&dir).expect("a folder");
    let admin = Admin::connect(&platform.kafka_as("admin")).expect("Kafka");
    let make = |partitions, policy: &str| {
        admin
            .create_topic(&TopicOrder {
                name: TOPIC,
                partitions,
                replication: 1,
                configs: &[("cleanup.policy".to_owned(), policy.to_owned())],
            })
            .expect("a topic");
    };
    for operation in
        [Operation::Write, Operation::Read, Operation::DescribeConfigs, Operation::Create]
    {
        let right = Right::allow("registry", operation, Resource::Topic, TOPIC);
        admin.grant(&[right]).expect("a right");
    }
    let listen: [String; 2] = std::array::from_fn(|_| format!("127.0.0.1:{}", free_port()));
    let start_with = |name: &str, listen: &str, more: &str| {
        let config = dir.join(format!("{name}.toml"));
        let text = format!(
            "contracts = \"{}\"\n{}[registry]\nlisten = \"{listen}\"\ninsecure = true\ntopic = \"{TOPIC}\"\n{more}",
            root().join("schemas").display(),
            platform.kafka_section("registry")
        );
        fs::write(&config, text).expect("a configuration");
        Service::start(name, &config, &["run", "registry"], &[], &dir)
    };
    let start = |name: &str, listen: &str| start_with(name, listen, "");
    let answers = |service: &Service, listen: &str| {
        wait::until("the registry", SOON, || {
            wait::holds(TcpStream::connect(listen).is_ok(), service.log())
        });
    };

    make(3, "compact");
    ends(start("partitions", &listen[0]), 0, "BG0744", 5);
    platform.tamper(&["delete-topic", TOPIC]);
    let first = start("made", &listen[0]);
    answers(&first, &listen[0]);
    first.stop();

    platform.tamper(&["delete-topic", TOPIC]);
    wait::until("the topic to go", SOON, || {
        let topics = admin.topics().map_err(|why| why.to_string())?;
        wait::holds(!topics.iter().any(|topic| topic.name == TOPIC), "still there")
    });
    make(1, "delete");
    ends(start("policy", &listen[0]), 0, "BG0743", 5);
    platform.tamper(&["set", TOPIC, "cleanup.policy=compact"]);

    let other = TcpListener::bind(&listen[0]).expect("a free port");
    ends(start("taken", &listen[0]), 0, "BG0745", 3);
    drop(other);
    let first = start("first", &listen[0]);
    answers(&first, &listen[0]);

    let second = start("second", &listen[1]);
    answers(&second, &listen[1]);
    ends(first, 0, "BG0740", 5);
    second.stop();
    let first = start("first-again", &listen[0]);
    answers(&first, &listen[0]);
    first.stop();

    // Who asks knows another signer, and then the right one.
    let [signer, key] = ["registry.pem", "registry.key"].map(|file| dir.join(file));
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    fs::write(&signer, made.cert.pem()).expect("a certificate");
    secret::write(&key, &made.signing_key.serialize_pem());
    let foreign = dir.join("foreign.pem");
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    fs::write(&foreign, made.cert.pem()).expect("a certificate");
    let tls =
        format!("certificate_file = \"{}\"\nkey_file = \"{}\"\n", signer.display(), key.display());
    let registry = start_with("tls", &listen[0], &tls);
    answers(&registry, &listen[0]);
    let plan = |ca: &Path| {
        let config = dir.join("plan.toml");
        let text = format!(
            "prefix = \"waysregistry\"\ncontracts = \"{}\"\n{}[registry]\nurl = \"https://{}\"\nca_file = \"{}\"\n",
            root().join("schemas").display(),
            platform.kafka_section("admin"),
            listen[0],
            ca.display()
        );
        fs::write(&config, text).expect("a configuration");
        let mut bangioc = Command::new(bangioc());
        bangioc.arg("--config").arg(&config).args(["topic", "plan"]).output().expect("the binary")
    };
    refused(&plan(&foreign), "BG0152", 3);
    let seen = plan(&signer);
    assert!(seen.status.success(), "{seen:?}");
    registry.stop();
}
