//! All datasets: of each source one after the other, both sides at once, since a comparison is a guest there; some
//! sources side by side.

use std::collections::BTreeMap;
use std::sync::Arc;

use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use futures_util::{StreamExt as _, future, stream};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::config::Config;
use crate::dataset;
use crate::difference::{Outcome, SideResult};
use crate::error::ReconcileError;
use crate::repair::Repairer;

/// Compared side by side: most of the time one waits for the store to have come to where its source was read.
const SOURCES: usize = 16;

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

/// `shown` hears of each result as it comes; the report has them in the contracts' order.
pub async fn all(
    config: &Config,
    contracts: &[Arc<Contract>],
    repairer: Option<&Repairer>,
    now: fn() -> Timestamp,
    mut shown: impl FnMut(&SideResult),
) -> Report {
    let began_at = now().to_string();
    let mut sources: BTreeMap<&str, Vec<(usize, &Contract)>> = BTreeMap::new();
    for (place, contract) in contracts.iter().enumerate() {
        let source = contract.source.source.as_str();
        sources.entry(source).or_default().push((place, contract));
    }
    let (told, mut heard) = mpsc::unbounded_channel();
    let each = stream::iter(sources.into_values()).for_each_concurrent(SOURCES, |contracts| {
        let told = told.clone();
        async move {
            for (place, contract) in contracts {
                let now_us = now().as_microsecond();
                let compared = sides(config, contract)
                    .into_iter()
                    .map(|side| dataset::compare(config, contract, side, repairer, now_us));
                for result in future::join_all(compared).await {
                    // Nobody hears only when the whole comparison is given up.
                    let _ = told.send((place, result));
                }
            }
        }
    });
    let mut results = Vec::new();
    let mut each = std::pin::pin!(each);
    loop {
        tokio::select! {
            biased;
            Some((place, result)) = heard.recv() => {
                shown(&result);
                results.push((place, result));
            }
            () = &mut each => break,
        }
    }
    while let Ok((place, result)) = heard.try_recv() {
        shown(&result);
        results.push((place, result));
    }
    // Of one dataset the shared side came first, and stays so.
    results.sort_by_key(|(place, _)| *place);
    Report {
        prefix: config.prefix.clone(),
        began_at,
        ended_at: now().to_string(),
        results: results.into_iter().map(|(_, result)| result).collect(),
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
            Err(ReconcileError::NotCompared { sides, of: self.results.len() })
        } else {
            Ok(())
        }
    }
}
