//! Are source and stores equal, row for row? Told from outside the record's path: PostgreSQL itself writes each row
//! as text and hashes it, on both sides under the same settings, and none of the code that carries a record is asked.
//!
//! The source is read in chunks of keys, each in a snapshot of its own. Once the store says that it holds everything
//! committed up to that reading, the same keys are hashed there ([`dataset`]). Where two hashes differ the chunk is
//! halved, down to rows ([`pieces`]); a row that differs is read again on both sides until it is equal, or has
//! differed twice while nothing newer was on its way ([`settle`]). At last the store's keys are looked up at the
//! source, for rows that should not be there.
//!
//! What is public is computed from the source's rows by the contract's projection, and compared by value in the open
//! store ([`open`]).
//!
//! - [`source`] and [`store`]: the two connections; [`table`]: their statements; [`pins`]: the settings of both
//! - [`difference`]: what is found, named by a key reference, never by a value; [`repair`]: those keys asked for again
//! - [`statement`]: the result, signed, for whoever wants to verify it without us
//! - [`ledger`]: the log of Kafka read again, and every offset of it found in the books
//! - [`schedule`]: all of it once in a while
//!
//! Refuses to call equal what it could not compare: a dataset that is copied, paused or halted, a store that does
//! not come to the mark in time, a table without a key.

pub mod config;
pub mod dataset;
pub mod difference;
pub mod error;
pub mod ledger;
mod metrics;
mod open;
mod pace;
mod pieces;
mod pins;
pub mod repair;
pub mod run;
pub mod schedule;
mod settle;
mod source;
pub mod statement;
mod store;
mod table;

pub use config::Config;
pub use error::ReconcileError;
