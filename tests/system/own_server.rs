//! What concerns a department's whole server, tried on one of its own: a slot that waits for a transaction, a
//! server that takes us for its standby, a disk put back to an earlier day.

use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bangioc_tests::own_server::OwnServer;
use bangioc_tests::platform::{Platform, ops};
use bangioc_tests::service::Service;
use bangioc_tests::wait;
use bangioc_tests::world::{PATIENCE, World};

use crate::Check;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("own_server::a_slot_waits_for_whom_it_names", a_slot_waits_for_whom_it_names),
    (
        "own_server::no_commit_waits_for_us_and_a_restored_disk_is_known",
        no_commit_waits_for_us_and_a_restored_disk_is_known,
    ),
];

/// One server with the Department of Health's database.
struct Server(OwnServer);

impl Deref for Server {
    type Target = OwnServer;

    fn deref(&self) -> &OwnServer {
        &self.0
    }
}

impl Server {
    fn start(platform: &Platform, name: &str) -> Server {
        let dir = platform.dir.join(format!("server-{name}"));
        let server = OwnServer::start(dir, &["max_prepared_transactions=4"]);
        server.create_department("so-yt");
        server.give_access("so_yt", &["tables=dept.health_facility"]);
        Server(server)
    }

    /// A session of its own that goes on in the background.
    fn session(&self, database: &str, sql: &[&str]) -> Child {
        let args: Vec<&str> = sql.iter().flat_map(|sql| ["-c", sql]).collect();
        self.command(database, &args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql")
    }

    fn facility(&self, code: &str) {
        self.sql("so_yt", &format!("insert into dept.health_facility (facility_code, name_vi, kind, commune_code) values ('{code}', 'Trạm {code}', 'station', '01273')"));
    }

    /// The capture of `so-yt` of this server.
    fn capture(&self, world: &World<'_>) -> Service {
        let config = self.config(world);
        Service::start("capture-own", &config, &["run", "capture"], &[], &world.dir)
    }

    fn config(&self, world: &World<'_>) -> PathBuf {
        let more =
            "slot = \"own\"\n[capture]\nheartbeat_interval = \"1s\"\nallow_unlimited_wal = true\n";
        self.0.config(world, "so-yt", "bangioc_capture", more)
    }
}

#[track_caller]
fn in_store(world: &World<'_>, codes: &[&str]) {
    world.store_says(
        "the facilities",
        "select facility_code from shared.health_facility order by 1",
        codes,
    );
}

fn a_slot_waits_for_whom_it_names(platform: &Platform) {
    let world = World::new(platform, "waiting", &["so-yt"]);
    let server = Server::start(platform, "waiting");
    let _store = world.shared_store("store");
    server.facility("04011");
    for setting in
        ["lock_timeout = '1s'", "statement_timeout = '1s'", "idle_session_timeout = '1s'"]
    {
        server.sql("postgres", &format!("alter role bangioc_capture set {setting}"));
    }
    // Somebody left a writing transaction open, in another database, and somebody a prepared one.
    server.sql("postgres", "create table somebodys (n integer)");
    let mut open = server
        .session("postgres", &["begin; insert into somebodys values (1); select pg_sleep(600)"]);
    server.sql(
        "postgres",
        "begin; insert into somebodys values (2); prepare transaction 'left over'",
    );
    wait::until("the open transaction", PATIENCE, || {
        let open = server
            .sql("postgres", "select count(*) from pg_stat_activity where backend_xid is not null");
        wait::holds(open == "1", open.clone())
    });
    let pid = server.sql("postgres", "select pid from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()");

    let capture = server.capture(&world);
    capture.wait_for_log("BG0237", Duration::from_mins(1));
    capture.wait_for_log(&format!("process {pid}"), Duration::from_mins(1));
    // Longer than any answer of a server may take; it waits on, and the slot is not taken for a whole one.
    std::thread::sleep(Duration::from_secs(35));
    assert!(
        !capture.log().contains("SLOT_LOST") && !capture.log().contains("BG0204"),
        "{}",
        capture.log()
    );
    capture.kill();
    let again = server.capture(&world);
    wait::until("the second to see a slot that is being made", PATIENCE, || {
        let log = again.log();
        wait::holds(log.contains("is still being made"), log.clone())
    });
    server.sql("postgres", &format!("select pg_terminate_backend({pid})"));
    drop(open.wait());
    again.wait_for_log("left over", Duration::from_mins(1));
    server.sql("postgres", "rollback prepared 'left over'");
    in_store(&world, &["04011"]);
    server.facility("04012");
    in_store(&world, &["04011", "04012"]);
    again.stop();
}

fn no_commit_waits_for_us_and_a_restored_disk_is_known(platform: &Platform) {
    let world = World::new(platform, "restored", &["so-yt"]);
    let server = Server::start(platform, "restored");
    let _store = world.shared_store("store");
    let mut capture = server.capture(&world);
    server.facility("04001");
    in_store(&world, &["04001"]);
    commits_do_not_wait(&world, &server, &mut capture);
    let capture = a_commit_that_waits_is_not_undone_by_a_copy(&world, &server, capture);

    // Last night's snapshot of the disk, slot included.
    let path = server.dir.display().to_string();
    capture.stop();
    ops("postgres", &["stop", &path]).expect("a stop");
    let (data, night) = (server.dir.join("data"), server.dir.join("night"));
    copy(&data, &night);
    ops("postgres", &["start", &path]).expect("a start");

    // Crashes of either change nothing.
    let capture = server.capture(&world);
    server.facility("04008");
    in_store(&world, &["04001", "04002", "04003", "04008"]);
    ops("postgres", &["kill", &path]).expect("a kill");
    ops("postgres", &["start", &path]).expect("a start");
    server.facility("04009");
    in_store(&world, &["04001", "04002", "04003", "04008", "04009"]);
    capture.kill();
    let capture = server.capture(&world);
    server
        .sql("so_yt", "delete from dept.health_facility where facility_code in ('04008', '04009')");
    in_store(&world, &["04001", "04002", "04003"]);
    assert!(!capture.log().contains("BG0212"), "{}", capture.log());

    // A future that is lost: first the log ends before it, then it has passed it with other transactions.
    server.facility("04004");
    in_store(&world, &["04001", "04002", "04003", "04004"]);
    capture.stop();
    let position = server.sql("so_yt", "select pg_current_wal_lsn()");
    ops("postgres", &["stop", &path]).expect("a stop");
    fs::remove_dir_all(&data).expect("an old disk");
    copy(&night, &data);
    ops("postgres", &["start", &path]).expect("a start");
    is_another(&world, &server);
    while server.sql("so_yt", &format!("select pg_current_wal_lsn() > '{position}'")) != "t" {
        server.sql("so_yt", "create table if not exists filler (n integer); insert into filler select generate_series(1, 20000)");
    }
    server.facility("04005");
    server.sql("so_yt", "checkpoint");
    is_another(&world, &server);

    let config = server.config(&world);
    let accepted = Command::new(bangioc_tests::bangioc())
        .arg("--config")
        .arg(&config)
        .args(["source", "accept", "--yes"])
        .output()
        .expect("the binary");
    assert!(accepted.status.success(), "{accepted:?}");
    let _capture = server.capture(&world);
    in_store(&world, &["04001", "04002", "04003", "04005"]);
}

#[track_caller]
fn is_another(world: &World<'_>, server: &Server) {
    let before = fs::metadata(world.dir.join("capture-own.log")).map_or(0, |file| file.len());
    let mut capture = server.capture(world);
    let status = capture.wait_for_end(Duration::from_mins(1));
    let log = capture.log();
    let log = &log[usize::try_from(before).expect("a length")..];
    assert_eq!(status.code(), Some(5), "{log}");
    assert!(log.contains("BG0212"), "{log}");
}

/// With nobody else who could answer, commits wait for Kafka at most; with a standby, not for us at all.
fn commits_do_not_wait(world: &World<'_>, server: &Server, capture: &mut Service) {
    let in_time = |code: &str| {
        let began = Instant::now();
        server.facility(code);
        assert!(began.elapsed() < Duration::from_secs(10), "a commit took {:?}", began.elapsed());
    };
    server.sql("postgres", "alter system set synchronous_commit = 'on'");
    server.sql("postgres", "alter system set synchronous_standby_names = '*'");
    server.sql("postgres", "select pg_reload_conf()");
    capture.wait_for_log("BG0238", Duration::from_secs(30));
    in_time("04002");
    let log = server.dir.join("standby");
    fs::create_dir_all(&log).expect("a folder");
    let mut standby = Command::new("pg_receivewal")
        .args(["--synchronous", "-D", &log.display().to_string()])
        .envs(&server.env)
        .spawn()
        .expect("pg_receivewal");
    capture.wait_for_log("another could answer instead", Duration::from_secs(30));
    in_time("04003");
    server.sql("postgres", "alter system set synchronous_standby_names = 'pg_receivewal'");
    server.sql("postgres", "select pg_reload_conf()");
    in_store(world, &["04001", "04002", "04003"]);
    assert!(capture.is_running());
    server.sql("postgres", "alter system reset synchronous_standby_names");
    server.sql("postgres", "select pg_reload_conf()");
    let _ = standby.kill();
    let _ = standby.wait();
}

/// A commit is in the log before its standby has answered, and until then nobody else sees it. A capture that has begun
/// anew meanwhile has not met it in its stream, and would read the rows of before.
fn a_commit_that_waits_is_not_undone_by_a_copy(
    world: &World<'_>,
    server: &Server,
    capture: Service,
) -> Service {
    let named = |what: &str, names: &[&str]| {
        let sql = "select name_vi from shared.health_facility where facility_code in ('04001', '04002') order by facility_code";
        world.store_says(what, sql, names);
    };
    server.sql("postgres", "alter system set synchronous_standby_names = 'nobody'");
    server.sql("postgres", "select pg_reload_conf()");
    // Prepared before the restart, committed after it.
    server.sql("so_yt", "begin; set local synchronous_commit = local; update dept.health_facility set name_vi = 'Prepared' where facility_code = '04002'; prepare transaction 'across'");
    let mut waits = server.session(
        "so_yt",
        &[
            "set synchronous_commit = on",
            "update dept.health_facility set name_vi = 'Committed' where facility_code = '04001'",
        ],
    );
    named("what waits for a standby", &["Committed", "Trạm 04002"]);
    capture.stop();
    let seen = server
        .sql("so_yt", "select name_vi from dept.health_facility where facility_code = '04001'");
    assert_eq!(seen, "Trạm 04001", "nobody sees it yet");
    let capture = server.capture(world);
    let copies = || capture.log().matches("copy done").count();
    let before = copies();
    world.bangioc("operator-lan", &["dataset", "recopy", "health-facility", "--yes"]);
    let began = Instant::now();
    while copies() == before && began.elapsed() < Duration::from_secs(4) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let prepared = ["-c", "set synchronous_commit = local", "-c", "commit prepared 'across'"];
    server.psql("so_yt", &prepared);
    server.sql("postgres", "alter system reset synchronous_standby_names");
    server.sql("postgres", "select pg_reload_conf()");
    let _ = waits.wait();
    wait::until("the copy", PATIENCE, || wait::holds(copies() > before, capture.log()));
    named("what was committed", &["Committed", "Prepared"]);
    capture
}

fn copy(from: &Path, to: &Path) {
    let status = Command::new("cp").arg("-a").arg(from).arg(to).status().expect("cp");
    assert!(status.success(), "a copy of {}", from.display());
}
