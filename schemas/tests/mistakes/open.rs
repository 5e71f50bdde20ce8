//! Mistakes in the `open` section: each of them would make public what must not be, or can't be.

use bangioc_schemas::contract::Contract;

use super::folder::Folder;
use super::replaced;

/// A column of each class, a source with its identity, and an open side.
pub(crate) const OPEN: &str = "\
dataset: site
owner: so-a
name: { vi: Điểm, en: Sites }
kind: state
source: { table: dept.site, identity: [code, state] }
key: [code]
columns:
  code: { type: varchar(9), class: open, vi: Mã, en: Code }
  state: { type: varchar(9), class: internal, vi: Tình trạng, en: State, values: [issued, recalled] }
  lon: { type: 'numeric(9,6)', class: open, vi: Kinh độ, en: Longitude }
  wkt: { type: text, class: open, vi: Ranh giới, en: Boundary }
  srid: { type: integer, class: internal, vi: Hệ tọa độ, en: System }
  phone: { type: text, class: personal, vi: Điện thoại, en: Phone }
  note: { type: text, class: sensitive, vi: Ghi chú, en: Note }
open:
  columns: [code, lon, wkt]
  rows: { state: [issued] }
  transform:
    lon: { round: 0.1 }
    wkt: { wgs84: srid, as: geometry, border: exempt }
";

fn mistakes(replacements: &[(&str, &str)]) -> String {
    Contract::from_yaml(&replaced(OPEN, replacements))
        .map_or_else(|errors| errors.to_string(), |_| String::new())
}

#[test]
fn the_good_one_is_good() {
    assert_eq!(mistakes(&[]), "");
}

