//! The rules that a dataset's rows must keep: declared in its contract, compiled once, checked per row.
//!
//! A breach names a code and a column, never a value. Columns that did not travel with their event are
//! not judged, nor is a rule that needs one.
//!
//! - [`breach`]: what a broken rule is called
//! - [`text`]: what every text must be, and what a code must be; [`content`]: what it may not hold
//! - [`value`]: rules of one column
//! - [`row`]: rules between columns; [`condition`]: when they apply
//! - [`vietnamese`]: the same in the departments' language
//! - [`geometry`], [`json`], [`tax_code`], [`time`]: the arithmetic behind them

mod breach;
pub(crate) mod condition;
pub(crate) mod content;
pub(crate) mod geometry;
pub(crate) mod json;
pub(crate) mod row;
pub(crate) mod tax_code;
pub(crate) mod text;
pub(crate) mod time;
pub(crate) mod value;
mod vietnamese;

pub use breach::{Breach, RuleCode};
use row::RowRule;
use value::ColumnRules;

use serde_json::{Map, Value, json};

use crate::canonical::unordered;
use crate::row::{Cell, Row};

/// What looks odd in a row that is accepted as it is: the first column of each kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Warnings {
    /// `W_NFC`: a text that isn't in Unicode's composed form.
    pub nfc: Option<usize>,
    /// `W_WHITESPACE`: invisible characters, or blanks at an end or doubled.
    pub whitespace: Option<usize>,
}

impl Warnings {
    pub fn is_empty(&self) -> bool {
        *self == Warnings::default()
    }

    pub fn iter(&self) -> impl Iterator<Item = (RuleCode, usize)> {
        let named = [(RuleCode::Nfc, self.nfc), (RuleCode::Whitespace, self.whitespace)];
        named.into_iter().filter_map(|(code, column)| Some((code, column?)))
    }

    fn add(&mut self, oddities: text::Oddities, column: usize) {
        if oddities.decomposed {
            self.nfc.get_or_insert(column);
        }
        if oddities.whitespace {
            self.whitespace.get_or_insert(column);
        }
    }
}

/// The day of which rules mean "today", by Cao Bang's clock: days since 1970-01-01.
pub fn today(now_us: i64) -> i64 {
    time::local_day(now_us)
}

/// A dataset's compiled rules. The default has none and accepts every row.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// As many as the contract has columns, or none at all.
    columns: Vec<ColumnRules>,
    rows: Vec<RowRule>,
    /// How many of `rows` tell secret rows; they come first.
    secrets: usize,
    /// Columns in which a credential makes the row secret.
    without_credentials: Vec<usize>,
}

impl Rules {
    pub(crate) fn new(columns: Vec<ColumnRules>, mut rows: Vec<RowRule>) -> Rules {
        // Secrets first: no other breach may decide what happens to the payload of a secret row.
        rows.sort_by_key(|rule| !rule.is_secret());
        let secrets = rows.iter().take_while(|rule| rule.is_secret()).count();
        let without_credentials =
            (0..columns.len()).filter(|&column| columns[column].no_credentials).collect();
        Rules { columns, rows, secrets, without_credentials }
    }

    /// The rules that concern only some columns, for rows that have these columns in this order. `kept`
    /// gives the present index of each, None for one that is made anew.
    pub(crate) fn of_columns(&self, kept: &[Option<usize>]) -> Rules {
        if self.columns.is_empty() && self.rows.is_empty() {
            return Rules::default();
        }
        let place = |column: usize| kept.iter().position(|kept| *kept == Some(column));
        let column_rules = |column: &Option<usize>| {
            column.and_then(|column| self.columns.get(column).cloned()).unwrap_or_default()
        };
        let moved = self.rows.iter().filter_map(|rule| rule.moved(&place));
        Rules::new(kept.iter().map(column_rules).collect(), moved.collect())
    }

    /// The first breach of a row, or what is odd in it.
    ///
    /// `row` has the contract's columns; `now_us` is microseconds since 1970-01-01 UTC.
    pub fn check(&self, row: Row<'_>, now_us: i64) -> Result<Warnings, Breach> {
        let (secret_rules, row_rules) = self.rows.split_at(self.secrets);
        secret_rules.iter().try_for_each(|rule| rule.check(row))?;
        for &column in &self.without_credentials {
            if row.cell(column).text().is_some_and(content::has_credentials) {
                return Err(Breach::of(RuleCode::Secret, column));
            }
        }
        let mut warnings = Warnings::default();
        for (index, (rules, cell)) in self.columns.iter().zip(row.cells()).enumerate() {
            let checked = match cell {
                Cell::Text(text) => rules.check(text, now_us),
                Cell::Null => rules.check_null(),
                Cell::Absent(_) => continue,
            };
            match checked {
                Ok(oddities) => warnings.add(oddities, index),
                Err(code) => return Err(Breach::of(code, index)),
            }
        }
        row_rules.iter().try_for_each(|rule| rule.check(row))?;
        Ok(warnings)
    }

    /// The columns that hold a date which may not lie ahead of today. The only rule that knows a day, and a row
    /// that keeps it keeps it on every later one: time lets rows in, never out.
    pub fn about_today(&self) -> impl Iterator<Item = usize> + '_ {
        let columns = self.columns.iter().enumerate();
        columns.filter(|(_, rules)| rules.is_about_today()).map(|(index, _)| index)
    }

    /// The values that an enum column's contract lists, in the contract's order.
    pub(crate) fn enum_values(&self, column: usize) -> Option<&[String]> {
        self.columns.get(column)?.enum_values.as_deref()
    }

    /// Is it a `char(n)`, whose blanks at the end are no part of the value?
    pub(crate) fn is_padded(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|rules| rules.padded)
    }

    /// All that decides whether a row keeps them. Words for ever: a form that is kept is compared with one of
    /// a later version. `name` gives a column's name.
    pub(crate) fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let columns = self.columns.iter().enumerate();
        let columns = columns.filter_map(|(index, rules)| Some((name(index), rules.form()?)));
        let columns = Value::Object(columns.collect::<Map<_, _>>());
        json!({ "columns": columns, "rows": unordered(self.rows.iter().map(|rule| rule.form(name))) })
    }

    /// In words, for a person: the rules of one column.
    pub(crate) fn describe_column(&self, column: usize) -> Vec<String> {
        self.columns.get(column).map(ColumnRules::describe).unwrap_or_default()
    }

    /// The rules of one column, in Vietnamese and in English.
    pub(crate) fn both_of_column(&self, column: usize) -> Vec<(String, String)> {
        let Some(rules) = self.columns.get(column) else {
            return Vec::new();
        };
        vietnamese::of_column(rules).into_iter().zip(rules.describe()).collect()
    }

    /// The rules between columns, in Vietnamese and in English; each names the columns in its own.
    pub(crate) fn both_of_rows(
        &self,
        vi: &dyn Fn(usize) -> String,
        en: &dyn Fn(usize) -> String,
    ) -> Vec<(String, String)> {
        self.rows.iter().map(|rule| (vietnamese::of_row(rule, vi), rule.describe(en))).collect()
    }

    /// In words, for a person: the rules between columns. `name` gives a column's name.
    pub(crate) fn describe_rows(&self, name: &dyn Fn(usize) -> String) -> Vec<String> {
        self.rows.iter().map(|rule| rule.describe(name)).collect()
    }
}
