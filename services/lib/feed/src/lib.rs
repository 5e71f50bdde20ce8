//! Kafka, and the schema registry beside it. The only user of rdkafka.
//!
//! - [`connect`]: brokers and credentials; is the cluster there, may we in?
//! - [`produce`]: many records, fast, in order, acknowledged by all replicas
//! - [`consume`]: partitions read from a given offset, no group protocol
//! - [`journal`]: small topics, one record at a time, read whole
//! - [`admin`] and [`access`]: topics, configuration, rights
//! - [`registry`]: client of the schema registry
//! - [`error`]: how all of it fails
//!
//! Knows no Avro and no contracts: records are bytes. Who works on which partition, and from where, is
//! decided elsewhere (the store's leases); nothing here remembers an offset.

pub mod access;
pub mod admin;
pub mod connect;
pub mod consume;
pub mod error;
mod headers;
pub mod journal;
pub mod produce;
pub mod registry;
mod served;

pub use connect::KafkaSettings;
pub use error::FeedError;
