//! A department's own feed, written by whoever has its password: what a record may say of its own dataset, and what
//! it may cost everybody.

use std::fs;
use std::time::Duration;

use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::version::{Lsn, Version};
use bangioc_change::{HEADER_ABSENT, HEADER_VERSION, wire};
use bangioc_feed::journal::JournalRecord;
use bangioc_schemas::names::Side;
use bangioc_tests::wait;

use crate::attack::Attack;
use crate::ground::{BUSINESSES, FACILITIES, Ground, PARCELS, Size, Victim};
use crate::sent::{Forged, send, send_packed};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "feed::a_truncate_that_nobody_agreed_to",
        who: "capture-so-yt on Kafka",
        does: "`op: t` with a version of all ones, on a dataset whose contract knows no truncate",
        holds: "the rows and the floor stay, the partition goes on, the next change arrives",
        got: "dataset empty, and stale for ever",
        run: |ground| truncate(ground, FACILITIES),
    },
    Attack {
        name: "feed::a_truncate_beyond_what_the_source_has_announced",
        who: "capture-national on Kafka",
        does: "`op: t` with a version of all ones, on a dataset whose contract knows truncate",
        holds: "the rows and the floor stay, the partition goes on, the next change arrives",
        got: "dataset empty, and stale for ever",
        run: |ground| truncate(ground, BUSINESSES),
    },
    Attack {
        name: "feed::versions_beyond_the_source",
        who: "capture-so-yt on Kafka",
        does: "honest rows again with versions of all ones, of the highest epoch, of the last LSN",
        holds: "none of them wins: what the source says next of the same rows arrives",
        got: "each of the six rows stayed as it was forged",
        run: versions_beyond,
    },
    Attack {
        name: "feed::headers_that_are_none",
        who: "capture-so-yt on Kafka",
        does: "versions of other lengths, twice, absent; 10,000 headers, one of 900 kB; absent columns that do not exist",
        holds: "at most that key waits: its dataset and all others go on, the health of the store is good",
        got: "",
        run: headers,
    },
    Attack {
        name: "feed::keys_that_are_none",
        who: "capture-so-yt on Kafka",
        does: "no key, an empty one, garbage, another dataset's, one of 900 kB",
        holds: "at most those keys wait: the dataset and all others go on, the health of the store is good",
        got: "the partition halted at the record without a key",
        run: keys,
    },
    Attack {
        name: "feed::values_that_are_none",
        who: "capture-so-yt on Kafka",
        does: "no value, garbage, half a record, another dataset's schema, a key's",
        holds: "at most those keys wait: the dataset and all others go on, the health of the store is good",
        got: "",
        run: values,
    },
    Attack {
        name: "feed::bombs",
        who: "capture-so-yt on Kafka",
        does: "40 MiB of zeros in 2 kB, again and again under one key, by each way to pack a batch",
        holds: "the shared store stays under 256 MB, keeps less than 16 MiB of it, and other departments' changes arrive",
        got: "787 MB of memory and 377 MB kept, in the demo",
        run: bombs,
    },
    Attack {
        name: "feed::a_schema_that_nobody_knows",
        who: "capture-national on Kafka",
        does: "records whose schema id was never given out, or belongs to the open side, where the shared store reads none",
        holds: "its dataset waits for them, five minutes; other departments' changes arrive, the health of the store is good",
        got: "health 503 for all departments, for five minutes",
        run: unknown_schema,
    },
];

/// The last record of a row that the shared feed has, by the end of its key.
#[track_caller]
fn honest(ground: &Ground, victim: Victim, key_end: &str) -> JournalRecord {
    let topic = ground.topic(Side::Shared, victim);
    let records = ground.records(&topic).into_iter();
    let of_key = |record: &JournalRecord| {
        let key = record.key.as_deref().unwrap_or_default();
        key.ends_with(key_end.as_bytes()) && record.value.is_some()
    };
    records.rev().find(of_key).expect("an honest record")
}

/// Each on its own: where it stands in its partition is for the victim to say.
fn again(topic: &str, record: &JournalRecord) -> Forged {
    Forged::new(topic, record.key.as_deref(), record.value.as_deref()).partition(record.partition)
}

fn floors(ground: &Ground, victim: Victim) -> Vec<String> {
    let sql =
        format!("select encode(floor, 'hex') from flow.lease where dataset = '{}'", victim.dataset);
    ground.in_store(Side::Shared, &sql)
}

