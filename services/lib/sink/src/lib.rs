//! The apply engine: change events from Kafka become rows of a PostgreSQL store, exactly once in
//! effect. One commit holds rows, position, ledger and parked records.
//!
//! A record's way: [`partition`] drains it → [`intake`] decodes ([`decoders`]), checks and sorts it →
//! [`commit`] opens the transaction → [`merge`] folds per key, copies to [`stage`], merges by version →
//! [`ledger`] and position end it. What can't be applied goes to [`park`], sealed by [`seal`], unless
//! [`breaker`] finds that too much can't. What is applied without a value too large to travel is noted in
//! [`incomplete`].
//!
//! A row that refers to one of another dataset which is not there ([`reference`]) waits in the same way;
//! `suspended` drains it by [`replay`], the same that a person uses, when the other row comes.
//!
//! - [`engine`]: one instance; its `keeper` takes and renews partitions by [`lease`], works on few [`workers`]
//! - [`progress`]: what the sources say beside the data → [`freshness`], [`sweep`], [`ceiling`]; [`outbox`]
//!   asks them for rows. What goes beyond what its topic is entitled to is a [`refusal`]: of such a record
//!   [`quarantine`] keeps the place; [`from_nothing`] takes back what was believed
//! - [`pins`]: what each schema id meant when it was first met
//! - [`dataset`]: statements per contract; [`migrate`] makes the tables, behind `gate`, `readers` the views and
//!   rights, `operators` the rights of people who deal with dead letters; `doors` looks what else the server lets
//!   others do, and `discretion` what it writes into its log
//!
//! Shared and open side are this same engine, on topics, contracts and a database of their own.
//!
//! Who works is decided by the store, by its clock: nobody commits under a lease that has passed on.
//! Infrastructure that fails pauses a partition; it never makes a dead letter.

pub mod breaker;
pub mod ceiling;
pub mod commit;
pub mod config;
pub mod dataset;
pub mod decoders;
mod discretion;
mod doors;
pub mod engine;
pub mod error;
pub mod freshness;
pub mod from_nothing;
mod gate;
pub mod incomplete;
pub mod intake;
mod keeper;
pub mod lease;
pub mod ledger;
pub mod merge;
pub mod metrics;
pub mod migrate;
mod nodelay;
mod operators;
pub mod outbox;
pub mod park;
pub mod partition;
pub mod pins;
pub mod progress;
pub mod protection;
pub mod quarantine;
pub mod queue;
mod readers;
pub mod reference;
pub mod refusal;
pub mod replay;
pub mod seal;
pub mod shortcut;
pub mod stage;
mod suspended;
pub mod sweep;
pub mod workers;

pub use config::{Config, SinkSettings, StoreSettings};
pub use engine::{Engine, Parts};
pub use error::SinkError;
