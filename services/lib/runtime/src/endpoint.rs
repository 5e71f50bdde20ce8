//! The small HTTP server that shows metrics and health.

use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use tokio::net::TcpListener;

use crate::failure::{BoxFailure, Diagnosis, Exit, Failure, halt};
use crate::health::About;
use crate::listener::{Limits, Listener, ListenerSettings};
use crate::metrics::Metrics;
use crate::shutdown::Shutdown;

/// Connections of whoever asks for metrics and health: a scraper or two, and a container's own question.
const SCRAPERS: usize = 64;

impl Metrics {
    /// Listens on `address` (`127.0.0.1:9464`; port 0: any free one).
    pub async fn listen(
        &self,
        address: &str,
        settings: &ListenerSettings,
    ) -> Result<Endpoint, BoxFailure> {
        let settings = ListenerSettings {
            limits: Limits::at_most(settings.limits.clone(), SCRAPERS),
            tls: settings.tls.clone(),
        };
        let listener = Listener::new("metrics", &settings, self)?;
        let fails = |source| CannotListen { address: address.to_owned(), source };
        let socket = TcpListener::bind(address).await.map_err(fails)?;
        let address = socket.local_addr().map_err(fails)?.to_string();
        Ok(Endpoint { metrics: self.clone(), listener, socket, address })
    }

    /// [`Metrics::listen`] and [`Endpoint::run`] in one.
    pub async fn serve(
        &self,
        address: &str,
        settings: &ListenerSettings,
        shutdown: &Shutdown,
    ) -> Result<(), BoxFailure> {
        self.listen(address, settings).await?.run(shutdown).await;
        Ok(())
    }
}

/// A server of `/metrics` and `/healthz` that listens but does not answer yet.
pub struct Endpoint {
    metrics: Metrics,
    listener: Listener,
    socket: TcpListener,
    address: String,
}

impl Endpoint {
    /// As bound, with the real port.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Answers until the stop is asked for.
    pub async fn run(self, shutdown: &Shutdown) {
        let Endpoint { metrics, listener, socket, .. } = self;
        let healthy = metrics.clone();
        let page = async move || {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], metrics.page()).into_response()
        };
        let health = move |about: About| {
            let (status, body) = healthy.health().answer(&about);
            (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        };
        let (of_dataset, of_owner) = (health.clone(), health.clone());
        let router = axum::Router::new()
            .route("/metrics", get(page))
            .route("/healthz", get(async move || health(About::All)))
            .route(
                "/healthz/{dataset}",
                get(async move |Path(dataset)| of_dataset(About::Dataset(dataset))),
            )
            .route(
                "/healthz/owner/{owner}",
                get(async move |Path(owner)| of_owner(About::Owner(owner))),
            );
        listener.serve(socket, router, shutdown).await;
    }
}

#[derive(Debug, thiserror::Error)]
#[error("can't listen on `{address}`")]
pub(crate) struct CannotListen {
    address: String,
    source: std::io::Error,
}

impl Failure for CannotListen {
    fn diagnosis(&self) -> Diagnosis {
        let address = &self.address;
        halt("BG0125", Exit::Config)
            .hint(format!("see who holds it: `ss -ltnp | grep {address}`, or set another address"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpStream;

    use super::*;
    use crate::shutdown::pair;

    async fn fetch(address: &str, path: &'static str) -> String {
        let address = address.to_owned();
        let fetched = tokio::task::spawn_blocking(move || {
            let mut stream = TcpStream::connect(address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            answer
        });
        fetched.await.unwrap()
    }

    #[tokio::test]
    async fn answers_and_stops_though_a_connection_is_open() {
        let metrics = Metrics::default();
        let (trigger, shutdown) = pair();
        let settings = ListenerSettings::default();
        let endpoint = metrics.listen("127.0.0.1:0", &settings).await.unwrap();
        let address = endpoint.address().to_owned();
        let server = tokio::spawn(async move { endpoint.run(&shutdown).await });
        assert!(fetch(&address, "/metrics").await.contains("# EOF"));
        assert!(fetch(&address, "/healthz").await.starts_with("HTTP/1.1 200"));
        metrics.unwell("store", "not answering");
        let sick = fetch(&address, "/healthz").await;
        assert!(
            sick.starts_with("HTTP/1.1 503")
                && sick.contains("\"store\",\"trouble\":\"not answering\""),
            "{sick}"
        );
        metrics.well("store");
        metrics.works_on([("a", "x"), ("b", "y")].map(|(a, b)| (a.to_owned(), b.to_owned())));
        metrics.dataset_unwell("a", "topic/0", "halted");
        for (path, status) in [
            ("/healthz", "200"),
            ("/healthz/a", "503"),
            ("/healthz/b", "200"),
            ("/healthz/owner/x", "503"),
            ("/healthz/owner/y", "200"),
        ] {
            let answer = fetch(&address, path).await;
            assert!(answer.contains(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
        }
        metrics.well("topic/0");
        assert!(fetch(&address, "/healthz").await.starts_with("HTTP/1.1 200"));
        let taken = metrics.listen(&address, &settings).await.err().unwrap();
        assert_eq!(taken.code(), "BG0125");
        assert!(taken.to_string().contains(&address), "{taken}");
        let idle = TcpStream::connect(&address).unwrap();
        trigger.request();
        server.await.unwrap();
        drop(idle);
    }
}
