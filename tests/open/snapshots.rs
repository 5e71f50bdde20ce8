//! What is published: the same bytes for the same rows, nothing that is not whole and open, and a
//! history that counts.

use std::fs::{self, File};
use std::process::Output;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use crate::Check;
use crate::store::{Province, Store, tree};

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("snapshots::the_same_state_gives_the_same_bytes", the_same_state_gives_the_same_bytes),
    (
        "snapshots::rows_that_are_not_whole_and_columns_that_are_not_open_stay_out",
        only_whole_rows_and_open_columns,
    ),
    ("snapshots::the_history_counts_what_changed_and_old_files_go", history_and_retention),
    ("snapshots::every_resource_is_of_one_moment", one_moment),
    ("snapshots::an_hour_has_a_mean_when_enough_of_it_is_valid", hourly_means),
    ("snapshots::half_a_first_copy_is_held", half_a_first_copy_is_held),
    ("snapshots::verify_names_what_is_damaged_and_publishing_mends_it", damage),
    ("snapshots::what_is_wrong_is_said", refusals),
];

fn the_same_state_gives_the_same_bytes(store: &Store) {
    let province = Province::new(store, "same", "");
    let said = province.publish();
    assert!(said.contains("new revision") && !said.contains("unchanged"), "{said}");
    let first = tree(&province.dir);
    // Rows in another physical order, and a row written anew.
    province.sql(
        "create table other as select * from flow.sample order by sample_no desc; truncate flow.sample; \
         insert into flow.sample select * from other; update flow.zone set name = name",
    );
    let beside = province.beside("same-beside");
    beside.publish();
    let second = tree(&beside.dir);
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (name, content) in &first {
        assert!(*content == second[name], "{name} differs");
    }
    let again = province.publish();
    assert!(again.contains("unchanged") && !again.contains("new revision"), "{again}");
    assert!(first == tree(&province.dir), "an unchanged set was written anew");
    for (name, content) in &first {
        assert!(name.starts_with('.') || !content.is_empty(), "{name} is empty");
    }
    let sample = province.data("open-sample", "sample", "csv");
    let keys: Vec<&str> =
        sample.split("\r\n").skip(1).map(|line| line.split(',').next().unwrap_or("")).collect();
    // By bytes: `Ä` after `D`; by number: 2 before 10.
    assert_eq!(keys[0], "A");
    assert!(
        sample.find("DONG-KHE,2,") < sample.find("DONG-KHE,10,")
            && sample.find("DONG-KHE,10,") < sample.find("Ä,4,"),
        "{sample}"
    );
}

fn only_whole_rows_and_open_columns(store: &Store) {
    let province = Province::new(store, "whole", "");
    province.sql(
        "alter table flow.sample add owner_name text default 'CANARY-OWNER'; \
         insert into flow.zone values ('Z-MISSING', 'CANARY-MISSING', 1, null, null, false, '{name}', true), \
         ('Z-DELETED', 'CANARY-DELETED', 1, null, null, true, null, true)",
    );
    province.publish();
    for (name, content) in tree(&province.dir) {
        for canary in ["CANARY", "Z-MISSING", "Z-DELETED", "owner_name"] {
            assert!(
                !content.windows(canary.len()).any(|part| part == canary.as_bytes()),
                "{canary} in {name}"
            );
        }
        // Positions, versions, offsets: the store's own columns have this form.
        for word in ["\"_version", "_deleted", "_missing", "_was_live", "offset", "lsn"] {
            assert!(
                !content.windows(word.len()).any(|part| part == word.as_bytes()),
                "{word} in {name}"
            );
        }
    }
    assert_eq!(province.json("open-zone/latest/manifest.json")["resources"][0]["rows"], 9);
}

