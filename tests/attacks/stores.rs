//! The stores' PostgreSQL server, from every login that it may have.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use bangioc_schemas::contract::Class;
use bangioc_schemas::names::{self, Side};
use bangioc_tests::{bangioc, root, secret, wait};
use rustix::process::{Pid, Signal, kill_process};

use crate::attack::Attack;
use crate::ground::{FACILITIES, Ground, psql, words};
use crate::operators::{CALLED, SEEN};

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "stores::any_login_of_the_server",
        who: "a login of the stores' server that is given nothing; the owner of the other store",
        does: "connects to each store, and where it can: temporary tables, large objects, locks, names of everything",
        holds: "it may not connect",
        got: "connected to both stores, counted 40 tables, made temporary tables and large objects, took locks",
        run: any_login,
    },
    Attack {
        name: "stores::a_reader_does_more_than_read",
        who: "a member of bangioc_reader_open",
        does: "other classes' columns, the books, temporary tables, large objects, advisory locks, tables and functions of its own, other roles, files and programs of the server",
        holds: "it reads the open columns of the views, and nothing else",
        got: "temporary tables, large objects, every kind of advisory lock",
        run: a_reader_does_more,
    },
    Attack {
        name: "stores::what_each_login_really_has",
        who: "every login of the stores' server",
        does: "nothing: what PostgreSQL's catalogue says that it may do in each store",
        holds: "readers read the columns of their class and below, through views; nobody else but the owner has any right",
        got: "everyone might connect, make temporary tables and use schema `public`",
        run: what_each_login_has,
    },
    Attack {
        name: "stores::a_server_that_somebody_opened_again",
        who: "an administrator who means well",
        does: "lets everyone connect again, has failed statements logged, with their parameters",
        holds: "the sink says so when it starts, and nothing of it fails by design then",
        got: "not a word",
        run: opened_again,
    },
    Attack {
        name: "stores::a_lock_that_a_start_waits_for",
        who: "whoever may connect to the store; a reader of the store",
        does: "holds the lock that a start takes; an advisory lock of the same number; a view open for hours",
        holds: "nobody but the owner has that lock; a start that waits says for whom, and ends when asked",
        got: "the start hung behind an advisory lock without a word, and did not end when asked",
        run: a_lock_at_start,
    },
    Attack {
        name: "stores::a_reader_holds_the_merge_back",
        who: "a reader of the store",
        does: "locks what it may lock, keeps transactions open, on twenty connections",
        holds: "it gets ten at most, and rows go on arriving",
        got: "",
        run: holds_the_merge_back,
    },
    Attack {
        name: "stores::the_log_of_the_server",
        who: "whoever reads the log of the stores' PostgreSQL",
        does: "nothing: reads it after rows came that are there already, and one that the store refuses",
        holds: "no key and no value of a row stands in it",
        got: "`Key (facility_code)=(04900) already exists.`, once for each copy",
        run: the_log_of_the_store,
    },
    Attack {
        name: "stores::the_log_of_the_source",
        who: "whoever reads the log of a department's PostgreSQL",
        does: "nothing: reads it after a row was asked for by its key, and one whose key is none",
        holds: "no key of a request stands in it",
        got: "the key of the row that was asked for",
        run: the_log_of_the_source,
    },
];

const PASSWORD: &str = "attack";

/// A login of the stores' server that was given nothing.
fn outsider(ground: &Ground) -> BTreeMap<String, String> {
    const NAME: &str = "attack_outsider";
    let sql = format!("drop role if exists {NAME}; create role {NAME} login password '{PASSWORD}'");
    psql(&ground.store.env, "postgres", &sql).expect("a login");
    as_user(ground, NAME, PASSWORD)
}

