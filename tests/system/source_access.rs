//! What a capture's role can do on a department's server: what `ops/guides/source-access.md` says is refused
//! is refused, and what it says remains, remains. Should PostgreSQL ever refuse that too, this tells.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use bangioc_tests::own_server::{OwnServer, said};
use bangioc_tests::platform::Platform;
use bangioc_tests::world::World;

use crate::Check;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    (
        "source_access::a_captures_role_is_kept_to_its_own_database",
        a_captures_role_is_kept_to_its_own_database,
    ),
    ("source_access::a_role_with_too_much_is_named", a_role_with_too_much_is_named),
];

const ROLE: &str = "bangioc_capture_so_yt";

/// A server that two departments share, with the lines that bound the role of one.
struct Server(OwnServer);

impl Deref for Server {
    type Target = OwnServer;

    fn deref(&self) -> &OwnServer {
        &self.0
    }
}

impl Server {
    fn start(platform: &Platform, name: &str) -> Server {
        let bounds = format!("{ROLE}:so_yt");
        let server = OwnServer::start(platform.dir.join(name), &["--capture", &bounds]);
        server.sql("postgres", "create database so_tp");
        server.create_department("so-yt");
        server.give_access("so_yt", &[&format!("role={ROLE}"), "tables=dept.health_facility"]);
        server.sql("so_yt", "create table dept.ungranted (secret text)");
        Server(server)
    }

    /// What it printed, or what it was refused with.
    fn capture(&self, program: &str, database: &str, args: &[&str]) -> Result<String, String> {
        let mut command = Command::new(program);
        if program == "psql" {
            command = self.command(database, args);
        } else {
            command.args(args).envs(&self.env);
        }
        said(command.env("PGUSER", ROLE).env("PGPASSWORD", "capture"))
    }

    /// The world's configuration of the capture of `so-yt`, for this server.
    fn config(&self, world: &World<'_>) -> PathBuf {
        self.0.config(world, "so-yt", ROLE, "")
    }
}

fn checked(config: &Path) -> String {
    let output = Command::new(bangioc_tests::bangioc())
        .arg("--config")
        .arg(config)
        .args(["source", "check", "--all"])
        .output()
        .expect("the binary");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn a_captures_role_is_kept_to_its_own_database(platform: &Platform) {
    let world = World::new(platform, "bounded", &["so-yt"]);
    let server = Server::start(platform, "bounded-server");
    let psql = |database: &str, sql: &str| server.capture("psql", database, &["-c", sql]);
    let refused = |what: &str, answer: Result<String, String>, words: &str| {
        let why = answer.expect_err(what);
        assert!(why.contains(words), "{what}: {why}");
    };

    // What it is for.
    psql("so_yt", "select count(*) from dept.health_facility").expect("a contracted table");
    psql("dbname=so_yt replication=database", "IDENTIFY_SYSTEM").expect("its walsender");

    // What is refused.
    refused("another table", psql("so_yt", "select * from dept.ungranted"), "permission denied");
    refused("another database", psql("so_tp", "select 1"), "pg_hba.conf rejects connection");
    refused(
        "another database's walsender",
        psql("dbname=so_tp replication=database", "IDENTIFY_SYSTEM"),
        "pg_hba.conf rejects connection",
    );
    refused(
        "a physical walsender",
        psql("dbname=so_yt replication=true", "IDENTIFY_SYSTEM"),
        "pg_hba.conf rejects replication connection",
    );
    let backup = server.dir.join("backup").display().to_string();
    refused(
        "a base backup",
        server.capture("pg_basebackup", "", &["-D", &backup]),
        "pg_hba.conf rejects replication connection",
    );

    // What remains: no line and no grant refuses it.
    psql("so_yt", "select pg_create_logical_replication_slot('own', 'test_decoding')")
        .expect("a slot of its own");
    server.psql(
        "so_yt",
        &[
            // Decoding reads what is on the disk.
            "-c",
            "set synchronous_commit = on",
            "-c",
            "insert into dept.ungranted values ('seen all the same')",
        ],
    );
    let decoded = psql("so_yt", "select data from pg_logical_slot_get_changes('own', null, null)");
    let decoded = decoded.expect("its slot");
    assert!(decoded.contains("seen all the same"), "{decoded}");
    // psql prints the archive and then does not know what to make of its end: what it printed counts.
    let copied = Command::new("psql")
        .args(["-X", "-d", "dbname=so_yt replication=database", "-c"])
        .arg("BASE_BACKUP (CHECKPOINT 'fast')")
        .envs(&server.env)
        .envs([("PGUSER", ROLE), ("PGPASSWORD", "capture")])
        .output()
        .expect("psql");
    let name = b"base.tar";
    assert!(
        copied.stdout.windows(name.len()).any(|part| part == name),
        "{}",
        String::from_utf8_lossy(&copied.stderr)
    );

    // And the owner of the database is told, of a server that is bounded and of one that is not.
    let said = checked(&server.config(&world));
    for fine in [
        "✔ the role can log in and replicate, nothing more",
        "✔ the role is a member of no other",
        "✔ the role may read the contracted tables alone",
        "✔ the server refuses `pg_basebackup` by this role",
        "✔ the server lets this role into no other database",
        "⚠ whoever has the capture's password and reaches the server can copy so_tp too, whatever is granted [BG0232]",
    ] {
        assert!(said.contains(fine), "{fine}: {said}");
    }
    let said = checked(&world.config("so-yt"));
    for told in [
        "⚠ the server takes its connections for physical replication: whoever has its password can copy the whole server [BG0232]",
        "⚠ it may enter ",
        "--   host replication \"bangioc_capture\" all reject",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}

fn a_role_with_too_much_is_named(platform: &Platform) {
    let world = World::new(platform, "toomany", &["so-yt"]);
    let server = Server::start(platform, "toomany-server");
    server.psql(
        "so_yt",
        &["-c", &format!("alter role {ROLE} createrole bypassrls; grant pg_read_all_data to {ROLE}; grant select on dept.ungranted to {ROLE}")],
    );
    let said = checked(&server.config(&world));
    for told in [
        "⚠ it is also createrole, bypassrls: whoever has its password can do more than capture [BG0233]",
        "⚠ it has every right of pg_read_all_data, and so has whoever has its password [BG0233]",
        "⚠ it may also read ",
        "alter role \"bangioc_capture_so_yt\" nocreaterole nobypassrls;",
        "revoke \"pg_read_all_data\" from \"bangioc_capture_so_yt\";",
        "\"dept\".\"ungranted\"",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
}
