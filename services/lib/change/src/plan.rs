//! How one column of the contract stands in one schema: what both coders run, compiled once.

use bangioc_schemas::contract::ColumnType;
use bangioc_schemas::identity;

use crate::error::{DecodeCode, SchemaMismatch};
use crate::schema::{AvroSchema, NodeId, NodeKind};

/// A value and how it is wrapped.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ValuePlan {
    /// None when the field can't be null.
    pub(crate) union: Option<Nullable>,
    pub(crate) leaf: Leaf,
}

/// `[null, T]` in either order: which branch is which.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nullable {
    pub(crate) null: u8,
    pub(crate) value: u8,
}

/// Pairs a PostgreSQL type with its Avro form. `…As…` are Avro's promotions, which only occur when
/// reading what an older schema wrote.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Leaf {
    Smallint,
    Integer,
    Bigint,
    IntAsBigint,
    Real,
    Double,
    RealAsDouble,
    Boolean,
    Decimal {
        precision: u32,
        scale: u32,
    },
    VariableScaleDecimal,
    Date,
    MicroTime,
    MicroTimestamp,
    ZonedTimestamp,
    Uuid,
    Json,
    Bytea,
    Text,
    /// An Avro enum read as text.
    Symbols(Vec<String>),
    Array(Box<ValuePlan>),
}

impl Leaf {
    /// Is this how a column is written, not only how it may be read?
    pub(crate) fn is_written(&self) -> bool {
        match self {
            Leaf::IntAsBigint | Leaf::RealAsDouble | Leaf::Symbols(_) => false,
            Leaf::Array(element) => element.leaf.is_written(),
            _ => true,
        }
    }

    /// Of a key: the text that stands for all that PostgreSQL takes for the same value.
    pub(crate) fn key_text<'a>(&self, text: &'a str) -> &'a str {
        match self {
            Leaf::VariableScaleDecimal => identity::without_trailing_zeros(text),
            Leaf::Real | Leaf::Double | Leaf::RealAsDouble => identity::without_minus_zero(text),
            _ => text,
        }
    }

    /// Can an element's text need quotes in an array? Numbers, booleans and times of day never do.
    pub(crate) fn may_need_quotes(&self) -> bool {
        match self {
            Leaf::Date
            | Leaf::MicroTimestamp
            | Leaf::ZonedTimestamp
            | Leaf::Uuid
            | Leaf::Json
            | Leaf::Bytea
            | Leaf::Text
            | Leaf::Symbols(_)
            | Leaf::Array(_) => true,
            Leaf::Smallint
            | Leaf::Integer
            | Leaf::Bigint
            | Leaf::IntAsBigint
            | Leaf::Real
            | Leaf::Double
            | Leaf::RealAsDouble
            | Leaf::Boolean
            | Leaf::Decimal { .. }
            | Leaf::VariableScaleDecimal
            | Leaf::MicroTime => false,
        }
    }
}

/// The field's value and nullability; anything but `T` or `[null, T]` is not ours to read.
pub(crate) fn unwrap_union(
    schema: &AvroSchema,
    node: NodeId,
) -> Option<(Option<Nullable>, NodeId)> {
    let NodeKind::Union(branches) = &schema.node(node).kind else {
        return Some((None, node));
    };
    let &[first, second] = branches.as_slice() else {
        return None;
    };
    let is_null = |node: NodeId| matches!(schema.node(node).kind, NodeKind::Null);
    match (is_null(first), is_null(second)) {
        (true, false) => Some((Some(Nullable { null: 0, value: 1 }), second)),
        (false, true) => Some((Some(Nullable { null: 1, value: 0 }), first)),
        _ => None,
    }
}

