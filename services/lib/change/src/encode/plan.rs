//! The plan: a flat list of pieces in the schema's field order, constants already in their bytes.

use bangioc_schemas::contract::Contract;

use super::branch;
use crate::absent::Image;
use crate::error::{DecodeCode, SchemaMismatch};
use crate::plan::{Leaf, Nullable, ValuePlan, slot, unwrap_union};
use crate::schema::{AvroSchema, NodeId, NodeKind, SchemaField};
use crate::wire::put_bytes;

pub(super) struct PlannedColumn {
    pub(super) name: String,
    pub(super) slot: ValuePlan,
}

/// A stretch of the envelope.
pub(super) enum Piece {
    Const(Vec<u8>),
    Row(Image, Nullable),
    Op,
    Snapshot { streamed: Vec<u8>, copied: Vec<u8> },
    CommittedAt(Unit),
    Now(Unit),
    TransactionId,
    Lsn,
    Exact(Nullable),
}

#[derive(Clone, Copy)]
pub(super) enum Unit {
    Milli,
    Micro,
    Nano,
}

impl Unit {
    pub(super) fn of(self, micros: i64) -> i64 {
        match self {
            Unit::Milli => micros.div_euclid(1_000),
            Unit::Micro => micros,
            // A clock past the year 2262 stays at the end of the range; no order depends on it.
            Unit::Nano => micros.saturating_mul(1_000),
        }
    }
}
/// The key columns in the order of the key schema's fields: exactly the contract's key.
pub(crate) fn plan_key(
    contract: &Contract,
    schema: &AvroSchema,
) -> Result<Vec<(usize, Leaf)>, SchemaMismatch> {
    let NodeKind::Record(fields) = &schema.node(schema.root()).kind else {
        return Err(SchemaMismatch::new(DecodeCode::Incompatible, "key"));
    };
    if fields.len() != contract.key.len() {
        return Err(SchemaMismatch::new(DecodeCode::Incompatible, "key"));
    }
    fields
        .iter()
        .map(|field| {
            let path = format!("key.{}", field.name);
            let incompatible = || SchemaMismatch::new(DecodeCode::Incompatible, &path);
            let column = contract.column_index(&field.name).ok_or_else(incompatible)?;
            let slot = slot(&contract.columns[column].column_type, schema, field.node, &path)?;
            let sound = contract.key.contains(&column) && slot.union.is_none();
            if sound { Ok((column, slot.leaf)) } else { Err(incompatible()) }
        })
        .collect()
}

/// Walks the value schema and writes down what to do for each field.
pub(super) struct EncodePlanner<'a> {
    pub(super) contract: &'a Contract,
    pub(super) schema: &'a AvroSchema,
    pub(super) source_name: &'a str,
    pub(super) database: &'a str,
    pub(super) columns: Vec<PlannedColumn>,
    pub(super) pieces: Vec<Piece>,
}

