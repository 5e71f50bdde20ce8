//! A picture of a resource's geometry: its points and outlines over a bare grid, as SVG. No map of
//! somebody else's below it, no script, nothing to fetch.

mod drawing;
mod frame;

use std::io;
use std::path::{Path, PathBuf};

use bangioc_schemas::row::Row;
use serde_json::Value;

use super::RowWriter;
use super::geojson::geometry_text;
use crate::set::{Geometry, Resource};
use crate::written::{Written, write_file};

/// Vertices kept; 16 MB. What comes after still counts as points of its first vertices.
const MOST_VERTICES: usize = 2_000_000;

/// Longitude and latitude: 32 bits tell places about a metre apart, which no picture shows.
type Place = [f32; 2];

#[derive(Default)]
struct Shapes {
    points: Vec<Place>,
    lines: Vec<Vec<Place>>,
    /// Rings, outer and inner alike: filled by the even-odd rule.
    rings: Vec<Vec<Place>>,
    vertices: usize,
}

pub(super) struct Map<'a> {
    path: PathBuf,
    resource: &'a Resource,
    geometry: Geometry,
    shapes: Shapes,
    places: u64,
}

impl Map<'_> {
    pub(super) fn create<'a>(path: &Path, resource: &'a Resource, geometry: Geometry) -> Map<'a> {
        Map { path: path.to_owned(), resource, geometry, shapes: Shapes::default(), places: 0 }
    }
}

impl RowWriter for Map<'_> {
    fn row(&mut self, row: Row<'_>) -> io::Result<()> {
        let parsed =
            geometry_text(self.geometry, row).and_then(|text| serde_json::from_str(&text).ok());
        if let Some(geometry) = parsed {
            self.places += 1;
            self.shapes.add(&geometry);
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<Written> {
        let svg = drawing::draw(&self.shapes, &self.resource.title, self.places);
        write_file(&self.path, svg.as_bytes())
    }
}

impl Shapes {
    fn add(&mut self, geometry: &Value) {
        let Some(coordinates) = geometry.get("coordinates") else {
            for part in geometry.get("geometries").and_then(Value::as_array).into_iter().flatten() {
                self.add(part);
            }
            return;
        };
        match geometry.get("type").and_then(Value::as_str) {
            Some("Point") => self.points.extend(place(coordinates)),
            Some("MultiPoint") => self.points.extend(items(coordinates).filter_map(place)),
            Some("LineString") => self.add_path(coordinates, false),
            Some("MultiLineString") => {
                items(coordinates).for_each(|line| self.add_path(line, false));
            }
            Some("Polygon") => items(coordinates).for_each(|ring| self.add_path(ring, true)),
            Some("MultiPolygon") => {
                items(coordinates).flat_map(items).for_each(|ring| self.add_path(ring, true));
            }
            _ => {}
        }
    }

    fn add_path(&mut self, coordinates: &Value, closed: bool) {
        let path: Vec<Place> = items(coordinates).filter_map(place).collect();
        if self.vertices + path.len() > MOST_VERTICES {
            self.points.extend(path.first());
            return;
        }
        self.vertices += path.len();
        let paths = if closed { &mut self.rings } else { &mut self.lines };
        paths.push(path);
    }

    fn all(&self) -> impl Iterator<Item = &Place> {
        self.points.iter().chain(self.lines.iter().flatten()).chain(self.rings.iter().flatten())
    }
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[expect(clippy::cast_possible_truncation, reason = "a picture needs no more, see `Place`")]
fn place(position: &Value) -> Option<Place> {
    let (lon, lat) = (position.get(0)?.as_f64()?, position.get(1)?.as_f64()?);
    let on_earth = (-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat);
    on_earth.then_some([lon as f32, lat as f32])
}
