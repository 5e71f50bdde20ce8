//! What a client asks about the server itself.

use axum::extract::State;
use serde_json::json;

use super::Api;
use super::answer::{Answered, JsonAnswer};

pub(super) async fn root() -> JsonAnswer {
    JsonAnswer::raw("{}")
}

/// Only the default context.
pub(super) async fn contexts() -> JsonAnswer {
    JsonAnswer::raw(r#"["."]"#)
}

pub(super) async fn cluster(State(api): State<Api>) -> Answered {
    let clusters =
        json!({"kafka-cluster": &*api.cluster_id, "schema-registry-cluster": "schema-registry"});
    JsonAnswer::json(&json!({"scope": {"path": [], "clusters": clusters}}))
}

pub(super) async fn version() -> Answered {
    JsonAnswer::json(
        &json!({"version": concat!("bangioc-", env!("CARGO_PKG_VERSION")), "commitId": ""}),
    )
}
