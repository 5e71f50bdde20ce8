//! Contracts as people read them: a table of all, a page of one.

mod entry;
mod open_set;
mod table;

use crate::contracts::catalogue::Catalogue;
use crate::contracts::contract::{
    CatalogueEntry, Class, Contract, Identity, Kind, OnPoison, OpenSide, Status,
};
use crate::contracts::names::{Side, topic};
use crate::contracts::publication::Publication;
use entry::entry;
pub use open_set::page as open_set;
use table::table;

/// One line per dataset and open set, in columns.
pub fn list(catalogue: &Catalogue) -> String {
    let head =
        ["DATASET", "OWNER", "GROUP", "STATUS", "KIND", "COLUMNS", "OPEN", "PARTITIONS", "NAME"]
            .map(str::to_owned);
    let datasets = catalogue.iter().map(|contract| {
        let open = contract.on(Side::Open).map(|open| open.columns.len());
        [
            contract.dataset.to_string(),
            contract.owner.to_string(),
            group(contract.catalogue.as_ref()),
            status(contract.status).to_owned(),
            kind(contract.kind).to_owned(),
            contract.columns.len().to_string(),
            open.map_or_else(|| "-".to_owned(), |count| count.to_string()),
            contract.partitions.to_string(),
            format!("{} / {}", contract.name.vi, contract.name.en),
        ]
    });
    let open_sets = catalogue.publications().map(|publication| {
        [
            publication.dataset.to_string(),
            publication.owner.to_string(),
            group(publication.catalogue.as_ref()),
            "active".to_owned(),
            "open set".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
            "-".to_owned(),
            format!("{} / {}", publication.name.vi, publication.name.en),
        ]
    });
    let mut rows: Vec<[String; 9]> = datasets.chain(open_sets).collect();
    rows.sort();
    table(&head, &rows)
}

fn group(entry: Option<&CatalogueEntry>) -> String {
    entry.map_or("-", |entry| entry.group.as_str()).to_owned()
}

/// Everything a contract says, in both languages, and the open sets of `catalogue` made from it.
pub fn page(catalogue: &Catalogue, contract: &Contract, prefix: &str) -> String {
    let mut text = String::new();
    let mut line = |words: &str| {
        text.push_str(words);
        text.push('\n');
    };
    line(&format!("{} — {}", contract.name.vi, contract.name.en));
    for label in [&contract.about, &contract.draft_because, &contract.legal].into_iter().flatten() {
        line(&format!("{}\n{}", label.vi, label.en));
    }
    line("");
    for (name, value) in facts(catalogue, contract, prefix) {
        line(&format!("{name:<11}{value}"));
    }
    line("");
    line(&columns(contract));
    let reclassified = contract.columns.iter().filter_map(|column| {
        let stated = column.reclassified.as_ref()?;
        Some(format!(
            "  - {}: {}, was {}, by {} on {}",
            column.name,
            column.class.as_str(),
            stated.from.as_str(),
            stated.by,
            stated.on
        ))
    });
    let reclassified: Vec<String> = reclassified.collect();
    let renamed = contract.columns.iter().filter(|column| column.from != column.name);
    let renamed: Vec<String> =
        renamed.map(|column| format!("  - {}: `{}`", column.name, column.from)).collect();
    if !renamed.is_empty() {
        line("called otherwise at the source");
        for told in renamed {
            line(&told);
        }
        line("");
    }
    if !reclassified.is_empty() {
        line("reclassified");
        for told in reclassified {
            line(&told);
        }
        line("");
    }
    let name = |index: usize| contract.columns[index].name.clone();
    let mut rules = contract.rules.describe_rows(&name);
    let references = contract.references.iter();
    rules.extend(references.map(|reference| reference.describe(&name)));
    if !rules.is_empty() {
        line("rules between columns");
        for rule in rules {
            line(&format!("  - {rule}"));
        }
        line("");
    }
    if let Some(OpenSide { projection, .. }) = contract.open.as_deref() {
        line("open side");
        let rows = projection.describe_rows(&name).map_or_else(
            || "all rows that keep the rules".to_owned(),
            |filter| format!("rows that keep the rules and in which {filter}"),
        );
        line(&format!("  - {rows}"));
        for column in projection.describe_columns(&name) {
            line(&format!("  - {column}"));
        }
        line("");
    }
    line(
        "every text: no control characters, no look-alike letters, no old encodings; odd blanks and decomposed letters are reported",
    );
    text
}

