//! Each rule between columns, on rows that keep it and rows that break it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use bangioc_schemas::rules::RuleCode;
use bangioc_schemas::rules::RuleCode::{CrossField, Format, Geometry, Range, Required, Secret};

/// A contract with a key `id`, some columns (`name: type`) and some rules.
fn contract(columns: &[(&str, &str)], rules: &str) -> Contract {
    let columns = columns.iter().fold(String::new(), |text, (name, kind)| {
        text + &format!("  {name}: {{ type: '{kind}', class: internal, vi: a, en: a }}\n")
    });
    let text = format!(
        "dataset: made-up\nowner: so-a\nname: {{ vi: a, en: a }}\nkind: state\nsource: {{ table: dept.made_up }}\nkey: [id]\ncolumns:\n  id: {{ type: integer, class: internal, vi: a, en: a }}\n{columns}rules:\n{rules}\n"
    );
    Contract::from_yaml(&text).unwrap()
}

const ABSENT: &str = "<absent>";

/// Code and column of the breach of a row whose columns after `id` are `cells`.
fn judge(contract: &Contract, cells: &[Option<&str>]) -> Option<(RuleCode, String)> {
    let cells = cells.iter().map(|text| match text {
        Some(ABSENT) => Cell::Absent(Absence::Toast),
        Some(text) => Cell::Text(text),
        None => Cell::Null,
    });
    let row: RowBuf = std::iter::once(Cell::Text("1")).chain(cells).collect();
    assert_eq!(row.row().len(), contract.columns.len());
    let breach = contract.rules.check(row.row(), 0).err()?;
    let column = &contract.columns[breach.column.unwrap()];
    Some((breach.code, column.name.clone()))
}

type Case<'a> = (&'a [Option<&'a str>], Option<(RuleCode, &'a str)>);

