//! Copying: rows of a table placed in the stream, chunk by chunk, between two marks each, while the
//! stream flows. One mechanism for the first copy, a copy after a gap, and the repair of single keys.
//!
//! `mark` is what goes through the log, `handover` what the stream is given of a chunk. The copier decides
//! what to read next and writes down how far it is: a chunk counts as done once Kafka has it.

pub(crate) mod copier;
pub(crate) mod handover;
pub(crate) mod mark;

/// Prefix of the marks' messages in the source's log.
pub(crate) const MARK: &str = "bangioc.chunk";
/// Prefix of the messages that move an idle source's position.
pub(crate) const HEARTBEAT: &str = "bangioc.heartbeat";
