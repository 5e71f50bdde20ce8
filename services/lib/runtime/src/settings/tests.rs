use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::failure::{Exit, Failure};

fn settings(text: &str, environment: &[(&str, &str)]) -> Settings {
    let environment =
        environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    Settings::parse(Some(Path::new("bangioc.toml")), text, environment).unwrap()
}

/// A file of this test alone, gone with the value.
struct TestFile(PathBuf);

impl TestFile {
    fn new(name: &str, content: &str) -> TestFile {
        let path = std::env::temp_dir().join(format!("bangioc-{}-{name}", std::process::id()));
        std::fs::write(&path, content).unwrap();
        let ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, ours).unwrap();
        TestFile(path)
    }
}

impl Drop for TestFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn every_mistake_at_once() {
    let file = "
prefix = \"Cao_Bang\"
prefx = \"caobang\"
kafka = \"here\"
[kafak]
brokers = \"h:1\"
[sink]
workers = 0
lease = 10
batch_rows = \"500\"
fsync = \"yes\"
mode = \"quick\"
worker = 2
secret = \"s3cret\"
name = 7
owner = \" \"
[capture]
unread = 1
";
    let settings = settings(
        file,
        &[("BANGIOC__SINK__BATCH_BYTES", "lots"), ("BANGIOC__DEAD_LETTER__DAYS", "30")],
    );
    settings.prefix();
    let sink = settings.section("sink");
    sink.whole_number("workers", 1..=64, 2);
    sink.duration("lease", Duration::from_secs(10));
    sink.whole_number("batch_rows", 1..=1_000_000, 10_000);
    sink.whole_number("batch_bytes", 1..=1_000_000, 10_000);
    sink.flag("fsync", true);
    sink.choice("mode", &["fast", "safe"], "safe");
    sink.secret("secret");
    sink.text("name");
    sink.text("owner");
    sink.text("secret_name");
    settings.section("store").secret("password");
    settings.section("dead-letter");
    let failure = settings.finish().unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (Exit::Config, "BG0121"));
    insta::assert_snapshot!(failure, @r#"
    17 mistakes in the settings `bangioc.toml`
      BG0121 `dead-letter.days` is not known: take it out
      BG0121 `kafak` is not known: did you mean `kafka`?
      BG0123 `kafka` must be a section: write `[kafka]` and its keys below it
      BG0123 `prefix` is no name: use a-z, 0-9 and `-`, a letter first, as in `caobang`
      BG0121 `prefx` is not known: did you mean `prefix`?
      BG0123 `sink.batch_bytes` is out of range or no whole number: write a whole number from 1 to 1000000
      BG0123 `sink.batch_rows` is out of range or no whole number: write a whole number from 1 to 1000000
      BG0123 `sink.fsync` is neither true nor false: write `true` or `false`, without quotes
      BG0123 `sink.lease` is no duration: write a number and its unit, as in "200ms", "10s", "5m", "1h", "14d"
      BG0123 `sink.mode` is none of the choices: write "fast" or "safe"
      BG0123 `sink.name` is a number, not text: put it in quotes
      BG0123 `sink.owner` is empty: give it a value or take it out
      BG0124 `sink.secret` is a secret in the clear: move it to a file of its own and name that in `secret_file`; then change the secret
      BG0122 `sink.secret_name` is missing: add it below `[sink]`, or set `BANGIOC__SINK__SECRET_NAME`
      BG0121 `sink.worker` is not known: did you mean `workers`?
      BG0123 `sink.workers` is out of range or no whole number: write a whole number from 1 to 64
      BG0122 `store.password_file` is missing: set `password_file` to a file that holds it, or the environment variable `BANGIOC__STORE__PASSWORD`
    "#);
}

