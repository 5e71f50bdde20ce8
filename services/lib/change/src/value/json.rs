//! JSON travels as its text. Checked on the way in: what PostgreSQL's `jsonb` refuses or what would
//! exhaust a parser's stack behind us. Not a full parse: the store does that.

use bangioc_postgres_text::hex;

use crate::error::DecodeCode;

/// Nesting. PostgreSQL's own limit is its stack, at some thousands; no dataset goes beyond ten.
const MAX_NESTING: u32 = 1_000;

pub(super) fn check(json: &[u8]) -> Result<(), DecodeCode> {
    let (mut depth, mut in_string, mut at) = (0_u32, false, 0);
    while let Some(byte) = json.get(at) {
        match (in_string, byte) {
            (_, b'"') => in_string = !in_string,
            (true, b'\\') => {
                at += escape(&json[at..])?;
                continue;
            }
            (false, b'{' | b'[') => {
                depth += 1;
                if depth > MAX_NESTING {
                    return Err(DecodeCode::LimitDepth);
                }
            }
            (false, b'}' | b']') => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    Ok(())
}

/// Length of the escape that `text` begins with. NUL and half surrogate pairs stand for no text.
fn escape(text: &[u8]) -> Result<usize, DecodeCode> {
    if text.get(1) != Some(&b'u') {
        return Ok(2);
    }
    match unit(text) {
        Some(0) => Err(DecodeCode::TextNul),
        Some(0xD800..=0xDBFF) => match unit(&text[6..]) {
            Some(0xDC00..=0xDFFF) => Ok(12),
            _ => Err(DecodeCode::TextUtf8),
        },
        Some(0xDC00..=0xDFFF) => Err(DecodeCode::TextUtf8),
        Some(_) => Ok(6),
        // Not an escape at all; the store will say so.
        None => Ok(2),
    }
}

fn unit(text: &[u8]) -> Option<u64> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    hex::number(std::str::from_utf8(digits).ok()?)
}
