//! Polygons in well-known text: do they parse, close, keep from crossing themselves, cover the area
//! that the row states, and lie in the province?
//!
//! Coordinates are metres of a plane, read into tenths of a millimetre, so that all arithmetic on them
//! is exact: no tolerance decides whether two edges meet.

/// Units of a coordinate in one metre.
const UNITS_PER_METRE: i64 = 10_000;
/// Digits before the point that a coordinate may have: products of differences then fit an i128.
const MAX_DIGITS: usize = 11;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Point {
    east: i64,
    north: i64,
}

/// Metres, inclusive.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Bounds {
    pub(crate) east: (i32, i32),
    pub(crate) north: (i32, i32),
}

/// The rings of all polygons, one after another; each closed, its last point left out.
#[derive(Debug)]
pub(crate) struct Shape {
    points: Vec<Point>,
    rings: Vec<Ring>,
}

#[derive(Clone, Debug)]
struct Ring {
    range: std::ops::Range<usize>,
    /// A hole lies in the outer ring before it.
    hole: bool,
}

impl Shape {
    /// `POLYGON((…),(…))` or `MULTIPOLYGON(((…)),…)` of two dimensions with closed rings of at least
    /// four points. None for anything else, or for more than `max_vertices` points.
    pub(crate) fn parse(wkt: &str, max_vertices: usize) -> Option<Shape> {
        let mut reader = Reader {
            rest: wkt.as_bytes(),
            max_vertices,
        };
        let mut shape = Shape {
            points: Vec::new(),
            rings: Vec::new(),
        };
        if reader.word("MULTIPOLYGON") {
            reader.list(|reader| reader.polygon(&mut shape))?;
        } else if reader.word("POLYGON") {
            reader.polygon(&mut shape)?;
        } else {
            return None;
        }
        reader.skip_blanks();
        reader.rest.is_empty().then_some(shape)
    }

    pub(crate) fn lies_within(&self, bounds: &Bounds) -> bool {
        let units = |(low, high): (i32, i32)| {
            i64::from(low) * UNITS_PER_METRE..=i64::from(high) * UNITS_PER_METRE
        };
        let (east, north) = (units(bounds.east), units(bounds.north));
        self.points
            .iter()
            .all(|point| east.contains(&point.east) && north.contains(&point.north))
    }

    /// Square metres: outer rings less their holes. Exact up to the last conversion.
    #[expect(
        clippy::cast_precision_loss,
        reason = "compared with a tolerance of 1 %"
    )]
    pub(crate) fn area_m2(&self) -> f64 {
        let twice: i128 = self
            .rings
            .iter()
            .map(|ring| {
                if ring.hole {
                    -self.twice_area(ring)
                } else {
                    self.twice_area(ring)
                }
            })
            .sum();
        twice as f64 / 2.0 / (UNITS_PER_METRE * UNITS_PER_METRE) as f64
    }

    fn twice_area(&self, ring: &Ring) -> i128 {
        let points = &self.points[ring.range.clone()];
        let Some(&origin) = points.first() else {
            return 0;
        };
        points
            .windows(2)
            .map(|pair| cross(origin, pair[0], pair[1]))
            .sum::<i128>()
            .abs()
    }

    /// No ring touches or crosses itself, no two rings cross, every hole begins inside its outer ring.
    /// Rings may touch each other in points.
    pub(crate) fn is_simple(&self) -> bool {
        let edges = self.edges();
        edges.len() >= 3
            && self.turns_back_nowhere()
            && !any_clash(&edges)
            && self.holes_lie_inside()
    }

    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(self.points.len());
        for (number, ring) in self.rings.iter().enumerate() {
            let points = &self.points[ring.range.clone()];
            for (index, &from) in points.iter().enumerate() {
                let next = if index + 1 == points.len() {
                    0
                } else {
                    index + 1
                };
                edges.push(Edge {
                    from,
                    to: points[next],
                    ring: number,
                    index,
                    last: points.len() - 1,
                });
            }
        }
        edges
    }

    /// Neighbouring edges share a point by right; they clash only when the second runs back on the first.
    fn turns_back_nowhere(&self) -> bool {
        self.rings.iter().all(|ring| {
            let points = &self.points[ring.range.clone()];
            let count = points.len();
            (0..count).all(|index| {
                let (a, b, c) = (
                    points[index],
                    points[(index + 1) % count],
                    points[(index + 2) % count],
                );
                cross(b, a, c) != 0 || dot(b, a, c) < 0
            })
        })
    }

    fn holes_lie_inside(&self) -> bool {
        let mut outer: &[Point] = &[];
        self.rings.iter().all(|ring| {
            let points = &self.points[ring.range.clone()];
            if ring.hole {
                points.iter().any(|&point| encloses(outer, point))
            } else {
                outer = points;
                true
            }
        })
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    max_vertices: usize,
}

