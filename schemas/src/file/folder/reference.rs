//! References between contracts: what they lead to must be there, have one key column of the same type,
//! and not lead back.

use std::collections::{BTreeMap, BTreeSet};

use super::found::Files;
use crate::column_type::ColumnType;
use crate::contracts::contract::Contract;
use crate::contracts::mistake::{Mistake, MistakeKind};
use crate::contracts::names;
use crate::contracts::nearest::nearest;
use crate::contracts::reference::{Parent, Reference};
use crate::file::fields::Notes;

/// Resolves every reference, or says why it can't be.
pub(super) fn check(files: &mut Files) -> Vec<Mistake> {
    let known: BTreeMap<String, Contract> = files
        .contracts
        .iter()
        .map(|placed| &placed.read.contract)
        .map(|contract| (contract.dataset.to_string(), contract.clone()))
        .collect();
    let mut mistakes = Vec::new();
    for placed in &mut files.contracts {
        let mut notes = Notes::new(&placed.file);
        let lines = &placed.read.reference_lines;
        let dataset = placed.read.contract.dataset.to_string();
        let child = known.get(&dataset);
        for (reference, &line) in placed.read.contract.references.iter_mut().zip(lines) {
            let to = reference.to.as_str();
            let Some(parent) = known.get(to) else {
                if !files.unread.iter().any(|unread| unread == to) {
                    let ids: Vec<&str> = known.keys().map(String::as_str).collect();
                    let hint = match nearest(to, &ids) {
                        Some(near) => format!("did you mean `{near}`?"),
                        None => "add its contract, or correct the id".to_owned(),
                    };
                    let what = format!("there is no dataset `{to}` to refer to");
                    notes.note(line, MistakeKind::Rule, what, hint);
                }
                continue;
            };
            let refused = child.and_then(|child| refusal(child, reference, parent));
            if let Some((what, hint)) = refused {
                notes.note(line, MistakeKind::Rule, what, hint);
            } else if leads_to(&known, to, &dataset) {
                let what = format!("`{to}` refers back to `{dataset}`");
                let hint = "rows of the two could wait for each other for ever: keep one of the references";
                notes.note(line, MistakeKind::Conflict, what, hint);
            } else if let Some(key) = parent.key_columns().next() {
                reference.parent = Some(Parent {
                    table: names::store_table(&parent.dataset),
                    key: key.name.clone(),
                    store_type: key.column_type.store_type(),
                });
            }
        }
        mistakes.extend(notes.into_mistakes());
    }
    mistakes
}

fn refusal(
    child: &Contract,
    reference: &Reference,
    parent: &Contract,
) -> Option<(String, &'static str)> {
    let to = &reference.to;
    if !parent.is_active() {
        let hint = "a draft has no rows: leave the reference out until it is active";
        return Some((format!("dataset `{to}` is a draft"), hint));
    }
    let &[key] = parent.key.as_slice() else {
        let what = format!("dataset `{to}` has no key of one column");
        return Some((what, "refer to a dataset whose key is the one value"));
    };
    let column_type = &child.columns[reference.column].column_type;
    let own = match column_type {
        ColumnType::Array(element) => element,
        own => own,
    };
    let other = &parent.columns[key].column_type;
    // Of `char(n)` the blanks count, so both sides must have as many.
    let padded = [child.rules.is_padded(reference.column), parent.rules.is_padded(key)];
    let alike = match padded {
        [false, false] => own.store_type() == other.store_type(),
        [true, true] => own == other,
        _ => false,
    };
    (!alike).then(|| {
        let name = &child.columns[reference.column].name;
        let [own, other] = [(column_type, padded[0]), (other, padded[1])].map(|(of, padded)| {
            let blanks = if padded { ", padded with blanks" } else { "" };
            format!("`{of}`{blanks}")
        });
        let what = format!("column `{name}` is {own}, the key of `{to}` is {other}");
        (what, "refer with a column of the key's own type")
    })
}

/// Does a chain of references lead from one dataset to the other?
fn leads_to(known: &BTreeMap<String, Contract>, from: &str, to: &str) -> bool {
    let mut seen = BTreeSet::new();
    let mut next = vec![from.to_owned()];
    while let Some(dataset) = next.pop() {
        if dataset == to {
            return true;
        }
        if seen.insert(dataset.clone())
            && let Some(contract) = known.get(&dataset)
        {
            next.extend(contract.references.iter().map(|reference| reference.to.to_string()));
        }
    }
    false
}
