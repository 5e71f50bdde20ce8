//! The coder against apache-avro, byte for byte, both ways, for random contracts and rows.

#![expect(clippy::unwrap_used, reason = "tests")]

mod made;

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use bangioc_change::batch::EventBatch;
use bangioc_change::decode::{Decoder, FieldOrder, RecordBytes};
use bangioc_change::encode::{Encoded, Encoder, SchemaIds, UNAVAILABLE};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::{Lsn, Version};
use bangioc_change::{DecodeCode, EncodeError};
use bangioc_schemas::avro;
use bangioc_schemas::contract::{ColumnType, Contract};
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use made::{Pair, TOPIC, contract, exact_map, land_parcel, land_parcel_row, text};
use proptest::prelude::*;

const IDS: SchemaIds = SchemaIds { key: 7, value: 0x0102_0304 };
const NOW_US: i64 = 1_772_674_260_123_456;
const VERSION: Version = Version { epoch: 1, commit_lsn: Lsn(0x16_B374_D848), ordinal: 4 };
const ORIGIN: Origin =
    Origin { committed_at_us: 1_772_674_260_000_001, lsn: Lsn(0x16_B374_D000), xid: 4_000_000_000 };

struct Coder {
    encoder: Encoder,
    decoder: Decoder,
}

impl Coder {
    fn new(contract: &Contract) -> Coder {
        let (key, value) = (avro::key_schema(contract, TOPIC), avro::value_schema(contract, TOPIC));
        Coder {
            encoder: Encoder::new(contract, TOPIC, IDS, "so-nnmt", "land").unwrap(),
            decoder: Decoder::new(contract, &key, &value, FieldOrder::Contract).unwrap(),
        }
    }

    fn encode(
        &self,
        op: Operation,
        before: Option<&RowBuf>,
        after: Option<&RowBuf>,
    ) -> Result<Encoded, EncodeError> {
        let event = ChangeEvent {
            op,
            version: VERSION,
            before: before.map(RowBuf::row),
            after: after.map(RowBuf::row),
            origin: ORIGIN,
        };
        let mut out = Encoded::default();
        self.encoder.encode(&event, NOW_US, &mut out).map(|()| out)
    }

    fn decode(&self, encoded: &Encoded) -> EventBatch {
        let mut batch = EventBatch::default();
        self.decoder.decode_into(record(encoded), &mut batch).unwrap();
        batch
    }
}

fn record(encoded: &Encoded) -> RecordBytes<'_> {
    const HEADER: [u8; 20] =
        [0, 0, 0, 1, 0, 0, 0, 0x16, 0xB3, 0x74, 0xD8, 0x48, 0, 0, 0, 0, 0, 0, 0, 4];
    RecordBytes {
        key: encoded.key(),
        value: Some(&encoded.value),
        version: Some(&HEADER),
        absent: encoded.absent(),
        offset: 42,
    }
}

fn cells(row: &RowBuf) -> Vec<Cell<'_>> {
    row.row().cells().collect()
}

/// The whole record as apache-avro sees it.
fn envelope(
    contract: &Contract,
    op: &str,
    after: &[Option<Value>],
    exact: &[(String, String)],
) -> Value {
    let null = || Value::Union(0, Box::new(Value::Null));
    let some = |value| Value::Union(1, Box::new(value));
    let text = |text: &str| Value::String(text.into());
    let row = contract
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let value = match (contract.key.contains(&index), &after[index]) {
                (true, value) => value.clone().unwrap(),
                (false, None) => null(),
                (false, Some(value)) => some(value.clone()),
            };
            (column.name.clone(), value)
        })
        .collect();
    let snapshot = if op == "r" { "incremental" } else { "false" };
    let fields = |fields: Vec<(&str, Value)>| {
        Value::Record(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    };
    let micros = ORIGIN.committed_at_us;
    fields(vec![
        ("before", null()),
        ("after", some(Value::Record(row))),
        (
            "source",
            fields(vec![
                ("version", text(env!("CARGO_PKG_VERSION"))),
                ("connector", text("postgresql")),
                ("name", text("so-nnmt")),
                ("ts_ms", Value::Long(micros / 1000)),
                ("snapshot", Value::Union(0, Box::new(text(snapshot)))),
                ("db", text("land")),
                ("sequence", null()),
                ("ts_us", some(Value::Long(micros))),
                ("ts_ns", some(Value::Long(micros * 1000))),
                ("schema", text("dept")),
                ("table", text("made_up")),
                ("txId", some(Value::Long(ORIGIN.xid.into()))),
                ("lsn", some(Value::Long(ORIGIN.lsn.0.cast_signed()))),
                ("xmin", null()),
                ("origin", null()),
                ("origin_lsn", null()),
            ]),
        ),
        ("op", text(op)),
        ("ts_ms", some(Value::Long(NOW_US / 1000))),
        ("ts_us", some(Value::Long(NOW_US))),
        ("ts_ns", some(Value::Long(NOW_US * 1000))),
        ("transaction", null()),
        ("exact", exact_map(exact)),
    ])
}

