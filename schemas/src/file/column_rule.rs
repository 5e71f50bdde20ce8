//! The rules of one column, as its contract writes them.

use super::code_list::{References, compile};
use super::fields::{At, Fields, Notes, shown};
use crate::column_type::ColumnType;
use crate::contracts::mistake::MistakeKind;
use crate::contracts::nearest::nearest;
use crate::rules::json::{JsonShape, Outer};
use crate::rules::text::TextKind;
use crate::rules::value::{ColumnRules, Range, ValueRule, octets};

pub(super) fn read(
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
    // Whole numbers have one text each, so they can be listed.
    let is_listable = is_text
        || matches!(element, ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint);
    let is_number = element.is_number();
    let mut reader = RuleReader { fields, element, notes, rules: Vec::new(), is_code: false };
    reader.pattern(is_text);
    reader.format(is_text, references);
    reader.code_list(is_listable, references);
    let values = reader.values(is_listable);
    reader.tax_code(is_text);
    reader.range(is_number);
    reader.multiple_of(is_number);
    reader.finite();
    reader.decimals(is_number);
    reader.not_after();
    reader.json();
    reader.starts_with();
    reader.max_bytes(is_text);
    reader.content(is_text);
    let max_items = reader.max_items(is_array);
    let no_credentials = reader.no_credentials(is_text);
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
        max_items,
        no_credentials,
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

    fn code_list(&mut self, is_listable: bool, references: &References) {
        let fits = self.applies("code_list", is_listable, "texts and whole numbers");
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

    fn values(&mut self, is_listable: bool) -> Option<Vec<String>> {
        let fits = self.applies("values", is_listable, "texts, enums and whole numbers");
        let listed = self.fields.texts("values", self.notes).filter(|_| fits)?;
        let names: Vec<String> = listed.iter().map(|at| at.text.to_owned()).collect();
        let mut values: Vec<Box<str>> = names.iter().map(|name| name.as_str().into()).collect();
        values.sort_unstable();
        self.rules.push(ValueRule::Listed { list: names.join(", "), values });
        self.is_code = true;
        Some(names)
    }

    fn tax_code(&mut self, is_text: bool) {
        let fits = self.applies("check_digit", is_text, "texts");
        if self.fields.choice("check_digit", &[("tax_code", ())], self.notes).is_some() && fits {
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

    fn multiple_of(&mut self, is_number: bool) {
        let fits = self.applies("multiple_of", is_number, "numbers");
        match self.fields.number("multiple_of", self.notes) {
            Some(0) => {
                let line = self.fields.line_of("multiple_of");
                let hint = "write a whole number above 0, as in `multiple_of: 1000`";
                let what = "`multiple_of: 0` has no multiples";
                self.notes.note(line, MistakeKind::Value, what, hint);
            }
            Some(step) if fits => self.rules.push(ValueRule::MultipleOf(step)),
            Some(_) | None => {}
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
            self.rules.push(ValueRule::Decimals(usize::try_from(max).unwrap_or(usize::MAX)));
        }
    }

    fn not_after(&mut self) {
        let fits = *self.element == ColumnType::Date;
        let fits = self.applies("not_after", fits, "dates");
        if self.fields.choice("not_after", &[("today", ())], self.notes).is_some() && fits {
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
        let Some(at) = self.fields.text("starts_with", self.notes).filter(|_| fits) else {
            return;
        };
        let prefix = match octets(at.text) {
            Some(octets) => octets.collect(),
            None if at.text.starts_with("\\x") => None,
            None => Some(at.text.as_bytes().to_vec()),
        };
        match prefix {
            Some(prefix) => self.rules.push(ValueRule::StartsWith(prefix)),
            None => self.notes.note(
                at.line,
                MistakeKind::Value,
                format!("`starts_with: {}` is no hexadecimal", shown(at.text)),
                "write two digits for each octet, as in `'\\xffd8ff'`, or the text itself",
            ),
        }
    }

    fn max_bytes(&mut self, is_text: bool) {
        let of_bytea = *self.element == ColumnType::Bytea;
        let fits = self.applies("max_bytes", is_text || of_bytea, "texts and bytea");
        if let Some(max) = self.limit("max_bytes").filter(|_| fits) {
            self.rules.push(ValueRule::MaxBytes { max, of_bytea });
        }
    }

    fn content(&mut self, is_text: bool) {
        let fits = self.applies("no_markup", is_text, "texts");
        if self.fields.flag("no_markup", false, self.notes) && fits {
            self.rules.push(ValueRule::NoMarkup);
        }
        let fits = self.applies("letters", is_text, "texts");
        let name = self.fields.choice("letters", &[("name", ())], self.notes);
        if name.is_some() && fits {
            self.rules.push(ValueRule::Name);
        }
        let fits = self.applies("not_script", is_text, "texts");
        let han = self.fields.choice("not_script", &[("han", ())], self.notes);
        if han.is_some() && fits {
            self.rules.push(ValueRule::NotHan);
        }
    }

    fn no_credentials(&mut self, is_text: bool) -> bool {
        let fits = self.applies("no_credentials", is_text, "texts");
        self.fields.flag("no_credentials", false, self.notes) && fits
    }

    fn max_items(&mut self, is_array: bool) -> Option<usize> {
        let fits = self.applies("max_items", is_array, "arrays");
        self.limit("max_items").filter(|_| fits)
    }

    fn limit(&mut self, key: &'static str) -> Option<usize> {
        let limit = self.fields.number(key, self.notes)?;
        usize::try_from(limit).ok()
    }

    fn max_chars(&mut self, is_text: bool) -> Option<usize> {
        let fits = self.applies("max_chars", is_text, "texts");
        self.limit("max_chars").filter(|_| fits)
    }

    /// Said, or implied by a rule that only a code can keep.
    fn is_code(&mut self, is_text: bool) -> bool {
        let fits = self.applies("code", is_text, "texts");
        self.fields.flag("code", self.is_code, self.notes) && fits
    }
}

/// `1..9999`, `0..`, `..5`, `above 0..10`.
pub(super) fn parse_range(text: &str) -> Option<Range> {
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
