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
            (
                Format::Csv,
                Box::new(csv::Csv::create(&path(Format::Csv), resource)?),
            ),
            (
                Format::Jsonl,
                Box::new(json_lines::JsonLines::create(
                    &path(Format::Jsonl),
                    resource,
                )?),
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
                Box::new(geojson::GeoJson::create(
                    &path(Format::GeoJson),
                    resource,
                    geometry,
                )?),
            ));
            writers.push((
                Format::Map,
                Box::new(map::Map::create(&path(Format::Map), resource, geometry)),
            ));
        }
        Ok(ResourceFiles { resource, writers })
    }

    pub(crate) fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        self.writers
            .iter_mut()
            .try_for_each(|(_, writer)| writer.row(row))
    }

    /// Every file on the disk, named by its content.
    pub(crate) fn finish(self) -> io::Result<Vec<(Format, Written)>> {
        self.writers
            .into_iter()
            .map(|(format, writer)| {
                let written = writer.finish()?;
                Ok((
                    format,
                    written.named_by_content(&self.resource.name, format.extension())?,
                ))
            })
            .collect()
    }
}
