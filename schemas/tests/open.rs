//! The open side of a contract: which rows, which columns, what becomes of values, and what its topic says.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use bangioc_schemas::avro;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::OpenSide;
use bangioc_schemas::contract::{Class, ColumnType, Contract, Identity};
use bangioc_schemas::names::Side;
use bangioc_schemas::open::NeedsWholeRow;
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use bangioc_schemas::rules::RuleCode;

const HERITAGE: &str = "\
dataset: cultural-heritage
owner: so-vhttdl
name: { vi: Di tích, en: Heritage }
kind: state
source: { table: dept.heritage, identity: [heritage_code, kind, is_public] }
key: [heritage_code]
columns:
  custodian_name: { type: varchar(100), class: personal, vi: Người trông coi, en: Custodian }
  heritage_code: { type: varchar(12), class: open, vi: Mã, en: Code }
  kind: { type: char(9), class: internal, vi: Loại, en: Kind, values: [historic, art, scenic] }
  is_public: { type: boolean, class: internal, vi: Công khai, en: Public }
  rank: { type: varchar(20), class: open, vi: Hạng, en: Rank }
  score: { type: smallint, class: open, vi: Điểm, en: Score, range: 0..10 }
  best_score: { type: smallint, class: open, vi: Điểm cao nhất, en: Best score }
  lon: { type: 'numeric(9,6)', class: open, vi: Kinh độ, en: Longitude, required: true }
  lat: { type: double precision, class: open, vi: Vĩ độ, en: Latitude }
  location_sensitive: { type: boolean, class: internal, vi: Vị trí nhạy cảm, en: Location is sensitive }
  srid: { type: integer, class: internal, vi: Hệ tọa độ, en: Reference system }
  zone_wkt: { type: text, class: open, vi: Khu vực bảo vệ, en: Protection zone }
rules:
  - order: [score, best_score]
  - require: [custodian_name]
    when: { rank: [special] }
  - order: [lon, lat]
open:
  columns: [rank, heritage_code, score, best_score, zone_wkt, lon, lat]
  rows: { kind: [historic, scenic], is_public: [true] }
  transform:
    zone_wkt: { wgs84: srid, as: zone, border: exempt, withhold_when: { location_sensitive: [true] } }
    lon: { round: 0.1, when: { location_sensitive: [true] } }
    lat: { round: 0.1, when: { location_sensitive: [true, null] } }
";

const SQUARE: &str = "POLYGON((599761.212 2528554.407,599761.212 2528569.407,599781.212 2528569.407,599781.212 2528554.407,599761.212 2528554.407))";

fn heritage() -> Contract {
    Contract::from_yaml(HERITAGE).unwrap()
}

/// A public row with some columns changed; None is null, `absent` ones did not travel.
fn row(contract: &Contract, changes: &[(&str, Option<&str>)], absent: &[&str]) -> RowBuf {
    let base = [
        ("custodian_name", "Nông Văn Mẫu"),
        ("heritage_code", "CB-DT-0001"),
        ("kind", "scenic   "),
        ("is_public", "t"),
        ("rank", "special"),
        ("score", "7"),
        ("best_score", "9"),
        ("lon", "106.050000"),
        ("lat", "22.98"),
        ("location_sensitive", "f"),
        ("srid", "9210"),
        ("zone_wkt", SQUARE),
    ];
    for name in changes.iter().map(|(name, _)| name).chain(absent) {
        assert!(contract.column_index(name).is_some(), "{name}");
    }
    contract
        .columns
        .iter()
        .map(|column| {
            let name = column.name.as_str();
            if absent.contains(&name) {
                return Cell::Absent(Absence::Toast);
            }
            let replaced = changes.iter().find(|(other, _)| *other == name);
            let text = match replaced {
                Some((_, text)) => *text,
                None => base.iter().find(|(known, _)| *known == name).map(|(_, text)| *text),
            };
            text.map_or(Cell::Null, Cell::Text)
        })
        .collect()
}

