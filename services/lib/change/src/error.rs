//! What can be wrong with bytes, a schema or a row. Codes and column positions only, never a value.
//! This crate is pure and imports no service vocabulary; who handles an error gives it its class.

use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// Why bytes are not a change: the stable names that dead letters carry.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum DecodeCode { $($(#[$doc])* $name,)* }

        impl DecodeCode {
            pub const ALL: &'static [DecodeCode] = &[$(DecodeCode::$name,)*];

            pub fn as_str(self) -> &'static str {
                match self { $(DecodeCode::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// A value of no bytes at all.
    EmptyValue = "EMPTY_VALUE",
    /// No version header, so the change has no place in any order.
    NoVersion = "NO_VERSION",
    /// A header of ours that is not in its form.
    BadHeader = "BAD_HEADER",
    /// A state dataset's record without a key.
    KeyNull = "KEY_NULL",
    KeyUndecodable = "KEY_UNDECODABLE",
    /// Key and row name different rows.
    KeyMismatch = "KEY_MISMATCH",
    BadMagic = "BAD_MAGIC",
    TruncatedHeader = "TRUNCATED_HEADER",
    /// The registry has no schema of this id.
    UnknownSchema = "UNKNOWN_SCHEMA",
    /// The writer's schema cannot be read as the contract's columns.
    Incompatible = "INCOMPATIBLE",
    /// Same base type, another meaning (date → timestamp).
    TypeChanged = "TYPE_CHANGED",
    LimitSchema = "LIMIT_SCHEMA",
    Truncated = "TRUNCATED",
    TrailingBytes = "TRAILING_BYTES",
    /// A negative length.
    Length = "LENGTH",
    /// A length or count that nothing in the record backs.
    LimitAlloc = "LIMIT_ALLOC",
    LimitDepth = "LIMIT_DEPTH",
    LimitItems = "LIMIT_ITEMS",
    LimitField = "LIMIT_FIELD",
    Varint = "VARINT",
    IntRange = "INT_RANGE",
    Bool = "BOOL",
    EnumRange = "ENUM_RANGE",
    UnionRange = "UNION_RANGE",
    /// A block whose byte count and content differ.
    Block = "BLOCK",
    TextUtf8 = "TEXT_UTF8",
    TextNul = "TEXT_NUL",
    DecimalEmpty = "DECIMAL_EMPTY",
    DecimalPrecision = "DECIMAL_PRECISION",
    DecimalScale = "DECIMAL_SCALE",
    DateInvalid = "DATE_INVALID",
    /// A number that no date or time of PostgreSQL has.
    TimeImplausible = "TIME_IMPLAUSIBLE",
    /// A text that its column's type does not have.
    Type = "TYPE",
    /// An `op` that is none of `c u d r t`, or one without the image it needs.
    Operation = "OPERATION",
}

impl fmt::Display for DecodeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record that cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("record can't be decoded: `{code}`")]
pub struct DecodeError {
    pub code: DecodeCode,
    /// Index into the contract's columns, where one column is to blame.
    pub column: Option<usize>,
}

impl DecodeError {
    pub fn code(&self) -> DecodeCode {
        self.code
    }

    pub(crate) fn at(self, column: usize) -> DecodeError {
        DecodeError { column: self.column.or(Some(column)), ..self }
    }
}

impl From<DecodeCode> for DecodeError {
    fn from(code: DecodeCode) -> DecodeError {
        DecodeError { code, column: None }
    }
}

/// A schema that does not carry the contract's columns. Nothing written with it can be read.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("schema doesn't carry the contract: `{code}` at `{field}`")]
pub struct SchemaMismatch {
    pub code: DecodeCode,
    /// Path of the field, `after.area_m2`; a name, never a value.
    pub field: String,
}

impl SchemaMismatch {
    pub(crate) fn new(code: DecodeCode, field: impl Into<String>) -> SchemaMismatch {
        SchemaMismatch { code, field: field.into() }
    }
}

/// A change that cannot be written as a record. Columns are indices into the contract's.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum EncodeError {
    #[error("key column {column} is null")]
    KeyNull { column: usize },
    /// The caller reads the row back and tries again.
    #[error("key column {column} didn't travel with the change")]
    KeyAbsent { column: usize },
    /// `NaN` in a numeric key, or a timestamp outside 64 bits of microseconds.
    #[error("key column {column} holds what its Avro type can't")]
    KeyUnrepresentable { column: usize },
    #[error("change has no row")]
    NoRow,
    #[error("row has {found} cells, contract has {expected} columns")]
    Width { found: usize, expected: usize },
}
