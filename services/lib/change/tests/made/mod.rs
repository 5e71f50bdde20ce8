//! Invented contracts and rows: every value as a pair of PostgreSQL's text, written out here by other
//! means than the crate's, and apache-avro's value.

#![allow(dead_code, reason = "each test target uses its part")]

use std::collections::HashMap;

use apache_avro::Decimal;
use apache_avro::types::Value;
use bangioc_schemas::contract::{
    Class, Column, ColumnType, Contract, Identity, Kind, Label, OnPoison, SourceTable, Status,
};
use bangioc_schemas::id::{DatasetId, OwnerId};
use bangioc_schemas::names::Side;
use bangioc_schemas::row::{Cell, RowBuf};
use bangioc_schemas::rules::Rules;
use proptest::prelude::*;

pub(crate) const TOPIC: &str = "caobang.shared.so-nnmt.made-up";

pub(crate) fn contract(columns: Vec<(&str, ColumnType)>, key: Vec<usize>) -> Contract {
    let label = || Label { vi: "Mẫu".into(), en: "Sample".into() };
    Contract {
        dataset: DatasetId::parse("made-up").unwrap(),
        owner: OwnerId::parse("so-nnmt").unwrap(),
        side: Side::Shared,
        name: label(),
        about: None,
        catalogue: None,
        legal: None,
        status: Status::Active,
        draft_because: None,
        kind: Kind::State,
        source: SourceTable {
            source: "so-nnmt".into(),
            schema: "dept".into(),
            table: "made_up".into(),
            identity: Identity::Key,
        },
        partitions: 3,
        truncate: false,
        columns: columns
            .into_iter()
            .map(|(name, column_type)| Column {
                name: name.into(),
                from: name.into(),
                column_type,
                class: Class::Open,
                class_line: 0,
                reclassified: None,
                label: label(),
                about: None,
                required: false,
            })
            .collect(),
        key,
        natural_key_latest_by: None,
        on_poison: OnPoison::ParkKey,
        freshness_seconds: 60,
        rules: Rules::default(),
        references: Vec::new(),
        open: None,
    }
}

pub(crate) fn text() -> ColumnType {
    ColumnType::Text { max_chars: None }
}

/// The sample dataset of the measurements: land_parcel without its generated column.
pub(crate) fn land_parcel() -> Contract {
    let array = || ColumnType::Array(Box::new(text()));
    contract(
        vec![
            ("commune_code", text()),
            ("map_sheet_no", ColumnType::Integer),
            ("parcel_no", ColumnType::Integer),
            ("land_type", text()),
            ("land_types_mixed", array()),
            ("area_m2", ColumnType::Numeric { precision: 12, scale: 1 }),
            ("geom_wkt", text()),
            ("srid", ColumnType::Integer),
            ("address_text", text()),
            ("parent_parcels", array()),
            ("status", ColumnType::Enum { name: "parcel_status".into() }),
            ("holder_ids", array()),
            ("surveyed_on", ColumnType::Date),
            ("updated_at", ColumnType::Timestamptz),
        ],
        vec![0, 1, 2],
    )
}

pub(crate) fn land_parcel_row(number: u32) -> RowBuf {
    let (sheet, parcel) = ((number / 1000 + 1).to_string(), (number % 1000 + 1).to_string());
    [
        Cell::Text("01501"),
        Cell::Text(&sheet),
        Cell::Text(&parcel),
        Cell::Text("ONT"),
        Cell::Null,
        Cell::Text("300.0"),
        Cell::Text("POLYGON((599761.0 2528554.0,599781.0 2528554.0,599781.0 2528569.0,599761.0 2528554.0))"),
        Cell::Text("9210"),
        Cell::Text("Xóm Bản Giốc, xã Đàm Thủy"),
        Cell::Null,
        Cell::Text("active"),
        Cell::Text("{004099999901}"),
        Cell::Text("2024-11-05"),
        Cell::Text("2026-03-05 01:31:00.123456+00"),
    ]
    .into_iter()
    .collect()
}

