//! What the registry knows: a function of the `_schemas` topic, record by record. Nothing else changes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::fingerprint::Fingerprint;
use crate::level::{Level, Mode};
use crate::record::{Foreign, LevelSetting, Meanings, Place, Record, SchemaId, Version, Writer};

#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Store {
    schemas: BTreeMap<SchemaId, StoredSchema>,
    by_text: HashMap<Arc<str>, BTreeSet<SchemaId>>,
    subjects: BTreeMap<String, BTreeMap<Version, SubjectVersion>>,
    configs: BTreeMap<Option<String>, LevelSetting>,
    modes: BTreeMap<Option<String>, Mode>,
    writer: Option<Writer>,
    highest_id: SchemaId,
    /// Of every id that ever had one, also of erased schemas: an id means one thing for ever.
    meanings: Meanings,
    /// Versions whose last record in the topic was refused: what stands and what the topic says differ.
    contradicted: BTreeSet<Place>,
}

#[derive(Debug, PartialEq, Eq)]
struct StoredSchema {
    text: Arc<str>,
    uses: BTreeSet<(String, Version)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SubjectVersion {
    pub(crate) id: SchemaId,
    pub(crate) deleted: bool,
}

/// One version of a subject, with its text.
#[derive(Debug, Clone)]
pub(crate) struct Registered {
    pub(crate) version: Version,
    pub(crate) id: SchemaId,
    pub(crate) deleted: bool,
    pub(crate) text: Arc<str>,
}

/// Which versions a question is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Scope {
    Active,
    WithDeleted,
    OnlyDeleted,
}

impl Scope {
    pub(crate) fn holds(self, deleted: bool) -> bool {
        match self {
            Self::Active => !deleted,
            Self::WithDeleted => true,
            Self::OnlyDeleted => deleted,
        }
    }
}

/// Which version of a subject.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Choice {
    Latest,
    Number(Version),
}

/// What a record did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    Taken,
    /// It would give an id or a version a second meaning. The first stands; the writer appends
    /// [`Store::mends`] to make the topic say so too, since compaction keeps only the last record of a key.
    Refused,
}

impl Store {
    pub(crate) fn apply(&mut self, record: Record) -> Applied {
        match record {
            Record::Schema { subject, version, id, text, deleted } => {
                return self.put(subject, version, id, text, deleted);
            }
            Record::SchemaErased { subject, version } => self.erase(&subject, version),
            Record::Config { subject, config: Some(config) } => {
                self.configs.insert(subject, config);
            }
            Record::Config { subject, config: None } => {
                self.configs.remove(&subject);
            }
            Record::Mode { subject, mode: Some(mode) } => {
                self.modes.insert(subject, mode);
            }
            Record::Mode { subject, mode: None } => {
                self.modes.remove(&subject);
            }
            Record::SubjectDeleted { subject, up_to } => {
                for entry in self.subjects.entry(subject).or_default().range_mut(..=up_to) {
                    entry.1.deleted = true;
                }
                self.subjects.retain(|_, versions| !versions.is_empty());
            }
            Record::Cleared { subject } => self.clear(subject.as_deref()),
            Record::Writer(writer) => return self.claimed(writer),
            Record::Nothing => {}
        }
        Applied::Taken
    }

    /// A schema that isn't ours to serve; its id is taken all the same.
    pub(crate) fn keep_foreign(&mut self, foreign: Foreign) -> Applied {
        let Foreign { place, id, fingerprint } = foreign;
        self.keep_id(id);
        if self.mean(id, fingerprint) {
            self.displaced(place)
        } else {
            self.contradicted.insert(place);
            Applied::Refused
        }
    }

    /// A record that is none has taken the place of a version: refused where there is one.
    pub(crate) fn displaced(&mut self, place: Place) -> Applied {
        if self.entry(&place.0, place.1).is_none() {
            return Applied::Taken;
        }
        self.contradicted.insert(place);
        Applied::Refused
    }

