//! Does the binary take what docker-compose.yml sets? Each service's command is run with that service's own
//! environment, where its servers' names lead nowhere: what it says of its settings is all that is looked at.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use bangioc_tests::{bangioc, root, secret};

use crate::compose::{Compose, secrets};
use crate::yaml::Node;

/// By then all of them have read their settings, and most still look for their servers.
const READ_BY: Duration = Duration::from_secs(4);
const REFUSED: &str = "in the settings";

pub(crate) fn every_setting(compose: &Compose) {
    let dir = root().join("target/tests/containers-settings");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("users")).expect("a folder");
    let ours: Vec<_> = compose
        .services()
        .filter(|(_, service)| service.get("image").map(Node::text) == Some("bangioc"))
        .collect();
    let started: Vec<_> =
        ours.iter().map(|(name, service)| (*name, start(&dir, name, service, None))).collect();
    assert!(started.len() > 12, "only {} services are ours", started.len());
    // One without a word that it needs: what is looked for would be found.
    let (_, registry) = ours.iter().find(|(name, _)| *name == "registry").expect("a registry");
    let spoilt = start(&dir, "spoilt", registry, Some("BANGIOC__KAFKA__TLS"));
    sleep(READ_BY);
    let spoilt = end(&dir, "spoilt", spoilt);
    assert!(spoilt.contains(REFUSED), "nothing was refused: {spoilt}");
    for (name, child) in started {
        let said = end(&dir, name, child);
        assert!(!said.is_empty(), "{name} said nothing");
        assert!(!said.contains(REFUSED), "{name}: {said}");
    }
}

fn start(dir: &Path, name: &str, service: &Node, without: Option<&str>) -> Child {
    let mut command = Command::new(bangioc());
    command.env_clear().current_dir(dir);
    for word in Node::items(service.get("command")) {
        command.arg(word.text());
    }
    let secrets = secrets(service);
    for (key, value) in Node::entries(service.get("environment")) {
        if Some(key) == without {
            continue;
        }
        let value = value.text();
        let here = if let Some(target) = value.strip_prefix("/run/secrets/") {
            assert!(secrets.contains_key(target), "{name} does not get `{target}`");
            let file = dir.join(format!("{name}-{target}"));
            secret::write(&file, "0123456789abcdef0123456789abcdef");
            file.display().to_string()
        } else if value == "/run/registry-users" {
            dir.join("users").display().to_string()
        } else {
            value.to_owned()
        };
        command.env(key, here);
    }
    let log = fs::File::create(dir.join(name).with_extension("log")).expect("a log");
    command
        .env("BANGIOC__CONTRACTS", root().join("schemas"))
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("a log"))
        .stderr(log)
        .spawn()
        .expect("the binary")
}

fn end(dir: &Path, name: &str, mut child: Child) -> String {
    let _ = child.kill();
    let _ = child.wait();
    fs::read_to_string(dir.join(name).with_extension("log")).expect("a log")
}
