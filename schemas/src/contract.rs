//! What a contract says, as types. Built only by reading a contract file, and then known to be sound.

use std::fmt;

/// `land-parcel`: lower-case letters, digits and single `-`, 1 to 48 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DatasetId(pub(crate) String);

/// `so-nnmt`: same form as [`DatasetId`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OwnerId(pub(crate) String);

macro_rules! text_id {
    ($($name:ident),*) => {$(
        impl $name {
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}
text_id!(DatasetId, OwnerId);

/// A text for people, in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    pub vi: String,
    pub en: String,
}

#[derive(Clone, Debug)]
pub struct Contract {
    pub dataset: DatasetId,
    pub owner: OwnerId,
    pub name: Label,
    pub status: Status,
    pub kind: Kind,
    pub source: SourceTable,
    /// Fixed for ever: another count is another topic.
    pub partitions: u32,
    /// One partition only: TRUNCATE travels as an event of its own.
    pub truncate: bool,
    /// In the order in which they stand in topics, rows and the store.
    pub columns: Vec<Column>,
    /// Indices into `columns`; the primary key, or the natural key of a table without one.
    pub key: Vec<usize>,
    /// Set when the source table has no primary key: `key` is then not enforced at the source, and
    /// of several rows with one key the one with the greatest value here is the latest.
    pub natural_key_latest_by: Option<usize>,
    pub on_poison: OnPoison,
    /// Goal, in seconds from commit to store.
    pub freshness_seconds: u32,
    pub rules: crate::rules::Rules,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    Active,
    Draft,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Rows with a key; the latest version of a key wins.
    State,
    /// Inserts only, no key.
    Append,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SourceTable {
    /// Name of the source (a department's database), as in the configuration: `so-nnmt`.
    pub source: String,
    /// Schema and table inside it.
    pub schema: String,
    pub table: String,
}

#[derive(Clone, Debug)]
pub struct Column {
    /// As at the source.
    pub name: String,
    pub column_type: ColumnType,
    pub class: Class,
    pub label: Label,
    /// Rule breaches apart, may the value be null? Keys never are.
    pub required: bool,
}

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
    Numeric { precision: u32, scale: u32 },
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
    Text { max_chars: Option<u32> },
    /// An enum of the source, by its type's name: travels as `io.debezium.data.Enum` text.
    Enum { name: String },
    /// One-dimensional array; other shapes travel in `exact`.
    Array(Box<ColumnType>),
    /// Everything else (`interval`, `inet`, `daterange`, …): PostgreSQL's type name, travels as text.
    Other { name: String },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    Open,
    Internal,
    Personal,
    Sensitive,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnPoison {
    ParkKey,
    Supersede,
    Halt,
}
