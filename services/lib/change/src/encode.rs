//! A change → its record: Debezium's envelope in Avro, by a plan compiled from contract and schema.
//!
//! The plan is a flat list of pieces in the schema's field order, constants already in their bytes,
//! so that a row costs one pass over its cells and no allocation.

use bangioc_schemas::avro;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Absence, Cell, Row};

use crate::absent::{self, Image};
use crate::error::{DecodeCode, EncodeError, SchemaMismatch};
use crate::event::{ChangeEvent, Operation};
use crate::partition::partition_of;
use crate::plan::{Leaf, Nullable, Slot, slot, unwrap_union};
use crate::schema::{AvroSchema, Field, NodeId, NodeKind};
use crate::value::{self, Place};
use crate::wire::{PREFIX, prefix, put_bytes, put_length, put_long};

/// Debezium's text where an update left a TOASTed value alone. For readers that don't know our header;
/// it also stands where a value was too large to travel.
pub const UNAVAILABLE: &str = "__debezium_unavailable_value";

/// The registry's ids of the two schemas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SchemaIds {
    pub key: u32,
    pub value: u32,
}

/// One record's bytes. Reuse it: every [`Encoder::encode`] clears it and keeps the memory.
#[derive(Default)]
pub struct Encoded {
    /// With Confluent's prefix; empty when the record has no key (truncate, append).
    pub key: Vec<u8>,
    pub value: Vec<u8>,
    absent: Vec<u8>,
    /// Cells whose text goes into `exact`.
    exact: Vec<(Image, usize)>,
}

impl Encoded {
    pub fn clear(&mut self) {
        self.key.clear();
        self.value.clear();
        self.absent.clear();
        self.exact.clear();
    }

    pub fn key(&self) -> Option<&[u8]> {
        (!self.key.is_empty()).then_some(self.key.as_slice())
    }

    /// Value of the header [`crate::HEADER_ABSENT`], when the record carries one.
    pub fn absent(&self) -> Option<&[u8]> {
        (!self.absent.is_empty()).then_some(self.absent.as_slice())
    }

    /// The key's datum: what partition and identity go by.
    pub fn key_datum(&self) -> &[u8] {
        self.key.get(PREFIX..).unwrap_or_default()
    }
}

pub struct Encoder {
    key_prefix: [u8; PREFIX],
    value_prefix: [u8; PREFIX],
    /// Key columns in the key schema's order.
    key: Vec<(usize, Leaf)>,
    columns: Vec<PlannedColumn>,
    pieces: Vec<Piece>,
}

struct PlannedColumn {
    name: String,
    slot: Slot,
}

/// A stretch of the envelope.
enum Piece {
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
enum Unit {
    Milli,
    Micro,
    Nano,
}

impl Unit {
    fn of(self, micros: i64) -> i64 {
        match self {
            Unit::Milli => micros.div_euclid(1_000),
            Unit::Micro => micros,
            // A clock past the year 2262 stays at the end of the range; no order depends on it.
            Unit::Nano => micros.saturating_mul(1_000),
        }
    }
}

impl Encoder {
    /// For the schemas that the contract itself gives: `source_name` and `database` fill the source
    /// block's `name` and `db`.
    pub fn new(
        contract: &Contract,
        topic: &str,
        ids: SchemaIds,
        source_name: &str,
        database: &str,
    ) -> Result<Encoder, SchemaMismatch> {
        let key = AvroSchema::parse(&avro::key_schema(contract, topic))?;
        let value = AvroSchema::parse(&avro::value_schema(contract, topic))?;
        let key = plan_key(contract, &key)?;
        let mut planner = Planner {
            contract,
            schema: &value,
            source_name,
            database,
            columns: Vec::new(),
            pieces: Vec::new(),
        };
        planner.envelope()?;
        let Planner {
            columns, pieces, ..
        } = planner;
        Ok(Encoder {
            key_prefix: prefix(ids.key),
            value_prefix: prefix(ids.value),
            key,
            columns,
            pieces,
        })
    }

    /// `now_us`: the capture's clock, microseconds since 1970; information for readers, never an order.
    pub fn encode(
        &self,
        event: &ChangeEvent<'_>,
        now_us: i64,
        out: &mut Encoded,
    ) -> Result<(), EncodeError> {
        out.clear();
        for row in [event.before, event.after].into_iter().flatten() {
            if row.len() != self.columns.len() {
                return Err(EncodeError::Width {
                    found: row.len(),
                    expected: self.columns.len(),
                });
            }
        }
        if event.op != Operation::Truncate {
            self.key(event.keyed_row().ok_or(EncodeError::NoRow)?, &mut out.key)?;
        }
        out.value.extend_from_slice(&self.value_prefix);
        for piece in &self.pieces {
            self.piece(piece, event, now_us, out)?;
        }
        Ok(())
    }

