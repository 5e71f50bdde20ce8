//! Does a table have the shape that its contract needs? In words for a person; names of columns only.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::{Relation, ReplicaIdentity};
use bangioc_schemas::contract::{Contract, Identity};

/// What UPDATE and DELETE must say of the old row.
pub(crate) enum Needed<'a> {
    Full,
    Columns(Vec<&'a str>),
}

impl<'a> Needed<'a> {
    /// The key: else a row whose key changes stays in the store under the old one. And where some rows are
    /// public, what decides which: else a row that is no longer public could not be told from one that never
    /// was. None where rows are only added.
    pub(crate) fn of(contract: &'a Contract) -> Option<Self> {
        if contract.natural_key_latest_by.is_some() {
            return None;
        }
        let columns = match &contract.source.identity {
            Identity::Full if contract.open.is_some() => return Some(Needed::Full),
            Identity::Columns(columns) if contract.open.is_some() => columns,
            Identity::Full | Identity::Columns(_) | Identity::Key => &contract.key,
        };
        let names = columns.iter().map(|column| contract.columns[*column].from.as_str());
        Some(Needed::Columns(names.collect()))
    }

    /// What of it a table does not say, given whether it says the whole row and which columns it says.
    pub(crate) fn unsaid(&self, full: bool, says: impl Fn(&str) -> bool) -> Option<String> {
        match self {
            Needed::Full => (!full).then(|| "its replica identity is not FULL".to_owned()),
            Needed::Columns(names) => {
                let lacking = names.iter().filter(|name| !says(name));
                let lacking: Vec<_> = lacking.map(|name| format!("`{name}`")).collect();
                (!lacking.is_empty())
                    .then(|| format!("its replica identity lacks {}", lacking.join(", ")))
            }
        }
    }
}

/// What the contract needs to know of old rows and the table does not send.
pub(crate) fn unsaid(contract: &Contract, relation: &Relation<'_>) -> Option<String> {
    Needed::of(contract)?.unsaid(relation.identity == ReplicaIdentity::Full, |name| {
        relation.columns.iter().any(|column| column.in_identity && column.name == name)
    })
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
        columns.iter().map(|column| format!("`{}`", name(*column))).collect::<Vec<_>>().join(", ")
    };
    let mut parts = Vec::new();
    if !layout.missing.is_empty() {
        parts.push(format!("column(s) {} are missing at the source", list(&layout.missing)));
    }
    if !layout.mismatched.is_empty() {
        parts.push(format!(
            "column(s) {} have another type at the source",
            list(&layout.mismatched)
        ));
    }
    Some(parts.join("; "))
}

#[cfg(test)]
mod tests {
    use bangioc_change::pgoutput::RelationColumn;

    use super::*;

    #[test]
    fn a_table_must_say_the_old_key() {
        let contract = |key: &str| {
            let text = format!(
                "
dataset: site
owner: so-nnmt
name: {{ vi: Điểm, en: Sites }}
kind: state
source: {{ table: dept.site }}
{key}
columns:
  code: {{ type: integer, class: internal, vi: Mã, en: Code }}
  name: {{ type: timestamptz, class: internal, vi: Lúc, en: At }}
"
            );
            Contract::from_yaml(&text).expect("a sound contract")
        };
        let relation = |identity, said: &[&str]| Relation {
            id: 1,
            namespace: "dept",
            name: "site",
            identity,
            columns: ["code", "name"]
                .map(|name| RelationColumn {
                    in_identity: said.contains(&name),
                    name,
                    type_id: 25,
                    type_modifier: -1,
                })
                .into(),
        };
        let keyed = contract("key: [code]");
        for (identity, said, lacks) in [
            (ReplicaIdentity::Default, &["code"][..], false),
            (ReplicaIdentity::Full, &["code", "name"], false),
            (ReplicaIdentity::Default, &["name"], true),
            (ReplicaIdentity::Nothing, &[], true),
        ] {
            let found = unsaid(&keyed, &relation(identity, said));
            assert_eq!(found.is_some(), lacks, "{identity:?} {said:?}: {found:?}");
        }
        // Only added to: nothing is said of an old row.
        let added_to = contract("natural_key: { columns: [code], latest_by: name }");
        assert_eq!(unsaid(&added_to, &relation(ReplicaIdentity::Nothing, &[])), None);
    }
}
