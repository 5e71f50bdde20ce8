//! Contracts as people read them: a table of all, a page of one.

use std::fmt::Write;

use crate::catalogue::Catalogue;
use crate::contract::{Class, Contract, Kind, OnPoison, Status};
use crate::names::{Side, topic};

/// One line per dataset, in columns.
pub fn list(catalogue: &Catalogue) -> String {
    let head = [
        "DATASET",
        "OWNER",
        "STATUS",
        "KIND",
        "COLUMNS",
        "PARTITIONS",
        "NAME",
    ]
    .map(str::to_owned);
    let rows: Vec<[String; 7]> = catalogue
        .iter()
        .map(|contract| {
            [
                contract.dataset.to_string(),
                contract.owner.to_string(),
                status(contract.status).to_owned(),
                kind(contract.kind).to_owned(),
                contract.columns.len().to_string(),
                contract.partitions.to_string(),
                format!("{} / {}", contract.name.vi, contract.name.en),
            ]
        })
        .collect();
    table(&head, &rows)
}

/// Everything a contract says, in both languages.
pub fn page(contract: &Contract, prefix: &str) -> String {
    let mut text = String::new();
    let mut line = |words: String| {
        text.push_str(&words);
        text.push('\n');
    };
    line(format!("{} — {}", contract.name.vi, contract.name.en));
    if let Some(about) = &contract.about {
        line(format!("{}\n{}", about.vi, about.en));
    }
    line(String::new());
    for (name, value) in facts(contract, prefix) {
        line(format!("{name:<11}{value}"));
    }
    line(String::new());
    line(columns(contract));
    let name = |index: usize| contract.columns[index].name.clone();
    let rules = contract.rules.describe_rows(&name);
    if !rules.is_empty() {
        line("rules between columns".to_owned());
        for rule in rules {
            line(format!("  - {rule}"));
        }
        line(String::new());
    }
    line("every text: no control characters, no look-alike letters, no old encodings; odd blanks and decomposed letters are reported".to_owned());
    text
}

fn facts(contract: &Contract, prefix: &str) -> Vec<(&'static str, String)> {
    let source = &contract.source;
    let mut facts = vec![
        (
            "dataset",
            format!("{} ({})", contract.dataset, status(contract.status)),
        ),
        ("owner", contract.owner.to_string()),
        (
            "topic",
            topic(prefix, Side::Shared, &contract.owner, &contract.dataset),
        ),
        ("partitions", contract.partitions.to_string()),
        (
            "source",
            format!(
                "{}, table {}.{}",
                source.source, source.schema, source.table
            ),
        ),
        ("kind", kind(contract.kind).to_owned()),
    ];
    let key: Vec<&str> = contract
        .key_columns()
        .map(|column| column.name.as_str())
        .collect();
    if !key.is_empty() {
        let latest = contract.natural_key_latest_by.map(|index| {
            format!(
                " (not enforced at the source; latest by {})",
                contract.columns[index].name
            )
        });
        facts.push((
            "key",
            format!("{}{}", key.join(", "), latest.unwrap_or_default()),
        ));
    }
    facts.push((
        "truncate",
        if contract.truncate {
            "travels as an event"
        } else {
            "met with a copy and a sweep"
        }
        .to_owned(),
    ));
    facts.push(("poison", on_poison(contract.on_poison).to_owned()));
    facts.push((
        "freshness",
        format!("{} s from commit to store", contract.freshness_seconds),
    ));
    let counts: Vec<String> = [
        Class::Open,
        Class::Internal,
        Class::Personal,
        Class::Sensitive,
    ]
    .into_iter()
    .map(|class| {
        (
            class,
            contract
                .columns
                .iter()
                .filter(|column| column.class == class)
                .count(),
        )
    })
    .filter(|(_, count)| *count > 0)
    .map(|(class, count)| format!("{count} {}", class.as_str()))
    .collect();
    facts.push((
        "columns",
        format!("{} ({})", contract.columns.len(), counts.join(", ")),
    ));
    facts
}

fn columns(contract: &Contract) -> String {
    let head = ["COLUMN", "TYPE", "CLASS", "TIẾNG VIỆT", "ENGLISH", "RULES"].map(str::to_owned);
    let rows: Vec<[String; 6]> = contract
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| {
            let key = if contract.key.contains(&index) {
                "*"
            } else {
                ""
            };
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
        OnPoison::ParkKey => "parks its key",
        OnPoison::Supersede => "parks its key until the next whole record of it",
        OnPoison::Halt => "halts the partition",
    }
}

/// Columns as wide as their widest cell, two blanks between them, none at the end of a line.
fn table<const N: usize>(head: &[String; N], rows: &[[String; N]]) -> String {
    let mut widths = [0; N];
    for row in std::iter::once(head).chain(rows) {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(head).chain(rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            let _infallible = write!(line, "{cell:<width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
