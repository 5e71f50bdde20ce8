//! Tables of situations: what is there, and what the plan says of it.

use std::collections::BTreeMap;

use bangioc_feed::access::{Operation, Pattern, Permission, Resource, Right};
use bangioc_feed::admin::Authorizer;

use super::{Plan, Verdict, plan};
use crate::actual::{Actual, ActualSubject, ActualTopic, Registry, WantedSchema};
use bangioc_schemas::asker::Asker;
use bangioc_schemas::class_memory::ClassMemory;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;

use crate::deployment::{Deployment, Feed};
use crate::principals;
use crate::subjects::Version;
use crate::text;
use crate::wanted::{self, COMPATIBILITY};

const PARCELS: &str = "caobang.shared.so-nnmt.land-parcel";

fn shared(owner: &str, dataset: &str, partitions: u32) -> Feed {
    feed(Side::Shared, owner, dataset, partitions)
}

fn feed(side: Side, owner: &str, dataset: &str, partitions: u32) -> Feed {
    Feed {
        side,
        dataset: dataset.to_owned(),
        owner: owner.to_owned(),
        source: owner.to_owned(),
        topic: format!("caobang.{}.{owner}.{dataset}", side.as_str()),
        partitions,
        key_schema: r#"{"type":"record","name":"Key","fields":[]}"#.to_owned(),
        value_schema: r#"{"type":"record","name":"Envelope","fields":[]}"#.to_owned(),
    }
}

fn deployment() -> Deployment {
    Deployment {
        prefix: "caobang".to_owned(),
        replication: 1,
        administrator: "admin".to_owned(),
        operators: vec![Asker::operator("lan").unwrap()],
        feeds: vec![
            shared("so-nnmt", "land-parcel", 3),
            shared("so-tc", "business", 1),
            feed(Side::Open, "so-tc", "business", 1),
        ],
        drafts: vec!["caobang.shared.so-yt.ambulance".to_owned()],
    }
}

fn nothing() -> Actual {
    Actual {
        cluster_id: "c1".to_owned(),
        authorizer: Authorizer::Present,
        topics: BTreeMap::new(),
        rights: Vec::new(),
        registry: Registry::Read(BTreeMap::new()),
    }
}

/// Everything as the deployment wants it.
fn settled(deployment: &Deployment) -> Actual {
    let topics = wanted::topics(deployment).into_iter().map(|topic| {
        let configs = topic.configs.into_iter().collect();
        (
            topic.name,
            ActualTopic { partitions: topic.partitions, replication: topic.replication, configs },
        )
    });
    let subjects = wanted::subjects(deployment).into_iter().map(|subject| {
        let level = Some(COMPATIBILITY.as_str().to_owned());
        (
            subject.name,
            ActualSubject {
                latest: Some(Version { number: 1, id: 7 }),
                wanted: WantedSchema::Latest,
                level,
                ..ActualSubject::default()
            },
        )
    });
    Actual {
        topics: topics.collect(),
        rights: principals::rights(deployment).into_iter().map(|wanted| wanted.right).collect(),
        registry: Registry::Read(subjects.collect()),
        ..nothing()
    }
}

/// The plan's lines about a situation that differs from the settled one by `change`.
fn after(change: impl FnOnce(&mut Deployment, &mut Actual)) -> Plan {
    let mut deployment = deployment();
    let mut actual = settled(&deployment);
    change(&mut deployment, &mut actual);
    plan(&deployment, &actual)
}

fn lines(plan: &Plan) -> String {
    plan.lines.iter().map(text::line).collect()
}

fn subject<'a>(actual: &'a mut Actual, name: &str) -> &'a mut ActualSubject {
    match &mut actual.registry {
        Registry::Read(found) => found.entry(name.to_owned()).or_default(),
        Registry::Silent => panic!("the registry is silent"),
    }
}

#[test]
fn an_empty_cluster_gets_everything_and_all_of_it_is_safe() {
    let plan = plan(&deployment(), &nothing());
    assert_eq!(plan.count(Verdict::Safe), plan.lines.len());
    insta::assert_snapshot!(text::plan(&plan));
}

