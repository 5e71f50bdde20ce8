//! Source and stores compared from outside: equal, changed by hand, repaired, while rows change, on both sides; the
//! statement; the books.

use std::fs;
use std::path::PathBuf;
use std::process::Output;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};
use serde_json::Value;

use crate::Check;
use crate::open_data;
use crate::parcels::{self, Writer};
use crate::sites::{self, CANARY, INDEXED, WHOLE};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "reconcile::what_was_changed_by_hand_is_named_and_repaired",
        what_was_changed_by_hand_is_named_and_repaired,
    ),
    ("reconcile::under_load_nothing_false_is_said", under_load_nothing_false_is_said),
    ("reconcile::every_record_of_the_log_is_in_the_books", every_record_of_the_log_is_in_the_books),
];

struct Running {
    capture: Service,
    store: Service,
    open_data: Service,
}

/// Both sides, with an operator who may compare them.
fn start<'p>(platform: &'p Platform, name: &str) -> (World<'p>, Running) {
    let world = World::with_tables(platform, name, &["so-nnmt"], &sites::tables());
    open_data::with_open_set(&world);
    world.configure("operator-lan", &world.open_store_section());
    let key = world.dir.join("statements-key");
    world.configure(
        "operator-lan",
        &format!(
            "[reconcile]\nsources = [\"{}\"]\nchunk_rows = 300\npatience = \"40s\"\nsigning_key_file = \"{}\"",
            world.config("so-nnmt").display(),
            key.display()
        ),
    );
    world.bangioc("operator-lan", &["statement", "key", &key.display().to_string()]);
    let running = Running {
        capture: world.capture("so-nnmt"),
        store: world.shared_store("store"),
        open_data: open_data::start(&world),
    };
    (world, running)
}

/// Rows of many kinds: long texts, outlines, arrays, nulls beside empty texts, public and private ones.
fn fill(world: &World<'_>) {
    parcels::add(world, 0, 2_000);
    world.source(
        "so-nnmt",
        "update land_parcel set area_m2 = 300, geom_wkt = format('POLYGON((%1$s %2$s,%1$s %4$s,%3$s %4$s,%3$s %2$s,%1$s %2$s))', \
         500000 + parcel_no * 30, 2500000 + map_sheet_no * 30, 500020 + parcel_no * 30, 2500015 + map_sheet_no * 30) where parcel_no % 7 = 0; \
         update land_parcel set note = case when parcel_no % 2 = 0 then '' else E'a,\"b\\\\(c)\\t ' end where parcel_no % 5 = 0",
    );
    for (_, table) in [INDEXED, WHOLE] {
        sites::add(world, table, 1, 600);
        world.source(
            "so-nnmt",
            &format!(
                "update {table} set is_public = true, state = 'issued' where visitors % 4 = 0"
            ),
        );
    }
}

fn compare(world: &World<'_>, more: &[&str]) -> (Output, Vec<Value>) {
    let args = [&["--output", "json", "reconcile"], more].concat();
    let output = world.try_bangioc("operator-lan", &args);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    let results = report["results"].as_array().expect("results").clone();
    (output, results)
}

fn result<'a>(results: &'a [Value], dataset: &str, side: &str) -> &'a Value {
    results.iter().find(|one| one["dataset"] == dataset && one["side"] == side).expect("a result")
}

fn count(result: &Value, what: &str) -> u64 {
    result["counts"][what].as_u64().unwrap_or_else(|| panic!("{result}"))
}

fn differ(result: &Value) -> u64 {
    ["missing", "surplus", "differs", "incomplete"].map(|what| count(result, what)).iter().sum()
}

/// Until everything that was done has come through.
#[track_caller]
fn all_equal(world: &World<'_>) -> Vec<Value> {
    let mut last = Vec::new();
    wait::until("source and stores to be equal", PATIENCE, || {
        let (output, results) = compare(world, &[]);
        last = results;
        wait::holds(
            output.status.success(),
            format!("{}{last:?}", String::from_utf8_lossy(&output.stderr)),
        )
    });
    last
}

fn what_was_changed_by_hand_is_named_and_repaired(platform: &Platform) {
    let (world, running) = start(platform, "equal");
    fill(&world);
    world.converge(&[]);
    let results = all_equal(&world);
    let rows = |dataset: &str, side: &str| count(result(&results, dataset, side), "equal");
    assert_eq!((rows("land-parcel", "shared"), rows("land-parcel", "open")), (2_000, 2_000));
    assert_eq!(
        (rows("site", "shared"), rows("site", "open")),
        (600, sites::public(&world, INDEXED.1).len() as u64)
    );

    statements(&world);
    by_hand(&world);
    a_parked_key_is_not_asked_for(&world);
    what_stands_still_is_not_compared(&world, running);
}

