//! Who asks something of a capture, and what comes of it: each asker within its own bounds, whatever it
//! writes, and none in another's way.

use std::time::Duration;

use bangioc_schemas::asker::Asker;
use bangioc_schemas::names;
use bangioc_tests::platform::Platform;
use bangioc_tests::wait;
use bangioc_tests::world::{OwnTable, PATIENCE, World};
use serde_json::Value;

use crate::Check;
use crate::sites::{self, INDEXED};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "askers::the_open_side_moves_nothing_that_is_not_its_own",
        the_open_side_moves_nothing_that_is_not_its_own,
    ),
    ("askers::who_asked_is_who_wrote", who_asked_is_who_wrote),
    ("askers::one_that_asks_too_much_is_in_nobodys_way", one_that_asks_too_much_is_in_nobodys_way),
];

/// A table of which nothing is public.
const SECRET: &str = "secret-register";

fn world<'p>(platform: &'p Platform, name: &str) -> World<'p> {
    let secret = OwnTable {
        source: "so-nnmt",
        table: "secret_register".to_owned(),
        sql: "create table secret_register (code varchar(20) primary key, holder text);
              insert into secret_register select 'K' || n, 'holder ' || n from generate_series(1, 20) n"
            .to_owned(),
        file: format!("so-nnmt/{SECRET}.yaml"),
        contract: format!(
            "
dataset: {SECRET}
owner: so-nnmt
name: {{ vi: Sổ mật, en: Secret register }}
kind: state
source: {{ table: dept.secret_register }}
key: [code]
columns:
  code: {{ type: varchar(20), class: personal, vi: Mã, en: Code }}
  holder: {{ type: text, class: sensitive, vi: Người giữ, en: Holder }}
"
        ),
    };
    let tables: Vec<OwnTable> = sites::tables().into_iter().chain([secret]).collect();
    World::with_tables(platform, name, &["so-nnmt"], &tables)
}

fn topic(world: &World<'_>, user: &str) -> String {
    let asker = Asker::of_user(user).expect("an asker");
    names::signal_topic(&world.name, "so-nnmt", &asker)
}

/// As somebody with the password of `user` does it.
#[track_caller]
fn write(world: &World<'_>, user: &str, signals: &[&str]) {
    let records: Vec<_> = signals.iter().map(|signal| ("k", *signal)).collect();
    let topic = topic(world, user);
    let written = world.platform.produce_raw(user, &topic, &records);
    written.expect("its own topic");
}

/// Waits until the capture has dealt with all that `user` wrote.
#[track_caller]
fn heard(world: &World<'_>, user: &str) {
    let end = world.platform.records(&topic(world, user)).len();
    let key = format!("signals/{user}");
    wait::until("the capture to have heard it", PATIENCE, || {
        let state = world.platform.records(&format!("{}.state.so-nnmt", world.name));
        let newest = state
            .iter()
            .rev()
            .find(|record| record.key.as_deref() == Some(key.as_bytes()))
            .and_then(|record| record.value.as_deref())
            .map(|value| serde_json::from_slice::<Value>(value).expect("JSON"));
        let next = newest.and_then(|position| position["next_offset"].as_u64());
        wait::holds(next == Some(end as u64), format!("{next:?} of {end}"))
    });
}

fn stand(world: &World<'_>, dataset: &str) -> Value {
    let listed = world.bangioc("operator-lan", &["dataset", "list", "--output", "json"]);
    let listed: Value = serde_json::from_str(&listed).expect("JSON");
    let mut listed = listed.as_array().expect("datasets").iter();
    let found = listed.find(|one| one["dataset"] == dataset);
    found.expect("the dataset").clone()
}

#[track_caller]
fn streaming(world: &World<'_>, dataset: &str) {
    wait::until("the dataset to stream", PATIENCE, || {
        let stand = stand(world, dataset);
        wait::holds(stand["phase"] == "streaming", &stand)
    });
}

