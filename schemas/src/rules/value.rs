//! The rules of one column, compiled.

use std::borrow::Cow;

use regex::Regex;
use serde_json::{Map, Value, json};

use super::breach::RuleCode;
use super::json::JsonShape;
use super::text::{self, Oddities, TextKind};
use super::{content, tax_code, time};
use crate::canonical::unordered;
use bangioc_postgres_text::array;
use bangioc_postgres_text::decimal::Decimal;

#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts about a column, not a state")]
pub(crate) struct ColumnRules {
    pub(crate) required: bool,
    /// `char(n)`: PostgreSQL pads it with blanks, which are no part of the value.
    pub(crate) padded: bool,
    pub(crate) is_array: bool,
    /// Elements of an array, nulls included.
    pub(crate) max_items: Option<usize>,
    /// A credential in it makes the whole row secret; judged before everything else.
    pub(crate) no_credentials: bool,
    /// None: not a text.
    pub(crate) text: Option<TextKind>,
    pub(crate) max_chars: Option<usize>,
    /// The limit is in the column's type already: `varchar(40)`.
    pub(crate) max_in_type: bool,
    /// What the source's enum is known to hold, in its order.
    pub(crate) enum_values: Option<Vec<String>>,
    /// Of the value; of an array, of each element that isn't null.
    pub(crate) rules: Vec<ValueRule>,
}

#[derive(Clone, Debug)]
pub(crate) enum ValueRule {
    /// The whole text; the pattern as its contract writes it.
    Pattern {
        whole: Regex,
        written: String,
    },
    Listed {
        list: String,
        values: Vec<Box<str>>,
    },
    Range(Range),
    MultipleOf(u32),
    /// Neither NaN nor infinite.
    Finite,
    /// At most so many digits after the point.
    Decimals(usize),
    TaxCode,
    /// A date not after today, by Cao Bang's clock.
    NotAfterToday,
    Json(JsonShape),
    /// Octets that a bytea value begins with.
    StartsWith(Vec<u8>),
    /// Octets of a text in UTF-8, or of a bytea value.
    MaxBytes {
        max: usize,
        of_bytea: bool,
    },
    NoMarkup,
    /// Letters of any script, and what stands between the parts of a name.
    Name,
    NotHan,
}

/// Bounds of a number; `min` itself is excluded by `above`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Range {
    pub(crate) min: f64,
    pub(crate) above: bool,
    pub(crate) max: f64,
}

impl Range {
    pub(crate) fn holds(&self, number: f64) -> bool {
        let over_min = if self.above { number > self.min } else { number >= self.min };
        over_min && number <= self.max && number.is_finite()
    }
}

impl Range {
    pub(crate) fn form(&self) -> Value {
        let least = if self.above { "above" } else { "from" };
        // As texts: a float has one in Rust, and several in JSON.
        json!({ least: self.min.to_string(), "to": self.max.to_string() })
    }
}

