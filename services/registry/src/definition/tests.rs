use super::*;

fn canonical(text: &str) -> String {
    Definition::read(text, Form::Canonical).unwrap().text().to_string()
}

fn fault(text: &str) -> Fault {
    Definition::read(text, Form::Canonical).unwrap_err()
}

/// Right-hand sides are what `Schema.toString()` of Avro 1.12.1 for Java printed.
#[test]
fn canonical_text_is_java_s() {
    let cases = [
        (r#" "string" "#, r#""string""#),
        (r#"{"type": "string"}"#, r#""string""#),
        (r#"{"logicalType": "date", "type": "int"}"#, r#"{"type":"int","logicalType":"date"}"#),
        (r#"{"items": {"type":"long"}, "type": "array"}"#, r#"{"type":"array","items":"long"}"#),
        (
            r#"["null", {"type": "map", "values": "bytes", "x": 1}]"#,
            r#"["null",{"type":"map","values":"bytes","x":1}]"#,
        ),
        (
            r#"{"fields": [{"type": "int", "name": "a", "default": 1, "doc": "d", "order": "ascending", "x": [2], "aliases": ["b"]}],
                "aliases": ["Old", "o.Older"], "doc": "text", "p": {"b": 1, "a": 2}, "namespace": "n.s", "name": "R", "type": "record"}"#,
            r#"{"type":"record","name":"R","namespace":"n.s","doc":"text","fields":[{"name":"a","type":"int","doc":"d","default":1,"aliases":["b"],"x":[2]}],"p":{"b":1,"a":2},"aliases":["Old","o.Older"]}"#,
        ),
        (
            r#"{"type":"record","name":"n.R","fields":[
                {"name":"a","type":{"type":"fixed","namespace":"n","name":"F","size":4}},
                {"name":"b","type":["null","n.F","R"]},
                {"name":"c","type":{"type":"enum","name":"m.E","symbols":["X","Y"],"default":"X"},"order":"ignore"},
                {"name":"d","type":{"type":"array","items":"m.E"}}]}"#,
            r#"{"type":"record","name":"R","namespace":"n","fields":[{"name":"a","type":{"type":"fixed","name":"F","size":4}},{"name":"b","type":["null","F","R"]},{"name":"c","type":{"type":"enum","name":"E","namespace":"m","symbols":["X","Y"],"default":"X"},"order":"ignore"},{"name":"d","type":{"type":"array","items":"m.E"}}]}"#,
        ),
    ];
    for (given, wanted) in cases {
        assert_eq!(canonical(given), wanted);
        assert_eq!(canonical(wanted), wanted, "writing it again changes nothing");
        let (before, after) = (
            apache_avro::Schema::parse_str(given).unwrap(),
            apache_avro::Schema::parse_str(wanted).unwrap(),
        );
        assert_eq!(
            before.canonical_form(),
            after.canonical_form(),
            "another implementation sees one schema"
        );
    }
}

#[test]
fn normalized_text_forgets_the_order_of_annotations() {
    let read = |text| Definition::read(text, Form::Normalized).unwrap().text().to_string();
    let (one, other) = (r#"{"type":"int","b":1,"a":2}"#, r#"{"type":"int","a":2,"b":1}"#);
    assert_eq!(read(one), read(other));
    assert_ne!(canonical(one), canonical(other));
}

#[test]
fn what_is_no_schema_is_refused() {
    let record = |fields: &str| format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#);
    let with_default = |of: &str, default: &str| {
        record(&format!(r#"{{"name":"a","type":{of},"default":{default}}}"#))
    };
    for text in [
        "",
        "string",
        "7",
        r#""strin""#,
        r#"{"name":"R"}"#,
        r#"{"type":"record","name":"R"}"#,
        r#"{"type":"record","name":"1R","fields":[]}"#,
        r#"{"type":"record","name":"int","fields":[]}"#,
        r#"{"type":"array"}"#,
        r#"{"type":"fixed","name":"F","size":-1}"#,
        r#"{"type":"enum","name":"E","symbols":["A","A"]}"#,
        r#"{"type":"enum","name":"E","symbols":["A-B"]}"#,
        r#"{"type":"enum","name":"E","symbols":["A"],"default":"B"}"#,
        r#"["int","int"]"#,
        r#"["null",["int"]]"#,
        r#"[{"type":"fixed","name":"F","size":1},{"type":"fixed","name":"F","size":1}]"#,
        &record(r#"{"name":"a","type":"int"},{"name":"a","type":"int"}"#),
        &record(
            r#"{"name":"a","type":"Later"},{"name":"b","type":{"type":"fixed","name":"Later","size":1}}"#,
        ),
        &record(r#"{"name":"a","type":"int","order":"up"}"#),
        &with_default(r#""int""#, r#""x""#),
        &with_default(r#""int""#, "2147483648"),
        &with_default(r#""int""#, "1.5"),
        &with_default(r#"["null","int"]"#, "true"),
        &with_default(r#"{"type":"array","items":"int"}"#, "[1,null]"),
        &with_default(r#"{"type":"record","name":"S","fields":[{"name":"x","type":"int"}]}"#, "{}"),
    ] {
        assert!(matches!(fault(text), Fault::NotJson(_) | Fault::Invalid(_)), "{text}");
    }
    for text in [
        with_default(r#""double""#, "1"),
        with_default(r#"["null","int"]"#, "1"),
        with_default(r#"["null","R"]"#, "null"),
        with_default(
            r#"{"type":"record","name":"S","fields":[{"name":"x","type":"int","default":3}]}"#,
            "{}",
        ),
        with_default(r#"{"type":"map","values":"R"}"#, "{}"),
    ] {
        canonical(&text);
    }
}

/// Each aims at a reader that recurses, or whose work multiplies.
#[test]
fn hostile_schemas_cost_little() {
    let start = std::time::Instant::now();
    assert_eq!(fault(&format!("\"{}\"", "a".repeat(LONGEST_TEXT))), Fault::TooLong);
    assert_eq!(fault(&"[".repeat(100_000)), Fault::TooDeep);
    assert_eq!(fault(&r#"{"type":"array","items":"#.repeat(40_000)), Fault::TooDeep);

    // Brackets in texts do not nest.
    canonical(&format!(r#"{{"type":"int","doc":"{}\"{{"}}"#, "[".repeat(1_000)));

    let fields: Vec<String> =
        (0..=MOST_FIELDS).map(|at| format!(r#"{{"name":"f{at}","type":"int"}}"#)).collect();
    assert_eq!(
        fault(&format!(r#"{{"type":"record","name":"R","fields":[{}]}}"#, fields.join(","))),
        Fault::TooMany
    );

    let types: Vec<String> = (0..=MOST_NAMED_TYPES)
        .map(|at| format!(r#"{{"type":"fixed","name":"F{at}","size":1}}"#))
        .collect();
    assert_eq!(fault(&format!("[{}]", types.join(","))), Fault::TooMany);

    // Each record's default doubles the work of the one before.
    canonical(&doubling(500));

    // A value that fits no branch, in a union whose branches all lead back to it.
    let branches: Vec<String> = (0..10)
        .map(|at| format!(r#"{{"type":"record","name":"R{at}","fields":[{{"name":"a","type":["null",{{"type":"array","items":"Top"}}]}}]}}"#))
        .collect();
    let value = format!("{}true{}", r#"{"a":[{"u":"#.repeat(12), "}]}".repeat(12));
    let text = format!(
        r#"{{"type":"record","name":"Top","fields":[{{"name":"u","type":[{}],"default":{value}}}]}}"#,
        branches.join(",")
    );
    assert_eq!(fault(&text), Fault::DefaultsTooComplex);

    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

/// A list of records, each with two fields of the one before and `{}` as their default.
pub(crate) fn doubling(records: usize) -> String {
    let mut list = vec![
        r#"{"type":"record","name":"R0","fields":[{"name":"x","type":"int","default":0}]}"#
            .to_owned(),
    ];
    for at in 1..records {
        let before = at - 1;
        list.push(format!(
            r#"{{"type":"record","name":"R{at}","fields":[{{"name":"a","type":"R{before}","default":{{}}}},{{"name":"b","type":"R{before}","default":{{}}}}]}}"#
        ));
    }
    format!("[{}]", list.join(","))
}
