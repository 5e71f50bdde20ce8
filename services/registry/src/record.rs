//! The records of the `_schemas` topic, in Confluent's format, so that a registry can be swapped for
//! another on the same topic.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::fingerprint::Fingerprint;
use crate::level::{Level, Mode};

/// The id of a schema text, the same in all subjects. On the wire a signed 32-bit number from 1.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, serde::Serialize, Deserialize,
)]
#[serde(transparent)]
pub(crate) struct SchemaId(pub(crate) u32);

/// Every id that was ever given, with its meaning.
pub(crate) type Meanings = BTreeMap<SchemaId, Fingerprint>;

/// The number of a version within its subject, from 1.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, serde::Serialize, Deserialize,
)]
#[serde(transparent)]
pub(crate) struct Version(pub(crate) u32);

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Record {
    Schema {
        subject: String,
        version: Version,
        id: SchemaId,
        text: String,
        deleted: bool,
    },
    /// A permanent delete: Kafka's tombstone of the above.
    SchemaErased {
        subject: String,
        version: Version,
    },
    /// `subject` none: the setting of all. `config` none: no longer set.
    Config {
        subject: Option<String>,
        config: Option<LevelSetting>,
    },
    Mode {
        subject: Option<String>,
        mode: Option<Mode>,
    },
    /// Every version up to this one was soft-deleted.
    SubjectDeleted {
        subject: String,
        up_to: Version,
    },
    /// Soft-deleted versions of the subject (none: of all) are gone.
    Cleared {
        subject: Option<String>,
    },
    /// Who writes from here on. A NOOP to Confluent's registry, which never looks at its value.
    Writer(Writer),
    /// Another's NOOP, or the tombstone of a record that has no lasting effect.
    Nothing,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct LevelSetting {
    pub(crate) level: Level,
    pub(crate) normalize: Option<bool>,
}

/// The claim of one registry process on the topic.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, Deserialize)]
pub(crate) struct Writer {
    pub(crate) owner: String,
    /// One more than the claim before.
    pub(crate) claim: u64,
    /// Highest id ever given: survives the compaction of erased schemas, so that no id is given twice.
    pub(crate) highest_id: SchemaId,
    /// What every id given so far means: survives the same, so that none is given another meaning.
    #[serde(default, skip_serializing_if = "Meanings::is_empty")]
    pub(crate) meanings: Meanings,
}

/// Why a record of the topic is left out. None of these can hold an id that we would give again, but
/// for `Foreign`, whose id is kept.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("no key")]
    NoKey,
    #[error("not in Confluent's format")]
    Malformed,
    #[error("of an unknown kind")]
    UnknownKind,
    #[error("a schema that is not Avro, or has references")]
    Foreign(Foreign),
    /// Under the key of a version, which it takes the place of once Kafka compacts.
    #[error("a schema's key with something else")]
    InPlaceOf(Place),
}

/// A version of a subject, as the key of its record names it.
pub(crate) type Place = (String, Version);

/// A schema that another registry could serve.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Foreign {
    pub(crate) place: Place,
    pub(crate) id: SchemaId,
    pub(crate) fingerprint: Fingerprint,
}

