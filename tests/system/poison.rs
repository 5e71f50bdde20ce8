//! Bad records beyond the single parked key: superseded, too many at once, too large to travel, and those
//! of a table that only grows.

use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::{Lsn, Version};
use bangioc_change::{HEADER_ABSENT, HEADER_VERSION};
use bangioc_feed::produce::Record;
use bangioc_schemas::names;
use bangioc_schemas::row::{Absence, Cell, RowBuf};
use bangioc_tests::platform::Platform;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};

use crate::parcels::{self, LONG_TEXT};
use crate::{Check, notes};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("poison::a_whole_record_supersedes_what_waits", a_whole_record_supersedes_what_waits),
    (
        "poison::twenty_bad_keys_in_a_row_halt_one_dataset",
        twenty_bad_keys_in_a_row_halt_one_dataset,
    ),
    (
        "poison::a_value_too_large_is_noted_until_it_comes",
        a_value_too_large_is_noted_until_it_comes,
    ),
    ("poison::a_table_that_only_grows", a_table_that_only_grows),
];

const PARKED: &str = "select state || ' ' || code from flow.parked_key";
const NOTES: &str = "select id || ' ' || n || ' ' || length(body) || ' ' || coalesce(other, '') from shared.note order by id";

fn a_whole_record_supersedes_what_waits(platform: &Platform) {
    let world = World::with_tables(platform, "moot", &["so-nnmt"], &[notes::note()]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", &format!("insert into note values (1, 1, {LONG_TEXT}, 'a')"));
    world.store_says("the first row", NOTES, &["1 1 6400 a"]);
    world.source("so-nnmt", "update note set n = -1 where id = 1");
    world.store_says("a parked key", PARKED, &["parked E_RANGE"]);

    // The body did not change, so it does not travel: a record that says only part waits as well, and has the row
    // asked for. Its copy says all.
    world.source("so-nnmt", "update note set n = 2, other = 'b' where id = 1");
    world.store_says("the key to be free", PARKED, &["superseded E_RANGE"]);
    world.store_says("the whole record", NOTES, &["1 2 6400 b"]);
    assert_eq!(
        world.in_store("select string_agg(state, ' ' order by \"offset\") from flow.parked_record"),
        ["superseded superseded"]
    );
    world.store_says(
        "the copy to be asked for, once",
        "select dataset || ' ' || key::text || ' ' || (sent_at is not null) from flow.copy_request",
        &["note {1} true"],
    );
    world.source("so-nnmt", "update note set n = 4 where id = 1");
    world.store_says("later records", NOTES, &["1 4 6400 b"]);
    world.ledger_adds_up();
    assert_eq!(
        world.in_store(
            "select sum(parked) || ' ' || sum(superseded) from flow.ledger where topic like '%note'"
        ),
        ["0 2"]
    );
}

fn twenty_bad_keys_in_a_row_halt_one_dataset(platform: &Platform) {
    let world = World::new(platform, "breaking", &["so-nnmt", "national"]);
    let _captures = ["so-nnmt", "national"].map(|source| world.capture(source));
    let store = world.shared_store("store");
    world.source("national", "insert into business (enterprise_code, name_vi, entity_type, status, founded_on, main_industry, industries) \
        select (9000000000 + n)::text, 'MẪU', 'LLC1', 'active', '2019-04-02', 'ZZZZZ', array['ZZZZZ'] from generate_series(1, 60) n");
    let halted = "select min(halted_code) from flow.lease where topic like '%business'";
    world.store_says("the partition to halt", halted, &["BG0411"]);
    store.wait_for_log("BG0411", PATIENCE);
    let parked: usize = world
        .in_store("select count(*) from flow.parked_key where state = 'parked'")[0]
        .parse()
        .expect("a count");
    assert!(parked < 20, "{parked} keys are parked: it should have stopped before the twentieth");
    // The others go on.
    parcels::add(&world, 1, 20);
    world.store_says("another dataset", "select count(*) from shared.land_parcel", &["20"]);
    let output = world.try_bangioc("admin", &["status"]);
    let status = String::from_utf8_lossy(&output.stdout);
    assert!(status.contains("halted, BG0411 since "), "{status}");
    assert_eq!(output.status.code(), Some(5), "for those who monitor");
    world.ledger_adds_up();
}

const INCOMPLETE: &str = "select state || ' ' || code || ' ' || field_path || ' ' || (payload is not null) from flow.parked_record order by \"offset\"";

fn a_value_too_large_is_noted_until_it_comes(platform: &Platform) {
    let world = World::with_tables(platform, "large", &["so-nnmt"], &[notes::note()]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source(
        "so-nnmt",
        &format!(
            "insert into note values (1, 1, repeat('x', 6000000), 'a'), (2, 1, {LONG_TEXT}, 'a')"
        ),
    );
    let missing = "select string_agg(id || ' ' || n || ' ' || coalesce(_missing::text, '-'), ', ' order by id) from flow.note where not _deleted";
    world.store_says("both rows", missing, &["1 1 {!body}, 2 1 -"]);
    assert_eq!(world.in_store(INCOMPLETE), ["incomplete E_TOOBIG body true"]);
    assert_eq!(world.in_store("select count(*) from flow.parked_key"), ["0"], "nothing waits");

    // A later partial row changes the rest, and hides nothing.
    world.source("so-nnmt", "update note set n = 2");
    world.store_says("partial rows", missing, &["1 2 {!body}, 2 2 -"]);
    assert_eq!(world.in_store(INCOMPLETE), ["incomplete E_TOOBIG body true"]);
    let list = world.bangioc("dead-letter", &["dead-letter", "list"]);
    assert!(list.contains("E_TOOBIG") && list.contains("incomplete"), "{list}");

    world.source("so-nnmt", "update note set body = 'short' where id = 1");
    world.store_says("the value", missing, &["1 2 -, 2 2 -"]);
    world.store_says("the entry to end", INCOMPLETE, &["superseded E_TOOBIG body false"]);
    world.ledger_adds_up();
}

/// A record of the gate's dataset as a capture would send it.
struct Sent {
    record: Encoded,
    version: [u8; 20],
}

fn sent(encoder: &Encoder, lsn: u64, ordinal: u64, cells: [Cell<'_>; 3]) -> Sent {
    let mut row = RowBuf::default();
    for cell in cells {
        row.push(cell);
    }
    let version = Version { epoch: 1, commit_lsn: Lsn(lsn), ordinal };
    let event = ChangeEvent {
        op: Operation::Create,
        version,
        before: None,
        after: Some(row.row()),
        origin: Origin::default(),
    };
    let mut record = Encoded::default();
    encoder.encode(&event, 0, &mut record).expect("a record");
    Sent { record, version: version.to_bytes() }
}

fn a_table_that_only_grows(platform: &Platform) {
    let world = World::with_tables(platform, "growing", &["so-nnmt"], &[notes::entry()]);
    let contract = world.contract("gate-entry");
    let topic = world.topic("so-nnmt", "gate-entry");
    let subject = names::value_subject(&topic);
    let id = platform.schema_id(&subject);
    let encoder =
        Encoder::new(&contract, &topic, SchemaIds { key: 0, value: id }, "so-nnmt", "so_nnmt")
            .expect("a schema of the contract");
    let gate = |name, weight| [Cell::Text(name), Cell::Text(weight), Cell::Null];
    let large = [Cell::Text("north"), Cell::Text("4"), Cell::Absent(Absence::TooLarge)];
    let records = [
        sent(&encoder, 100, 2, gate("north", "1")),
        // Equal but for the version: another row.
        sent(&encoder, 100, 4, gate("north", "1")),
        sent(&encoder, 300, 2, gate("south", "-1")),
        // Out of order, and that is no matter.
        sent(&encoder, 200, 2, gate("south", "2")),
        sent(&encoder, 310, 2, gate("south", "-2")),
        sent(&encoder, 400, 2, large),
    ];
    let send = |records: &[Sent]| {
        let headers: Vec<Vec<(&str, &[u8])>> = records
            .iter()
            .map(|sent| {
                let absent = sent.record.absent().map(|absent| (HEADER_ABSENT, absent));
                std::iter::once((HEADER_VERSION, &sent.version[..])).chain(absent).collect()
            })
            .collect();
        let records: Vec<Record<'_>> = records
            .iter()
            .zip(&headers)
            .map(|(sent, headers)| Record {
                topic: &topic,
                partition: 0,
                key: None,
                value: Some(&sent.record.value),
                headers,
                tag: 0,
            })
            .collect();
        platform.send("capture-so-nnmt", &records);
    };
    send(&records);
    let store = world.shared_store("store");
    let rows =
        "select string_agg(gate || weight, ' ' order by gate, weight) from shared.gate_entry";
    world.store_says("the rows", rows, &["north1 north1 north4 south2"]);
    let parked = "select count(distinct key_ref) from flow.parked_record where state = 'parked'";
    world.store_says("each bad row by itself", parked, &["2"]);
    assert_eq!(
        world.in_store("select _missing::text from flow.gate_entry where _missing is not null"),
        ["{!photo}"]
    );
    assert_eq!(
        world.in_store("select field_path from flow.parked_record where state = 'incomplete'"),
        ["photo"]
    );
    assert_eq!(
        world.in_store("select count(*) from flow.copy_request"),
        ["0"],
        "nobody can ask for a row without a key"
    );

    // The same again, and one that is new.
    let again = [
        sent(&encoder, 100, 2, gate("north", "1")),
        sent(&encoder, 200, 2, gate("south", "2")),
        sent(&encoder, 500, 2, gate("west", "5")),
    ];
    send(&again);
    world.store_says("the new row only", rows, &["north1 north1 north4 south2 west5"]);
    wait::until("duplicates by version", PATIENCE, || {
        let counts = platform.try_sql(
            &world.store(),
            "select sum(applied) || ' ' || sum(duplicate) || ' ' || sum(parked) from flow.ledger where topic like '%gate-entry'",
        )?;
        wait::holds(counts == ["5 2 2"], format!("{counts:?}"))
    });
    store.stop();
    world.ledger_adds_up();
}
