//! Bytes as hexadecimal digits: written in lower case, read in either.

use crate::ascii;

const DIGITS: &[u8; 16] = b"0123456789abcdef";

#[inline]
const fn pair(byte: u8) -> [u8; 2] {
    [DIGITS[(byte >> 4) as usize], DIGITS[(byte & 15) as usize]]
}

pub fn to_hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    push(bytes, &mut text);
    text
}

/// Appends the digits to a text.
#[inline]
pub fn push(bytes: &[u8], out: &mut String) {
    out.reserve(2 * bytes.len());
    let mut text = [0_u8; 64];
    for run in bytes.chunks(32) {
        for (place, byte) in text.as_chunks_mut::<2>().0.iter_mut().zip(run) {
            *place = pair(*byte);
        }
        ascii::push(out, &text[..2 * run.len()]);
    }
}

/// Appends the digits to bytes, such as a line of COPY.
#[inline]
pub fn extend(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.extend_from_slice(&pair(*byte));
    }
}

/// Exactly `2 * N` digits, and nothing else: no sign, no blank (`from_str_radix` takes a `+`).
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let (pairs, odd) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != N || !odd.is_empty() {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = digit(*high)? << 4 | digit(*low)?;
    }
    Some(bytes)
}

/// One to sixteen digits as a number.
pub fn number(digits: &str) -> Option<u64> {
    if !(1..=16).contains(&digits.len()) {
        return None;
    }
    digits.bytes().try_fold(0, |number, byte| Some(number << 4 | u64::from(digit(byte)?)))
}

/// The value of a digit in either case.
#[inline]
pub fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        b'A'..=b'F' => Some(byte - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn digits_in_either_case_and_nothing_else() {
        assert_eq!(from_hex("00fF"), Some([0, 255]));
        assert_eq!(from_hex(""), Some([]));
        for bad in ["", "0", "000", "00000", "+f00", "0x00", " 000", "00 0", "00fg", "0é0"] {
            assert_eq!(from_hex::<2>(bad), None, "{bad}");
        }
    }

    #[test]
    fn numbers_have_no_sign() {
        for (digits, expected) in [
            ("0", Some(0)),
            ("16B3748", Some(0x016B_3748)),
            ("ffffffffffffffff", Some(u64::MAX)),
            ("00000000000000000", None),
            ("+1", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(number(digits), expected, "{digits}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in prop::array::uniform20(any::<u8>()), more in prop::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(from_hex(&to_hex(&bytes)), Some(bytes));
            prop_assert_eq!(from_hex(&to_hex(&bytes).to_uppercase()), Some(bytes));
            let mut out = Vec::new();
            extend(&more, &mut out);
            prop_assert_eq!(out, to_hex(&more).into_bytes());
        }
    }
}