/// A reader of both stores, as an administrator makes one.
fn reader(ground: &Ground) -> BTreeMap<String, String> {
    const NAME: &str = "attack_reader";
    let password = ground.desk.join("reader-password");
    secret::write(&password, PASSWORD);
    psql(&ground.store.env, "postgres", &format!("drop role if exists {NAME}"))
        .expect("none before");
    let made = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-v", "class=open", "-v"])
        .arg(format!("login={NAME}"))
        .arg("-v")
        .arg(format!("password_file={}", password.display()))
        .arg("-f")
        .arg(root().join("ops/sql/reader-access.sql"))
        .envs(&ground.store.env)
        .env("PGDATABASE", "postgres")
        .output()
        .expect("psql");
    assert!(made.status.success(), "{}", words(&made));
    as_user(ground, NAME, PASSWORD)
}

fn as_user(ground: &Ground, name: &str, password: &str) -> BTreeMap<String, String> {
    let mut env = ground.store.env.clone();
    env.insert("PGUSER".into(), name.into());
    env.insert("PGPASSWORD".into(), password.into());
    env
}

/// The stores' owners log in with what their services have.
fn owner(ground: &Ground, side: Side) -> BTreeMap<String, String> {
    let (service, section, role) = match side {
        Side::Shared => ("shared-store", "store", "bangioc_store"),
        Side::Open => ("open-data", "open-store", "bangioc_open_store"),
    };
    let file = ground.settings.join(format!("{service}.toml"));
    let text = std::fs::read_to_string(file).expect("settings");
    let part = text.split(&format!("[{section}]")).nth(1).expect("a section");
    let line = part.lines().find_map(|line| line.strip_prefix("password_file = \""));
    let file = line.expect("a password").trim_end_matches('"');
    let password = std::fs::read_to_string(file).expect("a password");
    as_user(ground, role, password.trim())
}

