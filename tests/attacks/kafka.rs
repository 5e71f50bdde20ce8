//! Every Kafka user against every topic, group and operation, held against the table in `ops/security.md`: what Kafka
//! itself says that each may do, and what it answers to those who try.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use bangioc_schemas::names::Side;
use bangioc_tests::root;
use serde_json::Value;

use crate::attack::Attack;
use crate::ground::{FACILITIES, Ground};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "kafka::every_user_and_every_topic",
        who: "every Kafka user but the administrator",
        does: "asks the broker what it may do on every topic, on every group, at the cluster",
        holds: "that is what the table in ops/security.md says, and nothing else",
        got: "",
        run: every_user_and_every_topic,
    },
    Attack {
        name: "kafka::what_only_an_administrator_may",
        who: "every Kafka user but the administrator",
        does: "creates and deletes topics, adds partitions, changes settings, grants itself rights, takes a password away, begins a transaction",
        holds: "all of it is refused",
        got: "",
        run: what_only_an_administrator_may,
    },
];

/// User → topic or group → operations.
type Rights = BTreeMap<String, BTreeMap<String, BTreeSet<String>>>;

pub(crate) fn users(ground: &Ground) -> Vec<String> {
    let files = fs::read_dir(&ground.secrets).expect("a folder of passwords");
    let names = files.map(|file| file.expect("a file").file_name().to_string_lossy().into_owned());
    let mut users: Vec<String> = names.filter(|name| name != "admin").collect();
    users.sort();
    users
}

fn every_user_and_every_topic(ground: &Ground) {
    let known = ground.kafka_client("admin", &["topics"], "");
    let topics: Vec<&str> = known
        .lines()
        .filter(|topic| topic.starts_with(&format!("{}.", ground.prefix)) || topic.starts_with('_'))
        .collect();
    assert!(topics.len() > 10, "{topics:?}");
    let groups: Vec<String> =
        users(ground).iter().map(|user| format!("{}.{user}", ground.prefix)).collect();
    let mut granted = Rights::new();
    let mut args = vec!["rights"];
    args.extend(groups.iter().map(String::as_str));
    for user in users(ground) {
        let told = ground.kafka_client(&user, &args, &topics.join("\n"));
        let told: Value = serde_json::from_str(&told).expect("JSON");
        assert_eq!(told["cluster"], serde_json::json!([]), "{user} at the cluster");
        let of = granted.entry(user).or_default();
        for part in ["topics", "groups"] {
            for (name, operations) in told[part].as_object().expect("an object") {
                let operations = operations.as_array().expect("a list").iter();
                let operations: BTreeSet<String> =
                    operations.filter_map(|one| Some(one.as_str()?.to_owned())).collect();
                if !operations.is_empty() {
                    of.insert(name.clone(), operations);
                }
            }
        }
    }
    let wanted = wanted(ground, &topics);
    let mut wrong = Vec::new();
    for user in users(ground) {
        let none = BTreeMap::new();
        let (granted, wanted) =
            (granted.get(&user).unwrap_or(&none), wanted.get(&user).unwrap_or(&none));
        let names: BTreeSet<&String> = granted.keys().chain(wanted.keys()).collect();
        for name in names {
            let (has, should) = (granted.get(name), wanted.get(name));
            if has != should {
                wrong.push(format!("{user} on {name}: may {has:?}, the table says {should:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The table, with every dataset and source of the contracts in its places.
fn wanted(ground: &Ground, topics: &[&str]) -> Rights {
    let page = fs::read_to_string(root().join("ops/security.md")).expect("ops/security.md");
    let table = page.split("<!-- kafka -->").nth(1).expect("a table between marks");
    let operators: Vec<String> = users(ground)
        .iter()
        .filter_map(|user| Some(user.strip_prefix("operator-")?.to_owned()))
        .collect();
    assert!(!operators.is_empty(), "nobody runs the platform");
    let mut bindings: Vec<[(&str, String); 5]> = Vec::new();
    for contract in ground.catalogue().active() {
        for side in [Side::Shared, Side::Open] {
            let Some(contract) = contract.on(side) else {
                continue;
            };
            for operator in &operators {
                bindings.push([
                    ("<side>", side.as_str().to_owned()),
                    ("<owner>", contract.owner.as_str().to_owned()),
                    ("<dataset>", contract.dataset.as_str().to_owned()),
                    ("<source>", contract.source.source.as_str().to_owned()),
                    ("<name>", operator.clone()),
                ]);
            }
        }
    }
    let mut rights = Rights::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [user, places, operations, ..] = cells[..] else {
            panic!("not a line of the table: {line}")
        };
        let quoted = |cell: &str| -> Vec<String> {
            cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
        };
        for binding in &bindings {
            let put = |text: &str| {
                let text = text.replace("<prefix>", &ground.prefix);
                binding.iter().fold(text, |text, (name, value)| text.replace(name, value))
            };
            for user in quoted(user) {
                for place in quoted(places) {
                    // A row speaks of one side where it names it.
                    let side = binding[0].1.as_str();
                    let other = if side == "open" { ".shared." } else { ".open." };
                    let place = put(&place);
                    if place.contains(other)
                        || !(topics.contains(&place.as_str()) || place.starts_with("group "))
                    {
                        continue;
                    }
                    let place = place.trim_start_matches("group ").to_owned();
                    let all = rights.entry(put(&user)).or_default().entry(place).or_default();
                    for operation in operations.split(", ") {
                        let (operation, describes) = match operation {
                            "read" => ("READ", true),
                            "write" => ("WRITE", true),
                            "see settings" => ("DESCRIBE_CONFIGS", false),
                            "describe" => ("DESCRIBE", false),
                            other => panic!("no operation: {other}"),
                        };
                        all.insert(operation.to_owned());
                        if describes {
                            all.insert("DESCRIBE".to_owned());
                        }
                    }
                }
            }
        }
    }
    rights
}

fn what_only_an_administrator_may(ground: &Ground) {
    let topic = ground.topic(Side::Shared, FACILITIES);
    let mut wrong = Vec::new();
    for user in users(ground) {
        let told = ground.kafka_client(&user, &["try", &topic], "");
        assert_eq!(told.lines().count(), 8, "{user}: {told}");
        wrong.extend(
            told.lines()
                .filter(|line| !line.contains(": refused "))
                .map(|line| format!("{user}: {line}")),
        );
        let refused = told
            .lines()
            .filter(|line| line.contains("AUTHORIZATION_FAILED") || line.contains("SECURITY"));
        wrong.extend(
            (refused.count() < 8).then(|| format!("{user} was refused for another reason: {told}")),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(!ground.records(&topic).is_empty(), "the topic is there");
}
