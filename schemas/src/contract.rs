//! What a contract says, as types. Built by reading a contract file ([`crate::catalogue`]), and then
//! known to be sound.

use std::fmt;
use std::sync::Arc;

use crate::names::Side;
use crate::open::OpenProjection;
use crate::reference::Reference;

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

impl DatasetId {
    /// None when it could not stand in a topic, a file name and a table name; see [`crate::names::id_fault`].
    pub fn parse(text: &str) -> Option<DatasetId> {
        crate::names::id_fault(text).is_none().then(|| DatasetId(text.to_owned()))
    }
}

impl OwnerId {
    pub fn parse(text: &str) -> Option<OwnerId> {
        crate::names::id_fault(text).is_none().then(|| OwnerId(text.to_owned()))
    }
}

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
    /// Shared as read from a file; open for the contract that [`OpenProjection`] derives from it.
    pub side: Side,
    pub name: Label,
    /// What it holds, for people who have never seen it.
    pub about: Option<Label>,
    /// Its entry in the catalogue of the province's data.
    pub catalogue: Option<CatalogueEntry>,
    /// On which ground it is carried, and what of it is our own assumption.
    pub legal: Option<Label>,
    pub status: Status,
    /// Why a draft is one; None when active.
    pub draft_because: Option<Label>,
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
    /// Rows of other datasets that must be in the store first.
    pub references: Vec<Reference>,
    /// What of it is public; None: nothing is.
    pub open: Option<Arc<OpenProjection>>,
}

/// What the catalogue of the province's data says of a dataset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CatalogueEntry {
    pub group: Group,
    pub seed: Seed,
    /// The words of the decision that it is there for.
    pub phrase: Option<String>,
    /// Ids of the authorities entitled to it, and `citizens`.
    pub consumers: Vec<String>,
    pub personal_data: String,
    pub sensitivity: String,
    pub cadence: String,
}

/// Whose dataset it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Group {
    /// Of one department.
    Specialised,
    SharedNational,
    SharedProvincial,
    /// An open set, published from others.
    Open,
}

/// How far the decision names the dataset.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Seed {
    Named,
    /// Only its field is named.
    FieldNamed,
    Implied,
    /// Ours.
    Assumed,
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
    pub identity: Identity,
}

/// What PostgreSQL sends of the row as it was: the table's replica identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Identity {
    /// The key, when it changes.
    Key,
    /// The columns of a unique index; indices into the contract's columns, the key among them.
    Columns(Vec<usize>),
    /// The whole row.
    Full,
}

#[derive(Clone, Debug)]
pub struct Column {
    /// As at the source.
    pub name: String,
    pub column_type: ColumnType,
    pub class: Class,
    /// Set when it had a stricter class before.
    pub reclassified: Option<Reclassified>,
    /// Where its class stands in the contract's file.
    pub class_line: usize,
    pub label: Label,
    pub about: Option<Label>,
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

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Class {
    Open,
    Internal,
    Personal,
    Sensitive,
}

/// Who decided that a column's class becomes weaker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reclassified {
    pub from: Class,
    pub by: String,
    /// A date.
    pub on: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnPoison {
    /// Later records of the key wait behind it, until one comes that says all of the row and can be applied.
    ParkKey,
    Halt,
}

impl Contract {
    /// The key's columns, in key order.
    pub fn key_columns(&self) -> impl ExactSizeIterator<Item = &Column> + '_ {
        self.key.iter().map(|&index| &self.columns[index])
    }

    pub fn column_index(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.name == name)
    }

    /// In words, for a person: the rules of one column.
    pub fn rules_of(&self, column: usize) -> Vec<String> {
        self.rules.describe_column(column)
    }

    /// In words, for a person: the rules between columns.
    pub fn rules_between(&self) -> Vec<String> {
        let name = |column: usize| self.columns[column].name.clone();
        self.rules.describe_rows(&name)
    }

    pub fn is_active(&self) -> bool {
        self.status == Status::Active
    }

    /// The contract as it travels on a side; None when nothing of it does.
    pub fn on(&self, side: Side) -> Option<&Contract> {
        match side {
            side if side == self.side => Some(self),
            Side::Open => self.open.as_ref().map(|open| &*open.contract),
            Side::Shared => None,
        }
    }

    /// Does the old row that PostgreSQL sends hold this column? The key always is in it. A table without
    /// a primary key is only added to: what takes an earlier row's place says all of itself.
    pub fn identifies(&self, column: usize) -> bool {
        match &self.source.identity {
            _ if self.natural_key_latest_by.is_some() => true,
            Identity::Key => self.key.contains(&column),
            Identity::Columns(columns) => columns.contains(&column),
            Identity::Full => true,
        }
    }
}

impl Group {
    pub fn as_str(self) -> &'static str {
        match self {
            Group::Specialised => "specialised",
            Group::SharedNational => "shared-national",
            Group::SharedProvincial => "shared-provincial",
            Group::Open => "open",
        }
    }
}

impl Seed {
    pub fn as_str(self) -> &'static str {
        match self {
            Seed::Named => "named",
            Seed::FieldNamed => "field-named",
            Seed::Implied => "implied",
            Seed::Assumed => "assumed",
        }
    }
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
            ColumnType::Enum { name } => return write!(f, "enum {name}"),
            ColumnType::Array(element) => return write!(f, "{element}[]"),
            ColumnType::Other { name } => name,
        };
        f.write_str(name)
    }
}

impl Class {
    pub const ALL: [Class; 4] = [Class::Open, Class::Internal, Class::Personal, Class::Sensitive];

    /// The reverse of [`Class::as_str`].
    pub fn parse(text: &str) -> Option<Class> {
        Class::ALL.into_iter().find(|class| class.as_str() == text)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Class::Open => "open",
            Class::Internal => "internal",
            Class::Personal => "personal",
            Class::Sensitive => "sensitive",
        }
    }
}
