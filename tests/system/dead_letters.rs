//! What cannot be applied parks its key; the rest goes on; a person sees codes and no values.

use std::fs;

use bangioc_tests::platform::Platform;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "dead_letters::a_bad_row_parks_its_key_and_no_other",
        a_bad_row_parks_its_key_and_no_other,
    ),
    (
        "dead_letters::a_mended_row_is_replayed_in_order",
        a_mended_row_is_replayed_in_order,
    ),
    (
        "dead_letters::two_people_discard_and_the_key_is_copied",
        two_people_discard_and_the_key_is_copied,
    ),
    (
        "dead_letters::foreign_bytes_are_parked_by_code",
        foreign_bytes_are_parked_by_code,
    ),
];

const CANARY: &str = "0041999999-CANARY";

fn parked(world: &World<'_>, wanted: &[&str]) {
    wait::until("keys to be parked", PATIENCE, || {
        let codes = world.platform.try_sql(
            &world.store(),
            "select code from flow.parked_key where state = 'parked' order by code",
        )?;
        wait::holds(codes == wanted, format!("{codes:?} parked"))
    });
}

fn a_bad_row_parks_its_key_and_no_other(platform: &Platform) {
    let world = World::new(platform, "parking", &["so-nnmt", "vp-ubnd"]);
    let _captures = ["so-nnmt", "vp-ubnd"].map(|source| world.capture(source));
    let _store = world.shared_store("store");
    parcels::add(&world, 0, 100);
    world.converge(&[]);
    world.source("so-nnmt", &format!("begin; update land_parcel set land_type = 'ZZZ', note = '{CANARY}' where parcel_no = 5; \
        update land_parcel set area_m2 = 8.5; insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, geom_wkt) \
        values ('01273', 9, 9, 'ONT', 100, 'POLYGON((599761 2528554,599771 2528564,599771 2528554,599761 2528564,599761 2528554))'); commit"));
    world.source("vp-ubnd", &format!("insert into directing_document (agency_code, document_no, issued_on, doc_type, summary_vi, secrecy) values ('H14', '1/QĐ-UBND', '2026-01-05', 'QĐ', '{CANARY}', 2)"));
    parked(&world, &["E_CODELIST", "E_GEOMETRY", "E_SECRET"]);
    world.converge(&[
        ("land_parcel", "parcel_no = 5 or map_sheet_no = 9"),
        ("directing_document", "true"),
    ]);
    assert_eq!(
        world.in_store(
            "select count(*) from shared.land_parcel where land_type = 'ZZZ' or map_sheet_no = 9"
        ),
        ["0"]
    );
    assert_eq!(
        world.in_store("select count(*) from shared.directing_document"),
        ["0"]
    );
    // The row as it was before its key was parked is still there: nothing is lost.
    assert_eq!(
        world.in_store(
            "select count(*) from shared.land_parcel where parcel_no = 5 and area_m2 <> 8.5"
        ),
        ["1"]
    );
    assert_eq!(world.in_store("select count(*) from flow.parked_record r join flow.parked_key k using (topic, key_ref) where k.code = 'E_CODELIST'"), ["2"], "what came later waits behind it");
    assert_eq!(world.in_store("select count(payload) from flow.parked_record r join flow.parked_key k using (topic, key_ref) where k.code = 'E_SECRET'"), ["0"], "a secret is not kept");

    // People see codes and places, and no value anywhere.
    let list = world.bangioc("dead-letter", &["dead-letter", "list"]);
    assert!(
        list.contains("E_CODELIST") && list.contains("land_type"),
        "{list}"
    );
    let mut said = list;
    for file in fs::read_dir(&world.dir).expect("a folder").flatten() {
        if file.path().extension().is_some_and(|end| end == "log") {
            said += &fs::read_to_string(file.path()).expect("a log");
        }
    }
    assert!(!said.contains(CANARY), "a value stands in a log or a list");
    let plain = world.in_store(&format!(
        "select count(*) from flow.parked_record where position('{CANARY}'::bytea in payload) > 0"
    ));
    assert_eq!(plain, ["0"], "payloads are encrypted");
    world.ledger_adds_up();
}

