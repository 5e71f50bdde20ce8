//! What cannot be applied parks its key; the rest goes on; a person sees codes and no values.

use std::fs;

use bangioc_tests::platform::Platform;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{secret, wait};

use crate::Check;
use crate::parcels;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("dead_letters::a_bad_row_parks_its_key_and_no_other", a_bad_row_parks_its_key_and_no_other),
    (
        "dead_letters::a_mended_row_heals_by_itself_and_in_order",
        a_mended_row_heals_by_itself_and_in_order,
    ),
    (
        "dead_letters::two_people_discard_and_the_key_is_copied",
        two_people_discard_and_the_key_is_copied,
    ),
    (
        "dead_letters::a_secret_is_exchanged_while_records_wait",
        a_secret_is_exchanged_while_records_wait,
    ),
    ("dead_letters::foreign_bytes_are_parked_by_code", foreign_bytes_are_parked_by_code),
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
    assert_eq!(world.in_store("select count(*) from shared.directing_document"), ["0"]);
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
    assert!(list.contains("E_CODELIST") && list.contains("land_type"), "{list}");
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
pub(crate) fn key_ref(world: &World<'_>) -> String {
    world
        .in_store("select encode(key_ref, 'hex') from flow.parked_key where state = 'parked'")
        .concat()
}

