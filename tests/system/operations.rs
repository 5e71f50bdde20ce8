//! What a platform engineer does with datasets: pause, resume, copy again, repair a row, follow one.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use bangioc_tests::bangioc;
use bangioc_tests::platform::Platform;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};
use serde_json::Value;

use crate::Check;
use crate::open_data;
use crate::parcels::{self, Writer};
use crate::sites::{self, CANARY, INDEXED};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "operations::a_paused_dataset_sends_nothing_and_resumes_whole",
        a_paused_dataset_sends_nothing_and_resumes_whole,
    ),
    ("operations::one_row_or_all_are_sent_again", one_row_or_all_are_sent_again),
    ("operations::a_row_is_followed_to_its_end", a_row_is_followed_to_its_end),
];

fn a_paused_dataset_sends_nothing_and_resumes_whole(platform: &Platform) {
    let world = World::new(platform, "paused", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 0, 3_000);
    world.converge(&[]);

    let unasked = world.try_bangioc("operator-lan", &["dataset", "pause", "land-parcel"]);
    let said = refused(&unasked, 2, "BG0182");
    // Whoever moves a dataset need not be able to read it, so its bytes are not weighed.
    assert!(
        !said.contains("to Kafka") && said.contains("rows      ~"),
        "the cost is not shown: {said}"
    );
    assert_eq!(stand(&world, "land-parcel")["phase"], "streaming");
    world.bangioc("operator-lan", &["dataset", "pause", "land-parcel", "--yes"]);
    let paused = stand(&world, "land-parcel");
    assert_eq!((&paused["phase"], &paused["why"]), (&"paused".into(), &"operator-lan".into()));
    let topic = world.topic("so-nnmt", "land-parcel");
    let end = platform.records(&topic).len();

    // The other table of the same database goes on, also after a crash, and of this one nothing is sent.
    let go_on = |n: u32| {
        world.source("so-nnmt", &format!("update land_parcel set area_m2 = area_m2 + 1 where parcel_no % 3 = {n}; delete from land_parcel where parcel_no % 7 = {n}; \
            insert into env_observation (station_code, param_code, observed_at, value, unit, status) values ('CB-KK-0{n}', 'PM2.5', now() - interval '1 hour', {n}, 'ug/Nm3', '00')"));
        world.store_says(
            "the other table to go on",
            &format!("select value from shared.env_observation where station_code = 'CB-KK-0{n}'"),
            &[&n.to_string()],
        );
    };
    go_on(1);
    capture.kill();
    let _capture = world.capture("so-nnmt");
    go_on(2);
    assert_eq!(platform.records(&topic).len(), end, "a paused table was sent");
    wait::until("the pause to be told", PATIENCE, || {
        let status: Value = json(&world.bangioc("admin", &["status", "--output", "json"]));
        let listed = status["datasets"].as_array().expect("datasets");
        let shown = listed.iter().find(|one| one["dataset"] == "land-parcel").expect("it");
        let told = shown["state"]["is"] == "paused" && shown["seconds_behind"].is_null();
        wait::holds(told, shown)
    });
    for (verb, code) in [("pause", "BG0183"), ("recopy", "BG0183"), ("repair", "BG0181")] {
        let key: &[&str] = if verb == "repair" { &["01273"] } else { &[] };
        let args = [&["dataset", verb, "land-parcel"], key].concat();
        let exit = if verb == "repair" { 2 } else { 1 };
        refused(&world.try_bangioc("operator-lan", &args), exit, code);
    }

    // Resumed while rows change: what was missed comes with the copy, what went is swept.
    std::thread::scope(|scope| {
        let writer = Writer::start(scope, &world);
        let done =
            world.bangioc("operator-lan", &["dataset", "resume", "land-parcel", "--yes", "--wait"]);
        assert!(done.contains("streaming; "), "{done}");
        assert!(writer.stop() > 0, "nothing changed meanwhile");
    });
    world.converge(&[]);
    assert!(platform.records(&topic).len() > end, "nothing was sent again");
    assert_eq!(
        world.in_store(
            "select count(*) > 0 from flow.sweep where done_at is not null and rows_removed > 0"
        ),
        ["t"],
        "rows deleted during the pause were not swept"
    );
    world.ledger_adds_up();
}

