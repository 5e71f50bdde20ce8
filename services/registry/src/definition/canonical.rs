//! The canonical text: what Java's `Schema.toString()` writes, so that a schema has the same id
//! whichever way its author ordered and spaced it, and the same as in a registry it is moved from.

use serde_json::{Map, Value};

use super::{Form, FullName};

/// One schema object being written, attributes in Java's order.
pub(super) struct Attributes(Map<String, Value>);

impl Attributes {
    pub(super) fn new(kind: &str) -> Self {
        let mut out = Map::new();
        out.insert("type".to_owned(), Value::from(kind));
        Self(out)
    }

    pub(super) fn put(&mut self, attribute: &str, value: Value) {
        self.0.insert(attribute.to_owned(), value);
    }

    pub(super) fn copy(&mut self, from: &Map<String, Value>, attribute: &str) {
        if let Some(value) = from.get(attribute) {
            self.put(attribute, value.clone());
        }
    }

    /// `namespace` only where it differs from the one around.
    pub(super) fn name(&mut self, full: &str, around: &str) {
        let (own, simple) = full.rsplit_once('.').unwrap_or(("", full));
        self.put("name", Value::from(simple));
        if own != around {
            self.put("namespace", Value::from(own));
        }
    }

    /// Adds the annotations: whatever is not in `known`.
    pub(super) fn finish(mut self, from: &Map<String, Value>, known: &[&str], form: Form) -> Value {
        annotations(&mut self.0, from, known, form);
        Value::Object(self.0)
    }

    /// The same for a named type, and its aliases last, as they read in its own namespace.
    pub(super) fn finish_named(
        mut self,
        from: &Map<String, Value>,
        known: &[&str],
        names: &FullName,
        form: Form,
    ) -> Value {
        annotations(&mut self.0, from, known, form);
        let (own, _) = names.full.rsplit_once('.').unwrap_or(("", ""));
        aliases(
            &mut self.0,
            names.aliases.iter().map(|alias| reference(alias, own)).collect(),
            form,
        );
        Value::Object(self.0)
    }

    /// A primitive without annotations is just its name.
    pub(super) fn finish_primitive(self, from: &Map<String, Value>, form: Form) -> Value {
        match self.finish(from, &["type"], form) {
            Value::Object(mut object) if object.len() == 1 => {
                object.remove("type").unwrap_or_default()
            }
            other => other,
        }
    }
}

/// A name as written where the namespace around is `around`.
pub(super) fn reference(full: &str, around: &str) -> String {
    match full.rsplit_once('.') {
        Some((own, simple)) if own == around => simple.to_owned(),
        _ => full.to_owned(),
    }
}

pub(super) fn field(from: &Map<String, Value>, of: Value, form: Form) -> Value {
    let mut out = Map::new();
    let mut of = Some(of);
    for attribute in ["name", "type", "doc", "default", "order"] {
        let value = match attribute {
            "type" => of.take(),
            "order" => from.get(attribute).filter(|order| *order != "ascending").cloned(),
            _ => from.get(attribute).cloned(),
        };
        if let Some(value) = value {
            out.insert(attribute.to_owned(), value);
        }
    }
    if let Some(Value::Array(list)) = from.get("aliases") {
        aliases(&mut out, list.iter().filter_map(Value::as_str).map(str::to_owned).collect(), form);
    }
    annotations(&mut out, from, &["name", "type", "doc", "default", "order", "aliases"], form);
    Value::Object(out)
}

fn annotations(
    out: &mut Map<String, Value>,
    from: &Map<String, Value>,
    known: &[&str],
    form: Form,
) {
    let mut rest: Vec<_> =
        from.iter().filter(|(name, _)| !known.contains(&name.as_str())).collect();
    if form == Form::Normalized {
        rest.sort_by_key(|(name, _)| name.as_str());
    }
    out.extend(rest.into_iter().map(|(name, value)| (name.clone(), value.clone())));
}

fn aliases(out: &mut Map<String, Value>, mut names: Vec<String>, form: Form) {
    if form == Form::Normalized {
        names.sort();
    }
    if !names.is_empty() {
        out.insert("aliases".to_owned(), Value::from(names));
    }
}
