//! The SQL that reads rows of one table. Values never stand in it: COPY takes no parameters, so keys
//! are put into session settings by a bound statement, and the COPY reads them from there.

use bangioc_postgres_text::quoting::{qualified, quoted};
use bangioc_schemas::contract::{ColumnType, Contract};

/// Statements for one dataset's table; everything in them comes from its contract and the source's catalogue.
pub(crate) struct Table {
    columns: String,
    name: String,
    /// Key columns, quoted, in the contract's key order, with their types.
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
    name: String,
    /// `dept.commune_code`, `character varying(60)`.
    type_name: String,
}

impl Table {
    /// `key_types`: types of the key columns as `format_type` gives them, in key order.
    pub(crate) fn new(contract: &Contract, key_types: Vec<String>) -> Table {
        let columns = contract
            .columns
            .iter()
            .map(|column| format!("s.{}", quoted(&column.name)))
            .collect::<Vec<_>>()
            .join(", ");
        let key = contract
            .key
            .iter()
            .zip(key_types)
            .map(|(index, type_name)| KeyColumn {
                name: quoted(&contract.columns[*index].name),
                type_name,
            })
            .collect();
        Table {
            columns,
            name: qualified(&contract.source.schema, &contract.source.table),
            key,
            latest_by: contract
                .natural_key_latest_by
                .map(|index| quoted(&contract.columns[index].name)),
            dates: contract
                .rules
                .about_today()
                .map(|index| &contract.columns[index])
                .map(|column| DateColumn {
                    name: quoted(&column.name),
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
        let key = |column: &KeyColumn| format!("s.{}::text", column.name);
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

    /// The next `limit` rows in key order: from the beginning, or after the bound key.
    pub(crate) fn range(&self, after_bound_key: bool, limit: u64) -> String {
        let key = self
            .key
            .iter()
            .map(|column| format!("s.{}", column.name))
            .collect::<Vec<_>>()
            .join(", ");
        // The operators that compare with the bound key: a type of an extension has others by default.
        let order = self
            .key
            .iter()
            .map(|column| format!("s.{} using operator(pg_catalog.<)", column.name))
            .collect::<Vec<_>>()
            .join(", ");
        let from = if after_bound_key {
            let bound: Vec<_> = self
                .key
                .iter()
                .enumerate()
                .map(|(n, column)| format!("current_setting('bangioc.k{n}')::{}", column.type_name))
                .collect();
            format!(" where ({key}) > ({})", bound.join(", "))
        } else {
            String::new()
        };
        // Of rows with one natural key the latest counts; `ctid` makes the choice among equals firm.
        let (distinct, latest) = match &self.latest_by {
            Some(column) => (
                format!("distinct on ({key}) "),
                format!(", s.{column} desc nulls last, s.ctid desc"),
            ),
            None => (String::new(), String::new()),
        };
        format!(
            "copy (select {distinct}{} from {} as s{from} order by {order}{latest} limit {limit}) to stdout",
            self.columns, self.name
        )
    }

    /// The rows of the bound keys: for each key itself (as PostgreSQL writes it), whether it was found, the row.
    pub(crate) fn by_keys(&self) -> String {
        let count = self.key.len();
        let list = |item: &dyn Fn(usize) -> String, between: &str| {
            (0..count).map(item).collect::<Vec<_>>().join(between)
        };
        let arrays = list(
            &|n| format!("current_setting('bangioc.k{n}')::{}[]", self.key[n].type_name),
            ", ",
        );
        let names = list(&|n| format!("k{n}"), ", ");
        let wanted = list(&|n| format!("w.k{n}"), ", ");
        let equal = list(&|n| format!("s.{} = w.k{n}", self.key[n].name), " and ");
        let latest = self.latest_by.as_ref().map_or_else(String::new, |column| {
            format!(", s.{column} desc nulls last, s.ctid desc")
        });
        format!(
            "copy (select distinct on ({wanted}) {wanted}, s.{first} is not null, {columns} from unnest({arrays}) as w({names}) left join {name} as s on {equal} order by {wanted}{latest}) to stdout",
            first = self.key.first().map_or("ctid", |column| column.name.as_str()),
            columns = self.columns,
            name = self.name,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(latest_by: Option<&str>) -> Table {
        let column = |name: &str, type_name: &str| KeyColumn {
            name: quoted(name),
            type_name: type_name.to_owned(),
        };
        Table {
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
        let table = Table { dates: vec![date("c", false), date("d", true)], ..table(None) };
        assert_eq!(
            table.come_of_age().as_deref(),
            Some(
                "select distinct s.\"a\"::text, s.\"b\"::text from \"dept\".\"t\" as s where (s.\"c\" > date '1970-01-01' + $1::int and s.\"c\" <= date '1970-01-01' + $2::int) or exists (select from unnest(s.\"d\") as d where d > date '1970-01-01' + $1::int and d <= date '1970-01-01' + $2::int) limit $3"
            )
        );
    }

    #[test]
    fn a_range_is_read_by_key() {
        assert_eq!(
            table(None).range(false, 10),
            "copy (select s.\"a\", s.\"b\", s.\"c\" from \"dept\".\"t\" as s order by s.\"a\" using operator(pg_catalog.<), s.\"b\" using operator(pg_catalog.<) limit 10) to stdout"
        );
        assert_eq!(
            table(Some("c")).range(true, 10),
            "copy (select distinct on (s.\"a\", s.\"b\") s.\"a\", s.\"b\", s.\"c\" from \"dept\".\"t\" as s where (s.\"a\", s.\"b\") > (current_setting('bangioc.k0')::dept.code, current_setting('bangioc.k1')::integer) order by s.\"a\" using operator(pg_catalog.<), s.\"b\" using operator(pg_catalog.<), s.\"c\" desc nulls last, s.ctid desc limit 10) to stdout"
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
            "copy (select distinct on (w.k0, w.k1) w.k0, w.k1, s.\"a\" is not null, s.\"a\", s.\"b\", s.\"c\" from unnest(current_setting('bangioc.k0')::dept.code[], current_setting('bangioc.k1')::integer[]) as w(k0, k1) left join \"dept\".\"t\" as s on s.\"a\" = w.k0 and s.\"b\" = w.k1 order by w.k0, w.k1) to stdout"
        );
    }
}
