//! One-dimensional arrays: `{a,"b c",NULL}`. Other shapes (several dimensions, lower bounds of their own) are no arrays here.

use std::borrow::Cow;

/// Not the text of a one-dimensional array.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a one-dimensional array")]
pub struct NotAnArray;

/// The elements in order, None for null. Ends after the first error.
#[inline]
pub fn elements(text: &str) -> Elements<'_> {
    match text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
        Some("") => Elements { rest: None, broken: false },
        Some(inner) => Elements { rest: Some(inner), broken: false },
        None => Elements { rest: None, broken: true },
    }
}

#[derive(Clone, Debug)]
pub struct Elements<'a> {
    /// What follows the last comma; None at the end.
    rest: Option<&'a str>,
    broken: bool,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Result<Option<Cow<'a, str>>, NotAnArray>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::take(&mut self.broken) {
            return Some(Err(NotAnArray));
        }
        let Some((element, rest)) = first(self.rest.take()?) else {
            return Some(Err(NotAnArray));
        };
        match rest.as_bytes().first() {
            Some(b',') => self.rest = Some(&rest[1..]),
            None => {}
            Some(_) => return Some(Err(NotAnArray)),
        }
        Some(Ok(element))
    }
}

/// The element that `text` begins with, and what follows it.
#[inline]
fn first(text: &str) -> Option<(Option<Cow<'_, str>>, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.bytes().position(|byte| byte == b',').unwrap_or(text.len());
        let (item, rest) = text.split_at(end);
        if item == "NULL" {
            return Some((None, rest));
        }
        return (!needs_quotes(item)).then_some((Some(Cow::Borrowed(item)), rest));
    };
    let end = closing_quote(quoted.as_bytes())?;
    let (item, rest) = (&quoted[..end], &quoted[end + 1..]);
    if item.contains('\\') {
        return Some((Some(Cow::Owned(unescaped(item)?)), rest));
    }
    // PostgreSQL quotes only where it must.
    needs_quotes(item).then_some((Some(Cow::Borrowed(item)), rest))
}

#[inline]
fn closing_quote(quoted: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        match quoted.get(at)? {
            b'"' => return Some(at),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// Only quotes and backslashes are escaped; anything else is not PostgreSQL's.
fn unescaped(item: &str) -> Option<String> {
    let mut plain = String::with_capacity(item.len());
    let mut characters = item.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => plain.push(characters.next().filter(|next| matches!(next, '"' | '\\'))?),
            character => plain.push(character),
        }
    }
    Some(plain)
}

/// PostgreSQL's `array_out`: empty, `null` in any case, or with a character that means something.
#[inline]
fn needs_quotes(item: &str) -> bool {
    item.is_empty()
        || item.eq_ignore_ascii_case("null")
        || item.bytes().any(|byte| {
            matches!(
                byte,
                b'"' | b'\\' | b'{' | b'}' | b',' | b' ' | b'\t' | b'\n' | b'\r' | 0x0B | 0x0C
            )
        })
}

/// Appends an element, in quotes where PostgreSQL writes them.
#[inline]
pub fn push_element(item: &str, out: &mut String) {
    if !needs_quotes(item) {
        return out.push_str(item);
    }
    out.push('"');
    for run in item.split_inclusive(['"', '\\']) {
        match run.as_bytes().last() {
            Some(mark @ (b'"' | b'\\')) => {
                out.push_str(&run[..run.len() - 1]);
                out.push('\\');
                out.push(char::from(*mark));
            }
            _ => out.push_str(run),
        }
    }
    out.push('"');
}

/// The array of these texts, none of them null.
pub fn of_texts<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::from("{");
    for item in items {
        if text.len() > 1 {
            text.push(',');
        }
        push_element(item, &mut text);
    }
    text.push('}');
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Vec<Option<String>>, NotAnArray> {
        elements(text).map(|element| Ok(element?.map(Cow::into_owned))).collect()
    }

    #[test]
    fn elements_as_postgresql_writes_them() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(read("{}"), Ok(vec![]));
        assert_eq!(read("{a,b}"), Ok(vec![some("a"), some("b")]));
        assert_eq!(
            read(r#"{NULL,"NULL","","a,b","a\"b\\","{}"}"#),
            Ok(vec![None, some("NULL"), some(""), some("a,b"), some("a\"b\\"), some("{}")])
        );
        assert_eq!(read("{Nội,Ngoại}"), Ok(vec![some("Nội"), some("Ngoại")]));
        assert_eq!(of_texts(["a", "b\"c\\", "", "Null"]), r#"{a,"b\"c\\","","Null"}"#);
        assert_eq!(of_texts([]), "{}");
    }

    #[test]
    fn other_texts_are_refused() {
        for bad in [
            "",
            "a",
            "{a",
            "a}",
            "{a,}",
            "{,a}",
            "{{a},{b}}",
            "[0:1]={a,b}",
            "{\"a}",
            "{\"a\"b}",
            "{\"a\\}",
            // Read by PostgreSQL, but not as it writes.
            "{\"a\"}",
            "{a, b}",
            "{null}",
            "{\"\\a\"}",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(items in prop::collection::vec("[a-cNUL\"\\\\{}, \tạ-ỹ]{0,6}", 0..6)) {
            let text = of_texts(items.iter().map(String::as_str));
            let read = read(&text).unwrap();
            prop_assert_eq!(read, items.into_iter().map(Some).collect::<Vec<_>>());
        }
    }
}
