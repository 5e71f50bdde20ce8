//! What of a dataset is public: which rows, which columns, and what becomes of their values.

pub(crate) mod border;
mod geojson;
mod keys;
pub(crate) mod transform;
pub(crate) mod vn2000;

use crate::row::{Row, RowBuf};
use crate::rules::condition::Condition;
use transform::Transform;

/// The open side of a dataset. Pure: the same row always gives the same open row.
#[derive(Clone, Debug)]
pub struct OpenProjection {
    pub(crate) filter: Condition,
    /// In the order of the open table.
    pub(crate) outputs: Vec<OpenColumn>,
}

/// A column of the open side.
#[derive(Clone, Debug)]
pub(crate) struct OpenColumn {
    /// Index into the columns of the whole contract.
    pub(crate) column: usize,
    /// Another name than the column's own.
    pub(crate) name: Option<String>,
    pub(crate) transform: Option<Transform>,
    /// The columns, besides its own, that its value hangs on.
    inputs: Vec<usize>,
}

/// A published value hangs on several columns, and only some of them came with the event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an open column needs the whole row")]
pub struct NeedsWholeRow;

impl OpenProjection {
    pub(crate) fn new(filter: Condition, outputs: Vec<OpenColumn>) -> OpenProjection {
        OpenProjection { filter, outputs }
    }

    /// Is the row public? Not when a column of the filter is absent; the old row that PostgreSQL sends
    /// always has them.
    pub fn passes(&self, row: Row<'_>) -> bool {
        self.filter.holds(row) == Some(true)
    }

    /// The open row of a row that passes, into `out`, which is emptied first. What is absent stays absent;
    /// a value whose inputs came only in part needs the whole row, and `out` is then of no use.
    pub fn project(&self, row: Row<'_>, out: &mut RowBuf) -> Result<(), NeedsWholeRow> {
        out.clear();
        for output in &self.outputs {
            output.push(row, out)?;
        }
        Ok(())
    }

    /// Indices, in the whole contract, of the columns that decide whether a row is public.
    pub fn filter_columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.filter.columns()
    }

    /// In words: the columns that are published as they are, then each other one and what becomes of it.
    /// `name` gives the name of a column of the whole contract.
    pub(crate) fn describe_columns(&self, name: &dyn Fn(usize) -> String) -> Vec<String> {
        let open_name =
            |output: &OpenColumn| output.name.clone().unwrap_or_else(|| name(output.column));
        let outputs = self.outputs.iter();
        let unchanged: Vec<String> =
            outputs.clone().filter(|output| output.transform.is_none()).map(open_name).collect();
        let changed = outputs.filter_map(|output| {
            let words = output.transform.as_ref()?.describe(output.column, name);
            Some(format!("{}: {words}", open_name(output)))
        });
        std::iter::once(format!("as they are: {}", unchanged.join(", "))).chain(changed).collect()
    }

    /// In words: which rows are public; None when all are.
    pub(crate) fn describe_rows(&self, name: &dyn Fn(usize) -> String) -> Option<String> {
        (!self.filter.terms.is_empty()).then(|| self.filter.describe(name))
    }
}

impl OpenColumn {
    /// The column as it is.
    pub(crate) fn unchanged(column: usize) -> OpenColumn {
        OpenColumn { column, name: None, transform: None, inputs: Vec::new() }
    }

    pub(crate) fn transformed(&mut self, name: Option<String>, transform: Transform) {
        self.name = name;
        self.inputs = transform.inputs();
        self.transform = Some(transform);
    }

    fn push(&self, row: Row<'_>, out: &mut RowBuf) -> Result<(), NeedsWholeRow> {
        let own = row.cell(self.column);
        let Some(transform) = &self.transform else {
            out.push(own);
            return Ok(());
        };
        let absent = self.inputs.iter().filter(|&&input| row.cell(input).is_absent()).count();
        if absent == self.inputs.len() && own.is_absent() {
            out.push(own);
        } else if absent > 0 || own.is_absent() {
            return Err(NeedsWholeRow);
        } else {
            transform.push(row, self.column, out);
        }
        Ok(())
    }
}