#[test]
fn columns_of_another_class() {
    insta::assert_snapshot!(mistakes(&[("columns: [code, lon, wkt]", "columns: [code, lon, wkt, state, phone, note]")]), @r"
    3 mistakes in the contracts
    contract.yaml:16: BG0708: column `note` is sensitive and can't be in `open`
      hint: remove it from `open`; only if it may be published at all, write `class: open` at the column
    contract.yaml:16: BG0708: column `phone` is personal and can't be in `open`
      hint: remove it from `open`; only if it may be published at all, write `class: open` at the column
    contract.yaml:16: BG0708: column `state` is internal and can't be in `open`
      hint: remove it from `open`; only if it may be published at all, write `class: open` at the column
    ");
}

#[test]
fn columns_that_are_not_there_or_twice() {
    insta::assert_snapshot!(mistakes(&[("columns: [code, lon, wkt]", "columns: [code, lon, wkt, noted, lon]")]), @r"
    2 mistakes in the contracts
    contract.yaml:16: BG0708: column `lon` stands twice in `open`
      hint: name it once
    contract.yaml:16: BG0709: there is no column `noted`
      hint: did you mean `note`?
    ");
    insta::assert_snapshot!(mistakes(&[("  columns: [code, lon, wkt]\n", ""), ("  rows:", "  row:")]), @r"
    5 mistakes in the contracts
    contract.yaml:16: BG0704: unknown key `row` in `open`
      hint: did you mean `rows`?
    contract.yaml:16: BG0705: key `columns` is missing
      hint: name the columns that are public: `columns: [code, …]`
    contract.yaml:16: BG0708: key column `code` is not in `open`
      hint: an open row needs its whole key: add it, with `class: open`, or leave `open` out
    contract.yaml:18: BG0708: column `lon` is transformed, but not in `open`
      hint: add it to `columns` of `open`, or remove the transform
    contract.yaml:19: BG0708: column `wkt` is transformed, but not in `open`
      hint: add it to `columns` of `open`, or remove the transform
    ");
}

#[test]
fn keys_that_are_not_public() {
    insta::assert_snapshot!(mistakes(&[("columns: [code, lon, wkt]", "columns: [lon, wkt]")]), @r"
    1 mistake in the contracts
    contract.yaml:16: BG0708: key column `code` is not in `open`
      hint: an open row needs its whole key: add it, with `class: open`, or leave `open` out
    ");
    insta::assert_snapshot!(mistakes(&[("class: open, vi: Mã", "class: internal, vi: Mã")]), @r"
    1 mistake in the contracts
    contract.yaml:16: BG0708: column `code` is internal and can't be in `open`
      hint: remove it from `open`; only if it may be published at all, write `class: open` at the column
    ");
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: append"), ("key: [code]\n", ""), (", identity: [code, state]", ", identity: full")]), @r"
    1 mistake in the contracts
    contract.yaml:15: BG0708: `open` needs rows with a key
      hint: leave `open` out, or write `kind: state` with a key
    ");
    insta::assert_snapshot!(mistakes(&[("key: [code]", "natural_key: { columns: [code], latest_by: seen }"), ("  note:", "  seen: { type: date, class: internal, vi: Thấy, en: Seen }\n  note:")]), @r"
    1 mistake in the contracts
    contract.yaml:17: BG0708: column `seen`, which says the latest row of a key, is not in `open`
      hint: add it, with `class: open`, or leave `open` out
    ");
}

#[test]
fn rows_by_columns_outside_the_replica_identity() {
    insta::assert_snapshot!(mistakes(&[(", identity: [code, state]", "")]), @r"
    1 mistake in the contracts
    contract.yaml:17: BG0708: row filter `state` is not in the table's replica identity
      hint: write `identity: [code, state]` in `source` and make that index at the source, or `identity: full`: without it the old value is not sent, and a row that stops being public can't be told from one that never was
    ");
    insta::assert_snapshot!(mistakes(&[("identity: [code, state]", "identity: [state]")]), @r"
    1 mistake in the contracts
    contract.yaml:5: BG0707: `identity` lacks the key column `code`
      hint: name all columns of the index, which begins with the key, or write `identity: full`
    ");
    insta::assert_snapshot!(mistakes(&[("identity: [code, state]", "identity: whole")]), @r"
    2 mistakes in the contracts
    contract.yaml:5: BG0706: `identity` can't be `whole`
      hint: write one of `full`
    contract.yaml:17: BG0708: row filter `state` is not in the table's replica identity
      hint: write `identity: [code, state]` in `source` and make that index at the source, or `identity: full`: without it the old value is not sent, and a row that stops being public can't be told from one that never was
    ");
    assert_eq!(mistakes(&[("identity: [code, state]", "identity: full")]), "");
}

#[test]
fn rows_by_values_that_no_row_holds() {
    insta::assert_snapshot!(mistakes(&[("rows: { state: [issued] }", "rows: { state: [isued], wkt: [], lon: [1.0], stat: [a], srid: ['01'] }")]), @r"
    8 mistakes in the contracts
    contract.yaml:17: BG0706: `wkt` lists no values
      hint: write `rows: { column: [value, …] }`
    contract.yaml:17: BG0706: column `lon` can't be compared with `1.0`
      hint: name a column that is text, an enum, boolean, a whole number or a date
    contract.yaml:17: BG0706: column `srid` can't be compared with `01`
      hint: write digits only, as in `3`
    contract.yaml:17: BG0706: column `state` never holds `isued`, by its own rules
      hint: correct the value, or the column's rules
    contract.yaml:17: BG0708: row filter `lon` is not in the table's replica identity
      hint: write `identity: [code, lon]` in `source` and make that index at the source, or `identity: full`: without it the old value is not sent, and a row that stops being public can't be told from one that never was
    contract.yaml:17: BG0708: row filter `srid` is not in the table's replica identity
      hint: write `identity: [code, srid]` in `source` and make that index at the source, or `identity: full`: without it the old value is not sent, and a row that stops being public can't be told from one that never was
    contract.yaml:17: BG0708: row filter `wkt` is not in the table's replica identity
      hint: write `identity: [code, wkt]` in `source` and make that index at the source, or `identity: full`: without it the old value is not sent, and a row that stops being public can't be told from one that never was
    contract.yaml:17: BG0709: there is no column `stat`
      hint: did you mean `state`?
    ");
    insta::assert_snapshot!(mistakes(&[("rows: { state: [issued] }", "rows: [issued]")]), @r"
    1 mistake in the contracts
    contract.yaml:17: BG0706: `rows` is a list, not a mapping
      hint: write `rows: { column: [value, …] }`
    ");
}

#[test]
fn transforms_of_what_is_not_public() {
    insta::assert_snapshot!(mistakes(&[("columns: [code, lon, wkt]", "columns: [code, wkt]")]), @r"
    1 mistake in the contracts
    contract.yaml:19: BG0708: column `lon` is transformed, but not in `open`
      hint: add it to `columns` of `open`, or remove the transform
    ");
    insta::assert_snapshot!(mistakes(&[("lon: { round: 0.1 }", "phone: { withhold_when: { state: [issued] } }\n    code: { withhold_when: { state: [issued] } }\n    lonn: { round: 0.1 }")]), @r"
    3 mistakes in the contracts
    contract.yaml:16: BG0708: key column `code` can't be transformed
      hint: two rows could become one: leave it as it is, or leave `open` out
    contract.yaml:19: BG0708: column `phone` is transformed, but not in `open`
      hint: add it to `columns` of `open`, or remove the transform
    contract.yaml:21: BG0709: there is no column `lonn`
      hint: did you mean `lon`?
    ");
}

#[test]
fn transforms_that_can_not_be_done() {
    insta::assert_snapshot!(mistakes(&[("lon: { round: 0.1 }", "lon: { round: 0.00000001 }"), ("wgs84: srid, as: geometry", "wgs84: 4326, as: code")]), @r"
    2 mistakes in the contracts
    contract.yaml:19: BG0706: `round: 0.00000001` is nothing to round to
      hint: write a number above 0 with at most 4 decimals, as in `0.1`
    contract.yaml:20: BG0706: `wgs84: 4326` is no reference system of VN-2000
      hint: write 9205 to 9218, 5896 to 5899, 3405 or 3406, or the column that says which
    ");
    insta::assert_snapshot!(mistakes(&[("round: 0.1", "wgs84: srid, round: 0.1"), ("wgs84: srid, as: geometry", "wgs84: code, as: Geometry, when: { state: [issued] }")]), @r"
    4 mistakes in the contracts
    contract.yaml:19: BG0708: `wgs84` and `round` on one column
      hint: keep one of the two
    contract.yaml:20: BG0703: `as: Geometry` holds more than lower-case letters, digits and `_`
      hint: write a name like `geometry`
    contract.yaml:20: BG0708: `when` is for `round`
      hint: remove it; to leave a value out of some rows write `withhold_when`
    contract.yaml:20: BG0709: `wgs84: code` is `varchar(9)`, and a reference system is a whole number
      hint: name another column
    ");
    insta::assert_snapshot!(mistakes(&[("round: 0.1", "as: east"), ("wgs84: srid, as: geometry", "round: 0.1, nearest: 5")]), @r"
    5 mistakes in the contracts
    contract.yaml:19: BG0705: the transform of `lon` does nothing
      hint: write `wgs84`, `round`, `withhold_when`, `border` or `keys`, or remove it
    contract.yaml:19: BG0708: `as` is for `wgs84`
      hint: remove it: only a column that becomes another has another name
    contract.yaml:20: BG0704: unknown key `nearest` in the transform of `wkt`
      hint: the transform of `wkt` knows: as, border, keys, round, wgs84, when, withhold_when
    contract.yaml:20: BG0708: `border` is for outlines, and this column is none
      hint: remove it, or add the rule `geojson` for the column
    contract.yaml:20: BG0709: `round` is for numeric and double precision, and this column is `text`
      hint: remove it, or correct the type
    ");
    insta::assert_snapshot!(mistakes(&[("numeric(9,6)", "numeric(9,0)"), ("    wkt: { wgs84: srid, as: geometry, border: exempt }", "    wkt: coarse")]), @r"
    2 mistakes in the contracts
    contract.yaml:19: BG0709: `round: 0.1` is finer than `numeric(9,0)`
      hint: write a coarser number
    contract.yaml:20: BG0706: the transform of `wkt` is a text, not a mapping of `key: value`
      hint: write the keys of the transform of `wkt` below it, indented
    ");
}

const BORDER: &str = r#"{"type":"LineString","coordinates":[[105.3,23.1],[106.8,22.8]]}"#;

#[test]
fn json_says_which_keys() {
    let json = |column: &str, transform: &str| {
        let column = format!("phone: {{ type: {column}, class: open, vi: Mở cửa, en: Opening }}");
        let transform = format!("lon: {{ round: 0.1 }}{transform}");
        mistakes(&[
            ("phone: { type: text, class: personal, vi: Điện thoại, en: Phone }", &column),
            ("columns: [code, lon, wkt]", "columns: [code, lon, wkt, phone]"),
            ("lon: { round: 0.1 }", &transform),
        ])
    };
    assert_eq!(json("jsonb", "\n    phone: { keys: [mon, tue] }"), "");
    assert_eq!(
        json("json", "\n    phone: { keys: [mon], withhold_when: { state: [issued] } }"),
        ""
    );
    insta::assert_snapshot!(json("jsonb", ""), @r"
    1 mistake in the contracts
    contract.yaml:16: BG0705: `phone` is JSON, and nothing is said of its keys
      hint: name those that are public at its transform, as in `keys: [name, year]`; for GeoJSON add the rule `geojson`
    ");
    insta::assert_snapshot!(json("jsonb", "\n    phone: { keys: [mon, mon] }"), @r"
    1 mistake in the contracts
    contract.yaml:20: BG0708: `keys` names `mon` twice
      hint: name it once
    ");
    insta::assert_snapshot!(json("jsonb", "\n    phone: { keys: [] }"), @r"
    1 mistake in the contracts
    contract.yaml:20: BG0706: `keys` names nothing
      hint: name one, or take the column out of `open`
    ");
    insta::assert_snapshot!(json("'jsonb[]'", ""), @r"
    1 mistake in the contracts
    contract.yaml:16: BG0709: `phone` is an array of JSON, which can't be public
      hint: take it out of `open`, or make it jsonb at the source: one JSON array
    ");
    insta::assert_snapshot!(json("text", "\n    phone: { keys: [mon] }"), @r"
    1 mistake in the contracts
    contract.yaml:20: BG0709: `keys` is for json and jsonb, and this column is `text`
      hint: remove it, or correct the type
    ");
    insta::assert_snapshot!(mistakes(&[("wgs84: srid, as", "keys: [a], wgs84: srid, as")]), @r"
    1 mistake in the contracts
    contract.yaml:20: BG0708: `keys` is for JSON as it is
      hint: remove it: a figure is written by itself, and only JSON has keys
    ");
}

/// Mistakes of a folder with a border, after replacing some text of the contract.
fn beside(name: &str, border: &str, replacements: &[(&str, &str)]) -> String {
    let text = replaced(OPEN, replacements);
    Folder::with(name, &[("border.geojson", border), ("so-a/site.yaml", &text)]).mistakes()
}

#[test]
fn outlines_say_how_far_from_the_border() {
    let masked = ("border: exempt", "border: 1000");
    assert_eq!(beside("border", BORDER, &[masked]), "");
    insta::assert_snapshot!(mistakes(&[masked]), @r"
    1 mistake in the contracts
    contract.yaml:20: BG0710: there is no `border.geojson` to keep away from
      hint: add the file beside the owners' folders: the state's border, as one LineString of WGS84
    ");
    insta::assert_snapshot!(beside("border-no-line", r#"{"type":"Point","coordinates":[106,23]}"#, &[masked]), @r#"
    1 mistake in the contracts
    border.geojson: BG0710: is not the line of a border
      hint: write one GeoJSON LineString of WGS84, longitude first, as in `{"type": "LineString", "coordinates": [[105.3, 23.1], [105.4, 23.1]]}`
    "#);
    insta::assert_snapshot!(mistakes(&[(", border: exempt", "")]), @r"
    1 mistake in the contracts
    contract.yaml:16: BG0705: outline `wkt` is public, and nothing is said of the border
      hint: write `border: 1000` at its transform: metres, and what lies nearer to the border is left out; or `border: exempt` for listed public sites
    ");
    insta::assert_snapshot!(mistakes(&[("    wkt: { wgs84: srid, as: geometry, border: exempt }\n", ""), ("open:", "rules:\n  - geojson: wkt\n    east: 105..107\n    north: 22..24\nopen:")]), @r"
    1 mistake in the contracts
    contract.yaml:20: BG0705: outline `wkt` is public, and nothing is said of the border
      hint: write `border: 1000` at its transform: metres, and what lies nearer to the border is left out; or `border: exempt` for listed public sites
    ");
    insta::assert_snapshot!(beside("border-far", BORDER, &[("border: exempt", "border: 1 km"), ("round: 0.1", "round: 0.1, border: 10")]), @r"
    2 mistakes in the contracts
    so-a/site.yaml:19: BG0708: `border` is for outlines, and this column is none
      hint: remove it, or add the rule `geojson` for the column
    so-a/site.yaml:20: BG0706: `border: 1 km` is no distance between 1 and 100000 m
      hint: write `border: 1000` at its transform: metres, and what lies nearer to the border is left out; or `border: exempt` for listed public sites
    ");
}
