//! JSON Lines: one object a line, the columns in their order, null where a value is missing.

use std::io::{self, Write};
use std::path::Path;

use bangioc_schemas::row::Row;

use super::RowWriter;
use crate::lexical::{write_json, write_string};
use crate::set::{Field, Resource};
use crate::written::{HashedFile, Written};

pub(super) struct JsonLines<'a> {
    file: HashedFile,
    fields: &'a [Field],
    line: Vec<u8>,
}

impl JsonLines<'_> {
    pub(super) fn create<'a>(path: &Path, resource: &'a Resource) -> io::Result<JsonLines<'a>> {
        Ok(JsonLines {
            file: HashedFile::create(path)?,
            fields: &resource.fields,
            line: Vec::new(),
        })
    }
}

impl RowWriter for JsonLines<'_> {
    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        self.line.clear();
        write_object(&mut self.line, self.fields, row, |_| true)?;
        self.line.push(b'\n');
        self.file.write_all(&self.line)
    }

    fn finish(self: Box<Self>) -> io::Result<Written> {
        self.file.finish()
    }
}

/// `{"a":1,"b":null}` of the columns that `wanted` picks by their index.
pub(super) fn write_object(
    out: &mut Vec<u8>,
    fields: &[Field],
    row: Row<'_>,
    wanted: impl Fn(usize) -> bool,
) -> io::Result<()> {
    let mut separator = b'{';
    for (_, (cell, field)) in row.cells().zip(fields).enumerate().filter(|(i, _)| wanted(*i)) {
        out.push(separator);
        separator = b',';
        write_string(out, &field.name)?;
        out.push(b':');
        match cell.text() {
            Some(text) => write_json(out, &field.column_type, text)?,
            None => out.extend(b"null"),
        }
    }
    if separator == b'{' {
        out.push(b'{');
    }
    out.push(b'}');
    Ok(())
}
