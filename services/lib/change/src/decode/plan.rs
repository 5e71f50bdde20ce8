//! The plan: for each field of the writer's schema what to do with it, compiled once per schema.

use bangioc_schemas::contract::Contract;

use super::FieldOrder;
use crate::absent::Image;
use crate::error::{DecodeCode, SchemaMismatch};
use crate::plan::{Leaf, Nullable, ValuePlan, slot, unwrap_union};
use crate::schema::{AvroSchema, NodeId, NodeKind, SchemaField};

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
        slot: ValuePlan,
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
pub(super) struct DecodePlanner<'a> {
    pub(super) contract: &'a Contract,
    pub(super) schema: &'a AvroSchema,
    pub(super) key: &'a [(usize, Leaf)],
    pub(super) order: FieldOrder,
}

impl DecodePlanner<'_> {
    fn fields(&self, node: NodeId, path: &str) -> Result<&[SchemaField], SchemaMismatch> {
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
        if sound { Ok(steps) } else { Err(SchemaMismatch::new(DecodeCode::Incompatible, "after")) }
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

    fn row(&self, image: Image, field: &SchemaField) -> Result<EnvelopeStep, SchemaMismatch> {
        let (union, node) = self.unwrapped(field.node, &field.name)?;
        let mut found = vec![false; self.contract.columns.len()];
        let mut steps = Vec::new();
        let fields = self.fields(node, &field.name)?;
        self.check_order(field, fields)?;
        for written in fields {
            let Some(column) = self.contract.column_index(&written.name) else {
                steps.push(RowStep::Skip(written.node));
                continue;
            };
            let path = format!("{}.{}", field.name, written.name);
            let slot =
                slot(&self.contract.columns[column].column_type, self.schema, written.node, &path)?;
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

    /// See [`FieldOrder`]. Aliases count for nothing: whoever writes a schema could name any.
    fn check_order(&self, row: &SchemaField, fields: &[SchemaField]) -> Result<(), SchemaMismatch> {
        if self.order == FieldOrder::Any {
            return Ok(());
        }
        let fails = |written: &SchemaField| {
            let path = format!("{}.{}", row.name, written.name);
            Err(SchemaMismatch::new(DecodeCode::Incompatible, path))
        };
        let (mut next, mut known, mut stranger) = (0, 0, None);
        for written in fields {
            match self.contract.column_index(&written.name) {
                Some(column) if column >= next => (next, known) = (column + 1, known + 1),
                Some(_) => return fails(written),
                None => stranger = stranger.or(Some(written)),
            }
        }
        match stranger {
            Some(stranger) if known < self.contract.columns.len() => fails(stranger),
            _ => Ok(()),
        }
    }

    fn source(&self, field: &SchemaField) -> Result<EnvelopeStep, SchemaMismatch> {
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
