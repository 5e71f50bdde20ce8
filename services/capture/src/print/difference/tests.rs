//! The table of cases: what was done, what follows.

use super::super::*;
use super::PrintVerdict::{Copy, HaltDataset, HaltSource, Harmless, Reconcile};
use super::*;

fn contract(identity: &str) -> Contract {
    let text = format!(
        "
dataset: site
owner: so-nnmt
name: {{ vi: Điểm, en: Sites }}
kind: state
source: {{ table: dept.site, identity: {identity} }}
key: [code]
columns:
  code: {{ type: varchar(8), class: open, vi: Mã, en: Code }}
  state: {{ type: enum state, class: internal, vi: Tình trạng, en: State }}
  public: {{ type: boolean, class: internal, vi: Công khai, en: Public }}
open:
  columns: [code]
  rows: {{ public: [true] }}
"
    );
    Contract::from_yaml(&text).expect("a sound contract")
}

fn column(number: i32, type_id: Oid) -> ColumnPrint {
    ColumnPrint {
        number,
        type_id,
        base_type: type_id,
        type_modifier: -1,
        written: 700,
        generated: false,
        default_beside: false,
        beside: None,
    }
}

fn identity(kind: &str, columns: &[&str]) -> IdentityPrint {
    IdentityPrint {
        kind: kind.to_owned(),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
    }
}

fn membership(oid: Oid) -> Membership {
    Membership { oid, written: 710, by_schema: false, filtered: false, columns: None }
}

fn part(name: &str) -> PartitionPrint {
    PartitionPrint {
        name: name.to_owned(),
        kind: "r".to_owned(),
        persistence: "p".to_owned(),
        file: 900,
        attached: 705,
        came_empty: false,
        identity: identity("i", &["code", "public"]),
    }
}

fn print() -> Print {
    Print {
        asked: ContractPrint::of(&contract("[code, public]")),
        publication: Some(PublicationPrint {
            oid: 500,
            written: 709,
            all_tables: false,
            leaves_out: vec![],
            via_root: true,
        }),
        table: Some(TablePrint {
            oid: 600,
            kind: "r".to_owned(),
            persistence: "p".to_owned(),
            file: 601,
            owner: 10,
            row_type: 700,
            is_partition: false,
            published: vec![membership(510)],
            identity: identity("i", &["code", "public"]),
            unique_by: BTreeSet::from(["c650".to_owned()]),
            secured: false,
            readable: true,
            columns: BTreeMap::from([
                ("code".to_owned(), column(1, 1043)),
                ("state".to_owned(), column(2, 20_000)),
                ("public".to_owned(), column(3, 16)),
            ]),
            labels: BTreeMap::from([(
                20_001,
                EnumLabel { label: "draft".to_owned(), written: 699 },
            )]),
            fields: BTreeMap::new(),
            parts: BTreeMap::new(),
        }),
        elsewhere: None,
    }
}

fn partitioned() -> Print {
    let mut print = print();
    let table = print.table.as_mut().unwrap();
    table.kind = "p".to_owned();
    table.file = 0;
    table.parts = BTreeMap::from([(610, part("site_1")), (611, part("site_2"))]);
    print
}

type Act = fn(&mut Print);

fn table(print: &mut Print) -> &mut TablePrint {
    print.table.as_mut().unwrap()
}

fn column_of<'p>(print: &'p mut Print, name: &str) -> &'p mut ColumnPrint {
    table(print).columns.get_mut(name).unwrap()
}

fn part_of(print: &mut Print) -> &mut PartitionPrint {
    table(print).parts.get_mut(&610).unwrap()
}

