//! What a sink does not believe, and why: a record may say no more than its topic entitles it to.

use std::fmt;

/// Stands in the books, in metrics and in the log; never with anything of the record itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum RecordRefusal {
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

impl RecordRefusal {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            RecordRefusal::PrincipalMismatch => "PRINCIPAL_MISMATCH",
            RecordRefusal::TruncateNotAgreed => "TRUNCATE_NOT_AGREED",
            RecordRefusal::VersionBeyond => "VERSION_BEYOND",
            RecordRefusal::SweepInvalid => "SWEEP_INVALID",
            RecordRefusal::RecordTooLarge => "RECORD_TOO_LARGE",
            RecordRefusal::KeyNull => "KEY_NULL",
            RecordRefusal::ClockSkew => "CLOCK_SKEW",
            RecordRefusal::Unreadable => "UNREADABLE",
        }
    }

    /// The reverse of [`RecordRefusal::as_str`].
    pub(crate) fn parse(text: &str) -> Option<RecordRefusal> {
        const ALL: [RecordRefusal; 8] = [
            RecordRefusal::PrincipalMismatch,
            RecordRefusal::TruncateNotAgreed,
            RecordRefusal::VersionBeyond,
            RecordRefusal::SweepInvalid,
            RecordRefusal::RecordTooLarge,
            RecordRefusal::KeyNull,
            RecordRefusal::ClockSkew,
            RecordRefusal::Unreadable,
        ];
        ALL.into_iter().find(|refusal| refusal.as_str() == text)
    }

    /// Of the page that says what to do.
    pub(crate) fn code(self) -> &'static str {
        match self {
            RecordRefusal::KeyNull => "BG0412",
            RecordRefusal::PrincipalMismatch => "BG0425",
            RecordRefusal::TruncateNotAgreed => "BG0426",
            RecordRefusal::VersionBeyond => "BG0427",
            RecordRefusal::SweepInvalid => "BG0428",
            RecordRefusal::RecordTooLarge => "BG0429",
            RecordRefusal::ClockSkew => "BG0431",
            RecordRefusal::Unreadable => "BG0433",
        }
    }
}

impl fmt::Display for RecordRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
