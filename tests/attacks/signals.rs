//! Requests to a capture, written by those who may write them at all: each asks for everything that can be asked.

use std::time::Duration;

use bangioc_schemas::asker::Asker;
use bangioc_schemas::names::{self, Side};
use bangioc_tests::wait;
use serde_json::{Value, json};

use crate::attack::Attack;
use crate::ground::{FACILITIES, Ground, PARCELS, Victim};
use crate::sent::{Forged, send};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "signals::the_open_side_pauses_a_department",
        who: "open-data on Kafka, the process with the public web server",
        does: "`pause-dataset`",
        holds: "the dataset streams on",
        got: "paused, under any name",
        run: |ground| nobody_pauses(ground, "open-data"),
    },
    Attack {
        name: "signals::a_sink_pauses_a_department",
        who: "shared-store on Kafka",
        does: "`pause-dataset`",
        holds: "the dataset streams on",
        got: "paused, under any name",
        run: |ground| nobody_pauses(ground, "shared-store"),
    },
    Attack {
        name: "signals::a_service_copies_everything",
        who: "open-data, shared-store on Kafka",
        does: "`copy-dataset`, `resume-dataset`: a whole table, again and again",
        holds: "nothing is copied",
        got: "the whole table, at once",
        run: nobody_copies,
    },
    Attack {
        name: "signals::a_key_of_the_other_side",
        who: "open-data on Kafka",
        does: "`copy-key` for the shared side, and of rows that are not public",
        holds: "the shared feed gets nothing",
        got: "the row was sent to the shared side",
        run: key_of_the_other_side,
    },
    Attack {
        name: "signals::in_the_name_of_another_asker",
        who: "every Kafka user but the administrator",
        does: "writes `pause-dataset` and `copy-key` to the signal topic of every asker but itself",
        holds: "Kafka refuses each of them",
        got: "not tried as such: one topic for all then, and what dead-letter wrote to it was done",
        run: as_another,
    },
    Attack {
        name: "signals::an_operator_under_another_name",
        who: "operator-hung on Kafka",
        does: "`pause-dataset` with `by`: \"lan\", and with escapes",
        holds: "it is paused by operator-hung, in the list as in the log",
        got: "no such login then; a sink paused it, under any name",
        run: under_another_name,
    },
    Attack {
        name: "signals::every_field_with_every_value",
        who: "open-data, shared-store on Kafka",
        does: "signals without fields, with unknown ones, of other types, deep, 1 MB, not UTF-8, keys of absurd length",
        holds: "the capture goes on, and an honest request is still heard",
        got: "",
        run: every_field,
    },
];

/// Each asker has a topic of its own.
fn topic_of(ground: &Ground, source: &str, asker: &str) -> String {
    let asker = Asker::of_user(asker).expect("an asker");
    names::signal_topic(&ground.prefix, source, &asker)
}

fn ask(ground: &Ground, asker: &str, source: &str, signals: &[Value]) {
    let topic = topic_of(ground, source, asker);
    let records: Vec<Forged> = signals.iter().map(|signal| Forged::json(&topic, signal)).collect();
    assert_eq!(send(ground, asker, &records), signals.len(), "{asker} was not heard at all");
}

/// The capture's own word about a dataset.
fn stand(ground: &Ground, dataset: &str) -> Value {
    let listed: Value =
        serde_json::from_str(&ground.tool(&["dataset", "list", "--output", "json"])).expect("JSON");
    let mut listed = listed.as_array().expect("datasets").iter();
    listed.find(|one| one["dataset"] == dataset).expect("the dataset").clone()
}

/// A request that everyone may make who may ask at all, and its answer: then all before it were taken.
fn settle(ground: &Ground, victim: Victim) {
    std::thread::sleep(Duration::from_secs(4));
    ground.flows(victim);
}

fn nobody_pauses(ground: &Ground, asker: &str) {
    let victim = FACILITIES;
    let signals = ["lan", "", "\u{1b}[2J\u{202e}nal"]
        .map(|by| json!({ "kind": "pause-dataset", "dataset": victim.dataset, "by": by }));
    ask(ground, asker, victim.source, &signals);
    let bare = [json!({ "kind": "pause-dataset", "dataset": victim.dataset })];
    ask(ground, asker, victim.source, &bare);
    std::thread::sleep(Duration::from_secs(4));
    let phase = stand(ground, victim.dataset)["phase"].clone();
    if phase == "paused" {
        // For those who come after.
        let _ = ground.try_tool(&["dataset", "resume", victim.dataset, "--yes", "--wait"]);
    }
    assert_eq!(phase, "streaming", "{asker} has paused it");
    ground.flows(victim);
}

