use super::*;

fn read(key: &str, value: Option<&str>) -> Result<Record, Unreadable> {
    Record::read(Some(key.as_bytes()), value.map(str::as_bytes))
}

/// Keys and values as Confluent's registry 7.x writes them.
#[test]
fn bytes_are_confluent_s() {
    let subject = || Some("a-value".to_owned());
    let cases = [
        (
            r#"{"keytype":"SCHEMA","subject":"a-value","version":3,"magic":1}"#,
            Some(r#"{"subject":"a-value","version":3,"id":7,"schema":"\"int\"","deleted":false}"#),
            Record::Schema {
                subject: "a-value".into(),
                version: Version(3),
                id: SchemaId(7),
                text: "\"int\"".into(),
                deleted: false,
            },
        ),
        (
            r#"{"keytype":"SCHEMA","subject":"a-value","version":3,"magic":1}"#,
            None,
            Record::SchemaErased { subject: "a-value".into(), version: Version(3) },
        ),
        (
            r#"{"keytype":"CONFIG","subject":null,"magic":0}"#,
            Some(r#"{"compatibilityLevel":"FULL_TRANSITIVE"}"#),
            Record::Config {
                subject: None,
                config: Some(LevelSetting { level: Level::FullTransitive, normalize: None }),
            },
        ),
        (
            r#"{"keytype":"CONFIG","subject":"a-value","magic":0}"#,
            None,
            Record::Config { subject: subject(), config: None },
        ),
        (
            r#"{"keytype":"MODE","subject":"a-value","magic":0}"#,
            Some(r#"{"mode":"IMPORT"}"#),
            Record::Mode { subject: subject(), mode: Some(Mode::Import) },
        ),
        (
            r#"{"keytype":"DELETE_SUBJECT","subject":"a-value","magic":0}"#,
            Some(r#"{"subject":"a-value","version":3}"#),
            Record::SubjectDeleted { subject: "a-value".into(), up_to: Version(3) },
        ),
        (
            r#"{"keytype":"CLEAR_SUBJECT","subject":"a-value","magic":0}"#,
            Some(r#"{"subject":"a-value"}"#),
            Record::Cleared { subject: subject() },
        ),
        (
            r#"{"keytype":"NOOP","magic":0}"#,
            Some(r#"{"owner":"0a1b","claim":2,"highest_id":9}"#),
            Record::Writer(Writer {
                owner: "0a1b".into(),
                claim: 2,
                highest_id: SchemaId(9),
                meanings: Meanings::new(),
            }),
        ),
        (
            r#"{"keytype":"NOOP","magic":0}"#,
            Some(
                r#"{"owner":"0a1b","claim":2,"highest_id":9,"meanings":{"7":"PyuHqf58ybE4NVmMOYHNRQ"}}"#,
            ),
            Record::Writer(Writer {
                owner: "0a1b".into(),
                claim: 2,
                highest_id: SchemaId(9),
                meanings: Meanings::from([(SchemaId(7), Fingerprint::of("\"int\""))]),
            }),
        ),
        (r#"{"keytype":"NOOP","magic":0}"#, None, Record::Nothing),
    ];
    for (key, value, record) in cases {
        assert_eq!(read(key, value), Ok(record.clone()));
        assert_eq!(record.write(), (key.to_owned(), value.map(str::to_owned)));
    }
}

#[test]
fn newer_and_foreign_records_are_told_apart() {
    let key = r#"{"keytype":"SCHEMA","subject":"s","version":1,"magic":1}"#;
    // Confluent 8 adds a GUID and where it was written.
    let newer = r#"{"subject":"s","version":1,"id":1,"guid":"x","schema":"\"int\"","deleted":false,"offset":4,"ts":5}"#;
    assert!(matches!(read(key, Some(newer)), Ok(Record::Schema { id: SchemaId(1), .. })));
    let protobuf =
        r#"{"subject":"s","version":1,"id":8,"schemaType":"PROTOBUF","schema":"","deleted":false}"#;
    let foreign = |value| match read(key, Some(value)) {
        Err(Unreadable::Foreign(foreign)) => (foreign.place, foreign.id),
        other => panic!("{other:?}"),
    };
    let place = ("s".to_owned(), Version(1));
    assert_eq!(foreign(protobuf), (place.clone(), SchemaId(8)));
    let referring = r#"{"subject":"s","version":1,"id":9,"references":[{"name":"n"}],"schema":"","deleted":false}"#;
    assert_eq!(foreign(referring), (place.clone(), SchemaId(9)));
    assert_eq!(read(key, Some("{}")), Err(Unreadable::InPlaceOf(place)));
    assert_eq!(read("[", None), Err(Unreadable::Malformed));
    assert_eq!(
        read(r#"{"keytype":"CONTEXT","magic":0}"#, Some("{}")),
        Err(Unreadable::UnknownKind)
    );
    assert_eq!(Record::read(None, Some(b"{}")), Err(Unreadable::NoKey));
}
