//! A parked key's queue, tried again by a person. The sink's own: [`bangioc_sink::replay`].

use bangioc_sink::replay;
use bangioc_sink::seal::KeyRef;

pub use bangioc_sink::replay::Replayed;

use crate::DeadLetters;
use crate::error::DeadLetterError;

impl DeadLetters {
    /// Applies the queue of a key and unparks it. When a record still fails, everything stays as it was,
    /// and the error says which code.
    pub async fn replay(&mut self, key_ref: KeyRef) -> Result<Replayed, DeadLetterError> {
        let (connection, tools) = self.parts();
        Ok(Box::pin(replay::replay(connection, tools, key_ref, None)).await?)
    }
}
