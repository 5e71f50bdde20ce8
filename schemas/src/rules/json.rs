//! Size and shape of a JSON text, without building its tree.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Value, json};

use super::breach::RuleCode;
use crate::canonical::unordered;

#[derive(Clone, Debug, Default)]
pub(crate) struct JsonShape {
    pub(crate) outer: Option<Outer>,
    pub(crate) max_bytes: Option<usize>,
    pub(crate) max_items: Option<usize>,
    /// Keys that each object in the outer array must have.
    pub(crate) item_keys: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Outer {
    Array,
    Object,
}

impl JsonShape {
    pub(crate) fn check(&self, text: &str) -> Result<(), RuleCode> {
        if self.max_bytes.is_some_and(|max| text.len() > max) {
            return Err(RuleCode::TooBig);
        }
        let mut reader = serde_json::Deserializer::from_str(text);
        let outer = reader.deserialize_any(CountingVisitor {
            item_keys: &self.item_keys,
            max_items: self.max_items,
        });
        let found = match outer {
            Ok(found) if reader.end().is_ok() => found,
            _ => return Err(RuleCode::Format),
        };
        if found.too_many {
            return Err(RuleCode::TooBig);
        }
        if self.outer.is_some() && found.outer != self.outer {
            Err(RuleCode::Format)
        } else {
            Ok(())
        }
    }

    pub(crate) fn form(&self) -> Value {
        let outer = self.outer.map(|outer| match outer {
            Outer::Array => "array",
            Outer::Object => "object",
        });
        let keys = unordered(self.item_keys.iter().map(|key| json!(key)));
        json!({ "outer": outer, "max_bytes": self.max_bytes, "max_items": self.max_items, "item_keys": keys })
    }

    pub(crate) fn describe(&self) -> String {
        let mut words = vec![match self.outer {
            Some(Outer::Array) => "a JSON array".to_owned(),
            Some(Outer::Object) => "a JSON object".to_owned(),
            None => "JSON".to_owned(),
        }];
        words.extend(self.max_items.map(|max| format!("of at most {max} items")));
        if !self.item_keys.is_empty() {
            words.push(format!("each with {}", self.item_keys.join(", ")));
        }
        words.extend(self.max_bytes.map(|max| format!("of at most {max} bytes")));
        words.join(" ")
    }
}

struct JsonFound {
    outer: Option<Outer>,
    too_many: bool,
}

struct CountingVisitor<'a> {
    item_keys: &'a [String],
    max_items: Option<usize>,
}

impl<'de> Visitor<'de> for CountingVisitor<'_> {
    type Value = JsonFound;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<JsonFound, A::Error> {
        let mut count = 0_usize;
        if self.item_keys.is_empty() {
            while items.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
        } else {
            while items.next_element_seed(Item(self.item_keys))?.is_some() {
                count += 1;
            }
        }
        Ok(JsonFound {
            outer: Some(Outer::Array),
            too_many: self.max_items.is_some_and(|max| count > max),
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<JsonFound, A::Error> {
        let mut count = 0_usize;
        while entries.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            count += 1;
        }
        Ok(JsonFound {
            outer: Some(Outer::Object),
            too_many: self.max_items.is_some_and(|max| count > max),
        })
    }

    fn visit_bool<E>(self, _: bool) -> Result<JsonFound, E> {
        Ok(SCALAR)
    }
    fn visit_i64<E>(self, _: i64) -> Result<JsonFound, E> {
        Ok(SCALAR)
    }
    fn visit_u64<E>(self, _: u64) -> Result<JsonFound, E> {
        Ok(SCALAR)
    }
    fn visit_f64<E>(self, _: f64) -> Result<JsonFound, E> {
        Ok(SCALAR)
    }
    fn visit_str<E>(self, _: &str) -> Result<JsonFound, E> {
        Ok(SCALAR)
    }
    fn visit_unit<E>(self) -> Result<JsonFound, E> {
        Ok(SCALAR)
    }
}

const SCALAR: JsonFound = JsonFound { outer: None, too_many: false };

/// One item of the array: an object with these keys.
struct Item<'a>(&'a [String]);

impl<'de> serde::de::DeserializeSeed<'de> for Item<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Item<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let mut missing: Vec<&String> = self.0.iter().collect();
        while let Some(key) = entries.next_key::<std::borrow::Cow<'de, str>>()? {
            missing.retain(|wanted| **wanted != key);
            entries.next_value::<IgnoredAny>()?;
        }
        if missing.is_empty() { Ok(()) } else { Err(serde::de::Error::custom("a key is missing")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes() {
        let shape = JsonShape {
            outer: Some(Outer::Array),
            max_bytes: Some(80),
            max_items: Some(2),
            item_keys: vec!["name".into()],
        };
        for good in ["[]", r#"[{"name":"a"},{"id":1,"name":null}]"#, " [ ] "] {
            assert_eq!(shape.check(good), Ok(()), "{good}");
        }
        for bad in ["", "{}", "1", "null", "[1]", r#"[{"id":1}]"#, "[", "[] x", r#"[{"name":"a"}"#]
        {
            assert_eq!(shape.check(bad), Err(RuleCode::Format), "{bad}");
        }
        let three = r#"[{"name":1},{"name":2},{"name":3}]"#;
        assert_eq!(shape.check(three), Err(RuleCode::TooBig));
        assert_eq!(shape.check(&format!("[{}]", " ".repeat(90))), Err(RuleCode::TooBig));
        assert_eq!(JsonShape::default().check(&"[".repeat(100_000)), Err(RuleCode::Format));
        assert_eq!(
            JsonShape { outer: Some(Outer::Object), ..JsonShape::default() }
                .check(r#"{"mon-fri":"07:00-17:00"}"#),
            Ok(())
        );
    }
}
