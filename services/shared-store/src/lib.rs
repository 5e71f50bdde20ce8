//! The shared store: the shared feeds of all datasets → one PostgreSQL, for the authorities entitled to
//! read them.
//!
//! Promises: each change has its effect once, whatever is killed; a reader of schema `shared` sees the
//! columns of its class and nothing of the bookkeeping. Refuses: to begin anywhere but where the store
//! stands, and to alter a value. The work itself is in `bangioc-sink`; here are only its parts for this
//! side, and what people see of a store: [`status`] of all, [`trace`] of one row.

pub mod status;
pub mod trace;

use std::sync::Arc;

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use bangioc_sink::{Engine, SinkParts};

/// A sink's, with `[store]`: this service has nothing of its own to be told.
pub use bangioc_sink::Config;

/// This service, as principal on Kafka and as part of its group's name.
pub const SERVICE: &str = "shared-store";

/// What the process has that this service needs.
pub struct Deps {
    /// Of the active datasets.
    pub contracts: Vec<Arc<Contract>>,
    pub metrics: Metrics,
}

/// Runs until `shutdown` is asked for, or until every partition that this instance holds has halted.
pub async fn run(config: Config, deps: Deps, shutdown: Shutdown) -> Result<(), BoxFailure> {
    let parts = SinkParts {
        side: Side::Shared,
        group: names::consumer_group(&config.prefix, SERVICE),
        contracts: deps.contracts,
        config,
        metrics: deps.metrics,
    };
    Box::pin(Engine::new(parts, shutdown)?.run()).await
}
