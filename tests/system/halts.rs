//! A gap is loud: a code, exit 5, and nothing resets itself. The code's page says how to go on; here that is done, word
//! for word, and source and store are equal again.

use std::fs;
use std::time::Duration;

use bangioc_feed::produce::Record;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::World;

use crate::{Check, parcels};

const ACCEPT: &str = "bangioc source accept";

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("halts::a_slot_that_is_gone", a_slot_that_is_gone),
    ("halts::a_table_that_is_not_published", a_table_that_is_not_published),
    ("halts::a_position_beyond_the_log", a_position_beyond_the_log),
    ("halts::what_stops_a_source_has_a_way_out", what_stops_a_source_has_a_way_out),
    ("halts::what_stops_a_store_has_a_way_out", what_stops_a_store_has_a_way_out),
];

#[track_caller]
fn ends_with(mut service: Service, exit: i32, words: &[&str]) {
    let status = service.wait_for_end(Duration::from_mins(1));
    let log = service.log();
    assert_eq!(status.code(), Some(exit), "{log}");
    for word in words {
        assert!(log.contains(word), "no `{word}` in: {log}");
    }
}

/// Exit 5 and the code; and the page of the code holds these lines.
#[track_caller]
fn halts(world: &World<'_>, mut service: Service, code: &str, way_out: &[&str]) {
    let status = service.wait_for_end(Duration::from_mins(1));
    let log = service.log();
    assert!(log.contains(code), "no {code}: {log}");
    assert_eq!(status.code(), Some(5), "{log}");
    page_says(world, code, way_out);
}

#[track_caller]
pub(crate) fn page_says(world: &World<'_>, code: &str, way_out: &[&str]) {
    let page = world.bangioc("admin", &["explain", code]);
    let (_, to_do) = page.split_once("## What to do").expect("what to do");
    for line in way_out {
        assert!(to_do.contains(line), "the page of {code} does not say `{line}`: {page}");
    }
}

pub(crate) fn accept(world: &World<'_>) -> Service {
    world.bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let capture = world.capture("so-nnmt");
    world.converge(&[]);
    capture
}

