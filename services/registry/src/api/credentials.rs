//! Basic authentication, where a user and password are configured.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Login;
use crate::refusal::Refusal;

/// `user:password` in base64, as a client sends it.
#[derive(Clone)]
pub(super) struct Expected(Arc<[u8]>);

impl Expected {
    pub(super) fn new(login: &Login) -> Self {
        let Login { user, password } = login;
        Self(
            STANDARD
                .encode(format!("{user}:{}", password.reveal()))
                .into_bytes()
                .into(),
        )
    }

    /// Takes the same time wherever the first difference is.
    fn is(&self, given: &[u8]) -> bool {
        self.0.len() == given.len()
            && self
                .0
                .iter()
                .zip(given)
                .fold(0, |all, (a, b)| all | (a ^ b))
                == 0
    }
}

pub(super) async fn check(
    State(expected): State<Expected>,
    request: Request,
    next: Next,
) -> Response {
    let given = request.headers().get(AUTHORIZATION).and_then(|header| {
        let (scheme, rest) = header.as_bytes().split_at_checked(6)?;
        scheme.eq_ignore_ascii_case(b"basic ").then_some(rest)
    });
    if given.is_some_and(|given| expected.is(given)) {
        next.run(request).await
    } else {
        Refusal::Unauthorized.into_response()
    }
}
