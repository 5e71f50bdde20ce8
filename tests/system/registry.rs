//! Confluent's own Python client against our registry, and a topic decoded with it; the registry's start.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use bangioc_feed::access::{Operation, Resource, Right};
use bangioc_feed::admin::{Admin, TopicOrder};
use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::service::Service;
use bangioc_tests::world::World;
use bangioc_tests::{root, wait};

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("registry::confluents_python_client_drives_it", confluents_python_client_drives_it),
    (
        "registry::started_first_it_waits_for_topic_and_rights",
        started_first_it_waits_for_topic_and_rights,
    ),
];

fn confluents_python_client_drives_it(platform: &Platform) {
    let world = World::new(platform, "python", &["so-nnmt"]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 25);
    world.converge(&[]);
    let output = Command::new(platform.python())
        .arg(root().join("tests/python/registry_client.py"))
        .env("REGISTRY_LOGIN", platform.registry_login())
        .args([
            &platform.registry_url,
            &platform.kafka["KAFKA"],
            "admin",
            &platform.kafka["KAFKA_PASSWORD"],
        ])
        .arg(world.topic("so-nnmt", "land-parcel"))
        .output()
        .expect("the Python environment that `ops/setup test` makes");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn started_first_it_waits_for_topic_and_rights(platform: &Platform) {
    const TOPIC: &str = "_schemas_early";
    const SOON: Duration = Duration::from_mins(1);
    let dir = platform.dir.join("early");
    fs::create_dir_all(&dir).expect("a folder");
    let listen = format!("127.0.0.1:{}", free_port());
    let metrics = format!("127.0.0.1:{}", free_port());
    let config = dir.join("registry.toml");
    let text = format!(
        "contracts = \"{}\"\n{}[registry]\nlisten = \"{listen}\"\ninsecure = true\ntopic = \"{TOPIC}\"\n[metrics]\nlisten = \"{metrics}\"\n",
        root().join("schemas").display(),
        platform.kafka_section("registry")
    );
    fs::write(&config, text).expect("a configuration");
    let registry = Service::start("registry", &config, &["run", "registry"], &[], &dir);
    registry.wait_for_log("BG0742", SOON);
    let health = get(&metrics, "/healthz").expect("an answer");
    assert!(health.starts_with("HTTP/1.1 503") && health.contains("waiting, BG0742"), "{health}");
    assert_eq!(get(&listen, "/subjects"), None, "a connection is refused");

    let admin = Admin::connect(&platform.kafka_as("admin")).expect("Kafka");
    admin
        .create_topic(&TopicOrder {
            name: TOPIC,
            partitions: 1,
            replication: 1,
            configs: &[("cleanup.policy".to_owned(), "compact".to_owned())],
        })
        .expect("a topic");
    let grant = |operation| {
        let right = Right::allow("registry", operation, Resource::Topic, TOPIC);
        admin.grant(&[right]).expect("a right");
    };
    grant(Operation::Write);
    grant(Operation::DescribeConfigs);
    // The last right, and the only one whose lack shows after the claim is written.
    registry.wait_for_log("BG0103", SOON);
    assert_eq!(get(&listen, "/subjects"), None, "a connection is refused");
    grant(Operation::Read);

    let answer = wait::until("the registry", SOON, || {
        get(&listen, "/subjects").ok_or_else(|| registry.log())
    });
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("[]"), "{answer}");
    let health = get(&metrics, "/healthz").expect("an answer");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    for code in ["BG0742", "BG0103"] {
        let said = registry.log().matches(code).count();
        assert_eq!(said, 1, "{code} is said once: {}", registry.log());
    }
    registry.stop();
}

/// The whole answer; none where nobody listens.
fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    Some(answer)
}
