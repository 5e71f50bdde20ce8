//! Names and literals within SQL. For what can't be a bound parameter: names, DDL, and SQL for a person to run.

/// An identifier, always quoted, so that case, spaces and keywords stay as they are.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A table or another object in its schema.
pub fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", quoted(schema), quoted(name))
}

/// A string constant, the same whatever `standard_conforming_strings` says: with a backslash in it, it is written `E'…'`,
/// as PostgreSQL's `quote_literal` does.
pub fn literal(text: &str) -> String {
    if text.contains('\\') {
        format!("E'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
    } else {
        standard_literal(text)
    }
}

/// A string constant where a backslash means itself: in the commands of the replication protocol, which know no `E'…'`.
pub fn standard_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_and_literals() {
        for (name, expected) in [
            ("a", r#""a""#),
            ("ThuaDat", r#""ThuaDat""#),
            (r#"a"b"#, r#""a""b""#),
            ("thửa đất", r#""thửa đất""#),
            ("select", r#""select""#),
            (r"a\b'c", r#""a\b'c""#),
        ] {
            assert_eq!(quoted(name), expected);
        }
        assert_eq!(qualified("dept", "a.b"), r#""dept"."a.b""#);
        for (text, expected, standard) in [
            ("a", "'a'", "'a'"),
            ("it's", "'it''s'", "'it''s'"),
            (r"a\b", r"E'a\\b'", r"'a\b'"),
            (r"\'; drop table t", r"E'\\''; drop table t'", r"'\''; drop table t'"),
            ("", "''", "''"),
        ] {
            assert_eq!(literal(text), expected);
            assert_eq!(standard_literal(text), standard);
        }
    }

    /// Reads a quoted text up to its end, as PostgreSQL's scanner does: a doubled mark is one.
    fn scanned(text: &str, mark: char) -> Option<(String, &str)> {
        let mut rest = text.strip_prefix(mark)?;
        let mut read = String::new();
        loop {
            let (before, after) = rest.split_once(mark)?;
            read.push_str(before);
            match after.strip_prefix(mark) {
                Some(after) => {
                    read.push(mark);
                    rest = after;
                }
                None => return Some((read, after)),
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_ends_a_name_or_literal_early(text in "[a-z\"'\\\\; ạ-ỹ]{0,20}") {
            for (written, mark) in [(quoted(&text), '"'), (standard_literal(&text), '\'')] {
                prop_assert_eq!(scanned(&written, mark), Some((text.clone(), "")));
            }
            let written = literal(&text);
            let (read, rest) = scanned(written.trim_start_matches('E'), '\'').unwrap();
            prop_assert_eq!(rest, "");
            let plain = if written.starts_with('E') { read.replace("\\\\", "\\") } else { read };
            prop_assert_eq!(plain, text);
        }
    }
}
