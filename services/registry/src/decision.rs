//! Request and state to the records that would carry it out. Pure: nothing is written here, and what a
//! request did is read from the state once the records have come back from the topic.

use crate::compatibility;
use crate::definition::{Definition, Form};
use crate::in_use::InUse;
use crate::level::{Level, Mode};
use crate::record::{LevelSetting, Record, SchemaId, Version};
use crate::refusal::Refusal;
use crate::store::{Choice, Registered, Scope, Store};

pub(crate) type Decision = Result<Vec<Record>, Refusal>;

/// A schema that someone wants registered.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) definition: &'a Definition,
    /// Only in mode IMPORT: the id and version it has elsewhere.
    pub(crate) id: Option<SchemaId>,
    pub(crate) version: Option<Version>,
}

/// Highest id and version: signed 32-bit on the wire and in Java.
const HIGHEST: u32 = i32::MAX as u32;

/// No records: it is registered already.
pub(crate) fn register(store: &Store, subject: &str, draft: &Draft<'_>) -> Decision {
    let mode = writable(store, subject)?;
    if mode == Mode::Import {
        return import(store, subject, draft);
    }
    let text = draft.definition.text();
    let found = store.find(subject, text, Scope::Active);
    if let Some(found) = found {
        return if draft.id.is_none_or(|id| id == found.id) {
            Ok(Vec::new())
        } else {
            Err(not_import(subject))
        };
    }
    if draft.id.is_some() {
        return Err(not_import(subject));
    }
    let level = store.config_in_force(subject).level;
    let details =
        judge(draft.definition, &store.versions(subject, Scope::Active).collect::<Vec<_>>(), level);
    if !details.is_empty() {
        return Err(Refusal::Incompatible { subject: subject.to_owned(), details });
    }
    let next = next_version(store, subject)?;
    if draft.version.is_some_and(|wanted| wanted != next) {
        return Err(Refusal::NotPermitted(format!(
            "Version is not one more than previous version of subject {subject}"
        )));
    }
    let id = match store.id_of(text) {
        Some(id) => id,
        None => SchemaId(after(store.highest_id().0)?),
    };
    Ok(vec![schema(subject, next, id, text)])
}

fn import(store: &Store, subject: &str, draft: &Draft<'_>) -> Decision {
    let text = draft.definition.text();
    let Some(id) = draft.id else {
        return Err(Refusal::NotPermitted(format!(
            "Subject {subject} is in import mode, an id is needed"
        )));
    };
    let version = match draft.version {
        Some(version) => version,
        None => next_version(store, subject)?,
    };
    if !(1..=HIGHEST).contains(&id.0) || !(1..=HIGHEST).contains(&version.0) {
        return Err(Refusal::InvalidVersion(version.0.to_string()));
    }
    if !store.may_mean(id, text) {
        return Err(Refusal::NotPermitted(format!(
            "Overwrite new schema with id {} is not permitted.",
            id.0
        )));
    }
    match store.entry(subject, version) {
        Some(entry) if entry.id != id => Err(Refusal::NotPermitted(format!(
            "Version {} of subject {subject} has another id",
            version.0
        ))),
        Some(entry) if !entry.deleted => Ok(Vec::new()),
        _ => Ok(vec![schema(subject, version, id, text)]),
    }
}

fn schema(subject: &str, version: Version, id: SchemaId, text: &str) -> Record {
    Record::Schema {
        subject: subject.to_owned(),
        version,
        id,
        text: text.to_owned(),
        deleted: false,
    }
}

fn next_version(store: &Store, subject: &str) -> Result<Version, Refusal> {
    let last =
        store.version(subject, Choice::Latest, Scope::WithDeleted).map_or(0, |last| last.version.0);
    after(last).map(Version)
}

fn after(number: u32) -> Result<u32, Refusal> {
    if number < HIGHEST { Ok(number + 1) } else { Err(Refusal::Store) }
}

fn not_import(subject: &str) -> Refusal {
    Refusal::NotPermitted(format!("Subject {subject} is not in import mode"))
}

/// Compares with registered versions, oldest first. One that we can't read (registered elsewhere, under
/// other limits) counts as incompatible: better a refusal than a reader that fails.
pub(crate) fn judge(new: &Definition, before: &[Registered], level: Level) -> Vec<String> {
    let mut definitions = Vec::with_capacity(before.len());
    for registered in before {
        match Definition::read(&registered.text, Form::Canonical) {
            Ok(definition) => definitions.push((registered.version.0, definition)),
            Err(_) if level == Level::None => {}
            Err(fault) => {
                return vec![format!(
                    "{{oldSchemaVersion: {}}} can't be read: {fault}",
                    registered.version.0
                )];
            }
        }
    }
    compatibility::check(new, &definitions, level)
}

fn writable(store: &Store, subject: &str) -> Result<Mode, Refusal> {
    match store.mode_in_force(subject) {
        Mode::ReadOnly | Mode::ReadOnlyOverride => {
            Err(Refusal::NotPermitted(format!("Subject {subject} is in read-only mode")))
        }
        mode => Ok(mode),
    }
}

/// How much of a deletion is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deletion {
    /// Hidden, its id still answers: readers of old data go on.
    Soft,
    /// Gone. Only after a soft one.
    Permanent,
}