impl<'a> EncodePlanner<'a> {
    fn fields(&self, node: NodeId, path: &str) -> Result<&'a [SchemaField], SchemaMismatch> {
        match &self.schema.node(node).kind {
            NodeKind::Record(fields) => Ok(fields),
            _ => Err(SchemaMismatch::new(DecodeCode::Incompatible, path)),
        }
    }

    pub(super) fn envelope(&mut self) -> Result<(), SchemaMismatch> {
        for field in self.fields(self.schema.root(), "")? {
            let path = field.name.as_str();
            match path {
                "before" => self.row(Image::Before, field)?,
                "after" => self.row(Image::After, field)?,
                "source" => self.source(field)?,
                "op" => self
                    .fixed_type(field, path, Piece::Op, |kind| matches!(kind, NodeKind::String))?,
                "ts_ms" => self.long(field, path, Piece::Now(Unit::Milli))?,
                "ts_us" => self.long(field, path, Piece::Now(Unit::Micro))?,
                "ts_ns" => self.long(field, path, Piece::Now(Unit::Nano))?,
                "exact" => {
                    let (union, map) = self.nullable(field.node, path)?;
                    let values = match &self.schema.node(map).kind {
                        NodeKind::Map(values) => &self.schema.node(*values).kind,
                        other => other,
                    };
                    if !matches!(values, NodeKind::String) {
                        return Err(SchemaMismatch::new(DecodeCode::Incompatible, path));
                    }
                    self.pieces.push(Piece::Exact(union));
                }
                _ => self.null(field, path)?,
            }
        }
        if self.columns.is_empty()
            || !self.pieces.iter().any(|piece| matches!(piece, Piece::Exact(_)))
        {
            return Err(SchemaMismatch::new(DecodeCode::Incompatible, "after"));
        }
        Ok(())
    }

    fn nullable(&self, node: NodeId, path: &str) -> Result<(Nullable, NodeId), SchemaMismatch> {
        match unwrap_union(self.schema, node) {
            Some((Some(union), node)) => Ok((union, node)),
            _ => Err(SchemaMismatch::new(DecodeCode::Incompatible, path)),
        }
    }

    /// A row's fields must be the contract's columns, in its order.
    fn row(&mut self, image: Image, field: &SchemaField) -> Result<(), SchemaMismatch> {
        let (union, node) = self.nullable(field.node, &field.name)?;
        let fields = self.fields(node, &field.name)?;
        if fields.len() != self.contract.columns.len() {
            return Err(SchemaMismatch::new(DecodeCode::Incompatible, &field.name));
        }
        let mut planned = Vec::with_capacity(fields.len());
        for (index, (written, column)) in fields.iter().zip(&self.contract.columns).enumerate() {
            let path = format!("{}.{}", field.name, written.name);
            let slot = slot(&column.column_type, self.schema, written.node, &path)?;
            let in_key = self.contract.key.contains(&index);
            if written.name != column.name
                || !slot.leaf.is_written()
                || (slot.union.is_none() != in_key)
            {
                return Err(SchemaMismatch::new(DecodeCode::Incompatible, path));
            }
            planned.push(PlannedColumn { name: column.name.clone(), slot });
        }
        self.columns = planned;
        self.pieces.push(Piece::Row(image, union));
        Ok(())
    }

    fn source(&mut self, field: &SchemaField) -> Result<(), SchemaMismatch> {
        let table = &self.contract.source;
        for field in self.fields(field.node, "source")? {
            let path = format!("source.{}", field.name);
            match field.name.as_str() {
                "version" => self.text(field, &path, env!("CARGO_PKG_VERSION"))?,
                "connector" => self.text(field, &path, "postgresql")?,
                "name" => self.text(field, &path, self.source_name)?,
                "db" => self.text(field, &path, self.database)?,
                "schema" => self.text(field, &path, &table.schema)?,
                "table" => self.text(field, &path, &table.table)?,
                "ts_ms" => self.long(field, &path, Piece::CommittedAt(Unit::Milli))?,
                "ts_us" => self.long(field, &path, Piece::CommittedAt(Unit::Micro))?,
                "ts_ns" => self.long(field, &path, Piece::CommittedAt(Unit::Nano))?,
                "txId" => self.long(field, &path, Piece::TransactionId)?,
                "lsn" => self.long(field, &path, Piece::Lsn)?,
                "snapshot" => self.snapshot(field, &path)?,
                _ => self.null(field, &path)?,
            }
        }
        Ok(())
    }

    /// `false` while streaming, Debezium's `incremental` for copied rows.
    fn snapshot(&mut self, field: &SchemaField, path: &str) -> Result<(), SchemaMismatch> {
        let (union, node) = unwrap_union(self.schema, field.node)
            .ok_or_else(|| SchemaMismatch::new(DecodeCode::Incompatible, path))?;
        if !matches!(self.schema.node(node).kind, NodeKind::String) {
            return Err(SchemaMismatch::new(DecodeCode::Incompatible, path));
        }
        let bytes = |text: &str| {
            let mut bytes: Vec<u8> = union.iter().map(|union| branch(union.value)).collect();
            put_bytes(&mut bytes, text.as_bytes());
            bytes
        };
        self.pieces
            .push(Piece::Snapshot { streamed: bytes("false"), copied: bytes("incremental") });
        Ok(())
    }

    fn text(&mut self, field: &SchemaField, path: &str, text: &str) -> Result<(), SchemaMismatch> {
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, text.as_bytes());
        self.fixed_type(field, path, Piece::Const(bytes), |kind| matches!(kind, NodeKind::String))
    }

    fn long(
        &mut self,
        field: &SchemaField,
        path: &str,
        piece: Piece,
    ) -> Result<(), SchemaMismatch> {
        self.fixed_type(field, path, piece, |kind| matches!(kind, NodeKind::Long))
    }

    fn fixed_type(
        &mut self,
        field: &SchemaField,
        path: &str,
        piece: Piece,
        fits: impl Fn(&NodeKind) -> bool,
    ) -> Result<(), SchemaMismatch> {
        match unwrap_union(self.schema, field.node) {
            Some((union, node)) if fits(&self.schema.node(node).kind) => {
                if let Some(union) = union {
                    self.constant(&[branch(union.value)]);
                }
                match piece {
                    Piece::Const(bytes) => self.constant(&bytes),
                    piece => self.pieces.push(piece),
                }
                Ok(())
            }
            _ => Err(SchemaMismatch::new(DecodeCode::Incompatible, path)),
        }
    }

    /// A field that we have nothing for.
    fn null(&mut self, field: &SchemaField, path: &str) -> Result<(), SchemaMismatch> {
        let (union, _) = self.nullable(field.node, path)?;
        self.constant(&[branch(union.null)]);
        Ok(())
    }

    /// Constants that follow each other become one.
    fn constant(&mut self, bytes: &[u8]) {
        match self.pieces.last_mut() {
            Some(Piece::Const(before)) => before.extend_from_slice(bytes),
            _ => self.pieces.push(Piece::Const(bytes.to_vec())),
        }
    }
}
