//! What stands beside a figure, or beside the keys that are named, stays inside: whatever somebody wrote there.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::path::Path;

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::row::{Cell, RowBuf};

/// What `everything` publishes of one column when this stands in it, all others null.
fn public(column: &str, published: &str, text: &str) -> Option<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms");
    let catalogue = Catalogue::read(&dir).unwrap();
    let whole = catalogue.get("everything").unwrap();
    let open = whole.open.as_ref().unwrap();
    let row: RowBuf = whole
        .columns
        .iter()
        .map(|known| match known.name.as_str() {
            name if name == column => Cell::Text(text),
            "srid" => Cell::Text("9210"),
            _ => Cell::Null,
        })
        .collect();
    let mut out = RowBuf::default();
    open.projection.project(row.row(), &mut out).unwrap();
    let index = open.contract.column_index(published).unwrap();
    out.row().cell(index).text().map(str::to_owned)
}

const NUMBER: &str = "004085999901";

#[test]
fn of_geojson_the_figure_alone_is_written() {
    let plan = |json: &str| public("plan", "plan", json);
    let square = "[[106.2,22.6],[106.2,22.7],[106.3,22.7],[106.3,22.6],[106.2,22.6]]";
    let anew = r#"{"type":"Polygon","coordinates":[[[106.2,22.6],[106.3,22.6],[106.3,22.7],[106.2,22.7],[106.2,22.6]]]}"#;
    for written in [
        format!(r#"{{"type":"Polygon","coordinates":[{square}],"owner":"Mẫu","phone":"{NUMBER}"}}"#),
        format!(r#"{{"crs":{{"type":"name","properties":{{"name":"{NUMBER}"}}}},"coordinates":[{square}],"type":"Polygon"}}"#),
        format!(r#"{{"bbox":[1,2,3,4],"id":"{NUMBER}","type":"Polygon","coordinates":[{square}]}}"#),
        format!(r#"{{"type":"Poly\u0067on","coordinates":[{square}],"properties":{{"a":[{{"b":"{NUMBER}"}}]}}}}"#),
        // A height is one more number that somebody may put a person's into.
        r#"{"type":"Polygon","coordinates":[[[106.2,22.6,4085999901],[106.2,22.7,1],[106.3,22.7,2],[106.3,22.6,3],[106.2,22.6,4085999901]]]}"#.to_owned(),
        // More digits than a place has.
        r#"{"type":"Polygon","coordinates":[[[106.200000004085999901,22.6],[106.2,22.7],[106.3,22.7],[106.3,22.6],[106.200000004085999901,22.6]]]}"#.to_owned(),
    ] {
        assert_eq!(plan(&written).as_deref(), Some(anew), "{written}");
    }
    for nothing in [
        format!(
            r#"{{"type":"Feature","properties":{{"id":"{NUMBER}"}},"geometry":{{"type":"Polygon","coordinates":[{square}]}}}}"#
        ),
        format!(r#"{{"type":"Feature","coordinates":[{square}],"id":"{NUMBER}"}}"#),
        format!(
            r#"{{"type":"GeometryCollection","geometries":[{{"type":"Polygon","coordinates":[{square}]}}]}}"#
        ),
        format!(r#"{{"type":"Polygon","type":"Polygon","coordinates":[{square}],"x":"{NUMBER}"}}"#),
        format!(r#"{{"type":"Polygon","coordinates":[{square}],"coordinates":[{square}]}}"#),
        format!(r#"{{"type":"Polygon","coordinates":[{square}]}} {NUMBER}"#),
        format!(r#"{{"type":"Point","coordinates":[106.2,22.6,1,{NUMBER}]}}"#),
        format!(r#"{{"type":"Point","coordinates":["106.2","{NUMBER}"]}}"#),
        format!(r#"["{NUMBER}"]"#),
        format!(r#""{NUMBER}""#),
        NUMBER.to_owned(),
    ] {
        assert_eq!(plan(&nothing), None, "{nothing}");
    }
}

#[test]
fn of_wkt_the_figure_alone_is_written() {
    let outline = |wkt: &str| public("outline", "geometry", wkt);
    let ring = "599761.212 2528554.407,599761.212 2528569.407,599781.212 2528569.407,599781.212 2528554.407,599761.212 2528554.407";
    let written = outline(&format!("POLYGON(({ring}))")).unwrap();
    let reversed: Vec<&str> = ring.split(',').rev().collect();
    for wkt in [format!("POLYGON(({}))", reversed.join(",")), format!("  polygon (( {ring} ))  ")] {
        let Some(found) = outline(&wkt) else { continue };
        assert_eq!(found.len(), written.len(), "{wkt}");
    }
    // Counter-clockwise, seven decimals at most, nothing but the figure.
    let value: serde_json::Value = serde_json::from_str(&written).unwrap();
    assert_eq!(value.as_object().unwrap().len(), 2, "{written}");
    let ring_of: Vec<(f64, f64)> = value["coordinates"][0]
        .as_array()
        .unwrap()
        .iter()
        .map(|at| (at[0].as_f64().unwrap(), at[1].as_f64().unwrap()))
        .collect();
    let area: f64 = ring_of
        .windows(2)
        .map(|pair| {
            (pair[0].0 - 106.0) * (pair[1].1 - 22.0) - (pair[1].0 - 106.0) * (pair[0].1 - 22.0)
        })
        .sum();
    assert!(area > 0.0, "{written}");
    let decimals = written.split(['[', ']', ',']).filter_map(|part| part.split_once('.'));
    assert!(decimals.into_iter().all(|(_, after)| after.len() <= 7), "{written}");
    for nothing in [
        format!("SRID=9210;POLYGON(({ring}))"),
        format!("POLYGON(({ring})) {NUMBER}"),
        format!("POLYGON(({ring})) -- {NUMBER}"),
        format!("POINT Z (599761.212 2528554.407 {NUMBER})"),
        format!("POINT(599761.212 2528554.407 {NUMBER})"),
        format!("GEOMETRYCOLLECTION(POINT(599761.212 2528554.407),POINT({NUMBER} 1))"),
        NUMBER.to_owned(),
    ] {
        assert_eq!(outline(&nothing), None, "{nothing}");
    }
}

#[test]
fn of_json_the_named_keys_alone_are_written() {
    let documents = |json: &str| public("documents", "documents", json);
    for (json, expected) in [
        (r#"[{"title":"a","by":"004085999901"}]"#, Some(r#"[{"title":"a"}]"#)),
        (r#"[{"title":{"title":"004085999901"},"year":1}]"#, Some(r#"[{"year":1}]"#)),
        (r#"[{"title":["x",[{"p":"004085999901"}]],"year":1}]"#, Some(r#"[{"year":1}]"#)),
        (r#"[{"title":"a","title":{"p":"004085999901"}}]"#, Some("[{}]")),
        (
            r#"[{"t\u0069tle":"a","Title":"004085999901","title ":"004085999901"}]"#,
            Some(r#"[{"title":"a"}]"#),
        ),
        (r#"[{"x":"\"},{\"title\":\"004085999901\"","title":"a"}]"#, Some(r#"[{"title":"a"}]"#)),
        (r#"{"documents":[{"title":"004085999901"}],"year":2}"#, Some(r#"{"year":2}"#)),
        (r#"[["004085999901",{"title":"004085999901"}]]"#, Some("[]")),
        (r#""004085999901""#, None),
        ("4085999901", None),
        (r#"[{"title":"a"}] 004085999901"#, None),
    ] {
        assert_eq!(documents(json).as_deref(), expected, "{json}");
    }
}
