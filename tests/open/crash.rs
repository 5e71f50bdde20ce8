//! A publisher is killed at every step: readers have the old snapshot or the new one, whole, and the next
//! publishing leaves nothing behind.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use bangioc_tests::root;

use crate::Check;
use crate::store::{Province, Store, tree};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("crash::killed_at_every_step_readers_have_a_whole_snapshot", killed_at_every_step),
    ("crash::every_step_of_publishing_is_killed", every_step_is_known),
    ("crash::a_full_disk_leaves_the_old_snapshot", full_disk),
];

const STEPS: [&str; 11] = [
    "open-data.rows",
    "open-data.files",
    "open-data.written",
    "open-data.renamed",
    "open-data.moved-in",
    "open-data.history",
    "open-data.linked",
    "open-data.latest",
    "open-data.clean",
    "open-data.sets",
    "open-data.catalogue",
];

fn killed_at_every_step(store: &Store) {
    let province = Province::new(store, "crash", "keep_revisions = 1");
    province.publish();
    for (n, step) in STEPS.iter().enumerate() {
        let before = province.latest("open-zone");
        let old = tree(&province.set("open-zone").join(&before));
        province.sql(&format!("update flow.zone set units = {} where zone_code = 'Z1'", 100 + n));
        let output = province
            .try_bangioc(&["open-data", "publish", "open-zone"], &[("BANGIOC_FAILPOINT", step)]);
        assert_eq!(
            std::os::unix::process::ExitStatusExt::signal(&output.status),
            Some(9),
            "{step} was not reached"
        );
        // What readers have now is whole: the very bytes of before, or the new revision as its manifest says.
        let now = province.latest("open-zone");
        if now == before {
            assert!(
                tree(&province.set("open-zone").join(&now)) == old,
                "{step}: the old snapshot changed"
            );
        } else {
            let history = province.json("open-zone/history.json");
            let newest =
                history["revisions"].as_array().unwrap().last().unwrap()["revision"].clone();
            assert_eq!(newest, now.as_str(), "{step}: latest is not in the history");
        }
        province.bangioc(&["open-data", "verify", "open-zone"]);
        // One cycle later: the new rows are out, and nothing else is there. Every second time the rows
        // change once more, so that the killed revision is never published.
        if n % 2 == 1 {
            province.sql("update flow.zone set units = units + 1000 where zone_code = 'Z2'");
        }
        province.publish();
        assert!(
            province.data("open-zone", "zone", "csv").contains(&format!("Z1,Khu 1,{}", 100 + n)),
            "{step}"
        );
        let entries: BTreeSet<String> = fs::read_dir(province.set("open-zone"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let expected = BTreeSet::from([
            "history.json".to_owned(),
            "latest".to_owned(),
            province.latest("open-zone"),
        ]);
        assert_eq!(entries, expected, "{step}: orphans");
        let top: BTreeSet<String> = fs::read_dir(&province.dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(
            top.iter().all(|name| !name.starts_with('.') || name == ".lock"),
            "{step}: {top:?}"
        );
        let catalogue = fs::read_to_string(province.dir.join("catalog.ttl")).unwrap();
        assert!(
            catalogue.contains(&province.latest("open-zone")),
            "{step}: the catalogue is of another revision"
        );
        province.bangioc(&["open-data", "verify"]);
    }
}

/// The list above is not shorter than the code.
fn every_step_is_known(_: &Store) {
    let found = Command::new("grep")
        .args(["-rhoE", "failpoint::hit\\(\"[^\"]+\"\\)"])
        .arg(root().join("services/open-data/src"))
        .output()
        .expect("grep");
    let found: BTreeSet<String> = String::from_utf8_lossy(&found.stdout)
        .lines()
        .filter_map(|line| Some(line.split('"').nth(1)?.to_owned()))
        .collect();
    assert_eq!(found, STEPS.iter().map(|step| (*step).to_owned()).collect());
}

/// A disk of one megabyte, as the kernel makes one in memory; where that is not allowed, a limit on the
/// size of files has the same effect: a write that fails.
fn full_disk(store: &Store) {
    let province = Province::new(store, "disk", "");
    province.publish();
    let old = tree(&province.dir);
    province.sql("insert into flow.zone (zone_code, name, units) select 'F' || n, md5(n::text), 0 from generate_series(1, 5000) n");
    let output = Command::new("bash")
        .args(["-c", "ulimit -f 64; trap '' XFSZ; exec \"$@\"", "limited"])
        .arg(bangioc_tests::bangioc())
        .arg("--config")
        .arg(province.config())
        .args(["open-data", "publish"])
        .output()
        .expect("bash");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && words.contains("BG0502"), "{words}");
    let mut now = tree(&province.dir);
    now.retain(|name, _| !name.contains("/.making/"));
    assert!(now == old, "the old snapshot changed");
    province.bangioc(&["open-data", "verify"]);
    province.publish();
    assert_eq!(province.json("open-zone/latest/manifest.json")["resources"][0]["rows"], 5009);
    assert!(!tree(&province.dir).keys().any(|name| name.contains(".making")));
}
