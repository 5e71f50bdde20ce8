//! What stops a service at its start, or a command: one world for each service, led from one stop to the next. Each time
//! the code is shown, then done what its page says, and it goes on.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bangioc_feed::admin::Admin;
use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{bangioc, wait};
use rustix::process::{Pid, Signal, kill_process};

use crate::halts::page_says;
use crate::{Check, parcels};

pub(crate) const CHECKS: &[(&str, Check)] =
    &[("ways_out::of_a_comparison", of_a_comparison), ("ways_out::of_a_plan", of_a_plan)];

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
