//! A department's own progress topics, written by whoever has its password: sweeps and progress that speak of
//! others, and every value that a field can be given.

use std::time::Duration;

use bangioc_schemas::names::Side;
use bangioc_tests::wait;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::attack::Attack;
use crate::ground::{BUSINESSES, FACILITIES, Ground, PARCELS, Size, Victim};
use crate::sent::{Forged, send};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "control::a_sweep_of_another_departments_dataset",
        who: "capture-national on Kafka",
        does: "a sweep on its own progress topic that names another department's topic, with no offsets; on either side",
        holds: "the other dataset keeps its rows and its floor, and its next change is in the store within 10 s",
        got: "80 rows → 0 within a second, a floor of all ones",
        run: |ground| {
            for side in [Side::Shared, Side::Open] {
                sweep_of_another(ground, side);
            }
        },
    },
    Attack {
        name: "control::progress_of_another_departments_dataset",
        who: "capture-national on Kafka",
        does: "progress on its own topic that says another department's dataset is complete up to the last LSN there is, in 2100",
        holds: "with that department's capture frozen its dataset falls behind in the status",
        got: "0.0 s behind, its capture frozen for half a minute",
        run: progress_of_another,
    },
    Attack {
        name: "control::its_own_clock_in_the_year_2100",
        who: "capture-national on Kafka",
        does: "progress of its own with an LSN of all ones, epoch and clock at their ends",
        holds: "its dataset is not fresh for good: what its capture says next counts again",
        got: "still fresh as of 2100 after 90 s",
        run: its_own_clock,
    },
    Attack {
        name: "control::a_sweep_that_is_none",
        who: "capture-national on Kafka",
        does: "sweeps of its own dataset: no offsets, a partition that is not there, negative and future offsets, versions of all ones",
        holds: "none of them runs: the rows stay, the next change arrives",
        got: "the dataset was emptied",
        run: sweeps_that_are_none,
    },
    Attack {
        name: "control::every_field_with_every_value",
        who: "capture-national on Kafka",
        does: "each field of each control record with values of other types and sizes, missing, twice, deep, 5 MB, not UTF-8",
        holds: "both sinks read on, other departments' rows and changes are as they were",
        got: "a NUL in a topic's name: control records of all departments were not read any further, for good",
        run: every_field_with_every_value,
    },
    Attack {
        name: "control::more_than_a_store_can_remember",
        who: "capture-national on Kafka",
        does: "2,000 sweeps that wait for ever, 2,000 of its own; progress of 10,000 datasets and topics that are none, twenty times",
        holds: "at most 1,000 sweeps wait, the books keep none of the names, the store stays under 256 MB, another department's copy ends",
        got: "each sweep took 0.3 s, and every department's rows waited for all of them",
        run: more_than_can_be_remembered,
    },
];

const ALL_ONES: &str = "ffffffffffffffffffffffffffffffffffffffff";

fn floor(ground: &Ground, side: Side, victim: Victim) -> Vec<String> {
    let sql = format!(
        "select partition, encode(floor, 'hex') from flow.lease where dataset = '{}' order by partition",
        victim.dataset
    );
    ground.in_store(side, &sql)
}

fn sweep_of_another(ground: &Ground, side: Side) {
    let (victim, topic) = (FACILITIES, ground.topic(side, FACILITIES));
    let before = (ground.rows(side, victim), floor(ground, side, victim));
    assert!(!before.0.starts_with("0 "), "nothing to lose: {before:?}");
    let progress = ground.progress(side, "national");
    let sweep = json!({ "kind": "sweep", "topic": topic, "below": ALL_ONES, "offsets": {} });
    send(ground, "capture-national", &[Forged::json(&progress, &sweep)]);
    ground.met(side, &progress);
    // A sweep runs in the round after the one that read it.
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((ground.rows(side, victim), floor(ground, side, victim)), before);
    if side == Side::Shared {
        ground.flows(victim);
    }
}

