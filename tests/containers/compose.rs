//! docker-compose.yml against the rest of the repository. No engine is asked: a name that was written wrong, a
//! department that was forgotten, a port that is open to all show up where no Docker is.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use bangioc_schemas::catalogue::Catalogue;
use bangioc_tests::root;
use libtest_mimic::Trial;

use crate::accepted;
use crate::yaml::{self, Node};

/// What the file says of a service: of Compose's words those that are used and that 1.29 knows as well.
const WORDS: [&str; 17] = [
    "build",
    "cap_drop",
    "command",
    "depends_on",
    "entrypoint",
    "environment",
    "healthcheck",
    "image",
    "networks",
    "ports",
    "profiles",
    "read_only",
    "restart",
    "secrets",
    "security_opt",
    "stop_grace_period",
    "volumes",
];

type Check = fn(&Compose);

pub fn trials() -> Vec<Trial> {
    let trials: [(&str, Check); 9] = [
        ("compose_has_what_it_names", has_what_it_names),
        ("compose_sets_what_the_manual_knows", sets_what_the_manual_knows),
        ("compose_is_accepted_by_the_binary", accepted::every_setting),
        ("compose_listens_on_loopback", listens_on_loopback),
        ("compose_starts_by_health", starts_by_health),
        ("compose_captures_every_source", captures_every_source),
        ("compose_keeps_the_sides_apart", keeps_the_sides_apart),
        ("compose_gets_all_passwords", gets_all_passwords),
        ("images_are_built_of_enough", images_are_built_of_enough),
    ];
    let trial = |(name, check): (&str, Check)| {
        Trial::test(name, move || {
            check(&Compose::read());
            Ok(())
        })
    };
    trials.into_iter().map(trial).collect()
}

pub(crate) struct Compose {
    file: Node,
}

impl Compose {
    fn read() -> Compose {
        Compose { file: yaml::read(&read("docker-compose.yml")) }
    }

    pub(crate) fn services(&self) -> impl Iterator<Item = (&str, &Node)> {
        Node::entries(self.file.get("services"))
    }

    fn service(&self, name: &str) -> &Node {
        let found = self.services().find(|(service, _)| *service == name);
        found.unwrap_or_else(|| panic!("no service `{name}`")).1
    }

    /// What stands at the top as networks, volumes or secrets.
    fn defined(&self, kind: &str) -> BTreeSet<&str> {
        Node::entries(self.file.get(kind)).map(|(name, _)| name).collect()
    }

    fn secret_file(&self, name: &str) -> &str {
        let secret = self.file.get("secrets").and_then(|all| all.get(name));
        let file = secret.and_then(|secret| secret.get("file"));
        file.unwrap_or_else(|| panic!("no secret `{name}`")).text()
    }
}

/// The file in the container → the secret in it.
pub(crate) fn secrets(service: &Node) -> BTreeMap<&str, &str> {
    Node::items(service.get("secrets"))
        .iter()
        .map(|secret| match (secret.get("target"), secret.get("source")) {
            (Some(target), Some(source)) => (target.text(), source.text()),
            _ => (secret.text(), secret.text()),
        })
        .collect()
}

fn values(service: &Node) -> BTreeSet<&str> {
    secrets(service).into_values().collect()
}

/// Where a volume comes from: a path or a volume's name.
fn volumes(service: &Node) -> impl Iterator<Item = &str> {
    let volumes = Node::items(service.get("volumes")).iter().map(Node::text);
    volumes.map(|volume| volume.split(':').next().expect("a volume has a source"))
}

fn networks(service: &Node) -> BTreeSet<&str> {
    let named: BTreeSet<&str> =
        Node::items(service.get("networks")).iter().map(Node::text).collect();
    if named.is_empty() { BTreeSet::from(["default"]) } else { named }
}

fn setting<'n>(service: &'n Node, name: &str) -> Option<&'n str> {
    service.get("environment")?.get(name).map(Node::text)
}

fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Words that a script of ours leaves in its variables.
fn told_by_bash(script: &str) -> Vec<String> {
    let told =
        Command::new("bash").args(["-euc", script]).current_dir(root()).output().expect("bash");
    assert!(told.status.success(), "{told:?}");
    let text = String::from_utf8(told.stdout).expect("UTF-8");
    text.split_whitespace().map(str::to_owned).collect()
}

