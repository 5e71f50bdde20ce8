//! pgoutput frames, whole and broken, and the way from a tuple to the contract's row.

#![expect(clippy::unwrap_used, reason = "tests")]

mod made;

use bangioc_change::layout::{Layout, LayoutError};
use bangioc_change::pgoutput::{
    Datum, Message, PgoutputError, RelationColumn, ReplicaIdentity, Tuple, parse,
};
use bangioc_change::version::Lsn;
use bangioc_schemas::contract::ColumnType;
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use made::{contract, text};
use proptest::prelude::*;

/// Frames that PostgreSQL 15 sent, in hexadecimal, by `pg_logical_slot_peek_binary_changes`.
const FRAMES: &str = include_str!("pgoutput-frames.txt");

fn frames() -> Vec<Vec<u8>> {
    FRAMES
        .lines()
        .map(|line| {
            let digits = line.as_bytes().chunks(2);
            digits
                .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
                .collect()
        })
        .collect()
}

fn texts(tuple: Tuple<'_>) -> Vec<String> {
    tuple
        .iter()
        .map(|datum| match datum {
            Datum::Null => "null".into(),
            Datum::Unchanged => "unchanged".into(),
            Datum::Text(text) => String::from_utf8(text.to_vec()).unwrap(),
        })
        .collect()
}

/// One line per message, for comparison by eye.
fn told(message: &Message<'_>) -> String {
    match message {
        Message::Begin { .. } => "begin".into(),
        Message::Commit { commit_lsn, end_lsn, .. } => {
            assert!(commit_lsn < end_lsn);
            "commit".into()
        }
        Message::Relation(relation) => {
            let columns: Vec<String> = relation
                .columns
                .iter()
                .map(|column| {
                    format!("{}{}", if column.in_identity { "*" } else { "" }, column.name)
                })
                .collect();
            format!(
                "relation {}.{} {:?} {}",
                relation.namespace,
                relation.name,
                relation.identity,
                columns.join(",")
            )
        }
        Message::Type { namespace, name, .. } => format!("type {namespace}.{name}"),
        Message::Insert { new, .. } => format!("insert {:?}", texts(*new)),
        Message::Update { old_key, old_full, new, .. } => {
            format!("update {:?} {:?} {:?}", old_key.map(texts), old_full.map(texts), texts(*new))
        }
        Message::Delete { old_key, old_full, .. } => {
            format!("delete {:?} {:?}", old_key.map(texts), old_full.map(texts))
        }
        Message::Truncate { relations, cascade, restart_identity } => {
            format!("truncate {} {cascade} {restart_identity}", relations.len())
        }
        Message::LogicalMessage { transactional, prefix, content, .. } => {
            format!("message {transactional} {prefix} {}", String::from_utf8_lossy(content))
        }
        Message::Origin { name, .. } => format!("origin {name}"),
    }
}

#[test]
fn what_postgresql_sends() {
    let frames = frames();
    let messages: Vec<String> = frames.iter().map(|frame| told(&parse(frame).unwrap())).collect();
    let expected = [
        "begin",
        "type public.kind",
        "relation public.sample Default *id,mark,body",
        r#"insert ["1", "good", "null"]"#,
        r#"update None None ["1", "bad", "null"]"#,
        r#"update Some(["1", "null", "null"]) None ["2", "bad", "null"]"#,
        "message true bangioc.chunk low",
        r#"delete Some(["2", "null", "null"]) None"#,
        "commit",
        "begin",
        "relation public.whole Full *id,*body",
        r#"insert ["7", "Đàm Thủy"]"#,
        r#"update None Some(["7", "Đàm Thủy"]) ["7", "null"]"#,
        r#"delete None Some(["7", "null"])"#,
        "truncate 2 false true",
        "commit",
        "begin",
        r#"update None None ["9", "good", "unchanged"]"#,
        "commit",
    ];
    assert_eq!(messages, expected);
    let Message::Begin { final_lsn, committed_at_us, xid } = parse(&frames[0]).unwrap() else {
        panic!()
    };
    assert!(final_lsn > Lsn(0) && xid > 0);
    assert!((1_700_000_000_000_000..4_000_000_000_000_000).contains(&committed_at_us));
}

#[test]
fn broken_frames_are_refused() {
    for frame in frames() {
        for length in 0..frame.len() {
            assert!(parse(&frame[..length]).is_err(), "{:?}", &frame[..length]);
        }
        let longer = [frame.as_slice(), &[0]].concat();
        assert_eq!(parse(&longer).err(), Some(PgoutputError::TrailingBytes));
    }
    assert_eq!(parse(b"Z").err(), Some(PgoutputError::UnknownKind(b'Z')));
    // A binary datum, a count that nothing backs, a length that nothing backs.
    assert_eq!(parse(b"I\0\0\0\x01N\0\x01b\0\0\0\0").err(), Some(PgoutputError::UnknownMark(b'b')));
    assert_eq!(parse(b"T\xFF\xFF\xFF\xFF\0").err(), Some(PgoutputError::Truncated));
    assert_eq!(
        parse(b"I\0\0\0\x01N\0\x01t\xFF\xFF\xFF\xFFx").err(),
        Some(PgoutputError::Truncated)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5000))]

    #[test]
    fn damaged_frames_never_panic(which in any::<prop::sample::Index>(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut frame = which.get(&frames()).clone();
        let at = at.index(frame.len());
        frame[at] = byte;
        if let Ok(Message::Insert { new, .. } | Message::Update { new, .. }) = parse(&frame) {
            prop_assert_eq!(new.iter().count(), new.len());
        }
    }
}

