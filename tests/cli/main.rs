//! What people read from the binary, to the letter: answers, errors, hints, exit codes. Starts no server.

mod halt_codes;
mod listeners;
mod ways_out;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use bangioc_runtime::printable::is_unprintable;
use bangioc_tests::{bangioc, root, secret};

/// Runs the binary in the repository; what a person sees, and the exit code.
fn seen(args: &[&str]) -> String {
    let output = Command::new(bangioc())
        .args(args)
        .current_dir(root())
        .env_clear()
        .env("USER", "an")
        .output()
        .expect("the binary");
    let (stdout, stderr) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let text = format!(
        "$ bangioc {}\n{stdout}{stderr}[exit {}]",
        args.join(" "),
        output.status.code().expect("an exit code")
    );
    // Ports and folders differ from run to run.
    let text = text.replace(&root().display().to_string(), "<repository>");
    // The number of codes grows.
    let codes = text
        .split_whitespace()
        .find_map(|word| word.parse::<u32>().ok().filter(|_| text.contains(" codes there are")))
        .unwrap_or_default();
    text.replace(&format!("lists the {codes} codes"), "lists the N codes")
}

/// The same, with a configuration.
fn seen_with(name: &str, config: &str, args: &[&str]) -> String {
    let path = root().join("target").join(format!("cli-{name}.toml"));
    fs::write(&path, config).expect("a configuration");
    let path = path.display().to_string();
    seen(&[&["--config", &path], args].concat())
}

#[test]
fn contracts() {
    insta::assert_snapshot!("contract_check", seen(&["contract", "check"]));
    insta::assert_snapshot!("contract_list", seen(&["contract", "list"]));
    insta::assert_snapshot!("contract_show", seen(&["contract", "show", "business"]));
    insta::assert_snapshot!("contract_unknown", seen(&["contract", "show", "land-parcels"]));
}

/// The contracts of `so-tc`, in a folder of their own.
fn contracts_of_one_owner(folder: &str) -> PathBuf {
    let (from, to) = (root().join("schemas"), root().join("target").join(folder));
    let _not_there = fs::remove_dir_all(&to);
    for part in ["so-tc", "code-lists"] {
        fs::create_dir_all(to.join(part)).expect("a folder");
        for file in fs::read_dir(from.join(part)).expect("contracts") {
            let file = file.expect("a file").file_name();
            let name = Path::new(part).join(file);
            fs::copy(from.join(&name), to.join(&name)).expect("a copy");
        }
    }
    for file in ["formats.yaml", "border.geojson"] {
        fs::copy(from.join(file), to.join(file)).expect("a copy");
    }
    to
}

/// A department writes its contracts; a person elsewhere reads them on a terminal.
#[test]
fn what_others_wrote_does_not_act_on_a_terminal() {
    let to = contracts_of_one_owner("cli-raw");
    let contract = to.join("so-tc/cooperative.yaml");
    let text = fs::read_to_string(&contract).expect("a contract");
    let raw = "  en: \"Co\\e[2J\\e]0;x\\a\\u202Eops\\x9b31m\\u2028\"";
    let text = text.replace("  en: Cooperatives", raw);
    assert!(text.contains(raw));
    fs::write(&contract, text).expect("a contract");
    let config = format!("contracts = \"{}\"\n", to.display());
    let shown = r"Co\u001b[2J\u001b]0;x\u0007\u202eops\u009b31m\u2028";
    for args in [
        &["contract", "show", "cooperative"][..],
        &["contract", "list"],
        &["contract", "list", "--output", "json"],
        &["contract", "show", "cooperative\u{1b}[2J\u{202e}"],
    ] {
        let said = seen_with("raw", &config, args);
        let (_, said) = said.split_once('\n').expect("an answer");
        assert!(!said.contains(|c| c != '\n' && is_unprintable(c)), "{args:?}: {said:?}");
        if args[2..] == ["cooperative"] {
            assert!(said.contains(shown), "{args:?}: {said}");
        }
    }
    // And JSON keeps its value.
    let json = seen_with("raw", &config, &["contract", "list", "--output", "json"]);
    assert!(json.contains("hợp tác xã"), "{json}");
}

