//! One dataset as the sink sees it: its topic, its tables, and every statement about them, built once
//! from the contract. Identifiers come from contracts only, and quoted.

use std::sync::Arc;

use bangioc_change::event::ChangeEvent;
use bangioc_change::progress::Offsets;
use bangioc_postgres_text::quoting::{literal, quoted};
use bangioc_schemas::contract::{Contract, Kind};
use bangioc_schemas::identity::has_several_texts;
use bangioc_schemas::names;
use bangioc_schemas::reference::Parent;
use sqlx::{AssertSqlSafe, SqlSafeStr as _, SqlStr};

#[derive(Clone, Debug)]
pub struct Dataset {
    pub contract: Arc<Contract>,
    pub topic: String,
    /// Of its source and side: the only one whose word about this dataset counts.
    pub progress_topic: String,
    /// Unquoted name, the same in `flow` and as view in its side's schema.
    pub table: String,
    pub sql: Statements,
}

impl Dataset {
    pub fn new(contract: Arc<Contract>, prefix: &str) -> Dataset {
        let table = names::store_table(&contract.dataset);
        Dataset {
            topic: names::topic(prefix, contract.side, &contract.owner, &contract.dataset),
            progress_topic: names::progress_topic(prefix, contract.side, &contract.source.source),
            sql: Statements::new(&contract, &table),
            table,
            contract,
        }
    }

    pub fn id(&self) -> &str {
        self.contract.dataset.as_str()
    }

    /// Quoted name of the view that readers see.
    pub fn view(&self) -> String {
        format!("{}.{}", names::view_schema(self.contract.side), quoted(&self.table))
    }

    /// Has its topic this partition, and may its log reach so far?
    pub fn has_place(&self, (partition, offset): (&i32, &i64)) -> bool {
        u32::try_from(*partition).is_ok_and(|partition| partition < self.contract.partitions)
            && *offset >= 0
    }

    /// Do they name every partition, and nothing else?
    pub fn is_whole(&self, offsets: &Offsets) -> bool {
        u32::try_from(offsets.len()) == Ok(self.contract.partitions)
            && offsets.iter().all(|place| self.has_place(place))
    }

    pub fn is_state(&self) -> bool {
        self.contract.kind == Kind::State
    }
}

/// Quoted names of the columns that tell rows apart: of a table without a key, the version.
pub fn identity(contract: &Contract) -> Vec<String> {
    match contract.kind {
        Kind::State => {
            contract.key.iter().map(|&key| quoted(&contract.columns[key].name)).collect()
        }
        Kind::Append => vec![quoted("_version")],
    }
}

/// The key columns as texts, in the contract's key order: how a capture is asked for a row. None for a
/// row without a key, which nobody can ask for.
pub fn key_texts(dataset: &Dataset, event: &ChangeEvent<'_>) -> Option<Vec<String>> {
    if !dataset.is_state() {
        return None;
    }
    let row = event.keyed_row()?;
    dataset.contract.key.iter().map(|&column| row.cell(column).text().map(str::to_owned)).collect()
}

/// Are versions compared on the way in? `No` only to show, in the demo, what the comparison is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Compare {
    Versions,
    Nothing,
}

#[derive(Clone, Debug)]
pub struct Statements {
    /// Temporary table of a connection: a batch before it is merged.
    pub stage: String,
    pub create_stage: SqlStr,
    pub copy_stage: String,
    /// Past the stage: for rows that are new.
    pub copy_table: String,
    pub truncate_stage: SqlStr,
    /// → (applied, change in live rows): no staged row leaves a column out.
    pub merge_whole: SqlStr,
    /// → (applied, change in live rows, rows that still miss columns): some do. ($1 dataset) State only.
    pub merge_partial: SqlStr,
    /// → (n, -1 | 0 | 1): staged rows that the merge left alone, and how their version compares to the
    /// store's. 1: they mix events from before and after what is stored.
    pub refused: SqlStr,
    /// See [`references`].
    pub references: Vec<Option<SqlStr>>,
    /// ($1 version) → live rows removed: everything older goes.
    pub remove_below: SqlStr,
    /// The same from $1…, an array of texts for each of a line's fields, instead of the staging table; the dataset is
    /// the last parameter.
    pub merge_whole_values: SqlStr,
    pub merge_partial_values: SqlStr,
    /// `merge_whole` and `merge_partial` without the comparison.
    pub merge_whole_unversioned: SqlStr,
    pub merge_partial_unversioned: SqlStr,
}

/// Columns of ours beside the contract's, in every row table.
pub const ROW_COLUMNS: [(&str, &str); 4] = [
    ("_version", "bytea not null"),
    // A tombstone: the key was deleted at this version.
    ("_deleted", "boolean not null"),
    // Columns that the row should hold and does not, see flow.still_missing.
    ("_missing", "text[]"),
    // Was the row live before its last change? So a merge can count live rows without reading twice.
    ("_was_live", "boolean not null"),
];

