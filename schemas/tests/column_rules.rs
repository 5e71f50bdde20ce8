//! Each rule of a column that came with the province's datasets, on values that keep it and that break it.

#![expect(clippy::unwrap_used, reason = "a helper of tests may fail loudly")]

use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Cell, RowBuf};
use bangioc_schemas::rules::RuleCode::{
    self, CodeList, Format, Range, Required, Secret, TooBig, Unicode,
};

fn contract(kind: &str, rule: &str) -> Contract {
    let text = format!(
        "dataset: made-up\nowner: so-a\nname: {{ vi: a, en: a }}\nkind: state\nsource: {{ table: dept.made_up }}\nkey: [id]\ncolumns:\n  id: {{ type: integer, class: internal, vi: a, en: a }}\n  need: {{ type: text, class: internal, vi: a, en: a, required: true }}\n  value: {{ type: '{kind}', class: internal, vi: a, en: a, {rule} }}\n"
    );
    Contract::from_yaml(&text).unwrap()
}

fn judge(contract: &Contract, need: Cell<'_>, value: &str) -> Option<RuleCode> {
    let row: RowBuf = [Cell::Text("1"), need, Cell::Text(value)].into_iter().collect();
    contract.rules.check(row.row(), 0).err().map(|breach| breach.code)
}

fn check(kind: &str, rule: &str, good: &[&str], bad: &[&str], code: RuleCode) {
    let made = contract(kind, rule);
    for value in good {
        assert_eq!(judge(&made, Cell::Text("x"), value), None, "{rule}: {value}");
    }
    for value in bad {
        assert_eq!(judge(&made, Cell::Text("x"), value), Some(code), "{rule}: {value}");
    }
}

#[test]
fn numbers() {
    check(
        "numeric(18,0)",
        "multiple_of: 1000",
        &["35000000", "0", "-1000"],
        &["35000500", "NaN"],
        Range,
    );
    check(
        "double precision",
        "multiple_of: 5",
        &["1e+20", "15"],
        &["1e-05", "Infinity", "7"],
        Range,
    );
    check("smallint", "values: [1, 2, 3]", &["1", "3"], &["0", "4"], CodeList);
    check("integer[]", "values: [1, 14]", &["{1,14}", "{}", "{NULL}"], &["{1,2}"], CodeList);
}

#[test]
fn texts() {
    check(
        "text",
        "no_markup: true",
        &["cao < 100 m", "a<3"],
        &["Thác <script>alert(1)</script>", "</b>", "<!--"],
        Format,
    );
    check(
        "varchar(100)",
        "letters: name",
        &["NÔNG HOA", "H'Mông Thị-Sao"],
        &["Hoa 2", "Hoa_", ""],
        Format,
    );
    check("text", "not_script: han", &["Bản Giốc"], &["板约瀑布", "Bản Giốc 板约"], Unicode);
    check("text", "max_bytes: 6", &["sáu", "abcdef"], &["abcdefg", "Đàm T"], TooBig);
}

#[test]
fn octets_and_arrays() {
    check(
        "bytea",
        "starts_with: '\\xffd8ff'",
        &["\\xffd8ffe000", "\\xFFD8FF"],
        &["\\xffd8", "\\x89504e47", "\\x"],
        Format,
    );
    check("bytea", "max_bytes: 3", &["\\x", "\\x010203"], &["\\x01020304"], TooBig);
    check(
        "text[]",
        "max_items: 2",
        &["{}", "{a,b}", "{NULL,a}"],
        &["{a,b,c}", "{NULL,NULL,NULL}"],
        TooBig,
    );
    check("text[]", "pattern: '[A-Z]{2}'", &["{TH,MN}", "{NULL}"], &["{TH,x}"], Format);
    check("char(2)[]", "values: [a, bc]", &["{\"a \",bc}"], &["{b}"], CodeList);
}

#[test]
fn a_credential_makes_the_row_secret_whatever_else_is_wrong_with_it() {
    let url = "rtsp://admin:123@10.9.8.7/";
    check("text", "no_credentials: true", &["rtsp://10.9.8.7/"], &[url], Secret);
    let made = contract("text", "no_credentials: true, max_chars: 5");
    assert_eq!(judge(&made, Cell::Null, url), Some(Secret));
    assert_eq!(judge(&made, Cell::Null, "rtsp://10.9.8.7/"), Some(Required));
    assert_eq!(judge(&made, Cell::Text("Ð"), url), Some(Secret));
}
