//! `bytea` under `bytea_output = hex`: `\x00ff`.

use crate::hex;

/// The bytes, not yet read: their number comes first on some wires.
#[derive(Clone, Copy, Debug)]
pub struct Bytea<'a>(&'a [[u8; 2]]);

impl<'a> Bytea<'a> {
    /// None for what has no `\x` or an odd number of digits. Whether they are digits, [`Bytea::extend`] says.
    #[inline]
    pub fn of(text: &'a str) -> Option<Bytea<'a>> {
        let [b'\\', b'x', digits @ ..] = text.as_bytes() else {
            return None;
        };
        let (pairs, odd) = digits.as_chunks::<2>();
        odd.is_empty().then_some(Bytea(pairs))
    }

    #[expect(clippy::len_without_is_empty, reason = "nobody asks")]
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// Appends the bytes. False: not PostgreSQL's digits, and some may have been appended.
    #[inline]
    pub fn extend(self, out: &mut Vec<u8>) -> bool {
        for [high, low] in self.0 {
            let (Some(high), Some(low)) = (lower_digit(*high), lower_digit(*low)) else {
                return false;
            };
            out.push(high << 4 | low);
        }
        true
    }
}

pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digits = Bytea::of(text)?;
    let mut bytes = Vec::with_capacity(digits.len());
    digits.extend(&mut bytes).then_some(bytes)
}

/// PostgreSQL writes no upper case, which would come back changed.
#[inline]
fn lower_digit(byte: u8) -> Option<u8> {
    if byte.is_ascii_uppercase() { None } else { hex::digit(byte) }
}

#[inline]
pub fn push(bytes: &[u8], out: &mut String) {
    out.push_str("\\x");
    hex::push(bytes, out);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn other_forms_are_refused() {
        assert_eq!(bytes("\\x"), Some(vec![]));
        assert_eq!(bytes("\\x00ff"), Some(vec![0, 255]));
        for bad in ["", "\\", "x00", "\\x0", "\\xFF", "\\x+f", "\\xgg", "\\000", "\\X00", "\\x 0"] {
            assert_eq!(bytes(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(some in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut text = String::new();
            push(&some, &mut text);
            prop_assert_eq!(bytes(&text), Some(some));
        }
    }
}
