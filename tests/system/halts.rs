//! A gap is loud: a code, exit 5, and nothing resets itself.

use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::world::World;

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("halts::a_slot_that_is_gone", a_slot_that_is_gone),
    ("halts::a_table_that_is_not_published", a_table_that_is_not_published),
    ("halts::a_position_beyond_the_log", a_position_beyond_the_log),
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
    world.bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
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
    bangioc_tests::wait::until("another dataset to go on", Duration::from_mins(1), || {
        let rows = world
            .platform
            .try_sql(&world.store(), "select count(*) from shared.env_observation")?;
        bangioc_tests::wait::holds(rows == ["1"], format!("{rows:?}"))
    });
}
