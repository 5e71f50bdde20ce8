//! `bangioc source check` on servers of its own: what it finds, in whatever state a department's database is,
//! and that its SQL, run as printed from top to bottom, leaves nothing to be found.

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bangioc_tests::own_server::OwnServer;
use bangioc_tests::platform::Platform;
use bangioc_tests::world::{PATIENCE, World};
use bangioc_tests::{bangioc, wait};
use serde_json::Value;

use crate::Check;
use crate::sites;

pub(crate) const CHECKS: &[(&str, Check)] = &[
    ("doctor::a_fresh_database_becomes_fit_by_its_sql", a_fresh_database_becomes_fit_by_its_sql),
    (
        "doctor::a_database_half_done_becomes_fit_by_its_sql",
        a_database_half_done_becomes_fit_by_its_sql,
    ),
    ("doctor::nothing_is_ever_lowered", nothing_is_ever_lowered),
    ("doctor::commits_wait_for_standbys_alone", commits_wait_for_standbys_alone),
    ("doctor::who_may_not_log_in_is_told_so", who_may_not_log_in_is_told_so),
    ("doctor::what_stays_open_is_named", what_stays_open_is_named),
    (
        "doctor::a_partitioned_table_gets_its_identity_on_each_partition",
        a_partitioned_table_gets_its_identity_on_each_partition,
    ),
    (
        "doctor::one_table_without_identity_halts_its_dataset_alone",
        one_table_without_identity_halts_its_dataset_alone,
    ),
    ("doctor::a_capture_that_runs_looks_again", a_capture_that_runs_looks_again),
    (
        "doctor::accepting_a_source_says_its_cost_and_asks",
        accepting_a_source_says_its_cost_and_asks,
    ),
];

const ROLE: &str = "bangioc_capture_so_nnmt";

/// A department's server, bounded to its capture's own database as the guide says.
struct Server(OwnServer);

impl Deref for Server {
    type Target = OwnServer;

    fn deref(&self) -> &OwnServer {
        &self.0
    }
}

impl Server {
    /// The department's tables, as their vendor made them, and nothing of ours.
    fn start(platform: &Platform, name: &str, settings: &[&str]) -> Server {
        let bounds = format!("{ROLE}:so_nnmt");
        let args = [&["--capture", &bounds], settings].concat();
        let server = Server(OwnServer::start(platform.dir.join(name), &args));
        server.create_department("so-nnmt");
        server.sql("create table dept.site (site_code varchar(20) primary key, name_vi text not null, story text, visitors integer, keeper text, note text, secrecy smallint not null default 0, is_public boolean not null default false, state varchar(10) default 'draft')");
        server.sql("create table dept.site_whole (like dept.site including all)");
        server
    }

    #[track_caller]
    fn sql(&self, sql: &str) -> String {
        self.0.sql("so_nnmt", sql)
    }

    /// What `source check --sql` printed, as an administrator would run it.
    #[track_caller]
    fn run_script(&self, script: &str) {
        let path = self.dir.join("script.sql");
        fs::write(&path, script).expect("a file");
        let run = self.command("so_nnmt", &["-f", &path.display().to_string()]).output();
        let output = run.expect("psql");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{said}\n{script}");
    }

    fn give_password(&self) {
        self.sql(&format!("alter role {ROLE} password 'capture'"));
    }

    /// Contracts and this source, and nothing else: no Kafka, no registry.
    fn config(&self, world: &World<'_>, more: &str) -> PathBuf {
        let text = fs::read_to_string(world.config("so-nnmt")).expect("a configuration");
        let contracts =
            text.lines().find(|line| line.starts_with("contracts = ")).expect("contracts");
        let config = self.dir.join("check.toml");
        let section = self.source_section("so-nnmt", ROLE);
        let text = format!("{contracts}\n{section}{more}");
        fs::write(&config, text).expect("a configuration");
        config
    }

    fn check(&self, world: &World<'_>, args: &[&str]) -> Looked {
        self.check_with(world, "", args)
    }