fn as_another(ground: &Ground) {
    let users = crate::kafka::users(ground);
    let askers: Vec<&String> = users.iter().filter(|user| Asker::of_user(user).is_some()).collect();
    assert!(askers.len() > 3, "{askers:?}");
    let victim = FACILITIES;
    let mut records = Vec::new();
    for user in &users {
        for asker in askers.iter().filter(|asker| **asker != user) {
            let topic = topic_of(ground, victim.source, asker);
            let pause = json!({ "kind": "pause-dataset", "dataset": victim.dataset, "by": "x" });
            let key = json!({ "kind": "copy-key", "dataset": victim.dataset, "key": ["04932"] });
            for signal in [pause, key] {
                records.push((user, Forged::json(&topic, &signal)));
            }
        }
    }
    let mut wrong = Vec::new();
    for user in &users {
        let own: Vec<Forged> = records
            .iter()
            .filter(|(of, _)| *of == user)
            .map(|(_, record)| record.clone())
            .collect();
        let told = crate::sent::told(ground, user, &own);
        assert_eq!(told.len(), own.len(), "{user}: {told:?}");
        wrong.extend(
            told.into_iter()
                .filter(|one| !one.contains("AUTHORIZATION"))
                .map(|one| format!("{user}: {one}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(stand(ground, victim.dataset)["phase"], "streaming");
}

fn under_another_name(ground: &Ground) {
    let victim = FACILITIES;
    let mut seen = Vec::new();
    for by in ["lan", "operator-lan", "\u{1b}[2J\u{202e}nal"] {
        let pause = json!({ "kind": "pause-dataset", "dataset": victim.dataset, "by": by });
        ask(ground, "operator-hung", victim.source, &[pause]);
        wait::until("a pause", Duration::from_secs(30), || {
            let stand = stand(ground, victim.dataset);
            wait::holds(stand["phase"] == "paused", stand)
        });
        seen.push(stand(ground, victim.dataset).to_string());
        ground.tool(&["dataset", "resume", victim.dataset, "--yes", "--wait"]);
    }
    let wrong: Vec<&String> =
        seen.iter().filter(|seen| !seen.contains("hung") || seen.contains("lan")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    ground.flows(victim);
}

fn nobody_copies(ground: &Ground) {
    let victim = FACILITIES;
    let before = stand(ground, victim.dataset)["last_copy"].clone();
    let topic = ground.topic(Side::Shared, victim);
    let sent = |ground: &Ground| ground.records(&topic).len();
    for asker in ["open-data", "shared-store"] {
        settle(ground, victim);
        let start = sent(ground);
        ask(
            ground,
            asker,
            victim.source,
            &[
                json!({ "kind": "copy-dataset", "dataset": victim.dataset }),
                json!({ "kind": "resume-dataset", "dataset": victim.dataset }),
            ],
        );
        settle(ground, victim);
        let more = sent(ground) - start;
        assert!(more < 10, "{asker} had {more} records sent");
    }
    assert_eq!(stand(ground, victim.dataset)["last_copy"], before);
}

fn key_of_the_other_side(ground: &Ground) {
    let (victim, topic) = (FACILITIES, ground.topic(Side::Shared, FACILITIES));
    settle(ground, victim);
    let start = ground.records(&topic).len();
    let key = json!(["04930"]);
    ask(
        ground,
        "open-data",
        victim.source,
        &[
            json!({ "kind": "copy-key", "dataset": victim.dataset, "side": "shared", "key": key }),
            json!({ "kind": "copy-key", "dataset": victim.dataset, "key": key }),
        ],
    );
    std::thread::sleep(Duration::from_secs(4));
    let sent = ground.records(&topic).split_off(start);
    let copied = sent
        .iter()
        .filter(|record| record.key.as_deref().is_some_and(|key| key.ends_with(b"04930")));
    assert_eq!(copied.count(), 0, "it was copied to the shared side");
    ground.flows(PARCELS);
}

fn every_field(ground: &Ground) {
    let victim = FACILITIES;
    for asker in ["open-data", "shared-store"] {
        let topic = topic_of(ground, victim.source, asker);
        let side = if asker == "open-data" { Side::Open } else { Side::Shared };
        let key = |key: Value| json!({ "kind": "copy-key", "dataset": victim.dataset, "side": side.as_str(), "key": key });
        let long = "9".repeat(100_000);
        let mut records: Vec<Forged> = [
            json!({}),
            json!([]),
            json!(null),
            json!({ "kind": "copy-key" }),
            json!({ "kind": "drop-database", "dataset": victim.dataset }),
            json!({ "kind": "copy-key", "dataset": PARCELS.dataset, "side": side.as_str(), "key": ["01273", "901", "1"] }),
            json!({ "kind": "copy-key", "dataset": "no-such", "side": side.as_str(), "key": ["1"] }),
            json!({ "kind": "copy-key", "dataset": victim.dataset, "side": "both", "key": ["04901"] }),
            json!({ "kind": "copy-key", "dataset": victim.dataset, "side": side.as_str(), "key": ["04901"], "by": "x", "more": 1 }),
            key(json!([])),
            key(json!([null])),
            key(json!([1])),
            key(json!(["04901", "04902"])),
            key(json!(["'; drop table dept.health_facility; --"])),
            key(json!(["\0"])),
            key(json!(["\u{202e}\u{1b}[2J"])),
            key(json!([long])),
            key(json!({ "0": "04901" })),
        ]
        .iter()
        .map(|signal| Forged::json(&topic, signal))
        .collect();
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        let twice = format!(
            r#"{{"kind":"copy-key","kind":"pause-dataset","dataset":"{}","by":"x"}}"#,
            victim.dataset
        );
        for bytes in [&b""[..], b"\xff\xfe", b"{", &deep, &vec![b' '; 1_000_000], twice.as_bytes()]
        {
            records.push(Forged::new(&topic, None, Some(bytes)));
        }
        records.push(Forged::new(&topic, None, None));
        send(ground, asker, &records);
        ground.flows(victim);
        assert_eq!(stand(ground, victim.dataset)["phase"], "streaming", "{asker}");
        // It still hears who asks for what is theirs.
        let feed = names::topic(
            &ground.prefix,
            side,
            &ground.contract(victim.dataset).owner,
            &ground.contract(victim.dataset).dataset,
        );
        let start = ground.records(&feed).len();
        ask(ground, asker, victim.source, &[key(json!(["04931"]))]);
        wait::until(&format!("a row that {asker} asks for"), Duration::from_secs(30), || {
            let sent = ground.records(&feed).split_off(start);
            let found = sent
                .iter()
                .any(|record| record.key.as_deref().is_some_and(|key| key.ends_with(b"04931")));
            wait::holds(found, format!("{} records since", sent.len()))
        });
    }
    assert_eq!(ground.at_source("so-yt", "select count(*) > 0 from health_facility"), ["t"]);
}
