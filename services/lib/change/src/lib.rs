//! A change of one row, and its two byte forms: PostgreSQL's `pgoutput` on the way in, Confluent Avro
//! on the way through Kafka. Does no IO, knows no clock, and so cannot fail for a reason outside its
//! arguments.
//!
//! In the order in which a change meets them:
//!
//! - [`pgoutput`]: what a replication slot sends → messages, borrowed from the frame
//! - [`layout`]: a source table's columns → the contract's columns, as a row of texts
//! - [`event`], [`version`]: the change itself, and where it stands
//! - [`encode`]: a change → Avro bytes, headers, partition ([`partition`])
//! - [`wire`]: Confluent's five-byte header, and the names of our record headers
//! - [`decode`]: those bytes → a change, whoever wrote them ([`batch`] holds many)
//! - [`fold`]: many changes → the net effect per key
//! - [`progress`]: the records beside the data
//!
//! Both coders run a plan ([`plan`]) that is compiled once from the contract and the schema's text
//! ([`schema`]); `value/` has one file per kind of value, each with both directions side by side.

pub mod absent;
pub mod batch;
pub mod decode;
pub mod encode;
pub mod error;
pub mod event;
pub mod fold;
pub mod layout;
pub mod partition;
pub mod pgoutput;
pub mod plan;
pub mod progress;
pub mod schema;
mod value;
pub mod version;
pub mod wire;

pub use error::{DecodeCode, DecodeError, EncodeError, SchemaMismatch};
pub use wire::{HEADER_ABSENT, HEADER_VERSION};