fn has_what_it_names(compose: &Compose) {
    let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, service) in compose.services() {
        for (word, _) in Node::entries(Some(service)) {
            assert!(WORDS.contains(&word), "{name}: `{word}`");
        }
        if let Some(build) = service.get("build") {
            let file = build.get("dockerfile").expect("a Dockerfile").text();
            assert!(root().join(file).is_file(), "{name}: {file}");
        }
        let (paths, named): (Vec<_>, Vec<_>) = volumes(service).partition(|v| v.starts_with('.'));
        for path in paths {
            let path = root().join(path);
            assert!(path.exists(), "{name}: {}", path.display());
            let script = path.extension().is_some_and(|end| end == "sh");
            let mode = path.metadata().expect("its mode").permissions().mode();
            // One that can't be run is read into PostgreSQL's own script, with all that it sets there.
            assert!(!script || mode & 0o111 == 0o111, "{name}: mode {mode:o}");
        }
        used.entry("volumes").or_default().extend(named);
        used.entry("secrets").or_default().extend(secrets(service).into_values());
        used.entry("networks").or_default().extend(networks(service));
        // A password's file is a secret of this service.
        for (setting, value) in Node::entries(service.get("environment")) {
            let file = value.text().strip_prefix("/run/secrets/");
            let given = file.is_none_or(|file| secrets(service).contains_key(file));
            assert!(given, "{name}: {setting} is {}", value.text());
        }
    }
    used.entry("networks").or_default().remove("default");
    for (kind, names) in used {
        assert_eq!(names, compose.defined(kind), "{kind}");
    }
}

/// A service refuses a setting that nobody knows, but only when it starts.
fn sets_what_the_manual_knows(compose: &Compose) {
    let manual = read("ops/bangioc.toml");
    let mut section = "";
    let mut known = BTreeSet::new();
    for line in manual.lines() {
        let line = line.trim_start_matches("# ");
        if let Some(name) = line.strip_prefix('[') {
            section = name.split(']').next().unwrap_or_default();
        } else if let Some((key, _)) = line.split_once(" = ") {
            known.insert(format!("BANGIOC__{section}__{key}").replace('-', "_").to_uppercase());
        }
    }
    for (name, service) in compose.services() {
        for (setting, _) in Node::entries(service.get("environment")) {
            let ours = setting.starts_with("BANGIOC__");
            assert!(!ours || known.contains(setting), "{name}: {setting}");
        }
    }
}

fn listens_on_loopback(compose: &Compose) {
    let mut taken = BTreeSet::new();
    for (name, service) in compose.services() {
        for port in Node::items(service.get("ports")) {
            let parts: Vec<_> = port.text().split(':').collect();
            assert_eq!((parts.len(), parts[0]), (3, "127.0.0.1"), "{name}");
            assert!(taken.insert(parts[1]), "{name}: {} is taken", parts[1]);
        }
    }
    assert!(taken.len() >= 5, "{taken:?}");
    let portal = compose.service("open-data");
    let port = Node::items(portal.get("ports"))[0].text();
    let outside = port.rsplit_once(':').map(|(outside, _)| outside);
    assert_eq!(
        setting(portal, "BANGIOC__OPEN_DATA__BASE_URL"),
        outside.map(|at| format!("http://{at}")).as_deref()
    );
}

fn starts_by_health(compose: &Compose) {
    for (name, service) in compose.services() {
        let stays = service.get("restart").map(Node::text) == Some("unless-stopped");
        let tells = service.get("healthcheck").is_some();
        assert_eq!(stays, tells, "{name}");
        for (before, how) in Node::entries(service.get("depends_on")) {
            let stays = compose.service(before).get("healthcheck").is_some();
            let condition =
                if stays { "service_healthy" } else { "service_completed_successfully" };
            let asked = how.get("condition").expect("a condition").text();
            assert_eq!(asked, condition, "{name} after {before}");
        }
    }
}