fn any_login(ground: &Ground) {
    let outsider = outsider(ground);
    let mut wrong = Vec::new();
    let mut try_it = |who: &str, env: &BTreeMap<String, String>, side: Side, sql: &str| {
        if let Ok(seen) = psql(env, ground.database(side), sql) {
            wrong.push(format!("{who} in the {} store: {sql}: {seen:?}", side.as_str()));
        }
    };
    let tries = [
        "select 1",
        "create temporary table x (a int)",
        "select lo_from_bytea(0, 'x')",
        "select pg_try_advisory_lock(1)",
        "select count(*) from pg_class where relnamespace = 'flow'::regnamespace",
        "select count(*) from pg_stat_user_tables where n_live_tup > 0",
    ];
    for side in [Side::Shared, Side::Open] {
        for sql in tries {
            try_it("an outsider", &outsider, side, sql);
        }
    }
    let (of_open, of_shared) = (owner(ground, Side::Open), owner(ground, Side::Shared));
    assert!(psql(&of_open, ground.database(Side::Open), "select 1").is_ok(), "the owner gets in");
    try_it("the open store's owner", &of_open, Side::Shared, "select 1");
    try_it("the shared store's owner", &of_shared, Side::Open, "select 1");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn a_reader_does_more(ground: &Ground) {
    let mut wrong = Vec::new();
    for side in [Side::Shared, Side::Open] {
        let reader = reader(ground);
        let (database, schema) = (ground.database(side), side.as_str());
        let may = format!("select count(facility_code) > 0 from {schema}.health_facility");
        assert_eq!(psql(&reader, database, &may), Ok(vec!["t".into()]), "a reader reads");
        let tables = "select format('%I.%I', nspname, relname) from pg_class join pg_namespace n on n.oid = relnamespace \
                      where nspname = 'flow' and relkind in ('r', 'v', 'S', 'm')";
        let mut tries: Vec<String> = ground
            .in_store(side, tables)
            .iter()
            .map(|table| format!("select 1 from {table} limit 1"))
            .collect();
        assert!(tries.len() > 5, "{tries:?}");
        let advisory = "select distinct format('%s(%s)', proname, case when pronargs = 0 then '' when pronargs = 1 then '1' else '1, 1' end) \
                        from pg_proc where proname ~ 'advisory' and pronargs > 0 and proname !~ 'unlock'";
        tries.extend(ground.in_store(side, advisory).iter().map(|call| format!("select {call}")));
        let own = [
            "create temporary table x (a int)",
            "create temporary view x as select 1",
            "create schema attack",
            "create table public.x (a int)",
            "create function public.x() returns int language sql as 'select 1'",
            "select lo_create(0)",
            "select lo_creat(-1)",
            "select lo_from_bytea(0, decode(repeat('00', 1000), 'hex'))",
            "set role bangioc_store",
            "set role bangioc_open_store",
            "set role bangioc_reader_sensitive",
            "set session authorization bangioc_store",
            "create role attack_more login",
            "alter role attack_reader superuser",
            "grant bangioc_reader_personal to attack_reader",
            "copy (select 1) to '/tmp/attack'",
            "copy (select 1) to program 'true'",
            "select pg_read_file('/etc/hostname')",
            "select pg_ls_dir('.')",
            "select lo_import('/etc/hostname')",
            "set log_min_messages = 'debug5'",
            "set temp_file_limit = -1",
            "alter role attack_reader connection limit -1",
            "set session_preload_libraries = 'x'",
            "load 'auto_explain'",
            "create extension dblink",
            "select pg_reload_conf()",
            "select pg_switch_wal()",
            "select pg_create_logical_replication_slot('attack', 'pgoutput')",
            "select pg_terminate_backend(pid) from pg_stat_activity where usename like 'bangioc%' limit 1",
            "select pg_cancel_backend(pid) from pg_stat_activity where usename like 'bangioc%' limit 1",
            "select 1 / (count(*) filter (where query not in ('', '<insufficient privilege>')))::int from pg_stat_activity where usename like 'bangioc%'",
            "begin; lock table flow.lease in access share mode; commit",
            "vacuum flow.lease",
            "analyze flow.health_facility; select 1 / count(*)::int from pg_stats where schemaname = 'flow'",
        ];
        tries.extend(own.map(str::to_owned));
        for mode in ["row share", "row exclusive", "share", "access exclusive"] {
            tries
                .push(format!("begin; lock table {schema}.health_facility in {mode} mode; commit"));
        }
        for sql in ["insert into", "delete from", "truncate"] {
            let end = if sql == "insert into" { "default values" } else { "" };
            tries.push(format!("{sql} {schema}.health_facility {end}"));
        }
        if side == Side::Shared {
            tries.push("select responsible_person from shared.health_facility limit 1".into());
            tries.push(
                "select 1 from shared.health_facility where responsible_person like 'x'".into(),
            );
            tries.push("select count(t) from shared.health_facility t".into());
        }
        for sql in &tries {
            if let Ok(seen) = psql(&reader, database, sql) {
                wrong.push(format!("{schema}: {sql}: {seen:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// From the one that everyone may see to the strictest.
const CLASSES: [&str; 4] = ["open", "internal", "personal", "sensitive"];

/// The catalogue's word, against what ops/security.md says.
fn what_each_login_has(ground: &Ground) {
    let mut wrong = Vec::new();
    for (side, owner, readers) in [
        (Side::Shared, "bangioc_store", &CLASSES[..]),
        (Side::Open, "bangioc_open_store", &CLASSES[..1]),
    ] {
        let roles: Vec<String> =
            readers.iter().map(|class| format!("bangioc_reader_{class}")).collect();
        // Rights of anyone but the owner and superusers, on the database, its schemas, and what is in ours.
        let held = "select format('%s: %s on %s', coalesce(r.rolname, 'everyone'), lower(a.privilege_type), w.what) from ( \
            select 'the database' as what, coalesce(datacl, acldefault('d', datdba)) as acl, datdba as owner from pg_database where datname = current_database() \
            union all select 'schema ' || nspname, coalesce(nspacl, acldefault('n', nspowner)), nspowner from pg_namespace where nspname !~ '^pg_|^information_schema' \
            union all select 'table ' || relnamespace::regnamespace || '.' || relname, coalesce(relacl, acldefault('r', relowner)), relowner from pg_class \
              where relnamespace::regnamespace::text in ('flow', 'shared', 'open', 'public') and relkind in ('r', 'v', 'm', 'S', 'f', 'p') \
            union all select 'function ' || p.oid::regprocedure, coalesce(proacl, acldefault('f', proowner)), proowner from pg_proc p \
              where proname ~ '^(lo_|loread$|lowrite$)|advisory' and pronamespace = 'pg_catalog'::regnamespace \
            union all select 'function flow.' || proname, coalesce(proacl, acldefault('f', proowner)), proowner from pg_proc \
              where pronamespace = 'flow'::regnamespace) w, \
            aclexplode(w.acl) a left join pg_roles r on r.oid = a.grantee \
            where a.grantee <> w.owner and not coalesce(r.rolsuper, false) and coalesce(r.rolname, '') !~ '^pg_' order by 1";
        let schema = side.as_str();
        // Whoever deals with dead letters, in the books alone; into the open store they do not get.
        let mut of_operators =
            vec!["usage on schema flow".to_owned(), "connect on the database".to_owned()];
        of_operators.truncate(if side == Side::Shared { 2 } else { 1 });
        of_operators.extend(SEEN.map(|table| format!("select on table flow.{table}")));
        of_operators.extend(CALLED.map(|name| format!("execute on function flow.{name}")));
        let allowed = |line: &str| {
            let operators = line.strip_prefix("bangioc_operator: ");
            operators.is_some_and(|right| of_operators.iter().any(|one| one == right))
                || roles.iter().any(|role| {
                    line == format!("{role}: connect on the database")
                        || line == format!("{role}: usage on schema {schema}")
                })
        };
        wrong.extend(
            ground
                .in_store(side, held)
                .into_iter()
                .filter(|line| !allowed(line))
                .map(|line| format!("{schema} store: {line}")),
        );
        for role in &roles {
            let has = format!(
                "select has_database_privilege('{role}', current_database(), 'connect') and has_schema_privilege('{role}', '{schema}', 'usage')"
            );
            wrong.extend(
                (ground.in_store(side, &has) != ["t"])
                    .then(|| format!("{schema} store: {role} can't read")),
            );
        }
        let owned = format!(
            "select count(*) from pg_namespace where nspname in ('flow', '{schema}') and nspowner = '{owner}'::regrole"
        );
        assert_eq!(ground.in_store(side, &owned), ["2"], "who owns the {schema} store?");
        wrong.extend(columns(ground, side, &roles));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Column by column: who reads it, against its class in the contract.
fn columns(ground: &Ground, side: Side, roles: &[String]) -> Vec<String> {
    let mut may: BTreeMap<(String, String), Class> = BTreeMap::new();
    for contract in ground.catalogue().active() {
        let Some(contract) = contract.on(side) else {
            continue;
        };
        for column in &contract.columns {
            may.insert((names::store_table(&contract.dataset), column.name.clone()), column.class);
        }
    }
    let sql = format!(
        "select r.rolname, c.relname, a.attname, has_column_privilege(r.oid, c.oid, a.attnum, 'select'), \
         has_column_privilege(r.oid, c.oid, a.attnum, 'insert') or has_column_privilege(r.oid, c.oid, a.attnum, 'update') \
         from pg_roles r, pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 \
         where r.rolname in ('{}') and c.relnamespace = '{}'::regnamespace",
        roles.join("', '"),
        side.as_str()
    );
    let found = ground.in_store(side, &sql);
    assert!(found.len() > 20, "{found:?}");
    found
        .iter()
        .filter(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            let [role, table, column, reads, writes] = cells[..] else {
                return true;
            };
            let class = may.get(&(table.to_owned(), column.to_owned()));
            let should = class.is_some_and(|class| {
                CLASSES
                    .iter()
                    .position(|name| role.ends_with(name))
                    .is_some_and(|rank| *class as usize <= rank)
            });
            (reads == "t") != should || writes != "f"
        })
        .map(|line| format!("{} store: {line}", side.as_str()))
        .collect()
}

/// Somebody's session, kept open by a sleep.
struct Held<'a> {
    ground: &'a Ground,
    child: std::process::Child,
}

impl Held<'_> {
    fn start<'a>(ground: &'a Ground, env: &BTreeMap<String, String>, sql: &str) -> Held<'a> {
        let child = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c"])
            .arg(format!("{sql}; select pg_sleep(120)"))
            .envs(env)
            .env("PGDATABASE", ground.database(Side::Shared))
            .env("PGAPPNAME", "attack")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql");
        Held { ground, child }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // The server does not notice that its client has gone before it has slept.
        let end = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'attack'";
        let _ = self.ground.try_store(Side::Shared, end);
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A second instance, as a restart would be.
struct Second {
    child: std::process::Child,
    log: std::path::PathBuf,
}

impl Second {
    fn start(ground: &Ground, name: &str) -> Second {
        let settings =
            std::fs::read_to_string(ground.settings.join("shared-store.toml")).expect("settings");
        let parts: Vec<&str> =
            settings.split("\n[").filter(|part| !part.starts_with("metrics]")).collect();
        let config = ground.desk.join(format!("{name}.toml"));
        std::fs::write(&config, parts.join("\n[")).expect("settings");
        let log = ground.desk.join(format!("{name}.log"));
        let child = Command::new(bangioc())
            .arg("--config")
            .arg(config)
            .args(["run", "shared-store"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log).expect("a log"))
            .spawn()
            .expect("the binary");
        Second { child, log }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Asked politely, it ends in time.
    fn ends(mut self) -> Result<(), String> {
        kill_process(Pid::from_child(&self.child), Signal::TERM).expect("a process");
        let end = Instant::now() + Duration::from_secs(15);
        while Instant::now() < end {
            if self.child.try_wait().expect("its state").is_some() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
        Err("it does not end when it is asked to".into())
    }
}

fn opened_again(ground: &Ground) {
    let name = ground.database(Side::Shared).to_owned();
    assert!(!ground.log("shared-store").contains("BG044"), "a store that `ops/sql` made is closed");
    let at_server = |sql: &str| psql(&ground.store.env, "postgres", sql).expect("an administrator");
    at_server(
        "alter role bangioc_store set log_min_messages = 'warning'; alter role bangioc_store reset log_error_verbosity",
    );
    at_server(&format!("grant connect on database {name} to public"));
    let second = Second::start(ground, "second-opened");
    let said = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait::until("a start to say what stands open", Duration::from_secs(20), || {
            let log = second.log();
            let all = [
                "BG0441",
                "log_min_messages = warning",
                "log_error_verbosity = default",
                "BG0442",
                "every login may connect",
            ];
            wait::holds(all.iter().all(|word| log.contains(word)), log)
        });
    }));
    let ended = second.ends();
    at_server(
        "alter role bangioc_store set log_min_messages = 'log'; alter role bangioc_store set log_error_verbosity = 'terse'",
    );
    at_server(&format!("revoke connect on database {name} from public"));
    assert!(said.is_ok(), "not a word of it");
    assert_eq!(ended, Ok(()));
}

const READY: &str = "the store is ready";

fn a_lock_at_start(ground: &Ground) {
    // As a login that could do so before: where it can't even connect, there is nothing to hold.
    let outsider = outsider(ground);
    let reader = reader(ground);
    let ours = 0x0062_616e_6769_6f63_i64;
    for (name, env, sql) in [
        ("outsider", &outsider, format!("select pg_advisory_lock({ours})")),
        ("reader", &reader, format!("select pg_advisory_lock({ours})")),
        (
            "viewer",
            &reader,
            "begin; select facility_code from shared.health_facility limit 1".to_owned(),
        ),
    ] {
        let _held = Held::start(ground, env, &sql);
        std::thread::sleep(Duration::from_secs(1));
        let second = Second::start(ground, &format!("second-{name}"));
        let ready = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            wait::until(&format!("a start beside the {name}"), Duration::from_secs(20), || {
                wait::holds(second.log().contains(READY), second.log())
            });
        }));
        let ended = second.ends();
        assert!(ready.is_ok() && ended.is_ok(), "{name}: ready {}, {ended:?}", ready.is_ok());
    }
    // Whoever has the right to hold it up is named, and a start that waits can be ended.
    let admin = Held::start(
        ground,
        &ground.store.env,
        "begin; lock table flow.migration, flow.lease, flow.store in access exclusive mode",
    );
    std::thread::sleep(Duration::from_secs(1));
    let second = Second::start(ground, "second-admin");
    let named = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        wait::until("a start that waits to say for whom", Duration::from_secs(20), || {
            let log = second.log();
            wait::holds(log.contains("BG0440") && log.contains("postgres"), log)
        });
    }));
    let ended = second.ends();
    drop(admin);
    assert!(named.is_ok(), "nobody is named");
    assert_eq!(ended, Ok(()));
    ground.flows(FACILITIES);
}

