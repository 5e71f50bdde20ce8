//! What one department's Kafka user may say: each trial is an attack with the rights that `capture-<source>`
//! has, on topics of its own; or with those of whoever has the registry.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use bangioc_change::HEADER_VERSION;
use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::progress::{Ceiling, Offsets, Progress, ProgressRecord, Sweep};
use bangioc_change::version::{Lsn, Version};
use bangioc_feed::produce::Record;
use bangioc_schemas::names::{self, Side};
use bangioc_schemas::row::{Cell, RowBuf};
use bangioc_tests::platform::{Platform, free_port};
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};

use crate::{Check, notes, parcels};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("trust::a_source_speaks_of_its_own_datasets_only", a_source_speaks_of_its_own_datasets_only),
    (
        "trust::versions_truncates_and_null_keys_of_nobody",
        versions_truncates_and_null_keys_of_nobody,
    ),
    ("trust::a_person_takes_back_what_was_believed", a_person_takes_back_what_was_believed),
    ("trust::bombs_are_refused_by_reference", bombs_are_refused_by_reference),
    (
        "trust::a_schema_that_means_something_else_halts_its_dataset",
        a_schema_that_means_something_else_halts_its_dataset,
    ),
];

const ALL_ONES: Version = Version { epoch: u32::MAX, commit_lsn: Lsn(u64::MAX), ordinal: u64::MAX };
/// Microseconds since 1970.
const YEAR_2100: i64 = 4_102_444_800_000_000;

fn say(world: &World<'_>, source: &str, records: &[ProgressRecord]) {
    let topic = names::progress_topic(&world.name, Side::Shared, source);
    let texts: Vec<String> =
        records.iter().map(|record| serde_json::to_string(record).expect("JSON")).collect();
    let records: Vec<(&str, &str)> = texts.iter().map(|text| ("", text.as_str())).collect();
    world
        .platform
        .produce_raw(&format!("capture-{source}"), &topic, &records)
        .expect("a topic of its own");
}

fn sweep(topic: &str, below: Version, offsets: &[(i32, i64)]) -> ProgressRecord {
    ProgressRecord::Sweep(Sweep::new(
        topic.to_owned(),
        below,
        offsets.iter().copied().collect::<Offsets>(),
    ))
}

/// The greatest version that a source has announced.
fn announced(world: &World<'_>, source: &str) -> Version {
    let topic = names::progress_topic(&world.name, Side::Shared, source);
    let records = world.platform.records(&topic);
    let ceilings = records.iter().filter_map(|record| {
        match serde_json::from_slice(record.value.as_deref()?).ok()? {
            ProgressRecord::Ceiling(ceiling) => Ceiling::version(&ceiling),
            _ => None,
        }
    });
    ceilings.max().expect("a ceiling")
}

