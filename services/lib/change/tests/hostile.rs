//! Bytes that nobody honest wrote: each kind gets its code, nothing panics, nothing balloons, and a
//! bad record leaves its batch as it was.

#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(unsafe_code, reason = "a counting allocator is the only way to see what is allocated")]

mod made;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell as Counter;

use bangioc_change::batch::EventBatch;
use bangioc_change::decode::{Decoder, FieldOrder, RecordBytes};
use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::schema::AvroSchema;
use bangioc_change::version::{Lsn, Version};
use bangioc_change::{DecodeCode, wire};
use bangioc_schemas::avro;
use bangioc_schemas::contract::{ColumnType, Contract, Kind};
use bangioc_schemas::row::{Cell, RowBuf};
use made::{TOPIC, contract, land_parcel, land_parcel_row, text};
use proptest::prelude::*;

thread_local! {
    static ALLOCATED: Counter<usize> = const { Counter::new(0) };
}

/// Sums what each thread asks for.
struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATED.with(|sum| sum.set(sum.get().saturating_add(layout.size())));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocated_by(work: impl FnOnce()) -> usize {
    let before = ALLOCATED.with(Counter::get);
    work();
    ALLOCATED.with(Counter::get) - before
}

const HEADER: [u8; 20] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 2];

/// A contract with a column of each kind, and one record of it.
fn every_type() -> Contract {
    let array = |element| ColumnType::Array(Box::new(element));
    contract(
        vec![
            ("id", ColumnType::Integer),
            ("text", text()),
            ("number", ColumnType::Numeric { precision: 5, scale: 1 }),
            ("any", ColumnType::NumericAny),
            ("flag", ColumnType::Boolean),
            ("small", ColumnType::Smallint),
            ("items", array(text())),
            ("counts", array(ColumnType::Integer)),
            ("json", ColumnType::Jsonb),
            ("date", ColumnType::Date),
            ("at", ColumnType::Timestamptz),
            ("local", ColumnType::Timestamp),
            ("bytes", ColumnType::Bytea),
            ("ratio", ColumnType::Double),
            ("uuid", ColumnType::Uuid),
            ("clock", ColumnType::Time),
        ],
        vec![0],
    )
}

const SAMPLE: [&str; 16] = [
    "1",
    "abc",
    "12.5",
    "1.25",
    "t",
    "7",
    "{a,\"b c\"}",
    "{1,2}",
    "{\"a\":[1]}",
    "2024-11-05",
    "2026-03-05 01:31:00+00",
    "2026-03-05 01:31:00",
    "\\x0102",
    "NaN",
    "11111111-1111-4111-8111-111111111111",
    "07:00:00",
];

struct Coder {
    encoder: Encoder,
    decoder: Decoder,
}

fn coder(contract: &Contract) -> Coder {
    let (key, value) = (avro::key_schema(contract, TOPIC), avro::value_schema(contract, TOPIC));
    Coder {
        encoder: Encoder::new(contract, TOPIC, SchemaIds { key: 1, value: 2 }, "so-nnmt", "land")
            .unwrap(),
        decoder: Decoder::new(contract, &key, &value, FieldOrder::Contract).unwrap(),
    }
}

impl Coder {
    fn encode(&self, row: &RowBuf) -> Encoded {
        let version = Version { epoch: 1, commit_lsn: Lsn(5), ordinal: 2 };
        let event = ChangeEvent {
            op: Operation::Create,
            version,
            before: None,
            after: Some(row.row()),
            origin: Origin::default(),
        };
        let mut out = Encoded::default();
        self.encoder.encode(&event, 0, &mut out).unwrap();
        out
    }

    fn code(&self, key: Option<&[u8]>, value: Option<&[u8]>) -> Option<DecodeCode> {
        let mut batch = EventBatch::default();
        let record = RecordBytes { key, value, version: Some(&HEADER), absent: None, offset: 0 };
        let outcome = self.decoder.decode_into(record, &mut batch);
        assert_eq!(batch.len(), usize::from(outcome.is_ok()));
        outcome.err().map(|error| error.code())
    }
}

