//! The `columns` of a contract file: type, class, labels, and the rules of each column by itself.

use super::code_list::References;
use super::fields::{At, Fields, Notes, shown};
use super::label::{check_people_text, label_here, optional_label};
use super::yaml::{Data, YamlEntry, YamlNode};
use super::{column_rule, column_type};
use crate::column_type::ColumnType;
use crate::contracts::contract::{Class, Column, Reclassified};
use crate::contracts::mistake::MistakeKind;
use crate::contracts::nearest::nearest;
use crate::id::{column_fault, is_system_column};
use crate::rules::time;
use crate::rules::value::ColumnRules;
use crate::source_name::{source_fault, source_name};

pub(crate) struct ReadColumn {
    pub(crate) column: Column,
    pub(crate) rules: ColumnRules,
    /// `code: false`: not even in the key.
    pub(crate) is_prose: bool,
}

/// Columns that any write touches: open ones would make every internal change visible outside.
const TOUCHED_BY_EVERY_WRITE: [&str; 3] = ["updated_at", "row_version", "changed_at"];

pub(crate) fn read(node: &YamlNode, references: &References, notes: &mut Notes) -> Vec<ReadColumn> {
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
    let columns: Vec<(usize, ReadColumn)> = entries
        .iter()
        .filter_map(|entry| Some((entry.line, read_column(entry, references, notes)?)))
        .collect();
    each_from_its_own(&columns, notes);
    columns.into_iter().map(|(_, read)| read).collect()
}

/// A column whose type is wrong still comes back, as text: what refers to it is no further mistake.
fn read_column(
    entry: &YamlEntry,
    references: &References,
    notes: &mut Notes,
) -> Option<ReadColumn> {
    let name = entry.key.as_str();
    if let Some(fault) = column_fault(name) {
        let hint = "choose a name for topics and the store, and say what the source calls it: `ma_thua: { from: Mã thửa, … }`";
        notes.note(
            entry.line,
            MistakeKind::Name,
            format!("column `{}` {fault}", shown(name)),
            hint,
        );
    }
    let what = format!("column `{}`", shown(name));
    let mut fields = Fields::of(&entry.value, &what, notes)?;
    let from = from(&mut fields, &what, notes).unwrap_or_else(|| name.to_owned());
    let written = fields
        .required_text("type", "write PostgreSQL's type, as in `type: numeric(12,1)`", notes)
        .map(|at| column_type::parse(at.text).ok_or(at))
        .and_then(|parsed| parsed.map_err(|at| unknown_type(at, notes)).ok());
    let (column_type, padded) = written
        .map_or((ColumnType::Text { max_chars: None }, false), |written| {
            (written.column_type, written.padded)
        });
    fields.required("class", "write `class: open`, `internal`, `personal` or `sensitive`", notes);
    let class = fields.choice("class", &classes(), notes);
    let class_line = fields.line_of("class");
    if class == Some(Class::Open) && TOUCHED_BY_EVERY_WRITE.contains(&name) {
        let told = format!("{what} is touched by every write and can't be `open`");
        notes.note(fields.line_of("class"), MistakeKind::Conflict, told, "write `class: internal`");
    }
    let reclassified = reclassified(&mut fields, class, &what, notes);
    let label = label_here(&mut fields, notes);
    let about = optional_label(&mut fields, "about", notes);
    let required = fields.flag("required", false, notes);
    let is_prose = fields
        .node("code")
        .is_some_and(|node| matches!(&node.data, Data::Text(text) if text == "false"));
    let mut rules = column_rule::read(&mut fields, &column_type, references, notes);
    rules.padded = padded;
    rules.required = required;
    fields.finish(&what, notes);
    let column = Column {
        name: name.to_owned(),
        from,
        column_type,
        // A column without its class is sensitive, as far as anyone reads on.
        class: class.unwrap_or(Class::Sensitive),
        reclassified,
        class_line,
        label: label.unwrap_or_else(|| crate::contracts::contract::Label {
            vi: String::new(),
            en: String::new(),
        }),
        about,
        required,
    };
    Some(ReadColumn { column, rules, is_prose })
}

/// What the source calls it, where that is something else.
fn from(fields: &mut Fields<'_>, what: &str, notes: &mut Notes) -> Option<String> {
    let at = fields.text("from", notes)?;
    let name = source_name(at.text);
    let fault = match name.as_deref() {
        None => Some("has quotes that don't match"),
        Some(name) => source_fault(name)
            .or_else(|| is_system_column(name).then_some("is a system column of PostgreSQL")),
    };
    let Some(fault) = fault else { return name };
    let hint = "write the column's name as the source's catalogue shows it, `from: Mã thửa`; one that begins with a quote as in SQL";
    notes.note(
        at.line,
        MistakeKind::Name,
        format!("`from: {}` of {what} {fault}", shown(at.text)),
        hint,
    );
    None
}

/// Two columns of one column of the source would be the same data twice, and only one is filled.
fn each_from_its_own(columns: &[(usize, ReadColumn)], notes: &mut Notes) {
    for (place, (line, read)) in columns.iter().enumerate() {
        let (name, from) = (&read.column.name, &read.column.from);
        if let Some((_, other)) = columns[..place].iter().find(|(_, it)| it.column.from == *from) {
            let told = format!(
                "columns `{}` and `{}` both come from `{}`",
                shown(&other.column.name),
                shown(name),
                shown(from)
            );
            let hint = "each column of the source travels once; give one of them the `from` that it should have";
            notes.note(*line, MistakeKind::Conflict, told, hint);
        }
    }
}

fn classes() -> [(&'static str, Class); 4] {
    Class::ALL.map(|class| (class.as_str(), class))
}

/// The statement that a class is weaker than it was; whether it was, the Avro file beside the contract knows.
fn reclassified(
    fields: &mut Fields<'_>,
    class: Option<Class>,
    what: &str,
    notes: &mut Notes,
) -> Option<Reclassified> {
    let node = fields.node("reclassified")?;
    let mut inner = Fields::of(node, "`reclassified`", notes)?;
    inner.required("from", "write the class that it had: `from: personal`", notes);
    let from = inner.choice("from", &classes(), notes);
    let by = inner.required_text("by", "name the decision: `by: 12/QĐ-UBND`", notes);
    let on = inner.required_text("on", "write its date: `on: 2026-11-20`", notes);
    inner.finish("`reclassified`", notes);
    if let Some(by) = by {
        check_people_text(by, notes);
    }
    if let Some(on) = on.filter(|on| time::days(on.text).is_none()) {
        let told = format!("`on: {}` is no date", shown(on.text));
        notes.note(on.line, MistakeKind::Value, told, "write it as `2026-11-20`");
    }
    if let (Some(from), Some(class)) = (from, class)
        && from <= class
    {
        let told =
            format!("{what} is {} and was {}: that is not weaker", class.as_str(), from.as_str());
        let hint = "remove `reclassified`: a class may become stricter at any time";
        notes.note(fields.line_of("reclassified"), MistakeKind::Conflict, told, hint);
    }
    Some(Reclassified { from: from?, by: by?.text.to_owned(), on: on?.text.to_owned() })
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