#[derive(Deserialize)]
struct RecordKey {
    keytype: String,
    subject: Option<String>,
    version: Option<Version>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SchemaValue {
    id: SchemaId,
    schema: String,
    #[serde(default)]
    deleted: bool,
    schema_type: Option<String>,
    references: Option<Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigValue {
    compatibility_level: Option<String>,
    normalize: Option<bool>,
}

#[derive(Deserialize)]
struct ModeValue {
    mode: String,
}

#[derive(Deserialize)]
struct SubjectDeletedValue {
    version: Version,
}

impl Record {
    pub(crate) fn read(key: Option<&[u8]>, value: Option<&[u8]>) -> Result<Self, Unreadable> {
        let RecordKey { keytype, subject, version } = json(key.ok_or(Unreadable::NoKey)?)?;
        let named = || subject.clone().ok_or(Unreadable::Malformed);
        Ok(match (keytype.as_str(), value) {
            ("SCHEMA", None) => Self::SchemaErased {
                subject: named()?,
                version: version.ok_or(Unreadable::Malformed)?,
            },
            ("SCHEMA", Some(value)) => {
                let (subject, version) = (named()?, version.ok_or(Unreadable::Malformed)?);
                let Ok(SchemaValue { id, schema, deleted, schema_type, references }) = json(value)
                else {
                    return Err(Unreadable::InPlaceOf((subject, version)));
                };
                let kind = schema_type.unwrap_or_else(|| "AVRO".to_owned());
                if kind != "AVRO" || references.is_some_and(|list| !list.is_empty()) {
                    return Err(Unreadable::Foreign(Foreign {
                        place: (subject, version),
                        id,
                        fingerprint: Fingerprint::of_foreign(&kind, &schema),
                    }));
                }
                Self::Schema { subject, version, id, text: schema, deleted }
            }
            ("CONFIG", None) => Self::Config { subject, config: None },
            ("CONFIG", Some(value)) => {
                let ConfigValue { compatibility_level, normalize } = json(value)?;
                let level = compatibility_level.map_or(Ok(Level::DEFAULT), |name| name.parse());
                Self::Config {
                    subject,
                    config: Some(LevelSetting {
                        level: level.map_err(|_| Unreadable::Malformed)?,
                        normalize,
                    }),
                }
            }
            ("MODE", None) => Self::Mode { subject, mode: None },
            ("MODE", Some(value)) => {
                let ModeValue { mode } = json(value)?;
                Self::Mode { subject, mode: Some(mode.parse().map_err(|_| Unreadable::Malformed)?) }
            }
            ("DELETE_SUBJECT", Some(value)) => {
                let SubjectDeletedValue { version } = json(value)?;
                Self::SubjectDeleted { subject: named()?, up_to: version }
            }
            ("CLEAR_SUBJECT", Some(_)) => Self::Cleared { subject },
            ("NOOP", Some(value)) => json(value).map_or(Self::Nothing, Self::Writer),
            ("NOOP" | "DELETE_SUBJECT" | "CLEAR_SUBJECT", None) => Self::Nothing,
            _ => return Err(Unreadable::UnknownKind),
        })
    }

    /// Key and value as they are appended. Attributes in Confluent's order: compaction compares bytes.
    pub(crate) fn write(&self) -> (String, Option<String>) {
        let (key, value) = match self {
            Self::Schema { subject, version, id, text, deleted } => (
                schema_key(subject, *version),
                Some(
                    json!({"subject": subject, "version": version, "id": id, "schema": text, "deleted": deleted}),
                ),
            ),
            Self::SchemaErased { subject, version } => (schema_key(subject, *version), None),
            Self::Config { subject, config } => (
                setting_key("CONFIG", subject.as_deref()),
                config.map(|LevelSetting { level, normalize }| match normalize {
                    None => json!({"compatibilityLevel": level.to_string()}),
                    Some(normalize) => {
                        json!({"normalize": normalize, "compatibilityLevel": level.to_string()})
                    }
                }),
            ),
            Self::Mode { subject, mode } => (
                setting_key("MODE", subject.as_deref()),
                mode.map(|mode| json!({"mode": mode.to_string()})),
            ),
            Self::SubjectDeleted { subject, up_to } => (
                setting_key("DELETE_SUBJECT", Some(subject)),
                Some(json!({"subject": subject, "version": up_to})),
            ),
            Self::Cleared { subject } => (
                setting_key("CLEAR_SUBJECT", subject.as_deref()),
                Some(json!({"subject": subject})),
            ),
            Self::Writer(writer) => (json!({"keytype": "NOOP", "magic": 0}), Some(json!(writer))),
            Self::Nothing => (json!({"keytype": "NOOP", "magic": 0}), None),
        };
        (key.to_string(), value.map(|value| value.to_string()))
    }
}

fn json<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, Unreadable> {
    serde_json::from_slice(bytes).map_err(|_| Unreadable::Malformed)
}

fn schema_key(subject: &str, version: Version) -> Value {
    json!({"keytype": "SCHEMA", "subject": subject, "version": version, "magic": 1})
}

fn setting_key(kind: &str, subject: Option<&str>) -> Value {
    json!({"keytype": kind, "subject": subject, "magic": 0})
}

#[cfg(test)]
mod tests;
