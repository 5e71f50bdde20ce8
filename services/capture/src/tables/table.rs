//! The SQL that reads rows of one table. Values never stand in it: COPY takes no parameters, so keys
//! are put into session settings by a bound statement, and the COPY reads them from there.
//!
//! Rows are read in key order, chunk after chunk, so the order must be one in which no two rows are equal, and
//! "after" must mean the same as the order does. Two things stand against it. A type of an extension may lie where
//! our `search_path` does not reach: `order by` finds its operators all the same, `>` would find those of the type
//! that it can be cast to (`citext` to `text`), and leave out rows between two chunks. And what the source
//! takes for equal may differ to us: there the text decides as well.

use bangioc_postgres_text::counting;
use bangioc_postgres_text::quoting::{literal, qualified, quoted};
use bangioc_schemas::contract::{ColumnType, Contract};

/// Statements for one dataset's table; everything in them comes from its contract and the source's catalogue.
pub(crate) struct TableStatements {
    columns: String,
    name: String,
    /// In the contract's key order.
    key: Vec<KeyColumn>,
    latest_by: Option<String>,
    /// Columns of dates that may not lie ahead of today, quoted.
    dates: Vec<DateColumn>,
}

struct DateColumn {
    name: String,
    is_array: bool,
}

struct KeyColumn {
    /// Quoted.
    name: String,
    key_type: KeyOrdering,
}

/// How the source compares a key column.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KeyOrdering {
    /// As SQL names it, beneath its domains: `integer`, `dept.commune_code`. Without its length, which would cut
    /// or round a key that came from elsewhere; `char(n)` with it, which pads.
    pub(crate) name: String,
    /// Schema of its comparison operators, quoted.
    pub(crate) operators: String,
    /// Values of different texts are never equal: not so with citext, with collations that overlook something, with
    /// `bpchar`, whose blanks at the end don't count. Of a number the forms (`1.0`, `1.00`) are one key to us, too.
    pub(crate) by_text: bool,
}

/// What rows are ordered by: a key column, or the text of one.
struct OrderTerm {
    of_row: String,
    bound: String,
    operators: String,
}

impl KeyColumn {
    fn terms(&self, n: usize) -> Vec<OrderTerm> {
        let KeyOrdering { name: type_name, operators, by_text } = &self.key_type;
        let (of_row, bound) = (format!("s.{}", self.name), bound(n, type_name));
        let text = |of: &str| format!("{} collate \"C\"", text(of));
        let as_text = by_text.then(|| OrderTerm {
            of_row: text(&of_row),
            bound: text(&bound),
            operators: PG_CATALOG.to_owned(),
        });
        let value = OrderTerm { of_row, bound, operators: operators.clone() };
        std::iter::once(value).chain(as_text).collect()
    }

    /// Is this row's the same as the one wanted?
    fn is_wanted(&self, n: usize) -> String {
        let KeyOrdering { operators, by_text, .. } = &self.key_type;
        let (of_row, wanted) = (format!("s.{}", self.name), format!("w.k{n}"));
        let same = format!("{of_row} {} {wanted}", operator(operators, "="));
        if *by_text {
            format!("{same} and {} = {} collate \"C\"", text(&of_row), text(&wanted))
        } else {
            same
        }
    }
}

/// The bound key as the type itself reads it. An array of one: a cast that somebody made from text to the type goes
/// before that, and would be taken for a single text.
fn bound(n: usize, type_name: &str) -> String {
    format!("(current_setting('bangioc.k{n}')::{type_name}[])[1]")
}

/// As the type itself writes it: a cast of `char(n)` to text takes blanks away.
fn text(of: &str) -> String {
    format!("format('%s', {of})")
}

const PG_CATALOG: &str = "\"pg_catalog\"";

fn operator(schema: &str, name: &str) -> String {
    if schema == PG_CATALOG { name.to_owned() } else { format!("operator({schema}.{name})") }
}

/// Rows after the bound key, in the order of the terms.
fn after(terms: &[OrderTerm]) -> String {
    if terms.iter().all(|term| term.operators == PG_CATALOG) {
        let list = |of: fn(&OrderTerm) -> &String| {
            terms.iter().map(|term| of(term).as_str()).collect::<Vec<_>>().join(", ")
        };
        return format!("({}) > ({})", list(|term| &term.of_row), list(|term| &term.bound));
    }
    // Nothing compares rows whose operators lie in several schemas.
    let [first, rest @ ..] = terms else { return "true".to_owned() };
    let compare = |name| {
        let OrderTerm { of_row, bound, operators } = first;
        format!("{of_row} {} {bound}", operator(operators, name))
    };
    if rest.is_empty() {
        return compare(">");
    }
    // The first part is for the index.
    format!("{} and ({} or {})", compare(">="), compare(">"), after(rest))
}