/// Changed, taken away and added in both stores: named without a value, repaired, and equal again.
fn by_hand(world: &World<'_>) {
    // A value, an empty text that was null, a row less, one more, one whose version nothing can be newer than.
    world.in_store(
        "update flow.land_parcel set area_m2 = area_m2 + 1 where map_sheet_no = 1 and parcel_no = 11; \
         update flow.land_parcel set note = '' where map_sheet_no = 1 and parcel_no = 12 and note is null; \
         delete from flow.land_parcel where map_sheet_no = 1 and parcel_no = 13; \
         update flow.land_parcel set _deleted = true where map_sheet_no = 2 and parcel_no = 14; \
         update flow.land_parcel set holder_ids = '{}', _version = decode(repeat('ff', 20), 'hex') where map_sheet_no = 2 and parcel_no = 17; \
         insert into flow.land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, _version, _deleted, _was_live) \
         values ('01273', 99, 99, 'ONT', 5, decode('00000001' || repeat('00', 16), 'hex'), false, false)",
    );
    world.in_open_store(
        "update flow.site set name_vi = 'Sửa tay' where site_code = 'S4'; delete from flow.site where site_code = 'S8'; \
         insert into flow.site (site_code, name_vi, _version, _deleted, _was_live) values ('S3', 'Lộ ra', decode('00000001' || repeat('00', 16), 'hex'), false, false); \
         update flow.land_parcel set geometry = null where map_sheet_no = 1 and parcel_no = 7",
    );
    let (output, results) = compare(world, &[]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("BG0801"), "{said}");
    let parcel = result(&results, "land-parcel", "shared");
    let counts = ["missing", "surplus", "differs"].map(|what| count(parcel, what));
    assert_eq!(counts, [2, 1, 3], "{parcel}");
    let columns: Vec<&Value> = parcel["differences"]
        .as_array()
        .expect("differences")
        .iter()
        .filter(|one| one["kind"] == "differs")
        .map(|one| &one["columns"][0])
        .collect();
    for column in ["area_m2", "note", "holder_ids"] {
        assert!(columns.iter().any(|one| *one == column), "{parcel}");
    }
    let site = result(&results, "site", "open");
    assert_eq!(
        ["missing", "surplus", "differs"].map(|what| count(site, what)),
        [1, 1, 1],
        "{site}"
    );
    assert_eq!(count(result(&results, "land-parcel", "open"), "differs"), 1);
    assert_eq!(differ(result(&results, "site-whole", "open")), 0);
    let text = String::from_utf8_lossy(&output.stdout).into_owned() + &said;
    for value in [CANARY, "Sửa tay", "Lộ ra", "S8\"", "0041999"] {
        assert!(!text.contains(value), "`{value}` is a value: {text}");
    }
    // A key is named as dead letters are, by sixteen digits.
    let key_ref = site["differences"][0]["key_ref"].as_str().expect("a name");
    assert!(key_ref.len() == 16 && key_ref.bytes().all(|digit| digit.is_ascii_hexdigit()));

    // Asked for again: all but the one whose version says that it is newer than everything.
    let (output, results) = compare(world, &["land-parcel", "site", "--repair"]);
    assert_eq!(output.status.code(), Some(1));
    let parcel = result(&results, "land-parcel", "shared");
    assert_eq!((differ(parcel), count(parcel, "repaired")), (1, 5), "{parcel}");
    assert_eq!(count(result(&results, "site", "open"), "repaired"), 3);
    assert_eq!(count(result(&results, "land-parcel", "open"), "repaired"), 1);
    world.in_store("update flow.land_parcel set _version = decode(repeat('00', 20), 'hex') where map_sheet_no = 2 and parcel_no = 17");
    let (output, _) = compare(world, &["land-parcel", "--repair"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    world.converge(&[]);
    all_equal(world);
}

/// A row that can't be applied is known, and a copy would change nothing.
fn a_parked_key_is_not_asked_for(world: &World<'_>) {
    world.source("so-nnmt", "update site set visitors = -1 where site_code = 'S2'");
    world.store_says(
        "the key to be parked",
        "select count(*) from flow.parked_key where dataset = 'site' and state = 'parked'",
        &["1"],
    );
    let signals = |world: &World<'_>| {
        world.platform.records(&format!("{}.signal.so-nnmt.operator-lan", world.name)).len()
    };
    let before = signals(world);
    let (output, results) = compare(world, &["site", "--repair"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let site = result(&results, "site", "shared");
    assert_eq!((count(site, "parked"), differ(site)), (1, 0));
    assert_eq!(site["differences"][0]["code"], "E_RANGE");
    assert_eq!(signals(world), before);
}

/// Of what is not sent, and of a store that stands still, nothing is said.
fn what_stands_still_is_not_compared(world: &World<'_>, running: Running) {
    running.store.stop();
    world.source("so-nnmt", "update land_parcel set area_m2 = area_m2 + 1 where parcel_no = 500");
    world.configure("operator-lan", "statement_timeout = \"20s\"");
    let output = world.try_bangioc("operator-lan", &["reconcile", "land-parcel"]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("not compared") && said.contains("BG0806"), "{said}");
    let _store = world.shared_store("again");
    all_equal(world);
    world.bangioc("operator-lan", &["dataset", "pause", "land-parcel", "--yes"]);
    wait::until("the pause to be known", PATIENCE, || {
        let output = world.try_bangioc("operator-lan", &["reconcile", "land-parcel"]);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        wait::holds(output.status.code() == Some(1) && said.contains("BG0807"), said)
    });
    running.open_data.stop();
    running.capture.stop();
}

/// Signed, verified without anything else, and refused when a word of it is another.
fn statements(world: &World<'_>) {
    let file = world.dir.join("statement.json");
    let path = |file: &PathBuf| file.display().to_string();
    world.bangioc("operator-lan", &["reconcile", "site", "--statement", &path(&file)]);
    let text = fs::read_to_string(&file).expect("a statement");
    let public: Value = serde_json::from_str(&text).expect("JSON");
    let public = public["public_key"].as_str().expect("a key").to_owned();
    let verify = |file: &PathBuf, key: &str| {
        let output = std::process::Command::new(bangioc_tests::bangioc())
            .args(["statement", "verify", &path(file), "--key", key])
            .output()
            .expect("the binary");
        let words = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&words).into_owned())
    };
    let (code, said) = verify(&file, &public);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("site shared: as of ") && said.contains("600 rows equal, 0 differ"),
        "{said}"
    );
    let changed = world.dir.join("changed.json");
    fs::write(&changed, text.replace("\"equal\":600", "\"equal\":601")).expect("a file");
    assert_ne!(fs::read(&changed).expect("a file"), text.as_bytes());
    for (file, key) in [(&changed, public.as_str()), (&file, &"0".repeat(64))] {
        let (code, said) = verify(file, key);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("BG0809"), "{said}");
    }
}

