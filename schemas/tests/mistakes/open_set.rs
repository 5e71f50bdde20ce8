//! Mistakes in the file of an open set, and between it and the contracts that it is made from.

use super::folder::Folder;
use super::open::OPEN;
use super::{GOOD, replaced};

const OPEN_SET: &str = "\
dataset: open-site
owner: so-k
name: { vi: Điểm mở, en: Open sites }
publish:
  every: 1d
  licence: CC-BY-4.0
  keywords: { vi: [điểm], en: [sites] }
  resources:
    - { dataset: site, title: { vi: Điểm, en: Sites } }
";

/// Mistakes of a folder with two contracts and an open set after replacing some text.
fn mistakes(name: &str, replacements: &[(&str, &str)]) -> String {
    let text = replaced(OPEN_SET, replacements);
    let files = [
        ("so-a/site.yaml", OPEN),
        ("so-a/parcel.yaml", GOOD),
        ("so-k/open-site.yaml", text.as_str()),
    ];
    Folder::with(name, &files).mistakes()
}

#[test]
fn the_good_one_is_good() {
    assert_eq!(mistakes("set", &[]), "");
}

#[test]
fn keys_and_values() {
    insta::assert_snapshot!(mistakes("set-keys", &[("every: 1d", "every: 1s"), ("CC-BY-4.0", "CC BY 4.0"), ("keywords: { vi", "keywords: { fr: [lieux], vi"), ("name: {", "kind: state\nname: {")]), @r"
    4 mistakes in the contracts
    so-k/open-site.yaml:3: BG0704: unknown key `kind` in an open set
      hint: an open set knows: about, catalogue, dataset, legal, name, owner, publish
    so-k/open-site.yaml:6: BG0706: `every: 1s` is no time between 1 minute and 366 days
      hint: write `15m`, `1h` or `1d`
    so-k/open-site.yaml:7: BG0706: `licence: CC BY 4.0` is no SPDX identifier
      hint: write its short name, as in `CC-BY-4.0`
    so-k/open-site.yaml:8: BG0704: unknown key `fr` in `keywords`
      hint: `keywords` knows: en, vi
    ");
    insta::assert_snapshot!(mistakes("set-empty", &[("    - { dataset: site, title: { vi: Điểm, en: Sites } }\n", ""), ("resources:", "resources: []")]), @r"
    1 mistake in the contracts
    so-k/open-site.yaml:8: BG0706: `resources` lists nothing
      hint: name what is published: `resources:` and below it `- { dataset: …, title: { vi: …, en: … } }`
    ");
}

#[test]
fn resources_of_what_is_not_public() {
    insta::assert_snapshot!(mistakes("set-of", &[("    - { dataset: site,", "    - { dataset: parcel, title: { vi: a, en: a } }\n    - { dataset: sites, title: { vi: a, en: a } }\n    - { dataset: site, name: site, title: { vi: a, en: a } }\n    - { dataset: site,")]), @r"
    1 mistake in the contracts
    so-k/open-site.yaml:12: BG0711: two resources are called `site`
      hint: give one a `name` of its own: files are called after it
    ");
    insta::assert_snapshot!(mistakes("set-twice", &[("    - { dataset: site,", "    - { dataset: parcel, title: { vi: a, en: a } }\n    - { dataset: sites, title: { vi: a, en: a } }\n    - { dataset: site,")]), @r"
    2 mistakes in the contracts
    so-k/open-site.yaml:9: BG0708: nothing of dataset `parcel` is public
      hint: give its contract an `open` section, or remove the resource
    so-k/open-site.yaml:10: BG0706: there is no dataset `sites`
      hint: name a dataset that has a contract: `bangioc contract list`
    ");
}

#[test]
fn hourly_means() {
    let of = |mean: &str| format!("title: {{ vi: a, en: a }}, hourly_mean: {{ {mean} }} }}");
    let given = "title: { vi: Điểm, en: Sites } }";
    insta::assert_snapshot!(mistakes("set-mean", &[(given, &of("value: lon, at: code, by: [state], expected: 0, at_least: 75, where: { lon: [5], code: [a] }"))]), @r"
    2 mistakes in the contracts
    so-k/open-site.yaml:9: BG0706: `at_least: 75` is no share above 0 and up to 1
      hint: say which share of the samples makes a mean, as in `at_least: 0.75`
    so-k/open-site.yaml:9: BG0706: `expected: 0` leaves no hour to average
      hint: say how many samples a full hour has, as in `expected: 12`
    ");
    insta::assert_snapshot!(mistakes("set-mean-of", &[(given, &of("value: geometry, at: code, by: [state], expected: 12, at_least: 0.75, where: { lon: [5], code: [a] }"))]), @r"
    4 mistakes in the contracts
    so-k/open-site.yaml:9: BG0706: column `lon` can't be compared with `5`
      hint: name a column that is text, an enum, boolean, a whole number or a date
    so-k/open-site.yaml:9: BG0706: the open side of `site` has no column `code` that is a timestamptz
      hint: name one of its open columns
    so-k/open-site.yaml:9: BG0706: the open side of `site` has no column `geometry` that is a number
      hint: name one of its open columns
    so-k/open-site.yaml:9: BG0706: the open side of `site` has no column `state`
      hint: name one of its open columns
    ");
}

#[test]
fn limits_of_an_hourly_mean() {
    let given = "title: { vi: Điểm, en: Sites } }";
    let of = |list: &str, limits: &str| {
        let mean = format!(
            "title: {{ vi: a, en: a }} }}\n    - {{ dataset: site, name: mean, title: {{ vi: a, en: a }}, hourly_mean: {{ value: lon, at: code, by: [code], expected: 12, at_least: 0.75, limits: {{ {limits} }} }} }}"
        );
        let set = replaced(OPEN_SET, &[(given, mean.as_str())]);
        Folder::with(
            "set-limits",
            &[
                ("so-a/site.yaml", OPEN),
                ("so-k/open-site.yaml", set.as_str()),
                ("code-lists/limits.csv", list),
            ],
        )
        .mistakes()
    };
    insta::assert_snapshot!(of("code,hourly_limit,limit_units\nSO2,350,ug/Nm3\n", "parameter: code, unit: lon, list: limits"), @r"
    3 mistakes in the contracts
    so-k/open-site.yaml:10: BG0706: the open side of `site` has no column `code` that is a timestamptz
      hint: name one of its open columns
    so-k/open-site.yaml:10: BG0706: the open side of `site` has no column `lon` that is a text
      hint: name one of its open columns
    so-k/open-site.yaml:10: BG0708: `limits` names `lon`, which is not in `by`
      hint: add it to `by`: a limit is for one parameter in one unit
    ");
    insta::assert_snapshot!(of("code,name\nSO2,x\n", "parameter: code, unit: code, list: limits"), @r"
    1 mistake in the contracts
    so-k/open-site.yaml:10: BG0710: code list `limits` has no columns `hourly_limit` and `limit_units`
      hint: write columns `hourly_limit` and `limit_units` in the list, as in `SO2,350,ug/Nm3|µg/Nm3`
    ");
    insta::assert_snapshot!(of("code,hourly_limit,limit_units\nSO2,-350,ug/Nm3\n", "parameter: code, unit: code, list: limits"), @r"
    1 mistake in the contracts
    so-k/open-site.yaml:10: BG0710: code list `limits` gives `SO2` the limit `-350` in `ug/Nm3`
      hint: write a number and its units, or leave both empty
    ");
    insta::assert_snapshot!(of("code,hourly_limit,limit_units\nSO2,350,\n", "parameter: code, unit: code, list: limits"), @r"
    1 mistake in the contracts
    so-k/open-site.yaml:10: BG0710: code list `limits` gives `SO2` the limit `350` in ``
      hint: write a number and its units, or leave both empty
    ");
    insta::assert_snapshot!(of("code,hourly_limit,limit_units\nSO2,350,ug/Nm3\n", "parameter: code, unit: code, list: other"), @r"
    1 mistake in the contracts
    so-k/open-site.yaml:10: BG0710: there is no code list `other`
      hint: add `code-lists/other.csv`
    ");
    insta::assert_snapshot!(of("code,hourly_limit,limit_units\nSO2,350,ug/Nm3\n", "parameter: code, unit: code, list: limits, only: { dataset: parcel, by: code, where: { code: [a] } }"), @r"
    2 mistakes in the contracts
    so-k/open-site.yaml:10: BG0706: the open side of `site` has no column `code` that is a timestamptz
      hint: name one of its open columns
    so-k/open-site.yaml:10: BG0708: `only` names `parcel`, of which the set has no rows
      hint: add it to `resources`: who reads the flag must see where it holds
    ");
    insta::assert_snapshot!(of("code,hourly_limit,limit_units\nSO2,350,ug/Nm3\n", "parameter: code, unit: code, list: limits, only: { dataset: site, by: lon, where: { state: [issued] } }"), @r"
    3 mistakes in the contracts
    so-k/open-site.yaml:10: BG0706: the open side of `site` has no column `code` that is a timestamptz
      hint: name one of its open columns
    so-k/open-site.yaml:10: BG0706: the open side of `site` has no column `state`
      hint: name one of its open columns
    so-k/open-site.yaml:10: BG0708: `only` can't find rows of `site` by `lon`
      hint: name its key, a single column, and have it in `by` of the mean too
    ");
}

#[test]
fn a_resource_of_a_file_with_mistakes_is_none_of_its_own() {
    let other =
        OPEN_SET.replace("dataset: site", "dataset: gone").replace("open-site", "open-other");
    let folder = Folder::with(
        "set-unread",
        &[
            ("so-a/site.yaml", &OPEN.replace("kind: state", "kind: stat")),
            ("so-k/open-site.yaml", OPEN_SET),
            ("so-k/open-other.yaml", &other),
        ],
    );
    insta::assert_snapshot!(folder.mistakes(), @r"
    2 mistakes in the contracts
    so-a/site.yaml:4: BG0706: `kind` can't be `stat`
      hint: write one of `state`, `append`
    so-k/open-other.yaml:9: BG0706: there is no dataset `gone`
      hint: name a dataset that has a contract: `bangioc contract list`
    ");
}

/// Two files can't make one topic, `<owner>.<dataset>`: an id is claimed once, whoever owns it.
#[test]
fn one_id_one_file() {
    let folder = Folder::with(
        "twins",
        &[
            ("so-a/site.yaml", OPEN),
            ("so-b/site.yaml", &OPEN.replace("owner: so-a", "owner: so-b")),
            ("so-k/parcel.yaml", &OPEN_SET.replace("open-site", "parcel")),
            ("so-a/parcel.yaml", GOOD),
        ],
    );
    insta::assert_snapshot!(folder.mistakes(), @r"
    2 mistakes in the contracts
    so-b/site.yaml:1: BG0711: dataset `site` has a contract already, `so-a/site.yaml`
      hint: an id names one dataset, whoever owns it: choose another
    so-k/parcel.yaml:1: BG0711: dataset `parcel` has a contract already, `so-a/parcel.yaml`
      hint: an id names one dataset, whoever owns it: choose another
    ");
}
