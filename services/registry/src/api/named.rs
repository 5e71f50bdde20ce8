//! The subject that a path names, for whoever may do with it what the handler is about to do. A handler gets a
//! subject in no other way.

use std::marker::PhantomData;

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::Deserialize;

use super::request;
use crate::askers::{Asker, Rights};
use crate::refusal::Refusal;

/// What a handler needs.
pub(super) trait Need {
    const WORD: &'static str;

    fn allows(rights: &Rights, subject: &str) -> bool;
}

pub(super) enum Read {}
pub(super) enum Write {}
pub(super) enum Administer {}

impl Need for Read {
    const WORD: &'static str = "Read";

    fn allows(rights: &Rights, subject: &str) -> bool {
        rights.may_read(subject)
    }
}

impl Need for Write {
    const WORD: &'static str = "Write";

    fn allows(rights: &Rights, subject: &str) -> bool {
        rights.may_write(subject)
    }
}

impl Need for Administer {
    const WORD: &'static str = "Administer";

    fn allows(rights: &Rights, _: &str) -> bool {
        rights.is_admin()
    }
}

/// The subject and, where the path has one, the version.
pub(super) struct NamedInPath<N> {
    pub(super) subject: String,
    version: Option<String>,
    need: PhantomData<N>,
}

impl<N> NamedInPath<N> {
    /// As in the path; a path without one is no path of a version.
    pub(super) fn version(&self) -> Result<&str, Refusal> {
        self.version.as_deref().ok_or(Refusal::NoSuchPath)
    }
}

#[derive(Deserialize)]
struct Segments {
    subject: String,
    version: Option<String>,
}

impl<N: Need, S: Send + Sync> FromRequestParts<S> for NamedInPath<N> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let asker = Asker::from_request_parts(parts, state).await?;
        // Decoded once, by the router: what is checked is what is used.
        let path = Path::<Segments>::from_request_parts(parts, state).await;
        let Ok(Path(Segments { subject, version })) = path else {
            return Err(Refusal::NoSuchPath);
        };
        request::subject(&subject)?;
        if !N::allows(&asker.rights, &subject) {
            return Err(Refusal::DeniedOn(N::WORD, subject));
        }
        Ok(Self { subject, version, need: PhantomData })
    }
}
