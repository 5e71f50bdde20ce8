//! The `open` section: which columns and rows of a dataset are public.

mod outline;
mod transform;

use outline::Outlines;

use super::code_list::References;
use super::column::ReadColumn;
use super::condition;
use super::fields::{At, Fields, Notes};
use super::key::find_column;
use crate::contracts::contract::{Class, Contract, OpenSide};
use crate::contracts::mistake::MistakeKind;
use crate::open::{OpenColumn, OpenProjection};
use crate::rules::condition::Condition;

/// What the section says; the projection needs the whole contract, which is not there yet.
pub(super) struct ReadOpen {
    filter: Condition,
    outputs: Vec<OpenColumn>,
    columns_line: usize,
    rows_line: usize,
}

pub(super) fn read(
    fields: &mut Fields<'_>,
    columns: &[ReadColumn],
    outlines: &[usize],
    references: &References,
    notes: &mut Notes,
) -> Option<ReadOpen> {
    let node = fields.node("open")?;
    let mut inner = Fields::of(node, "`open`", notes)?;
    inner.required("columns", "name the columns that are public: `columns: [code, …]`", notes);
    let mut outputs: Vec<OpenColumn> = Vec::new();
    for at in inner.texts("columns", notes).unwrap_or_default() {
        let Some(column) = find_column(at, columns, MistakeKind::Rule, notes) else {
            continue;
        };
        if outputs.iter().any(|output| output.column == column) {
            let what = format!("column `{}` stands twice in `open`", at.text);
            notes.note(at.line, MistakeKind::Conflict, what, "name it once");
            continue;
        }
        check_class(at, &columns[column], notes);
        outputs.push(OpenColumn::unchanged(column));
    }
    let rows_line = inner.line_of("rows");
    let filter = inner
        .node("rows")
        .and_then(|node| condition::read(node, "rows", columns, notes))
        .unwrap_or_default();
    let columns_line = inner.line_of("columns");
    let mut outlines = Outlines::new(outlines, references);
    if let Some(node) = inner.node("transform") {
        transform::read(node, columns, &mut outlines, &mut outputs, notes);
    }
    outlines.check(columns_line, columns, &outputs, notes);
    transform::check_keys(columns_line, columns, &outlines, &outputs, notes);
    inner.finish("`open`", notes);
    Some(ReadOpen { filter, outputs, columns_line, rows_line })
}

fn check_class(at: At<'_>, read: &ReadColumn, notes: &mut Notes) {
    let class = read.column.class;
    if class != Class::Open {
        let what = format!("column `{}` is {} and can't be in `open`", at.text, class.as_str());
        let hint = "remove it from `open`; only if it may be published at all, write `class: open` at the column";
        notes.note(at.line, MistakeKind::Conflict, what, hint);
    }
}

impl ReadOpen {
    /// Checked against key and identity of the contract it belongs to.
    pub(super) fn project(self, whole: &Contract, notes: &mut Notes) -> OpenSide {
        for &key in &whole.key {
            let name = &whole.columns[key].name;
            match self.outputs.iter().find(|output| output.column == key) {
                None => {
                    let what = format!("key column `{name}` is not in `open`");
                    let hint = "an open row needs its whole key: add it, with `class: open`, or leave `open` out";
                    notes.note(self.columns_line, MistakeKind::Conflict, what, hint);
                }
                Some(output) if output.transform.is_some() => {
                    let what = format!("key column `{name}` can't be transformed");
                    let hint = "two rows could become one: leave it as it is, or leave `open` out";
                    notes.note(self.columns_line, MistakeKind::Conflict, what, hint);
                }
                Some(_) => {}
            }
        }
        if whole.key.is_empty() {
            let what = "`open` needs rows with a key";
            let hint = "leave `open` out, or write `kind: state` with a key";
            notes.note(self.columns_line, MistakeKind::Conflict, what, hint);
        }
        if let Some(latest) = whole.natural_key_latest_by
            && self.outputs.iter().all(|output| output.column != latest)
        {
            let what = format!(
                "column `{}`, which says the latest row of a key, is not in `open`",
                whole.columns[latest].name
            );
            let hint = "add it, with `class: open`, or leave `open` out";
            notes.note(self.columns_line, MistakeKind::Conflict, what, hint);
        }
        for column in self.filter.columns() {
            if !whole.identifies(column) {
                let name = &whole.columns[column].name;
                let what = format!("row filter `{name}` is not in the table's replica identity");
                let key: Vec<&str> =
                    whole.key_columns().map(|column| column.name.as_str()).collect();
                let key = key.join(", ");
                let hint = format!(
                    "write `identity: [{key}, {name}]` in `source` and make that index at the source, or `identity: full`: without it the old value is not sent, and a row that stops being public can't be told from one that never was"
                );
                notes.note(self.rows_line, MistakeKind::Conflict, what, hint);
            }
        }
        OpenSide::derive(whole, OpenProjection::new(self.filter, self.outputs))
    }
}
