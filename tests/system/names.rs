//! Tables and columns with the names that vendors give them, and keys of every type that can be one, from the
//! source to the store and back: copied, changed, copied again, repaired, compared, after a restart.

use std::fmt::Write as _;

use bangioc_tests::platform::Platform;
use bangioc_tests::wait;
use bangioc_tests::world::{OwnTable, PATIENCE, World};
use serde_json::Value;

use crate::Check;

pub(crate) const CHECKS: &[(&str, Check)] =
    &[("names::odd_names_and_keys_come_through_whole", odd_names_and_keys_come_through_whole)];

struct Odd {
    dataset: &'static str,
    /// As SQL names it, in the department's schema or with its own.
    table: &'static str,
    /// As the contract names it.
    from: &'static str,
    make: &'static str,
    /// Keys of the contract, between `kind` and `columns`.
    contract: &'static str,
    /// Name, keys beside class and labels.
    columns: &'static [(&'static str, &'static str)],
    more: &'static str,
    fill: &'static str,
    /// Inserts, updates, key changes, deletes.
    change: &'static str,
    while_down: &'static str,
    /// Of rows with one natural key the one that counts.
    only: &'static str,
}

const PLAIN: Odd = Odd {
    dataset: "",
    table: "",
    from: "",
    make: "",
    contract: "",
    columns: &[],
    more: "",
    fill: "",
    change: "",
    while_down: "",
    only: "true",
};

/// A text too long for its row's page, of which updates of other columns say nothing.
const LONG: &str =
    "(select string_agg(md5(random()::text || g), '') from generate_series(1, 150) g where g <> n)";

