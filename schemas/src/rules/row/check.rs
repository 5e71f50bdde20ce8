//! What every rule between columns can do.

use serde_json::Value;

use crate::row::Row;
use crate::rules::breach::Breach;

pub(crate) trait RowCheck {
    fn check(&self, row: Row<'_>) -> Result<(), Breach>;
    /// All columns that it looks at.
    fn columns_mut(&mut self) -> Vec<&mut usize>;
    /// All that it judges by, in the words of a contract's file, which are for ever.
    fn form(&self, name: &dyn Fn(usize) -> String) -> Value;
    /// In words, for a person. `name` gives a column's name.
    fn describe(&self, name: &dyn Fn(usize) -> String) -> String;
}

/// `a, b and c`
pub(super) fn listed(columns: &[usize], name: &dyn Fn(usize) -> String) -> String {
    let names: Vec<String> = columns.iter().map(|column| name(*column)).collect();
    match names.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// Of columns in an order that means something.
pub(super) fn names(columns: &[usize], name: &dyn Fn(usize) -> String) -> Vec<String> {
    columns.iter().map(|column| name(*column)).collect()
}