/// A contract of random columns, the first one or two its key, and one row that Avro can hold.
fn made_row() -> impl Strategy<Value = (Contract, Vec<Option<Pair>>)> {
    let types = (
        prop::collection::vec(made::key_type(), 1..3),
        prop::collection::vec(made::any_type(), 0..8),
    );
    types.prop_flat_map(|(keys, others)| {
        let key: Vec<usize> = (0..keys.len()).collect();
        let types: Vec<ColumnType> = keys.into_iter().chain(others).collect();
        let names: Vec<String> = (0..types.len()).map(|index| format!("column_{index}")).collect();
        let row: Vec<BoxedStrategy<Option<Pair>>> = types
            .iter()
            .enumerate()
            .map(|(index, column_type)| {
                let value = made::value(column_type).prop_map(Some);
                if key.contains(&index) {
                    value.boxed()
                } else {
                    prop_oneof![1 => Just(None), 5 => value].boxed()
                }
            })
            .collect();
        let columns = names.iter().map(String::as_str).zip(types).collect();
        (Just(contract(columns, key)), row)
    })
}

fn row_of(texts: &[Option<String>]) -> RowBuf {
    texts.iter().map(|text| text.as_deref().map_or(Cell::Null, Cell::Text)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn bytes_are_those_of_apache_avro_both_ways((contract, row) in made_row(), copied in any::<bool>()) {
        let coder = Coder::new(&contract);
        let texts: Vec<Option<String>> = row.iter().map(|cell| cell.as_ref().map(|(text, _)| text.clone())).collect();
        let values: Vec<Option<Value>> = row.into_iter().map(|cell| cell.map(|(_, value)| value)).collect();
        let buffer = row_of(&texts);
        let (op, letter) = if copied { (Operation::Read, "r") } else { (Operation::Create, "c") };
        let encoded = coder.encode(op, None, Some(&buffer)).unwrap();

        let schema = Schema::parse_str(&avro::value_schema(&contract, TOPIC)).unwrap();
        let expected = GenericDatumWriter::builder(&schema).build().unwrap()
            .write_value_to_vec(envelope(&contract, letter, &values, &[])).unwrap();
        prop_assert_eq!(&encoded.value[..5], &[0, 1, 2, 3, 4][..]);
        prop_assert_eq!(&encoded.value[5..], &expected[..]);

        let key_schema = Schema::parse_str(&avro::key_schema(&contract, TOPIC)).unwrap();
        let key_fields = contract.key.iter().map(|&index| (contract.columns[index].name.clone(), values[index].clone().unwrap())).collect();
        let expected_key = GenericDatumWriter::builder(&key_schema).build().unwrap()
            .write_value_to_vec(Value::Record(key_fields)).unwrap();
        prop_assert_eq!(encoded.key_datum(), &expected_key[..]);

        // The bytes are equal, so this is also our reading of what apache-avro wrote.
        let batch = coder.decode(&encoded);
        let event = batch.event(0);
        prop_assert_eq!(event.after.unwrap().cells().collect::<Vec<_>>(), cells(&buffer));
        prop_assert!(event.before.is_none());
        prop_assert_eq!((event.op, event.version, event.origin), (op, VERSION, ORIGIN));
        prop_assert_eq!((batch.key(0), batch.offset(0)), (encoded.key_datum(), 42));
    }

    #[test]
    fn any_text_comes_back(
        types in prop::collection::vec(made::any_type(), 1..8),
        texts in prop::collection::vec(prop::option::weighted(0.9, made::odd_text()), 16),
        full in any::<bool>(),
    ) {
        let names: Vec<String> = (0..types.len()).map(|index| format!("column_{index}")).collect();
        let mut columns: Vec<(&str, ColumnType)> = vec![("id", ColumnType::Integer)];
        columns.extend(names.iter().map(String::as_str).zip(types.iter().cloned()));
        let contract = contract(columns, vec![0]);
        let row = |texts: &[Option<String>]| row_of(
            &std::iter::once(Some("1".to_owned())).chain(texts.iter().take(types.len()).cloned()).collect::<Vec<_>>(),
        );
        let (before, after) = (row(&texts[8..]), row(&texts[..8]));
        let coder = Coder::new(&contract);
        let encoded = coder.encode(Operation::Update, full.then_some(&before), Some(&after)).unwrap();
        // apache-avro reads every byte of it.
        let schema = Schema::parse_str(&avro::value_schema(&contract, TOPIC)).unwrap();
        let mut datum = &encoded.value[5..];
        GenericDatumReader::builder(&schema).build().unwrap().read_value(&mut datum).unwrap();
        prop_assert!(datum.is_empty());

        // Texts that are no JSON may be refused as such; anything else comes back.
        let mut batch = EventBatch::default();
        match coder.decoder.decode_into(record(&encoded), &mut batch) {
            Ok(()) => {
                let event = batch.event(0);
                prop_assert_eq!(event.after.unwrap().cells().collect::<Vec<_>>(), cells(&after));
                prop_assert_eq!(event.before.map(|row| row.cells().collect::<Vec<_>>()), full.then(|| cells(&before)));
            }
            Err(error) => {
                let code = error.code();
                prop_assert!(matches!(code, DecodeCode::TextUtf8 | DecodeCode::TextNul), "{code}");
            }
        }
    }

    #[test]
    fn numbers_beyond_128_bits_come_back(digits in "[1-9][0-9]{0,300}", scale in 0_usize..300, negative in any::<bool>()) {
        let padded = format!("{digits:0>width$}", width = scale + 1);
        let (whole, fraction) = padded.split_at(padded.len() - scale);
        let sign = if negative { "-" } else { "" };
        let number = if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
        let fixed = ColumnType::Numeric { precision: 700, scale: u32::try_from(scale).unwrap() };
        let contract = contract(vec![("id", ColumnType::Integer), ("a", ColumnType::NumericAny), ("b", fixed)], vec![0]);
        let coder = Coder::new(&contract);
        let row = row_of(&[Some("1".into()), Some(number.clone()), Some(number)]);
        let encoded = coder.encode(Operation::Create, None, Some(&row)).unwrap();
        let batch = coder.decode(&encoded);
        prop_assert_eq!(batch.event(0).after.unwrap().cells().collect::<Vec<_>>(), cells(&row));
        // In its Avro field, not by way of `exact`: the last byte is that map's null.
        prop_assert_eq!(encoded.value.last(), Some(&0));
    }
}

#[test]
fn what_avro_cannot_hold_goes_into_exact_and_only_that() {
    let types = [
        ColumnType::Numeric { precision: 5, scale: 2 },
        ColumnType::Date,
        ColumnType::Timestamp,
        ColumnType::Timestamptz,
        ColumnType::Time,
        ColumnType::Array(Box::new(ColumnType::Integer)),
        ColumnType::Double,
    ];
    let odd = ["NaN", "0044-03-15 BC", "infinity", "infinity", "24:00:00", "{{1,2},{3,4}}", "1.0"];
    for (column_type, odd) in types.into_iter().zip(odd) {
        let contract = contract(vec![("id", ColumnType::Integer), ("value", column_type)], vec![0]);
        let row = row_of(&[Some("1".into()), Some(odd.into())]);
        let encoded = Coder::new(&contract).encode(Operation::Create, None, Some(&row)).unwrap();
        let schema = Schema::parse_str(&avro::value_schema(&contract, TOPIC)).unwrap();
        let expected =
            envelope(&contract, "c", &[Some(Value::Int(1)), None], &[("value".into(), odd.into())]);
        let expected = GenericDatumWriter::builder(&schema)
            .build()
            .unwrap()
            .write_value_to_vec(expected)
            .unwrap();
        assert_eq!(&encoded.value[5..], expected, "{odd}");
    }
}

#[test]
fn a_number_is_one_key_in_all_its_forms() {
    for (column_type, forms) in [
        (ColumnType::NumericAny, ["1", "1.0", "1.000"]),
        (ColumnType::NumericAny, ["-0.5", "-0.50", "-0.500"]),
        (ColumnType::Double, ["0", "-0", "0"]),
    ] {
        let contract = contract(vec![("key", column_type), ("rest", text())], vec![0]);
        let coder = Coder::new(&contract);
        let keys = forms.map(|form| {
            let row = row_of(&[Some(form.into()), None]);
            let encoded = coder.encode(Operation::Create, None, Some(&row)).unwrap();
            let batch = coder.decode(&encoded);
            assert_eq!(batch.event(0).after.unwrap().cell(0), Cell::Text(form), "the row's own");
            encoded.key
        });
        assert!(keys.iter().all(|key| *key == keys[0]), "{forms:?}");
        // Another row's key, and a form that no key has.
        let row = row_of(&[Some("7.5".into()), None]);
        let other = coder.encode(Operation::Create, None, Some(&row)).unwrap();
        let row = row_of(&[Some(forms[1].into()), None]);
        let mut wrong = coder.encode(Operation::Create, None, Some(&row)).unwrap();
        wrong.key = other.key;
        let mut batch = EventBatch::default();
        assert!(coder.decoder.decode_into(record(&wrong), &mut batch).is_err());
    }
}

#[test]
fn keys_hold_what_nullable_fields_send_as_text() {
    for (column_type, key) in [
        (ColumnType::Date, "infinity"),
        (ColumnType::Date, "-infinity"),
        (ColumnType::Date, "4714-11-24 BC"),
        (ColumnType::Date, "5874897-12-31"),
        (ColumnType::Timestamp, "infinity"),
        (ColumnType::Timestamp, "4714-11-24 00:00:00 BC"),
        (ColumnType::Timestamp, "0001-12-31 23:59:59.5 BC"),
        (ColumnType::Timestamptz, "-infinity"),
        (ColumnType::Timestamptz, "0044-03-15 10:00:00+06:42:04 BC"),
        (ColumnType::Time, "24:00:00"),
        (ColumnType::NumericAny, "NaN"),
        (ColumnType::NumericAny, "Infinity"),
        (ColumnType::NumericAny, "-Infinity"),
        (ColumnType::NumericAny, "100"),
        (ColumnType::Real, "NaN"),
        (ColumnType::Double, "-Infinity"),
    ] {
        let contract = contract(vec![("key", column_type), ("rest", text())], vec![0]);
        let coder = Coder::new(&contract);
        let row = row_of(&[Some(key.into()), None]);
        let encoded = coder.encode(Operation::Create, None, Some(&row)).unwrap();
        let batch = coder.decode(&encoded);
        assert_eq!(batch.event(0).after.unwrap().cell(0), Cell::Text(key));
        // And the key alone names the row of a delete.
        let mut batch = EventBatch::default();
        coder
            .decoder
            .decode_into(RecordBytes { value: None, ..record(&encoded) }, &mut batch)
            .unwrap();
        let event = batch.event(0);
        assert_eq!((event.op, event.before.unwrap().cell(0)), (Operation::Delete, Cell::Text(key)));
        assert_eq!(event.before.unwrap().cell(1), Cell::Null);
    }
    let contract = contract(vec![("key", ColumnType::Numeric { precision: 5, scale: 0 })], vec![0]);
    let coder = Coder::new(&contract);
    let encode = |key: Cell<'_>| {
        coder.encode(Operation::Create, None, Some(&[key].into_iter().collect())).err()
    };
    assert_eq!(encode(Cell::Text("NaN")), Some(EncodeError::KeyUnrepresentable { column: 0 }));
    assert_eq!(encode(Cell::Null), Some(EncodeError::KeyNull { column: 0 }));
    assert_eq!(encode(Cell::Absent(Absence::Toast)), Some(EncodeError::KeyAbsent { column: 0 }));
}