    fn claimed(&mut self, writer: Writer) -> Applied {
        self.keep_id(writer.highest_id);
        let mut applied = Applied::Taken;
        for (id, fingerprint) in &writer.meanings {
            self.keep_id(*id);
            if !self.mean(*id, *fingerprint) {
                applied = Applied::Refused;
            }
        }
        self.writer = Some(Writer { meanings: Meanings::new(), ..writer });
        applied
    }

    fn keep_id(&mut self, id: SchemaId) {
        self.highest_id = self.highest_id.max(id);
    }

    /// From now on the id means this; false when it means something else.
    fn mean(&mut self, id: SchemaId, fingerprint: Fingerprint) -> bool {
        *self.meanings.entry(id).or_insert(fingerprint) == fingerprint
    }

    /// Could the id be this schema's? Also where the one that had it is long erased.
    pub(crate) fn may_mean(&self, id: SchemaId, text: &str) -> bool {
        let fingerprint = Fingerprint::of(text);
        self.meanings.get(&id).is_none_or(|meaning| *meaning == fingerprint)
    }

    pub(crate) fn meanings(&self) -> &Meanings {
        &self.meanings
    }

    fn put(
        &mut self,
        subject: String,
        version: Version,
        id: SchemaId,
        text: String,
        deleted: bool,
    ) -> Applied {
        self.keep_id(id);
        let before = self.entry(&subject, version);
        if before.is_some_and(|before| before.id != id) || !self.mean(id, Fingerprint::of(&text)) {
            self.contradicted.insert((subject, version));
            return Applied::Refused;
        }
        let place = (subject, version);
        self.contradicted.remove(&place);
        let (subject, version) = place;
        let text: Arc<str> = text.into();
        let schema = self
            .schemas
            .entry(id)
            .or_insert_with(|| StoredSchema { text: Arc::clone(&text), uses: BTreeSet::new() });
        schema.uses.insert((subject.clone(), version));
        self.by_text.entry(text).or_default().insert(id);
        self.subjects.entry(subject).or_default().insert(version, SubjectVersion { id, deleted });
        Applied::Taken
    }

    fn erase(&mut self, subject: &str, version: Version) {
        self.contradicted.remove(&(subject.to_owned(), version));
        let Some(versions) = self.subjects.get_mut(subject) else {
            return;
        };
        let Some(entry) = versions.remove(&version) else {
            return;
        };
        if versions.is_empty() {
            self.subjects.remove(subject);
        }
        let Some(schema) = self.schemas.get_mut(&entry.id) else {
            return;
        };
        schema.uses.remove(&(subject.to_owned(), version));
        if !schema.uses.is_empty() {
            return;
        }
        if let Some(StoredSchema { text, .. }) = self.schemas.remove(&entry.id)
            && let Some(ids) = self.by_text.get_mut(&text)
        {
            ids.remove(&entry.id);
            if ids.is_empty() {
                self.by_text.remove(&text);
            }
        }
    }

    fn clear(&mut self, only: Option<&str>) {
        let deleted: Vec<(String, Version)> = self
            .subjects
            .iter()
            .filter(|(subject, _)| only.is_none_or(|only| only == subject.as_str()))
            .flat_map(|(subject, versions)| {
                versions
                    .iter()
                    .filter(|(_, entry)| entry.deleted)
                    .map(|(version, _)| (subject.clone(), *version))
            })
            .collect();
        for (subject, version) in deleted {
            self.erase(&subject, version);
        }
    }

    /// The records that make the topic say what stands.
    pub(crate) fn mends(&self) -> Vec<Record> {
        let mend = |(subject, version): &(String, Version)| {
            let (subject, version) = (subject.clone(), *version);
            let stands = self
                .entry(&subject, version)
                .and_then(|entry| Some((entry, self.schemas.get(&entry.id)?)));
            match stands {
                Some((SubjectVersion { id, deleted }, schema)) => {
                    Record::Schema { subject, version, id, text: schema.text.to_string(), deleted }
                }
                None => Record::SchemaErased { subject, version },
            }
        };
        self.contradicted.iter().map(mend).collect()
    }

