//! The set of bad records that the province agreed on, each with the code it must get: `bad-records.json`.
//! Records about references between datasets, whole files and bytes are tested where those are judged.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Cell, RowBuf};

/// 2026-11-24 00:00 UTC.
const NOW_US: i64 = 1_795_478_400_000_000;

#[derive(serde::Deserialize)]
struct Fixtures {
    /// Dataset → column → text; columns left out are null.
    good: BTreeMap<String, BTreeMap<String, String>>,
    records: Vec<Record>,
}

#[derive(serde::Deserialize)]
struct Record {
    number: u32,
    what: String,
    dataset: String,
    set: BTreeMap<String, Option<String>>,
    /// None: accepted without a word.
    code: Option<String>,
    column: Option<String>,
}

fn fixtures() -> Fixtures {
    serde_json::from_str(include_str!("bad-records.json")).unwrap()
}

fn catalogue() -> Catalogue {
    Catalogue::read(Path::new(env!("CARGO_MANIFEST_DIR")))
        .unwrap_or_else(|errors| panic!("{errors}"))
}

/// Code and column of what a row is told: the breach, or the first warning.
fn judge(
    contract: &Contract,
    good: &BTreeMap<String, String>,
    set: &BTreeMap<String, Option<String>>,
) -> Option<(String, String)> {
    for name in good.keys().chain(set.keys()) {
        assert!(contract.column_index(name).is_some(), "{}.{name}", contract.dataset);
    }
    let row: RowBuf = contract
        .columns
        .iter()
        .map(|column| {
            let text = match set.get(&column.name) {
                Some(text) => text.as_ref(),
                None => good.get(&column.name),
            };
            text.map_or(Cell::Null, |text| Cell::Text(text))
        })
        .collect();
    let told = match contract.rules.check(row.row(), NOW_US) {
        Ok(warnings) => warnings.iter().next()?,
        Err(breach) => (breach.code, breach.column.unwrap()),
    };
    Some((told.0.as_str().to_owned(), contract.columns[told.1].name.clone()))
}

#[test]
fn each_bad_record_gets_its_code_on_its_column() {
    let (fixtures, catalogue) = (fixtures(), catalogue());
    let mut wrong = Vec::new();
    for record in &fixtures.records {
        let contract = catalogue
            .get(&record.dataset)
            .unwrap_or_else(|| panic!("there is no contract `{}`", record.dataset));
        let told = judge(contract, &fixtures.good[&record.dataset], &record.set);
        let expected = record.code.clone().zip(record.column.clone());
        if told != expected {
            wrong.push(format!(
                "{} {} ({}): {told:?}, expected {expected:?}",
                record.number, record.what, record.dataset
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Else a record could get its code for another reason.
#[test]
fn the_rows_they_are_made_from_are_good() {
    let (fixtures, catalogue) = (fixtures(), catalogue());
    for (dataset, good) in &fixtures.good {
        let contract =
            catalogue.get(dataset).unwrap_or_else(|| panic!("there is no contract `{dataset}`"));
        assert_eq!(judge(contract, good, &BTreeMap::new()), None, "{dataset}");
    }
}

#[test]
fn the_set_is_complete() {
    let numbers: BTreeSet<u32> = fixtures().records.iter().map(|record| record.number).collect();
    // 17 is a reference between datasets, 21 a megabyte of JSON, 25 bytes that are no record. From 27 on
    // they are ours.
    let expected: BTreeSet<u32> =
        (1..=29).filter(|number| ![17, 21, 25].contains(number)).collect();
    assert_eq!(numbers, expected);
}
