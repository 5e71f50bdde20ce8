//! GeoJSON geometries, in degrees: Point, LineString, Polygon, MultiPolygon (RFC 7946).

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};

use super::{Figure, Point, Shape, degrees};

/// None for anything else, for rings that are not closed, and for more than `max_vertices` points.
pub(crate) fn figure(json: &str, max_vertices: usize) -> Option<Figure> {
    let geometry: GeometryMembers<'_> = serde_json::from_str(json).ok()?;
    let coordinates = &geometry.coordinates;
    let figure = match geometry.kind.as_ref() {
        "Point" => Figure::Point(coordinates.point()?),
        "LineString" => {
            let mut points = coordinates.points()?;
            points.dedup();
            (2..=max_vertices).contains(&points.len()).then_some(Figure::Line(points))?
        }
        "Polygon" => {
            let mut shape = Shape::default();
            add_polygon(coordinates, &mut shape)?;
            Figure::Area(shape)
        }
        "MultiPolygon" => {
            let mut shape = Shape { is_multiple: true, ..Shape::default() };
            for polygon in coordinates.list()? {
                add_polygon(polygon, &mut shape)?;
            }
            Figure::Area(shape)
        }
        _ => return None,
    };
    match &figure {
        Figure::Area(shape) => (1..=max_vertices).contains(&shape.points.len()).then_some(figure),
        Figure::Point(_) | Figure::Line(_) => Some(figure),
    }
}

fn add_polygon(rings: &Nested, shape: &mut Shape) -> Option<()> {
    let rings = rings.list()?;
    for (number, ring) in rings.iter().enumerate() {
        shape.add_ring(ring.points()?, number > 0)?;
    }
    (!rings.is_empty()).then_some(())
}

#[derive(serde::Deserialize)]
struct GeometryMembers<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    coordinates: Nested,
}

/// Arrays of arrays of numbers, to the depth at which the JSON reader gives up.
enum Nested {
    Number(f64),
    List(Vec<Nested>),
}

impl Nested {
    fn list(&self) -> Option<&[Nested]> {
        match self {
            Nested::List(items) => Some(items),
            Nested::Number(_) => None,
        }
    }

    /// Longitude, latitude, and a height that is left out.
    fn point(&self) -> Option<Point> {
        match self.list()? {
            [Nested::Number(longitude), Nested::Number(latitude)]
            | [Nested::Number(longitude), Nested::Number(latitude), Nested::Number(_)] => {
                Some(Point { east: degrees(*longitude), north: degrees(*latitude) })
            }
            _ => None,
        }
    }

    fn points(&self) -> Option<Vec<Point>> {
        self.list()?.iter().map(Nested::point).collect()
    }
}

impl<'de> Deserialize<'de> for Nested {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Nested, D::Error> {
        deserializer.deserialize_any(NestedVisitor)
    }
}

struct NestedVisitor;

impl<'de> Visitor<'de> for NestedVisitor {
    type Value = Nested;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("numbers in arrays")
    }

    fn visit_f64<E>(self, number: f64) -> Result<Nested, E> {
        Ok(Nested::Number(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "a coordinate that large lies in no range")]
    fn visit_i64<E>(self, number: i64) -> Result<Nested, E> {
        Ok(Nested::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a coordinate that large lies in no range")]
    fn visit_u64<E>(self, number: u64) -> Result<Nested, E> {
        Ok(Nested::Number(number as f64))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Nested, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Nested::List(list))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Bounds;
    use super::*;

    #[test]
    fn geometries_are_judged_like_outlines_on_a_plane() {
        let province = Bounds::of_degrees((105.2, 106.9), (22.3, 23.2));
        let judge = |json: &str| {
            figure(json, 100).map(|figure| (figure.lies_within(&province), figure.is_simple()))
        };
        for (json, expected) in [
            (r#"{"type":"Point","coordinates":[106.25,22.66]}"#, Some((true, true))),
            (r#"{"type":"Point","coordinates":[106,22.66,310.5]}"#, Some((true, true))),
            (r#"{"type":"Point","coordinates":[22.66,106.25]}"#, Some((false, true))),
            (r#"{"type":"Point","coordinates":[1e300,22]}"#, Some((false, true))),
            (
                r#"{"coordinates":[[106.25,22.66],[106.26,22.67]],"type":"LineString"}"#,
                Some((true, true)),
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.67],[106.25,22.66]]]}"#,
                Some((true, true)),
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.67],[106.26,22.66],[106.25,22.67],[106.25,22.66]]]}"#,
                Some((true, false)),
            ),
            (
                r#"{"type":"MultiPolygon","coordinates":[[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.66]]]]}"#,
                Some((true, true)),
            ),
            (
                r#"{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67]]]}"#,
                None,
            ),
            (r#"{"type":"Polygon","coordinates":[]}"#, None),
            (r#"{"type":"MultiPolygon","coordinates":[]}"#, None),
            (r#"{"type":"LineString","coordinates":[[106.25,22.66]]}"#, None),
            (r#"{"type":"Point","coordinates":["106.25","22.66"]}"#, None),
            (r#"{"type":"Point","coordinates":[106.25]}"#, None),
            (r#"{"type":"Feature","geometry":null}"#, None),
            (r#"{"type":"Point"}"#, None),
            ("[]", None),
            ("", None),
        ] {
            assert_eq!(judge(json), expected, "{json}");
        }
        let deep = format!(r#"{{"type":"Point","coordinates":{}"#, "[".repeat(100_000));
        assert!(judge(&deep).is_none());
    }

    #[test]
    fn vertices_are_counted() {
        let triangle = r#"{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.66]]]}"#;
        assert!(figure(triangle, 3).is_some());
        assert!(figure(triangle, 2).is_none());
    }
}