impl TableStatements {
    /// `key_types`: of the key columns, in key order.
    pub(crate) fn new(contract: &Contract, key_types: Vec<KeyOrdering>) -> TableStatements {
        let columns = contract
            .columns
            .iter()
            .map(|column| format!("s.{}", quoted(&column.from)))
            .collect::<Vec<_>>()
            .join(", ");
        let key = contract
            .key
            .iter()
            .zip(key_types)
            .map(|(index, key_type)| KeyColumn {
                name: quoted(&contract.columns[*index].from),
                key_type,
            })
            .collect();
        TableStatements {
            columns,
            name: qualified(&contract.source.schema, &contract.source.table),
            key,
            latest_by: contract
                .natural_key_latest_by
                .map(|index| quoted(&contract.columns[index].from)),
            dates: contract
                .rules
                .about_today()
                .map(|index| &contract.columns[index])
                .map(|column| DateColumn {
                    name: quoted(&column.from),
                    is_array: matches!(column.column_type, ColumnType::Array(_)),
                })
                .collect(),
        }
    }

    pub(crate) fn key_columns(&self) -> usize {
        self.key.len()
    }

    /// Keys, as texts, of the rows that a date kept from passing until day $1 and no longer on day $2, at most $3.
    /// None: no day changes anything.
    pub(crate) fn come_of_age(&self) -> Option<String> {
        let day = |number: u8| format!("date '1970-01-01' + ${number}::int");
        let between = |date: &str| format!("{date} > {} and {date} <= {}", day(1), day(2));
        let reached = |column: &DateColumn| {
            let name = format!("s.{}", column.name);
            if column.is_array {
                format!("exists (select from unnest({name}) as d where {})", between("d"))
            } else {
                format!("({})", between(&name))
            }
        };
        let key = |column: &KeyColumn| text(&format!("s.{}", column.name));
        let keys: Vec<String> = self.key.iter().map(key).collect();
        let reached: Vec<String> = self.dates.iter().map(reached).collect();
        (!keys.is_empty() && !reached.is_empty()).then(|| {
            let (keys, reached) = (keys.join(", "), reached.join(" or "));
            format!("select distinct {keys} from {} as s where {reached} limit $3", self.name)
        })
    }

    /// Binds one text per key column: a value, or an array of values in PostgreSQL's text form.
    pub(crate) fn bind_key(&self) -> String {
        let calls: Vec<_> = (0..self.key.len())
            .map(|n| format!("set_config('bangioc.k{n}', ${}, false)", n + 1))
            .collect();
        format!("select {}", calls.join(", "))
    }

    /// How to count its rows without the index of its key, and with it. None: nothing keeps the key, so rows are
    /// read without one.
    pub(crate) fn counts(&self) -> Option<[String; 2]> {
        let key: Vec<String> = self.key.iter().map(|column| format!("s.{}", column.name)).collect();
        (self.latest_by.is_none() && !key.is_empty())
            .then(|| counting::questions(&self.name, &key.join(", ")))
    }

    /// The next `limit` rows in key order: from the beginning, or after the bound key.
    pub(crate) fn range(&self, after_bound_key: bool, limit: u64) -> String {
        let terms: Vec<OrderTerm> =
            self.key.iter().enumerate().flat_map(|(n, column)| column.terms(n)).collect();
        let key = terms.iter().map(|term| term.of_row.as_str()).collect::<Vec<_>>().join(", ");
        let from =
            if after_bound_key { format!(" where {}", after(&terms)) } else { String::new() };
        // Of rows with one natural key the latest counts; `ctid` makes the choice among equals firm.
        let (distinct, latest) = match &self.latest_by {
            Some(column) => (
                format!("distinct on ({key}) "),
                format!(", s.{column} desc nulls last, s.ctid desc"),
            ),
            None => (String::new(), String::new()),
        };
        format!(
            "copy (select {distinct}{} from {} as s{from} order by {key}{latest} limit {limit}) to stdout",
            self.columns, self.name
        )
    }

    /// Sets `bangioc.unread` to the SQLSTATE with which the bound texts of keys can't be read, or to nothing. Asked
    /// first, since an error would leave the text in the server's log: one that is caught does not.
    pub(crate) fn try_keys(&self) -> String {
        let read =
            |n: usize| format!("current_setting('bangioc.k{n}')::{}[]", self.key[n].key_type.name);
        let read: Vec<String> = (0..self.key.len()).map(read).collect();
        let block = format!(
            "begin perform set_config('bangioc.unread', '', true); perform {}; \
             exception when others then perform set_config('bangioc.unread', sqlstate, true); end",
            read.join(", ")
        );
        format!("do {}", literal(&block))
    }

