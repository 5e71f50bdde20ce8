//! The schema registry, from everyone who reaches its port: who may write at all, what a login may write, and that an
//! id means one thing for ever.

use std::fs;

use bangioc_schemas::names::{self, Side};
use serde_json::{Value, json};

use crate::attack::Attack;
use crate::ground::{BUSINESSES, FACILITIES, Ground, Victim};
use crate::http::{Answer, ask};
use crate::sent::base64;

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "registry::whoever_reaches_its_port",
        who: "nobody: no login",
        does: "every call that there is, and each write by detours: doubled and escaped paths, contexts, other verbs, headers of proxies",
        holds: "no schema is shown, nothing is written: 401",
        got: "every schema shown, every write done",
        run: |ground| only_what_is_allowed(ground, None),
    },
    Attack {
        name: "registry::a_reader_writes",
        who: "open-data at the registry",
        does: "every call that writes; the shared side's schemas by subject and by id",
        holds: "it reads the open side's schemas and nothing else",
        got: "every schema shown, every write done",
        run: |ground| only_what_is_allowed(ground, Some("open-data")),
    },
    Attack {
        name: "registry::a_capture_writes_another_departments_subject",
        who: "capture-national at the registry",
        does: "registers, deletes, and changes mode and compatibility of a subject of another source",
        holds: "all of it is refused",
        got: "every write done",
        run: |ground| only_what_is_allowed(ground, Some("capture-national")),
    },
    Attack {
        name: "registry::a_page_in_a_browser_writes",
        who: "a web page on the operator's machine, with the operator's login",
        does: "a write from another origin, one of a kind that a form can send",
        holds: "both are refused",
        got: "all of them registered",
        run: from_a_browser,
    },
    Attack {
        name: "registry::an_id_gets_another_meaning",
        who: "the registry's administrator",
        does: "soft and hard delete, mode IMPORT with `force`, the same id registered again with an open and a personal column exchanged",
        holds: "the id means what it meant",
        got: "the id had the exchanged columns",
        run: another_meaning,
    },
];

/// Whose schemas the calls are about: another department's than those who call.
fn subject(ground: &Ground, side: Side, victim: Victim) -> String {
    names::value_subject(&ground.topic(side, victim))
}

const JSON: &str = "application/vnd.schemaregistry.v1+json";

fn authorization(ground: &Ground, user: &str) -> String {
    let password = fs::read_to_string(ground.registry_secrets.join(user)).expect("a password");
    format!("Basic {}", base64(format!("{user}:{}", password.trim()).as_bytes()))
}

struct Caller<'a> {
    ground: &'a Ground,
    user: Option<&'a str>,
}

impl Caller<'_> {
    fn call(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        more: &[(&str, &str)],
    ) -> Answer {
        let login = self.user.map(|user| authorization(self.ground, user));
        let mut headers: Vec<(&str, &str)> =
            login.iter().map(|login| ("Authorization", login.as_str())).collect();
        headers.extend(more);
        if body.is_some() && !more.iter().any(|(name, _)| *name == "Content-Type") {
            headers.push(("Content-Type", JSON));
        }
        let body = body.map(Value::to_string);
        ask(&self.ground.registry, method, path, &headers, body.as_deref())
    }
}

/// What the registry holds, as its administrator sees it: to find that nothing was changed.
fn contents(ground: &Ground) -> Value {
    let admin = Caller { ground, user: Some("admin") };
    let get = |path: &str| admin.call("GET", path, None, &[]).body;
    let of = |side| {
        let subject = subject(ground, side, FACILITIES);
        json!([
            get(&format!("/subjects/{subject}/versions")),
            get(&format!("/subjects/{subject}/versions/1")),
            get(&format!("/config/{subject}")),
            get(&format!("/mode/{subject}")),
        ])
    };
    json!([
        get("/subjects?deleted=true"),
        get("/config"),
        get("/mode"),
        of(Side::Shared),
        of(Side::Open)
    ])
}

