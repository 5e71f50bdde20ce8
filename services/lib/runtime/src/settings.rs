//! Settings of one process: a TOML file, overlaid by the environment. Reading never stops at a mistake;
//! [`Settings::finish`] returns all of them at once.

mod duration;
mod exposed;
mod mistake;
mod section;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use config::{Config, Environment, File, FileFormat, Value, ValueKind};

pub use mistake::{Mistake, MistakeKind, SettingsError};
pub use section::Section;

/// Sections that some service reads.
const SECTIONS: [&str; 14] = [
    "kafka",
    "operators",
    "registry",
    "source",
    "store",
    "open-store",
    "open-data",
    "sink",
    "capture",
    "dead-letter",
    "reconcile",
    "listener",
    "metrics",
    "log",
];

/// Before every environment variable that overlays the file: `BANGIOC__KAFKA__BROKERS`.
const ENVIRONMENT: &str = "BANGIOC";

/// What config names as the origin of a value from the environment. Secrets may stand there in the clear.
const FROM_ENVIRONMENT: &str = "the environment";

/// The settings as read. Paths in them are relative to the directory that the process runs in.
#[derive(Debug)]
pub struct Settings {
    file: Option<PathBuf>,
    tree: BTreeMap<String, Value>,
    found: Mutex<SettingsRead>,
}

/// What reading has brought to light so far.
#[derive(Debug, Default)]
struct SettingsRead {
    mistakes: BTreeSet<Mistake>,
    /// Section → keys that were asked for.
    asked: BTreeMap<String, BTreeSet<String>>,
}

impl Settings {
    /// Reads the file, if one is given, and the environment (`BANGIOC__SECTION__KEY`; a `-` in a section's
    /// name is `_` there: `BANGIOC__DEAD_LETTER__…`). Fails only when the file can't be read as TOML.
    pub fn load(path: Option<&Path>) -> Result<Settings, SettingsError> {
        Settings::load_with(
            path,
            std::env::vars_os().filter_map(|(key, value)| {
                Some((key.into_string().ok()?, value.into_string().ok()?))
            }),
        )
    }

    /// [`Settings::load`] with the environment given.
    pub fn load_with(
        path: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, SettingsError> {
        let text = match path {
            None => String::new(),
            Some(path) => std::fs::read_to_string(path)
                .map_err(|error| SettingsError::unreadable(path, &error))?,
        };
        Settings::parse(path, &text, environment)
    }

    #[cfg(test)]
    pub(crate) fn of_text(text: &str) -> Settings {
        Settings::parse(None, text, []).unwrap()
    }

    fn parse(
        path: Option<&Path>,
        text: &str,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Settings, SettingsError> {
        let fails = |error: config::ConfigError| SettingsError::not_toml(path, &error);
        let file = Config::builder()
            .add_source(File::from_str(text, FileFormat::Toml))
            .build()
            .map_err(fails)?;
        let environment =
            environment.into_iter().filter_map(|(key, value)| Some((overlay_key(&key)?, value)));
        let overlay = Environment::default().separator("__").source(Some(environment.collect()));
        let whole =
            Config::builder().add_source(file).add_source(overlay).build().map_err(fails)?;
        let settings = Settings {
            file: path.map(Path::to_owned),
            tree: whole.cache.into_table().map_err(fails)?.into_iter().collect(),
            found: Mutex::default(),
        };
        settings.check_names();
        Ok(settings)
    }

    fn check_names(&self) {
        let known = || SECTIONS.into_iter().chain(["prefix", "contracts"]);
        for (name, value) in &self.tree {
            let is_table = matches!(value.kind, ValueKind::Table(_));
            if !known().any(|one| one == name) {
                self.record(Mistake::unknown(name, known()));
            } else if SECTIONS.contains(&name.as_str()) != is_table {
                self.record(if is_table {
                    let hint = format!("write `{name} = \"…\"` above the first section");
                    Mistake::wrong(name, "must be a single value", hint)
                } else {
                    Mistake::wrong(
                        name,
                        "must be a section",
                        format!("write `[{name}]` and its keys below it"),
                    )
                });
            }
        }
    }

    /// Reads of a section that the file lacks give its defaults, or record what is missing.
    pub fn section(&self, name: &str) -> Section<'_> {
        self.found().asked.entry(name.to_owned()).or_default();
        Section::new(self, name)
    }

    /// Does the file, or the environment, say anything in this section?
    pub fn has_section(&self, name: &str) -> bool {
        self.tree.contains_key(name)
    }

    /// First part of every topic's name.
    pub fn prefix(&self) -> String {
        let prefix = self.top("prefix").text_or("prefix", "caobang");
        let good = prefix.starts_with(|c: char| c.is_ascii_lowercase())
            && prefix.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !good {
            self.record(Mistake::wrong(
                "prefix",
                "is no name",
                "use a-z, 0-9 and `-`, a letter first, as in `caobang`",
            ));
        }
        prefix
    }

    /// The directory that holds the data contracts; `schemas` when nothing is said.
    pub fn contracts_dir(&self) -> PathBuf {
        PathBuf::from(self.top("contracts").text_or("contracts", "schemas"))
    }

    fn top(&self, key: &str) -> Section<'_> {
        self.found().asked.entry(String::new()).or_default().insert(key.to_owned());
        Section::new(self, "")
    }

    /// Every mistake met so far, and the unknown keys of the sections that were read. Call it once all is
    /// read, before anything starts.
    pub fn finish(&self) -> Result<(), SettingsError> {
        self.finish_without(&[])
    }

    /// As [`Settings::finish`], for what is of use before `needless` sections are written: nobody minds what
    /// is in them, or that they are missing.
    pub fn finish_without(&self, needless: &[&str]) -> Result<(), SettingsError> {
        let minded = |section: &str| !needless.contains(&section);
        let mut mistakes = self.found().mistakes.clone();
        mistakes.retain(|mistake| {
            mistake.place.split_once('.').is_none_or(|(section, _)| minded(section))
        });
        for (section, asked) in
            self.found().asked.iter().filter(|(section, _)| !section.is_empty() && minded(section))
        {
            let Some(Value { kind: ValueKind::Table(table), .. }) = self.tree.get(section) else {
                continue;
            };
            for key in table.keys().filter(|key| !asked.contains(*key)) {
                let known = asked.iter().map(String::as_str);
                mistakes.insert(Mistake::unknown_key(section, key, known));
            }
        }
        if mistakes.is_empty() {
            Ok(())
        } else {
            Err(SettingsError::new(self.file.as_deref(), mistakes))
        }
    }

    fn value(&self, section: &str, key: &str) -> Option<&Value> {
        if section.is_empty() {
            return self.tree.get(key);
        }
        match &self.tree.get(section)?.kind {
            ValueKind::Table(table) => table.get(key),
            _ => None,
        }
    }

    fn record(&self, mistake: Mistake) {
        self.found().mistakes.insert(mistake);
    }

    fn found(&self) -> MutexGuard<'_, SettingsRead> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `BANGIOC__DEAD_LETTER__PAYLOAD_DAYS` → `dead-letter__payload_days`.
fn overlay_key(variable: &str) -> Option<String> {
    let path = variable.strip_prefix(ENVIRONMENT)?.strip_prefix("__")?.to_lowercase();
    let (first, rest) =
        path.split_once("__").map_or((path.as_str(), None), |(first, rest)| (first, Some(rest)));
    let first = first.replace('_', "-");
    Some(rest.map_or(first.clone(), |rest| format!("{first}__{rest}")))
}

#[cfg(test)]
mod tests;
