//! The files of a resource, all written in one pass over its rows.

mod csv;
mod geojson;
mod json_lines;
mod map;
mod parquet;

use std::io;
use std::path::Path;

use bangioc_schemas::row::Row;

use crate::format::Format;
use crate::lexical::is_usual;
use crate::set::Resource;
use crate::written::Written;

/// A file under way: rows in their order, then its end.
trait RowWriter {
    fn row(&mut self, row: Row<'_>) -> io::Result<()>;
    /// Brings the file to the disk.
    fn finish(self: Box<Self>) -> io::Result<Written>;
}

/// All files of one resource, under provisional names in one folder.
pub(crate) struct ResourceFiles<'a> {
    resource: &'a Resource,
    writers: Vec<(Format, Box<dyn RowWriter + 'a>)>,
    /// For each field: every value so far is one of its type as others know it.
    usual: Vec<bool>,
}

impl<'a> ResourceFiles<'a> {
    pub(crate) fn create(
        folder: &Path,
        resource: &'a Resource,
        contract_version: &str,
    ) -> io::Result<ResourceFiles<'a>> {
        let path =
            |format: Format| folder.join(format!("{}.{}", resource.name, format.extension()));
        let mut writers: Vec<(Format, Box<dyn RowWriter>)> = vec![
            (Format::Csv, Box::new(csv::Csv::create(&path(Format::Csv), resource)?)),
            (
                Format::Jsonl,
                Box::new(json_lines::JsonLines::create(&path(Format::Jsonl), resource)?),
            ),
            (
                Format::Parquet,
                Box::new(parquet::Parquet::create(
                    &path(Format::Parquet),
                    resource,
                    contract_version,
                )?),
            ),
        ];
        if let Some(geometry) = resource.geometry {
            writers.push((
                Format::GeoJson,
                Box::new(geojson::GeoJsonFile::create(&path(Format::GeoJson), resource, geometry)?),
            ));
            writers.push((
                Format::Map,
                Box::new(map::Map::create(&path(Format::Map), resource, geometry)),
            ));
        }
        let usual = vec![true; resource.fields.len()];
        Ok(ResourceFiles { resource, writers, usual })
    }

    pub(crate) fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        for ((usual, cell), field) in
            self.usual.iter_mut().zip(row.cells()).zip(&self.resource.fields)
        {
            *usual &= cell.text().is_none_or(|text| is_usual(&field.column_type, text));
        }
        self.writers.iter_mut().try_for_each(|(_, writer)| writer.row(row))
    }

    /// Names of the fields that hold values which only PostgreSQL knows.
    pub(crate) fn unusual_fields(&self) -> Vec<String> {
        let fields = self.usual.iter().zip(&self.resource.fields);
        fields.filter(|(usual, _)| !**usual).map(|(_, field)| field.name.clone()).collect()
    }

    /// Every file on the disk, named by its content.
    pub(crate) fn finish(self) -> io::Result<Vec<(Format, Written)>> {
        self.writers
            .into_iter()
            .map(|(format, writer)| {
                let written = writer.finish()?;
                Ok((format, written.named_by_content(&self.resource.name, format.extension())?))
            })
            .collect()
    }
}
