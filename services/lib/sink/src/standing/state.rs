//! The states of a dataset: each with since when, and the next step for whoever reads of it.

use bangioc_runtime::failure::Exit;
use bangioc_schemas::names::Side;
use jiff::Timestamp;
use serde::{Serialize, Serializer};

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum StandingState {
    /// `percent` only where the source can estimate its rows.
    Copying {
        percent: Option<u8>,
    },
    Streaming,
    /// Nothing was heard of the source yet.
    Waiting,
    /// No instance of the sink works on some partition.
    Stopped {
        #[serde(serialize_with = "rfc3339")]
        since: Option<Timestamp>,
    },
    /// Some partition of the sink has halted.
    Halted {
        code: String,
        #[serde(serialize_with = "rfc3339")]
        since: Option<Timestamp>,
        /// What stands in the way; the sink looks whether it is gone, and then goes on by itself. None: it stays so
        /// until the service is started again.
        #[serde(skip_serializing_if = "Option::is_none")]
        waits_for: Option<String>,
    },
    /// Some partition does not get on and tries again.
    Retrying {
        code: String,
        #[serde(serialize_with = "rfc3339")]
        since: Option<Timestamp>,
        waits_for: String,
        tries: i64,
    },
    /// Changes arrive, but rows may differ from the source until a copy is made, which waits for a yes.
    AwaitsCopy(SourcePhase),
    /// The capture sends nothing of this dataset until the cause is gone.
    SourceHalted(SourcePhase),
    /// Its table does not answer, or its copy can't begin yet; the capture tries again.
    SourceWaits(SourcePhase),
    /// The capture's check of its source found a problem.
    SourceProblem(SourcePhase),
    /// The newest word of the source is not believed.
    SourceDistrusted(SourcePhase),
    /// Nothing was heard of the source for minutes: its capture stands, or can't reach Kafka.
    SourceSilent {
        #[serde(serialize_with = "rfc3339")]
        since: Option<Timestamp>,
    },
    /// A person asked the capture to send nothing of this dataset.
    Paused {
        by: String,
        #[serde(serialize_with = "rfc3339")]
        since: Option<Timestamp>,
    },
}

/// As the source told it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SourcePhase {
    pub code: String,
    #[serde(serialize_with = "rfc3339")]
    pub since: Option<Timestamp>,
    /// In words; on the open side nothing.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// What the check of a source found, and nothing is lost by it yet.
pub type Warning = SourcePhase;

#[expect(clippy::ref_option, reason = "serde hands it on so")]
fn rfc3339<S: Serializer>(at: &Option<Timestamp>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(at),
        None => to.serialize_none(),
    }
}

