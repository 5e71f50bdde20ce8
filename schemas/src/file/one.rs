//! One file: a contract, or an open set.

use std::path::Path;

use super::code_list::References;
use super::contract::{self, ReadContract};
use super::fields::{Fields, Notes};
use super::publication::{self, ReadPublication};
use super::{entry, yaml};
use crate::contracts::contract::Contract;
use crate::contracts::mistake::{ContractErrors, Mistake, MistakeKind};

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

impl Contract {
    /// One contract by its text, without code lists or formats to refer to.
    pub fn from_yaml(text: &str) -> Result<Contract, ContractErrors> {
        let file = Path::new("contract.yaml");
        let (read, mistakes) = read(file, text, &References::default());
        ContractErrors::none_or(mistakes)?;
        match read {
            Some(ReadFile::Contract(read)) => Ok(read.contract),
            Some(ReadFile::Publication(_)) => Err(ContractErrors::one(
                file,
                MistakeKind::Conflict,
                "is an open set, not the contract of a dataset",
                "name a file without `publish`",
            )),
            // Without a mistake there is a contract: the reader notes one for whatever it can't read.
            None => Err(ContractErrors::one(
                file,
                MistakeKind::Unreadable,
                "nothing could be read",
                "check the file",
            )),
        }
    }
}
