//! The `rules` of a contract file: rules between columns, each a mapping whose first key names it.

use super::code_list::{CodeList, References};
use super::column::ReadColumn;
use super::column_rule::parse_range;
use super::contract::seconds;
use super::fields::{At, Fields, Notes, nearest, shown};
use super::key::find_column;
use super::yaml::{Data, Node};
use crate::contract::ColumnType;
use crate::mistake::MistakeKind;
use crate::rules::geometry::Bounds;
use crate::rules::row::{GeometryRule, MeasurementRule, Parameter, RowRule};

const KNOWN: [&str; 7] = [
    "secret_unless",
    "member",
    "branch_parent",
    "sha256",
    "geometry",
    "measurement",
    "window",
];

/// The same limit as for any outline that is carried.
const DEFAULT_MAX_VERTICES: u32 = 20_000;

pub(crate) fn read(
    node: Option<&Node>,
    columns: &[ReadColumn],
    references: &References,
    notes: &mut Notes,
) -> Vec<RowRule> {
    let Some(node) = node else { return Vec::new() };
    let Data::List(items) = &node.data else {
        notes.note(
            node.line,
            MistakeKind::Value,
            format!("`rules` is {}, not a list", node.kind()),
            "begin each rule with `- `",
        );
        return Vec::new();
    };
    items
        .iter()
        .filter_map(|item| read_rule(item, columns, references, notes))
        .collect()
}

fn read_rule(
    node: &Node,
    columns: &[ReadColumn],
    references: &References,
    notes: &mut Notes,
) -> Option<RowRule> {
    let mut fields = Fields::of(node, "a rule", notes)?;
    let Some(name) = KNOWN.into_iter().find(|name| fields.has(name)) else {
        let Data::Map(entries) = &node.data else {
            return None;
        };
        let first = entries.first().map_or("", |entry| entry.key.as_str());
        let hint = match nearest(first, &KNOWN) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("a rule is one of: {}", KNOWN.join(", ")),
        };
        notes.note(
            node.line,
            MistakeKind::UnknownKey,
            format!("there is no rule `{}`", shown(first)),
            hint,
        );
        return None;
    };
    let mut reader = RowRuleReader {
        fields: &mut fields,
        columns,
        references,
        notes,
    };
    let rule = match name {
        "secret_unless" => reader.secret(),
        "member" => reader.member(),
        "branch_parent" => reader.branch_parent(),
        "sha256" => reader.sha256(),
        "geometry" => reader.geometry(),
        "measurement" => reader.measurement(),
        _ => reader.window(),
    };
    fields.finish(&format!("rule `{name}`"), notes);
    rule
}

struct RowRuleReader<'f, 'a, 'n> {
    fields: &'f mut Fields<'a>,
    columns: &'f [ReadColumn],
    references: &'f References,
    notes: &'n mut Notes,
}