impl StandingState {
    /// As metrics and filters name it: the JSON's `is`.
    pub fn name(&self) -> &'static str {
        match self {
            StandingState::Halted { .. } => "halted",
            StandingState::SourceHalted(_) => "source-halted",
            StandingState::AwaitsCopy(_) => "awaits-copy",
            StandingState::Retrying { .. } => "retrying",
            StandingState::Stopped { .. } => "stopped",
            StandingState::SourceDistrusted(_) => "source-distrusted",
            StandingState::SourceSilent { .. } => "source-silent",
            StandingState::SourceProblem(_) => "source-problem",
            StandingState::SourceWaits(_) => "source-waits",
            StandingState::Paused { .. } => "paused",
            StandingState::Waiting => "waiting",
            StandingState::Copying { .. } => "copying",
            StandingState::Streaming => "streaming",
        }
    }

    /// The worst first.
    pub const NAMES: [&'static str; 13] = [
        "halted",
        "source-halted",
        "awaits-copy",
        "retrying",
        "stopped",
        "source-distrusted",
        "source-silent",
        "source-problem",
        "source-waits",
        "paused",
        "waiting",
        "copying",
        "streaming",
    ];

    /// 0 is the worst.
    pub fn rank(&self) -> usize {
        let name = self.name();
        Self::NAMES.iter().position(|known| *known == name).unwrap_or(Self::NAMES.len())
    }

    pub fn code(&self) -> Option<&str> {
        match self {
            StandingState::Halted { code, .. } | StandingState::Retrying { code, .. } => Some(code),
            StandingState::AwaitsCopy(seen)
            | StandingState::SourceHalted(seen)
            | StandingState::SourceWaits(seen)
            | StandingState::SourceProblem(seen)
            | StandingState::SourceDistrusted(seen) => Some(&seen.code),
            StandingState::Copying { .. }
            | StandingState::Streaming
            | StandingState::Waiting
            | StandingState::Stopped { .. }
            | StandingState::SourceSilent { .. }
            | StandingState::Paused { .. } => None,
        }
    }

    pub fn since(&self) -> Option<Timestamp> {
        match self {
            StandingState::Halted { since, .. }
            | StandingState::Retrying { since, .. }
            | StandingState::Stopped { since }
            | StandingState::SourceSilent { since }
            | StandingState::Paused { since, .. } => *since,
            StandingState::AwaitsCopy(seen)
            | StandingState::SourceHalted(seen)
            | StandingState::SourceWaits(seen)
            | StandingState::SourceProblem(seen)
            | StandingState::SourceDistrusted(seen) => seen.since,
            StandingState::Copying { .. } | StandingState::Streaming | StandingState::Waiting => {
                None
            }
        }
    }

    /// In words, where there is more to say than the state.
    pub fn why(&self) -> Option<&str> {
        let why = match self {
            StandingState::Halted { waits_for, .. } => waits_for.as_deref()?,
            StandingState::Retrying { waits_for, .. } => waits_for,
            StandingState::AwaitsCopy(seen)
            | StandingState::SourceHalted(seen)
            | StandingState::SourceWaits(seen)
            | StandingState::SourceProblem(seen)
            | StandingState::SourceDistrusted(seen) => &seen.why,
            StandingState::Copying { .. }
            | StandingState::Streaming
            | StandingState::Waiting
            | StandingState::Stopped { .. }
            | StandingState::SourceSilent { .. }
            | StandingState::Paused { .. } => return None,
        };
        Some(why).filter(|why| !why.is_empty())
    }

    /// The command to type, or what is waited for; none where nothing is to be done.
    pub fn next_step(&self, dataset: &str, side: Side) -> Option<String> {
        Some(match self {
            StandingState::Copying { .. } | StandingState::Streaming => return None,
            StandingState::Waiting => {
                "is its capture running? `bangioc dataset list` shows what it last wrote down"
                    .into()
            }
            StandingState::Stopped { .. } => match side {
                Side::Shared => "start an instance: `bangioc run shared-store`".into(),
                Side::Open => "start it: `bangioc run open-data`".into(),
            },
            StandingState::Halted { code, waits_for: Some(_), .. } => {
                format!("it continues by itself once that is corrected: `bangioc explain {code}`")
            }
            StandingState::Halted { code, waits_for: None, .. } => {
                format!("`bangioc explain {code}`, then restart the service once the cause is gone")
            }
            StandingState::Retrying { code, .. } => {
                format!("it continues by itself: `bangioc explain {code}`")
            }
            StandingState::AwaitsCopy(_) => format!("`bangioc dataset recopy {dataset}`"),
            StandingState::SourceHalted(seen) => format!(
                "`bangioc source check` says how to correct it; it is then copied again by itself: `bangioc explain {}`",
                seen.code
            ),
            StandingState::SourceWaits(seen) => {
                format!("it continues by itself: `bangioc explain {}`", seen.code)
            }
            StandingState::SourceProblem(_) => {
                "`bangioc source check` says how to correct it".into()
            }
            StandingState::SourceDistrusted(seen) => format!("`bangioc explain {}`", seen.code),
            StandingState::SourceSilent { .. } => {
                "is its capture running, and what does its log say? `bangioc run capture`".into()
            }
            StandingState::Paused { .. } => format!("`bangioc dataset resume {dataset}`"),
        })
    }

    /// For whoever asks by a program: halted where only a person helps, failed where it does not get on, else ok.
    pub fn exit(&self) -> Exit {
        match self {
            StandingState::Halted { .. }
            | StandingState::SourceHalted(_)
            | StandingState::AwaitsCopy(_) => Exit::Halted,
            StandingState::Retrying { .. }
            | StandingState::Stopped { .. }
            | StandingState::SourceDistrusted(_)
            | StandingState::SourceSilent { .. }
            | StandingState::SourceProblem(_)
            | StandingState::SourceWaits(_) => Exit::Failed,
            StandingState::Copying { .. }
            | StandingState::Streaming
            | StandingState::Waiting
            | StandingState::Paused { .. } => Exit::Ok,
        }
    }
}
