//! The open feed: only what is public of public rows, and of the others nothing at all.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::world::{OwnTable, PATIENCE, World};
use bangioc_tests::{root, wait};

use crate::Check;
use crate::sites::{self, CANARY, INDEXED, WHOLE, settle};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "open_feed::rows_that_never_were_public_leave_nothing",
        rows_that_never_were_public_leave_nothing,
    ),
    (
        "open_feed::without_the_row_filter_they_would_be_seen",
        without_the_row_filter_they_would_be_seen,
    ),
    ("open_feed::a_filter_flipped_under_load_ends_right", a_filter_flipped_under_load_ends_right),
    (
        "open_feed::another_filter_is_copied_and_swept_by_itself",
        another_filter_is_copied_and_swept_by_itself,
    ),
    ("open_feed::a_row_whose_day_has_come_is_let_in", a_row_whose_day_has_come_is_let_in),
    ("open_feed::broken_and_secret_rows_stay_inside", broken_and_secret_rows_stay_inside),
    (
        "open_feed::a_copied_key_is_told_to_whom_it_concerns",
        a_copied_key_is_told_to_whom_it_concerns,
    ),
    (
        "open_feed::a_table_that_does_not_say_what_was_public",
        a_table_that_does_not_say_what_was_public,
    ),
];

const BOTH: [(&str, &str); 2] = [INDEXED, WHOLE];

fn world<'p>(platform: &'p Platform, name: &str) -> World<'p> {
    World::with_tables(platform, name, &["so-nnmt"], &sites::tables())
}

/// Keys that the open topic names in any way, sentinels left out.
fn keys_seen(world: &World<'_>, dataset: &str) -> Vec<String> {
    let topic = world.open_topic("so-nnmt", dataset);
    let records = world.platform.records(&topic);
    let keys = records.iter().filter_map(|record| record.key.as_ref());
    // Magic and schema id, then the text's length.
    keys.map(|key| String::from_utf8_lossy(&key[6..]).into_owned())
        .filter(|key| !key.starts_with("END"))
        .collect()
}

/// The last record of every key, as a reader sees it that knows nothing of us.
fn last_rows(world: &World<'_>, dataset: &str) -> Vec<String> {
    let output = Command::new(world.platform.python())
        .arg(root().join("tests/python/unversioned_reader.py"))
        .env("REGISTRY_LOGIN", world.platform.registry_login())
        .args([
            &world.platform.kafka["KAFKA"],
            "admin",
            &world.platform.kafka["KAFKA_PASSWORD"],
            &world.platform.registry_url,
        ])
        .arg(world.open_topic("so-nnmt", dataset))
        .args(["site_code", "name_vi", "story", "visitors"])
        .output()
        .expect("the Python environment that `ops/setup test` makes");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rows: Vec<String> =
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect();
    rows.sort();
    rows
}

/// No byte of a private value in anything that the open side may read.
fn nothing_private(world: &World<'_>) {
    let progress = format!("{}.progress.open.so-nnmt", world.name);
    let [one, other] = BOTH.map(|(dataset, _)| world.open_topic("so-nnmt", dataset));
    for topic in [one, other, progress] {
        let records = world.platform.records(&topic);
        assert!(!records.is_empty(), "{topic} is empty");
        for record in records {
            for part in [record.key, record.value].into_iter().flatten() {
                let found = part.windows(CANARY.len()).any(|at| at == CANARY.as_bytes());
                assert!(!found, "a private value in {topic} at {}", record.offset);
            }
        }
    }
}

/// Everything that can happen to a row but becoming public: while it is copied and in the stream.
fn change_what_is_private(world: &World<'_>, table: &str) {
    for sql in [
        "update TABLE set name_vi = name_vi || '.', visitors = visitors + 1",
        "update TABLE set keeper = 'CANARY', note = 'CANARY again'",
        "update TABLE set is_public = not is_public, state = case state when 'issued' then 'draft' else 'issued' end \
         where is_public <> (state = 'issued')",
        "update TABLE set story = name_vi where visitors % 5 = 0",
        "update TABLE set site_code = 'T' || substr(site_code, 2) where visitors % 7 = 0",
        "update TABLE set site_code = site_code || 'x', is_public = not is_public where state = 'draft' and visitors % 11 = 0",
        "begin; update TABLE set is_public = true, state = 'issued'; rollback",
        "delete from TABLE where visitors % 3 = 0",
    ] {
        let sql = sql.replace("TABLE", table).replace("CANARY", CANARY);
        world.source("so-nnmt", &sql);
    }
}

