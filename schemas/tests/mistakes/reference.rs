//! References between contracts that can't be kept.

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::names::Side;

use crate::folder::Folder;
use crate::{GOOD, replaced};

/// A dataset `parcel` that refers somewhere, beside others.
fn said_of(name: &str, rules: &str, others: &[(&str, &str)]) -> String {
    let parcel = format!("{GOOD}rules:\n{rules}");
    let mut files = vec![("so-a/parcel.yaml", parcel.as_str())];
    files.extend(others);
    Folder::with(name, &files).mistakes()
}

fn other(replacements: &[(&str, &str)]) -> String {
    let own = [("dataset: parcel", "dataset: plan"), ("dept.parcel", "dept.plan")];
    replaced(GOOD, &[&own, replacements].concat())
}

const TO_PLAN: &str = "  - reference: code\n    to: plan\n";

#[test]
fn what_is_referred_to_must_be_there_and_alike() {
    let said = |name, plan: &str| said_of(name, TO_PLAN, &[("so-a/plan.yaml", plan)]);
    assert_eq!(said("alike", &other(&[])), "");
    insta::assert_snapshot!(said("draft", &other(&[("kind: state", "kind: state\nstatus: draft\ndraft_because: { vi: a, en: a }")])), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:13: BG0709: dataset `plan` is a draft
      hint: a draft has no rows: leave the reference out until it is active
    ");
    insta::assert_snapshot!(said("two", &other(&[("key: [code]", "key: [code, area]")])), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:13: BG0709: dataset `plan` has no key of one column
      hint: refer to a dataset whose key is the one value
    ");
    insta::assert_snapshot!(said("number", &other(&[("code: { type: varchar(9)", "code: { type: bigint")])), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:13: BG0709: column `code` is `varchar(9)`, the key of `plan` is `bigint`
      hint: refer with a column of the key's own type
    ");
    insta::assert_snapshot!(said("padded", &other(&[("code: { type: varchar(9)", "code: { type: char(9)")])), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:13: BG0709: column `code` is `varchar(9)`, the key of `plan` is `varchar(9)`, padded with blanks
      hint: refer with a column of the key's own type
    ");
    insta::assert_snapshot!(said_of("nowhere", "  - reference: code\n    to: parcels\n  - reference: code\n  - reference: none\n    to: A\n", &[]), @r"
    3 mistakes in the contracts
    so-a/parcel.yaml:15: BG0705: key `to` is missing
      hint: name the dataset that has it as its key: `to: admin-procedure`
    so-a/parcel.yaml:16: BG0709: there is no column `none`
      hint: list it under `columns` first
    so-a/parcel.yaml:17: BG0706: `to: A` is no id of a dataset
      hint: name the dataset that has it as its key: `to: admin-procedure`
    ");
    // Of an array each element refers.
    let tags = "  - reference: tags\n    to: plan\n    when: { code: [a] }\n";
    assert_eq!(said_of("tags", tags, &[("so-a/plan.yaml", &other(&[]))]), "");
}

#[test]
fn none_may_lead_back() {
    insta::assert_snapshot!(said_of("itself", "  - reference: code\n    to: parcel\n", &[]), @r"
    1 mistake in the contracts
    so-a/parcel.yaml:13: BG0708: `parcel` refers back to `parcel`
      hint: rows of the two could wait for each other for ever: keep one of the references
    ");
    let back = format!("{}rules:\n  - reference: code\n    to: parcel\n", other(&[]));
    insta::assert_snapshot!(said_of("back", TO_PLAN, &[("so-a/plan.yaml", &back)]), @r"
    2 mistakes in the contracts
    so-a/parcel.yaml:13: BG0708: `plan` refers back to `parcel`
      hint: rows of the two could wait for each other for ever: keep one of the references
    so-a/plan.yaml:13: BG0708: `parcel` refers back to `plan`
      hint: rows of the two could wait for each other for ever: keep one of the references
    ");
}

#[test]
fn the_store_is_told_where_to_look_and_the_open_side_is_not() {
    let open = "open:\n  columns: [code]\n";
    let parcel = format!("{GOOD}rules:\n{TO_PLAN}{open}");
    let folder =
        Folder::with("resolved", &[("so-a/parcel.yaml", &parcel), ("so-a/plan.yaml", &other(&[]))]);
    let catalogue = Catalogue::read(&folder.0).unwrap();
    let contract = catalogue.get("parcel").unwrap();
    let parent = contract.references[0].parent.as_ref().unwrap();
    assert_eq!(
        (parent.table.as_str(), parent.key.as_str(), parent.store_type.as_str()),
        ("plan", "code", "text")
    );
    assert!(contract.on(Side::Open).unwrap().references.is_empty());
}