fn insert(data: &[&[u8]]) -> Vec<u8> {
    let mut frame = b"I\0\0\0\x01N".to_vec();
    frame.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
    for datum in data {
        match *datum {
            b"null" => frame.push(b'n'),
            b"unchanged" => frame.push(b'u'),
            text => {
                frame.push(b't');
                frame.extend_from_slice(&u32::try_from(text.len()).unwrap().to_be_bytes());
                frame.extend_from_slice(text);
            }
        }
    }
    frame
}

fn column(name: &str, type_id: u32, type_modifier: i32) -> RelationColumn<'_> {
    RelationColumn { in_identity: false, name, type_id, type_modifier }
}

#[test]
fn a_tuple_becomes_a_row_in_the_contracts_order() {
    let contract = contract(
        vec![
            ("id", ColumnType::Integer),
            ("name", text()),
            ("body", text()),
            ("new", ColumnType::Date),
        ],
        vec![0],
    );
    let source = [
        column("body", 25, -1),
        column("extra", 16, -1),
        column("name", 1043, 54),
        column("id", 23, -1),
    ];
    let layout = Layout::new(&contract, &source);
    assert_eq!((layout.missing.as_slice(), layout.unlisted.as_slice()), (&[3][..], &[1][..]));
    assert!(layout.mismatched.is_empty() && !layout.is_whole());

    let frame = insert(&[b"unchanged", b"t", "Đàm".as_bytes(), b"5"]);
    let Ok(Message::Insert { new, .. }) = parse(&frame) else { panic!() };
    let mut row = RowBuf::default();
    layout.read(new, &mut row).unwrap();
    let cells: Vec<Cell<'_>> = row.row().cells().collect();
    assert_eq!(
        cells,
        [Cell::Text("5"), Cell::Text("Đàm"), Cell::Absent(Absence::Toast), Cell::Null]
    );

    let frame = insert(&[b"null", b"null", b"\xFF", b"5"]);
    let Ok(Message::Insert { new, .. }) = parse(&frame) else { panic!() };
    assert_eq!(layout.read(new, &mut row), Err(LayoutError::TextUtf8 { column: 1 }));
    let frame = insert(&[b"5"]);
    let Ok(Message::Insert { new, .. }) = parse(&frame) else { panic!() };
    assert_eq!(layout.read(new, &mut row), Err(LayoutError::Width { found: 1, expected: 4 }));
}

#[test]
fn another_type_at_the_source_is_reported() {
    let numeric = |precision: i32, scale: i32| ((precision << 16) | scale) + 4;
    let array = |element| ColumnType::Array(Box::new(element));
    for (column_type, type_id, modifier, fits) in [
        (ColumnType::Integer, 23, -1, true),
        (ColumnType::Integer, 20, -1, false),
        (ColumnType::Integer, 25, -1, false),
        (ColumnType::Numeric { precision: 12, scale: 1 }, 1700, numeric(12, 1), true),
        (ColumnType::Numeric { precision: 12, scale: 1 }, 1700, numeric(14, 2), false),
        (ColumnType::Numeric { precision: 12, scale: 1 }, 1700, -1, false),
        (ColumnType::NumericAny, 1700, -1, true),
        (text(), 1042, 9, true),
        (text(), 3802, -1, false),
        (ColumnType::Enum { name: "kind".into() }, 90_000, -1, true),
        (text(), 90_000, -1, true),
        (array(text()), 1015, -1, true),
        (array(text()), 1007, -1, false),
        (array(ColumnType::Integer), 1007, -1, true),
        (array(ColumnType::Integer), 23, -1, false),
        (ColumnType::Other { name: "inet".into() }, 869, -1, true),
        (ColumnType::Other { name: "inet".into() }, 1184, -1, false),
        (ColumnType::Timestamptz, 1114, -1, false),
    ] {
        let contract = contract(vec![("value", column_type.clone())], vec![]);
        let layout = Layout::new(&contract, &[column("value", type_id, modifier)]);
        assert_eq!(layout.mismatched.is_empty(), fits, "{column_type:?} from {type_id}");
    }
}

#[test]
fn identities_are_told_apart() {
    for (letter, identity) in [
        (b'd', ReplicaIdentity::Default),
        (b'n', ReplicaIdentity::Nothing),
        (b'f', ReplicaIdentity::Full),
        (b'i', ReplicaIdentity::Index),
    ] {
        let frame = [b"R\0\0\0\x01s\0t\0".as_slice(), &[letter], &[0, 0]].concat();
        let Ok(Message::Relation(relation)) = parse(&frame) else { panic!() };
        assert_eq!((relation.identity, relation.name), (identity, "t"));
    }
}
