//! From a commit to the store: every kind of change, with and without a copy running.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;
use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{root, wait};

use crate::Check;
use crate::parcels::{self, LONG_TEXT, Writer};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("journey::a_copy_with_a_writer_running_ends_equal", a_copy_with_a_writer_running_ends_equal),
    ("journey::every_kind_of_change_arrives", every_kind_of_change_arrives),
    (
        "journey::values_that_debezium_types_cannot_hold_arrive",
        values_that_debezium_types_cannot_hold_arrive,
    ),
    ("journey::truncate_in_one_partition_and_in_three", truncate_in_one_partition_and_in_three),
    ("journey::two_sinks_share_the_partitions", two_sinks_share_the_partitions),
];

fn a_copy_with_a_writer_running_ends_equal(platform: &Platform) {
    let world = World::new(platform, "copying", &["so-nnmt"]);
    parcels::add(&world, 0, 20_000);
    thread::scope(|scope| {
        let writer = Writer::start(scope, &world);
        let _capture = world.capture("so-nnmt");
        let _store = world.shared_store("store");
        wait::until("the copy to end", PATIENCE, || {
            let phase = world.platform.try_sql(
                &world.store(),
                "select phase from flow.freshness where dataset = 'land-parcel'",
            )?;
            wait::holds(
                phase == ["streaming"] && writer.changes() > 50,
                format!("{phase:?} after {} changes", writer.changes()),
            )
        });
        writer.stop();
        world.converge(&[]);
        world.ledger_adds_up();
    });
    assert_eq!(
        world.in_store("select count(*) from flow.land_parcel where _missing is not null"),
        ["0"]
    );
    assert_eq!(
        unversioned(&world),
        at_the_source(&world),
        "the last record of every key, and the source"
    );
}

const COLUMNS: [&str; 8] = [
    "commune_code",
    "map_sheet_no",
    "parcel_no",
    "land_type",
    "area_m2",
    "status",
    "certificate_serial",
    "note",
];

