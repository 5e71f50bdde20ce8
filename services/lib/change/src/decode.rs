//! A record → a change, for whatever schema the writer had: columns by name, unknown fields skipped,
//! columns that the writer did not know null. Bytes may be hostile: each length and count is checked
//! against what is there, nothing nests without limit, and a bad record leaves the batch as it was.

use bangioc_schemas::contract::{Contract, Kind};
use bangioc_schemas::row::{Absence, Row, Span};

use crate::absent::{self, Image};
use crate::batch::{Decoded, EventBatch, span};
use crate::encode::{BEFORE, plan_key};
use crate::error::{DecodeCode, DecodeError, SchemaMismatch};
use crate::event::{Operation, Origin};
use crate::plan::{Leaf, Nullable, Slot, slot, unwrap_union};
use crate::schema::{AvroSchema, Field, NodeId, NodeKind};
use crate::value::{self, MAX_TEXT};
use crate::version::{Lsn, Version};
use crate::wire::{self, Reader};

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

/// A field of the writer's envelope, in its order.
enum EnvelopeStep {
    Row(Image, Option<Nullable>, Vec<RowStep>),
    Source(Vec<SourceStep>),
    Op,
    Exact(Option<Nullable>),
    Skip(NodeId),
}

enum RowStep {
    /// `key` is the column's place in the key datum.
    Column {
        column: usize,
        key: Option<usize>,
        slot: Slot,
    },
    Skip(NodeId),
}

enum SourceStep {
    Micros(Option<Nullable>),
    Millis(Option<Nullable>),
    TransactionId(Option<Nullable>),
    Lsn(Option<Nullable>),
    Skip(NodeId),
}

