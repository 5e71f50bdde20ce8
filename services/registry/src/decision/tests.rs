use super::*;
use crate::record::SchemaId;
use crate::store::Applied;

const INT: &str = r#""int""#;
const LONG: &str = r#""long""#;

fn read(text: &str) -> Definition {
    Definition::read(text, Form::Canonical).unwrap()
}

/// Decides, applies, returns what was appended.
fn carry_out(store: &mut Store, decide: impl FnOnce(&Store) -> Decision) -> Result<usize, Refusal> {
    let records = decide(store)?;
    for record in &records {
        assert_eq!(store.apply(record.clone()), Applied::Taken);
    }
    Ok(records.len())
}

fn put(store: &mut Store, subject: &str, text: &str) -> Result<usize, Refusal> {
    let definition = read(text);
    carry_out(store, |store| {
        register(store, subject, &Draft { definition: &definition, id: None, version: None })
    })
}

fn drop_subject(store: &mut Store, subject: &str, deletion: Deletion) -> Result<usize, Refusal> {
    carry_out(store, |store| {
        delete_subject(store, &InUse::default(), subject, deletion).map(|(_, records)| records)
    })
}

fn drop_version(
    store: &mut Store,
    subject: &str,
    version: u32,
    deletion: Deletion,
) -> Result<usize, Refusal> {
    carry_out(store, |store| {
        delete_version(
            store,
            &InUse::default(),
            subject,
            Choice::Number(Version(version)),
            deletion,
        )
        .map(|(_, records)| records)
    })
}

fn latest(store: &Store, subject: &str) -> Option<(u32, u32)> {
    store.version(subject, Choice::Latest, Scope::Active).map(|found| (found.version.0, found.id.0))
}