#[expect(clippy::too_many_lines, reason = "one attacker, one try after another")]
fn a_source_speaks_of_its_own_datasets_only(platform: &Platform) {
    let world = World::new(platform, "own", &["so-nnmt", "national"]);
    let captures = ["so-nnmt", "national"].map(|source| world.capture(source));
    let store = world.shared_store("store");
    parcels::add(&world, 0, 300);
    world.converge(&[]);
    let topic = |dataset: &str| world.topic(&world.contract(dataset).owner.to_string(), dataset);
    let (parcel, business) = (topic("land-parcel"), topic("business"));
    let partitions = world.contract("land-parcel").partitions;
    let everywhere: Vec<(i32, i64)> =
        (0..i32::try_from(partitions).expect("few")).map(|partition| (partition, 0)).collect();
    let progress = |topic: &str| {
        ProgressRecord::Progress(Progress {
            epoch: u32::MAX,
            lsn: ALL_ONES.commit_lsn.to_string(),
            at_us: YEAR_2100,
            full: true,
            offsets: [(topic.to_owned(), everywhere.iter().copied().collect())].into(),
            datasets: std::collections::BTreeMap::new(),
        })
    };
    let below = Version { epoch: 1, ..ALL_ONES };
    say(
        &world,
        "national",
        &[
            sweep(&parcel, below, &[]),
            sweep(&parcel, below, &everywhere),
            sweep(&business, below, &[]),
            sweep(&business, ALL_ONES, &[(0, 0)]),
            sweep(&business, below, &[(0, i64::MAX)]),
            sweep(&business, below, &[(0, -1)]),
            progress(&parcel),
            progress(&business),
        ],
    );
    let position = |source: &str| {
        format!(
            "select next_offset from flow.progress_position where progress_topic = '{}'",
            names::progress_topic(&world.name, Side::Shared, source)
        )
    };
    let end = platform.records(&names::progress_topic(&world.name, Side::Shared, "national")).len();
    wait::until("the sink to read all of it", PATIENCE, || {
        let found = platform.try_sql(&world.store(), &position("national"))?;
        let read: usize = found.first().and_then(|n| n.parse().ok()).unwrap_or(0);
        wait::holds(read >= end, format!("{found:?} of {end}"))
    });
    // The trial of time: what was believed would be done within two rounds.
    let settled = position("so-nnmt");
    let before = world.in_store(&settled);
    wait::until("another two seconds of the other source", PATIENCE, || {
        let now = platform.try_sql(&world.store(), &settled)?;
        wait::holds(now != before, format!("{now:?}"))
    });
    assert_eq!(
        world.in_store("select count(*) from shared.land_parcel"),
        ["300"],
        "another department's dataset was emptied"
    );
    assert_eq!(
        world.in_store(
            "select count(*) from flow.lease where floor <> decode(repeat('00', 20), 'hex')"
        ),
        ["0"],
        "a floor was raised"
    );
    assert_eq!(
        world.in_store("select count(*) from flow.freshness where complete_at > now() + interval '1 day' or source_at > now() + interval '1 day'"),
        ["0"],
        "a time that has not come was believed"
    );
    for reason in ["PRINCIPAL_MISMATCH", "SWEEP_INVALID", "VERSION_BEYOND"] {
        store.wait_for_log(reason, PATIENCE);
    }
    // What was remembered before anyone asked is not run either.
    let [capture, national] = captures;
    store.stop();
    world.in_store(&format!(
        "insert into flow.sweep (progress_topic, progress_offset, topic, below, offsets) \
         values ('{}', 999999, '{parcel}', decode(repeat('ff', 20), 'hex'), '{{}}')",
        names::progress_topic(&world.name, Side::Shared, "national")
    ));
    let _store = world.shared_store("store");
    world.store_says(
        "the remembered sweep to be refused",
        "select refused || ' ' || coalesce(rows_removed, 0) from flow.sweep where progress_offset = 999999",
        &["PRINCIPAL_MISMATCH 0"],
    );
    // A source that died looks dead, whatever is said once.
    national.kill();
    say(&world, "national", &[progress(&business)]);
    world.store_says(
        "the word to be doubted",
        "select distrust from flow.freshness where dataset = 'business'",
        &["VERSION_BEYOND"],
    );
    let output = world.try_bangioc("admin", &["status"]);
    let status = String::from_utf8_lossy(&output.stdout);
    assert!(status.contains("VERSION_BEYOND"), "{status}");
    assert_eq!(output.status.code(), Some(1), "for those who monitor");
    let _national = world.capture("national");
    world.store_says(
        "an honest word to take over",
        "select coalesce(distrust, 'believed') || ' ' || (source_at > now() - interval '1 minute') from flow.freshness where dataset = 'business'",
        &["believed true"],
    );
    parcels::add(&world, 300, 10);
    world.converge(&[]);
    capture.stop();
}

/// Writes records of `note` as a capture would.
struct Forger<'w> {
    world: &'w World<'w>,
    topic: String,
    encoder: Encoder,
}

