//! Geometry columns: outlines in metres with their reference system and area, and GeoJSON.

use serde_json::{Value, json};

use super::check::RowCheck;
use crate::row::{Cell, Row};
use crate::rules::breach::{Breach, RuleCode};
use crate::rules::geometry::{Bounds, Shape, geojson, wkt};
use crate::rules::value::number;

#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) wkt: usize,
    pub(crate) system: Option<SystemColumn>,
    /// Column of the area in square metres.
    pub(crate) area: Option<usize>,
    /// Where shapes lie, of the first of several systems.
    pub(crate) bounds: Bounds,
    pub(crate) max_vertices: usize,
}

/// A column that names the reference system of each row.
#[derive(Clone, Debug)]
pub(crate) struct SystemColumn {
    pub(crate) column: usize,
    /// Those it may name.
    pub(crate) srids: Vec<Box<str>>,
}

impl SystemColumn {
    /// Is it one of them, and then: is it the first, as far as is known?
    fn is_first(&self, row: Row<'_>) -> Option<bool> {
        let srid = match row.cell(self.column) {
            Cell::Text(srid) => srid,
            Cell::Null => return None,
            Cell::Absent(_) => return Some(false),
        };
        let place = self.srids.iter().position(|known| known.as_ref() == srid)?;
        Some(place == 0)
    }
}

impl RowCheck for Outline {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let breach = Err(Breach::of(RuleCode::Geometry, self.wkt));
        let Some(is_bounded) =
            self.system.as_ref().map_or(Some(true), |system| system.is_first(row))
        else {
            return breach;
        };
        let Some(text) = row.cell(self.wkt).text() else {
            return Ok(());
        };
        let Some(shape) = wkt::shape(text, self.max_vertices) else {
            return breach;
        };
        let in_place = !is_bounded || shape.lies_within(&self.bounds);
        let area = self.area.map_or(Cell::Null, |column| row.cell(column));
        if in_place && area_agrees(area, &shape) && shape.is_simple() { Ok(()) } else { breach }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        let mut columns = vec![&mut self.wkt];
        columns.extend(self.system.as_mut().map(|system| &mut system.column));
        columns.extend(&mut self.area);
        columns
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        let system = self.system.as_ref();
        let system =
            system.map(|system| json!({ "srid": name(system.column), "srids": system.srids }));
        json!({
            "geometry": name(self.wkt),
            "system": system,
            "area": self.area.map(name),
            "bounds": self.bounds.form(),
            "max_vertices": self.max_vertices,
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let area = self
            .area
            .map(|area| format!(", its area within 1 % or 5 m² of {}", name(area)))
            .unwrap_or_default();
        let system = self
            .system
            .as_ref()
            .map(|system| format!(", {} one of {}", name(system.column), system.srids.join(", ")))
            .unwrap_or_default();
        format!(
            "{} is a simple polygon of at most {} vertices in the province{area}{system}",
            name(self.wkt),
            self.max_vertices,
        )
    }
}

/// Within 1 % or 5 m², whichever is more: surveys and maps are rounded.
fn area_agrees(stated: Cell<'_>, shape: &Shape) -> bool {
    let Some(stated) = stated.text().and_then(number) else {
        return true;
    };
    let difference = (shape.area_m2() - stated).abs();
    difference <= 5.0 || difference <= 0.01 * stated
}

#[derive(Clone, Debug)]
pub(crate) struct GeoJsonRule {
    pub(crate) column: usize,
    pub(crate) bounds: Bounds,
    pub(crate) max_vertices: usize,
}

impl RowCheck for GeoJsonRule {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let Some(text) = row.cell(self.column).text() else {
            return Ok(());
        };
        let sound = geojson::figure(text, self.max_vertices)
            .is_some_and(|figure| figure.lies_within(&self.bounds) && figure.is_simple());
        if sound { Ok(()) } else { Err(Breach::of(RuleCode::Geometry, self.column)) }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({
            "geojson": name(self.column),
            "bounds": self.bounds.form(),
            "max_vertices": self.max_vertices,
        })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!(
            "{} is a simple GeoJSON geometry of at most {} vertices in the province",
            name(self.column),
            self.max_vertices
        )
    }
}
