//! Answers: JSON under the registry's own content type, refusals with code and message.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;

use crate::refusal::Refusal;

const CONTENT_TYPE: &str = "application/vnd.schemaregistry.v1+json";

/// A body that is JSON already, or made from a value.
pub(super) struct JsonAnswer(String);

pub(super) type Answered = Result<JsonAnswer, Refusal>;

impl JsonAnswer {
    pub(super) fn json(value: &impl Serialize) -> Answered {
        // Fails only for maps with keys that aren't texts; none of ours.
        serde_json::to_string(value).map(Self).map_err(|_| Refusal::Store)
    }

    pub(super) fn raw(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl IntoResponse for JsonAnswer {
    fn into_response(self) -> Response {
        ([(header::CONTENT_TYPE, CONTENT_TYPE)], self.0).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, code) = self.codes();
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = json!({"error_code": code, "message": self.to_string()}).to_string();
        let mut response = (status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body).into_response();
        if status == StatusCode::UNAUTHORIZED {
            let challenge = header::HeaderValue::from_static("Basic realm=\"schema registry\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