fn check(contract: &Contract, cases: &[Case<'_>]) {
    for (cells, expected) in cases {
        let found = judge(contract, cells);
        let expected = expected.map(|(code, column)| (code, column.to_owned()));
        assert_eq!(found, expected, "{cells:?}");
    }
}

#[test]
fn order_of_dates() {
    let made = contract(&[("a", "date"), ("b", "date"), ("c", "date")], "  - order: [a, b, c]");
    check(
        &made,
        &[
            (&[Some("2026-03-01"), Some("2026-03-01"), Some("2026-03-05")], None),
            (&[Some("2026-03-06"), Some("2026-03-05"), None], Some((CrossField, "b"))),
            (&[Some("2026-03-06"), None, Some("2026-03-06")], None),
            (&[Some("2026-03-06"), None, Some("2026-03-05")], Some((CrossField, "c"))),
            (&[Some("2026-03-06"), Some(ABSENT), Some("2026-03-07")], None),
            (&[None, None, None], None),
            (&[Some("0044-03-15 BC"), Some("0001-01-01"), Some("infinity")], None),
            (&[Some("infinity"), Some("9999-12-31"), None], Some((CrossField, "b"))),
        ],
    );
}

#[test]
fn order_of_instants_is_that_of_time_not_of_text() {
    let made = contract(&[("a", "timestamptz"), ("b", "timestamptz")], "  - order: [a, b]");
    check(
        &made,
        &[
            (&[Some("2026-03-05 08:31:00+07"), Some("2026-03-05 01:31:00+00")], None),
            (
                &[Some("2026-03-05 01:31:00.000001+00"), Some("2026-03-05 08:31:00+07")],
                Some((CrossField, "b")),
            ),
            (&[Some("-infinity"), Some("10000-01-01 00:00:00+00")], None),
        ],
    );
}

#[test]
fn order_of_numbers_is_exact() {
    let made = contract(&[("a", "numeric"), ("b", "double precision")], "  - order: [a, b]");
    check(
        &made,
        &[
            (&[Some("9"), Some("10")], None),
            (&[Some("10.0"), Some("10")], None),
            (&[Some("10.01"), Some("10")], Some((CrossField, "b"))),
            (&[Some("9007199254740993"), Some("9007199254740992")], Some((CrossField, "b"))),
            (&[Some("-5"), Some("1e-07")], None),
            (&[Some("1"), Some("NaN")], Some((CrossField, "b"))),
        ],
    );
    let times = contract(&[("opens", "time"), ("closes", "time")], "  - order: [opens, closes]");
    check(
        &times,
        &[
            (&[Some("07:00:00"), Some("18:00:00")], None),
            (&[Some("18:00:00"), Some("07:00:00")], Some((CrossField, "closes"))),
        ],
    );
}

#[test]
fn columns_required_in_some_rows() {
    let made = contract(
        &[("rank", "varchar(20)"), ("decision_no", "text"), ("ranked_on", "date")],
        "  - require: [decision_no, ranked_on]\n    when: { rank: [special, national, null] }",
    );
    let day = Some("2012-05-10");
    check(
        &made,
        &[
            (&[Some("special"), Some("548/QĐ-TTg"), day], None),
            (&[Some("special"), None, day], Some((Required, "decision_no"))),
            (&[Some("national"), Some("1"), None], Some((Required, "ranked_on"))),
            (&[None, None, day], Some((Required, "decision_no"))),
            (&[Some("provincial"), None, None], None),
            (&[Some("special"), Some(ABSENT), day], None),
            (&[Some(ABSENT), None, None], None),
        ],
    );
}

#[test]
fn ranges_of_some_rows() {
    let made = contract(
        &[("land_type", "char(5)"), ("position_no", "smallint"), ("price", "numeric(18,0)")],
        "  - limit: price\n    range: 100000..500000000\n    when: { land_type: [ODT], position_no: [1] }",
    );
    check(
        &made,
        &[
            (&[Some("ODT  "), Some("1"), Some("35000000")], None),
            (&[Some("ODT  "), Some("1"), Some("35000")], Some((Range, "price"))),
            (&[Some("ODT  "), Some("2"), Some("35000")], None),
            (&[Some("LUC  "), Some("1"), Some("35000")], None),
            (&[Some("ODT  "), Some("1"), None], None),
            (&[Some("ODT  "), Some("1"), Some("NaN")], Some((Range, "price"))),
        ],
    );
}

#[test]
fn forms_of_some_rows() {
    let made = contract(
        &[("code", "varchar(20)"), ("short", "char(6)"), ("household", "boolean")],
        "  - form: code\n    pattern: '[0-9]{10}|[0-9]{12}'\n    when: { household: [true] }\n  \
         - form: code\n    pattern: '[0-9]{10}(-[0-9]{3})?'\n    when: { household: [false] }\n  \
         - form: short\n    pattern: '[A-Z]+'\n    when: { household: [true, false] }",
    );
    let wrong = |column| Some((Format, column));
    check(
        &made,
        &[
            (&[Some("004185999904"), None, Some("t")], None),
            (&[Some("4899999017"), None, Some("t")], None),
            (&[Some("4899999017-001"), None, Some("t")], wrong("code")),
            (&[Some("004185999904"), None, Some("f")], wrong("code")),
            (&[Some("4899999017-001"), None, Some("f")], None),
            (&[Some("4899999017-001x"), None, Some("f")], wrong("code")),
            (&[Some("004185999904"), None, None], None),
            (&[Some("004185999904"), None, Some(ABSENT)], None),
            (&[Some(ABSENT), None, Some("f")], None),
            (&[None, Some("AB    "), Some("f")], None),
            (&[None, Some("A B   "), Some("f")], wrong("short")),
        ],
    );
}

#[test]
fn sums_are_exact() {
    let made = contract(
        &[("a", "numeric(14,2)"), ("b", "numeric"), ("c", "bigint"), ("total", "numeric(14,2)")],
        "  - sum: [a, b]\n    minus: [c]\n    equals: total",
    );
    let wrong = Some((CrossField, "total"));
    let row = |a, b, c, total| [Some(a), Some(b), Some(c), Some(total)];
    check(
        &made,
        &[
            (&row("0.10", "0.2", "0", "0.30"), None),
            (&row("0.10", "0.2", "1", "-0.70"), None),
            (&row("0.10", "0.2001", "0", "0.30"), wrong),
            (&row("90071992547409.93", "0.01", "0", "90071992547409.94"), None),
            (&row("90071992547409.93", "0.01", "0", "90071992547409.93"), wrong),
            (&row("-1.00", "0", "-3", "2.00"), None),
            (&row("1.00", "NaN", "0", "2.00"), None),
            (&[Some("1.00"), None, Some("0"), Some("2.00")], None),
            (&[Some("1.00"), Some("0"), Some("0"), None], None),
            (&[Some("1.00"), Some(ABSENT), Some("0"), Some("2.00")], None),
        ],
    );
}

#[test]
fn personal_numbers_agree_with_sex_and_birth() {
    let made = contract(
        &[("pid", "char(12)"), ("sex", "char(1)"), ("born", "date"), ("born_text", "varchar(10)")],
        "  - personal_id: pid\n    sex: sex\n    birth_date: born\n    birth_text: born_text",
    );
    let wrong = Some((CrossField, "pid"));
    check(
        &made,
        &[
            (&[Some("004145999903"), Some("F"), None, Some("1945")], None),
            (&[Some("004145999903"), Some("M"), None, Some("1945")], wrong),
            (&[Some("004226999901"), Some("M"), Some("2026-03-01"), Some("01/03/2026")], None),
            (&[Some("004226999901"), Some("M"), Some("1926-03-01"), None], wrong),
            (&[Some("004226999901"), Some("M"), None, Some("03/1926")], wrong),
            (&[Some("004226999901"), None, None, None], None),
            (&[None, Some("M"), Some("1945-01-01"), None], None),
            (&[Some(ABSENT), Some("M"), Some("1945-01-01"), None], None),
            // The form is for `format`, another sex or text for their own rules.
            (&[Some("00414599990 "), Some("M"), None, None], None),
            (&[Some("004145999903"), Some("X"), None, Some("?")], None),
            (&[Some("004145999903"), Some("F"), Some("infinity"), None], wrong),
            (&[Some("004145999903"), Some("F"), Some("0044-03-15 BC"), None], wrong),
        ],
    );
}

#[test]
fn partial_dates() {
    let made = contract(
        &[("born", "date"), ("born_text", "varchar(10)"), ("born_to", "enum date_precision")],
        "  - partial_date: born\n    text: born_text\n    precision: born_to",
    );
    let wrong = Some((CrossField, "born"));
    check(
        &made,
        &[
            (&[None, Some("1945"), Some("year")], None),
            (&[Some("1945-01-01"), Some("1945"), Some("year")], wrong),
            (&[None, Some("01/1945"), Some("year")], wrong),
            (&[None, None, Some("year")], wrong),
            (&[None, Some("07/1945"), Some("month")], None),
            (&[None, Some("13/1945"), Some("month")], wrong),
            (&[None, Some("1945"), Some("month")], wrong),
            (&[Some("1945-07-01"), Some("07/1945"), Some("month")], wrong),
            (&[Some("1945-07-02"), Some("02/07/1945"), Some("day")], None),
            (&[Some("1945-07-02"), Some("07/02/1945"), Some("day")], wrong),
            (&[None, Some("02/07/1945"), Some("day")], wrong),
            (&[Some("1945-07-02"), None, Some("day")], wrong),
            (&[None, None, Some("unknown")], None),
            (&[Some("1945-07-02"), None, Some("unknown")], wrong),
            (&[Some("1945-07-02"), Some("1945"), None], None),
            (&[Some("1945-07-02"), Some("?"), Some(ABSENT)], None),
        ],
    );
    let without_text = contract(
        &[("on_day", "date"), ("exact_to", "text")],
        "  - partial_date: on_day\n    precision: exact_to",
    );
    check(
        &without_text,
        &[
            (&[Some("2026-03-01"), Some("day")], None),
            (&[None, Some("day")], Some((CrossField, "on_day"))),
            (&[None, Some("year")], None),
            (&[Some("2026-01-01"), Some("year")], Some((CrossField, "on_day"))),
        ],
    );
}

#[test]
fn years_and_dates_inside_codes() {
    let years = contract(&[("school_year", "char(9)")], "  - consecutive_years: school_year");
    let wrong = Some((CrossField, "school_year"));
    check(
        &years,
        &[
            (&[Some("2026-2027")], None),
            (&[Some("2026-2026")], wrong),
            (&[Some("2027-2026")], wrong),
            (&[Some("2026")], wrong),
            (&[None], None),
        ],
    );
    let record = contract(
        &[("record_code", "varchar(40)"), ("received_at", "timestamptz")],
        "  - record_date: record_code\n    of: received_at",
    );
    let wrong = Some((CrossField, "record_code"));
    check(
        &record,
        &[
            (&[Some("H14.35-260305-0012"), Some("2026-03-05 08:31:00+07")], None),
            // 00:10 on the 6th by Cao Bang's clock, still the 5th in UTC.
            (&[Some("H14.35-260305-0012"), Some("2026-03-05 17:10:00+00")], wrong),
            (&[Some("H14.35-260306-0012"), Some("2026-03-05 17:10:00+00")], None),
            (&[Some("H14.35-0012"), Some("2026-03-05 17:10:00+00")], wrong),
            (&[Some("H14.35"), Some("2026-03-05 17:10:00+00")], wrong),
            (&[Some("H14.35-260305-0012"), Some("infinity")], wrong),
            (&[Some("H14.35"), None], None),
        ],
    );
}

#[test]
fn numbers_inside_json() {
    let made = contract(
        &[("vitals", "jsonb")],
        "  - json_numbers: vitals\n    fields: { pulse: 20..250, temp_c: 30..45 }",
    );
    let wrong = Some((Range, "vitals"));
    check(
        &made,
        &[
            (&[Some(r#"{"bp": "135/85", "pulse": 88, "temp_c": 38.2}"#)], None),
            (&[Some(r#"{"pulse": 8}"#)], wrong),
            (&[Some(r#"{"pulse": 88, "temp_c": 382}"#)], wrong),
            (&[Some(r#"{"pulse": "fast", "other": 1e9}"#)], None),
            (&[Some(r#"{"pulse": null}"#)], None),
            (&[Some("[1]")], None),
            (&[None], None),
        ],
    );
}

#[test]
fn geojson_of_the_province() {
    let made = contract(
        &[("geom", "jsonb")],
        "  - geojson: geom\n    east: 105.2..106.9\n    north: 22.3..23.2\n    max_vertices: 4",
    );
    let wrong = Some((Geometry, "geom"));
    check(
        &made,
        &[
            (
                &[Some(
                    r#"{"type":"Polygon","coordinates":[[[106.25,22.66],[106.26,22.66],[106.26,22.67],[106.25,22.67],[106.25,22.66]]]}"#,
                )],
                None,
            ),
            (
                &[Some(
                    r#"{"type":"Polygon","coordinates":[[[22.66,106.25],[22.66,106.26],[22.67,106.26],[22.66,106.25]]]}"#,
                )],
                wrong,
            ),
            (
                &[Some(
                    r#"{"type":"Polygon","coordinates":[[[106.2,22.6],[106.3,22.6],[106.35,22.65],[106.3,22.7],[106.2,22.7],[106.2,22.6]]]}"#,
                )],
                wrong,
            ),
            (&[Some("{}")], wrong),
            (&[None], None),
        ],
    );
}

#[test]
fn outlines_without_a_stated_area() {
    let made = contract(
        &[("wkt", "text"), ("srid", "integer")],
        "  - geometry: wkt\n    srid: srid\n    srids: [9210]\n    east: 440000..620000\n    north: 2460000..2565000",
    );
    let square = "POLYGON((599761 2528554,599781 2528554,599781 2528569,599761 2528554))";
    check(
        &made,
        &[
            (&[Some(square), Some("9210")], None),
            (&[Some(square), Some("4326")], Some((Geometry, "wkt"))),
            (&[Some("POINT(599761 2528554)"), Some("9210")], Some((Geometry, "wkt"))),
        ],
    );
    let without_system = contract(
        &[("wkt", "text")],
        "  - geometry: wkt\n    east: 440000..620000\n    north: 2460000..2565000",
    );
    check(
        &without_system,
        &[
            (&[Some(square)], None),
            (
                &[Some("POLYGON((2528554 599761,2528554 599781,2528569 599781,2528554 599761))")],
                Some((Geometry, "wkt")),
            ),
        ],
    );
}

#[test]
fn any_rule_can_be_for_some_rows_only() {
    let made = contract(
        &[("secrecy", "smallint"), ("kind", "text"), ("a", "integer"), ("b", "integer")],
        "  - order: [a, b]\n    when: { kind: [sum] }\n  - secret_unless: secrecy\n    values: [0]\n    when: { kind: [document] }",
    );
    check(
        &made,
        &[
            (&[Some("2"), Some("document"), Some("2"), Some("1")], Some((Secret, "secrecy"))),
            (&[Some("2"), Some("sum"), Some("1"), Some("1")], None),
            (&[Some("0"), Some("sum"), Some("2"), Some("1")], Some((CrossField, "b"))),
            (&[Some("0"), Some("document"), Some("2"), Some("1")], None),
        ],
    );
}