fn rows_that_never_were_public_leave_nothing(platform: &Platform) {
    let world = world(platform, "unseen");
    for (_, table) in BOTH {
        sites::add(&world, table, 1, 1_200);
    }
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    for (_, table) in BOTH {
        sites::add(&world, table, 2_000, 300);
        change_what_is_private(&world, table);
    }
    // What a copy sends after the sentinels would be counted as sent by what comes next.
    wait::until("both copies to end", PATIENCE, || {
        let log = capture.log();
        let done = |dataset| log.contains(&format!("copy done dataset=\"{dataset}\""));
        wait::holds(BOTH.iter().all(|(dataset, _)| done(dataset)), &log)
    });
    for of in BOTH {
        settle(&world, of);
        assert_eq!(keys_seen(&world, of.0), Vec::<String>::new(), "{}", of.0);
    }
    // Where all of the old row is said, a change of nothing is not sent at all.
    let sent = || {
        let topic = world.topic("so-nnmt", WHOLE.0);
        world.platform.records(&topic).len()
    };
    let before = sent();
    world.source("so-nnmt", "update site_whole set name_vi = name_vi");
    settle(&world, WHOLE);
    assert_eq!(sent(), before + 1, "the sentinel alone");
    // All of it did pass by.
    wait::until("the shared store to have the rows", PATIENCE, || {
        let counts = BOTH.map(|(_, table)| {
            let rows = |database: &str, table: &str| {
                platform.try_sql(database, &format!("select count(*) from {table}"))
            };
            let source = rows(&world.database("so-nnmt"), &format!("dept.{table}"));
            (source, rows(&world.store(), &format!("shared.{table}")))
        });
        let equal = counts.iter().all(|(source, store)| source == store);
        wait::holds(equal, format!("{counts:?}"))
    });
    nothing_private(&world);
}

/// The trial above can fail.
fn without_the_row_filter_they_would_be_seen(platform: &Platform) {
    let world = world(platform, "unfiltered");
    sites::add(&world, INDEXED.1, 1, 20);
    let capture = world.capture_with("so-nnmt", &[("BANGIOC_BREAK", "filter")]);
    settle(&world, INDEXED);
    wait::until("private rows", PATIENCE, || {
        let seen = keys_seen(&world, INDEXED.0).len();
        wait::holds(seen == 20, format!("{seen} keys; {}", capture.log()))
    });
}

fn a_filter_flipped_under_load_ends_right(platform: &Platform) {
    let world = world(platform, "flipping");
    for (_, table) in BOTH {
        sites::add(&world, table, 1, 2_000);
        world.source(
            "so-nnmt",
            &format!(
                "update {table} set is_public = true, state = 'issued' where visitors % 4 = 0"
            ),
        );
    }
    let mut capture = world.capture("so-nnmt");
    thread::scope(|scope| {
        for (_, table) in BOTH {
            let world = &world;
            scope.spawn(move || {
                for flip in 0..100 {
                    world.source("so-nnmt", &format!(
                        "update {table} set is_public = not is_public where visitors % 10 = {digit}; \
                         update {table} set state = case state when 'issued' then 'draft' else 'issued' end where visitors % 100 = {flip}; \
                         update {table} set visitors = visitors + 10, note = '{CANARY} ' || note where visitors % 50 = {digit}; \
                         begin; update {table} set story = 'told', is_public = true where site_code = 'S{flip}'; \
                         update {table} set name_vi = '{CANARY}', is_public = false where site_code = 'S{flip}'; commit; \
                         update {table} set name_vi = 'Tên', site_code = 'S' || (3000 + {flip}) where site_code = 'S{flip}'; \
                         delete from {table} where site_code = 'S' || (1000 + {flip})",
                        digit = flip % 10
                    ));
                }
            });
        }
        // Killed three times while it is at it, wherever that may be.
        let records = || {
            BOTH.map(|(dataset, _)| {
                world.platform.records(&world.open_topic("so-nnmt", dataset)).len()
            })
            .iter()
            .sum::<usize>()
        };
        for _ in 0..3 {
            let before = records();
            wait::until("more open records", PATIENCE, || {
                let now = records();
                wait::holds(now > before + 20, format!("{now} after {before}"))
            });
            let killed = std::mem::replace(&mut capture, world.capture("so-nnmt"));
            killed.kill();
        }
    });
    for of in BOTH {
        settle(&world, of);
        let wanted = sites::public(&world, of.1);
        assert!(wanted.len() > 100, "{} public rows to compare", wanted.len());
        let mut found = Vec::new();
        // A copy may still run, and repeats what the stream has told.
        wait::until("the last records to be the public rows", PATIENCE, || {
            found = last_rows(&world, of.0);
            let missing: Vec<_> =
                wanted.iter().filter(|row| !found.contains(row)).take(2).collect();
            let extra: Vec<_> = found.iter().filter(|row| !wanted.contains(row)).take(2).collect();
            wait::holds(
                wanted == found,
                format!(
                    "{}: {} wanted, {} found; missing {missing:?}, extra {extra:?}",
                    of.0,
                    wanted.len(),
                    found.len()
                ),
            )
        });
    }
    nothing_private(&world);
}

