//! A writer's Avro schema as a graph of nodes, read from its JSON text.
//!
//! Ours rather than apache-avro's, since the plans need Connect's attributes (`connect.name`), which
//! that crate drops, and since a schema is input from outside as well: it is bounded in size.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::error::{DecodeCode, SchemaMismatch};
use crate::wire::{DatumReader, MAX_DEPTH};

/// Bytes of schema text.
const MAX_SCHEMA_TEXT: usize = 1 << 20;
const MAX_NODES: usize = 20_000;

/// Index into [`AvroSchema::nodes`]; a graph, since Avro types may refer to themselves.
pub(crate) type NodeId = usize;

#[derive(Debug)]
pub struct AvroSchema {
    nodes: Vec<SchemaNode>,
    root: NodeId,
    /// Does a value of the node take at least one byte?
    backed: Vec<bool>,
}

#[derive(Debug)]
pub(crate) struct SchemaNode {
    pub(crate) kind: NodeKind,
    /// Connect's name for what the value means; empty when it has none.
    pub(crate) connect_name: String,
}

#[derive(Debug)]
pub(crate) enum NodeKind {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    /// `decimal` on bytes. The precision that counts is the contract's, checked per value.
    Decimal {
        scale: u32,
    },
    String,
    Fixed(usize),
    Enum(Vec<String>),
    Array(NodeId),
    Map(NodeId),
    Union(Vec<NodeId>),
    Record(Vec<SchemaField>),
}

#[derive(Debug)]
pub(crate) struct SchemaField {
    pub(crate) name: String,
    pub(crate) node: NodeId,
}

impl SchemaField {
    pub(crate) fn is(&self, name: &str) -> bool {
        self.name == name
    }
}

impl AvroSchema {
    pub fn parse(text: &str) -> Result<AvroSchema, SchemaMismatch> {
        if text.len() > MAX_SCHEMA_TEXT {
            return Err(SchemaMismatch::new(DecodeCode::LimitSchema, ""));
        }
        let json: Value = serde_json::from_str(text).map_err(|_| unreadable(""))?;
        let mut parser = Parser { nodes: Vec::new(), names: HashMap::new() };
        let root = parser.node(&json, "", "")?;
        let backed = backed(&parser.nodes);
        Ok(AvroSchema { nodes: parser.nodes, root, backed })
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    pub(crate) fn node(&self, id: NodeId) -> &SchemaNode {
        &self.nodes[id]
    }

    /// Passes over one value; bounded by the bytes that are there, whatever they claim.
    pub(crate) fn skip(
        &self,
        id: NodeId,
        reader: &mut DatumReader<'_>,
        depth: u32,
    ) -> Result<(), DecodeCode> {
        let (mut id, mut depth) = (id, depth);
        loop {
            if depth > MAX_DEPTH {
                return Err(DecodeCode::LimitDepth);
            }
            match &self.nodes[id].kind {
                // Most of what is skipped is null, and its branch is all there is.
                NodeKind::Union(branches) => {
                    id = branches[reader.branch(branches.len())?];
                    depth += 1;
                }
                kind => return self.skip_plain(id, kind, reader, depth),
            }
        }
    }

    fn skip_plain(
        &self,
        id: NodeId,
        kind: &NodeKind,
        reader: &mut DatumReader<'_>,
        depth: u32,
    ) -> Result<(), DecodeCode> {
        match kind {
            NodeKind::Null => Ok(()),
            NodeKind::Boolean => reader.boolean().map(drop),
            NodeKind::Int => reader.int().map(drop),
            NodeKind::Long => reader.long().map(drop),
            NodeKind::Float => reader.take(4).map(drop),
            NodeKind::Double => reader.take(8).map(drop),
            NodeKind::Bytes | NodeKind::Decimal { .. } | NodeKind::String => {
                reader.bytes().map(drop)
            }
            NodeKind::Fixed(size) => reader.take(*size).map(drop),
            NodeKind::Enum(symbols) => match usize::try_from(reader.int()?) {
                Ok(index) if index < symbols.len() => Ok(()),
                _ => Err(DecodeCode::EnumRange),
            },
            NodeKind::Array(item) => {
                reader.blocks(self.backed[*item], |reader| self.skip(*item, reader, depth + 1))
            }
            NodeKind::Map(value) => reader.blocks(true, |reader| {
                reader.bytes()?;
                self.skip(*value, reader, depth + 1)
            }),
            NodeKind::Union(_) => self.skip(id, reader, depth),
            // Without bytes there is nothing to pass over, and nothing that would end a recursion.
            NodeKind::Record(_) if !self.backed[id] => Ok(()),
            NodeKind::Record(fields) => {
                fields.iter().try_for_each(|field| self.skip(field.node, reader, depth + 1))
            }
        }
    }
}

/// Least fixed point: a record is backed as soon as one field is. A record that only holds itself has
/// no finite value at all and stays unbacked, which makes skipping it end.
fn backed(nodes: &[SchemaNode]) -> Vec<bool> {
    let mut backed: Vec<bool> = nodes
        .iter()
        .map(|node| !matches!(node.kind, NodeKind::Null | NodeKind::Fixed(0) | NodeKind::Record(_)))
        .collect();
    loop {
        let mut changed = false;
        for (id, node) in nodes.iter().enumerate() {
            if let NodeKind::Record(fields) = &node.kind
                && !backed[id]
                && fields.iter().any(|field| backed[field.node])
            {
                backed[id] = true;
                changed = true;
            }
        }
        if !changed {
            return backed;
        }
    }
}

fn unreadable(path: &str) -> SchemaMismatch {
    SchemaMismatch::new(DecodeCode::Incompatible, path)
}

struct Parser {
    nodes: Vec<SchemaNode>,
    names: HashMap<String, NodeId>,
}

impl Parser {
    fn add(&mut self, kind: NodeKind, connect_name: &str) -> Result<NodeId, SchemaMismatch> {
        if self.nodes.len() >= MAX_NODES {
            return Err(SchemaMismatch::new(DecodeCode::LimitSchema, ""));
        }
        self.nodes.push(SchemaNode { kind, connect_name: connect_name.to_owned() });
        Ok(self.nodes.len() - 1)
    }

