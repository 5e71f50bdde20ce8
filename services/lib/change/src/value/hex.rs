//! `bytea` in hexadecimal (`\x00ff`) ⇄ bytes.

use super::push_ascii;
use crate::wire::put_length;

pub(super) fn put(out: &mut Vec<u8>, text: &str) -> bool {
    let [b'\\', b'x', digits @ ..] = text.as_bytes() else {
        return false;
    };
    let (pairs, odd) = digits.as_chunks::<2>();
    if !odd.is_empty() {
        return false;
    }
    let start = out.len();
    put_length(out, pairs.len());
    for [high, low] in pairs {
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
            out.truncate(start);
            return false;
        };
        out.push(high << 4 | low);
    }
    true
}

/// Lower case only: PostgreSQL writes no other, and upper case would come back changed.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

pub(super) fn get(bytes: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    out.reserve(2 + 2 * bytes.len());
    out.push_str("\\x");
    let mut text = [0_u8; 64];
    for run in bytes.chunks(32) {
        for (pair, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(run) {
            *pair = [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]];
        }
        push_ascii(out, &text[..2 * run.len()]);
    }
}
