//! The Avro schemas of a dataset's topic: Debezium's envelope as its Avro converter registers it, with
//! one field of ours (`exact`) at the end.
//!
//! Text is stable: the same contract and topic always give the same bytes.

use serde_json::{Map, Value, json};

use crate::column_type::ColumnType;
use crate::contracts::class_memory;
use crate::contracts::contract::{Column, Contract};
use crate::contracts::names::{Side, avro_namespace};

/// Full name of the `source` block, as Debezium's PostgreSQL connector has it.
pub(crate) const SOURCE_NAME: &str = "io.debezium.connector.postgresql.Source";

/// Schema of the record key: record `Key` with the key columns in key order, none of them null.
pub fn key_schema(contract: &Contract, topic: &str) -> String {
    let namespace = avro_namespace(topic);
    let mut defined = Defined::default();
    let fields: Vec<Value> = contract
        .key
        .iter()
        .map(|&column| &contract.columns[column])
        .map(|column| json!({ "name": column.name, "type": defined.plain_type(&column.column_type, None) }))
        .collect();
    record("Key", &namespace, fields, None).to_string()
}

/// Schema of the record value: `before, after, source, op, ts_ms, ts_us, ts_ns, transaction, exact`.
///
/// A key column is never null, every other column is nullable with default null. `exact` holds
/// PostgreSQL's text of every value that the column's Avro type can't hold: key `<column>` for
/// `after`, `before.<column>` for `before`; the column's own field is then null.
///
/// On the shared side each column's field says its class, see [`crate::contracts::class_memory`].
///
/// On the open side `source` names no position and no database, and there is no `transaction`: what
/// tells of rows that are not public stays inside.
pub fn value_schema(contract: &Contract, topic: &str) -> String {
    let namespace = avro_namespace(topic);
    let mut defined = Defined::default();
    let row: Vec<Value> = contract
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let values = contract.rules.enum_values(index);
            let plain = defined.plain_type(&column.column_type, values);
            let mut field = row_field(column, contract.key.contains(&index), plain);
            // All of the open side is open.
            if contract.side == Side::Shared {
                class_memory::put(column, &mut field);
            }
            field
        })
        .collect();
    let mut envelope = vec![
        optional("before", record("Value", &namespace, row, None)),
        optional("after", json!("Value")),
        json!({ "name": "source", "type": source_block(contract.side) }),
        json!({ "name": "op", "type": "string" }),
        optional("ts_ms", json!("long")),
        optional("ts_us", json!("long")),
        optional("ts_ns", json!("long")),
    ];
    if contract.side == Side::Shared {
        envelope.push(optional("transaction", transaction_block()));
    }
    envelope.push(optional("exact", json!({ "type": "map", "values": "string" })));
    record("Envelope", &namespace, envelope, Some(2)).to_string()
}

fn row_field(column: &Column, in_key: bool, plain: Value) -> Value {
    if in_key {
        json!({ "name": column.name, "type": plain })
    } else {
        optional(&column.name, plain)
    }
}

fn record(name: &str, namespace: &str, fields: Vec<Value>, version: Option<u32>) -> Value {
    let mut schema = Map::new();
    schema.insert("type".into(), json!("record"));
    schema.insert("name".into(), json!(name));
    schema.insert("namespace".into(), json!(namespace));
    schema.insert("fields".into(), Value::Array(fields));
    if let Some(version) = version {
        schema.insert("connect.version".into(), json!(version));
    }
    schema.insert("connect.name".into(), json!(format!("{namespace}.{name}")));
    Value::Object(schema)
}

#[expect(clippy::needless_pass_by_value, reason = "it is moved into the schema, inside the macro")]
fn optional(name: &str, plain: Value) -> Value {
    json!({ "name": name, "type": ["null", plain], "default": null })
}

/// A type that Connect knows by a name of its own, version 1.
fn named(avro: &str, connect_name: &str) -> Value {
    json!({ "type": avro, "connect.version": 1, "connect.name": connect_name })
}

/// Records that a schema may hold in several places but may define only once.
#[derive(Default)]
struct Defined {
    variable_scale_decimal: bool,
}

