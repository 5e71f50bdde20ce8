//! The contracts of the whole province, held against its catalogue: `catalogue.csv`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::{CatalogueEntry, Class, Label, Seed};
use bangioc_schemas::names::Side;

fn catalogue() -> Catalogue {
    Catalogue::read(Path::new(env!("CARGO_MANIFEST_DIR")))
        .unwrap_or_else(|errors| panic!("{errors}"))
}

/// What a file says at its beginning, of datasets and open sets alike.
struct Head<'a> {
    name: &'a Label,
    entry: Option<&'a CatalogueEntry>,
    legal: Option<&'a Label>,
}

fn heads(catalogue: &Catalogue) -> BTreeMap<&str, Head<'_>> {
    let datasets = catalogue.iter().map(|contract| {
        let head = Head {
            name: &contract.name,
            entry: contract.catalogue.as_ref(),
            legal: contract.legal.as_ref(),
        };
        (contract.dataset.as_str(), head)
    });
    let open_sets = catalogue.publications().map(|publication| {
        let head = Head {
            name: &publication.name,
            entry: publication.catalogue.as_ref(),
            legal: publication.legal.as_ref(),
        };
        (publication.dataset.as_str(), head)
    });
    datasets.chain(open_sets).collect()
}

/// The fields of a line; quotes stand around those with a comma.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => fields.last_mut().unwrap().push(c),
        }
    }
    fields
}

#[test]
fn every_dataset_of_the_catalogue_has_its_file_and_says_what_the_catalogue_says() {
    let catalogue = catalogue();
    let mut heads = heads(&catalogue);
    let lines: Vec<&str> = include_str!("catalogue.csv").lines().skip(1).collect();
    assert_eq!(lines.len(), 81);
    for line in lines {
        let [id, name_vi, name_en, group, seed] = fields(line).try_into().unwrap();
        let head =
            heads.remove(id.as_str()).unwrap_or_else(|| panic!("there is no file of `{id}`"));
        assert_eq!((&head.name.vi, &head.name.en), (&name_vi, &name_en));
        let entry = head.entry.unwrap_or_else(|| panic!("`{id}` has no catalogue entry"));
        assert_eq!((entry.group.as_str(), entry.seed.as_str()), (&*group, &*seed), "{id}");
    }
    // What the catalogue doesn't list is there because of another dataset, and says so.
    for (id, head) in heads {
        let entry = head.entry.unwrap_or_else(|| panic!("`{id}` has no catalogue entry"));
        assert_eq!(entry.seed, Seed::Assumed, "{id}");
    }
}

#[test]
fn every_file_says_its_legal_ground_and_quotes_what_it_was_named_by() {
    let catalogue = catalogue();
    for (id, head) in heads(&catalogue) {
        assert!(head.legal.is_some(), "{id}");
        let entry = head.entry.unwrap_or_else(|| panic!("`{id}` has no catalogue entry"));
        assert_eq!(entry.phrase.is_some(), entry.seed != Seed::Assumed, "{id}");
    }
}

#[test]
fn an_open_side_has_the_open_columns_of_its_contract_only() {
    let catalogue = catalogue();
    let mut open_sides = 0;
    for contract in catalogue.iter() {
        let Some(open) = contract.on(Side::Open) else {
            continue;
        };
        open_sides += 1;
        for column in &open.columns {
            let source = contract.columns.iter().find(|other| other.name == column.name);
            // One that is not there under its name is made by a transform.
            let made = matches!(column.column_type.to_string().as_str(), "json");
            let class = source.map_or(Class::Open, |source| source.class);
            assert_eq!(class, Class::Open, "{}.{}", contract.dataset, column.name);
            assert!(source.is_some() || made, "{}.{}", contract.dataset, column.name);
        }
        assert!(!open.key.is_empty(), "{}", contract.dataset);
    }
    assert!(open_sides >= 30, "{open_sides}");
}

/// Persons, patients, events of their lives, cameras: nothing of these is public in any form.
#[test]
fn what_is_about_persons_has_no_open_side() {
    let catalogue = catalogue();
    for dataset in [
        "population",
        "civil-status",
        "criminal-record",
        "insurance",
        "health-national",
        "education-national",
        "ehr",
        "surveillance-camera",
        "admin-procedure-record",
        "land-use-right",
        "religious-dignitary",
        "ethnic-prestigious-person",
    ] {
        let contract =
            catalogue.get(dataset).unwrap_or_else(|| panic!("there is no contract `{dataset}`"));
        assert!(contract.open.is_none(), "{dataset}");
    }
}

#[test]
fn the_whole_province_reads_in_less_than_a_second() {
    let started = Instant::now();
    let catalogue = catalogue();
    let elapsed = started.elapsed();
    assert!(catalogue.iter().count() + catalogue.publications().count() >= 81);
    assert!(elapsed.as_millis() < 1_000, "{elapsed:?}");
}