fn history_and_retention(store: &Store) {
    let province = Province::new(store, "history", "keep_revisions = 2");
    province.publish();
    let first = province.latest("open-zone");
    province.sql("delete from flow.zone where zone_code = 'Z1'; update flow.zone set units = 11 where zone_code in ('Z2', 'Z3'); \
                  insert into flow.zone (zone_code, name, units) values ('Z10', 'Khu 10', 5)");
    province.publish();
    let second = province.latest("open-zone");
    province.sql("update flow.zone set name = 'Khu hai' where zone_code = 'Z2'");
    province.publish();
    let history = province.json("open-zone/history.json");
    let counts: Vec<_> = history["revisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|revision| {
            let resource = &revision["resources"][0];
            (
                resource["rows"].clone(),
                resource["added"].clone(),
                resource["removed"].clone(),
                resource["changed"].clone(),
            )
        })
        .collect();
    let row = |rows: u64, added: u64, removed: u64, changed: u64| {
        (json!(rows), json!(added), json!(removed), json!(changed))
    };
    assert_eq!(counts, [row(9, 9, 0, 0), row(9, 1, 1, 2), row(9, 0, 0, 1)]);
    assert!(!province.set("open-zone").join(&first).exists(), "keep_revisions = 2");
    assert!(province.set("open-zone").join(&second).exists());
    // Back to what was before: the same revision, a new entry.
    province.sql("update flow.zone set name = 'Khu 2' where zone_code = 'Z2'");
    province.publish();
    assert_eq!(province.latest("open-zone"), second);
    assert_eq!(province.json("open-zone/history.json")["revisions"].as_array().unwrap().len(), 4);
    let listed: serde_json::Value =
        serde_json::from_str(&province.bangioc(&["--output", "json", "open-data", "list"]))
            .unwrap();
    assert_eq!(listed[2]["revision"], json!(second));
    assert_eq!(listed[2]["revisions"], 4);
    province.bangioc(&["open-data", "verify"]);
}

/// Units move between two rows while snapshots are made: their sum never changes, and both resources of
/// the set show the same rows.
fn one_moment(store: &Store) {
    let province = Province::new(store, "moment", "");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                province.sql(
                    "do $$ begin for n in 1..200 loop \
                     update flow.zone set units = units + case zone_code when 'Z1' then n else -n end where zone_code in ('Z1', 'Z8'); \
                     commit; end loop; end $$",
                );
            }
        });
        for _ in 0..6 {
            province.publish();
            let both: Vec<String> = ["zone", "zones-again"]
                .map(|resource| province.data("open-zone", resource, "csv"))
                .to_vec();
            assert_eq!(both[0], both[1], "two resources of one snapshot are of two moments");
            let sum: i64 = both[0]
                .split("\r\n")
                .skip(1)
                .filter_map(|line| line.split(',').nth(2)?.parse::<i64>().ok())
                .sum();
            assert_eq!(sum, 90);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let revisions = province.json("open-zone/history.json")["revisions"].as_array().unwrap().len();
    assert!(revisions > 1, "nothing moved meanwhile");
}

fn hourly_means(store: &Store) {
    let province = Province::new(store, "hours", "");
    province.sql("insert into flow.reading values ('S2', '2026-11-24 01:00+00', 'NaN', '00', true), ('S2', '2026-11-24 01:20+00', 5, '00', true), \
                  ('S2', '2026-11-24 01:30+00', 5, '00', true), ('S2', '2026-11-24 01:40+00', 5, '00', false)");
    province.publish();
    let means = province.data("open-reading", "hourly", "csv");
    // Of three decimal tenths a sum of floating-point numbers makes 0.6000000000000001.
    assert_eq!(
        means,
        "station_code,param_code,unit,hour,mean,valid_values,exceeds\r\n\
         S1,SO2,ug/Nm3,2026-11-24T08:00:00+07:00,2.75,4,true\r\n\
         S1,SO2,ug/Nm3,2026-11-24T09:00:00+07:00,0.2,3,false\r\n\
         S3,SO2,µg/Nm3,2026-11-24T08:00:00+07:00,2.5,3,false\r\n\
         S4,SO2,ppb,2026-11-24T08:00:00+07:00,9,3,\r\n\
         S5,PM10,ug/Nm3,2026-11-24T08:00:00+07:00,9,3,\r\n\
         S6,SO2,ug/Nm3,2026-11-24T08:00:00+07:00,9,3,\r\n\
         S7,SO2,ug/Nm3,2026-11-24T08:00:00+07:00,9,3,\r\n"
    );
}

