//! Runs the plan over a datum: fields in the writer's order, each row's texts and spans into the batch.

use bangioc_schemas::row::{Absence, Row, Span};

use super::plan::{EnvelopeStep, RowStep, SourceStep};
use super::{Decoder, Images};
use crate::absent::{self, Image};
use crate::batch::{EventBatch, span};
use crate::encode::BEFORE;
use crate::error::{DecodeCode, DecodeError};
use crate::event::{Operation, Origin};
use crate::plan::Nullable;
use crate::value::{self, MAX_TEXT};
use crate::version::Lsn;
use crate::wire::{self, DatumReader};

impl Decoder {
    pub(super) fn envelope(
        &self,
        datum: &[u8],
        images: &mut Images,
        batch: &mut EventBatch,
    ) -> Result<(), DecodeError> {
        let mut reader = DatumReader::new(datum);
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
        reader: &mut DatumReader<'_>,
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
                    value::get(&slot.leaf, reader, &mut batch.text, &mut batch.scratch.element)
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
            let culprit =
                row.cells().position(|cell| cell.text().is_some_and(|text| text.contains('\0')));
            DecodeError { code, column: culprit }
        })?;
        Ok(start)
    }

    fn source(
        &self,
        steps: &[SourceStep],
        reader: &mut DatumReader<'_>,
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
        reader: &mut DatumReader<'_>,
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

    pub(super) fn mark_absent(
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
            let row = if image == Image::Before { images.before } else { images.after };
            let start = row.filter(|_| !self.is_key[column]).ok_or(DecodeCode::BadHeader)?;
            batch.spans[start + column] = match absence {
                Absence::Toast => Span::TOAST,
                Absence::TooLarge => Span::TOO_LARGE,
            };
            Ok(())
        })?;
        Ok(())
    }
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
fn present(union: Option<Nullable>, reader: &mut DatumReader<'_>) -> Result<bool, DecodeCode> {
    match union {
        None => Ok(true),
        Some(union) => Ok(reader.branch(2)? == usize::from(union.value)),
    }
}

#[inline]
fn long(union: Option<Nullable>, reader: &mut DatumReader<'_>) -> Result<Option<i64>, DecodeCode> {
    if present(union, reader)? { reader.long().map(Some) } else { Ok(None) }
}
