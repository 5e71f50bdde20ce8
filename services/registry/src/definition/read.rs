//! Text to types: one walk over the JSON that checks, resolves names and writes the canonical form.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value};

use super::canonical::{self, Attributes};
use super::defaults::{self, PendingDefault};
use super::{
    DEEPEST_NESTING, Definition, Fault, Form, FullName, LONGEST_TEXT, MOST_FIELDS,
    MOST_NAMED_TYPES, RecordField, Type, TypeId,
};

pub(super) fn read(text: &str, form: Form) -> Result<Definition, Fault> {
    if text.len() > LONGEST_TEXT {
        return Err(Fault::TooLong);
    }
    // Before parsing: a parser's recursion is what a hostile text aims at.
    if nesting(text) > DEEPEST_NESTING {
        return Err(Fault::TooDeep);
    }
    let json: Value =
        serde_json::from_str(text).map_err(|error| Fault::NotJson(error.to_string()))?;
    let mut reading =
        Reading { form, types: Vec::new(), names: HashMap::new(), fields: 0, defaults: Vec::new() };
    let (root, canonical) = reading.schema(&json, "")?;
    let Reading { types, defaults, .. } = reading;
    let definition = Definition { text: canonical.to_string().into(), types, root };
    // Only now: a default may be of a type whose record was still being read.
    defaults::check(&definition, &defaults)?;
    Ok(definition)
}

/// How deep the brackets of a JSON text nest, without parsing it.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0_usize, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

struct Reading<'a> {
    form: Form,
    types: Vec<Type>,
    /// Full name to type, as far as read: Avro allows no use before the definition.
    names: HashMap<String, TypeId>,
    fields: usize,
    defaults: Vec<PendingDefault<'a>>,
}

type Read = Result<(TypeId, Value), Fault>;

fn invalid<T>(text: impl Into<String>) -> Result<T, Fault> {
    Err(Fault::Invalid(text.into()))
}

impl<'a> Reading<'a> {
    /// `space` is the namespace around, "" for none.
    fn schema(&mut self, json: &'a Value, space: &str) -> Read {
        match json {
            Value::String(name) => self.by_name(name, space),
            Value::Array(branches) => self.union(branches, space),
            Value::Object(object) => self.object(object, space),
            _ => invalid("a schema is a name, an object or a list of schemas"),
        }
    }

    fn add(&mut self, of: Type) -> TypeId {
        self.types.push(of);
        TypeId(self.types.len() - 1)
    }

    fn by_name(&mut self, name: &str, space: &str) -> Read {
        if let Some(primitive) = primitive(name) {
            return Ok((self.add(primitive), Value::from(name)));
        }
        let near = full_name(name, space);
        // Not found in the namespace around: then one of no namespace is meant, as with Java.
        for full in [near.as_str(), name] {
            if let Some(id) = self.names.get(full) {
                return Ok((*id, Value::from(canonical::reference(full, space))));
            }
        }
        invalid(format!("undefined name: `{name}`"))
    }

    fn union(&mut self, branches: &'a [Value], space: &str) -> Read {
        let (mut ids, mut texts, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
        for branch in branches {
            let (id, text) = self.schema(branch, space)?;
            let kind = match &self.types[id.0] {
                Type::Union(_) => return invalid("a union directly inside a union"),
                Type::Fixed { name, .. } | Type::Enum { name, .. } | Type::Record { name, .. } => {
                    name.full.clone()
                }
                // No name begins so: kinds are checked against kinds, names against names.
                other => format!("\0{}", other.kind()),
            };
            if !seen.insert(kind) {
                return invalid(format!("the union has a branch twice: {text}"));
            }
            ids.push(id);
            texts.push(text);
        }
        Ok((self.add(Type::Union(ids)), Value::Array(texts)))
    }

    fn object(&mut self, object: &'a Map<String, Value>, space: &str) -> Read {
        let kind = match object.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            // Not in the specification, but written by tools: `{"type": {"type": "string"}}`.
            Some(nested @ (Value::Object(_) | Value::Array(_))) => {
                return self.schema(nested, space);
            }
            _ => return invalid("a schema object without `type`"),
        };
        match kind {
            "record" | "error" => self.record(object, kind, space),
            "enum" => self.enumeration(object, space),
            "fixed" => self.fixed(object, space),
            "array" | "map" => {
                let inner = if kind == "array" { "items" } else { "values" };
                let Some(of) = object.get(inner) else {
                    return invalid(format!("`{kind}` without `{inner}`"));
                };
                let (of, text) = self.schema(of, space)?;
                let id = self.add(if kind == "array" { Type::Array(of) } else { Type::Map(of) });
                let mut out = Attributes::new(kind);
                out.put(inner, text);
                Ok((id, out.finish(object, &["type", inner], self.form)))
            }
            _ => {
                let (id, text) = self.by_name(kind, space)?;
                if primitive(kind).is_none() {
                    return Ok((id, text));
                }
                Ok((id, Attributes::new(kind).finish_primitive(object, self.form)))
            }
        }
    }

