//! A row that refers to one of another dataset waits until that one is there, and then comes by itself.

use bangioc_tests::platform::Platform;
use bangioc_tests::world::{OwnTable, World};

use crate::Check;

pub(crate) const CHECKS: &[(&str, Check)] =
    &[("references::a_row_waits_for_what_it_refers_to", a_row_waits_for_what_it_refers_to)];

const GUIDE: &str = "
dataset: guide
owner: so-nnmt
name: { vi: Hướng dẫn viên, en: Guides }
kind: state
source: { table: dept.guide }
key: [code]
columns:
  code: { type: varchar(9), class: open, vi: Mã, en: Code }
  grade: { type: integer, class: open, vi: Bậc, en: Grade, range: 0.. }
";

const VISIT: &str = "
dataset: visit
owner: so-nnmt
name: { vi: Lượt thăm, en: Visits }
kind: state
source: { table: dept.visit }
key: [id]
columns:
  id: { type: integer, class: open, vi: Mã, en: Id }
  guides: { type: 'varchar(9)[]', class: open, vi: Hướng dẫn viên, en: Guides }
  n: { type: integer, class: open, vi: Số, en: Number, range: 0.. }
rules:
  - reference: guides
    to: guide
";

fn tables() -> [OwnTable; 2] {
    let table = |table: &str, sql: &str, contract: &str| OwnTable {
        source: "so-nnmt",
        table: table.into(),
        sql: sql.into(),
        file: format!("so-nnmt/{table}.yaml"),
        contract: contract.into(),
    };
    [
        table("guide", "create table guide (code varchar(9) primary key, grade integer);", GUIDE),
        table(
            "visit",
            "create table visit (id integer primary key, guides varchar(9)[], n integer);",
            VISIT,
        ),
    ]
}

const VISITS: &str = "select id || ' ' || n from shared.visit order by id";
const WAITING: &str = "select count(*) || ' ' || coalesce(min(code || ' ' || field_path), '') from flow.parked_key where state = 'parked'";

fn a_row_waits_for_what_it_refers_to(platform: &Platform) {
    let world = World::with_tables(platform, "references", &["so-nnmt"], &tables());
    let change = |sql: &str| world.source("so-nnmt", sql);
    // Visits stand before guides in the log, and are there first.
    change("insert into visit values (1, '{G1}', 1), (2, null, 1), (3, '{G1,G2}', 1)");
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.store_says("a row that refers to nothing", VISITS, &["2 1"]);
    world.store_says("two to wait", WAITING, &["2 W_REFERENCE guides"]);
    let list = world.bangioc("dead-letter", &["dead-letter", "list"]);
    assert!(list.contains("W_REFERENCE") && list.contains("guides"), "{list}");
    // A person's replay finds the same.
    let key = "select encode(key_ref, 'hex') from flow.parked_key limit 1";
    let key = world.in_store(key).concat();
    let replay = ["dead-letter", "replay", &key];
    let refused = world.try_bangioc("dead-letter", &replay);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("W_REFERENCE"), "{said}");

    // What comes later queues behind it; one of the two has all that it needs, the other only half.
    change("update visit set n = n + 1; update visit set n = n + 1");
    change("insert into guide values ('G1', 1)");
    world.store_says("the row whose guide came", VISITS, &["1 3", "2 3"]);
    change("insert into guide values ('G2', 1)");
    world.store_says("the other", VISITS, &["1 3", "2 3", "3 3"]);
    world.store_says("nothing to wait", WAITING, &["0 "]);

    // Many say nothing of a deployment: no breaker trips. A parent that breaks a rule is not there.
    change(
        "insert into visit select n, array['H' || n % 40], n from generate_series(100, 299) n; \
         insert into guide select 'H' || n, case when n = 7 then -1 else 1 end from generate_series(0, 39) n",
    );
    let arrived = "select count(*) || ' ' || count(*) filter (where id % 40 = 7) from shared.visit";
    world.store_says("all but those of one", arrived, &["198 0"]);
    change("update guide set grade = 7 where code = 'H7'");
    world.store_says("those of the mended one", arrived, &["203 5"]);

    // What goes later is no matter to rows that are there.
    change("delete from guide where code = 'G1'");
    world.store_says(
        "the guide to go",
        "select count(*) from shared.guide where code = 'G1'",
        &["0"],
    );
    assert_eq!(world.in_store("select count(*) from shared.visit where id in (1, 3)"), ["2"]);
    // Behind the reference another breach: it then waits for a person.
    change("insert into visit values (900, '{K1}', 1)");
    world.store_says("one more to wait", WAITING, &["1 W_REFERENCE guides"]);
    change("update visit set n = -1 where id = 900");
    change("insert into guide values ('K1', 1)");
    world.store_says("the other breach to show", WAITING, &["1 E_RANGE n"]);
    world.ledger_adds_up();
    let by = "select distinct ended_by from flow.parked_key where topic like '%visit' and state = 'drained'";
    assert_eq!(world.in_store(by), ["shared-store"]);
}
