//! GeoJSON: RFC 7946, one feature a line. What geometry a row has was decided before; here it only finds
//! its place.

use std::io::{self, Write};
use std::path::Path;

use bangioc_schemas::contract::ColumnType;
use bangioc_schemas::row::Row;

use super::RowWriter;
use super::json_lines::write_object;
use crate::lexical::{is_finite, lexical, write_string};
use crate::set::{Geometry, Resource};
use crate::written::{HashedFile, Written};

pub(super) struct GeoJsonFile<'a> {
    file: HashedFile,
    resource: &'a Resource,
    geometry: Geometry,
    line: Vec<u8>,
    first: bool,
}

impl GeoJsonFile<'_> {
    pub(super) fn create<'a>(
        path: &Path,
        resource: &'a Resource,
        geometry: Geometry,
    ) -> io::Result<GeoJsonFile<'a>> {
        let mut file = HashedFile::create(path)?;
        file.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        Ok(GeoJsonFile { file, resource, geometry, line: Vec::new(), first: true })
    }
}

impl RowWriter for GeoJsonFile<'_> {
    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let line = &mut self.line;
        line.clear();
        line.extend(if self.first { &b"\n"[..] } else { b",\n" });
        self.first = false;
        line.extend(b"{\"type\":\"Feature\",\"id\":");
        write_string(line, &id(self.resource, row))?;
        line.extend(b",\"geometry\":");
        line.extend(geometry_text(self.geometry, row).as_deref().unwrap_or("null").as_bytes());
        line.extend(b",\"properties\":");
        write_object(line, &self.resource.fields, row, |i| match self.geometry {
            Geometry::Column(column) => i != column,
            Geometry::LonLat { lon, lat } => i != lon && i != lat,
        })?;
        line.push(b'}');
        self.file.write_all(line)
    }

    fn finish(mut self: Box<Self>) -> io::Result<Written> {
        self.file.write_all(b"\n]}\n")?;
        self.file.finish()
    }
}

/// The key's values, in key order.
fn id(resource: &Resource, row: Row<'_>) -> String {
    let texts: Vec<_> = resource
        .key
        .iter()
        .map(|&i| {
            row.cell(i)
                .text()
                .map(|text| lexical(&resource.fields[i].column_type, text))
                .unwrap_or_default()
        })
        .collect();
    texts.join("/")
}

/// None where a row has no place.
pub(super) fn geometry_text(geometry: Geometry, row: Row<'_>) -> Option<String> {
    match geometry {
        Geometry::Column(column) => {
            let text = row.cell(column).text()?;
            Some(lexical(&ColumnType::Json, text).into_owned())
        }
        Geometry::LonLat { lon, lat } => {
            let number = |column| row.cell(column).text().filter(|text| is_finite(text));
            Some(format!(
                "{{\"type\":\"Point\",\"coordinates\":[{},{}]}}",
                number(lon)?,
                number(lat)?
            ))
        }
    }
}