impl Defined {
    /// Debezium's default mapping of a PostgreSQL type (`decimal.handling.mode=precise`,
    /// `time.precision.mode=adaptive`), without nullability. `values`: what an enum is known to allow.
    fn plain_type(&mut self, column_type: &ColumnType, values: Option<&[String]>) -> Value {
        match column_type {
            ColumnType::Smallint => json!({ "type": "int", "connect.type": "int16" }),
            ColumnType::Integer => json!("int"),
            ColumnType::Bigint => json!("long"),
            ColumnType::Real => json!("float"),
            ColumnType::Double => json!("double"),
            ColumnType::Boolean => json!("boolean"),
            ColumnType::Numeric { precision, scale } => decimal(*precision, *scale),
            ColumnType::NumericAny => self.variable_scale_decimal(),
            ColumnType::Date => named("int", "io.debezium.time.Date"),
            ColumnType::Time => named("long", "io.debezium.time.MicroTime"),
            ColumnType::Timestamp => named("long", "io.debezium.time.MicroTimestamp"),
            ColumnType::Timestamptz => named("string", "io.debezium.time.ZonedTimestamp"),
            ColumnType::Uuid => named("string", "io.debezium.data.Uuid"),
            ColumnType::Json | ColumnType::Jsonb => named("string", "io.debezium.data.Json"),
            ColumnType::Bytea => json!("bytes"),
            ColumnType::Enum { .. } => enumeration(values),
            ColumnType::Text { .. } | ColumnType::Other { .. } => json!("string"),
            ColumnType::Array(element) => {
                json!({ "type": "array", "items": ["null", self.plain_type(element, values)] })
            }
        }
    }

    fn variable_scale_decimal(&mut self) -> Value {
        if std::mem::replace(&mut self.variable_scale_decimal, true) {
            return json!("io.debezium.data.VariableScaleDecimal");
        }
        json!({
            "type": "record",
            "name": "VariableScaleDecimal",
            "namespace": "io.debezium.data",
            "fields": [{ "name": "scale", "type": "int" }, { "name": "value", "type": "bytes" }],
            "connect.doc": "Variable scaled decimal",
            "connect.version": 1,
            "connect.name": "io.debezium.data.VariableScaleDecimal",
        })
    }
}

fn decimal(precision: u32, scale: u32) -> Value {
    json!({
        "type": "bytes",
        "scale": scale,
        "precision": precision,
        "connect.version": 1,
        "connect.parameters": {
            "scale": scale.to_string(),
            "connect.decimal.precision": precision.to_string(),
        },
        "connect.name": "org.apache.kafka.connect.data.Decimal",
        "logicalType": "decimal",
    })
}

/// Text, not an Avro enum: a reader of an Avro enum breaks on the first value added later.
fn enumeration(values: Option<&[String]>) -> Value {
    match values {
        None => named("string", "io.debezium.data.Enum"),
        Some(values) => json!({
            "type": "string",
            "connect.version": 1,
            "connect.parameters": { "allowed": values.join(",") },
            "connect.name": "io.debezium.data.Enum",
        }),
    }
}

/// Debezium's PostgreSQL `source` block, as of 3.6; on the open side, as much of it as is public.
fn source_block(side: Side) -> Value {
    let text = |name: &str| json!({ "name": name, "type": "string" });
    let snapshot = json!({
        "type": "string",
        "connect.version": 1,
        "connect.parameters": {
            "allowed": "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental",
        },
        "connect.default": "false",
        "connect.name": "io.debezium.data.Enum",
    });
    let fields = match side {
        Side::Shared => json!([
            text("version"),
            text("connector"),
            text("name"),
            { "name": "ts_ms", "type": "long" },
            { "name": "snapshot", "type": [snapshot, "null"], "default": "false" },
            text("db"),
            optional("sequence", json!("string")),
            optional("ts_us", json!("long")),
            optional("ts_ns", json!("long")),
            text("schema"),
            text("table"),
            optional("txId", json!("long")),
            optional("lsn", json!("long")),
            optional("xmin", json!("long")),
            optional("origin", json!("string")),
            optional("origin_lsn", json!("long")),
        ]),
        Side::Open => json!([text("version"), text("connector"), text("name"), text("table")]),
    };
    json!({
        "type": "record",
        "name": "Source",
        "namespace": "io.debezium.connector.postgresql",
        "fields": fields,
        "connect.version": 1,
        "connect.name": SOURCE_NAME,
    })
}

fn transaction_block() -> Value {
    json!({
        "type": "record",
        "name": "block",
        "namespace": "event",
        "fields": [
            { "name": "id", "type": "string" },
            { "name": "total_order", "type": "long" },
            { "name": "data_collection_order", "type": "long" },
        ],
        "connect.version": 1,
        "connect.name": "event.block",
    })
}
