//! What somebody who knows PostgreSQL well and may do everything at the source can do to tables that are carried,
//! and undo before anyone looks. Afterwards source and store are equal, or the dataset says why they may not be.

use std::time::Duration;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{OwnTable, PATIENCE, World};
use rustix::process::Signal;

use crate::Check;
use crate::ddl::{SOURCE, at_home, contract, stands_at, word};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "superuser::what_was_undone_before_anyone_looked_is_noticed",
        what_was_undone_before_anyone_looked_is_noticed,
    ),
    (
        "superuser::what_looks_dangerous_and_is_not_changes_nothing",
        what_looks_dangerous_and_is_not_changes_nothing,
    ),
    (
        "superuser::a_copy_reads_the_table_that_was_looked_at",
        a_copy_reads_the_table_that_was_looked_at,
    ),
    ("superuser::a_slot_that_others_move_halts", a_slot_that_others_move_halts),
    (
        "superuser::an_index_that_does_not_know_a_row_is_named",
        an_index_that_does_not_know_a_row_is_named,
    ),
    (
        "superuser::a_key_that_is_none_at_its_source_is_surplus",
        a_key_that_is_none_at_its_source_is_surplus,
    ),
];

/// Twelve rows each, of three columns.
const PLAIN: &str = "create table TABLE (code integer primary key, word text, other text); \
    insert into TABLE select n, 'word ' || n, 'other ' || n from generate_series(1, 12) n;";
const PARTED: &str = "create table TABLE (code integer primary key, word text, other text) partition by range (code); \
    create table TABLE_a partition of TABLE for values from (1) to (5); create table TABLE_b partition of TABLE for values from (5) to (10); \
    create table TABLE_c partition of TABLE for values from (10) to (100); \
    insert into TABLE select n, 'word ' || n, 'other ' || n from generate_series(1, 12) n where n <> 9;";
/// Words that are kept out of line, so that an update of another column does not say them.
const LONG: &str = "(select string_agg(md5(code::text || m), '') from generate_series(1, 200) m)";
const DEFAULTED: &str = "create table TABLE (code integer primary key); insert into TABLE select generate_series(1, 12); \
    alter table TABLE add column word text default 'beside', add column other text;";

fn own(table: &str, sql: &str) -> OwnTable {
    let other =
        word("text").replace("word", "other").replace("Từ", "Khác").replace("Word", "Other");
    OwnTable {
        source: SOURCE,
        table: table.to_owned(),
        sql: sql.replace("TABLE", table),
        file: format!("so-nnmt/{}.yaml", table.replace('_', "-")),
        contract: contract(table, &(word("text") + &other)),
    }
}

fn rows(world: &World<'_>, database: &str, table: &str) -> Result<Vec<String>, String> {
    let sql = format!(
        "select code::text || '|' || coalesce(left(word, 20) || length(word), '∅') || '|' || coalesce(other, '∅') from {table} order by code::text collate \"C\""
    );
    world.platform.try_sql(database, &sql)
}

/// None when they are equal.
fn differs(world: &World<'_>, table: &str) -> Option<String> {
    let wanted = rows(world, &world.database(SOURCE), &format!("dept.{table}"));
    let found = rows(world, &world.store(), &format!("shared.{table}"));
    if wanted == found && wanted.is_ok() {
        return None;
    }
    let (wanted, found) = (wanted.unwrap_or_default(), found.unwrap_or_default());
    let only = |of: &[String], not: &[String]| -> Vec<String> {
        of.iter().filter(|row| !not.contains(row)).take(3).cloned().collect()
    };
    Some(format!(
        "{table}: at the source alone {:?}, in the store alone {:?}",
        only(&wanted, &found),
        only(&found, &wanted)
    ))
}

#[track_caller]
fn equal(world: &World<'_>, tables: &[&str]) {
    wait::until("source and store to be equal", PATIENCE, || {
        let different: Vec<String> =
            tables.iter().filter_map(|table| differs(world, table)).collect();
        wait::holds(different.is_empty(), different.join("\n"))
    });
    for table in tables {
        stands_at(world, table, "streaming", "");
    }
}