impl ColumnRules {
    pub(crate) fn is_about_today(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule, ValueRule::NotAfterToday))
    }

    pub(crate) fn check_null(&self) -> Result<Oddities, RuleCode> {
        if self.required { Err(RuleCode::Required) } else { Ok(Oddities::default()) }
    }

    pub(crate) fn check(&self, value: &str, now_us: i64) -> Result<Oddities, RuleCode> {
        if self.is_array {
            return self.check_array(value, now_us);
        }
        self.check_one(if self.padded { value.trim_end_matches(' ') } else { value }, now_us)
    }

    fn check_array(&self, value: &str, now_us: i64) -> Result<Oddities, RuleCode> {
        if self.text.is_none() && self.rules.is_empty() && self.max_items.is_none() {
            return Ok(Oddities::default());
        }
        let mut oddities = Oddities::default();
        for (count, element) in array::elements(value).enumerate() {
            if self.max_items.is_some_and(|max| count >= max) {
                return Err(RuleCode::TooBig);
            }
            // Of several dimensions, or not an array at all: nothing a rule on elements could judge.
            let element: Option<Cow<'_, str>> = element.map_err(|_| RuleCode::Format)?;
            if let Some(element) = element {
                let element = if self.padded { element.trim_end_matches(' ') } else { &element };
                oddities = oddities.and(self.check_one(element, now_us)?);
            }
        }
        Ok(oddities)
    }

    fn check_one(&self, value: &str, now_us: i64) -> Result<Oddities, RuleCode> {
        let oddities = match self.text {
            Some(kind) => text::check(value, kind)?,
            None => Oddities::default(),
        };
        // Octets first: no text has more characters than octets.
        if self.max_chars.is_some_and(|max| value.len() > max && value.chars().count() > max) {
            return Err(RuleCode::TooBig);
        }
        self.rules.iter().try_for_each(|rule| rule.check(value, now_us))?;
        Ok(oddities)
    }

    /// None where nothing is judged.
    pub(crate) fn form(&self) -> Option<Value> {
        let mut form = Map::new();
        let flags = [
            ("required", self.required),
            ("padded", self.padded),
            ("array", self.is_array),
            ("no_credentials", self.no_credentials),
        ];
        form.extend(
            flags.into_iter().filter(|(_, is)| *is).map(|(word, is)| (word.to_owned(), json!(is))),
        );
        let limits = [("max_items", self.max_items), ("max_chars", self.max_chars)];
        form.extend(
            limits.into_iter().filter_map(|(word, max)| Some((word.to_owned(), json!(max?)))),
        );
        if let Some(kind) = self.text {
            let text = match kind {
                TextKind::Prose => "prose",
                TextKind::Code => "code",
            };
            form.insert("text".into(), json!(text));
        }
        if !self.rules.is_empty() {
            form.insert("rules".into(), unordered(self.rules.iter().map(ValueRule::form)));
        }
        let judges = form.keys().any(|word| word != "padded" && word != "array");
        judges.then_some(Value::Object(form))
    }

    pub(crate) fn describe(&self) -> Vec<String> {
        let each = if self.is_array { "each " } else { "" };
        let mut words = Vec::new();
        if self.required {
            words.push("required".to_owned());
        }
        if let Some(max) = self.max_chars.filter(|_| !self.max_in_type) {
            words.push(format!("{each}up to {max} characters"));
        }
        words.extend(self.max_items.map(|max| format!("at most {max} items")));
        if self.no_credentials {
            words.push("no credentials in URLs: the row is then secret".to_owned());
        }
        words.extend(self.rules.iter().map(|rule| format!("{each}{}", rule.describe())));
        words
    }
}

impl ValueRule {
    fn check(&self, value: &str, now_us: i64) -> Result<(), RuleCode> {
        let (kept, code) = match self {
            ValueRule::Pattern { whole, .. } => (whole.is_match(value), RuleCode::Format),
            ValueRule::Listed { values, .. } => (is_listed(values, value), RuleCode::CodeList),
            ValueRule::Range(range) => {
                (number(value).is_some_and(|number| range.holds(number)), RuleCode::Range)
            }
            ValueRule::MultipleOf(step) => (is_multiple(value, *step), RuleCode::Range),
            ValueRule::Finite => (number(value).is_some_and(f64::is_finite), RuleCode::Range),
            ValueRule::Decimals(max) => (decimals(value) <= *max, RuleCode::Precision),
            ValueRule::TaxCode => return tax_code::check(value),
            ValueRule::NotAfterToday => {
                (time::is_at_or_before(value, time::local_day(now_us)), RuleCode::Range)
            }
            ValueRule::Json(shape) => return shape.check(value),
            ValueRule::StartsWith(prefix) => (starts_with(value, prefix), RuleCode::Format),
            ValueRule::MaxBytes { max, of_bytea } => {
                let bytes = if *of_bytea { value.len().saturating_sub(2) / 2 } else { value.len() };
                (bytes <= *max, RuleCode::TooBig)
            }
            ValueRule::NoMarkup => (!content::has_markup(value), RuleCode::Format),
            ValueRule::Name => (content::is_name(value), RuleCode::Format),
            ValueRule::NotHan => (!content::has_han(value), RuleCode::Unicode),
        };
        if kept { Ok(()) } else { Err(code) }
    }

