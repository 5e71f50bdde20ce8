//! `/compatibility`: whether a schema could be registered, without registering it.

use axum::extract::State;
use serde_json::json;

use super::Api;
use super::answer::{Answered, JsonAnswer};
use super::named::{NamedInPath, Read};
use super::request::{self, Body, Flags, SchemaBody};
use super::subjects::form;
use crate::decision::judge;
use crate::refusal::Refusal;
use crate::store::{Choice, Registered, Scope};

/// With the latest or all, as the subject's level says.
pub(super) async fn with_all(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Read>,
    flags: Flags,
    body: Body,
) -> Answered {
    let before = api.log.store().versions(&subject, Scope::Active).collect();
    verdict(&api, &subject, &flags, body, before).await
}

pub(super) async fn with_one(
    State(api): State<Api>,
    named: NamedInPath<Read>,
    flags: Flags,
    body: Body,
) -> Answered {
    let choice = request::choice(named.version()?)?;
    let subject = named.subject;
    let before = {
        let store = api.log.store();
        match (store.version(&subject, choice, Scope::Active), choice) {
            (Some(found), _) => vec![found],
            // A first version is compatible with nothing before it.
            (None, Choice::Latest) => Vec::new(),
            (None, Choice::Number(version)) if store.has_subject(&subject, Scope::Active) => {
                return Err(Refusal::VersionNotFound(version.0));
            }
            (None, Choice::Number(_)) => return Err(Refusal::SubjectNotFound(subject)),
        }
    };
    verdict(&api, &subject, &flags, body, before).await
}

async fn verdict(
    api: &Api,
    subject: &str,
    flags: &Flags,
    body: Body,
    before: Vec<Registered>,
) -> Answered {
    let body: SchemaBody = request::body(body)?;
    let definition = body.definition(form(api, subject, flags)).await?;
    let level = api.log.store().config_in_force(subject).level;
    let messages = tokio::task::spawn_blocking(move || judge(&definition, &before, level))
        .await
        .map_err(|_| Refusal::Store)?;
    if flags.is("verbose") {
        return JsonAnswer::json(
            &json!({"is_compatible": messages.is_empty(), "messages": messages}),
        );
    }
    JsonAnswer::json(&json!({"is_compatible": messages.is_empty()}))
}
