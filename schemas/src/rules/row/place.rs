//! Geometry columns: outlines in metres with their reference system and area, and GeoJSON.

use super::RowCheck;
use crate::row::{Cell, Row};
use crate::rules::geometry::{Bounds, Shape, geojson, wkt};
use crate::rules::value::number;
use crate::rules::{Breach, RuleCode};

#[derive(Clone, Debug)]
pub(crate) struct Outline {
    pub(crate) wkt: usize,
    /// Column of the reference system, and those it may name.
    pub(crate) srid: usize,
    pub(crate) srids: Vec<Box<str>>,
    /// Column of the area in square metres.
    pub(crate) area: Option<usize>,
    /// Where shapes of the first of `srids` lie.
    pub(crate) bounds: Bounds,
    pub(crate) max_vertices: usize,
}

impl RowCheck for Outline {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let breach = Err(Breach::of(RuleCode::Geometry, self.wkt));
        let srid = match row.cell(self.srid) {
            Cell::Text(srid) if self.srids.iter().any(|known| known.as_ref() == srid) => Some(srid),
            Cell::Absent(_) => None,
            Cell::Text(_) | Cell::Null => return breach,
        };
        let Some(text) = row.cell(self.wkt).text() else {
            return Ok(());
        };
        let Some(shape) = wkt::shape(text, self.max_vertices) else {
            return breach;
        };
        let main = self.srids.first().map(AsRef::as_ref);
        let in_place = srid.is_none() || srid != main || shape.lies_within(&self.bounds);
        let area = self.area.map_or(Cell::Null, |column| row.cell(column));
        if in_place && area_agrees(area, &shape) && shape.is_simple() {
            Ok(())
        } else {
            breach
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        let mut columns = vec![&mut self.wkt, &mut self.srid];
        columns.extend(&mut self.area);
        columns
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let area = self
            .area
            .map(|area| format!("its area within 1 % or 5 m² of {}, ", name(area)))
            .unwrap_or_default();
        format!(
            "{} is a simple polygon of at most {} vertices in the province, {area}{} one of {}",
            name(self.wkt),
            self.max_vertices,
            name(self.srid),
            self.srids.join(", ")
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
pub(crate) struct GeoJson {
    pub(crate) column: usize,
    pub(crate) bounds: Bounds,
    pub(crate) max_vertices: usize,
}

impl RowCheck for GeoJson {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        let Some(text) = row.cell(self.column).text() else {
            return Ok(());
        };
        let sound = geojson::figure(text, self.max_vertices)
            .is_some_and(|figure| figure.lies_within(&self.bounds) && figure.is_simple());
        if sound {
            Ok(())
        } else {
            Err(Breach::of(RuleCode::Geometry, self.column))
        }
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column]
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!(
            "{} is a simple GeoJSON geometry of at most {} vertices in the province",
            name(self.column),
            self.max_vertices
        )
    }
}