/// The record of [`SAMPLE`] with the Avro bytes of one column replaced.
fn with_column(column: usize, bytes: &[u8]) -> Option<DecodeCode> {
    let coder = coder(&every_type());
    let row = |skip: Option<usize>| -> RowBuf {
        SAMPLE
            .iter()
            .enumerate()
            .map(|(index, text)| if Some(index) == skip { Cell::Null } else { Cell::Text(text) })
            .collect()
    };
    let (full, without) = (coder.encode(&row(None)), coder.encode(&row(Some(column))));
    // They part where the column's union branch stands.
    let at = full.value.iter().zip(&without.value).position(|(a, b)| a != b).unwrap();
    let mut value = without.value[..at].to_vec();
    value.push(2);
    value.extend_from_slice(bytes);
    value.extend_from_slice(&without.value[at + 1..]);
    coder.code(full.key(), Some(&value))
}

fn long(value: i64) -> Vec<u8> {
    let mut rest = ((value << 1) ^ (value >> 63)).cast_unsigned();
    let mut bytes = Vec::new();
    while rest >= 0x80 {
        bytes.push(u8::try_from(rest & 0x7F).unwrap() | 0x80);
        rest >>= 7;
    }
    bytes.push(u8::try_from(rest).unwrap());
    bytes
}

fn sized(bytes: &[u8]) -> Vec<u8> {
    [long(i64::try_from(bytes.len()).unwrap()), bytes.to_vec()].concat()
}