fn projected(
    open: &OpenSide,
    row: &RowBuf,
) -> Result<Vec<(String, Option<String>)>, NeedsWholeRow> {
    let mut out = RowBuf::default();
    open.projection.project(row.row(), &mut out)?;
    let cell = |cell: Cell<'_>| match cell {
        Cell::Text(text) => Some(text.to_owned()),
        Cell::Null => None,
        Cell::Absent(_) => Some("<absent>".to_owned()),
    };
    Ok(open
        .contract
        .columns
        .iter()
        .map(|column| column.name.clone())
        .zip(out.row().cells().map(cell))
        .collect())
}

/// One column of the projected row.
fn value(
    changes: &[(&str, Option<&str>)],
    absent: &[&str],
    column: &str,
) -> Result<Option<String>, NeedsWholeRow> {
    let whole = heritage();
    let open = whole.open.clone().unwrap();
    let projected = projected(&open, &row(&whole, changes, absent))?;
    Ok(projected.into_iter().find(|(name, _)| name == column).unwrap().1)
}

#[test]
fn the_derived_contract_holds_what_is_public_and_nothing_else() {
    let whole = heritage();
    let open = &whole.open.as_ref().unwrap().contract;
    let names: Vec<&str> = open.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!(names, ["rank", "heritage_code", "score", "best_score", "zone", "lon", "lat"]);
    assert!(open.columns.iter().all(|column| column.class == Class::Open));
    assert_eq!(open.key, [1]);
    assert_eq!(open.columns[4].column_type, ColumnType::Json);
    assert_eq!(open.columns[5].column_type.to_string(), "numeric(9,6)");
    assert!(!open.columns[5].required, "what is transformed can be null");
    assert_eq!(open.side, Side::Open);
    assert_eq!(whole.side, Side::Shared);
    assert!(open.open.is_none());
    assert_eq!(open.source.identity, Identity::Key);
    assert_eq!(whole.source.identity, Identity::Columns(vec![1, 2, 3]));
    assert_eq!(whole.on(Side::Open).unwrap().columns.len(), 7);
    assert_eq!(whole.on(Side::Shared).unwrap().columns.len(), 12);
    assert!(open.on(Side::Shared).is_none());
}

#[test]
fn of_the_rules_those_over_unchanged_public_columns_remain() {
    let open = heritage().open.unwrap();
    let judge = |cells: [Cell<'_>; 7]| {
        let row: RowBuf = cells.into_iter().collect();
        let breach = open.contract.rules.check(row.row(), 0).err()?;
        Some((breach.code, breach.column))
    };
    let text = Cell::Text;
    let good = [
        text("special"),
        text("CB-DT-0001"),
        text("7"),
        text("9"),
        Cell::Null,
        text("106.1"),
        text("23"),
    ];
    // `order: [lon, lat]` would refuse it, were it not about rounded columns; `require` asks for a
    // column that is not there.
    assert_eq!(judge(good), None);
    let with = |place: usize, cell| {
        let mut cells = good;
        cells[place] = cell;
        judge(cells)
    };
    assert_eq!(with(2, text("11")), Some((RuleCode::Range, Some(2))));
    assert_eq!(with(3, text("6")), Some((RuleCode::CrossField, Some(3))));
    assert_eq!(with(1, Cell::Null), Some((RuleCode::Required, Some(1))));
    assert_eq!(with(5, Cell::Null), None);
}

#[test]
fn a_row_is_public_when_every_column_of_the_filter_holds_a_listed_value() {
    let whole = heritage();
    let open = whole.open.clone().unwrap();
    let passes = |changes: &[(&str, Option<&str>)], absent: &[&str]| {
        open.projection.passes(row(&whole, changes, absent).row())
    };
    assert!(passes(&[], &[]));
    assert!(passes(&[("kind", Some("historic "))], &[]));
    assert!(!passes(&[("kind", Some("art      "))], &[]));
    assert!(!passes(&[("is_public", Some("f"))], &[]));
    assert!(!passes(&[("is_public", None)], &[]));
    assert!(!passes(&[], &["is_public"]));
    assert!(!passes(&[("is_public", Some("f"))], &["kind"]));
    assert!(passes(&[], &["zone_wkt", "rank"]));
    let filter: Vec<usize> = open.projection.filter_columns().collect();
    assert_eq!(filter, [2, 3]);
}

