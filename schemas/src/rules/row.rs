//! Rules between the columns of a row. One whose columns are null or absent has nothing to judge,
//! except where null is the breach.
//!
//! - [`link`]: one column refers to another; [`presence`]: what must be there, in which form and limits
//! - [`moment`]: dates and instants; [`person`]: what is known of a person's number and birth
//! - [`place`]: geometry; [`measure`]: measured values and numbers inside JSON

mod check;
pub(crate) mod link;
pub(crate) mod measure;
pub(crate) mod moment;
pub(crate) mod person;
pub(crate) mod place;
pub(crate) mod presence;

use check::RowCheck;
use serde_json::{Value, json};

use super::breach::Breach;
use super::condition::Condition;
use crate::row::Row;

#[derive(Clone, Debug)]
pub(crate) struct RowRule {
    /// Applies to these rows only.
    pub(crate) when: Option<Condition>,
    pub(crate) kind: RowRuleKind,
}

#[derive(Clone, Debug)]
pub(crate) enum RowRuleKind {
    Secret(presence::Secret),
    Require(presence::Require),
    Limit(presence::Limit),
    Form(presence::Form),
    Member(link::Member),
    BranchParent(link::BranchParent),
    Sha256(link::Sha256Of),
    Order(moment::Order),
    Window(moment::Window),
    RecordDate(moment::RecordDate),
    ConsecutiveYears(moment::ConsecutiveYears),
    PersonalId(person::PersonalId),
    PartialDate(person::PartialDate),
    Outline(place::Outline),
    GeoJson(place::GeoJsonRule),
    Measurement(measure::Measurement),
    JsonNumbers(measure::JsonNumbers),
    Sum(measure::Sum),
}

/// The rule inside, by `&` or by `&mut` as the kind is given.
macro_rules! rule_of {
    ($kind:expr) => {
        match $kind {
            RowRuleKind::Secret(rule) => rule,
            RowRuleKind::Require(rule) => rule,
            RowRuleKind::Limit(rule) => rule,
            RowRuleKind::Form(rule) => rule,
            RowRuleKind::Member(rule) => rule,
            RowRuleKind::BranchParent(rule) => rule,
            RowRuleKind::Sha256(rule) => rule,
            RowRuleKind::Order(rule) => rule,
            RowRuleKind::Window(rule) => rule,
            RowRuleKind::RecordDate(rule) => rule,
            RowRuleKind::ConsecutiveYears(rule) => rule,
            RowRuleKind::PersonalId(rule) => rule,
            RowRuleKind::PartialDate(rule) => rule,
            RowRuleKind::Outline(rule) => rule,
            RowRuleKind::GeoJson(rule) => rule,
            RowRuleKind::Measurement(rule) => rule,
            RowRuleKind::JsonNumbers(rule) => rule,
            RowRuleKind::Sum(rule) => rule,
        }
    };
}

impl RowRuleKind {
    fn get(&self) -> &dyn RowCheck {
        rule_of!(self)
    }

    fn get_mut(&mut self) -> &mut dyn RowCheck {
        rule_of!(self)
    }
}

impl RowRule {
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self.kind, RowRuleKind::Secret(_))
    }

    pub(crate) fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        match &self.when {
            // What hangs on a column that did not travel is not judged.
            Some(when) if when.holds(row) != Some(true) => Ok(()),
            Some(_) | None => self.kind.get().check(row),
        }
    }

    /// The same rule over columns that stand elsewhere; None when one of its columns is not there.
    pub(crate) fn moved(&self, place: &dyn Fn(usize) -> Option<usize>) -> Option<RowRule> {
        let mut moved = self.clone();
        let condition = moved.when.iter_mut().flat_map(Condition::columns_mut);
        for column in condition.chain(moved.kind.get_mut().columns_mut()) {
            *column = place(*column)?;
        }
        Some(moved)
    }

    pub(crate) fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "rule": self.kind.get().form(name), "when": self.when.as_ref().map(|when| when.form(name)) })
    }

    pub(crate) fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        let rule = self.kind.get().describe(name);
        match &self.when {
            Some(when) => format!("{rule}, when {}", when.describe(name)),
            None => rule,
        }
    }
}
