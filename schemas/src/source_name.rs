//! What a source calls its schemas, tables, columns and types, and how a contract writes that: any case, any
//! alphabet, any mark.

use std::borrow::Cow;

/// What is wrong with a name that a source is said to have for a schema, a table, a column or a type; None when
/// nothing is: PostgreSQL takes any characters, in quotes.
pub fn source_fault(name: &str) -> Option<&'static str> {
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 63 {
        Some("is longer than PostgreSQL's 63 bytes")
    } else if name.contains('\0') {
        Some("holds a NUL, which no name can")
    } else {
        None
    }
}

/// A name of the source as a contract writes it: as the catalogue shows it, or in double quotes as in SQL, each one
/// within doubled. None: the quotes don't match.
pub fn source_name(text: &str) -> Option<String> {
    let Some(rest) = text.strip_prefix('"') else {
        return Some(text.to_owned());
    };
    let inner = rest.strip_suffix('"')?;
    let name = inner.replace("\"\"", "\"");
    // Each one in the middle is half of a pair.
    (inner.matches('"').count() == 2 * name.matches('"').count()).then_some(name)
}

/// Schema and table: `dept.land_parcel`, `"a.b"."x""y"`. A part with a dot in it stands in quotes.
pub fn source_table(text: &str) -> Option<(String, String)> {
    let mut quoted = false;
    let mut dots = text.char_indices().filter(|&(_, letter)| {
        quoted ^= letter == '"';
        letter == '.' && !quoted
    });
    let (at, _) = dots.next()?;
    if dots.next().is_some() {
        return None;
    }
    Some((source_name(&text[..at])?, source_name(&text[at + 1..])?))
}

/// The reverse of [`source_name`], in quotes only where it must be.
pub fn written(name: &str) -> Cow<'_, str> {
    if name.contains(['.', '"']) {
        Cow::Owned(format!("\"{}\"", name.replace('"', "\"\"")))
    } else {
        Cow::Borrowed(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_source_are_read_as_they_are() {
        for (text, name) in [
            ("MaThua", Some("MaThua")),
            ("Mã thửa", Some("Mã thửa")),
            ("a.b", Some("a.b")),
            ("1 $x'y\\", Some("1 $x'y\\")),
            ("x\"y", Some("x\"y")),
            ("\"x\"\"y\"", Some("x\"y")),
            ("\"\"\"\"", Some("\"")),
            ("\"x\"y\"", None),
            ("\"x", None),
            ("\"", None),
            ("\"\"\"", None),
        ] {
            assert_eq!(source_name(text).as_deref(), name, "{text}");
        }
        for (text, parts) in [
            ("dept.ThuaDat", Some(("dept", "ThuaDat"))),
            ("\"a.b\".\"x\"\"y.z\"", Some(("a.b", "x\"y.z"))),
            ("Địa chính.Thửa đất", Some(("Địa chính", "Thửa đất"))),
            ("ThuaDat", None),
            ("a.b.c", None),
            ("\"a.b", None),
        ] {
            let found = source_table(text);
            assert_eq!(
                found.as_ref().map(|(schema, table)| (schema.as_str(), table.as_str())),
                parts,
                "{text}"
            );
            if let Some((schema, table)) = found {
                let again = format!("{}.{}", written(&schema), written(&table));
                assert_eq!(source_table(&again), Some((schema, table)), "{text}");
            }
        }
        assert_eq!(source_fault(&"ữ".repeat(21)), None);
        assert!(source_fault(&"ữ".repeat(22)).is_some() && source_fault("").is_some());
    }
}