#[test]
fn without_a_filter_every_row_is_public() {
    let whole = Contract::from_yaml(
        &HERITAGE.replace("  rows: { kind: [historic, scenic], is_public: [true] }\n", ""),
    )
    .unwrap();
    let open = whole.open.clone().unwrap();
    assert!(open.projection.passes(row(&whole, &[("is_public", None)], &["kind"]).row()));
}

#[test]
fn null_can_be_a_listed_value() {
    let whole =
        Contract::from_yaml(&HERITAGE.replace("is_public: [true] }", "is_public: [null] }"))
            .unwrap();
    let open = whole.open.clone().unwrap();
    assert!(open.projection.passes(row(&whole, &[("is_public", None)], &[]).row()));
    assert!(!open.projection.passes(row(&whole, &[("is_public", Some("t"))], &[]).row()));
}

#[test]
fn plain_columns_travel_as_they_are() {
    let whole = heritage();
    let open = whole.open.clone().unwrap();
    let row = row(&whole, &[("score", None)], &["rank"]);
    let found = projected(&open, &row).unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(found[0], ("rank".into(), text("<absent>")));
    assert_eq!(found[1], ("heritage_code".into(), text("CB-DT-0001")));
    assert_eq!(found[2], ("score".into(), None));
    assert_eq!(found[3], ("best_score".into(), text("9")));
}