/// Calls that write, for one subject.
fn writes(subject: &str) -> Vec<(&'static str, String, Option<Value>)> {
    let schema = json!({ "schema": r#"{"type":"record","name":"Forged","fields":[{"name":"x","type":["null","string"],"default":null}]}"# });
    let import = json!({ "mode": "IMPORT" });
    let none = json!({ "compatibility": "NONE" });
    let escaped = subject.replace('.', "%2E");
    let with_id = json!({ "schema": schema["schema"], "id": 1, "version": 1 });
    vec![
        ("POST", format!("/subjects/{subject}/versions"), Some(schema.clone())),
        ("POST", format!("/subjects/{subject}/versions?normalize=true"), Some(schema.clone())),
        ("POST", format!("/subjects/{subject}/versions"), Some(with_id)),
        ("POST", format!("/subjects/{escaped}/versions"), Some(schema.clone())),
        ("POST", format!("/subjects/:.:{subject}/versions"), Some(schema.clone())),
        ("POST", format!("/subjects/:.other:{subject}/versions"), Some(schema.clone())),
        ("POST", format!("//subjects/{subject}/versions"), Some(schema.clone())),
        ("POST", format!("/subjects/{subject}/versions/"), Some(schema.clone())),
        ("POST", format!("/subjects/x/../{subject}/versions"), Some(schema.clone())),
        ("PUT", format!("/subjects/{subject}/versions"), Some(schema.clone())),
        ("POST", "/subjects/brand-new-subject/versions".into(), Some(schema)),
        ("PUT", format!("/config/{subject}"), Some(none.clone())),
        ("PUT", "/config".into(), Some(none.clone())),
        (
            "PUT",
            format!("/config/{subject}"),
            Some(json!({ "compatibility": "NONE", "alias": "x" })),
        ),
        ("PUT", "/config/:.:".into(), Some(none)),
        ("DELETE", format!("/config/{subject}"), None),
        ("PUT", format!("/mode/{subject}?force=true"), Some(import.clone())),
        ("PUT", "/mode?force=true".into(), Some(import.clone())),
        ("PUT", "/mode/:.:?force=true".into(), Some(import)),
        ("DELETE", format!("/mode/{subject}"), None),
        ("DELETE", format!("/subjects/{subject}/versions/latest"), None),
        ("DELETE", format!("/subjects/{subject}"), None),
        ("DELETE", format!("/subjects/{subject}?permanent=true"), None),
        ("DELETE", format!("/subjects/{escaped}?permanent=true"), None),
    ]
}

/// As a proxy would say it, for those who believe a header.
const DETOURS: [&[(&str, &str)]; 4] = [
    &[],
    &[
        ("X-Forwarded-User", "admin"),
        ("X-Forwarded-For", "127.0.0.1"),
        ("Forwarded", "for=127.0.0.1"),
    ],
    &[("X-HTTP-Method-Override", "GET")],
    &[("X-Original-URL", "/")],
];

fn only_what_is_allowed(ground: &Ground, user: Option<&str>) {
    let caller = Caller { ground, user };
    let before = contents(ground);
    let mut wrong = Vec::new();
    let subject_of = subject(ground, Side::Shared, FACILITIES);
    let first = Caller { ground, user: Some("admin") }.call(
        "GET",
        &format!("/subjects/{subject_of}/versions/1"),
        None,
        &[],
    );
    let id = serde_json::from_str::<Value>(&first.body).expect("a schema")["id"].clone();
    let reads = [
        "/subjects".to_owned(),
        format!("/subjects/{subject_of}/versions"),
        format!("/subjects/{subject_of}/versions/1"),
        format!("/subjects/{subject_of}/versions/latest/schema"),
        format!("/schemas/ids/{id}"),
        format!("/schemas/ids/{id}/schema"),
        format!("/schemas/ids/{id}/subjects"),
        format!("/schemas/ids/{id}/versions"),
        "/schemas".to_owned(),
        format!("/config/{subject_of}"),
        format!("/mode/{subject_of}"),
    ];
    for path in &reads {
        let answer = caller.call("GET", path, None, &[]);
        let shown =
            answer.status == 200 && (user.is_none() || answer.body.contains("responsible_person"));
        // A capture reads what its own side's schemas are; the open side must not learn of the shared one.
        if shown && user != Some("capture-national") {
            wrong.push(format!("GET {path}: shown"));
        }
        assert_ne!(answer.status, 0, "GET {path} is not answered");
    }
    // Refused for what it asks, not for who it is.
    if let Some(user) = user {
        let own = if user == "open-data" {
            subject(ground, Side::Open, FACILITIES)
        } else {
            subject(ground, Side::Shared, BUSINESSES)
        };
        let answer = caller.call("GET", &format!("/subjects/{own}/versions/1"), None, &[]);
        assert_eq!(answer.status, 200, "{user} reads its own: {}", answer.body);
    }
    for (method, path, body) in writes(&subject_of) {
        for detour in DETOURS {
            let answer = caller.call(method, &path, body.as_ref(), detour);
            if (200..300).contains(&answer.status) {
                wrong.push(format!("{method} {path}: done"));
                break;
            }
        }
    }
    let after = contents(ground);
    if after != before {
        wrong.push("the registry holds something else now".to_owned());
    }
    assert!(wrong.is_empty(), "{}: {wrong:#?}", user.unwrap_or("nobody"));
}

fn from_a_browser(ground: &Ground) {
    let admin = Caller { ground, user: Some("admin") };
    let before = contents(ground);
    let schema = json!({ "schema": r#"{"type":"string"}"# });
    let mut wrong = Vec::new();
    for headers in [
        &[("Origin", "https://elsewhere.example")][..],
        &[("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "no-cors")],
        &[("Content-Type", "text/plain")],
        &[("Content-Type", "application/x-www-form-urlencoded")],
        &[("Content-Type", "")],
    ] {
        let path = "/subjects/from-a-browser/versions";
        let answer = admin.call("POST", path, Some(&schema), headers);
        if (200..300).contains(&answer.status) {
            wrong.push(format!("{headers:?}"));
        }
    }
    assert!(wrong.is_empty() && contents(ground) == before, "{wrong:#?}");
    // The same login, asked as a tool asks.
    let path = "/subjects/from-a-browser/versions";
    let honest = admin.call("POST", path, Some(&schema), &[]);
    for path in ["/subjects/from-a-browser", "/subjects/from-a-browser?permanent=true"] {
        admin.call("DELETE", path, None, &[]);
    }
    assert_eq!(honest.status, 200, "{}", honest.body);
}

fn another_meaning(ground: &Ground) {
    let admin = Caller { ground, user: Some("admin") };
    let subject = subject(ground, Side::Shared, FACILITIES);
    let text = |answer: Answer| serde_json::from_str::<Value>(&answer.body).unwrap_or_default();
    let first = text(admin.call("GET", &format!("/subjects/{subject}/versions/1"), None, &[]));
    let (id, meant) = (first["id"].clone(), first["schema"].as_str().expect("a schema").to_owned());
    let exchanged = meant
        .replace("\"address_text\"", "\"between\"")
        .replace("\"responsible_person\"", "\"address_text\"")
        .replace("\"between\"", "\"responsible_person\"");
    assert_ne!(exchanged, meant, "nothing to exchange");
    let import = json!({ "mode": "IMPORT" });
    let read_write = json!({ "mode": "READWRITE" });
    let forged = json!({ "schema": exchanged, "id": id, "version": 1 });
    let calls = [
        ("DELETE", format!("/subjects/{subject}/versions/1"), None),
        ("DELETE", format!("/subjects/{subject}/versions/1?permanent=true"), None),
        ("DELETE", format!("/subjects/{subject}"), None),
        ("DELETE", format!("/subjects/{subject}?permanent=true"), None),
        ("PUT", "/mode?force=true".to_owned(), Some(&import)),
        ("PUT", format!("/mode/{subject}?force=true"), Some(&import)),
        ("POST", format!("/subjects/{subject}/versions"), Some(&forged)),
        ("POST", format!("/subjects/{subject}/versions?normalize=true"), Some(&forged)),
        ("POST", "/subjects/quite-another/versions".to_owned(), Some(&forged)),
    ];
    let told: Vec<String> = calls
        .iter()
        .map(|(method, path, body)| {
            format!("{method} {path}: {}", admin.call(method, path, *body, &[]).status)
        })
        .collect();
    // For those who come after, where it was let through.
    for path in ["/mode".to_owned(), format!("/mode/{subject}")] {
        admin.call("PUT", &format!("{path}?force=true"), Some(&read_write), &[]);
    }
    let now = text(admin.call("GET", &format!("/schemas/ids/{id}"), None, &[]));
    assert_eq!(now["schema"].as_str(), Some(meant.as_str()), "{told:#?}");
    let again = text(admin.call("GET", &format!("/subjects/{subject}/versions/1"), None, &[]));
    assert_eq!(again["id"], id, "{told:#?}");
}