    fn record(&mut self, object: &'a Map<String, Value>, kind: &str, space: &str) -> Read {
        let (name, own_space) = Self::name_of(object, space)?;
        let Some(Value::Array(list)) = object.get("fields") else {
            return invalid(format!("record `{}` without a list of `fields`", name.full));
        };
        self.fields += list.len();
        if self.fields > MOST_FIELDS {
            return Err(Fault::TooMany);
        }
        let mut out = Attributes::new(kind);
        out.name(&name.full, space);
        out.copy(object, "doc");
        let full = name.full.clone();
        let id = self.define(Type::Record { name, fields: Vec::new() }, &full)?;
        let (mut fields, mut texts, mut seen) =
            (Vec::with_capacity(list.len()), Vec::with_capacity(list.len()), HashSet::new());
        for field in list {
            let (field, text) = self.field(field, &full, &own_space)?;
            if !seen.insert(field.name.clone()) {
                return invalid(format!("record `{full}` has field `{}` twice", field.name));
            }
            fields.push(field);
            texts.push(text);
        }
        if let Type::Record { fields: slot, .. } = &mut self.types[id.0] {
            *slot = fields;
        }
        out.put("fields", Value::Array(texts));
        Ok((id, self.finish_named(out, object, &["doc", "fields"], id)))
    }

    fn field(
        &mut self,
        json: &'a Value,
        record: &str,
        space: &str,
    ) -> Result<(RecordField, Value), Fault> {
        let Value::Object(object) = json else {
            return invalid(format!("a field of `{record}` is not an object"));
        };
        let Some(Value::String(name)) = object.get("name") else {
            return invalid(format!("a field of `{record}` without `name`"));
        };
        simple_name(name)?;
        let Some(of) = object.get("type") else {
            return invalid(format!("field `{name}` of `{record}` without `type`"));
        };
        let (of, text) = self.schema(of, space)?;
        let default = object.get("default");
        if let Some(value) = default {
            self.defaults.push(PendingDefault { of, value, field: format!("{record}.{name}") });
        }
        match object.get("order") {
            None => {}
            Some(Value::String(order))
                if matches!(order.as_str(), "ascending" | "descending" | "ignore") => {}
            Some(_) => {
                return invalid(format!("field `{name}` of `{record}` has an unknown `order`"));
            }
        }
        let field = RecordField {
            name: name.clone(),
            aliases: strings(object, "aliases")?,
            of,
            has_default: default.is_some(),
        };
        Ok((field, canonical::field(object, text, self.form)))
    }

    fn enumeration(&mut self, object: &'a Map<String, Value>, space: &str) -> Read {
        let (name, _) = Self::name_of(object, space)?;
        let full = name.full.clone();
        if !matches!(object.get("symbols"), Some(Value::Array(_))) {
            return invalid(format!("enum `{full}` without a list of `symbols`"));
        }
        let symbols = strings(object, "symbols")?;
        let mut seen = HashSet::new();
        for symbol in &symbols {
            simple_name(symbol)?;
            if !seen.insert(symbol) {
                return invalid(format!("enum `{full}` has symbol `{symbol}` twice"));
            }
        }
        let default = match object.get("default") {
            None => None,
            Some(Value::String(symbol)) if seen.contains(symbol) => Some(symbol.clone()),
            Some(_) => {
                return invalid(format!("the default of enum `{full}` is none of its symbols"));
            }
        };
        let mut out = Attributes::new("enum");
        out.name(&full, space);
        for attribute in ["doc", "symbols", "default"] {
            out.copy(object, attribute);
        }
        let id = self.define(Type::Enum { name, symbols, default }, &full)?;
        Ok((id, self.finish_named(out, object, &["doc", "symbols", "default"], id)))
    }

