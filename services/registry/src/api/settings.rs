//! `/config` and `/mode`: what is set for all subjects and for one.

use std::sync::Arc;

use axum::extract::State;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Api;
use super::answer::{Answered, JsonAnswer};
use super::credentials::Administrator;
use super::named::{Administer, NamedInPath, Read};
use super::request::{self, Body, Flags};
use crate::decision::{self, Force};
use crate::level::{Level, Mode};
use crate::record::{LevelSetting, Record};
use crate::refusal::Refusal;
use crate::store::Store;

fn shown(config: LevelSetting) -> Answered {
    let mut out = Map::new();
    if let Some(normalize) = config.normalize {
        out.insert("normalize".to_owned(), json!(normalize));
    }
    out.insert("compatibilityLevel".to_owned(), json!(config.level.to_string()));
    JsonAnswer::json(&out)
}

const UNSET: LevelSetting = LevelSetting { level: Level::DEFAULT, normalize: None };

pub(super) async fn config(State(api): State<Api>) -> Answered {
    shown(api.log.store().config(None).unwrap_or(UNSET))
}

pub(super) async fn subject_config(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Read>,
    flags: Flags,
) -> Answered {
    let store = api.log.store();
    match store.config(Some(&subject)) {
        Some(config) => shown(config),
        None if flags.is("defaultToGlobal") => shown(store.config_in_force(&subject)),
        None => Err(Refusal::NoLevelOfItsOwn(subject)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConfigBody {
    compatibility: Option<String>,
    /// What some clients call the same.
    compatibility_level: Option<String>,
    normalize: Option<bool>,
    /// Whatever else Confluent's may set (groups, metadata, rules, aliases).
    #[serde(flatten)]
    others: Map<String, Value>,
}

pub(super) async fn set_config(State(api): State<Api>, _: Administrator, body: Body) -> Answered {
    put_config(&api, None, body).await
}

pub(super) async fn set_subject_config(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Administer>,
    body: Body,
) -> Answered {
    put_config(&api, Some(subject), body).await
}

async fn put_config(api: &Api, subject: Option<String>, body: Body) -> Answered {
    let ConfigBody { compatibility, compatibility_level, normalize, others } = request::body(body)?;
    if let Some((name, _)) = others.iter().find(|(_, value)| !value.is_null()) {
        return Err(Refusal::NotPermitted(format!(
            "setting '{name}' is not supported, only compatibility and normalize"
        )));
    }
    let level = compatibility
        .or(compatibility_level)
        .map(|text| text.parse::<Level>().map_err(|_| Refusal::InvalidLevel))
        .transpose()?;
    if level.is_none() && normalize.is_none() {
        return Err(Refusal::InvalidLevel);
    }
    api.log
        .write(move |store| {
            Ok(((), decision::set_config(store, subject.as_deref(), level, normalize)))
        })
        .await?;
    let mut out = Map::new();
    if let Some(normalize) = normalize {
        out.insert("normalize".to_owned(), json!(normalize));
    }
    if let Some(level) = level {
        out.insert("compatibility".to_owned(), json!(level.to_string()));
    }
    JsonAnswer::json(&out)
}

pub(super) async fn delete_config(State(api): State<Api>, _: Administrator) -> Answered {
    shown(unset(&api, None, Store::config, UNSET, no_config).await?)
}

pub(super) async fn delete_subject_config(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Administer>,
) -> Answered {
    shown(unset(&api, Some(subject), Store::config, UNSET, no_config).await?)
}

fn no_config(subject: Option<String>) -> Record {
    Record::Config { subject, config: None }
}

fn shown_mode(mode: Mode) -> Answered {
    JsonAnswer::json(&json!({"mode": mode.to_string()}))
}

pub(super) async fn mode(State(api): State<Api>) -> Answered {
    shown_mode(api.log.store().mode(None).unwrap_or(Mode::DEFAULT))
}

pub(super) async fn subject_mode(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Read>,
    flags: Flags,
) -> Answered {
    let store = api.log.store();
    match store.mode(Some(&subject)) {
        Some(mode) => shown_mode(mode),
        None if flags.is("defaultToGlobal") => shown_mode(store.mode_in_force(&subject)),
        None => Err(Refusal::NoModeOfItsOwn(subject)),
    }
}

#[derive(Deserialize)]
struct ModeBody {
    mode: String,
}

pub(super) async fn set_mode(
    State(api): State<Api>,
    _: Administrator,
    flags: Flags,
    body: Body,
) -> Answered {
    put_mode(&api, None, &flags, body).await
}

pub(super) async fn set_subject_mode(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Administer>,
    flags: Flags,
    body: Body,
) -> Answered {
    put_mode(&api, Some(subject), &flags, body).await
}

async fn put_mode(api: &Api, subject: Option<String>, flags: &Flags, body: Body) -> Answered {
    let ModeBody { mode } = request::body(body)?;
    let mode: Mode = mode.parse().map_err(|_| Refusal::InvalidMode)?;
    let force = if flags.is("force") { Force::Yes } else { Force::No };
    let in_use = Arc::clone(&api.in_use);
    api.log
        .write(move |store| {
            Ok(((), decision::set_mode(store, &in_use, subject.as_deref(), mode, force)?))
        })
        .await?;
    shown_mode(mode)
}

pub(super) async fn delete_mode(State(api): State<Api>, _: Administrator) -> Answered {
    shown_mode(unset(&api, None, Store::mode, Mode::DEFAULT, no_mode).await?)
}

pub(super) async fn delete_subject_mode(
    State(api): State<Api>,
    NamedInPath { subject, .. }: NamedInPath<Administer>,
) -> Answered {
    shown_mode(unset(&api, Some(subject), Store::mode, Mode::DEFAULT, no_mode).await?)
}

fn no_mode(subject: Option<String>) -> Record {
    Record::Mode { subject, mode: None }
}

/// Takes back what is set for a subject, or for all of them. Returns what it was.
async fn unset<T: Send + 'static>(
    api: &Api,
    subject: Option<String>,
    own: fn(&Store, Option<&str>) -> Option<T>,
    default: T,
    erased: fn(Option<String>) -> Record,
) -> Result<T, Refusal> {
    api.log
        .write(move |store| {
            let before = match (own(store, subject.as_deref()), &subject) {
                (Some(before), _) => before,
                (None, None) => default,
                (None, Some(subject)) => return Err(Refusal::SubjectNotFound(subject.clone())),
            };
            Ok((before, vec![erased(subject)]))
        })
        .await
}