    /// `namespace` is the enclosing one; `path` leads here, for messages. Nesting is bounded by the
    /// JSON parser's own limit.
    fn node(
        &mut self,
        json: &Value,
        namespace: &str,
        path: &str,
    ) -> Result<NodeId, SchemaMismatch> {
        match json {
            Value::String(name) => self.by_name(name, namespace, "", path),
            Value::Array(branches) => {
                let branches = branches
                    .iter()
                    .map(|branch| self.node(branch, namespace, path))
                    .collect::<Result<Vec<_>, _>>()?;
                self.add(NodeKind::Union(branches), "")
            }
            Value::Object(object) => self.object(object, namespace, path),
            _ => Err(unreadable(path)),
        }
    }

    fn by_name(
        &mut self,
        name: &str,
        namespace: &str,
        connect_name: &str,
        path: &str,
    ) -> Result<NodeId, SchemaMismatch> {
        let kind = match name {
            "null" => NodeKind::Null,
            "boolean" => NodeKind::Boolean,
            "int" => NodeKind::Int,
            "long" => NodeKind::Long,
            "float" => NodeKind::Float,
            "double" => NodeKind::Double,
            "bytes" => NodeKind::Bytes,
            "string" => NodeKind::String,
            _ => {
                let known =
                    self.names.get(&full_name(name, namespace)).or_else(|| self.names.get(name));
                return known.copied().ok_or_else(|| unreadable(path));
            }
        };
        self.add(kind, connect_name)
    }

    fn object(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        path: &str,
    ) -> Result<NodeId, SchemaMismatch> {
        let connect_name = object.get("connect.name").and_then(Value::as_str).unwrap_or("");
        let kind = match object.get("type") {
            Some(Value::String(kind)) => kind.as_str(),
            // `{"type": {…}}` and `{"type": […]}` wrap a type.
            Some(inner) => return self.node(inner, namespace, path),
            None => return Err(unreadable(path)),
        };
        match kind {
            "record" | "enum" | "fixed" => {
                self.definition(kind, object, namespace, connect_name, path)
            }
            "array" => {
                let items = object.get("items").ok_or_else(|| unreadable(path))?;
                let items = self.node(items, namespace, path)?;
                self.add(NodeKind::Array(items), connect_name)
            }
            "map" => {
                let values = object.get("values").ok_or_else(|| unreadable(path))?;
                let values = self.node(values, namespace, path)?;
                self.add(NodeKind::Map(values), connect_name)
            }
            "bytes" if object.get("logicalType").and_then(Value::as_str) == Some("decimal") => {
                let part = |name| {
                    object.get(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok())
                };
                self.add(NodeKind::Decimal { scale: part("scale").unwrap_or(0) }, connect_name)
            }
            name => self.by_name(name, namespace, connect_name, path),
        }
    }

    fn definition(
        &mut self,
        kind: &str,
        object: &Map<String, Value>,
        namespace: &str,
        connect_name: &str,
        path: &str,
    ) -> Result<NodeId, SchemaMismatch> {
        let name = object.get("name").and_then(Value::as_str).ok_or_else(|| unreadable(path))?;
        let namespace =
            match (object.get("namespace").and_then(Value::as_str), name.rsplit_once('.')) {
                (_, Some((namespace, _))) => namespace,
                (Some(own), None) => own,
                (None, None) => namespace,
            };
        // Registered before its fields are read, so that they may refer to it.
        let id = self.add(NodeKind::Record(Vec::new()), connect_name)?;
        self.names.insert(full_name(name, namespace), id);
        self.nodes[id].kind = match kind {
            "enum" => NodeKind::Enum(texts(object.get("symbols"))),
            "fixed" => {
                let size = object
                    .get("size")
                    .and_then(Value::as_u64)
                    .and_then(|n| usize::try_from(n).ok());
                NodeKind::Fixed(size.ok_or_else(|| unreadable(path))?)
            }
            _ => NodeKind::Record(self.fields(object, namespace, path)?),
        };
        Ok(id)
    }

    fn fields(
        &mut self,
        object: &Map<String, Value>,
        namespace: &str,
        path: &str,
    ) -> Result<Vec<SchemaField>, SchemaMismatch> {
        let fields =
            object.get("fields").and_then(Value::as_array).ok_or_else(|| unreadable(path))?;
        let mut read = Vec::new();
        for field in fields {
            let name = field.get("name").and_then(Value::as_str).ok_or_else(|| unreadable(path))?;
            let path = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
            let node = self.node(field.get("type").unwrap_or(&Value::Null), namespace, &path)?;
            read.push(SchemaField { name: name.to_owned(), node });
        }
        Ok(read)
    }
}

fn full_name(name: &str, namespace: &str) -> String {
    if name.contains('.') || namespace.is_empty() {
        name.to_owned()
    } else {
        format!("{namespace}.{name}")
    }
}

fn texts(json: Option<&Value>) -> Vec<String> {
    let items = json.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
