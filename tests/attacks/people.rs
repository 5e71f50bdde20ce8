//! What others write and an operator reads, and what lies open beside a service.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::{Value, json};

use crate::attack::Attack;
use crate::ground::{FACILITIES, Ground, words};
use crate::sent::{Forged, send};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "people::escapes_on_the_operators_terminal",
        who: "capture-so-yt on Kafka",
        does: "writes control and bidirectional characters into what its state and its progress say",
        holds: "every list that an operator prints shows them as escapes",
        got: "ESC, CSI, bidirectional and zero-width characters raw in `dataset list`",
        run: escapes,
    },
    Attack {
        name: "people::a_password_that_others_can_read",
        who: "another user of the machine",
        does: "reads a password file whose mode lets it",
        holds: "the service refuses such a file and names it",
        got: "taken with mode 644, 640, 660, 602, 604",
        run: readable_password,
    },
    Attack {
        name: "people::a_password_in_a_list_of_processes",
        who: "another user of the machine",
        does: "reads the arguments of every process of ours",
        holds: "no password stands in them",
        got: "eleven places in `ops/` where `ps` shows one",
        run: password_in_arguments,
    },
];

/// Does a terminal do something else with it than show it?
fn acts(letter: char) -> bool {
    matches!(letter, '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}')
}

fn escapes(ground: &Ground) {
    let text = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\u{202e}nal\u{2066}\u{200b}\u{7f}";
    let state = format!("{}.state.so-yt", ground.prefix);
    let records = ground.records(&state);
    let about = |record: &Vec<u8>| String::from_utf8_lossy(record).contains(FACILITIES.dataset);
    let copy = records
        .iter()
        .rev()
        .find(|record| record.key.as_ref().is_some_and(about))
        .expect("the state of a copy");
    let (key, honest) = (copy.key.clone().expect("a key"), copy.value.clone().expect("a value"));
    let mut forged: Value = serde_json::from_slice(&honest).expect("JSON");
    forged["paused"] = json!(text);
    forged["halted"] = json!(text);
    let write = |value: &[u8]| {
        send(ground, "capture-so-yt", &[Forged::new(&state, Some(&key), Some(value))])
    };
    write(forged.to_string().as_bytes());
    let listed = ground.try_tool(&["dataset", "list"]);
    let asked = ground.try_tool(&["dataset", "pause", FACILITIES.dataset]);
    let json = ground.try_tool(&["dataset", "list", "--output", "json"]);
    write(&honest);
    let progress = ground.progress(bangioc_schemas::names::Side::Shared, "so-yt");
    let phase = json!({ "kind": "progress", "epoch": 1, "lsn": text, "at_us": 1, "full": false, "offsets": { text: { "0": 1 } }, "datasets": {} });
    send(ground, "capture-so-yt", &[Forged::json(&progress, &phase)]);
    let status = ground.try_tool(&["status"]);
    assert!(words(&listed).contains("owned"), "it is not shown at all: {}", words(&listed));
    for (what, output) in [
        ("dataset list", listed),
        ("dataset pause", asked),
        ("dataset list as JSON", json),
        ("status", status),
    ] {
        let printed = words(&output);
        let found: Vec<String> = printed
            .chars()
            .filter(|letter| acts(*letter))
            .map(|letter| letter.escape_unicode().to_string())
            .collect();
        assert!(found.is_empty(), "`{what}` prints {found:?}");
    }
}

fn readable_password(ground: &Ground) {
    let config = std::fs::read_to_string(&ground.admin).expect("settings");
    let line = config.lines().find(|line| line.starts_with("password_file")).expect("a password");
    let file = line.split('"').nth(1).expect("a path");
    let copy = ground.desk.join("readable-password");
    std::fs::copy(file, &copy).expect("a copy");
    let settings = ground.desk.join("readable.toml");
    std::fs::write(&settings, config.replace(file, &copy.display().to_string())).expect("settings");
    let mut wrong = Vec::new();
    for mode in [0o644, 0o640, 0o660, 0o602, 0o604] {
        std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(mode))
            .expect("our own file");
        let output = Command::new(bangioc_tests::bangioc())
            .arg("--config")
            .arg(&settings)
            .args(["topic", "list"])
            .output()
            .expect("the binary");
        if output.status.success() || !words(&output).contains("readable-password") {
            wrong.push(format!("{mode:o}"));
        }
    }
    std::fs::set_permissions(&copy, std::fs::Permissions::from_mode(0o600)).expect("our own file");
    let sound = Command::new(bangioc_tests::bangioc())
        .arg("--config")
        .arg(&settings)
        .args(["topic", "list"])
        .output();
    assert!(
        sound.expect("the binary").status.success(),
        "and one that only its owner reads is taken"
    );
    assert!(wrong.is_empty(), "taken with mode {wrong:?}");
}

/// What `ps` shows, while the deployment runs; and what the scripts would show of `psql`.
fn password_in_arguments(ground: &Ground) {
    let mut passwords = Vec::new();
    for folder in [
        ground.secrets.clone(),
        ground.registry_secrets.clone(),
        ground.settings.join("store/secrets"),
        ground.settings.join("source/secrets"),
    ] {
        let Ok(files) = std::fs::read_dir(folder) else {
            continue;
        };
        passwords.extend(files.filter_map(|file| std::fs::read_to_string(file.ok()?.path()).ok()));
    }
    assert!(passwords.len() > 3, "no passwords to look for");
    let mut wrong = Vec::new();
    for process in std::fs::read_dir("/proc").expect("/proc").flatten() {
        let arguments = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
        let arguments = String::from_utf8_lossy(&arguments).into_owned();
        if passwords
            .iter()
            .any(|password| password.trim().len() > 7 && arguments.contains(password.trim()))
        {
            wrong.push(arguments.split('\0').next().unwrap_or_default().to_owned());
        }
    }
    let ops = bangioc_tests::root().join("ops");
    for script in files_under(&ops) {
        let text = std::fs::read_to_string(&script).unwrap_or_default();
        let shown = |line: &&str| line.contains("-v password=\"$(") || line.contains("--password=");
        wrong.extend(
            text.lines().filter(shown).map(|line| format!("{}: {}", script.display(), line.trim())),
        );
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn files_under(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(files_under(&path));
        } else {
            files.push(path);
        }
    }
    files
}