/// Several transactions in one go, so that nobody looks between them.
#[track_caller]
fn at_once(world: &World<'_>, table: &str, sql: &str) {
    world.platform.sql(&world.database(SOURCE), &sql.replace("TABLE", table));
}

/// A row that comes last: then so has all that was committed before it.
#[track_caller]
fn streams(world: &World<'_>, table: &str, code: u32) {
    world.source(SOURCE, &format!("insert into {table} values ({code}, null, null)"));
    world.store_says(
        "a row to come",
        &format!("select count(*) from shared.{table} where code::text = '{code}'"),
        &["1"],
    );
}

/// Nobody looks at the catalogue for a while but when the stream meets a table.
fn begin<'p>(
    platform: &'p Platform,
    name: &str,
    tables: &[OwnTable],
    more: &str,
) -> (World<'p>, Service, Service) {
    let world = World::with_tables(platform, name, &[SOURCE], tables);
    at_home(&world);
    let config = world.config(SOURCE);
    let text = std::fs::read_to_string(&config).expect("a configuration");
    let text = text.replace("heartbeat_interval = \"1s\"", "heartbeat_interval = \"5s\"");
    std::fs::write(config, format!("{text}{more}")).expect("a configuration");
    let (capture, store) = (world.capture(SOURCE), world.shared_store("store"));
    let names: Vec<&str> = tables.iter().map(|own| own.table.as_str()).collect();
    equal(&world, &names);
    (world, capture, store)
}

/// Done and undone. What is left of each is in no row of the catalogue that stays as it was before.
const UNDONE: &[(&str, &str, &str)] = &[
    (
        // Two columns exchange their names; a row is touched meanwhile.
        "su_swapped",
        PLAIN,
        "begin; alter table TABLE rename word to third; alter table TABLE rename other to word; alter table TABLE rename third to other; commit; \
         begin; update TABLE set word = 'touched' where code = 1; commit; \
         begin; alter table TABLE rename word to third; alter table TABLE rename other to word; alter table TABLE rename third to other; commit",
    ),
    (
        // A leaf says another identity than its key, while a key changes.
        "su_leaf_unsaid",
        PARTED,
        "begin; alter table TABLE_b alter column word set not null; create unique index TABLE_word on TABLE_b (word); \
         alter table TABLE_b replica identity using index TABLE_word; commit; \
         begin; update TABLE set code = 9 where code = 5; commit; \
         begin; alter table TABLE_b replica identity default; drop index TABLE_word; alter table TABLE_b alter column word drop not null; commit",
    ),
    (
        // A leaf is a guest: its row was touched, and has left with it.
        "su_leaf_guest",
        PARTED,
        "begin; create table TABLE_v (like TABLE including all); insert into TABLE_v values (101, 'guest', null); commit; \
         begin; alter table TABLE attach partition TABLE_v for values from (100) to (120); commit; \
         begin; update TABLE set word = 'touched' where code = 101; commit; \
         begin; alter table TABLE detach partition TABLE_v; commit",
    ),
    (
        "su_leaf_emptied",
        PARTED,
        "begin; create table TABLE_n partition of TABLE for values from (100) to (120); commit; \
         begin; insert into TABLE values (101, 'filled', null); commit; begin; truncate TABLE_n; commit",
    ),
    (
        // All of it in one transaction: the leaf's file stays the first one.
        "su_leaf_at_once",
        PARTED,
        "begin; create table TABLE_n partition of TABLE for values from (100) to (120); insert into TABLE values (101, 'filled', null); \
         truncate TABLE_n; commit",
    ),
    (
        // The whole says its old rows in full, the leaves do not: what did not travel is not empty.
        "su_full_above",
        PARTED,
        "begin; update TABLE set word = LONG; commit; begin; alter table TABLE replica identity full; commit; \
         begin; update TABLE set code = 9, other = 'moved' where code = 5; commit",
    ),
    (
        // The value that rows of before have without having it, taken from another table.
        "su_beside",
        DEFAULTED,
        "begin; create table TABLE_x (code integer); insert into TABLE_x values (1); alter table TABLE_x add column word text default 'changed'; commit; \
         begin; set local allow_system_table_mods = on; update pg_attribute set attmissingval = (select attmissingval from pg_attribute where attrelid = 'TABLE_x'::regclass and attname = 'word') \
         where attrelid = 'TABLE'::regclass and attname = 'word'; commit",
    ),
    (
        // Two tables exchange their names, and back.
        "su_renamed_for_a_moment",
        PLAIN,
        "begin; create table TABLE_x (like TABLE including all); insert into TABLE_x values (1, 'another''s', null); commit; \
         begin; alter table TABLE rename to TABLE_y; alter table TABLE_x rename to TABLE; commit; \
         begin; update TABLE_y set word = 'untold' where code = 2; commit; \
         begin; alter table TABLE rename to TABLE_x; alter table TABLE_y rename to TABLE; commit",
    ),
    (
        "su_moved_for_a_moment",
        PLAIN,
        "begin; create schema TABLE_elsewhere; alter table TABLE set schema TABLE_elsewhere; commit; \
         begin; delete from TABLE_elsewhere.TABLE where code = 2; commit; begin; alter table TABLE_elsewhere.TABLE set schema dept; commit",
    ),
    (
        "su_identity_to_and_fro",
        PLAIN,
        "begin; alter table TABLE alter column other set not null; create unique index TABLE_other on TABLE (other); \
         alter table TABLE replica identity using index TABLE_other; commit; begin; update TABLE set code = 20 where code = 1; commit; \
         begin; alter table TABLE replica identity default; drop index TABLE_other; alter table TABLE alter column other drop not null; commit",
    ),
    (
        "su_key_made_anew",
        PLAIN,
        "begin; alter table TABLE drop constraint TABLE_pkey; insert into TABLE values (1, 'twice', null); alter table TABLE replica identity full; \
         delete from TABLE where code = 1 and word <> 'twice'; alter table TABLE replica identity default; alter table TABLE add primary key (code); commit",
    ),
];

