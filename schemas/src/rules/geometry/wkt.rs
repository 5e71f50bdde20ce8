//! Well-known text of two dimensions, in metres: points, lines, polygons and multipolygons.

use super::{Figure, Point, Shape, UNITS_PER_METRE};

/// Digits before the point that a coordinate may have: products of differences then fit an i128.
const MAX_DIGITS: usize = 11;

/// None for anything else, for rings that are not closed, and for more than `max_vertices` points.
pub(crate) fn figure(wkt: &str, max_vertices: usize) -> Option<Figure> {
    let mut reader = WktReader { rest: wkt.as_bytes(), max_vertices, spare: Vec::new() };
    let mut shape = Shape::default();
    let figure = if reader.word("MULTIPOLYGON") {
        shape.is_multiple = true;
        reader.list(|reader| reader.polygon(&mut shape))?;
        Figure::Area(shape)
    } else if reader.word("POLYGON") {
        reader.polygon(&mut shape)?;
        Figure::Area(shape)
    } else if reader.word("LINESTRING") {
        let mut points = reader.points()?;
        points.dedup();
        (2..=max_vertices).contains(&points.len()).then_some(Figure::Line(points))?
    } else if reader.word("POINT") {
        reader.sign(b'(')?;
        let point = reader.point()?;
        reader.sign(b')')?;
        Figure::Point(point)
    } else {
        return None;
    };
    reader.skip_blanks();
    reader.rest.is_empty().then_some(figure)
}

/// A polygon or multipolygon.
pub(crate) fn shape(wkt: &str, max_vertices: usize) -> Option<Shape> {
    match figure(wkt, max_vertices)? {
        Figure::Area(shape) => Some(shape),
        Figure::Point(_) | Figure::Line(_) => None,
    }
}

struct WktReader<'a> {
    rest: &'a [u8],
    max_vertices: usize,
    spare: Vec<Point>,
}

impl WktReader<'_> {
    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn word(&mut self, word: &str) -> bool {
        self.skip_blanks();
        let found = self
            .rest
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
        if found {
            self.rest = &self.rest[word.len()..];
        }
        found
    }

    fn sign(&mut self, sign: u8) -> Option<()> {
        self.skip_blanks();
        self.rest = self.rest.strip_prefix(&[sign])?;
        Some(())
    }

    /// `(item, item, …)`
    fn list(&mut self, mut item: impl FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.sign(b'(')?;
        loop {
            item(self)?;
            if self.sign(b',').is_none() {
                return self.sign(b')');
            }
        }
    }

    fn polygon(&mut self, shape: &mut Shape) -> Option<()> {
        let mut hole = false;
        self.list(|reader| {
            let ring = reader.points()?;
            shape.add_ring(ring.iter().copied(), std::mem::replace(&mut hole, true))?;
            reader.spare = ring;
            (shape.points.len() <= reader.max_vertices).then_some(())
        })
    }

    /// `(east north, …)`, in the spare vector.
    fn points(&mut self) -> Option<Vec<Point>> {
        let mut points = std::mem::take(&mut self.spare);
        points.clear();
        self.list(|reader| {
            points.push(reader.point()?);
            // Points may be written twice in a row.
            (points.len() <= 2 * reader.max_vertices).then_some(())
        })?;
        Some(points)
    }

    fn point(&mut self) -> Option<Point> {
        Some(Point { east: self.coordinate()?, north: self.coordinate()? })
    }

    fn coordinate(&mut self) -> Option<i64> {
        self.skip_blanks();
        let negative = self.rest.first() == Some(&b'-');
        if negative {
            self.rest = &self.rest[1..];
        }
        let whole = self.digits();
        let mut units = decimal(whole)?.checked_mul(UNITS_PER_METRE)?;
        if whole.is_empty() || whole.len() > MAX_DIGITS {
            return None;
        }
        if let Some(rest) = self.rest.strip_prefix(b".") {
            self.rest = rest;
            let fraction = self.digits();
            let mut place = UNITS_PER_METRE / 10;
            for digit in fraction.iter().take(4) {
                units += i64::from(digit - b'0') * place;
                place /= 10;
            }
        }
        Some(if negative { -units } else { units })
    }

    fn digits(&mut self) -> &[u8] {
        let end =
            self.rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }
}

fn decimal(digits: &[u8]) -> Option<i64> {
    digits
        .iter()
        .try_fold(0_i64, |value, digit| value.checked_mul(10)?.checked_add(i64::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures() {
        assert!(matches!(
            figure("POINT(599761.2 2528554.4)", 1),
            Some(Figure::Point(Point { east: 5_997_612_000, north: 25_285_544_000 }))
        ));
        let line = figure("linestring (0 0, 0 0, 1.5 -2)", 9);
        assert!(matches!(line, Some(Figure::Line(points)) if points.len() == 2));
        let area = figure("MULTIPOLYGON(((0 0,1 0,1 1,0 0)))", 9);
        assert!(matches!(area, Some(Figure::Area(shape)) if shape.is_multiple));
    }

    #[test]
    fn bad_texts() {
        for bad in [
            "",
            "POINT(1 1",
            "POINT(1)",
            "POINT EMPTY",
            "LINESTRING(1 1)",
            "LINESTRING(1 1,1 1)",
            "GEOMETRYCOLLECTION(POINT(1 1))",
            "POLYGON",
            "POLYGON()",
            "POLYGON EMPTY",
            "POLYGON((0 0,1 0,1 1))",
            "POLYGON((0 0,1 0,0 0))",
            "POLYGON((0 0,1 0,1 1,0 1))",
            "POLYGON((0 0,1 0,1 1,0 0)) x",
            "SRID=9210;POLYGON((0 0,1 0,1 1,0 0))",
            "POLYGON((0 0 0,1 0 0,1 1 0,0 0 0))",
            "POLYGON((a b,1 0,1 1,a b))",
            "POLYGON((NaN 0,1 0,1 1,NaN 0))",
            "POLYGON((0 0,1 0,1 1,0 0)",
            "POLYGON((0 0,1e5 0,1 1,0 0))",
            "POLYGON((0 0,999999999999 0,1 1,0 0))",
        ] {
            assert!(figure(bad, 20_000).is_none(), "{bad}");
        }
        let triangle = "POLYGON((0 0,1 0,1 1,0 0))";
        assert!(figure(triangle, 2).is_none(), "too many vertices");
        assert!(figure(triangle, 3).is_some());
        assert!(figure("POLYGON((0 0,1 0,1 1,0 0)) ", 3).is_some());
    }
}