const TABLES: [Odd; 8] = [
    // Every kind of name, and an open side that is told of it.
    Odd {
        dataset: "odd-names",
        table: "\"Địa chính\".\"a.b\"",
        from: "'\"Địa chính\".\"a.b\"'",
        make: "create schema \"Địa chính\"; create type \"Địa chính\".\"Loại.đất\" as enum ('ONT', 'Đất \"khác\"'); \
               create table \"Địa chính\".\"a.b\" (\"Mã thửa\" integer, \"x\"\"y\" varchar(20), \"1 số\" numeric(12,2), \"select\" text, \"$giá'\\\" bigint, \
               \"ữữữữữữữữữữữữữữữữữữữữữ\" text, \"Loại\" \"Địa chính\".\"Loại.đất\", \"CôngKhai\" boolean not null, \"thừa, ra\" text, primary key (\"Mã thửa\", \"x\"\"y\")); \
               alter table \"Địa chính\".\"a.b\" alter column \"ữữữữữữữữữữữữữữữữữữữữữ\" set storage external; \
               create unique index \"chỉ mục\" on \"Địa chính\".\"a.b\" (\"Mã thửa\", \"x\"\"y\", \"CôngKhai\"); \
               alter table \"Địa chính\".\"a.b\" replica identity using index \"chỉ mục\"",
        contract: "key: [ma_thua, to_so]",
        columns: &[
            ("ma_thua", "from: Mã thửa, type: integer"),
            ("to_so", "from: 'x\"y', type: varchar(20)"),
            ("so_1", "from: 1 số, type: 'numeric(12,2)'"),
            ("chon", "from: select, type: text"),
            ("gia", "from: '$giá''\\', type: bigint"),
            ("dai", "from: ữữữữữữữữữữữữữữữữữữữữữ, type: text"),
            ("loai", "from: Loại, type: 'enum \"Loại.đất\"'"),
            ("cong_khai", "from: CôngKhai, type: boolean"),
        ],
        more: "open:\n  columns: [ma_thua, to_so, chon, dai]\n  rows: { cong_khai: [true] }\n",
        fill: "insert into \"Địa chính\".\"a.b\" select n, 'tờ ' || n % 7, n / 4.0, 'ô ' || n, n, case when n % 3 = 0 then LONG end, 'Đất \"khác\"', n % 2 = 0, 'thừa' from generate_series(1, 1200) n",
        change: "update \"Địa chính\".\"a.b\" set \"select\" = 'sửa' where \"Mã thửa\" % 5 = 0; \
                 update \"Địa chính\".\"a.b\" set \"CôngKhai\" = not \"CôngKhai\" where \"Mã thửa\" % 11 = 0; \
                 update \"Địa chính\".\"a.b\" set \"x\"\"y\" = 'mới', \"Mã thửa\" = \"Mã thửa\" + 5000 where \"Mã thửa\" % 13 = 0; \
                 delete from \"Địa chính\".\"a.b\" where \"Mã thửa\" % 17 = 0; \
                 insert into \"Địa chính\".\"a.b\" values (9001, 'x', null, null, null, null, 'ONT', true, null)",
        while_down: "update \"Địa chính\".\"a.b\" set \"1 số\" = 0.25 where \"Mã thửa\" % 3 = 1; delete from \"Địa chính\".\"a.b\" where \"Mã thửa\" = 2",
        ..PLAIN
    },
    // 1.0 and 1.00 are one number, and in several partitions they must be one key.
    Odd {
        dataset: "so-thuc",
        table: "\"SoThuc\"",
        from: "dept.SoThuc",
        make: "create table \"SoThuc\" (\"Ma\" numeric primary key, \"Ten\" text, dai text); alter table \"SoThuc\" alter column dai set storage external",
        contract: "key: [ma]\npartitions: 3",
        columns: &[
            ("ma", "from: Ma, type: numeric"),
            ("ten", "from: Ten, type: text"),
            ("dai", "type: text"),
        ],
        fill: "insert into \"SoThuc\" select n / 4.0, 'số ' || n, case when n % 3 = 0 then LONG end from generate_series(-600, 600) n; \
               insert into \"SoThuc\" values (1e30, 'to', null), (1e-30, 'nhỏ', null), ('NaN', 'không', null), ('Infinity', 'vô cùng', null), ('-Infinity', 'âm vô cùng', null)",
        change: "update \"SoThuc\" set \"Ma\" = \"Ma\" * 1.000 where \"Ma\" between 1 and 40; \
                 update \"SoThuc\" set \"Ma\" = trim_scale(\"Ma\"), \"Ten\" = 'gọn' where \"Ma\" between -40 and -1; \
                 update \"SoThuc\" set \"Ten\" = 'sửa' where \"Ma\" between 60 and 80 or \"Ma\" in ('NaN', 'Infinity'); \
                 update \"SoThuc\" set \"Ma\" = \"Ma\" + 1000 where \"Ma\" between 90 and 95; \
                 delete from \"SoThuc\" where \"Ma\" between 100 and 110 or \"Ma\" = '-Infinity'; \
                 begin; delete from \"SoThuc\" where \"Ma\" = 120; insert into \"SoThuc\" values (120.0000, 'lại', null); commit",
        while_down: "update \"SoThuc\" set \"Ma\" = trim_scale(\"Ma\") * 1.00 where \"Ma\" = 7; update \"SoThuc\" set \"Ma\" = 7.0, \"Ten\" = 'bảy' where \"Ma\" = 7",
        ..PLAIN
    },
    // Equal to the source in capitals or not, compared by operators that no search path reaches.
    Odd {
        dataset: "chu-hoa",
        table: "\"Chữ hoa\"",
        from: "dept.Chữ hoa",
        make: "create schema ext; create extension citext schema ext; create domain \"Mã\" as ext.citext check (value <> 'cấm'); \
               create table \"Chữ hoa\" (\"Mã\" \"Mã\" primary key, n integer, dai text); alter table \"Chữ hoa\" alter column dai set storage external; \
               grant usage on schema ext to public",
        contract: "key: [ma]\npartitions: 2",
        columns: &[("ma", "from: Mã, type: text"), ("n", "type: integer"), ("dai", "type: text")],
        fill: "insert into \"Chữ hoa\" select case n % 3 when 0 then upper(md5(n::text)) when 1 then md5(n::text) else initcap(md5(n::text)) end, n, case when n % 4 = 0 then LONG end from generate_series(1, 1800) n",
        change: "update \"Chữ hoa\" set \"Mã\" = upper(\"Mã\"::text) where n % 10 = 0; update \"Chữ hoa\" set n = -n where n % 4 = 0; \
                 update \"Chữ hoa\" set \"Mã\" = lower(\"Mã\"::text), n = n where n % 14 = 0; delete from \"Chữ hoa\" where n % 23 = 0; \
                 insert into \"Chữ hoa\" values ('Mới', 0, null); update \"Chữ hoa\" set \"Mã\" = 'MỚI' where n = 0",
        while_down: "update \"Chữ hoa\" set \"Mã\" = 'mớI' where n = 0",
        ..PLAIN
    },
    // Marks and capitals overlooked by the column's collation, kept apart by the index alone: hundreds of equals in a row.
    Odd {
        dataset: "khong-dau",
        table: "khong_dau",
        from: "dept.khong_dau",
        make: "create collation qua_loa (provider = icu, locale = 'und-u-ks-level1', deterministic = false); \
               create table khong_dau (ten text collate qua_loa not null, n integer); create unique index khong_dau_c on khong_dau (ten collate \"C\"); \
               alter table khong_dau replica identity using index khong_dau_c",
        contract: "key: [ten]",
        columns: &[("ten", "type: text"), ("n", "type: integer")],
        fill: "insert into khong_dau select string_agg(substr('aA', 1 + (n / (2 ^ i)::int) % 2, 1), '' order by i), n from generate_series(0, 1295) n, generate_series(0, 10) i group by n; \
               insert into khong_dau select 'B' || n, n from generate_series(1, 400) n",
        change: "update khong_dau set n = -n where n % 7 = 0; update khong_dau set ten = ten || 'Z' where n % 11 = 0; delete from khong_dau where n % 13 = 0",
        while_down: "update khong_dau set n = n + 1 where n % 5 = 0",
        ..PLAIN
    },
    // Blanks at the end, which don't count.
    Odd {
        dataset: "trang-cuoi",
        table: "trang_cuoi",
        from: "dept.trang_cuoi",
        make: "create table trang_cuoi (ma bpchar, chan char(6), n integer, primary key (ma, chan))",
        contract: "key: [ma, chan]",
        columns: &[
            ("ma", "type: text, code: false"),
            ("chan", "type: char(6), code: false"),
            ("n", "type: integer"),
        ],
        fill: "insert into trang_cuoi select 'a' || n || repeat(' ', n % 3), 'c' || n % 2, n from generate_series(1, 1100) n",
        change: "update trang_cuoi set ma = ma || repeat(' ', 1) where n % 10 = 0; update trang_cuoi set ma = (rtrim(ma::text) || '  ')::bpchar where n % 15 = 0; \
                 update trang_cuoi set n = -n where n % 7 = 0; delete from trang_cuoi where n % 13 = 0; update trang_cuoi set chan = 'd' where n % 17 = 0",
        while_down: "update trang_cuoi set n = n + 1 where n % 5 = 0",
        ..PLAIN
    },
    // The other types.
    Odd {
        dataset: "kieu-khoa",
        table: "kieu_khoa",
        from: "dept.kieu_khoa",
        make: "create type \"Mức độ\" as enum ('z', 'a', 'Ế'); create domain \"ngày\" as date; \
               create table kieu_khoa (b bytea, i inet, t timestamptz, e \"Mức độ\", y boolean, u uuid, d \"ngày\", bits bit(8), f double precision, r real, m macaddr, k timetz, g int4range, n integer, \
               primary key (b, i, t, e, y, u, d, bits, f, r, m, k, g))",
        contract: "key: [b, i, t, e, y, u, d, bits, f, r, m, k, g]\npartitions: 2",
        columns: &[
            ("b", "type: bytea"),
            ("i", "type: inet"),
            ("t", "type: timestamptz"),
            ("e", "type: enum Mức độ"),
            ("y", "type: boolean"),
            ("u", "type: uuid"),
            ("d", "type: date"),
            ("bits", "type: bit(8)"),
            ("f", "type: double precision"),
            ("r", "type: real"),
            ("m", "type: macaddr"),
            ("k", "type: timetz"),
            ("g", "type: int4range"),
            ("n", "type: integer"),
        ],
        fill: "insert into kieu_khoa select decode(md5((n % 40)::text), 'hex'), ('10.0.0.' || n % 200 || case n % 2 when 0 then '/24' else '' end)::inet, timestamptz '2026-01-01 00:00+07' + n * interval '1 hour', \
               (array['z', 'a', 'Ế'])[1 + n % 3]::\"Mức độ\", n % 2 = 0, md5(n::text)::uuid, date '2026-01-01' + n, (n % 256)::bit(8), \
               case n % 5 when 0 then -0.0::float8 when 1 then 'NaN' when 2 then '-Infinity' else n / 7.0 end, case when n % 4 = 0 then '-0' else (n / 3.0)::real end, '08:00:2b:01:02:03', '12:00:00+07', int4range(n, n + 2), n \
               from generate_series(1, 1100) n; insert into kieu_khoa values ('', '::1', 'infinity', 'a', true, md5('')::uuid, '-infinity', b'00000000', 0, 0, '00:00:00:00:00:01', '23:59:60-00:30', 'empty', 0)",
        change: "update kieu_khoa set f = 0, n = -n where n % 10 = 0; update kieu_khoa set r = 0 where n % 8 = 0; update kieu_khoa set f = '-0' where f = 0 and n % 20 = 0; \
                 update kieu_khoa set d = d + 1 where n % 7 = 0; delete from kieu_khoa where n % 13 = 0; update kieu_khoa set n = 1 where n = 0",
        while_down: "update kieu_khoa set n = n + 1 where n % 5 = 0",
        ..PLAIN
    },
    // Letters in the order of a language, which is not that of their bytes.
    Odd {
        dataset: "ten-viet",
        table: "\"Tên\"",
        from: "dept.Tên",
        make: "create table \"Tên\" (\"Họ\" varchar(40) collate \"vi-VN-x-icu\", \"Tên\" text collate \"sv-x-icu\", n integer, primary key (\"Họ\", \"Tên\"))",
        contract: "key: [ten, ho]",
        columns: &[
            ("ho", "from: Họ, type: varchar(40)"),
            ("ten", "from: Tên, type: text"),
            ("n", "type: integer"),
        ],
        fill: "insert into \"Tên\" select (array['đặng', 'Đặng', 'Đàm', 'dam', 'Dâm', 'Ân', 'An', 'Án', 'ân', 'Ơn', 'Ôn', 'on'])[1 + n % 12], chr(97 + n % 26) || (array['ô', 'o', 'Z', 'w', 'đ', 'W'])[1 + n % 6] || n, n from generate_series(1, 1500) n",
        change: "update \"Tên\" set \"Họ\" = 'Ứng', n = -n where n % 9 = 0; update \"Tên\" set \"Tên\" = upper(\"Tên\") where n % 7 = 0; delete from \"Tên\" where n % 13 = 0",
        while_down: "update \"Tên\" set n = n + 1 where n % 5 = 0",
        ..PLAIN
    },
    // Nothing but the contract keeps these keys apart.
    Odd {
        dataset: "tu-nhien",
        table: "tu_nhien",
        from: "dept.tu_nhien",
        make: "create table tu_nhien (\"Mã\" ext.citext not null, \"Số\" numeric not null, \"Lúc\" timestamptz not null, n integer)",
        contract: "natural_key: { columns: [ma, so], latest_by: luc }",
        columns: &[
            ("ma", "from: Mã, type: text"),
            ("so", "from: Số, type: numeric"),
            ("luc", "from: Lúc, type: timestamptz"),
            ("n", "type: integer"),
        ],
        fill: "insert into tu_nhien select case n % 2 when 0 then 'k' else 'K' end || n / 4, case n % 4 when 0 then 1.0 when 1 then 1.0 else 1.00 end, timestamptz '2026-01-01' + n * interval '1 minute', n from generate_series(1, 2400) n",
        change: "insert into tu_nhien select 'K' || n, 1.000, timestamptz '2027-01-01', n from generate_series(1, 300, 3) n",
        while_down: "insert into tu_nhien values ('k1', 1, '2028-01-01', 0), ('K1', 1, '2028-01-01', 0)",
        only: "not exists (select from dept.tu_nhien o where o.\"Mã\"::text = t.\"Mã\"::text and o.\"Số\" = t.\"Số\" and o.\"Lúc\" > t.\"Lúc\")",
        ..PLAIN
    },
];

