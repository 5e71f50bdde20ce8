//! What of a dataset is public: which rows, which columns, and what becomes of their values.

use std::sync::Arc;

use crate::contract::{Class, Column, Contract, Identity};
use crate::names::Side;
use crate::row::{Row, RowBuf};
use crate::rules::condition::Condition;

/// The open side of a dataset. Pure: the same row always gives the same open row.
#[derive(Clone, Debug)]
pub struct OpenProjection {
    /// The dataset as its open topic and the open store know it: the columns of the allow-list in its
    /// order, all open; of the rules, those that concern only values that are published unchanged.
    pub contract: Arc<Contract>,
    filter: Condition,
    outputs: Vec<Output>,
}

/// A column of the open side.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Index into the columns of the whole contract.
    pub(crate) column: usize,
}

/// A published value hangs on several columns, and only some of them came with the event.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("an open column needs the whole row")]
pub struct NeedsWholeRow;

impl OpenProjection {
    /// `whole` is the contract as read; `outputs` hold all columns of its key.
    pub(crate) fn derive(
        whole: &Contract,
        filter: Condition,
        outputs: Vec<Output>,
    ) -> OpenProjection {
        let place = |column: usize| outputs.iter().position(|output| output.column == column);
        let columns = outputs.iter().map(|output| whole.open_column(output));
        let contract = Contract {
            side: Side::Open,
            columns: columns.collect(),
            key: whole
                .key
                .iter()
                .filter_map(|&column| place(column))
                .collect(),
            natural_key_latest_by: whole.natural_key_latest_by.and_then(place),
            rules: whole.rules.of_columns(
                &outputs
                    .iter()
                    .map(|output| Some(output.column))
                    .collect::<Vec<_>>(),
            ),
            source: crate::contract::SourceTable {
                identity: Identity::Key,
                ..whole.source.clone()
            },
            open: None,
            ..whole.clone()
        };
        OpenProjection {
            contract: Arc::new(contract),
            filter,
            outputs,
        }
    }

    /// Is the row public? Not when a column of the filter is absent; the old row that PostgreSQL sends
    /// always has them.
    pub fn passes(&self, row: Row<'_>) -> bool {
        self.filter.holds(row) == Some(true)
    }

    /// The open row of a row that passes, into `out`, which is emptied first. What is absent stays absent.
    pub fn project(&self, row: Row<'_>, out: &mut RowBuf) -> Result<(), NeedsWholeRow> {
        out.clear();
        for output in &self.outputs {
            out.push(row.cell(output.column));
        }
        Ok(())
    }

    /// Indices, in the whole contract, of the columns that decide whether a row is public.
    pub fn filter_columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.filter.columns()
    }
}

impl Contract {
    fn open_column(&self, output: &Output) -> Column {
        Column {
            class: Class::Open,
            ..self.columns[output.column].clone()
        }
    }
}
