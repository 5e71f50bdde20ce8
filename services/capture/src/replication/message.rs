//! What a server says beside rows and log: refusals, notices, and numbers in its byte order.

use bangioc_runtime::printable::printable;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{ErrorFields, ErrorResponseBody, NoticeResponseBody};

use crate::error::CaptureError;

pub(super) fn be_u32(bytes: &[u8]) -> u32 {
    bytes.iter().take(4).fold(0, |value, byte| value << 8 | u32::from(*byte))
}

pub(super) fn be_u64(bytes: &[u8]) -> u64 {
    bytes.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// SQLSTATE of "publication … does not exist", up to PostgreSQL 17 an error.
const UNDEFINED_OBJECT: &str = "42704";
/// SQLSTATE of "skipped loading publication …", from PostgreSQL 18 on a warning, after which nothing comes.
const NOT_IN_PREREQUISITE_STATE: &str = "55000";

/// What the server said. Its `detail` is left out: it may quote a row.
pub(super) struct ServerRefusal {
    pub(super) sqlstate: String,
    pub(super) message: String,
}

impl ServerRefusal {
    pub(super) fn read(body: &ErrorResponseBody) -> ServerRefusal {
        ServerRefusal::of(body.fields())
    }

    /// The log was decoded up to where the publication did not exist yet: does this say so?
    pub(super) fn lacks_publication(&self) -> bool {
        [UNDEFINED_OBJECT, NOT_IN_PREREQUISITE_STATE].contains(&self.sqlstate.as_str())
            && self.message.contains("publication \"")
    }

    fn of(mut fields: ErrorFields<'_>) -> ServerRefusal {
        let mut refusal = ServerRefusal { sqlstate: String::new(), message: String::new() };
        while let Ok(Some(field)) = fields.next() {
            // Another's words: in an error of ours they take one line and act on nothing.
            let value = || printable(&String::from_utf8_lossy(field.value_bytes())).into_owned();
            match field.type_() {
                b'C' => refusal.sqlstate = value(),
                b'M' => refusal.message = value(),
                _ => {}
            }
        }
        refusal
    }

    pub(super) fn text(&self) -> String {
        format!("{} ({})", self.message, self.sqlstate)
    }
}

/// Something that the server says while it goes on.
pub(crate) struct ServerNotice(ServerRefusal);

impl ServerNotice {
    pub(super) fn read(body: &NoticeResponseBody) -> ServerNotice {
        ServerNotice(ServerRefusal::of(body.fields()))
    }

    /// Logs it; fails where it means that changes are left out.
    pub(crate) fn heed(&self) -> Result<(), CaptureError> {
        let ServerRefusal { sqlstate, message } = &self.0;
        if self.0.lacks_publication() {
            return Err(CaptureError::PublicationGone { answer: message.clone() });
        }
        tracing::warn!(sqlstate, message, "the source's server says");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_publication_that_was_not_there_yet_is_recognised() {
        let says = |sqlstate: &str, message: &str| {
            let (sqlstate, message) = (sqlstate.to_owned(), message.to_owned());
            ServerRefusal { sqlstate, message }.lacks_publication()
        };
        assert!(says("42704", "publication \"bangioc\" does not exist"));
        assert!(says("55000", "skipped loading publication \"bangioc\""));
        assert!(!says("42704", "replication slot \"bangioc\" does not exist"));
        assert!(!says("01000", "publication \"bangioc\""));
    }
}
