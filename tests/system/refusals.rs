//! The store says no: to one row, to a table, for a while or for good. Whatever it is stops what it concerns and nothing
//! else, says so, and is over by itself once its reason is gone.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{secret, wait};
use serde_json::Value;

use crate::parcels::{self, LONG_TEXT};
use crate::{Check, notes};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "refusals::a_row_that_the_store_does_not_take_parks_alone",
        a_row_that_the_store_does_not_take_parks_alone,
    ),
    (
        "refusals::a_table_that_takes_no_row_halts_until_it_does",
        a_table_that_takes_no_row_halts_until_it_does,
    ),
    (
        "refusals::a_table_changed_by_hand_halts_its_dataset_until_it_fits",
        a_table_changed_by_hand_halts_its_dataset_until_it_fits,
    ),
    ("refusals::locked_tables_hold_up_nothing_else", locked_tables_hold_up_nothing_else),
    ("refusals::a_right_taken_and_given_back", a_right_taken_and_given_back),
];

const NOTES: &str = "select string_agg(id::text, ' ' order by id) from shared.note where id < 100";
const PARKED: &str =
    "select string_agg(code, ' ' order by code) from flow.parked_key where state = 'parked'";

/// What an administrator of the store made of the notes' table.
const NO: &str = "
create index note_body on flow.note (body);
alter table flow.note add check (n <> 14);
create unique index note_n on flow.note (n) where n = 15;
create function public.no() returns trigger language plpgsql as $$ begin
  if new.n = tg_argv[0]::int then raise exception 'CANARY %', new.n using errcode = tg_argv[1], column = new.other; end if;
  return new; end $$;
create trigger a before insert or update on flow.note for each row execute function public.no(13, 'P0001');
create constraint trigger b after insert or update on flow.note deferrable initially deferred
  for each row execute function public.no(16, 'P0001');
create trigger c before insert or update on flow.note for each row execute function public.no(17, '42703');
";

fn a_row_that_the_store_does_not_take_parks_alone(platform: &Platform) {
    let world = World::with_tables(platform, "refusing", &["so-nnmt"], &[notes::note()]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'x', 'x')");
    world.store_says("the first row", NOTES, &["1"]);
    world.in_store(NO);
    // One transaction, so that they come together: six that are refused, each for a reason of its own.
    world.source(
        "so-nnmt",
        &format!(
            "insert into note select g, case when g between 13 and 17 then g when g = 20 then 15 else 100 + g end, \
             case when g = 12 then {LONG_TEXT} end, 'CANARY' from generate_series(2, 30) g"
        ),
    );
    world.store_says(
        "each to park for its reason",
        PARKED,
        &["STORE_CONSTRAINT STORE_CONSTRAINT STORE_LIMIT STORE_REFUSED STORE_TRIGGER STORE_TRIGGER"],
    );
    world.store_says(
        "all others",
        NOTES,
        &["1 2 3 4 5 6 7 8 9 10 11 15 18 19 21 22 23 24 25 26 27 28 29 30"],
    );
    // What comes later of other keys goes on within a second, without another word about those.
    world.source("so-nnmt", "update note set n = n + 1000 where id = 30");
    wait::until("a change of another key", Duration::from_secs(5), || {
        let found = platform.try_sql(&world.store(), "select n from shared.note where id = 30")?;
        wait::holds(found == ["1130"], format!("{found:?}"))
    });
    wait::until("the copy told to have ended", PATIENCE, || {
        let state = state(&world, "note");
        wait::holds(state["is"] == "streaming", state)
    });
    assert!(!store.log().contains("CANARY"), "a value stands in the log");
    let fields = "select count(field_path) from flow.parked_key";
    assert_eq!(world.in_store(fields), ["0"], "no name that a trigger made up");

    // Each is explained; each heals as soon as its row is mended at its source.
    let key = "select encode(key_ref, 'hex') from flow.parked_key where code = 'STORE_LIMIT'";
    let key = world.in_store(key).concat();
    let shown = world.bangioc("dead-letter", &["dead-letter", "show", &key]);
    assert!(shown.contains("BG0449") && shown.contains("id = 12"), "{shown}");
    world.source(
        "so-nnmt",
        "update note set n = 500 + id, body = 'short' where id between 13 and 20",
    );
    world.store_says("the mended ones", PARKED, &["STORE_LIMIT"]);

    // Or as soon as the store takes it, by a person's word; the value that it lacks for its size is noted then.
    let replay = ["dead-letter", "replay", &key];
    let refused = world.try_bangioc("dead-letter", &replay);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("STORE_LIMIT"), "{said}");
    world.source("so-nnmt", "update note set other = repeat('x', 6000000) where id = 12");
    world.store_says(
        "it and the row's copy to wait",
        "select count(*) from flow.parked_record where state = 'parked'",
        &["3"],
    );
    world.in_store("drop index flow.note_body");
    world.bangioc("dead-letter", &replay);
    world.store_says(
        "the replayed row",
        "select length(body) || ' ' || _missing::text from flow.note where id = 12",
        &["6400 {!other}"],
    );
    let noted = "select state || ' ' || code || ' ' || field_path from flow.parked_record where state = 'incomplete'";
    assert_eq!(world.in_store(noted), ["incomplete E_TOOBIG other"]);
    world.source("so-nnmt", "update note set other = 'short' where id = 12");
    world.store_says("the value to come", noted, &[]);
    world.ledger_adds_up();

    // So many that it is no row's fault: that dataset halts, and no other.
    world.source(
        "so-nnmt",
        "insert into note select g, 13, 'x', 'x' from generate_series(200, 260) g",
    );
    world.store_says(
        "the breaker",
        "select halted_code from flow.lease where topic like '%.note'",
        &["BG0411"],
    );
    parcels::add(&world, 1, 5);
    world.store_says("another dataset", "select count(*) from shared.land_parcel", &["5"]);
    let status = world.try_bangioc("admin", &["status"]);
    assert_eq!(status.status.code(), Some(5));
    world.ledger_adds_up();
}

