//! The `columns` of a contract file: type, class, labels, and the rules of each column by itself.

use super::code_list::References;
use super::fields::{At, Fields, Notes, nearest, shown};
use super::label::{label_here, optional_label};
use super::yaml::{Data, Entry, Node};
use super::{column_rule, column_type};
use crate::contract::{Class, Column, ColumnType};
use crate::mistake::MistakeKind;
use crate::names::column_fault;
use crate::rules::value::ColumnRules;

pub(crate) struct ReadColumn {
    pub(crate) column: Column,
    pub(crate) rules: ColumnRules,
}

const CLASSES: [(&str, Class); 4] = [
    ("open", Class::Open),
    ("internal", Class::Internal),
    ("personal", Class::Personal),
    ("sensitive", Class::Sensitive),
];

/// Columns that any write touches: open ones would make every internal change visible outside.
const TOUCHED_BY_EVERY_WRITE: [&str; 3] = ["updated_at", "row_version", "changed_at"];

pub(crate) fn read(node: &Node, references: &References, notes: &mut Notes) -> Vec<ReadColumn> {
    let Data::Map(entries) = &node.data else {
        notes.note(
            node.line,
            MistakeKind::Value,
            format!("`columns` is {}, not a mapping", node.kind()),
            "write each column's name as a key",
        );
        return Vec::new();
    };
    if entries.is_empty() {
        notes.note(
            node.line,
            MistakeKind::Value,
            "there are no columns",
            "list every column that travels",
        );
    }
    entries
        .iter()
        .filter_map(|entry| read_column(entry, references, notes))
        .collect()
}

/// A column whose type is wrong still comes back, as text: what refers to it is no further mistake.
fn read_column(entry: &Entry, references: &References, notes: &mut Notes) -> Option<ReadColumn> {
    let name = entry.key.as_str();
    if let Some(fault) = column_fault(name) {
        let hint = "write the name as PostgreSQL shows it without quotes; a column that needs quotes can't be carried";
        notes.note(
            entry.line,
            MistakeKind::Name,
            format!("column `{}` {fault}", shown(name)),
            hint,
        );
    }
    let what = format!("column `{}`", shown(name));
    let mut fields = Fields::of(&entry.value, &what, notes)?;
    let written = fields
        .required_text(
            "type",
            "write PostgreSQL's type, as in `type: numeric(12,1)`",
            notes,
        )
        .map(|at| column_type::parse(at.text).ok_or(at))
        .and_then(|parsed| parsed.map_err(|at| unknown_type(at, notes)).ok());
    let (column_type, padded) = written
        .map_or((ColumnType::Text { max_chars: None }, false), |written| {
            (written.column_type, written.padded)
        });
    fields.required(
        "class",
        "write `class: open`, `internal`, `personal` or `sensitive`",
        notes,
    );
    let class = fields.choice("class", &CLASSES, notes);
    if class == Some(Class::Open) && TOUCHED_BY_EVERY_WRITE.contains(&name) {
        let told = format!("{what} is touched by every write and can't be `open`");
        notes.note(
            fields.line_of("class"),
            MistakeKind::Conflict,
            told,
            "write `class: internal`",
        );
    }
    let label = label_here(&mut fields, notes);
    let about = optional_label(&mut fields, "about", notes);
    let required = fields.flag("required", false, notes);
    let mut rules = column_rule::read(&mut fields, &column_type, references, notes);
    rules.padded = padded;
    rules.required = required;
    fields.finish(&what, notes);
    let column = Column {
        name: name.to_owned(),
        column_type,
        // A column without its class is sensitive, as far as anyone reads on.
        class: class.unwrap_or(Class::Sensitive),
        label: label.unwrap_or_else(|| crate::contract::Label {
            vi: String::new(),
            en: String::new(),
        }),
        about,
        required,
    };
    Some(ReadColumn { column, rules })
}

fn unknown_type(at: At<'_>, notes: &mut Notes) {
    let known = [
        "smallint",
        "integer",
        "bigint",
        "real",
        "double precision",
        "boolean",
        "numeric",
        "timestamptz",
        "timestamp",
        "bytea",
        "jsonb",
        "text",
    ];
    let hint = match at.text {
        "int" | "int4" => "did you mean `integer`?".to_owned(),
        "varchar" => "write its length, as in `varchar(40)`, or `text`".to_owned(),
        text => match nearest(text, &known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write PostgreSQL's type; a domain by its base type, an enum as `enum its_name`, an array as `text[]`".to_owned(),
        },
    };
    notes.note(
        at.line,
        MistakeKind::Value,
        format!("`type: {}` is no type that can be carried", shown(at.text)),
        hint,
    );
}
