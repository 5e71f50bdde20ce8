//! The `columns` of a contract file: type, class, labels, and the rules of each column by itself.

use crate::code_list::{References, compile};
use crate::column_type;
use crate::contract::{Class, Column, ColumnType};
use crate::contract_file::{label_here, optional_label};
use crate::fields::{At, Fields, Notes, nearest, shown};
use crate::mistake::MistakeKind;
use crate::names::column_fault;
use crate::rules::json::{JsonShape, Outer};
use crate::rules::text::TextKind;
use crate::rules::value::{ColumnRules, Range, ValueRule};
use crate::yaml::{Data, Entry, Node};

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
    let mut rules = read_rules(&mut fields, &column_type, references, notes);
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

fn read_rules(
    fields: &mut Fields<'_>,
    column_type: &ColumnType,
    references: &References,
    notes: &mut Notes,
) -> ColumnRules {
    let (element, is_array) = match column_type {
        ColumnType::Array(element) => (element.as_ref(), true),
        other => (other, false),
    };
    let is_text = element.is_text();
    let is_number = matches!(
        element,
        ColumnType::Smallint
            | ColumnType::Integer
            | ColumnType::Bigint
            | ColumnType::Real
            | ColumnType::Double
            | ColumnType::Numeric { .. }
            | ColumnType::NumericAny
    );
    let mut reader = RuleReader {
        fields,
        element,
        notes,
        rules: Vec::new(),
        is_code: false,
    };
    reader.pattern(is_text);
    reader.format(is_text, references);
    reader.code_list(is_text, references);
    let values = reader.values(is_text);
    reader.tax_code(is_text);
    reader.range(is_number);
    reader.finite();
    reader.decimals(is_number);
    reader.not_after();
    reader.json();
    reader.starts_with();
    let max_chars = reader.max_chars(is_text);
    let is_code = reader.is_code(is_text);
    let rules = reader.rules;
    let declared = match element {
        ColumnType::Text { max_chars } => max_chars.and_then(|max| usize::try_from(max).ok()),
        _ => None,
    };
    ColumnRules {
        required: false,
        padded: false,
        is_array,
        text: match element {
            _ if is_text && is_code => Some(TextKind::Code),
            ColumnType::Text { .. }
            | ColumnType::Enum { .. }
            | ColumnType::Json
            | ColumnType::Jsonb => Some(TextKind::Prose),
            _ => None,
        },
        max_chars: max_chars.or(declared),
        max_in_type: max_chars.is_none(),
        enum_values: values.filter(|_| matches!(element, ColumnType::Enum { .. })),
        rules,
    }
}

struct RuleReader<'f, 'a, 'n> {
    fields: &'f mut Fields<'a>,
    element: &'f ColumnType,
    notes: &'n mut Notes,
    rules: Vec<ValueRule>,
    /// Rules that make a text a code.
    is_code: bool,
}