fn half_a_first_copy_is_held(store: &Store) {
    let province = Province::new(store, "held", "");
    // Copying; copied at the source, but not here yet; never heard of.
    province.sql(
        "update flow.freshness set phase = 'copying' where dataset = 'zone'; \
         update flow.freshness set complete_at = source_at - interval '1 second' where dataset = 'reading'; \
         delete from flow.freshness where dataset = 'sample'",
    );
    let said = province.publish();
    assert_eq!(said.matches("held").count(), 3, "{said}");
    for set in ["open-sample", "open-zone", "open-reading"] {
        assert!(!province.set(set).exists(), "{set}");
    }
    // An empty table is published as such, when nothing is to come.
    province.sql(
        "truncate flow.reading, flow.freshness; insert into flow.freshness \
         select dataset, 'streaming', now(), now() from unnest('{sample,zone,reading,station}'::text[]) dataset",
    );
    let said = province.publish();
    assert_eq!(said.matches("new revision").count(), 5, "{said}");
    // A copy of a set that is out already holds nothing.
    province.sql("update flow.freshness set phase = 'copying'; update flow.zone set units = 1");
    assert!(province.publish().contains("new revision"));
}

fn damage(store: &Store) {
    let province = Province::new(store, "damage", "");
    province.publish();
    province.bangioc(&["open-data", "verify"]);
    let csv = province.data_path("open-zone", "zone", "csv");
    let good = fs::read(&csv).unwrap();
    let refused = |what: &str, fault: &str| {
        let output = province.try_bangioc(&["open-data", "verify"], &[]);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {words}");
        assert!(words.contains("BG0504") && words.contains(fault), "{what}: {words}");
    };
    let name = csv.file_name().unwrap().to_str().unwrap().to_owned();
    let mut bad = good.clone();
    bad[20] ^= 1;
    fs::write(&csv, &bad).unwrap();
    refused(&name, "another content");
    fs::write(&csv, &good[1..]).unwrap();
    refused(&name, "another length");
    // A length that is wrong is seen by the next publishing, which makes the revision anew.
    let said = province.publish();
    assert!(said.contains("new revision"), "{said}");
    province.bangioc(&["open-data", "verify"]);
    fs::remove_file(&csv).unwrap();
    refused(&name, "is missing");
    province.publish();
    // Who changes a file and its entry still has to change the revision's name.
    let manifest = province.set("open-zone").join("latest/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replacen("\"rows\": 9", "\"rows\": 8", 1)).unwrap();
    refused("manifest.json", "manifest");
    province.publish();
    let package = province.set("open-zone").join("latest/datapackage.json");
    let text = fs::read_to_string(&package).unwrap();
    fs::write(&package, text.replacen("Quy", "quy", 1)).unwrap();
    refused("datapackage.json", "another content");
    fs::remove_dir_all(province.set("open-zone").join(province.latest("open-zone"))).unwrap();
    refused("manifest.json", "is missing");
    province.publish();
    province.bangioc(&["open-data", "verify"]);
}

fn refusals(store: &Store) {
    let province = Province::empty(store, "refusals", "");
    let expect = |output: Output, code: &str, exit: i32| {
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            words.contains(code) && output.status.code() == Some(exit),
            "{code} {exit}: {words}"
        );
    };
    expect(province.try_bangioc(&["open-data", "publish"], &[]), "BG0501", 1);
    expect(province.try_bangioc(&["open-data", "publish", "open-zoo"], &[]), "BG0505", 2);
    expect(province.try_bangioc(&["open-data", "verify"], &[]), "BG0507", 1);
    let lock = File::create(province.dir.join(".lock")).unwrap();
    lock.lock().unwrap();
    expect(province.try_bangioc(&["open-data", "publish"], &[]), "BG0506", 1);
    drop(lock);
    assert_eq!(
        province.bangioc(&["open-data", "list"]).lines().count(),
        4,
        "three sets, never published"
    );
}
