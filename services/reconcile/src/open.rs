//! What a store should have of a source's row: all of it, or what the contract makes public of it.

use std::sync::Arc;

use bangioc_schemas::contract::Contract;
use bangioc_schemas::contract::OpenSide;
use bangioc_schemas::names::Side;
use bangioc_schemas::row::RowBuf;
use bangioc_schemas::rules::Rules;

use crate::source::RowKey;
use crate::store::Expected;

pub(crate) enum Cut {
    Whole,
    Public {
        open: Arc<OpenSide>,
        /// Of the whole row: one that breaks a rule is not public.
        rules: Rules,
    },
}

impl Cut {
    /// None where nothing of the dataset is on that side.
    pub(crate) fn of(contract: &Contract, side: Side) -> Option<Cut> {
        match side {
            Side::Shared => Some(Cut::Whole),
            Side::Open => Some(Cut::Public {
                open: Arc::clone(contract.open.as_ref()?),
                rules: contract.rules.clone(),
            }),
        }
    }

    /// `now_us`: for rules about time, microseconds since 1970.
    pub(crate) fn expected(&self, key: RowKey, row: Option<RowBuf>, now_us: i64) -> Expected {
        let row = match (self, row) {
            (Cut::Whole, row) => row,
            (Cut::Public { .. }, None) => None,
            (Cut::Public { open, rules }, Some(row)) => {
                let row = row.row();
                let mut out = RowBuf::default();
                let public = open.projection.passes(row)
                    && rules.check(row, now_us).is_ok()
                    && open.projection.project(row, &mut out).is_ok();
                public.then_some(out)
            }
        };
        Expected { key, row }
    }
}

/// The key of a row of the source, in texts.
pub(crate) fn key_of(contract: &Contract, row: &RowBuf) -> Option<RowKey> {
    let row = row.row();
    let text = |&column: &usize| row.cell(column).text().map(str::to_owned);
    contract.key.iter().map(text).collect::<Option<_>>().map(RowKey)
}
