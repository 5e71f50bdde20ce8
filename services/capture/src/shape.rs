//! Does a table have the shape that its contract needs? In words for a person; names of columns only.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::{Relation, ReplicaIdentity};
use bangioc_schemas::contract::{Contract, Identity};

/// What the contract needs to know of old rows and the table no longer sends: without it, a row that is
/// no longer public could not be told from one that never was.
pub(crate) fn unsaid(contract: &Contract, relation: &Relation<'_>) -> Option<String> {
    let needed = match &contract.source.identity {
        _ if contract.open.is_none() => return None,
        Identity::Key => return None,
        Identity::Full if relation.identity == ReplicaIdentity::Full => return None,
        Identity::Full => return Some("its replica identity is not FULL".to_owned()),
        Identity::Columns(columns) => columns,
    };
    let said = |name: &str| {
        relation
            .columns
            .iter()
            .any(|column| column.in_identity && column.name == name)
    };
    let lacking: Vec<_> = needed
        .iter()
        .map(|column| contract.columns[*column].name.as_str())
        .filter(|name| !said(name))
        .map(|name| format!("`{name}`"))
        .collect();
    (!lacking.is_empty()).then(|| format!("its replica identity lacks {}", lacking.join(", ")))
}

/// None when every column of the contract is there with its type.
pub(crate) fn contradiction<'a>(
    layout: &Layout,
    name: impl Fn(usize) -> &'a str,
) -> Option<String> {
    if layout.is_whole() {
        return None;
    }
    let list = |columns: &[usize]| {
        columns
            .iter()
            .map(|column| format!("`{}`", name(*column)))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let mut parts = Vec::new();
    if !layout.missing.is_empty() {
        parts.push(format!(
            "column(s) {} are missing at the source",
            list(&layout.missing)
        ));
    }
    if !layout.mismatched.is_empty() {
        parts.push(format!(
            "column(s) {} have another type at the source",
            list(&layout.mismatched)
        ));
    }
    Some(parts.join("; "))
}
