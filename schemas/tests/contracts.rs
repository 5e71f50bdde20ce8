//! The contracts of this folder: they read, they are in step with their Avro files, and their rules
//! accept the rows they must and refuse the rest with the right code.

#![expect(clippy::panic, reason = "a helper of tests may fail loudly")]

use std::path::Path;

use bangioc_schemas::avro_files;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use bangioc_schemas::rules::RuleCode;

/// 2026-11-24 00:00 UTC.
const NOW_US: i64 = 1_795_478_400_000_000;

fn dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn catalogue() -> Catalogue {
    Catalogue::read(dir()).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The datasets of which there are sample rows here.
const SAMPLES: [&str; 5] =
    ["business", "directing-document", "env-observation", "health-facility", "land-parcel"];

fn samples(catalogue: &Catalogue) -> impl Iterator<Item = &Contract> {
    SAMPLES.iter().map(|dataset| {
        catalogue.get(dataset).unwrap_or_else(|| panic!("there is no contract `{dataset}`"))
    })
}

#[test]
fn a_topic_has_one_contract() {
    let catalogue = catalogue();
    let of = |topic| {
        catalogue
            .by_topic("caobang", topic)
            .map(|contract| (contract.dataset.as_str(), contract.side))
    };
    assert_eq!(of("caobang.shared.so-tc.business"), Some(("business", Side::Shared)));
    assert_eq!(of("caobang.open.so-tc.business"), Some(("business", Side::Open)));
    assert_eq!(of("caobang.shared.so-tc.land-parcel"), None);
    assert_eq!(of("caobang.open.ca-tinh.population"), None);
}

#[test]
fn avro_files_are_in_step() {
    avro_files::check(dir(), &catalogue()).unwrap_or_else(|errors| panic!("{errors}"));
}

#[test]
fn avro_schemas_are_valid_and_named_after_their_topics() {
    for contract in catalogue().active() {
        for file in avro_files::of(contract) {
            let schema = apache_avro::Schema::parse_str(&file.text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.path.display()));
            let side =
                if file.path.to_string_lossy().contains(".open.") { "open" } else { "shared" };
            let namespace =
                format!("caobang.{side}.{}.{}", contract.owner, contract.dataset).replace('-', "_");
            assert_eq!(schema.namespace().map(ToString::to_string), Some(namespace));
        }
    }
}

/// Column → its text, or null.
type Changes<'a> = &'a [(&'a str, Option<&'a str>)];
type Fields = &'static [(&'static str, &'static str)];