/// What the victim's capture would say, but from the end of time.
fn from_2100(topics: &[String], datasets: &[&str]) -> Value {
    let offsets: serde_json::Map<String, Value> =
        topics.iter().map(|topic| (topic.clone(), json!({ "0": 0 }))).collect();
    let datasets: serde_json::Map<String, Value> = datasets
        .iter()
        .map(|dataset| {
            (
                (*dataset).to_owned(),
                json!({ "phase": "streaming", "estimated_rows": 40, "copied_rows": 40 }),
            )
        })
        .collect();
    json!({ "kind": "progress", "epoch": 4_294_967_295_u32, "lsn": "FFFFFFFF/FFFFFFFF", "at_us": 4_102_444_800_000_000_i64,
            "full": true, "offsets": offsets, "datasets": datasets })
}

fn progress_of_another(ground: &Ground) {
    let victim = FACILITIES;
    let progress = ground.progress(Side::Shared, "national");
    let record = from_2100(&[ground.topic(Side::Shared, victim)], &[victim.dataset]);
    send(ground, "capture-national", &[Forged::json(&progress, &record)]);
    ground.met(Side::Shared, &progress);
    ground.signal("capture-so-yt", Signal::STOP);
    let seen = std::panic::catch_unwind(|| {
        wait::until("a frozen department to fall behind", Duration::from_secs(30), || {
            let behind = ground.status(Side::Shared, victim.dataset)["seconds_behind"].clone();
            wait::holds(behind.as_f64() > Some(4.0), behind)
        });
    });
    ground.signal("capture-so-yt", Signal::CONT);
    assert!(seen.is_ok(), "a dataset whose source is frozen is shown as fresh");
    ground.flows(victim);
}

fn its_own_clock(ground: &Ground) {
    let victim = BUSINESSES;
    let progress = ground.progress(Side::Shared, "national");
    let record = from_2100(&[ground.topic(Side::Shared, victim)], &[victim.dataset]);
    send(ground, "capture-national", &[Forged::json(&progress, &record)]);
    ground.met(Side::Shared, &progress);
    // Its capture speaks again by itself, at the latest within the time of a full map.
    wait::until("what is honest to count again", Duration::from_secs(90), || {
        let sql = format!(
            "select complete_at < now() + interval '1 hour' and source_at < now() + interval '1 hour' \
             and complete_at > now() - interval '2 minutes' from flow.freshness where dataset = '{}'",
            victim.dataset
        );
        let found = ground.try_store(Side::Shared, &sql)?;
        wait::holds(found == ["t"], format!("{found:?}"))
    });
}

fn sweeps_that_are_none(ground: &Ground) {
    let (victim, topic) = (BUSINESSES, ground.topic(Side::Shared, BUSINESSES));
    let (rows, floor_before) =
        (ground.rows(Side::Shared, victim), floor(ground, Side::Shared, victim));
    let progress = ground.progress(Side::Shared, "national");
    let low = "0000000100000000000000010000000000000000";
    let sweep = |below: &str, offsets: Value| {
        let sweep = json!({ "kind": "sweep", "topic": topic, "below": below, "offsets": offsets });
        Forged::json(&progress, &sweep)
    };
    let sweeps = [
        sweep(ALL_ONES, json!({})),
        sweep(ALL_ONES, json!({ "0": 0 })),
        sweep(low, json!({})),
        sweep(ALL_ONES, json!({ "0": -1 })),
        sweep(ALL_ONES, json!({ "7": 0 })),
        sweep(ALL_ONES, json!({ "0": 0, "-1": 0 })),
        sweep("7fffffff7fffffffffffffff0000000000000000", json!({ "0": 0 })),
        sweep("ff", json!({ "0": 0 })),
    ];
    send(ground, "capture-national", &sweeps);
    ground.met(Side::Shared, &progress);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(ground.rows(Side::Shared, victim), rows);
    // A sweep that is too early to have come from a copy may be believed: it removes nothing.
    let floor_now = floor(ground, Side::Shared, victim);
    assert!(floor_now.concat() <= floor_before.concat().max(format!("0|{low}")), "{floor_now:?}");
    ground.flows(victim);
}