impl Statements {
    fn new(contract: &Contract, table: &str) -> Statements {
        let stage = format!("pg_temp.{}", quoted(&format!("stage_{table}")));
        let target = format!("flow.{}", quoted(table));
        let columns: Vec<String> =
            contract.columns.iter().map(|column| quoted(&column.name)).collect();
        let all = columns.join(", ");
        let typed: Vec<String> = contract
            .columns
            .iter()
            .zip(&columns)
            .enumerate()
            .map(|(i, (column, name))| {
                format!("{name} {}{}", column.column_type.store_type(), collation(contract, i))
            })
            .collect();
        let values = values(contract, &columns);
        let merges = |rows: &str, dataset: usize| Merges {
            contract,
            target: &target,
            rows: rows.to_owned(),
            dataset,
            columns: &columns,
        };
        let by_values = merges(&values, columns.len() + OUR_FIELDS.len() + 1);
        let merges = merges(&stage, 1);
        Statements {
            create_stage: sql(format!(
                "create temp table if not exists {} ({}, \"_version\" bytea, \"_deleted\" boolean, \
                 \"_missing\" text[], \"_since\" bytea, \"_n\" int) on commit delete rows",
                quoted(&format!("stage_{table}")),
                typed.join(", "),
            )),
            copy_stage: format!(
                "copy {stage} ({all}, \"_version\", \"_deleted\", \"_missing\", \"_since\", \"_n\") from stdin"
            ),
            copy_table: format!(
                "copy {target} ({all}, \"_version\", \"_deleted\", \"_missing\", \"_was_live\") from stdin"
            ),
            truncate_stage: sql(format!("truncate {stage}")),
            stage: stage.clone(),
            merge_whole: merges.whole(Compare::Versions),
            merge_partial: merges.partial(Compare::Versions),
            merge_whole_values: by_values.whole(Compare::Versions),
            merge_partial_values: by_values.partial(Compare::Versions),
            merge_whole_unversioned: merges.whole(Compare::Nothing),
            merge_partial_unversioned: merges.partial(Compare::Nothing),
            // A row that this transaction wrote has its id as xmin.
            refused: sql(format!(
                "select s.\"_n\", case when s.\"_version\" = t.\"_version\" then 0 \
                 when s.\"_version\" < t.\"_version\" then -1 else 1 end from {stage} s join {target} t on {} \
                 where t.xmin <> pg_current_xact_id()::xid",
                merges.same_row("t"),
            )),
            references: references(contract),
            remove_below: sql(format!(
                "with removed as (delete from {target} where \"_version\" < $1 returning \"_deleted\") \
                 select count(*) filter (where not \"_deleted\") from removed"
            )),
        }
    }
}

/// The statement of each of a contract's references: ($1 values) → those that no live row has as its key.
/// None for one that was never resolved.
fn references(contract: &Contract) -> Vec<Option<SqlStr>> {
    let statement = |parent: &Parent| {
        sql(format!(
            "select v from unnest($1::text[]) v where not exists (select from flow.{} t \
             where t.{} = v::{} and not t.\"_deleted\")",
            quoted(&parent.table),
            quoted(&parent.key),
            parent.store_type,
        ))
    };
    contract.references.iter().map(|reference| reference.parent.as_ref().map(statement)).collect()
}

/// Text keys compare by their bytes, as at the source and as their versions do.
pub fn collation(contract: &Contract, column: usize) -> &'static str {
    let store_type = contract.columns[column].column_type.store_type();
    let textual = ["text", "varchar", "char"].iter().any(|name| store_type.starts_with(name));
    if contract.key.contains(&column) && textual && !store_type.ends_with("[]") {
        " collate \"C\""
    } else {
        ""
    }
}

/// Fields of ours that every line has behind the contract's columns.
const OUR_FIELDS: [(&str, &str); 4] =
    [("_version", "bytea"), ("_deleted", "boolean"), ("_missing", "text[]"), ("_since", "bytea")];

/// Rows from an array of texts for each field, as the staging table would have them.
fn values(contract: &Contract, columns: &[String]) -> String {
    let types = contract.columns.iter().enumerate().map(|(n, column)| {
        format!("{}{}", column.column_type.store_type(), collation(contract, n))
    });
    let fields = columns
        .iter()
        .cloned()
        .zip(types)
        .chain(OUR_FIELDS.iter().map(|(name, of_type)| (quoted(name), (*of_type).to_owned())));
    let (mut read, mut arrays, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for (n, (name, of_type)) in fields.enumerate() {
        read.push(format!("f{n}::{of_type} as {name}"));
        arrays.push(format!("${}::text[]", n + 1));
        names.push(format!("f{n}"));
    }
    let (read, arrays, names) = (read.join(", "), arrays.join(", "), names.join(", "));
    format!("(select {read} from unnest({arrays}) as field ({names}))")
}

struct Merges<'a> {
    contract: &'a Contract,
    target: &'a str,
    /// The staging table, or a query of the same columns.
    rows: String,
    /// Number of the parameter that names the dataset.
    dataset: usize,
    columns: &'a [String],
}

