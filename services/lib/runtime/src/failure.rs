//! How things fail: every failure has a code with a page of its own, a class that decides what the
//! service does, and a hint that tells a person what to do.

use std::error::Error;

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

/// A failure that a person may meet. The text is lower-case, names things in backticks, holds neither
/// its cause (that is `source()`) nor any value of a row.
pub trait Failure: Error + Send + Sync + 'static {
    /// `BG0201`; `bangioc explain BG0201` prints its page, `ops/errors/BG0201.md`.
    fn code(&self) -> &'static str;
    fn class(&self) -> Class;
    fn exit(&self) -> Exit;
    /// What to do now, with the command to run in backticks where there is one.
    fn hint(&self) -> String;
}

pub type BoxFailure = Box<dyn Failure>;

impl<F: Failure> From<F> for BoxFailure {
    fn from(failure: F) -> BoxFailure {
        Box::new(failure)
    }
}
