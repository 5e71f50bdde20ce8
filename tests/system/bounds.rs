//! What is done to one table at the source is that table's matter: it halts or waits with its reason, the
//! others go on, and once it is mended it is whole again by itself.

use std::thread;
use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};
use rustix::process::Signal;
use serde_json::Value;

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("bounds::one_tables_trouble_is_its_own", one_tables_trouble_is_its_own),
    ("bounds::a_locked_table_waits_alone", a_locked_table_waits_alone),
    ("bounds::a_halt_found_at_start_is_kept", a_halt_found_at_start_is_kept),
    ("bounds::a_table_is_known_by_its_oid", a_table_is_known_by_its_oid),
    ("bounds::a_publication_made_again_names_its_cure", a_publication_made_again_names_its_cure),
];

/// What a role or a database may have set, and would change what we read or end what we ask.
const HOSTILE: &[&str] = &[
    "lock_timeout = '1ms'",
    "statement_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "idle_session_timeout = '1ms'",
    "\"DateStyle\" = 'German, DMY'",
    "\"IntervalStyle\" = 'iso_8601'",
    "extra_float_digits = -15",
    "\"TimeZone\" = 'Pacific/Chatham'",
    "bytea_output = 'escape'",
    "xmlbinary = 'hex'",
    "search_path = 'nowhere'",
    "quote_all_identifiers = on",
    "standard_conforming_strings = off",
    "row_security = on",
    "synchronous_commit = 'remote_apply'",
    "default_transaction_isolation = 'serializable'",
    "default_transaction_read_only = on",
    "default_transaction_deferrable = on",
    "client_encoding = 'LATIN1'",
];

/// How long another dataset may take while one is in trouble; scaled for a busy machine.
const IN_TIME: Duration = Duration::from_secs(20);

fn quick(world: &World<'_>) -> Service {
    world.capture_with(
        "so-nnmt",
        &[
            ("BANGIOC__SOURCE__LOCK_TIMEOUT", "500ms"),
            ("BANGIOC__SOURCE__STATEMENT_TIMEOUT", "20s"),
        ],
    )
}

