//! A change of one row, and its two byte forms: PostgreSQL's `pgoutput` on the way in, Confluent Avro
//! on the way through Kafka. Does no IO, knows no clock, and so cannot fail for a reason outside its
//! arguments.

pub mod event;
pub mod progress;
pub mod version;
