//! What a department's administrator does to tables that are carried: rows that the stream was not told of
//! come all the same, or the dataset halts and says why; and what changes nothing copies nothing.

use std::collections::BTreeMap;
use std::fs;

use bangioc_tests::platform::Platform;
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{OwnTable, PATIENCE, World};
use serde_json::Value;

use crate::Check;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "ddl::what_the_stream_is_not_told_of_comes_all_the_same",
        what_the_stream_is_not_told_of_comes_all_the_same,
    ),
    (
        "ddl::what_was_done_while_capture_was_away_is_seen",
        what_was_done_while_capture_was_away_is_seen,
    ),
    ("ddl::what_no_longer_fits_halts_and_heals", what_no_longer_fits_halts_and_heals),
    ("ddl::a_writer_from_before_is_waited_for", a_writer_from_before_is_waited_for),
    ("ddl::a_large_table_waits_for_a_yes", a_large_table_waits_for_a_yes),
    ("ddl::a_column_joins_with_what_is_there", a_column_joins_with_what_is_there),
    ("ddl::upkeep_copies_nothing", upkeep_copies_nothing),
];

pub(crate) const SOURCE: &str = "so-nnmt";

/// Twelve rows each.
const PLAIN: &str = "create table TABLE (code integer primary key, word text); \
    insert into TABLE select n, 'word ' || n from generate_series(1, 12) n;";
const MOODY: &str = "create type TABLE_mood as enum ('calm', 'wild'); create table TABLE (code integer primary key, word TABLE_mood); \
    insert into TABLE select n, 'wild' from generate_series(1, 12) n;";
const TWICE_UNIQUE: &str = "create table TABLE (code integer primary key, word text not null unique); \
    insert into TABLE select n, 'word ' || n from generate_series(1, 12) n;";
const PARTED: &str = "create table TABLE (code integer primary key, word text) partition by range (code); \
    create table TABLE_a partition of TABLE for values from (1) to (5); create table TABLE_b partition of TABLE for values from (5) to (9); \
    create table TABLE_c partition of TABLE for values from (9) to (100); insert into TABLE select n, 'word ' || n from generate_series(1, 12) n;";

pub(crate) fn contract(table: &str, word: &str) -> String {
    format!(
        "
dataset: {}
owner: so-nnmt
name: {{ vi: Bảng thử, en: A trial }}
kind: state
source: {{ table: dept.{table} }}
key: [code]
columns:
  code: {{ type: integer, class: internal, vi: Mã, en: Code }}
{word}",
        table.replace('_', "-")
    )
}

pub(crate) fn word(column_type: &str) -> String {
    format!("  word: {{ type: {column_type}, class: internal, vi: Từ, en: Word }}\n")
}

fn own(table: &str, sql: &str) -> OwnTable {
    let word = if sql == MOODY {
        "  word: { type: enum TABLE_mood, class: internal, vi: Từ, en: Word, values: [calm, wild, loud] }\n"
            .replace("TABLE", table)
    } else {
        word("text")
    };
    OwnTable {
        source: SOURCE,
        table: table.to_owned(),
        sql: sql.replace("TABLE", table),
        file: format!("so-nnmt/{}.yaml", table.replace('_', "-")),
        contract: contract(table, &word),
    }
}

/// Each in a transaction of its own, and nothing besides: VACUUM takes no company.
fn run(world: &World<'_>, table: &str, statements: &[&str]) {
    for statement in statements {
        world.platform.sql(&world.database(SOURCE), &statement.replace("TABLE", table));
    }
}

fn rows(world: &World<'_>, database: &str, table: &str) -> Result<Vec<String>, String> {
    let sql = format!("select code || '|' || coalesce(word::text, '∅') from {table} order by code");
    world.platform.try_sql(database, &sql)
}

/// None when they are equal.
fn differs(world: &World<'_>, table: &str) -> Option<String> {
    let wanted = rows(world, &world.database(SOURCE), &format!("dept.{table}"));
    let found = rows(world, &world.store(), &format!("shared.{table}"));
    (wanted != found || wanted.is_err())
        .then(|| format!("{table}: {wanted:?} at the source, in the store {found:?}"))
}

#[track_caller]
fn equal(world: &World<'_>, tables: &[&str]) {
    wait::until("source and store to be equal", PATIENCE, || {
        let different: Vec<String> =
            tables.iter().filter_map(|table| differs(world, table)).collect();
        wait::holds(different.is_empty(), different.join("\n"))
    });
}

