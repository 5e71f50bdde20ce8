//! Does an outline cross or touch itself, do its rings cross, do holes lie where they belong?

use super::{Point, Shape, cross};

impl Shape {
    /// No ring touches or crosses itself, no two rings cross, every hole begins inside its outer ring.
    /// Rings may touch each other in points.
    pub(crate) fn is_simple(&self) -> bool {
        let edges = self.edges();
        edges.len() >= 3
            && self.turns_back_nowhere()
            && !any_clash(&edges)
            && self.holes_lie_inside()
    }

    /// Neighbouring edges share a point by right; they clash only when the second runs back on the first.
    fn turns_back_nowhere(&self) -> bool {
        self.rings.iter().all(|ring| {
            let points = &self.points[ring.range.clone()];
            let count = points.len();
            (0..count).all(|index| {
                let (a, b, c) =
                    (points[index], points[(index + 1) % count], points[(index + 2) % count]);
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

    fn edges(&self) -> Vec<Edge> {
        let mut edges = Vec::with_capacity(self.points.len());
        for (number, ring) in self.rings.iter().enumerate() {
            let points = &self.points[ring.range.clone()];
            for (index, &from) in points.iter().enumerate() {
                let next = if index + 1 == points.len() { 0 } else { index + 1 };
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
        (self.from.east.min(self.to.east), self.from.east.max(self.to.east))
    }

    fn north(&self) -> (i64, i64) {
        (self.from.north.min(self.to.north), self.from.north.max(self.to.north))
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
            edges[index + 1..].iter().any(|other| boxes_meet(edge, other) && edge.clashes(other))
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
        let lengths: i128 = edges.iter().map(|edge| i128::from(axis(edge).1 - axis(edge).0)).sum();
        #[expect(clippy::cast_precision_loss, reason = "only says which axis is better")]
        let share = lengths as f64 / (high - low).max(1) as f64;
        share
    };
    let axis: fn(&Edge) -> (i64, i64) =
        if span(Edge::east) <= span(Edge::north) { Edge::east } else { Edge::north };
    let mut order: Vec<&Edge> = edges.iter().collect();
    order.sort_unstable_by_key(|edge| axis(edge).0);
    let mut active: Vec<&Edge> = Vec::new();
    for edge in order {
        let (start, _) = axis(edge);
        active.retain(|other| axis(other).1 >= start);
        if active.iter().any(|other| boxes_meet(edge, other) && edge.clashes(other)) {
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

    use super::super::{Bounds, Ring, wkt};
    use super::*;

    fn shape(wkt: &str) -> Option<Shape> {
        wkt::shape(wkt, 20_000)
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
        let province = Bounds::of_metres((440_000, 620_000), (2_460_000, 2_565_000));
        assert!(parsed.lies_within(&province));
        let swapped =
            shape("POLYGON((2528554 599761,2528554 599781,2528569 599781,2528554 599761))")
                .unwrap();
        assert!(!swapped.lies_within(&province));
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
                (550_000.0 + radius * angle.cos(), 2_500_000.0 + radius * angle.sin())
            })
            .collect()
    }

    fn outline(corners: &[(f64, f64)]) -> String {
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
            let shape = shape(&outline(&corners)).unwrap();
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
            prop_assert!(!shape(&outline(&corners)).unwrap().is_simple());
        }

        #[test]
        fn the_sweep_agrees_with_looking_at_every_pair(points in prop::collection::vec((0_i64..60, 0_i64..60), 25..45)) {
            let points: Vec<Point> = points.into_iter().map(|(east, north)| Point { east, north }).collect();
            let count = points.len();
            let shape = Shape { points, rings: vec![Ring { range: 0..count, hole: false }], is_multiple: false };
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
        assert!(is_simple(&outline(&star(&radii))));
        assert!(started.elapsed().as_millis() < 1_000, "{:?}", started.elapsed());
    }
}