impl<'w> Forger<'w> {
    fn new(world: &'w World<'w>) -> Forger<'w> {
        let contract = world.contract("note");
        let topic = world.topic("so-nnmt", "note");
        let id = |subject: String| world.platform.schema_id(&subject);
        let ids = SchemaIds {
            key: id(names::key_subject(&topic)),
            value: id(names::value_subject(&topic)),
        };
        let encoder = Encoder::new(&contract, &topic, ids, "so-nnmt", "so_nnmt").expect("a schema");
        Forger { world, topic, encoder }
    }

    fn send(&self, op: Operation, version: Version, id: &str, keyed: bool) {
        let row: RowBuf = [Cell::Text(id), Cell::Text("1"), Cell::Text("forged"), Cell::Null]
            .into_iter()
            .collect();
        let event = ChangeEvent {
            op,
            version,
            before: None,
            after: (op != Operation::Truncate).then(|| row.row()),
            origin: Origin::default(),
        };
        let mut record = Encoded::default();
        self.encoder.encode(&event, 0, &mut record).expect("a record");
        let version = version.to_bytes();
        self.world.platform.send(
            "capture-so-nnmt",
            &[Record {
                topic: &self.topic,
                partition: 0,
                key: record.key().filter(|_| keyed),
                value: Some(&record.value),
                headers: &[(HEADER_VERSION, &version[..])],
                tag: 0,
            }],
        );
    }
}

const NOTES: &str =
    "select string_agg(id || ' ' || coalesce(n, 0), ', ' order by id) from shared.note";

fn versions_truncates_and_null_keys_of_nobody(platform: &Platform) {
    let world = World::with_tables(platform, "nobody", &["so-nnmt"], &[notes::note()]);
    let (capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'a', null), (2, 2, 'b', null)");
    world.store_says("the rows", NOTES, &["1 1, 2 2"]);
    let forger = Forger::new(&world);
    let ceiling = announced(&world, "so-nnmt");
    let beyond = Version { commit_lsn: Lsn(ceiling.commit_lsn.0 + 1), ..ceiling };
    let next_epoch = Version { epoch: ceiling.epoch + 1, commit_lsn: Lsn(1), ordinal: 0 };
    let within = Version { commit_lsn: Lsn(ceiling.commit_lsn.0 - 1), ..ceiling };
    for version in [ALL_ONES, beyond, next_epoch] {
        forger.send(Operation::Update, version, "1", true);
    }
    forger.send(Operation::Truncate, ALL_ONES, "1", false);
    forger.send(Operation::Truncate, within, "1", false);
    forger.send(Operation::Update, within, "1", false);
    world.source("so-nnmt", "update note set n = n + 10");
    world.store_says("honest records to go on", NOTES, &["1 11, 2 12"]);
    world.store_says(
        "every refused record in the books",
        "select string_agg(reason || ' ' || n, ', ' order by reason) from \
         (select reason, sum(next_offset - first_offset) as n from flow.quarantined group by reason) q",
        &["KEY_NULL 1, TRUNCATE_NOT_AGREED 1, VERSION_BEYOND 4"],
    );
    assert_eq!(world.in_store("select sum(quarantined) from flow.ledger"), ["6"]);
    assert_eq!(
        world.in_store(
            "select count(*) from flow.lease where halted_code is not null or floor <> decode(repeat('00', 20), 'hex')"
        ),
        ["0"]
    );
    for code in ["BG0412", "BG0426", "BG0427"] {
        store.wait_for_log(code, PATIENCE);
    }
    world.ledger_adds_up();

    // An honest capture that crashes, and one whose server was replaced, are believed at once.
    capture.kill();
    let capture = world.capture("so-nnmt");
    world.source("so-nnmt", "update note set n = n + 10");
    world.store_says("records after a crash", NOTES, &["1 21, 2 22"]);
    capture.stop();
    world.bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let _capture = world.capture("so-nnmt");
    world.source("so-nnmt", "update note set n = n + 10");
    world.store_says("records of the next epoch", NOTES, &["1 31, 2 32"]);
    assert_eq!(announced(&world, "so-nnmt").epoch, 2);
    assert_eq!(
        world.in_store("select sum(quarantined) from flow.ledger"),
        ["6"],
        "an honest record was refused"
    );
}