/// By dataset.
fn stands(world: &World<'_>) -> BTreeMap<String, Value> {
    let listed = world.bangioc("admin", &["dataset", "list", "--output", "json"]);
    let listed: Vec<Value> = serde_json::from_str(&listed).expect("JSON");
    let named =
        listed.into_iter().filter_map(|one| Some((one["dataset"].as_str()?.to_owned(), one)));
    named.collect()
}

#[track_caller]
pub(crate) fn stands_at(world: &World<'_>, table: &str, phase: &str, why: &str) {
    wait::until(&format!("{table} to be {phase}"), PATIENCE, || {
        let stand = stands(world).remove(&table.replace('_', "-")).unwrap_or_default();
        let said = stand["why"].as_str().unwrap_or_default().contains(why);
        wait::holds(stand["phase"] == phase && said, stand.to_string())
    });
}

/// A row that comes last: then so has all that was committed before it.
fn streams(world: &World<'_>, table: &str, code: u32) {
    world.source(SOURCE, &format!("insert into {table} values ({code}, null)"));
    world.store_says(
        "a row to come",
        &format!("select count(*) from shared.{table} where code = {code}"),
        &["1"],
    );
}

/// What is done to a table of its own kind, the stream told of none of it or of half.
const ACTS: &[(&str, &str, &[&str])] = &[
    (
        "ddl_dropped_and_added",
        PLAIN,
        &[
            "alter publication bangioc drop table TABLE",
            "insert into TABLE values (20, 'new'); update TABLE set word = 'other' where code = 1; delete from TABLE where code = 2",
            "alter publication bangioc add table TABLE",
        ],
    ),
    (
        "ddl_forgotten",
        PLAIN,
        &[
            "do $$ begin execute (select 'alter publication bangioc set table ' || string_agg(format('%I.%I', schemaname, tablename), ', ') \
            from pg_publication_tables where pubname = 'bangioc' and tablename <> 'TABLE'); end $$",
            "insert into TABLE values (20, 'new'); update TABLE set word = 'other' where code = 1; delete from TABLE where code = 2",
            "alter publication bangioc add table TABLE",
        ],
    ),
    (
        "ddl_filtered",
        PLAIN,
        &[
            "alter publication bangioc drop table TABLE",
            "alter publication bangioc add table TABLE where (code < 0)",
            "insert into TABLE values (20, 'new')",
            "alter publication bangioc drop table TABLE",
            "alter publication bangioc add table TABLE",
        ],
    ),
    (
        "ddl_remade",
        PLAIN,
        &[
            "drop table TABLE",
            "create table TABLE (code integer primary key, word text); insert into TABLE values (1, 'another table''s'), (30, 'before it was added'); \
         grant select on TABLE to bangioc_capture",
            "alter publication bangioc add table TABLE",
        ],
    ),
    (
        "ddl_swapped",
        PLAIN,
        &[
            "create table TABLE_staging (like TABLE including all); insert into TABLE_staging select n, 'tonight ' || n from generate_series(3, 15) n; \
         grant select on TABLE_staging to bangioc_capture; alter publication bangioc add table TABLE_staging",
            "alter table TABLE rename to TABLE_old; alter table TABLE_staging rename to TABLE",
        ],
    ),
    ("ddl_leaf_truncated", PARTED, &["truncate TABLE_b"]),
    ("ddl_leaf_detached", PARTED, &["alter table TABLE detach partition TABLE_b"]),
    (
        "ddl_leaf_attached",
        PARTED,
        &[
            "create table TABLE_d (like TABLE including all); insert into TABLE_d values (101, 'came along')",
            "alter table TABLE attach partition TABLE_d for values from (100) to (120)",
        ],
    ),
    (
        "ddl_leaf_attached_at_once",
        PARTED,
        &[
            "create table TABLE_d (like TABLE including all); insert into TABLE_d values (101, 'came along'); \
         alter table TABLE attach partition TABLE_d for values from (100) to (120)",
        ],
    ),
    ("ddl_leaf_dropped", PARTED, &["drop table TABLE_b"]),
    ("ddl_retyped", PLAIN, &["alter table TABLE alter column word type text using upper(word)"]),
    (
        "ddl_replaced",
        PLAIN,
        &[
            "alter table TABLE add column fresh text; update TABLE set fresh = 'fresh ' || code; alter table TABLE drop column word; \
         alter table TABLE rename column fresh to word",
        ],
    ),
    ("ddl_relabelled", MOODY, &["alter type TABLE_mood rename value 'wild' to 'loud'"]),
];