    pub fn partition(&self, encoded: &Encoded, partitions: u32) -> i32 {
        partition_of(encoded.key_datum(), partitions)
    }

    fn key(&self, row: Row<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if self.key.is_empty() {
            return Ok(());
        }
        out.extend_from_slice(&self.key_prefix);
        for (column, leaf) in &self.key {
            put_key_cell(out, leaf, *column, row.cell(*column))?;
        }
        Ok(())
    }

    #[inline]
    fn piece(
        &self,
        piece: &Piece,
        event: &ChangeEvent<'_>,
        now_us: i64,
        out: &mut Encoded,
    ) -> Result<(), EncodeError> {
        match piece {
            Piece::Const(bytes) => out.value.extend_from_slice(bytes),
            Piece::Row(image, union) => {
                let row = if *image == Image::Before {
                    event.before
                } else {
                    event.after
                };
                match row {
                    None => out.value.push(branch(union.null)),
                    Some(row) => {
                        out.value.push(branch(union.value));
                        self.row(*image, row, out)?;
                    }
                }
            }
            Piece::Op => put_bytes(&mut out.value, event.op.as_str().as_bytes()),
            Piece::Snapshot { streamed, copied } => {
                let copy = event.op == Operation::Read;
                out.value
                    .extend_from_slice(if copy { copied } else { streamed });
            }
            Piece::CommittedAt(unit) => {
                put_long(&mut out.value, unit.of(event.origin.committed_at_us));
            }
            Piece::Now(unit) => put_long(&mut out.value, unit.of(now_us)),
            Piece::TransactionId => put_long(&mut out.value, i64::from(event.origin.xid)),
            Piece::Lsn => put_long(&mut out.value, event.origin.lsn.0.cast_signed()),
            Piece::Exact(union) => self.exact(*union, event, out),
        }
        Ok(())
    }

    fn row(&self, image: Image, row: Row<'_>, out: &mut Encoded) -> Result<(), EncodeError> {
        for (index, (column, cell)) in self.columns.iter().zip(row.cells()).enumerate() {
            let Some(union) = column.slot.union else {
                put_key_cell(&mut out.value, &column.slot.leaf, index, cell)?;
                continue;
            };
            match cell {
                Cell::Null => out.value.push(branch(union.null)),
                Cell::Text(text) => {
                    out.value.push(branch(union.value));
                    if !value::put(&mut out.value, &column.slot.leaf, text, Place::Nullable) {
                        out.value.pop();
                        out.value.push(branch(union.null));
                        out.exact.push((image, index));
                    }
                }
                Cell::Absent(absence) => {
                    absent::put(&mut out.absent, image, absence, &column.name);
                    put_placeholder(&mut out.value, union, &column.slot.leaf);
                }
            }
        }
        Ok(())
    }

