//! Values as PostgreSQL 15 itself wrote them: what comes back is the same text, and only what Avro
//! cannot hold takes the way through `exact`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod made;

use bangioc_change::batch::EventBatch;
use bangioc_change::decode::{Decoder, FieldOrder, RecordBytes};
use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::Version;
use bangioc_schemas::avro;
use bangioc_schemas::contract::ColumnType;
use bangioc_schemas::row::{Cell, RowBuf};
use made::{TOPIC, contract, text};

/// `type<TAB>text`, a tab inside a text spelled `<tab>`.
const TEXTS: &str = include_str!("postgresql-texts.txt");

fn column_type(name: &str) -> ColumnType {
    if let Some(element) = name.strip_suffix("[]") {
        return ColumnType::Array(Box::new(column_type(element)));
    }
    match name {
        "real" => ColumnType::Real,
        "double precision" => ColumnType::Double,
        "numeric" => ColumnType::NumericAny,
        "numeric(12,1)" => ColumnType::Numeric { precision: 12, scale: 1 },
        "numeric(60,20)" => ColumnType::Numeric { precision: 60, scale: 20 },
        "date" => ColumnType::Date,
        "time" => ColumnType::Time,
        "timestamp" => ColumnType::Timestamp,
        "timestamptz" => ColumnType::Timestamptz,
        "boolean" => ColumnType::Boolean,
        "bytea" => ColumnType::Bytea,
        "jsonb" => ColumnType::Jsonb,
        "uuid" => ColumnType::Uuid,
        "integer" => ColumnType::Integer,
        "text" => text(),
        "interval" | "daterange" | "inet" => ColumnType::Other { name: name.into() },
        _ => panic!("{name}"),
    }
}

/// What Debezium's type has no place for.
fn is_beyond_avro(kind: &str, text: &str) -> bool {
    let not_finite = text.contains("NaN") || text.to_lowercase().contains("infinity");
    match kind {
        "real" | "double precision" | "double precision[]" => false,
        "timestamptz" => {
            not_finite || text.contains("BC") || !text.ends_with("+00") || text.starts_with("12026")
        }
        "text[]" => text.starts_with("{{") || text.starts_with('['),
        "time" => text == "24:00:00",
        _ => not_finite || text.contains("BC") || text.starts_with("294276"),
    }
}

#[test]
fn postgresqls_texts_come_back_as_they_were() {
    let mut beyond = 0;
    for line in TEXTS.lines() {
        let (kind, value) = line.split_once('\t').unwrap();
        let value = value.replace("<tab>", "\t");
        let contract =
            contract(vec![("id", ColumnType::Integer), ("value", column_type(kind))], vec![0]);
        let (key, schema) =
            (avro::key_schema(&contract, TOPIC), avro::value_schema(&contract, TOPIC));
        let ids = SchemaIds { key: 1, value: 2 };
        let encoder = Encoder::new(&contract, TOPIC, ids, "so-nnmt", "land").unwrap();
        let row: RowBuf = [Cell::Text("1"), Cell::Text(&value)].into_iter().collect();
        let event = ChangeEvent {
            op: Operation::Create,
            version: Version::default(),
            before: None,
            after: Some(row.row()),
            origin: Origin::default(),
        };
        let mut written = Encoded::default();
        encoder.encode(&event, 0, &mut written).unwrap();
        // The record ends in the null of `exact`, or in the text and the end of the map.
        let in_exact = written.value.ends_with(&[value.as_bytes(), &[0]].concat())
            && written.value.windows(6).any(|window| window == b"\x0avalue");
        let expected = is_beyond_avro(kind, &value);
        assert_eq!(in_exact, expected, "{kind} {value}");
        beyond += usize::from(in_exact);

        let mut batch = EventBatch::default();
        let version = Version::default().to_bytes();
        let record = RecordBytes {
            key: written.key(),
            value: Some(&written.value),
            version: Some(&version),
            absent: None,
            offset: 0,
        };
        Decoder::new(&contract, &key, &schema, FieldOrder::Contract)
            .unwrap()
            .decode_into(record, &mut batch)
            .unwrap();
        assert_eq!(batch.event(0).after.unwrap().cell(1), Cell::Text(&value), "{kind}");
    }
    assert!(TEXTS.lines().count() > 400 && beyond > 15);
}
