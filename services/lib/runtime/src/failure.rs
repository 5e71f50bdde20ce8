//! How things fail: every failure has a code with a page of its own, a class that decides what the
//! service does, and a hint that tells a person what to do.

use std::error::Error;
use std::sync::OnceLock;

/// What a failure means for the work at hand. Matches on it are exhaustive.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Waiting may help: try again with back-off.
    Retry,
    /// Going on could lose or leak something, or nothing else would work: stop loudly.
    Halt,
}

/// The process's exit status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Exit {
    Ok = 0,
    Failed = 1,
    Usage = 2,
    Config = 3,
    Unreachable = 4,
    Halted = 5,
}

/// One row of a failure table: what a way to fail is called, what the service does, how the process ends.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// `BG0201`; `bangioc explain BG0201` prints its page, `ops/errors/BG0201.md`.
    pub code: &'static str,
    pub class: Class,
    pub exit: Exit,
    /// What to do now, where that names something of this one failure. Else the page says it, once for all.
    pub hint: Option<String>,
}

/// Waiting may help.
pub fn retry(code: &'static str, exit: Exit) -> Diagnosis {
    Diagnosis { code, class: Class::Retry, exit, hint: None }
}

/// Waiting does not help.
pub fn halt(code: &'static str, exit: Exit) -> Diagnosis {
    Diagnosis { code, class: Class::Halt, exit, hint: None }
}

impl Diagnosis {
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Diagnosis {
        Diagnosis { hint: Some(hint.into()), ..self }
    }
}

/// A failure that a person may meet. The text is lower-case, names things in backticks, holds neither
/// its cause (that is `source()`) nor any value of a row.
pub trait Failure: Error + Send + Sync + 'static {
    /// One match, a row for each way to fail, no catch-all.
    fn diagnosis(&self) -> Diagnosis;

    fn code(&self) -> &'static str {
        self.diagnosis().code
    }

    fn class(&self) -> Class {
        self.diagnosis().class
    }

    fn exit(&self) -> Exit {
        self.diagnosis().exit
    }

    /// What to do now, with the command to run in backticks where there is one.
    fn hint(&self) -> String {
        let Diagnosis { code, hint, .. } = self.diagnosis();
        hint.unwrap_or_else(|| page_hint(code))
    }
}

/// The hint of a code's page.
static PAGE_HINT: OnceLock<fn(&str) -> Option<&'static str>> = OnceLock::new();

/// The binary has the pages, and says here at its start where their hints are. Not a dependency of this crate: a word
/// changed in a page would have everything compiled again.
pub fn find_hints_by(find: fn(&str) -> Option<&'static str>) {
    // A second call would bring the same pages.
    let _ = PAGE_HINT.set(find);
}

fn page_hint(code: &str) -> String {
    PAGE_HINT
        .get()
        .and_then(|find| find(code))
        .map_or_else(|| format!("`bangioc explain {code}` says what to do"), str::to_owned)
}

pub type BoxFailure = Box<dyn Failure>;

impl<F: Failure> From<F> for BoxFailure {
    fn from(failure: F) -> BoxFailure {
        Box::new(failure)
    }
}
