//! JSON in one text only, after RFC 8785: keys sorted, no blanks. For what is compared with a text that an
//! earlier version wrote.

use std::collections::BTreeMap;

use serde_json::Value;

/// Numbers must be whole: a fraction is put in as a text.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(text).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(entries) => {
            let sorted: BTreeMap<&String, &Value> = entries.iter().collect();
            let entry = |(key, value): (&String, &Value)| {
                format!("{}:{}", Value::String(key.clone()), text(value))
            };
            let entries: Vec<String> = sorted.into_iter().map(entry).collect();
            format!("{{{}}}", entries.join(","))
        }
    }
}

/// A list whose order means nothing.
pub(crate) fn unordered(items: impl IntoIterator<Item = Value>) -> Value {
    let mut items: Vec<Value> = items.into_iter().collect();
    items.sort_by_cached_key(text);
    Value::Array(items)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_same_is_always_written_the_same() {
        let value = json!({ "b": [1, null, true], "a": { "d": "\"\u{1}ư", "c": [] } });
        assert_eq!(text(&value), r#"{"a":{"c":[],"d":"\"\u0001ư"},"b":[1,null,true]}"#);
        assert_eq!(text(&unordered([json!("b"), json!("a")])), r#"["a","b"]"#);
    }
}
