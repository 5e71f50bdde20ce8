//! Of a JSON value only what its contract names: keys of the outer object, or of each object in the outer
//! array. What somebody adds at the source some day is not public because nobody thought of it.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// Compact JSON of the named keys, in the order of the text; numbers and texts as they are written. Below
/// a named key stand scalars and arrays of them: an object has keys that nobody named, and goes. None when the text
/// is neither an object nor an array.
pub(crate) fn named(json: &str, names: &[String]) -> Option<String> {
    let mut reader = serde_json::Deserializer::from_str(json);
    let outer = reader.deserialize_any(KeysVisitor(names)).ok()?;
    reader.end().ok()?;
    outer
}

struct KeysVisitor<'a>(&'a [String]);

impl<'de> Visitor<'de> for KeysVisitor<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object or array")
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<Option<String>, A::Error> {
        object(entries, self.0).map(Some)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Option<String>, A::Error> {
        let mut text = String::from("[");
        while let Some(item) = items.next_element::<&RawValue>()? {
            // What is no object has no key that could have been named.
            if !item.get().starts_with('{') {
                continue;
            }
            if let Some(object) = named(item.get(), self.0) {
                push_item(&mut text, &object);
            }
        }
        text.push(']');
        Ok(Some(text))
    }
}

fn object<'de, A: MapAccess<'de>>(mut entries: A, names: &[String]) -> Result<String, A::Error> {
    // The last of keys that are written twice, as in jsonb.
    let mut kept: Vec<(&String, &RawValue)> = Vec::new();
    while let Some(key) = entries.next_key::<Cow<'de, str>>()? {
        let Some(name) = names.iter().find(|name| **name == key) else {
            entries.next_value::<IgnoredAny>()?;
            continue;
        };
        kept.retain(|(other, _)| *other != name);
        let value = entries.next_value::<&RawValue>()?;
        if is_plain(value.get()) {
            kept.push((name, value));
        }
    }
    let mut text = String::from("{");
    for (name, value) in kept {
        let name = serde_json::to_string(name).map_err(serde::de::Error::custom)?;
        push_item(&mut text, &format!("{name}:{}", compact(value.get())));
    }
    text.push('}');
    Ok(text)
}

fn push_item(text: &mut String, item: &str) {
    if text.len() > 1 {
        text.push(',');
    }
    text.push_str(item);
}

/// No object in it: no brace outside of a text.
fn is_plain(json: &str) -> bool {
    let mut in_text = InText::default();
    json.chars().all(|character| in_text.holds(character) || character != '{')
}

/// Without the blanks between its parts.
fn compact(json: &str) -> String {
    let mut in_text = InText::default();
    json.chars()
        .filter(|&character| in_text.holds(character) || !character.is_ascii_whitespace())
        .collect()
}

/// Follows well-formed JSON: is a character part of a text, its closing quote included?
#[derive(Default)]
struct InText {
    open: bool,
    escaped: bool,
}

impl InText {
    fn holds(&mut self, character: char) -> bool {
        let was_open = self.open;
        match character {
            _ if self.escaped => self.escaped = false,
            '\\' if self.open => self.escaped = true,
            '"' => self.open = !self.open,
            _ => {}
        }
        was_open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_named_is_left() {
        let names: Vec<String> = ["name", "năm", "a\"b"].map(str::to_owned).into();
        for (json, expected) in [
            (r#"{"name": "x", "phone": "0912"}"#, Some(r#"{"name":"x"}"#)),
            (r#"{"name": {"phone": 1}, "năm": 1.50}"#, Some(r#"{"năm":1.50}"#)),
            (r#"{"name": [1, [2, {"p": 3}]]}"#, Some("{}")),
            (r#"{"name": [1, [2, "{ \" }", null]]}"#, Some(r#"{"name":[1,[2,"{ \" }",null]]}"#)),
            (r#"{"name": 1, "name": 2}"#, Some(r#"{"name":2}"#)),
            (r#"{"name": 1, "name": {"p": 2}}"#, Some("{}")),
            (
                r#"{"n\u0061me": 12345678901234567890.10}"#,
                Some(r#"{"name":12345678901234567890.10}"#),
            ),
            (r#"{"a\"b": true, "Name": 1, "name ": 1}"#, Some(r#"{"a\"b":true}"#)),
            (
                r#"[{"name": "x", "p": 1}, 5, "0912", [{"name": 1}], {"p": 1}]"#,
                Some(r#"[{"name":"x"},{}]"#),
            ),
            ("[]", Some("[]")),
            ("{}", Some("{}")),
            (r#""0912""#, None),
            ("12", None),
            ("null", None),
            (r#"{"name": 1} x"#, None),
            (r#"{"name": "#, None),
            ("", None),
        ] {
            assert_eq!(named(json, &names).as_deref(), expected, "{json}");
        }
        assert_eq!(named(&"[".repeat(100_000), &names), None);
        assert_eq!(named(&format!(r#"{{"name":{}"#, "[".repeat(100_000)), &names), None);
    }
}