/// What a field is given in place of an honest value.
fn hostile(size: Size) -> Vec<String> {
    let deep = |n: usize| "[".repeat(n) + &"]".repeat(n);
    let mut values: Vec<String> = [
        "null",
        "true",
        "\"\"",
        "\"x\"",
        "0",
        "-1",
        "1e400",
        "NaN",
        "Infinity",
        "0.5",
        "{}",
        "[]",
        "{\"0\":null}",
        "{\"0\":-1}",
        "{\"0\":9223372036854775807}",
        "{\"x\":1}",
        "4294967296",
        "-9223372036854775809",
        "9223372036854775807",
        "-9223372036854775808",
        "253402300800000000",
        "{\"0\":9223372036854775807,\"1\":-9223372036854775808,\"2147483647\":0}",
        "{\"\\u0000\":{\"0\":1}}",
        "{\"business\":{\"phase\":\"streaming\",\"estimated_rows\":9223372036854775807,\"copied_rows\":-1}}",
        "{\"business\":{\"phase\":\"\\u0000\"}}",
        "18446744073709551616",
        "\"FFFFFFFF/FFFFFFFF\"",
        "\"0/0\"",
        "\"\\u0000\"",
        "\"\\u202e\\u001b[2J\"",
        "\"\\ud800\"",
    ]
    .map(str::to_owned)
    .into();
    values.push(format!("\"{ALL_ONES}\""));
    values.push(deep(200));
    if size == Size::Long {
        values.push(deep(100_000));
        values.push(format!("\"{}\"", "x".repeat(1 << 20)));
        values.push(format!(
            "{{{}}}",
            (0..50_000).map(|n| format!("\"t{n}\":{{\"0\":{n}}}")).collect::<Vec<_>>().join(",")
        ));
    }
    values
}

/// Every record that is one field away from an honest one.
fn mutated(honest: &Value, size: Size) -> Vec<Vec<u8>> {
    let text = honest.to_string();
    let mut all = vec![
        Vec::new(),
        vec![0xff, 0xfe],
        text.as_bytes()[..text.len() / 2].to_vec(),
        format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)).into_bytes(),
        format!("{text}{text}").into_bytes(),
        [vec![b' '; 5_000_000], text.clone().into_bytes()].concat(),
        text.replacen('{', "{\"unheard_of\":1,", 1).into_bytes(),
    ];
    let Value::Object(fields) = honest else {
        return all;
    };
    for name in fields.keys() {
        let with = |value: Option<&str>| {
            let fields = fields.iter().filter_map(|(field, old)| match (field == name, value) {
                (true, None) => None,
                (true, Some(value)) => Some(format!("\"{field}\":{value}")),
                (false, _) => Some(format!("\"{field}\":{old}")),
            });
            format!("{{{}}}", fields.collect::<Vec<_>>().join(",")).into_bytes()
        };
        all.push(with(None));
        all.extend(hostile(size).iter().map(|value| with(Some(value))));
        // Said twice: which one counts?
        all.push(text.replacen('{', &format!("{{\"{name}\":{},", fields[name]), 1).into_bytes());
    }
    all
}

/// The same, as an honest capture might: it is believed.
fn of_today(topics: &[String], datasets: &[&str]) -> Value {
    let mut record = from_2100(topics, datasets);
    let now = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_micros();
    record["at_us"] = json!(i64::try_from(now).expect("a time"));
    record["epoch"] = json!(1);
    record["lsn"] = json!("0/1");
    record["full"] = json!(false);
    record
}