fn acted_on() -> Vec<OwnTable> {
    ACTS.iter().map(|(table, sql, _)| own(table, sql)).collect()
}

/// The administrator's own search path; nobody else's.
pub(crate) fn at_home(world: &World<'_>) {
    let database = world.database(SOURCE);
    world.platform.sql(
        "postgres",
        &format!("alter role postgres in database {database} set search_path = dept"),
    );
}

fn begin<'p>(
    platform: &'p Platform,
    name: &str,
    tables: &[OwnTable],
) -> (World<'p>, Service, Service) {
    let world = World::with_tables(platform, name, &[SOURCE], tables);
    at_home(&world);
    let (capture, store) = (world.capture(SOURCE), world.shared_store("store"));
    let names: Vec<&str> = tables.iter().map(|own| own.table.as_str()).collect();
    equal(&world, &names);
    for name in names {
        stands_at(&world, name, "streaming", "");
    }
    (world, capture, store)
}

fn what_the_stream_is_not_told_of_comes_all_the_same(platform: &Platform) {
    let (world, _capture, _store) = begin(platform, "untold", &acted_on());
    let tables: Vec<&str> = ACTS.iter().map(|(table, ..)| *table).collect();
    for (table, _, statements) in ACTS {
        run(&world, table, statements);
    }
    for table in &tables {
        streams(&world, table, 40);
    }
    equal(&world, &tables);
    for table in &tables {
        stands_at(&world, table, "streaming", "");
    }
    world.ledger_adds_up();
}

fn what_was_done_while_capture_was_away_is_seen(platform: &Platform) {
    let acted_on: Vec<OwnTable> =
        acted_on().into_iter().chain([own("ddl_narrowed", PLAIN)]).collect();
    let (world, capture, _store) = begin(platform, "unwatched", &acted_on);
    capture.stop();
    for (table, _, statements) in ACTS {
        run(&world, table, statements);
    }
    let capture = world.capture(SOURCE);
    let tables: Vec<&str> = acted_on.iter().map(|own| own.table.as_str()).collect();
    equal(&world, &tables);
    for table in &tables {
        stands_at(&world, table, "streaming", "");
        streams(&world, table, 40);
    }
    // Back as it was, for all tables at once: only the publication's row in the catalogue tells.
    capture.stop();
    run(
        &world,
        "ddl_narrowed",
        &[
            "alter publication bangioc set (publish = 'insert')",
            "update TABLE set word = 'untold'; delete from TABLE where code = 3",
            "alter publication bangioc set (publish = 'insert, update, delete, truncate')",
        ],
    );
    let _capture = world.capture(SOURCE);
    equal(&world, &["ddl_narrowed"]);
    stands_at(&world, "ddl_narrowed", "streaming", "");
    world.ledger_adds_up();
}

fn what_no_longer_fits_halts_and_heals(platform: &Platform) {
    let (secured, rekeyed, unsaid, quiet) =
        ("ddl_secured", "ddl_rekeyed", "ddl_unsaid", "ddl_quiet");
    let tables =
        [own(secured, PLAIN), own(rekeyed, TWICE_UNIQUE), own(unsaid, PLAIN), own(quiet, PLAIN)];
    let (world, capture, _store) = begin(platform, "unfit", &tables);
    run(
        &world,
        secured,
        &[
            "alter table TABLE enable row level security; create policy few on TABLE for select to bangioc_capture using (code < 4)",
        ],
    );
    run(
        &world,
        rekeyed,
        &[
            "alter table TABLE drop constraint TABLE_pkey; alter table TABLE add primary key (word); create unique index on TABLE (code)",
        ],
    );
    run(&world, unsaid, &["alter table TABLE replica identity nothing"]);
    for (table, why) in
        [(secured, "row security"), (rekeyed, "identity lacks `code`"), (unsaid, "NOTHING")]
    {
        stands_at(&world, table, "halted", why);
    }
    streams(&world, quiet, 40);
    run(&world, unsaid, &["alter table TABLE replica identity default"]);
    equal(&world, &[unsaid]);
    stands_at(&world, unsaid, "streaming", "");
    // Asking does not mend a table, and takes nothing from the store.
    world.bangioc("operator-lan", &["dataset", "recopy", "ddl-secured", "--yes"]);
    run(&world, rekeyed, &["update TABLE set code = 21 where code = 1"]);
    capture.stop();
    let _capture = world.capture(SOURCE);
    streams(&world, quiet, 41);
    for table in [secured, rekeyed] {
        stands_at(&world, table, "halted", "");
        let kept = world.in_store(&format!("select count(*) from shared.{table}"));
        assert_eq!(kept, ["12"], "{table}");
    }

    run(&world, secured, &["alter table TABLE disable row level security"]);
    run(
        &world,
        rekeyed,
        &["alter table TABLE drop constraint TABLE_pkey; alter table TABLE add primary key (code)"],
    );
    equal(&world, &[secured, rekeyed, quiet]);
    for table in [secured, rekeyed] {
        stands_at(&world, table, "streaming", "");
    }
}