    fn form(&self) -> Value {
        match self {
            // Not as people read it: that may be the name of a format.
            ValueRule::Pattern { whole, .. } => json!({ "pattern": pattern_of(whole) }),
            // What the list is called is no matter.
            ValueRule::Listed { values, .. } => json!({ "values": values }),
            ValueRule::Range(range) => json!({ "range": range.form() }),
            ValueRule::MultipleOf(step) => json!({ "multiple_of": step }),
            ValueRule::Finite => json!("finite"),
            ValueRule::Decimals(max) => json!({ "decimals": max }),
            ValueRule::TaxCode => json!({ "check_digit": "tax_code" }),
            ValueRule::NotAfterToday => json!({ "not_after": "today" }),
            ValueRule::Json(shape) => json!({ "json": shape.form() }),
            ValueRule::StartsWith(octets) => json!({ "starts_with": octets }),
            ValueRule::MaxBytes { max, of_bytea } => {
                json!({ "max_bytes": max, "bytea": of_bytea })
            }
            ValueRule::NoMarkup => json!("no_markup"),
            ValueRule::Name => json!({ "letters": "name" }),
            ValueRule::NotHan => json!({ "not_script": "han" }),
        }
    }

    fn describe(&self) -> String {
        match self {
            ValueRule::Pattern { written, .. } => format!("matches {written}"),
            ValueRule::Listed { list, .. } => format!("in {list}"),
            ValueRule::Range(range) => describe_range(*range),
            ValueRule::MultipleOf(step) => format!("a multiple of {step}"),
            ValueRule::Finite => "neither NaN nor infinite".into(),
            ValueRule::Decimals(max) => format!("at most {max} decimals"),
            ValueRule::TaxCode => {
                "tax code with its check digit, or a 12-digit personal number".into()
            }
            ValueRule::NotAfterToday => "not after today".into(),
            ValueRule::Json(shape) => shape.describe(),
            ValueRule::StartsWith(prefix) => format!("begins with {}", prefix.escape_ascii()),
            ValueRule::MaxBytes { max, .. } => format!("at most {max} bytes"),
            ValueRule::NoMarkup => "no HTML".into(),
            ValueRule::Name => "letters of a name".into(),
            ValueRule::NotHan => "no Chinese characters".into(),
        }
    }
}

/// As a contract or `formats.yaml` writes it, without what makes it mean the whole text.
pub(crate) fn pattern_of(whole: &Regex) -> &str {
    let pattern = whole.as_str();
    let inner = pattern.strip_prefix("^(?:").and_then(|inner| inner.strip_suffix(")$"));
    inner.unwrap_or(pattern)
}

pub(crate) fn describe_range(range: Range) -> String {
    let relation = if range.above { "above" } else { "from" };
    match (range.min.is_finite(), range.max.is_finite()) {
        (true, true) => format!("{relation} {} to {}", range.min, range.max),
        (true, false) => format!("{relation} {}", range.min),
        (false, _) => format!("up to {}", range.max),
    }
}

/// `values` is sorted.
pub(crate) fn is_listed(values: &[Box<str>], value: &str) -> bool {
    values.binary_search_by(|listed| listed.as_ref().cmp(value)).is_ok()
}

/// A number as PostgreSQL writes it. Small integers, the usual case, skip the general reader.
pub(crate) fn number(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    if (1..=9).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_digit) {
        let value = bytes.iter().fold(0_u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        return Some(f64::from(value));
    }
    // Rust's reader also takes words that PostgreSQL never writes, all of them non-finite.
    text.parse().ok()
}

fn is_multiple(text: &str, step: u32) -> bool {
    match Decimal::parse(text) {
        Some(decimal) => decimal.is_multiple_of(step),
        // Of floats only those with an exponent, and what is no finite number.
        None => number(text).is_some_and(|number| number % f64::from(step) == 0.0),
    }
}

fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, fraction)| fraction.trim_end_matches('0').len())
}

/// `\x255044…`, PostgreSQL's hexadecimal form of octets.
fn starts_with(value: &str, prefix: &[u8]) -> bool {
    octets(value).is_some_and(|octets| {
        let mut read = octets;
        prefix.iter().all(|expected| read.next() == Some(Some(*expected)))
    })
}

/// The octets of a bytea text; an inner None is a pair that isn't hexadecimal. None: not that form.
pub(crate) fn octets(value: &str) -> Option<impl Iterator<Item = Option<u8>> + '_> {
    let digits = value.strip_prefix("\\x")?.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    Some(digits.chunks_exact(2).map(|pair| Some(nibble(pair[0])? << 4 | nibble(pair[1])?)))
}

fn nibble(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