/// The contracts of one owner, in a folder of their own, one column's class weaker than its Avro file
/// remembers.
#[test]
fn a_class_that_becomes_weaker() {
    let to = contracts_of_one_owner("cli-contracts");
    let contract = to.join("so-tc/business.yaml");
    let text = fs::read_to_string(&contract).expect("a contract");
    let phone = "varchar(15), class: internal";
    assert!(text.contains(phone));
    let config = format!("contracts = \"{}\"\n", to.display());
    let becomes = |class: &str| {
        let weaker = text.replace(phone, &format!("varchar(15), class: {class}"));
        fs::write(&contract, weaker).expect("a contract");
    };
    becomes("open");
    let refused = seen_with("weaker", &config, &["contract", "check"]);
    insta::assert_snapshot!("contract_weaker", refused);
    insta::assert_snapshot!(
        "contract_weaker_written",
        seen_with("weaker", &config, &["contract", "avro", "--write"])
    );
    becomes("open, reclassified: { from: internal, by: 12/QĐ-UBND, on: 2026-11-20 }");
    let written = seen_with("weaker", &config, &["contract", "avro", "--write"]);
    assert!(written.contains("so-tc/business.value.avsc\n[exit 0]"), "{written}");
    let checked = seen_with("weaker", &config, &["contract", "check"]);
    assert!(checked.ends_with("[exit 0]"), "{checked}");
    let shown = seen_with("weaker", &config, &["contract", "show", "business"]);
    assert!(
        shown.contains("  - phone: open, was internal, by 12/QĐ-UBND on 2026-11-20\n"),
        "{shown}"
    );
}

#[test]
fn the_wrong_words() {
    insta::assert_snapshot!("no_such_command", seen(&["topics"]));
    insta::assert_snapshot!("no_such_code", seen(&["explain", "bg9999"]));
    insta::assert_snapshot!("no_key_ref", seen(&["dead-letter", "show", "12"]));
}

/// What is refused before anything outside is asked.
#[test]
fn datasets_that_nobody_can_move() {
    let config = "[kafka]\nbrokers = \"127.0.0.1:1\"\nsecurity = \"plaintext\"\n[registry]\nurl = \"http://127.0.0.1:1\"\n[store]\nhost = \"127.0.0.1\"\nport = 1\nuser = \"x\"\ndatabase = \"x\"\n";
    let seen = |args: &[&str]| seen_with("datasets", config, args);
    insta::assert_snapshot!("dataset_is_a_draft", seen(&["dataset", "recopy", "criminal-record"]));
    insta::assert_snapshot!("dataset_unknown", seen(&["dataset", "pause", "land-parcels"]));
    insta::assert_snapshot!(
        "key_of_another_length",
        seen(&["dataset", "repair", "land-parcel", "01273", "1"])
    );
    insta::assert_snapshot!(
        "values_without_a_purpose",
        seen(&["trace", "land-parcel", "01273", "1", "5", "--values"])
    );
    insta::assert_snapshot!("dataset_help", seen(&["dataset", "--help"]));
}

#[test]
fn a_configuration_is_refused_with_all_its_mistakes() {
    let config = "prefix = \"Cao_Bang\"\ntopics = 3\n[kafka]\nbroker = \"127.0.0.1:9092\"\nsecurity = \"tls\"\nreplication = 99\n[source]\nname = \"so-nnmt\"\npassword = \"plain\"\nport = \"many\"\n";
    insta::assert_snapshot!("bad_configuration", seen_with("bad", config, &["run", "capture"]));
}

#[test]
fn a_dependency_that_is_down_is_named() {
    let config = "[kafka]\nbrokers = \"127.0.0.1:1\"\nsecurity = \"plaintext\"\n[registry]\nurl = \"http://127.0.0.1:1\"\n[store]\nhost = \"127.0.0.1\"\nport = 1\nuser = \"x\"\ndatabase = \"x\"\n";
    let status = seen_with("down", config, &["status"]);
    assert!(status.contains("127.0.0.1:1") && status.ends_with("[exit 4]"), "{status}");
    let plan = seen_with("down", config, &["topic", "plan"]);
    assert!(plan.contains("127.0.0.1:1") && plan.ends_with("[exit 4]"), "{plan}");
}

#[test]
fn every_code_has_a_page_with_its_three_parts() {
    let list = seen(&["explain"]);
    let codes: Vec<&str> =
        list.lines().filter_map(|line| line.split_once(": ")).map(|(code, _)| code).collect();
    assert!(codes.len() > 50 && codes.contains(&"E_RANGE"), "{list}");
    for code in codes {
        let page = seen(&["explain", code]);
        for part in ["## What happened", "## How to check", "## What to do"] {
            assert!(page.contains(part), "{code} lacks `{part}`");
        }
    }
}

/// The manual of the configuration must be one: every key in it known, its secrets apart.
#[test]
fn the_sample_configuration_is_understood() {
    let mut config = fs::read_to_string(root().join("ops/bangioc.toml")).expect("the sample");
    let file = root().join("target/cli-secret");
    secret::write(&file, "secret");
    for name in ["kafka", "registry", "source", "store", "open-store", "sink"] {
        config =
            config.replace(&format!("/etc/bangioc/secrets/{name}"), &file.display().to_string());
    }
    config = config.replace("10.0.0.9", "127.0.0.1").replace("port = 5432", "port = 1");
    for (command, exit) in [(&["status"][..], "[exit 4]"), (&["source", "check"][..], "[exit 4]")] {
        let said = seen_with("sample", &config.replace("10.0.0.5", "127.0.0.1"), command);
        assert!(said.ends_with(exit), "{said}");
    }
}
