//! The `rules` of a contract file: rules between columns, each a mapping whose first key names it. The
//! rules themselves are read in [`kinds`].

mod kinds;

use super::code_list::References;
use super::column::ReadColumn;
use super::column_rule::parse_range;
use super::condition;
use super::contract::seconds;
use super::fields::{At, Fields, Notes, nearest, shown};
use super::key::find_column;
use super::yaml::{Data, Node};
use crate::contract::ColumnType;
use crate::mistake::MistakeKind;
use crate::reference::Reference;
use crate::rules::row::{RowRule, RowRuleKind};
use crate::rules::value::Range;

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
    node: Option<&Node>,
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
    node: &Node,
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

/// It is there, but with a mistake that has been noted.
struct Noted;

/// What the rules read their keys with.
struct RowRuleReader<'f, 'a, 'n> {
    fields: &'f mut Fields<'a>,
    columns: &'f [ReadColumn],
    references: &'f References,
    notes: &'n mut Notes,
}

impl<'a> RowRuleReader<'_, 'a, '_> {
    /// A column that the rule names, of a type that it can judge.
    fn column(
        &mut self,
        key: &'static str,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Option<usize> {
        let at =
            self.fields.required_text(key, &format!("name the column: `{key}: …`"), self.notes)?;
        self.fitting(key, at, fits, wanted)
    }

    fn optional_column(
        &mut self,
        key: &'static str,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Result<Option<usize>, Noted> {
        if !self.fields.has(key) {
            return Ok(None);
        }
        let at = self.fields.text(key, self.notes).ok_or(Noted)?;
        let column = self.fitting(key, at, fits, wanted).ok_or(Noted)?;
        Ok(Some(column))
    }

    fn fitting(
        &mut self,
        key: &str,
        at: At<'_>,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Option<usize> {
        let index = find_column(at, self.columns, MistakeKind::Rule, self.notes)?;
        let column_type = &self.columns[index].column.column_type;
        if !fits(column_type) {
            let what =
                format!("`{key}: {}` is `{column_type}`, and the rule needs {wanted}", at.text);
            self.notes.note(
                at.line,
                MistakeKind::Rule,
                what,
                "name another column, or correct its type",
            );
            return None;
        }
        Some(index)
    }

    fn text_column(&mut self, key: &'static str) -> Option<usize> {
        self.column(key, ColumnType::is_text, "a text")
    }

    /// At least `least` columns, of any type.
    fn columns(&mut self, key: &'static str, least: usize) -> Option<Vec<usize>> {
        let listed = self.texts(key)?;
        let mut columns = Vec::with_capacity(listed.len());
        for at in &listed {
            columns.push(find_column(*at, self.columns, MistakeKind::Rule, self.notes)?);
        }
        if columns.len() < least && !columns.is_empty() {
            let what = format!("`{key}` names fewer than {least} columns");
            let line = self.fields.line_of(key);
            self.notes.note(line, MistakeKind::Value, what, "name all that it compares");
            return None;
        }
        Some(columns)
    }

    fn texts(&mut self, key: &'static str) -> Option<Vec<At<'a>>> {
        self.fields.required(key, &format!("write `{key}: [a, b]`"), self.notes)?;
        let texts = self.fields.texts(key, self.notes)?;
        if texts.is_empty() {
            self.notes.note(
                self.fields.line_of(key),
                MistakeKind::Value,
                format!("`{key}` is empty"),
                "name at least one value",
            );
        }
        Some(texts)
    }

    fn range(&mut self, key: &'static str) -> Option<Range> {
        let hint = format!("write `{key}: 1..9999`, `0..` or `..100`");
        let at = self.fields.required_text(key, &hint, self.notes)?;
        let range = parse_range(at.text);
        if range.is_none() {
            let what = format!("`{key}: {}` is no range", shown(at.text));
            self.notes.note(at.line, MistakeKind::Value, what, hint);
        }
        range
    }

    /// Both ends of a range of whole metres or of degrees.
    fn bounds<T: std::str::FromStr + PartialOrd>(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Option<(T, T)> {
        let hint = format!("write the range, as in `{key}: {example}`");
        let at = self.fields.required_text(key, &hint, self.notes)?;
        let bounds = at
            .text
            .split_once("..")
            .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)))
            .filter(|(low, high)| low <= high);
        if bounds.is_none() {
            let what = format!("`{key}: {}` is no range like `{example}`", shown(at.text));
            self.notes.note(at.line, MistakeKind::Value, what, hint);
        }
        bounds
    }

    fn span_us(&mut self, key: &'static str) -> Option<i64> {
        let at = self.fields.required_text(
            key,
            &format!("write how far, as in `{key}: 5m`"),
            self.notes,
        )?;
        let span = seconds(at.text).map(|seconds| i64::from(seconds) * 1_000_000);
        if span.is_none() {
            let what = format!("`{key}: {}` is no span of time", shown(at.text));
            self.notes.note(at.line, MistakeKind::Value, what, "write `30s`, `5m`, `1h` or `90d`");
        }
        span
    }
}
