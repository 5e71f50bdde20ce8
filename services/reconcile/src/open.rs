//! What a store should have of a source's row: all of it, or what the contract makes public of it.

use std::sync::Arc;

use bangioc_schemas::contract::Contract;
use bangioc_schemas::contract::OpenSide;
use bangioc_schemas::names::Side;
use bangioc_schemas::row::RowBuf;
use bangioc_schemas::rules::Rules;

use crate::source::KeyTexts;
use crate::store::Expected;

pub(crate) enum RowCut {
    Whole,
    Public {
        open: Arc<OpenSide>,
        /// Of the whole row: one that breaks a rule is not public.
        rules: Rules,
    },
}

impl RowCut {
    /// None where nothing of the dataset is on that side.
    pub(crate) fn of(contract: &Contract, side: Side) -> Option<RowCut> {
        match side {
            Side::Shared => Some(RowCut::Whole),
            Side::Open => Some(RowCut::Public {
                open: Arc::clone(contract.open.as_ref()?),
                rules: contract.rules.clone(),
            }),
        }
    }

    /// `now_us`: for rules about time, microseconds since 1970.
    pub(crate) fn expected(&self, key: KeyTexts, row: Option<RowBuf>, now_us: i64) -> Expected {
        let row = match (self, row) {
            (RowCut::Whole, row) => row,
            (RowCut::Public { .. }, None) => None,
            (RowCut::Public { open, rules }, Some(row)) => {
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
pub(crate) fn key_of(contract: &Contract, row: &RowBuf) -> Option<KeyTexts> {
    let row = row.row();
    let text = |&column: &usize| row.cell(column).text().map(str::to_owned);
    contract.key.iter().map(text).collect::<Option<_>>().map(KeyTexts)
}
