//! `/subjects`: versions of a subject, registration, look-up, deletion.

use std::sync::Arc;

use axum::extract::State;
use serde_json::{Value, json};

use super::Api;
use super::answer::{Answered, JsonAnswer};
use super::named::{Administer, NamedInPath, Read, Write};
use super::request::{self, Body, Flags, SchemaBody};
use super::schemas::shown;
use crate::askers::Asker;
use crate::decision::{self, Deletion, Draft};
use crate::definition::Form;
use crate::refusal::Refusal;
use crate::store::{Choice, Registered, Scope};

pub(super) async fn list(State(api): State<Api>, asker: Asker, flags: Flags) -> Answered {
    let prefix = flags.text("subjectPrefix").unwrap_or("");
    let store = api.log.store();
    JsonAnswer::json(
        &flags.page(
            store
                .subjects(flags.scope())
                .filter(|subject| subject.starts_with(prefix) && asker.rights.may_read(subject)),
        ),
    )
}

pub(super) async fn versions(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Read>,
    flags: Flags,
) -> Answered {
    let store = api.log.store();
    let numbers: Vec<_> =
        store.versions(&subject, flags.scope()).map(|found| found.version).collect();
    if numbers.is_empty() {
        return Err(Refusal::SubjectNotFound(subject));
    }
    JsonAnswer::json(&flags.page(numbers.into_iter()))
}

pub(super) async fn version(
    State(api): State<Api>,
    named: NamedInPath<Read>,
    flags: Flags,
) -> Answered {
    let found = found(&api, &named, &flags)?;
    JsonAnswer::json(&shown(&named.subject, &found))
}

pub(super) async fn text(
    State(api): State<Api>,
    named: NamedInPath<Read>,
    flags: Flags,
) -> Answered {
    Ok(JsonAnswer::raw(&found(&api, &named, &flags)?.text))
}

/// Nothing refers to anything here, but the question is allowed.
pub(super) async fn referenced_by(
    State(api): State<Api>,
    named: NamedInPath<Read>,
    flags: Flags,
) -> Answered {
    found(&api, &named, &flags)?;
    Ok(JsonAnswer::raw("[]"))
}

fn found(api: &Api, named: &NamedInPath<Read>, flags: &Flags) -> Result<Registered, Refusal> {
    let subject = named.subject.as_str();
    let choice = request::choice(named.version()?)?;
    let (scope, store) = (flags.scope(), api.log.store());
    match (store.version(subject, choice, scope), choice) {
        (Some(found), _) => Ok(found),
        (None, Choice::Number(version)) if store.has_subject(subject, scope) => {
            Err(Refusal::VersionNotFound(version.0))
        }
        (None, _) => Err(Refusal::SubjectNotFound(subject.to_owned())),
    }
}

pub(super) fn form(api: &Api, subject: &str, flags: &Flags) -> Form {
    let wanted = flags.text("normalize").map_or_else(
        || api.log.store().config_in_force(subject).normalize,
        |_| Some(flags.is("normalize")),
    );
    if wanted == Some(true) { Form::Normalized } else { Form::Canonical }
}

pub(super) async fn register(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Write>,
    flags: Flags,
    body: Body,
) -> Answered {
    let body: SchemaBody = request::body(body)?;
    let definition = body.definition(form(&api, &subject, &flags)).await?;
    let text = definition.text().clone();
    let (id, version) = (body.id(), body.version());
    // Without the log where it is there already: serializers ask at every start. With an id or version
    // of its own it is a matter for the one who decides.
    if id.is_none() && version.is_none() {
        let known = api.log.store().find(&subject, &text, Scope::Active);
        if let Some(known) = known {
            return JsonAnswer::json(&registered(&known));
        }
    }
    let name = subject.clone();
    api.log
        .write(move |store| {
            Ok((
                (),
                decision::register(store, &name, &Draft { definition: &definition, id, version })?,
            ))
        })
        .await?;
    // Not found: another's record came first, and ours was refused when it was read.
    let found = api.log.store().find(&subject, &text, Scope::Active).ok_or(Refusal::Store)?;
    JsonAnswer::json(&registered(&found))
}

fn registered(found: &Registered) -> Value {
    json!({"id": found.id, "version": found.version, "schema": &*found.text})
}

pub(super) async fn look_up(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Read>,
    flags: Flags,
    body: Body,
) -> Answered {
    let body: SchemaBody = request::body(body)?;
    let scope = flags.scope();
    if !api.log.store().has_subject(&subject, scope) {
        return Err(Refusal::SubjectNotFound(subject));
    }
    let definition = body.definition(form(&api, &subject, &flags)).await?;
    let found =
        api.log.store().find(&subject, definition.text(), scope).ok_or(Refusal::SchemaNotFound)?;
    JsonAnswer::json(&shown(&subject, &found))
}

fn deletion(flags: &Flags) -> Deletion {
    if flags.is("permanent") { Deletion::Permanent } else { Deletion::Soft }
}

pub(super) async fn delete(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Administer>,
    flags: Flags,
) -> Answered {
    let (deletion, in_use) = (deletion(&flags), Arc::clone(&api.in_use));
    let versions = api
        .log
        .write(move |store| decision::delete_subject(store, &in_use, &subject, deletion))
        .await?;
    JsonAnswer::json(&versions)
}

pub(super) async fn delete_version(
    State(api): State<Api>,
    named: NamedInPath<Administer>,
    flags: Flags,
) -> Answered {
    let (choice, deletion) = (request::choice(named.version()?)?, deletion(&flags));
    let in_use = Arc::clone(&api.in_use);
    let version = api
        .log
        .write(move |store| {
            decision::delete_version(store, &in_use, &named.subject, choice, deletion)
        })
        .await?;
    JsonAnswer::json(&version)
}