fn a_table_that_takes_no_row_halts_until_it_does(platform: &Platform) {
    let world = World::with_tables(platform, "closing", &["so-nnmt"], &[notes::note()]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'x', 'x')");
    world.store_says("the first row", NOTES, &["1"]);
    world.in_store(
        "create function public.closed() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$; \
         create trigger closed before insert on flow.note for each statement execute function public.closed()",
    );
    world.source("so-nnmt", "update note set n = 2");
    halts(&world, "BG0444");
    assert_eq!(world.in_store("select count(*) from flow.parked_key"), ["0"]);
    world.in_store("drop trigger closed on flow.note");
    goes_on(&world, "select n from shared.note", "2");
}

fn a_table_changed_by_hand_halts_its_dataset_until_it_fits(platform: &Platform) {
    let mut bits = notes::note();
    bits.contract = bits.contract.replace(
        "  other: { type: text,",
        "  flag: { type: bit, class: internal, vi: Cờ, en: Flag }\n  flags: { type: bit(8), class: internal, vi: Cờ, en: Flags }\n  other: { type: text,",
    );
    bits.sql = bits.sql.replace("other text)", "other text, flag bit, flags bit(8))");
    let world = World::with_tables(platform, "byhand", &["so-nnmt"], &[bits]);
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'x', 'x', '1', '10101010')");
    let row =
        "select n || ' ' || coalesce(other, '-') || ' ' || flag || ' ' || flags from shared.note";
    world.store_says("bits as they are", row, &["1 x 1 10101010"]);

    // While it runs.
    world.in_store("alter table flow.note rename to kept");
    world.source("so-nnmt", "update note set n = 2");
    halts(&world, "BG0446");
    world.in_store("alter table flow.kept rename to note");
    goes_on(&world, row, "2 x 1 10101010");
    world.in_store("alter table flow.note drop column other cascade");
    world.source("so-nnmt", "update note set n = 3");
    halts(&world, "BG0447");
    world.in_store("alter table flow.note add column other text");
    goes_on(&world, row, "3 x 1 10101010");

    // Of another type, which would take a number and hold a text: seen while rows come.
    world.in_store(
        "drop view shared.note; alter table flow.note alter column n type text using n::text",
    );
    wait::until("another type to be seen", PATIENCE, || {
        world.source("so-nnmt", "update note set n = 4");
        let state = state(&world, "note");
        wait::holds(state["code"] == "BG0406", state)
    });
    world.in_store("alter table flow.note alter column n type integer using n::integer");
    goes_on(&world, row, "4 x 1 10101010");

    // When it starts, of one dataset; and a table that is gone for good is made anew only on a person's word.
    store.stop();
    world.in_store(
        "drop view shared.note; alter table flow.note alter column n type text using n::text",
    );
    let store = world.shared_store("again");
    halts(&world, "BG0406");
    parcels::add(&world, 1, 5);
    world.store_says("another dataset", "select count(*) from shared.land_parcel", &["5"]);
    let page = world.bangioc("admin", &["explain", "BG0446"]);
    world.in_store("drop table flow.note cascade");
    halts(&world, "BG0446");
    let way_out = page.split("```").nth(3).unwrap_or_default();
    let sql = way_out.split('"').nth(1).unwrap_or_default().replace("DATASET", "note");
    assert!(sql.contains("flow.made_column"), "{page}");
    world.in_store(&sql);
    world.bangioc("operator-lan", &["dataset", "recopy", "note", "--yes", "--wait"]);
    goes_on(&world, row, "4 x 1 10101010");
    drop(store);
}