fn under_load_nothing_false_is_said(platform: &Platform) {
    let (world, running) = start(platform, "busy");
    fill(&world);
    world.converge(&[]);
    all_equal(&world);
    std::thread::scope(|scope| {
        let writer = Writer::start(scope, &world);
        for _ in 0..3 {
            let before = writer.changes();
            let (output, results) = compare(&world, &["land-parcel"]);
            for side in ["shared", "open"] {
                let found = result(&results, "land-parcel", side);
                assert_eq!(differ(found), 0, "{found}");
            }
            assert!(output.status.success());
            assert!(writer.changes() > before, "nothing changed meanwhile");
        }
        // One that is real is found among those that are on their way.
        world.in_store("update flow.land_parcel set land_type = 'ZZZ' where commune_code = '01273' and map_sheet_no = 2 and land_type = 'ONT' \
            and parcel_no = (select max(parcel_no) from flow.land_parcel where map_sheet_no = 2 and parcel_no < 900 and not _deleted)");
        let (_, results) = compare(&world, &["land-parcel", "--repair"]);
        let found = result(&results, "land-parcel", "shared");
        assert!(differ(found) == 0, "{found}");
        writer.stop();
    });
    all_equal(&world);
    running.open_data.stop();
    running.store.stop();
    running.capture.stop();
}

fn every_record_of_the_log_is_in_the_books(platform: &Platform) {
    let (world, running) = start(platform, "books");
    fill(&world);
    world.converge(&[]);
    world.source("so-nnmt", "update site set visitors = -1 where site_code in ('S2', 'S6'); delete from land_parcel where parcel_no % 9 = 0");
    world.converge(&[]);
    world.store_says(
        "the keys to be parked",
        "select count(*) from flow.parked_key where dataset = 'site' and state = 'parked'",
        &["2"],
    );
    let verify = |more: &[&str]| {
        let args = [&["ledger", "verify"], more].concat();
        let output = world.try_bangioc("admin", &args);
        let words = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8_lossy(&words).into_owned())
    };
    let (code, said) = verify(&[]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("all accounted for"), "{said}");

    world.in_store("delete from flow.land_parcel where map_sheet_no = 1 and parcel_no = 11");
    let (code, said) = verify(&["land-parcel"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("BG0812")
            && said.contains("the store has the key at an older version, or not at all"),
        "{said}"
    );
    let (code, said) = verify(&["site"]);
    assert_eq!(code, Some(0), "{said}");
    // A parked record that somebody removed, and a page torn out of the books.
    world.in_store("delete from flow.parked_record where ctid = (select ctid from flow.parked_record where topic like '%.site' and state = 'parked' limit 1)");
    let (code, said) = verify(&["site"]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the ledger's parked records are not those that are parked"), "{said}");
    world.in_store("delete from flow.ledger where ctid = (select ctid from flow.ledger where topic like '%.site-whole' and next_offset > first_offset order by first_offset offset 1 limit 1)");
    let (code, said) = verify(&["site-whole"]);
    if world.in_store("select count(*) from flow.ledger where topic like '%.site-whole' and next_offset > first_offset") != ["1"] {
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("in no range of the ledger"), "{said}");
    }
    running.open_data.stop();
    running.store.stop();
    running.capture.stop();
}