fn more_than_can_be_remembered(ground: &Ground) {
    let progress = ground.progress(Side::Shared, "national");
    let books =
        "select (select count(*) from flow.freshness) || ' ' || (select count(*) from flow.lease)";
    let before = ground.in_store(Side::Shared, books);
    let low = "0000000100000000000000010000000000000000";
    let own = ground.topic(Side::Shared, BUSINESSES);
    let sweeps = (0..2_000).flat_map(|n| {
        let nowhere = format!("{}.shared.nobody.nothing-{n}", ground.prefix);
        [(nowhere, json!({ "0": i64::MAX })), (own.clone(), json!({ "0": 1 }))]
    });
    let mut records: Vec<Forged> = sweeps
        .map(|(topic, offsets)| {
            let sweep =
                json!({ "kind": "sweep", "topic": topic, "below": low, "offsets": offsets });
            Forged::json(&progress, &sweep)
        })
        .collect();
    for round in 0..20 {
        let names = (0..10_000).map(|n| format!("nothing-{round}-{n}"));
        let (topics, datasets): (Vec<String>, Vec<String>) =
            names.map(|name| (format!("{}.{name}", ground.prefix), name)).unzip();
        // In two, below the length that any record may have.
        let datasets: Vec<&str> = datasets.iter().map(String::as_str).collect();
        records.push(Forged::json(&progress, &of_today(&topics, &[])));
        for part in datasets.chunks(5_000) {
            records.push(Forged::json(&progress, &of_today(&[], part)));
        }
    }
    let pid = ground.pids["shared-store"];
    crate::feed::forget_peak(pid);
    let taken = send(ground, "capture-national", &records);
    assert_eq!(taken, records.len(), "not all were written");
    ground.met(Side::Shared, &progress);
    let waiting = format!(
        "select count(*) from flow.sweep where progress_topic = '{progress}' and done_at is null"
    );
    let waiting = ground.in_store(Side::Shared, &waiting).concat();
    let kept = "select coalesce(max(pg_column_size(p)), 0) from flow.progress_position p";
    let kept = ground.in_store(Side::Shared, kept).concat();
    let peak = crate::feed::peak_mb(pid);
    ground.tool(&["dataset", "recopy", FACILITIES.dataset, "--yes", "--wait"]);
    ground.flows(FACILITIES);
    // For those who come after.
    let forget =
        format!("delete from flow.sweep where topic like '{}.shared.nobody.%'", ground.prefix);
    ground.in_store(Side::Shared, &forget);
    let number = |text: &str| text.parse::<u64>().expect("a number");
    assert!(number(&waiting) <= 1_000, "{waiting} sweeps wait");
    assert!(number(&kept) < 100_000, "{kept} bytes of it are kept");
    assert!(peak < 256, "the shared store took {peak} MB");
    assert_eq!(ground.in_store(Side::Shared, books), before);
    ground.is_well("shared-store");
}

fn every_field_with_every_value(ground: &Ground) {
    let victims = [FACILITIES, PARCELS];
    for side in [Side::Shared, Side::Open] {
        let before = victims.map(|victim| (ground.rows(side, victim), floor(ground, side, victim)));
        let progress = ground.progress(side, "national");
        let theirs = ground.topic(side, FACILITIES);
        let honest = [
            json!({ "kind": "sweep", "topic": theirs, "below": "0000000100000000000000010000000000000000", "offsets": { "0": 1 } }),
            json!({ "kind": "progress", "epoch": 1, "lsn": "0/1", "at_us": 1, "full": false, "offsets": { theirs: { "0": 1 } }, "datasets": {} }),
        ];
        let mut records: Vec<Forged> = honest
            .iter()
            .flat_map(|honest| mutated(honest, ground.size))
            .map(|value| Forged::new(&progress, None, Some(&value)))
            .collect();
        records.push(Forged::new(&progress, None, None));
        let count = records.len();
        let taken = send(ground, "capture-national", &records);
        assert!(taken > count - 8, "only {taken} of {count} were written");
        ground.met(side, &progress);
        std::thread::sleep(Duration::from_secs(3));
        let after = victims.map(|victim| (ground.rows(side, victim), floor(ground, side, victim)));
        assert_eq!(after, before);
    }
    for victim in victims {
        ground.flows(victim);
        let behind = ground.status(Side::Shared, victim.dataset)["seconds_behind"].clone();
        assert!(behind.as_f64().is_some_and(|behind| behind < 90.0), "{behind}");
    }
}