#[test]
fn absent_columns_are_said_by_the_header_alone() {
    let array = |element| ColumnType::Array(Box::new(element));
    let contract = contract(
        vec![
            ("id", ColumnType::Integer),
            ("a", text()),
            ("b", ColumnType::Bytea),
            ("c", array(text())),
            ("d", array(ColumnType::Integer)),
            ("e", ColumnType::NumericAny),
            ("f", ColumnType::Jsonb),
            ("g", text()),
        ],
        vec![0],
    );
    let toast = Cell::Absent(Absence::Toast);
    let large = Cell::Absent(Absence::TooLarge);
    let after: RowBuf =
        [Cell::Text("1"), toast, toast, large, toast, toast, large, Cell::Text(UNAVAILABLE)]
            .into_iter()
            .collect();
    let mut before = after.clone();
    before.set(1, Cell::Text("was"));
    let coder = Coder::new(&contract);
    let encoded = coder.encode(Operation::Update, Some(&before), Some(&after)).unwrap();
    let batch = coder.decode(&encoded);
    assert_eq!(batch.event(0).after.unwrap().cells().collect::<Vec<_>>(), cells(&after));
    assert_eq!(batch.event(0).before.unwrap().cells().collect::<Vec<_>>(), cells(&before));

    // Without the header the placeholder is the text that it is.
    let mut batch = EventBatch::default();
    coder
        .decoder
        .decode_into(RecordBytes { absent: None, ..record(&encoded) }, &mut batch)
        .unwrap();
    let row = batch.event(0).after.unwrap();
    assert_eq!(row.cell(1), Cell::Text(UNAVAILABLE));
    assert_eq!(
        row.cell(2),
        Cell::Text("\\x5f5f646562657a69756d5f756e617661696c61626c655f76616c7565")
    );
    assert_eq!(row.cell(3), Cell::Text("{__debezium_unavailable_value}"));
    assert!(row.cell(4).text().unwrap().starts_with("{95,95,100,"));
    assert_eq!((row.cell(5), row.has_absent()), (Cell::Null, false));

    // A column that the reader's contract lost is skipped; a header out of form is refused.
    for (header, outcome) in [
        (&b"T\x04gone"[..], Ok(())),
        (b"L\x01g", Ok(())),
        (b"L\x02g", Err(DecodeCode::BadHeader)),
        (b"X\x01g", Err(DecodeCode::BadHeader)),
        (b"T", Err(DecodeCode::BadHeader)),
        (b"T\x02id", Err(DecodeCode::BadHeader)),
        (b"", Ok(())),
    ] {
        let record = RecordBytes { absent: Some(header), ..record(&encoded) };
        let decoded = coder.decoder.decode_into(record, &mut EventBatch::default());
        assert_eq!(decoded.map_err(|error| error.code()), outcome, "{header:?}");
    }
}

