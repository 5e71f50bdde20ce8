//! Parquet: typed columns, zstd, a footer that says nothing of time or machine. A value that its type
//! cannot hold (a date BC, NaN in a decimal) is null here; CSV has its text.

use std::io;
use std::path::Path;
use std::sync::Arc;

use bangioc_schemas::row::{Cell, Row};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{
    BoolType, ByteArray, ByteArrayType, DoubleType, FixedLenByteArray, FixedLenByteArrayType,
    FloatType, Int32Type, Int64Type,
};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};

use super::RowWriter;
use crate::columns::{ColumnKind, parquet_type};
use crate::lexical::lexical;
use crate::set::{Field, Resource};
use crate::written::{HashedFile, Written};

/// Rows kept in memory until they are written as one group; a reader fetches a group's column at once.
const GROUP_ROWS: usize = 100_000;

/// The same in bytes of text, for tables of outlines.
const GROUP_BYTES: usize = 64 << 20;

pub(super) struct Parquet<'a> {
    file: SerializedFileWriter<HashedFile>,
    columns: Vec<ColumnBuffer<'a>>,
    rows: usize,
    bytes: usize,
}

impl Parquet<'_> {
    pub(super) fn create<'a>(
        path: &Path,
        resource: &'a Resource,
        contract_version: &str,
    ) -> io::Result<Parquet<'a>> {
        let columns: Vec<ColumnBuffer<'a>> =
            resource.fields.iter().map(ColumnBuffer::new).collect();
        let kept = |key: &str, value: &str| KeyValue::new(key.to_owned(), value.to_owned());
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3).map_err(io::Error::other)?))
            // The library's own would change with its version.
            .set_created_by("bangioc".into())
            .set_key_value_metadata(Some(vec![
                kept("contract_version", contract_version),
                kept("title_vi", &resource.title.vi),
                kept("title_en", &resource.title.en),
            ]))
            .build();
        let schema = parquet_type(&resource.name, &resource.fields).map_err(io::Error::other)?;
        let file = SerializedFileWriter::new(
            HashedFile::create(path)?,
            Arc::new(schema),
            Arc::new(properties),
        )
        .map_err(io::Error::other)?;
        Ok(Parquet { file, columns, rows: 0, bytes: 0 })
    }

    fn write_group(&mut self) -> io::Result<()> {
        let mut group = self.file.next_row_group().map_err(io::Error::other)?;
        for column in &mut self.columns {
            if let Some(writer) = group.next_column().map_err(io::Error::other)? {
                column.write(writer).map_err(io::Error::other)?;
            }
        }
        group.close().map_err(io::Error::other)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

impl RowWriter for Parquet<'_> {
    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(row.cells()) {
            self.bytes += cell.text().map_or(1, str::len);
            column.push(cell);
        }
        self.rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES {
            self.write_group()?;
        }
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> io::Result<Written> {
        if self.rows > 0 {
            self.write_group()?;
        }
        self.file.into_inner().map_err(io::Error::other)?.finish()
    }
}

/// One column of the group under way.
struct ColumnBuffer<'a> {
    field: &'a Field,
    kind: ColumnKind,
    list: bool,
    values: Values,
    /// How deep each entry is defined: a value, a null, for lists also the empty one.
    defined: Vec<i16>,
    /// For lists: does the entry begin a row's list or go on with it?
    repeated: Vec<i16>,
}

enum Values {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Float(Vec<f32>),
    Double(Vec<f64>),
    Bytes(Vec<ByteArray>),
    Fixed(Vec<FixedLenByteArray>),
}

