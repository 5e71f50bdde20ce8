//! What would have to be done so that cluster and registry are as the contracts say. Pure: it looks at
//! two descriptions and compares them.
//!
//! - SAFE: adds what is missing; nobody who works today notices.
//! - REVIEW: changes or points at something that is there: `apply` acts only with a person's consent,
//!   and some lines are for a person alone.
//! - REFUSE: would lose, move or expose data; `apply` never acts, nor on other lines of the same group.
//!
//! No line deletes anything, and what isn't named by our contracts is left as it is.

mod access;
mod names;
mod subjects;
mod topics;

use bangioc_feed::access::Right;
use serde::Serialize;

use crate::actual::Actual;
use crate::deployment::Deployment;
use crate::wanted::{Group, WantedTopic};

#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    pub prefix: String,
    pub cluster: String,
    /// By group: the deployment, then sources, then datasets.
    pub lines: Vec<Line>,
    /// The registry did not answer or was not asked: subjects are not in this plan.
    pub registry_silent: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    pub group: Group,
    pub verdict: Verdict,
    pub kind: Kind,
    /// The topic, principal or subject.
    pub name: String,
    pub change: String,
    pub reason: String,
    /// Of a refused line: its page is `ops/errors/<code>.md`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    /// What `apply` does; none where only a person can act.
    #[serde(skip)]
    pub action: Option<Action>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    Safe,
    Review,
    Refuse,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Cluster,
    Topic,
    Right,
    Subject,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    CreateTopic(WantedTopic),
    SetConfigs { topic: String, configs: Vec<(String, String)> },
    Grant(Vec<Right>),
    SetLevel { subject: String },
    Register { subject: String, schema: String },
}

impl Plan {
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    pub fn count(&self, verdict: Verdict) -> usize {
        self.lines.iter().filter(|line| line.verdict == verdict).count()
    }

    /// Is the deployment itself refused, so that nothing at all is done?
    pub fn is_refused_whole(&self) -> bool {
        self.lines
            .iter()
            .any(|line| line.verdict == Verdict::Refuse && line.group == Group::Deployment)
    }

    /// Is this line kept back by a refusal, of its group or of the whole deployment?
    pub fn is_held(&self, line: &Line) -> bool {
        line.verdict != Verdict::Refuse
            && (self.is_refused_whole()
                || self
                    .lines
                    .iter()
                    .any(|other| other.verdict == Verdict::Refuse && other.group == line.group))
    }
}

impl Line {
    fn new(
        group: &Group,
        verdict: Verdict,
        kind: Kind,
        name: &str,
        change: String,
        reason: String,
    ) -> Line {
        let group = group.clone();
        Line {
            group,
            verdict,
            kind,
            name: name.to_owned(),
            change,
            reason,
            code: None,
            action: None,
        }
    }

    fn safe(
        group: &Group,
        kind: Kind,
        name: &str,
        change: String,
        reason: &str,
        action: Action,
    ) -> Line {
        let line = Line::new(group, Verdict::Safe, kind, name, change, reason.to_owned());
        Line { action: Some(action), ..line }
    }

    fn review(group: &Group, kind: Kind, name: &str, change: String, reason: String) -> Line {
        Line::new(group, Verdict::Review, kind, name, change, reason)
    }

    fn refuse(
        group: &Group,
        kind: Kind,
        name: &str,
        change: &str,
        reason: String,
        code: &'static str,
    ) -> Line {
        let line = Line::new(group, Verdict::Refuse, kind, name, change.to_owned(), reason);
        Line { code: Some(code), ..line }
    }
}

/// `1 partition`, `3 partitions`
fn plural(count: usize, noun: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{s}")
}

pub fn plan(deployment: &Deployment, actual: &Actual) -> Plan {
    let mut lines = names::mistakes(deployment);
    // With names that can't be used, or used twice, every other line would be about the wrong thing.
    if lines.is_empty() {
        lines.extend(access::no_authorizer(actual));
        lines.extend(topics::lines(deployment, actual));
        lines.extend(access::lines(deployment, actual));
        lines.extend(subjects::lines(deployment, &actual.registry));
    }
    // Stable: within a group topics come before rights and rights before subjects, as they are applied.
    lines.sort_by(|a, b| a.group.cmp(&b.group));
    Plan {
        prefix: deployment.prefix.clone(),
        cluster: actual.cluster_id.clone(),
        lines,
        registry_silent: actual.lacks_subjects_of(deployment),
    }
}

#[cfg(test)]
mod tests;
