//! What a broken rule is called.

use std::fmt;

/// Stable codes: the text about them may change, they do not. `W_…` are reported, never refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RuleCode {
    Required,
    Format,
    CodeList,
    Range,
    Precision,
    CheckDigit,
    CrossField,
    Geometry,
    Encoding,
    Unicode,
    TooBig,
    /// The payload must not be kept anywhere.
    Secret,
    Reference,
    Nfc,
    Whitespace,
}

impl RuleCode {
    pub const ALL: [RuleCode; 15] = [
        RuleCode::Required,
        RuleCode::Format,
        RuleCode::CodeList,
        RuleCode::Range,
        RuleCode::Precision,
        RuleCode::CheckDigit,
        RuleCode::CrossField,
        RuleCode::Geometry,
        RuleCode::Encoding,
        RuleCode::Unicode,
        RuleCode::TooBig,
        RuleCode::Secret,
        RuleCode::Reference,
        RuleCode::Nfc,
        RuleCode::Whitespace,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            RuleCode::Required => "E_REQUIRED",
            RuleCode::Format => "E_FORMAT",
            RuleCode::CodeList => "E_CODELIST",
            RuleCode::Range => "E_RANGE",
            RuleCode::Precision => "E_PRECISION",
            RuleCode::CheckDigit => "E_CHECKDIGIT",
            RuleCode::CrossField => "E_CROSSFIELD",
            RuleCode::Geometry => "E_GEOMETRY",
            RuleCode::Encoding => "E_ENCODING",
            RuleCode::Unicode => "E_UNICODE",
            RuleCode::TooBig => "E_TOOBIG",
            RuleCode::Secret => "E_SECRET",
            RuleCode::Reference => "W_REFERENCE",
            RuleCode::Nfc => "W_NFC",
            RuleCode::Whitespace => "W_WHITESPACE",
        }
    }

    /// The reverse of [`RuleCode::as_str`].
    pub fn parse(text: &str) -> Option<RuleCode> {
        RuleCode::ALL.into_iter().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for RuleCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A row that breaks a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a row breaks rule {code}")]
pub struct Breach {
    pub code: RuleCode,
    /// Index into the contract's columns.
    pub column: Option<usize>,
}

impl Breach {
    pub(super) fn of(code: RuleCode, column: usize) -> Breach {
        Breach { code, column: Some(column) }
    }
}
