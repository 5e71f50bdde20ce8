//! The judges of other houses: frictionless, pyarrow, geojson-validator, rdflib and pySHACL, html5lib.

use std::process::Command;

use bangioc_tests::platform::read_env;
use bangioc_tests::root;

use crate::Check;
use crate::store::{Province, Store};

pub(crate) const CHECKS: &[(&str, Check)] =
    &[("judges::accept_every_file_and_the_catalogue", accept_everything)];

/// The interpreter that `ops/setup test` made.
pub(crate) fn python() -> Command {
    let mut command = Command::new(&read_env(&root().join("target/setup/env"))["PYTHON"]);
    command.arg(root().join("tests/python/open_data.py"));
    command
}

fn accept_everything(store: &Store) {
    let province = Province::new(store, "judged", "contact_email = \"dulieumo@example.vn\"");
    province.publish();
    // A second revision, as after some days.
    province.sql("insert into flow.sample (area_code, sample_no, name) select 'MANY', n, 'Mẫu ' || n from generate_series(1, 3000) n");
    province.publish();
    let judged = python().arg(&province.dir).output().expect("python");
    assert!(
        judged.status.success(),
        "{}{}",
        String::from_utf8_lossy(&judged.stdout),
        String::from_utf8_lossy(&judged.stderr)
    );
    let said = String::from_utf8_lossy(&judged.stdout);
    assert_eq!(said.matches("accepted").count(), 4, "{said}");
}
