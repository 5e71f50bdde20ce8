//! Places of which only some are public, in two tables: one says of its old rows what an index holds, the
//! other all of it. Long stories are kept out of line, so that updates leave them out.

use bangioc_tests::wait;
use bangioc_tests::world::{OwnTable, PATIENCE, World};

/// What must never be seen on the open side; it stands in every private column.
pub(crate) const CANARY: &str = "CANARY-0041999999";

const TABLE: &str = "
create table TABLE (
    site_code varchar(20) primary key,
    name_vi   text not null,
    story     text,
    visitors  integer,
    keeper    text,
    note      text,
    secrecy   smallint not null default 0,
    is_public boolean not null default false,
    state     varchar(10) not null default 'draft');
alter table TABLE alter column story set storage external;
alter table TABLE alter column note set storage external;
";

const CONTRACT: &str = "
dataset: DATASET
owner: so-nnmt
name: { vi: Di tích thử, en: Trial sites }
kind: state
source: { table: dept.TABLE, identity: IDENTITY }
key: [site_code]
columns:
  site_code: { type: varchar(20), class: open, vi: Mã, en: Code }
  name_vi: { type: text, class: open, vi: Tên, en: Name, required: true, max_chars: 60 }
  story: { type: text, class: open, vi: Chuyện, en: Story }
  visitors: { type: integer, class: open, vi: Lượt khách, en: Visitors, range: 0.. }
  keeper: { type: text, class: personal, vi: Người giữ, en: Keeper }
  note: { type: text, class: sensitive, vi: Ghi chú, en: Note }
  secrecy: { type: smallint, class: internal, vi: Độ mật, en: Secrecy, required: true }
  is_public: { type: boolean, class: internal, vi: Công khai, en: Public, required: true }
  state: { type: varchar(10), class: internal, vi: Tình trạng, en: State, required: true }
rules:
  - secret_unless: secrecy
    values: [0]
open:
  columns: [site_code, name_vi, story, visitors]
  rows: { is_public: [true], state: [issued] }
";

/// Dataset and table.
pub(crate) const INDEXED: (&str, &str) = ("site", "site");
pub(crate) const WHOLE: (&str, &str) = ("site-whole", "site_whole");

pub(crate) fn tables() -> [OwnTable; 2] {
    let made = |(dataset, table): (&str, &str), identity: &str, sql: String| OwnTable {
        source: "so-nnmt",
        table: table.to_owned(),
        sql: format!("{}{sql}", TABLE.replace("TABLE", table)),
        file: format!("so-nnmt/{dataset}.yaml"),
        contract: CONTRACT
            .replace("DATASET", dataset)
            .replace("TABLE", table)
            .replace("IDENTITY", identity),
    };
    [
        made(
            INDEXED,
            "[site_code, is_public, state]",
            "create unique index site_identity on site (site_code, is_public, state); \
             alter table site replica identity using index site_identity;"
                .to_owned(),
        ),
        made(WHOLE, "full", "alter table site_whole replica identity full;".to_owned()),
    ]
}

/// Adds sites `first..first + count`, none of them public; every second has a long story.
pub(crate) fn add(world: &World<'_>, table: &str, first: u32, count: u32) {
    let long =
        "(select string_agg(md5(random()::text || n || m), '') from generate_series(1, 150) m)";
    world.source(
        "so-nnmt",
        &format!(
            "insert into {table} select 'S' || n, 'Di tích ' || n, case when n % 2 = 0 then {long} end, n, \
             '{CANARY} keeper ' || n, '{CANARY} ' || {long}, 0, n % 3 = 0, case when n % 3 = 1 then 'issued' else 'draft' end \
             from generate_series({first}, {}) n",
            first + count - 1
        ),
    );
}

/// The rows that the open side must end with, as [`super::open_feed`] prints them.
pub(crate) fn public(world: &World<'_>, table: &str) -> Vec<String> {
    let mut rows = world.source(
        "so-nnmt",
        &format!(
            "select concat_ws('|', site_code, name_vi, coalesce(story, ''), coalesce(visitors::text, '')) from {table} \
             where is_public and state = 'issued' and secrecy = 0 and length(name_vi) <= 60"
        ),
    );
    rows.sort();
    rows
}

/// Waits until a public row, added now, has come through: then so has everything committed before it.
pub(crate) fn settle(world: &World<'_>, (dataset, table): (&str, &str)) {
    let topic = world.open_topic("so-nnmt", dataset);
    let code = format!("END{}", world.platform.records(&topic).len());
    world.source(
        "so-nnmt",
        &format!("insert into {table} values ('{code}', 'Hết', null, 0, '{CANARY}', '{CANARY}', 0, true, 'issued')"),
    );
    // Two producers carry it: that the open side has it does not say that the shared one has.
    for topic in [&topic, &world.topic("so-nnmt", dataset)] {
        wait::until("the last public row", PATIENCE, || {
            let found = world.platform.records(topic).iter().any(|record| {
                record
                    .key
                    .as_ref()
                    .is_some_and(|key| key.windows(code.len()).any(|part| part == code.as_bytes()))
            });
            wait::holds(found, format!("no record of `{code}` in {topic}"))
        });
    }
}
