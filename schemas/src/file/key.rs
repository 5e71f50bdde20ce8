//! The columns that identify a row: the table's primary key, or the natural key of a table without one.

use super::column::ReadColumn;
use super::fields::{At, Fields, Notes, shown};
use crate::column_type::ColumnType;
use crate::contracts::contract::{Kind, Status};
use crate::contracts::mistake::MistakeKind;
use crate::contracts::nearest::nearest;
use crate::identity;

pub(super) fn read(
    fields: &mut Fields<'_>,
    kind: Option<Kind>,
    status: Status,
    columns: &[ReadColumn],
    notes: &mut Notes,
) -> (Vec<usize>, Option<usize>) {
    let (has_key, has_natural) = (fields.has("key"), fields.has("natural_key"));
    let key = fields.texts("key", notes);
    let natural =
        fields.node("natural_key").and_then(|node| Fields::of(node, "`natural_key`", notes));
    match (kind, has_key, has_natural) {
        (Some(Kind::Append), true, _) | (Some(Kind::Append), _, true) => {
            let line = fields.line_of(if has_key { "key" } else { "natural_key" });
            notes.note(
                line,
                MistakeKind::Conflict,
                "`kind: append` has no key",
                "remove the key, or write `kind: state`",
            );
        }
        (_, true, true) => {
            let hint = "`key` is the table's primary key; `natural_key` is for a table without one";
            notes.note(
                fields.line_of("natural_key"),
                MistakeKind::Conflict,
                "both `key` and `natural_key`",
                hint,
            );
        }
        (Some(Kind::State), false, false) if status == Status::Active => {
            let hint = "write `key: [column, …]`, the primary key, or `natural_key: { columns: […], latest_by: … }`";
            notes.note(fields.line, MistakeKind::MissingKey, "key `key` is missing", hint);
        }
        _ => {}
    }
    let Some(mut natural) = natural else {
        return (
            key.map(|key| key_columns(&key, columns, fields.line_of("key"), notes))
                .unwrap_or_default(),
            None,
        );
    };
    natural.required("columns", "name the columns that identify a row", notes);
    let line = natural.line_of("columns");
    let natural_columns = natural.texts("columns", notes).unwrap_or_default();
    let key = key_columns(&natural_columns, columns, line, notes);
    let latest_by = natural
        .required_text(
            "latest_by",
            "name the column whose greatest value marks the latest of several rows",
            notes,
        )
        .and_then(|at| latest_by(at, columns, notes));
    natural.finish("`natural_key`", notes);
    (key, latest_by)
}

fn key_columns(
    names: &[At<'_>],
    columns: &[ReadColumn],
    line: usize,
    notes: &mut Notes,
) -> Vec<usize> {
    if names.is_empty() {
        notes.note(
            line,
            MistakeKind::Key,
            "the key names no column",
            "name the columns that identify a row",
        );
    }
    let mut key = Vec::with_capacity(names.len());
    for at in names {
        let Some(index) = find_column(*at, columns, MistakeKind::Key, notes) else {
            continue;
        };
        let column_type = &columns[index].column.column_type;
        if key.contains(&index) {
            notes.note(
                at.line,
                MistakeKind::Key,
                format!("column `{}` stands twice in the key", at.text),
                "name it once",
            );
        } else if let Some(fault) = identity::key_fault(column_type) {
            let hint = "a key needs values that can be told apart by what is written: text, numbers, dates and times, uuid, bytea, inet";
            notes.note(
                at.line,
                MistakeKind::Key,
                format!("column `{}` of type `{column_type}` can't be in a key: {fault}", at.text),
                hint,
            );
        } else {
            key.push(index);
        }
    }
    key
}

fn latest_by(at: At<'_>, columns: &[ReadColumn], notes: &mut Notes) -> Option<usize> {
    let index = find_column(at, columns, MistakeKind::Key, notes)?;
    let column_type = &columns[index].column.column_type;
    let ordered = matches!(
        column_type,
        ColumnType::Timestamp
            | ColumnType::Timestamptz
            | ColumnType::Date
            | ColumnType::Integer
            | ColumnType::Bigint
    );
    if !ordered {
        let what = format!("`latest_by` can't order by `{}` of type `{column_type}`", at.text);
        notes.note(
            at.line,
            MistakeKind::Key,
            what,
            "name a column of type timestamptz, timestamp, date, integer or bigint",
        );
        return None;
    }
    Some(index)
}

/// The column of that name, or a mistake with the nearest one.
pub(super) fn find_column(
    at: At<'_>,
    columns: &[ReadColumn],
    kind: MistakeKind,
    notes: &mut Notes,
) -> Option<usize> {
    let found = columns.iter().position(|read| read.column.name == at.text);
    if found.is_none() {
        let names: Vec<&str> = columns.iter().map(|read| read.column.name.as_str()).collect();
        let hint = match nearest(at.text, &names) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "list it under `columns` first".to_owned(),
        };
        notes.note(at.line, kind, format!("there is no column `{}`", shown(at.text)), hint);
    }
    found
}
