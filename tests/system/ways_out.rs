//! A halt's page says how to get out of it. Here the halt is brought about, what its page says is done, word for word,
//! and source and store are equal again.

use std::fs;
use std::time::Duration;

use bangioc_feed::produce::Record;
use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("ways_out::of_what_halts_a_source", of_what_halts_a_source),
    ("ways_out::of_what_stops_a_store", of_what_stops_a_store),
    ("ways_out::of_a_log_that_lost_records", of_a_log_that_lost_records),
    ("ways_out::of_partitions_added_by_hand", of_partitions_added_by_hand),
];

const ACCEPT: &str = "bangioc source accept";

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
fn page_says(world: &World<'_>, code: &str, way_out: &[&str]) {
    let page = world.bangioc("admin", &["explain", code]);
    let (_, to_do) = page.split_once("## What to do").expect("what to do");
    for line in way_out {
        assert!(to_do.contains(line), "the page of {code} does not say `{line}`: {page}");
    }
}

fn accept(world: &World<'_>) -> Service {
    world.bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let capture = world.capture("so-nnmt");
    world.converge(&[]);
    capture
}

fn recopy(world: &World<'_>) {
    world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--wait", "--yes"]);
}

fn of_what_halts_a_source(platform: &Platform) {
    let world = World::new(platform, "wayssource", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
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
        key: Some(b"so-nnmt"),
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

    // Another name, and the right one again.
    capture.stop();
    let config = fs::read_to_string(world.config("so-nnmt")).expect("a configuration");
    let renamed = config.replace("name = \"so-nnmt\"", "name = \"so-nmt\"");
    fs::write(world.config("so-nnmt"), renamed).expect("a configuration");
    halts(&world, world.capture("so-nnmt"), "BG0208", &["Correct `source.name`"]);
    fs::write(world.config("so-nnmt"), config).expect("a configuration");
    let _capture = world.capture("so-nnmt");
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5");
    world.converge(&[]);
}

fn of_what_stops_a_store(platform: &Platform) {
    let world = World::new(platform, "waysstore", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 40);
    world.converge(&[]);
    store.stop();

    // A step of a version to come.
    world.in_store("insert into flow.migration (dataset, n, sql_sha256) select dataset, max(n) + 1, '\\x00' from flow.migration where dataset = '_flow' group by 1");
    halts(&world, world.shared_store("store"), "BG0407", &["or a newer one"]);
    world.in_store("delete from flow.migration where sql_sha256 = '\\x00'");

    // The other side's database.
    let config = fs::read_to_string(world.config("open-data")).expect("a configuration");
    let wrong = config.replace(&world.open_store(), &world.store());
    fs::write(world.config("open-data"), wrong).expect("a configuration");
    let open = Service::start(
        "open-data",
        &world.config("open-data"),
        &["run", "open-data"],
        &[],
        &world.dir,
    );
    halts(&world, open, "BG0421", &["Correct the one that is"]);

    let _store = world.shared_store("store");
    world.source("so-nnmt", "update land_parcel set area_m2 = 4.5");
    world.converge(&[]);
}

/// Waits for the halt of every partition of the topic.
fn halted(world: &World<'_>, code: &str) {
    let sql = "select string_agg(distinct coalesce(halted_code, '-'), ' ') from flow.lease where topic like '%land-parcel'";
    world.store_says("all partitions to halt", sql, &[code]);
}

fn of_a_log_that_lost_records(platform: &Platform) {
    let world = World::new(platform, "wayslog", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 200);
    world.converge(&[]);
    store.stop();
    let topic = world.topic("so-nnmt", "land-parcel");
    world.source("so-nnmt", "update land_parcel set area_m2 = 2.5");
    wait::until("the updates to be in the log", PATIENCE, || {
        let records = platform.records(&topic).len();
        wait::holds(records >= 400, format!("{records} records"))
    });
    let lows = platform.tamper(&["delete-records", &topic]);
    let store = world.shared_store("store");
    halted(&world, "BG0408");
    page_says(
        &world,
        "BG0408",
        &["insert into flow.ledger", "update flow.lease set next_offset = LOW", "dataset recopy"],
    );
    let page = world.bangioc("admin", &["explain", "BG0408"]);
    let (_, sql) = page.split_once("begin;").expect("SQL");
    let (sql, _) = sql.split_once("commit;").expect("SQL");
    for low in lows.lines() {
        let (partition, low) = low.split_once(' ').expect("a partition and its low");
        let sql = sql.replace("LOW", low).replace("TOPIC", &topic);
        let sql = sql.replace("partition = N", &format!("partition = {partition}"));
        world.in_store(&format!("begin; {sql} commit;"));
    }
    recopy(&world);
    store.stop();
    let store = world.shared_store("store");
    world.converge(&[]);

    // The brokers lost what they had acknowledged: as if the store stood further than the log.
    store.stop();
    world.in_store(
        "update flow.lease set next_offset = next_offset + 1000 where topic like '%land-parcel'",
    );
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5");
    let store = world.shared_store("store");
    halted(&world, "BG0409");
    page_says(&world, "BG0409", &["update flow.lease set next_offset = END", "dataset recopy"]);
    store.stop();
    world.in_store(
        "update flow.lease set next_offset = next_offset - 1000 where topic like '%land-parcel'",
    );
    recopy(&world);
    let _store = world.shared_store("store");
    world.converge(&[]);
}

fn of_partitions_added_by_hand(platform: &Platform) {
    let world = World::new(platform, "wayscount", &["so-nnmt"]);
    let (capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 50);
    world.converge(&[]);
    let topic = world.topic("so-nnmt", "land-parcel");
    platform.tamper(&["add-partitions", &topic, "5"]);
    halted(&world, "BG0410");
    capture.stop();
    world.source("so-nnmt", "update land_parcel set area_m2 = 2.5");
    halts(&world, world.capture("so-nnmt"), "BG0218", &["bangioc topic apply", ACCEPT]);
    page_says(
        &world,
        "BG0410",
        &["bangioc topic apply", ACCEPT, "update flow.lease set next_offset = 0"],
    );
    store.stop();
    platform.tamper(&["delete-topic", &topic]);
    world.bangioc("admin", &["topic", "apply", "--reviewed"]);
    world.in_store(&format!("update flow.lease set next_offset = 0 where topic = '{topic}'"));
    let _store = world.shared_store("store");
    let _capture = accept(&world);
}
