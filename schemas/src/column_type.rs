//! What a column holds, as PostgreSQL has it.

use std::fmt;

use crate::source_name::written;

/// PostgreSQL's types as far as they decide the Avro mapping; the rest travels as text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ColumnType {
    Smallint,
    Integer,
    Bigint,
    Real,
    Double,
    Boolean,
    /// `numeric(precision, scale)`: Connect `Decimal`.
    Numeric {
        precision: u32,
        scale: u32,
    },
    /// `numeric`: Debezium's `VariableScaleDecimal`.
    NumericAny,
    Date,
    Time,
    Timestamp,
    Timestamptz,
    Uuid,
    Json,
    Jsonb,
    Bytea,
    /// `text`, `varchar(n)` and `char(n)`: the limit is kept for documentation and rules.
    Text {
        max_chars: Option<u32>,
    },
    /// An enum of the source, by its type's name: travels as `io.debezium.data.Enum` text.
    Enum {
        name: String,
    },
    /// One-dimensional array; other shapes travel in `exact`.
    Array(Box<ColumnType>),
    /// Everything else (`interval`, `inet`, `daterange`, …): PostgreSQL's type name, travels as text.
    Other {
        name: String,
    },
}

impl ColumnType {
    /// Type of the store's column. Limits of text (`varchar(n)`) and the values of an enum stay rules
    /// of the contract: the store must be able to hold what the source held.
    pub fn store_type(&self) -> String {
        match self {
            ColumnType::Text { .. } | ColumnType::Enum { .. } => "text".into(),
            // As long as it likes, like a text: `bit` alone would be one digit.
            ColumnType::Other { name } if name.starts_with("bit") => "varbit".into(),
            ColumnType::Array(element) => format!("{}[]", element.store_type()),
            ColumnType::Smallint
            | ColumnType::Integer
            | ColumnType::Bigint
            | ColumnType::Real
            | ColumnType::Double
            | ColumnType::Boolean
            | ColumnType::Numeric { .. }
            | ColumnType::NumericAny
            | ColumnType::Date
            | ColumnType::Time
            | ColumnType::Timestamp
            | ColumnType::Timestamptz
            | ColumnType::Uuid
            | ColumnType::Json
            | ColumnType::Jsonb
            | ColumnType::Bytea
            | ColumnType::Other { .. } => self.to_string(),
        }
    }

    pub fn is_number(&self) -> bool {
        matches!(
            self,
            ColumnType::Smallint
                | ColumnType::Integer
                | ColumnType::Bigint
                | ColumnType::Real
                | ColumnType::Double
                | ColumnType::Numeric { .. }
                | ColumnType::NumericAny
        )
    }

    /// Does the store compare it as text? Then its key column is collated "C".
    pub fn is_text(&self) -> bool {
        matches!(self, ColumnType::Text { .. } | ColumnType::Enum { .. })
    }
}

/// As in a contract file, and as PostgreSQL writes it (an enum by its type's name).
impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            ColumnType::Smallint => "smallint",
            ColumnType::Integer => "integer",
            ColumnType::Bigint => "bigint",
            ColumnType::Real => "real",
            ColumnType::Double => "double precision",
            ColumnType::Boolean => "boolean",
            ColumnType::Numeric { precision, scale } => {
                return write!(f, "numeric({precision},{scale})");
            }
            ColumnType::NumericAny => "numeric",
            ColumnType::Date => "date",
            ColumnType::Time => "time",
            ColumnType::Timestamp => "timestamp",
            ColumnType::Timestamptz => "timestamptz",
            ColumnType::Uuid => "uuid",
            ColumnType::Json => "json",
            ColumnType::Jsonb => "jsonb",
            ColumnType::Bytea => "bytea",
            ColumnType::Text { max_chars: None } => "text",
            ColumnType::Text { max_chars: Some(limit) } => return write!(f, "varchar({limit})"),
            ColumnType::Enum { name } => return write!(f, "enum {}", written(name)),
            ColumnType::Array(element) => return write!(f, "{element}[]"),
            ColumnType::Other { name } => name,
        };
        f.write_str(name)
    }
}