impl Odd {
    fn own(&self) -> OwnTable {
        let mut contract = format!(
            "dataset: {}\nowner: so-nnmt\nname: {{ vi: Bảng lạ, en: Odd table }}\nkind: state\nsource: {{ table: {}{} }}\n{}\ncolumns:\n",
            self.dataset,
            self.from,
            if self.more.is_empty() { "" } else { ", identity: [ma_thua, to_so, cong_khai]" },
            self.contract
        );
        for (name, keys) in self.columns {
            let _ = writeln!(contract, "  {name}: {{ {keys}, class: open, vi: Cột, en: Column }}");
        }
        contract.push_str(self.more);
        OwnTable {
            source: "so-nnmt",
            table: self.table.to_owned(),
            sql: self.make.to_owned(),
            file: format!("so-nnmt/{}.yaml", self.dataset),
            contract,
        }
    }

    /// Every value as its type writes it, of the source's columns or of the store's.
    fn lines(&self, world: &World<'_>, at_source: bool) -> Result<Vec<String>, String> {
        let contract = world.contract(self.dataset);
        let column = |column: &bangioc_schemas::contract::Column| {
            let name = if at_source { &column.from } else { &column.name };
            let name = format!("t.\"{}\"", name.replace('"', "\"\""));
            format!("case when {name} is null then '∅' else format('%s', {name}) end")
        };
        let columns: Vec<String> = contract.columns.iter().map(column).collect();
        let (database, from, only) = if at_source {
            let table = self.table.to_owned();
            (world.database("so-nnmt"), table, self.only)
        } else {
            (world.store(), format!("shared.{}", self.dataset.replace('-', "_")), "true")
        };
        let mut lines = world.platform.try_sql(
            &database,
            &format!(
                "set timezone = 'UTC'; set search_path = dept; select md5(concat_ws('|', {columns})) || left(concat_ws('|', {columns}), 80) from {from} t where {only}",
                columns = columns.join(", ")
            ),
        )?;
        lines.sort();
        Ok(lines)
    }