fn a_person_takes_back_what_was_believed(platform: &Platform) {
    let world = World::with_tables(platform, "back", &["so-nnmt"], &[notes::note()]);
    let (_capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world
        .source("so-nnmt", "insert into note select n, n, 'a', null from generate_series(1, 50) n");
    let rows = "select count(*) from shared.note";
    world.store_says("the rows", rows, &["50"]);
    // Within its rights a source can harm itself, to the last version that it announced.
    let ceiling = announced(&world, "so-nnmt");
    let forger = Forger::new(&world);
    forger.send(Operation::Update, ceiling, "7", true);
    forger.send(Operation::Create, ceiling, "777", true);
    world.store_says(
        "the forged row",
        "select string_agg(id || ' ' || body, ', ' order by id) from shared.note where body <> 'a'",
        &["7 forged, 777 forged"],
    );
    say(&world, "so-nnmt", &[sweep(&world.topic("so-nnmt", "note"), ceiling, &[(0, 0)])]);
    world.store_says("the rows to go", rows, &["2"]);
    world.source("so-nnmt", "delete from note where id > 48");
    let vain = world.try_bangioc("operator-lan", &["dataset", "recopy", "note", "--yes", "--wait"]);
    let said = String::from_utf8_lossy(&vain.stderr);
    assert!(
        !vain.status.success() && said.contains("BG0434") && said.contains("--from-nothing"),
        "{vain:?}"
    );
    assert_eq!(world.in_store(rows), ["2"]);

    let unasked =
        world.try_bangioc("operator-lan", &["dataset", "recopy", "note", "--from-nothing"]);
    assert_eq!(unasked.status.code(), Some(2), "{unasked:?}");
    let done = world.bangioc(
        "operator-lan",
        &["dataset", "recopy", "note", "--from-nothing", "--yes", "--wait"],
    );
    assert!(done.contains("48 rows copied"), "{done}");
    world.store_says(
        "the rows as the source has them, and no other",
        "select count(*) || ' ' || count(*) filter (where body = 'forged') from shared.note",
        &["48 0"],
    );
    assert_eq!(
        world.in_store("select \"by\" || ' ' || what || ' ' || dataset from flow.audit"),
        ["postgres from-nothing note"]
    );
    world.source("so-nnmt", "update note set n = -n + 1000");
    world.store_says(
        "changes to go on",
        "select min(n) || ' ' || max(n) from shared.note",
        &["952 999"],
    );
    world.ledger_adds_up();
}

fn bombs_are_refused_by_reference(platform: &Platform) {
    let world = World::with_tables(platform, "bombs", &["so-nnmt"], &[notes::note()]);
    let _capture = world.capture("so-nnmt");
    world.source("so-nnmt", "insert into note values (1, 1, 'a', null), (2, 1, 'b', null)");
    let store = world.shared_store("store");
    world.store_says("the rows", NOTES, &["1 1, 2 1"]);
    let forger = Forger::new(&world);
    let within = announced(&world, "so-nnmt");
    // The key of row 1, as a capture writes it.
    let id = platform.schema_id(&names::key_subject(&forger.topic));
    let key: Vec<u8> = [&[0][..], &id.to_be_bytes(), &[2]].concat();
    let hex = |bytes: &[u8]| {
        let digits: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        digits.concat()
    };
    let version = Version { commit_lsn: Lsn(1), ..within };
    for codec in ["zstd", "gzip", "lz4"] {
        platform.tamper(&[
            "bomb",
            &forger.topic,
            codec,
            "7",
            "41943040",
            &hex(&key),
            &hex(&version.to_bytes()),
        ]);
    }
    world.source("so-nnmt", "update note set n = 2 where id = 2");
    world.store_says("another key to go on", "select n from shared.note where id = 2", &["2"]);
    assert_eq!(
        world.in_store("select distinct code || ' ' || (payload is null) from flow.parked_record"),
        ["RECORD_TOO_LARGE true"],
        "nothing of it is kept"
    );
    let peak = store.peak_memory();
    println!("peak {} MiB", peak >> 20);
    // A whole record of the row, whatever its contract says, is the way on.
    world.source("so-nnmt", "update note set n = 5 where id = 1");
    world.store_says("the row again", NOTES, &["1 5, 2 2"]);
    world.store_says(
        "the key to be free",
        "select count(*) from flow.parked_key where state = 'parked'",
        &["0"],
    );
    world.ledger_adds_up();
    assert!(peak < 200 << 20, "{} MiB", peak >> 20);
}

/// The registry, but for two columns of one name's length each way: what somebody could make of it who may
/// write to it. Ends with the suite.
fn lying_registry(platform: &Platform, one: &str, other: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let real = platform.registry_url.trim_start_matches("http://").to_owned();
    let spelt = |column: &str| format!(r#"\"name\":\"{column}\""#);
    let (one, other) = (spelt(one), spelt(other));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head);
            let Some(path) = head.split(' ').nth(1) else {
                continue;
            };
            let Ok(mut truth) = TcpStream::connect(&real) else {
                continue;
            };
            let is_login = |line: &&str| line.to_lowercase().starts_with("authorization:");
            let login = head.lines().find(is_login).unwrap_or("Accept: */*");
            let request = format!(
                "GET {path} HTTP/1.1\r\nHost: {real}\r\n{login}\r\nConnection: close\r\n\r\n"
            );
            let mut answer = String::new();
            let asked = truth
                .write_all(request.as_bytes())
                .and_then(|()| truth.read_to_string(&mut answer).map(drop));
            if asked.is_ok() {
                let lie =
                    answer.replace(&one, "\u{1}").replace(&other, &one).replace('\u{1}', &other);
                let _ = stream.write_all(lie.as_bytes());
            }
        }
    });
    url
}

