//! The table that a dataset comes from, and what its replica identity holds.

use super::column::ReadColumn;
use super::fields::{Fields, Notes, shown};
use super::key::find_column;
use super::yaml::Data;
use crate::contracts::contract::{Identity, SourceTable, Status};
use crate::contracts::mistake::MistakeKind;
use crate::id::id_fault;
use crate::source_name;

pub(super) fn read(
    fields: &mut Fields<'_>,
    owner: Option<&str>,
    status: Status,
    columns: &[ReadColumn],
    key: &[usize],
    notes: &mut Notes,
) -> SourceTable {
    let mut source = SourceTable {
        source: owner.unwrap_or_default().to_owned(),
        schema: String::new(),
        table: String::new(),
        identity: Identity::Key,
    };
    let hint = "write `source: { table: dept.land_parcel }`";
    let node = if status == Status::Active {
        fields.required("source", hint, notes)
    } else {
        fields.node("source")
    };
    let Some(mut inner) = node.and_then(|node| Fields::of(node, "`source`", notes)) else {
        return source;
    };
    if let Some(at) = inner.text("name", notes) {
        match id_fault(at.text) {
            None => at.text.clone_into(&mut source.source),
            Some(fault) => {
                let what = format!("source `{}` {fault}", shown(at.text));
                notes.note(
                    at.line,
                    MistakeKind::Name,
                    what,
                    "a source is named like its owner; leave `name` out when it is",
                );
            }
        }
    }
    if let Some(at) = inner.required_text("table", hint, notes) {
        match table(at.text) {
            Ok((schema, table)) => (source.schema, source.table) = (schema, table),
            Err(fault) => {
                let what = format!("`table: {}` {fault}", shown(at.text));
                let hint = "write schema and table as the source has them, as in `dept.land_parcel`; with a dot in a name, as in SQL: `'\"a.b\".\"ThuaDat\"'`";
                notes.note(at.line, MistakeKind::Name, what, hint);
            }
        }
    }
    source.identity = identity(&mut inner, columns, key, notes);
    inner.finish("`source`", notes);
    source
}

/// Schema and table, or what is wrong with them.
fn table(text: &str) -> Result<(String, String), String> {
    let (schema, table) = source_name::source_table(text).ok_or("is no schema and table")?;
    for (part, name) in [("schema", &schema), ("table", &table)] {
        if let Some(fault) = source_name::source_fault(name) {
            return Err(format!("names a {part} that {fault}"));
        }
    }
    Ok((schema, table))
}

/// `full`, or the columns of the index that `replica identity using index` names.
fn identity(
    fields: &mut Fields<'_>,
    columns: &[ReadColumn],
    key: &[usize],
    notes: &mut Notes,
) -> Identity {
    match fields.node("identity").map(|node| &node.data) {
        None => Identity::Key,
        Some(Data::Text(_)) => {
            fields.choice("identity", &[("full", Identity::Full)], notes).unwrap_or(Identity::Key)
        }
        Some(_) => {
            let named = fields.texts("identity", notes).unwrap_or_default();
            let found: Vec<usize> = named
                .iter()
                .filter_map(|at| find_column(*at, columns, MistakeKind::Key, notes))
                .collect();
            if let Some(&missing) = key.iter().find(|column| !found.contains(column)) {
                let what =
                    format!("`identity` lacks the key column `{}`", columns[missing].column.name);
                let hint = "name all columns of the index, which begins with the key, or write `identity: full`";
                notes.note(fields.line_of("identity"), MistakeKind::Key, what, hint);
            }
            Identity::Columns(found)
        }
    }
}
