//! Confluent's wire format (magic 0, schema id, Avro datum) and Avro's primitives, with every length
//! checked against what is really there before anything is done with it.

use crate::error::{DecodeCode, DecodeError};

/// Record header: [`crate::version::Version::to_bytes`].
pub const HEADER_VERSION: &str = "bangioc-version";
/// Record header: which columns did not travel, and why ([`crate::absent`]).
pub const HEADER_ABSENT: &str = "bangioc-absent";

/// Bytes before the Avro datum.
pub const PREFIX: usize = 5;

/// Twice a record's limit on the topic: what a single field may hold.
pub(crate) const MAX_FIELD: usize = 8 << 20;
/// Items of one array or map.
pub(crate) const MAX_ITEMS: u64 = 500_000;
/// Items that take no bytes, and so are backed by nothing.
pub(crate) const MAX_EMPTY_ITEMS: u64 = 1024;
/// Nesting of a skipped value.
pub(crate) const MAX_DEPTH: u32 = 64;

/// The writer's schema id of a key or a value.
pub fn schema_id(record: &[u8]) -> Result<u32, DecodeError> {
    split(record).map(|(id, _)| id)
}

/// Schema id and Avro datum.
pub fn split(record: &[u8]) -> Result<(u32, &[u8]), DecodeError> {
    match record {
        [] => Err(DecodeCode::EmptyValue.into()),
        [0, a, b, c, d, datum @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), datum)),
        [0, ..] => Err(DecodeCode::TruncatedHeader.into()),
        _ if record.len() < PREFIX => Err(DecodeCode::TruncatedHeader.into()),
        _ => Err(DecodeCode::BadMagic.into()),
    }
}

pub(crate) fn prefix(id: u32) -> [u8; PREFIX] {
    let [a, b, c, d] = id.to_be_bytes();
    [0, a, b, c, d]
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "takes the low seven bits")]
pub(crate) fn put_long(out: &mut Vec<u8>, value: i64) {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

#[inline]
pub(crate) fn put_length(out: &mut Vec<u8>, length: usize) {
    put_long(out, i64::try_from(length).unwrap_or(i64::MAX));
}

#[inline]
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, bytes.len());
    out.extend_from_slice(bytes);
}

/// Reads a datum from its front.
pub(crate) struct DatumReader<'a> {
    rest: &'a [u8],
}

impl<'a> DatumReader<'a> {
    pub(crate) fn new(datum: &'a [u8]) -> DatumReader<'a> {
        DatumReader { rest: datum }
    }

    /// Bytes not yet read; where a reader stands is the datum's length minus this.
    #[inline]
    pub(crate) fn remaining(&self) -> usize {
        self.rest.len()
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Result<u8, DecodeCode> {
        let (&byte, rest) = self.rest.split_first().ok_or(DecodeCode::Truncated)?;
        self.rest = rest;
        Ok(byte)
    }

    #[inline]
    pub(crate) fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeCode> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeCode::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeCode> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeCode::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    #[inline]
    pub(crate) fn long(&mut self) -> Result<i64, DecodeCode> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(i64::from(first >> 1) ^ -i64::from(first & 1));
        }
        self.long_rest(first)
    }

    /// Two bytes to ten. Up to eight are taken as one word: where the first byte without its high bit
    /// stands is the length, and three shifts close the gaps between the groups of seven bits.
    fn long_rest(&mut self, first: u8) -> Result<i64, DecodeCode> {
        const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
        if let Some(bytes) = self.rest.first_chunk::<7>() {
            let [b1, b2, b3, b4, b5, b6, b7] = *bytes;
            let word = u64::from_le_bytes([first, b1, b2, b3, b4, b5, b6, b7]);
            let ends = !word & HIGH_BITS;
            if ends != 0 {
                let length = ends.trailing_zeros() / 8;
                self.rest = &self.rest[length as usize..];
                let bits = word & (ends ^ (ends - 1)) & !HIGH_BITS;
                let bits = (bits & 0x7F00_7F00_7F00_7F00) >> 1 | bits & 0x007F_007F_007F_007F;
                let bits = (bits & 0x3FFF_0000_3FFF_0000) >> 2 | bits & 0x0000_3FFF_0000_3FFF;
                let bits = (bits & 0x0FFF_FFFF_0000_0000) >> 4 | bits & 0x0000_0000_0FFF_FFFF;
                return Ok(unfold(bits));
            }
        }
        self.long_bytewise(first)
    }

