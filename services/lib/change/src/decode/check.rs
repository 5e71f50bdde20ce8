//! What a record must be beyond its schema: its key names the row that its value holds, and its
//! operation has the rows that it needs.

use super::{Decoder, Images};
use crate::batch::EventBatch;
use crate::error::{DecodeCode, DecodeError};
use crate::event::Operation;
use crate::plan::Leaf;
use crate::value::{self, Placement};
use crate::version::Version;
use crate::wire::DatumReader;

/// A value of the row as the key has it, where that is other bytes.
fn as_key(leaf: &Leaf, of_row: &[u8]) -> Option<Vec<u8>> {
    let (mut text, mut scratch, mut bytes) = (String::new(), String::new(), Vec::new());
    value::get(leaf, &mut DatumReader::new(of_row), &mut text, &mut scratch).ok()?;
    let key_text = leaf.key_text(&text);
    (key_text != text && value::put(&mut bytes, leaf, key_text, Placement::Key)).then_some(bytes)
}

impl Decoder {
    /// The key's datum, known to name the same row as the value. Equal values have equal bytes in
    /// both, so that comparing bytes does, and validates the key as well. Only a number may stand in the row in
    /// another form.
    pub(super) fn check_key<'a>(
        &self,
        key: Option<&'a [u8]>,
        datum: &[u8],
        images: &Images,
        version: Version,
        batch: &mut EventBatch,
    ) -> Result<&'a [u8], DecodeError> {
        if self.keyless {
            return Ok(&[]);
        }
        let truncate = images.op == Some(Operation::Truncate);
        let Some(key) = key else {
            return if truncate { Ok(&[]) } else { Err(DecodeCode::KeyNull.into()) };
        };
        if truncate {
            return Ok(&[]);
        }
        if images.before.is_none() && images.after.is_none() {
            return Ok(key);
        }
        let mut rest = Some(key);
        for ((start, end), (_, leaf)) in batch.scratch.key_ranges.iter().zip(&self.key) {
            rest = rest.and_then(|rest| {
                let of_row = datum.get(*start..*end)?;
                rest.strip_prefix(of_row).or_else(|| rest.strip_prefix(&*as_key(leaf, of_row)?))
            });
        }
        if rest == Some(&[]) {
            return Ok(key);
        }
        let mark = batch.mark();
        let readable = self.deleted(Some(key), version, 0, batch);
        batch.roll_back(mark);
        readable.and(Err(DecodeCode::KeyMismatch.into()))
    }

    /// Each operation has the rows that it needs, and no other.
    pub(super) fn check_images(
        &self,
        images: &mut Images,
        key: &[u8],
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        match images.op {
            Some(Operation::Create | Operation::Update | Operation::Read)
                if images.after.is_some() =>
            {
                Ok(())
            }
            Some(Operation::Delete) if images.after.is_none() => {
                if images.before.is_none() {
                    if self.keyless {
                        return Err(DecodeCode::Operation.into());
                    }
                    images.before = Some(self.key_row(key, batch)?);
                }
                Ok(())
            }
            Some(Operation::Truncate) if images.after.is_none() && images.before.is_none() => {
                Ok(())
            }
            _ => Err(DecodeCode::Operation.into()),
        }
    }
}
