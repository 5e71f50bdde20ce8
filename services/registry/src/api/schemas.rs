//! `/schemas`: by id, across subjects.

use std::sync::Arc;

use axum::extract::{Path, State};
use serde_json::{Map, Value, json};

use super::Api;
use super::answer::{Answered, JsonAnswer};
use super::request::{self, Flags};
use crate::askers::Asker;
use crate::record::SchemaId;
use crate::refusal::Refusal;
use crate::store::{Registered, Scope, Store};

pub(super) async fn types() -> JsonAnswer {
    JsonAnswer::raw(r#"["AVRO"]"#)
}

pub(super) fn shown(subject: &str, found: &Registered) -> Value {
    let mut out = Map::new();
    out.insert("subject".to_owned(), json!(subject));
    out.insert("version".to_owned(), json!(found.version));
    out.insert("id".to_owned(), json!(found.id));
    out.insert("schema".to_owned(), json!(&*found.text));
    if found.deleted {
        out.insert("deleted".to_owned(), json!(true));
    }
    Value::Object(out)
}

pub(super) async fn list(State(api): State<Api>, asker: Asker, flags: Flags) -> Answered {
    let (scope, prefix) = (flags.scope(), flags.text("subjectPrefix").unwrap_or(""));
    let store = api.log.store();
    let of = |subject: &str| {
        let all: Vec<Registered> = store.versions(subject, scope).collect();
        let from = if flags.is("latestOnly") { all.len().saturating_sub(1) } else { 0 };
        all.into_iter().skip(from).map(|found| shown(subject, &found)).collect::<Vec<_>>()
    };
    let all = store
        .subjects(Scope::WithDeleted)
        .filter(|subject| subject.starts_with(prefix) && asker.rights.may_read(subject))
        .flat_map(of);
    JsonAnswer::json(&flags.page(all))
}

pub(super) async fn by_id(
    State(api): State<Api>,
    asker: Asker,
    Path(id): Path<String>,
    flags: Flags,
) -> Answered {
    let id = request::id(&id)?;
    let store = api.log.store();
    let text = readable(&store, &asker, id).ok_or(Refusal::IdNotFound(id.0))?;
    if flags.is("fetchMaxId") {
        return JsonAnswer::json(&json!({"schema": &**text, "maxId": store.highest_id()}));
    }
    JsonAnswer::json(&json!({"schema": &**text}))
}

/// The text of an id that some subject uses which the asker may read. Any other is not there for the asker: a
/// refusal would tell that it is.
fn readable<'s>(store: &'s Store, asker: &Asker, id: SchemaId) -> Option<&'s Arc<str>> {
    let readable = store.uses(id).any(|(subject, _, _)| asker.rights.may_read(subject));
    store.text(id).filter(|_| readable)
}

pub(super) async fn text(State(api): State<Api>, asker: Asker, Path(id): Path<String>) -> Answered {
    let id = request::id(&id)?;
    let store = api.log.store();
    Ok(JsonAnswer::raw(readable(&store, &asker, id).ok_or(Refusal::IdNotFound(id.0))?))
}

pub(super) async fn subjects(
    State(api): State<Api>,
    asker: Asker,
    Path(id): Path<String>,
    flags: Flags,
) -> Answered {
    let mut names: Vec<String> = used(&api, &asker, request::id(&id)?, &flags)?
        .into_iter()
        .map(|(subject, _)| subject)
        .collect();
    names.dedup();
    JsonAnswer::json(&flags.page(names.into_iter()))
}

pub(super) async fn versions(
    State(api): State<Api>,
    asker: Asker,
    Path(id): Path<String>,
    flags: Flags,
) -> Answered {
    let used = used(&api, &asker, request::id(&id)?, &flags)?;
    JsonAnswer::json(&flags.page(
        used.into_iter().map(|(subject, version)| json!({"subject": subject, "version": version})),
    ))
}

fn used(
    api: &Api,
    asker: &Asker,
    id: SchemaId,
    flags: &Flags,
) -> Result<Vec<(String, u32)>, Refusal> {
    let (store, scope) = (api.log.store(), flags.scope());
    if readable(&store, asker, id).is_none() {
        return Err(Refusal::SchemaNotFound);
    }
    let only = flags.text("subject").filter(|subject| !subject.is_empty());
    let uses = store.uses(id).filter(|(subject, _, deleted)| {
        scope.holds(*deleted)
            && only.is_none_or(|only| only == *subject)
            && asker.rights.may_read(subject)
    });
    Ok(uses.map(|(subject, version, _)| (subject.to_owned(), version.0)).collect())
}