fn truncate(ground: &Ground, victim: Victim) {
    let contract = ground.contract(victim.dataset);
    let topic = ground.topic(Side::Shared, victim);
    let known = ground.records(&topic).into_iter().find_map(|record| record.value);
    let value = wire::schema_id(&known.expect("a record")).expect("a schema");
    let encoder = Encoder::new(&contract, &topic, SchemaIds { key: 0, value }, victim.source, "it");
    let event = ChangeEvent {
        op: Operation::Truncate,
        version: Version { epoch: u32::MAX, commit_lsn: Lsn(u64::MAX), ordinal: u64::MAX },
        before: None,
        after: None,
        origin: Origin::default(),
    };
    let mut record = Encoded::default();
    encoder.expect("the contract's schema").encode(&event, 0, &mut record).expect("a record");
    let before = (ground.rows(Side::Shared, victim), floors(ground, victim));
    let forged = Forged::new(&topic, None, Some(&record.value)).header(HEADER_VERSION, &[0xff; 20]);
    send(ground, &format!("capture-{}", victim.source), &[forged]);
    ground.met(Side::Shared, &topic);
    assert_eq!((ground.rows(Side::Shared, victim), floors(ground, victim)), before);
    ground.works(Side::Shared, victim);
    ground.flows(victim);
}

fn versions_beyond(ground: &Ground) {
    let topic = ground.topic(Side::Shared, FACILITIES);
    let version = |epoch: u32, lsn: u64, ordinal: u64| {
        Version { epoch, commit_lsn: Lsn(lsn), ordinal }.to_bytes()
    };
    let versions = [
        [0xff; 20],
        version(u32::MAX, 0, 0),
        version(2, u64::MAX, 0),
        version(1, u64::MAX, u64::MAX),
        version(1, u64::MAX / 2, 0),
        version(1_000, 1, 1),
    ];
    let codes: Vec<String> = (0..versions.len()).map(|n| format!("0491{n}")).collect();
    let records: Vec<Forged> = codes
        .iter()
        .zip(&versions)
        .map(|(code, version)| {
            again(&topic, &honest(ground, FACILITIES, code)).header(HEADER_VERSION, version)
        })
        .collect();
    send(ground, "capture-so-yt", &records);
    ground.met(Side::Shared, &topic);
    ground.at_source(
        "so-yt",
        "update health_facility set beds = 77 where facility_code between '04910' and '04919'",
    );
    wait::until("later changes to win", Duration::from_mins(1), || {
        let sql = "select coalesce(string_agg(facility_code, ' ' order by facility_code), '') from shared.health_facility \
                   where facility_code between '04910' and '04915' and beds is distinct from 77";
        let found = ground.try_store(Side::Shared, sql)?;
        wait::holds(found == [""], format!("these stay as they were: {found:?}"))
    });
    ground.works(Side::Shared, FACILITIES);
    ground.flows(PARCELS);
}

/// What has to go on after the attacker has spoiled a key of its own.
#[track_caller]
fn only_a_key_waits(ground: &Ground, topic: &str) {
    ground.met(Side::Shared, topic);
    ground.works(Side::Shared, FACILITIES);
    ground.flows(FACILITIES);
    ground.flows(PARCELS);
    ground.is_well("shared-store");
}

fn headers(ground: &Ground) {
    let topic = ground.topic(Side::Shared, FACILITIES);
    let record = honest(ground, FACILITIES, "04920");
    let forged = || again(&topic, &record);
    let good = Version { epoch: 1, commit_lsn: Lsn(1), ordinal: 1 }.to_bytes();
    let mut records: Vec<Forged> = [0, 1, 19, 21, 1_000]
        .map(|length| forged().header(HEADER_VERSION, &vec![0xff; length]))
        .into();
    records.push(forged());
    records.push(forged().header(HEADER_VERSION, &[0; 20]));
    records.push(forged().header(HEADER_VERSION, &good).header(HEADER_VERSION, &[0xff; 20]));
    records.push(forged().header(HEADER_VERSION, &[0xff; 20]).header(HEADER_VERSION, &good));
    records.push(forged().header(HEADER_VERSION, &vec![1; 900_000]));
    let many = (0..10_000).fold(forged(), |record, n| record.header(&format!("h{n}"), b"x"));
    records.push(many.header(HEADER_VERSION, &good));
    for absent in
        [&b"nobody=TOAST"[..], b"\xff\xfe", b"{\"nobody\":\"TOAST\"}", &vec![0x2c; 100_000]]
    {
        records.push(forged().header(HEADER_VERSION, &good).header(HEADER_ABSENT, absent));
    }
    let count = records.len();
    let taken = send(ground, "capture-so-yt", &records);
    assert_eq!(taken, count, "not all were written");
    only_a_key_waits(ground, &topic);
}

fn keys(ground: &Ground) {
    let topic = ground.topic(Side::Shared, FACILITIES);
    let record = honest(ground, FACILITIES, "04921");
    let of_another = honest(ground, BUSINESSES, "4899999017");
    let own = record.key.clone().unwrap_or_default();
    let version = Version { epoch: 1, commit_lsn: Lsn(1), ordinal: 1 }.to_bytes();
    let with = |key: Option<&[u8]>| {
        Forged::new(&topic, key, record.value.as_deref()).header(HEADER_VERSION, &version)
    };
    let mut huge = own.clone();
    huge.extend(vec![b'4'; 900_000]);
    let records = [
        with(None),
        with(Some(b"")),
        with(Some(b"\0")),
        with(Some(b"not a key at all")),
        with(Some(&own[..5])),
        with(of_another.key.as_deref()),
        with(Some(&huge)),
        // No key and no value: what a tombstone would be.
        Forged::new(&topic, None, None),
    ];
    assert_eq!(send(ground, "capture-so-yt", &records), records.len(), "not all were written");
    only_a_key_waits(ground, &topic);
}