    pub(crate) fn writer(&self) -> Option<&Writer> {
        self.writer.as_ref()
    }

    pub(crate) fn highest_id(&self) -> SchemaId {
        self.highest_id
    }

    pub(crate) fn subjects(&self, scope: Scope) -> impl Iterator<Item = &str> {
        // A subject is deleted when none of its versions is active.
        self.subjects
            .iter()
            .filter(move |(_, versions)| {
                scope == Scope::WithDeleted
                    || scope.holds(versions.values().all(|entry| entry.deleted))
            })
            .map(|(subject, _)| subject.as_str())
    }

    pub(crate) fn has_subject(&self, subject: &str, scope: Scope) -> bool {
        self.versions(subject, scope).next().is_some()
    }

    /// Oldest first.
    pub(crate) fn versions(
        &self,
        subject: &str,
        scope: Scope,
    ) -> impl DoubleEndedIterator<Item = Registered> {
        self.subjects
            .get(subject)
            .into_iter()
            .flatten()
            .filter(move |(_, entry)| scope.holds(entry.deleted))
            .filter_map(|(version, entry)| {
                let text = Arc::clone(&self.schemas.get(&entry.id)?.text);
                Some(Registered { version: *version, id: entry.id, deleted: entry.deleted, text })
            })
    }

    pub(crate) fn version(
        &self,
        subject: &str,
        choice: Choice,
        scope: Scope,
    ) -> Option<Registered> {
        match choice {
            Choice::Latest => self.versions(subject, scope).next_back(),
            Choice::Number(wanted) => {
                self.versions(subject, scope).find(|found| found.version == wanted)
            }
        }
    }

    pub(crate) fn entry(&self, subject: &str, version: Version) -> Option<SubjectVersion> {
        self.subjects.get(subject)?.get(&version).copied()
    }

    /// The newest version of the subject with this very text.
    pub(crate) fn find(&self, subject: &str, text: &str, scope: Scope) -> Option<Registered> {
        let ids = self.by_text.get(text)?;
        self.versions(subject, scope).rev().find(|found| ids.contains(&found.id))
    }

    pub(crate) fn id_of(&self, text: &str) -> Option<SchemaId> {
        self.by_text.get(text)?.first().copied()
    }

    pub(crate) fn text(&self, id: SchemaId) -> Option<&Arc<str>> {
        self.schemas.get(&id).map(|schema| &schema.text)
    }

    /// Where an id is used: subject, version, whether soft-deleted there.
    pub(crate) fn uses(&self, id: SchemaId) -> impl Iterator<Item = (&str, Version, bool)> {
        self.schemas.get(&id).into_iter().flat_map(|schema| &schema.uses).filter_map(
            |(subject, version)| {
                Some((subject.as_str(), *version, self.entry(subject, *version)?.deleted))
            },
        )
    }

    pub(crate) fn config(&self, subject: Option<&str>) -> Option<LevelSetting> {
        self.configs.get(&subject.map(str::to_owned)).copied()
    }

    pub(crate) fn mode(&self, subject: Option<&str>) -> Option<Mode> {
        self.modes.get(&subject.map(str::to_owned)).copied()
    }

    /// What holds for a subject: its own setting, else that of all, else Confluent's default.
    pub(crate) fn config_in_force(&self, subject: &str) -> LevelSetting {
        let default = LevelSetting { level: Level::DEFAULT, normalize: None };
        self.config(Some(subject)).or_else(|| self.config(None)).unwrap_or(default)
    }

    pub(crate) fn mode_in_force(&self, subject: &str) -> Mode {
        match self.mode(None) {
            Some(Mode::ReadOnlyOverride) => Mode::ReadOnlyOverride,
            all => self.mode(Some(subject)).or(all).unwrap_or(Mode::DEFAULT),
        }
    }

    /// Does the topic say something else than what stands?
    pub(crate) fn is_contradicted(&self) -> bool {
        !self.contradicted.is_empty()
    }

    pub(crate) fn schema_count(&self) -> usize {
        self.schemas.len()
    }
}

#[cfg(test)]
mod tests;