    fn equal(&self, world: &World<'_>) -> Result<(), String> {
        let (wanted, found) = (self.lines(world, true)?, self.lines(world, false)?);
        if wanted == found {
            return Ok(());
        }
        let only_in = |one: &[String], other: &[String]| {
            one.iter().filter(|line| !other.contains(line)).take(3).cloned().collect::<Vec<_>>()
        };
        Err(format!(
            "{}: {} at the source, {} in the store; missing {:?}, extra {:?}",
            self.dataset,
            wanted.len(),
            found.len(),
            only_in(&wanted, &found),
            only_in(&found, &wanted)
        ))
    }
}

#[track_caller]
fn run(world: &World<'_>, sql: &str) {
    world.source("so-nnmt", &sql.replace("LONG", LONG));
}

fn all_equal(world: &World<'_>) {
    let mut failures = Vec::new();
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait::until("sources and store to be equal", PATIENCE, || {
            failures = TABLES.iter().filter_map(|odd| odd.equal(world).err()).collect();
            wait::holds(failures.is_empty(), failures.join("\n"))
        });
    }));
    if done.is_err() {
        let status = world.try_bangioc("admin", &["status"]);
        let parked = world.in_store(
            "select topic, code, field_path, count(*) from flow.parked_key where state = 'parked' group by 1, 2, 3",
        );
        panic!("{}\n{}\n{parked:?}", failures.join("\n"), String::from_utf8_lossy(&status.stdout));
    }
}