fn status_of(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("a listener");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

fn a_schema_that_means_something_else_halts_its_dataset(platform: &Platform) {
    let world = World::with_tables(platform, "mutated", &["so-nnmt"], &[notes::note()]);
    let listen = format!("127.0.0.1:{}", free_port());
    world.configure("shared-store", &format!("[metrics]\nlisten = \"{listen}\""));
    let (_capture, store) = (world.capture("so-nnmt"), world.shared_store("store"));
    world.source("so-nnmt", "insert into note values (1, 1, 'secret', 'open')");
    let rows =
        "select string_agg(id || ' ' || body || ' ' || other, ', ' order by id) from shared.note";
    world.store_says("the row", rows, &["1 secret open"]);
    assert_eq!(
        world.in_store("select count(*) from flow.schema_seen where topic like '%note' and length(fingerprint) = 32"),
        ["2"],
        "key and value"
    );
    store.stop();
    let config = std::fs::read_to_string(world.config("shared-store")).expect("a configuration");
    let lying = config.replace(&platform.registry_url, &lying_registry(platform, "body", "other"));
    std::fs::write(world.config("shared-store"), lying).expect("a configuration");
    world.source("so-nnmt", "update note set body = 'secret 2', other = 'open 2'");
    let store = world.shared_store("store");
    world.store_says(
        "the dataset to halt",
        "select halted_code from flow.lease where topic like '%note'",
        &["BG0430"],
    );
    assert_eq!(world.in_store(rows), ["1 secret open"]);
    // Nobody else is unwell, and it is said who is.
    parcels::add(&world, 0, 10);
    world.store_says("another dataset", "select count(*) from shared.land_parcel", &["10"]);
    for (path, status) in [
        ("/healthz", "200"),
        ("/healthz/note", "503"),
        ("/healthz/land-parcel", "200"),
        ("/healthz/owner/so-nnmt", "503"),
        ("/healthz/owner/so-yt", "200"),
        ("/healthz/nothing", "404"),
    ] {
        let answer = status_of(&listen, path);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
    assert!(status_of(&listen, "/healthz").contains("\"dataset\":\"note\""));
    store.stop();

    // As if its records were the first of their kind: two names exchanged are not taken either.
    world.in_store("delete from flow.schema_seen");
    let store = world.shared_store("store");
    world.store_says(
        "the record to be refused",
        "select code || ' ' || field_path from flow.parked_key where state = 'parked'",
        &["INCOMPATIBLE before.body"],
    );
    assert_eq!(world.in_store(rows), ["1 secret open"]);
    store.stop();

    // With the true registry the dataset goes on where it was.
    std::fs::write(world.config("shared-store"), config).expect("a configuration");
    let _store = world.shared_store("store");
    world.source("so-nnmt", "update note set body = 'secret 3', other = 'open 3'");
    world.store_says("the row of the truth", rows, &["1 secret 3 open 3"]);
    world.ledger_adds_up();
}
