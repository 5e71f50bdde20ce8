//! The SQL for a table's key and for its replica identity: one way, the one that changes least. An index that
//! is there already is taken; a new one is built beside the live table wherever PostgreSQL can.

use bangioc_postgres_text::quoting::{literal, qualified, quoted};
use bangioc_schemas::contract::Label;

use super::label;
use super::member::TableMember;
use crate::shape::Needed;

pub(super) struct TableToIdentify<'a> {
    pub(super) schema: &'a str,
    pub(super) name: &'a str,
    pub(super) root: &'a TableMember,
    pub(super) partitioned: bool,
    /// It and all its partitions say their primary key.
    pub(super) all_default: bool,
    pub(super) key: &'a [&'a str],
    pub(super) needed: &'a Needed<'a>,
    /// Of the columns needed, those that the table itself lets be null: a domain's own word doesn't count.
    pub(super) open_to_null: &'a [&'a str],
}

/// Nothing to run where what gives the table its key gives it its identity, too.
pub(super) struct Advice {
    pub(super) sql: String,
    pub(super) cost: Option<Label>,
}

impl TableToIdentify<'_> {
    fn full_name(&self) -> String {
        qualified(self.schema, self.name)
    }

    /// A key that PostgreSQL enforces.
    pub(super) fn has_key(&self) -> bool {
        self.root.indexes.iter().any(|index| index.can_identify() && index.is_over(self.key))
    }
}

/// A unique index of exactly the key: the primary key, where the table has none.
pub(super) fn key(table: &TableToIdentify<'_>) -> String {
    let (full_name, columns) = (table.full_name(), listed(table.key));
    let (name, before) = free_name(table.name, "key", table.root);
    let name = quoted(&name);
    let has_primary = table.root.primary().is_some();
    if table.partitioned {
        return if has_primary {
            format!("create unique index {name} on {full_name} ({columns});")
        } else {
            format!("alter table {full_name} add primary key ({columns});")
        };
    }
    let before = dropped(table.schema, before.as_deref());
    let create =
        format!("{before}create unique index concurrently {name} on {full_name} ({columns});");
    if has_primary {
        return create;
    }
    format!(
        "{create}\nalter table {full_name} add constraint {name} primary key using index {name};"
    )
}

/// In this order: the primary key, another index that is there, the one that [`key`] makes, one of its own.
pub(super) fn identity(table: &TableToIdentify<'_>) -> Advice {
    let full_name = table.full_name();
    let Needed::Columns(columns) = table.needed else {
        let cost = label(
            "từ đó mỗi UPDATE và DELETE ghi cả dòng cũ vào nhật ký: nhật ký lớn lên",
            "from then on each UPDATE and DELETE writes the whole old row into the log, which grows",
        );
        return Advice { sql: each(table, "full"), cost: Some(cost) };
    };
    let primary = table.root.primary();
    if primary.is_some_and(|index| index.can_identify() && index.is_over(columns)) {
        return Advice { sql: each(table, "default"), cost: None };
    }
    let only_key =
        columns.len() == table.key.len() && table.key.iter().all(|name| columns.contains(name));
    let key_is_made = only_key && !table.has_key();
    if key_is_made && primary.is_none() {
        let sql = if table.all_default { String::new() } else { each(table, "default") };
        return Advice { sql, cost: None };
    }
    let mut filled = String::new();
    for name in table.open_to_null {
        filled.push_str(&not_null(&full_name, name));
        filled.push('\n');
    }
    let cost = (!filled.is_empty()).then(reads_under_lock);
    let there = table
        .root
        .indexes
        .iter()
        .find(|index| index.can_identify() && !index.primary && index.is_over(columns));
    if let Some(index) = there {
        return Advice { sql: format!("{filled}{}", using(table, &index.name)), cost };
    }
    if key_is_made {
        let (index, _) = free_name(table.name, "key", table.root);
        return Advice { sql: format!("{filled}{}", using(table, &index)), cost };
    }
    let (index, before) = free_name(table.name, "identity", table.root);
    let before = dropped(table.schema, before.as_deref());
    let concurrently = if table.partitioned { "" } else { "concurrently " };
    let create = format!(
        "{before}create unique index {concurrently}{} on {full_name} ({});",
        quoted(&index),
        listed(columns)
    );
    let reads = if table.partitioned {
        label(
            "đọc cả bảng để dựng chỉ mục, trong lúc đó không ai ghi được",
            "it reads the whole table to build the index, and nobody writes it meanwhile",
        )
    } else {
        label(
            "đọc cả bảng để dựng chỉ mục; không ai phải chờ",
            "it reads the whole table to build the index; nobody is kept waiting",
        )
    };
    Advice {
        sql: format!("{filled}{create}\n{}", using(table, &index)),
        cost: Some(cost.unwrap_or(reads)),
    }
}