fn a_slot_that_is_gone(platform: &Platform) {
    let world = World::new(platform, "slotless", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    capture.stop();
    world.source("so-nnmt", "select pg_drop_replication_slot('slotless_so_nnmt')");
    world.source("so-nnmt", "update land_parcel set area_m2 = 1.5");
    ends_with(world.capture("so-nnmt"), 5, &["slotless_so_nnmt", "bangioc source accept"]);
    assert_eq!(
        world.source(
            "so-nnmt",
            "select count(*) from pg_replication_slots where slot_name = 'slotless_so_nnmt'"
        ),
        ["0"],
        "it did not make a new one by itself"
    );

    // A person accepts: a new epoch, a whole copy, and what was missed is there.
    world.source("so-nnmt", "delete from land_parcel where parcel_no < 5");
    page_says(&world, "BG0210", &[ACCEPT]);
    let _capture = accept(&world);
}

fn a_table_that_is_not_published(platform: &Platform) {
    let world = World::new(platform, "unpublished", &["so-nnmt"]);
    world.source("so-nnmt", "alter publication bangioc drop table land_parcel");
    let check = world.try_bangioc("so-nnmt", &["source", "check"]);
    let words = format!(
        "{}{}",
        String::from_utf8_lossy(&check.stdout),
        String::from_utf8_lossy(&check.stderr)
    );
    assert!(
        !check.status.success() && words.contains("alter publication"),
        "the exact SQL to run: {words}"
    );
    ends_with(world.capture("so-nnmt"), 5, &["land_parcel"]);
}

fn a_position_beyond_the_log(platform: &Platform) {
    let world = World::new(platform, "truncated", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    store.stop();
    world.in_store(
        "update flow.lease set next_offset = next_offset + 1000 where topic like '%land-parcel'",
    );
    let store = world.shared_store("store");
    store.wait_for_log("BG04", Duration::from_secs(30));
    // The other datasets go on.
    world.source("so-nnmt", "insert into env_observation (station_code, param_code, observed_at, value, unit, status) values ('CB-KK-01', 'PM10', now(), 3, 'ug/Nm3', '00')");
    wait::until("another dataset to go on", Duration::from_mins(1), || {
        let rows = world
            .platform
            .try_sql(&world.store(), "select count(*) from shared.env_observation")?;
        wait::holds(rows == ["1"], format!("{rows:?}"))
    });

    page_says(&world, "BG0409", &["update flow.lease set next_offset = END", "dataset recopy"]);
    store.stop();
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5");
    world.in_store(
        "update flow.lease set next_offset = next_offset - 1000 where topic like '%land-parcel'",
    );
    world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes"]);
    let _store = world.shared_store("store");
    world.converge(&[]);
}

fn what_stops_a_source_has_a_way_out(platform: &Platform) {
    let world = World::new(platform, "wayssource", &["so-nnmt"]);
    let (capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 40);
    world.converge(&[]);

    // Somebody moves the slot past a change.
    capture.stop();
    world.source("so-nnmt", "update land_parcel set area_m2 = 1.5");
    world.source(
        "so-nnmt",
        "select pg_replication_slot_advance('wayssource_so_nnmt', pg_current_wal_lsn())",
    );
    halts(&world, world.capture("so-nnmt"), "BG0213", &[ACCEPT]);
    let capture = accept(&world);

    // Another version, or somebody with the topic's right, left what we can't read.
    capture.stop();
    world.source("so-nnmt", "update land_parcel set area_m2 = 2.5");
    let state = format!("{}.state.so-nnmt", world.name);
    let foreign = Record {
        topic: &state,
        partition: 0,
        key: Some(b"position"),
        value: Some(b"{\"form\": 99}"),
        headers: &[],
        tag: 0,
    };
    platform.send("capture-so-nnmt", &[foreign]);
    halts(&world, world.capture("so-nnmt"), "BG0214", &[ACCEPT]);
    let capture = accept(&world);

    // The state topic is gone.
    capture.stop();
    world.source("so-nnmt", "delete from land_parcel where parcel_no < 5");
    platform.tamper(&["delete-topic", &state]);
    world.bangioc("admin", &["topic", "apply", "--reviewed"]);
    halts(&world, world.capture("so-nnmt"), "BG0211", &[ACCEPT]);
    let capture = accept(&world);

    // And with it the topic that tells the epoch.
    capture.stop();
    world.source("so-nnmt", "delete from land_parcel where parcel_no < 8");
    let progress = format!("{}.progress.shared.so-nnmt", world.name);
    platform.tamper(&["delete-topic", &state]);
    platform.tamper(&["delete-topic", &progress]);
    world.bangioc("admin", &["topic", "apply", "--reviewed"]);
    let refused = world.try_bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(5), "{said}");
    assert!(said.contains("BG0244"), "{said}");
    let of_store = "select max(('x' || left(encode(floor, 'hex'), 8))::bit(32)::int) + 1 from flow.lease where dataset in ('land-parcel'";
    page_says(&world, "BG0244", &["bangioc source accept --store-epoch", of_store]);
    let epoch = world.in_store(&format!("{of_store})")).remove(0);
    world.bangioc("so-nnmt", &["source", "accept", "--yes", "--store-epoch", &epoch]);
    let capture = world.capture("so-nnmt");
    world.converge(&[]);

    // Another name, and the right one again.
    capture.stop();
    let config = fs::read_to_string(world.config("so-nnmt")).expect("a configuration");
    let renamed = config.replace("name = \"so-nnmt\"", "name = \"so-nmt\"");
    fs::write(world.config("so-nnmt"), renamed).expect("a configuration");
    ends_with(world.capture("so-nnmt"), 3, &["BG0208"]);
    page_says(&world, "BG0208", &["Correct `source.name`"]);
    fs::write(world.config("so-nnmt"), config).expect("a configuration");
    let _capture = world.capture("so-nnmt");
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5");
    world.converge(&[]);
    let said = store.log();
    assert!(!said.contains("BG0427"), "a sweep of a new epoch was taken for a forged one: {said}");
}

fn what_stops_a_store_has_a_way_out(platform: &Platform) {
    let world = World::new(platform, "waysstore", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 40);
    world.converge(&[]);
    store.stop();

    // A step of a version to come.
    world.in_store("insert into flow.migration (dataset, n, sql_sha256) select dataset, max(n) + 1, '\\x00' from flow.migration where dataset = '_flow' group by 1");
    halts(&world, world.shared_store("store"), "BG0407", &["or a newer one"]);
    world.in_store("delete from flow.migration where sql_sha256 = '\\x00'");

    let _store = world.shared_store("store");
    world.source("so-nnmt", "update land_parcel set area_m2 = 4.5");
    world.converge(&[]);
}
