//! What is set per subject or for all: the compatibility level and the mode.

use std::fmt;
use std::str::FromStr;

/// What a new version must be able to do with the versions before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Level {
    None,
    Backward,
    BackwardTransitive,
    Forward,
    ForwardTransitive,
    Full,
    FullTransitive,
}

/// Which versions a level looks at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reach {
    Nothing,
    Latest,
    All,
}

impl Level {
    /// Confluent's, where nothing is set.
    pub(crate) const DEFAULT: Self = Self::Backward;

    const ALL: [(Self, &'static str); 7] = [
        (Self::None, "NONE"),
        (Self::Backward, "BACKWARD"),
        (Self::BackwardTransitive, "BACKWARD_TRANSITIVE"),
        (Self::Forward, "FORWARD"),
        (Self::ForwardTransitive, "FORWARD_TRANSITIVE"),
        (Self::Full, "FULL"),
        (Self::FullTransitive, "FULL_TRANSITIVE"),
    ];

    pub(crate) fn reach(self) -> Reach {
        match self {
            Self::None => Reach::Nothing,
            Self::Backward | Self::Forward | Self::Full => Reach::Latest,
            Self::BackwardTransitive | Self::ForwardTransitive | Self::FullTransitive => Reach::All,
        }
    }

    /// The new schema must read what the old one wrote.
    pub(crate) fn reads_old(self) -> bool {
        matches!(
            self,
            Self::Backward | Self::BackwardTransitive | Self::Full | Self::FullTransitive
        )
    }

    /// The old schema must read what the new one writes.
    pub(crate) fn read_by_old(self) -> bool {
        matches!(self, Self::Forward | Self::ForwardTransitive | Self::Full | Self::FullTransitive)
    }
}

/// What may be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    ReadWrite,
    ReadOnly,
    /// Read-only whatever the subject says.
    ReadOnlyOverride,
    /// Schemas come with their ids and versions, from another registry.
    Import,
}

impl Mode {
    pub(crate) const DEFAULT: Self = Self::ReadWrite;

    const ALL: [(Self, &'static str); 4] = [
        (Self::ReadWrite, "READWRITE"),
        (Self::ReadOnly, "READONLY"),
        (Self::ReadOnlyOverride, "READONLY_OVERRIDE"),
        (Self::Import, "IMPORT"),
    ];
}

/// The text is none of the known names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unknown;

macro_rules! named {
    ($($of:ty),*) => {$(
        impl fmt::Display for $of {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(Self::ALL.iter().find(|(known, _)| known == self).map_or("", |(_, name)| name))
            }
        }

        impl FromStr for $of {
            type Err = Unknown;

            /// In any case, like Confluent.
            fn from_str(text: &str) -> Result<Self, Unknown> {
                Self::ALL.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(known, _)| *known).ok_or(Unknown)
            }
        }
    )*};
}

named!(Level, Mode);
