//! `{ column: [values] }`: every column holds one of its values. Read once for row filters, for rules
//! that apply only to some rows, and for transforms.

use super::column::ReadColumn;
use super::fields::{At, Fields, Notes, shown, text_of};
use super::key::find_column;
use super::yaml::{Data, YamlNode};
use crate::column_type::ColumnType;
use crate::contracts::mistake::MistakeKind;
use crate::contracts::publication::ColumnValues;
use crate::rules::condition::{Condition, Term};
use crate::rules::time;

/// `key` is what the mapping stands under.
pub(super) fn read(
    node: &YamlNode,
    key: &str,
    columns: &[ReadColumn],
    notes: &mut Notes,
) -> Option<Condition> {
    let mut terms = Vec::new();
    for (at, values) in pairs(node, key, notes)? {
        let Some(column) = find_column(at, columns, MistakeKind::Rule, notes) else {
            continue;
        };
        let read = &columns[column];
        let mut term = Term {
            column,
            padded: read.rules.padded,
            values: Vec::new(),
            null: false,
            written: values.iter().map(|value| value.text.into()).collect(),
        };
        for value in values {
            match postgresql_text(&read.column.column_type, value.text) {
                Ok(None) => term.null = true,
                Ok(Some(text)) => {
                    if read.rules.check(text, i64::MAX).is_err() {
                        let what = format!(
                            "column `{}` never holds `{}`, by its own rules",
                            at.text,
                            shown(value.text)
                        );
                        let hint = "correct the value, or the column's rules";
                        notes.note(value.line, MistakeKind::Value, what, hint);
                    }
                    term.values.push(text.into());
                }
                Err(wanted) => note_value(at, value, wanted, notes),
            }
        }
        term.values.sort_unstable();
        terms.push(term);
    }
    Some(Condition { terms })
}

/// The columns of the mapping, each with a list of at least one value.
pub(super) fn pairs<'a>(
    node: &'a YamlNode,
    key: &str,
    notes: &mut Notes,
) -> Option<Vec<(At<'a>, Vec<At<'a>>)>> {
    let hint = format!("write `{key}: {{ column: [value, …] }}`");
    let Data::Map(entries) = &node.data else {
        let what = format!("`{key}` is {}, not a mapping", node.kind());
        notes.note(node.line, MistakeKind::Value, what, hint);
        return None;
    };
    let mut pairs = Vec::with_capacity(entries.len());
    for entry in entries {
        let at = At { text: &entry.key, line: entry.line };
        let values: Vec<At<'_>> = match &entry.value.data {
            Data::List(items) => {
                items.iter().filter_map(|item| text_of(item, &entry.key, notes)).collect()
            }
            Data::Text(_) | Data::Map(_) => Vec::new(),
        };
        if values.is_empty() {
            let what = format!("`{}` lists no values", shown(&entry.key));
            notes.note(entry.line, MistakeKind::Value, what, hint.as_str());
        }
        pairs.push((at, values));
    }
    if entries.is_empty() {
        let what = format!("`{key}` names no column");
        notes.note(node.line, MistakeKind::Value, what, hint);
    }
    Some(pairs)
}

pub(super) fn note_value(column: At<'_>, value: At<'_>, wanted: &str, notes: &mut Notes) {
    let what = format!("column `{}` can't be compared with `{}`", column.text, shown(value.text));
    notes.note(value.line, MistakeKind::Value, what, wanted);
}

/// How PostgreSQL writes the value; None for null. Rows are compared as texts, so types whose equal
/// values can have several texts are no conditions. The error says what to write.
pub(super) fn postgresql_text<'v>(
    column_type: &ColumnType,
    written: &'v str,
) -> Result<Option<&'v str>, &'static str> {
    if written == "null" {
        return Ok(None);
    }
    match column_type {
        ColumnType::Text { .. } | ColumnType::Enum { .. } => Ok(Some(written)),
        ColumnType::Boolean => match written {
            "true" => Ok(Some("t")),
            "false" => Ok(Some("f")),
            _ => Err("write `true`, `false` or `null`"),
        },
        ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint => {
            let plain = written.parse().is_ok_and(|number: i64| number.to_string() == written);
            plain.then_some(Some(written)).ok_or("write digits only, as in `3`")
        }
        ColumnType::Date => {
            time::days(written).map(|_| Some(written)).ok_or("write a date as in `2026-07-01`")
        }
        ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny
        | ColumnType::Time
        | ColumnType::Timestamp
        | ColumnType::Timestamptz
        | ColumnType::Uuid
        | ColumnType::Json
        | ColumnType::Jsonb
        | ColumnType::Bytea
        | ColumnType::Array(_)
        | ColumnType::Other { .. } => {
            Err("name a column that is text, an enum, boolean, a whole number or a date")
        }
    }
}

/// What stands under `where`.
pub(super) fn filter(fields: &mut Fields<'_>, notes: &mut Notes) -> Vec<ColumnValues> {
    let written = |at: &At<'_>| at.text.to_owned();
    fields
        .node("where")
        .and_then(|node| pairs(node, "where", notes))
        .unwrap_or_default()
        .iter()
        .map(|(column, values)| ColumnValues {
            column: written(column),
            values: values.iter().map(|value| Some(written(value))).collect(),
        })
        .collect()
}