    fn check_with(&self, world: &World<'_>, more: &str, args: &[&str]) -> Looked {
        let mut command = Command::new(bangioc());
        command.arg("--config").arg(self.config(world, more)).args(["source", "check"]).args(args);
        Looked::of(&command.output().expect("the binary"))
    }

    fn as_administrator(&self, world: &World<'_>, args: &[&str]) -> Looked {
        let password = self.env["PGPASSWORD_FILE"].clone();
        self.check(world, &[&["--as", "postgres", "--password-file", &password], args].concat())
    }
}

struct Looked {
    exit: i32,
    said: String,
    errors: String,
}

impl Looked {
    fn of(output: &Output) -> Looked {
        Looked {
            exit: output.status.code().expect("an exit"),
            said: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    #[track_caller]
    fn says(&self, words: &[&str]) {
        for word in words {
            assert!(self.said.contains(word), "no `{word}` in: {}{}", self.said, self.errors);
        }
    }

    /// Whoever looks: all ✔.
    #[track_caller]
    fn is_all_well(&self) {
        assert!(self.exit == 0 && !self.said.contains(['✖', '⚠']), "{}{}", self.said, self.errors);
    }
}

fn world<'p>(platform: &'p Platform, name: &str) -> World<'p> {
    World::with_tables(platform, name, &["so-nnmt"], &sites::tables())
}

/// Before it, a login without a right got SQLSTATE 42501 and a hint at the same command; a configuration without
/// Kafka was refused; and the SQL made the publication with every table, then added each again.
fn a_fresh_database_becomes_fit_by_its_sql(platform: &Platform) {
    let world = world(platform, "drfresh");
    let server = Server::start(
        platform,
        "drfresh-server",
        &["wal_level=replica", "max_slot_wal_keep_size=-1"],
    );

    // Nobody is there yet: from outside that is all there is to say.
    let shut_out = server.check(&world, &[]);
    assert_eq!(shut_out.exit, 1, "{}", shut_out.errors);
    shut_out.says(&[
        "can't log in",
        "BG0253",
        &format!("alter role \"{ROLE}\" login replication;"),
    ]);

    let day_one = server.as_administrator(&world, &[]);
    assert_eq!(day_one.exit, 1, "{}", day_one.errors);
    day_one.says(&[
        "there is no role",
        "there is no publication",
        "`wal_level` is `replica`",
        "! it takes effect when the server is restarted",
        "it has no key: once it is published",
    ]);
    let in_vietnamese = server.as_administrator(&world, &["--lang", "vi"]);
    in_vietnamese.says(&["chưa có tài khoản", "chưa có publication", "khởi động lại máy chủ"]);

    // With the role alone, as the role sees it.
    server.sql(&format!("create role {ROLE} login password 'capture'; revoke connect on database so_nnmt from public; grant connect on database so_nnmt to {ROLE}"));
    let without_rights = server.check(&world, &[]);
    assert_eq!(without_rights.exit, 1, "{}", without_rights.errors);
    without_rights.says(&[
        "lacks REPLICATION",
        "its schema is closed",
        "SELECT is missing",
        "it is not in the publication",
    ]);
    assert!(!without_rights.said.contains("42501"), "{}", without_rights.said);
    let wanted = server.as_administrator(&world, &["--output", "json"]);
    let found: Vec<Value> = serde_json::from_str(&wanted.said).expect("JSON");
    let problems = found.iter().filter(|one| one["outcome"] == "problem").count();
    assert!(wanted.errors.contains(&format!("{problems} problems")), "{}", wanted.errors);
    assert!(
        found.iter().all(|one| one["outcome"] == "fine" || one["code"].is_string()),
        "{}",
        wanted.said
    );

    let script = server.check(&world, &["--sql"]);
    let created = script.said.matches("create publication").count();
    assert_eq!((created, script.said.matches("add table").count()), (1, 0), "{}", script.said);
    server.run_script(&script.said);
    // What waits for the restart is said, and the rest is done.
    let waiting = server.check(&world, &[]);
    waiting.says(&["until the server is restarted"]);
    assert!(waiting.said.contains("1 problem"), "{}", waiting.said);
    server.restart();
    server.check(&world, &["--strict"]).is_all_well();
    server.as_administrator(&world, &["--strict"]).is_all_well();
    let nothing = server.check(&world, &["--sql"]);
    assert_eq!(nothing.said, "-- nothing to be done\n");
}