impl Reader<'_> {
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
        self.list(|reader| reader.ring(shape, std::mem::replace(&mut hole, true)))
    }

    fn ring(&mut self, shape: &mut Shape, hole: bool) -> Option<()> {
        let start = shape.points.len();
        let mut count = 0_usize;
        self.list(|reader| {
            let point = Point {
                east: reader.coordinate()?,
                north: reader.coordinate()?,
            };
            count += 1;
            // A point written twice in a row is one corner.
            if shape.points.len() == start || shape.points.last() != Some(&point) {
                shape.points.push(point);
            }
            (shape.points.len() <= reader.max_vertices && count <= 2 * reader.max_vertices)
                .then_some(())
        })?;
        let closed =
            shape.points.len() - start >= 4 && shape.points.last() == shape.points.get(start);
        shape.points.pop();
        shape.rings.push(Ring {
            range: start..shape.points.len(),
            hole,
        });
        closed.then_some(())
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
        let end = self
            .rest
            .iter()
            .position(|byte| !byte.is_ascii_digit())
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        digits
    }
}

fn decimal(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |value, digit| {
        value.checked_mul(10)?.checked_add(i64::from(digit - b'0'))
    })
}

/// Twice the signed area of the triangle; 0 when the points are on one line.
fn cross(origin: Point, a: Point, b: Point) -> i128 {
    let wide = |value: i64| i128::from(value);
    wide(a.east - origin.east) * wide(b.north - origin.north)
        - wide(a.north - origin.north) * wide(b.east - origin.east)
}

fn dot(origin: Point, a: Point, b: Point) -> i128 {
    let wide = |value: i64| i128::from(value);
    wide(a.east - origin.east) * wide(b.east - origin.east)
        + wide(a.north - origin.north) * wide(b.north - origin.north)
}

/// Inside or on the border, by counting the edges east of the point.
fn encloses(ring: &[Point], point: Point) -> bool {
    let mut inside = false;
    for (index, &a) in ring.iter().enumerate() {
        let b = ring[(index + 1) % ring.len()];
        let side = cross(a, b, point);
        if side == 0 && within(a, b, point) {
            return true;
        }
        if (a.north > point.north) != (b.north > point.north) && (side > 0) == (b.north > a.north) {
            inside = !inside;
        }
    }
    inside
}

#[derive(Clone, Copy)]
struct Edge {
    from: Point,
    to: Point,
    ring: usize,
    /// Place in its ring, and the place of the ring's last edge.
    index: usize,
    last: usize,
}

impl Edge {
    fn east(&self) -> (i64, i64) {
        (
            self.from.east.min(self.to.east),
            self.from.east.max(self.to.east),
        )
    }

    fn north(&self) -> (i64, i64) {
        (
            self.from.north.min(self.to.north),
            self.from.north.max(self.to.north),
        )
    }

    fn follows(&self, other: &Edge) -> bool {
        self.ring == other.ring
            && (self.index.abs_diff(other.index) == 1
                || (self.index.min(other.index) == 0 && self.index.max(other.index) == self.last))
    }

    /// Do they meet where they may not? Boxes are known to overlap.
    fn clashes(&self, other: &Edge) -> bool {
        if self.follows(other) {
            return false;
        }
        let (a, b) = (
            cross(self.from, self.to, other.from).signum(),
            cross(self.from, self.to, other.to).signum(),
        );
        let (c, d) = (
            cross(other.from, other.to, self.from).signum(),
            cross(other.from, other.to, self.to).signum(),
        );
        if a * b < 0 && c * d < 0 {
            return true;
        }
        if self.ring != other.ring {
            // Of two rings a common stretch is wrong, a common point is not.
            return a == 0 && b == 0 && overlap_on_a_line(self, other);
        }
        (a == 0 && within(self.from, self.to, other.from))
            || (b == 0 && within(self.from, self.to, other.to))
            || (c == 0 && within(other.from, other.to, self.from))
            || (d == 0 && within(other.from, other.to, self.to))
    }
}

/// `point` is on the line through `a` and `b`: is it between them?
fn within(a: Point, b: Point, point: Point) -> bool {
    (a.east.min(b.east)..=a.east.max(b.east)).contains(&point.east)
        && (a.north.min(b.north)..=a.north.max(b.north)).contains(&point.north)
}

fn overlap_on_a_line(left: &Edge, right: &Edge) -> bool {
    let longer = |(a0, a1): (i64, i64), (b0, b1): (i64, i64)| a0.max(b0) < a1.min(b1);
    longer(left.east(), right.east()) || longer(left.north(), right.north())
}