fn compared(world: &World<'_>, more: &[&str]) -> Vec<Value> {
    let datasets = TABLES.map(|odd| odd.dataset);
    let args = [&["--output", "json", "reconcile"], &datasets[..], more].concat();
    let output = world.try_bangioc("operator-lan", &args);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("no report: {}", String::from_utf8_lossy(&output.stderr)));
    report["results"].as_array().expect("results").clone()
}

fn count(result: &Value, what: &str) -> u64 {
    result["counts"][what].as_u64().unwrap_or_else(|| panic!("{result}"))
}

#[track_caller]
fn reconciled(world: &World<'_>) {
    for result in compared(world, &[]) {
        let differ: u64 = ["missing", "surplus", "differs", "incomplete", "parked"]
            .map(|what| count(&result, what))
            .iter()
            .sum();
        assert_eq!(differ, 0, "{result}");
        let odd = TABLES.iter().find(|odd| result["dataset"] == odd.dataset).expect("a table");
        if result["side"] == "shared" {
            let rows = odd.lines(world, true).expect("rows").len() as u64;
            assert_eq!(count(&result, "equal"), rows, "{result}");
        }
    }
}

fn odd_names_and_keys_come_through_whole(platform: &Platform) {
    let own: Vec<OwnTable> = TABLES.iter().map(Odd::own).collect();
    let world = World::with_tables(platform, "oddnames", &["so-nnmt"], &own);
    world.configure(
        "operator-lan",
        &format!(
            "[reconcile]\nsources = [\"{}\"]\nchunk_rows = 300\npatience = \"40s\"\nstatement_timeout = \"5m\"",
            world.config("so-nnmt").display()
        ),
    );
    for odd in &TABLES {
        run(&world, odd.fill);
    }
    let checked = world.bangioc("so-nnmt", &["source", "check"]);
    assert!(!checked.contains('✖'), "{checked}");
    let capture = world.capture("so-nnmt");
    let _store = world.shared_store("store");
    all_equal(&world);
    for odd in &TABLES {
        run(&world, odd.change);
    }
    all_equal(&world);
    reconciled(&world);
    by_hand(&world);

    // While nobody follows.
    capture.kill();
    for odd in &TABLES {
        run(&world, odd.while_down);
    }
    let capture = world.capture("so-nnmt");
    all_equal(&world);

    for odd in &TABLES {
        let table = format!("flow.{}", odd.dataset.replace('-', "_"));
        world.in_store(&format!(
            "delete from {table} where ctid in (select ctid from {table} limit 40)"
        ));
        world.bangioc("operator-lan", &["dataset", "recopy", odd.dataset, "--yes", "--wait"]);
    }
    all_equal(&world);
    reconciled(&world);
    world.ledger_adds_up();
    drop(capture);
}