/// Everything that somebody may have done by halves, or undone, at once.
fn a_database_half_done_becomes_fit_by_its_sql(platform: &Platform) {
    let world = world(platform, "drhalf");
    let server =
        Server::start(platform, "drhalf-server", &["max_replication_slots=2", "max_wal_senders=2"]);
    server.sql(&format!("create role {ROLE} login replication password 'capture' connection limit 2 valid until 'tomorrow'"));
    server.sql(&format!("alter role {ROLE} set lock_timeout = '1s'; alter database so_nnmt set statement_timeout = '5s'"));
    server.sql(&format!("grant usage on schema dept to {ROLE}; grant select (site_code, name_vi) on dept.site to {ROLE}; grant select on dept.land_parcel, dept.env_station to {ROLE}"));
    // A table that no contract knows, with no key; one whose rows are filtered; one that lacks columns.
    server.sql("create table dept.scratch (note text)");
    server.sql("create publication bangioc for table dept.scratch, dept.land_parcel where (srid = 9210), dept.site (site_code, name_vi) with (publish = 'insert, update')");
    server.sql("alter table dept.land_parcel replica identity nothing");
    // The key's index was made deferrable, and the contract's own index failed to build half-way.
    server.sql("alter table dept.site_whole drop constraint site_whole_pkey; alter table dept.site_whole add primary key (site_code) deferrable");
    server.sql(
        "create unique index site_bangioc_identity on dept.site (site_code, is_public, state)",
    );
    server.sql("update pg_index set indisvalid = false where indexrelid = 'dept.site_bangioc_identity'::regclass");
    server.sql("alter table dept.site enable row level security; create policy few on dept.site using (is_public)");
    server.sql("alter table dept.site_whole set unlogged");
    server.psql("postgres", &["-c", "select pg_create_physical_replication_slot('a'), pg_create_physical_replication_slot('b')"]);

    let looked = server.check(&world, &[]);
    assert_eq!(looked.exit, 1, "{}", looked.errors);
    looked.says(&[
        "all 2 slots (`max_replication_slots`) are taken",
        "ends on",
        "it leaves out some of INSERT, UPDATE, DELETE and TRUNCATE",
        "published without a key: PostgreSQL refuses every UPDATE and DELETE of the department on it, and no contract",
        "it has a primary key, but its replica identity is NOTHING: while it is published, PostgreSQL refuses every UPDATE",
        "a row filter leaves out rows",
        "its list of columns lacks ",
        "row security hides rows from a copy",
        "it is UNLOGGED",
        "! it rewrites the whole table",
        "it may also read \"dept\".\"env_station\"",
    ]);
    assert!(
        !looked.said.contains(
            "drop table \"dept\".\"land_parcel\";\n      alter publication \"bangioc\" drop"
        ),
        "{}",
        looked.said
    );
    let script = server.as_administrator(&world, &["--sql"]).said;
    assert!(
        script.contains("alter table \"dept\".\"land_parcel\" replica identity default;"),
        "{script}"
    );
    server.run_script(&script);
    server.restart();
    server.check(&world, &["--strict"]).is_all_well();
    server.as_administrator(&world, &["--strict"]).is_all_well();
}

