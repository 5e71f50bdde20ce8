//! Whether data written with one schema can be read with another: Java's `SchemaCompatibility`, which
//! every Confluent client relies on, over resolved types.
//!
//! Not apache-avro's checker: it calls a type and a reference to it incompatible, decimals of another
//! scale too, ignores aliases of names, and recurses as deep as a hostile schema likes.

use std::collections::{HashMap, HashSet};
use std::fmt;

use crate::definition::{Definition, FullName, RecordField, Type, TypeId};
use crate::level::{Level, Reach};

/// Comparisons of one pair of types, per pair of schemas. A pair is compared once, so only unions of hundreds of
/// types against as many come near it. A comparison may keep a reason of 300 bytes.
const MOST_COMPARISONS: u32 = 100_000;
/// Depth of a comparison, through references too: a chain of a thousand records is legal.
const DEEPEST: usize = 256;

/// One reason why a schema cannot read another's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Incompatibility {
    pub(crate) kind: IncompatibilityKind,
    /// JSON pointer into the reading schema.
    pub(crate) path: String,
    /// The name or type that is missing or differs.
    pub(crate) what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncompatibilityKind {
    ReaderFieldMissingDefaultValue,
    TypeMismatch,
    NameMismatch,
    FixedSizeMismatch,
    MissingEnumSymbols,
    MissingUnionBranch,
    TooComplex,
}

/// Compares `new` with the versions before it, oldest first, each with its number. Empty: compatible.
/// The texts are Confluent's, for people and for clients that show them.
pub(crate) fn check(new: &Definition, before: &[(u32, Definition)], level: Level) -> Vec<String> {
    let compared = match level.reach() {
        Reach::Nothing => &[],
        Reach::Latest => &before[before.len().saturating_sub(1)..],
        Reach::All => before,
    };
    // Latest first, and the first that fails is enough, as Confluent reports it.
    for (version, old) in compared.iter().rev() {
        let mut messages = Vec::new();
        if level.reads_old() {
            messages.extend(differences(new, old).iter().map(|found| found.text("new", "old")));
        }
        if level.read_by_old() {
            messages.extend(differences(old, new).iter().map(|found| found.text("old", "new")));
        }
        if !messages.is_empty() {
            messages.push(format!("{{oldSchemaVersion: {version}}}"));
            messages.push(format!("{{oldSchema: '{}'}}", old.text()));
            messages.push(format!("{{compatibility: '{level}'}}"));
            return messages;
        }
    }
    Vec::new()
}

/// Why `reader` cannot read what `writer` wrote. Empty: it can, always.
pub(crate) fn differences(reader: &Definition, writer: &Definition) -> Vec<Incompatibility> {
    let mut comparison = Comparison {
        reader,
        writer,
        verdicts: HashMap::new(),
        left: MOST_COMPARISONS,
        path: Vec::new(),
        depth: 0,
        found: Vec::new(),
        given_up: false,
    };
    comparison.pair(reader.root(), writer.root());
    // Where we gave up may have been a branch of a union, whose reasons are forgotten.
    if comparison.given_up && !comparison.found.is_empty() {
        comparison.found.clear();
        comparison.differ(IncompatibilityKind::TooComplex, String::new());
    }
    comparison.found
}

struct Comparison<'a> {
    reader: &'a Definition,
    writer: &'a Definition,
    /// Pairs already compared: none, or one reason (all would multiply). A pair under way counts as
    /// compatible: recursion adds no reason of its own.
    verdicts: HashMap<(TypeId, TypeId), Option<Incompatibility>>,
    left: u32,
    path: Vec<String>,
    depth: usize,
    found: Vec<Incompatibility>,
    given_up: bool,
}

