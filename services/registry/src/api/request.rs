//! Requests: flags, subjects, versions, schemas, each parsed once and refused in Confluent's words.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::definition::{Definition, Form};
use crate::record::{SchemaId, Version};
use crate::refusal::Refusal;
use crate::store::{Choice, Scope};

/// What stands behind the `?`. Unknown flags are ignored, as new clients send new ones.
#[derive(Debug, Default)]
pub(super) struct Flags(HashMap<String, String>);

impl<S: Send + Sync> FromRequestParts<S> for Flags {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let query = Query::<HashMap<String, String>>::from_request_parts(parts, state).await;
        query
            .map(|Query(flags)| Self(flags))
            .map_err(|_| Refusal::Malformed("the query can't be read".to_owned()))
    }
}

impl Flags {
    pub(super) fn is(&self, flag: &str) -> bool {
        self.text(flag).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn text(&self, flag: &str) -> Option<&str> {
        self.0.get(flag).map(String::as_str)
    }

    pub(super) fn number(&self, flag: &str) -> Option<usize> {
        self.text(flag)?.parse().ok()
    }

    pub(super) fn scope(&self) -> Scope {
        if self.is("deletedOnly") {
            Scope::OnlyDeleted
        } else if self.is("deleted") {
            Scope::WithDeleted
        } else {
            Scope::Active
        }
    }

    /// `offset` and `limit`; a negative limit is none.
    pub(super) fn page<T>(&self, all: impl Iterator<Item = T>) -> Vec<T> {
        all.skip(self.number("offset").unwrap_or(0))
            .take(self.number("limit").unwrap_or(usize::MAX))
            .collect()
    }
}

/// Longest name of a subject, in bytes: a topic's name has at most 249, and a record's may follow it.
const LONGEST_SUBJECT: usize = 1_024;

pub(super) fn subject(name: &str) -> Result<(), Refusal> {
    let reserved = matches!(name, "__GLOBAL" | "__EMPTY");
    // `:.name:subject` is how Confluent spells a context; we have only the default one.
    let context = name.starts_with(":.");
    if name.is_empty()
        || name.len() > LONGEST_SUBJECT
        || reserved
        || context
        || name.chars().any(char::is_control)
    {
        return Err(Refusal::InvalidSubject(name.chars().take(100).collect()));
    }
    Ok(())
}

pub(super) fn choice(text: &str) -> Result<Choice, Refusal> {
    match text.parse::<i64>() {
        _ if text == "latest" => Ok(Choice::Latest),
        Ok(-1) => Ok(Choice::Latest),
        Ok(number) => {
            match i32::try_from(number).ok().and_then(|number| u32::try_from(number).ok()) {
                Some(number @ 1..) => Ok(Choice::Number(Version(number))),
                _ => Err(Refusal::InvalidVersion(text.to_owned())),
            }
        }
        Err(_) => Err(Refusal::InvalidVersion(text.chars().take(100).collect())),
    }
}

/// An id in a path. What is no number is no path of ours, as with Confluent.
pub(super) fn id(text: &str) -> Result<SchemaId, Refusal> {
    text.parse::<i32>()
        .map_err(|_| Refusal::NoSuchPath)
        .and_then(|number| u32::try_from(number).map(SchemaId).map_err(|_| Refusal::SchemaNotFound))
}

pub(super) type Body = Result<Bytes, BytesRejection>;

/// Its content type was looked at before (`origin`): clients send three different ones.
pub(super) fn body<T: DeserializeOwned>(body: Body) -> Result<T, Refusal> {
    let bytes = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge,
        _ => Refusal::Malformed("the body can't be read".to_owned()),
    })?;
    serde_json::from_slice(&bytes)
        .map_err(|error| Refusal::Malformed(format!("the body is not the JSON expected: {error}")))
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SchemaBody {
    schema: Option<String>,
    schema_type: Option<String>,
    references: Option<Vec<Value>>,
    metadata: Option<Value>,
    rule_set: Option<Value>,
    id: Option<i64>,
    version: Option<i64>,
}

impl SchemaBody {
    /// Reads the schema on a thread that may block: a long one takes some ten milliseconds.
    pub(super) async fn definition(&self, form: Form) -> Result<Definition, Refusal> {
        if self.schema_type.as_deref().is_some_and(|kind| kind != "AVRO") {
            return Err(Refusal::UnsupportedSchema(
                "Invalid schema: this registry holds only schemas of type AVRO",
            ));
        }
        if self.references.as_ref().is_some_and(|list| !list.is_empty()) {
            return Err(Refusal::UnsupportedSchema(
                "Invalid schema: references to other subjects are not supported; write the types into the schema",
            ));
        }
        if [&self.metadata, &self.rule_set].into_iter().flatten().any(holds_something) {
            return Err(Refusal::UnsupportedSchema(
                "Invalid schema: metadata and rules are not supported",
            ));
        }
        let text = self
            .schema
            .clone()
            .filter(|text| !text.is_empty())
            .ok_or(Refusal::UnsupportedSchema("Empty schema"))?;
        let read = tokio::task::spawn_blocking(move || Definition::read(&text, form)).await;
        read.map_err(|_| Refusal::Store)?.map_err(Refusal::InvalidSchema)
    }

    /// Clients that have none send none, 0 or −1.
    pub(super) fn id(&self) -> Option<SchemaId> {
        self.id.and_then(|id| u32::try_from(id).ok()).filter(|id| *id > 0).map(SchemaId)
    }

    pub(super) fn version(&self) -> Option<Version> {
        self.version
            .and_then(|version| u32::try_from(version).ok())
            .filter(|version| *version > 0)
            .map(Version)
    }
}

/// Clients write an absent thing as null, `{}` or an object of nulls.
fn holds_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Object(map) => map.values().any(holds_something),
        Value::Array(list) => !list.is_empty(),
        _ => true,
    }
}