fn what_was_undone_before_anyone_looked_is_noticed(platform: &Platform) {
    let own: Vec<OwnTable> = UNDONE.iter().map(|(table, sql, _)| own(table, sql)).collect();
    let (world, _capture, _store) = begin(platform, "undone", &own, "");
    let tables: Vec<&str> = UNDONE.iter().map(|(table, ..)| *table).collect();
    for (table, _, sql) in UNDONE {
        at_once(&world, table, &sql.replace("LONG", LONG));
    }
    for table in &tables {
        streams(&world, table, 40);
    }
    equal(&world, &tables);
    world.ledger_adds_up();
}

/// What is in the log like any other change, however it was made.
const IN_THE_LOG: &[&str] = &[
    "begin; set local session_replication_role = replica; alter table TABLE disable trigger all; insert into TABLE values (20, 'replica', null); \
     delete from TABLE where code = 2; alter table TABLE enable trigger all; commit",
    "begin; select pg_replication_origin_create('TABLE'); select pg_replication_origin_session_setup('TABLE'); insert into TABLE values (21, 'from elsewhere', null); commit; \
     select pg_replication_origin_session_reset(); select pg_replication_origin_drop('TABLE')",
    "begin; insert into TABLE values (22, 'kept', null); savepoint a; update TABLE set word = 'undone'; savepoint b; delete from TABLE; rollback to a; \
     insert into TABLE values (23, 'after', null); release a; commit",
    "begin; truncate TABLE restart identity cascade; insert into TABLE values (1, 'after the truncate', null); savepoint a; truncate TABLE; rollback to a; commit",
    "begin; alter table TABLE add column third integer default 7; update TABLE set word = 'with a third' where code = 1; alter table TABLE drop column third; commit",
    "begin; alter table TABLE replica identity full; update TABLE set word = 'whole' where code = 1; alter table TABLE replica identity default; update TABLE set other = 'key' where code = 1; commit",
    "begin; create function TABLE_each() returns trigger language plpgsql as 'begin new.other = ''by trigger''; return new; end'; \
     create trigger each before insert on TABLE for each row execute function TABLE_each(); insert into TABLE values (24, 'triggered', null); commit",
    "begin; create rule instead as on delete to TABLE do instead update TABLE set other = 'ruled' where code = old.code; delete from TABLE where code = 24; drop rule instead on TABLE; commit",
    // Marks, heartbeats and nonsense under our names.
    "select pg_logical_emit_message(true, 'bangioc.chunk', '{\"chunk\":\"000000000000000a\",\"mark\":\"low\"}'), pg_logical_emit_message(false, 'bangioc.chunk', '{\"chunk\":\"000000000000000a\",\"mark\":\"high\"}'), \
     pg_logical_emit_message(true, 'bangioc.chunk', repeat('x', 100000)), pg_logical_emit_message(false, 'bangioc.heartbeat', '\\xff00'::bytea)",
    "alter role bangioc_capture set datestyle = 'SQL, DMY'; alter role bangioc_capture set timezone = 'Asia/Ho_Chi_Minh'; alter role bangioc_capture set extra_float_digits = -15; \
     alter role bangioc_capture set bytea_output = 'escape'; alter role bangioc_capture set search_path = 'nowhere'; alter role bangioc_capture set row_security = on; \
     alter role bangioc_capture set default_transaction_read_only = on; alter role bangioc_capture set statement_timeout = '1ms'; alter role bangioc_capture set lock_timeout = '1ms'; \
     alter role bangioc_capture set default_transaction_isolation = 'serializable'",
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'bangioc-capture' and datname = current_database()",
    "insert into TABLE values (25, 'after all of it', null)",
];

