//! What is carried and how: every dataset with its feeds, and how far its copy has come.

use std::collections::BTreeMap;

use bangioc_change::encode::{Encoder, SchemaIds};

use super::{Capture, FeedPlan};
use crate::cut::Cutter;
use crate::dataset::{Dataset, Feed, OpenFeed};
use crate::error::CaptureError;
use crate::preflight::Findings;
use crate::state::{CaptureState, Cause, CopyState};
use crate::tables::table::TableStatements;
use crate::unit::{DatasetIndex, FeedIndex};

impl Capture {
    pub(super) fn datasets(
        &self,
        feeds: &[FeedPlan<'_>],
        schema_ids: &[SchemaIds],
        findings: &Findings,
    ) -> Result<Vec<Dataset>, CaptureError> {
        let mut feeds = feeds.iter().zip(schema_ids).enumerate();
        let mut next = |dataset: usize| {
            let (index, (plan, ids)) = feeds.next().ok_or(TOO_MANY)?;
            self.feed(plan, *ids, index, dataset)
        };
        let mut datasets = Vec::new();
        for (index, (contract, key_types)) in
            self.contracts.iter().zip(&findings.key_types).enumerate()
        {
            let shared = next(index)?;
            let open = match Cutter::new(contract, self.filter) {
                Some(cutter) => Some(OpenFeed { cutter, feed: next(index)? }),
                None => None,
            };
            let table = TableStatements::new(contract, key_types.clone().unwrap_or_default());
            datasets.push(Dataset::new(contract.clone(), shared, open, table));
        }
        Ok(datasets)
    }

    fn feed(
        &self,
        plan: &FeedPlan<'_>,
        ids: SchemaIds,
        index: usize,
        dataset: usize,
    ) -> Result<Feed, CaptureError> {
        let FeedPlan { contract, topic } = plan;
        let source = &self.config.source;
        let encoder = Encoder::new(contract, topic, ids, &source.name, &source.database).map_err(
            |cause| CaptureError::Encoder {
                dataset: contract.dataset.as_str().to_owned(),
                cause: Box::new(cause),
            },
        )?;
        let place = |place: usize| u16::try_from(place).map_err(|_| TOO_MANY);
        Ok(Feed {
            index: FeedIndex(place(index)?),
            dataset: DatasetIndex(place(dataset)?),
            side: contract.side,
            topic: topic.clone(),
            encoder,
            partitions: contract.partitions,
            key: contract.key.clone(),
        })
    }
}

const TOO_MANY: CaptureError = CaptureError::Internal { what: "more datasets than can be counted" };

/// How far each dataset's copy has come, in the order of `datasets`.
pub(super) fn copies(
    datasets: &[Dataset],
    state: &CaptureState,
    halted: &BTreeMap<String, Cause>,
    epoch: u32,
) -> Vec<CopyState> {
    datasets
        .iter()
        .map(|dataset| {
            let form = dataset.open.as_ref().map(|open| open.cutter.form().to_owned());
            let mut copy = match state.copies.get(dataset.name()) {
                // In a later epoch even a dataset's first copy may find rows of an earlier one in
                // the store.
                None => CopyState::wanted(epoch > 1),
                // Other rows are public now, or other columns of them.
                Some(copy) if copy.has_begun() && form.is_some() && copy.open != form => {
                    tracing::info!(
                        dataset = dataset.name(),
                        "what is public of it has changed; it is copied again and swept"
                    );
                    copy.again()
                }
                Some(copy) => copy.clone(),
            };
            copy.open = form;
            // Nothing asks its table, so nothing would take the word back.
            if copy.finished && copy.owed.is_empty() {
                copy.waits_for = None;
            }
            // One that was halted before stays so until the copier has looked: what was missed meanwhile only
            // a whole copy brings back, and a large one waits for a yes.
            if let Some(cause) = halted.get(dataset.name()) {
                copy.halted = Some(cause.clone().after(copy.halted.as_ref()));
            }
            copy
        })
        .collect()
}

/// Problems of the source as a whole refuse the start, and at the first start every problem does. Later,
/// what is wrong with one table halts that dataset only: its name and why.
pub(super) fn judge(
    findings: &Findings,
    state: &CaptureState,
    now_us: i64,
) -> Result<BTreeMap<String, Cause>, CaptureError> {
    let problems: Vec<_> = findings.checks.iter().filter(|check| check.stops_capture()).collect();
    let refused =
        problems.iter().filter(|check| check.dataset.is_none() || state.source.is_none()).count();
    if refused > 0 {
        return Err(CaptureError::Unfit { problems: problems.len() });
    }
    let halted: BTreeMap<_, _> = problems
        .iter()
        .filter_map(|check| {
            let code = check.code.unwrap_or("BG0220");
            let cause = Cause::new(code, check.sentence().en.clone(), now_us);
            Some((check.dataset.clone()?, cause))
        })
        .collect();
    for (dataset, Cause { code, why, .. }) in &halted {
        tracing::error!(code, dataset, "dataset halted: {why}; the others go on");
    }
    Ok(halted)
}