    #[cold]
    fn long_bytewise(&mut self, first: u8) -> Result<i64, DecodeCode> {
        let mut folded = u64::from(first & 0x7F);
        for shift in (7..=63).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(DecodeCode::Varint);
            }
            folded |= u64::from(byte & 0x7F) << shift;
            if byte < 0x80 {
                return Ok(unfold(folded));
            }
        }
        Err(DecodeCode::Varint)
    }

    #[inline]
    pub(crate) fn int(&mut self) -> Result<i32, DecodeCode> {
        i32::try_from(self.long()?).map_err(|_| DecodeCode::IntRange)
    }

    #[inline]
    pub(crate) fn boolean(&mut self) -> Result<bool, DecodeCode> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(DecodeCode::Bool),
        }
    }

    /// A length-prefixed run of bytes, borrowed.
    #[inline]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], DecodeCode> {
        let length = usize::try_from(self.long()?).map_err(|_| DecodeCode::Length)?;
        if length > MAX_FIELD {
            // Nothing is allocated either way; the codes tell a lie from an outsized value.
            let backed = length <= self.rest.len();
            return Err(if backed { DecodeCode::LimitField } else { DecodeCode::LimitAlloc });
        }
        self.take(length)
    }

    /// UTF-8. NUL, which PostgreSQL can't store, is looked for once per row ([`refuse_nul`]).
    #[inline]
    pub(crate) fn text(&mut self) -> Result<&'a str, DecodeCode> {
        std::str::from_utf8(self.bytes()?).map_err(|_| DecodeCode::TextUtf8)
    }

    /// Which branch of a union of `branches`.
    #[inline]
    pub(crate) fn branch(&mut self, branches: usize) -> Result<usize, DecodeCode> {
        match usize::try_from(self.long()?) {
            Ok(branch) if branch < branches => Ok(branch),
            _ => Err(DecodeCode::UnionRange),
        }
    }

    /// The blocks of an array or map: calls `item` for each item, checks counts and byte sizes.
    /// `backed` says that an item takes at least one byte.
    pub(crate) fn blocks(
        &mut self,
        backed: bool,
        mut item: impl FnMut(&mut DatumReader<'a>) -> Result<(), DecodeCode>,
    ) -> Result<(), DecodeCode> {
        let mut total = 0_u64;
        loop {
            let count = self.long()?;
            if count == 0 {
                return Ok(());
            }
            let size = if count < 0 {
                Some(usize::try_from(self.long()?).map_err(|_| DecodeCode::Block)?)
            } else {
                None
            };
            let before = self.remaining();
            if size.is_some_and(|size| size > before) {
                return Err(DecodeCode::Block);
            }
            let count = count.unsigned_abs();
            total = total.saturating_add(count);
            self.check_count(count, total, backed)?;
            // Items that take no bytes need no visit either.
            if backed {
                for _ in 0..count {
                    item(self)?;
                }
            }
            if size.is_some_and(|size| before - self.remaining() != size) {
                return Err(DecodeCode::Block);
            }
        }
    }

    fn check_count(&self, count: u64, total: u64, backed: bool) -> Result<(), DecodeCode> {
        if !backed {
            return if total > MAX_EMPTY_ITEMS { Err(DecodeCode::LimitAlloc) } else { Ok(()) };
        }
        let held = self.rest.len() as u64;
        if count > held {
            return Err(if count > MAX_ITEMS {
                DecodeCode::LimitAlloc
            } else {
                DecodeCode::Truncated
            });
        }
        if total > MAX_ITEMS { Err(DecodeCode::LimitItems) } else { Ok(()) }
    }

    pub(crate) fn finish(&self) -> Result<(), DecodeCode> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeCode::TrailingBytes) }
    }
}

/// From zigzag.
#[inline]
fn unfold(folded: u64) -> i64 {
    (folded >> 1).cast_signed() ^ -(folded & 1).cast_signed()
}

#[inline]
pub(crate) fn refuse_nul(text: &str) -> Result<(), DecodeCode> {
    if text.as_bytes().contains(&0) { Err(DecodeCode::TextNul) } else { Ok(()) }
}
