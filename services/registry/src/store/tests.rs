use std::collections::HashMap;

use super::*;
use crate::decision::{self, Deletion, Draft, Force};
use crate::definition::{Definition, Form};
use crate::in_use::InUse;

fn schema(subject: &str, version: u32, id: u32, text: &str) -> Record {
    Record::Schema {
        subject: subject.into(),
        version: Version(version),
        id: SchemaId(id),
        text: text.into(),
        deleted: false,
    }
}

fn replayed(log: &[Record]) -> Store {
    let mut store = Store::default();
    for record in log {
        store.apply(record.clone());
    }
    store
}

/// What Kafka keeps: of each key the last record, in its place.
fn compacted(log: &[Record]) -> Vec<Record> {
    let last: HashMap<String, usize> =
        log.iter().enumerate().map(|(at, record)| (record.write().0, at)).collect();
    log.iter()
        .enumerate()
        .filter(|(at, record)| last[&record.write().0] == *at)
        .map(|(_, record)| record.clone())
        .collect()
}

/// As `compacted`, later: tombstones are gone too.
fn aged(log: &[Record]) -> Vec<Record> {
    compacted(log).into_iter().filter(|record| record.write().1.is_some()).collect()
}

#[test]
fn an_id_or_version_gets_no_second_meaning() {
    let mut log = vec![schema("a", 1, 1, "\"int\"")];
    let mut store = replayed(&log);
    let mut append = |store: &mut Store, record: Record, wanted: Applied| {
        assert_eq!(store.apply(record.clone()), wanted);
        log.push(record);
    };
    // An id that has a schema; then another schema under a version that is taken.
    append(&mut store, schema("b", 1, 1, "\"long\""), Applied::Refused);
    append(&mut store, schema("a", 1, 2, "\"long\""), Applied::Refused);
    assert_eq!(
        (store.text(SchemaId(1)).map(|text| &**text), store.text(SchemaId(2))),
        (Some("\"int\""), None)
    );
    // Yet the id is spent: a client may have been told of it.
    assert_eq!(store.highest_id(), SchemaId(2));
    let mends = [
        schema("a", 1, 1, "\"int\""),
        Record::SchemaErased { subject: "b".into(), version: Version(1) },
    ];
    assert_eq!(store.mends(), mends);
    append(&mut store, mends[0].clone(), Applied::Taken);
    // Registered by a client before we got to it: nothing is left to mend, least of all by erasing.
    append(&mut store, schema("b", 1, 3, "\"string\""), Applied::Taken);
    assert_eq!(store.mends(), []);
    // A later start meets the same strays, and compaction may have kept only what came after.
    assert_eq!(replayed(&log), store);
    let compacted = replayed(&compacted(&log));
    assert_eq!(
        (compacted.mends(), compacted.entry("b", Version(1))),
        (vec![], store.entry("b", Version(1)))
    );
}

#[test]
fn an_erased_schema_leaves_its_id_behind() {
    let claim = Record::Writer(Writer {
        owner: "o".into(),
        claim: 1,
        highest_id: SchemaId(5),
        meanings: Meanings::from([(SchemaId(5), Fingerprint::of("\"int\""))]),
    });
    let log = [
        schema("a", 1, 5, "\"int\""),
        claim,
        Record::SchemaErased { subject: "a".into(), version: Version(1) },
    ];
    let mut store = replayed(&aged(&log));
    assert_eq!((store.schema_count(), store.highest_id()), (0, SchemaId(5)));
    // It still means what it meant, whoever writes.
    assert_eq!(store.apply(schema("b", 1, 5, "\"long\"")), Applied::Refused);
    assert_eq!(store.apply(schema("b", 1, 5, "\"int\"")), Applied::Taken);
}

#[test]
fn an_erased_id_keeps_its_meaning() {
    let erased = Record::SchemaErased { subject: "a".into(), version: Version(1) };
    let mut store = replayed(&[schema("a", 1, 1, "\"int\""), erased]);
    assert_eq!(store.apply(schema("a", 1, 1, "\"long\"")), Applied::Refused);
    assert_eq!(store.text(SchemaId(1)), None);
    assert_eq!(store.apply(schema("a", 1, 1, "\"int\"")), Applied::Taken);
}

#[test]
fn what_a_claim_says_of_an_id_does_not_change_it() {
    let mut store = replayed(&[schema("a", 1, 1, "\"int\"")]);
    let claim = Record::Writer(Writer {
        owner: "another".into(),
        claim: 2,
        highest_id: SchemaId(1),
        meanings: Meanings::from([(SchemaId(1), Fingerprint::of("\"long\""))]),
    });
    assert_eq!(store.apply(claim), Applied::Refused);
    assert_eq!(store.text(SchemaId(1)).map(|text| &**text), Some("\"int\""));
    assert!(store.may_mean(SchemaId(1), "\"int\"") && !store.may_mean(SchemaId(1), "\"long\""));
}

