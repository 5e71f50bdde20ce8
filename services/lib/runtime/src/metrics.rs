//! Counters, gauges and histograms, and the small HTTP server that shows them.

use std::fmt::Debug;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::{Family as LabelledFamily, MetricConstructor};
use prometheus_client::registry::{Metric, Registry};
use tokio::net::TcpListener;

use crate::failure::{BoxFailure, Diagnosis, Exit, Failure, halt};
use crate::health::{About, Health};
use crate::listener::{Limits, Listener, ListenerSettings};
use crate::shutdown::Shutdown;

pub type Counter = prometheus_client::metrics::counter::Counter;
pub type Gauge = prometheus_client::metrics::gauge::Gauge<f64, AtomicU64>;
pub type Histogram = prometheus_client::metrics::histogram::Histogram;

/// Connections of whoever asks for metrics and health: a scraper or two, and a container's own question.
const SCRAPERS: usize = 64;

/// All metrics of one process, and whether it is well. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    health: Arc<Mutex<Health>>,
    /// Of all listeners of the process, once there is one.
    listener: Arc<OnceLock<ListenerMetrics>>,
}

/// What every listener counts; `listener` is its label.
#[derive(Clone, Debug)]
pub(crate) struct ListenerMetrics {
    pub(crate) open: Family<Gauge>,
    pub(crate) ended: Family<Counter>,
}

/// One metric with its labels. Keep what [`Family::of`] returns on hot paths: it takes a lock to find.
#[derive(Clone, Debug)]
pub struct Family<M, C = fn() -> M> {
    labels: &'static [&'static str],
    metrics: LabelledFamily<Vec<(&'static str, String)>, M, C>,
}

pub type Histograms = Family<Histogram, Buckets>;

impl<M: Clone, C: MetricConstructor<M>> Family<M, C> {
    /// The metric with these label values, in the order of the label names.
    pub fn of(&self, values: &[&str]) -> M {
        let labels =
            self.labels.iter().zip(values).map(|(name, value)| (*name, (*value).to_owned()));
        self.metrics.get_or_create_owned(&labels.collect())
    }
}

/// Upper bounds of a histogram's buckets.
#[derive(Clone, Debug)]
pub struct Buckets(Vec<f64>);

impl MetricConstructor<Histogram> for Buckets {
    fn new_metric(&self) -> Histogram {
        Histogram::new(self.0.iter().copied())
    }
}

impl Metrics {
    /// `name` as in `bangioc_<service>_<noun>_<unit>_total`; never a value of a row as a label.
    pub fn counter(
        &self,
        name: &str,
        help: &str,
        labels: &'static [&'static str],
    ) -> Family<Counter> {
        // The encoder adds `_total` by itself.
        self.register(
            name.strip_suffix("_total").unwrap_or(name),
            help,
            labels,
            LabelledFamily::default(),
        )
    }

    pub fn gauge(&self, name: &str, help: &str, labels: &'static [&'static str]) -> Family<Gauge> {
        self.register(name, help, labels, LabelledFamily::default())
    }

    pub fn histogram(
        &self,
        name: &str,
        help: &str,
        labels: &'static [&'static str],
        bounds: &[f64],
    ) -> Histograms {
        let family = LabelledFamily::new_with_constructor(Buckets(bounds.to_vec()));
        self.register(name, help, labels, family)
    }

    fn register<M, C>(
        &self,
        name: &str,
        help: &str,
        labels: &'static [&'static str],
        metrics: LabelledFamily<Vec<(&'static str, String)>, M, C>,
    ) -> Family<M, C>
    where
        M: Clone + Debug,
        C: MetricConstructor<M> + Clone,
        LabelledFamily<Vec<(&'static str, String)>, M, C>: Metric,
    {
        // The encoder adds the full stop.
        let help = help.strip_suffix('.').unwrap_or(help);
        self.registry.lock().unwrap_or_else(PoisonError::into_inner).register(
            name,
            help,
            metrics.clone(),
        );
        Family { labels, metrics }
    }

    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The process works on these datasets (dataset, owner): each is well until one of its parts is not.
    pub fn works_on(&self, datasets: impl IntoIterator<Item = (String, String)>) {
        self.health().owners = datasets.into_iter().collect();
    }

    /// `/healthz` answers 503 with every part's trouble until [`Metrics::well`] takes it back. No value of
    /// a row in `trouble`.
    pub fn unwell(&self, part: &str, trouble: impl Into<String>) {
        self.health().unwell(part, None, trouble.into());
    }

    /// The same of one dataset's part: others are well.
    pub fn dataset_unwell(&self, dataset: &str, part: &str, trouble: impl Into<String>) {
        self.health().unwell(part, Some(dataset), trouble.into());
    }

    pub fn well(&self, part: &str) {
        self.health().well(part);
    }

    pub(crate) fn listener(&self) -> ListenerMetrics {
        let made = || ListenerMetrics {
            open: self.gauge(
                "bangioc_listener_connections",
                "Connections open now.",
                &["listener"],
            ),
            ended: self.counter(
                "bangioc_listener_connections_ended_total",
                "Connections ended, or not begun, by a limit of ours.",
                &["listener", "outcome"],
            ),
        };
        self.listener.get_or_init(made).clone()
    }

    /// The page as text, OpenMetrics 1.0.
    pub fn page(&self) -> String {
        let mut page = String::new();
        // Writing to a string can't fail.
        let _ = encode(&mut page, &self.registry.lock().unwrap_or_else(PoisonError::into_inner));
        page
    }

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
pub struct CannotListen {
    pub address: String,
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

    #[test]
    fn the_page() {
        let metrics = Metrics::default();
        metrics
            .counter("bangioc_capture_rows_total", "Rows sent.", &["dataset"])
            .of(&["business"])
            .inc_by(3);
        metrics.gauge("bangioc_sink_behind_seconds", "Behind the source", &[]).of(&[]).set(1.5);
        metrics
            .histogram("bangioc_sink_commit_seconds", "Commits", &["dataset"], &[0.1, 1.0])
            .of(&["x"])
            .observe(0.5);
        insta::assert_snapshot!(metrics.page(), @r#"
        # HELP bangioc_capture_rows Rows sent.
        # TYPE bangioc_capture_rows counter
        bangioc_capture_rows_total{dataset="business"} 3
        # HELP bangioc_sink_behind_seconds Behind the source.
        # TYPE bangioc_sink_behind_seconds gauge
        bangioc_sink_behind_seconds{} 1.5
        # HELP bangioc_sink_commit_seconds Commits.
        # TYPE bangioc_sink_commit_seconds histogram
        bangioc_sink_commit_seconds_sum{dataset="x"} 0.5
        bangioc_sink_commit_seconds_count{dataset="x"} 1
        bangioc_sink_commit_seconds_bucket{le="0.1",dataset="x"} 0
        bangioc_sink_commit_seconds_bucket{le="1.0",dataset="x"} 1
        bangioc_sink_commit_seconds_bucket{le="+Inf",dataset="x"} 1
        # EOF
        "#);
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