pub(crate) type Pair = (String, Value);

/// Types that may stand in a key.
pub(crate) fn key_type() -> impl Strategy<Value = ColumnType> {
    prop_oneof![
        Just(ColumnType::Smallint),
        Just(ColumnType::Integer),
        Just(ColumnType::Bigint),
        Just(ColumnType::Date),
        Just(ColumnType::Timestamp),
        Just(ColumnType::Timestamptz),
        Just(ColumnType::Time),
        Just(ColumnType::Uuid),
        Just(text()),
        Just(ColumnType::Boolean),
        (1_u32..=38).prop_map(|precision| ColumnType::Numeric { precision, scale: precision / 2 }),
    ]
}

pub(crate) fn scalar_type() -> impl Strategy<Value = ColumnType> {
    prop_oneof![
        key_type(),
        Just(ColumnType::Real),
        Just(ColumnType::Double),
        Just(ColumnType::NumericAny),
        Just(ColumnType::Json),
        Just(ColumnType::Jsonb),
        Just(ColumnType::Bytea),
        Just(ColumnType::Enum { name: "kind".into() }),
        Just(ColumnType::Other { name: "daterange".into() }),
    ]
}

pub(crate) fn any_type() -> impl Strategy<Value = ColumnType> {
    prop_oneof![
        3 => scalar_type(),
        1 => scalar_type().prop_map(|element| ColumnType::Array(Box::new(element))),
    ]
}

/// A value that the type's Avro form holds.
pub(crate) fn value(column_type: &ColumnType) -> BoxedStrategy<Pair> {
    match column_type {
        ColumnType::Smallint => {
            any::<i16>().prop_map(|n| (n.to_string(), Value::Int(n.into()))).boxed()
        }
        ColumnType::Integer => any::<i32>().prop_map(|n| (n.to_string(), Value::Int(n))).boxed(),
        ColumnType::Bigint => any::<i64>().prop_map(|n| (n.to_string(), Value::Long(n))).boxed(),
        ColumnType::Real => real()
            .prop_map(|n| {
                (float_text(n.is_finite(), &format!("{n:e}"), &n.to_string(), 6), Value::Float(n))
            })
            .boxed(),
        ColumnType::Double => double()
            .prop_map(|n| {
                (float_text(n.is_finite(), &format!("{n:e}"), &n.to_string(), 15), Value::Double(n))
            })
            .boxed(),
        ColumnType::Boolean => any::<bool>()
            .prop_map(|b| (if b { "t" } else { "f" }.to_owned(), Value::Boolean(b)))
            .boxed(),
        ColumnType::Numeric { precision, scale } => {
            let (limit, scale) = (10_i128.pow(*precision), *scale as usize);
            unscaled(limit)
                .prop_map(move |n| {
                    (
                        scaled_text(n, scale),
                        Value::Decimal(Decimal::new(twos_complement(n)).unwrap()),
                    )
                })
                .boxed()
        }
        ColumnType::NumericAny => (unscaled(10_i128.pow(38)), 0_usize..40)
            .prop_map(|(n, scale)| {
                let fields = vec![
                    ("scale".to_owned(), Value::Int(i32::try_from(scale).unwrap())),
                    ("value".to_owned(), Value::Bytes(twos_complement(n))),
                ];
                (scaled_text(n, scale), Value::Record(fields))
            })
            .boxed(),
        ColumnType::Date => {
            date().prop_map(|(date, days)| (date.to_string(), Value::Int(days))).boxed()
        }
        ColumnType::Time => time().prop_map(|(text, micros)| (text, Value::Long(micros))).boxed(),
        ColumnType::Timestamp => (date(), time())
            .prop_map(|((date, days), (time, micros))| {
                (format!("{date} {time}"), Value::Long(i64::from(days) * 86_400_000_000 + micros))
            })
            .boxed(),
        ColumnType::Timestamptz => (date(), time())
            .prop_map(|((date, _), (time, _))| {
                (format!("{date} {time}+00"), Value::String(format!("{date}T{time}Z")))
            })
            .boxed(),
        ColumnType::Uuid => any::<u128>()
            .prop_map(|n| {
                let hex = format!("{n:032x}");
                let text =
                    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
                (text.clone(), Value::String(text))
            })
            .boxed(),
        ColumnType::Json | ColumnType::Jsonb => string()
            .prop_map(|text| {
                let text = serde_json::json!({ "a": [text, null, 1.5] }).to_string();
                (text.clone(), Value::String(text))
            })
            .boxed(),
        ColumnType::Bytea => proptest::collection::vec(any::<u8>(), 0..80)
            .prop_map(|bytes| {
                let hex = hexadecimal(&bytes);
                (format!("\\x{hex}"), Value::Bytes(bytes))
            })
            .boxed(),
        ColumnType::Text { .. } | ColumnType::Enum { .. } | ColumnType::Other { .. } => {
            string().prop_map(|text| (text.clone(), Value::String(text))).boxed()
        }
        ColumnType::Array(element) => {
            let element = value(element);
            let item = prop_oneof![1 => Just(None), 6 => element.prop_map(Some)];
            proptest::collection::vec(item, 0..90).prop_map(|items| array_of(&items)).boxed()
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Text without NUL, rich in what arrays must quote.
fn string() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9]{1,6}",
        2 => "[{},\"\\\\ \t\nĐđàộ水\u{301}\u{b}]{1,3}",
        1 => Just("NULL".to_owned()),
        1 => Just("nUll".to_owned()),
        1 => "[^\u{0}]{0,4}",
    ];
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat())
}

