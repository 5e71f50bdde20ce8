//! Columns hold one of the values that a contract lists: a row filter, or when a rule applies.

use serde_json::{Map, Value, json};

use super::value::is_listed;
use crate::row::{Cell, Row};

/// Holds when every term does.
#[derive(Clone, PartialEq, Debug, Default)]
pub(crate) struct Condition {
    pub(crate) terms: Vec<Term>,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Term {
    pub(crate) column: usize,
    /// `char(n)`: PostgreSQL pads it with blanks, which are no part of the value.
    pub(crate) padded: bool,
    /// Sorted; PostgreSQL's texts.
    pub(crate) values: Vec<Box<str>>,
    /// Null is one of the values.
    pub(crate) null: bool,
    /// The values as the contract writes them, for people.
    pub(crate) written: Vec<Box<str>>,
}

impl Condition {
    /// None when it hangs on a column that did not travel.
    pub(crate) fn holds(&self, row: Row<'_>) -> Option<bool> {
        let mut known = true;
        for term in &self.terms {
            match term.holds(row) {
                Some(true) => {}
                Some(false) => return Some(false),
                None => known = false,
            }
        }
        known.then_some(true)
    }

    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.terms.iter().map(|term| term.column)
    }

    pub(crate) fn columns_mut(&mut self) -> impl Iterator<Item = &mut usize> + '_ {
        self.terms.iter_mut().map(|term| &mut term.column)
    }

    /// See [`crate::contracts`]'s form of what is public: words for ever.
    pub(crate) fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let form = |term: &Term| {
            let values = &term.values;
            let form = json!({ "values": values, "null": term.null, "padded": term.padded });
            (name(term.column), form)
        };
        Value::Object(self.terms.iter().map(form).collect::<Map<_, _>>())
    }

    /// `state is issued and is_public is true`
    pub(crate) fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let terms: Vec<String> = self
            .terms
            .iter()
            .map(|term| format!("{} is {}", name(term.column), term.written.join(" or ")))
            .collect();
        terms.join(" and ")
    }
}

impl Term {
    fn holds(&self, row: Row<'_>) -> Option<bool> {
        match row.cell(self.column) {
            Cell::Text(text) if self.padded => {
                Some(is_listed(&self.values, text.trim_end_matches(' ')))
            }
            Cell::Text(text) => Some(is_listed(&self.values, text)),
            Cell::Null => Some(self.null),
            Cell::Absent(_) => None,
        }
    }
}
