//! What a sink does not believe, and why: a record may say no more than its topic entitles it to.

use std::fmt;

/// Stands in the books, in metrics and in the log; never with anything of the record itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Refusal {
    /// It speaks of another source's dataset.
    PrincipalMismatch,
    /// A TRUNCATE of a dataset whose contract knows none.
    TruncateNotAgreed,
    /// A version that its source never announced.
    VersionBeyond,
    /// A sweep that does not say for every partition from where on, within the log.
    SweepInvalid,
    /// More bytes than a record may have, once decompressed.
    RecordTooLarge,
    /// A record of a row without the row's key.
    KeyNull,
    /// A time that has not come yet.
    ClockSkew,
    /// Not a record of a progress topic at all.
    Unreadable,
}

impl Refusal {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Refusal::PrincipalMismatch => "PRINCIPAL_MISMATCH",
            Refusal::TruncateNotAgreed => "TRUNCATE_NOT_AGREED",
            Refusal::VersionBeyond => "VERSION_BEYOND",
            Refusal::SweepInvalid => "SWEEP_INVALID",
            Refusal::RecordTooLarge => "RECORD_TOO_LARGE",
            Refusal::KeyNull => "KEY_NULL",
            Refusal::ClockSkew => "CLOCK_SKEW",
            Refusal::Unreadable => "UNREADABLE",
        }
    }

    /// The reverse of [`Refusal::as_str`].
    pub(crate) fn parse(text: &str) -> Option<Refusal> {
        const ALL: [Refusal; 8] = [
            Refusal::PrincipalMismatch,
            Refusal::TruncateNotAgreed,
            Refusal::VersionBeyond,
            Refusal::SweepInvalid,
            Refusal::RecordTooLarge,
            Refusal::KeyNull,
            Refusal::ClockSkew,
            Refusal::Unreadable,
        ];
        ALL.into_iter().find(|refusal| refusal.as_str() == text)
    }

    /// Of the page that says what to do.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Refusal::KeyNull => "BG0412",
            Refusal::PrincipalMismatch => "BG0425",
            Refusal::TruncateNotAgreed => "BG0426",
            Refusal::VersionBeyond => "BG0427",
            Refusal::SweepInvalid => "BG0428",
            Refusal::RecordTooLarge => "BG0429",
            Refusal::ClockSkew => "BG0431",
            Refusal::Unreadable => "BG0433",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
