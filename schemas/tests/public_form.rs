//! The form of what is public: what changes it, what doesn't, and that none that was ever written is forgotten.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a helper of tests may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};

use bangioc_schemas::catalogue::Catalogue;

fn forms() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/forms")
}

fn form_of(dir: &Path, dataset: &str) -> String {
    let catalogue = Catalogue::read(dir).expect("sound contracts");
    catalogue.get(dataset).unwrap().public_form().unwrap()
}

/// `written.txt` holds, of each dataset beside it, the form that captures have kept. A line that is there is
/// never changed: with another text every open feed of every deployment is copied again. A new word gets a
/// contract of its own there, and a line.
#[test]
fn a_form_that_was_written_stays_as_it_is() {
    let written = fs::read_to_string(forms().join("written.txt")).unwrap();
    let now: Vec<String> = ["everything", "plain"]
        .iter()
        .map(|dataset| format!("{dataset} {}", form_of(&forms(), dataset)))
        .collect();
    assert_eq!(written.lines().collect::<Vec<_>>(), now);
}

/// The folder with one text in one file replaced, wherever it stands.
fn changed(name: &str, file: &str, from: &str, to: &str) -> String {
    let dir = std::env::temp_dir().join(format!("bangioc-forms-{}-{name}", std::process::id()));
    for at in [
        "so-nnmt/everything.yaml",
        "so-nnmt/plain.yaml",
        "code-lists/communes.csv",
        "code-lists/parameters.csv",
        "formats.yaml",
        "border.geojson",
    ] {
        let text = fs::read_to_string(forms().join(at)).unwrap();
        let text = if at == file {
            assert!(text.contains(from), "{file} has no {from}");
            text.replace(from, to)
        } else {
            text
        };
        fs::create_dir_all(dir.join(at).parent().unwrap()).unwrap();
        fs::write(dir.join(at), text).unwrap();
    }
    let form = form_of(&dir, "everything");
    fs::remove_dir_all(&dir).unwrap();
    form
}

#[test]
fn whatever_makes_other_things_public_makes_another_form() {
    let contract = "so-nnmt/everything.yaml";
    let now = form_of(&forms(), "everything");
    let mut seen = vec![now];
    for (number, (file, from, to)) in [
        // Rules of a column, public or not.
        (contract, "range: above 0..1000000", "range: above 0..500000"),
        (contract, "range: above 0..1000000", "range: 0..1000000"),
        (contract, "decimals: 1", "decimals: 0"),
        (contract, "multiple_of: 1000", "multiple_of: 500"),
        (contract, "max_chars: 60", "max_chars: 50"),
        (contract, ", not_after: today", ""),
        (contract, ", finite: true", ", required: true"),
        (contract, "values: [a, b] }", "values: [a, b, c] }"),
        (contract, "max_items: 30", "max_items: 20"),
        (contract, "item_keys: [title]", "item_keys: [title, year]"),
        (contract, "pattern: '[0-9]{12}'", "pattern: '[0-9]{9}'"),
        (contract, "no_markup: true, ", ""),
        (contract, ", no_credentials: true", ""),
        // Rules between columns.
        (contract, "values: [0]", "values: [0, 1]"),
        (contract, "when: { kind: [b] }\n  - limit", "when: { kind: [a] }\n  - limit"),
        (contract, "1000..5000000", "1000..6000000"),
        (contract, "before: 90d", "before: 30d"),
        (contract, "pulse: 20..250", "pulse: 30..250"),
        (contract, "east: 440000..620000", "east: 450000..620000"),
        (contract, "max_vertices: 500", "max_vertices: 400"),
        (contract, "srids: [9210, 3405]", "srids: [9210]"),
        (contract, "[issued_on, ended_on]", "[born_on, ended_on]"),
        // What of a row, and which rows.
        (contract, "rows: { is_public: [true], ", "rows: { is_public: [true, null], "),
        (contract, "commune, kind, area", "kind, area"),
        (
            contract,
            "price: { withhold_when: { kind: [b] } }",
            "price: { withhold_when: { kind: [a] } }",
        ),
        (contract, "keys: [title, year]", "keys: [title]"),
        (contract, "as: geometry, border: 1000", "as: geometry, border: 2000"),
        (contract, "as: geometry", "as: figure"),
        (contract, "plan: { border: exempt }", "plan: { border: 500 }"),
        (contract, "round: 0.1", "round: 0.5"),
        // What they refer to.
        ("code-lists/communes.csv", "04002,Xã hai\n", ""),
        ("code-lists/parameters.csv", "0..1000", "0..900"),
        ("formats.yaml", "{3,20}", "{4,20}"),
        ("border.geojson", "22.3", "22.4"),
    ]
    .into_iter()
    .enumerate()
    {
        let form = changed(&number.to_string(), file, from, to);
        assert!(!seen.contains(&form), "{from} → {to} is not seen");
        seen.push(form);
    }
}

#[test]
fn what_changes_nothing_public_changes_no_form() {
    let contract = "so-nnmt/everything.yaml";
    let now = form_of(&forms(), "everything");
    for (number, (file, from, to)) in [
        (contract, "en: Every rule", "en: All rules"),
        (contract, "values: [a, b] }", "values: [b, a] }"),
        (contract, "rows: { is_public: [true], kind: [a, b] }", "rows: { kind: [b, a], is_public: [true] }"),
        (contract, "keys: [title, year]", "keys: [year, title]"),
        (contract, "finite: true }", "finite: true }\n  share_before: { type: double precision, class: internal, vi: Cũ, en: Before }"),
        (contract, "  - consecutive_years: school_year\n  - record_date: code\n    of: received_at\n", "  - record_date: code\n    of: received_at\n  - consecutive_years: school_year\n"),
        ("code-lists/communes.csv", "Xã hai", "Xã thứ hai"),
    ]
    .into_iter()
    .enumerate()
    {
        let form = changed(&format!("same-{number}"), file, from, to);
        assert_eq!(form, now, "{from} → {to}");
    }
}

#[test]
fn every_public_dataset_of_the_province_has_a_form_of_its_own() {
    let catalogue = Catalogue::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    for contract in catalogue.active() {
        let form = contract.public_form();
        assert_eq!(form.is_some(), contract.open.is_some(), "{}", contract.dataset);
        let parsed = |form: &String| serde_json::from_str::<serde_json::Value>(form).is_ok();
        assert!(form.as_ref().is_none_or(parsed), "{}", contract.dataset);
    }
}
