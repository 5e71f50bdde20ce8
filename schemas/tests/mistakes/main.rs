//! What a person gets for a contract with mistakes in it: each kind, word for word.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

mod classes;
mod folder;
mod open;
mod open_set;
mod reference;

use std::path::Path;

use bangioc_schemas::avro_files;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use folder::Folder;

pub(crate) const GOOD: &str = "\
dataset: parcel
owner: so-a
name: { vi: Thửa đất, en: Parcels }
kind: state
source: { table: dept.parcel }
key: [code]
columns:
  code: { type: varchar(9), class: open, vi: Mã, en: Code }
  area: { type: 'numeric(9,1)', class: open, vi: Diện tích, en: Area }
  tags: { type: 'text[]', class: internal, vi: Nhãn, en: Tags }
  seen: { type: timestamptz, class: internal, vi: Thấy lúc, en: Seen at }
";

/// The mistakes of the good contract after replacing some text.
fn mistakes(replacements: &[(&str, &str)]) -> String {
    Contract::from_yaml(&replaced(GOOD, replacements))
        .map_or_else(|errors| errors.to_string(), |_| String::new())
}

pub(crate) fn replaced(text: &str, replacements: &[(&str, &str)]) -> String {
    let mut text = text.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    text
}

#[test]
fn the_good_one_is_good() {
    assert_eq!(mistakes(&[]), "");
}

