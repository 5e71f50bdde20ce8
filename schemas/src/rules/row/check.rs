//! What every rule between columns can do.

use crate::row::Row;
use crate::rules::breach::Breach;

pub(crate) trait RowCheck {
    fn check(&self, row: Row<'_>) -> Result<(), Breach>;
    /// All columns that it looks at.
    fn columns_mut(&mut self) -> Vec<&mut usize>;
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
