use super::*;
use crate::definition::Form;
use crate::definition::tests::doubling;

fn read(text: &str) -> Definition {
    Definition::read(text, Form::Canonical).unwrap()
}

fn kinds(reader: &str, writer: &str) -> Vec<IncompatibilityKind> {
    differences(&read(reader), &read(writer)).iter().map(|found| found.kind).collect()
}

fn record(fields: &str) -> String {
    format!(r#"{{"type":"record","name":"R","fields":[{fields}]}}"#)
}

/// Reader, writer, reasons. Verdicts are those of `SchemaCompatibility` in Avro 1.12.1 for Java.
#[test]
fn who_can_read_whom() {
    use IncompatibilityKind::*;
    let a = r#"{"name":"a","type":"int"}"#;
    let b = r#"{"name":"b","type":"int"}"#;
    let b_default = r#"{"name":"b","type":"int","default":0}"#;
    let e = |symbols: &str, more: &str| {
        format!(r#"{{"type":"enum","name":"E","symbols":{symbols}{more}}}"#)
    };
    let decimal = |scale: u8| {
        format!(r#"{{"type":"bytes","logicalType":"decimal","precision":9,"scale":{scale}}}"#)
    };
    let list = |next: &str| {
        format!(
            r#"{{"type":"record","name":"List","fields":[{{"name":"v","type":"int"}},{{"name":"next","type":{next}}}]}}"#
        )
    };
    // The envelope's shape: a type defined at its first use and referred to at the second.
    let twice = |first: &str, second: &str| {
        record(&format!(r#"{{"name":"before","type":{first}}},{{"name":"after","type":{second}}}"#))
    };
    let row = r#"{"type":"record","name":"Row","fields":[{"name":"x","type":"int"}]}"#;
    let cases: Vec<(String, String, Vec<IncompatibilityKind>)> = vec![
        (r#""int""#.into(), r#""int""#.into(), vec![]),
        (r#""long""#.into(), r#""int""#.into(), vec![]),
        (r#""double""#.into(), r#""long""#.into(), vec![]),
        (r#""int""#.into(), r#""long""#.into(), vec![TypeMismatch]),
        (r#""float""#.into(), r#""double""#.into(), vec![TypeMismatch]),
        (r#""string""#.into(), r#""bytes""#.into(), vec![]),
        (r#""bytes""#.into(), r#""string""#.into(), vec![]),
        (r#""string""#.into(), r#""int""#.into(), vec![TypeMismatch]),
        // Logical types do not count; apache-avro refuses the scale.
        (
            r#"{"type":"long","logicalType":"timestamp-micros"}"#.into(),
            r#"{"type":"int","logicalType":"date"}"#.into(),
            vec![],
        ),
        (decimal(2), decimal(3), vec![]),
        (record(&format!("{a},{b}")), record(a), vec![ReaderFieldMissingDefaultValue]),
        (record(&format!("{a},{b_default}")), record(a), vec![]),
        (record(a), record(&format!("{a},{b}")), vec![]),
        (record(r#"{"name":"c","aliases":["b"],"type":"long"}"#), record(b), vec![]),
        (record(a), record(r#"{"name":"a","type":"string"}"#), vec![TypeMismatch]),
        (record(a), record(r#"{"name":"a","type":["null","int"]}"#), vec![TypeMismatch]),
        (record(r#"{"name":"a","type":["null","int"]}"#), record(a), vec![]),
        (r#"["null","int"]"#.into(), r#"["int","string"]"#.into(), vec![MissingUnionBranch]),
        (r#"["null","string","int"]"#.into(), r#"["int","null"]"#.into(), vec![]),
        (r#""int""#.into(), r#"["int"]"#.into(), vec![]),
        (r#"["int"]"#.into(), "[]".into(), vec![]),
        (e(r#"["A","B"]"#, ""), e(r#"["A","B","C"]"#, ""), vec![MissingEnumSymbols]),
        (e(r#"["A","B"]"#, r#","default":"A""#), e(r#"["A","B","C"]"#, ""), vec![]),
        (e(r#"["A","B","C"]"#, ""), e(r#"["A"]"#, ""), vec![]),
        (
            r#"{"type":"fixed","name":"F","size":8}"#.into(),
            r#"{"type":"fixed","name":"F","size":9}"#.into(),
            vec![FixedSizeMismatch],
        ),
        (
            r#"{"type":"fixed","name":"F","size":8}"#.into(),
            r#"{"type":"fixed","name":"G","size":8}"#.into(),
            vec![NameMismatch],
        ),
        // Namespaces do not count, aliases of names do.
        (
            r#"{"type":"fixed","name":"n.F","size":8}"#.into(),
            r#"{"type":"fixed","name":"m.F","size":8}"#.into(),
            vec![],
        ),
        (
            r#"{"type":"fixed","name":"F","aliases":["m.G"],"size":8}"#.into(),
            r#"{"type":"fixed","name":"m.G","size":8}"#.into(),
            vec![],
        ),
        (
            r#"{"type":"map","values":"long"}"#.into(),
            r#"{"type":"map","values":"int"}"#.into(),
            vec![],
        ),
        (
            r#"{"type":"map","values":"int"}"#.into(),
            r#"{"type":"array","items":"int"}"#.into(),
            vec![TypeMismatch],
        ),
        (list(r#"["null","List"]"#), list(r#"["null","List"]"#), vec![]),
        (list(r#"["null","List"]"#), list(r#"["List","null","int"]"#), vec![MissingUnionBranch]),
        // apache-avro finds a record and a reference to it incompatible.
        (
            twice(&format!(r#"["null",{row}]"#), r#"["null","Row"]"#),
            record(&format!(
                r#"{{"name":"after","type":["null",{row}]}},{{"name":"before","type":["null","Row"]}}"#
            )),
            vec![],
        ),
    ];
    for (reader, writer, wanted) in cases {
        assert_eq!(kinds(&reader, &writer), wanted, "{reader} reading {writer}");
    }
}

/// The pair (R, R) is first compared for a union, where another branch fits, and then where none else does.
#[test]
fn what_did_not_matter_in_a_union_matters_elsewhere() {
    let reader = record(
        r#"{"name":"u","type":[{"type":"array","items":{"type":"map","values":"int"}},{"type":"record","name":"S","fields":[{"name":"x","type":"int"}]}]},{"name":"s","type":"S"}"#,
    );
    let writer = record(
        r#"{"name":"u","type":["null",{"type":"record","name":"S","fields":[]}]},{"name":"s","type":"S"}"#,
    );
    let found = kinds(&reader, &writer);
    assert!(
        found.contains(&IncompatibilityKind::ReaderFieldMissingDefaultValue)
            && found.contains(&IncompatibilityKind::MissingUnionBranch),
        "{found:?}"
    );
    let fits = record(
        r#"{"name":"u","type":[{"type":"record","name":"n.S","fields":[{"name":"x","type":"int"}]},{"type":"record","name":"m.S","fields":[]}]},{"name":"s","type":"n.S"}"#,
    );
    let wrote = record(
        r#"{"name":"u","type":{"type":"record","name":"S","fields":[]}},{"name":"s","type":"S"}"#,
    );
    assert_eq!(kinds(&fits, &wrote), [IncompatibilityKind::ReaderFieldMissingDefaultValue]);
}

#[test]
fn levels_look_at_the_right_versions_in_the_right_direction() {
    let v1 = record(r#"{"name":"a","type":"int"}"#);
    let v2 = record(r#"{"name":"a","type":"int"},{"name":"b","type":"int","default":0}"#);
    // Reads what v2 wrote, not what v1 wrote; readable by neither side's default for b.
    let needs_b = record(r#"{"name":"a","type":"int"},{"name":"b","type":"int"}"#);
    let no_a = record(r#"{"name":"b","type":"int","default":0}"#);
    let passes = |new: &str, level: &str| {
        let before = [(1, read(&v1)), (2, read(&v2))];
        check(&read(new), &before, level.parse().unwrap()).is_empty()
    };
    let table = [
        // level, needs_b, no_a, v1 again
        ("NONE", true, true, true),
        ("BACKWARD", true, true, true),
        ("BACKWARD_TRANSITIVE", false, true, true),
        ("FORWARD", true, false, true),
        ("FORWARD_TRANSITIVE", true, false, true),
        ("FULL", true, false, true),
        ("FULL_TRANSITIVE", false, false, true),
    ];
    for (level, wanted_needs_b, wanted_no_a, wanted_v1) in table {
        assert_eq!(
            (passes(&needs_b, level), passes(&no_a, level), passes(&v1, level)),
            (wanted_needs_b, wanted_no_a, wanted_v1),
            "{level}"
        );
    }
}

#[test]
fn the_reason_is_told_in_confluent_s_words() {
    let old = record(r#"{"name":"a","type":"int"}"#);
    let new = record(r#"{"name":"a","type":"int"},{"name":"b","type":"int"}"#);
    let messages = check(&read(&new), &[(4, read(&old))], Level::Backward);
    assert_eq!(
        messages[0],
        "{errorType:'READER_FIELD_MISSING_DEFAULT_VALUE', description:'The field 'b' at path '/fields/1' in the new schema has no default value and is missing in the old schema', additionalInfo:'b'}"
    );
    assert_eq!(
        messages[1..],
        [
            "{oldSchemaVersion: 4}".to_owned(),
            format!("{{oldSchema: '{old}'}}"),
            "{compatibility: 'BACKWARD'}".to_owned()
        ]
    );
}

#[test]
fn a_long_chain_of_records_is_no_stack_and_no_eternity() {
    let start = std::time::Instant::now();
    let chain = read(&doubling(200));
    assert_eq!(differences(&chain, &chain), []);
    // Deeper than we follow: refused, not overflowed. The last is the one that reaches down the chain.
    let deep = doubling(900);
    let deepest = format!(
        r#"{{"type":"record","name":"Top","fields":[{{"name":"all","type":{deep}}},{{"name":"last","type":"R899"}}]}}"#
    );
    let deepest = read(&deepest);
    let found = differences(&deepest, &deepest);
    assert_eq!(
        found.iter().map(|found| found.kind).collect::<Vec<_>>(),
        [IncompatibilityKind::TooComplex]
    );
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}

#[test]
fn unions_of_hundreds_of_types_are_refused_rather_than_compared_for_ever() {
    let many = |prefix: char| {
        let types: Vec<String> = (0..900)
            .map(|at| format!(r#"{{"type":"fixed","name":"{prefix}{at}","size":1}}"#))
            .collect();
        format!("[{}]", types.join(","))
    };
    assert_eq!(kinds(&many('A'), &many('B')), [IncompatibilityKind::TooComplex]);
    assert_eq!(kinds(&many('A'), r#""int""#), [IncompatibilityKind::MissingUnionBranch]);
}

/// Random schemas and what Avro 1.12.1 for Java made of them: `C text canonical`, or `P reader writer
/// verdict reason…`.
#[test]
fn java_agrees() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/src/compatibility/java.tsv");
    let mut wrong = Vec::new();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        let (ours, java) = match parts[..] {
            ["C", text, java] => (
                Definition::read(text, Form::Canonical)
                    .map_or_else(|_| "ERROR".to_owned(), |read| read.text().to_string()),
                java.to_owned(),
            ),
            ["P", reader, writer, java] => {
                let (Ok(reader), Ok(writer)) = (
                    Definition::read(reader, Form::Canonical),
                    Definition::read(writer, Form::Canonical),
                ) else {
                    wrong.push(format!("{line}\n    not read"));
                    continue;
                };
                let found = differences(&reader, &writer);
                let known: HashSet<&str> = java.split(' ').collect();
                // Java repeats all reasons of a pair that it meets again, we one of them.
                let more = found
                    .iter()
                    .filter(|found| !known.contains(found.kind.to_string().as_str()))
                    .count();
                let verdict = if found.is_empty() { "COMPATIBLE" } else { "INCOMPATIBLE" };
                (
                    format!("{verdict} {more}"),
                    format!("{} 0", java.split(' ').next().unwrap_or_default()),
                )
            }
            _ => panic!("{line}"),
        };
        if ours != java {
            wrong.push(format!("{line}\n    ours {ours}"));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