    fn fixed(&mut self, object: &'a Map<String, Value>, space: &str) -> Read {
        let (name, _) = Self::name_of(object, space)?;
        let full = name.full.clone();
        let Some(size) = object.get("size").and_then(Value::as_u64) else {
            return invalid(format!("fixed `{full}` without a `size`"));
        };
        let mut out = Attributes::new("fixed");
        out.name(&full, space);
        for attribute in ["doc", "size"] {
            out.copy(object, attribute);
        }
        let id = self.define(Type::Fixed { name, size }, &full)?;
        Ok((id, self.finish_named(out, object, &["doc", "size"], id)))
    }

    /// `own`: the attributes that only this kind of type has.
    fn finish_named(
        &self,
        out: Attributes,
        object: &Map<String, Value>,
        own: &[&str],
        id: TypeId,
    ) -> Value {
        let known = [&["type", "name", "namespace", "aliases"], own].concat();
        match &self.types[id.0] {
            Type::Fixed { name, .. } | Type::Enum { name, .. } | Type::Record { name, .. } => {
                out.finish_named(object, &known, name, self.form)
            }
            _ => out.finish(object, &known, self.form),
        }
    }

    fn define(&mut self, of: Type, full: &str) -> Result<TypeId, Fault> {
        let id = self.add(of);
        if self.names.insert(full.to_owned(), id).is_some() {
            return invalid(format!("can't redefine: `{full}`"));
        }
        if self.names.len() > MOST_NAMED_TYPES {
            return Err(Fault::TooMany);
        }
        Ok(id)
    }

    /// The name of a named type, and the namespace of what is inside it.
    fn name_of(object: &Map<String, Value>, space: &str) -> Result<(FullName, String), Fault> {
        let Some(Value::String(name)) = object.get("name") else {
            return invalid("a named type without `name`");
        };
        let around = match object.get("namespace") {
            None => space,
            Some(Value::String(own)) => own,
            Some(_) => return invalid(format!("the namespace of `{name}` is not a text")),
        };
        let full = full_name(name, around);
        let (own, simple) = full.rsplit_once('.').unwrap_or(("", &full));
        // Namespaces are taken as they are, like Java: Debezium writes server names into them.
        simple_name(simple)?;
        if own.is_empty() && primitive(simple).is_some() {
            return invalid(format!("`{simple}` is the name of a primitive type"));
        }
        let own = own.to_owned();
        let aliases =
            strings(object, "aliases")?.iter().map(|alias| full_name(alias, &own)).collect();
        Ok((FullName { full, aliases }, own))
    }
}

fn primitive(name: &str) -> Option<Type> {
    Some(match name {
        "null" => Type::Null,
        "boolean" => Type::Boolean,
        "int" => Type::Int,
        "long" => Type::Long,
        "float" => Type::Float,
        "double" => Type::Double,
        "bytes" => Type::Bytes,
        "string" => Type::String,
        _ => return None,
    })
}

fn full_name(name: &str, space: &str) -> String {
    match name.rsplit_once('.') {
        Some(("", simple)) => simple.to_owned(),
        Some(_) => name.to_owned(),
        None if space.is_empty() => name.to_owned(),
        None => format!("{space}.{name}"),
    }
}

fn simple_name(name: &str) -> Result<(), Fault> {
    let fine = |at: usize, byte: u8| {
        byte == b'_' || byte.is_ascii_alphabetic() || (at > 0 && byte.is_ascii_digit())
    };
    if name.is_empty() || !name.bytes().enumerate().all(|(at, byte)| fine(at, byte)) {
        return invalid(format!("illegal name: `{name}`"));
    }
    Ok(())
}

fn strings(object: &Map<String, Value>, attribute: &str) -> Result<Vec<String>, Fault> {
    let wrong = || Fault::Invalid(format!("`{attribute}` is not a list of texts"));
    match object.get(attribute) {
        None => Ok(Vec::new()),
        Some(Value::Array(list)) => {
            list.iter().map(|text| text.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
        }
        Some(_) => Err(wrong()),
    }
}
