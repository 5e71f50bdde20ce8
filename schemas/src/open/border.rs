//! What lies near the state's border, and so is not public: border data is core data of the state
//! (Decision 20/2025/QD-TTg).

use std::ops::Range;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::vn2000::{AXIS, E2};
use crate::rules::geometry::{Bounds, Figure, Point, UNITS_PER_DEGREE, geojson};

/// The border of a province may be surveyed to the metre.
const MAX_VERTICES: usize = 200_000;

/// Edges that are ruled out together.
const STRETCH: usize = 32;

/// A line of WGS84.
#[derive(Debug)]
pub(crate) struct Border {
    /// In degrees.
    points: Vec<BorderPoint>,
    stretches: Vec<Stretch>,
}

#[derive(Debug)]
struct Stretch {
    range: Range<usize>,
    extent: BorderExtent,
}

/// Nothing nearer to the border than this is public.
#[derive(Clone, Debug)]
pub(crate) struct Mask {
    pub(crate) border: Arc<Border>,
    pub(crate) metres: u32,
}

/// Degrees, or metres from a place nearby.
#[derive(Clone, Copy, PartialEq, Debug)]
struct BorderPoint {
    east: f64,
    north: f64,
}

#[derive(Clone, Copy, Debug)]
struct BorderExtent {
    low: BorderPoint,
    high: BorderPoint,
}

impl Border {
    /// From a GeoJSON `LineString`.
    pub(crate) fn read(json: &str) -> Option<Border> {
        let Figure::Line(points) = geojson::figure(json, MAX_VERTICES)? else {
            return None;
        };
        let world = Bounds::of_degrees((-180.0, 180.0), (-90.0, 90.0));
        if !points.iter().all(|point| world.hold(*point)) {
            return None;
        }
        let points: Vec<BorderPoint> =
            points.into_iter().map(|point| place(point, UNITS_PER_DEGREE)).collect();
        let stretches = (0..points.len() - 1)
            .step_by(STRETCH)
            .map(|first| {
                // The last point of one is the first of the next.
                let range = first..(first + STRETCH + 1).min(points.len());
                Stretch { extent: BorderExtent::of(points[range.clone()].iter().copied()), range }
            })
            .collect();
        Some(Border { points, stretches })
    }

    /// Another one for another line: SHA-256, hexadecimal.
    pub(crate) fn digest(&self) -> String {
        let mut digest = Sha256::new();
        for at in &self.points {
            digest.update(format!("{} {}\n", at.east, at.north));
        }
        bangioc_postgres_text::hex::to_hex(&digest.finalize())
    }

    /// In place of one that can't be read: everything lies near it.
    pub(crate) fn everywhere() -> Border {
        Border { points: Vec::new(), stretches: Vec::new() }
    }
}

