//! An open set: what is published, from which datasets, how often and under which licence. Its file
//! stands beside the contracts; it has no source and no topic of its own.

use crate::contracts::contract::{CatalogueEntry, Label};
use crate::id::{DatasetId, OwnerId};

#[derive(Clone, Debug)]
pub struct Publication {
    /// Id of the open set, `open-land-price`.
    pub dataset: DatasetId,
    pub owner: OwnerId,
    pub name: Label,
    pub about: Option<Label>,
    pub catalogue: Option<CatalogueEntry>,
    pub legal: Option<Label>,
    /// The publishing slot.
    pub every_seconds: u32,
    /// `CC-BY-4.0`, an SPDX identifier.
    pub licence: String,
    pub keywords: Keywords,
    /// At least one, each with a name of its own.
    pub resources: Vec<Resource>,
}

#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Keywords {
    pub vi: Vec<String>,
    pub en: Vec<String>,
}

/// One table of an open set.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Stem of its files.
    pub name: String,
    pub title: Label,
    /// The active dataset whose open side it is made from.
    pub dataset: DatasetId,
    pub content: Content,
}

#[derive(Clone, Debug)]
pub enum Content {
    /// The whole open table.
    Rows,
    HourlyMean(Box<HourlyMean>),
}

/// Means of a measured value per hour and group. All columns are of the dataset's open side.
#[derive(Clone, PartialEq, Debug)]
pub struct HourlyMean {
    /// A number.
    pub value: String,
    /// A `timestamptz`.
    pub at: String,
    /// The columns that tell series apart.
    pub by: Vec<String>,
    /// Samples in a full hour.
    pub expected: u32,
    /// Share of `expected` below which an hour has no mean: above 0, at most 1.
    pub at_least: f64,
    /// Which rows count at all; every one must hold.
    pub filter: Vec<ColumnValues>,
    /// What a mean is held against; without it nothing is said of exceeding.
    pub limits: Option<Limits>,
}

/// How much of what is allowed, by parameter and unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limits {
    /// One of [`HourlyMean::by`], a text.
    pub parameter: String,
    /// One of [`HourlyMean::by`], a text.
    pub unit: String,
    /// Only of parameters that have one.
    pub known: Vec<Limit>,
    /// Where the limits hold; everywhere without it.
    pub only: Option<Only>,
}

/// The series of which another open table says something: a limit of ambient air is none for a chimney.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Only {
    /// Another resource of the same set, whole.
    pub dataset: DatasetId,
    /// Its key, and one of [`HourlyMean::by`].
    pub by: String,
    /// Of its open columns; every one must hold.
    pub filter: Vec<ColumnValues>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Limit {
    pub parameter: String,
    /// In which the value holds; in others nothing is known.
    pub units: Vec<String>,
    /// A decimal number as written, digits and at most one point. A mean above it exceeds.
    pub value: String,
}

/// A column holds one of some values.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ColumnValues {
    pub column: String,
    /// PostgreSQL's texts (a boolean is `t` or `f`), None for null. Trailing blanks of `char(n)` left out.
    pub values: Vec<Option<String>>,
}
