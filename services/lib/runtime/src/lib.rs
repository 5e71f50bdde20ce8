//! What every service stands on and none should think about.
//!
//! - [`failure`]: codes, classes, hints, exit statuses
//! - [`settings`]: one TOML file and the environment; every mistake at once
//! - [`secret`]: values that never reach a log
//! - [`shutdown`] and [`tasks`]: every task has a name and an end
//! - [`retry`]: back-off, in one place
//! - [`metrics`]: counters, gauges, histograms; `endpoint` serves them
//! - [`listener`]: HTTP servers with a bound on everything that a client can take its time with
//! - [`printable`]: texts that others wrote, without what would act on a terminal
//! - [`terminal`]: the one way to stdout and stderr, and a screen to draw on again and again
//! - [`table`]: rows of text, aligned; [`local_time`]: moments, by the reader's clock
//! - [`tls`]: whether a peer is verified; [`postgres`]: what one asks for that is not
//! - [`trace`]: where log lines go
//! - [`failpoint`]: places where a test may kill or freeze the process; [`protection`]: what it may switch off
//!
//! Knows nothing of Kafka or contracts, and of PostgreSQL the first question of a login.

mod endpoint;
pub mod failpoint;
pub mod failure;
mod health;
pub mod listener;
pub mod local_time;
pub mod metrics;
pub mod postgres;
pub mod printable;
pub mod protection;
pub mod retry;
pub mod secret;
pub mod settings;
pub mod shutdown;
pub mod table;
pub mod tasks;
pub mod terminal;
pub mod tls;
pub mod trace;

pub use secret::Secret;