fn nothing_is_ever_lowered(platform: &Platform) {
    let world = world(platform, "drlarge");
    let server = Server::start(
        platform,
        "drlarge-server",
        &["max_slot_wal_keep_size=300GB", "max_replication_slots=64", "max_wal_senders=64"],
    );
    server.run_script(&server.as_administrator(&world, &["--sql"]).said);
    server.give_password();
    let looked = server.check(&world, &["--strict"]);
    looked.is_all_well();
    let setting = |name: &str| server.sql(&format!("show {name}")).trim().to_owned();
    assert_eq!(
        [
            setting("max_slot_wal_keep_size"),
            setting("max_replication_slots"),
            setting("max_wal_senders")
        ],
        ["300GB", "64", "64"]
    );

    // A slot of the right name, of another plugin or another database. It was a ✔ before.
    server.sql("select pg_create_logical_replication_slot('bangioc_so_nnmt', 'test_decoding')");
    let theirs = server.check(&world, &[]);
    assert_eq!(theirs.exit, 1, "{}", theirs.said);
    theirs.says(&[
        "slot `bangioc_so_nnmt` is somebody else's (test_decoding, so_nnmt)",
        "BG0263",
        "-- select pg_drop_replication_slot",
    ]);
    server.sql("select pg_drop_replication_slot('bangioc_so_nnmt')");
    server.psql(
        "postgres",
        &["-c", "select pg_create_logical_replication_slot('bangioc_so_nnmt', 'pgoutput')"],
    );
    server.check(&world, &[]).says(&["somebody else's (pgoutput, postgres)"]);
    server.psql("postgres", &["-c", "select pg_drop_replication_slot('bangioc_so_nnmt')"]);
    server.sql("select pg_create_logical_replication_slot('bangioc_so_nnmt', 'pgoutput')");
    server
        .check(&world, &["--strict", "--all"])
        .says(&["✔ slot `bangioc_so_nnmt` is capture's, and has its log"]);
}

fn commits_wait_for_standbys_alone(platform: &Platform) {
    let world = world(platform, "drsync");
    let server = Server::start(platform, "drsync-server", &[]);
    server.run_script(&server.as_administrator(&world, &["--sql"]).said);
    server.give_password();
    server.psql(
        "postgres",
        &[
            "-c",
            "alter system set synchronous_standby_names = '*'",
            "-c",
            "select pg_reload_conf()",
        ],
    );
    wait::until("the setting", Duration::from_secs(10), || {
        wait::holds(server.sql("show synchronous_standby_names").trim() == "*", String::new())
    });
    let looked = server.check(&world, &[]);
    assert_eq!(looked.exit, 1, "{}", looked.said);
    looked.says(&["every commit of the department waits until we confirm it", "BG0238"]);
    // Its SQL comes before anything whose commit would hang.
    server.run_script(&server.as_administrator(&world, &["--sql"]).said);
    wait::until("commits that hang for nobody", Duration::from_secs(10), || {
        wait::holds(server.sql("show synchronous_standby_names").trim().is_empty(), String::new())
    });
    server.check(&world, &["--strict"]).is_all_well();
}

fn who_may_not_log_in_is_told_so(platform: &Platform) {
    let world = world(platform, "drlogin");
    let server = Server::start(platform, "drlogin-server", &[]);
    server.run_script(&server.as_administrator(&world, &["--sql"]).said);
    // The role is there and has no password: what an administrator sees is right, and it still can't come in.
    let looked = server.as_administrator(&world, &[]);
    assert_eq!(looked.exit, 1, "{}", looked.said);
    looked.says(&["can't log in to \"so_nnmt\"", "look at the role, its password and pg_hba.conf"]);
    // `[capture]` counts although there is no Kafka; a key that nobody knows is still a mistake.
    server.give_password();
    server
        .check_with(&world, "[capture]\nallow_unlimited_wal = true\n", &["--strict"])
        .is_all_well();
    let mistaken = server.check_with(&world, "[capture]\nallow_unlimited_wall = true\n", &[]);
    assert_eq!(mistaken.exit, 3, "{}", mistaken.errors);
    // And who asks as somebody whose password is nowhere.
    let nowhere = server.check(&world, &["--as", "postgres", "--password-file", "/nowhere"]);
    assert!(nowhere.exit == 2 && nowhere.errors.contains("BG0270"), "{}", nowhere.errors);
}

