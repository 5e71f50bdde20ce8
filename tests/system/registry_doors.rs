//! Who the registry lets in, and what nobody can do to the meaning of an id: over HTTP, and by writing its topic.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use bangioc_feed::access::{Operation, Resource, Right};
use bangioc_feed::admin::{Admin, TopicOrder};
use bangioc_feed::registry::{Authorities, RegistryClient, RegistryError, RegistrySettings};
use bangioc_runtime::Secret;
use bangioc_runtime::failure::Failure as _;
use bangioc_tests::platform::{Platform, free_port, registry_password};
use bangioc_tests::service::Service;
use bangioc_tests::{root, wait};
use serde_json::{Value, json};

use crate::Check;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("registry_doors::nobody_is_answered_without_a_login", nobody_is_answered_without_a_login),
    (
        "registry_doors::each_user_has_the_subjects_of_their_topics",
        each_user_has_the_subjects_of_their_topics,
    ),
    (
        "registry_doors::no_request_gives_an_id_another_meaning",
        no_request_gives_an_id_another_meaning,
    ),
    (
        "registry_doors::no_record_gives_an_id_another_meaning",
        no_record_gives_an_id_another_meaning,
    ),
    ("registry_doors::pages_may_not_ask", pages_may_not_ask),
    (
        "registry_doors::it_starts_with_users_or_a_word_on_loopback",
        it_starts_with_users_or_a_word_on_loopback,
    ),
];

const SOON: Duration = Duration::from_secs(30);
/// Of the repository's contracts, under the prefix of the doors' own registry.
const PARCEL: &str = "doors.shared.so-nnmt.land-parcel-value";
const PARCEL_OPEN: &str = "doors.open.so-nnmt.land-parcel-value";
const BUSINESS: &str = "doors.shared.so-tc.business-value";
const OUTSIDE: &str = "test.doors-value";
const USERS: [(&str, &str); 8] = [
    ("admin", "admin"),
    ("capture-so-nnmt", ""),
    ("capture-national", ""),
    ("capture-so-yt", ""),
    ("shared-store", ""),
    ("open-data", ""),
    ("dead-letter", ""),
    ("developer", "read doors.open.*"),
];

/// A registry with a topic, users and contracts of its own.
struct Doors<'p> {
    platform: &'p Platform,
    topic: String,
    dir: PathBuf,
    listen: String,
    metrics: String,
    service: Option<Service>,
}

struct Said {
    status: u16,
    head: String,
    body: Value,
}