/// Finds out how `column_type` stands at `node`, or says why it can't.
pub(crate) fn slot(
    column_type: &ColumnType,
    schema: &AvroSchema,
    node: NodeId,
    path: &str,
) -> Result<ValuePlan, SchemaMismatch> {
    let incompatible = || SchemaMismatch::new(DecodeCode::Incompatible, path);
    let (union, node) = unwrap_union(schema, node).ok_or_else(incompatible)?;
    let leaf = match (column_type, &schema.node(node).kind) {
        (ColumnType::Array(element), NodeKind::Array(items)) => {
            Leaf::Array(Box::new(slot(element, schema, *items, path)?))
        }
        (ColumnType::NumericAny, NodeKind::Record(fields)) => {
            let is = |index: usize, name: &str, wanted: fn(&NodeKind) -> bool| {
                fields
                    .get(index)
                    .is_some_and(|field| field.is(name) && wanted(&schema.node(field.node).kind))
            };
            let scale = is(0, "scale", |kind| matches!(kind, NodeKind::Int));
            let value = is(1, "value", |kind| matches!(kind, NodeKind::Bytes));
            if !scale || !value || fields.len() != 2 {
                return Err(incompatible());
            }
            Leaf::VariableScaleDecimal
        }
        (column_type, kind) => {
            simple(column_type, kind).map_err(|code| SchemaMismatch::new(code, path))?
        }
    };
    // The base type fits; its meaning must as well.
    if meaning(&leaf) != MeaningOf(&schema.node(node).connect_name) {
        return Err(SchemaMismatch::new(DecodeCode::TypeChanged, path));
    }
    Ok(ValuePlan { union, leaf })
}

fn simple(column_type: &ColumnType, kind: &NodeKind) -> Result<Leaf, DecodeCode> {
    Ok(match (column_type, kind) {
        (ColumnType::Smallint, NodeKind::Int) => Leaf::Smallint,
        (ColumnType::Integer, NodeKind::Int) => Leaf::Integer,
        (ColumnType::Bigint, NodeKind::Long) => Leaf::Bigint,
        (ColumnType::Bigint, NodeKind::Int) => Leaf::IntAsBigint,
        (ColumnType::Real, NodeKind::Float) => Leaf::Real,
        (ColumnType::Double, NodeKind::Double) => Leaf::Double,
        (ColumnType::Double, NodeKind::Float) => Leaf::RealAsDouble,
        (ColumnType::Boolean, NodeKind::Boolean) => Leaf::Boolean,
        (ColumnType::Numeric { precision, scale }, NodeKind::Decimal { scale: written }) => {
            if scale != written {
                return Err(DecodeCode::DecimalScale);
            }
            Leaf::Decimal { precision: *precision, scale: *scale }
        }
        (ColumnType::Date, NodeKind::Int) => Leaf::Date,
        // A date that was a timestamp, or the reverse, is another meaning, not another width.
        (ColumnType::Date, NodeKind::Long) => return Err(DecodeCode::TypeChanged),
        (ColumnType::Time, NodeKind::Long) => Leaf::MicroTime,
        (ColumnType::Timestamp, NodeKind::Long) => Leaf::MicroTimestamp,
        (ColumnType::Time | ColumnType::Timestamp, NodeKind::Int) => {
            return Err(DecodeCode::TypeChanged);
        }
        (ColumnType::Timestamptz, NodeKind::String) => Leaf::ZonedTimestamp,
        (ColumnType::Uuid, NodeKind::String) => Leaf::Uuid,
        (ColumnType::Json | ColumnType::Jsonb, NodeKind::String) => Leaf::Json,
        (ColumnType::Bytea, NodeKind::Bytes) => Leaf::Bytea,
        (ColumnType::Text { .. } | ColumnType::Enum { .. } | ColumnType::Other { .. }, kind) => {
            match kind {
                NodeKind::String => Leaf::Text,
                NodeKind::Enum(symbols) => Leaf::Symbols(symbols.clone()),
                _ => return Err(DecodeCode::Incompatible),
            }
        }
        _ => return Err(DecodeCode::Incompatible),
    })
}

/// What Connect's name says a base type means, as far as a wrong one would change values.
struct MeaningOf<'a>(&'a str);

impl PartialEq<MeaningOf<'_>> for Option<&'static str> {
    fn eq(&self, written: &MeaningOf<'_>) -> bool {
        let temporal = written.0.starts_with("io.debezium.time.");
        match self {
            Some(expected) => *expected == written.0,
            None => !temporal,
        }
    }
}

fn meaning(leaf: &Leaf) -> Option<&'static str> {
    match leaf {
        Leaf::Date => Some("io.debezium.time.Date"),
        Leaf::MicroTime => Some("io.debezium.time.MicroTime"),
        Leaf::MicroTimestamp => Some("io.debezium.time.MicroTimestamp"),
        Leaf::ZonedTimestamp => Some("io.debezium.time.ZonedTimestamp"),
        _ => None,
    }
}
