//! COPY's text format: one line a row, tabs between its fields, backslash escapes within them, `\N` for null.

use std::borrow::Cow;

pub const NULL: &str = "\\N";

/// Not a field, or not a line, of COPY's text format.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not COPY's text format")]
pub struct NotCopyText;

/// Appends a field. Backslash, tab, line feed and carriage return get a backslash, so a field never ends a field or a row,
/// and is never taken for null or for the end of the data.
#[inline]
pub fn escape_into(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r'))
    {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(match rest[at] {
            b'\t' => b"\\t",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            _ => b"\\\\",
        });
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
}

/// The fields of a line without its end, still escaped; None for null.
#[inline]
pub fn fields(line: &str) -> impl Iterator<Item = Option<&str>> {
    line.split('\t').map(|field| (field != NULL).then_some(field))
}

/// Appends the text that a field stands for.
#[inline]
pub fn unescape_into(field: &str, out: &mut String) -> Result<(), NotCopyText> {
    let mut rest = field;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escaped = rest[at + 1..].chars().next().ok_or(NotCopyText)?;
        out.push(match escaped {
            'b' => '\u{8}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            other => other,
        });
        rest = &rest[at + 1 + escaped.len_utf8()..];
    }
    out.push_str(rest);
    Ok(())
}

/// The text that a field stands for; the field itself where nothing in it is escaped.
#[inline]
pub fn unescaped(field: &str) -> Result<Cow<'_, str>, NotCopyText> {
    if !field.contains('\\') {
        return Ok(Cow::Borrowed(field));
    }
    let mut text = String::with_capacity(field.len());
    unescape_into(field, &mut text)?;
    Ok(Cow::Owned(text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_as_postgresql_writes_them() {
        for (field, text) in [
            ("", ""),
            ("Cao Bằng", "Cao Bằng"),
            ("\\\\N", "\\N"),
            ("a\\tb\\\\c", "a\tb\\c"),
            ("\\n\\b\\f\\r\\v", "\n\u{8}\u{c}\r\u{b}"),
            ("\\ệ", "ệ"),
        ] {
            assert_eq!(unescaped(field).unwrap(), text);
        }
        assert_eq!(unescaped("a\\"), Err(NotCopyText));
        assert_eq!(fields("\\N\t\ta").collect::<Vec<_>>(), [None, Some(""), Some("a")]);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(texts in prop::collection::vec("[\\\\\t\n\r\u{8}N.a-c\u{1ea0}-\u{1eff}]{0,20}", 1..5)) {
            let mut line = Vec::new();
            for (at, text) in texts.iter().enumerate() {
                if at > 0 {
                    line.push(b'\t');
                }
                escape_into(text.as_bytes(), &mut line);
            }
            prop_assert!(!line.iter().any(|byte| matches!(byte, b'\n' | b'\r')));
            let line = String::from_utf8(line).unwrap();
            prop_assert_ne!(line.as_str(), "\\.");
            let read: Vec<String> = fields(&line)
                .map(|field| unescaped(field.unwrap()).unwrap().into_owned())
                .collect();
            prop_assert_eq!(read, texts);
        }
    }
}