fn what_stays_open_is_named(platform: &Platform) {
    let world = world(platform, "dropen");
    let server = Server::start(platform, "dropen-server", &["max_prepared_transactions=4"]);
    server.run_script(&server.as_administrator(&world, &["--sql"]).said);
    server.give_password();
    server.sql("begin; insert into dept.site (site_code, name_vi) values ('a', 'x'); prepare transaction 'forgotten'");
    let mut open = Command::new("psql")
        .args(["-X", "-q", "-d", "so_nnmt", "-c", "begin; insert into dept.site_whole (site_code, name_vi) values ('a', 'x'); select pg_sleep(600)"])
        .envs(&server.env)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("psql");
    wait::until("transactions that are old enough", Duration::from_mins(1), || {
        let age = server.sql("select count(*) from pg_stat_activity where xact_start < now() - interval '31 s' and backend_xid is not null");
        wait::holds(age.trim() == "1", age)
    });
    let looked = server.as_administrator(&world, &[]);
    looked.says(&[
        "open for long, pid ",
        "the slot can't be made, and capture waits until it ends",
        "-- select pg_terminate_backend(",
        "1 prepared transaction(s) never ended",
        "-- rollback prepared 'forgotten'",
    ]);
    assert_eq!(looked.exit, 0, "capture can wait: {}", looked.said);
    assert_eq!(server.as_administrator(&world, &["--strict"]).exit, 1);
    // A role that may not see since when says so, and guesses nothing.
    server.check(&world, &[]).says(&["1 prepared transaction(s) never ended"]);
    open.kill().expect("psql to end");
    open.wait().expect("its end");
}

fn a_partitioned_table_gets_its_identity_on_each_partition(platform: &Platform) {
    let world = world(platform, "drparts");
    let server = Server::start(platform, "drparts-server", &[]);
    for table in ["site", "site_whole"] {
        server.sql(&format!(
            "create table dept.parted (like dept.{table} including defaults) partition by list (site_code); drop table dept.{table}; alter table dept.parted rename to {table}; \
             create table dept.{table}_a partition of dept.{table} for values in ('a'); create table dept.{table}_b partition of dept.{table} default"
        ));
    }
    // A partition by itself is in the publication, its root is not.
    server.sql("create publication bangioc for table dept.site_a");
    let looked = server.as_administrator(&world, &[]);
    looked.says(&[
        "`publish_via_partition_root` is off: changes of a partitioned table",
        "no unique index has exactly (site_code)",
    ]);
    server.run_script(&server.as_administrator(&world, &["--sql"]).said);
    server.give_password();
    server.check(&world, &["--strict"]).is_all_well();
    let identities = server.sql("select relname, relreplident from pg_class where relname ~ '^site' and relkind in ('r', 'p') order by 1");
    assert_eq!(
        identities,
        "site|i\nsite_a|i\nsite_b|i\nsite_whole|f\nsite_whole_a|f\nsite_whole_b|f"
    );
    // What that is for.
    server.sql("insert into dept.site (site_code, name_vi) values ('a', 'x'), ('c', 'y'); update dept.site set is_public = true; delete from dept.site");
}

