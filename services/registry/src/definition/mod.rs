//! An Avro schema as a registry needs it: its canonical text, which decides its id, and its types with
//! every name resolved, which decide compatibility.
//!
//! Read by our own code and not by apache-avro: the text must be Java's, and that crate sorts what an
//! author annotated; and it checks a default through references, at a cost that doubles with each level
//! until it refuses valid ones at the sixteenth (0.23.0-rc0). Here the work is bounded by the text's size.
//! apache-avro is an oracle in tests. Forward references, which Avro 1.12 for Java takes, are refused, as
//! the specification has it: other languages' clients could not read such a schema.

mod canonical;
mod defaults;
mod read;

use std::sync::Arc;

/// Longest schema text, in bytes. Confluent's own largest in the wild are a few hundred kilobytes.
pub(crate) const LONGEST_TEXT: usize = 1 << 20;
/// Deepest nesting of JSON in a schema. Debezium's envelope needs 12.
pub(crate) const DEEPEST_NESTING: usize = 64;
/// Most named types, and most fields of all records together.
pub(crate) const MOST_NAMED_TYPES: usize = 1_000;
pub(crate) const MOST_FIELDS: usize = 5_000;

/// A schema that was read and found valid.
#[derive(Debug)]
pub(crate) struct Definition {
    text: Arc<str>,
    types: Vec<Type>,
    root: TypeId,
}

/// Index into the types of one [`Definition`]; a reference to a named type is simply its index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct TypeId(usize);

/// A type without its logical type and other annotations: those do not decide what can be read.
#[derive(Debug)]
pub(crate) enum Type {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
    Array(TypeId),
    Map(TypeId),
    Union(Vec<TypeId>),
    Fixed { name: FullName, size: u64 },
    Enum { name: FullName, symbols: Vec<String>, default: Option<String> },
    Record { name: FullName, fields: Vec<RecordField> },
}

/// The name of a record, enum or fixed, and the full names it also answers to.
#[derive(Debug)]
pub(crate) struct FullName {
    pub(crate) full: String,
    pub(crate) aliases: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct RecordField {
    pub(crate) name: String,
    pub(crate) aliases: Vec<String>,
    pub(crate) of: TypeId,
    pub(crate) has_default: bool,
}

/// Why a text is no schema we take.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    #[error("the schema is longer than {LONGEST_TEXT} bytes")]
    TooLong,
    #[error("the schema nests deeper than {DEEPEST_NESTING} levels")]
    TooDeep,
    #[error("the schema has more than {MOST_NAMED_TYPES} named types or {MOST_FIELDS} fields")]
    TooMany,
    #[error("the defaults of the schema are too complex to check")]
    DefaultsTooComplex,
    #[error("the schema is not JSON: {0}")]
    NotJson(String),
    #[error("{0}")]
    Invalid(String),
}

/// How far to even out a text before it is compared and stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// As Java's `Schema.toString()`: attributes in one order, no needless namespace, nothing lost.
    Canonical,
    /// Besides, annotations and aliases in one order (`?normalize=true`).
    Normalized,
}

impl Definition {
    pub(crate) fn read(text: &str, form: Form) -> Result<Self, Fault> {
        read::read(text, form)
    }

    /// The text that is stored, handed out and compared.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.text
    }

    pub(crate) fn root(&self) -> TypeId {
        self.root
    }

    pub(crate) fn of(&self, id: TypeId) -> &Type {
        &self.types[id.0]
    }
}

impl FullName {
    pub(crate) fn simple(&self) -> &str {
        self.full.rsplit_once('.').map_or(self.full.as_str(), |(_, simple)| simple)
    }
}

impl Type {
    /// As Java's `Schema.Type` prints it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Boolean => "BOOLEAN",
            Self::Int => "INT",
            Self::Long => "LONG",
            Self::Float => "FLOAT",
            Self::Double => "DOUBLE",
            Self::Bytes => "BYTES",
            Self::String => "STRING",
            Self::Array(_) => "ARRAY",
            Self::Map(_) => "MAP",
            Self::Union(_) => "UNION",
            Self::Fixed { .. } => "FIXED",
            Self::Enum { .. } => "ENUM",
            Self::Record { .. } => "RECORD",
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