fn what_looks_dangerous_and_is_not_changes_nothing(platform: &Platform) {
    let table = "su_logged";
    let (world, capture, _store) = begin(platform, "logged", &[own(table, PLAIN)], "");
    for sql in IN_THE_LOG {
        at_once(&world, table, sql);
    }
    let settings = "alter role bangioc_capture reset all";
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        streams(&world, table, 40);
        equal(&world, &[table]);
        world.bangioc("operator-lan", &["dataset", "recopy", "su-logged", "--yes", "--wait"]);
        equal(&world, &[table]);
    }));
    // The role belongs to all of the server.
    world.platform.sql("postgres", settings);
    assert!(outcome.is_ok(), "{}", capture.log());
    world.ledger_adds_up();
}

fn a_copy_reads_the_table_that_was_looked_at(platform: &Platform) {
    // Chunks of 500: the end of the first is what the second begins with.
    let table = "su_shadowed";
    let sql = "create table TABLE (code varchar(20) primary key, word text, other text); \
        insert into TABLE select to_char(n, 'FM00000'), 'word', null from generate_series(1, 1300) n;";
    let own = OwnTable {
        contract: own(table, sql)
            .contract
            .replace("code: { type: integer", "code: { type: varchar(20)"),
        ..own(table, sql)
    };
    let cast = "su_cast";
    let by_cast = self::own(
        cast,
        "create table TABLE (code integer primary key, word text, other text); \
         insert into TABLE select n, 'word', null from generate_series(1, 1300) n;",
    );
    let (world, _capture, _store) = begin(platform, "shadowed", &[own, by_cast], "");
    // Everyone could write to `public` until PostgreSQL 14.
    world.platform.sql(
        &world.database(SOURCE),
        "create function public.never(varchar, varchar) returns boolean language sql as 'select false'; \
         create operator public.> (leftarg = varchar, rightarg = varchar, function = public.never); \
         create operator public.= (leftarg = varchar, rightarg = varchar, function = public.never); \
         create function public.last(text) returns integer language sql immutable as 'select 2147483647'; \
         create cast (text as integer) with function public.last(text)",
    );
    let shadowed = world.platform.sql(
        &world.database(SOURCE),
        "set search_path = public; select count(*) from dept.su_shadowed where code > '00000'::varchar",
    );
    assert_eq!(shadowed, ["0"], "the operator is in the way");
    world.bangioc("operator-lan", &["dataset", "recopy", "su-shadowed", "--yes", "--wait"]);
    streams(&world, table, 99_999);
    equal(&world, &[table]);
    world.store_says("all rows", "select count(*) from shared.su_shadowed", &["1301"]);
    // A cast of a text to the key's type goes before what the type itself makes of it.
    world.bangioc("operator-lan", &["dataset", "recopy", "su-cast", "--yes", "--wait"]);
    streams(&world, cast, 99_999);
    equal(&world, &[cast]);
}