#[test]
fn truncates_and_deletes() {
    let contract = land_parcel();
    let coder = Coder::new(&contract);
    let truncate = coder.encode(Operation::Truncate, None, None).unwrap();
    assert!(truncate.key().is_none());
    let batch = coder.decode(&truncate);
    let event = batch.event(0);
    assert!(
        event.op == Operation::Truncate && event.keyed_row().is_none() && batch.key(0).is_empty()
    );

    // Key only, as with replica identity DEFAULT.
    let key: RowBuf = land_parcel_row(5)
        .row()
        .cells()
        .enumerate()
        .map(|(column, cell)| if column < 3 { cell } else { Cell::Null })
        .collect();
    let delete = coder.encode(Operation::Delete, Some(&key), None).unwrap();
    let batch = coder.decode(&delete);
    assert_eq!(batch.event(0).before.unwrap().cells().collect::<Vec<_>>(), cells(&key));
    assert!(batch.event(0).after.is_none());
    let create = coder.encode(Operation::Create, None, Some(&land_parcel_row(5))).unwrap();
    assert_eq!(create.key, delete.key);
    assert_eq!(coder.encode(Operation::Delete, None, None).err(), Some(EncodeError::NoRow));
}

#[test]
fn a_record_is_read_by_its_own_writers_schema() {
    let old = contract(
        vec![
            ("id", ColumnType::Integer),
            ("gone", ColumnType::Jsonb),
            ("count", ColumnType::Integer),
            ("name", text()),
            ("ratio", ColumnType::Real),
        ],
        vec![0],
    );
    // One column dropped, two widened, one added, another order.
    let new = contract(
        vec![
            ("name", text()),
            ("id", ColumnType::Integer),
            ("count", ColumnType::Bigint),
            ("added", ColumnType::Date),
            ("ratio", ColumnType::Double),
        ],
        vec![1],
    );
    let row = row_of(&[
        Some("9".into()),
        Some("{}".into()),
        Some("-5".into()),
        Some("Đàm Thủy".into()),
        Some("0.5".into()),
    ]);
    let encoded = Coder::new(&old).encode(Operation::Update, None, Some(&row)).unwrap();
    let decoder = Decoder::new(
        &new,
        &avro::key_schema(&old, TOPIC),
        &avro::value_schema(&old, TOPIC),
        FieldOrder::Any,
    )
    .unwrap();
    let mut batch = EventBatch::default();
    decoder.decode_into(record(&encoded), &mut batch).unwrap();
    let read: Vec<Cell<'_>> = batch.event(0).after.unwrap().cells().collect();
    assert_eq!(
        read,
        [Cell::Text("Đàm Thủy"), Cell::Text("9"), Cell::Text("-5"), Cell::Null, Cell::Text("0.5")]
    );
}