impl Mask {
    /// Does some of the figure, in so many units a degree of WGS84, lie nearer to the border? Exact to 1 %
    /// for what is smaller than the province.
    pub(crate) fn hides(&self, figure: &Figure, units_per_degree: f64) -> bool {
        let mut corners = figure.points().map(|point| place(point, units_per_degree));
        let Some(origin) = corners.next() else {
            return false;
        };
        let extent = BorderExtent::of(std::iter::once(origin).chain(corners));
        let plane = Plane::at(origin);
        let metres = f64::from(self.metres);
        let reach = extent.widened(plane.degrees(metres));
        let border = &self.border;
        // Nothing of the border's lies outside of such a figure, so that it need not cross it.
        if border.stretches.iter().all(|one| reach.holds(&one.extent)) {
            return true;
        }
        let touched = border.stretches.iter().filter(|one| reach.meets(&one.extent));
        touched.flat_map(|one| border.points[one.range.clone()].windows(2)).any(|edge| {
            let near = BorderExtent::of(edge.iter().copied());
            let edge = (plane.metres(edge[0]), plane.metres(edge[1]));
            reach.meets(&near)
                && figure.any_edge(|from, to| {
                    let placed = |point| plane.metres(place(point, units_per_degree));
                    distance(edge, (placed(from), placed(to))) < metres
                })
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "degrees of 17 digits, a tenth of a millimetre")]
fn place(point: Point, units_per_degree: f64) -> BorderPoint {
    BorderPoint {
        east: point.east as f64 / units_per_degree,
        north: point.north as f64 / units_per_degree,
    }
}

impl BorderExtent {
    fn of(places: impl Iterator<Item = BorderPoint>) -> BorderExtent {
        let nothing = BorderExtent {
            low: BorderPoint { east: f64::INFINITY, north: f64::INFINITY },
            high: BorderPoint { east: f64::NEG_INFINITY, north: f64::NEG_INFINITY },
        };
        places.fold(nothing, |BorderExtent { low, high }, place| BorderExtent {
            low: BorderPoint { east: low.east.min(place.east), north: low.north.min(place.north) },
            high: BorderPoint {
                east: high.east.max(place.east),
                north: high.north.max(place.north),
            },
        })
    }

    fn widened(&self, by: BorderPoint) -> BorderExtent {
        BorderExtent {
            low: BorderPoint { east: self.low.east - by.east, north: self.low.north - by.north },
            high: BorderPoint { east: self.high.east + by.east, north: self.high.north + by.north },
        }
    }

    fn meets(&self, other: &BorderExtent) -> bool {
        self.low.east <= other.high.east
            && other.low.east <= self.high.east
            && self.low.north <= other.high.north
            && other.low.north <= self.high.north
    }

    fn holds(&self, other: &BorderExtent) -> bool {
        self.low.east <= other.low.east
            && other.high.east <= self.high.east
            && self.low.north <= other.low.north
            && other.high.north <= self.high.north
    }
}

/// The ground around a place, taken for flat: metres of a degree there.
struct Plane {
    origin: BorderPoint,
    scale: BorderPoint,
}

impl Plane {
    fn at(origin: BorderPoint) -> Plane {
        let latitude = origin.north.to_radians();
        let flat = 1.0 - E2 * latitude.sin().powi(2);
        let degree = std::f64::consts::PI / 180.0 * AXIS / flat.sqrt();
        Plane {
            origin,
            scale: BorderPoint { east: degree * latitude.cos(), north: degree * (1.0 - E2) / flat },
        }
    }

    fn metres(&self, at: BorderPoint) -> BorderPoint {
        BorderPoint {
            east: (at.east - self.origin.east) * self.scale.east,
            north: (at.north - self.origin.north) * self.scale.north,
        }
    }

    /// A little more than so many metres.
    fn degrees(&self, metres: f64) -> BorderPoint {
        BorderPoint {
            east: metres * 1.01 / self.scale.east,
            north: metres * 1.01 / self.scale.north,
        }
    }
}

type Edge = (BorderPoint, BorderPoint);

/// Between two edges; 0 when they cross.
fn distance(one: Edge, other: Edge) -> f64 {
    if crosses(one, other) && crosses(other, one) {
        return 0.0;
    }
    [to_edge(one.0, other), to_edge(one.1, other), to_edge(other.0, one), to_edge(other.1, one)]
        .into_iter()
        .fold(f64::INFINITY, f64::min)
}

/// Do the ends of the one lie on two sides of the line through the other?
fn crosses((from, to): Edge, (start, end): Edge) -> bool {
    let side = |at: BorderPoint| {
        (end.east - start.east) * (at.north - start.north)
            - (end.north - start.north) * (at.east - start.east)
    };
    side(from) * side(to) < 0.0
}

fn to_edge(at: BorderPoint, (from, to): Edge) -> f64 {
    let (east, north) = (to.east - from.east, to.north - from.north);
    let length_squared = east * east + north * north;
    let along = if length_squared > 0.0 {
        ((at.east - from.east) * east + (at.north - from.north) * north) / length_squared
    } else {
        0.0
    };
    let along = along.clamp(0.0, 1.0);
    (from.east + along * east - at.east).hypot(from.north + along * north - at.north)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A meridian from 22° to 23°, in steps.
    fn meridian(steps: u32) -> Arc<Border> {
        let points: Vec<String> = (0..=steps)
            .map(|step| format!("[106,{}]", 22.0 + f64::from(step) / f64::from(steps)))
            .collect();
        let json = format!(r#"{{"type":"LineString","coordinates":[{}]}}"#, points.join(","));
        Arc::new(Border::read(&json).unwrap())
    }

    fn hides(steps: u32, metres: u32, json: &str) -> bool {
        let mask = Mask { border: meridian(steps), metres };
        mask.hides(&geojson::figure(json, 1000).unwrap(), UNITS_PER_DEGREE)
    }

    fn square(west: f64, south: f64, side: f64) -> String {
        let (east, north) = (west + side, south + side);
        format!(
            r#"{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{north}],[{west},{south}]]]}}"#
        )
    }

    /// At 22.5° a degree of longitude is 102,903 m long (WGS84), and one of latitude 110,744 m.
    #[test]
    fn distances_are_those_on_the_ground() {
        for steps in [1, 10, 1000] {
            let point = |longitude: f64, latitude: f64| {
                format!(r#"{{"type":"Point","coordinates":[{longitude},{latitude}]}}"#)
            };
            let east_by = |metres: f64| point(106.0 + metres / 102_903.0, 22.5);
            assert!(hides(steps, 1000, &east_by(999.0)));
            assert!(!hides(steps, 1000, &east_by(1001.0)));
            assert!(hides(steps, 1000, &east_by(-999.0)), "on both sides");
            let north_by = |metres: f64| point(106.0, 23.0 + metres / 110_750.0);
            assert!(hides(steps, 1000, &north_by(999.0)), "beyond its end");
            assert!(!hides(steps, 1000, &north_by(1001.0)));
        }
    }

    #[test]
    fn every_part_of_a_figure_counts() {
        for steps in [1, 1000] {
            assert!(hides(steps, 10, &square(105.99, 22.5, 0.02)), "across");
            assert!(hides(steps, 10, &square(105.0, 21.0, 3.0)), "around all of it");
            assert!(!hides(steps, 10, &square(106.01, 22.5, 0.02)));
            let corner = r#"{"type":"Polygon","coordinates":[[[106.5,22.4],[106.00005,22.50005],[106.5,22.6],[106.5,22.4]]]}"#;
            assert!(hides(steps, 10, corner), "a corner, 5 m away");
            assert!(!hides(steps, 5, corner));
            let line = r#"{"type":"LineString","coordinates":[[105.9,22.10003],[106.1,22.20003]]}"#;
            assert!(hides(steps, 1, line), "a line across");
            let second = format!(
                r#"{{"type":"MultiPolygon","coordinates":[{},[[[106.00005,22.5],[106.1,22.5],[106.1,22.6],[106.00005,22.5]]]]}}"#,
                "[[[106.5,22.5],[106.6,22.5],[106.6,22.6],[106.5,22.5]]]"
            );
            assert!(hides(steps, 10, &second), "the second polygon");
        }
    }

    #[test]
    fn a_border_is_one_line_on_the_globe() {
        for json in [
            r#"{"type":"Point","coordinates":[106,22]}"#,
            r#"{"type":"LineString","coordinates":[[106,22]]}"#,
            r#"{"type":"LineString","coordinates":[[106,22],[106,22]]}"#,
            r#"{"type":"LineString","coordinates":[[551987,2507463],[551988,2507463]]}"#,
            "",
        ] {
            assert!(Border::read(json).is_none(), "{json}");
        }
    }

    proptest! {
        /// However the border is cut into stretches, and however far off: what each edge says alone.
        #[test]
        fn no_edge_is_overlooked(
            border in prop::collection::vec((105.2_f64..106.9, 22.3_f64..23.2), 2..120),
            at in (105.2_f64..106.9, 22.3_f64..23.2),
            size in 0.0001_f64..0.05,
            metres in 1_u32..5000,
        ) {
            let points: Vec<String> = border.iter().map(|(east, north)| format!("[{east},{north}]")).collect();
            let json = format!(r#"{{"type":"LineString","coordinates":[{}]}}"#, points.join(","));
            let Some(border) = Border::read(&json) else { return Ok(()) };
            let mask = Mask { border: Arc::new(border), metres };
            let figure = geojson::figure(&square(at.0, at.1, size), 100).unwrap();
            let plane = Plane::at(BorderPoint { east: at.0, north: at.1 });
            let mut nearest = f64::INFINITY;
            for edge in mask.border.points.windows(2) {
                let edge = (plane.metres(edge[0]), plane.metres(edge[1]));
                figure.any_edge(|from, to| {
                    let placed = |point| plane.metres(place(point, UNITS_PER_DEGREE));
                    nearest = nearest.min(distance(edge, (placed(from), placed(to))));
                    false
                });
            }
            prop_assume!((nearest - f64::from(metres)).abs() > 0.01);
            prop_assert_eq!(mask.hides(&figure, UNITS_PER_DEGREE), nearest < f64::from(metres));
        }
    }
}