#[test]
fn a_second_plan_is_empty() {
    let plan = after(|_, _| {});
    assert!(plan.is_empty(), "{}", lines(&plan));
    insta::assert_snapshot!(text::plan(&plan), @"Topics under `caobang` on cluster c1: nothing to do, all is as the contracts say.");
}

/// Whatever single piece a killed run left out, the next plan has that piece and nothing else.
#[test]
fn what_a_killed_run_left_out_is_planned_again() {
    let deployment = deployment();
    let settled = settled(&deployment);
    for name in settled.topics.keys() {
        let mut actual = settled.clone();
        actual.topics.remove(name);
        let plan = plan(&deployment, &actual);
        assert_eq!(plan.lines.len(), 1, "{}", lines(&plan));
        assert_eq!(
            (plan.lines[0].verdict, plan.lines[0].name.as_str()),
            (Verdict::Safe, name.as_str())
        );
    }
    for right in &settled.rights {
        let mut actual = settled.clone();
        actual.rights.retain(|other| other != right);
        let plan = plan(&deployment, &actual);
        assert_eq!(plan.lines.len(), 1, "{}", lines(&plan));
        assert_eq!(plan.lines[0].action, Some(super::Action::Grant(vec![right.clone()])));
    }
}

#[test]
fn another_partition_count_is_refused_and_holds_its_dataset_back() {
    let plan = after(|_, actual| {
        actual.topics.get_mut(PARCELS).unwrap().partitions = 1;
        actual.rights.retain(|right| !right.name.contains(".shared."));
    });
    insta::assert_snapshot!(text::plan(&plan));
    let held: Vec<_> = plan
        .lines
        .iter()
        .filter(|line| plan.is_held(line))
        .map(|line| line.change.as_str())
        .collect();
    assert!(held.iter().all(|change| change.contains("land-parcel")), "{held:?}");
    assert_eq!(held.len(), 2);
}