impl ColumnBuffer<'_> {
    fn new(field: &Field) -> ColumnBuffer<'_> {
        let (kind, list) = ColumnKind::of_field(&field.column_type);
        let values = match kind {
            ColumnKind::Boolean => Values::Boolean(Vec::new()),
            ColumnKind::Integer { .. } | ColumnKind::Date => Values::Int32(Vec::new()),
            ColumnKind::Bigint
            | ColumnKind::Decimal { .. }
            | ColumnKind::Time
            | ColumnKind::Timestamp { .. } => Values::Int64(Vec::new()),
            ColumnKind::Float => Values::Float(Vec::new()),
            ColumnKind::Double => Values::Double(Vec::new()),
            ColumnKind::Text | ColumnKind::Json | ColumnKind::Bytes => Values::Bytes(Vec::new()),
            ColumnKind::LongDecimal { .. } => Values::Fixed(Vec::new()),
        };
        ColumnBuffer { field, kind, list, values, defined: Vec::new(), repeated: Vec::new() }
    }

    fn push(&mut self, cell: Cell<'_>) {
        let Some(text) = cell.text() else {
            return self.enter(0, 0);
        };
        if !self.list {
            let text = lexical(&self.field.column_type, text);
            let defined = i16::from(self.values.push(self.kind, &text));
            return self.enter(defined, 0);
        }
        let before = self.defined.len();
        for element in bangioc_postgres_text::array::elements(text) {
            let Ok(element) = element else {
                // Several dimensions: no list of this schema.
                return self.enter(0, 0);
            };
            let has_value = element.is_some_and(|text| self.values.push(self.kind, &text));
            let repeated = i16::from(self.defined.len() > before);
            self.enter(if has_value { 3 } else { 2 }, repeated);
        }
        if self.defined.len() == before {
            self.enter(1, 0);
        }
    }

    fn enter(&mut self, defined: i16, repeated: i16) {
        self.defined.push(defined);
        if self.list {
            self.repeated.push(repeated);
        }
    }

    fn write(&mut self, mut writer: SerializedColumnWriter<'_>) -> parquet::errors::Result<()> {
        let defined = Some(&self.defined[..]);
        let repeated = self.list.then_some(&self.repeated[..]);
        match &mut self.values {
            Values::Boolean(values) => {
                writer.typed::<BoolType>().write_batch(values, defined, repeated)?;
                values.clear();
            }
            Values::Int32(values) => {
                writer.typed::<Int32Type>().write_batch(values, defined, repeated)?;
                values.clear();
            }
            Values::Int64(values) => {
                writer.typed::<Int64Type>().write_batch(values, defined, repeated)?;
                values.clear();
            }
            Values::Float(values) => {
                writer.typed::<FloatType>().write_batch(values, defined, repeated)?;
                values.clear();
            }
            Values::Double(values) => {
                writer.typed::<DoubleType>().write_batch(values, defined, repeated)?;
                values.clear();
            }
            Values::Bytes(values) => {
                writer.typed::<ByteArrayType>().write_batch(values, defined, repeated)?;
                values.clear();
            }
            Values::Fixed(values) => {
                writer.typed::<FixedLenByteArrayType>().write_batch(values, defined, repeated)?;
                values.clear();
            }
        }
        self.defined.clear();
        self.repeated.clear();
        writer.close()
    }
}

impl Values {
    /// False, and nothing pushed, when the type cannot hold it.
    fn push(&mut self, kind: ColumnKind, text: &str) -> bool {
        fn take<T>(values: &mut Vec<T>, value: Option<T>) -> bool {
            let there = value.is_some();
            values.extend(value);
            there
        }
        match self {
            Values::Boolean(values) => take(values, Some(matches!(text, "true" | "t"))),
            Values::Int32(values) => take(values, kind.int32(text)),
            Values::Int64(values) => take(values, kind.int64(text)),
            Values::Float(values) => take(values, text.parse().ok()),
            Values::Double(values) => take(values, text.parse().ok()),
            Values::Bytes(values) => take(values, kind.bytes(text).map(ByteArray::from)),
            Values::Fixed(values) => take(
                values,
                kind.int128(text)
                    .map(|number| FixedLenByteArray::from(number.to_be_bytes().to_vec())),
            ),
        }
    }
}