/// An operator who may compare this world's source and store.
fn compares(world: &World<'_>) {
    let source = world.config(SOURCE);
    world.configure(
        "operator-lan",
        &format!("[reconcile]\nsources = [\"{}\"]\npatience = \"40s\"", source.display()),
    );
}

fn compare(world: &World<'_>, dataset: &str) -> (Option<i32>, String) {
    let output = world.try_bangioc("operator-lan", &["--output", "json", "reconcile", dataset]);
    let words = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&words).into_owned())
}

/// Rows that were written while the index was not kept: whoever reads by key does not meet them.
fn an_index_that_does_not_know_a_row_is_named(platform: &Platform) {
    let table = "su_damaged";
    let (world, _capture, _store) = begin(platform, "damaged", &[own(table, PLAIN)], "");
    compares(&world);
    equal(&world, &[table]);
    let (code, said) = compare(&world, "su-damaged");
    assert_eq!(code, Some(0), "{said}");
    for sql in [
        "update pg_index set indisready = false where indexrelid = 'dept.TABLE_pkey'::regclass",
        "insert into dept.TABLE values (20, 'unknown', null), (21, 'unknown', null)",
        "update pg_index set indisready = true where indexrelid = 'dept.TABLE_pkey'::regclass",
    ] {
        at_once(&world, table, sql);
    }
    let by_key = "set enable_seqscan = off; select count(*) from dept.su_damaged where code > 12";
    assert_eq!(world.platform.sql(&world.database(SOURCE), by_key), ["0"], "it is damaged");
    equal(&world, &[table]);
    // Read by key alone, both have twelve rows.
    let (code, said) = compare(&world, "su-damaged");
    assert!(code == Some(1) && said.contains("BG0271"), "{said}");

    world.bangioc("operator-lan", &["dataset", "recopy", "su-damaged", "--yes"]);
    stands_at(&world, table, "halted", "leads to 12 rows, the table has 14");
    assert_eq!(differs(&world, table), None, "nothing was swept");

    at_once(&world, table, "reindex table dept.TABLE");
    equal(&world, &[table]);
    world.store_says("all rows", "select count(*) from shared.su_damaged", &["14"]);
    let (code, said) = compare(&world, "su-damaged");
    assert_eq!(code, Some(0), "{said}");
}

