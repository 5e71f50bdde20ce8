//! What the open feed is told of a change: nothing, the row cut down to what is public, or that a row is
//! no longer there. Pure.
//!
//! A row *is* open when it passes the contract's row filter and breaks no rule; it *was* open when what
//! the source says of the old row passes. So of a row that never was open nothing leaves, not even that
//! it was deleted.
//!
//! | was | is | told |
//! |---|---|---|
//! | open | open | `u` with what is public of it; nothing, if the old row is known and looked the same |
//! | open | not | `d`, the key alone |
//! | not | open | `c`, whole: read back where a column did not travel |
//! | not | not | nothing |

use std::sync::Arc;

use bangioc_change::event::{ChangeEvent, Operation};
use bangioc_postgres_text::hex::to_hex;
use bangioc_runtime::protection;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::contract::OpenSide;
use bangioc_schemas::row::{Absence, Cell, Row, RowBuf};
use bangioc_schemas::rules::Rules;
use sha2::{Digest, Sha256};

use crate::change::{Change, Old};

/// Knows what is public of one dataset.
pub(crate) struct Cutter {
    open: Arc<OpenSide>,
    rules: Rules,
    /// Per column of the source's row: does the source always say what it was?
    in_identity: Vec<bool>,
    /// Key columns: where in the source's row, where in the open one.
    key: Vec<(usize, usize)>,
    columns: usize,
    natural_key: bool,
    filter: RowFilter,
    form: String,
}

/// The row filter can be switched off to show that it is needed: the demo's check must then fail.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RowFilter {
    Kept,
    Ignored,
}

impl RowFilter {
    /// Only a build for tests can be told to ignore it.
    pub(crate) fn from_environment() -> RowFilter {
        if protection::is_off("filter") { RowFilter::Ignored } else { RowFilter::Kept }
    }
}

/// What the open feed is told; the row itself stands in the buffer given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    Nothing,
    Send(Operation),
    /// Only the whole row, as the source has it now, can tell: [`Cutter::cut_whole`].
    NeedsWholeRow,
}

impl Cut {
    /// The open feed's event of `change`, its row in `row`.
    pub(crate) fn event<'a>(self, change: &Change<'_>, row: &'a RowBuf) -> Option<ChangeEvent<'a>> {
        let Cut::Send(op) = self else { return None };
        let (before, after) = match op {
            Operation::Create | Operation::Update | Operation::Read => (None, Some(row.row())),
            Operation::Delete => (Some(row.row()), None),
            Operation::Truncate => (None, None),
        };
        Some(ChangeEvent { op, version: change.version, before, after, origin: change.origin })
    }
}

/// Does the reader hold all of an open row, so that columns that did not travel may stay away?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Recipient {
    HasRow,
    /// While the dataset is copied.
    MayLackRow,
}

impl Cutter {
    /// None for a dataset of which nothing is public.
    pub(crate) fn new(contract: &Contract, filter: RowFilter) -> Option<Cutter> {
        let open = Arc::clone(contract.open.as_ref()?);
        let open_key = open.contract.key.iter().copied();
        Some(Cutter {
            key: contract.key.iter().copied().zip(open_key).collect(),
            columns: open.contract.columns.len(),
            open,
            rules: contract.rules.clone(),
            in_identity: (0..contract.columns.len())
                .map(|column| contract.identifies(column))
                .collect(),
            natural_key: contract.natural_key_latest_by.is_some(),
            filter,
            form: digest(&contract.public_form()?),
        })
    }

    /// Another one when the same rows would be cut otherwise: of [`Contract::public_form`], whose text may be
    /// as long as its code lists.
    pub(crate) fn form(&self) -> &str {
        &self.form
    }

    /// `now_us`: for rules about time. `out`: takes the row that goes with the answer.
    pub(crate) fn cut(
        &self,
        change: &Change<'_>,
        reader: Recipient,
        now_us: i64,
        out: &mut RowBuf,
    ) -> Cut {
        if change.op == Operation::Truncate {
            return Cut::Send(Operation::Truncate);
        }
        let open = change.new.filter(|row| self.is_open(*row, now_us));
        let was = self.was_open(change, open.is_some(), now_us);
        let Some(row) = open else {
            return self.gone(was, change, out);
        };
        // A column that did not travel was not judged either, so a row that comes is judged whole.
        if row.has_absent() && (!was || reader == Recipient::MayLackRow)
            || self.open.projection.project(row, out).is_err()
        {
            return Cut::NeedsWholeRow;
        }
        if was && self.looked_the_same(change, out) {
            return Cut::Nothing;
        }
        Cut::Send(told_as(change.op, was))
    }