impl<'p> Doors<'p> {
    fn open(platform: &'p Platform, name: &str) -> Doors<'p> {
        let dir = platform.dir.join(format!("doors-{name}"));
        let users = dir.join("users");
        fs::create_dir_all(&users).expect("a folder");
        fs::set_permissions(&users, fs::Permissions::from_mode(0o700)).expect("its mode");
        for (user, rights) in USERS {
            let file = users.join(user);
            let given =
                fs::read_to_string(platform.registry_users().join("admin")).expect("a digest");
            let admins = given.lines().next().expect("a digest").to_owned();
            // One password for all here: what is tried is names and rights.
            fs::write(&file, format!("{admins}\n{rights}\n")).expect("a user");
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
        }
        let topic = format!("_schemas_doors_{name}");
        let admin = Admin::connect(&platform.kafka_as("admin")).expect("Kafka");
        admin
            .create_topic(&TopicOrder {
                name: &topic,
                partitions: 1,
                replication: 1,
                configs: &[("cleanup.policy".to_owned(), "compact".to_owned())],
            })
            .expect("a topic");
        for operation in [Operation::Write, Operation::Read, Operation::DescribeConfigs] {
            let right = Right::allow("registry", operation, Resource::Topic, &topic);
            admin.grant(&[right]).expect("a right");
        }
        let mut doors = Doors {
            platform,
            topic,
            dir,
            listen: format!("127.0.0.1:{}", free_port()),
            metrics: format!("127.0.0.1:{}", free_port()),
            service: None,
        };
        doors.start();
        doors
    }

    fn start(&mut self) {
        let config = self.dir.join("registry.toml");
        let text = format!(
            "prefix = \"doors\"\ncontracts = \"{}\"\n{}[registry]\nlisten = \"{}\"\ntopic = \"{}\"\nusers_dir = \"{}\"\n[metrics]\nlisten = \"{}\"\n",
            root().join("schemas").display(),
            self.platform.kafka_section("registry"),
            self.listen,
            self.topic,
            self.dir.join("users").display(),
            self.metrics,
        );
        fs::write(&config, text).expect("a configuration");
        let service = Service::start("registry", &config, &["run", "registry"], &[], &self.dir);
        wait::until("the registry", SOON, || {
            wait::holds(TcpStream::connect(&self.listen).is_ok(), service.log())
        });
        self.service = Some(service);
    }

    fn restart(&mut self) {
        self.service.take().expect("a registry that runs").stop();
        self.start();
    }

    fn log(&self) -> String {
        self.service.as_ref().expect("a registry that runs").log()
    }

    fn healthz(&self) -> String {
        let mut stream = TcpStream::connect(&self.metrics).expect("metrics");
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n").expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        answer
    }

    fn raw(&self, head: &str, body: &str) -> Said {
        let mut stream = TcpStream::connect(&self.listen).expect("the registry");
        stream.set_read_timeout(Some(SOON)).expect("a limit");
        let length = body.len();
        write!(
            stream,
            "{head}Host: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Said {
            status: status.expect("a status"),
            head: head.to_owned(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }

    fn ask(&self, user: &str, method: &str, path: &str, body: &Value) -> Said {
        let login = format!("{user}:{}", registry_password("admin"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nAuthorization: Basic {}\r\nContent-Type: application/json\r\n",
            base64(login.as_bytes())
        );
        let body = if body.is_null() { String::new() } else { body.to_string() };
        self.raw(&head, &body)
    }

    fn get(&self, user: &str, path: &str) -> Said {
        self.ask(user, "GET", path, &Value::Null)
    }

    /// Registers as `user`; its id.
    #[track_caller]
    fn register(&self, user: &str, subject: &str, schema: &str) -> u64 {
        let said = self.ask(
            user,
            "POST",
            &format!("/subjects/{subject}/versions"),
            &json!({"schema": schema}),
        );
        said.body["id"]
            .as_u64()
            .unwrap_or_else(|| panic!("{subject}: {} {}", said.status, said.body))
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let bits = three.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte))
            << (8 * (3 - three.len()));
        for digit in 0..4 {
            let known = digit <= three.len();
            text.push(if known { char::from(DIGITS[bits >> (18 - 6 * digit) & 63]) } else { '=' });
        }
    }
    text
}

/// A record with two texts; which of them comes first is what an attacker would change.
fn record(name: &str, fields: [&str; 2]) -> String {
    let fields: Vec<_> =
        fields.iter().map(|field| json!({"name": field, "type": "string"})).collect();
    json!({"type": "record", "name": name, "fields": fields}).to_string()
}

fn nobody_is_answered_without_a_login(platform: &Platform) {
    let doors = Doors::open(platform, "login");
    doors.register("admin", OUTSIDE, "\"int\"");
    let wrong = base64(b"admin:a wrong password, long enough");
    let unknown = base64(format!("nobody:{}", registry_password("admin")).as_bytes());
    let logins = [
        String::new(),
        format!("Authorization: Basic {wrong}\r\n"),
        format!("Authorization: Basic {unknown}\r\n"),
        "Authorization: Basic !!\r\n".to_owned(),
        format!("Authorization: Bearer {}\r\n", registry_password("admin")),
        "X-Forwarded-User: admin\r\nX-Forwarded-For: 127.0.0.1\r\nX-Remote-User: admin\r\n"
            .to_owned(),
    ];
    let paths = [
        "/",
        "/subjects",
        "/schemas",
        "/schemas/types",
        "/schemas/ids/1",
        "/schemas/ids/1/schema",
        "/schemas/ids/1/subjects",
        "/schemas/ids/1/versions",
        "/config",
        "/mode",
        "/contexts",
        "/v1/metadata/id",
        "/no/such/path",
        "/subjects/test.doors-value",
        "/subjects/test.doors-value/versions",
        "/subjects/test.doors-value/versions/1",
        "/subjects/test.doors-value/versions/latest/schema",
        "/compatibility/subjects/test.doors-value/versions",
        "/config/test.doors-value",
        "/mode/test.doors-value",
        "/subjects//test.doors-value",
        "/%73ubjects",
    ];
    for path in paths {
        for method in ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let head = format!("{method} {path} HTTP/1.1\r\nContent-Type: application/json\r\n");
            let said = doors.raw(&head, "{\"schema\":\"\\\"long\\\"\"}");
            assert_eq!(said.status, 401, "{method} {path}");
        }
    }
    // More than an address may try in a minute without waiting.
    for _ in 0..20 {
        doors.raw(&format!("GET / HTTP/1.1\r\n{}", logins[1]), "");
    }
    for login in &logins {
        let said = doors.raw(&format!("GET /subjects HTTP/1.1\r\n{login}"), "");
        assert_eq!((said.status, &said.body["error_code"]), (401, &json!(401)), "{login}");
        assert!(said.head.to_lowercase().contains("www-authenticate: basic"), "{}", said.head);
    }
    // Whoever tries passwords waits; whoever has the right one does not, from the same address.
    let begun = std::time::Instant::now();
    assert_eq!(doors.raw(&format!("GET / HTTP/1.1\r\n{}", logins[1]), "").status, 401);
    assert!(begun.elapsed() >= Duration::from_millis(900), "{:?}", begun.elapsed());
    let begun = std::time::Instant::now();
    assert_eq!(doors.get("admin", "/subjects").body, json!([OUTSIDE]));
    assert!(begun.elapsed() < Duration::from_millis(900), "{:?}", begun.elapsed());
    let log = doors.log();
    assert!(log.contains("BG0150") && !log.contains("a wrong password"), "{log}");
    // Our own client tells the one from the other.
    let client = |user: &str, password: &str| {
        RegistryClient::new(&RegistrySettings {
            url: format!("http://{}", doors.listen),
            user: Some(user.into()),
            password: Some(Secret::new(password)),
            authorities: Authorities::default(),
        })
    };
    let refused = client("admin", "wrong").subjects().expect_err("a refusal");
    assert_eq!(refused.code(), "BG0732");
    let denied = client("developer", &registry_password("admin")).register(OUTSIDE, "\"long\"");
    assert!(matches!(denied, Err(RegistryError::Denied { .. })), "{denied:?}");
}

fn each_user_has_the_subjects_of_their_topics(platform: &Platform) {
    let doors = Doors::open(platform, "rights");
    let ids: Vec<(&str, u64)> = [PARCEL, PARCEL_OPEN, BUSINESS, OUTSIDE]
        .iter()
        .enumerate()
        .map(|(number, subject)| {
            (*subject, doors.register("admin", subject, &record(&format!("R{number}"), ["a", "b"])))
        })
        .collect();
    let may_read: [(&str, &[&str]); 7] = [
        ("capture-so-nnmt", &[PARCEL, PARCEL_OPEN]),
        // The owner is another; what counts is the source.
        ("capture-national", &[BUSINESS]),
        ("capture-so-yt", &[]),
        ("shared-store", &[PARCEL, BUSINESS]),
        ("open-data", &[PARCEL_OPEN]),
        ("dead-letter", &[PARCEL, PARCEL_OPEN, BUSINESS]),
        ("developer", &[PARCEL_OPEN]),
    ];
    for (user, readable) in may_read {
        let mut listed = doors.get(user, "/subjects").body.as_array().expect("a list").clone();
        listed.sort_by_key(ToString::to_string);
        let mut wanted: Vec<Value> = readable.iter().map(|subject| json!(subject)).collect();
        wanted.sort_by_key(ToString::to_string);
        assert_eq!(listed, wanted, "{user}");
        assert_eq!(
            doors.get(user, "/schemas?deleted=true").body.as_array().expect("a list").len(),
            readable.len(),
            "{user}"
        );
        for (subject, id) in &ids {
            let reads = readable.contains(subject);
            let (found, denied) = if reads { (200, 200) } else { (404, 403) };
            // By id what may not be read is not there at all; by name it is refused, there or not.
            for path in ["", "/schema", "/subjects", "/versions"] {
                let said = doors.get(user, &format!("/schemas/ids/{id}{path}"));
                assert_eq!(said.status, found, "{user} {subject} {path}");
            }
            for path in
                ["/versions", "/versions/1", "/versions/latest/schema", "/versions/1/referencedby"]
            {
                let said = doors.get(user, &format!("/subjects/{subject}{path}"));
                assert_eq!(said.status, denied, "{user} {subject} {path}");
            }
            let look_up = doors.ask(
                user,
                "POST",
                &format!("/subjects/{subject}"),
                &json!({"schema": record("R9", ["a", "b"])}),
            );
            assert_eq!(look_up.status, if reads { 404 } else { 403 }, "{user} {subject}");
            let check = doors.ask(
                user,
                "POST",
                &format!("/compatibility/subjects/{subject}/versions/latest"),
                &json!({"schema": record("R9", ["a", "b"])}),
            );
            assert_eq!(check.status, denied, "{user} {subject}");
            // Nobody but the topic's own capture registers.
            let writes = user.starts_with("capture-") && reads;
            let written = doors.ask(
                user,
                "POST",
                &format!("/subjects/{subject}/versions"),
                &json!({"schema": record("R9", ["a", "b"])}),
            );
            assert_eq!(
                written.status,
                if writes { 409 } else { 403 },
                "{user} {subject} {}",
                written.body
            );
        }
        for (method, path, body) in [
            ("DELETE", format!("/subjects/{PARCEL}"), Value::Null),
            ("DELETE", format!("/subjects/{PARCEL}/versions/1"), Value::Null),
            ("DELETE", format!("/subjects/{OUTSIDE}?permanent=true"), Value::Null),
            ("PUT", "/mode".to_owned(), json!({"mode": "IMPORT"})),
            ("PUT", format!("/mode/{PARCEL}?force=true"), json!({"mode": "IMPORT"})),
            ("PUT", "/config".to_owned(), json!({"compatibility": "NONE"})),
            ("PUT", format!("/config/{PARCEL}"), json!({"compatibility": "NONE"})),
            ("DELETE", "/mode".to_owned(), Value::Null),
            ("DELETE", format!("/mode/{PARCEL}"), Value::Null),
            ("DELETE", "/config".to_owned(), Value::Null),
            ("DELETE", format!("/config/{PARCEL}"), Value::Null),
            ("PATCH", format!("/subjects/{PARCEL}"), json!({})),
        ] {
            let said = doors.ask(user, method, &path, &body);
            assert_eq!(said.status, 403, "{user} {method} {path} {}", said.body);
        }
    }
    assert!(doors.log().contains("BG0151"), "{}", doors.log());
}

/// Everything that an administrator's own login could try.
fn no_request_gives_an_id_another_meaning(platform: &Platform) {
    let mut doors = Doors::open(platform, "requests");
    let (good, bad) = (
        record("Parcel", ["open_name", "personal_name"]),
        record("Parcel", ["personal_name", "open_name"]),
    );
    let id = doors.register("capture-so-nnmt", PARCEL, &good);
    let meaning = |doors: &Doors<'_>| {
        doors.get("shared-store", &format!("/schemas/ids/{id}")).body["schema"].clone()
    };
    let before = meaning(&doors);
    assert!(before.is_string());
    let dotted = PARCEL.replace('.', "%2E");
    let names = [
        PARCEL,
        &dotted,
        &format!(":.:{PARCEL}"),
        &format!("%3A.%3A{PARCEL}"),
        &format!(":.doors:{PARCEL}"),
        &format!("{PARCEL}/"),
        &format!("/{PARCEL}"),
        &format!("./{PARCEL}"),
        &format!("x/../{PARCEL}"),
    ];
    let queries = [
        "",
        "?permanent=true",
        "?force=true",
        "?force=true&permanent=true&deleted=true",
        "?permanent=false&permanent=true",
        "?Permanent=true",
    ];
    let mut tried = 0;
    let mut refused = |said: &Said, what: &str| {
        tried += 1;
        assert!((400..500).contains(&said.status), "{what}: {} {}", said.status, said.body);
    };
    for name in names {
        for query in queries {
            for path in ["", "/versions/1", "/versions/latest", "/versions/-1"] {
                let what = format!("/subjects/{name}{path}{query}");
                refused(&doors.ask("admin", "DELETE", &what, &Value::Null), &what);
            }
            let what = format!("/mode/{name}{query}");
            refused(&doors.ask("admin", "PUT", &what, &json!({"mode": "IMPORT"})), &what);
            let what = format!("/subjects/{name}/versions{query}");
            let import = json!({"schema": bad, "id": id, "version": 1});
            refused(&doors.ask("admin", "POST", &what, &import), &what);
        }
    }
    for query in queries {
        let what = format!("/mode{query}");
        refused(&doors.ask("admin", "PUT", &what, &json!({"mode": "IMPORT"})), &what);
    }
    let said = doors.ask("admin", "DELETE", &format!("/subjects/{PARCEL}"), &Value::Null);
    assert_eq!(
        (said.status, &said.body["error_code"]),
        (422, &json!(42205)),
        "in Confluent's words"
    );
    for method in ["PATCH", "PUT", "DELETE", "OPTIONS", "TRACE"] {
        let what = format!("/schemas/ids/{id}");
        refused(&doors.ask("admin", method, &what, &json!({"schema": bad})), &what);
    }
    assert!(tried > 200, "{tried}");