/// The first corner is a vector of PROJ: 106.724 22.854. Without the shift between the datums it would be
/// at 106.7220954 22.8549882.
#[test]
fn outlines_become_geojson_of_wgs84() {
    let found = value(&[], &[], "zone").unwrap().unwrap();
    let geometry: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(geometry["type"], "Polygon");
    let ring = geometry["coordinates"][0].as_array().unwrap();
    assert_eq!(ring.len(), 5);
    let at = |place: usize| (ring[place][0].as_f64().unwrap(), ring[place][1].as_f64().unwrap());
    assert_eq!(at(0), (106.724, 22.854));
    assert_eq!(at(4), at(0));
    // Counter-clockwise, though it was drawn clockwise: the second corner is to the east. 20 m of easting
    // and 15 m of northing, turned by the meridian convergence of 0.4°.
    assert!((at(1).0 - 106.724_194_8).abs() < 2e-7 && (at(1).1 - 22.853_998_7).abs() < 2e-6);
    assert!((at(3).1 - at(0).1 - 15.0 / 110_750.0).abs() < 1e-6);
    assert!(found.starts_with(r#"{"type":"Polygon","coordinates":[[[106.724,22.854],["#));
}

#[test]
fn the_reference_system_is_the_rows_own() {
    let of = |srid| value(&[("srid", Some(srid))], &[], "zone").unwrap();
    let (ours, other) = (of("9210").unwrap(), of("9211").unwrap());
    assert_ne!(ours, other);
    for unknown in ["4326", "0", ""] {
        assert_eq!(of(unknown), None);
    }
    assert_eq!(value(&[("srid", None)], &[], "zone"), Ok(None));
    for no_wkt in ["", "POLYGON((0 0,1 0))", "{}", "CIRCLE(1 1)"] {
        assert_eq!(value(&[("zone_wkt", Some(no_wkt))], &[], "zone"), Ok(None));
    }
    assert_eq!(value(&[("zone_wkt", None)], &[], "zone"), Ok(None));
}

#[test]
fn a_fixed_reference_system_needs_no_column() {
    let text = HERITAGE.replace("wgs84: srid", "wgs84: 9210");
    let whole = Contract::from_yaml(&text).unwrap();
    let open = whole.open.clone().unwrap();
    let found = projected(&open, &row(&whole, &[("srid", Some("1"))], &["rank"])).unwrap();
    assert!(found[4].1.as_ref().unwrap().contains("[106.724,22.854]"));
}

/// In contracts of the province: Ban Gioc, 400 m from the border, and the town, 20 km from it.
#[test]
fn outlines_near_the_border_are_left_out() {
    let schemas = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalogue = Catalogue::read(schemas).unwrap();
    let open_value = |dataset: &str, changes: &[(&str, Option<&str>)], column: &str| {
        let whole = catalogue.get(dataset).unwrap();
        let open = whole.open.clone().unwrap();
        let found = projected(&open, &row(whole, changes, &[])).unwrap();
        found.into_iter().find(|(name, _)| name == column).unwrap().1
    };

    let town = SQUARE.replace("5997", "5519").replace("25285", "25074");
    let parcel = |outline: &str| {
        open_value(
            "land-parcel",
            &[("geom_wkt", Some(outline)), ("srid", Some("9210"))],
            "geometry",
        )
    };
    assert!(parcel(&town).unwrap().starts_with(r#"{"type":"Polygon""#));
    assert_eq!(parcel(SQUARE), None);

    let zone = |outline: &str| {
        open_value("land-use-plan", &[("geom_geojson", Some(outline))], "geom_geojson")
    };
    let of = |longitude: &str| {
        format!(
            r#"{{"type":"Polygon","coordinates":[[[{longitude},22.85],[106.3,22.5],[106.2,22.5],[{longitude},22.85]]]}}"#
        )
    };
    // Counter-clockwise, whatever it was; see `of_an_outline_only_the_figure_is_public`.
    assert_eq!(
        zone(&of("106.6")).as_deref(),
        Some(
            r#"{"type":"Polygon","coordinates":[[[106.6,22.85],[106.2,22.5],[106.3,22.5],[106.6,22.85]]]}"#
        )
    );
    assert_eq!(zone(&of("106.72")), None);
    assert_eq!(zone(r#"{"type":"Feature"}"#), None, "what is no outline might lie anywhere");

    let heritage = open_value(
        "cultural-heritage",
        &[("protection_zone_wkt", Some(SQUARE)), ("location_sensitive", Some("f"))],
        "protection_zone",
    );
    assert!(heritage.is_some(), "exempt");
}

/// What a drawing program or a clerk puts beside the coordinates may name anybody.
#[test]
fn of_an_outline_only_the_figure_is_public() {
    let schemas = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalogue = Catalogue::read(schemas).unwrap();
    let whole = catalogue.get("land-use-plan").unwrap();
    let open = whole.open.clone().unwrap();
    let zone = |outline: &str| {
        let found = projected(&open, &row(whole, &[("geom_geojson", Some(outline))], &[])).unwrap();
        let own = found.into_iter().find(|(name, _)| name == "geom_geojson");
        own.unwrap().1
    };
    let expected = r#"{"type":"Polygon","coordinates":[[[106.2,22.5],[106.3000001,22.5],[106.3,22.6],[106.2,22.5]]]}"#;
    let ring = "[[106.2,22.5,713.25],[106.3,22.6],[106.300000149,22.50],[106.2,22.5]]";
    for outline in [
        format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#),
        format!(
            r#"{{"owner":"Nông Văn Mẫu","phone":"0912345678","coordinates":[{ring}],"crs":{{"type":"name","properties":{{"name":"004085999901"}}}},"type":"Polygon","bbox":[1,2,3,4],"properties":{{"id":"004085999901"}}}}"#
        ),
        format!(r#"{{ "t\u0079pe" : "Polygon" , "coordinates" : [{ring}] , "type2": "x" }}"#),
    ] {
        assert_eq!(zone(&outline).as_deref(), Some(expected), "{outline}");
    }
    for no_figure in [
        r#"{"type":"Feature","geometry":{"type":"Point","coordinates":[106.2,22.5]},"properties":{"owner":"Mẫu"}}"#,
        r#"{"type":"GeometryCollection","geometries":[]}"#,
        r#"{"type":"Polygon","coordinates":[["Nông Văn Mẫu"]]}"#,
        r#"{"type":"Point","coordinates":[106.2,22.5],"type":"Feature"}"#,
        r#""0912345678""#,
    ] {
        assert_eq!(zone(no_figure), None, "{no_figure}");
    }
}

#[test]
fn of_json_only_named_keys_are_public() {
    let schemas = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let catalogue = Catalogue::read(schemas).unwrap();
    let whole = catalogue.get("cultural-heritage").unwrap();
    let open = whole.open.clone().unwrap();
    let written = r#"[{"title": "Hồ sơ", "year": 1998.0, "author": {"name": "Nông Văn Mẫu"}}, "0912345678", {"url": {"by": "Mẫu"}}]"#;
    let found = projected(&open, &row(whole, &[("documents", Some(written))], &[])).unwrap();
    let documents = found.into_iter().find(|(name, _)| name == "documents");
    assert_eq!(documents.unwrap().1.as_deref(), Some(r#"[{"title":"Hồ sơ","year":1998.0},{}]"#));
}

#[test]
fn sensitive_places_are_coarse_and_their_zones_left_out() {
    let of = |sensitive: Option<&str>, column| {
        value(&[("location_sensitive", sensitive)], &[], column).unwrap()
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(of(Some("f"), "lon"), text("106.050000"));
    assert_eq!(of(Some("f"), "lat"), text("22.98"));
    assert!(of(Some("f"), "zone").is_some());
    assert_eq!(of(Some("t"), "lon"), text("106.100000"), "of six decimals");
    assert_eq!(of(Some("t"), "lat"), text("23"), "a float has no zeros at its end");
    assert_eq!(of(Some("t"), "zone"), None);
    assert_eq!(of(None, "lon"), text("106.050000"));
    assert_eq!(of(None, "lat"), text("23"), "null is listed");
}

#[test]
fn numbers_that_can_not_be_rounded_become_null() {
    let lat = |text| {
        value(&[("lat", Some(text)), ("location_sensitive", Some("t"))], &[], "lat").unwrap()
    };
    assert_eq!(lat("NaN"), None);
    assert_eq!(lat("-Infinity"), None);
    assert_eq!(lat("1e+300"), None);
    assert_eq!(lat("2.298e-05").as_deref(), Some("0"));
    assert_eq!(lat("-22.98").as_deref(), Some("-23"));
}

#[test]
fn a_value_whose_inputs_came_in_part_needs_the_whole_row() {
    let absent = |columns: &[&str], column| value(&[], columns, column);
    let text = |text: &str| Ok(Some(text.to_owned()));
    // All inputs of the zone, so nothing of it is known to have changed.
    let inputs = ["zone_wkt", "srid", "location_sensitive", "lon", "lat"];
    assert_eq!(absent(&inputs, "zone"), text("<absent>"));
    assert_eq!(absent(&inputs, "lon"), text("<absent>"));
    assert_eq!(absent(&["zone_wkt"], "rank"), Err(NeedsWholeRow));
    assert_eq!(absent(&["srid"], "rank"), Err(NeedsWholeRow));
    assert_eq!(absent(&["location_sensitive"], "rank"), Err(NeedsWholeRow));
    assert_eq!(absent(&["lon"], "rank"), Err(NeedsWholeRow));
    // Columns that no open value hangs on.
    assert_eq!(absent(&["custodian_name", "is_public"], "rank"), text("special"));
}

#[test]
fn the_open_topic_tells_no_position_and_no_transaction() {
    let whole = heritage();
    let topic = "caobang.open.so-vhttdl.cultural-heritage";
    let open = whole.on(Side::Open).unwrap();
    let schema: serde_json::Value = serde_json::from_str(&avro::value_schema(open, topic)).unwrap();
    let names = |fields: &serde_json::Value| -> Vec<String> {
        let fields = fields.as_array().unwrap();
        fields.iter().map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(
        names(&schema["fields"]),
        ["before", "after", "source", "op", "ts_ms", "ts_us", "ts_ns", "exact"]
    );
    assert_eq!(
        names(&schema["fields"][2]["type"]["fields"]),
        ["version", "connector", "name", "table"]
    );
    assert_eq!(
        names(&schema["fields"][0]["type"][1]["fields"]),
        ["rank", "heritage_code", "score", "best_score", "zone", "lon", "lat"]
    );
    apache_avro::Schema::parse_str(&schema.to_string()).unwrap();
    apache_avro::Schema::parse_str(&avro::key_schema(open, topic)).unwrap();
    for inside in
        ["custodian_name", "location_sensitive", "is_public", "lsn", "txId", "transaction"]
    {
        assert!(!schema.to_string().contains(inside), "{inside}");
    }
}
