//! All datasets, one after the other: a comparison is a guest at both ends.

use std::sync::Arc;

use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::dataset;
use crate::difference::{Outcome, SideResult};
use crate::error::ReconcileError;
use crate::repair::Repairer;

/// What a comparison says. Signed, it is a statement.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Report {
    /// Of the deployment's topics.
    pub prefix: String,
    /// RFC 3339, UTC.
    pub began_at: String,
    pub ended_at: String,
    pub results: Vec<SideResult>,
}

/// The sides on which a dataset is, as far as the configuration knows their stores.
pub fn sides(config: &Config, contract: &Contract) -> Vec<Side> {
    let known = |side: &Side| match side {
        Side::Shared => true,
        Side::Open => config.open_store.is_some(),
    };
    [Side::Shared, Side::Open]
        .into_iter()
        .filter(|side| contract.on(*side).is_some() && known(side))
        .collect()
}

/// `shown` hears of each result as it comes.
pub async fn all(
    config: &Config,
    contracts: &[Arc<Contract>],
    repairer: Option<&Repairer>,
    now: fn() -> Timestamp,
    mut shown: impl FnMut(&SideResult),
) -> Report {
    let began_at = now().to_string();
    let mut results = Vec::new();
    for contract in contracts {
        for side in sides(config, contract) {
            let now_us = now().as_microsecond();
            let result = dataset::compare(config, contract, side, repairer, now_us).await;
            shown(&result);
            results.push(result);
        }
    }
    Report {
        prefix: config.prefix.clone(),
        began_at,
        ended_at: now().to_string(),
        results,
    }
}

impl Report {
    /// Everything that should be equal was compared, and is.
    pub fn verdict(&self) -> Result<(), ReconcileError> {
        let (mut rows, mut datasets, mut sides) = (0, 0, 0);
        for result in &self.results {
            match &result.outcome {
                Outcome::NotCompared { .. } => sides += 1,
                Outcome::Compared(compared) if !compared.is_equal() => {
                    rows += compared.counts.differ();
                    datasets += 1;
                }
                Outcome::Compared(_) => {}
            }
        }
        if datasets > 0 {
            Err(ReconcileError::Different { rows, datasets })
        } else if sides > 0 {
            Err(ReconcileError::NotCompared {
                sides,
                of: self.results.len(),
            })
        } else {
            Ok(())
        }
    }
}