impl RuleReader<'_, '_, '_> {
    /// Notes a rule that its column's type can't keep.
    fn applies(&mut self, key: &'static str, fits: bool, to: &str) -> bool {
        if self.fields.has(key) && !fits {
            let what = format!("`{key}` is for {to}, and this column is `{}`", self.element);
            self.notes.note(
                self.fields.line_of(key),
                MistakeKind::Rule,
                what,
                "remove it, or correct the type",
            );
        }
        fits
    }

    fn pattern(&mut self, is_text: bool) {
        let fits = self.applies("pattern", is_text, "texts");
        let Some(at) = self.fields.text("pattern", self.notes).filter(|_| fits) else {
            return;
        };
        self.add_pattern(at, at.text, format!("`{}`", at.text));
    }

    fn add_pattern(&mut self, at: At<'_>, pattern: &str, written: String) {
        match compile(pattern) {
            Ok(whole) => self.rules.push(ValueRule::Pattern { whole, written }),
            Err((what, hint)) => self.notes.note(at.line, MistakeKind::Rule, what, hint),
        }
        self.is_code = true;
    }

    fn format(&mut self, is_text: bool, references: &References) {
        let fits = self.applies("format", is_text, "texts");
        let Some(at) = self.fields.text("format", self.notes).filter(|_| fits) else {
            return;
        };
        match references.formats.get(at.text) {
            Some(pattern) => self.add_pattern(at, pattern, format!("format {}", at.text)),
            None => {
                self.unknown_reference(at, "format", &references.format_names(), "formats.yaml");
            }
        }
    }

    fn code_list(&mut self, is_text: bool, references: &References) {
        let fits = self.applies("code_list", is_text, "texts");
        let Some(at) = self.fields.text("code_list", self.notes).filter(|_| fits) else {
            return;
        };
        self.is_code = true;
        match references.lists.get(at.text) {
            Some(list) => self.rules.push(ValueRule::Listed {
                list: format!("code list {}", at.text),
                values: list.codes(),
            }),
            None => self.unknown_reference(
                at,
                "code list",
                &references.list_names(),
                &format!("code-lists/{}.csv", shown(at.text)),
            ),
        }
    }

    fn unknown_reference(&mut self, at: At<'_>, what: &str, known: &[&str], place: &str) {
        let hint = match nearest(at.text, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("add it to `{place}`"),
        };
        self.notes.note(
            at.line,
            MistakeKind::CodeList,
            format!("there is no {what} `{}`", shown(at.text)),
            hint,
        );
    }

    fn values(&mut self, is_text: bool) -> Option<Vec<String>> {
        let fits = self.applies("values", is_text, "texts and enums");
        let listed = self.fields.texts("values", self.notes).filter(|_| fits)?;
        let names: Vec<String> = listed.iter().map(|at| at.text.to_owned()).collect();
        let mut values: Vec<Box<str>> = names.iter().map(|name| name.as_str().into()).collect();
        values.sort_unstable();
        self.rules.push(ValueRule::Listed {
            list: names.join(", "),
            values,
        });
        self.is_code = true;
        Some(names)
    }

    fn tax_code(&mut self, is_text: bool) {
        let fits = self.applies("check_digit", is_text, "texts");
        if self
            .fields
            .choice("check_digit", &[("tax_code", ())], self.notes)
            .is_some()
            && fits
        {
            self.rules.push(ValueRule::TaxCode);
            self.is_code = true;
        }
    }

    fn range(&mut self, is_number: bool) {
        let fits = self.applies("range", is_number, "numbers");
        let Some(at) = self.fields.text("range", self.notes).filter(|_| fits) else {
            return;
        };
        if let Some(range) = parse_range(at.text) {
            self.rules.push(ValueRule::Range(range));
        } else {
            let what = format!("`range: {}` is no range", shown(at.text));
            let hint = "write `1..9999`, `0..`, `..100`, or `above 0..100` when 0 itself is wrong";
            self.notes.note(at.line, MistakeKind::Value, what, hint);
        }
    }

    fn finite(&mut self) {
        let fits = matches!(
            self.element,
            ColumnType::Real
                | ColumnType::Double
                | ColumnType::Numeric { .. }
                | ColumnType::NumericAny
        );
        let fits = self.applies("finite", fits, "numbers with fractions");
        if self.fields.flag("finite", false, self.notes) && fits {
            self.rules.push(ValueRule::Finite);
        }
    }

    fn decimals(&mut self, is_number: bool) {
        let fits = self.applies("decimals", is_number, "numbers");
        if let Some(max) = self.fields.number("decimals", self.notes).filter(|_| fits) {
            self.rules.push(ValueRule::Decimals(
                usize::try_from(max).unwrap_or(usize::MAX),
            ));
        }
    }

    fn not_after(&mut self) {
        let fits = *self.element == ColumnType::Date;
        let fits = self.applies("not_after", fits, "dates");
        if self
            .fields
            .choice("not_after", &[("today", ())], self.notes)
            .is_some()
            && fits
        {
            self.rules.push(ValueRule::NotAfterToday);
        }
    }

    fn json(&mut self) {
        let fits = matches!(self.element, ColumnType::Json | ColumnType::Jsonb);
        let fits = self.applies("json", fits, "json and jsonb");
        let Some(node) = self.fields.node("json") else {
            return;
        };
        let Some(mut inner) = Fields::of(node, "`json`", self.notes) else {
            return;
        };
        let outer = inner.choice(
            "outer",
            &[("array", Outer::Array), ("object", Outer::Object)],
            self.notes,
        );
        let limit = |number: Option<u32>| number.and_then(|number| usize::try_from(number).ok());
        let shape = JsonShape {
            outer,
            max_bytes: limit(inner.number("max_bytes", self.notes)),
            max_items: limit(inner.number("max_items", self.notes)),
            item_keys: inner
                .texts("item_keys", self.notes)
                .unwrap_or_default()
                .iter()
                .map(|at| at.text.to_owned())
                .collect(),
        };
        if !shape.item_keys.is_empty() && outer != Some(Outer::Array) {
            self.notes.note(
                inner.line_of("item_keys"),
                MistakeKind::Rule,
                "`item_keys` needs `outer: array`",
                "add `outer: array`",
            );
        }
        inner.finish("`json`", self.notes);
        if fits {
            self.rules.push(ValueRule::Json(shape));
        }
    }

    fn starts_with(&mut self) {
        let fits = *self.element == ColumnType::Bytea;
        let fits = self.applies("starts_with", fits, "bytea");
        if let Some(at) = self.fields.text("starts_with", self.notes).filter(|_| fits) {
            self.rules
                .push(ValueRule::StartsWith(at.text.as_bytes().to_vec()));
        }
    }

    fn max_chars(&mut self, is_text: bool) -> Option<usize> {
        let fits = self.applies("max_chars", is_text, "texts");
        self.fields
            .number("max_chars", self.notes)
            .filter(|_| fits)
            .and_then(|max| usize::try_from(max).ok())
    }

    /// Said, or implied by a rule that only a code can keep.
    fn is_code(&mut self, is_text: bool) -> bool {
        let fits = self.applies("code", is_text, "texts");
        self.fields.flag("code", self.is_code, self.notes) && fits
    }
}

/// `1..9999`, `0..`, `..5`, `above 0..10`.
pub(crate) fn parse_range(text: &str) -> Option<Range> {
    let (above, bounds) = match text.strip_prefix("above ") {
        Some(bounds) => (true, bounds),
        None => (false, text),
    };
    let (min, max) = bounds.split_once("..")?;
    let bound = |text: &str, open: f64| {
        if text.is_empty() {
            Some(open)
        } else {
            text.parse::<f64>().ok().filter(|bound| bound.is_finite())
        }
    };
    let range = Range {
        min: bound(min.trim(), f64::NEG_INFINITY)?,
        above,
        max: bound(max.trim(), f64::INFINITY)?,
    };
    (range.min <= range.max && (range.min.is_finite() || range.max.is_finite())).then_some(range)
}

impl ColumnRules {
    /// In a key every text is compared by machines.
    pub(crate) fn key_text_is_a_code(&mut self) {
        if self.text.is_some() {
            self.text = Some(TextKind::Code);
        }
    }
}