#[test]
fn each_kind_of_bad_value_has_its_code() {
    use DecodeCode as Code;
    let sample = |column: usize| SAMPLE[column];
    assert_eq!((sample(1), sample(15)), ("abc", "07:00:00"));
    let cases: Vec<(&str, usize, Vec<u8>, Code)> = vec![
        ("B17 string length -5", 1, long(-5), Code::Length),
        ("B18 length 2^62", 1, long(1 << 62), Code::LimitAlloc),
        ("B15 length past the end", 1, long(5_000), Code::Truncated),
        ("B66 outsized text", 1, sized(&vec![b'a'; 9 << 20]), Code::LimitField),
        ("B53 NUL in text", 1, sized(b"a\0b"), Code::TextNul),
        ("B55 surrogate", 1, sized(&[0xED, 0xA0, 0x80]), Code::TextUtf8),
        ("B75 empty decimal", 2, vec![0], Code::DecimalEmpty),
        ("B73 decimal over precision", 2, sized(&[0x01, 0x86, 0xA0]), Code::DecimalPrecision),
        ("decimal of 500 bytes", 2, sized(&[1; 500]), Code::DecimalPrecision),
        ("negative scale", 3, [long(-1), sized(&[1])].concat(), Code::DecimalScale),
        (
            "scale of billions",
            3,
            [long(i64::from(i32::MAX)), sized(&[1])].concat(),
            Code::DecimalScale,
        ),
        ("B26 boolean 2", 4, vec![2], Code::Bool),
        ("smallint out of range", 5, long(40_000), Code::IntRange),
        ("B25 int holding 2^40", 9, long(1 << 40), Code::IntRange),
        ("B24 varint of 11 bytes", 11, vec![0xFF; 11], Code::Varint),
        ("varint past 64 bits", 11, [vec![0xFF; 9], vec![2]].concat(), Code::Varint),
        ("B27 block of wrong size", 7, [long(-1), long(7), vec![2, 2, 0]].concat(), Code::Block),
        ("block size negative", 7, [long(-1), long(-3)].concat(), Code::Block),
        ("block count of 2^62", 7, long(1 << 62), Code::LimitAlloc),
        (
            "block count i64::MIN",
            7,
            [long(i64::MIN), long(2), vec![0, 0]].concat(),
            Code::LimitAlloc,
        ),
        ("union branch 5", 7, [long(1), long(5)].concat(), Code::UnionRange),
        (
            "items past the limit",
            6,
            [long(600_000), vec![0; 600_000], vec![0]].concat(),
            Code::LimitItems,
        ),
        ("B86 deep JSON", 8, sized("[".repeat(10_000).as_bytes()), Code::LimitDepth),
        ("B54 NUL in JSON", 8, sized(br#"{"a":"\u0000"}"#), Code::TextNul),
        ("B55 half a pair in JSON", 8, sized(br#""\ud800""#), Code::TextUtf8),
        ("half a pair at the end of JSON", 8, sized(br#""\ud800\u"#), Code::TextUtf8),
        ("date out of PostgreSQL's range", 9, long(2_145_042_906), Code::TimeImplausible),
        ("B79 30 February", 10, sized(b"2024-02-30T00:00:00Z"), Code::DateInvalid),
        ("timestamp before time", 11, long(-210_866_803_200_000_001), Code::TimeImplausible),
        ("25 o'clock", 15, long(90_000_000_000), Code::TimeImplausible),
        ("no uuid", 14, sized(b"nope"), Code::Type),
    ];
    for (name, column, bytes, code) in cases {
        let mut outcome = None;
        let allocated = allocated_by(|| outcome = with_column(column, &bytes));
        assert_eq!(outcome, Some(code), "{name}");
        assert!(allocated < 64 << 20, "{name}: {allocated} bytes allocated");
    }
    assert_eq!(
        with_column(8, &sized(br#""\\u0000 \ud83d\ude00""#)),
        None,
        "an escaped backslash, a whole pair"
    );
    assert_eq!(
        with_column(8, &sized(br#""\u+000""#)),
        None,
        "no escape: the store says what is wrong with it"
    );
    assert_eq!(
        with_column(7, &[long(-2), long(3), vec![2, 2, 0], vec![0]].concat()),
        None,
        "a sized block"
    );
    assert_eq!(with_column(2, &sized(&[0xFF, 0xFF, 0xFE])), None, "needless sign bytes");
}

#[test]
fn each_kind_of_bad_record_has_its_code() {
    use DecodeCode as Code;
    let made = every_type();
    let coder = coder(&made);
    let row: RowBuf = SAMPLE.iter().map(|text| Cell::Text(text)).collect();
    let good = coder.encode(&row);
    let (key, value) = (good.key(), good.value.as_slice());
    assert_eq!(coder.code(key, Some(value)), None);
    let append = Contract { kind: Kind::Append, key: vec![], ..made.clone() };
    let trailing = [value, &[0]].concat();
    let other_key = [&[0, 0, 0, 0, 1][..], &long(2)].concat();
    for (name, key, value, code) in [
        ("B01 empty value", key, Some(&b""[..]), Code::EmptyValue),
        ("B06 magic 1", key, Some(b"\x01\0\0\0\x02abc"), Code::BadMagic),
        ("B07 three bytes", key, Some(b"\0\0\0"), Code::TruncatedHeader),
        ("B12 JSON", key, Some(b"{\"a\":1}"), Code::BadMagic),
        ("B13 container file", key, Some(b"Obj\x01abc"), Code::BadMagic),
        ("B14 single object", key, Some(b"\xC3\x01abcdefgh"), Code::BadMagic),
        ("B16 trailing bytes", key, Some(&trailing), Code::TrailingBytes),
        ("B04 null key", None, Some(value), Code::KeyNull),
        ("B05 null key and value", None, None, Code::KeyNull),
        ("B11 key undecodable", Some(&b"\0\0\0\0\x01\xFF"[..]), Some(value), Code::KeyUndecodable),
        ("key without header", Some(b"1"), Some(value), Code::KeyUndecodable),
        ("key with a rest", Some(b"\0\0\0\0\x01\x02\x02"), None, Code::KeyUndecodable),
        ("key of another row", Some(&other_key), Some(value), Code::KeyMismatch),
    ] {
        assert_eq!(coder.code(key, value), Some(code), "{name}");
    }
    let decode = |version: Option<&[u8]>| {
        let record = RecordBytes { key, value: None, version, absent: None, offset: 0 };
        coder.decoder.decode_into(record, &mut EventBatch::default()).map_err(|error| error.code())
    };
    assert_eq!(decode(None), Err(Code::NoVersion), "B02 null value without a version");
    assert_eq!(decode(Some(&HEADER)), Ok(()), "B02 null value with a version");
    assert_eq!(decode(Some(b"short")), Err(Code::BadHeader));
    assert_eq!(wire::schema_id(value).unwrap(), 2);

    let keyless = self::coder(&append);
    let encoded = keyless.encode(&row);
    assert_eq!(
        (encoded.key(), keyless.code(None, Some(&encoded.value))),
        (None, None),
        "B04 append"
    );
}

#[test]
fn every_prefix_of_a_record_is_refused() {
    let coder = coder(&every_type());
    let row: RowBuf = SAMPLE.iter().map(|text| Cell::Text(text)).collect();
    let good = coder.encode(&row);
    for length in 0..good.value.len() {
        assert!(coder.code(good.key(), Some(&good.value[..length])).is_some(), "{length} bytes");
    }
}

#[test]
fn writers_fields_that_we_skip_cannot_balloon_either() {
    let made = every_type();
    let inner = |extra: &str| {
        let schema = avro::value_schema(&made, TOPIC);
        schema.replacen(
            r#""name":"op""#,
            &format!(r#""name":"extra","type":{extra}}},{{"name":"op""#),
            1,
        )
    };
    let nulls = r#"{"type":"array","items":{"type":"array","items":"null"}}"#;
    let tree =
        r#"{"type":"record","name":"Tree","fields":[{"name":"next","type":["null","Tree"]}]}"#;
    let loops = r#"{"type":"record","name":"Loop","fields":[{"name":"again","type":"Loop"}]}"#;
    let map = r#"{"type":"map","values":"int"}"#;
    let marks = r#"{"type":"enum","name":"Mark","symbols":["A","B"]}"#;
    let many_nulls =
        [long(100), (0..100).flat_map(|_| [long(2_000_000), long(0)].concat()).collect(), long(0)]
            .concat();
    let entries: Vec<u8> = (0..1_000_000).flat_map(|_| [2, b'k', 2]).collect();
    for (name, extra, bytes, code) in [
        ("B20 nested null arrays", nulls, many_nulls, Some(DecodeCode::LimitAlloc)),
        ("B21 depth 401", tree, vec![2; 401], Some(DecodeCode::LimitDepth)),
        ("a little depth", tree, vec![2, 2, 2, 0], None),
        ("a type that has no values", loops, vec![], None),
        (
            "B29 a map of a million",
            map,
            [long(1_000_000), entries, long(0)].concat(),
            Some(DecodeCode::LimitItems),
        ),
        ("B23 enum index", marks, long(2), Some(DecodeCode::EnumRange)),
        ("an enum", marks, long(1), None),
    ] {
        let decoder = Decoder::new(
            &made,
            &avro::key_schema(&made, TOPIC),
            &inner(extra),
            FieldOrder::Contract,
        )
        .unwrap();
        let row: RowBuf = SAMPLE.iter().map(|text| Cell::Text(text)).collect();
        let good = coder(&made).encode(&row);
        // The new field stands before `op`, whose bytes are the last `\x02c`.
        let at = good.value.windows(2).rposition(|pair| pair == [2, b'c']).unwrap();
        let value = [&good.value[..at], &bytes, &good.value[at..]].concat();
        let mut batch = EventBatch::default();
        let record = RecordBytes {
            key: good.key(),
            value: Some(&value),
            version: Some(&HEADER),
            absent: None,
            offset: 0,
        };
        let allocated = allocated_by(|| {
            let outcome = decoder.decode_into(record, &mut batch);
            assert_eq!(outcome.err().map(|error| error.code()), code, "{name}");
        });
        assert!(allocated < 1 << 20, "{name}: {allocated} bytes allocated");
    }
}

#[test]
fn a_small_record_cannot_grow_into_a_large_row() {
    let made = contract(
        vec![
            ("id", ColumnType::Integer),
            ("numbers", ColumnType::Array(Box::new(ColumnType::NumericAny))),
        ],
        vec![0],
    );
    let coder = coder(&made);
    let encoded = coder.encode(&[Cell::Text("1"), Cell::Text("{0}")].into_iter().collect());
    // A hundred thousand numbers of a thousand zeros each: 500 kB that would write 100 MB.
    let one = [vec![2, 2], long(1), vec![2], long(1000), vec![2, 1]].concat();
    let at = encoded
        .value
        .windows(one.len() - 2)
        .position(|window| window.starts_with(&[2, 2, 2, 0, 2, 0]))
        .unwrap();
    let item = [vec![2], long(1000), vec![2, 1]].concat();
    let bomb = [
        &encoded.value[..at],
        &[2][..],
        &long(100_000),
        &item.repeat(100_000),
        &encoded.value[at + 6..],
    ]
    .concat();
    let mut batch = EventBatch::default();
    let record = RecordBytes {
        key: encoded.key(),
        value: Some(&bomb),
        version: Some(&HEADER),
        absent: None,
        offset: 0,
    };
    let allocated = allocated_by(|| {
        let outcome = coder.decoder.decode_into(record, &mut batch);
        assert_eq!(outcome.err().map(|error| error.code()), Some(DecodeCode::LimitAlloc));
    });
    assert!(allocated < 100 << 20, "{allocated}");
    assert!(batch.is_empty() && batch.bytes() == 0);
}

#[test]
fn twenty_thousand_rows_are_flat() {
    let coder = coder(&land_parcel());
    let records: Vec<Encoded> =
        (0..20_000).map(|number| coder.encode(&land_parcel_row(number))).collect();
    let mut batch = EventBatch::default();
    let fill = |batch: &mut EventBatch| {
        for (offset, encoded) in (0..).zip(&records) {
            let record = RecordBytes {
                key: encoded.key(),
                value: Some(&encoded.value),
                version: Some(&HEADER),
                absent: None,
                offset,
            };
            coder.decoder.decode_into(record, batch).unwrap();
        }
    };
    fill(&mut batch);
    assert_eq!(batch.len(), 20_000);
    batch.clear();
    assert_eq!(
        allocated_by(|| fill(&mut batch)),
        0,
        "a batch that is used again allocates nothing"
    );
    assert_eq!(
        batch.event(19_999).after.unwrap().cells().collect::<Vec<_>>(),
        land_parcel_row(19_999).row().cells().collect::<Vec<_>>()
    );
    let row = land_parcel_row(7);
    let mut out = coder.encode(&row);
    let version = Version { epoch: 1, commit_lsn: Lsn(5), ordinal: 2 };
    let event = ChangeEvent {
        op: Operation::Create,
        version,
        before: None,
        after: Some(row.row()),
        origin: Origin::default(),
    };
    assert_eq!(
        allocated_by(|| coder.encoder.encode(&event, 0, &mut out).unwrap()),
        0,
        "nor does encoding"
    );
}

#[test]
fn schemas_from_outside_are_bounded() {
    let code = |text: &str| AvroSchema::parse(text).err().map(|mismatch| mismatch.code);
    assert_eq!(code(&format!("\"{}\"", "x".repeat(5 << 20))), Some(DecodeCode::LimitSchema));
    let fields: Vec<String> =
        (0..30_000).map(|n| format!(r#"{{"name":"f{n}","type":"int"}}"#)).collect();
    assert_eq!(
        code(&format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(","))),
        Some(DecodeCode::LimitSchema)
    );
    let deep = r#"{"type":"array","items":"#.repeat(5_000);
    for text in [
        deep.as_str(),
        "",
        "[]x",
        "7",
        "{}",
        r#"{"type":"record"}"#,
        "\"Unknown\"",
        r#"{"type":"fixed","name":"F"}"#,
    ] {
        assert_eq!(code(text), Some(DecodeCode::Incompatible));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn damaged_records_never_panic_or_balloon(
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(), insert in prop::collection::vec(any::<u8>(), 0..12),
        absent in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)),
    ) {
        let coder = coder(&every_type());
        let row: RowBuf = SAMPLE.iter().map(|text| Cell::Text(text)).collect();
        let good = coder.encode(&row);
        let mut value = good.value.clone();
        for (at, byte) in damage {
            let at = at.index(value.len());
            value[at] = byte;
        }
        let at = cut.index(value.len());
        value.splice(at..at, insert);
        let mut batch = EventBatch::default();
        let allocated = allocated_by(|| {
            let record = RecordBytes { key: good.key(), value: Some(&value), version: Some(&HEADER), absent: absent.as_deref(), offset: 0 };
            if coder.decoder.decode_into(record, &mut batch).is_ok() {
                // What was accepted can be walked.
                let _ = batch.event(0).keyed_row().map(|row| row.cells().filter_map(Cell::text).map(str::len).sum::<usize>());
            }
        });
        prop_assert!(allocated < 1 << 20, "{} bytes allocated", allocated);
    }

    #[test]
    fn random_bytes_never_panic(key in prop::option::of(prop::collection::vec(any::<u8>(), 0..20)), mut value in prop::collection::vec(any::<u8>(), 0..300)) {
        let coder = coder(&every_type());
        value.splice(0..0, [0, 0, 0, 0, 2]);
        let _ = coder.code(key.as_deref(), Some(&value));
    }
}