    /// As [`Cutter::cut`] for a change that needed it, from the row as the source has it now: all of
    /// it, never mixed with the change's own columns, since a row that is not open by now may hold what
    /// must not be seen. None: there is no such row any more. Either way a later change says so too.
    pub(crate) fn cut_whole(
        &self,
        change: &Change<'_>,
        current: Option<Row<'_>>,
        now_us: i64,
        out: &mut RowBuf,
    ) -> Cut {
        // It needed the whole row, so as far as it travelled it was open.
        let was = self.was_open(change, true, now_us);
        match current.filter(|row| self.is_open(*row, now_us)) {
            Some(row) if self.open.projection.project(row, out).is_ok() => {
                Cut::Send(told_as(change.op, was))
            }
            _ => self.gone(was, change, out),
        }
    }

    /// What a reader is told that asked for a key which is not there, or not open: the key alone.
    pub(crate) fn key_only(&self, row: Row<'_>, out: &mut RowBuf) {
        out.reset(self.columns);
        for (from, to) in &self.key {
            out.set(*to, row.cell(*from));
        }
    }

    fn gone(&self, was: bool, change: &Change<'_>, out: &mut RowBuf) -> Cut {
        match change.named_row() {
            Some(row) if was => {
                self.key_only(row, out);
                Cut::Send(Operation::Delete)
            }
            _ => Cut::Nothing,
        }
    }

    fn is_open(&self, row: Row<'_>, now_us: i64) -> bool {
        self.passes(row) && self.rules.check(row, now_us).is_ok()
    }

    /// `is`: is the new row open, as far as it travelled?
    fn was_open(&self, change: &Change<'_>, is: bool, now_us: i64) -> bool {
        let unsaid = |new| is || self.identity_is_open(new, now_us);
        match (change.op, change.old, change.new) {
            (_, Old::Whole(old), _) => self.is_open(old, now_us),
            (_, Old::Identity(old), _) => self.identity_is_open(old, now_us),
            // The identity did not change, so the new row's tells of the old one.
            (Operation::Update, Old::Unsaid, Some(new)) => unsaid(new),
            // Where nothing keeps the key unique, an insert may take an earlier row's place.
            (Operation::Create, Old::Unsaid, Some(new)) => self.natural_key && unsaid(new),
            _ => false,
        }
    }

    /// The rest of the row is not known. A key that itself breaks a rule never went out.
    fn identity_is_open(&self, row: Row<'_>, now_us: i64) -> bool {
        let known = || -> RowBuf {
            row.cells()
                .zip(&self.in_identity)
                .map(|(cell, known)| if *known { cell } else { Cell::Absent(Absence::Toast) })
                .collect()
        };
        self.passes(row) && self.rules.check(known().row(), now_us).is_ok()
    }

    fn passes(&self, row: Row<'_>) -> bool {
        self.filter == RowFilter::Ignored || self.open.projection.passes(row)
    }

    /// Only where all of the old row is known: a change of private columns, then.
    fn looked_the_same(&self, change: &Change<'_>, new: &RowBuf) -> bool {
        let Old::Whole(old) = change.old else {
            return false;
        };
        let mut before = RowBuf::default();
        self.open.projection.project(old, &mut before).is_ok()
            && before.row().cells().eq(new.row().cells())
    }
}

/// 128 bits, hexadecimal: among the forms of one dataset no two are alike by chance.
fn digest(form: &str) -> String {
    to_hex(&Sha256::digest(form)[..16])
}

/// An update that makes a row open creates it, for those who see only open rows.
fn told_as(op: Operation, was: bool) -> Operation {
    match op {
        Operation::Update if !was => Operation::Create,
        op => op,
    }
}

#[cfg(test)]
mod tests;
