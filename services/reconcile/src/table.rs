//! The statements about one dataset, at its source and in a store. Identifiers come from contracts and catalogues
//! only, and quoted; values are bound, or stand in settings of the session where nothing can be bound.
//!
//! A row is hashed as `row(…)::text`: PostgreSQL's own output of each column, quoted so that null, the empty text and
//! a comma in a value can't be taken for one another.

use bangioc_postgres_text::counting;
use bangioc_postgres_text::quoting::{literal, qualified, quoted};
use bangioc_schemas::contract::Contract;

/// Of so many rows: how many there are, and one hash of their hashes in order of these.
const DIGEST: &str =
    "count(h), encode(sha256(coalesce(string_agg(h, ''::bytea order by h), ''::bytea)), 'hex')";

fn hash(columns: &[String]) -> String {
    format!("sha256(convert_to(row({})::text, 'UTF8'))", columns.join(", "))
}

fn list(count: usize, item: impl Fn(usize) -> String) -> String {
    (0..count).map(item).collect::<Vec<_>>().join(", ")
}

/// Texts of the key columns, whatever their types: `format` asks the type's own output, where a cast of `char(n)`
/// would take blanks away.
fn texts(columns: &[String]) -> Vec<String> {
    columns.iter().map(|column| format!("format('%s', {column})")).collect()
}

pub(crate) struct SourceTable {
    name: String,
    /// `s."area_m2"`, in the contract's order.
    columns: Vec<String>,
    key: Vec<SourceKey>,
    latest_by: Option<String>,
}

/// How the source compares a key column, as found in its catalogue.
pub(crate) struct KeyType {
    /// Without modifiers, which would cut a key that came from elsewhere.
    pub(crate) name: String,
    /// Schema of its operators: `search_path` reaches PostgreSQL's own alone.
    pub(crate) operators: String,
    /// Values of different texts may be equal to the source, as with citext; to us they are two keys.
    pub(crate) by_text: bool,
}

struct SourceKey {
    /// `s."parcel_no"`
    column: String,
    key_type: KeyType,
}

/// What rows are ordered by: a key column, or its text beside it. `bound`: where the last chunk ended.
struct Term {
    of_row: String,
    bound: String,
    operators: String,
}

impl SourceKey {
    /// `of_row`: the column, or what a question has called it.
    fn terms(&self, n: usize, of_row: &str) -> Vec<Term> {
        let KeyType { operators, by_text, .. } = &self.key_type;
        let bound = format!("({})[1]", self.bound(n));
        let text = |of: &str| format!("format('%s', {of}) collate \"C\"");
        let as_text = by_text.then(|| Term {
            of_row: text(of_row),
            bound: text(&bound),
            operators: PG_CATALOG.to_owned(),
        });
        let value = Term { of_row: of_row.to_owned(), bound, operators: operators.clone() };
        std::iter::once(value).chain(as_text).collect()
    }

    /// The bound texts as the type itself reads them. As an array, also a single one: a cast that somebody made from
    /// text to the type would be asked before it.
    fn bound(&self, n: usize) -> String {
        format!("current_setting('bangioc.k{n}')::{}[]", self.key_type.name)
    }

    fn is_wanted(&self, n: usize) -> String {
        let (column, KeyType { operators, by_text, .. }) = (&self.column, &self.key_type);
        let same = format!("{column} operator({}.=) w.k{n}", quoted(operators));
        if *by_text {
            format!("{same} and format('%s', {column}) = w.t{n} collate \"C\"")
        } else {
            same
        }
    }
}

const PG_CATALOG: &str = "pg_catalog";

/// Beyond the bound key, in the order of the terms.
fn beyond(terms: &[Term]) -> String {
    let ours = terms.iter().all(|term| term.operators == PG_CATALOG);
    match terms {
        _ if ours => {
            let rows: Vec<&str> = terms.iter().map(|term| term.of_row.as_str()).collect();
            let bounds: Vec<&str> = terms.iter().map(|term| term.bound.as_str()).collect();
            format!("({}) > ({})", rows.join(", "), bounds.join(", "))
        }
        [] => "true".to_owned(),
        [first, rest @ ..] => {
            let Term { of_row, bound, operators } = first;
            let is = |name| format!("{of_row} operator({}.{name}) {bound}", quoted(operators));
            if rest.is_empty() {
                is(">")
            } else {
                format!("{} and ({} or {})", is(">="), is(">"), beyond(rest))
            }
        }
    }
}

impl SourceTable {
    pub(crate) fn new(contract: &Contract, key_types: Vec<KeyType>) -> SourceTable {
        let column = |index: usize| format!("s.{}", quoted(&contract.columns[index].from));
        SourceTable {
            name: qualified(&contract.source.schema, &contract.source.table),
            columns: (0..contract.columns.len()).map(column).collect(),
            key: contract
                .key
                .iter()
                .zip(key_types)
                .map(|(&index, key_type)| SourceKey { column: column(index), key_type })
                .collect(),
            latest_by: contract.natural_key_latest_by.map(column),
        }
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns.len()
    }

