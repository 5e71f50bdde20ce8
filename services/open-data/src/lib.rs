//! Open data: open feeds → open store → open snapshots, their catalogue and their pages.
//!
//! Promises: a snapshot is one state of the open store, whole, in several formats, and named by its
//! content; a reader sees the old one or the new one; the same state gives the same bytes. What is public
//! knows no position, no count of events and no time but the beginning of a publishing slot. Refuses:
//! rows that still miss columns, and every table that no contract opens.
//!
//! - [`set`]: what is published, from the contracts; [`query`]: its SQL; [`slot`], [`schedule`]: when
//! - [`publish`]: one transaction → [`formats`] → [`folder`] with [`manifest`], [`datapackage`],
//!   [`history`], [`difference`]; then the [`catalogue`]
//! - [`verify`], [`listing`], [`find`]: what the command line shows of it
//! - [`serve`], [`page`]: what the public sees of it

pub mod catalogue;
mod columns;
pub mod config;
mod copy;
mod csv_rows;
mod datapackage;
pub mod difference;
pub mod error;
pub mod find;
pub mod folder;
pub mod format;
mod formats;
pub mod history;
mod html;
mod lexical;
pub mod listing;
pub mod manifest;
pub mod metrics;
mod page;
pub mod publish;
mod published;
mod query;
pub mod schedule;
pub mod serve;
pub mod set;
pub mod slot;
pub mod verify;
pub mod written;

use std::sync::Arc;

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_runtime::tasks::TaskGroup;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use bangioc_sink::{Engine, SinkParts};
use jiff::Timestamp;
use tokio::runtime::Handle;

use metrics::OpenMetrics;
use serve::Portal;
use set::OpenSet;

pub use config::{Config, OpenDataSettings};
pub use error::OpenError;
pub use publish::Publisher;

/// This service, as principal on Kafka and as part of its group's name.
pub const SERVICE: &str = "open-data";

/// What the process has that this service needs.
pub struct Deps {
    /// The open side of each active dataset that has one.
    pub contracts: Vec<Arc<Contract>>,
    pub sets: Vec<OpenSet>,
    pub metrics: Metrics,
}

/// Fills the open store, publishes and serves, until `shutdown` is asked for.
pub async fn run(config: Config, deps: Deps, shutdown: Shutdown) -> Result<(), BoxFailure> {
    let metrics = OpenMetrics::new(&deps.metrics);
    let mut group = TaskGroup::new(&shutdown);
    if let Some(listen) = &config.open_data.listen {
        let server = portal(&config.open_data, deps.sets.clone(), &metrics)
            .listen(listen, &deps.metrics)
            .await?;
        tracing::info!(address = server.address(), "pages are served");
        let shutdown = shutdown.clone();
        group.spawn("pages", async move {
            server.run(&shutdown).await;
            Ok(())
        });
    }
    let publisher = Publisher {
        sets: deps.sets,
        settings: config.open_data,
        store: config.sink.store.clone(),
        metrics,
    };
    let parts = SinkParts {
        side: Side::Open,
        group: names::consumer_group(&config.sink.prefix, SERVICE),
        contracts: deps.contracts,
        config: config.sink,
        metrics: deps.metrics,
    };
    let engine = Engine::new(parts, shutdown.clone())?;
    group.spawn("open-store", async move { Box::pin(engine.run()).await });
    let handle = Handle::current();
    group.spawn_thread("publisher", move || {
        Ok(schedule::run(&publisher, &handle, &shutdown, Timestamp::now)?)
    });
    group.wait().await
}

/// Serves the folder alone: the public's machine then holds no credential at all.
pub async fn serve_only(
    settings: OpenDataSettings,
    sets: Vec<OpenSet>,
    metrics: &Metrics,
    shutdown: Shutdown,
) -> Result<(), BoxFailure> {
    let listen = settings.listen.clone().unwrap_or_else(|| "127.0.0.1:8080".into());
    let server =
        portal(&settings, sets, &OpenMetrics::new(metrics)).listen(&listen, metrics).await?;
    tracing::info!(address = server.address(), "pages are served");
    server.run(&shutdown).await;
    Ok(())
}

fn portal(settings: &OpenDataSettings, sets: Vec<OpenSet>, metrics: &OpenMetrics) -> Portal {
    Portal { settings: settings.clone(), sets, metrics: metrics.clone() }
}