fn locked_tables_hold_up_nothing_else(platform: &Platform) {
    let world = World::with_tables(platform, "locking", &["so-nnmt"], &[notes::note()]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'x', 'x')");
    parcels::add(&world, 1, 5);
    world.store_says("the first row", NOTES, &["1"]);
    world.converge(&[]);
    // As many as there are connections to apply on.
    let held = Held::start(
        &world,
        "begin; lock table flow.note, flow.land_parcel in access exclusive mode",
    );
    let observed = |n: u32| {
        world.source("so-nnmt", &format!("insert into env_observation (station_code, param_code, observed_at, value, unit, status) \
            values ('CB-KK-01', 'PM10', now() - interval '{n} seconds', 3, 'ug/Nm3', '00')"));
    };
    world.source("so-nnmt", "update note set n = 2; update land_parcel set area_m2 = 7.5");
    observed(0);
    for dataset in ["note", "land-parcel"] {
        wait::until("a state that says so", PATIENCE, || {
            let state = state(&world, dataset);
            wait::holds(state["is"] == "retrying" && state["code"] == "BG0445", &state)?;
            let says = state["waits_for"].as_str().unwrap_or_default();
            wait::holds(says.contains("pid ") && says.contains("flow."), says)
        });
    }
    let status = world.try_bangioc("admin", &["status"]);
    assert_eq!(status.status.code(), Some(1), "for those who monitor");
    // The others arrive in time, and so does the word of their sources.
    for n in 1..=3 {
        observed(n);
        wait::until("a row of a table that nobody locked", Duration::from_secs(8), || {
            let rows =
                platform.try_sql(&world.store(), "select count(*) from shared.env_observation")?;
            wait::holds(rows == [(n + 1).to_string()], format!("{rows:?}"))
        });
    }
    wait::until("freshness of another dataset", Duration::from_secs(15), || {
        let behind = "select complete_at > now() - interval '10 seconds' from flow.freshness where dataset = 'env-observation'";
        let found = platform.try_sql(&world.store(), behind)?;
        wait::holds(found == ["t"], format!("{found:?}"))
    });
    drop(held);
    goes_on(&world, "select n from shared.note", "2");
    world.converge(&[]);
}

fn a_right_taken_and_given_back(platform: &Platform) {
    let world = World::with_tables(platform, "rightless", &["so-nnmt"], &[notes::note()]);
    let login = "rightless_sink";
    let file = world.dir.join("sink-password");
    secret::write(&file, "the password of the sink");
    platform.sql(
        "postgres",
        &format!(
            "create role {login} login password 'the password of the sink'; \
        alter database {} owner to {login}",
            world.store()
        ),
    );
    let text = std::fs::read_to_string(world.config("shared-store")).expect("a configuration");
    let service = platform.dir.join("postgres/secrets/postgres");
    let own = text
        .replace("user = \"postgres\"", &format!("user = \"{login}\""))
        .replace(&service.display().to_string(), &file.display().to_string());
    std::fs::write(world.config("shared-store"), own).expect("a configuration");
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'x', 'x')");
    world.store_says("the first row", NOTES, &["1"]);
    world.in_store(&format!("revoke insert, update on flow.note from {login}"));
    world.source("so-nnmt", "update note set n = 2");
    halts(&world, "BG0402");
    parcels::add(&world, 1, 5);
    world.store_says("another dataset", "select count(*) from shared.land_parcel", &["5"]);
    world.in_store(&format!("grant insert, update on flow.note to {login}"));
    goes_on(&world, "select n from shared.note", "2");
}

/// Of the status that people see.
fn state(world: &World<'_>, dataset: &str) -> Value {
    let output = world.try_bangioc("admin", &["status", "--output", "json"]);
    let status: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let listed = status["datasets"].as_array().expect("datasets");
    let found = listed.iter().find(|one| one["dataset"] == dataset);
    found.expect("the dataset")["state"].clone()
}

/// The notes halt with a code, since when, and what they wait for.
#[track_caller]
fn halts(world: &World<'_>, code: &str) {
    wait::until("the dataset to halt", PATIENCE, || {
        let state = state(world, "note");
        let is = state["is"] == "halted" && state["code"] == code;
        wait::holds(is && state["since"].is_string() && state["waits_for"].is_string(), state)
    });
}

/// Without a restart, and the state is as before.
#[track_caller]
fn goes_on(world: &World<'_>, sql: &str, wanted: &str) {
    world.store_says("the dataset to go on", sql, &[wanted]);
    wait::until("its state to say so", PATIENCE, || {
        let state = state(world, "note");
        wait::holds(state["is"] == "streaming", state)
    });
    world.ledger_adds_up();
}

/// A session of somebody's in the store, until it is dropped.
struct Held<'w, 'p> {
    world: &'w World<'p>,
    child: Child,
}

impl<'w, 'p> Held<'w, 'p> {
    fn start(world: &'w World<'p>, sql: &str) -> Held<'w, 'p> {
        let child = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c"])
            .arg(format!("{sql}; select pg_sleep(300)"))
            .envs(&world.platform.postgres)
            .env("PGDATABASE", world.store())
            .env("PGAPPNAME", "held")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql");
        let held = Held { world, child };
        world.store_says(
            "the locks",
            "select count(*) > 0 from pg_locks l join pg_stat_activity a using (pid) where a.application_name = 'held' \
             and l.granted and l.mode = 'AccessExclusiveLock'",
            &["t"],
        );
        held
    }
}

impl Drop for Held<'_, '_> {
    fn drop(&mut self) {
        // The server does not notice that its client has gone before it has slept.
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'held'";
        let _ = self.world.platform.try_sql(&self.world.store(), end);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