#[test]
fn the_environment_overlays_the_file() {
    let file = "
prefix = \"caobang\"
[sink]
workers = 2
lease = \"10s\"
fsync = true
[store]
host = \"db\"
port = 5432
";
    let environment = [
        ("BANGIOC__PREFIX", "langson"),
        ("BANGIOC__SINK__WORKERS", "4"),
        ("BANGIOC__SINK__FSYNC", "false"),
        ("BANGIOC__DEAD_LETTER__PAYLOAD", "30d"),
        ("BANGIOC__STORE__PASSWORD", "p"),
        ("BANGIOC_FAILPOINT", "a"),
        ("PATH", "/bin"),
    ];
    let settings = settings(file, &environment);
    let (sink, store, letters) =
        (settings.section("sink"), settings.section("store"), settings.section("dead-letter"));
    assert_eq!(settings.prefix(), "langson");
    assert_eq!(settings.contracts_dir(), Path::new("schemas"));
    assert_eq!(sink.whole_number("workers", 1..=64, 1), 4);
    assert_eq!(sink.duration("lease", Duration::ZERO), Duration::from_secs(10));
    assert_eq!(sink.whole_number("batch_rows", 1..=64, 7), 7);
    assert!(!sink.flag("fsync", true));
    assert_eq!(letters.duration("payload", Duration::ZERO), Duration::from_hours(720));
    assert_eq!(
        (store.text("host"), store.whole_number("port", 1..=65_535, 1)),
        (String::from("db"), 5432)
    );
    assert_eq!(store.secret("password").reveal(), "p");
    assert_eq!(store.optional_path("socket"), None);
    settings.finish().unwrap();
}

#[test]
fn secrets_come_from_files() {
    let (good, empty) = (TestFile::new("good", "pass word\r\n"), TestFile::new("empty", "\n"));
    let file = format!(
        "[kafka]\npassword_file = {:?}\n[store]\npassword_file = {:?}\n[registry]\npassword_file = \"/nowhere/x\"\n",
        good.0, empty.0
    );
    let settings = settings(&file, &[]);
    assert_eq!(settings.section("kafka").secret("password").reveal(), "pass word");
    settings.section("store").secret("password");
    settings.section("registry").secret("password");
    assert_eq!(settings.section("sink").optional_secret("secret"), None);
    let failure = settings.finish().unwrap_err();
    let found: Vec<_> =
        failure.mistakes().map(|mistake| (mistake.code(), mistake.place.as_str())).collect();
    assert_eq!(found, [("BG0124", "registry.password_file"), ("BG0124", "store.password_file")]);
}

#[test]
fn a_secret_that_others_can_read_is_refused() {
    let file = TestFile::new("open", "pass word");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(&file.0, mode).unwrap();
    let settings = settings(&format!("[store]\npassword_file = {:?}\n", file.0), &[]);
    assert_eq!(settings.section("store").secret("password").reveal(), "");
    let failure = settings.finish().unwrap_err();
    let found: Vec<_> =
        failure.mistakes().map(|mistake| (mistake.code(), mistake.place.as_str())).collect();
    assert_eq!(found, [("BG0114", "store.password_file")]);
}

#[test]
fn a_file_that_is_no_toml_is_told_without_its_content() {
    let failure =
        Settings::parse(Some(Path::new("bangioc.toml")), "[kafka]\npassword = s3cret\n", [])
            .unwrap_err();
    insta::assert_snapshot!(failure, @r#"
    1 mistake in the settings `bangioc.toml`
      BG0120 `bangioc.toml` is not TOML at line 2, column 12: see what stands there and just before
    "#);
    let failure = Settings::load(Some(Path::new("/nowhere/bangioc.toml"))).unwrap_err();
    insta::assert_snapshot!(failure, @r#"
    1 mistake in the settings `/nowhere/bangioc.toml`
      BG0120 `/nowhere/bangioc.toml` can't be read: no such file or directory (os error 2)
    "#);
}

#[test]
fn what_nobody_read_is_nobodys_mistake() {
    let settings = settings("[capture]\nanything = 1\n", &[]);
    assert!(settings.finish().is_ok());
    settings.section("capture");
    assert!(settings.finish().is_err());
}
