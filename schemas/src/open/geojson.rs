//! Writing GeoJSON as RFC 7946 wants it: longitude first, seven decimals, exterior rings
//! counter-clockwise and holes clockwise, no `crs`.

use std::fmt::Write as _;

use crate::rules::geometry::{Figure, Point, Shape};

/// A centimetre. Whole numbers, so that the same place is always the same text.
pub(crate) const UNITS_PER_DEGREE: f64 = 1e7;

/// Of a figure in these units. None when nothing of it is left at this precision.
pub(crate) fn geometry(figure: &Figure) -> Option<String> {
    match figure {
        Figure::Point(point) => {
            let mut text = String::from(r#"{"type":"Point","coordinates":"#);
            push_position(&mut text, *point);
            text.push('}');
            Some(text)
        }
        Figure::Line(points) => {
            let mut positions = points.clone();
            positions.dedup();
            let mut text = String::from(r#"{"type":"LineString","coordinates":"#);
            push_list(&mut text, &positions, |text, at| push_position(text, *at));
            text.push('}');
            (positions.len() >= 2).then_some(text)
        }
        Figure::Area(shape) => {
            let polygons = polygons(shape);
            let mut text = String::with_capacity(
                64 + 32 * shape.rings().map(|(ring, _)| ring.len() + 1).sum::<usize>(),
            );
            match polygons.as_slice() {
                [] => return None,
                [polygon] if !shape.is_multiple => {
                    text.push_str(r#"{"type":"Polygon","coordinates":"#);
                    push_polygon(&mut text, polygon);
                }
                polygons => {
                    text.push_str(r#"{"type":"MultiPolygon","coordinates":"#);
                    push_list(&mut text, polygons, push_polygon);
                }
            }
            text.push('}');
            Some(text)
        }
    }
}

/// Rings of at least three corners, not closed.
type Polygon = Vec<Vec<Point>>;

fn polygons(shape: &Shape) -> Vec<Polygon> {
    let mut polygons: Vec<Polygon> = Vec::new();
    // Holes of an outer ring that is too small to be seen are too.
    let mut outer_is_seen = false;
    for (corners, hole) in shape.rings() {
        let mut ring = corners.to_vec();
        ring.dedup();
        if ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        let area = twice_area(&ring);
        let is_seen = area != 0;
        if is_seen && (area > 0) == hole {
            // From the second on, so that it still begins where it began.
            ring[1..].reverse();
        }
        if !hole {
            outer_is_seen = is_seen;
            if is_seen {
                polygons.push(vec![ring]);
            }
        } else if let Some(polygon) = polygons.last_mut().filter(|_| is_seen && outer_is_seen) {
            polygon.push(ring);
        }
    }
    polygons
}

/// Above 0 when the ring runs counter-clockwise.
fn twice_area(ring: &[Point]) -> i128 {
    let wide = |point: Point| (i128::from(point.east), i128::from(point.north));
    ring.iter()
        .zip(ring.iter().cycle().skip(1))
        .map(|(&a, &b)| {
            let ((a_east, a_north), (b_east, b_north)) = (wide(a), wide(b));
            a_east * b_north - b_east * a_north
        })
        .sum()
}

fn push_polygon(text: &mut String, polygon: &Polygon) {
    push_list(text, polygon, |text, ring: &Vec<Point>| {
        text.push('[');
        for position in ring {
            push_position(text, *position);
            text.push(',');
        }
        // Closed: the first once more.
        if let Some(first) = ring.first() {
            push_position(text, *first);
        }
        text.push(']');
    });
}

fn push_list<T>(text: &mut String, items: &[T], push: impl Fn(&mut String, &T)) {
    text.push('[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        push(text, item);
    }
    text.push(']');
}

fn push_position(text: &mut String, Point { east, north }: Point) {
    text.push('[');
    push_degrees(text, east);
    text.push(',');
    push_degrees(text, north);
    text.push(']');
}

fn push_degrees(text: &mut String, ten_millionths: i64) {
    let sign = if ten_millionths < 0 { "-" } else { "" };
    let units = ten_millionths.unsigned_abs();
    let (whole, fraction) = (units / 10_000_000, units % 10_000_000);
    // Into a text nothing can fail.
    if fraction == 0 {
        let _ = write!(text, "{sign}{whole}");
    } else {
        let _ = write!(text, "{sign}{whole}.{fraction:07}");
        text.truncate(text.trim_end_matches('0').len());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::geometry::wkt;

    /// Ten-thousandths of a metre taken for ten-millionths of a degree.
    fn written(text: &str) -> Option<String> {
        geometry(&wkt::figure(text, 1000).unwrap())
    }

    #[test]
    fn figures() {
        let json = |text: &str| written(text).unwrap();
        assert_eq!(
            json("POINT(106724.5 -3)"),
            r#"{"type":"Point","coordinates":[106.7245,-0.003]}"#
        );
        assert_eq!(
            json("LINESTRING(0 0,1000 2000)"),
            r#"{"type":"LineString","coordinates":[[0,0],[1,2]]}"#
        );
        let clockwise =
            "POLYGON((0 0,0 9000,9000 9000,9000 0,0 0),(1000 1000,2000 1000,2000 2000,1000 1000))";
        let expected = r#"{"type":"Polygon","coordinates":[[[0,0],[9,0],[9,9],[0,9],[0,0]],[[1,1],[2,2],[2,1],[1,1]]]}"#;
        assert_eq!(json(clockwise), expected);
        let other_way =
            "POLYGON((0 0,9000 0,9000 9000,0 9000,0 0),(1000 1000,2000 2000,2000 1000,1000 1000))";
        assert_eq!(json(other_way), expected);
        assert_eq!(
            json("MULTIPOLYGON(((0 0,1000 0,1000 1000,0 0)))"),
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[1,0],[1,1],[0,0]]]]}"#
        );
    }

    #[test]
    fn what_is_too_small_to_be_seen_is_left_out() {
        let coarse = |text: &str| {
            let figure = wkt::figure(text, 1000).unwrap();
            geometry(&figure.moved(|Point { east, north }| Point {
                east: east / 10_000_000,
                north: north / 10_000_000,
            }))
        };
        assert_eq!(coarse("POLYGON((0 0,1 0,1 1,0 0))"), None);
        assert_eq!(coarse("LINESTRING(0 0,1 1)"), None);
        assert_eq!(
            coarse("MULTIPOLYGON(((0 0,1 0,1 1,0 0),(0 0,1 0,1 1,0 0)),((0 0,1000 0,1000 1000,0 0),(1 1,2 1,2 2,1 1)))").unwrap(),
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[0.0000001,0],[0.0000001,0.0000001],[0,0]]]]}"#
        );
    }

    proptest! {
        #[test]
        fn rings_close_turn_the_right_way_and_keep_their_corners(corners in prop::collection::vec((-1_800_000_000_i64..1_800_000_000, -900_000_000_i64..900_000_000), 3..40)) {
            let place = |unit: i64| format!("{}{}.{:04}", if unit < 0 { "-" } else { "" }, unit.abs() / 10_000, unit.abs() % 10_000);
            let written: Vec<String> = corners.iter().chain(corners.first())
                .map(|(east, north)| format!("{} {}", place(*east), place(*north))).collect();
            let text = format!("POLYGON(({}))", written.join(","));
            let Some(figure) = wkt::figure(&text, 1000) else { return Ok(()) };
            let Some(json) = geometry(&figure) else { return Ok(()) };
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            let ring: Vec<(f64, f64)> = value["coordinates"][0].as_array().unwrap().iter()
                .map(|position| (position[0].as_f64().unwrap(), position[1].as_f64().unwrap())).collect();
            prop_assert_eq!(ring.first(), ring.last());
            prop_assert!(ring.len() >= 4);
            let area: f64 = ring.windows(2).map(|pair| pair[0].0 * pair[1].1 - pair[1].0 * pair[0].1).sum();
            prop_assert!(area > -1e-6, "clockwise: {}", area);
            for (east, north) in &corners {
                let near = |a: f64, b: i64| ((a * 1e7).round() + 0.0).to_string() == b.to_string();
                prop_assert!(ring.iter().any(|at| near(at.0, *east) && near(at.1, *north)));
            }
            // No more than seven decimals, and no exponent.
            for number in json.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).filter(|part| part.contains('.')) {
                prop_assert!(number.split('.').nth(1).unwrap().len() <= 7, "{}", number);
            }
        }
    }
}