#[test]
fn what_is_no_schema_of_ours_takes_no_place_and_no_id() {
    let mut store = replayed(&[schema("a", 1, 1, "\"int\"")]);
    let foreign = |subject: &str, id| Foreign {
        place: (subject.into(), Version(1)),
        id: SchemaId(id),
        fingerprint: Fingerprint::of_foreign("PROTOBUF", "\"int\""),
    };
    // In the place of a version, compaction would leave nothing else of it.
    assert_eq!(store.keep_foreign(foreign("a", 2)), Applied::Refused);
    assert_eq!(store.mends(), [schema("a", 1, 1, "\"int\"")]);
    assert_eq!(store.displaced(("a".into(), Version(1))), Applied::Refused);
    // Elsewhere it is another's, under an id of its own, for ever.
    assert_eq!(store.keep_foreign(foreign("b", 7)), Applied::Taken);
    assert_eq!(store.highest_id(), SchemaId(7));
    assert_eq!(store.apply(schema("c", 1, 7, "\"int\"")), Applied::Refused);
    assert_eq!(store.keep_foreign(foreign("b", 1)), Applied::Refused);
}

/// Ten thousand requests at random through the decisions: the state is the log's, and stays so when the
/// log is compacted at any moment.
#[test]
fn replay_equals_the_state_also_after_compaction() {
    let texts = [
        r#""int""#,
        r#""long""#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int","default":0}]}"#,
        r#"{"type":"record","name":"R","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}"#,
    ];
    let definitions: Vec<Definition> =
        texts.iter().map(|text| Definition::read(text, Form::Canonical).unwrap()).collect();
    let subjects = ["a-key", "a-value", "b-value"];
    // Knuth's generator: the same sequence in every run.
    let mut seed = 2_026_u64;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let (mut log, mut store) = (Vec::new(), Store::default());
    let (mut done, mut meanings) = ([0; 6], HashMap::new());
    for round in 0..10_000 {
        let subject = subjects[random(subjects.len())];
        let deletion = if random(2) == 0 { Deletion::Soft } else { Deletion::Permanent };
        let what = random(20);
        let decided = match what {
            0..=9 => decision::register(
                &store,
                subject,
                &Draft { definition: &definitions[random(texts.len())], id: None, version: None },
            ),
            10..=12 => decision::delete_version(
                &store,
                &InUse::default(),
                subject,
                if random(2) == 0 {
                    Choice::Latest
                } else {
                    Choice::Number(Version(u32::try_from(random(4)).unwrap() + 1))
                },
                deletion,
            )
            .map(|(_, records)| records),
            13..=15 => decision::delete_subject(&store, &InUse::default(), subject, deletion)
                .map(|(_, records)| records),
            16..=17 => Ok(decision::set_config(
                &store,
                Some(subject),
                Some(if random(2) == 0 { Level::None } else { Level::Full }),
                None,
            )),
            18 => Ok(vec![Record::Config { subject: Some(subject.into()), config: None }]),
            _ => decision::set_mode(
                &store,
                &InUse::default(),
                Some(subject),
                if random(4) == 0 { Mode::ReadOnly } else { Mode::ReadWrite },
                Force::No,
            ),
        };
        let Ok(mut records) = decided else { continue };
        done[what / 4] += 1;
        if records.iter().any(|record| matches!(record, Record::SchemaErased { .. })) {
            records.insert(
                0,
                Record::Writer(Writer {
                    owner: "o".into(),
                    claim: 1,
                    highest_id: store.highest_id(),
                    meanings: store.meanings().clone(),
                }),
            );
        }
        for record in &records {
            if let Record::Schema { id, text, .. } = record {
                assert_eq!(
                    meanings.entry(*id).or_insert_with(|| text.clone()),
                    text,
                    "an id was given twice"
                );
            }
            assert_eq!(store.apply(record.clone()), Applied::Taken);
        }
        log.extend(records);
        if round % 97 == 0 {
            assert_eq!(replayed(&log), store);
            log = if random(2) == 0 { compacted(&log) } else { aged(&log) };
            assert_eq!(replayed(&log), store);
        }
    }
    assert!(
        done.iter().sum::<i32>() > 3_000 && done[..5].iter().all(|count| *count > 100),
        "{done:?}"
    );
    // More ids than texts: some were erased everywhere, and came again under a new one.
    assert!(store.highest_id() > SchemaId(10), "{:?}", store.highest_id());
}
