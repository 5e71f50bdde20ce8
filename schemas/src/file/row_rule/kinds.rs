//! Each rule between columns, as its contract writes it.

use super::reader::{AlreadyNoted, RowRuleReader};
use crate::column_type::ColumnType;
use crate::contracts::mistake::MistakeKind;
use crate::contracts::nearest::nearest;
use crate::contracts::reference::Reference;
use crate::file::code_list::{CodeList, compile};
use crate::file::column_rule::parse_range;
use crate::file::condition;
use crate::file::fields::{At, Fields, shown};
use crate::id::DatasetId;
use crate::rules::geometry::Bounds;
use crate::rules::row::RowRuleKind;
use crate::rules::row::link::{BranchParent, Member, Sha256Of};
use crate::rules::row::measure::{JsonNumbers, Measurement, Parameter, Sum};
use crate::rules::row::moment::{ConsecutiveYears, Order, RecordDate, Scale, Window};
use crate::rules::row::person::{PartialDate, PersonalId};
use crate::rules::row::place::{GeoJsonRule, Outline, SystemColumn};
use crate::rules::row::presence::{Form, Limit, Require, Secret};

/// The same limit as for any outline that is carried.
const DEFAULT_MAX_VERTICES: u32 = 20_000;

fn is_date(column_type: &ColumnType) -> bool {
    *column_type == ColumnType::Date
}

fn is_instant(column_type: &ColumnType) -> bool {
    *column_type == ColumnType::Timestamptz
}

fn is_exact(column_type: &ColumnType) -> bool {
    column_type.is_number() && !matches!(column_type, ColumnType::Real | ColumnType::Double)
}

fn is_bytea(column_type: &ColumnType) -> bool {
    *column_type == ColumnType::Bytea
}

impl<'f> RowRuleReader<'f, '_, '_> {
    pub(super) fn secret(&mut self) -> Option<RowRuleKind> {
        let column = self.column("secret_unless", |_| true, "a column");
        let values = self.texts("values")?;
        let mut allowed: Vec<Box<str>> = values.iter().map(|at| at.text.into()).collect();
        allowed.sort_unstable();
        Some(RowRuleKind::Secret(Secret { column: column?, allowed }))
    }

    pub(super) fn require(&mut self) -> Option<RowRuleKind> {
        let columns = self.columns("require", 1)?;
        Some(RowRuleKind::Require(Require { columns }))
    }

    pub(super) fn limit(&mut self) -> Option<RowRuleKind> {
        let column = self.column("limit", ColumnType::is_number, "a number");
        let range = self.range("range");
        Some(RowRuleKind::Limit(Limit { column: column?, range: range? }))
    }

    pub(super) fn form(&mut self) -> Option<RowRuleKind> {
        let column = self.text_column("form");
        let format = self.fields.text("format", self.notes);
        let pattern = self.fields.text("pattern", self.notes);
        let (at, pattern, written) = match (format, pattern) {
            (Some(at), None) => (at, self.named_form(at)?, format!("format {}", at.text)),
            (None, Some(at)) => (at, at.text, format!("`{}`", at.text)),
            (None, None) | (Some(_), Some(_)) => {
                self.notes.note(
                    self.fields.line,
                    MistakeKind::Rule,
                    "rule `form` needs `format` or `pattern`, one of the two",
                    "write `format: document_no`, a line of `formats.yaml`, or `pattern: '[0-9]{10}'`",
                );
                return None;
            }
        };
        let whole = compile(pattern)
            .map_err(|(what, hint)| self.notes.note(at.line, MistakeKind::Rule, what, hint))
            .ok();
        let column = column?;
        Some(RowRuleKind::Form(Form {
            column,
            padded: self.columns[column].rules.padded,
            whole: whole?,
            written,
        }))
    }

    /// Whether the other dataset can be referred to is checked with all contracts at hand.
    pub(super) fn reference(&mut self) -> Option<Reference> {
        let column = self.column("reference", |_| true, "a column");
        let hint = "name the dataset that has it as its key: `to: admin-procedure`";
        let to = self.fields.required_text("to", hint, self.notes);
        let to = to.and_then(|at| {
            let id = DatasetId::parse(at.text);
            if id.is_none() {
                let what = format!("`to: {}` is no id of a dataset", shown(at.text));
                self.notes.note(at.line, MistakeKind::Value, what, hint);
            }
            id
        });
        let when = match self.fields.node("when") {
            Some(node) => Some(condition::read(node, "when", self.columns, self.notes)?),
            None => None,
        };
        let column = column?;
        let column_type = &self.columns[column].column.column_type;
        Some(Reference {
            column,
            to: to?,
            when,
            is_array: matches!(column_type, ColumnType::Array(_)),
            parent: None,
        })
    }

