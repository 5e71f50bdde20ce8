//! A connection to PostgreSQL's walsender: what no SQL client of Rust offers.
//!
//! `wire` is the byte stream (TCP, or TLS on it), `session` logs in and asks simple questions,
//! `stream` reads COPY BOTH without copying and answers it. Everything blocks: one thread owns it all.

mod message;
mod session;
mod stream;
mod wire;

pub(crate) use session::Session;
pub(crate) use stream::{Frames, StreamFrame, WalStream};