fn captures_every_source(compose: &Compose) {
    let sources = told_by_bash(r#". ops/sh/deployment.sh; echo "${SOURCES[@]}""#);
    let sources: BTreeSet<&str> = sources.iter().map(String::as_str).collect();
    let captures: BTreeSet<&str> =
        compose.services().filter_map(|(name, _)| name.strip_prefix("capture-")).collect();
    assert_eq!(captures, sources);
    let catalogue = Catalogue::read(&root().join("schemas")).expect("the contracts");
    let contracted: BTreeSet<&str> =
        catalogue.active().map(|contract| contract.source.source.as_str()).collect();
    assert_eq!(sources, contracted);
    for source in sources {
        let user = format!("capture-{source}");
        let service = compose.service(&user);
        let said = |name| setting(service, name).expect("a setting").to_owned();
        assert_eq!(said("BANGIOC__KAFKA__USER"), user);
        assert_eq!(said("BANGIOC__SOURCE__NAME"), source);
        assert_eq!(said("BANGIOC__SOURCE__DATABASE"), source.replace('-', "_"));
        // A login of its own at the server that the departments share, and nobody else's password.
        let role = format!("bangioc_capture_{}", source.replace('-', "_"));
        assert_eq!(said("BANGIOC__SOURCE__USER"), role);
        let password = format!("source-{source}");
        assert_eq!(
            secrets(service),
            BTreeMap::from([
                ("kafka", user.as_str()),
                ("registry", format!("login-{user}").as_str()),
                ("source", password.as_str())
            ])
        );
    }
    // Kafka's users are those that its container has a password of, and no service is another's.
    let principals = told_by_bash(r#". ops/sh/deployment.sh; echo "admin ${PRINCIPALS//,/ }""#);
    assert_eq!(values(compose.service("kafka")), principals.iter().map(String::as_str).collect());
    for (name, service) in compose.services() {
        if let Some(user) = setting(service, "BANGIOC__KAFKA__USER") {
            assert_eq!(secrets(service)["kafka"], user, "{name}");
            // At the registry it is the same user, with another password.
            if name != "registry" {
                assert_eq!(setting(service, "BANGIOC__REGISTRY__USER"), Some(user), "{name}");
                assert_eq!(secrets(service)["registry"], format!("login-{user}"), "{name}");
            }
        }
    }
}

/// Who publishes can't even reach the shared store, and has no secret that the shared side has too.
fn keeps_the_sides_apart(compose: &Compose) {
    for (inside, open) in [("store", "open-store"), ("shared-store", "open-data")] {
        let (inside, open) = (compose.service(inside), compose.service(open));
        let (secret, known) = (values(inside), values(open));
        assert!(secret.is_disjoint(&known), "{secret:?} {known:?}");
        let both = &networks(inside) & &networks(open);
        assert!(both.iter().all(|network| *network == "default"), "{both:?}");
    }
    for server in ["source", "store", "open-store"] {
        assert!(!networks(compose.service(server)).contains("default"));
    }
    let settings = compose.service("open-data").get("environment");
    for (name, _) in Node::entries(settings) {
        assert!(!name.starts_with("BANGIOC__STORE"), "{name}");
    }
}

fn gets_all_passwords(compose: &Compose) {
    let dir = root().join("target/tests/compose");
    if dir.exists() {
        fs::remove_dir_all(&dir).expect("an old folder goes");
    }
    for file in ["docker-compose.yml", "ops/docker/passwords", "ops/sh/words.sh"] {
        let copy = dir.join(file);
        fs::create_dir_all(copy.parent().expect("a folder")).expect("a folder");
        fs::copy(root().join(file), copy).expect("a copy");
    }
    let names = compose.defined("secrets");
    let made = passwords(&dir, compose, &names);
    let different: BTreeSet<&String> = made.iter().collect();
    assert_eq!(different.len(), names.len(), "two are the same");
    assert_eq!(made, passwords(&dir, compose, &names), "those that are there stay");
    let users = fs::read_dir(dir.join("ops/docker/registry-users")).expect("users of the registry");
    let logins = names.iter().filter(|name| name.starts_with("login-"));
    assert_eq!(users.count(), logins.count());
    let folder = fs::metadata(dir.join("ops/docker/secrets")).expect("the folder");
    assert_eq!(folder.permissions().mode() & 0o777, 0o700);
}

fn images_are_built_of_enough(_: &Compose) {
    let image = read("ops/docker/Dockerfile");
    // Of what ops/setup installs, what the build takes: compilers and headers.
    let setup = read("ops/setup");
    let line = setup.lines().find(|line| line.starts_with("packages=("));
    let packages = line.expect("what is installed").trim_start_matches("packages=(");
    let builds = |name: &&str| name.ends_with("-dev") || ["g++", "cmake", "make"].contains(name);
    let needed: Vec<&str> = packages.split([' ', ')']).filter(builds).collect();
    assert!(needed.len() > 5, "{needed:?}");
    for package in needed {
        let there = image.split_whitespace().any(|word| word == package);
        assert!(there, "{package}");
    }
    // Nothing goes into an image but what is named, and never a secret.
    let kept_out = read(".dockerignore");
    let lines: Vec<&str> = kept_out.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(lines.first(), Some(&"*"));
    assert_eq!(lines.last(), Some(&"ops/docker/secrets"));
    assert!(lines.iter().all(|line| !line.contains("target")));
}

fn passwords(dir: &Path, compose: &Compose, names: &BTreeSet<&str>) -> Vec<String> {
    let made = Command::new(dir.join("ops/docker/passwords")).status();
    assert!(made.expect("the script").success());
    let read = |name| {
        let file = dir.join(compose.secret_file(name));
        let password = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(password.len() >= 32, "{name}");
        password
    };
    names.iter().map(|name| read(name)).collect()
}
