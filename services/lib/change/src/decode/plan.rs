//! The plan: for each field of the writer's schema what to do with it, compiled once per schema.

use bangioc_schemas::contract::Contract;

use crate::absent::Image;
use crate::error::{DecodeCode, SchemaMismatch};
use crate::plan::{Leaf, Nullable, Slot, slot, unwrap_union};
use crate::schema::{AvroSchema, Field, NodeId, NodeKind};

/// A field of the writer's envelope, in its order.
pub(super) enum EnvelopeStep {
    Row(Image, Option<Nullable>, Vec<RowStep>),
    Source(Vec<SourceStep>),
    Op,
    Exact(Option<Nullable>),
    Skip(NodeId),
}

pub(super) enum RowStep {
    /// `key` is the column's place in the key datum.
    Column {
        column: usize,
        key: Option<usize>,
        slot: Slot,
    },
    Skip(NodeId),
}

pub(super) enum SourceStep {
    Micros(Option<Nullable>),
    Millis(Option<Nullable>),
    TransactionId(Option<Nullable>),
    Lsn(Option<Nullable>),
    Skip(NodeId),
}
pub(super) struct Planner<'a> {
    pub(super) contract: &'a Contract,
    pub(super) schema: &'a AvroSchema,
    pub(super) key: &'a [(usize, Leaf)],
}

impl Planner<'_> {
    fn fields(&self, node: NodeId, path: &str) -> Result<&[Field], SchemaMismatch> {
        match &self.schema.node(node).kind {
            NodeKind::Record(fields) => Ok(fields),
            _ => Err(SchemaMismatch::new(DecodeCode::Incompatible, path)),
        }
    }

    fn unwrapped(
        &self,
        node: NodeId,
        path: &str,
    ) -> Result<(Option<Nullable>, NodeId), SchemaMismatch> {
        unwrap_union(self.schema, node)
            .ok_or_else(|| SchemaMismatch::new(DecodeCode::Incompatible, path))
    }

    pub(super) fn envelope(&self) -> Result<Vec<EnvelopeStep>, SchemaMismatch> {
        let mut steps = Vec::new();
        let (mut after_at, mut exact_at) = (None, usize::MAX);
        for (index, field) in self.fields(self.schema.root(), "")?.iter().enumerate() {
            steps.push(match field.name.as_str() {
                "before" => self.row(Image::Before, field)?,
                "after" => {
                    after_at = Some(index);
                    self.row(Image::After, field)?
                }
                "source" => self.source(field)?,
                "op" => {
                    self.expect(field.node, "op", |kind| matches!(kind, NodeKind::String))?;
                    EnvelopeStep::Op
                }
                "exact" => {
                    exact_at = index;
                    let (union, map) = self.unwrapped(field.node, "exact")?;
                    let NodeKind::Map(values) = &self.schema.node(map).kind else {
                        return Err(SchemaMismatch::new(DecodeCode::Incompatible, "exact"));
                    };
                    self.expect(*values, "exact", |kind| matches!(kind, NodeKind::String))?;
                    EnvelopeStep::Exact(union)
                }
                _ => EnvelopeStep::Skip(field.node),
            });
        }
        // `exact` replaces cells, so they must have been read.
        let sound = after_at.is_some_and(|after| after < exact_at)
            && steps.iter().any(|step| matches!(step, EnvelopeStep::Op));
        if sound {
            Ok(steps)
        } else {
            Err(SchemaMismatch::new(DecodeCode::Incompatible, "after"))
        }
    }

    fn expect(
        &self,
        node: NodeId,
        path: &str,
        fits: impl Fn(&NodeKind) -> bool,
    ) -> Result<(), SchemaMismatch> {
        if fits(&self.schema.node(node).kind) {
            Ok(())
        } else {
            Err(SchemaMismatch::new(DecodeCode::Incompatible, path))
        }
    }

    fn row(&self, image: Image, field: &Field) -> Result<EnvelopeStep, SchemaMismatch> {
        let (union, node) = self.unwrapped(field.node, &field.name)?;
        let mut found = vec![false; self.contract.columns.len()];
        let mut steps = Vec::new();
        let fields = self.fields(node, &field.name)?;
        for written in fields {
            let Some(column) = self.column_of(written, fields) else {
                steps.push(RowStep::Skip(written.node));
                continue;
            };
            let path = format!("{}.{}", field.name, written.name);
            let slot = slot(
                &self.contract.columns[column].column_type,
                self.schema,
                written.node,
                &path,
            )?;
            let key = self.key.iter().position(|(key, _)| *key == column);
            found[column] = true;
            steps.push(RowStep::Column { column, key, slot });
        }
        // Only rows after the change must be whole; a missing optional column reads as null.
        for (column, found) in self.contract.columns.iter().zip(found) {
            if !found && column.required {
                let path = format!("{}.{}", field.name, column.name);
                return Err(SchemaMismatch::new(DecodeCode::Incompatible, path));
            }
        }
        Ok(EnvelopeStep::Row(image, union, steps))
    }

    /// By name; else by an alias, unless another field has the name itself.
    fn column_of(&self, written: &Field, fields: &[Field]) -> Option<usize> {
        self.contract.column_index(&written.name).or_else(|| {
            self.contract.columns.iter().position(|column| {
                written.was(&column.name) && !fields.iter().any(|field| field.is(&column.name))
            })
        })
    }

    fn source(&self, field: &Field) -> Result<EnvelopeStep, SchemaMismatch> {
        let mut steps = Vec::new();
        for field in self.fields(field.node, "source")? {
            let (union, node) = match unwrap_union(self.schema, field.node) {
                Some(unwrapped) => unwrapped,
                None => (None, field.node),
            };
            let is_long = matches!(self.schema.node(node).kind, NodeKind::Long);
            steps.push(match field.name.as_str() {
                "ts_us" if is_long => SourceStep::Micros(union),
                "ts_ms" if is_long => SourceStep::Millis(union),
                "txId" if is_long => SourceStep::TransactionId(union),
                "lsn" if is_long => SourceStep::Lsn(union),
                _ => SourceStep::Skip(field.node),
            });
        }
        Ok(EnvelopeStep::Source(steps))
    }
}
