//! The `rules` of a contract file: rules between columns, each a mapping whose first key names it. The
//! rules themselves are read in [`kinds`].

mod kinds;
mod reader;

use reader::RowRuleReader;

use super::code_list::References;
use super::column::ReadColumn;
use super::condition;
use super::fields::{Fields, Notes, shown};
use super::yaml::{Data, YamlNode};
use crate::contracts::mistake::MistakeKind;
use crate::contracts::nearest::nearest;
use crate::contracts::reference::Reference;
use crate::rules::row::{RowRule, RowRuleKind};

const KNOWN: [&str; 19] = [
    "secret_unless",
    "require",
    "limit",
    "form",
    "member",
    "branch_parent",
    "sha256",
    "order",
    "window",
    "record_date",
    "consecutive_years",
    "personal_id",
    "partial_date",
    "geometry",
    "geojson",
    "measurement",
    "json_numbers",
    "sum",
    "reference",
];

/// Rules that a row keeps by itself, and rows of other datasets that it refers to, each with its line.
#[derive(Default)]
pub(super) struct ReadRules {
    pub(super) rules: Vec<RowRule>,
    pub(super) references: Vec<(Reference, usize)>,
}

impl ReadRules {
    /// The columns that hold outlines: drawn on the ground, as text.
    pub(super) fn outlines(&self) -> impl Iterator<Item = usize> + '_ {
        self.rules.iter().filter_map(|rule| match &rule.kind {
            RowRuleKind::Outline(rule) => Some(rule.wkt),
            RowRuleKind::GeoJson(rule) => Some(rule.column),
            _ => None,
        })
    }
}

enum ReadRule {
    Rule(RowRule),
    Reference(Reference, usize),
}

pub(super) fn read(
    node: Option<&YamlNode>,
    columns: &[ReadColumn],
    references: &References,
    notes: &mut Notes,
) -> ReadRules {
    let mut read = ReadRules::default();
    let Some(node) = node else { return read };
    let Data::List(items) = &node.data else {
        notes.note(
            node.line,
            MistakeKind::Value,
            format!("`rules` is {}, not a list", node.kind()),
            "begin each rule with `- `",
        );
        return read;
    };
    for item in items {
        match read_rule(item, columns, references, notes) {
            Some(ReadRule::Rule(rule)) => read.rules.push(rule),
            Some(ReadRule::Reference(reference, line)) => read.references.push((reference, line)),
            None => {}
        }
    }
    read
}

fn read_rule(
    node: &YamlNode,
    columns: &[ReadColumn],
    references: &References,
    notes: &mut Notes,
) -> Option<ReadRule> {
    let mut fields = Fields::of(node, "a rule", notes)?;
    let first = fields.first_key().unwrap_or_default();
    let Some(name) = KNOWN.into_iter().find(|name| *name == first) else {
        let hint = match nearest(first, &KNOWN) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("the first key of a rule is one of: {}", KNOWN.join(", ")),
        };
        notes.note(
            node.line,
            MistakeKind::UnknownKey,
            format!("there is no rule `{}`", shown(first)),
            hint,
        );
        return None;
    };
    let mut reader = RowRuleReader { fields: &mut fields, columns, references, notes };
    if name == "reference" {
        let reference = reader.reference();
        fields.finish("rule `reference`", notes);
        return reference.map(|reference| ReadRule::Reference(reference, node.line));
    }
    let kind = match name {
        "secret_unless" => reader.secret(),
        "require" => reader.require(),
        "limit" => reader.limit(),
        "form" => reader.form(),
        "member" => reader.member(),
        "branch_parent" => reader.branch_parent(),
        "sha256" => reader.sha256(),
        "order" => reader.order(),
        "window" => reader.window(),
        "record_date" => reader.record_date(),
        "consecutive_years" => reader.consecutive_years(),
        "personal_id" => reader.personal_id(),
        "partial_date" => reader.partial_date(),
        "geometry" => reader.outline(),
        "geojson" => reader.geojson(),
        "measurement" => reader.measurement(),
        "sum" => reader.sum(),
        _ => reader.json_numbers(),
    };
    let when = fields.node("when").map(|node| condition::read(node, "when", columns, notes));
    if when.is_none() && matches!(name, "require" | "limit" | "form") {
        let hint = match name {
            "require" => {
                "say when, as in `when: { rank: [national] }`; if always, write `required: true` at the column"
            }
            "limit" => {
                "say when, as in `when: { land_type: [ODT] }`; if always, write `range` at the column"
            }
            _ => {
                "say when, as in `when: { is_household: [true] }`; if always, write `format` or `pattern` at the column"
            }
        };
        let what = format!("rule `{name}` has no `when`");
        notes.note(node.line, MistakeKind::MissingKey, what, hint);
    }
    fields.finish(&format!("rule `{name}`"), notes);
    Some(ReadRule::Rule(RowRule {
        when: match when {
            Some(condition) => Some(condition?),
            None => None,
        },
        kind: kind?,
    }))
}