/// What was done, to the print, and what is said first of it: the member, and what follows.
type Case<'c> = (&'c str, Act, Option<(&'c str, PrintVerdict)>);

#[track_caller]
fn follows(old: &Print, cases: &[Case<'_>]) {
    for (done, act, expected) in cases {
        let mut new = old.clone();
        act(&mut new);
        let found = differences(old, &new, &contract("[code, public]"));
        let first = found.first().map(|first| (first.member, first.verdict));
        assert_eq!(first, *expected, "{done}: {found:?}");
    }
}

#[test]
fn what_leaves_the_rows_as_they_are_is_harmless() {
    follows(
        &print(),
        &[
            ("nothing, GRANT to others, ANALYZE, COMMENT, a trigger, another index", |_| {}, None),
            ("VACUUM FULL, CLUSTER", |p| table(p).file = 602, Some(("file", Harmless))),
            (
                "a new owner",
                |p| (table(p).owner, table(p).row_type) = (11, 800),
                Some(("owner", Harmless)),
            ),
            (
                "SET STATISTICS, SET STORAGE, SET DEFAULT",
                |p| column_of(p, "state").written = 800,
                None,
            ),
            ("varchar(8) becomes varchar(20)", |p| column_of(p, "code").type_modifier = 24, None),
            (
                "an enum gets a value",
                |p| {
                    let _ = table(p)
                        .labels
                        .insert(20_002, EnumLabel { label: "x".into(), written: 800 });
                },
                Some(("label", Harmless)),
            ),
            (
                "replica identity full",
                |p| table(p).identity = identity("f", &[]),
                Some(("identity", Harmless)),
            ),
            ("SELECT revoked", |p| table(p).readable = false, Some(("readable", Harmless))),
            (
                "its schema published besides",
                |p| {
                    table(p).published.push(Membership { by_schema: true, ..membership(520) });
                },
                Some(("membership", Harmless)),
            ),
            (
                "a second unique index over the key",
                |p| {
                    let _ = table(p).unique_by.insert("i651".into());
                },
                None,
            ),
        ],
    );
    follows(
        &partitioned(),
        &[(
            "a partition made as one",
            |p| {
                let made = PartitionPrint { came_empty: true, file: 612, ..part("site_3") };
                let _ = table(p).parts.insert(612, made);
            },
            Some(("part", Harmless)),
        )],
    );
}

#[test]
fn what_may_have_lost_rows_is_copied() {
    follows(
        &print(),
        &[
            (
                "taken out of the publication and put back",
                |p| table(p).published = vec![membership(511)],
                Some(("membership", Copy)),
            ),
            (
                "filtered, and no more",
                |p| table(p).published[0].written = 800,
                Some(("membership", Copy)),
            ),
            (
                "another `publish`, and back",
                |p| p.publication.as_mut().unwrap().written = 800,
                Some(("publication", Copy)),
            ),
            (
                "dropped and made again",
                |p| p.publication.as_mut().unwrap().oid = 501,
                Some(("publication", Copy)),
            ),
            (
                "the table dropped and made again, or swapped by rename",
                |p| (table(p).oid, table(p).row_type) = (699, 800),
                Some(("table", Copy)),
            ),
            ("renamed or moved, and back", |p| table(p).row_type = 800, Some(("name", Copy))),
            (
                "`using`, the type as it was",
                |p| {
                    column_of(p, "state").written = 800;
                    table(p).file = 602;
                },
                Some(("rewritten", Copy)),
            ),
            (
                "dropped, and another of the name",
                |p| column_of(p, "state").number = 4,
                Some(("column", Copy)),
            ),
            ("char(8) becomes text", |p| column_of(p, "code").type_id = 25, Some(("column", Copy))),
            (
                "an enum's value renamed",
                |p| table(p).labels.get_mut(&20_001).unwrap().label = "new".into(),
                Some(("label", Copy)),
            ),
            (
                "renamed and back",
                |p| table(p).labels.get_mut(&20_001).unwrap().written = 800,
                Some(("label", Copy)),
            ),
            (
                "a field of a composite type",
                |p| {
                    let _ = table(p).fields.insert("1.2".into(), 800);
                },
                Some(("field", Copy)),
            ),
            (
                "the primary key dropped and made again",
                |p| table(p).unique_by = BTreeSet::from(["c651".into()]),
                Some(("key", Copy)),
            ),
        ],
    );
}

#[test]
fn a_partition_that_came_or_went_is_copied() {
    follows(
        &partitioned(),
        &[
            (
                "a partition dropped, or detached",
                |p| {
                    let _ = table(p).parts.remove(&610);
                },
                Some(("part", Copy)),
            ),
            (
                "one attached",
                |p| {
                    let _ = table(p).parts.insert(612, part("site_3"));
                },
                Some(("part", Copy)),
            ),
            ("detached and attached", |p| part_of(p).attached = 800, Some(("part", Copy))),
            (
                "`using` on the whole",
                |p| {
                    column_of(p, "state").written = 800;
                    part_of(p).file = 901;
                },
                Some(("rewritten", Copy)),
            ),
        ],
    );
}

#[test]
fn what_only_comparing_can_tell_is_reconciled() {
    let mut with_default = print();
    column_of(&mut with_default, "state").default_beside = true;
    let moved: Act = |p| {
        table(p).file = 602;
        *column_of(p, "state") = ColumnPrint { written: 800, ..column(2, 20_000) };
    };
    follows(
        &with_default,
        &[("VACUUM FULL after ADD COLUMN … DEFAULT", moved, Some(("rewritten", Reconcile)))],
    );
    follows(
        &partitioned(),
        &[(
            "a partition's VACUUM FULL, or TRUNCATE",
            |p| part_of(p).file = 901,
            Some(("part-file", Reconcile)),
        )],
    );
    follows(
        &partitioned(),
        &[(
            "a new partition, truncated since",
            |p| {
                let made = PartitionPrint { came_empty: true, file: 901, ..part("site_3") };
                let _ = table(p).parts.insert(612, made);
            },
            Some(("part-file", Reconcile)),
        )],
    );
    let mut by_schema = print();
    table(&mut by_schema).published = vec![Membership { by_schema: true, ..membership(520) }];
    follows(
        &by_schema,
        &[(
            "VACUUM FULL, or unlogged and back",
            |p| table(p).file = 602,
            Some(("file", Reconcile)),
        )],
    );
    let mut by_index = print();
    table(&mut by_index).unique_by = BTreeSet::from(["i650".into()]);
    let reindexed: Act = |p| table(p).unique_by = BTreeSet::from(["i651".into()]);
    follows(&by_index, &[("REINDEX CONCURRENTLY", reindexed, Some(("key", Reconcile)))]);
}

#[test]
fn what_no_longer_fits_halts() {
    let halts = Some(("fitness", HaltDataset));
    follows(
        &print(),
        &[
            (
                "the publication dropped",
                |p| p.publication = None,
                Some(("publication", HaltSource)),
            ),
            ("the table dropped", |p| p.table = None, halts),
            (
                "the table renamed",
                |p| (p.table, p.elsewhere) = (None, Some("dept.other".into())),
                halts,
            ),
            ("a view in its place", |p| (table(p).kind, table(p).oid) = ("v".into(), 699), halts),
            ("unlogged", |p| table(p).persistence = "u".into(), halts),
            ("row security", |p| table(p).secured = true, halts),
            ("out of the publication", |p| table(p).published.clear(), halts),
            ("a row filter", |p| table(p).published[0].filtered = true, halts),
            (
                "a column list",
                |p| table(p).published[0].columns = Some(BTreeSet::from(["code".into()])),
                halts,
            ),
            (
                "another `publish`",
                |p| p.publication.as_mut().unwrap().leaves_out = vec!["update".into()],
                halts,
            ),
            (
                "a column dropped or renamed",
                |p| {
                    let _ = table(p).columns.remove("public");
                },
                halts,
            ),
            ("a column of another type", |p| column_of(p, "public").base_type = 25, halts),
            ("a column generated", |p| column_of(p, "public").generated = true, halts),
            ("replica identity nothing", |p| table(p).identity = identity("n", &[]), halts),
            (
                "the identity without the key",
                |p| table(p).identity = identity("d", &["public"]),
                halts,
            ),
            (
                "the identity without what decides who may see it",
                |p| table(p).identity = identity("d", &["code"]),
                halts,
            ),
            ("nothing unique over the key", |p| table(p).unique_by.clear(), halts),
            (
                "a table inherits from it",
                |p| {
                    let _ = table(p).parts.insert(612, part("heir"));
                },
                halts,
            ),
            ("attached to another table", |p| table(p).is_partition = true, halts),
        ],
    );
}

#[test]
fn a_partition_that_no_longer_fits_halts() {
    let halts = Some(("fitness", HaltDataset));
    follows(
        &partitioned(),
        &[
            (
                "each partition for itself",
                |p| p.publication.as_mut().unwrap().via_root = false,
                halts,
            ),
            ("a foreign table as partition", |p| part_of(p).kind = "f".into(), halts),
            ("an unlogged partition", |p| part_of(p).persistence = "u".into(), halts),
            ("a partition's identity nothing", |p| part_of(p).identity = identity("n", &[]), halts),
        ],
    );
}

#[test]
fn the_contracts_own_change_counts_too() {
    let new = print();
    let mut fewer = new.clone();
    fewer.asked.columns.remove("state");
    table(&mut fewer).columns.remove("state");
    let first = |old: &Print, new: &Print| {
        let found = differences(old, new, &contract("[code, public]"));
        found.first().map(|first| (first.member, first.verdict))
    };
    assert_eq!(first(&fewer, &new), Some(("contract", Copy)), "a column joins");
    assert_eq!(first(&new, &fewer).map(|(_, verdict)| verdict), Some(HaltDataset));
    let mut retyped = new.clone();
    retyped.asked.columns.insert("state".into(), "text".into());
    assert_eq!(first(&retyped, &new), Some(("contract", Copy)));
    let mut more = new.clone();
    more.asked.columns.insert("gone".into(), "text".into());
    assert_eq!(first(&more, &new), Some(("contract", Harmless)));
}

#[test]
fn a_print_survives_its_json() {
    for print in [print(), partitioned(), Print { table: None, publication: None, ..print() }] {
        let json = serde_json::to_string(&print).unwrap();
        assert_eq!(serde_json::from_str::<Print>(&json).unwrap(), print, "{json}");
    }
}