fn facts(catalogue: &Catalogue, contract: &Contract, prefix: &str) -> Vec<(&'static str, String)> {
    let mut facts = vec![
        ("dataset", format!("{} ({})", contract.dataset, status(contract.status))),
        ("owner", contract.owner.to_string()),
    ];
    facts.extend(contract.catalogue.as_ref().map(entry).into_iter().flatten());
    for (name, side) in [("topic", Side::Shared), ("open topic", Side::Open)] {
        if contract.on(side).is_some() {
            let topic = topic(prefix, side, &contract.owner, &contract.dataset);
            facts.push((name, topic));
        }
    }
    facts.push(("partitions", contract.partitions.to_string()));
    facts.push(("source", source(contract)));
    facts.push(("kind", kind(contract.kind).to_owned()));
    facts.extend(key(contract).map(|key| ("key", key)));
    facts.push((
        "truncate",
        if contract.truncate { "travels as an event" } else { "met with a copy and a sweep" }
            .to_owned(),
    ));
    facts.push(("poison", on_poison(contract.on_poison).to_owned()));
    facts.push(("freshness", format!("{} s from commit to store", contract.freshness_seconds)));
    facts.push(("columns", classes(contract)));
    let published: Vec<&str> = catalogue
        .publications()
        .filter(|publication| is_made_from(publication, contract))
        .map(|publication| publication.dataset.as_str())
        .collect();
    if !published.is_empty() {
        facts.push(("published", published.join(", ")));
    }
    facts
}

fn is_made_from(publication: &Publication, contract: &Contract) -> bool {
    publication.resources.iter().any(|resource| resource.dataset == contract.dataset)
}

fn source(contract: &Contract) -> String {
    let source = &contract.source;
    if source.table.is_empty() {
        return "not known yet".to_owned();
    }
    let identity = match &source.identity {
        Identity::Key => String::new(),
        Identity::Full => ", replica identity full".to_owned(),
        Identity::Columns(columns) => {
            let names: Vec<&str> =
                columns.iter().map(|&column| contract.columns[column].name.as_str()).collect();
            format!(", replica identity ({})", names.join(", "))
        }
    };
    format!("{}, table {}{identity}", source.source, source.full_name())
}

fn key(contract: &Contract) -> Option<String> {
    let names: Vec<&str> = contract.key_columns().map(|column| column.name.as_str()).collect();
    let latest = contract.natural_key_latest_by.map(|index| {
        format!(" (not enforced at the source; latest by {})", contract.columns[index].name)
    });
    (!names.is_empty()).then(|| format!("{}{}", names.join(", "), latest.unwrap_or_default()))
}

/// `9 (8 open, 1 internal)`
fn classes(contract: &Contract) -> String {
    let count = |class: Class| {
        let of_class = |column: &&crate::contracts::contract::Column| column.class == class;
        contract.columns.iter().filter(of_class).count()
    };
    let counts: Vec<String> = [Class::Open, Class::Internal, Class::Personal, Class::Sensitive]
        .into_iter()
        .filter(|class| count(*class) > 0)
        .map(|class| format!("{} {}", count(class), class.as_str()))
        .collect();
    format!("{} ({})", contract.columns.len(), counts.join(", "))
}

fn columns(contract: &Contract) -> String {
    let head = ["COLUMN", "TYPE", "CLASS", "TIẾNG VIỆT", "ENGLISH", "RULES"].map(str::to_owned);
    let rows: Vec<[String; 6]> = contract
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let key = if contract.key.contains(&index) { "*" } else { "" };
            [
                format!("{}{key}", column.name),
                column.column_type.to_string(),
                column.class.as_str().to_owned(),
                column.label.vi.clone(),
                column.label.en.clone(),
                contract.rules.describe_column(index).join("; "),
            ]
        })
        .collect();
    table(&head, &rows)
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Active => "active",
        Status::Draft => "draft",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::State => "state",
        Kind::Append => "append",
    }
}

fn on_poison(policy: OnPoison) -> &'static str {
    match policy {
        OnPoison::ParkKey => "parks its key until a whole record of it can be applied",
        OnPoison::Halt => "halts the partition",
    }
}
