//! Reading contract files: [`yaml`] (a tree with lines) → [`fields`] (what is missing, unknown, wrong) →
//! [`contract`] for a dataset or [`publication`] for an open set. All mistakes of a file are noted, none
//! stops the reading.
//!
//! - [`entry`], [`label`]: what every file begins with, and what people read
//! - [`column`], [`column_type`], [`column_rule`]: one column; [`row_rule`]: rules between columns
//! - [`source`], [`key`]: the table, its replica identity and its key
//! - [`open`]: what of it is public; [`condition`]: `{ column: [values] }`
//! - [`code_list`]: code lists and formats that rules refer to; [`limits`]: what an hourly mean is held against

pub(crate) mod code_list;
mod column;
mod column_rule;
mod column_type;
mod condition;
pub(crate) mod contract;
mod entry;
mod fields;
mod key;
mod label;
mod limits;
mod open;
pub(crate) mod publication;
mod row_rule;
mod source;
mod yaml;

use std::path::Path;

use code_list::References;
use contract::ReadContract;
use fields::Fields;
pub(crate) use fields::{Notes, nearest};
use publication::ReadPublication;

use crate::mistake::{Mistake, MistakeKind};

/// A contract is a few kilobytes; the limit is there for what is none.
const MAX_BYTES: usize = 1 << 20;

/// What a file turns out to be: with `publish` an open set, else a dataset.
pub(crate) enum ReadFile {
    Contract(Box<ReadContract>),
    Publication(Box<ReadPublication>),
}

/// `file` names the place in mistakes. Something comes back only without a mistake.
pub(crate) fn read(
    file: &Path,
    text: &str,
    references: &References,
) -> (Option<ReadFile>, Vec<Mistake>) {
    let mut notes = Notes::new(file);
    let read = read_into(text, references, &mut notes).filter(|_| notes.count() == 0);
    (read, notes.into_mistakes())
}

fn read_into(text: &str, references: &References, notes: &mut Notes) -> Option<ReadFile> {
    if text.len() > MAX_BYTES {
        notes.note(
            0,
            MistakeKind::Limit,
            format!("the file is larger than {MAX_BYTES} bytes"),
            "a contract describes rows, it doesn't hold them",
        );
        return None;
    }
    let node = match yaml::read(text) {
        Ok((node, doubles)) => {
            for double in doubles {
                notes.note(double.line, double.kind, double.what, double.hint);
            }
            node
        }
        Err(error) => {
            notes.note(error.line, error.kind, error.what, error.hint);
            return None;
        }
    };
    let mut fields = Fields::of(&node, "the contract", notes)?;
    let entry = entry::read(&mut fields, notes);
    if fields.node("publish").is_some() {
        let read = publication::read(&mut fields, entry, references, notes)
            .map(|read| ReadFile::Publication(Box::new(read)));
        fields.finish("an open set", notes);
        read
    } else {
        let read = contract::read(&mut fields, entry, references, notes)
            .map(|read| ReadFile::Contract(Box::new(read)));
        fields.finish("the contract", notes);
        read
    }
}