/// Rust and PostgreSQL break a tie between two shortest texts differently; `texts.rs` has PostgreSQL's
/// own for those, here they are left out.
fn is_no_tie(scientific: &str, shortest: &str) -> bool {
    let digits = |text: &str| {
        let mantissa = text.split('e').next().unwrap_or_default();
        let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
        digits.trim_matches('0').to_owned()
    };
    digits(scientific) == digits(shortest)
}

fn double() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<f64>(),
        (-1_000_000..1_000_000_i32).prop_map(|n| f64::from(n) / 100.0),
        Just(f64::NAN),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY),
        Just(-0.0),
        Just(5e-324)
    ]
    .prop_filter("a tie", |n| is_no_tie(&format!("{n:e}"), zmij::Buffer::new().format(*n)))
}

fn real() -> impl Strategy<Value = f32> {
    prop_oneof![
        any::<f32>(),
        (-10_000..10_000_i16).prop_map(|n| f32::from(n) / 100.0),
        Just(f32::NAN),
        Just(f32::INFINITY),
        Just(f32::NEG_INFINITY),
        Just(-0.0),
        Just(1e-45)
    ]
    .prop_filter("a tie", |n| is_no_tie(&format!("{n:e}"), zmij::Buffer::new().format(*n)))
}

/// PostgreSQL's `%g` layout from Rust's own two.
fn float_text(finite: bool, scientific: &str, plain: &str, digits: i32) -> String {
    if !finite {
        return match plain {
            "inf" => "Infinity".into(),
            "-inf" => "-Infinity".into(),
            _ => "NaN".into(),
        };
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap();
    let exponent: i32 = exponent.parse().unwrap();
    if (-4..digits).contains(&exponent) {
        plain.to_owned()
    } else {
        format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
    }
}

fn unscaled(limit: i128) -> impl Strategy<Value = i128> {
    (any::<i128>(), 0_u32..39)
        .prop_map(move |(n, digits)| n % limit.min(10_i128.pow(digits.min(38))))
}

fn scaled_text(unscaled: i128, scale: usize) -> String {
    let digits = format!("{:0>1$}", unscaled.unsigned_abs(), scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

/// As Java's `BigInteger.toByteArray`.
fn twos_complement(n: i128) -> Vec<u8> {
    let needed = (1..=16).find(|bytes| {
        bytes * 8 > (if n < 0 { 128 - (!n).leading_zeros() } else { 128 - n.leading_zeros() })
    });
    n.to_be_bytes()[16 - needed.unwrap_or(16) as usize..].to_vec()
}

fn date() -> impl Strategy<Value = (jiff::civil::Date, i32)> {
    let epoch = jiff::civil::date(1970, 1, 1);
    (-719_000..2_932_000_i32).prop_filter_map("a date of four digits", move |days| {
        let date = epoch.checked_add(jiff::Span::new().days(days)).ok()?;
        (date.year() >= 1).then_some((date, days))
    })
}

fn time() -> impl Strategy<Value = (String, i64)> {
    let micros =
        prop_oneof![0..86_400_000_000_i64, (0..86_400_i64).prop_map(|seconds| seconds * 1_000_000)];
    micros.prop_map(|micros| {
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        let clock = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = format!("{rest:06}");
        let fraction = fraction.trim_end_matches('0');
        (if fraction.is_empty() { clock } else { format!("{clock}.{fraction}") }, micros)
    })
}

/// `array_out`, from its documentation.
fn array_of(items: &[Option<Pair>]) -> Pair {
    let texts: Vec<String> = items
        .iter()
        .map(|item| match item {
            None => "NULL".to_owned(),
            Some((text, _)) => {
                let special = |c: char| "{},\"\\ \t\n\r\u{b}\u{c}".contains(c);
                if text.is_empty() || text.to_lowercase() == "null" || text.contains(special) {
                    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
                } else {
                    text.clone()
                }
            }
        })
        .collect();
    let values = items
        .iter()
        .map(|item| match item {
            None => Value::Union(0, Box::new(Value::Null)),
            Some((_, value)) => Value::Union(1, Box::new(value.clone())),
        })
        .collect();
    (format!("{{{}}}", texts.join(",")), Value::Array(values))
}

/// Texts that some type's Avro form may not hold: they must come back the same all the same.
pub(crate) fn odd_text() -> impl Strategy<Value = String> {
    prop_oneof![
        prop::sample::select(vec![
            "NaN",
            "Infinity",
            "-Infinity",
            "infinity",
            "-infinity",
            "0044-03-15 BC",
            "5874897-12-31",
            "24:00:00",
            "0044-03-15 10:00:00 BC",
            "294276-12-31 23:59:59.999999",
            "2026-03-05 08:31:00+07",
            "10000-01-01 00:00:00+00",
            "{{1,2},{3,4}}",
            "[2:3]={1,2}",
            "{}",
            "{NULL}",
            "{\"\"}",
            "-0",
            "+1",
            "01",
            "1.0",
            "1e5",
            "1.50",
            ".5",
            "5.",
            "",
            "-",
            "t",
            "f",
            "true",
            "\\x",
            "\\x0g",
            "\\xAB",
            "2024-02-30",
            "99999999999999999999",
            "00:00:00.100000",
            "00:00:60",
            "{a,\"b\"}",
            "{a,,b}",
            "{\"a}",
            "{a\\,b}",
            "123456789012345678901234567890123456789012345678901234567890.123",
            "2147483648",
            "-2147483648",
            "1.2.3",
            "2026-03-05 01:31:00.100+00",
            "2026-03-05T01:31:00Z",
            "12345678-1234-1234-1234-1234567890AB",
        ])
        .prop_map(str::to_owned),
        string(),
    ]
}

pub(crate) fn exact_map(entries: &[(String, String)]) -> Value {
    if entries.is_empty() {
        return Value::Union(0, Box::new(Value::Null));
    }
    let map: HashMap<String, Value> =
        entries.iter().map(|(name, text)| (name.clone(), Value::String(text.clone()))).collect();
    Value::Union(1, Box::new(Value::Map(map)))
}