#[test]
fn syntax() {
    insta::assert_snapshot!(mistakes(&[("name: {", "name: [")]), @r"
    1 mistake in the contracts
    contract.yaml:4: BG0702: not valid YAML: while parsing a flow sequence, expected ',' or ']'
      hint: check indentation, quotes and colons on this line and the one before
    ");
    insta::assert_snapshot!(mistakes(&[("dept.parcel", "*anchor")]), @r"
    1 mistake in the contracts
    contract.yaml:5: BG0702: not valid YAML: while parsing node, found unknown anchor
      hint: check indentation, quotes and colons on this line and the one before
    ");
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: &a state")]), @r"
    1 mistake in the contracts
    contract.yaml:4: BG0702: anchors (`&`), aliases (`*`) and tags (`!`) are not used in contracts
      hint: write the value out, in quotes when it begins with one of these signs
    ");
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: state\nkind: append")]), @r"
    1 mistake in the contracts
    contract.yaml:5: BG0702: key `kind` stands twice, first in line 4
      hint: keep one of the two
    ");
    insta::assert_snapshot!(Contract::from_yaml("").unwrap_err().to_string(), @r"
    1 mistake in the contracts
    contract.yaml:1: BG0702: the file is empty
      hint: copy a contract of this folder and change it
    ");
    insta::assert_snapshot!(Contract::from_yaml(&"[".repeat(5000)).unwrap_err().to_string(), @r"
    1 mistake in the contracts
    contract.yaml:1: BG0702: not valid YAML: recursion limit exceeded
      hint: check indentation, quotes and colons on this line and the one before
    ");
}

#[test]
fn names() {
    insta::assert_snapshot!(mistakes(&[("dataset: parcel", "dataset: ../../parcel"), ("owner: so-a", "owner: con")]), @r"
    2 mistakes in the contracts
    contract.yaml:1: BG0703: `dataset: ../../parcel` holds more than lower-case letters, digits and `-`
      hint: ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most
    contract.yaml:2: BG0703: `owner: con` is a reserved word
      hint: ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most
    ");
    insta::assert_snapshot!(mistakes(&[("dept.parcel", "a.b.parcel")]), @r#"
    1 mistake in the contracts
    contract.yaml:5: BG0703: `table: a.b.parcel` is no schema and table
      hint: write schema and table as the source has them, as in `dept.land_parcel`; with a dot in a name, as in SQL: `'"a.b"."ThuaDat"'`
    "#);
    assert_eq!(mistakes(&[("dept.parcel", "Địa chính.\"x\"\"y\"")]), "");
    let from = |name: &str| mistakes(&[("  area: {", &format!("  area: {{ from: {name},"))]);
    for (name, fault) in [
        ("xmin", "is a system column of PostgreSQL"),
        ("code", "both come from `code`"),
        ("'\"Mã'", "has quotes that don't match"),
    ] {
        assert!(from(name).contains(fault), "{}", from(name));
    }
    insta::assert_snapshot!(mistakes(&[("  area:", "  _version:"), ("  tags:", "  Tags:")]), @r"
    2 mistakes in the contracts
    contract.yaml:9: BG0703: column `_version` does not begin with a letter
      hint: choose a name for topics and the store, and say what the source calls it: `ma_thua: { from: Mã thửa, … }`
    contract.yaml:10: BG0703: column `Tags` holds more than lower-case letters, digits and `_`
      hint: choose a name for topics and the store, and say what the source calls it: `ma_thua: { from: Mã thửa, … }`
    ");
}

#[test]
fn keys_of_the_file() {
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: state\npartition: 3\nconsumers: [so-b]")]), @r"
    2 mistakes in the contracts
    contract.yaml:5: BG0704: unknown key `partition` in the contract
      hint: did you mean `partitions`?
    contract.yaml:6: BG0704: unknown key `consumers` in the contract
      hint: the contract knows: about, catalogue, columns, dataset, dead_letter, draft_because, freshness, key, kind, legal, name, natural_key, open, owner, partitions, publish, rules, source, status, truncate
    ");
    insta::assert_snapshot!(mistakes(&[("owner: so-a\n", ""), ("name: { vi: Thửa đất, en: Parcels }\n", ""), ("kind: state\n", "")]), @r"
    3 mistakes in the contracts
    contract.yaml:1: BG0705: key `kind` is missing
      hint: write `kind: state` for rows with a key, `kind: append` for inserts only
    contract.yaml:1: BG0705: key `name` is missing
      hint: write `name: { vi: …, en: … }`
    contract.yaml:1: BG0705: key `owner` is missing
      hint: write `owner: so-nnmt`, as in the catalogue
    ");
    insta::assert_snapshot!(mistakes(&[("class: open, vi: Mã, en: Code", "vi: Mã")]), @r"
    2 mistakes in the contracts
    contract.yaml:8: BG0705: key `class` is missing
      hint: write `class: open`, `internal`, `personal` or `sensitive`
    contract.yaml:8: BG0705: key `en` is missing
      hint: and in English: write `en: …`
    ");
}

#[test]
fn values() {
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: snapshot\npartitions: 0\ntruncate: yes\nfreshness: 60\nstatus: on")]), @r"
    5 mistakes in the contracts
    contract.yaml:4: BG0706: `kind` can't be `snapshot`
      hint: write one of `state`, `append`
    contract.yaml:5: BG0706: `partitions` is not between 1 and 64
      hint: one partition is right unless measured otherwise; the count never changes
    contract.yaml:6: BG0706: `truncate` is neither `true` nor `false`
      hint: write one of the two
    contract.yaml:7: BG0706: `freshness: 60` is no time between 1 second and 7 days
      hint: write `60s`, `5m`, `1h` or `1d`
    contract.yaml:8: BG0706: `status` can't be `on`
      hint: write one of `active`, `draft`
    ");
    insta::assert_snapshot!(mistakes(&[("varchar(9)", "varchar"), ("timestamptz", "timestamp with time zone"), ("class: internal, vi: Nhãn", "class: secret, vi: Nhãn")]), @r"
    3 mistakes in the contracts
    contract.yaml:8: BG0706: `type: varchar` is no type that can be carried
      hint: write its length, as in `varchar(40)`, or `text`
    contract.yaml:10: BG0706: `class` can't be `secret`
      hint: write one of `open`, `internal`, `personal`, `sensitive`
    contract.yaml:11: BG0706: `type: timestamp with time zone` is no type that can be carried
      hint: write PostgreSQL's type; a domain by its base type, an enum as `enum its_name`, an array as `text[]`
    ");
}

#[test]
fn keys_of_the_table() {
    insta::assert_snapshot!(mistakes(&[("key: [code]", "key: [code, code, tags, cod]")]), @r"
    3 mistakes in the contracts
    contract.yaml:6: BG0707: column `code` stands twice in the key
      hint: name it once
    contract.yaml:6: BG0707: column `tags` of type `text[]` can't be in a key: arrays with the same elements may have different texts
      hint: a key needs values that can be told apart by what is written: text, numbers, dates and times, uuid, bytea, inet
    contract.yaml:6: BG0707: there is no column `cod`
      hint: did you mean `code`?
    ");
    insta::assert_snapshot!(mistakes(&[("key: [code]\n", "")]), @r"
    1 mistake in the contracts
    contract.yaml:1: BG0705: key `key` is missing
      hint: write `key: [column, …]`, the primary key, or `natural_key: { columns: […], latest_by: … }`
    ");
    insta::assert_snapshot!(mistakes(&[("key: [code]", "natural_key: { columns: [], latest_by: tags }")]), @r"
    2 mistakes in the contracts
    contract.yaml:6: BG0707: `latest_by` can't order by `tags` of type `text[]`
      hint: name a column of type timestamptz, timestamp, date, integer or bigint
    contract.yaml:6: BG0707: the key names no column
      hint: name the columns that identify a row
    ");
}

#[test]
fn settings_that_exclude_each_other() {
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: append\npartitions: 3\ntruncate: true")]), @r"
    2 mistakes in the contracts
    contract.yaml:6: BG0708: `truncate: true` needs one partition
      hint: keep one partition, or leave `truncate` out: a TRUNCATE is then met with a copy and a sweep
    contract.yaml:8: BG0708: `kind: append` has no key
      hint: remove the key, or write `kind: state`
    ");
    insta::assert_snapshot!(mistakes(&[("  seen: { type: timestamptz, class: internal", "  updated_at: { type: timestamptz, class: open")]), @r"
    1 mistake in the contracts
    contract.yaml:11: BG0708: column `updated_at` is touched by every write and can't be `open`
      hint: write `class: internal`
    ");
}

#[test]
fn rules() {
    insta::assert_snapshot!(mistakes(&[("en: Area }", "en: Area, pattern: 'a', range: 9..1 }"), ("en: Code }", "en: Code, pattern: '\\d+' }")]), @r"
    3 mistakes in the contracts
    contract.yaml:8: BG0709: `\d` in a pattern also means letters and digits of other scripts
      hint: write the characters out, as in `[0-9]`
    contract.yaml:9: BG0706: `range: 9..1` is no range
      hint: write `1..9999`, `0..`, `..100`, or `above 0..100` when 0 itself is wrong
    contract.yaml:9: BG0709: `pattern` is for texts, and this column is `numeric(9,1)`
      hint: remove it, or correct the type
    ");
    insta::assert_snapshot!(mistakes(&[("columns:", "rules:\n  - member: code\n    of: area\n  - windows: seen\n  - window: seen\n    of: gone\n    before: soon\ncolumns:")]), @r"
    5 mistakes in the contracts
    contract.yaml:9: BG0709: `of: area` is `numeric(9,1)`, and the rule needs an array of texts
      hint: name another column, or correct its type
    contract.yaml:10: BG0704: there is no rule `windows`
      hint: did you mean `window`?
    contract.yaml:11: BG0705: key `after` is missing
      hint: write how far, as in `after: 5m`
    contract.yaml:12: BG0709: there is no column `gone`
      hint: list it under `columns` first
    contract.yaml:13: BG0706: `before: soon` is no span of time
      hint: write `30s`, `5m`, `1h` or `90d`
    ");
    insta::assert_snapshot!(mistakes(&[("en: Code }", "en: Code, code_list: communes, format: phone }")]), @r"
    2 mistakes in the contracts
    contract.yaml:8: BG0710: there is no code list `communes`
      hint: add it to `code-lists/communes.csv`
    contract.yaml:8: BG0710: there is no format `phone`
      hint: add it to `formats.yaml`
    ");
}

#[test]
fn personal_text() {
    insta::assert_snapshot!(mistakes(&[("en: Code }", "en: 'Code, as in 004185999904' }")]), @r"
    1 mistake in the contracts
    contract.yaml:8: BG0713: a label or description holds what looks like a personal number, phone number or address
      hint: describe the form instead, as in `12 digits`
    ");
}

#[test]
fn limits() {
    let columns = (0..501).fold(String::new(), |columns, i| {
        columns + "  c" + &i.to_string() + ": { type: text, class: open, vi: a, en: a }\n"
    });
    insta::assert_snapshot!(mistakes(&[("  area:", &format!("{columns}  area:"))]), @r"
    1 mistake in the contracts
    contract.yaml:8: BG0714: more than 500 columns
      hint: split the table into datasets
    ");
    let large = format!("{GOOD}# {}", "x".repeat(1 << 20));
    insta::assert_snapshot!(Contract::from_yaml(&large).unwrap_err().to_string(), @r"
    1 mistake in the contracts
    contract.yaml: BG0714: the file is larger than 1048576 bytes
      hint: a contract describes rows, it doesn't hold them
    ");
}

#[test]
fn every_mistake_of_every_file_at_once() {
    let twin = GOOD.replace("owner: so-a", "owner: so-b\npartition: 2");
    let folder = Folder::with(
        "all",
        &[
            ("so-a/parcel.yaml", GOOD),
            ("so-a/other.yaml", GOOD),
            ("so-a/notes.txt", ""),
            ("so-b/parcel.yaml", &twin),
            ("code-lists/communes.csv", "code,name\n01,A\n01,B\n,C\n02\n"),
            ("formats.yaml", "phone: '['\n"),
        ],
    );
    insta::assert_snapshot!(folder.mistakes(), @r"
    9 mistakes in the contracts
    code-lists/communes.csv:3: BG0710: code `01` stands twice
      hint: keep one of the two lines
    code-lists/communes.csv:4: BG0710: the code is empty or has blanks around it
      hint: write the code alone in the first field
    code-lists/communes.csv:5: BG0710: 1 fields, but the first line names 2
      hint: put a field that holds a comma in quotes
    formats.yaml:1: BG0710: the pattern is no regular expression
      hint: check its brackets and parentheses
    so-a/notes.txt: BG0703: is neither a contract nor one of its Avro files
      hint: name contracts `<dataset>.yaml`, or move the file away
    so-a/other.yaml:1: BG0703: dataset `parcel` is in a file of another name
      hint: name the file `parcel.yaml`
    so-a/parcel.yaml:1: BG0711: dataset `parcel` has a contract already, `so-a/other.yaml`
      hint: an id names one dataset, whoever owns it: choose another
    so-a/parcel.yaml:5: BG0711: table `dept.parcel` of source `so-a` is in contract `so-a/other.yaml` already
      hint: a table feeds one dataset: correct the table, or remove one contract
    so-b/parcel.yaml:3: BG0704: unknown key `partition` in the contract
      hint: did you mean `partitions`?
    ");
}

#[test]
fn a_folder_without_contracts_is_no_catalogue() {
    let missing = Catalogue::read(Path::new("/nonexistent/contracts")).unwrap_err();
    insta::assert_snapshot!(missing.to_string(), @r"
    1 mistake in the contracts
    BG0701: the folder `/nonexistent/contracts` can't be read: entity not found
      hint: check `contracts` in the configuration, and the folder's access rights
    ");
}

#[test]
fn avro_files_out_of_step_are_named_and_written() {
    let folder = Folder::with(
        "avro",
        &[
            ("so-a/parcel.yaml", GOOD),
            ("so-a/parcel.key.avsc", "{}"),
            ("so-a/gone.value.avsc", "{}"),
        ],
    );
    let catalogue = Catalogue::read(&folder.0).unwrap();
    insta::assert_snapshot!(avro_files::check(&folder.0, &catalogue).unwrap_err().to_string(), @r"
    3 mistakes in the contracts
    so-a/gone.value.avsc: BG0712: belongs to no contract
      hint: run `bangioc contract avro --write`, and read the difference: readers depend on it
    so-a/parcel.key.avsc: BG0712: is not what the contract says
      hint: run `bangioc contract avro --write`, and read the difference: readers depend on it
    so-a/parcel.value.avsc: BG0712: is missing
      hint: run `bangioc contract avro --write`, and read the difference: readers depend on it
    ");
    assert_eq!(avro_files::write(&folder.0, &catalogue).unwrap().len(), 3);
    assert_eq!(avro_files::check(&folder.0, &catalogue), Ok(()));
    assert_eq!(avro_files::write(&folder.0, &catalogue).unwrap().len(), 0);
}

#[test]
fn drafts() {
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: state\nstatus: draft")]), @r"
    1 mistake in the contracts
    contract.yaml:5: BG0705: key `draft_because` is missing
      hint: say why it is only a draft: `draft_because: { vi: …, en: … }`
    ");
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: state\ndraft_because: { vi: a, en: a }")]), @r"
    1 mistake in the contracts
    contract.yaml:5: BG0708: `draft_because`, but the contract is active
      hint: remove it, or write `status: draft`
    ");
    let draft = "dataset: parcel\nowner: so-a\nname: { vi: a, en: a }\nkind: state\nstatus: draft\ndraft_because: { vi: a, en: a }\n";
    let contract = Contract::from_yaml(draft).unwrap();
    assert!(!contract.is_active() && contract.draft_because.is_some());
}

#[test]
fn catalogue_entries() {
    insta::assert_snapshot!(mistakes(&[("kind: state", "kind: state\ncatalogue: { group: special, consumers: [so-b (all)], personal_data: none, cadence: daily, sensitivity: open }")]), @r"
    3 mistakes in the contracts
    contract.yaml:5: BG0703: `consumers: so-b (all)` holds more than lower-case letters, digits and `-`
      hint: ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most
    contract.yaml:5: BG0705: key `seed` is missing
      hint: write `seed: named`, `field-named`, `implied` or `assumed`, as in the catalogue
    contract.yaml:5: BG0706: `group` can't be `special`
      hint: write one of `specialised`, `shared-national`, `shared-provincial`, `open`
    ");
    let good = "kind: state\ncatalogue: { group: specialised, seed: implied, consumers: [so-b, citizens], personal_data: none, cadence: daily, sensitivity: open }";
    assert_eq!(mistakes(&[("kind: state", good)]), "");
}

#[test]
fn a_comma_in_a_text() {
    insta::assert_snapshot!(mistakes(&[("en: Area }", "en: Area, in m² }")]), @r"
    1 mistake in the contracts
    contract.yaml:9: BG0704: unknown key `in m²` in column `area`
      hint: a text with a comma needs quotes inside `{ }`: `vi: 'a, b'`
    ");
}

#[test]
fn rules_of_the_province() {
    insta::assert_snapshot!(mistakes(&[("en: Area }", "en: Area, multiple_of: 0, max_items: 3, letters: name }"), ("en: Code }", "en: Code, letters: all, not_script: latin, starts_with: '\\x0', max_bytes: many }")]), @r"
    7 mistakes in the contracts
    contract.yaml:8: BG0706: `letters` can't be `all`
      hint: write one of `name`
    contract.yaml:8: BG0706: `max_bytes` is not a whole number: `many`
      hint: write digits only, as in `3`
    contract.yaml:8: BG0706: `not_script` can't be `latin`
      hint: write one of `han`
    contract.yaml:8: BG0709: `starts_with` is for bytea, and this column is `varchar(9)`
      hint: remove it, or correct the type
    contract.yaml:9: BG0706: `multiple_of: 0` has no multiples
      hint: write a whole number above 0, as in `multiple_of: 1000`
    contract.yaml:9: BG0709: `letters` is for texts, and this column is `numeric(9,1)`
      hint: remove it, or correct the type
    contract.yaml:9: BG0709: `max_items` is for arrays, and this column is `numeric(9,1)`
      hint: remove it, or correct the type
    ");
    insta::assert_snapshot!(mistakes(&[("type: varchar(9)", "type: bytea"), ("key: [code]", "key: [seen]"), ("en: Code }", "en: Code, starts_with: '\\xf' }")]), @r"
    1 mistake in the contracts
    contract.yaml:8: BG0706: `starts_with: \xf` is no hexadecimal
      hint: write two digits for each octet, as in `'\xffd8ff'`, or the text itself
    ");
    let forms = "rules:\n  - form: code\n    when: { code: [a] }\n  - form: area\n    format: nothing\n    pattern: '\\d+'\n    when: { code: [a] }\n  - form: code\n    format: nothing\n    when: { code: [a] }\n  - form: code\n    pattern: '\\d+'\ncolumns:";
    insta::assert_snapshot!(mistakes(&[("columns:", forms)]), @r"
    6 mistakes in the contracts
    contract.yaml:8: BG0709: rule `form` needs `format` or `pattern`, one of the two
      hint: write `format: document_no`, a line of `formats.yaml`, or `pattern: '[0-9]{10}'`
    contract.yaml:10: BG0709: `form: area` is `numeric(9,1)`, and the rule needs a text
      hint: name another column, or correct its type
    contract.yaml:10: BG0709: rule `form` needs `format` or `pattern`, one of the two
      hint: write `format: document_no`, a line of `formats.yaml`, or `pattern: '[0-9]{10}'`
    contract.yaml:15: BG0710: there is no format `nothing`
      hint: add it to `formats.yaml`
    contract.yaml:17: BG0705: rule `form` has no `when`
      hint: say when, as in `when: { is_household: [true] }`; if always, write `format` or `pattern` at the column
    contract.yaml:18: BG0709: `\d` in a pattern also means letters and digits of other scripts
      hint: write the characters out, as in `[0-9]`
    ");
    let rules = "rules:\n  - order: [area, seen]\n  - order: [area]\n  - require: [area]\n  - limit: code\n    range: 5\n    when: { area: [1] }\n  - personal_id: code\n  - partial_date: seen\n    precision: code\n  - json_numbers: code\n    fields: { a: b }\n  - geojson: area\n    east: a..b\n  - record_date: code\n    off: seen\ncolumns:";
    insta::assert_snapshot!(mistakes(&[("columns:", rules)]), @r"
    15 mistakes in the contracts
    contract.yaml:8: BG0709: `order` compares columns of different kinds
      hint: name only numbers, only dates, only times, only timestamp or only timestamptz
    contract.yaml:9: BG0706: `order` names fewer than 2 columns
      hint: name all that it compares
    contract.yaml:10: BG0705: rule `require` has no `when`
      hint: say when, as in `when: { rank: [national] }`; if always, write `required: true` at the column
    contract.yaml:11: BG0709: `limit: code` is `varchar(9)`, and the rule needs a number
      hint: name another column, or correct its type
    contract.yaml:12: BG0706: `range: 5` is no range
      hint: write `range: 1..9999`, `0..` or `..100`
    contract.yaml:13: BG0706: column `area` can't be compared with `1`
      hint: name a column that is text, an enum, boolean, a whole number or a date
    contract.yaml:14: BG0705: rule `personal_id` has nothing to compare with
      hint: name `sex`, `birth_date` or `birth_text`; for the form alone write `format: personal_id` at the column
    contract.yaml:15: BG0709: `partial_date: seen` is `timestamptz`, and the rule needs a date
      hint: name another column, or correct its type
    contract.yaml:17: BG0709: `json_numbers: code` is `varchar(9)`, and the rule needs json or jsonb
      hint: name another column, or correct its type
    contract.yaml:18: BG0706: `a: b` is no range
      hint: write `fields: { pulse: 20..250 }`
    contract.yaml:19: BG0705: key `north` is missing
      hint: write the range, as in `north: 22.3..23.2`
    contract.yaml:19: BG0709: `geojson: area` is `numeric(9,1)`, and the rule needs json, jsonb or a text
      hint: name another column, or correct its type
    contract.yaml:20: BG0706: `east: a..b` is no range like `105.2..106.9`
      hint: write the range, as in `east: 105.2..106.9`
    contract.yaml:21: BG0705: key `of` is missing
      hint: name the column: `of: …`
    contract.yaml:22: BG0704: unknown key `off` in rule `record_date`
      hint: rule `record_date` knows: of, record_date, when
    ");
}

/// The largest schema is that of the largest contract: far below what a registry takes.
#[test]
fn a_contract_too_large_for_a_registry_is_refused() {
    let columns = |count: usize| {
        (0..count).fold(String::new(), |columns, i| {
            columns
                + &format!("  c{i}: {{ type: 'numeric(12,1)', class: internal, vi: a, en: a }}\n")
        })
    };
    let with = |count| GOOD.replace("  area:", &format!("{}  area:", columns(count)));
    let largest = Contract::from_yaml(&with(496)).unwrap();
    let schema = bangioc_schemas::avro::value_schema(&largest, "caobang.shared.so-a.parcel");
    assert!(schema.len() < 1 << 20, "{}", schema.len());
    insta::assert_snapshot!(Contract::from_yaml(&with(10_000)).unwrap_err().to_string(), @r"
    1 mistake in the contracts
    contract.yaml:8: BG0714: more than 500 columns
      hint: split the table into datasets
    ");
}

#[test]
fn names_that_can_not_stand_everywhere() {
    let (id, column) = ("a".repeat(64), "b".repeat(64));
    insta::assert_snapshot!(mistakes(&[("dataset: parcel", &format!("dataset: {id}")), ("  area:", &format!("  {column}:"))]), @r"
    2 mistakes in the contracts
    contract.yaml:1: BG0703: `dataset: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…` is longer than 48 characters
      hint: ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most
    contract.yaml:9: BG0703: column `bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb…` is longer than PostgreSQL's 63 characters
      hint: choose a name for topics and the store, and say what the source calls it: `ma_thua: { from: Mã thửa, … }`
    ");
    insta::assert_snapshot!(mistakes(&[("dataset: parcel", "dataset: parcel."), ("  area:", "  \"ar'ea\":")]), @r"
    2 mistakes in the contracts
    contract.yaml:1: BG0703: `dataset: parcel.` holds more than lower-case letters, digits and `-`
      hint: ids are lower-case letters, digits and single `-`, begin with a letter, 48 characters at most
    contract.yaml:9: BG0703: column `ar'ea` holds more than lower-case letters, digits and `_`
      hint: choose a name for topics and the store, and say what the source calls it: `ma_thua: { from: Mã thửa, … }`
    ");
}
