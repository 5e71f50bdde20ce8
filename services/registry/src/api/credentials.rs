//! Who asks: HTTP Basic, as Confluent's clients send it. Nothing is answered before, not even that a path is
//! unknown.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use bangioc_runtime::listener::Peer;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::askers::{Asker, Users, anyone};
use crate::metrics::RegistryMetrics;
use crate::refusal::Refusal;
use crate::seldom::Seldom;

/// Wrong logins of an address within a minute that are refused at once. What follows waits: whoever tries
/// passwords gets one try a second on each of the few connections that an address may have. Right logins never wait,
/// so nobody can lock out others behind the same address.
const FREE_TRIES: u32 = 20;
const MINUTE: Duration = Duration::from_mins(1);
const WAIT: Duration = Duration::from_secs(1);
/// Addresses remembered: a bound on memory. Beyond it all are forgotten, which costs a few free tries.
const ADDRESSES: usize = 10_000;

/// Lets in whoever can say who they are.
#[derive(Clone)]
pub(crate) struct Gate(Arc<Inner>);

struct Inner {
    /// None: whoever comes is let in.
    users: Option<Users>,
    metrics: RegistryMetrics,
    /// Address → wrong logins, and since when they are counted.
    wrong: Mutex<HashMap<IpAddr, (u32, Instant)>>,
    refused: Seldom,
    denied: Seldom,
}

impl Gate {
    pub(crate) fn new(users: Option<Users>, metrics: RegistryMetrics) -> Self {
        Self(Arc::new(Inner {
            users,
            metrics,
            wrong: Mutex::default(),
            refused: Seldom::default(),
            denied: Seldom::default(),
        }))
    }
}

impl Inner {
    fn asker(&self, login: Option<&(String, Vec<u8>)>) -> Option<Asker> {
        let Some(users) = &self.users else {
            return Some(anyone());
        };
        let (name, password) = login?;
        users.log_in(name, password)
    }

    /// How long the answer to a wrong login waits.
    fn wait(&self, address: IpAddr, now: Instant) -> Duration {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if wrong.len() >= ADDRESSES && !wrong.contains_key(&address) {
            wrong.clear();
        }
        let (count, since) = wrong.entry(address).or_insert((0, now));
        if now.saturating_duration_since(*since) >= MINUTE {
            (*count, *since) = (0, now);
        }
        *count = count.saturating_add(1);
        if *count > FREE_TRIES { WAIT } else { Duration::ZERO }
    }

    fn refuse(&self, peer: Option<Peer>, login: Option<&(String, Vec<u8>)>) -> Duration {
        let now = Instant::now();
        let address = peer.map(|Peer(address)| address.ip().to_canonical());
        self.metrics.login_refused();
        if let Some(logins) = self.refused.count(now) {
            // What is no user's name may be a password in the wrong place.
            let known = |name: &&str| self.users.as_ref().is_some_and(|users| users.knows(name));
            let name = login.map(|(name, _)| name.as_str());
            let last_user =
                name.map_or("none", |name| Some(name).filter(known).unwrap_or("unknown"));
            let last = address.map(|address| address.to_string()).unwrap_or_default();
            tracing::warn!(code = "BG0150", logins, last_user, last, "refused logins");
        }
        // A request without a login is no try.
        match (address, login) {
            (Some(address), Some(_)) => self.wait(address, now),
            _ => Duration::ZERO,
        }
    }
}

/// User and password, as in `Authorization: Basic …`.
fn login(request: &Request) -> Option<(String, Vec<u8>)> {
    let mut headers = request.headers().get_all(AUTHORIZATION).iter();
    let header = headers.next()?;
    if headers.next().is_some() {
        return None;
    }
    let (scheme, rest) = header.as_bytes().split_at_checked(6)?;
    if !scheme.eq_ignore_ascii_case(b"basic ") {
        return None;
    }
    let decoded = STANDARD.decode(rest.trim_ascii()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let name = std::str::from_utf8(decoded.get(..colon)?).ok()?.to_owned();
    Some((name, decoded.get(colon + 1..)?.to_vec()))
}

pub(super) async fn check(State(gate): State<Gate>, mut request: Request, next: Next) -> Response {
    let Gate(inner) = gate;
    let given = login(&request);
    let Some(asker) = inner.asker(given.as_ref()) else {
        let peer = request.extensions().get::<Peer>().copied();
        let wait = inner.refuse(peer, given.as_ref());
        tokio::time::sleep(wait).await;
        return Refusal::Unauthorized.into_response();
    };
    // What each handler asks for is in its arguments; this is the wall behind it: nothing but registering and
    // looking up is for everyone, whatever route is added.
    let for_everyone = matches!(*request.method(), Method::GET | Method::HEAD | Method::POST);
    let name = Arc::clone(&asker.name);
    let response = if for_everyone || asker.rights.is_admin() {
        request.extensions_mut().insert(asker);
        next.run(request).await
    } else {
        Refusal::Denied("administration").into_response()
    };
    if response.status() == axum::http::StatusCode::FORBIDDEN {
        inner.metrics.denied();
        if let Some(requests) = inner.denied.count(Instant::now()) {
            tracing::warn!(code = "BG0151", requests, last_user = &*name, "denied requests");
        }
    }
    response
}

impl<S: Send + Sync> FromRequestParts<S> for Asker {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        // Not there: a route beside the gate. Nobody is let in there.
        parts.extensions.get::<Self>().cloned().ok_or(Refusal::Unauthorized)
    }
}

/// That the asker is an administrator.
pub(super) struct Administrator;

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let asker = Asker::from_request_parts(parts, state).await?;
        if asker.rights.is_admin() { Ok(Self) } else { Err(Refusal::Denied("administration")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_wrong_tries_wait_and_each_address_for_itself() {
        let gate =
            Gate::new(None, RegistryMetrics::new(&bangioc_runtime::metrics::Metrics::default()));
        let (one, other) = ([127, 0, 0, 1].into(), [127, 0, 0, 2].into());
        let start = Instant::now();
        for _ in 0..FREE_TRIES {
            assert_eq!(gate.0.wait(one, start), Duration::ZERO);
        }
        assert_eq!(gate.0.wait(one, start), WAIT);
        assert_eq!(gate.0.wait(other, start), Duration::ZERO);
        assert_eq!(gate.0.wait(one, start + MINUTE), Duration::ZERO);
    }
}
