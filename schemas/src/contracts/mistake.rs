//! What is wrong with contract files: every mistake of every file at once, each with a place, a code
//! with a page of its own, and what to do.

use std::fmt;
use std::path::PathBuf;

use crate::contracts::class_memory::ClassFault;

/// One kind per page in `ops/errors`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum MistakeKind {
    /// A file or folder can't be read.
    Unreadable,
    /// Not the plain YAML that a contract is written in.
    Syntax,
    /// An id, or a name of a column or table, that can't stand in all the places it must.
    Name,
    UnknownKey,
    MissingKey,
    /// A value that its key doesn't allow.
    Value,
    /// The key columns can't identify a row.
    Key,
    /// Two settings that exclude each other.
    Conflict,
    /// A rule that can't be checked on its columns.
    Rule,
    /// A code list or format that is missing or malformed.
    CodeList,
    /// Two contracts lay claim to the same thing.
    Claimed,
    /// An Avro file beside the contract that isn't what the contract says.
    OutOfStep,
    /// A label or description that holds something like a person's number or address.
    PersonalText,
    /// Larger than a contract may be.
    Limit,
    /// A column's class is weaker than it was, and the contract doesn't say so, or says what isn't true.
    Loosened,
}

impl MistakeKind {
    pub fn code(self) -> &'static str {
        match self {
            MistakeKind::Unreadable => "BG0701",
            MistakeKind::Syntax => "BG0702",
            MistakeKind::Name => "BG0703",
            MistakeKind::UnknownKey => "BG0704",
            MistakeKind::MissingKey => "BG0705",
            MistakeKind::Value => "BG0706",
            MistakeKind::Key => "BG0707",
            MistakeKind::Conflict => "BG0708",
            MistakeKind::Rule => "BG0709",
            MistakeKind::CodeList => "BG0710",
            MistakeKind::Claimed => "BG0711",
            MistakeKind::OutOfStep => "BG0712",
            MistakeKind::PersonalText => "BG0713",
            MistakeKind::Limit => "BG0714",
            MistakeKind::Loosened => ClassFault::CODE,
        }
    }
}

/// Displays as a line to read and a line that says what to do:
/// `so-tc/business.yaml:12: BG0704: unknown key …`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mistake {
    /// Relative to the folder of the contracts; empty when the folder itself is meant.
    pub file: PathBuf,
    /// From 1; 0 when the whole file is meant.
    pub line: usize,
    pub kind: MistakeKind,
    pub what: String,
    pub hint: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_os_str().is_empty(), self.line) {
            (true, _) => {}
            (false, 0) => write!(f, "{}: ", self.file.display())?,
            (false, line) => write!(f, "{}:{line}: ", self.file.display())?,
        }
        write!(f, "{}: {}\n  hint: {}", self.kind.code(), self.what, self.hint)
    }
}

/// At least one mistake, in the order of files and lines.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct ContractErrors {
    mistakes: Vec<Mistake>,
}

impl ContractErrors {
    /// `Ok` when nothing was wrong.
    pub(crate) fn none_or(mut mistakes: Vec<Mistake>) -> Result<(), ContractErrors> {
        if mistakes.is_empty() {
            return Ok(());
        }
        mistakes.sort();
        Err(ContractErrors { mistakes })
    }

    pub(crate) fn one(
        file: &std::path::Path,
        kind: MistakeKind,
        what: &str,
        hint: &str,
    ) -> ContractErrors {
        let mistake =
            Mistake { file: file.to_owned(), line: 0, kind, what: what.into(), hint: hint.into() };
        ContractErrors { mistakes: vec![mistake] }
    }

    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }

    /// Of the first mistake: one process ends with one code, and the text lists all.
    pub fn code(&self) -> &'static str {
        self.mistakes.first().map_or("BG0706", |mistake| mistake.kind.code())
    }

    pub fn hint(&self) -> String {
        "correct the contract files, then run `bangioc contract check`".into()
    }
}

impl fmt::Display for ContractErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.mistakes.len();
        let noun = if count == 1 { "mistake" } else { "mistakes" };
        write!(f, "{count} {noun} in the contracts")?;
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n{mistake}"))
    }
}

/// Contract files hold no rows, but a mistake's line must stay a line.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String =
        text.chars().take(40).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect();
    if text.chars().nth(40).is_some() {
        short.push('…');
    }
    short
}