#[test]
fn schemas_that_cannot_be_read_are_told_apart() {
    let base =
        |column_type| contract(vec![("id", ColumnType::Integer), ("value", column_type)], vec![0]);
    let numeric = |scale| ColumnType::Numeric { precision: 10, scale };
    for (written, read, code) in [
        (ColumnType::Bigint, ColumnType::Integer, DecodeCode::Incompatible),
        (text(), ColumnType::Integer, DecodeCode::Incompatible),
        (ColumnType::Date, ColumnType::Integer, DecodeCode::TypeChanged),
        (ColumnType::Timestamp, ColumnType::Date, DecodeCode::TypeChanged),
        (ColumnType::Time, ColumnType::Timestamp, DecodeCode::TypeChanged),
        (ColumnType::Timestamptz, text(), DecodeCode::TypeChanged),
        (numeric(4), numeric(2), DecodeCode::DecimalScale),
        (ColumnType::Double, ColumnType::Real, DecodeCode::Incompatible),
    ] {
        let (written, read) = (base(written), base(read));
        let mismatch = Decoder::new(
            &read,
            &avro::key_schema(&written, TOPIC),
            &avro::value_schema(&written, TOPIC),
            FieldOrder::Contract,
        )
        .err()
        .unwrap();
        assert_eq!((mismatch.code, mismatch.field.as_str()), (code, "before.value"));
    }
    let (mut more, less) = (base(text()), contract(vec![("id", ColumnType::Integer)], vec![0]));
    more.columns[1].required = true;
    let mismatch = Decoder::new(
        &more,
        &avro::key_schema(&less, TOPIC),
        &avro::value_schema(&less, TOPIC),
        FieldOrder::Contract,
    )
    .err()
    .unwrap();
    assert_eq!(
        (mismatch.code, mismatch.field.as_str()),
        (DecodeCode::Incompatible, "before.value")
    );
}

