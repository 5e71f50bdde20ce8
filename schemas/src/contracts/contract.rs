//! What a contract says, as types. Built by reading a contract file ([`crate::file`]), and then known to
//! be sound.

use std::sync::Arc;

pub use crate::column_type::ColumnType;
use crate::contracts::names::Side;
use crate::contracts::reference::Reference;
use crate::id::{DatasetId, OwnerId};
use crate::open::{OpenColumn, OpenProjection};
use crate::rules::Rules;
use crate::source_name::written;

/// A text for people, in both languages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    pub vi: String,
    pub en: String,
}

impl From<(String, String)> for Label {
    /// Vietnamese, English.
    fn from((vi, en): (String, String)) -> Label {
        Label { vi, en }
    }
}

#[derive(Clone, Debug)]
pub struct Contract {
    pub dataset: DatasetId,
    pub owner: OwnerId,
    /// Shared as read from a file; open for the one in [`OpenSide`].
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
    pub rules: Rules,
    /// Rows of other datasets that must be in the store first.
    pub references: Vec<Reference>,
    /// What of it is public; None: nothing is.
    pub open: Option<Arc<OpenSide>>,
}

/// What of a dataset is public, and the contract of that.
#[derive(Clone, Debug)]
pub struct OpenSide {
    /// The dataset as its open topic and the open store know it: the columns of the allow-list in its
    /// order, all open; of the rules, those that concern only values that are published unchanged.
    pub contract: Arc<Contract>,
    pub projection: OpenProjection,
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
    /// Ours: in topics, in the store, in rules.
    pub name: String,
    /// What the source calls it; the same unless the contract says otherwise.
    pub from: String,
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

    /// By the name that the source has for it.
    pub fn column_from(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column.from == name)
    }

    /// In words, for a person: the rules of one column.
    pub fn rules_of(&self, column: usize) -> Vec<Label> {
        self.rules.both_of_column(column).into_iter().map(Label::from).collect()
    }

    /// In words, for a person: the rules between columns.
    pub fn rules_between(&self) -> Vec<Label> {
        let name = |column: usize| self.columns[column].name.clone();
        let named = |column: usize| format!("{} ({})", self.columns[column].label.vi, name(column));
        self.rules.both_of_rows(&named, &name).into_iter().map(Label::from).collect()
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

impl SourceTable {
    /// As a contract writes it: `dept.land_parcel`, `"a.b".ThuaDat`.
    pub fn full_name(&self) -> String {
        format!("{}.{}", written(&self.schema), written(&self.table))
    }
}

impl OpenSide {
    /// `whole` is the contract as read; the outputs hold all columns of its key, unchanged.
    pub(crate) fn derive(whole: &Contract, projection: OpenProjection) -> OpenSide {
        let outputs = &projection.outputs;
        let place = |column: usize| outputs.iter().position(|output| output.column == column);
        let unchanged: Vec<Option<usize>> = outputs
            .iter()
            .map(|output| output.transform.is_none().then_some(output.column))
            .collect();
        let contract = Contract {
            side: Side::Open,
            source: SourceTable {
                // Nobody replicates from the open side.
                identity: Identity::Key,
                ..whole.source.clone()
            },
            columns: outputs
                .iter()
                .map(|output| whole.columns[output.column].published(output))
                .collect(),
            key: whole.key.iter().filter_map(|&key| place(key)).collect(),
            natural_key_latest_by: whole.natural_key_latest_by.and_then(place),
            rules: whole.rules.of_columns(&unchanged),
            // What they refer to need not be public.
            references: Vec::new(),
            open: None,
            ..whole.clone()
        };
        OpenSide { contract: Arc::new(contract), projection }
    }
}

impl Column {
    fn published(&self, output: &OpenColumn) -> Column {
        let mut open = Column { class: Class::Open, ..self.clone() };
        if let Some(name) = &output.name {
            open.name.clone_from(name);
        }
        if let Some(transform) = &output.transform {
            open.column_type = transform.result_type(&self.column_type);
            // What is withheld or can't be transformed is null.
            open.required = false;
        }
        open
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
