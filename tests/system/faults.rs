//! Kill it, freeze it, double it: the store ends equal to the source, and every fault is seen to happen.

use std::os::unix::process::ExitStatusExt;
use std::thread;
use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};
use rustix::process::Signal;

use crate::Check;
use crate::parcels::{self, Writer};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("faults::capture_killed_at_every_point", capture_killed_at_every_point),
    (
        "faults::a_copy_killed_midway_goes_on_from_its_last_chunk",
        a_copy_killed_midway_goes_on_from_its_last_chunk,
    ),
    ("faults::sink_killed_at_every_point", sink_killed_at_every_point),
    ("faults::a_frozen_sink_wakes_as_a_stranger", a_frozen_sink_wakes_as_a_stranger),
    ("faults::two_owners_of_a_partition_one_commits", two_owners_of_a_partition_one_commits),
    ("faults::a_second_capture_of_a_slot_never_sends", a_second_capture_of_a_slot_never_sends),
];

/// Refuses a lower version than the row has, whatever statement tries it (I3).
const GUARD: &str = "create function flow.refuse_lower() returns trigger language plpgsql as $$ begin \
    if new._version < old._version then raise 'version went down' using errcode = 'XX001'; end if; return new; end $$; \
    create trigger guard before update on flow.land_parcel for each row execute function flow.refuse_lower()";

/// Waits for the process to be killed at its fail point: by signal 9, not by an error of its own.
#[track_caller]
fn wait_for_kill(mut service: Service, point: &str) {
    let status = service.wait_for_end(PATIENCE);
    assert_eq!(status.signal(), Some(9), "`{point}` was not reached: {status}; {}", service.log());
}

fn capture_killed_at_every_point(platform: &Platform) {
    let world = World::new(platform, "killing", &["so-nnmt"]);
    let _store = world.shared_store("store");
    parcels::add(&world, 0, 200);
    let capture = world.capture("so-nnmt");
    world.converge(&[]);
    world.in_store(GUARD);
    capture.stop();
    thread::scope(|scope| {
        let writer = Writer::start(scope, &world);
        for point in [
            "capture.read",
            "capture.sent",
            "capture.acked",
            "capture.confirming",
            "capture.confirmed",
        ] {
            let env = format!("{point}:3:kill");
            wait_for_kill(world.capture_with("so-nnmt", &[("BANGIOC_FAILPOINT", &env)]), point);
        }
        let _capture = world.capture("so-nnmt");
        assert!(writer.stop() > 10);
        world.converge(&[]);
    });
    world.ledger_adds_up();
    let repeated: u64 = world.in_store("select sum(duplicate + stale) from flow.ledger")[0]
        .parse()
        .expect("a count");
    assert!(repeated > 0, "five kills and nothing was sent twice: then they hit nothing");
}

fn a_copy_killed_midway_goes_on_from_its_last_chunk(platform: &Platform) {
    let world = World::new(platform, "midway", &["so-nnmt"]);
    parcels::add(&world, 0, 20_000);
    let _store = world.shared_store("store");
    thread::scope(|scope| {
        let writer = Writer::start(scope, &world);
        for point in ["capture.chunk_read", "capture.chunk_sent"] {
            let env = format!("{point}:8:kill");
            wait_for_kill(world.capture_with("so-nnmt", &[("BANGIOC_FAILPOINT", &env)]), point);
        }
        let _capture = world.capture("so-nnmt");
        wait::until("the copy to end", PATIENCE, || {
            let phase = world.platform.try_sql(
                &world.store(),
                "select phase from flow.freshness where dataset = 'land-parcel'",
            )?;
            wait::holds(phase == ["streaming"], format!("{phase:?}"))
        });
        writer.stop();
        world.converge(&[]);
    });
    world.ledger_adds_up();
    // Forty chunks of 500; two kills repeat at most the chunks in flight, not the copy.
    let offsets: u64 = world.in_store("select sum(next_offset - first_offset) from flow.ledger where topic like '%land-parcel' and next_offset > first_offset")[0].parse().expect("a count");
    let changes: u64 =
        world.source("so-nnmt", "select count(*) from land_parcel")[0].parse().expect("a count");
    assert!(
        offsets < 2 * changes + 10_000,
        "{offsets} records for {changes} rows: the copy started over"
    );
}

fn sink_killed_at_every_point(platform: &Platform) {
    let world = World::new(platform, "sinking", &["so-nnmt"]);
    parcels::add(&world, 0, 500);
    let _capture = world.capture("so-nnmt");
    let first = world.shared_store("store");
    world.converge(&[]);
    world.in_store(GUARD);
    first.kill();
    thread::scope(|scope| {
        let writer = Writer::start(scope, &world);
        for point in ["sink.polled", "sink.staged", "sink.before_commit", "sink.after_commit"] {
            let env = format!("{point}:3:kill");
            wait_for_kill(world.shared_store_with("store", &[("BANGIOC_FAILPOINT", &env)]), point);
        }
        let _store = world.shared_store("store");
        assert!(writer.stop() > 10);
        world.converge(&[]);
    });
    world.ledger_adds_up();
}

fn a_frozen_sink_wakes_as_a_stranger(platform: &Platform) {
    let world = World::new(platform, "freezing", &["so-nnmt"]);
    parcels::add(&world, 0, 500);
    let _capture = world.capture("so-nnmt");
    let frozen = world.shared_store("frozen");
    world.converge(&[]);
    world.in_store(GUARD);
    let owner_of = "select owner || epoch from flow.lease order by topic, partition limit 1";
    let before = world.in_store(owner_of);
    frozen.signal(Signal::STOP);
    world.source("so-nnmt", "update land_parcel set area_m2 = 7.5 where parcel_no % 2 = 0");
    let _successor = world.shared_store("successor");
    world.converge(&[]);
    assert_ne!(world.in_store(owner_of), before, "the lease passed on");
    frozen.signal(Signal::CONT);
    for n in 0..20 {
        world.source(
            "so-nnmt",
            &format!("update land_parcel set area_m2 = {n}.5 where parcel_no < 100"),
        );
    }
    world.converge(&[]);
    world.ledger_adds_up();
}

fn two_owners_of_a_partition_one_commits(platform: &Platform) {
    let world = World::new(platform, "forcing", &["so-nnmt"]);
    parcels::add(&world, 0, 200);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.converge(&[]);
    world.in_store(GUARD);
    for n in 0..10 {
        // A stranger takes every lease away, and lets it lapse at once.
        world.in_store(
            "update flow.lease set epoch = epoch + 1, owner = 'a stranger', expires_at = now()",
        );
        world.source("so-nnmt", &format!("update land_parcel set area_m2 = {n}.5"));
    }
    world.converge(&[]);
    world.ledger_adds_up();
    assert_eq!(
        world.in_store("select bool_and(epoch > 10) from flow.lease"),
        ["t"],
        "it did take them away"
    );
}

fn a_second_capture_of_a_slot_never_sends(platform: &Platform) {
    let world = World::new(platform, "doubling", &["so-nnmt"]);
    parcels::add(&world, 0, 200);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.converge(&[]);
    let slot = "select active_pid from pg_replication_slots where slot_name = 'doubling_so_nnmt'";
    let pid = world.source("so-nnmt", slot);
    let second = world.capture("so-nnmt");
    second.wait_for_log("BG02", Duration::from_secs(30));
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5");
    world.converge(&[]);
    assert_eq!(world.source("so-nnmt", slot), pid, "the first still has the slot");
    drop(second);
    world.ledger_adds_up();
}