    pub(crate) fn key_width(&self) -> usize {
        self.key.len()
    }

    fn key_columns(&self) -> Vec<String> {
        self.key.iter().map(|key| key.column.clone()).collect()
    }

    fn terms(&self) -> Vec<Term> {
        self.key.iter().enumerate().flat_map(|(n, key)| key.terms(n, &key.column)).collect()
    }

    /// Binds an array of texts, as PostgreSQL writes one, for each key column.
    pub(crate) fn bind_keys(&self) -> String {
        let calls =
            list(self.key.len(), |n| format!("set_config('bangioc.k{n}', ${}, true)", n + 1));
        format!("select {calls}")
    }

    /// → the places, from 1, of the bound keys that are no values of the key's types: whoever
    /// may write into a store may make such up. Asked first, since an error would leave the key in the source's log;
    /// one that is caught does not.
    pub(crate) fn try_keys(&self) -> String {
        let all = list(self.key.len(), |n| self.key[n].bound(n));
        let one = list(self.key.len(), |n| {
            format!("array[t{n}[place]]::text::{}[]", self.key[n].key_type.name)
        });
        let texts: Vec<String> = (0..self.key.len())
            .map(|n| format!("t{n} text[] := current_setting('bangioc.k{n}')::text[];"))
            .collect();
        let texts = texts.join(" ");
        let block = format!(
            "declare unread text := ''; {texts} begin begin perform {all}; exception when others then \
             for place in 1 .. cardinality(t0) loop begin perform {one}; \
             exception when others then unread := unread || place || ' '; end; end loop; end; \
             perform set_config('bangioc.unread', unread, true); end"
        );
        format!("do {}; select current_setting('bangioc.unread')", literal(&block))
    }

    /// How to count its rows without the index of its key, and with it.
    pub(crate) fn counts(&self) -> [String; 2] {
        counting::questions(&self.name, &self.key_columns().join(", "))
    }

    /// The next rows in key order: `what` of each, `limit` of them, from the bound key on.
    fn next(&self, what: &str, after: bool, limit: u64) -> String {
        let terms = self.terms();
        let key: Vec<&str> = terms.iter().map(|term| term.of_row.as_str()).collect();
        let key = key.join(", ");
        // Where nothing keeps the key whole, a row without one is no row of the dataset: it waits as a dead letter.
        let whole = self.key_columns().join(" is not null and ") + " is not null";
        let beyond = if after { format!(" and {}", beyond(&terms)) } else { String::new() };
        let distinct = match self.latest_by {
            Some(_) => format!("distinct on ({key}) "),
            None => String::new(),
        };
        format!(
            "select {distinct}{what} from {} s where {whole}{beyond} order by {key}{} limit {limit}",
            self.name,
            self.latest()
        )
    }

    /// Count, hash, the last key, and the texts of every key column.
    pub(crate) fn next_digest(&self, after: bool, limit: u64) -> String {
        let key = self.key_columns();
        let named = list(key.len(), |n| format!("{} as k{n}", key[n]));
        let rows = self.next(&format!("{named}, {} as h", hash(&self.columns)), after, limit);
        let terms = self.key.iter().enumerate().flat_map(|(n, key)| key.terms(n, &format!("k{n}")));
        let back: Vec<String> = terms.map(|term| format!("{} desc", term.of_row)).collect();
        let back = back.join(", ");
        let plain: Vec<String> = (0..key.len()).map(|n| format!("k{n}")).collect();
        let last = texts(&plain).join(", ");
        let all = list(key.len(), |n| format!("coalesce(array_agg({}), '{{}}')", texts(&plain)[n]));
        format!(
            "with r as materialized ({rows}) select {DIGEST}, (select array[{last}] from r order by {back} limit 1), {all} from r"
        )
    }

    /// The rows themselves, the contract's columns.
    pub(crate) fn next_rows(&self, after: bool, limit: u64) -> String {
        self.next(&self.columns.join(", "), after, limit)
    }

    /// The bound keys, as values and as the texts that they were bound as, beside their rows.
    fn wanted(&self) -> String {
        let count = self.key.len();
        let arrays = list(count, |n| self.key[n].bound(n))
            + ", "
            + &list(count, |n| format!("current_setting('bangioc.k{n}')::text[]"));
        let names = list(count, |n| format!("k{n}")) + ", " + &list(count, |n| format!("t{n}"));
        let same: Vec<String> =
            self.key.iter().enumerate().map(|(n, key)| key.is_wanted(n)).collect();
        format!(
            "from unnest({arrays}) with ordinality as w({names}, n) left join {} s on {}",
            self.name,
            same.join(" and ")
        )
    }

    fn latest(&self) -> String {
        self.latest_by
            .as_ref()
            .map_or_else(String::new, |column| format!(", {column} desc nulls last, s.ctid desc"))
    }