pub(super) fn not_null(full_name: &str, column: &str) -> String {
    format!("alter table {full_name} alter column {} set not null;", quoted(column))
}

pub(super) fn reads_under_lock() -> Label {
    label(
        "đọc cả bảng và trong lúc đó không ai đọc hay ghi được; báo lỗi nếu đang có dòng để trống cột này",
        "it reads the whole table while nobody else reads or writes it; it fails if a row has a null there",
    )
}

/// On a table and, where it has partitions, on each of them: PostgreSQL asks the one that holds the row.
fn each(table: &TableToIdentify<'_>, identity: &str) -> String {
    let full_name = table.full_name();
    if !table.partitioned {
        return format!("alter table {full_name} replica identity {identity};");
    }
    let name = literal(&full_name);
    format!(
        "select format('alter table %s replica identity {identity}', relid::regclass) from pg_partition_tree({name}::regclass) \\gexec"
    )
}

fn using(table: &TableToIdentify<'_>, index: &str) -> String {
    let full_name = table.full_name();
    if !table.partitioned {
        return format!("alter table {full_name} replica identity using index {};", quoted(index));
    }
    let name = literal(&qualified(table.schema, index));
    format!(
        "select format('alter table %s replica identity using index %I', i.indrelid::regclass, x.relname)\n  \
         from pg_partition_tree({name}::regclass) t join pg_index i on i.indexrelid = t.relid join pg_class x on x.oid = t.relid \\gexec"
    )
}

