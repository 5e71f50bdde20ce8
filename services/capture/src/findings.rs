//! What the last look at a source found: written down at Kafka by the capture, read by people who can't reach
//! the source.

use bangioc_change::progress::{Obstacle, ObstacleKind};
use serde::{Deserialize, Serialize};

/// What the last look at a source found, as its state topic keeps it.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct SourceFindings {
    /// By the capture's clock, microseconds since 1970.
    pub looked_at_us: i64,
    /// The worst first.
    pub findings: Vec<SourceFinding>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SourceFinding {
    pub code: String,
    /// It stops capture, or the dataset; else it is a warning.
    pub problem: bool,
    /// None: the whole source is concerned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<String>,
    /// What is wrong and what comes of it, for whom.
    pub vi: String,
    pub en: String,
    /// Since which look it has been there, microseconds since 1970.
    pub since_us: i64,
}

impl SourceFinding {
    pub(crate) fn as_obstacle(&self) -> Obstacle {
        Obstacle {
            kind: if self.problem { ObstacleKind::Problem } else { ObstacleKind::Warning },
            code: Some(self.code.clone()),
            why: self.en.clone(),
            since_us: Some(self.since_us),
        }
    }
}

impl SourceFindings {
    /// The worst of what concerns a dataset.
    pub fn of(&self, dataset: &str) -> Option<&SourceFinding> {
        let concerns = |finding: &&SourceFinding| {
            finding.dataset.as_deref().is_none_or(|concerned| concerned == dataset)
        };
        self.findings.iter().find(concerns)
    }

    /// Was it there already?
    pub(crate) fn has(&self, code: Option<&str>, dataset: Option<&str>) -> bool {
        let same = |one: &SourceFinding| {
            Some(one.code.as_str()) == code && one.dataset.as_deref() == dataset
        };
        self.findings.iter().any(same)
    }
}
