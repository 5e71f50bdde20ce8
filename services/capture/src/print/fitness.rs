//! Can a dataset be carried from what a print shows? Each reason stands for itself, whatever was there
//! before. Pure; names of columns and tables only.

use bangioc_change::layout::Layout;
use bangioc_change::pgoutput::RelationColumn;
use bangioc_schemas::contract::Contract;

use super::{Print, PublicationPrint, TablePrint};
use crate::shape::{Needed, contradiction};

/// Why not, and how far it reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Unfit {
    /// Nothing of the source is sent.
    Source(String),
    Dataset(String),
}

impl Unfit {
    pub(crate) fn why(&self) -> &str {
        match self {
            Unfit::Source(why) | Unfit::Dataset(why) => why,
        }
    }

    pub(crate) fn code(&self) -> &'static str {
        match self {
            Unfit::Source(_) => "BG0248",
            Unfit::Dataset(_) => "BG0247",
        }
    }
}

/// None when the print fits its contract.
pub(crate) fn unfit(print: &Print, contract: &Contract) -> Option<Unfit> {
    let Some(publication) = &print.publication else {
        return Some(Unfit::Source("the publication is not there".to_owned()));
    };
    let Some(table) = &print.table else {
        return Some(Unfit::Dataset(match &print.elsewhere {
            Some(name) => format!("its table is called `{name}` now"),
            None => format!("there is no table `{}`", contract.source.full_name()),
        }));
    };
    let reasons = [
        nature(table),
        publishing(publication, table, contract),
        columns(table, contract),
        identity(table, contract),
        parts(table, contract),
    ];
    let reasons: Vec<String> = reasons.into_iter().flatten().collect();
    (!reasons.is_empty()).then(|| Unfit::Dataset(reasons.join("; ")))
}

fn nature(table: &TablePrint) -> Option<String> {
    let why = match (table.kind.as_str(), table.persistence.as_str()) {
        ("r" | "p", "p") if table.secured => {
            "row security hides rows of it from the capture's role: a copy would take less than all"
        }
        ("r" | "p", "p") => return None,
        ("r" | "p", "u") => "it is unlogged: its changes are in no log",
        ("r" | "p", _) => "it is a temporary table",
        ("v" | "m", _) => "it is a view",
        ("f", _) => "it is a foreign table",
        _ => "it is no table",
    };
    Some(why.to_owned())
}

fn publishing(
    publication: &PublicationPrint,
    table: &TablePrint,
    contract: &Contract,
) -> Option<String> {
    let mut wrong = Vec::new();
    if !publication.leaves_out.is_empty() {
        wrong.push(format!("the publication leaves out {}", publication.leaves_out.join(", ")));
    }
    if table.is_partitioned() && !publication.via_root {
        wrong.push("the publication sends each partition for itself".to_owned());
    }
    if table.is_partition && publication.via_root {
        wrong.push(
            "it is a partition of another table, under whose name its changes may be sent"
                .to_owned(),
        );
    }
    let whole = publication.all_tables || table.published.iter().any(|one| one.by_schema);
    if !whole && table.published.is_empty() {
        wrong.push("it is not in the publication".to_owned());
    }
    for membership in table.published.iter().filter(|_| !whole) {
        if membership.filtered {
            wrong.push("the publication has a row filter on it".to_owned());
        }
        if let Some(sent) = &membership.columns {
            let lacking = contract.columns.iter().map(|column| column.from.as_str());
            let lacking: Vec<_> = lacking.filter(|name| !sent.contains(*name)).collect();
            if !lacking.is_empty() {
                wrong.push(format!("the publication leaves out column(s) {}", listed(&lacking)));
            }
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

fn columns(table: &TablePrint, contract: &Contract) -> Option<String> {
    let sent = table.columns.iter().filter(|(_, column)| !column.generated);
    let relation: Vec<RelationColumn<'_>> = sent
        .map(|(name, column)| RelationColumn {
            in_identity: false,
            name,
            type_id: column.base_type,
            type_modifier: column.type_modifier,
        })
        .collect();
    let layout = Layout::new(contract, &relation);
    contradiction(&layout, |column| contract.columns[column].from.as_str())
}

/// The old key must be said of each changed row, or its former self stays in the store for ever.
fn identity(table: &TablePrint, contract: &Contract) -> Option<String> {
    let needed = Needed::of(contract)?;
    if table.identity.kind == "n" {
        return Some("its replica identity is NOTHING".to_owned());
    }
    let unsaid = needed.unsaid(table.identity.is_full(), |name| table.identity.says(name));
    if unsaid.is_some() {
        return unsaid;
    }
    table.unique_by.is_empty().then(|| {
        let key: Vec<_> = contract.key_columns().map(|column| column.from.as_str()).collect();
        format!("no unique index keeps its key ({}) apart", key.join(", "))
    })
}

fn parts(table: &TablePrint, contract: &Contract) -> Option<String> {
    let named = |names: Vec<&String>| {
        let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
        (!names.is_empty()).then(|| listed(&names))
    };
    let those = |wrong: &dyn Fn(&super::PartitionPrint) -> bool| {
        named(table.parts.values().filter(|part| wrong(part)).map(|part| &part.name).collect())
    };
    if !table.is_partitioned() {
        return those(&|_| true).map(|names| {
            format!("tables inherit from it, whose rows it shows as its own: {names}")
        });
    }
    let needed = Needed::of(contract);
    let unsaid = |part: &super::PartitionPrint| {
        let needed = needed.as_ref().filter(|_| part.kind == "r");
        let said = |name: &str| part.identity.says(name);
        needed.is_some_and(|needed| needed.unsaid(part.identity.is_full(), said).is_some())
    };
    those(&|part| part.kind == "f")
        .map(|names| format!("partition(s) {names} are foreign tables"))
        .or_else(|| {
            those(&|part| part.persistence != "p")
                .map(|names| format!("partition(s) {names} are unlogged"))
        })
        .or_else(|| {
            those(&unsaid).map(|names| {
                format!("the replica identity of partition(s) {names} says too little of old rows")
            })
        })
}

/// The first few are enough to find the rest.
const SHOWN: usize = 5;

fn listed(names: &[&str]) -> String {
    let mut list: Vec<String> = names.iter().take(SHOWN).map(|name| format!("`{name}`")).collect();
    if names.len() > SHOWN {
        list.push(format!("and {} more", names.len() - SHOWN));
    }
    list.join(", ")
}