    /// Count and hash of the rows of the bound keys.
    pub(crate) fn digest(&self) -> String {
        format!(
            "select {DIGEST} from (select distinct on (w.n) case when {} is not null then {} end as h {} order by w.n{}) r",
            self.key[0].column,
            hash(&self.columns),
            self.wanted(),
            self.latest()
        )
    }

    /// For each bound key in their order: is there a row, and its columns.
    pub(crate) fn rows(&self) -> String {
        format!(
            "select distinct on (w.n) {} is not null, {} {} order by w.n{}",
            self.key[0].column,
            self.columns.join(", "),
            self.wanted(),
            self.latest()
        )
    }

    /// Places, from 1, of the bound keys that have no row.
    pub(crate) fn absent(&self) -> String {
        format!("select w.n {} where {} is null", self.wanted(), self.key[0].column)
    }
}

pub(crate) struct StoreTable {
    name: String,
    columns: Vec<String>,
    names: Vec<String>,
    types: Vec<String>,
    key: Vec<usize>,
}

/// Are two rows equal when they read the same, or when they mean the same? What the projection computes is not
/// written by PostgreSQL, so the store writes it anew before it is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum EqualBy {
    Text,
    Value,
}

impl StoreTable {
    pub(crate) fn new(contract: &Contract, table: &str) -> StoreTable {
        StoreTable {
            name: format!("flow.{}", quoted(table)),
            columns: contract
                .columns
                .iter()
                .map(|column| format!("s.{}", quoted(&column.name)))
                .collect(),
            names: contract.columns.iter().map(|column| literal(&column.name)).collect(),
            types: contract.columns.iter().map(|column| column.column_type.store_type()).collect(),
            key: contract.key.clone(),
        }
    }

    fn same(&self) -> String {
        let pairs: Vec<String> = self
            .key
            .iter()
            .enumerate()
            .map(|(n, &column)| {
                format!("{} = w.k{n}::{}", self.columns[column], self.types[column])
            })
            .collect();
        pairs.join(" and ")
    }

    /// ($1… key texts) → count and hash of the live, whole rows of these keys.
    pub(crate) fn digest(&self) -> String {
        let arrays = list(self.key.len(), |n| format!("${}::text[]", n + 1));
        let names = list(self.key.len(), |n| format!("k{n}"));
        format!(
            "select {DIGEST} from (select {} as h from unnest({arrays}) as w({names}) join {} s on {} \
             where not s.\"_deleted\" and s.\"_missing\" is null) r",
            hash(&self.columns),
            self.name,
            self.same()
        )
    }

    /// ($1 is there a row, $2… key texts, then texts of the columns) → of each row that is not as it should be: its
    /// place from 1, whether the store has it, its version, whether columns are missing, which differ, its hash.
    pub(crate) fn unequal(&self, by: EqualBy) -> String {
        let (keys, columns) = (self.key.len(), self.columns.len());
        let arrays = list(keys + columns, |n| format!("${}::text[]", n + 2));
        let names = list(keys, |n| format!("k{n}")) + ", " + &list(columns, |n| format!("c{n}"));
        let wanted = |n: usize| match by {
            EqualBy::Text => format!("w.c{n}"),
            EqualBy::Value => format!("w.c{n}::{}", self.types[n]),
        };
        let all_wanted = list(columns, wanted);
        let all_found = self.columns.join(", ");
        let differing = list(columns, |n| {
            format!(
                "case when row({})::text is distinct from row({})::text then {} end",
                wanted(n),
                self.columns[n],
                self.names[n]
            )
        });
        format!(
            "select w.n, coalesce(not s.\"_deleted\", false), s.\"_version\", coalesce(s.\"_missing\", '{{}}'), \
             case when w.there and not s.\"_deleted\" then array_remove(array[{differing}], null) else '{{}}' end, \
             coalesce(encode(sha256(convert_to(row({all_found})::text, 'UTF8')), 'hex'), '') \
             from unnest($1::bool[], {arrays}) with ordinality as w(there, {names}, n) left join {} s on {} \
             where case when w.there then s.\"_version\" is null or s.\"_deleted\" or s.\"_missing\" is not null \
             or row({all_wanted})::text is distinct from row({all_found})::text \
             else not s.\"_deleted\" end",
            self.name,
            self.same()
        )
    }

    /// The next live keys, `limit` of them, after the bound one.
    pub(crate) fn next_keys(&self, after: bool, limit: u64) -> String {
        let key: Vec<String> =
            self.key.iter().map(|&column| self.columns[column].clone()).collect();
        let beyond = if after {
            let bound =
                list(key.len(), |n| format!("${}::text::{}", n + 1, self.types[self.key[n]]));
            format!(" and ({}) > ({bound})", key.join(", "))
        } else {
            String::new()
        };
        format!(
            "select array[{}] from {} s where not s.\"_deleted\"{beyond} order by {} limit {limit}",
            texts(&key).join(", "),
            self.name,
            key.join(", ")
        )
    }
}