fn a_mended_row_heals_by_itself_and_in_order(platform: &Platform) {
    let world = World::new(platform, "mending", &["so-nnmt"]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    world.source("so-nnmt", "update land_parcel set land_type = 'ZZZ' where parcel_no = 7");
    parked(&world, &["E_CODELIST"]);
    let key = key_ref(&world);
    let refused = world.try_bangioc("dead-letter", &["dead-letter", "replay", &key]);
    assert!(
        !refused.status.success()
            && String::from_utf8_lossy(&refused.stderr).contains("E_CODELIST"),
        "nothing is mended yet: {refused:?}"
    );
    parked(&world, &["E_CODELIST"]);
    let shown = world.bangioc("dead-letter", &["dead-letter", "show", &key]);
    for words in
        ["parcel_no = 7", "a code is not in its list", "in code list land-types", "at its source"]
    {
        assert!(shown.contains(words), "no `{words}` in: {shown}");
    }

    // Still wrong, so it waits, in order.
    for n in 1..=30 {
        world.source(
            "so-nnmt",
            &format!("update land_parcel set area_m2 = {n}.5 where parcel_no = 7"),
        );
    }
    wait::until("the queue to grow", PATIENCE, || {
        let waiting =
            world.platform.try_sql(&world.store(), "select count(*) from flow.parked_record")?;
        wait::holds(waiting == ["31"], format!("{waiting:?}"))
    });
    // Mended, wrong again and mended again in one transaction: the last one counts.
    world.source(
        "so-nnmt",
        "begin; update land_parcel set land_type = 'CLN' where parcel_no = 7; update land_parcel set land_type = 'ZZZ' where parcel_no = 7; \
         update land_parcel set land_type = 'CLN', area_m2 = 88.5 where parcel_no = 7; commit",
    );
    parked(&world, &[]);
    world.converge(&[]);
    world.ledger_adds_up();
    let sums = "select sum(parked) || ' ' || sum(superseded) from flow.ledger";
    assert_eq!(world.in_store(sums), ["0 32"], "what was parked was posted back");

    // A long text that did not change does not travel with the mended row: a copy of it comes.
    let long = "map_sheet_no = 1 and parcel_no = 11";
    world.source("so-nnmt", &format!("update land_parcel set land_type = 'ZZZ' where {long}"));
    parked(&world, &["E_CODELIST"]);
    world.source(
        "so-nnmt",
        &format!("update land_parcel set land_type = 'CLN', area_m2 = 99.5 where {long}"),
    );
    parked(&world, &[]);
    world.converge(&[]);
    world.ledger_adds_up();
}

fn two_people_discard_and_the_key_is_copied(platform: &Platform) {
    let world = World::new(platform, "discarding", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    world.source("so-nnmt", "update land_parcel set land_type = 'ZZZ' where parcel_no = 7");
    parked(&world, &["E_CODELIST"]);
    let key = key_ref(&world);
    let (an, binh) = (world.operator("an"), world.operator("binh"));
    let discard = |who: &str| world.try_bangioc(who, &["dead-letter", "discard", &key]);
    let asked = discard(&an);
    assert!(asked.status.success(), "{asked:?}");
    parked(&world, &["E_CODELIST"]);
    let again = discard(&an);
    assert!(
        String::from_utf8_lossy(&again.stderr).contains("BG0603"),
        "one person is not two: {again:?}"
    );
    assert_eq!(world.in_store("select discard_by from flow.parked_key"), std::slice::from_ref(&an));
    one_login_is_one_person(&world, &an, &key);
    parked(&world, &["E_CODELIST"]);
    // Mended at the source while no sink runs; the copy of the key brings what is there now.
    store.stop();
    world.source(
        "so-nnmt",
        "update land_parcel set land_type = 'CLN', area_m2 = 11.5 where parcel_no = 7",
    );
    let confirmed = discard(&binh);
    assert!(confirmed.status.success(), "{confirmed:?}");
    assert_eq!(
        world.in_store("select discard_by, ended_by from flow.parked_key"),
        [format!("{an}|{binh}")]
    );
    parked(&world, &[]);
    let _store = world.shared_store("again");
    world.converge(&[]);
    world.ledger_adds_up();
}

/// Not by the tool alone: by the database, whatever is typed into it.
fn one_login_is_one_person(world: &World<'_>, login: &str, key: &str) {
    let password = format!("the password of {login}");
    let refused = |sql: &str, why: &str| {
        let said = world.platform.sql_as(login, &password, &world.store(), sql);
        let said = said.expect_err("it was let through");
        assert!(said.contains(why), "{sql}: {said}");
    };
    let place =
        format!("select topic, partition, key_ref from flow.parked_key where key_ref = '\\x{key}'");
    let call = format!("select flow.discard(topic, partition, key_ref, null) from ({place}) k");
    refused(&call, "same login");
    refused(&format!("set role bangioc_operator; {call}"), "same login");
    for denied in [
        "update flow.parked_key set discard_by = 'somebody'",
        "delete from flow.parked_record",
        "insert into flow.disclosure (\"by\", purpose, dataset, key_ref) values ('somebody', 'x', 'x', '')",
        "select * from flow.land_parcel",
        "select * from shared.land_parcel",
        "select * from flow.disclosure",
        "set session authorization postgres",
    ] {
        refused(denied, "permission denied");
    }
    // Nobody's row without an entry that stays, and of the row that the entry names.
    let disclose = "flow.disclose('why', 'land-parcel', '\\x00', 'land_parcel', '{01273,1,7}')";
    let row = |entry: &str, key: &str| {
        format!(
            "select flow.disclosed_row({entry}, 'land_parcel', '{{commune_code,map_sheet_no,parcel_no}}', '{key}')"
        )
    };
    refused(
        &format!(
            "begin; select {disclose}; {}",
            row("currval('flow.disclosure_id_seq')", "{01273,1,7}")
        ),
        "permission denied",
    );
    refused(
        &format!("begin; savepoint s; {}; rollback", row(disclose, "{01273,1,7}")),
        "not on record",
    );
    let asked = world
        .platform
        .sql_as(login, &password, &world.store(), &format!("select {disclose}"))
        .expect("an operator may ask");
    refused(&row(&asked[0], "{01273,1,8}"), "not on record");
    let by_another_column = row(&asked[0], "{01273,1,7}").replace("parcel_no", "note");
    refused(&by_another_column, "not the key");
    let seen = world
        .platform
        .sql_as(login, &password, &world.store(), &row(&asked[0], "{01273,1,7}"))
        .expect("what is on record is shown");
    assert!(seen.concat().contains("parcel_no"), "{seen:?}");
    assert_eq!(world.in_store("select distinct \"by\" from flow.disclosure"), [login.to_owned()]);
}

/// The secret is exchanged while a key waits: it is still that key, what waits still opens, in order.
fn a_secret_is_exchanged_while_records_wait(platform: &Platform) {
    let world = World::new(platform, "rotating", &["so-nnmt"]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 1, 20);
    world.converge(&[]);
    let waiting = |wanted: &str| {
        wait::until("the queue to grow", PATIENCE, || {
            let sql = "select count(*) from flow.parked_record where state = 'parked'";
            let found = world.platform.try_sql(&world.store(), sql)?;
            wait::holds(found == [wanted], format!("{found:?}"))
        });
    };
    world.source("so-nnmt", "update land_parcel set land_type = 'ZZZ' where parcel_no = 7");
    for n in 1..=2 {
        world.source(
            "so-nnmt",
            &format!("update land_parcel set area_m2 = {n}.5 where parcel_no = 7"),
        );
    }
    waiting("3");
    let key = key_ref(&world);

    // Another secret, and nothing said of the one before: nothing starts, nothing is named anew.
    store.stop();
    let (now, before) = (world.dir.join("secret"), world.dir.join("secret-before"));
    fs::rename(&now, &before).expect("a move");
    secret::write(&now, "another secret of this test alone");
    let mut refused = world.shared_store("unsaid");
    let end = refused.wait_for_end(PATIENCE);
    assert_eq!(end.code(), Some(3), "{}", refused.log());
    assert!(refused.log().contains("BG0606"), "{}", refused.log());
    let list = ["dead-letter", "show", &key];
    let unsaid = world.try_bangioc("dead-letter", &list);
    assert!(String::from_utf8_lossy(&unsaid.stderr).contains("BG0606"), "{unsaid:?}");

    let previous = format!("[sink]\nprevious_secret_file = \"{}\"", before.display());
    for who in ["shared-store", "dead-letter"] {
        let text = fs::read_to_string(world.config(who)).expect("a configuration");
        fs::write(world.config(who), text.replacen("[sink]", &previous, 1))
            .expect("a configuration");
    }
    // A tool that has both reads what the sink has not sealed anew yet.
    world.bangioc("dead-letter", &list);
    let store = world.shared_store("both");
    world.source("so-nnmt", "update land_parcel set area_m2 = 4.5 where parcel_no = 7");
    waiting("4");
    assert_eq!(key_ref(&world), key, "the key has the name that it had");
    store.stop();

    // The old one is gone for good.
    fs::remove_file(&before).expect("gone");
    for who in ["shared-store", "dead-letter"] {
        let text = fs::read_to_string(world.config(who)).expect("a configuration");
        fs::write(world.config(who), text.replacen(&previous, "[sink]", 1))
            .expect("a configuration");
    }
    let _store = world.shared_store("new");
    // All four open, and the first still says what is wrong.
    let replayed = world.try_bangioc("dead-letter", &["dead-letter", "replay", &key]);
    assert!(String::from_utf8_lossy(&replayed.stderr).contains("E_CODELIST"), "{replayed:?}");
    world.source("so-nnmt", "update land_parcel set land_type = 'CLN' where parcel_no = 7");
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
        &[("key-1", "{\"json\": 1}"), ("key-2", "Obj\u{1}..."), ("key-3", "")],
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