/// The versions deleted, and how.
pub(crate) fn delete_subject(
    store: &Store,
    in_use: &InUse,
    subject: &str,
    deletion: Deletion,
) -> Result<(Vec<Version>, Vec<Record>), Refusal> {
    in_use.keeps(subject, "deleting it")?;
    writable(store, subject)?;
    let numbers =
        |scope| store.versions(subject, scope).map(|found| found.version).collect::<Vec<_>>();
    let all = numbers(Scope::WithDeleted);
    let active = numbers(Scope::Active);
    let Some(up_to) = all.last().copied() else {
        return Err(Refusal::SubjectNotFound(subject.to_owned()));
    };
    match (deletion, active.is_empty()) {
        (Deletion::Soft, true) => Err(Refusal::SubjectSoftDeleted(subject.to_owned())),
        (Deletion::Permanent, false) => Err(Refusal::SubjectNotSoftDeleted(subject.to_owned())),
        (Deletion::Soft, false) => {
            let mut records = vec![Record::SubjectDeleted { subject: subject.to_owned(), up_to }];
            records.extend(settings_of(store, subject));
            Ok((active, records))
        }
        (Deletion::Permanent, true) => {
            let erased = all.iter().map(|version| Record::SchemaErased {
                subject: subject.to_owned(),
                version: *version,
            });
            let records = erased.collect();
            Ok((all, records))
        }
    }
}

/// A deleted subject loses its settings, as with Confluent.
fn settings_of<'a>(store: &Store, subject: &'a str) -> impl Iterator<Item = Record> + use<'a> {
    let config = store
        .config(Some(subject))
        .map(|_| Record::Config { subject: Some(subject.to_owned()), config: None });
    let mode = store
        .mode(Some(subject))
        .map(|_| Record::Mode { subject: Some(subject.to_owned()), mode: None });
    config.into_iter().chain(mode)
}

pub(crate) fn delete_version(
    store: &Store,
    in_use: &InUse,
    subject: &str,
    choice: Choice,
    deletion: Deletion,
) -> Result<(Version, Vec<Record>), Refusal> {
    in_use.keeps(subject, "deleting a version")?;
    writable(store, subject)?;
    if !store.has_subject(subject, Scope::WithDeleted) {
        return Err(Refusal::SubjectNotFound(subject.to_owned()));
    }
    let scope = if choice == Choice::Latest && deletion == Deletion::Soft {
        Scope::Active
    } else {
        Scope::WithDeleted
    };
    let Some(found) = store.version(subject, choice, scope) else {
        return Err(match choice {
            Choice::Number(version) => Refusal::VersionNotFound(version.0),
            Choice::Latest => Refusal::SubjectNotFound(subject.to_owned()),
        });
    };
    let Registered { version, id, deleted, text } = found;
    match (deletion, deleted) {
        (Deletion::Soft, true) => Err(Refusal::VersionSoftDeleted(subject.to_owned(), version.0)),
        (Deletion::Permanent, false) => {
            Err(Refusal::VersionNotSoftDeleted(subject.to_owned(), version.0))
        }
        (Deletion::Permanent, true) => {
            Ok((version, vec![Record::SchemaErased { subject: subject.to_owned(), version }]))
        }
        (Deletion::Soft, false) => {
            let mut records = vec![Record::Schema {
                subject: subject.to_owned(),
                version,
                id,
                text: text.to_string(),
                deleted: true,
            }];
            if store.versions(subject, Scope::Active).count() == 1 {
                records.extend(settings_of(store, subject));
            }
            Ok((version, records))
        }
    }
}

pub(crate) fn set_config(
    store: &Store,
    subject: Option<&str>,
    level: Option<Level>,
    normalize: Option<bool>,
) -> Vec<Record> {
    // What a request doesn't name stays.
    let now = store
        .config(subject)
        .unwrap_or(LevelSetting { level: level.unwrap_or(Level::DEFAULT), normalize: None });
    let config =
        LevelSetting { level: level.unwrap_or(now.level), normalize: normalize.or(now.normalize) };
    vec![Record::Config { subject: subject.map(str::to_owned), config: Some(config) }]
}

/// `force`: switch to IMPORT though there are schemas, but never where a topic of the contracts uses them.
pub(crate) fn set_mode(
    store: &Store,
    in_use: &InUse,
    subject: Option<&str>,
    mode: Mode,
    force: Force,
) -> Decision {
    let record = Record::Mode { subject: subject.map(str::to_owned), mode: Some(mode) };
    if mode != Mode::Import || store.mode(subject) == Some(Mode::Import) {
        return Ok(vec![record]);
    }
    in_use.keeps_from_import(store, subject)?;
    let taken = match subject {
        Some(subject) => store.has_subject(subject, Scope::Active),
        None => store.subjects(Scope::Active).next().is_some(),
    };
    if taken && force == Force::No {
        return Err(Refusal::NotPermitted(
            "Cannot import since found existing subjects".to_owned(),
        ));
    }
    // Soft-deleted versions would stand in the way of the numbers that come.
    Ok(vec![Record::Cleared { subject: subject.map(str::to_owned) }, record])
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Force {
    Yes,
    No,
}

#[cfg(test)]
mod tests;
