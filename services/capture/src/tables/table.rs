//! The SQL that reads rows of one table. Values never stand in it: COPY takes no parameters, so keys
//! are put into session settings by a bound statement, and the COPY reads them from there.

use bangioc_postgres_text::quoting::{qualified, quoted};
use bangioc_schemas::contract::Contract;

/// Statements for one dataset's table; everything in them comes from its contract and the source's catalogue.
pub(crate) struct Table {
    columns: String,
    name: String,
    /// Key columns, quoted, in the contract's key order, with their types.
    key: Vec<KeyColumn>,
    latest_by: Option<String>,
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
        }
    }

    pub(crate) fn key_columns(&self) -> usize {
        self.key.len()
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
        }
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
