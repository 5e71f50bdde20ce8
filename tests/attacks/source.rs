//! A department's server, from the login that its capture has.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::{Command, Stdio};

use crate::attack::Attack;
use crate::ground::{Ground, psql, words};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "source::a_base_backup_of_the_whole_server",
        who: "the capture's role at a department's server",
        does: "opens a physical replication connection, takes a base backup",
        holds: "the server refuses both",
        got: "the whole server",
        run: base_backup,
    },
    Attack {
        name: "source::a_base_backup_by_its_own_database",
        who: "the capture's role at a department's server",
        does: "`BASE_BACKUP` on a replication connection to its own database, which it must have",
        holds: "that it gets the server is said where administrators decide: ops/security.md, ops/guides/source-access.md",
        got: "the whole server; it still does, PostgreSQL has no right that is finer",
        run: backup_by_its_own_database,
    },
    Attack {
        name: "source::another_departments_database",
        who: "the capture's role of one department, where several share a server",
        does: "connects to another department's database, reads its tables, makes a slot there",
        holds: "the server refuses the connection",
        got: "connected, made a slot that decodes every table",
        run: another_database,
    },
];

/// The login that the capture of `source` uses.
fn login(ground: &Ground, source: &str) -> BTreeMap<String, String> {
    let name = if ground.small.is_some() { source.to_owned() } else { format!("capture-{source}") };
    let text =
        std::fs::read_to_string(ground.settings.join(format!("{name}.toml"))).expect("settings");
    let section =
        text.split("[source]").nth(1).expect("a section").split("\n[").next().unwrap_or_default();
    let value = |key: &str| {
        let line = section.lines().find_map(|line| line.strip_prefix(&format!("{key} = ")));
        line.map(|value| value.trim_matches('"').to_owned())
    };
    let password =
        std::fs::read_to_string(value("password_file").expect("a password")).expect("a password");
    let mut env = ground.source.env.clone();
    env.insert("PGUSER".into(), value("user").unwrap_or_else(|| "bangioc_capture".into()));
    env.insert("PGPASSWORD".into(), password.trim().to_owned());
    env
}

fn base_backup(ground: &Ground) {
    let env = login(ground, "so-yt");
    assert!(psql(&env, &ground.source_database("so-yt"), "select 1").is_ok(), "its own database");
    let to = ground.desk.join("backup");
    let _ = std::fs::remove_dir_all(&to);
    let backup = Command::new("pg_basebackup")
        .args(["-D"])
        .arg(&to)
        .args(["-X", "none", "-c", "fast"])
        .envs(&env)
        .output()
        .expect("pg_basebackup");
    let (taken, said) = (backup.status.success(), words(&backup));
    let _ = std::fs::remove_dir_all(&to);
    let physical = Command::new("psql")
        .args(["-X", "-c", "IDENTIFY_SYSTEM", "dbname=postgres replication=true"])
        .envs(&env)
        .output()
        .expect("psql");
    assert!(!taken, "the whole server was taken");
    assert!(!physical.status.success(), "a physical replication connection is open to it: {said}");
}

/// The one attack that succeeds. Where it no longer does, the pages that say so are to be changed.
fn backup_by_its_own_database(ground: &Ground) {
    let env = login(ground, "so-yt");
    let own = format!("dbname={} replication=database", ground.source_database("so-yt"));
    let mut backup = Command::new("psql")
        .args(["-X", "-q", "-c", "BASE_BACKUP (CHECKPOINT 'fast')", &own])
        .envs(&env)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql");
    let mut beginning = vec![0; 200_000];
    let stream = backup.stdout.as_mut().expect("a pipe");
    let got = stream.read_exact(&mut beginning).is_ok();
    let _ = backup.kill();
    let _ = backup.wait();
    assert!(
        got && [&b"backup_label"[..], b"PG_VERSION"].iter().any(|name| contains(&beginning, name)),
        "it is refused: then say so in ops/security.md"
    );
    for (page, words) in
        [("ops/security.md", "`BASE_BACKUP`"), ("ops/guides/source-access.md", "`BASE_BACKUP`")]
    {
        let text = std::fs::read_to_string(bangioc_tests::root().join(page)).expect("a page");
        assert!(text.contains(words), "{page} says nothing of it");
    }
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|part| part == wanted)
}

fn another_database(ground: &Ground) {
    let env = login(ground, "so-yt");
    let mut wrong = Vec::new();
    for other in ["so-nnmt", "national"] {
        let database = ground.source_database(other);
        for sql in [
            "select 1",
            "select count(*) from dept.business",
            "select pg_create_logical_replication_slot('attack', 'test_decoding', true)",
        ] {
            if let Ok(seen) = psql(&env, &database, sql) {
                wrong.push(format!("{database}: {sql}: {seen:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
