//! What can be wrong with settings, said so that one reading mends all of it.

use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use crate::failure::{Diagnosis, Exit, Failure, halt};

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum MistakeKind {
    UnknownKey,
    Missing,
    WrongValue,
    /// A secret in the clear, or a file of one that can't be read.
    Secret,
    /// A file of a secret that others can read or exchange.
    Exposed,
    /// A peer would be believed without proof.
    Unverified,
    Unreadable,
}

/// One mistake. Never holds the value itself: it may be a secret in the wrong place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mistake {
    /// `kafka.brokers`
    pub place: String,
    pub kind: MistakeKind,
    /// Reads on from the place: "is missing".
    pub problem: String,
    pub hint: String,
}

impl Mistake {
    pub fn code(&self) -> &'static str {
        match self.kind {
            MistakeKind::Unreadable => "BG0120",
            MistakeKind::UnknownKey => "BG0121",
            MistakeKind::Missing => "BG0122",
            MistakeKind::WrongValue => "BG0123",
            MistakeKind::Secret => "BG0124",
            MistakeKind::Unverified => "BG0113",
            MistakeKind::Exposed => "BG0114",
        }
    }

    pub(super) fn unknown<'a>(
        place: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Mistake {
        Mistake {
            place: place.to_owned(),
            kind: MistakeKind::UnknownKey,
            problem: String::from("is not known"),
            hint: suggestion(place, known),
        }
    }

    pub(super) fn unknown_key<'a>(
        section: &str,
        key: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Mistake {
        Mistake { place: format!("{section}.{key}"), ..Mistake::unknown(key, known) }
    }

    pub(super) fn missing(place: &str, hint: String) -> Mistake {
        Mistake {
            place: place.to_owned(),
            kind: MistakeKind::Missing,
            problem: String::from("is missing"),
            hint,
        }
    }

    pub(super) fn wrong(place: &str, problem: &str, hint: impl Into<String>) -> Mistake {
        Mistake {
            place: place.to_owned(),
            kind: MistakeKind::WrongValue,
            problem: problem.to_owned(),
            hint: hint.into(),
        }
    }

    pub(super) fn of_kind(
        kind: MistakeKind,
        place: &str,
        problem: impl Into<String>,
        hint: impl Into<String>,
    ) -> Mistake {
        Mistake { place: place.to_owned(), kind, problem: problem.into(), hint: hint.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` {}: {}", self.code(), self.place, self.problem, self.hint)
    }
}

fn suggestion<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    let nearest = known.clone().map(|one| (distance(name, one), one)).min();
    match nearest {
        Some((near, one)) if near <= 2 || one.starts_with(name) || name.starts_with(one) => {
            format!("did you mean `{one}`?")
        }
        Some(_) => format!(
            "known are {}",
            known.map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", ")
        ),
        None => String::from("take it out"),
    }
}

/// Edits between two names (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let cost = usize::from(from != *to);
            let next = (diagonal + cost).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = std::mem::replace(&mut row[j + 1], next);
        }
    }
    row[b.len()]
}

/// Every mistake of one file and the environment.
#[derive(Debug, thiserror::Error)]
pub struct SettingsError {
    file: Option<PathBuf>,
    mistakes: BTreeSet<Mistake>,
}

impl SettingsError {
    pub(super) fn new(file: Option<&Path>, mistakes: BTreeSet<Mistake>) -> SettingsError {
        SettingsError { file: file.map(Path::to_owned), mistakes }
    }

    fn of_file(file: Option<&Path>, problem: &str, hint: String) -> SettingsError {
        let place =
            file.map_or_else(|| String::from("environment"), |file| file.display().to_string());
        let kind = MistakeKind::Unreadable;
        SettingsError::new(
            file,
            BTreeSet::from([Mistake { place, kind, problem: problem.to_owned(), hint }]),
        )
    }

    pub(super) fn unreadable(file: &Path, error: &std::io::Error) -> SettingsError {
        SettingsError::of_file(Some(file), "can't be read", error.to_string().to_lowercase())
    }

    pub(super) fn not_toml(file: Option<&Path>, error: &config::ConfigError) -> SettingsError {
        // Only where it is wrong: the parser's excerpt would show the line, perhaps a secret.
        let text = error.to_string();
        let first = text.lines().next().unwrap_or_default();
        let problem = match first.find("at line ") {
            Some(at) => format!("is not TOML {}", &first[at..]),
            None => String::from("is not TOML"),
        };
        SettingsError::of_file(
            file,
            &problem,
            String::from("see what stands there and just before"),
        )
    }

    pub fn mistakes(&self) -> impl Iterator<Item = &Mistake> {
        self.mistakes.iter()
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.mistakes.len();
        write!(f, "{count} {} in the settings", if count == 1 { "mistake" } else { "mistakes" })?;
        if let Some(file) = &self.file {
            write!(f, " `{}`", file.display())?;
        }
        self.mistakes.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
    }
}

impl Failure for SettingsError {
    /// The code is that of the first mistake; [`SettingsError::mistakes`] has the others'.
    fn diagnosis(&self) -> Diagnosis {
        let code = self.mistakes.first().map_or("BG0120", Mistake::code);
        halt(code, Exit::Config).hint(format!(
            "correct all of them and start again; `bangioc explain {code}` says more"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn edits() {
        for (a, b, edits) in [
            ("", "", 0),
            ("", "abc", 3),
            ("broker", "brokers", 1),
            ("kafka", "kakfa", 2),
            ("đất", "dat", 2),
        ] {
            assert_eq!((distance(a, b), distance(b, a)), (edits, edits), "{a} {b}");
        }
    }
}
