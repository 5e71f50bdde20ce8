//! What a server says beside rows and log: refusals, and numbers in its byte order.

use bangioc_runtime::printable::printable;
use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorResponseBody;

pub(super) fn be_u32(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .take(4)
        .fold(0, |value, byte| value << 8 | u32::from(*byte))
}

pub(super) fn be_u64(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .take(8)
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// What the server said. Its `detail` is left out: it may quote a row.
pub(super) struct Refusal {
    pub(super) sqlstate: String,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn read(body: &ErrorResponseBody) -> Refusal {
        let mut refusal = Refusal {
            sqlstate: String::new(),
            message: String::new(),
        };
        let mut fields = body.fields();
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
