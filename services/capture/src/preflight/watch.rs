//! A capture that runs looks at its source again from time to time: what an administrator changed is known
//! before it costs something. What was found stands in the state topic, for `bangioc dataset list`, in the
//! metrics and in the health of the process. Nothing here ends a capture.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::check::Check;
use crate::clock::now_us;
use crate::config::SourceSettings;
use crate::dataset::Dataset;
use crate::error::CaptureError;
use crate::findings::{SourceFinding, SourceFindings};
use crate::state::StateWriter;
use crate::tables::connect::connect;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::{Family, Gauge, Metrics};
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;

/// Before what is known of a source as a whole, and of each dataset, in the health of the process.
const PART: &str = "source-check";

/// Until the next look while there is a problem.
const SOON: Duration = Duration::from_mins(1);

pub(crate) struct CheckWatch {
    pub(crate) source: SourceSettings,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    pub(crate) allow_unlimited_wal: bool,
    pub(crate) interval: Duration,
    pub(crate) state: Arc<StateWriter>,
    /// By outcome: `problem`, `warning`.
    pub(crate) found: Family<Gauge>,
    pub(crate) health: Metrics,
}

impl CheckWatch {
    /// `checks`: what the start's own look found, and has said; `known`: what an earlier run has written down.
    pub(crate) async fn run(
        self,
        checks: Vec<Check>,
        known: SourceFindings,
        stopping: Shutdown,
    ) -> Result<(), BoxFailure> {
        let mut known = self.tell(&checks, &known).await;
        drop(checks);
        loop {
            // What somebody is mending is looked at sooner.
            let problem = known.findings.iter().any(|finding| finding.problem);
            let wait = if problem { self.interval.min(SOON) } else { self.interval };
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = stopping.requested() => return Ok(()),
            }
            // A server that does not answer must not hold up the end.
            let looked = tokio::select! {
                looked = self.look() => looked,
                () = stopping.requested() => return Ok(()),
            };
            match looked {
                Ok(checks) => {
                    for check in checks.iter().filter(|check| !check.is_fine()) {
                        if !known.has(check.code, check.dataset.as_deref()) {
                            check.log();
                        }
                    }
                    known = self.tell(&checks, &known).await;
                }
                // It is the stream's matter whether the source can be reached.
                Err(failure) => {
                    tracing::debug!(error = %failure, "the source could not be checked");
                }
            }
        }
    }

    async fn look(&self) -> Result<Vec<Check>, CaptureError> {
        let mut connection = connect(&self.source.brisk()).await?;
        let contracts: Vec<&Contract> = self.contracts().collect();
        let found =
            super::look(&mut connection, &self.source, &contracts, self.allow_unlimited_wal)
                .await?;
        Ok(found.checks)
    }

    fn contracts(&self) -> impl Iterator<Item = &Contract> {
        self.datasets.iter().map(|dataset| &dataset.contract)
    }

    /// Shown and written down.
    async fn tell(&self, checks: &[Check], before: &SourceFindings) -> SourceFindings {
        let count = |test: fn(&Check) -> bool| {
            i32::try_from(checks.iter().filter(|check| test(check)).count()).unwrap_or(i32::MAX)
        };
        self.found.of(&["problem"]).set(count(Check::is_problem).into());
        self.found.of(&["warning"]).set(count(Check::is_warning).into());
        self.tell_health(checks);
        let found = findings(checks, before, now_us());
        for dataset in self.datasets.iter() {
            let finding = found.of(dataset.name());
            dataset.standing.set_finding(finding.map(SourceFinding::as_obstacle));
        }
        if let Err(failure) = self.state.findings(&found).await {
            tracing::warn!(error = %failure, "the findings of the check could not be recorded; the next check tries again");
        }
        found
    }

    fn tell_health(&self, checks: &[Check]) {
        let mut worst: BTreeMap<Option<&str>, &Check> = BTreeMap::new();
        for check in checks.iter().filter(|check| check.stops_capture()) {
            worst.entry(check.dataset.as_deref()).or_insert(check);
        }
        let words = |check: &Check| {
            let code = check.code.unwrap_or_default();
            format!(
                "{code} {}: {}; `bangioc source check`",
                check.about.name().en,
                check.sentence().en
            )
        };
        match worst.get(&None) {
            Some(check) => self.health.unwell(PART, words(check)),
            None => self.health.well(PART),
        }
        for contract in self.contracts() {
            let dataset = contract.dataset.as_str();
            let part = format!("{PART}/{dataset}");
            match worst.get(&Some(dataset)) {
                Some(check) => self.health.dataset_unwell(dataset, &part, words(check)),
                None => self.health.well(&part),
            }
        }
    }
}

fn findings(checks: &[Check], before: &SourceFindings, now_us: i64) -> SourceFindings {
    let mut wrong: Vec<&Check> = checks.iter().filter(|check| !check.is_fine()).collect();
    wrong.sort_by_key(|check| check.rank());
    let finding = |check: &&Check| {
        let said = check.sentence();
        let mut finding = SourceFinding {
            code: check.code.unwrap_or_default().to_owned(),
            problem: check.is_problem(),
            dataset: check.dataset.clone(),
            vi: format!("{}: {}", check.about.name().vi, said.vi),
            en: format!("{}: {}", check.about.name().en, said.en),
            since_us: now_us,
        };
        // Numbers in a sentence change from look to look.
        let known =
            |old: &&SourceFinding| old.code == finding.code && old.dataset == finding.dataset;
        if let Some(old) = before.findings.iter().find(known) {
            finding.since_us = old.since_us;
        }
        finding
    };
    SourceFindings { looked_at_us: now_us, findings: wrong.iter().map(finding).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::check::CheckSubject;
    use super::super::label;
    use super::*;

    #[test]
    fn a_finding_keeps_since_when_it_is_there() {
        let check = |about, dataset: Option<&str>, problem: bool, code| {
            let why = label("hỏng", "broken");
            let check = Check::new(about, label("", ""));
            let mut check =
                if problem { check.problem(why) } else { check.warning(why) }.coded(code);
            check.dataset = dataset.map(str::to_owned);
            check
        };
        let slow = check(CheckSubject::Role, None, false, "BG0265");
        let hidden =
            check(CheckSubject::Table("t".to_owned()), Some("land-parcel"), true, "BG0235");
        let fine = Check::new(CheckSubject::Server, label("", ""));
        let first = findings(&[slow.clone(), fine.clone()], &SourceFindings::default(), 10);
        let second = findings(&[slow, fine, hidden], &first, 20);
        let seen: Vec<_> =
            second.findings.iter().map(|one| (one.code.as_str(), one.since_us)).collect();
        assert_eq!(seen, [("BG0235", 20), ("BG0265", 10)]);
        assert_eq!(second.of("land-parcel").map(|one| one.code.as_str()), Some("BG0235"));
        assert_eq!(second.of("other").map(|one| one.code.as_str()), Some("BG0265"));
        assert_eq!(
            first.of("other").map(|one| one.en.as_str()),
            Some("the capture's role: broken")
        );
    }
}