fn the_open_side_moves_nothing_that_is_not_its_own(platform: &Platform) {
    let world = world(platform, "openasks");
    sites::add(&world, INDEXED.1, 1, 9);
    let capture = world.capture("so-nnmt");
    for dataset in [SECRET, "site", "land-parcel"] {
        streaming(&world, dataset);
    }
    let copied = |dataset| stand(&world, dataset)["last_copy"]["done_at_us"].clone();
    let before = [SECRET, "site"].map(copied);
    let records = |topic: &str| world.platform.records(topic).len();
    let (shared, secrets) = (world.topic("so-nnmt", "site"), world.topic("so-nnmt", SECRET));
    let sent = (records(&shared), records(&secrets));

    // All that it may not have, in its own topic: the password of the process with the public web server is
    // all that it takes.
    write(
        &world,
        "open-data",
        &[
            r#"{"kind":"pause-dataset","dataset":"secret-register","by":"lan"}"#,
            r#"{"kind":"pause-dataset","dataset":"secret-register"}"#,
            r#"{"kind":"pause-dataset","dataset":"site"}"#,
            r#"{"kind":"copy-dataset","dataset":"secret-register"}"#,
            r#"{"kind":"copy-dataset","dataset":"site"}"#,
            r#"{"kind":"resume-dataset","dataset":"land-parcel"}"#,
            r#"{"kind":"copy-key","dataset":"secret-register","side":"open","key":["K1"]}"#,
            r#"{"kind":"copy-key","dataset":"secret-register","key":["K1"]}"#,
            r#"{"kind":"copy-key","dataset":"site","side":"shared","key":["S1"]}"#,
            r#"{"kind":"copy-key","dataset":"site","key":["S1"]}"#,
            r#"{"kind":"copy-key","dataset":"business","side":"open","key":["1"]}"#,
            "not JSON",
            // And what it may.
            r#"{"kind":"copy-key","dataset":"site","side":"open","key":["S1"]}"#,
        ],
    );
    heard(&world, "open-data");
    for dataset in [SECRET, "site", "land-parcel"] {
        assert_eq!(stand(&world, dataset)["phase"], "streaming", "{dataset}");
    }
    assert_eq!([SECRET, "site"].map(copied), before, "a whole table was copied again");
    assert_eq!(records(&secrets), sent.1, "rows of a private table were sent again");
    // Of the key that it may ask for, which is not public, the open side alone hears that it is gone.
    assert_eq!(records(&shared), sent.0 + 1, "only the one key was copied");
    // Said together, not one by one.
    for why in ["not-theirs", "not-open", "unknown-dataset", "unreadable"] {
        let said = format!("code=\"BG0231\" asker=open-data why=\"{why}\"");
        capture.wait_for_log(&said, Duration::from_secs(30));
    }

    // Elsewhere it may not write at all.
    let common = names::common_signal_topic(&world.name, "so-nnmt");
    for topic in [topic(&world, "operator-lan"), topic(&world, "shared-store"), common] {
        assert!(!platform.may_write("open-data", &topic), "{topic}");
    }
}

fn who_asked_is_who_wrote(platform: &Platform) {
    let world = world(platform, "whoasks");
    let _capture = world.capture("so-nnmt");
    streaming(&world, SECRET);

    // Who they say they are is read, and nothing else is done with it.
    write(
        &world,
        "operator-lan",
        &[r#"{"kind":"pause-dataset","dataset":"secret-register","by":"\u001b[2J\u202ehung"}"#],
    );
    heard(&world, "operator-lan");
    let paused = stand(&world, SECRET);
    assert_eq!((&paused["phase"], &paused["why"]), (&"paused".into(), &"operator-lan".into()));
    let resumed = world.bangioc("operator-hung", &["dataset", "resume", SECRET, "--yes", "--wait"]);
    assert!(resumed.contains("streaming"), "{resumed}");
    let paused = world.bangioc("operator-hung", &["dataset", "pause", SECRET, "--yes"]);
    let since = format!("{SECRET}: paused by operator-hung since ");
    assert!(paused.starts_with(&since), "{paused}");

    // An administrator makes topics and rights; who asks is a person.
    for user in ["admin", "shared-store"] {
        let refused = world.try_bangioc(user, &["dataset", "resume", SECRET, "--yes"]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert!(said.contains("BG0230") && said.contains(user), "{said}");
        assert_eq!(refused.status.code(), Some(3));
    }
    assert!(!platform.may_write("operator-lan", &topic(&world, "operator-hung")));
}

fn one_that_asks_too_much_is_in_nobodys_way(platform: &Platform) {
    let world = world(platform, "toomuch");
    let config = world.config("so-nnmt");
    let text = std::fs::read_to_string(&config).expect("a configuration");
    let few = text.replace("[capture]\n", "[capture]\nkeys_per_minute = 60\n");
    std::fs::write(&config, few).expect("a configuration");
    sites::add(&world, INDEXED.1, 1, 9);
    let capture = world.capture("so-nnmt");
    streaming(&world, SECRET);
    streaming(&world, "site");

    let key = r#"{"kind":"copy-key","dataset":"site","key":["S1"]}"#;
    let huge =
        format!(r#"{{"kind":"copy-key","dataset":"site","key":["{}"]}}"#, "x".repeat(60_000));
    let deep = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let mut flood = vec![key; 400];
    flood.extend([huge.as_str(), deep.as_str(), "\u{1}"]);
    flood.rotate_left(390);
    write(&world, "shared-store", &flood);
    capture.wait_for_log("too-large", Duration::from_secs(30));

    // Most of it still waits, and a person is heard all the same.
    let paused = world.bangioc("operator-lan", &["dataset", "pause", SECRET, "--yes"]);
    assert!(paused.contains("paused by operator-lan"), "{paused}");
    let taken = platform
        .records(&world.topic("so-nnmt", "site"))
        .iter()
        .filter(|record| record.key.as_ref().is_some_and(|key| key.ends_with(b"S1")))
        .count();
    assert!(taken < 200, "{taken} copies of one key were sent");
}