    // Of what no topic uses, deletion is allowed; its id is not given another meaning all the same.
    let gone = doors.register("admin", OUTSIDE, &record("Outside", ["a", "b"]));
    for query in ["", "?permanent=true"] {
        let said =
            doors.ask("admin", "DELETE", &format!("/subjects/{OUTSIDE}{query}"), &Value::Null);
        assert_eq!(said.status, 200, "{}", said.body);
    }
    for round in 0..2 {
        let said = doors.ask(
            "admin",
            "PUT",
            &format!("/mode/{OUTSIDE}?force=true"),
            &json!({"mode": "IMPORT"}),
        );
        assert_eq!(said.status, 200, "{}", said.body);
        for (name, taken) in [(OUTSIDE, gone), (OUTSIDE, id)] {
            let import =
                json!({"schema": record("Outside", ["b", "a"]), "id": taken, "version": 1});
            let said = doors.ask("admin", "POST", &format!("/subjects/{name}/versions"), &import);
            assert_eq!(
                (said.status, &said.body["error_code"]),
                (422, &json!(42205)),
                "round {round}"
            );
        }
        assert_eq!(meaning(&doors), before);
        doors.restart();
    }
    assert_eq!(meaning(&doors), before);
}

/// Of whoever has the right to write the topic, which is the registry's alone.
fn no_record_gives_an_id_another_meaning(platform: &Platform) {
    let mut doors = Doors::open(platform, "records");
    let good = record("Parcel", ["open_name", "personal_name"]);
    let id = doors.register("capture-so-nnmt", PARCEL, &good);
    let gone = doors.register("admin", OUTSIDE, "\"int\"");
    for query in ["", "?permanent=true"] {
        doors.ask("admin", "DELETE", &format!("/subjects/{OUTSIDE}{query}"), &Value::Null);
    }
    let meaning = |doors: &Doors<'_>, id: u64| {
        doors.get("admin", &format!("/schemas/ids/{id}")).body["schema"].clone()
    };
    let before = meaning(&doors, id);
    assert!(
        doors.healthz().starts_with("HTTP/1.0 200") || doors.healthz().starts_with("HTTP/1.1 200")
    );
    let key = |subject: &str, version: u32| {
        json!({"keytype": "SCHEMA", "subject": subject, "version": version, "magic": 1}).to_string()
    };
    let value = |subject: &str, version: u32, id: u64, schema: &str| {
        json!({"subject": subject, "version": version, "id": id, "schema": schema, "deleted": false}).to_string()
    };
    let bad = record("Parcel", ["personal_name", "open_name"]);
    let protobuf = json!({"subject": PARCEL, "version": 1, "id": id, "schemaType": "PROTOBUF", "schema": "x", "deleted": false}).to_string();
    let attacks = [
        (key(PARCEL, 1), value(PARCEL, 1, id, &bad)),
        (key("z", 1), value("z", 1, id, &bad)),
        (key(PARCEL, 1), value(PARCEL, 1, id + 50, &bad)),
        (key(OUTSIDE, 1), value(OUTSIDE, 1, gone, "\"long\"")),
        (key(PARCEL, 1), protobuf),
        (key(PARCEL, 1), "no JSON".to_owned()),
    ];
    for (number, (key, value)) in attacks.iter().enumerate() {
        let refusals = doors.log().matches("BG0149").count();
        platform.produce_raw("admin", &doors.topic, &[(key, value)]).expect("a record");
        wait::until("the refusal", SOON, || {
            let log = doors.log();
            wait::holds(log.matches("BG0149").count() > refusals, format!("attack {number}: {log}"))
        });
        assert_eq!(meaning(&doors, id), before, "attack {number}");
        assert_eq!(meaning(&doors, gone), Value::Null, "attack {number}");
        let health = doors.healthz();
        assert!(health.contains(" 503 ") && health.contains("BG0149"), "{health}");
    }
    // The topic says again what stands: to the next start, and to any other registry.
    doors.restart();
    assert_eq!(meaning(&doors, id), before);
    assert_eq!(meaning(&doors, gone), Value::Null);
    wait::until("health", SOON, || {
        let health = doors.healthz();
        wait::holds(health.contains(" 200 "), health)
    });
    // While none runs.
    doors.service.take().expect("a registry that runs").stop();
    for (key, value) in &attacks {
        platform.produce_raw("admin", &doors.topic, &[(key, value)]).expect("a record");
    }
    doors.start();
    assert_eq!(meaning(&doors, id), before);
    assert_eq!(meaning(&doors, gone), Value::Null);
    assert!(doors.healthz().contains("BG0149"), "{}", doors.healthz());
}

