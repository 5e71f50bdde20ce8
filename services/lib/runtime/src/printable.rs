//! Texts that others wrote, as a terminal may show them: what moves the cursor, turns the direction of
//! reading or can't be seen stands as an escape, `\u202e`. Letters stay as they are, also decomposed ones.
//!
//! The escapes are JSON's, so that a JSON document stays one, with the same values.

use std::borrow::Cow;
use std::fmt::Write as _;

/// One value: nothing of it leaves its line.
pub fn printable(value: &str) -> Cow<'_, str> {
    escaped(value, is_unprintable)
}

/// Several lines of ours with values in them: their line feeds are meant.
pub fn printable_lines(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_unprintable(c))
}

/// Bytes that should be text: what is none stands as `\xff`. Line feeds as [`printable_lines`] has them.
pub fn printable_bytes(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return printable_lines(text);
    }
    let mut safe = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        safe.push_str(&printable_lines(chunk.valid()));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(safe, "\\x{byte:02x}");
        }
    }
    Cow::Owned(safe)
}

fn escaped(text: &str, is_forbidden: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_forbidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        if !is_forbidden(c) {
            safe.push(c);
        } else if c == '\n' {
            safe.push_str("\\n");
        } else {
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        }
    }
    Cow::Owned(safe)
}

/// Control characters; those that turn the direction of text; those that take no room, end lines, or
/// fill like a blank without being one. A joining mark such as Vietnamese tones in decomposed form is none.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // soft hyphen, grapheme joiner, Arabic letter mark, Hangul fillers, Mongolian separator
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
            | '\u{180e}' | '\u{3164}' | '\u{ffa0}'
            // zero width, marks of direction; line and paragraph separators, embeddings, overrides
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            // word joiner, invisible operators, isolates, deprecated formatting
            | '\u{2060}'..='\u{206f}'
            // byte order mark, interlinear annotation, tags
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_comes_through() {
        let cases = [
            ("\u{1b}[2J\u{1b}]0;x\u{7}", r"\u001b[2J\u001b]0;x\u0007"),
            ("a\rb\u{8}c\td\u{0}", r"a\u000db\u0008c\u0009d\u0000"),
            ("\u{7f}\u{80}\u{9b}31m\u{9f}", r"\u007f\u0080\u009b31m\u009f"),
            ("\u{202e}gpj.exe\u{202c}", r"\u202egpj.exe\u202c"),
            ("\u{2066}x\u{2069}\u{200e}\u{200f}\u{61c}", r"\u2066x\u2069\u200e\u200f\u061c"),
            ("a\u{200b}b\u{200d}c\u{feff}d\u{2060}", r"a\u200bb\u200dc\ufeffd\u2060"),
            ("a\u{2028}b\u{2029}c\u{85}", r"a\u2028b\u2029c\u0085"),
            ("\u{e0041}", r"\udb40\udc41"),
        ];
        for (raw, shown) in cases {
            assert_eq!(printable(raw), shown);
            assert_eq!(printable_lines(raw), shown);
            assert!(!printable(raw).contains(is_unprintable));
            // A JSON text with it in a string has the same value afterwards.
            let json = serde_json::to_string(raw).unwrap();
            let back: String = serde_json::from_str(&printable_lines(&json)).unwrap();
            assert_eq!(back, raw);
        }
        assert_eq!(printable("paused\nerror: x"), r"paused\nerror: x");
        assert_eq!(printable_lines("a\nb"), "a\nb");
    }

    #[test]
    fn vietnamese_stays_as_it_is() {
        // Composed, decomposed, with what tables and messages of ours hold besides.
        for text in [
            "Thửa đất Bản Giốc, Trùng Khánh – “ổn định”",
            "Thu\u{31b}\u{309}a \u{111}a\u{302}\u{301}t Ba\u{309}n Gio\u{302}\u{301}c",
            "✔ ✖ ⚠ ─▶ … 1 m² 😀 ơ\u{323}",
        ] {
            assert!(matches!(printable(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_what_they_are() {
        assert_eq!(printable_bytes("Bản\n".as_bytes()), "Bản\n");
        assert_eq!(printable_bytes(b"a\xffb\xc3"), r"a\xffb\xc3");
        // A surrogate alone, as some encoders write it, and a control character cut short.
        assert_eq!(printable_bytes(b"\xed\xa0\x80\x1b"), r"\xed\xa0\x80\u001b");
        assert_eq!(printable_bytes(b"\xc2\x9b\xe2\x80"), r"\u009b\xe2\x80");
    }
}