impl Comparison<'_> {
    fn pair(&mut self, reader: TypeId, writer: TypeId) -> bool {
        if let Some(verdict) = self.verdicts.get(&(reader, writer)) {
            // Said again: the first time may have been in a branch of a union that did not matter.
            self.found.extend(verdict.clone());
            return verdict.is_none();
        }
        if self.left == 0 || self.depth == DEEPEST {
            self.given_up = true;
            return self.differ(IncompatibilityKind::TooComplex, String::new());
        }
        self.left -= 1;
        self.depth += 1;
        self.verdicts.insert((reader, writer), None);
        let before = self.found.len();
        let verdict = self.types(reader, writer);
        self.verdicts.insert((reader, writer), self.found.get(before).cloned());
        self.depth -= 1;
        verdict
    }

    fn types(&mut self, reader_id: TypeId, writer_id: TypeId) -> bool {
        let (reader, writer) = (self.reader.of(reader_id), self.writer.of(writer_id));
        match (reader, writer) {
            // Whatever branch was written must be readable.
            (_, Type::Union(branches)) => {
                let mut all = true;
                for branch in branches {
                    all &= self.pair(reader_id, *branch);
                }
                all
            }
            (Type::Union(branches), _) => {
                let before = self.found.len();
                if branches.iter().any(|branch| self.pair(*branch, writer_id)) {
                    // What the other branches lacked no longer matters.
                    self.found.truncate(before);
                    return true;
                }
                self.found.truncate(before);
                self.differ(IncompatibilityKind::MissingUnionBranch, writer.kind().to_owned())
            }
            (Type::Null, Type::Null)
            | (Type::Boolean, Type::Boolean)
            | (Type::Int, Type::Int)
            | (Type::Long, Type::Long | Type::Int)
            | (Type::Float, Type::Float | Type::Long | Type::Int)
            | (Type::Double, Type::Double | Type::Float | Type::Long | Type::Int)
            | (Type::Bytes | Type::String, Type::Bytes | Type::String) => true,
            (Type::Array(reader), Type::Array(writer)) => self.within("items", *reader, *writer),
            (Type::Map(reader), Type::Map(writer)) => self.within("values", *reader, *writer),
            (
                Type::Fixed { name: reader, size: read },
                Type::Fixed { name: writer, size: written },
            ) => {
                let named = self.names(reader, writer);
                if read != written {
                    return self.at("size", |this| {
                        this.differ(
                            IncompatibilityKind::FixedSizeMismatch,
                            format!("expected: {written}, found: {read}"),
                        )
                    });
                }
                named
            }
            (
                Type::Enum { name: reader, symbols: known, default },
                Type::Enum { name: writer, symbols: written, .. },
            ) => {
                let named = self.names(reader, writer);
                let known: HashSet<&String> = known.iter().collect();
                let missing: Vec<&str> = written
                    .iter()
                    .filter(|symbol| !known.contains(symbol))
                    .map(String::as_str)
                    .collect();
                if default.is_none() && !missing.is_empty() {
                    let missing = format!("[{}]", missing.join(", "));
                    return self.at("symbols", |this| {
                        this.differ(IncompatibilityKind::MissingEnumSymbols, missing)
                    });
                }
                named
            }
            (
                Type::Record { name: reader, fields: read },
                Type::Record { name: writer, fields: written },
            ) => {
                let named = self.names(reader, writer);
                self.fields(read, written) && named
            }
            _ => self.differ(
                IncompatibilityKind::TypeMismatch,
                format!(
                    "reader type: {} not compatible with writer type: {}",
                    reader.kind(),
                    writer.kind()
                ),
            ),
        }
    }

    fn fields(&mut self, read: &[RecordField], written: &[RecordField]) -> bool {
        let by_name: HashMap<&str, &RecordField> =
            written.iter().map(|field| (field.name.as_str(), field)).collect();
        let mut all = true;
        for (at, field) in read.iter().enumerate() {
            let source = std::iter::once(&field.name)
                .chain(&field.aliases)
                .find_map(|name| by_name.get(name.as_str()));
            all &= self.at("fields", |this| {
                this.at(&at.to_string(), |this| match source {
                    Some(source) => this.within("type", field.of, source.of),
                    None if field.has_default => true,
                    None => this.differ(
                        IncompatibilityKind::ReaderFieldMissingDefaultValue,
                        field.name.clone(),
                    ),
                })
            });
        }
        all
    }

    /// Without their namespaces: Java's `schemaNameEquals`.
    fn names(&mut self, reader: &FullName, writer: &FullName) -> bool {
        if reader.simple() == writer.simple() || reader.aliases.contains(&writer.full) {
            return true;
        }
        self.at("name", |this| {
            this.differ(IncompatibilityKind::NameMismatch, format!("expected: {}", writer.full))
        })
    }

    fn within(&mut self, step: &str, reader: TypeId, writer: TypeId) -> bool {
        self.at(step, |this| this.pair(reader, writer))
    }

    fn at(&mut self, step: &str, compare: impl FnOnce(&mut Self) -> bool) -> bool {
        self.path.push(step.to_owned());
        let verdict = compare(self);
        self.path.pop();
        verdict
    }

    fn differ(&mut self, kind: IncompatibilityKind, what: String) -> bool {
        self.found.push(Incompatibility { kind, path: format!("/{}", self.path.join("/")), what });
        false
    }
}

impl Incompatibility {
    fn text(&self, reader: &str, writer: &str) -> String {
        let Self { kind, path, what } = self;
        let description = match kind {
            IncompatibilityKind::ReaderFieldMissingDefaultValue => {
                format!(
                    "The field '{what}' at path '{path}' in the {reader} schema has no default value and is missing in the {writer} schema"
                )
            }
            IncompatibilityKind::TypeMismatch => {
                format!(
                    "The type (path '{path}') of a field in the {reader} schema does not match with the {writer} schema"
                )
            }
            IncompatibilityKind::NameMismatch => {
                format!("The name of the schema has changed (path '{path}')")
            }
            IncompatibilityKind::FixedSizeMismatch => {
                format!(
                    "The size of FIXED type field at path '{path}' in the {reader} schema does not match with the {writer} schema"
                )
            }
            IncompatibilityKind::MissingEnumSymbols => {
                format!(
                    "The {reader} schema is missing enum symbols '{what}' at path '{path}' in the {writer} schema"
                )
            }
            IncompatibilityKind::MissingUnionBranch => {
                format!(
                    "The {reader} schema is missing a type inside a union field at path '{path}' in the {writer} schema"
                )
            }
            IncompatibilityKind::TooComplex => "The schemas are too complex to compare".to_owned(),
        };
        format!("{{errorType:'{kind}', description:'{description}', additionalInfo:'{what}'}}")
    }
}

impl fmt::Display for IncompatibilityKind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::ReaderFieldMissingDefaultValue => "READER_FIELD_MISSING_DEFAULT_VALUE",
            Self::TypeMismatch => "TYPE_MISMATCH",
            Self::NameMismatch => "NAME_MISMATCH",
            Self::FixedSizeMismatch => "FIXED_SIZE_MISMATCH",
            Self::MissingEnumSymbols => "MISSING_ENUM_SYMBOLS",
            Self::MissingUnionBranch => "MISSING_UNION_BRANCH",
            Self::TooComplex => "TOO_COMPLEX",
        })
    }
}

#[cfg(test)]
mod tests;
