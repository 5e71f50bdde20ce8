//! One column refers to another of the same row.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::check::RowCheck;
use crate::row::{Cell, Row};
use crate::rules::breach::{Breach, RuleCode};
use crate::rules::value::octets;
use bangioc_postgres_text::array;

/// The value is one of the elements of an array column.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) column: usize,
    pub(crate) of: usize,
}

impl RowCheck for Member {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        member(row, self.column, self.of).map_err(|code| Breach::of(code, self.column))
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.column, &mut self.of]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "member": name(self.column), "of": name(self.of) })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} is one of {}", name(self.column), name(self.of))
    }
}

fn member(row: Row<'_>, column: usize, of: usize) -> Result<(), RuleCode> {
    let Some(value) = row.cell(column).text() else {
        return Ok(());
    };
    let list = match row.cell(of) {
        Cell::Text(list) => list,
        Cell::Null => return Err(RuleCode::CrossField),
        Cell::Absent(_) => return Ok(()),
    };
    // Blanks at the end are `char(n)`'s padding, as everywhere in rules.
    let value = value.trim_end_matches(' ');
    let found = array::elements(list).any(
        |element| matches!(element, Ok(Some(element)) if element.trim_end_matches(' ') == value),
    );
    if found { Ok(()) } else { Err(RuleCode::CrossField) }
}

/// `NNNNNNNNNN-NNN`, the code of a branch, needs its first ten digits in `parent`.
#[derive(Clone, Debug)]
pub(crate) struct BranchParent {
    pub(crate) code: usize,
    pub(crate) parent: usize,
}

impl RowCheck for BranchParent {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        branch_parent(row, self.code, self.parent).map_err(|code| Breach::of(code, self.parent))
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.code, &mut self.parent]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "branch_parent": name(self.code), "parent": name(self.parent) })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!(
            "a branch code in {} has its first ten digits in {}",
            name(self.code),
            name(self.parent)
        )
    }
}

fn branch_parent(row: Row<'_>, code: usize, parent: usize) -> Result<(), RuleCode> {
    let Some((enterprise, _)) = row.cell(code).text().and_then(|code| code.split_once('-')) else {
        return Ok(());
    };
    match row.cell(parent) {
        Cell::Absent(_) => Ok(()),
        Cell::Text(parent) if parent == enterprise => Ok(()),
        Cell::Text(_) | Cell::Null => Err(RuleCode::CrossField),
    }
}

/// `hash` is the SHA-256 of `content`, both bytea.
#[derive(Clone, Debug)]
pub(crate) struct Sha256Of {
    pub(crate) hash: usize,
    pub(crate) content: usize,
}

impl RowCheck for Sha256Of {
    fn check(&self, row: Row<'_>) -> Result<(), Breach> {
        sha256(row, self.hash, self.content).map_err(|code| Breach::of(code, self.hash))
    }

    fn columns_mut(&mut self) -> Vec<&mut usize> {
        vec![&mut self.hash, &mut self.content]
    }

    fn form(&self, name: &dyn Fn(usize) -> String) -> Value {
        json!({ "sha256": name(self.hash), "of": name(self.content) })
    }

    fn describe(&self, name: &dyn Fn(usize) -> String) -> String {
        format!("{} is the SHA-256 of {}", name(self.hash), name(self.content))
    }
}

fn sha256(row: Row<'_>, hash: usize, content: usize) -> Result<(), RuleCode> {
    let (Some(hash), Some(content)) = (row.cell(hash).text(), row.cell(content).text()) else {
        return Ok(());
    };
    let (Some(stated), Some(octets)) = (octets(hash), octets(content)) else {
        return Err(RuleCode::Format);
    };
    let mut hasher = Sha256::new();
    // Content can be tens of megabytes: hashed through a small buffer, not decoded as a whole.
    let mut buffer = [0_u8; 4096];
    let mut filled = 0;
    for octet in octets {
        buffer[filled] = octet.ok_or(RuleCode::Format)?;
        filled += 1;
        if filled == buffer.len() {
            hasher.update(buffer);
            filled = 0;
        }
    }
    hasher.update(&buffer[..filled]);
    let equal = stated.eq(hasher.finalize().iter().map(|octet| Some(*octet)));
    if equal { Ok(()) } else { Err(RuleCode::CrossField) }
}