impl Merges<'_> {
    /// What makes a staged row and one of `table` the same.
    fn same_row(&self, table: &str) -> String {
        let pairs: Vec<String> = identity(self.contract)
            .iter()
            .map(|column| format!("{table}.{column} = s.{column}"))
            .collect();
        pairs.join(" and ")
    }

    fn insert(&self, only: &str) -> String {
        let all = self.columns.join(", ");
        format!(
            "insert into {} as t ({all}, \"_version\", \"_deleted\", \"_missing\", \"_was_live\") \
             select {all}, \"_version\", \"_deleted\", \"_missing\", false from {} s {only}\
             on conflict ({}) do update set ",
            self.target,
            self.rows,
            identity(self.contract).join(", "),
        )
    }

    /// Rows without a key never change: one that is there is a duplicate, whatever it says.
    fn append(&self) -> SqlStr {
        let all = self.columns.join(", ");
        sql(format!(
            "with merged as (insert into {} ({all}, \"_version\", \"_deleted\", \"_missing\", \"_was_live\") \
             select {all}, \"_version\", \"_deleted\", \"_missing\", false from {} s on conflict do nothing \
             returning \"_missing\") select count(*), count(*), count(\"_missing\") from merged",
            self.target, self.rows,
        ))
    }

    /// Not those whose columns come from events on both sides of what is stored.
    fn unless_between(&self) -> String {
        format!(
            "where s.\"_since\" is null or not exists (select from {} b where {} \
             and b.\"_version\" >= s.\"_since\" and b.\"_version\" < s.\"_version\") ",
            self.target,
            self.same_row("b"),
        )
    }

    fn values(&self, mut set: impl FnMut(&str, &str) -> String) -> String {
        let assignments: Vec<String> = self
            .contract
            .columns
            .iter()
            .enumerate()
            // Of a number in the key the row may have another form than before.
            .filter(|(i, column)| {
                !self.contract.key.contains(i) || has_several_texts(&column.column_type)
            })
            .map(|(i, column)| set(&self.columns[i], &column.name) + ", ")
            .collect();
        assignments.concat()
    }

    fn whole(&self, compare: Compare) -> SqlStr {
        if self.contract.kind == Kind::Append {
            return self.append();
        }
        sql(format!(
            "with merged as ({}{}\"_version\" = excluded.\"_version\", \"_deleted\" = excluded.\"_deleted\", \
             \"_missing\" = null, \"_was_live\" = not t.\"_deleted\"{} \
             returning (not \"_deleted\")::int - \"_was_live\"::int as live) \
             select count(*), coalesce(sum(live), 0), 0::bigint from merged",
            self.insert(""),
            self.values(|column, _| format!("{column} = excluded.{column}")),
            newer(compare),
        ))
    }

    fn partial(&self, compare: Compare) -> SqlStr {
        let key_texts: Vec<String> =
            self.contract.key.iter().map(|&i| format!("{}::text", self.columns[i])).collect();
        sql(format!(
            "with merged as ({}{}\"_version\" = excluded.\"_version\", \"_deleted\" = excluded.\"_deleted\", \
             \"_missing\" = case when excluded.\"_missing\" is null then null \
             when t.\"_deleted\" then excluded.\"_missing\" \
             else flow.still_missing(excluded.\"_missing\", t.\"_missing\") end, \
             \"_was_live\" = not t.\"_deleted\"{} \
             returning (not \"_deleted\")::int - \"_was_live\"::int as live, \"_missing\", \
             array[{}] as key), \
             asked as (insert into flow.copy_request (dataset, key) \
             select ${}, key from merged where exists (select from unnest(\"_missing\") name where name not like '!%') \
             on conflict do nothing) \
             select count(*), coalesce(sum(live), 0), count(\"_missing\") from merged",
            self.insert(&self.unless_between()),
            self.values(|column, name| {
                let name = literal(name);
                format!(
                    "{column} = case when {name} = any(excluded.\"_missing\") then t.{column} else excluded.{column} end"
                )
            }),
            newer(compare),
            key_texts.join(", "),
            self.dataset,
        ))
    }
}

fn newer(compare: Compare) -> &'static str {
    match compare {
        Compare::Versions => " where excluded.\"_version\" > t.\"_version\"",
        Compare::Nothing => "",
    }
}

/// For statements built here, from a contract's checked names only.
pub fn sql(text: String) -> SqlStr {
    AssertSqlSafe(text).into_sql_str()
}