    /// The pattern of a line of `formats.yaml`.
    fn named_form(&mut self, at: At<'_>) -> Option<&'f str> {
        let formats = &self.references.formats;
        let pattern = formats.get(at.text);
        if pattern.is_none() {
            let hint = match nearest(at.text, &self.references.format_names()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "add it to `formats.yaml`".to_owned(),
            };
            let what = format!("there is no format `{}`", shown(at.text));
            self.notes.note(at.line, MistakeKind::CodeList, what, hint);
        }
        pattern.map(String::as_str)
    }

    pub(super) fn member(&mut self) -> Option<RowRuleKind> {
        let column = self.text_column("member");
        let of = self.column(
            "of",
            |column_type| matches!(column_type, ColumnType::Array(element) if element.is_text()),
            "an array of texts",
        );
        Some(RowRuleKind::Member(Member { column: column?, of: of? }))
    }

    pub(super) fn branch_parent(&mut self) -> Option<RowRuleKind> {
        let code = self.text_column("branch_parent");
        let parent = self.text_column("parent");
        Some(RowRuleKind::BranchParent(BranchParent { code: code?, parent: parent? }))
    }

    pub(super) fn sha256(&mut self) -> Option<RowRuleKind> {
        let hash = self.column("sha256", is_bytea, "bytea");
        let content = self.column("of", is_bytea, "bytea");
        Some(RowRuleKind::Sha256(Sha256Of { hash: hash?, content: content? }))
    }

    pub(super) fn order(&mut self) -> Option<RowRuleKind> {
        let columns = self.columns("order", 2)?;
        let scales: Vec<Option<Scale>> =
            columns.iter().map(|&column| scale(&self.columns[column].column.column_type)).collect();
        let scale = scales.first().copied().flatten();
        if scale.is_none() || scales.iter().any(|other| *other != scale) {
            let what = "`order` compares columns of different kinds";
            let hint =
                "name only numbers, only dates, only times, only timestamp or only timestamptz";
            let line = self.fields.line_of("order");
            self.notes.note(line, MistakeKind::Rule, what, hint);
        }
        Some(RowRuleKind::Order(Order { columns, scale: scale? }))
    }

    pub(super) fn window(&mut self) -> Option<RowRuleKind> {
        let column = self.column("window", is_instant, "timestamptz");
        let of = self.column("of", is_instant, "timestamptz");
        let before_us = self.span_us("before");
        let after_us = self.span_us("after");
        Some(RowRuleKind::Window(Window {
            column: column?,
            of: of?,
            before_us: before_us?,
            after_us: after_us?,
        }))
    }

    pub(super) fn record_date(&mut self) -> Option<RowRuleKind> {
        let code = self.text_column("record_date");
        let of = self.column("of", is_instant, "timestamptz");
        Some(RowRuleKind::RecordDate(RecordDate { code: code?, of: of? }))
    }

    pub(super) fn consecutive_years(&mut self) -> Option<RowRuleKind> {
        let column = self.text_column("consecutive_years")?;
        Some(RowRuleKind::ConsecutiveYears(ConsecutiveYears { column }))
    }

    pub(super) fn personal_id(&mut self) -> Option<RowRuleKind> {
        let id = self.text_column("personal_id");
        let sex = self.optional_column("sex", ColumnType::is_text, "a text");
        let birth_date = self.optional_column("birth_date", is_date, "a date");
        let birth_text = self.optional_column("birth_text", ColumnType::is_text, "a text");
        let others = [&sex, &birth_date, &birth_text];
        if others.into_iter().all(|other| matches!(other, Ok(None))) {
            let what = "rule `personal_id` has nothing to compare with";
            let hint = "name `sex`, `birth_date` or `birth_text`; for the form alone write `format: personal_id` at the column";
            let line = self.fields.line;
            self.notes.note(line, MistakeKind::MissingKey, what, hint);
        }
        Some(RowRuleKind::PersonalId(PersonalId {
            id: id?,
            sex: sex.ok()?,
            birth_date: birth_date.ok()?,
            birth_text: birth_text.ok()?,
        }))
    }

    pub(super) fn partial_date(&mut self) -> Option<RowRuleKind> {
        let date = self.column("partial_date", is_date, "a date");
        let text = self.optional_column("text", ColumnType::is_text, "a text");
        let precision = self.text_column("precision");
        Some(RowRuleKind::PartialDate(PartialDate {
            date: date?,
            text: text.ok()?,
            precision: precision?,
        }))
    }

    pub(super) fn outline(&mut self) -> Option<RowRuleKind> {
        let wkt = self.text_column("geometry");
        let system = if self.fields.has("srid") || self.fields.has("srids") {
            self.system_column().map(Some).ok_or(AlreadyNoted)
        } else {
            Ok(None)
        };
        let area = self.optional_column("area", ColumnType::is_number, "a number in square metres");
        let east = self.bounds("east", "440000..620000");
        let north = self.bounds("north", "2460000..2565000");
        Some(RowRuleKind::Outline(Outline {
            wkt: wkt?,
            system: system.ok()?,
            area: area.ok()?,
            bounds: Bounds::of_metres(east?, north?),
            max_vertices: self.max_vertices()?,
        }))
    }

    fn system_column(&mut self) -> Option<SystemColumn> {
        let column =
            self.column("srid", |column_type| *column_type == ColumnType::Integer, "an integer");
        let srids = self.texts("srids")?;
        Some(SystemColumn {
            column: column?,
            srids: srids.iter().map(|at| at.text.into()).collect(),
        })
    }

    pub(super) fn geojson(&mut self) -> Option<RowRuleKind> {
        let column = self.column(
            "geojson",
            |column_type| {
                column_type.is_text() || matches!(column_type, ColumnType::Json | ColumnType::Jsonb)
            },
            "json, jsonb or a text",
        );
        let east = self.bounds("east", "105.2..106.9");
        let north = self.bounds("north", "22.3..23.2");
        Some(RowRuleKind::GeoJson(GeoJsonRule {
            column: column?,
            bounds: Bounds::of_degrees(east?, north?),
            max_vertices: self.max_vertices()?,
        }))
    }

    fn max_vertices(&mut self) -> Option<usize> {
        let max = self.fields.number("max_vertices", self.notes);
        usize::try_from(max.unwrap_or(DEFAULT_MAX_VERTICES)).ok()
    }

    pub(super) fn measurement(&mut self) -> Option<RowRuleKind> {
        let value = self.column("measurement", ColumnType::is_number, "a number");
        let parameter = self.text_column("parameter");
        let unit = self.text_column("unit");
        let at =
            self.fields.required_text("list", "name the code list of parameters", self.notes)?;
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
        Some(RowRuleKind::Measurement(Measurement {
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

    pub(super) fn sum(&mut self) -> Option<RowRuleKind> {
        let plus = self.columns("sum", 1);
        let minus =
            if self.fields.has("minus") { self.columns("minus", 1) } else { Some(Vec::new()) };
        let total = self.column("equals", is_exact, "a whole number or numeric");
        let (plus, minus) = (plus?, minus?);
        for &column in plus.iter().chain(&minus) {
            let column = &self.columns[column].column;
            if !is_exact(&column.column_type) {
                let (name, column_type) = (&column.name, &column.column_type);
                let what = format!(
                    "`{name}` is `{column_type}`, and a sum needs whole numbers or numeric"
                );
                let hint = "floats don't add up exactly: correct the type, or remove the rule";
                let line = self.fields.line_of("sum");
                self.notes.note(line, MistakeKind::Rule, what, hint);
            }
        }
        Some(RowRuleKind::Sum(Sum { plus, minus, total: total? }))
    }

    pub(super) fn json_numbers(&mut self) -> Option<RowRuleKind> {
        let column = self.column(
            "json_numbers",
            |column_type| matches!(column_type, ColumnType::Json | ColumnType::Jsonb),
            "json or jsonb",
        );
        let hint = "write `fields: { pulse: 20..250 }`";
        let node = self.fields.required("fields", hint, self.notes)?;
        let inner = Fields::of(node, "`fields`", self.notes)?;
        let mut fields = Vec::new();
        for (key, at) in inner.texts_of_all(self.notes) {
            if let Some(range) = parse_range(at.text) {
                fields.push((key.to_owned(), range));
            } else {
                let what = format!("`{}: {}` is no range", shown(key), shown(at.text));
                self.notes.note(at.line, MistakeKind::Value, what, hint);
            }
        }
        Some(RowRuleKind::JsonNumbers(JsonNumbers { column: column?, fields }))
    }
}

fn scale(column_type: &ColumnType) -> Option<Scale> {
    match column_type {
        ColumnType::Date => Some(Scale::Date),
        ColumnType::Time => Some(Scale::Clock),
        ColumnType::Timestamp => Some(Scale::Timestamp),
        ColumnType::Timestamptz => Some(Scale::Timestamptz),
        column_type if column_type.is_number() => Some(Scale::Number),
        _ => None,
    }
}