    /// The rows of the bound keys, in their order: for each key itself (as PostgreSQL writes it), whether it was
    /// found, the row.
    pub(crate) fn by_keys(&self) -> String {
        let count = self.key.len();
        let list = |item: &dyn Fn(usize) -> String, between: &str| {
            (0..count).map(item).collect::<Vec<_>>().join(between)
        };
        let arrays = list(
            &|n| format!("current_setting('bangioc.k{n}')::{}[]", self.key[n].key_type.name),
            ", ",
        );
        let names = list(&|n| format!("k{n}"), ", ");
        let wanted = list(&|n| format!("w.k{n}"), ", ");
        let equal = list(&|n| self.key[n].is_wanted(n), " and ");
        let latest = self.latest_by.as_ref().map_or_else(String::new, |column| {
            format!(", s.{column} desc nulls last, s.ctid desc")
        });
        format!(
            "copy (select distinct on (w.n) {wanted}, s.{first} is not null, {columns} from unnest({arrays}) with ordinality as w({names}, n) left join {name} as s on {equal} order by w.n{latest}) to stdout",
            first = self.key.first().map_or("ctid", |column| column.name.as_str()),
            columns = self.columns,
            name = self.name,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built_in(name: &str) -> KeyOrdering {
        KeyOrdering { name: name.to_owned(), operators: quoted("pg_catalog"), by_text: false }
    }

    fn table(latest_by: Option<&str>) -> TableStatements {
        let column = |name: &str, type_name: &str| KeyColumn {
            name: quoted(name),
            key_type: built_in(type_name),
        };
        TableStatements {
            columns: "s.\"a\", s.\"b\", s.\"c\"".to_owned(),
            name: "\"dept\".\"t\"".to_owned(),
            key: vec![column("a", "dept.code"), column("b", "integer")],
            latest_by: latest_by.map(quoted),
            dates: Vec::new(),
        }
    }

    #[test]
    fn rows_are_found_by_the_day_on_which_they_pass() {
        assert_eq!(table(None).come_of_age(), None);
        let date = |name: &str, is_array| DateColumn { name: quoted(name), is_array };
        let table =
            TableStatements { dates: vec![date("c", false), date("d", true)], ..table(None) };
        assert_eq!(
            table.come_of_age().as_deref(),
            Some(
                "select distinct format('%s', s.\"a\"), format('%s', s.\"b\") from \"dept\".\"t\" as s where (s.\"c\" > date '1970-01-01' + $1::int and s.\"c\" <= date '1970-01-01' + $2::int) or exists (select from unnest(s.\"d\") as d where d > date '1970-01-01' + $1::int and d <= date '1970-01-01' + $2::int) limit $3"
            )
        );
    }

    #[test]
    fn a_range_is_read_by_key() {
        assert_eq!(
            table(None).range(false, 10),
            "copy (select s.\"a\", s.\"b\", s.\"c\" from \"dept\".\"t\" as s order by s.\"a\", s.\"b\" limit 10) to stdout"
        );
        assert_eq!(
            table(Some("c")).range(true, 10),
            "copy (select distinct on (s.\"a\", s.\"b\") s.\"a\", s.\"b\", s.\"c\" from \"dept\".\"t\" as s where (s.\"a\", s.\"b\") > ((current_setting('bangioc.k0')::dept.code[])[1], (current_setting('bangioc.k1')::integer[])[1]) order by s.\"a\", s.\"b\", s.\"c\" desc nulls last, s.ctid desc limit 10) to stdout"
        );
    }

    #[test]
    fn keys_are_read_together() {
        assert_eq!(
            table(None).bind_key(),
            "select set_config('bangioc.k0', $1, false), set_config('bangioc.k1', $2, false)"
        );
        assert_eq!(
            table(None).by_keys(),
            "copy (select distinct on (w.n) w.k0, w.k1, s.\"a\" is not null, s.\"a\", s.\"b\", s.\"c\" from unnest(current_setting('bangioc.k0')::dept.code[], current_setting('bangioc.k1')::integer[]) with ordinality as w(k0, k1, n) left join \"dept\".\"t\" as s on s.\"a\" = w.k0 and s.\"b\" = w.k1 order by w.n) to stdout"
        );
    }

    #[test]
    fn what_the_source_takes_for_equal_is_told_apart_by_its_text() {
        let mut table = table(None);
        table.key[0].key_type =
            KeyOrdering { name: "ext.citext".to_owned(), operators: quoted("ext"), by_text: true };
        let range = table.range(true, 10);
        let (_, from) = range.split_once(" where ").unwrap();
        assert_eq!(
            from,
            "s.\"a\" operator(\"ext\".>=) (current_setting('bangioc.k0')::ext.citext[])[1] \
             and (s.\"a\" operator(\"ext\".>) (current_setting('bangioc.k0')::ext.citext[])[1] \
             or (format('%s', s.\"a\") collate \"C\", s.\"b\") > (format('%s', (current_setting('bangioc.k0')::ext.citext[])[1]) collate \"C\", (current_setting('bangioc.k1')::integer[])[1])) \
             order by s.\"a\", format('%s', s.\"a\") collate \"C\", s.\"b\" limit 10) to stdout"
        );
        assert!(table.by_keys().contains(
            "on s.\"a\" operator(\"ext\".=) w.k0 and format('%s', s.\"a\") = format('%s', w.k0) collate \"C\" and s.\"b\" = w.k1"
        ));
    }
}