/// The reference of the only parked key.
fn key_ref(world: &World<'_>) -> String {
    world
        .in_store("select encode(key_ref, 'hex') from flow.parked_key where state = 'parked'")
        .concat()
}

fn a_mended_row_is_replayed_in_order(platform: &Platform) {
    let world = World::new(platform, "mending", &["so-nnmt"]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    world.source(
        "so-nnmt",
        "update land_parcel set land_type = 'ZZZ' where parcel_no = 7",
    );
    parked(&world, &["E_CODELIST"]);
    let key = key_ref(&world);
    let replay = ["dead-letter", "replay", &key];
    let refused = world.try_bangioc("dead-letter", &replay);
    assert!(
        !refused.status.success()
            && String::from_utf8_lossy(&refused.stderr).contains("E_CODELIST"),
        "nothing is mended yet: {refused:?}"
    );
    parked(&world, &["E_CODELIST"]);

    for n in 1..=30 {
        world.source(
            "so-nnmt",
            &format!(
                "update land_parcel set land_type = 'CLN', area_m2 = {n}.5 where parcel_no = 7"
            ),
        );
    }
    wait::until("the queue to grow", PATIENCE, || {
        let waiting = world
            .platform
            .try_sql(&world.store(), "select count(*) from flow.parked_record")?;
        wait::holds(waiting == ["31"], format!("{waiting:?}"))
    });
    world.bangioc("dead-letter", &replay);
    parked(&world, &[]);
    world.converge(&[]);
    world.source(
        "so-nnmt",
        "update land_parcel set area_m2 = 99.5 where parcel_no = 7",
    );
    world.converge(&[]);
    world.ledger_adds_up();
    assert_eq!(
        world.in_store("select sum(parked) from flow.ledger"),
        ["0"],
        "what was parked was posted back"
    );
}

fn two_people_discard_and_the_key_is_copied(platform: &Platform) {
    let world = World::new(platform, "discarding", &["so-nnmt"]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    world.source(
        "so-nnmt",
        "update land_parcel set land_type = 'ZZZ' where parcel_no = 7",
    );
    parked(&world, &["E_CODELIST"]);
    let key = key_ref(&world);
    let discard =
        |by: &str| world.try_bangioc("dead-letter", &["dead-letter", "discard", &key, "--by", by]);
    assert!(discard("an").status.success());
    parked(&world, &["E_CODELIST"]);
    assert!(!discard("an").status.success(), "one person is not two");
    parked(&world, &["E_CODELIST"]);
    // Mended at the source while nobody looks; the copy of the key brings what is there now.
    world.source(
        "so-nnmt",
        "update land_parcel set land_type = 'CLN', area_m2 = 11.5 where parcel_no = 7",
    );
    assert!(discard("binh").status.success());
    parked(&world, &[]);
    world.converge(&[]);
    world.ledger_adds_up();
}

fn foreign_bytes_are_parked_by_code(platform: &Platform) {
    let world = World::new(platform, "foreign", &["so-nnmt"]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    let topic = world.topic("so-nnmt", "land-parcel");
    let producer = world.platform.produce_raw(
        "capture-so-nnmt",
        &topic,
        &[
            ("key-1", "{\"json\": 1}"),
            ("key-2", "Obj\u{1}..."),
            ("key-3", ""),
        ],
    );
    assert!(producer.is_ok(), "{producer:?}");
    wait::until("foreign records to be parked", PATIENCE, || {
        let codes = world.platform.try_sql(
            &world.store(),
            "select string_agg(distinct code, ' ' order by code) from flow.parked_key",
        )?;
        wait::holds(
            codes.concat().contains("BAD_MAGIC") || codes.concat().contains("KEY_UNDECODABLE"),
            format!("{codes:?}"),
        )
    });
    world.source("so-nnmt", "update land_parcel set area_m2 = 4.5");
    world.converge(&[]);
    world.ledger_adds_up();
}