/// A good row, as column → text; columns left out are null.
fn good(dataset: &str) -> Fields {
    match dataset {
        "land-parcel" => &[
            ("commune_code", "01501"),
            ("map_sheet_no", "27"),
            ("parcel_no", "145"),
            ("land_type", "ONT"),
            ("land_types_mixed", "{CLN,LUC}"),
            ("area_m2", "300.0"),
            (
                "geom_wkt",
                "POLYGON((599761.0 2528554.0,599781.0 2528554.0,599781.0 2528569.0,599761.0 2528569.0,599761.0 2528554.0))",
            ),
            ("srid", "9210"),
            ("address_text", "Xóm Bản Giốc, xã Đàm Thủy"),
            ("status", "active"),
            ("holder_ids", "{004099999901,4899999017}"),
            ("certificate_serial", "CB 0123456"),
            ("surveyed_on", "2024-11-05"),
            ("updated_at", "2026-03-05 01:31:00.123456+00"),
        ],
        "business" => &[
            ("enterprise_code", "4899999017-001"),
            ("name_vi", "CHI NHÁNH CÔNG TY TNHH MẪU MIẾN DONG PHIA ĐÉN"),
            ("entity_type", "BRANCH"),
            ("status", "active"),
            ("founded_on", "2021-01-15"),
            ("charter_capital", "2500000000"),
            ("currency", "VND"),
            ("head_commune", "01558"),
            ("main_industry", "46322"),
            ("industries", "{10740,46322}"),
            (
                "legal_reps",
                r#"[{"id": "004185999904", "name": "Đàm Thị Mẫu", "role": "Giám đốc"}]"#,
            ),
            ("parent_code", "4899999017"),
            ("phone", "+842060000000"),
            ("is_household", "f"),
            ("change_no", "0"),
            ("changed_at", "2026-03-05 01:31:00+00"),
        ],
        "health-facility" => &[
            ("facility_code", "04001"),
            ("name_vi", "Bệnh viện Đa khoa tỉnh Cao Bằng"),
            ("class", "1"),
            ("kind", "hospital"),
            ("commune_code", "01273"),
            ("lon", "106.2578"),
            ("lat", "22.6657"),
            ("beds", "500"),
            ("departments", r#"{Nội,"Răng, hàm",NULL,""}"#),
            ("opening", r#"{"mon-fri": "07:00-17:00"}"#),
            ("emergency_24h", "t"),
            ("licence_no", "0001/CB-GPHĐ"),
            ("licence_valid_to", "infinity"),
            ("hotline", "+842060000000"),
        ],
        "env-observation" => &[
            ("station_code", "CB-KK-01"),
            ("param_code", "PM2.5"),
            ("observed_at", "2026-06-30 16:55:00+00"),
            ("value", "37.4"),
            ("unit", "ug/Nm3"),
            ("status", "00"),
            ("validated", "f"),
            ("received_at", "2026-06-30 16:55:40.25+00"),
            ("raw_line", "PM2.5\t37,4\tug/Nm3\t20260630235500\t00"),
        ],
        "directing-document" => &[
            ("agency_code", "H14"),
            ("document_no", "1234/QĐ-UBND"),
            ("issued_on", "2026-02-10"),
            ("doc_type", "QĐ"),
            ("summary_vi", "Phê duyệt quy hoạch sử dụng đất"),
            ("secrecy", "0"),
            ("urgency", "0"),
            ("recipients", "{H14.02,H14.35}"),
            ("file_name", "1234_QD.pdf"),
            ("file_sha256", r"\x86edbaa24831badfa0a8b04bb410141e2ee4182b6d0014493fe262a7a331c20b"),
            ("file_content", r"\x255044462d312e37"),
            ("is_public", "t"),
            ("state", "issued"),
            ("updated_at", "2026-03-05 01:31:00+00"),
        ],
        other => panic!("no sample of {other}"),
    }
}

/// The good row with some columns changed; None is null.
fn row(contract: &Contract, changes: Changes<'_>) -> RowBuf {
    for (name, _) in changes {
        assert!(contract.column_index(name).is_some(), "{name}");
    }
    let base = good(contract.dataset.as_str());
    contract
        .columns
        .iter()
        .map(|column| {
            let replaced =
                changes.iter().find(|(name, _)| *name == column.name).map(|(_, text)| *text);
            let text = replaced.unwrap_or_else(|| {
                base.iter().find(|(name, _)| *name == column.name).map(|(_, text)| *text)
            });
            text.map_or(Cell::Null, Cell::Text)
        })
        .collect()
}

/// Code and column of the breach, or none.
fn judge(contract: &Contract, changes: Changes<'_>) -> Option<(RuleCode, String)> {
    let breach = contract.rules.check(row(contract, changes).row(), NOW_US).err()?;
    Some((
        breach.code,
        breach.column.map(|column| contract.columns[column].name.clone()).unwrap_or_default(),
    ))
}

#[test]
fn good_rows_pass_without_a_warning() {
    let catalogue = catalogue();
    for contract in samples(&catalogue) {
        let checked = contract.rules.check(row(contract, &[]).row(), NOW_US);
        assert!(
            checked.is_ok_and(|warnings| warnings.is_empty()),
            "{}: {checked:?}",
            contract.dataset
        );
    }
}

#[test]
fn bad_rows_are_refused_with_their_code_and_column() {
    use RuleCode::{
        CheckDigit, CodeList, CrossField, Encoding, Format, Geometry, Precision, Range, Required,
        Secret, TooBig, Unicode,
    };
    let many = format!("[{}]", vec![r#"{"name":"a"}"#; 101].join(","));
    let long = format!(r#"[{{"name":"{}"}}]"#, "a".repeat(300_000));
    let summary = "ă".repeat(1001);
    let swapped = "POLYGON((2528554.0 599761.0,2528554.0 599781.0,2528569.0 599781.0,2528569.0 599761.0,2528554.0 599761.0))";
    let bow_tie =
        "POLYGON((599761 2528554,599781 2528569,599781 2528554,599761 2528569,599761 2528554))";
    let cases: &[(&str, RuleCode, &str, Option<&str>)] = &[
        ("land-parcel", CodeList, "commune_code", Some("040  ")),
        ("land-parcel", Required, "commune_code", None),
        ("land-parcel", Format, "commune_code", Some("01501\u{200B}")),
        ("land-parcel", Range, "map_sheet_no", Some("0")),
        ("land-parcel", Range, "map_sheet_no", Some("10000")),
        ("land-parcel", Range, "parcel_no", Some("-1")),
        ("land-parcel", CodeList, "land_type", Some("ZZZ")),
        ("land-parcel", Required, "land_type", None),
        ("land-parcel", CodeList, "land_types_mixed", Some("{CLN,QQQ}")),
        ("land-parcel", Format, "land_types_mixed", Some("{{CLN}}")),
        ("land-parcel", Range, "area_m2", Some("0.0")),
        ("land-parcel", Range, "area_m2", Some("NaN")),
        ("land-parcel", Precision, "area_m2", Some("300.05")),
        ("land-parcel", Geometry, "geom_wkt", Some(swapped)),
        ("land-parcel", Geometry, "geom_wkt", Some(bow_tie)),
        ("land-parcel", Geometry, "geom_wkt", Some("POLYGON((0 0,1 0,1 1))")),
        ("land-parcel", Encoding, "address_text", Some("xã Cao B»ng")),
        ("land-parcel", Unicode, "note", Some("a\u{1}")),
        ("land-parcel", Unicode, "note", Some("xã Ðàm Thủy")),
        ("land-parcel", CodeList, "status", Some("sold")),
        ("land-parcel", Format, "holder_ids", Some("{00414599990}")),
        ("land-parcel", CheckDigit, "holder_ids", Some("{4899999018}")),
        ("land-parcel", Format, "certificate_serial", Some("A1 12345")),
        ("land-parcel", Range, "surveyed_on", Some("infinity")),
        ("land-parcel", Range, "surveyed_on", Some("2026-11-25")),
        ("business", CheckDigit, "enterprise_code", Some("4899999018")),
        ("business", CheckDigit, "enterprise_code", Some("4899999000")),
        ("business", Format, "enterprise_code", Some("4899999017 ")),
        ("business", CrossField, "parent_code", None),
        ("business", CrossField, "parent_code", Some("4899999024")),
        ("business", CrossField, "main_industry", Some("99999")),
        ("business", Format, "main_industry", Some("１０７４０")),
        ("business", Range, "charter_capital", Some("-1")),
        ("business", Range, "charter_capital", Some("1000000000000001")),
        ("business", TooBig, "legal_reps", Some(&many)),
        ("business", TooBig, "legal_reps", Some(&long)),
        ("business", Format, "legal_reps", Some(r#"[{"id":"1"}]"#)),
        ("business", Format, "legal_reps", Some("{}")),
        ("business", Format, "phone", Some("12")),
        ("health-facility", Format, "facility_code", Some("05001")),
        ("health-facility", Range, "class", Some("5")),
        ("health-facility", Range, "lon", Some("160.2")),
        ("health-facility", Range, "lat", Some("NaN")),
        ("health-facility", Range, "lat", Some("-Infinity")),
        ("health-facility", Format, "opening", Some("[]")),
        ("env-observation", Range, "value", Some("NaN")),
        ("env-observation", Range, "value", Some("Infinity")),
        ("env-observation", Range, "value", Some("-0.5")),
        ("env-observation", CodeList, "param_code", Some("XYZ")),
        ("env-observation", CodeList, "unit", Some("mg/L")),
        ("env-observation", CodeList, "status", Some("09")),
        ("env-observation", Range, "observed_at", Some("2026-07-01 17:00:00+00")),
        ("env-observation", Range, "observed_at", Some("2026-03-01 17:00:00+00")),
        ("env-observation", Range, "observed_at", Some("infinity")),
        ("directing-document", Secret, "secrecy", Some("2")),
        ("directing-document", Secret, "secrecy", None),
        ("directing-document", Format, "document_no", Some("không số")),
        ("directing-document", Format, "agency_code", Some("H14.35\u{200B}")),
        ("directing-document", CrossField, "file_sha256", Some(r"\x00")),
        ("directing-document", Format, "file_content", Some(r"\x474946383961")),
        ("directing-document", TooBig, "summary_vi", Some(&summary)),
    ];
    let catalogue = catalogue();
    for (dataset, code, column, value) in cases {
        let contract = catalogue.get(dataset).unwrap();
        let found = judge(contract, &[(*column, *value)]);
        assert_eq!(
            found,
            Some((*code, (*column).to_owned())),
            "{dataset}.{column}, expected {code}"
        );
    }
}

#[test]
fn odd_rows_are_accepted_and_reported() {
    let catalogue = catalogue();
    let accepted: &[(&str, Changes)] = &[
        ("land-parcel", &[("surveyed_on", Some("0044-03-15 BC"))]),
        ("land-parcel", &[("surveyed_on", Some("2026-11-24"))]),
        ("land-parcel", &[("area_m2", Some("302.9"))]),
        ("land-parcel", &[("geom_wkt", None)]),
        ("land-parcel", &[("note", Some("a\tb\r\nc"))]),
        (
            "business",
            &[
                ("enterprise_code", Some("004185999904")),
                ("is_household", Some("t")),
                ("parent_code", None),
            ],
        ),
        ("business", &[("main_industry", Some("46322")), ("legal_reps", Some("[]"))]),
        ("env-observation", &[("value", None)]),
        (
            "env-observation",
            &[("param_code", Some("TEMP")), ("unit", Some("oC")), ("value", Some("-3.5"))],
        ),
        ("env-observation", &[("observed_at", Some("2026-05-01 00:00:00+00"))]),
        ("directing-document", &[("file_content", None)]),
        ("health-facility", &[("lon", None), ("lat", None), ("class", None)]),
    ];
    for (dataset, changes) in accepted {
        assert_eq!(judge(catalogue.get(dataset).unwrap(), changes), None, "{dataset} {changes:?}");
    }
    let parcel = catalogue.get("land-parcel").unwrap();
    let odd = row(
        parcel,
        &[("address_text", Some("Cao Ba\u{306}\u{300}ng")), ("note", Some("hai  dấu cách"))],
    );
    let warnings = parcel.rules.check(odd.row(), NOW_US).unwrap();
    assert_eq!(warnings.nfc, parcel.column_index("address_text"));
    assert_eq!(warnings.whitespace, parcel.column_index("note"));
}

#[test]
fn a_secret_row_is_secret_whatever_else_is_wrong_with_it() {
    let catalogue = catalogue();
    let found = judge(
        catalogue.get("directing-document").unwrap(),
        &[("agency_code", Some("Ð")), ("secrecy", Some("1"))],
    );
    assert_eq!(found.map(|(code, _)| code), Some(RuleCode::Secret));
}

#[test]
fn absent_columns_are_not_judged() {
    let catalogue = catalogue();
    for contract in samples(&catalogue) {
        let good = row(contract, &[]);
        for absent in (0..contract.columns.len()).filter(|column| !contract.key.contains(column)) {
            let partial: RowBuf = good
                .row()
                .cells()
                .enumerate()
                .map(
                    |(index, cell)| {
                        if index == absent { Cell::Absent(Absence::Toast) } else { cell }
                    },
                )
                .collect();
            assert!(
                contract.rules.check(partial.row(), NOW_US).is_ok(),
                "{}.{}",
                contract.dataset,
                contract.columns[absent].name
            );
        }
    }
}

#[test]
fn a_list_and_a_page_can_be_shown() {
    let catalogue = catalogue();
    let list = bangioc_schemas::show::list(&catalogue);
    let some = ["DATASET", "business ", "criminal-record ", "land-parcel ", "open-environment "];
    let lines: Vec<&str> =
        list.lines().filter(|line| some.iter().any(|start| line.starts_with(start))).collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    DATASET                     OWNER      GROUP              STATUS  KIND      COLUMNS  OPEN  PARTITIONS  NAME
    business                    so-tc      shared-national    active  state     22       9     1           Dữ liệu đăng ký doanh nghiệp / Business registration
    criminal-record             ca-tinh    shared-national    draft   state     11       -     1           Dữ liệu lý lịch tư pháp / Criminal (judicial) records
    land-parcel                 so-nnmt    specialised        active  state     16       9     3           CSDL địa chính (thửa đất) / Cadastral parcels
    open-environment            so-khcn    open               active  open set  -        -     -           Dữ liệu môi trường / Environment
    ");
    let page = bangioc_schemas::show::page(
        &catalogue,
        catalogue.get("cultural-heritage").unwrap(),
        "caobang",
    );
    let open_side = page.split("open side\n").nth(1).unwrap();
    insta::assert_snapshot!(open_side.split("\n\n").next().unwrap(), @r"
    - all rows that keep the rules
    - as they are: heritage_code, name_vi, other_names, kind, rank, decision_no, ranked_on, period_text, commune_code, location_sensitive, condition_score, description_vi
    - lon: rounded to 0.1 when location_sensitive is true
    - lat: rounded to 0.1 when location_sensitive is true
    - protection_zone: protection_zone_wkt as GeoJSON of WGS84, from EPSG:9210, left out when location_sensitive is true
    - documents: only its title, year, url
    ");
    let open_set = catalogue.publication("open-environment").unwrap();
    insta::assert_snapshot!(bangioc_schemas::show::open_set(open_set), @r#"
    Dữ liệu môi trường — Environment
    Các trạm quan trắc môi trường và trung bình giờ của các giá trị đã được kiểm duyệt.
    Monitoring stations and the hourly means of validated values.
    Danh mục dữ liệu mở theo quyết định của tỉnh; nội dung do Sở Nông nghiệp và Môi trường chịu trách nhiệm. Giới hạn trung bình 1 giờ của không khí xung quanh theo QCVN 05:2023/BTNMT do dự án ghi theo trí nhớ, cần đối chiếu với văn bản. Tần suất và giấy phép là giả định của dự án.
    Open-data list of the province's decision; the content is the Department of Agriculture and Environment's. Hourly limits of ambient air after QCVN 05:2023/BTNMT written down from memory, to be checked against its text. Frequency and licence assumed by us.

    open set   open-environment
    owner      so-khcn
    group      open (named, "as well as data on environment")
    consumers  citizens, firms, researchers, national-open-data-portal
    data       personal data: none allowed; sensitivity: open; changes: hourly (assumed)
    published  every 1 h
    licence    CC-BY-4.0
    keywords   môi trường, quan trắc, chất lượng không khí, chất lượng nước, environment, monitoring, air quality, water quality

    RESOURCE     DATASET          CONTENT                                                                                         TIẾNG VIỆT      ENGLISH
    env-station  env-station      all open rows                                                                                   Trạm quan trắc  Monitoring stations
    hourly-mean  env-observation  hourly mean of value by station_code, param_code, unit, 12 samples in a full hour, with limits  Trung bình giờ  Hourly means
    "#);
    insta::assert_snapshot!(bangioc_schemas::show::page(&catalogue, catalogue.get("env-observation").unwrap(), "caobang"), @r#"
    CSDL quan trắc môi trường tự động, liên tục — Automatic environment monitoring series
    Mỗi dòng là một giá trị đo của một trạm, một thông số, một thời điểm.
    One row per station, parameter and time of measurement.
    Luật Bảo vệ môi trường 2020; Thông tư 10/2021/TT-BTNMT. Mức phân loại và quy tắc là giả định của dự án.
    Environmental Protection Law 2020; Circular 10/2021/TT-BTNMT. Classes and rules assumed by us.

    dataset    env-observation (active)
    owner      so-nnmt
    group      specialised (field-named, "environment")
    consumers  so-yt, ubnd-xa, ministry, citizens
    data       personal data: none; sensitivity: open after validation; changes: every 5 minutes (assumed)
    topic      caobang.shared.so-nnmt.env-observation
    open topic caobang.open.so-nnmt.env-observation
    partitions 1
    source     so-nnmt, table dept.env_observation
    kind       state
    key        station_code, param_code, observed_at (not enforced at the source; latest by received_at)
    truncate   met with a copy and a sweep
    poison     parks its key until a whole record of it can be applied
    freshness  60 s from commit to store
    columns    9 (8 open, 1 internal)
    published  open-environment

    COLUMN         TYPE              CLASS     TIẾNG VIỆT           ENGLISH           RULES
    station_code*  varchar(20)       open      Mã trạm              Station code      required
    param_code*    varchar(12)       open      Thông số             Parameter         required
    observed_at*   timestamptz       open      Thời điểm đo         Observed at       required
    value          double precision  open      Giá trị đo           Value             neither NaN nor infinite
    unit           varchar(12)       open      Đơn vị đo            Unit              required
    status         varchar(2)        open      Trạng thái thiết bị  Device status     required; in 00, 01, 02
    validated      boolean           open      Đã kiểm duyệt        Validated         required
    received_at    timestamptz       open      Nhận lúc             Received at       required
    raw_line       text              internal  Dòng dữ liệu gốc     Line as received

    rules between columns
      - param_code, unit and value agree with code list environment-parameters
      - observed_at is at most 90 days before and 5 minutes after received_at

    open side
      - rows that keep the rules and in which validated is true
      - as they are: station_code, param_code, observed_at, value, unit, status, validated, received_at

    every text: no control characters, no look-alike letters, no old encodings; odd blanks and decomposed letters are reported
    "#);
}