fn listed(columns: &[&str]) -> String {
    columns.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// A name for an index of ours, and one of ours that failed to build and stands in its way.
fn free_name(table: &str, what: &str, root: &TableMember) -> (String, Option<String>) {
    // PostgreSQL's names end at 63 bytes.
    let mut end = table.len().min(40);
    while !table.is_char_boundary(end) {
        end -= 1;
    }
    let base = format!("{}_bangioc_{what}", &table[..end]);
    let numbered = (2..).map(|n| format!("{base}_{n}"));
    for name in std::iter::once(base.clone()).chain(numbered) {
        match root.indexes.iter().find(|index| index.name == name) {
            None => return (name, None),
            Some(index) if !index.valid => return (name.clone(), Some(name)),
            Some(_) => {}
        }
    }
    (base, None)
}

fn dropped(schema: &str, index: Option<&str>) -> String {
    index.map_or_else(String::new, |index| {
        format!("drop index concurrently {};\n", qualified(schema, index))
    })
}

#[cfg(test)]
mod tests {
    use super::super::member::{IndexCase, member};
    use super::*;

    fn table<'a>(
        root: &'a TableMember,
        partitioned: bool,
        needed: &'a Needed<'a>,
        open_to_null: &'a [&'a str],
    ) -> TableToIdentify<'a> {
        TableToIdentify {
            schema: "dept",
            name: "site",
            root,
            partitioned,
            all_default: root.identity == "d",
            key: &["code"],
            needed,
            open_to_null,
        }
    }

    fn advised(
        root: &TableMember,
        partitioned: bool,
        needed: &Needed<'_>,
        open_to_null: &[&str],
    ) -> String {
        identity(&table(root, partitioned, needed, open_to_null)).sql
    }

    #[test]
    fn the_sql_for_an_identity_changes_the_least() {
        let pk: IndexCase = ("site_pkey", &["code"], "p");
        let key = || Needed::Columns(vec!["code"]);
        let two = || Needed::Columns(vec!["code", "state"]);
        let alter = "alter table \"dept\".\"site\" replica identity ";
        // NOTHING on a table that has its primary key; a table whose key's own SQL makes one.
        assert_eq!(advised(&member("n", &[pk]), false, &key(), &[]), format!("{alter}default;"));
        assert_eq!(advised(&member("d", &[]), false, &key(), &["code"]), "");
        assert_eq!(
            advised(&member("n", &[]), false, &key(), &["code"]),
            format!("{alter}default;")
        );
        // Another primary key, with and without an index over ours.
        let other: IndexCase = ("site_pkey", &["id"], "p");
        assert_eq!(
            advised(&member("d", &[other, ("by_code", &["code"], "")]), false, &key(), &[]),
            format!("{alter}using index \"by_code\";")
        );
        assert_eq!(
            advised(&member("d", &[other]), false, &key(), &[]),
            format!("{alter}using index \"site_bangioc_key\";")
        );
        assert_eq!(
            advised(&member("d", &[pk]), false, &Needed::Full, &[]),
            format!("{alter}full;")
        );
        // Columns that decide what is public.
        assert_eq!(
            advised(&member("d", &[pk]), false, &two(), &["state"]),
            format!(
                "alter table \"dept\".\"site\" alter column \"state\" set not null;\n\
                 create unique index concurrently \"site_bangioc_identity\" on \"dept\".\"site\" (\"code\", \"state\");\n\
                 {alter}using index \"site_bangioc_identity\";"
            )
        );
        assert_eq!(
            advised(&member("d", &[pk, ("u", &["state", "code"], "")]), false, &two(), &[]),
            format!("{alter}using index \"u\";")
        );
        // One of ours that failed to build, and one of other columns that has our name.
        let failed = advised(
            &member("d", &[pk, ("site_bangioc_identity", &["code", "state"], "x")]),
            false,
            &two(),
            &[],
        );
        assert!(
            failed.starts_with(
                "drop index concurrently \"dept\".\"site_bangioc_identity\";\ncreate unique"
            ),
            "{failed}"
        );
        let taken = advised(
            &member("i", &[pk, ("site_bangioc_identity", &["code", "kind"], "i")]),
            false,
            &two(),
            &[],
        );
        assert!(taken.contains("\"site_bangioc_identity_2\""), "{taken}");
        // Partitions have identities of their own.
        let each = advised(&member("d", &[pk]), true, &Needed::Full, &[]);
        assert!(each.contains("pg_partition_tree") && each.ends_with("\\gexec"), "{each}");
    }

    #[test]
    fn the_sql_for_a_key() {
        let needed = Needed::Full;
        let made = |root: &TableMember, partitioned| key(&table(root, partitioned, &needed, &[]));
        assert_eq!(
            made(&member("d", &[]), false),
            "create unique index concurrently \"site_bangioc_key\" on \"dept\".\"site\" (\"code\");\n\
             alter table \"dept\".\"site\" add constraint \"site_bangioc_key\" primary key using index \"site_bangioc_key\";"
        );
        let other = member("d", &[("site_pkey", &["id"], "p")]);
        assert!(!made(&other, false).contains("primary key"));
        assert_eq!(
            made(&member("d", &[]), true),
            "alter table \"dept\".\"site\" add primary key (\"code\");"
        );
        let (name, _) = free_name(&"ữ".repeat(30), "identity", &member("d", &[]));
        assert!(name.len() <= 63 && name.ends_with("_bangioc_identity"), "{name}");
    }
}
