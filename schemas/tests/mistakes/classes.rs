//! A column's class that becomes weaker.

use bangioc_schemas::avro_files;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::class_memory::ClassMemory;
use bangioc_schemas::show;

use crate::folder::Folder;
use crate::{GOOD, mistakes, replaced};

/// Folders whose contract has a sequence of texts for its column `tags`, the files written where they may
/// be: what is said of the last.
fn said_of(name: &str, steps: &[&str]) -> String {
    let folder = Folder::with(name, &[]);
    let mut said = String::new();
    for step in steps {
        let contract = replaced(GOOD, &[("class: internal, vi: Nhãn", step)]);
        std::fs::create_dir_all(folder.0.join("so-a")).unwrap();
        std::fs::write(folder.0.join("so-a/parcel.yaml"), contract).unwrap();
        let catalogue = Catalogue::read(&folder.0).unwrap();
        let before = std::fs::read_to_string(folder.0.join("so-a/parcel.value.avsc"));
        said = match avro_files::write(&folder.0, &catalogue) {
            Ok(_) => {
                assert_eq!(avro_files::check(&folder.0, &catalogue), Ok(()));
                String::new()
            }
            Err(refused) => {
                let after = std::fs::read_to_string(folder.0.join("so-a/parcel.value.avsc"));
                assert_eq!(before.unwrap(), after.unwrap(), "the memory stays");
                assert_eq!(avro_files::check(&folder.0, &catalogue), Err(refused.clone()));
                refused.to_string()
            }
        };
    }
    said
}

const INTERNAL: &str = "class: internal, vi: Nhãn";
const OPEN: &str = "class: open, vi: Nhãn";
const SENSITIVE: &str = "class: sensitive, vi: Nhãn";
const DECIDED: &str =
    "class: open, reclassified: { from: internal, by: 12/QĐ-UBND, on: 2026-11-20 }, vi: Nhãn";

#[test]
fn a_weaker_class_is_refused_and_its_memory_kept() {
    insta::assert_snapshot!(said_of("weaker", &[INTERNAL, OPEN]), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:10: BG0715: column `tags` was internal and would become open
      hint: write `class: internal`; only if it was decided, say so at the column: `reclassified: { from: internal, by: the decision, on: its date }`
    ");
    insta::assert_snapshot!(said_of("twice", &[SENSITIVE, INTERNAL, OPEN]), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:10: BG0715: column `tags` was sensitive and would become open
      hint: write `class: sensitive`; only if it was decided, say so at the column: `reclassified: { from: sensitive, by: the decision, on: its date }`
    ");
}

#[test]
fn a_stricter_class_needs_no_word() {
    assert_eq!(said_of("stricter", &[OPEN, INTERNAL, SENSITIVE]), "");
    assert_eq!(said_of("same", &[INTERNAL, INTERNAL]), "");
}

#[test]
fn a_stated_weaker_class_passes_and_may_stay_stated() {
    let corrected = DECIDED.replace("2026-11-20", "2026-11-21");
    let then = [INTERNAL, DECIDED, DECIDED, &corrected, OPEN];
    assert_eq!(said_of("stated", &then), "");
    // Stricter again, and the way back needs a word again.
    assert_ne!(said_of("back", &[INTERNAL, DECIDED, INTERNAL, OPEN]), "");
    assert_eq!(said_of("again", &[INTERNAL, DECIDED, INTERNAL, DECIDED]), "");
}

#[test]
fn a_statement_must_be_true() {
    let other = DECIDED.replace("internal", "personal");
    insta::assert_snapshot!(said_of("untrue", &[INTERNAL, &other]), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:10: BG0715: column `tags` was internal so far, not personal as `reclassified` says
      hint: write `from: internal`
    ");
    insta::assert_snapshot!(said_of("needless", &[OPEN, DECIDED]), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:10: BG0715: column `tags` was open so far, not internal as `reclassified` says
      hint: remove `reclassified`: the class becomes no weaker
    ");
}

#[test]
fn a_statement_has_its_own_form() {
    let tags = |text| mistakes(&[("class: internal, vi: Nhãn", text)]);
    insta::assert_snapshot!(tags("class: internal, reclassified: { from: open, by: a, on: 2026-11-20 }, vi: Nhãn"), @r"
    1 mistake in the contracts
    contract.yaml:10: BG0708: column `tags` is internal and was open: that is not weaker
      hint: remove `reclassified`: a class may become stricter at any time
    ");
    insta::assert_snapshot!(tags("class: open, reclassified: { from: secret, on: 20/11/2026, why: so }, vi: Nhãn"), @r"
    4 mistakes in the contracts
    contract.yaml:10: BG0704: unknown key `why` in `reclassified`
      hint: `reclassified` knows: by, from, on
    contract.yaml:10: BG0705: key `by` is missing
      hint: name the decision: `by: 12/QĐ-UBND`
    contract.yaml:10: BG0706: `from` can't be `secret`
      hint: write one of `open`, `internal`, `personal`, `sensitive`
    contract.yaml:10: BG0706: `on: 20/11/2026` is no date
      hint: write it as `2026-11-20`
    ");
    insta::assert_snapshot!(tags("class: open, reclassified: { from: internal, by: 'ông A, 0912345678', on: 2026-11-20 }, vi: Nhãn"), @r"
    1 mistake in the contracts
    contract.yaml:10: BG0713: a label or description holds what looks like a personal number, phone number or address
      hint: describe the form instead, as in `12 digits`
    ");
}

#[test]
fn a_contract_shows_its_statements() {
    let folder =
        Folder::with("shown", &[("so-a/parcel.yaml", &replaced(GOOD, &[(INTERNAL, DECIDED)]))]);
    let catalogue = Catalogue::read(&folder.0).unwrap();
    let page = show::page(&catalogue, catalogue.get("parcel").unwrap(), "caobang");
    assert!(
        page.contains("reclassified\n  - tags: open, was internal, by 12/QĐ-UBND on 2026-11-20\n"),
        "{page}"
    );
}

/// What is registered from before holds nothing against anyone, and what went is not forgotten.
#[test]
fn the_memory_of_several_versions() {
    let schema = |columns: &[(&str, &str)]| {
        let fields = columns.iter().map(|(name, class)| {
            serde_json::json!({ "name": name, "type": "string", "bangioc.class": class })
        });
        let row = serde_json::json!({ "type": "record", "name": "Value", "fields": fields.collect::<Vec<_>>() });
        let before = serde_json::json!({ "name": "before", "type": ["null", row] });
        ClassMemory::of(&serde_json::json!({ "fields": [before] }).to_string())
    };
    let wanted = schema(&[("a", "open"), ("b", "internal")]);
    assert_eq!(ClassMemory::of("{}").faults(&wanted), []);
    assert_eq!(ClassMemory::of("no JSON").faults(&wanted), []);
    let mut memory = schema(&[("b", "internal")]);
    assert!(!memory.covers(&wanted) && memory.faults(&wanted).is_empty());
    memory.and_before(schema(&[("a", "personal"), ("b", "sensitive")]));
    assert!(memory.covers(&wanted));
    let faults = memory.faults(&wanted);
    let columns: Vec<&str> = faults.iter().map(|fault| fault.column.as_str()).collect();
    assert_eq!(columns, ["a"], "of b the later version counts");
}