fn another_filter_is_copied_and_swept_by_itself(platform: &Platform) {
    let world = world(platform, "widened");
    sites::add(&world, INDEXED.1, 1, 40);
    world.source(
        "so-nnmt",
        "update site set is_public = true, state = 'issued' where visitors % 4 = 0",
    );
    let capture = world.capture("so-nnmt");
    settle(&world, INDEXED);
    let rows = |what: &str, wanted: &str| {
        let mut wanted = world.source("so-nnmt", &format!(
            "select concat_ws('|', site_code, name_vi, coalesce(story, ''), visitors) from site where {wanted}"
        ));
        wanted.sort();
        wait::until(what, PATIENCE, || {
            let found = last_rows(&world, INDEXED.0);
            wait::holds(found == wanted, format!("{} wanted, {} found", wanted.len(), found.len()))
        });
        wanted.len()
    };
    let narrow = rows("what is public", "is_public and state = 'issued'");
    capture.stop();
    let file = world.dir.join("contracts/so-nnmt/site.yaml");
    let contract = fs::read_to_string(&file).expect("a contract");
    fs::write(&file, contract.replace(", state: [issued] }", " }")).expect("a contract");
    let capture = world.capture("so-nnmt");
    let wide = rows("more to be public", "is_public");
    assert!(wide > narrow, "{wide} after {narrow}");
    capture.wait_for_log("copied again", PATIENCE);
    // Those that the new filter leaves out would go by a sweep on both sides.
    wait::until("a sweep on either side", PATIENCE, || {
        let sweeps = ["shared", "open"].map(|side| {
            let records = platform.records(&format!("widened.progress.{side}.so-nnmt"));
            let values = records.iter().filter_map(|record| record.value.as_ref());
            let sweep = format!(r#""kind":"sweep","topic":"widened.{side}.so-nnmt.site""#);
            values.filter(|value| String::from_utf8_lossy(value).contains(&sweep)).count()
        });
        wait::holds(sweeps == [1, 1], format!("{sweeps:?} sweeps"))
    });
    // The same filter again: nothing to copy.
    let seen = keys_seen(&world, INDEXED.0).len();
    capture.stop();
    let _capture = world.capture("so-nnmt");
    settle(&world, INDEXED);
    assert_eq!(keys_seen(&world, INDEXED.0).len(), seen);
}

/// Told of by nothing at the source; and of one whose day has not come nothing leaves, not even its end.
fn a_row_whose_day_has_come_is_let_in(platform: &Platform) {
    let notices = OwnTable {
        source: "so-nnmt",
        table: "dated".to_owned(),
        sql: "create table dated (code varchar(20) primary key, issued_on date); alter table dated replica identity full;".to_owned(),
        file: "so-nnmt/dated.yaml".to_owned(),
        contract: "
dataset: dated
owner: so-nnmt
name: { vi: Thông báo thử, en: Trial notices }
kind: state
source: { table: dept.dated, identity: full }
key: [code]
columns:
  code: { type: varchar(20), class: open, vi: Mã, en: Code }
  issued_on: { type: date, class: open, vi: Ngày, en: Issued on, not_after: today }
open: { columns: [code, issued_on] }
"
        .to_owned(),
    };
    let world = World::with_tables(platform, "daybreak", &["so-nnmt"], &[notices]);
    // Far enough from midnight on either side, whatever the hour of the trial.
    let add = |code: &str, days: i32| {
        let day = format!("(now() at time zone 'Asia/Bangkok')::date + {days}");
        world.source("so-nnmt", &format!("insert into dated values ('{code}', {day})"));
    };
    let seen = |what: &str, wanted: &[&str]| {
        wait::until(what, PATIENCE, || {
            let mut seen = keys_seen(&world, "dated");
            seen.dedup();
            wait::holds(seen == wanted, format!("{seen:?}"))
        });
    };
    for (code, days) in [("past", -2), ("soon", 2), ("later", 9)] {
        add(code, days);
    }
    let capture = world.capture("so-nnmt");
    seen("what is past", &["past"]);
    for (code, days) in [("soon-streamed", 2), ("past-streamed", -2)] {
        add(code, days);
    }
    seen("what is past", &["past", "past-streamed"]);
    capture.stop();
    let capture = world.capture_with("so-nnmt", &[("BANGIOC_DAYS_AHEAD", "4")]);
    wait::until("the day to let them in", PATIENCE, || {
        let mut seen = keys_seen(&world, "dated");
        seen.sort();
        seen.dedup();
        let wanted = ["past", "past-streamed", "soon", "soon-streamed"];
        wait::holds(seen == wanted, format!("{seen:?}; {}", capture.log()))
    });
    let told = keys_seen(&world, "dated").len();
    world.source("so-nnmt", "delete from dated where code in ('later', 'soon')");
    wait::until("the end of what was public", PATIENCE, || {
        let seen = keys_seen(&world, "dated");
        wait::holds(seen.len() == told + 1, format!("{seen:?}"))
    });
    assert!(!keys_seen(&world, "dated").contains(&"later".to_owned()));
    // The same day again: nothing to copy.
    capture.stop();
    let capture = world.capture_with("so-nnmt", &[("BANGIOC_DAYS_AHEAD", "4")]);
    add("end", -2);
    wait::until("the last row", PATIENCE, || {
        let seen = keys_seen(&world, "dated");
        wait::holds(seen.len() == told + 2, format!("{seen:?}; {}", capture.log()))
    });
}

fn broken_and_secret_rows_stay_inside(platform: &Platform) {
    let world = world(platform, "insiders");
    let row = |table: &str, code: &str, name: &str, secrecy: u8| {
        format!(
            "insert into {table} values ('{code}', {name}, 'story', 1, '{CANARY}', '{CANARY}', {secrecy}, true, 'issued');"
        )
    };
    let broken = "repeat('dài ', 20)";
    let rows = |table: &str, when: &str| {
        [
            row(table, &format!("broken-{when}"), broken, 0),
            row(table, &format!("secret-{when}"), "'{CANARY}'", 2),
            row(table, &format!("good-{when}"), "'Tốt'", 0),
        ]
        .concat()
    };
    for (_, table) in BOTH {
        world.source("so-nnmt", &rows(table, "copied"));
    }
    let _capture = world.capture("so-nnmt");
    for of in BOTH {
        settle(&world, of);
        let table = of.1;
        world.source("so-nnmt", &rows(table, "streamed"));
        world.source("so-nnmt", &format!(
            "update {table} set secrecy = 1, name_vi = '{CANARY}' where site_code = 'good-copied'; \
             update {table} set name_vi = 'Sửa' where site_code = 'broken-streamed'; \
             update {table} set name_vi = {broken} where site_code = 'good-streamed'"
        ));
        settle(&world, of);
        let mut found = last_rows(&world, of.0);
        found.retain(|row| !row.starts_with("END"));
        assert_eq!(found, ["broken-streamed|Sửa|story|1"], "{}", of.0);
        let seen = keys_seen(&world, of.0);
        assert!(!seen.iter().any(|key| key.starts_with("secret")), "{seen:?}");
        assert!(!seen.contains(&"broken-copied".to_owned()), "{seen:?}");
    }
    nothing_private(&world);
}

fn a_copied_key_is_told_to_whom_it_concerns(platform: &Platform) {
    let world = world(platform, "asking");
    sites::add(&world, INDEXED.1, 1, 9);
    world.source(
        "so-nnmt",
        "update site set is_public = true, state = 'issued' where site_code = 'S5'",
    );
    let _capture = world.capture("so-nnmt");
    settle(&world, INDEXED);
    assert_eq!(keys_seen(&world, INDEXED.0), ["S5"]);
    let ask = |principal: &str, side: &str, key: &str| {
        let signal =
            format!(r#"{{"kind":"copy-key","dataset":"site","side":"{side}","key":["{key}"]}}"#);
        world
            .platform
            .produce_raw(
                principal,
                &format!("asking.signal.so-nnmt.{principal}"),
                &[("site", &signal)],
            )
            .expect("a signal");
    };
    // The shared side asks for a private key and for one that is not there: the open side hears nothing.
    ask("shared-store", "shared", "S1");
    ask("shared-store", "shared", "gone");
    let shared = || {
        let records = world.platform.records(&world.topic("so-nnmt", "site"));
        let keys = records.iter().filter_map(|record| record.key.as_ref());
        keys.filter(|key| key.ends_with(b"gone")).count()
    };
    wait::until("the shared side to be told", PATIENCE, || {
        let told = shared();
        wait::holds(told == 1, format!("{told} records"))
    });
    settle(&world, INDEXED);
    assert_eq!(keys_seen(&world, INDEXED.0), ["S5"]);
    // The open side asks for what it thinks it has.
    ask("open-data", "open", "S5");
    ask("open-data", "open", "S2");
    ask("open-data", "open", "lost");
    wait::until("the open side to be told", PATIENCE, || {
        let mut seen = keys_seen(&world, INDEXED.0);
        seen.sort();
        wait::holds(seen == ["S2", "S5", "S5", "lost"], format!("{seen:?}"))
    });
    let mut found = last_rows(&world, INDEXED.0);
    found.retain(|row| !row.starts_with("END"));
    assert_eq!(
        found,
        sites::public(&world, INDEXED.1)
            .into_iter()
            .filter(|row| row.starts_with('S'))
            .collect::<Vec<_>>()
    );
    assert_eq!(shared(), 1, "nobody asked for it there again");
}

fn a_table_that_does_not_say_what_was_public(platform: &Platform) {
    let world = world(platform, "unsaid");
    sites::add(&world, INDEXED.1, 1, 9);
    world.source("so-nnmt", "alter table site replica identity default; drop index site_identity");
    let check = world.try_bangioc("so-nnmt", &["source", "check"]);
    let words = String::from_utf8_lossy(&check.stdout).into_owned();
    assert!(!check.status.success() && words.contains("[BG0221]"), "{words}");
    // The very SQL that it prints mends it.
    let sql = world.try_bangioc("so-nnmt", &["source", "check", "--sql"]);
    let script = world.dir.join("check.sql");
    fs::write(&script, sql.stdout).expect("a file");
    platform.sql_file(&world.database("so-nnmt"), &script, &[]);
    world.bangioc("so-nnmt", &["source", "check"]);

    // While it runs: the dataset is halted, the others go on; mended, it is copied again.
    let capture = world.capture("so-nnmt");
    settle(&world, INDEXED);
    world.source("so-nnmt", "alter table site replica identity default; update site set is_public = true, state = 'issued' where site_code = 'S1'");
    capture.wait_for_log("BG0220", Duration::from_secs(30));
    settle(&world, WHOLE);
    assert_eq!(keys_seen(&world, INDEXED.0), Vec::<String>::new());
    world.source("so-nnmt", "alter table site replica identity using index site_bangioc_identity; update site set visitors = 1 where site_code = 'S2'");
    wait::until("the whole table again", PATIENCE, || {
        let seen = keys_seen(&world, INDEXED.0);
        wait::holds(seen == ["S1"], format!("{seen:?}; {}", capture.log()))
    });
}