/// Rows spoilt in the store are named and mended, also such that the source takes for others of its own.
fn by_hand(world: &World<'_>) {
    world.in_store(
        "update flow.odd_names set chon = 'tay' where ma_thua = 9001; update flow.so_thuc set ten = 'tay' where ma = 10; \
         update flow.chu_hoa set n = 77 where ma = 'MỚI'; \
         insert into flow.chu_hoa (ma, n, _version, _deleted, _was_live) values ('mỚi', 1, decode('00000001' || repeat('00', 16), 'hex'), false, false); \
         insert into flow.trang_cuoi (ma, chan, n, _version, _deleted, _was_live) values ('a1        ', 'c1    ', 1, decode('00000001' || repeat('00', 16), 'hex'), false, false); \
         update flow.khong_dau set n = 77 where n = 1",
    );
    world.bangioc("operator-lan", &["dataset", "repair", "odd-names", "9001", "x"]);
    world.bangioc("operator-lan", &["dataset", "repair", "so-thuc", "10.0"]);
    world.store_says(
        "the row to be repaired",
        "select (select chon is null from shared.odd_names where ma_thua = 9001), ten <> 'tay' from shared.so_thuc where ma = 10",
        &["t|t"],
    );
    let results = compared(world, &[]);
    let of = |dataset: &str| {
        results
            .iter()
            .find(|result| result["dataset"] == dataset && result["side"] == "shared")
            .expect("a result")
    };
    let found = |dataset: &str, what: &str| count(of(dataset), what);
    assert_eq!((found("odd-names", "differs"), found("so-thuc", "differs")), (0, 0));
    assert_eq!((found("chu-hoa", "differs"), found("chu-hoa", "surplus")), (1, 1));
    assert_eq!(
        (found("trang-cuoi", "surplus"), found("khong-dau", "differs")),
        (1, 2),
        "two rows of the latter had the number"
    );
    compared(world, &["--repair"]);
    all_equal(world);
    reconciled(world);
}