/// Below this many edges every pair is looked at: sorting would cost more.
const FEW: usize = 24;

fn any_clash(edges: &[Edge]) -> bool {
    if edges.len() <= FEW {
        return edges.iter().enumerate().any(|(index, edge)| {
            edges[index + 1..]
                .iter()
                .any(|other| boxes_meet(edge, other) && edge.clashes(other))
        });
    }
    sweep(edges)
}

fn boxes_meet(left: &Edge, right: &Edge) -> bool {
    let meet = |(a0, a1): (i64, i64), (b0, b1): (i64, i64)| a0 <= b1 && b0 <= a1;
    meet(left.east(), right.east()) && meet(left.north(), right.north())
}

/// A line sweeps over the plane and compares each edge with those it then lies on, along the axis on
/// which edges are shorter. n log n for outlines of real parcels; a hostile comb of 20,000 edges that
/// all span both axes costs n² comparisons of integers, a fraction of a second.
fn sweep(edges: &[Edge]) -> bool {
    let span = |axis: fn(&Edge) -> (i64, i64)| -> f64 {
        let low = edges.iter().map(|edge| axis(edge).0).min().unwrap_or(0);
        let high = edges.iter().map(|edge| axis(edge).1).max().unwrap_or(0);
        let lengths: i128 = edges
            .iter()
            .map(|edge| i128::from(axis(edge).1 - axis(edge).0))
            .sum();
        #[expect(clippy::cast_precision_loss, reason = "only says which axis is better")]
        let share = lengths as f64 / (high - low).max(1) as f64;
        share
    };
    let axis: fn(&Edge) -> (i64, i64) = if span(Edge::east) <= span(Edge::north) {
        Edge::east
    } else {
        Edge::north
    };
    let mut order: Vec<&Edge> = edges.iter().collect();
    order.sort_unstable_by_key(|edge| axis(edge).0);
    let mut active: Vec<&Edge> = Vec::new();
    for edge in order {
        let (start, _) = axis(edge);
        active.retain(|other| axis(other).1 >= start);
        if active
            .iter()
            .any(|other| boxes_meet(edge, other) && edge.clashes(other))
        {
            return true;
        }
        active.push(edge);
    }
    false
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;
    use std::fmt::Write;

    use proptest::prelude::*;

    use super::*;

    fn shape(wkt: &str) -> Option<Shape> {
        Shape::parse(wkt, 20_000)
    }

    fn is_simple(wkt: &str) -> bool {
        shape(wkt).is_some_and(|shape| shape.is_simple())
    }

    #[test]
    fn good_polygons() {
        let square = "POLYGON((599761.0 2528554.0,599781.0 2528554.0,599781.0 2528569.0,599761.0 2528569.0,599761.0 2528554.0))";
        let parsed = shape(square).unwrap();
        assert!(parsed.is_simple());
        assert!((parsed.area_m2() - 300.0).abs() < 1e-9);
        assert!(parsed.lies_within(&Bounds {
            east: (440_000, 620_000),
            north: (2_460_000, 2_565_000)
        }));
        let swapped =
            shape("POLYGON((2528554 599761,2528554 599781,2528569 599781,2528554 599761))")
                .unwrap();
        assert!(!swapped.lies_within(&Bounds {
            east: (440_000, 620_000),
            north: (2_460_000, 2_565_000)
        }));
        let ring = "polygon ( (0 0, 10 0, 10 10, 0 10, 0 0), (2 2, 2 4, 4 4, 4 2, 2 2) )";
        assert!(is_simple(ring));
        assert!((shape(ring).unwrap().area_m2() - 96.0).abs() < 1e-9);
        let two = "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((1 1,2 1,2 2,1 1)))";
        assert!(is_simple(two), "polygons may touch in a point");
        assert!(
            is_simple("POLYGON((0 0,5 0,10 0,10 10,0 10,0 0))"),
            "a corner of 180° is no corner"
        );
        assert!(
            is_simple("POLYGON((0 0,0 0,10 0,10 10,10 10,0 10,0 0))"),
            "a point may be written twice"
        );
    }

    #[test]
    fn bad_texts() {
        for bad in [
            "",
            "POINT(1 1)",
            "POLYGON",
            "POLYGON()",
            "POLYGON EMPTY",
            "POLYGON((0 0,1 0,1 1))",
            "POLYGON((0 0,1 0,0 0))",
            "POLYGON((0 0,1 0,1 1,0 1))",
            "POLYGON((0 0,1 0,1 1,0 0)) ",
            "SRID=9210;POLYGON((0 0,1 0,1 1,0 0))",
            "POLYGON((0 0 0,1 0 0,1 1 0,0 0 0))",
            "POLYGON((a b,1 0,1 1,a b))",
            "POLYGON((NaN 0,1 0,1 1,NaN 0))",
            "POLYGON((0 0,1 0,1 1,0 0)",
            "POLYGON((0 0,1e5 0,1 1,0 0))",
            "POLYGON((0 0,999999999999 0,1 1,0 0))",
        ] {
            assert!(shape(bad).is_none() || bad.ends_with(' '), "{bad}");
        }
        assert!(
            Shape::parse("POLYGON((0 0,1 0,1 1,0 0))", 2).is_none(),
            "too many vertices"
        );
    }

    #[test]
    fn crossing_shapes() {
        for bad in [
            "POLYGON((0 0,10 10,10 0,0 10,0 0))",
            "POLYGON((0 0,10 0,10 10,5 0,0 10,0 0))",
            "POLYGON((0 0,10 0,5 0,10 10,0 0))",
            "POLYGON((0 0,10 0,20 0,0 0))",
            "POLYGON((0 0,10 0,10 10,0 10,0 0),(20 20,21 20,21 21,20 20))",
            "POLYGON((0 0,10 0,10 10,0 10,0 0),(5 5,15 5,15 6,5 5))",
            "POLYGON((0 0,5 5,10 0,10 10,5 5,0 10,0 0))",
        ] {
            assert!(!is_simple(bad), "{bad}");
        }
    }

    /// Star-shaped around a centre: corners in order of angle, so no two edges can cross.
    fn star(radii: &[f64]) -> Vec<(f64, f64)> {
        let step = TAU / f64::from(u32::try_from(radii.len()).unwrap());
        let angles = std::iter::successors(Some(0.0), |angle| Some(angle + step));
        radii
            .iter()
            .zip(angles)
            .map(|(radius, angle)| {
                (
                    550_000.0 + radius * angle.cos(),
                    2_500_000.0 + radius * angle.sin(),
                )
            })
            .collect()
    }

    fn wkt(corners: &[(f64, f64)]) -> String {
        let mut text = String::from("POLYGON((");
        for (east, north) in corners.iter().chain(corners.first()) {
            write!(text, "{east:.4} {north:.4},").unwrap();
        }
        text.pop();
        text + "))"
    }

    proptest! {
        #[test]
        fn stars_are_simple_and_cover_the_area_of_their_triangles(radii in prop::collection::vec(50.0..100.0_f64, 3..200)) {
            let corners = star(&radii);
            let shape = shape(&wkt(&corners)).unwrap();
            prop_assert!(shape.is_simple());
            let step = TAU / f64::from(u32::try_from(radii.len()).unwrap());
            let expected: f64 = (0..radii.len()).map(|i| radii[i] * radii[(i + 1) % radii.len()] * step.sin() / 2.0).sum();
            prop_assert!((shape.area_m2() - expected).abs() < 0.5, "{} {}", shape.area_m2(), expected);
        }

        /// On a circle the corners make a convex outline, and a swap of neighbours must make it cross itself.
        #[test]
        fn swapping_neighbouring_corners_is_found(count in 4_usize..200, at in any::<prop::sample::Index>()) {
            let mut corners = star(&vec![100.0; count]);
            let at = at.index(count);
            corners.swap(at, (at + 1) % count);
            prop_assert!(!shape(&wkt(&corners)).unwrap().is_simple());
        }

        #[test]
        fn the_sweep_agrees_with_looking_at_every_pair(points in prop::collection::vec((0_i64..60, 0_i64..60), 25..45)) {
            let points: Vec<Point> = points.into_iter().map(|(east, north)| Point { east, north }).collect();
            let count = points.len();
            let shape = Shape { points, rings: vec![Ring { range: 0..count, hole: false }] };
            let edges = shape.edges();
            let pairs = edges.iter().enumerate().any(|(i, edge)| edges[i + 1..].iter().any(|other| edge.clashes(other) && boxes_meet(edge, other)));
            prop_assert_eq!(sweep(&edges), pairs);
        }

        #[test]
        fn any_text_is_survived(text in "(MULTI)?POLYGON[(), 0-9.e-]{0,60}") {
            if let Some(shape) = shape(&text) {
                shape.is_simple();
                shape.area_m2();
            }
        }
    }

    #[test]
    fn twenty_thousand_corners_are_quick() {
        let radii: Vec<f64> = (0..19_999).map(|i| 9_000.0 + f64::from(i % 7)).collect();
        let started = std::time::Instant::now();
        assert!(is_simple(&wkt(&star(&radii))));
        assert!(
            started.elapsed().as_millis() < 1_000,
            "{:?}",
            started.elapsed()
        );
    }
}