fn stand(world: &World<'_>, dataset: &str) -> Value {
    let listed = world.bangioc("admin", &["dataset", "list", "--output", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let mut listed = listed.as_array().expect("datasets").iter();
    let one = listed.find(|one| one["dataset"] == dataset);
    one.expect("the dataset").clone()
}

#[track_caller]
fn is_halted(world: &World<'_>, words: &str) {
    wait::until(&format!("a halt because of `{words}`"), PATIENCE, || {
        let stand = stand(world, "land-parcel");
        let why = stand["why"].as_str().unwrap_or_default();
        wait::holds(stand["phase"] == "halted" && why.contains(words), stand.to_string())
    });
}

/// A row of the other table reaches the store, and the source hears that it did.
#[track_caller]
fn the_other_goes_on(world: &World<'_>, n: u32) {
    let lsn = world.source("so-nnmt", &format!(
        "insert into env_observation (station_code, param_code, observed_at, value, unit, status) values ('CB-KK-{n}', 'PM10', now(), {n}, 'ug/Nm3', '00'); \
         select pg_current_wal_insert_lsn()"
    ));
    wait::until("the other table's row", IN_TIME, || {
        let found = world.platform.try_sql(
            &world.store(),
            &format!(
                "select count(*) from shared.env_observation where station_code = 'CB-KK-{n}'"
            ),
        )?;
        wait::holds(found == ["1"], format!("{found:?}"))
    });
    wait::until("the source to hear of it", IN_TIME, || {
        let told = world.source("so-nnmt", &format!(
            "select confirmed_flush_lsn >= '{}' from pg_replication_slots where database = current_database()",
            lsn[0]
        ));
        wait::holds(told == ["t"], format!("{told:?}"))
    });
}

fn one_tables_trouble_is_its_own(platform: &Platform) {
    let world = World::new(platform, "trouble", &["so-nnmt"]);
    for setting in HOSTILE {
        let database = world.database("so-nnmt");
        let sql = format!("alter role bangioc_capture in database {database} set {setting}");
        platform.sql("postgres", &sql);
    }
    parcels::add(&world, 0, 1_500);
    let (mut capture, _store) = (quick(&world), world.shared_store("store"));
    world.converge(&[]);
    world.source("so-nnmt", "update land_parcel set surveyed_on = '2020-02-03', updated_at = now() where parcel_no < 20");
    world.converge(&[]);
    let recopy = || world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes"]);
    let whole_again = |n: u32| {
        world.source("so-nnmt", &format!("update land_parcel set area_m2 = {n}.5 where parcel_no < 40; delete from land_parcel where parcel_no = {n}"));
        world.converge(&[]);
        wait::until("it to stream", PATIENCE, || {
            let stand = stand(&world, "land-parcel");
            wait::holds(stand["phase"] == "streaming", stand.to_string())
        });
    };

    // A column goes, and no row changes: nothing tells of it but the copy.
    world.source("so-nnmt", "alter table land_parcel rename column srid to old_srid");
    recopy();
    is_halted(&world, "srid");
    the_other_goes_on(&world, 11);
    world.source("so-nnmt", "update land_parcel set area_m2 = 3.5 where parcel_no = 7; delete from land_parcel where parcel_no = 8");
    world.source("so-nnmt", "alter table land_parcel rename column old_srid to srid");
    whole_again(101);

    // The right to read it is taken and given back.
    world.source("so-nnmt", "revoke select on land_parcel from bangioc_capture");
    recopy();
    is_halted(&world, "SELECT");
    the_other_goes_on(&world, 12);
    world.source("so-nnmt", "delete from land_parcel where parcel_no = 9; grant select on land_parcel to bangioc_capture");
    whole_again(102);

    // A policy hides rows: a copy must not take the rest for all of them.
    let rows = world.in_store("select count(*) from shared.land_parcel");
    world.source("so-nnmt", "alter table land_parcel enable row level security; create policy part on land_parcel for select to bangioc_capture using (parcel_no < 100)");
    recopy();
    // By the look at the catalogue or by the copy that was refused, whichever comes first.
    is_halted(&world, "row security");
    the_other_goes_on(&world, 13);
    assert_eq!(
        world.in_store("select count(*) from shared.land_parcel"),
        rows,
        "hidden rows were swept"
    );
    world.source(
        "so-nnmt",
        "drop policy part on land_parcel; alter table land_parcel disable row level security",
    );
    whole_again(103);
    assert!(capture.is_running(), "{}", capture.log());
}

fn a_locked_table_waits_alone(platform: &Platform) {
    let world = World::new(platform, "locked", &["so-nnmt"]);
    parcels::add(&world, 0, 1_000);
    let (capture, _store) = (quick(&world), world.shared_store("store"));
    world.converge(&[]);
    let database = world.database("so-nnmt");
    let held = |seconds: u32, meanwhile: &dyn Fn()| {
        let lock =
            format!("begin; lock table dept.land_parcel; select pg_sleep({seconds}); commit");
        thread::scope(|scope| {
            let holder = scope.spawn(|| platform.try_sql(&database, &lock));
            wait::until("the lock", PATIENCE, || {
                let held = world.source("so-nnmt", "select count(*) from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'land_parcel'::regclass");
                wait::holds(held == ["1"], format!("{held:?}"))
            });
            meanwhile();
            assert!(!holder.is_finished(), "the lock was gone before it was over");
            let pid = world.source("so-nnmt", "select pid from pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'land_parcel'::regclass");
            world.source("so-nnmt", &format!("select pg_terminate_backend({})", pid[0]));
            drop(holder.join());
        });
    };

    // Rows that get a new key and keep a long text: it must be read back, and can't be.
    capture.signal(Signal::STOP);
    world.source("so-nnmt", "update land_parcel set parcel_no = parcel_no + 50000 where note is not null and parcel_no < 300");
    held(120, &|| {
        capture.signal(Signal::CONT);
        the_other_goes_on(&world, 21);
        the_other_goes_on(&world, 22);
    });
    world.converge(&[]);

    // A copy meets the lock, and so does a start.
    held(120, &|| {
        world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes"]);
        capture.wait_for_log("BG0236", Duration::from_secs(30));
        the_other_goes_on(&world, 23);
    });
    world.converge(&[]);
    capture.stop();
    held(120, &|| {
        let _capture = quick(&world);
        the_other_goes_on(&world, 24);
    });
    let _capture = quick(&world);
    world.source("so-nnmt", "update land_parcel set area_m2 = 9.5 where parcel_no < 50");
    world.converge(&[]);
}

fn a_halt_found_at_start_is_kept(platform: &Platform) {
    let world = World::new(platform, "kept", &["so-nnmt"]);
    parcels::add(&world, 0, 200);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.converge(&[]);
    capture.stop();
    world.source("so-nnmt", "alter table land_parcel rename column note to remark");
    let capture = world.capture("so-nnmt");
    is_halted(&world, "note");
    world.source("so-nnmt", "update land_parcel set area_m2 = 4.5 where parcel_no < 90; delete from land_parcel where parcel_no > 150");
    the_other_goes_on(&world, 31);
    capture.stop();
    world.source("so-nnmt", "alter table land_parcel rename column remark to note");
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
}

fn a_table_is_known_by_its_oid(platform: &Platform) {
    let world = World::new(platform, "oid", &["so-nnmt"]);
    parcels::add(&world, 0, 300);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.converge(&[]);

    // Loaded beside it and swapped in by name.
    world.source("so-nnmt", "begin; create table loaded (like land_parcel including all); \
        insert into loaded (commune_code, map_sheet_no, parcel_no, land_type, area_m2) select '01273', 9, n, 'ONT', n from generate_series(1, 400) n; \
        alter table land_parcel rename to land_parcel_old; alter table loaded rename to land_parcel; \
        grant select on land_parcel to bangioc_capture; alter publication bangioc add table land_parcel; commit; \
        update land_parcel set area_m2 = 2.5 where parcel_no = 1");
    world.converge(&[]);

    // The old one is still published: what is done there is not the dataset's.
    world.source(
        "so-nnmt",
        "update land_parcel_old set area_m2 = 77.5; delete from land_parcel where parcel_no > 350; \
        update land_parcel set area_m2 = 3.5 where parcel_no = 2",
    );
    world.converge(&[]);

    // Renamed away, and rows change there; then it comes back.
    world.source("so-nnmt", "alter table land_parcel rename to elsewhere; update elsewhere set area_m2 = 5.5 where parcel_no < 9");
    is_halted(&world, "elsewhere");
    the_other_goes_on(&world, 41);
    world.source("so-nnmt", "delete from elsewhere where parcel_no = 3; alter table elsewhere rename to land_parcel; update land_parcel set area_m2 = 6.5 where parcel_no = 4");
    world.converge(&[]);

    // The same while nobody looks.
    capture.stop();
    world.source("so-nnmt", "begin; create table again (like land_parcel including all); insert into again (commune_code, map_sheet_no, parcel_no, land_type, area_m2) \
        select '01273', 8, n, 'ONT', n from generate_series(1, 50) n; drop table land_parcel; alter table again rename to land_parcel; \
        grant select on land_parcel to bangioc_capture; alter publication bangioc add table land_parcel; commit");
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
}

fn a_publication_made_again_names_its_cure(platform: &Platform) {
    let world = World::new(platform, "unpublic", &["so-nnmt"]);
    parcels::add(&world, 0, 50);
    let (mut capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.converge(&[]);
    let published = world.source("so-nnmt", "select string_agg(format('dept.%I', tablename), ', ') from pg_publication_tables where pubname = 'bangioc'");
    world.source(
        "so-nnmt",
        "drop publication bangioc; update land_parcel set area_m2 = 1.5 where parcel_no = 1",
    );
    world.source(
        "so-nnmt",
        &format!(
            "create publication bangioc for table {} with (publish_via_partition_root = true)",
            published[0]
        ),
    );
    let status = capture.wait_for_end(Duration::from_mins(1));
    assert_eq!(status.code(), Some(5), "{}", capture.log());
    assert!(
        capture.log().contains("BG0239") && capture.log().contains("bangioc source accept"),
        "{}",
        capture.log()
    );
    world.source("so-nnmt", "delete from land_parcel where parcel_no = 2");
    world.bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
}