impl Decoder {
    /// Both schemas are the writer's, as the registry gives them.
    pub fn new(
        contract: &Contract,
        key_schema: &str,
        value_schema: &str,
    ) -> Result<Decoder, SchemaMismatch> {
        let key = plan_key(contract, &AvroSchema::parse(key_schema)?)?;
        let value = AvroSchema::parse(value_schema)?;
        let envelope = Planner {
            contract,
            schema: &value,
            key: &key,
        }
        .envelope()?;
        Ok(Decoder {
            value,
            columns: contract
                .columns
                .iter()
                .map(|column| column.name.clone())
                .collect(),
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
        let decoded = self
            .decode(&record, batch)
            .and_then(|decoded| Ok(batch.commit(mark, &decoded)?));
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
        let mut reader = Reader::new(key);
        for (column, leaf) in &self.key {
            let from = batch.text.len();
            value::get(
                leaf,
                &mut reader,
                &mut batch.text,
                &mut batch.scratch.element,
            )
            .and_then(|()| wire::refuse_nul(&batch.text[from..]))
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

    fn envelope(
        &self,
        datum: &[u8],
        images: &mut Images,
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        let mut reader = Reader::new(datum);
        batch.scratch.key_ranges.clear();
        batch.scratch.key_ranges.resize(self.key.len(), (0, 0));
        for step in &self.envelope {
            match step {
                EnvelopeStep::Row(image, union, steps) => {
                    if present(*union, &mut reader)? {
                        let start = self.row(steps, datum.len(), &mut reader, batch)?;
                        match image {
                            Image::Before => images.before = Some(start),
                            Image::After => images.after = Some(start),
                        }
                    }
                }
                EnvelopeStep::Source(steps) => {
                    self.source(steps, &mut reader, &mut images.origin)?;
                }
                EnvelopeStep::Op => images.op = Some(operation(reader.bytes()?)?),
                EnvelopeStep::Exact(union) => {
                    if present(*union, &mut reader)? {
                        self.exact(&mut reader, images, batch)?;
                    }
                }
                EnvelopeStep::Skip(node) => self.value.skip(*node, &mut reader, 0)?,
            }
        }
        Ok(reader.finish()?)
    }

    #[inline]
    fn row(
        &self,
        steps: &[RowStep],
        datum: usize,
        reader: &mut Reader<'_>,
        batch: &mut EventBatch,
    ) -> Result<usize, DecodeError> {
        let start = self.null_row(batch);
        let text_before = batch.text.len();
        for step in steps {
            match step {
                RowStep::Column { column, key, slot } => {
                    let at = |code: DecodeCode| DecodeError::from(code).at(*column);
                    if !value::is_value(slot, reader).map_err(at)? {
                        continue;
                    }
                    let (from, bytes_from) = (batch.text.len(), datum - reader.remaining());
                    value::get(
                        &slot.leaf,
                        reader,
                        &mut batch.text,
                        &mut batch.scratch.element,
                    )
                    .map_err(at)?;
                    batch.spans[start + column] = span(from, batch.text.len());
                    if let Some(key) = key {
                        batch.scratch.key_ranges[*key] = (bytes_from, datum - reader.remaining());
                    }
                }
                RowStep::Skip(node) => self.value.skip(*node, reader, 0)?,
            }
        }
        if batch.text.len() - text_before > MAX_TEXT {
            return Err(DecodeCode::LimitAlloc.into());
        }
        // Once per row, not per cell: a search costs more to start than to run.
        wire::refuse_nul(&batch.text[text_before..]).map_err(|code| {
            let row = Row::new(&batch.text, &batch.spans[start..]);
            let culprit = row
                .cells()
                .position(|cell| cell.text().is_some_and(|text| text.contains('\0')));
            DecodeError {
                code,
                column: culprit,
            }
        })?;
        Ok(start)
    }

    fn source(
        &self,
        steps: &[SourceStep],
        reader: &mut Reader<'_>,
        origin: &mut Origin,
    ) -> Result<(), DecodeError> {
        let (mut millis, mut micros) = (None, None);
        for step in steps {
            match step {
                SourceStep::Micros(union) => micros = long(*union, reader)?,
                SourceStep::Millis(union) => millis = long(*union, reader)?,
                SourceStep::TransactionId(union) => {
                    let id = long(*union, reader)?.unwrap_or(0);
                    origin.xid = u32::try_from(id).map_err(|_| DecodeCode::IntRange)?;
                }
                SourceStep::Lsn(union) => {
                    origin.lsn = Lsn(long(*union, reader)?.unwrap_or(0).cast_unsigned());
                }
                SourceStep::Skip(node) => self.value.skip(*node, reader, 0)?,
            }
        }
        let from_millis = millis.map(|millis| millis.saturating_mul(1_000));
        origin.committed_at_us = micros.or(from_millis).unwrap_or(0);
        Ok(())
    }

    /// Texts that the Avro types could not hold take the place of what stands in the fields.
    fn exact(
        &self,
        reader: &mut Reader<'_>,
        images: &Images,
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        let text_before = batch.text.len();
        reader.blocks(true, |reader| {
            let name = reader.text()?;
            let text = reader.text()?;
            // A column of its own may be called `before.x`; the after image knows better.
            let (image, column) = match (self.column(name), name.strip_prefix(BEFORE)) {
                (Some(column), _) => (images.after, column),
                (None, Some(name)) => match self.column(name) {
                    Some(column) => (images.before, column),
                    None => return Ok(()),
                },
                (None, None) => return Ok(()),
            };
            let Some(start) = image else { return Ok(()) };
            if self.is_key[column] {
                return Err(DecodeCode::KeyMismatch);
            }
            wire::refuse_nul(text)?;
            let from = batch.text.len();
            batch.text.push_str(text);
            batch.spans[start + column] = span(from, batch.text.len());
            // Repeated names could grow the text without end.
            if batch.text.len() - text_before > MAX_TEXT {
                Err(DecodeCode::LimitAlloc)
            } else {
                Ok(())
            }
        })?;
        Ok(())
    }

    fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }

    fn mark_absent(
        &self,
        header: &[u8],
        images: &Images,
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        absent::read(header, |image, absence, name| {
            // A column that the contract no longer has is nobody's loss.
            let Some(column) = self.column(name) else {
                return Ok(());
            };
            let row = if image == Image::Before {
                images.before
            } else {
                images.after
            };
            let start = row
                .filter(|_| !self.is_key[column])
                .ok_or(DecodeCode::BadHeader)?;
            batch.spans[start + column] = match absence {
                Absence::Toast => Span::TOAST,
                Absence::TooLarge => Span::TOO_LARGE,
            };
            Ok(())
        })?;
        Ok(())
    }

    /// The key's datum, known to name the same row as the value. Equal values have equal bytes in
    /// both, so that comparing bytes does, and validates the key as well.
    fn check_key<'a>(
        &self,
        key: Option<&'a [u8]>,
        datum: &[u8],
        images: &Images,
        version: Version,
        batch: &mut EventBatch,
    ) -> Result<&'a [u8], DecodeError> {
        if self.keyless {
            return Ok(&[]);
        }
        let truncate = images.op == Some(Operation::Truncate);
        let Some(key) = key else {
            return if truncate {
                Ok(&[])
            } else {
                Err(DecodeCode::KeyNull.into())
            };
        };
        if truncate {
            return Ok(&[]);
        }
        if images.before.is_none() && images.after.is_none() {
            return Ok(key);
        }
        let mut rest = Some(key);
        for (start, end) in &batch.scratch.key_ranges {
            rest = rest.and_then(|rest| rest.strip_prefix(datum.get(*start..*end)?));
        }
        if rest == Some(&[]) {
            return Ok(key);
        }
        let mark = batch.mark();
        let readable = self.deleted(Some(key), version, 0, batch);
        batch.roll_back(mark);
        readable.and(Err(DecodeCode::KeyMismatch.into()))
    }

    /// Each operation has the rows that it needs, and no other.
    fn check_images(
        &self,
        images: &mut Images,
        key: &[u8],
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        match images.op {
            Some(Operation::Create | Operation::Update | Operation::Read)
                if images.after.is_some() =>
            {
                Ok(())
            }
            Some(Operation::Delete) if images.after.is_none() => {
                if images.before.is_none() {
                    if self.keyless {
                        return Err(DecodeCode::Operation.into());
                    }
                    images.before = Some(self.key_row(key, batch)?);
                }
                Ok(())
            }
            Some(Operation::Truncate) if images.after.is_none() && images.before.is_none() => {
                Ok(())
            }
            _ => Err(DecodeCode::Operation.into()),
        }
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
    Ok(Version::from_bytes(
        bytes.try_into().map_err(|_| DecodeCode::BadHeader)?,
    ))
}

fn operation(text: &[u8]) -> Result<Operation, DecodeCode> {
    Ok(match text {
        b"c" => Operation::Create,
        b"u" => Operation::Update,
        b"d" => Operation::Delete,
        b"r" => Operation::Read,
        b"t" => Operation::Truncate,
        _ => return Err(DecodeCode::Operation),
    })
}

#[inline]
fn present(union: Option<Nullable>, reader: &mut Reader<'_>) -> Result<bool, DecodeCode> {
    match union {
        None => Ok(true),
        Some(union) => Ok(reader.branch(2)? == usize::from(union.value)),
    }
}

#[inline]
fn long(union: Option<Nullable>, reader: &mut Reader<'_>) -> Result<Option<i64>, DecodeCode> {
    if present(union, reader)? {
        reader.long().map(Some)
    } else {
        Ok(None)
    }
}

struct Planner<'a> {
    contract: &'a Contract,
    schema: &'a AvroSchema,
    key: &'a [(usize, Leaf)],
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

    fn envelope(&self) -> Result<Vec<EnvelopeStep>, SchemaMismatch> {
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