fn a_writer_from_before_is_waited_for(platform: &Platform) {
    let table = "ddl_late";
    let (world, _capture, _store) = begin(platform, "late", &[own(table, PLAIN)]);
    run(&world, table, &["alter publication bangioc drop table TABLE"]);
    stands_at(&world, table, "halted", "not in the publication");
    // Writes while the table is out, and commits long after it is back: the stream never hears of its row, and
    // a copy made at once would not see it either.
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            run(
                &world,
                table,
                &["begin; insert into TABLE values (20, 'late'); select pg_sleep(6); commit"],
            );
        });
        wait::until("the writer to write", PATIENCE, || {
            let writing = world.source(SOURCE, "select count(*) from pg_locks where relation = 'ddl_late'::regclass and mode = 'RowExclusiveLock'");
            wait::holds(writing == ["1"], format!("{writing:?}"))
        });
        run(&world, table, &["alter publication bangioc add table TABLE"]);
        writer.join().expect("the writer's end");
    });
    equal(&world, &[table]);
    stands_at(&world, table, "streaming", "");
}

fn a_large_table_waits_for_a_yes(platform: &Platform) {
    let table = "ddl_large";
    let world = World::with_tables(platform, "vast", &[SOURCE], &[own(table, PLAIN)]);
    at_home(&world);
    world.configure(SOURCE, "recopy_rows = 11");
    let (capture, _store) = (world.capture(SOURCE), world.shared_store("store"));
    equal(&world, &[table]);
    stands_at(&world, table, "streaming", "");
    run(
        &world,
        table,
        &["analyze TABLE", "alter table TABLE alter column word type text using upper(word)"],
    );
    stands_at(&world, table, "awaits-copy", "rewritten");
    // It goes on arriving meanwhile, and a restart forgets nothing.
    streams(&world, table, 40);
    capture.stop();
    let _capture = world.capture(SOURCE);
    streams(&world, table, 41);
    stands_at(&world, table, "awaits-copy", "rewritten");
    wait::until("the store to have heard of it", PATIENCE, || {
        let status = world.try_bangioc("admin", &["status", "--output", "json"]);
        let status: Value = serde_json::from_slice(&status.stdout).expect("JSON");
        let shown = status["datasets"]
            .as_array()
            .and_then(|all| all.iter().find(|one| one["dataset"] == "ddl-large"));
        let state = shown.map(|one| &one["state"]["is"]);
        wait::holds(state == Some(&"awaits-copy".into()), format!("{status}"))
    });
    let listed = world.bangioc("admin", &["dataset", "list"]);
    let line = listed.lines().find(|line| line.starts_with("ddl-large")).unwrap_or_default();
    assert!(line.contains("waits for a yes") && line.contains("~12 rows"), "{listed}");
    assert!(differs(&world, table).is_some(), "copied without a yes");
    world.bangioc("operator-lan", &["dataset", "recopy", "ddl-large", "--yes", "--wait"]);
    equal(&world, &[table]);
    stands_at(&world, table, "streaming", "");
}