/// Whoever may write into a store can make up a key that the source can't even read.
fn a_key_that_is_none_at_its_source_is_surplus(platform: &Platform) {
    let table = "su_named";
    let sql = "create type su_mood as enum ('calm', 'wild', 'loud'); \
        create table TABLE (code su_mood primary key, word text, other text); \
        insert into TABLE values ('calm', 'a', null), ('wild', 'b', null), ('loud', 'c', null);";
    let own = OwnTable {
        contract: own(table, sql).contract.replace(
            "code: { type: integer,",
            "code: { type: enum su_mood, values: [calm, wild, loud],",
        ),
        ..own(table, sql)
    };
    let (world, _capture, _store) = begin(platform, "unread", &[own], "");
    compares(&world);
    equal(&world, &[table]);
    world.in_store(
        "insert into flow.su_named (code, word, _version, _deleted, _was_live) \
         select key, 'made up', decode('00000001' || repeat('00', 16), 'hex'), false, false from unnest(array['canary-zzz', 'aaa']) key",
    );
    let (code, said) = compare(&world, "su-named");
    assert!(code == Some(1) && said.contains("BG0801"), "{said}");
    assert!(said.contains("\"surplus\": 2") && said.contains("\"equal\": 3"), "{said}");
    assert!(!said.contains("canary"), "{said}");
    let logged = "select position('canary-zzz' in pg_read_file('server.log'))";
    assert_eq!(world.platform.sql("postgres", logged), ["0"], "in the source's log");
    world.bangioc("operator-lan", &["dataset", "recopy", "su-named", "--yes", "--wait"]);
    equal(&world, &[table]);
    let (code, said) = compare(&world, "su-named");
    assert_eq!(code, Some(0), "{said}");
}

/// The end of a capture's run, with the words said since `before`.
#[track_caller]
fn halts(mut capture: Service, before: usize, code: &str) {
    let status = capture.wait_for_end(Duration::from_mins(1));
    let log = capture.log();
    assert_eq!(status.code(), Some(5), "{}", &log[before..]);
    assert!(log[before..].contains(code), "{}", &log[before..]);
}

fn a_slot_that_others_move_halts(platform: &Platform) {
    let table = "su_slot";
    let (world, capture, _store) = begin(platform, "slotted", &[own(table, PLAIN)], "");
    let slot = "slotted_so_nnmt";
    let accepted = |mut capture: Service, before: usize, code: &str| {
        let _ = capture.is_running();
        halts(capture, before, code);
        assert!(differs(&world, table).is_some(), "nothing was lost");
        world.bangioc(SOURCE, &["source", "accept", "--yes"]);
        let capture = world.capture(SOURCE);
        equal(&world, &[table]);
        capture
    };
    // Read by another while nobody of ours is there.
    capture.stop();
    at_once(&world, table, "insert into TABLE values (20, 'taken by another', null)");
    at_once(
        &world,
        table,
        &format!(
            "select count(*) from pg_logical_slot_get_binary_changes('{slot}', null, null, 'proto_version', '1', 'publication_names', 'bangioc')"
        ),
    );
    let capture = world.capture(SOURCE);
    let capture = accepted(capture, 0, "BG0213");
    // Made anew under its name.
    let before = capture.log().len();
    capture.stop();
    at_once(&world, table, "delete from TABLE where code = 20");
    at_once(
        &world,
        table,
        &format!(
            "select pg_drop_replication_slot('{slot}'); select pg_create_logical_replication_slot('{slot}', 'pgoutput')"
        ),
    );
    let capture = world.capture(SOURCE);
    let capture = accepted(capture, before, "BG0213");
    // Moved after it was looked at, before it is ours.
    let before = capture.log().len();
    capture.stop();
    let capture = world.capture_with(SOURCE, &[("BANGIOC_FAILPOINT", "capture.starting:1:stop")]);
    wait::until("the capture to stand still", PATIENCE, || {
        wait::holds(capture.log()[before..].contains("capture.starting"), capture.log())
    });
    at_once(&world, table, "insert into TABLE values (21, 'passed over', null)");
    wait::until("nobody to be on the slot", PATIENCE, || {
        let active = format!("select active from pg_replication_slots where slot_name = '{slot}'");
        let active = world.source(SOURCE, &active);
        wait::holds(active == ["f"], format!("{active:?}"))
    });
    at_once(
        &world,
        table,
        &format!("select pg_replication_slot_advance('{slot}', pg_current_wal_lsn())"),
    );
    capture.signal(Signal::CONT);
    let _capture = accepted(capture, before, "BG0213");
    world.ledger_adds_up();
}