#[test]
fn the_same_text_has_one_id_and_is_registered_once() {
    let mut store = Store::default();
    assert_eq!(put(&mut store, "a", INT), Ok(1));
    assert_eq!(put(&mut store, "a", r#"{"type":"int"}"#), Ok(0));
    assert_eq!(put(&mut store, "a", LONG), Ok(1));
    assert_eq!(put(&mut store, "b", LONG), Ok(1));
    assert_eq!((latest(&store, "a"), latest(&store, "b")), (Some((2, 2)), Some((1, 2))));
    assert!(matches!(put(&mut store, "a", r#""string""#), Err(Refusal::Incompatible { .. })));
}

#[test]
fn deletion_goes_in_two_steps() {
    let mut store = Store::default();
    assert_eq!(
        drop_subject(&mut store, "a", Deletion::Soft),
        Err(Refusal::SubjectNotFound("a".into()))
    );
    put(&mut store, "a", INT).unwrap();
    put(&mut store, "a", LONG).unwrap();
    assert_eq!(drop_version(&mut store, "a", 3, Deletion::Soft), Err(Refusal::VersionNotFound(3)));
    assert_eq!(
        drop_version(&mut store, "a", 1, Deletion::Permanent),
        Err(Refusal::VersionNotSoftDeleted("a".into(), 1))
    );
    assert_eq!(drop_version(&mut store, "a", 1, Deletion::Soft), Ok(1));
    assert_eq!(
        drop_version(&mut store, "a", 1, Deletion::Soft),
        Err(Refusal::VersionSoftDeleted("a".into(), 1))
    );
    // Hidden, but old data can still be read.
    assert!(store.text(SchemaId(1)).is_some());
    assert_eq!(
        drop_subject(&mut store, "a", Deletion::Permanent),
        Err(Refusal::SubjectNotSoftDeleted("a".into()))
    );
    assert_eq!(drop_subject(&mut store, "a", Deletion::Soft), Ok(1));
    assert_eq!(
        drop_subject(&mut store, "a", Deletion::Soft),
        Err(Refusal::SubjectSoftDeleted("a".into()))
    );
    // Registered again: a new version, the old id.
    assert_eq!(put(&mut store, "a", INT), Ok(1));
    assert_eq!(latest(&store, "a"), Some((3, 1)));
    drop_subject(&mut store, "a", Deletion::Soft).unwrap();
    assert_eq!(drop_subject(&mut store, "a", Deletion::Permanent), Ok(3));
    assert_eq!(store.text(SchemaId(1)), None);
    // Versions begin again, ids never.
    put(&mut store, "a", INT).unwrap();
    assert_eq!(latest(&store, "a"), Some((1, 3)));
}

#[test]
fn a_deleted_subject_loses_its_settings() {
    let mut store = Store::default();
    put(&mut store, "a", INT).unwrap();
    carry_out(&mut store, |store| Ok(set_config(store, Some("a"), Some(Level::Full), None)))
        .unwrap();
    assert_eq!(drop_version(&mut store, "a", 1, Deletion::Soft), Ok(2));
    assert_eq!(store.config(Some("a")), None);
}

#[test]
fn settings_of_one_subject_go_before_those_of_all() {
    let mut store = Store::default();
    put(&mut store, "a", INT).unwrap();
    carry_out(&mut store, |store| Ok(set_config(store, None, Some(Level::None), Some(true))))
        .unwrap();
    assert_eq!(
        store.config_in_force("a"),
        LevelSetting { level: Level::None, normalize: Some(true) }
    );
    carry_out(&mut store, |store| Ok(set_config(store, Some("a"), Some(Level::Full), None)))
        .unwrap();
    assert!(matches!(put(&mut store, "a", r#""string""#), Err(Refusal::Incompatible { .. })));
    carry_out(&mut store, |store| {
        set_mode(store, &InUse::default(), Some("a"), Mode::ReadOnly, Force::No)
    })
    .unwrap();
    assert!(matches!(put(&mut store, "a", LONG), Err(Refusal::NotPermitted(_))));
    assert!(matches!(drop_subject(&mut store, "a", Deletion::Soft), Err(Refusal::NotPermitted(_))));
    carry_out(&mut store, |store| {
        set_mode(store, &InUse::default(), None, Mode::ReadOnlyOverride, Force::No)
    })
    .unwrap();
    carry_out(&mut store, |store| {
        set_mode(store, &InUse::default(), Some("a"), Mode::ReadWrite, Force::No)
    })
    .unwrap();
    assert!(matches!(put(&mut store, "a", LONG), Err(Refusal::NotPermitted(_))));
}

#[test]
fn import_brings_ids_and_versions_along() {
    let mut store = Store::default();
    put(&mut store, "a", INT).unwrap();
    let definition = read(LONG);
    let import = |id, version| Draft {
        definition: &definition,
        id: Some(SchemaId(id)),
        version: Some(Version(version)),
    };
    assert!(matches!(register(&store, "b", &import(40, 7)), Err(Refusal::NotPermitted(_))));
    assert!(matches!(
        set_mode(&store, &InUse::default(), None, Mode::Import, Force::No),
        Err(Refusal::NotPermitted(_))
    ));
    carry_out(&mut store, |store| {
        set_mode(store, &InUse::default(), Some("b"), Mode::Import, Force::No)
    })
    .unwrap();
    assert_eq!(carry_out(&mut store, |store| register(store, "b", &import(40, 7))), Ok(1));
    assert_eq!(carry_out(&mut store, |store| register(store, "b", &import(40, 7))), Ok(0));
    assert_eq!(latest(&store, "b"), Some((7, 40)));
    // An id that means something else already.
    assert!(matches!(register(&store, "b", &import(1, 8)), Err(Refusal::NotPermitted(_))));
    // Ids given here go on above.
    put(&mut store, "a", r#"["int","null"]"#).unwrap();
    assert_eq!(latest(&store, "a"), Some((2, 41)));
}

/// Of the issue: delete softly, for good, import under the same id, with columns exchanged.
#[test]
fn an_erased_id_is_not_registered_with_another_meaning() {
    let mut store = Store::default();
    put(&mut store, "a", INT).unwrap();
    drop_subject(&mut store, "a", Deletion::Soft).unwrap();
    drop_subject(&mut store, "a", Deletion::Permanent).unwrap();
    carry_out(&mut store, |store| {
        set_mode(store, &InUse::default(), Some("a"), Mode::Import, Force::Yes)
    })
    .unwrap();
    let (long, int) = (read(LONG), read(INT));
    let draft = |definition| Draft { definition, id: Some(SchemaId(1)), version: Some(Version(1)) };
    for subject in ["a", "b"] {
        assert!(matches!(register(&store, subject, &draft(&long)), Err(Refusal::NotPermitted(_))));
    }
    assert_eq!(register(&store, "a", &draft(&int)).map(|records| records.len()), Ok(1));
}

#[test]
fn what_a_topic_uses_is_neither_deleted_nor_imported() {
    let used =
        crate::askers::UsedSubject { name: "a".into(), writer: "w".into(), readers: Vec::new() };
    let (in_use, mut store) = (InUse::new(&[used]), Store::default());
    // Of what is not registered yet, nothing is kept from being brought along.
    assert!(set_mode(&store, &in_use, None, Mode::Import, Force::No).is_ok());
    put(&mut store, "a", INT).unwrap();
    put(&mut store, "b", INT).unwrap();
    let refused = |decided: Result<(), Refusal>| {
        assert!(matches!(decided, Err(Refusal::NotPermitted(_))), "{decided:?}");
    };
    for deletion in [Deletion::Soft, Deletion::Permanent] {
        refused(delete_subject(&store, &in_use, "a", deletion).map(|_| ()));
        for choice in [Choice::Latest, Choice::Number(Version(1))] {
            refused(delete_version(&store, &in_use, "a", choice, deletion).map(|_| ()));
        }
    }
    for (subject, force) in
        [(Some("a"), Force::No), (Some("a"), Force::Yes), (None, Force::No), (None, Force::Yes)]
    {
        refused(set_mode(&store, &in_use, subject, Mode::Import, force).map(|_| ()));
    }
    // Soft-deleted before the contracts named it, it is kept from there on.
    drop_subject(&mut store, "a", Deletion::Soft).unwrap();
    refused(delete_subject(&store, &in_use, "a", Deletion::Permanent).map(|_| ()));
    refused(set_mode(&store, &in_use, None, Mode::Import, Force::Yes).map(|_| ()));
    assert!(delete_subject(&store, &in_use, "b", Deletion::Soft).is_ok());
    assert!(set_mode(&store, &in_use, Some("b"), Mode::Import, Force::Yes).is_ok());
}
