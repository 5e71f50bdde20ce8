//! The elements of PostgreSQL's text of a one-dimensional array: `{a,"b c",NULL}`.

use std::borrow::Cow;

/// Not the text of a one-dimensional array.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a one-dimensional array")]
pub struct NotAnArray;

/// The elements in order, None for null. Ends after the first error.
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

    fn next(&mut self) -> Option<Self::Item> {
        if std::mem::take(&mut self.broken) {
            return Some(Err(NotAnArray));
        }
        let rest = self.rest.take()?;
        let (element, rest) = match rest.strip_prefix('"').map(quoted_element) {
            Some(Some((element, rest))) => (Some(element), rest),
            Some(None) => return Some(Err(NotAnArray)),
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                let (plain, rest) = rest.split_at(end);
                if plain.is_empty() || plain.contains(['{', '}', '"', '\\']) {
                    return Some(Err(NotAnArray));
                }
                ((plain != "NULL").then_some(Cow::Borrowed(plain)), rest)
            }
        };
        match rest.strip_prefix(',') {
            Some(rest) => self.rest = Some(rest),
            None if rest.is_empty() => {}
            None => return Some(Err(NotAnArray)),
        }
        Some(Ok(element))
    }
}

/// After the opening quote: the element, and what follows the closing one.
fn quoted_element(text: &str) -> Option<(Cow<'_, str>, &str)> {
    let end = text.find(['"', '\\'])?;
    if text.as_bytes()[end] == b'"' {
        return Some((Cow::Borrowed(&text[..end]), &text[end + 1..]));
    }
    let mut element = text[..end].to_owned();
    let mut chars = text[end..].char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((Cow::Owned(element), &text[end + at + 1..])),
            '\\' => element.push(chars.next()?.1),
            c => element.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
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
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
