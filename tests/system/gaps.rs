//! The sink and its log, its topic and its store's connection: what is gone halts it, what is unknown is
//! read back.

use bangioc_tests::platform::Platform;
use bangioc_tests::proxy::CommitProxy;
use bangioc_tests::world::{PATIENCE, World};

use crate::{Check, halts, parcels};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("gaps::records_deleted_before_they_were_read", records_deleted_before_they_were_read),
    ("gaps::partitions_added_by_hand", partitions_added_by_hand),
    ("gaps::the_reply_to_a_commit_is_lost", the_reply_to_a_commit_is_lost),
];

const HALTED: &str =
    "select string_agg(distinct halted_code, ' ') from flow.lease where topic like '%land-parcel'";

fn records_deleted_before_they_were_read(platform: &Platform) {
    let world = World::new(platform, "gone", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 200);
    world.converge(&[]);
    store.stop();
    let before =
        world.in_store("select sum(next_offset) from flow.lease where topic like '%land-parcel'");
    world.source("so-nnmt", "update land_parcel set area_m2 = 2.5");
    let topic = world.topic("so-nnmt", "land-parcel");
    bangioc_tests::wait::until("the updates to be in the log", PATIENCE, || {
        let records = platform.records(&topic).len();
        bangioc_tests::wait::holds(records >= 400, format!("{records} records"))
    });
    let lows = platform.tamper(&["delete-records", &topic]);
    assert_eq!(lows.lines().count(), 3, "{lows}");

    let store = world.shared_store("store");
    world.store_says("the gap to be seen", HALTED, &["BG0408"]);
    assert_eq!(
        world.in_store("select sum(next_offset) from flow.lease where topic like '%land-parcel'"),
        before,
        "nothing reset itself"
    );
    assert_eq!(
        world.in_store("select count(*) from shared.land_parcel where area_m2 = 2.5"),
        ["0"]
    );

    // The way out, word for word as the page shows it.
    store.stop();
    let page = include_str!("../../ops/errors/BG0408.md");
    let way_out = page.split("```").find(|block| block.contains("begin;")).expect("its SQL");
    for line in lows.lines() {
        let (partition, low) = line.split_once(' ').expect("a partition and its first record");
        let sql = way_out
            .replace("TOPIC", &topic)
            .replace("partition = N", &format!("partition = {partition}"));
        world.in_store(&sql.replace("LOW", low));
    }
    world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes"]);
    let _store = world.shared_store("store");
    world.converge(&[]);
    world.ledger_adds_up();
}

fn partitions_added_by_hand(platform: &Platform) {
    let world = World::new(platform, "repartitioned", &["so-nnmt"]);
    let (capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 50);
    world.converge(&[]);
    let topic = world.topic("so-nnmt", "land-parcel");
    platform.tamper(&["add-partitions", &topic, "5"]);
    // While it runs: a reader that looks only at its start would go on for weeks.
    world.store_says("all three partitions to halt", HALTED, &["BG0410"]);
    world.source("so-nnmt", "insert into env_observation (station_code, param_code, observed_at, value, unit, status) values ('CB-KK-01', 'PM10', now(), 3, 'ug/Nm3', '00')");
    world.store_says(
        "another dataset to go on",
        "select count(*) from shared.env_observation",
        &["1"],
    );

    // The way out: the topic made anew, and its rows copied.
    halts::page_says(
        &world,
        "BG0410",
        &["bangioc topic apply", "update flow.lease set next_offset = 0", "bangioc source accept"],
    );
    capture.stop();
    store.stop();
    world.source("so-nnmt", "update land_parcel set area_m2 = 2.5");
    platform.tamper(&["delete-topic", &topic]);
    world.bangioc("admin", &["topic", "apply", "--reviewed"]);
    world.in_store(&format!("update flow.lease set next_offset = 0 where topic = '{topic}'"));
    let _store = world.shared_store("store");
    let _capture = halts::accept(&world);
}

fn the_reply_to_a_commit_is_lost(platform: &Platform) {
    let world = World::new(platform, "unheard", &["so-nnmt"]);
    let server = format!("{}:{}", platform.postgres["PGHOST"], platform.postgres["PGPORT"]);
    let proxy = CommitProxy::start(&server);
    let port = proxy.port().to_string();
    let _capture = world.capture("so-nnmt");
    let store = world.shared_store_with("store", &[("BANGIOC__STORE__PORT", &port)]);
    parcels::add(&world, 1, 300);
    world.converge(&[]);
    for n in 1..=3 {
        proxy.lose_one();
        world.source("so-nnmt", &format!("update land_parcel set area_m2 = {n}.5"));
        bangioc_tests::wait::until("a reply to be lost", PATIENCE, || {
            bangioc_tests::wait::holds(proxy.lost() == n, proxy.lost())
        });
        world.converge(&[]);
    }
    store.stop();
    assert_eq!(
        world.in_store("select sum(duplicate + stale) from flow.ledger"),
        ["0"],
        "what had been committed was tried again"
    );
    world.ledger_adds_up();
}