fn one_row_or_all_are_sent_again(platform: &Platform) {
    let world = World::new(platform, "again", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    parcels::add(&world, 0, 800);
    world.converge(&[]);
    let spoil = "update flow.land_parcel set area_m2 = 1 where parcel_no in (5, 6)";
    world.in_store(spoil);
    let area =
        |no: u32| format!("select area_m2 = 1 from shared.land_parcel where parcel_no = {no}");
    world.bangioc("operator-lan", &["dataset", "repair", "land-parcel", "01273", "1", "5"]);
    world.store_says("the row to be repaired", &area(5), &["f"]);
    assert_eq!(world.in_store(&area(6)), ["t"], "more than the one row was sent");
    // A key that is not there any more, by stdin.
    world.source("so-nnmt", "delete from land_parcel where parcel_no = 7");
    world.store_says(
        "the row to go",
        "select count(*) from shared.land_parcel where parcel_no = 7",
        &["0"],
    );
    world.in_store(
        "update flow.land_parcel set _deleted = false, _was_live = false where parcel_no = 7",
    );
    let repaired = with_stdin(&world, &["dataset", "repair", "land-parcel", "-"], "01273\n1\n7\n");
    assert!(repaired.status.success(), "{repaired:?}");
    world.store_says(
        "the ghost to go",
        "select count(*) from shared.land_parcel where parcel_no = 7",
        &["0"],
    );

    // All of it: what is wrong is written again, what does not exist goes.
    world.in_store("insert into flow.land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, _version, _deleted, _was_live) \
        values ('01273', 99, 99, 'ONT', 5, decode('00000001' || repeat('00', 16), 'hex'), false, false)");
    let done =
        world.bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes", "--wait"]);
    assert!(done.contains("799 rows copied in "), "{done}");
    world.converge(&[]);

    // With the capture away the request waits for it, and it is said so.
    capture.stop();
    world.in_store(spoil);
    let asked = world.try_bangioc("operator-lan", &["dataset", "recopy", "land-parcel", "--yes"]);
    refused(&asked, 4, "BG0222");
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
    let listed = world.bangioc("admin", &["dataset", "list"]);
    let line = listed.lines().find(|line| line.starts_with("land-parcel"));
    assert!(
        line.is_some_and(|line| line.ends_with("streaming") && line.contains("799 rows in ")),
        "{listed}"
    );
}

fn a_row_is_followed_to_its_end(platform: &Platform) {
    let world = World::with_tables(platform, "followed", &["so-nnmt"], &sites::tables());
    open_data::with_open_set(&world);
    let text = std::fs::read_to_string(world.config("open-data")).expect("a configuration");
    let open = text.split("\n[").filter(|part| part.starts_with("open-"));
    let open: Vec<String> = open.map(|part| format!("[{part}\n")).collect();
    world.configure("admin", &open.concat());
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    let open_data = open_data::start(&world);
    sites::add(&world, INDEXED.1, 1, 10);
    world.store_says("the sites to come", "select count(*) from shared.site", &["10"]);
    world.source(
        "so-nnmt",
        "update site set is_public = true, state = 'issued' where site_code in ('S1', 'S2')",
    );
    world.source("so-nnmt", "update site set name_vi = 'Đổi tên' where site_code = 'S1'");
    let name = "select name_vi from TABLE where site_code = 'S1'";
    world.store_says("the row to come", &name.replace("TABLE", "shared.site"), &["Đổi tên"]);
    world.says(
        &world.open_store(),
        "the open row to come",
        &name.replace("TABLE", "open.site"),
        &["Đổi tên"],
    );

    let trace = follow(&world, &["S1"]);
    let shared = &trace["shared"];
    let ops: Vec<&str> = records(shared).iter().filter_map(|one| one["op"].as_str()).collect();
    assert!(ops.ends_with(&["u", "u"]), "{shared}");
    let last = records(shared).last().expect("a record").clone();
    assert_eq!(last["outcome"]["is"], "in-store", "{shared}");
    assert_eq!(last["version"], shared["row"]["version"]);
    for time in ["committed_at", "on_kafka_at", "taken_at"] {
        assert!(
            last[time].as_str().is_some_and(|at| at.starts_with("20") && at.ends_with('Z')),
            "{time}: {last}"
        );
    }
    assert!(shared["position"].as_i64() > last["offset"].as_i64());
    assert_eq!(
        records(&trace["open"]).last().map(|one| &one["outcome"]["is"]),
        Some(&"in-store".into()),
        "{trace}"
    );

    let published = |key: &str| {
        // The service publishes by itself as well, at its hours.
        wait::until("nobody else to publish", PATIENCE, || {
            let done = world.try_bangioc("open-data", &["open-data", "publish"]);
            let busy = String::from_utf8_lossy(&done.stderr).contains("BG0506");
            wait::holds(done.status.success() || !busy, format!("{done:?}"))
        });
        follow(&world, &[key])["snapshots"][0]["has_row"].clone()
    };
    assert_eq!((published("S1"), published("S3")), (true.into(), false.into()));

    // Of a row that never was public the open side knows nothing.
    let hidden = follow(&world, &["S3"]);
    assert!(records(&hidden["open"]).is_empty() && hidden["open"]["row"].is_null(), "{hidden}");
    assert_eq!(hidden["shared"]["row"]["live"], true);

    // A record that cannot be applied is found among the dead letters.
    world.source("so-nnmt", "update site set visitors = -1 where site_code = 'S2'");
    wait::until("the key to be parked", PATIENCE, || {
        let trace = follow(&world, &["S2"]);
        let last = records(&trace["shared"]).last().expect("a record").clone();
        wait::holds(
            last["outcome"]["is"] == "parked" && last["outcome"]["code"] == "E_RANGE",
            last.to_string(),
        )
    });
    assert_eq!(records(&follow(&world, &["no such site"])["shared"]), &[] as &[Value]);

    values_are_shown_on_record_only(&world);
    open_data.stop();
}

/// A person reads positions and no value, unless it goes on record.
fn values_are_shown_on_record_only(world: &World<'_>) {
    let page = world.bangioc("admin", &["trace", "site", "S1"]);
    assert!(page.contains("the row in the store") && page.contains("OPEN SIDE"), "{page}");
    assert!(!page.contains(CANARY) && !page.contains("Đổi tên"), "{page}");
    refused(&world.try_bangioc("admin", &["trace", "site", "S1", "--values"]), 2, "--purpose");
    let purposeless = ["trace", "site", "S1", "--values", "--purpose", " "];
    refused(&world.try_bangioc("admin", &purposeless), 2, "BG0184");
    assert_eq!(world.in_store("select count(*) from flow.disclosure"), ["0"]);
    let args = ["trace", "site", "-", "--values", "--purpose", "complaint 17", "--output", "json"];
    let shown = with_stdin(world, &args, "S1\n");
    assert!(shown.status.success(), "{shown:?}");
    let shown = json(&String::from_utf8_lossy(&shown.stdout));
    assert_eq!(shown["values"]["name_vi"], "Đổi tên");
    assert!(
        shown["values"]["keeper"].as_str().is_some_and(|keeper| keeper.starts_with(CANARY)),
        "{shown}"
    );
    assert_eq!(
        world.in_store("select \"by\", purpose, dataset, length(key_ref) from flow.disclosure"),
        ["postgres|complaint 17|site|8"]
    );
}

fn follow(world: &World<'_>, key: &[&str]) -> Value {
    let args = [&["trace", "site"], key, &["--output", "json"]].concat();
    json(&world.bangioc("admin", &args))
}

fn records(side: &Value) -> &[Value] {
    side["records"].as_array().map_or(&[], Vec::as_slice)
}

fn stand(world: &World<'_>, dataset: &str) -> Value {
    let listed = json(&world.bangioc("admin", &["dataset", "list", "--output", "json"]));
    let mut listed = listed.as_array().expect("datasets").iter();
    listed.find(|one| one["dataset"] == dataset).expect("the dataset").clone()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

/// What it said on stderr.
#[track_caller]
fn refused(output: &Output, exit: i32, words: &str) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(exit), "{said}");
    assert!(said.contains(words), "{said}");
    said
}

fn with_stdin(world: &World<'_>, args: &[&str], text: &str) -> Output {
    let mut child = Command::new(bangioc())
        .arg("--config")
        .arg(world.config(if args[0] == "dataset" { "operator-lan" } else { "admin" }))
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary");
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("to be read");
    child.wait_with_output().expect("its end")
}