/// Whoever writes to the registry could carry a column that few may read into one that all may.
#[test]
fn a_schema_that_nobody_vouched_for_puts_no_column_in_anothers_place() {
    let contract =
        contract(vec![("id", ColumnType::Integer), ("name", text()), ("place", text())], vec![0]);
    let honest = avro::value_schema(&contract, TOPIC);
    let named = |name: &str, place: &str| {
        let spelt = |column: &str| format!(r#""name":"{column}""#);
        honest
            .replace(&spelt("name"), "NAME")
            .replace(&spelt("place"), &spelt(place))
            .replace("NAME", &spelt(name))
    };
    assert_eq!(named("name", "place"), honest);
    let found = |written: &str, order| {
        Decoder::new(&contract, &avro::key_schema(&contract, TOPIC), written, order)
            .map(drop)
            .map_err(|mismatch| (mismatch.code, mismatch.field))
    };
    assert_eq!(found(&honest, FieldOrder::Contract), Ok(()));
    let refused = |field: &str| Err((DecodeCode::Incompatible, field.to_owned()));
    for (name, place, field) in [
        ("place", "name", "before.name"),
        ("other", "name", "before.other"),
        ("place", "other", "before.other"),
        (r#"other","aliases":["place"],"x":"y"#, "another", r"before.other"),
    ] {
        let written = named(name, place);
        assert_eq!(found(&written, FieldOrder::Contract), refused(field), "{written}");
    }
    // One that is known may have its fields in any order: a contract may have been written anew.
    assert_eq!(found(&named("place", "name"), FieldOrder::Any), Ok(()));
}

#[test]
fn a_writer_may_know_more_columns_or_fewer() {
    let columns = |names: &[&'static str]| {
        let columns = names.iter().map(|name| (*name, text()));
        let id = std::iter::once(("id", ColumnType::Integer));
        contract(id.chain(columns).collect(), vec![0])
    };
    let reads = |reader: &Contract, writer: &Contract| {
        let (key, value) = (avro::key_schema(writer, TOPIC), avro::value_schema(writer, TOPIC));
        Decoder::new(reader, &key, &value, FieldOrder::Contract).is_ok()
    };
    let (few, many) = (columns(&["a", "c"]), columns(&["a", "b", "c", "d"]));
    assert!(reads(&few, &many) && reads(&many, &few));
    assert!(!reads(&columns(&["a", "x"]), &columns(&["a", "y"])));
}
