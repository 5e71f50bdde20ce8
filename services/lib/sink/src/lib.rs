//! The apply engine: change events from Kafka become rows of a PostgreSQL store, exactly once in
//! effect. One commit holds rows, position, ledger and parked records.
//!
//! A record's way: [`partition`] drains it → [`judge`] reads it ([`decoders`]) and holds it against its contract →
//! [`intake`] sorts it → [`commit`] opens the transaction → [`merge`] folds per key, copies to [`stage`], merges by
//! version → [`ledger`] and position end it. What can't be applied, a [`poison`], goes to [`park`], sealed by [`seal`], and
//! is known as [`waiting`], unless [`breaker`] finds that too much can't. Which row the store itself does not take, [`refused`]
//! finds. What is applied without a value too large to travel is noted in [`incomplete`].
//!
//! A row that refers to one of another dataset which is not there ([`reference`]) waits in the same way;
//! [`suspended`] drains it by [`replay`], the same that a person uses, when the other row comes. It locks the
//! key ([`locked`]), and its [`queue`] meets the same judge.
//!
//! - [`engine`]: one instance's start and end; [`instance`]: what its threads share. Its [`keeper`] takes and renews
//!   partitions by [`lease`], works on few [`workers`]; a partition that does not get on says so as [`trouble`]
//! - [`progress`]: what the sources say beside the data → [`freshness`], [`sweep`], [`ceiling`]; [`outbox`]
//!   asks them for rows. What goes beyond what its topic is entitled to is a [`refusal`]: of such a record
//!   [`quarantine`] keeps the place; [`from_nothing`] takes back what was believed
//! - [`standing`]: how each dataset stands, for people and metrics
//! - [`pins`]: what each schema id meant when it was first met
//! - [`dataset`]: statements per contract; [`migrate`] makes the books, behind [`gate`], [`fit`] each dataset's table,
//!   [`readers`] the views and rights, [`operators`] the rights of people who deal with dead letters; [`doors`] looks
//!   what else the server lets others do, and [`discretion`] what it writes into its log
//!
//! No file imports one that imports it: what something is lies below what is done with it, and what runs on top.
//!
//! Shared and open side are this same engine, on topics, contracts and a database of their own.
//!
//! Who works is decided by the store, by its clock: nobody commits under a lease that has passed on.
//! Infrastructure that fails pauses a partition; it never makes a dead letter.

mod breaker;
mod ceiling;
mod clock;
mod commit;
pub mod config;
pub mod dataset;
pub mod decoders;
mod discretion;
mod doors;
mod engine;
pub mod error;
mod fit;
mod freshness;
pub mod from_nothing;
mod gate;
mod incomplete;
mod instance;
mod intake;
mod judge;
mod keeper;
pub mod kept;
mod lease;
mod ledger;
pub mod locked;
mod merge;
mod metrics;
mod migrate;
mod nodelay;
mod operators;
mod outbox;
mod park;
mod partition;
mod pins;
mod poison;
mod progress;
mod protection;
mod quarantine;
pub mod queue;
mod readers;
mod reference;
mod refusal;
pub mod refused;
pub mod replay;
pub mod seal;
mod shortcut;
mod stage;
pub mod standing;
mod suspended;
mod sweep;
mod trouble;
mod waiting;
mod workers;

pub use config::{Config, SinkSettings, StoreSettings};
pub use engine::Engine;
pub use error::SinkError;
pub use instance::SinkParts;
