//! What a row must not hold, what it must, in which form and within which limits.

use regex::Regex;

use serde_json::{Value, json};

use super::check::{RowCheck, listed, names};
use crate::row::{Cell, Row};
use crate::rules::breach::{Breach, RuleCode};
use crate::rules::value::{Range, describe_range, is_listed, number, pattern_of};

/// A row whose `column` holds anything but `allowed` is secret: it must not leave its department,
/// and what arrives of it is kept nowhere.
#[derive(Clone, Debug)]
pub(crate) struct Secret {
    pub(crate) column: usize,
    /// Sorted.
    pub(crate) allowed: Vec<Box<str>>,
}

impl RowCheck for Secret {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        // Null is no value that the contract allows; what isn't there can't be judged.
        let kept = match row.cell(self.column) {
            Cell::Text(text) => is_listed(&self.allowed, text),
            Cell::Null => false,
            Cell::Absent(_) => true,
        };
        if kept { Ok(()) } else { Err(Breach::of(RuleCode::Secret, self.column)) }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "secret_unless": name(self.column), "values": self.allowed })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("a row is secret unless {} is {}", name(self.column), self.allowed.join(" or "))
    }
}

/// None of the columns is null.
#[derive(Clone, Debug)]
pub(crate) struct Require {
    pub(crate) columns: Vec<usize>,
}

impl RowCheck for Require {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        match self.columns.iter().find(|column| row.cell(**column) == Cell::Null) {
            Some(column) => Err(Breach::of(RuleCode::Required, *column)),
            None => Ok(()),
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        self.columns.iter_mut().collect()
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "require": names(&self.columns, name) })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} required", listed(&self.columns, name))
    }
}

/// A number lies in a range.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub(crate) column: usize,
    pub(crate) range: Range,
}

impl RowCheck for Limit {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        match row.cell(self.column).text() {
            Some(text) if !number(text).is_some_and(|number| self.range.holds(number)) => {
                Err(Breach::of(RuleCode::Range, self.column))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "limit": name(self.column), "range": self.range.form() })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} {}", name(self.column), describe_range(self.range))
    }
}

/// A text matches a pattern, as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) column: usize,
    /// `char(n)`: PostgreSQL pads it with blanks, which are no part of the value.
    pub(crate) padded: bool,
    pub(crate) whole: Regex,
    /// As its contract writes it.
    pub(crate) written: String,
}

impl RowCheck for Form {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let matches = |text: &str| {
            let text = if self.padded { text.trim_end_matches(' ') } else { text };
            self.whole.is_match(text)
        };
        match row.cell(self.column).text() {
            Some(text) if !matches(text) => Err(Breach::of(RuleCode::Format, self.column)),
            Some(_) | None => Ok(()),
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "form": name(self.column), "pattern": pattern_of(&self.whole), "padded": self.padded })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} matches {}", name(self.column), self.written)
    }
}
