//! A column refers to the key of another dataset. Whether that row is there only a store knows, so this is
//! no part of a row's own rules: a store asks which values a row refers to, and looks.

use std::borrow::Cow;

use crate::id::DatasetId;
use crate::row::{Cell, Row};
use crate::rules::condition::Condition;
use bangioc_postgres_text::array;

#[derive(Clone, Debug)]
pub struct Reference {
    /// Index into the contract's columns. Of an array each element refers.
    pub column: usize,
    pub to: DatasetId,
    /// Refers in these rows only.
    pub(crate) when: Option<Condition>,
    pub(crate) is_array: bool,
    /// None only for a contract that was read without the others.
    pub parent: Option<Parent>,
}

/// Where a store has the rows that are referred to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parent {
    pub table: String,
    /// Its only key column, and how the store types it.
    pub key: String,
    pub store_type: String,
}

impl Reference {
    /// What the row refers to: nothing where it is null, did not travel, or the rule does not apply.
    pub fn values<'a>(&self, row: Row<'a>, into: &mut dyn FnMut(Cow<'a, str>)) {
        let Cell::Text(text) = row.cell(self.column) else {
            return;
        };
        if let Some(when) = &self.when
            && when.holds(row) != Some(true)
        {
            return;
        }
        if self.is_array {
            let elements = array::elements(text).map_while(Result::ok);
            elements.flatten().for_each(into);
        } else {
            into(Cow::Borrowed(text));
        }
    }

    pub(crate) fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let each = if self.is_array { "each " } else { "" };
        let when = self.when.as_ref();
        let when = when.map(|when| format!(", when {}", when.describe(name)));
        format!(
            "{each}{} is in {}, or waits until it is{}",
            name(self.column),
            self.to,
            when.unwrap_or_default()
        )
    }
}