fn a_column_joins_with_what_is_there(platform: &Platform) {
    let table = "ddl_joined";
    let without = OwnTable {
        contract: contract(
            table,
            "  spare: { type: text, class: internal, vi: Thừa, en: Spare }\n",
        ),
        ..own(table, PLAIN)
    };
    let without = OwnTable {
        sql: format!("{}alter table {table} add column spare text;", without.sql),
        ..without
    };
    let world = World::with_tables(platform, "joined", &[SOURCE], &[without]);
    let (capture, store) = (world.capture(SOURCE), world.shared_store("store"));
    let count = format!("select count(*) from shared.{table}");
    world.store_says("the rows to come", &count, &["12"]);
    stands_at(&world, table, "streaming", "");
    let both = format!(
        "  spare: {{ type: text, class: internal, vi: Thừa, en: Spare }}\n{}",
        word("text")
    );
    fs::write(world.dir.join("contracts/so-nnmt/ddl-joined.yaml"), contract(table, &both))
        .expect("a contract");
    world.bangioc("admin", &["topic", "apply", "--reviewed"]);
    store.signal(rustix::process::Signal::HUP);
    capture.signal(rustix::process::Signal::HUP);
    equal(&world, &[table]);
}

fn upkeep_copies_nothing(platform: &Platform) {
    let (table, parted, moody) = ("ddl_kept", "ddl_kept_parted", "ddl_kept_moody");
    let tables = [own(table, PLAIN), own(parted, PARTED), own(moody, MOODY)];
    let (world, capture, _store) = begin(platform, "upkeep", &tables);
    let copied = |world: &World<'_>| -> Vec<Value> {
        let stands = stands(world);
        tables.iter().map(|own| stands[&own.table.replace('_', "-")]["last_copy"].clone()).collect()
    };
    let before = copied(&world);
    let seen = |member: &str, times: usize| {
        let line = format!(r#"dataset="ddl-kept" member="{member}" verdict="harmless""#);
        wait::until("the capture to have looked", PATIENCE, || {
            wait::holds(capture.log().matches(&line).count() >= times, capture.log())
        });
    };
    let rewrites = [
        "vacuum full TABLE",
        "cluster TABLE using TABLE_pkey",
        "analyze TABLE",
        "vacuum (freeze, analyze) TABLE",
    ];
    run(&world, table, &rewrites);
    // A new file, and with the same look a column that was written: that would be `alter type … using`. So the last
    // of the files has to be seen first.
    run(&world, table, &["create role TABLE_owner; alter table TABLE owner to TABLE_owner"]);
    seen("owner", 1);
    let acts = [
        "vacuum (freeze) pg_attribute",
        "create index TABLE_word on TABLE (word)",
        "reindex table TABLE",
        "reindex table concurrently TABLE",
        "drop index TABLE_word",
        "create unique index concurrently TABLE_code on TABLE (code)",
        "drop index concurrently TABLE_code",
        "comment on table TABLE is 'kept'; comment on column TABLE.word is 'kept'",
        "create role TABLE_reader; grant select on TABLE to TABLE_reader; grant update (word) on TABLE to TABLE_reader; revoke all on TABLE from TABLE_reader; \
         revoke all (word) on TABLE from TABLE_reader; drop role TABLE_reader",
        "alter table TABLE alter column word set statistics 500; alter table TABLE set (fillfactor = 90, autovacuum_enabled = false)",
        "alter table TABLE alter column word set storage main; alter table TABLE alter column word set default 'x'",
        "create function TABLE_noop() returns trigger language plpgsql as 'begin return new; end'; \
         create trigger noop before insert on TABLE for each row execute function TABLE_noop(); alter table TABLE disable trigger noop",
        "alter table TABLE add column other integer default 7; alter table TABLE drop column other",
        "alter table TABLE add constraint positive check (code > 0); alter table TABLE drop constraint positive",
        "alter table TABLE owner to postgres; drop role TABLE_owner",
    ];
    run(&world, table, &acts);
    seen("owner", 2);
    run(
        &world,
        parted,
        &[
            "analyze TABLE",
            "create index on TABLE (word)",
            "create table TABLE_d partition of TABLE for values from (100) to (120)",
        ],
    );
    run(&world, moody, &["alter type TABLE_mood add value 'loud'", "vacuum full TABLE"]);
    for own in &tables {
        streams(&world, &own.table, 40);
    }
    // Once more around, with a start.
    capture.stop();
    run(&world, table, &rewrites);
    let capture = world.capture(SOURCE);
    for own in &tables {
        streams(&world, &own.table, 41);
        stands_at(&world, &own.table, "streaming", "");
    }
    equal(&world, &[table, parted, moody]);
    assert_eq!(copied(&world), before, "copied again: {}", capture.log());
}