/// What Confluent's Python client is left with when it keeps the last record of every key.
fn unversioned(world: &World<'_>) -> BTreeSet<String> {
    let output = Command::new(world.platform.python())
        .arg(root().join("tests/python/unversioned_reader.py"))
        .env("REGISTRY_LOGIN", world.platform.registry_login())
        .args([
            &world.platform.kafka["KAFKA"],
            "admin",
            &world.platform.kafka["KAFKA_PASSWORD"],
            &world.platform.registry_url,
        ])
        .arg(world.topic("so-nnmt", "land-parcel"))
        .args(COLUMNS)
        .output()
        .expect("the Python environment that `ops/setup test` makes");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

fn at_the_source(world: &World<'_>) -> BTreeSet<String> {
    let columns = COLUMNS.map(|column| format!("coalesce({column}::text, '')")).join(" || '|' || ");
    world.source("so-nnmt", &format!("select {columns} from land_parcel")).into_iter().collect()
}

fn every_kind_of_change_arrives(platform: &Platform) {
    let world = World::new(platform, "kinds", &["so-nnmt", "national", "so-yt", "vp-ubnd"]);
    let _captures = ["so-nnmt", "national", "so-yt", "vp-ubnd"].map(|source| world.capture(source));
    let _store = world.shared_store("store");
    parcels::add(&world, 0, 50);
    world.source("national", "insert into business (enterprise_code, name_vi, entity_type, status, founded_on, charter_capital, head_commune, main_industry, industries, legal_reps) \
        values ('4899999017', 'CÔNG TY TNHH MẪU', 'LLC1', 'active', '2019-04-02', 2500000000, '01777', '10740', array['10740', '46322'], '[{\"name\": \"Đàm Thị Mẫu\"}]')");
    world.source("so-yt", "insert into health_facility (facility_code, name_vi, class, kind, commune_code, lon, lat, beds, departments, opening, emergency_24h) \
        values ('04001', 'Bệnh viện MẪU', 1, 'hospital', '01273', 106.2578, 22.6657, 500, array['Nội', 'Ngoại \"A\"', null], '{\"mon-fri\": \"07:00-17:00\"}', true)");
    world.source("so-nnmt", "insert into env_observation (station_code, param_code, observed_at, value, unit, status) \
        select 'CB-KK-01', 'PM10', date_trunc('hour', now()) - n * interval '5 min', 30 + n / 7.0, 'ug/Nm3', '00' from generate_series(0, 40) n");
    world.source("vp-ubnd", "insert into directing_document (agency_code, document_no, issued_on, doc_type, summary_vi, recipients, file_name, file_content, file_sha256, is_public) \
        select 'H14', '1234/QĐ-UBND', '2026-02-10', 'QĐ', 'Phê duyệt quy hoạch', array['H14.02'], '1234_QD.pdf', c, sha256(c), true from (select '\\x255044462d312e37'::bytea c) s");
    world.converge(&[]);

    // Twice the same natural key: the one received last is the latest.
    world.source("so-nnmt", "insert into env_observation (station_code, param_code, observed_at, value, unit, status, received_at) \
        values ('CB-KK-01', 'PM10', date_trunc('hour', now()), 99.5, 'ug/Nm3', '00', now() + interval '1 s')");
    world.source(
        "so-nnmt",
        &format!("update land_parcel set note = {LONG_TEXT} where parcel_no <= 5"),
    );
    // The note stays, and is not sent; the key changes while it stays; a key moves onto another's old place.
    world.source("so-nnmt", "update land_parcel set area_m2 = 1.5 where parcel_no <= 5");
    world.source(
        "so-nnmt",
        "update land_parcel set map_sheet_no = 77 where parcel_no between 1 and 4",
    );
    world.source("so-nnmt", "begin; delete from land_parcel where map_sheet_no = 77 and parcel_no = 1; \
        update land_parcel set parcel_no = 1 where map_sheet_no = 77 and parcel_no = 2; \
        insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2) values ('01273', 77, 2, 'CLN', 7); commit");
    world.source("so-nnmt", "begin; savepoint one; delete from land_parcel where parcel_no = 30; rollback to one; update land_parcel set status = 'merged' where parcel_no = 30; commit");
    world.source("national", "update business set status = 'dissolved', legal_reps = '[]', changed_at = '2026-01-01 00:00:00.000001+07'");
    world.source("so-yt", "update health_facility set departments = '{}', opening = null, lon = 106.123456789012345, licence_valid_to = null");
    world.source("vp-ubnd", "update directing_document set document_no = '1235/QĐ-UBND', recipients = array['H14.02', 'H14.35']");
    world.converge(&[]);
    world.source("so-yt", "delete from health_facility");
    world.source("vp-ubnd", "delete from directing_document");
    world.source("so-nnmt", "delete from land_parcel where parcel_no % 3 = 0");
    world.converge(&[]);
    world.ledger_adds_up();
    assert_eq!(world.in_store("select count(*) from flow.parked_key"), ["0"]);
    assert_eq!(
        world.in_store("select count(*) from flow.health_facility where _deleted"),
        ["1"],
        "a deleted row leaves a tombstone"
    );
}

fn values_that_debezium_types_cannot_hold_arrive(platform: &Platform) {
    let world = World::new(platform, "odd", &["so-nnmt", "national"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    let _business = world.capture("national");
    // As far as the rules allow; what they forbid is parked, and belongs to the dead letters' tests.
    parcels::add(&world, 0, 5);
    world.source("so-nnmt", "update land_parcel set surveyed_on = '0044-03-15 BC', land_types_mixed = '{}' where parcel_no = 1");
    world.source("so-nnmt", "update land_parcel set surveyed_on = '-infinity', updated_at = '-infinity' where parcel_no = 2");
    world.source("so-nnmt", "update land_parcel set land_types_mixed = null, updated_at = '0001-01-01 00:00:00+00 BC' where parcel_no = 3");
    world.source("so-nnmt", "update land_parcel set note = E'tab\\t back\\\\slash \\n line, \"quoted\", null, \\\\N, {braces}' where parcel_no = 4");
    world.source("so-nnmt", "update land_parcel set updated_at = '1850-06-30 12:00:00+07', note = '__debezium_unavailable_value' where parcel_no = 5");
    world.source("national", "insert into business (enterprise_code, name_vi, entity_type, status, founded_on, charter_capital, main_industry, industries, legal_reps, owners) \
        values ('4899999024', 'MẪU \"HAI\"', 'LLC1', 'active', '1899-12-31', 999999999999999, '10740', array['10740'], '[]', '{\"n\": 12345678901234567890.12345, \"t\": \"\\u0111\"}')");
    world.converge(&[]);
    // And the same by a copy instead of the stream.
    capture.stop();
    assert_eq!(world.in_store("select count(*) from flow.parked_key"), ["0"]);
}

fn truncate_in_one_partition_and_in_three(platform: &Platform) {
    let world = World::new(platform, "truncating", &["so-nnmt", "national"]);
    let _captures = ["so-nnmt", "national"].map(|source| world.capture(source));
    let _store = world.shared_store("store");
    parcels::add(&world, 0, 2_000);
    let company = |code: &str| {
        format!(
            "insert into business (enterprise_code, name_vi, entity_type, status, founded_on, main_industry, industries) \
        values ('{code}', 'MẪU', 'LLC1', 'active', '2019-04-02', '10740', array['10740'])"
        )
    };
    world.source("national", &company("4899999017"));
    world.source("national", &company("4899999024"));
    world.converge(&[]);
    assert_eq!(world.in_store("select count(*) from shared.business"), ["2"]);

    world.source(
        "national",
        &format!("begin; truncate business; {}; commit", company("4899999031")),
    );
    world.source("so-nnmt", "truncate land_parcel");
    parcels::add(&world, 100, 300);
    world.converge(&[]);
    assert_eq!(world.in_store("select count(*) from shared.business"), ["1"]);
    assert_eq!(world.in_store("select count(*) from shared.land_parcel"), ["300"]);
    world.ledger_adds_up();
}

fn two_sinks_share_the_partitions(platform: &Platform) {
    let world = World::new(platform, "sharing", &["so-nnmt"]);
    parcels::add(&world, 0, 3_000);
    let _capture = world.capture("so-nnmt");
    let (_one, two) = (world.shared_store("one"), world.shared_store("two"));
    let owners = "select count(distinct owner) from flow.lease where expires_at > now()";
    wait::until("both to hold partitions", PATIENCE, || {
        let owners = world.platform.try_sql(&world.store(), owners)?;
        wait::holds(owners == ["2"], format!("{owners:?} owners"))
    });
    world.converge(&[]);
    // The other takes over what a dead one held.
    two.kill();
    world.source("so-nnmt", "update land_parcel set area_m2 = 5.5");
    world.converge(&[]);
    wait::until("one owner", Duration::from_secs(30), || {
        let owners = world.platform.try_sql(&world.store(), owners)?;
        wait::holds(owners == ["1"], format!("{owners:?} owners"))
    });
    world.ledger_adds_up();
}