#[test]
fn drifted_settings_wait_for_a_person() {
    let plan = after(|_, actual| {
        let topic = actual.topics.get_mut(PARCELS).unwrap();
        topic.configs.insert("retention.ms".to_owned(), "604800000".to_owned());
        topic.configs.insert("segment.bytes".to_owned(), "1048576".to_owned());
        actual.topics.get_mut("caobang.state.so-tc").unwrap().replication = 3;
    });
    insta::assert_snapshot!(lines(&plan), @"
      ? REVIEW  topic    caobang.state.so-tc  3 copies instead of 1 (only a person can move replicas: `kafka-reassign-partitions.sh`)
      ~ REVIEW  topic    caobang.shared.so-nnmt.land-parcel  set retention.ms = 1209600000 (retention.ms is 604800000)
    ");
}

#[test]
fn topics_that_nobody_asked_for() {
    let add = |actual: &mut Actual, name: &str| {
        actual.topics.insert(
            name.to_owned(),
            ActualTopic { partitions: 1, replication: 1, configs: BTreeMap::new() },
        );
    };
    let plan = after(|_, actual| {
        // A lost contract file, a draft, an experiment of our own, and three that are none of our business.
        for name in [
            "caobang.shared.so-xd.permit",
            "caobang.shared.so-yt.ambulance",
            "caobang.trial",
            "caobanger.shared.a.b",
            "weather",
            "__consumer_offsets",
        ] {
            add(actual, name);
        }
    });
    insta::assert_snapshot!(lines(&plan), @"
      ? REVIEW  topic    caobang.shared.so-yt.ambulance  left as it is (its contract is a draft; nothing is written or read there)
      ? REVIEW  topic    caobang.trial  left as it is (it is under our prefix, and no contract leads to it)
      x REFUSE  topic    caobang.shared.so-xd.permit  left as it is (no contract leads to this topic, and it holds rows: is the file missing?) [BG0133]
    ");
    assert!(!plan.is_refused_whole(), "one lost file must not stop the others");
}

#[test]
fn names_that_no_plan_can_be_made_with() {
    let empty = after(|deployment, _| deployment.prefix.clear());
    insta::assert_snapshot!(lines(&empty), @"  x REFUSE  topic    (no prefix)  not planned (the prefix is empty: `prefix` of the configuration needs a name like `caobang`) [BG0137]");
    assert!(empty.is_refused_whole());
    for bad in ["Cao", "cao.bang", "cao_bang", "*", "cao bang", "-cao"] {
        let plan = after(|deployment, _| bad.clone_into(&mut deployment.prefix));
        assert_eq!(
            plan.lines.iter().map(|line| line.code).collect::<Vec<_>>(),
            [Some("BG0137")],
            "{bad}"
        );
    }
    let twice = after(|deployment, _| deployment.feeds.push(shared("so-tc", "business", 1)));
    insta::assert_snapshot!(lines(&twice), @"  x REFUSE  topic    caobang.shared.so-tc.business  not planned (two contracts lead to this topic: their rows would overwrite each other) [BG0138]");
}

#[test]
fn a_cluster_that_checks_no_rights_gets_nothing() {
    let deployment = deployment();
    let actual = Actual { authorizer: Authorizer::Missing, ..nothing() };
    let plan = plan(&deployment, &actual);
    assert!(plan.is_refused_whole());
    assert!(plan.lines.iter().all(|line| line.verdict == Verdict::Refuse || plan.is_held(line)));
    assert_eq!(plan.lines.iter().filter_map(|line| line.code).collect::<Vec<_>>(), ["BG0139"]);
}

#[test]
fn rights_that_nobody_asked_for() {
    let topic =
        |user: &str, operation, name: &str| Right::allow(user, operation, Resource::Topic, name);
    let prefixed = |right: Right| Right { pattern: Pattern::Prefixed, ..right };
    let plan = after(|_, actual| {
        actual.rights.extend([
            // Ours, and more than needed.
            topic("capture-so-tc", Operation::Read, PARCELS),
            topic("capture-so-tc", Operation::Write, PARCELS),
            topic("capture-so-tc", Operation::Write, "trial.state.so-tc"),
            Right::allow("capture-so-tc", Operation::Read, Resource::Group, "trial"),
            Right::allow("shared-store", Operation::Alter, Resource::Cluster, "kafka-cluster"),
            // Others', reaching our records.
            topic("reports", Operation::Read, PARCELS),
            prefixed(topic("*", Operation::All, "cao")),
            topic("audit", Operation::Describe, "*"),
            // Others', elsewhere; and the administrator's own.
            topic("reports", Operation::Read, "weather"),
            prefixed(topic("reports", Operation::Read, "caobanger.")),
            Right::allow("reports", Operation::Read, Resource::Group, "*"),
            topic("admin", Operation::All, "*"),
        ]);
    });
    insta::assert_snapshot!(lines(&plan));
    assert!(plan.lines.iter().all(|line| line.action.is_none()), "rights are never taken away");
}

#[test]
fn a_denial_that_stops_a_service_is_shown() {
    let deny = |user: &str, operation, name: &str| Right {
        permission: Permission::Deny,
        ..Right::allow(user, operation, Resource::Topic, name)
    };
    let plan = after(|_, actual| {
        actual.rights.extend([
            deny("shared-store", Operation::Read, PARCELS),
            deny("*", Operation::Describe, "caobang.state.so-tc"),
            deny("reports", Operation::Read, PARCELS),
            deny("shared-store", Operation::Write, PARCELS),
        ]);
    });
    insta::assert_snapshot!(lines(&plan), @"
      ? REVIEW  right    *  is denied DESCRIBE on topic caobang.state.so-tc (`capture-so-tc` needs READ on caobang.state.so-tc)
      ? REVIEW  right    shared-store  is denied READ on topic caobang.shared.so-nnmt.land-parcel (`shared-store` needs READ on caobang.shared.so-nnmt.land-parcel)
    ");
}

#[test]
fn schemas_change_only_where_every_reader_can_follow() {
    let key = format!("{PARCELS}-key");
    let value = format!("{PARCELS}-value");
    let other = |wanted| ActualSubject {
        latest: Some(Version { number: 4, id: 9 }),
        wanted,
        level: Some(COMPATIBILITY.as_str().to_owned()),
        ..ActualSubject::default()
    };
    let code =
        |plan: &Plan| plan.lines.iter().map(|line| (line.verdict, line.code)).collect::<Vec<_>>();

    // Even one that the registry would take.
    let plan = after(|_, actual| *subject(actual, &key) = other(WantedSchema::Taken));
    assert_eq!(code(&plan), [(Verdict::Refuse, Some("BG0135"))]);
    let plan = after(|_, actual| *subject(actual, &value) = other(WantedSchema::Incompatible));
    assert_eq!(code(&plan), [(Verdict::Refuse, Some("BG0136"))]);
    let plan = after(|_, actual| *subject(actual, &value) = other(WantedSchema::Taken));
    insta::assert_snapshot!(lines(&plan), @"  + SAFE    subject  caobang.shared.so-nnmt.land-parcel-value  register version 5 (the contract changed, and every reader can follow)");

    // The contract went back to an earlier version, or a person registered one after it.
    let plan = after(|_, actual| *subject(actual, &value) = other(WantedSchema::Earlier));
    assert_eq!(code(&plan), [(Verdict::Review, None)]);
    assert!(plan.lines[0].action.is_none());

    let plan = after(|_, actual| subject(actual, &value).level = Some("NONE".to_owned()));
    insta::assert_snapshot!(lines(&plan), @"  ~ REVIEW  subject  caobang.shared.so-nnmt.land-parcel-value  set compatibility FULL_TRANSITIVE (somebody set it to NONE)");
}

/// Whatever the registry holds besides: a contract that went back to an earlier version is one, too.
#[test]
fn a_class_becomes_weaker_only_with_a_statement() {
    let contract = |class: &str| {
        format!(
            "
dataset: land-parcel
owner: so-nnmt
name: {{ vi: Thửa đất, en: Parcels }}
kind: state
source: {{ table: dept.parcel }}
key: [code]
columns:
  code: {{ type: varchar(9), class: open, vi: Mã, en: Code }}
  holder: {{ type: text, vi: Chủ, en: Holder, {class} }}
"
        )
    };
    let feed = |class: &str| {
        let contract = Contract::from_yaml(&contract(class)).expect("sound");
        Deployment::of("caobang", 1, "admin", Vec::new(), [&contract]).feeds.remove(0)
    };
    let told = |was: &str, is: &str, wanted| {
        let (was, is) = (feed(was), feed(is));
        let found = ActualSubject {
            latest: Some(Version { number: 4, id: 9 }),
            wanted,
            classes: ClassMemory::of(&was.value_schema),
            level: Some(COMPATIBILITY.as_str().to_owned()),
        };
        let value = format!("{}-value", is.topic);
        after(|deployment, actual| {
            *subject(actual, &value) = found;
            // The first is the topic of parcels.
            deployment.feeds[0].value_schema = is.value_schema;
        })
    };
    let (personal, open) = ("class: personal", "class: open");
    for wanted in [WantedSchema::Taken, WantedSchema::Earlier] {
        let plan = told(personal, open, wanted);
        assert!(plan.lines.iter().all(|line| line.action.is_none()));
        insta::allow_duplicates! {
            insta::assert_snapshot!(lines(&plan), @r"  x REFUSE  subject  caobang.shared.so-nnmt.land-parcel-value  class differs (column `holder` was personal and would become open; write `class: personal`; only if it was decided, say so at the column: `reclassified: { from: personal, by: the decision, on: its date }`) [BG0715]");
        }
    }
    let stated = "class: open, reclassified: { from: personal, by: 12/QĐ-UBND, on: 2026-11-20 }";
    for (was, is) in [(personal, stated), (open, personal), (stated, stated), (stated, open)] {
        let plan = told(was, is, WantedSchema::Taken);
        assert_eq!(plan.count(Verdict::Refuse), 0, "{was} -> {is}");
        assert_eq!(plan.count(Verdict::Safe), 1, "{was} -> {is}");
    }
    let untrue = stated.replace("personal", "sensitive");
    let plan = told(personal, &untrue, WantedSchema::Taken);
    insta::assert_snapshot!(lines(&plan), @r"  x REFUSE  subject  caobang.shared.so-nnmt.land-parcel-value  class differs (column `holder` was personal so far, not sensitive as `reclassified` says; write `from: personal`) [BG0715]");
}

#[test]
fn a_silent_registry_leaves_the_rest_to_plan() {
    let plan = after(|_, actual| actual.registry = Registry::Silent);
    assert!(plan.registry_silent && plan.is_empty());
}

/// The rights, each written out by hand from the design, so that one too many in the code shows.
#[test]
fn the_rights_of_one_source_are_these_and_no_others() {
    let deployment = Deployment {
        feeds: vec![
            shared("so-tc", "business", 1),
            feed(Side::Open, "so-tc", "business", 1),
            // Of another owner, in the same database: one capture, one principal.
            Feed { source: "so-tc".to_owned(), ..shared("so-xd", "permit", 1) },
        ],
        ..deployment()
    };
    let mut rights: Vec<_> = principals::rights(&deployment)
        .into_iter()
        .map(|wanted| format!("{} {}", wanted.right.user().unwrap(), wanted.right))
        .collect();
    rights.sort();
    assert_eq!(
        rights,
        [
            "capture-so-tc READ on topic caobang.progress.shared.so-tc",
            "capture-so-tc READ on topic caobang.signal.so-tc.open-data",
            "capture-so-tc READ on topic caobang.signal.so-tc.operator-lan",
            "capture-so-tc READ on topic caobang.signal.so-tc.shared-store",
            "capture-so-tc READ on topic caobang.state.so-tc",
            "capture-so-tc WRITE on topic caobang.open.so-tc.business",
            "capture-so-tc WRITE on topic caobang.progress.open.so-tc",
            "capture-so-tc WRITE on topic caobang.progress.shared.so-tc",
            "capture-so-tc WRITE on topic caobang.shared.so-tc.business",
            "capture-so-tc WRITE on topic caobang.shared.so-xd.permit",
            "capture-so-tc WRITE on topic caobang.state.so-tc",
            "open-data READ on group caobang.open-data",
            "open-data READ on topic caobang.open.so-tc.business",
            "open-data READ on topic caobang.progress.open.so-tc",
            "open-data WRITE on topic caobang.signal.so-tc.open-data",
            "operator-lan READ on topic caobang.progress.shared.so-tc",
            "operator-lan READ on topic caobang.state.so-tc",
            "operator-lan WRITE on topic caobang.signal.so-tc.operator-lan",
            "registry DESCRIBE_CONFIGS on topic _schemas",
            "registry READ on topic _schemas",
            "registry WRITE on topic _schemas",
            "shared-store READ on group caobang.shared-store",
            "shared-store READ on topic caobang.progress.shared.so-tc",
            "shared-store READ on topic caobang.shared.so-tc.business",
            "shared-store READ on topic caobang.shared.so-xd.permit",
            "shared-store WRITE on topic caobang.signal.so-tc.shared-store",
        ]
    );
}

#[test]
fn a_deployment_without_anything_public_knows_no_open_side() {
    let deployment = Deployment { feeds: vec![shared("so-tc", "business", 1)], ..deployment() };
    let plan = plan(&deployment, &nothing());
    assert!(!lines(&plan).contains("open"), "{}", lines(&plan));
}

/// What the open side can read it can publish.
#[test]
fn an_open_side_that_may_read_more_is_refused() {
    let prefixed = |operation, name: &str| Right {
        pattern: Pattern::Prefixed,
        ..Right::allow("open-data", operation, Resource::Topic, name)
    };
    for right in [
        Right::allow("open-data", Operation::Read, Resource::Topic, PARCELS),
        Right::allow("open-data", Operation::All, Resource::Topic, "caobang.state.so-tc"),
        prefixed(Operation::Read, "caobang."),
        prefixed(Operation::All, ""),
    ] {
        let plan = after(|_, actual| actual.rights.push(right.clone()));
        let codes: Vec<_> = plan.lines.iter().filter_map(|line| line.code).collect();
        assert_eq!(codes, ["BG0144"], "{right}: {}", lines(&plan));
    }
    // And the other way: the shared store has no business there, but exposes nobody.
    let open = "caobang.open.so-tc.business";
    let plan = after(|_, actual| {
        actual.rights.push(Right::allow("shared-store", Operation::Read, Resource::Topic, open));
    });
    insta::assert_snapshot!(lines(&plan), @"  ? REVIEW  right    shared-store  has READ on topic caobang.open.so-tc.business (more than its service needs; `kafka-acls.sh --remove --allow-principal 'User:shared-store' --operation READ --topic 'caobang.open.so-tc.business'`)");
}

/// Who asks is who writes, so nobody may write where another asks.
#[test]
fn a_right_to_ask_in_anothers_name_is_refused() {
    let lans = "caobang.signal.so-nnmt.operator-lan";
    let prefixed = |user: &str, operation, name: &str| Right {
        pattern: Pattern::Prefixed,
        ..Right::allow(user, operation, Resource::Topic, name)
    };
    for right in [
        Right::allow("open-data", Operation::Write, Resource::Topic, lans),
        Right::allow("operator-hung", Operation::All, Resource::Topic, lans),
        Right::allow("connect", Operation::Write, Resource::Topic, "*"),
        prefixed("capture-so-nnmt", Operation::Write, "caobang.signal."),
    ] {
        let plan = after(|_, actual| actual.rights.push(right.clone()));
        let codes: Vec<_> = plan.lines.iter().filter_map(|line| line.code).collect();
        assert_eq!(codes, ["BG0197"], "{right}: {}", lines(&plan));
    }
    // To read there gives nobody a voice, and more than is needed on one's own topic neither.
    for right in [
        Right::allow("shared-store", Operation::Read, Resource::Topic, lans),
        Right::allow("operator-lan", Operation::All, Resource::Topic, lans),
    ] {
        let plan = after(|_, actual| actual.rights.push(right.clone()));
        assert_eq!(plan.count(Verdict::Review), 1, "{right}: {}", lines(&plan));
        assert_eq!(plan.count(Verdict::Refuse), 0, "{right}: {}", lines(&plan));
    }
}

/// A deployment from before askers had topics of their own.
#[test]
fn the_common_signal_topic_is_left_and_its_rights_are_shown() {
    let common = "caobang.signal.so-nnmt";
    let plan = after(|_, actual| {
        let topic = actual.topics["caobang.signal.so-nnmt.shared-store"].clone();
        actual.topics.insert(common.to_owned(), topic);
        for user in ["shared-store", "open-data", "dead-letter"] {
            let right = Right::allow(user, Operation::Write, Resource::Topic, common);
            actual.rights.push(right);
        }
        let read = Right::allow("capture-so-nnmt", Operation::Read, Resource::Topic, common);
        actual.rights.push(read);
    });
    assert!(plan.lines.iter().all(|line| line.action.is_none()));
    insta::assert_snapshot!(lines(&plan), @"
      ? REVIEW  topic    caobang.signal.so-nnmt  left as it is (captures read it no longer: each asker has a signal topic of its own. What still waits there must be asked again; `kafka-topics.sh --delete` when nobody writes there)
      ? REVIEW  right    capture-so-nnmt  has READ on topic caobang.signal.so-nnmt (more than its service needs; `kafka-acls.sh --remove --allow-principal 'User:capture-so-nnmt' --operation READ --topic 'caobang.signal.so-nnmt'`)
      ? REVIEW  right    dead-letter  has WRITE on topic caobang.signal.so-nnmt (more than its service needs; `kafka-acls.sh --remove --allow-principal 'User:dead-letter' --operation WRITE --topic 'caobang.signal.so-nnmt'`)
      ? REVIEW  right    open-data  has WRITE on topic caobang.signal.so-nnmt (more than its service needs; `kafka-acls.sh --remove --allow-principal 'User:open-data' --operation WRITE --topic 'caobang.signal.so-nnmt'`)
      ? REVIEW  right    shared-store  has WRITE on topic caobang.signal.so-nnmt (more than its service needs; `kafka-acls.sh --remove --allow-principal 'User:shared-store' --operation WRITE --topic 'caobang.signal.so-nnmt'`)
    ");
}

/// Someone who is no operator any longer.
#[test]
fn rights_of_a_person_who_left_are_shown() {
    let plan = after(|deployment, _| deployment.operators.clear());
    assert_eq!(plan.count(Verdict::Safe), 0, "{}", lines(&plan));
    let shown = lines(&plan);
    for right in
        ["WRITE on topic caobang.signal.so-tc.operator-lan", "READ on topic caobang.state.so-tc"]
    {
        assert!(shown.contains(&format!("operator-lan  has {right}")), "{shown}");
    }
}