fn holds_the_merge_back(ground: &Ground) {
    let reader = reader(ground);
    let database = ground.database(Side::Shared);
    let holds = [
        "begin isolation level serializable; select count(facility_code) from shared.health_facility",
        "begin; lock table shared.health_facility in access share mode",
        "begin; declare c cursor for select facility_code from shared.health_facility; fetch 1 from c",
        "begin; lock table shared.health_facility in access exclusive mode",
        "select pg_advisory_lock(1)",
    ];
    // More than one login gets.
    let held: Vec<Held> =
        (0..4).flat_map(|_| holds).map(|sql| Held::start(ground, &reader, sql)).collect();
    std::thread::sleep(Duration::from_secs(2));
    let seen = "select count(*) from pg_stat_activity where application_name = 'attack'";
    let seen = psql(&ground.store.env, database, seen).expect("a count").concat();
    assert!(
        (3..=10).contains(&seen.parse::<u32>().expect("a number")),
        "{seen} sessions hold something"
    );
    for _ in 0..3 {
        ground.flows(FACILITIES);
    }
    drop(held);
}

const CANARY: &str = "CANARY";

/// A row comes twice, is refused, is copied again: whatever PostgreSQL makes of it, it keeps to itself.
fn the_log_of_the_store(ground: &Ground) {
    let start = std::fs::metadata(&ground.store.log).expect("a log").len();
    ground.at_source(
        "so-yt",
        &format!(
            "insert into health_facility (facility_code, name_vi, class, kind, commune_code, lon, lat, responsible_person) \
             select '04' || n, '{CANARY} ' || n, 4, 'station', '01273', 106.25, 22.66, '{CANARY}' from generate_series(940, 979) n \
             on conflict (facility_code) do update set name_vi = excluded.name_vi"
        ),
    );
    ground.flows(FACILITIES);
    // A copy of rows that are there: each of them is new by its own word.
    ground.tool(&["dataset", "recopy", FACILITIES.dataset, "--yes", "--wait"]);
    ground.flows(FACILITIES);
    ground.tool(&["dataset", "recopy", FACILITIES.dataset, "--yes", "--wait"]);
    ground.flows(FACILITIES);
    // PostgreSQL takes no NUL in jsonb, whatever Avro does.
    ground.at_source(
        "so-nnmt",
        "update land_parcel set note = repeat('x', 10) where map_sheet_no = 901 and parcel_no < 5",
    );
    let log = std::fs::read(&ground.store.log).expect("a log");
    let new =
        String::from_utf8_lossy(&log[usize::try_from(start).expect("a length").min(log.len())..])
            .into_owned();
    let found: Vec<&str> = new
        .lines()
        .filter(|line| {
            line.contains(CANARY) || line.contains("04940") || line.contains("(facility_code)=(")
        })
        .take(5)
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

fn the_log_of_the_source(ground: &Ground) {
    let start = std::fs::metadata(&ground.source.log).expect("a log").len();
    for key in ["04935", "9'9\\9", "CANARYCANARY"] {
        let _ = ground.try_tool(&["dataset", "repair", FACILITIES.dataset, key]);
    }
    let _ = ground.try_tool(&["dataset", "repair", "land-parcel", "CANARY", "CANARY", "CANARY"]);
    std::thread::sleep(Duration::from_secs(3));
    let log = std::fs::read(&ground.source.log).expect("a log");
    let new =
        String::from_utf8_lossy(&log[usize::try_from(start).expect("a length").min(log.len())..])
            .into_owned();
    let found: Vec<&str> = new
        .lines()
        .filter(|line| line.contains(CANARY) || line.contains("04935"))
        .take(5)
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}
