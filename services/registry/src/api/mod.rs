//! Confluent's REST API over the state and the log: routes, and what all of them share.

mod answer;
mod compatibility;
mod credentials;
mod named;
mod origin;
mod request;
mod schemas;
mod server;
mod settings;
mod subjects;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use axum::{Router, extract::Request, middleware::Next, response::Response};

use crate::in_use::InUse;
use crate::metrics::RegistryMetrics;
use crate::refusal::Refusal;
use crate::schema_log::SchemaLog;

pub(crate) use credentials::Gate;

/// Room for the longest schema with every character escaped.
const LARGEST_BODY: usize = 4 << 20;

#[derive(Clone)]
pub(crate) struct Api {
    pub(crate) log: Arc<SchemaLog>,
    pub(crate) metrics: RegistryMetrics,
    /// Of Kafka; told to clients that ask where they are.
    pub(crate) cluster_id: Arc<str>,
    pub(crate) in_use: Arc<InUse>,
}

/// Every route lies behind `gate`; what a handler does with a subject is checked where it gets it ([`named`]).
pub(crate) fn router(api: Api, gate: Gate) -> Router {
    let metrics = api.metrics.clone();
    Router::new()
        .route("/", get(server::root))
        .route("/contexts", get(server::contexts))
        .route("/v1/metadata/id", get(server::cluster))
        .route("/v1/metadata/version", get(server::version))
        .route("/schemas", get(schemas::list))
        .route("/schemas/types", get(schemas::types))
        .route("/schemas/ids/{id}", get(schemas::by_id))
        .route("/schemas/ids/{id}/schema", get(schemas::text))
        .route("/schemas/ids/{id}/subjects", get(schemas::subjects))
        .route("/schemas/ids/{id}/versions", get(schemas::versions))
        .route("/subjects", get(subjects::list))
        .route("/subjects/{subject}", post(subjects::look_up).delete(subjects::delete))
        .route("/subjects/{subject}/versions", get(subjects::versions).post(subjects::register))
        .route(
            "/subjects/{subject}/versions/{version}",
            get(subjects::version).delete(subjects::delete_version),
        )
        .route("/subjects/{subject}/versions/{version}/schema", get(subjects::text))
        .route("/subjects/{subject}/versions/{version}/referencedby", get(subjects::referenced_by))
        .route("/compatibility/subjects/{subject}/versions", post(compatibility::with_all))
        .route(
            "/compatibility/subjects/{subject}/versions/{version}",
            post(compatibility::with_one),
        )
        .route(
            "/config",
            get(settings::config).put(settings::set_config).delete(settings::delete_config),
        )
        .route(
            "/config/{subject}",
            get(settings::subject_config)
                .put(settings::set_subject_config)
                .delete(settings::delete_subject_config),
        )
        .route("/mode", get(settings::mode).put(settings::set_mode).delete(settings::delete_mode))
        .route(
            "/mode/{subject}",
            get(settings::subject_mode)
                .put(settings::set_subject_mode)
                .delete(settings::delete_subject_mode),
        )
        // Also where clients ask for what we don't have: confluent-kafka 2.16 asks for associations first,
        // and takes this 404, but no other, for "none".
        .fallback(async || Refusal::NoSuchPath)
        .method_not_allowed_fallback(async || Refusal::NoSuchMethod)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .with_state(api)
        .layer(from_fn_with_state(gate, credentials::check))
        .layer(from_fn(origin::check))
        // Outermost, so that it counts refused logins too.
        .layer(from_fn(move |request: Request, next: Next| count(metrics.clone(), request, next)))
}

async fn count(metrics: RegistryMetrics, request: Request, next: Next) -> Response {
    let start = std::time::Instant::now();
    let response = next.run(request).await;
    metrics.answered(response.status().as_u16(), start.elapsed());
    response
}