impl RowRuleReader<'_, '_, '_> {
    /// A column that the rule names, of a type that it can judge.
    fn column(
        &mut self,
        key: &'static str,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Option<usize> {
        let at =
            self.fields
                .required_text(key, &format!("name the column: `{key}: …`"), self.notes)?;
        let index = find_column(at, self.columns, MistakeKind::Rule, self.notes)?;
        let column_type = &self.columns[index].column.column_type;
        if !fits(column_type) {
            let what = format!(
                "`{key}: {}` is `{column_type}`, and the rule needs {wanted}",
                at.text
            );
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

    fn texts(&mut self, key: &'static str) -> Option<Vec<Box<str>>> {
        self.fields
            .required(key, &format!("write `{key}: [a, b]`"), self.notes)?;
        let texts = self.fields.texts(key, self.notes)?;
        if texts.is_empty() {
            self.notes.note(
                self.fields.line_of(key),
                MistakeKind::Value,
                format!("`{key}` is empty"),
                "name at least one value",
            );
        }
        Some(texts.iter().map(|at| at.text.into()).collect())
    }

    fn secret(&mut self) -> Option<RowRule> {
        let column = self.column("secret_unless", |_| true, "a column");
        let mut allowed = self.texts("values")?;
        allowed.sort_unstable();
        Some(RowRule::Secret {
            column: column?,
            allowed,
        })
    }

    fn member(&mut self) -> Option<RowRule> {
        let column = self.text_column("member");
        let of = self.column(
            "of",
            |column_type| matches!(column_type, ColumnType::Array(element) if element.is_text()),
            "an array of texts",
        );
        Some(RowRule::Member {
            column: column?,
            of: of?,
        })
    }

    fn branch_parent(&mut self) -> Option<RowRule> {
        let code = self.text_column("branch_parent");
        let parent = self.text_column("parent");
        Some(RowRule::BranchParent {
            code: code?,
            parent: parent?,
        })
    }

    fn sha256(&mut self) -> Option<RowRule> {
        let is_bytea = |column_type: &ColumnType| *column_type == ColumnType::Bytea;
        let hash = self.column("sha256", is_bytea, "bytea");
        let content = self.column("of", is_bytea, "bytea");
        Some(RowRule::Sha256 {
            hash: hash?,
            content: content?,
        })
    }

    fn geometry(&mut self) -> Option<RowRule> {
        let wkt = self.text_column("geometry");
        let srid = self.column(
            "srid",
            |column_type| *column_type == ColumnType::Integer,
            "an integer",
        );
        let srids = self.texts("srids");
        let is_number = |column_type: &ColumnType| {
            matches!(
                column_type,
                ColumnType::Numeric { .. } | ColumnType::NumericAny | ColumnType::Double
            )
        };
        let area = self.column("area", is_number, "a number in square metres");
        let east = self.metres("east");
        let north = self.metres("north");
        let max_vertices = self
            .fields
            .number("max_vertices", self.notes)
            .unwrap_or(DEFAULT_MAX_VERTICES);
        Some(RowRule::Geometry(GeometryRule {
            wkt: wkt?,
            srid: srid?,
            srids: srids?,
            area: area?,
            bounds: Bounds {
                east: east?,
                north: north?,
            },
            max_vertices: usize::try_from(max_vertices).ok()?,
        }))
    }

    fn metres(&mut self, key: &'static str) -> Option<(i32, i32)> {
        let at = self.fields.required_text(
            key,
            &format!("write the range in metres, as in `{key}: 440000..620000`"),
            self.notes,
        )?;
        let bounds = at
            .text
            .split_once("..")
            .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)));
        if bounds.is_none() {
            let what = format!("`{key}: {}` is no range of whole metres", shown(at.text));
            self.notes
                .note(at.line, MistakeKind::Value, what, "write `440000..620000`");
        }
        bounds
    }

    fn measurement(&mut self) -> Option<RowRule> {
        let value = self.column(
            "measurement",
            |column_type| {
                matches!(
                    column_type,
                    ColumnType::Double
                        | ColumnType::Real
                        | ColumnType::NumericAny
                        | ColumnType::Numeric { .. }
                )
            },
            "a number",
        );
        let parameter = self.text_column("parameter");
        let unit = self.text_column("unit");
        let at =
            self.fields
                .required_text("list", "name the code list of parameters", self.notes)?;
        let Some(list) = self.references.lists.get(at.text) else {
            let what = format!("there is no code list `{}`", shown(at.text));
            self.notes.note(
                at.line,
                MistakeKind::CodeList,
                what,
                format!("add `code-lists/{}.csv`", shown(at.text)),
            );
            return None;
        };
        let known = self.parameters(at, list)?;
        Some(RowRule::Measurement(MeasurementRule {
            value: value?,
            parameter: parameter?,
            unit: unit?,
            list: format!("code list {}", at.text),
            known,
        }))
    }

    /// Columns `code, units, range` of the list; units separated by `|`.
    fn parameters(&mut self, at: At<'_>, list: &CodeList) -> Option<Vec<Parameter>> {
        let (Some(units), Some(range)) = (list.column("units"), list.column("range")) else {
            let what = format!("code list `{}` has no columns `units` and `range`", at.text);
            self.notes.note(
                at.line,
                MistakeKind::CodeList,
                what,
                "write them, as in `pH,pH|-,0..14`",
            );
            return None;
        };
        let mut known = Vec::with_capacity(list.rows.len());
        for row in &list.rows {
            let Some(limits) = parse_range(&row[range]) else {
                let what = format!(
                    "code list `{}` gives `{}` the range `{}`",
                    at.text,
                    shown(&row[0]),
                    shown(&row[range])
                );
                self.notes.note(
                    at.line,
                    MistakeKind::CodeList,
                    what,
                    "write `0..14`, `0..` or `..100` in the list",
                );
                return None;
            };
            known.push(Parameter {
                code: row[0].as_str().into(),
                units: row[units].split('|').map(Into::into).collect(),
                range: limits,
            });
        }
        known.sort_unstable_by(|left, right| left.code.cmp(&right.code));
        Some(known)
    }

    fn window(&mut self) -> Option<RowRule> {
        let is_instant = |column_type: &ColumnType| *column_type == ColumnType::Timestamptz;
        let column = self.column("window", is_instant, "timestamptz");
        let of = self.column("of", is_instant, "timestamptz");
        let before_us = self.span_us("before");
        let after_us = self.span_us("after");
        Some(RowRule::Window {
            column: column?,
            of: of?,
            before_us: before_us?,
            after_us: after_us?,
        })
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
            self.notes.note(
                at.line,
                MistakeKind::Value,
                what,
                "write `30s`, `5m`, `1h` or `90d`",
            );
        }
        span
    }
}