    fn exact(&self, union: Nullable, event: &ChangeEvent<'_>, out: &mut Encoded) {
        if out.exact.is_empty() {
            return out.value.push(branch(union.null));
        }
        out.value.push(branch(union.value));
        put_length(&mut out.value, out.exact.len());
        for (image, index) in &out.exact {
            let name = self.columns[*index].name.as_bytes();
            let row = match image {
                Image::Before => {
                    put_length(&mut out.value, BEFORE.len() + name.len());
                    out.value.extend_from_slice(BEFORE.as_bytes());
                    event.before
                }
                Image::After => {
                    put_length(&mut out.value, name.len());
                    event.after
                }
            };
            out.value.extend_from_slice(name);
            let text = row
                .and_then(|row| row.cell(*index).text())
                .unwrap_or_default();
            put_bytes(&mut out.value, text.as_bytes());
        }
        out.value.push(0);
    }
}

/// Before a column's name in `exact`: the before image's value.
pub(crate) const BEFORE: &str = "before.";

/// A union branch as Avro writes it; there are two, so one byte.
#[inline]
fn branch(index: u8) -> u8 {
    index << 1
}

#[inline]
fn put_key_cell(
    out: &mut Vec<u8>,
    leaf: &Leaf,
    column: usize,
    cell: Cell<'_>,
) -> Result<(), EncodeError> {
    match cell {
        Cell::Text(text) if value::put(out, leaf, text, Place::Key) => Ok(()),
        Cell::Text(_) => Err(EncodeError::KeyUnrepresentable { column }),
        Cell::Null => Err(EncodeError::KeyNull { column }),
        Cell::Absent(Absence::Toast | Absence::TooLarge) => Err(EncodeError::KeyAbsent { column }),
    }
}

/// As Debezium: the placeholder's text, its bytes, or an array of either; null where it has none.
fn put_placeholder(out: &mut Vec<u8>, union: Nullable, leaf: &Leaf) {
    let filled = match leaf {
        Leaf::Text | Leaf::Json | Leaf::Bytea => {
            out.push(branch(union.value));
            put_bytes(out, UNAVAILABLE.as_bytes());
            true
        }
        Leaf::Array(element) => put_placeholder_array(out, union, element),
        _ => false,
    };
    if !filled {
        out.push(branch(union.null));
    }
}

fn put_placeholder_array(out: &mut Vec<u8>, union: Nullable, element: &Slot) -> bool {
    let put_item = |out: &mut Vec<u8>, item: &dyn Fn(&mut Vec<u8>)| {
        if let Some(union) = element.union {
            out.push(branch(union.value));
        }
        item(out);
    };
    match element.leaf {
        Leaf::Text | Leaf::Json => {
            out.push(branch(union.value));
            put_length(out, 1);
            put_item(out, &|out| put_bytes(out, UNAVAILABLE.as_bytes()));
        }
        Leaf::Integer | Leaf::Bigint | Leaf::Date => {
            out.push(branch(union.value));
            put_length(out, UNAVAILABLE.len());
            for byte in UNAVAILABLE.bytes() {
                put_item(out, &|out| put_long(out, i64::from(byte)));
            }
        }
        _ => return false,
    }
    out.push(0);
    true
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
            let column = contract
                .column_index(&field.name)
                .ok_or_else(incompatible)?;
            let slot = slot(
                &contract.columns[column].column_type,
                schema,
                field.node,
                &path,
            )?;
            let sound = contract.key.contains(&column) && slot.union.is_none();
            if sound {
                Ok((column, slot.leaf))
            } else {
                Err(incompatible())
            }
        })
        .collect()
}

/// Walks the value schema and writes down what to do for each field.
struct Planner<'a> {
    contract: &'a Contract,
    schema: &'a AvroSchema,
    source_name: &'a str,
    database: &'a str,
    columns: Vec<PlannedColumn>,
    pieces: Vec<Piece>,
}

impl<'a> Planner<'a> {
    fn fields(&self, node: NodeId, path: &str) -> Result<&'a [Field], SchemaMismatch> {
        match &self.schema.node(node).kind {
            NodeKind::Record(fields) => Ok(fields),
            _ => Err(SchemaMismatch::new(DecodeCode::Incompatible, path)),
        }
    }

    fn envelope(&mut self) -> Result<(), SchemaMismatch> {
        for field in self.fields(self.schema.root(), "")? {
            let path = field.name.as_str();
            match path {
                "before" => self.row(Image::Before, field)?,
                "after" => self.row(Image::After, field)?,
                "source" => self.source(field)?,
                "op" => self.fixed_type(field, path, Piece::Op, |kind| {
                    matches!(kind, NodeKind::String)
                })?,
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
            || !self
                .pieces
                .iter()
                .any(|piece| matches!(piece, Piece::Exact(_)))
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
    fn row(&mut self, image: Image, field: &Field) -> Result<(), SchemaMismatch> {
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
            planned.push(PlannedColumn {
                name: column.name.clone(),
                slot,
            });
        }
        self.columns = planned;
        self.pieces.push(Piece::Row(image, union));
        Ok(())
    }

    fn source(&mut self, field: &Field) -> Result<(), SchemaMismatch> {
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
    fn snapshot(&mut self, field: &Field, path: &str) -> Result<(), SchemaMismatch> {
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
        self.pieces.push(Piece::Snapshot {
            streamed: bytes("false"),
            copied: bytes("incremental"),
        });
        Ok(())
    }

    fn text(&mut self, field: &Field, path: &str, text: &str) -> Result<(), SchemaMismatch> {
        let mut bytes = Vec::new();
        put_bytes(&mut bytes, text.as_bytes());
        self.fixed_type(field, path, Piece::Const(bytes), |kind| {
            matches!(kind, NodeKind::String)
        })
    }

    fn long(&mut self, field: &Field, path: &str, piece: Piece) -> Result<(), SchemaMismatch> {
        self.fixed_type(field, path, piece, |kind| matches!(kind, NodeKind::Long))
    }

    fn fixed_type(
        &mut self,
        field: &Field,
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
    fn null(&mut self, field: &Field, path: &str) -> Result<(), SchemaMismatch> {
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
