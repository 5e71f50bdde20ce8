//! Confluent's own Python client against our registry, and a topic decoded with it.

use std::process::Command;

use bangioc_tests::platform::Platform;
use bangioc_tests::root;
use bangioc_tests::world::World;

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[(
    "registry::confluents_python_client_drives_it",
    confluents_python_client_drives_it,
)];

fn confluents_python_client_drives_it(platform: &Platform) {
    let world = World::new(platform, "python", &["so-nnmt"]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 25);
    world.converge(&[]);
    let output = Command::new(platform.python())
        .arg(root().join("tests/python/registry_client.py"))
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