fn pages_may_not_ask(platform: &Platform) {
    let doors = Doors::open(platform, "pages");
    let login = base64(format!("admin:{}", registry_password("admin")).as_bytes());
    let schema = "{\"schema\":\"\\\"int\\\"\"}";
    for (header, status) in [
        ("Content-Type: application/json\r\nOrigin: http://evil.example\r\n", 403),
        ("Content-Type: application/json\r\nOrigin: null\r\n", 403),
        ("Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n", 403),
        ("Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n", 403),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/x-www-form-urlencoded\r\n", 415),
        ("", 415),
    ] {
        let head = format!(
            "POST /subjects/{OUTSIDE}/versions HTTP/1.1\r\nAuthorization: Basic {login}\r\n{header}"
        );
        assert_eq!(doors.raw(&head, schema).status, status, "{header}");
    }
    assert_eq!(doors.get("admin", "/subjects").body, json!([]));
    let head = format!(
        "POST /subjects/{OUTSIDE}/versions HTTP/1.1\r\nAuthorization: Basic {login}\r\nContent-Type: application/vnd.schemaregistry.v1+json\r\n"
    );
    assert_eq!(doors.raw(&head, schema).status, 200);
}

fn it_starts_with_users_or_a_word_on_loopback(platform: &Platform) {
    let dir = platform.dir.join("doors-start");
    fs::create_dir_all(dir.join("nobody")).expect("a folder");
    fs::set_permissions(dir.join("nobody"), fs::Permissions::from_mode(0o700)).expect("its mode");
    let end = |lines: &str| {
        let config = dir.join("registry.toml");
        let text = format!(
            "contracts = \"{}\"\n{}[registry]\n{lines}",
            root().join("schemas").display(),
            platform.kafka_section("registry")
        );
        fs::write(&config, text).expect("a configuration");
        let _ = fs::remove_file(dir.join("start.log"));
        let mut service = Service::start("start", &config, &["run", "registry"], &[], &dir);
        let status = service.wait_for_end(SOON);
        (status.code(), service.log())
    };
    for (lines, code) in [
        ("", "BG0123"),
        ("listen = \"0.0.0.0:0\"\ninsecure = true\n", "BG0123"),
        ("users_dir = \"/no/such/folder\"\n", "BG0145"),
        (&format!("users_dir = \"{}\"\n", dir.join("nobody").display()), "BG0148"),
    ] {
        let (status, log) = end(lines);
        assert_eq!(status, Some(3), "{lines}{log}");
        assert!(log.contains(code), "{lines}{log}");
    }
}
