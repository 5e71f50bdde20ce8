//! Figures on a plane: what they are made of, the area they cover, the range they lie in.
//!
//! Coordinates are whole numbers of a small unit, so that all arithmetic on them is exact: no tolerance
//! decides whether two edges meet.
//!
//! - [`wkt`], [`geojson`]: from text
//! - [`crossing`]: does an outline cross itself?

mod crossing;
pub(crate) mod geojson;
pub(crate) mod wkt;

use serde_json::{Value, json};

/// Of a coordinate in metres: tenths of a millimetre.
pub(crate) const UNITS_PER_METRE: i64 = 10_000;
/// Of a coordinate in degrees: a tenth of a millimetre on the ground.
pub(crate) const UNITS_PER_DEGREE: f64 = 1e9;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Point {
    pub(crate) east: i64,
    pub(crate) north: i64,
}

/// A range on both axes, inclusive, in the units of the points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Bounds {
    east: (i64, i64),
    north: (i64, i64),
}

impl Bounds {
    pub(crate) fn of_metres(east: (i32, i32), north: (i32, i32)) -> Bounds {
        let units = |(low, high): (i32, i32)| {
            (i64::from(low) * UNITS_PER_METRE, i64::from(high) * UNITS_PER_METRE)
        };
        Bounds { east: units(east), north: units(north) }
    }

    pub(crate) fn of_degrees(east: (f64, f64), north: (f64, f64)) -> Bounds {
        let units = |(low, high): (f64, f64)| (degrees(low), degrees(high));
        Bounds { east: units(east), north: units(north) }
    }

    /// In the units of the points.
    pub(crate) fn form(&self) -> Value {
        json!({
            "east": [self.east.0, self.east.1],
            "north": [self.north.0, self.north.1],
        })
    }

    pub(crate) fn hold(&self, point: Point) -> bool {
        (self.east.0..=self.east.1).contains(&point.east)
            && (self.north.0..=self.north.1).contains(&point.north)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "saturates, and what is no longitude lies in no range"
)]
fn degrees(number: f64) -> i64 {
    (number * UNITS_PER_DEGREE).round() as i64
}

#[derive(Debug)]
pub(crate) enum Figure {
    Point(Point),
    /// At least two points.
    Line(Vec<Point>),
    Area(Shape),
}

impl Figure {
    pub(crate) fn lies_within(&self, bounds: &Bounds) -> bool {
        match self {
            Figure::Point(point) => bounds.hold(*point),
            Figure::Line(points) => points.iter().all(|point| bounds.hold(*point)),
            Figure::Area(shape) => shape.lies_within(bounds),
        }
    }

    pub(crate) fn points(&self) -> impl Iterator<Item = Point> {
        match self {
            Figure::Point(point) => std::slice::from_ref(point),
            Figure::Line(points) => points,
            Figure::Area(shape) => &shape.points,
        }
        .iter()
        .copied()
    }

    /// Is there an edge of which it is true? A point alone is an edge to itself.
    pub(crate) fn any_edge(&self, mut is_true: impl FnMut(Point, Point) -> bool) -> bool {
        match self {
            Figure::Point(point) => is_true(*point, *point),
            Figure::Line(points) => points.windows(2).any(|pair| is_true(pair[0], pair[1])),
            Figure::Area(shape) => shape.rings().any(|(corners, _)| {
                let next = corners.iter().cycle().skip(1);
                corners.iter().zip(next).any(|(from, to)| is_true(*from, *to))
            }),
        }
    }

    /// The same figure, in other coordinates.
    pub(crate) fn moved(self, place: impl Fn(Point) -> Point) -> Figure {
        let all = |points: Vec<Point>| points.into_iter().map(&place).collect();
        match self {
            Figure::Point(point) => Figure::Point(place(point)),
            Figure::Line(points) => Figure::Line(all(points)),
            Figure::Area(shape) => Figure::Area(Shape { points: all(shape.points), ..shape }),
        }
    }

    /// No outline crosses or touches itself; lines may.
    pub(crate) fn is_simple(&self) -> bool {
        match self {
            Figure::Point(_) | Figure::Line(_) => true,
            Figure::Area(shape) => shape.is_simple(),
        }
    }
}

/// The rings of all polygons, one after another; each closed, its last point left out.
#[derive(Debug, Default)]
pub(crate) struct Shape {
    points: Vec<Point>,
    rings: Vec<Ring>,
    /// Written as a multipolygon, be it of one polygon.
    pub(crate) is_multiple: bool,
}

#[derive(Clone, Debug)]
struct Ring {
    range: std::ops::Range<usize>,
    /// A hole lies in the outer ring before it.
    hole: bool,
}

impl Shape {
    /// Takes a ring as it is written, its last point equal to its first; at least four points. A point
    /// written twice in a row is one corner. None when it is no ring.
    fn add_ring(&mut self, written: impl IntoIterator<Item = Point>, hole: bool) -> Option<()> {
        let start = self.points.len();
        for point in written {
            if self.points.len() == start || self.points.last() != Some(&point) {
                self.points.push(point);
            }
        }
        let closed = self.points.len() - start >= 4 && self.points.last() == self.points.get(start);
        self.points.pop();
        self.rings.push(Ring { range: start..self.points.len(), hole });
        closed.then_some(())
    }

    /// Each ring's corners, and whether it is a hole in the outer ring before it.
    pub(crate) fn rings(&self) -> impl Iterator<Item = (&[Point], bool)> {
        self.rings.iter().map(|ring| (&self.points[ring.range.clone()], ring.hole))
    }

    pub(crate) fn lies_within(&self, bounds: &Bounds) -> bool {
        self.points.iter().all(|point| bounds.hold(*point))
    }

    /// Square metres: outer rings less their holes. Exact up to the last conversion.
    #[expect(clippy::cast_precision_loss, reason = "compared with a tolerance of 1 %")]
    pub(crate) fn area_m2(&self) -> f64 {
        let twice: i128 = self
            .rings
            .iter()
            .map(|ring| if ring.hole { -self.twice_area(ring) } else { self.twice_area(ring) })
            .sum();
        twice as f64 / 2.0 / (UNITS_PER_METRE * UNITS_PER_METRE) as f64
    }

    fn twice_area(&self, ring: &Ring) -> i128 {
        let points = &self.points[ring.range.clone()];
        let Some(&origin) = points.first() else {
            return 0;
        };
        points.windows(2).map(|pair| cross(origin, pair[0], pair[1])).sum::<i128>().abs()
    }
}

/// Twice the signed area of the triangle; 0 when the points are on one line.
fn cross(origin: Point, a: Point, b: Point) -> i128 {
    let wide = |value: i64| i128::from(value);
    wide(a.east - origin.east) * wide(b.north - origin.north)
        - wide(a.north - origin.north) * wide(b.east - origin.east)
}
