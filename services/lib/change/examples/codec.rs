//! Nanoseconds per row of the coder and of apache-avro's two paths, in one run: rows of `land-parcel`
//! as pgoutput sends them, 14 columns.
//!
//! `cargo run --release -p bangioc-change --example codec [rows] [rounds]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a measurement for people")]

#[path = "../tests/made/mod.rs"]
mod made;

use std::hint::black_box;
use std::time::{Duration, Instant};

use apache_avro::Schema;
use apache_avro::reader::datum::GenericDatumReader;
use apache_avro::types::Value;
use apache_avro::writer::datum::GenericDatumWriter;
use bangioc_change::batch::EventBatch;
use bangioc_change::decode::{Decoder, FieldOrder, RecordBytes};
use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::fold::fold;
use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::{Message, RelationColumn, parse};
use bangioc_change::version::{Lsn, Version};
use bangioc_schemas::avro;
use bangioc_schemas::row::{Cell, Row, RowBuf};

#[expect(clippy::too_many_lines, reason = "one measurement after the other")]
fn main() {
    let number = |index: usize, otherwise: u32| {
        std::env::args().nth(index).map_or(otherwise, |text| text.parse().unwrap())
    };
    let (rows, rounds) = (number(1, 20_000), number(2, 5));
    let contract = made::land_parcel();
    let (key_schema, value_schema) =
        (avro::key_schema(&contract, made::TOPIC), avro::value_schema(&contract, made::TOPIC));
    let encoder =
        Encoder::new(&contract, made::TOPIC, SchemaIds { key: 1, value: 2 }, "so-nnmt", "land")
            .unwrap();
    let decoder =
        Decoder::new(&contract, &key_schema, &value_schema, FieldOrder::Contract).unwrap();
    let columns: Vec<RelationColumn<'_>> = contract
        .columns
        .iter()
        .map(|column| RelationColumn {
            in_identity: false,
            name: &column.name,
            type_id: 16_384,
            type_modifier: -1,
        })
        .collect();
    let layout = Layout::new(&contract, &columns);
    let buffers: Vec<RowBuf> = (0..rows).map(made::land_parcel_row).collect();
    let frames: Vec<Vec<u8>> = buffers.iter().map(insert_frame).collect();
    let records: Vec<Encoded> = buffers
        .iter()
        .map(|row| {
            let mut out = Encoded::default();
            encoder.encode(&event(row.row()), 1_772_674_260_123_456, &mut out).unwrap();
            out
        })
        .collect();
    println!(
        "{rows} rows, {} B per envelope, best of {rounds} rounds, ns per row",
        records[0].value.len()
    );

    let (mut out, mut row_buffer, mut batch) =
        (Encoded::default(), RowBuf::default(), EventBatch::default());
    let encode = best(rounds, rows, || {
        for row in &buffers {
            encoder.encode(&event(row.row()), 1_772_674_260_123_456, &mut out).unwrap();
            black_box(&out);
        }
    });
    let from_frame = best(rounds, rows, || {
        for frame in &frames {
            let Ok(Message::Insert { new, .. }) = parse(frame) else {
                continue;
            };
            layout.read(new, &mut row_buffer).unwrap();
            encoder.encode(&event(row_buffer.row()), 1_772_674_260_123_456, &mut out).unwrap();
            black_box(encoder.partition(&out, 3));
        }
    });
    let version = Version { epoch: 1, commit_lsn: Lsn(1 << 36), ordinal: 2 }.to_bytes();
    let decode = best(rounds, rows, || {
        batch.clear();
        for (offset, encoded) in (0..).zip(&records) {
            let record = RecordBytes {
                key: encoded.key(),
                value: Some(&encoded.value),
                version: Some(&version),
                absent: None,
                offset,
            };
            decoder.decode_into(record, &mut batch).unwrap();
        }
    });
    let indices: Vec<usize> = (0..batch.len()).collect();
    let folding = best(rounds, rows, || {
        black_box(fold(&batch, &indices).effects().len());
    });

    let schema = Schema::parse_str(&value_schema).unwrap();
    let (writer, reader) = (
        GenericDatumWriter::builder(&schema).build().unwrap(),
        GenericDatumReader::builder(&schema).build().unwrap(),
    );
    let values: Vec<Value> = records
        .iter()
        .map(|encoded| reader.read_value(&mut &encoded.value[5..]).unwrap())
        .collect();
    let avro_encode = best(rounds, rows, || {
        for value in &values {
            // Building the value from text is not even counted.
            let mut bytes = Vec::new();
            writer.write_value_ref(&mut bytes, value).unwrap();
            black_box(bytes);
        }
    });
    let avro_decode = best(rounds, rows, || {
        for encoded in &records {
            black_box(reader.read_value(&mut &encoded.value[5..]).unwrap());
        }
    });
    println!(
        "encode              {encode:>8.0}   apache-avro Value {avro_encode:>8.0}   {:>5.1} x",
        avro_encode / encode
    );
    println!("frame to record     {from_frame:>8.0}   (parse, layout, encode, partition)");
    println!(
        "decode into batch   {decode:>8.0}   apache-avro Value {avro_decode:>8.0}   {:>5.1} x",
        avro_decode / decode
    );
    println!("fold                {folding:>8.0}");
}

fn event(row: Row<'_>) -> ChangeEvent<'_> {
    ChangeEvent {
        op: Operation::Create,
        version: Version { epoch: 1, commit_lsn: Lsn(1 << 36), ordinal: 2 },
        before: None,
        after: Some(row),
        origin: Origin {
            committed_at_us: 1_772_674_260_000_001,
            lsn: Lsn(1 << 36),
            xid: 4_000_000,
        },
    }
}

fn best(rounds: u32, rows: u32, mut work: impl FnMut()) -> f64 {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    let best = (0..rounds).map(|_| once(&mut work)).min().unwrap_or(Duration::ZERO);
    best.as_secs_f64() * 1e9 / f64::from(rows)
}

fn insert_frame(row: &RowBuf) -> Vec<u8> {
    let cells = row.row();
    let mut frame = b"I\0\0\0\x01N".to_vec();
    frame.extend_from_slice(&u16::try_from(cells.len()).unwrap().to_be_bytes());
    for cell in cells.cells() {
        match cell {
            Cell::Text(text) => {
                frame.push(b't');
                frame.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
                frame.extend_from_slice(text.as_bytes());
            }
            Cell::Null | Cell::Absent(_) => frame.push(b'n'),
        }
    }
    frame
}