fn values(ground: &Ground) {
    let topic = ground.topic(Side::Shared, FACILITIES);
    let record = honest(ground, FACILITIES, "04922");
    let own = record.value.clone().unwrap_or_default();
    let of_another = honest(ground, BUSINESSES, "4899999017").value.unwrap_or_default();
    let key = record.key.clone().unwrap_or_default();
    let version = Version { epoch: 1, commit_lsn: Lsn(1), ordinal: 1 }.to_bytes();
    let with = |value: Option<&[u8]>| {
        Forged::new(&topic, Some(&key), value).header(HEADER_VERSION, &version)
    };
    // The schema of one, the body of another.
    let named = |schema: &[u8], body: &[u8]| [&schema[..5], &body[5..]].concat();
    let records = [
        with(None),
        with(Some(b"")),
        with(Some(&[0])),
        with(Some(b"not a value at all")),
        with(Some(&own[..own.len() / 2])),
        with(Some(&[&own[..], &[0; 100]].concat())),
        with(Some(&of_another)),
        with(Some(&named(&of_another, &own))),
        with(Some(&named(&key, &own))),
        with(Some(&[&own[..5], &[0xff; 64]].concat())),
    ];
    assert_eq!(send(ground, "capture-so-yt", &records), records.len(), "not all were written");
    only_a_key_waits(ground, &topic);
}

/// Peak of a process' memory since [`forget_peak`], MB.
pub(crate) fn peak_mb(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.expect("its memory") / 1_000
}

pub(crate) fn forget_peak(pid: u32) {
    fs::write(format!("/proc/{pid}/clear_refs"), "5").expect("a process of ours");
}

fn bombs(ground: &Ground) {
    const ZEROS: usize = 40 << 20;
    let topic = ground.topic(Side::Shared, FACILITIES);
    let record = honest(ground, FACILITIES, "04923");
    let beginning = record.value.as_deref().unwrap_or_default()[..5].to_vec();
    let (packings, count): (&[&str], usize) = match ground.size {
        Size::Short => (&["zstd"], 11),
        Size::Long => (&["zstd", "gzip", "lz4", "snappy"], 20),
    };
    let pid = ground.pids["shared-store"];
    let kept = format!(
        "select coalesce(sum(length(payload)), 0) from flow.parked_record where topic = '{topic}'"
    );
    let number = |lines: Vec<String>| lines.concat().parse::<u64>().expect("a number");
    let kept_before = number(ground.in_store(Side::Shared, &kept));
    forget_peak(pid);
    for packing in packings {
        let version = Version { epoch: 1, commit_lsn: Lsn(2), ordinal: 1 }.to_bytes();
        let bomb = again(&topic, &record).zeros(&beginning, ZEROS).header(HEADER_VERSION, &version);
        let mut taken = 0;
        for _ in 0..count {
            // Each in a batch of its own, or our own client would need as much.
            let one = [bomb.clone()];
            taken +=
                std::panic::catch_unwind(|| send_packed(ground, "capture-so-yt", &one, packing))
                    .unwrap_or(0);
        }
        assert!(taken > 0 || *packing == "snappy", "no bomb of {packing} was taken");
    }
    ground.met(Side::Shared, &topic);
    let (peak, kept) = (peak_mb(pid), number(ground.in_store(Side::Shared, &kept)) - kept_before);
    assert!(peak < 256, "the shared store took {peak} MB, and keeps {kept} bytes of it");
    assert!(kept < 16 << 20, "{kept} bytes are kept");
    ground.flows(PARCELS);
    ground.flows(FACILITIES);
}

fn unknown_schema(ground: &Ground) {
    let topic = ground.topic(Side::Shared, BUSINESSES);
    let record = honest(ground, BUSINESSES, "4899999017");
    let open = ground.records(&ground.topic(Side::Open, FACILITIES));
    let open = open.into_iter().find_map(|record| record.value);
    let open = open.expect("an open record")[..5].to_vec();
    let version = Version { epoch: 1, commit_lsn: Lsn(1), ordinal: 1 }.to_bytes();
    let never = [&[0][..], &0x7fff_fffe_u32.to_be_bytes()].concat();
    let own = record.value.as_deref().unwrap_or_default();
    let forged = [open, never].map(|schema| {
        let value = [&schema[..], &own[5..]].concat();
        Forged::new(&topic, record.key.as_deref(), Some(&value)).header(HEADER_VERSION, &version)
    });
    assert_eq!(send(ground, "capture-national", &forged), 2);
    for _ in 0..3 {
        ground.flows(FACILITIES);
        ground.flows(PARCELS);
        ground.is_well("shared-store");
        std::thread::sleep(Duration::from_secs(2));
    }
}
