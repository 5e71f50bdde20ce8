//! Typed reads of one section. A read never fails: it records the mistake and returns a stand-in, which
//! nobody uses since [`Settings::finish`](super::Settings::finish) then refuses to start.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use config::{Value, ValueKind};

use super::exposed;
use super::mistake::{Mistake, MistakeKind};
use super::{FROM_ENVIRONMENT, Settings, duration};
use crate::secret::Secret;

/// The keys below `[name]`.
#[derive(Clone, Debug)]
pub struct Section<'a> {
    settings: &'a Settings,
    name: String,
}

impl<'a> Section<'a> {
    pub(super) fn new(settings: &'a Settings, name: &str) -> Section<'a> {
        Section { settings, name: name.to_owned() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Required, not empty.
    pub fn text(&self, key: &str) -> String {
        self.optional_text(key).unwrap_or_else(|| self.missing(key))
    }

    pub fn text_or(&self, key: &str, default: &str) -> String {
        self.optional_text(key).unwrap_or_else(|| default.to_owned())
    }

    pub fn optional_text(&self, key: &str) -> Option<String> {
        match &self.value(key)?.kind {
            ValueKind::String(text) if text.trim().is_empty() => {
                self.refuse(key, "is empty", "give it a value or take it out");
                None
            }
            ValueKind::String(text) => Some(text.clone()),
            kind => {
                self.refuse(key, &format!("is {}, not text", kind_name(kind)), "put it in quotes");
                None
            }
        }
    }

    /// A list of names; in the environment with commas between. Empty when nothing is said.
    pub fn names(&self, key: &str) -> Vec<String> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let names = match &value.kind {
            ValueKind::Array(values) => values
                .iter()
                .map(|value| match &value.kind {
                    ValueKind::String(name) => Some(name.trim().to_owned()),
                    _ => None,
                })
                .collect(),
            ValueKind::String(text) if from_environment(value) => Some(
                text.split(',')
                    .map(|name| name.trim().to_owned())
                    .filter(|name| !name.is_empty())
                    .collect(),
            ),
            _ => None,
        };
        names.unwrap_or_else(|| {
            self.refuse(key, "is not a list of names", "write `[\"lan\", \"hung\"]`");
            Vec::new()
        })
    }

    /// `default` need not lie in `range`: a limit of 0 may mean none.
    pub fn whole_number(&self, key: &str, range: RangeInclusive<u64>, default: u64) -> u64 {
        let Some(value) = self.value(key) else {
            return default;
        };
        let number = match &value.kind {
            ValueKind::I64(number) => u64::try_from(*number).ok(),
            ValueKind::U64(number) => Some(*number),
            ValueKind::String(text) if from_environment(value) => text.parse().ok(),
            _ => None,
        };
        number.filter(|number| range.contains(number)).unwrap_or_else(|| {
            let hint = format!("write a whole number from {} to {}", range.start(), range.end());
            self.refuse(key, "is out of range or no whole number", &hint);
            default
        })
    }

    pub fn duration(&self, key: &str, default: Duration) -> Duration {
        let Some(value) = self.value(key) else {
            return default;
        };
        let parsed = match &value.kind {
            ValueKind::String(text) => duration::parse(text),
            _ => None,
        };
        parsed.unwrap_or_else(|| {
            self.refuse(
                key,
                "is no duration",
                "write a number and its unit, as in \"200ms\", \"10s\", \"5m\", \"1h\", \"14d\"",
            );
            default
        })
    }

    pub fn flag(&self, key: &str, default: bool) -> bool {
        let Some(value) = self.value(key) else {
            return default;
        };
        match &value.kind {
            ValueKind::Boolean(flag) => *flag,
            ValueKind::String(text) if from_environment(value) && text == "true" => true,
            ValueKind::String(text) if from_environment(value) && text == "false" => false,
            _ => {
                self.refuse(
                    key,
                    "is neither true nor false",
                    "write `true` or `false`, without quotes",
                );
                default
            }
        }
    }

    /// Required. Whether it exists is the reader's question.
    pub fn path(&self, key: &str) -> PathBuf {
        PathBuf::from(self.text(key))
    }

    pub fn optional_path(&self, key: &str) -> Option<PathBuf> {
        self.optional_text(key).map(PathBuf::from)
    }

    /// One of `choices`.
    pub fn choice(&self, key: &str, choices: &[&str], default: &str) -> String {
        let Some(text) = self.optional_text(key) else {
            return default.to_owned();
        };
        if !choices.contains(&text.as_str()) {
            let known: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
            self.refuse(key, "is none of the choices", &format!("write {}", known.join(" or ")));
            return default.to_owned();
        }
        text
    }

    /// Required: from the file that `<key>_file` names, or from the environment.
    pub fn secret(&self, key: &str) -> Secret {
        let before = self.settings.found().mistakes.len();
        self.optional_secret(key).unwrap_or_else(|| {
            // A file that can't be read is one mistake, not also a missing secret.
            if self.settings.found().mistakes.len() == before {
                let variable = self.variable(key);
                let hint = format!("set `{key}_file` to a file that holds it, or the environment variable `{variable}`");
                self.settings.record(Mistake::missing(&self.place(&format!("{key}_file")), hint));
            }
            Secret::new("")
        })
    }

    /// As [`Section::secret`]; none when neither is there. Line ends after the secret are not part of it.
    pub fn optional_secret(&self, key: &str) -> Option<Secret> {
        let file_key = format!("{key}_file");
        let record = |kind, place: &str, problem: String, hint: String| {
            self.settings.record(Mistake::of_kind(kind, &self.place(place), problem, hint));
        };
        if let Some(value) = self.value(key) {
            match &value.kind {
                ValueKind::String(text) if from_environment(value) => {
                    return Some(Secret::new(text.clone()));
                }
                _ => record(
                    MistakeKind::Secret,
                    key,
                    String::from("is a secret in the clear"),
                    format!(
                        "move it to a file of its own and name that in `{file_key}`; then change the secret"
                    ),
                ),
            }
        }
        let path = self.optional_path(&file_key)?;
        if let Some((problem, hint)) = exposed::found(&path) {
            record(MistakeKind::Exposed, &file_key, problem, hint);
            return None;
        }
        let wrong = |problem: String, hint: String| {
            record(MistakeKind::Secret, &file_key, problem, hint);
        };
        match std::fs::read_to_string(&path) {
            Err(error) => {
                let problem = format!("names `{}`, which can't be read", path.display());
                wrong(problem, error.to_string().to_lowercase());
                None
            }
            Ok(text) => match text.trim_end_matches(['\r', '\n']) {
                "" => {
                    wrong(
                        format!("names `{}`, which is empty", path.display()),
                        String::from("write the secret into it"),
                    );
                    None
                }
                secret => Some(Secret::new(secret)),
            },
        }
    }

    /// [`Section::refuse`], of a key that decides whether a peer is verified.
    pub(crate) fn refuse_tls(&self, key: &str, problem: &str, hint: &str) {
        self.settings.record(Mistake::of_kind(
            MistakeKind::Unverified,
            &self.place(key),
            problem,
            hint,
        ));
    }

    /// Records that a value is not usable, for checks that only its reader can make. Say what is wrong
    /// without the value.
    pub fn refuse(&self, key: &str, problem: &str, hint: &str) {
        self.settings.record(Mistake::wrong(&self.place(key), problem, hint));
    }

    /// True when the key has a value, right or wrong.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn missing(&self, key: &str) -> String {
        // A value of the wrong kind was recorded already.
        if !self.has(key) {
            let hint = format!("add it below `[{}]`, or set `{}`", self.name, self.variable(key));
            self.settings.record(Mistake::missing(&self.place(key), hint));
        }
        String::new()
    }

    fn value(&self, key: &str) -> Option<&'a Value> {
        if !self.name.is_empty() {
            self.settings
                .found()
                .asked
                .entry(self.name.clone())
                .or_default()
                .insert(key.to_owned());
        }
        self.settings.value(&self.name, key)
    }

    fn place(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn variable(&self, key: &str) -> String {
        format!("BANGIOC__{}__{}", self.name.replace('-', "_").to_uppercase(), key.to_uppercase())
    }
}

/// The environment has only text; in the file a number in quotes is a mistake.
fn from_environment(value: &Value) -> bool {
    value.origin() == Some(FROM_ENVIRONMENT)
}

fn kind_name(kind: &ValueKind) -> &'static str {
    match kind {
        ValueKind::Nil => "nothing",
        ValueKind::Boolean(_) => "true or false",
        ValueKind::I64(_)
        | ValueKind::I128(_)
        | ValueKind::U64(_)
        | ValueKind::U128(_)
        | ValueKind::Float(_) => "a number",
        ValueKind::String(_) => "text",
        ValueKind::Table(_) => "a section",
        ValueKind::Array(_) => "a list",
    }
}
