//! A change → its record: Debezium's envelope in Avro, by a plan compiled from contract and schema.
//!
//! The plan is a flat list of pieces in the schema's field order, constants already in their bytes,
//! so that a row costs one pass over its cells and no allocation.

mod placeholder;
mod plan;

use bangioc_schemas::avro;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Absence, Cell, Row};

use crate::absent::{self, Image};
use crate::error::{EncodeError, SchemaMismatch};
use crate::event::{ChangeEvent, Operation};
use crate::partition::partition_of;
use crate::plan::{Leaf, Nullable};
use crate::schema::AvroSchema;
use crate::value::{self, Placement};
use crate::wire::{PREFIX, prefix, put_bytes, put_length, put_long};
use placeholder::put_placeholder;
pub(crate) use plan::plan_key;
use plan::{EncodePlanner, Piece, PlannedColumn};

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
        let mut planner = EncodePlanner {
            contract,
            schema: &value,
            source_name,
            database,
            columns: Vec::new(),
            pieces: Vec::new(),
        };
        planner.envelope()?;
        let EncodePlanner { columns, pieces, .. } = planner;
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
                return Err(EncodeError::Width { found: row.len(), expected: self.columns.len() });
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

    /// The datum of a row's key alone, by which the key is named where no record of it is at hand.
    pub fn key_alone(&self, row: Row<'_>) -> Result<Vec<u8>, EncodeError> {
        let mut key = Vec::new();
        self.key(row, &mut key)?;
        Ok(key.split_off(PREFIX.min(key.len())))
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
            let cell = match row.cell(*column) {
                Cell::Text(text) => Cell::Text(leaf.key_text(text)),
                none => none,
            };
            put_key_cell(out, leaf, *column, cell)?;
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
                let row = if *image == Image::Before { event.before } else { event.after };
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
                out.value.extend_from_slice(if copy { copied } else { streamed });
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
                    if !value::put(&mut out.value, &column.slot.leaf, text, Placement::Nullable) {
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
            let text = row.and_then(|row| row.cell(*index).text()).unwrap_or_default();
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
        Cell::Text(text) if value::put(out, leaf, text, Placement::Key) => Ok(()),
        Cell::Text(_) => Err(EncodeError::KeyUnrepresentable { column }),
        Cell::Null => Err(EncodeError::KeyNull { column }),
        Cell::Absent(Absence::Toast | Absence::TooLarge) => Err(EncodeError::KeyAbsent { column }),
    }
}
