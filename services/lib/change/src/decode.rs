//! A record → a change, for whatever schema the writer had: columns by name, unknown fields skipped,
//! columns that the writer did not know null. Bytes may be hostile: each length and count is checked
//! against what is there, nothing nests without limit, and a bad record leaves the batch as it was.

mod check;
mod plan;
mod run;

use bangioc_schemas::contract::{Contract, Kind};
use bangioc_schemas::row::Span;

use crate::batch::{Decoded, EventBatch, span};
use crate::encode::plan_key;
use crate::error::{DecodeCode, DecodeError, SchemaMismatch};
use crate::event::{Operation, Origin};
use crate::plan::Leaf;
use crate::schema::AvroSchema;
use crate::value;
use crate::version::Version;
use crate::wire::{self, DatumReader};
use plan::{DecodePlanner, EnvelopeStep};

/// How a writer's row may name the contract's columns.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldOrder {
    /// In the contract's order, and either lacking some or having others, not both: two names exchanged, or
    /// one put in another's place, would carry one column's values into another. For schemas that nobody
    /// has vouched for.
    Contract,
    Any,
}

/// One record as Kafka gives it. `version` and `absent` are the headers of those names.
#[derive(Clone, Copy)]
pub struct RecordBytes<'a> {
    pub key: Option<&'a [u8]>,
    pub value: Option<&'a [u8]>,
    pub version: Option<&'a [u8]>,
    pub absent: Option<&'a [u8]>,
    pub offset: i64,
}

pub struct Decoder {
    value: AvroSchema,
    columns: Vec<String>,
    is_key: Vec<bool>,
    /// Key columns in the key schema's order.
    key: Vec<(usize, Leaf)>,
    keyless: bool,
    envelope: Vec<EnvelopeStep>,
}

impl Decoder {
    /// Both schemas are the writer's, as the registry gives them.
    pub fn new(
        contract: &Contract,
        key_schema: &str,
        value_schema: &str,
        order: FieldOrder,
    ) -> Result<Decoder, SchemaMismatch> {
        let key = plan_key(contract, &AvroSchema::parse(key_schema)?)?;
        if order == FieldOrder::Contract && !key.iter().map(|(column, _)| column).eq(&contract.key)
        {
            return Err(SchemaMismatch::new(DecodeCode::Incompatible, "key"));
        }
        let value = AvroSchema::parse(value_schema)?;
        let envelope = DecodePlanner { contract, schema: &value, key: &key, order }.envelope()?;
        Ok(Decoder {
            value,
            columns: contract.columns.iter().map(|column| column.name.clone()).collect(),
            is_key: (0..contract.columns.len())
                .map(|column| contract.key.contains(&column))
                .collect(),
            key,
            keyless: contract.kind == Kind::Append,
            envelope,
        })
    }

    /// Appends the record's change to `batch`, or leaves it as it was.
    ///
    /// A null value with a version is a delete. A null key passes for a truncate and for an append
    /// dataset only; a record without key and value is no change and fails with `KEY_NULL` (of an
    /// append dataset it is a control record, which the caller counts before it comes here).
    pub fn decode_into(
        &self,
        record: RecordBytes<'_>,
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        let mark = batch.mark();
        let decoded =
            self.decode(&record, batch).and_then(|decoded| Ok(batch.commit(mark, &decoded)?));
        if decoded.is_err() {
            batch.roll_back(mark);
        }
        decoded
    }

    fn decode<'a>(
        &self,
        record: &RecordBytes<'a>,
        batch: &mut EventBatch,
    ) -> Result<Decoded<'a>, DecodeError> {
        let version = version(record.version)?;
        let key = match record.key {
            Some(key) => Some(wire::split(key).map_err(|_| DecodeCode::KeyUndecodable)?.1),
            None => None,
        };
        let Some(value) = record.value else {
            return self.deleted(key, version, record.offset, batch);
        };
        let (_, datum) = wire::split(value)?;
        let mut images = Images::default();
        self.envelope(datum, &mut images, batch)?;
        if let Some(header) = record.absent {
            self.mark_absent(header, &images, batch)?;
        }
        let key = self.check_key(key, datum, &images, version, batch)?;
        self.check_images(&mut images, key, batch)?;
        Ok(Decoded {
            op: images.op.ok_or(DecodeCode::Operation)?,
            version,
            origin: images.origin,
            offset: record.offset,
            before: images.before,
            after: images.after,
            columns: self.columns.len(),
            key,
        })
    }

    /// A null value: the key alone says which row is gone.
    fn deleted<'a>(
        &self,
        key: Option<&'a [u8]>,
        version: Version,
        offset: i64,
        batch: &mut EventBatch,
    ) -> Result<Decoded<'a>, DecodeError> {
        let key = key.filter(|_| !self.keyless).ok_or(DecodeCode::KeyNull)?;
        let before = Some(self.key_row(key, batch)?);
        Ok(Decoded {
            op: Operation::Delete,
            version,
            origin: Origin::default(),
            offset,
            before,
            after: None,
            columns: self.columns.len(),
            key,
        })
    }

    /// A row of which only the key is known.
    fn key_row(&self, key: &[u8], batch: &mut EventBatch) -> Result<usize, DecodeError> {
        let start = self.null_row(batch);
        let mut reader = DatumReader::new(key);
        for (column, leaf) in &self.key {
            let from = batch.text.len();
            value::get(leaf, &mut reader, &mut batch.text, &mut batch.scratch.element)
                .and_then(|()| wire::refuse_nul(&batch.text[from..]))
                .and_then(|()| {
                    let text = &batch.text[from..];
                    // One key has one form, or it would be two to whoever compares bytes.
                    if leaf.key_text(text) == text { Ok(()) } else { Err(DecodeCode::Type) }
                })
                .map_err(|_| DecodeError::from(DecodeCode::KeyUndecodable).at(*column))?;
            batch.spans[start + column] = span(from, batch.text.len());
        }
        reader.finish().map_err(|_| DecodeCode::KeyUndecodable)?;
        Ok(start)
    }

    fn null_row(&self, batch: &mut EventBatch) -> usize {
        let start = batch.spans.len();
        batch.spans.resize(start + self.columns.len(), Span::NULL);
        start
    }
}

/// What an envelope held: rows by where their spans begin.
#[derive(Default)]
struct Images {
    op: Option<Operation>,
    origin: Origin,
    before: Option<usize>,
    after: Option<usize>,
}

/// The version header's content.
pub fn version(header: Option<&[u8]>) -> Result<Version, DecodeError> {
    let bytes = header.ok_or(DecodeCode::NoVersion)?;
    Ok(Version::from_bytes(bytes.try_into().map_err(|_| DecodeCode::BadHeader)?))
}