/// It refused the whole capture, said that the table had no primary key, and its SQL took it out of the
/// publication.
fn one_table_without_identity_halts_its_dataset_alone(platform: &Platform) {
    let world = World::new(platform, "drnothing", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    crate::parcels::add(&world, 1, 20);
    world.converge(&[]);
    world.source("so-nnmt", "alter table land_parcel replica identity nothing");
    let looked = Looked::of(&world.try_bangioc("so-nnmt", &["source", "check"]));
    assert_eq!(looked.exit, 1, "{}", looked.said);
    looked.says(&[
        "it has a primary key, but its replica identity is NOTHING",
        "alter table \"dept\".\"land_parcel\" replica identity default;",
    ]);
    assert!(!looked.said.contains("drop table"), "{}", looked.said);
    capture.stop();

    let capture = world.capture("so-nnmt");
    world.source("so-nnmt", "insert into env_observation (station_code, param_code, observed_at, value, unit, status) values ('CB-KK-01', 'PM10', now(), 3, 'ug/Nm3', '00')");
    world.store_says(
        "the other dataset to go on",
        "select count(*) from shared.env_observation",
        &["1"],
    );
    wait::until("the dataset to be shown as halted", PATIENCE, || {
        let list = world.bangioc("operator-lan", &["dataset", "list"]);
        let line = list.lines().find(|line| line.starts_with("land-parcel")).unwrap_or_default();
        wait::holds(
            line.contains("halted, BG0247 since ") && line.contains("replica identity is NOTHING"),
            list.clone(),
        )
    });
    capture.stop();
    world.source("so-nnmt", "alter table land_parcel replica identity default; update land_parcel set area_m2 = 2.5 where parcel_no < 5");
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
}

fn a_capture_that_runs_looks_again(platform: &Platform) {
    let world = World::new(platform, "drwatch", &["so-nnmt"]);
    let port = bangioc_tests::platform::free_port();
    let text = fs::read_to_string(world.config("so-nnmt")).expect("a configuration");
    let text = text.replace("[capture]\n", "[capture]\ncheck_interval = \"500ms\"\n");
    fs::write(
        world.config("so-nnmt"),
        format!("{text}\n[metrics]\nlisten = \"127.0.0.1:{port}\"\n"),
    )
    .expect("a configuration");
    let capture = world.capture("so-nnmt");
    let listed = |words: &[&str]| {
        let list = world.bangioc("operator-lan", &["dataset", "list"]);
        let line = list
            .lines()
            .find(|line| line.starts_with("land-parcel"))
            .unwrap_or_default()
            .to_owned();
        wait::holds(words.iter().all(|word| line.contains(word)), list)
    };
    wait::until("it to stream", PATIENCE, || listed(&["streaming"]));
    world.source("so-nnmt", "revoke select on land_parcel from bangioc_capture");
    wait::until("the finding beside the state", PATIENCE, || {
        listed(&["✖ BG0253 since 20", "`bangioc source check`"])
    });
    let page = || http(port, "/metrics");
    wait::until("the metric", PATIENCE, || {
        let page = page();
        wait::holds(page.contains("bangioc_capture_source_findings{outcome=\"problem\"} 1"), page)
    });
    let health = http(port, "/healthz/land-parcel");
    assert!(
        health.contains("503") && health.contains("BG0253") && health.contains("SELECT is missing"),
        "{health}"
    );
    let other = http(port, "/healthz/env-observation");
    assert!(other.contains("200 OK"), "{other}");
    assert!(capture.log().contains("SELECT is missing"), "{}", capture.log());
    world.source("so-nnmt", "grant select on land_parcel to bangioc_capture");
    wait::until("it to be well again", PATIENCE, || {
        let health = http(port, "/healthz/land-parcel");
        wait::holds(health.contains("200 OK"), health)
    });
    wait::until("the finding to be gone", PATIENCE, || {
        listed(&["streaming"])?;
        match listed(&["BG0253"]) {
            Ok(()) => Err("still there".to_owned()),
            Err(_) => Ok(()),
        }
    });
}

fn http(port: u16, path: &str) -> String {
    use std::io::{Read as _, Write as _};
    let Ok(mut stream) = std::net::TcpStream::connect(("127.0.0.1", port)) else {
        return String::new();
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(10)));
    let _ = write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

fn accepting_a_source_says_its_cost_and_asks(platform: &Platform) {
    let world = World::new(platform, "draccept", &["so-nnmt"]);
    let (capture, _store) = (world.capture("so-nnmt"), world.shared_store("store"));
    crate::parcels::add(&world, 1, 200);
    world.converge(&[]);
    capture.stop();
    world.source("so-nnmt", "analyze land_parcel");
    let slot = || {
        world.source("so-nnmt", "select catalog_xmin, confirmed_flush_lsn from pg_replication_slots where slot_name = 'draccept_so_nnmt'")
    };
    let before = slot();
    let asked = Command::new(bangioc())
        .arg("--config")
        .arg(world.config("so-nnmt"))
        .args(["source", "accept"])
        .stdin(Stdio::null())
        .output()
        .expect("the binary");
    let asked = Looked::of(&asked);
    assert_eq!(asked.exit, 2, "{}", asked.errors);
    for word in ["land-parcel", "200", "Readers keep the rows they have", "BG0182", "--yes"] {
        assert!(asked.errors.contains(word), "no `{word}`: {}", asked.errors);
    }
    assert_eq!(slot(), before, "nothing was done");
    world.bangioc("so-nnmt", &["source", "accept", "--yes"]);
    let _capture = world.capture("so-nnmt");
    world.converge(&[]);
}
