//! The deployment that is attacked, and what can be seen of it from outside: rows, status, logs, answers. Either
//! a small one of the suite's own, or one that runs already and is described by a file.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::journal::{self, JournalRecord};
use bangioc_runtime::settings::Settings;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use bangioc_tests::platform::{Platform, read_env};
use bangioc_tests::{bangioc, root, wait};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::small::Small;

/// What nobody may delay for longer: a change of another dataset on its way to the store.
const FLOWS_WITHIN: Duration = Duration::from_secs(10);

/// How long an attack may take to be met by those whom it is meant for.
const MET_WITHIN: Duration = Duration::from_secs(30);

/// How much is tried of what is generated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Size {
    Short,
    Long,
}

/// A PostgreSQL server: libpq's variables of its superuser, and its log.
pub(crate) struct Server {
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) log: PathBuf,
}

pub(crate) struct Ground {
    pub(crate) size: Size,
    pub(crate) prefix: String,
    pub(crate) kafka: String,
    /// A file per Kafka user, its password.
    pub(crate) secrets: PathBuf,
    /// The same for users of the registry.
    pub(crate) registry_secrets: PathBuf,
    /// Settings of the commands of a person who runs the platform, and of the administrator's.
    pub(crate) config: PathBuf,
    pub(crate) admin: PathBuf,
    /// Settings and log of each service: `<name>.toml`, `<name>.log`.
    pub(crate) settings: PathBuf,
    pub(crate) logs: PathBuf,
    pub(crate) contracts: PathBuf,
    pub(crate) source: Server,
    pub(crate) store: Server,
    pub(crate) shared_database: String,
    pub(crate) open_database: String,
    /// `host:port` of registry, pages, and each service's metrics.
    pub(crate) registry: String,
    pub(crate) pages: String,
    pub(crate) metrics: BTreeMap<String, String>,
    pub(crate) pids: BTreeMap<String, u32>,
    pub(crate) small: Option<Small>,
    /// For what an attack writes.
    pub(crate) desk: PathBuf,
}

/// A dataset as an attack needs it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Victim {
    pub(crate) dataset: &'static str,
    pub(crate) owner: &'static str,
    pub(crate) source: &'static str,
    pub(crate) table: &'static str,
    /// A text column that any change may touch, and one row.
    column: &'static str,
    row: &'static str,
}

pub(crate) const FACILITIES: Victim = Victim {
    dataset: "health-facility",
    owner: "so-yt",
    source: "so-yt",
    table: "health_facility",
    column: "address_text",
    row: "facility_code = '04901'",
};
pub(crate) const PARCELS: Victim = Victim {
    dataset: "land-parcel",
    owner: "so-nnmt",
    source: "so-nnmt",
    table: "land_parcel",
    column: "note",
    row: "commune_code = '01273' and map_sheet_no = 901 and parcel_no = 1",
};
pub(crate) const BUSINESSES: Victim = Victim {
    dataset: "business",
    owner: "so-tc",
    source: "national",
    table: "business",
    column: "address_text",
    row: "enterprise_code = '4899999017'",
};

impl Ground {
    /// Over what `ops/attacks` has started and described.
    pub(crate) fn described(file: &Path) -> Ground {
        let env = read_env(file);
        let path = |name: &str| PathBuf::from(&env[name]);
        let server = |name: &str| Server {
            env: read_env(&path(name).join("env")),
            log: path(name).join("log"),
        };
        let named = |beginning: &str| -> BTreeMap<String, String> {
            let named = env.iter();
            named
                .filter_map(|(name, value)| {
                    Some((name.strip_prefix(beginning)?.to_owned(), value.clone()))
                })
                .collect()
        };
        let desk = path("HOME_DIR").join("desk");
        fs::create_dir_all(&desk).expect("a folder");
        let ground = Ground {
            size: Size::Long,
            prefix: env["PREFIX"].clone(),
            kafka: env["KAFKA"].clone(),
            secrets: path("SECRETS"),
            registry_secrets: path("REGISTRY_SECRETS"),
            config: path("CONFIG"),
            admin: path("HOME_DIR").join("admin.toml"),
            settings: path("HOME_DIR"),
            logs: path("LOGS"),
            contracts: root().join("schemas"),
            source: server("SOURCE"),
            store: server("STORE"),
            shared_database: "shared_store".into(),
            open_database: "open_store".into(),
            registry: env["REGISTRY"].clone(),
            pages: env["PAGES"].clone(),
            metrics: named("METRICS_"),
            pids: named("PID_")
                .into_iter()
                .map(|(name, pid)| (name, pid.parse().expect("a process number")))
                .collect(),
            small: None,
            desk,
        };
        ground.seed();
        ground
    }

    /// The rows that attacks look at; waits until they are in the store.
    pub(crate) fn seed(&self) {
        self.at_source(
            "so-yt",
            "insert into health_facility (facility_code, name_vi, class, kind, commune_code, lon, lat, responsible_person, hotline) \
             select '04' || n, 'Trạm y tế mẫu ' || n, 4, 'station', '01273', 106.25, 22.66, 'Người Mẫu ' || n, '+842063852' || n from generate_series(900, 939) n \
             on conflict do nothing",
        );
        self.at_source(
            "so-nnmt",
            "insert into land_parcel (commune_code, map_sheet_no, parcel_no, land_type, area_m2, holder_ids, surveyed_on) \
             select '01273', 901, n, 'ONT', 100 + n, array['004199999901'], '2020-01-01' from generate_series(1, 40) n on conflict do nothing",
        );
        self.at_source(
            "national",
            "insert into business (enterprise_code, name_vi, entity_type, status, founded_on, charter_capital, main_industry, industries) \
             values ('4899999017', 'CÔNG TY MẪU', 'LLC1', 'active', '2019-04-02', 1000000, '10740', array['10740']) on conflict do nothing",
        );
        for victim in [FACILITIES, PARCELS, BUSINESSES] {
            self.becomes(victim, "seeded", Duration::from_mins(2));
        }
    }

    // ---- databases ----------------------------------------------------------------------------------

    /// SQL at a source as its superuser, in the department's schema.
    #[track_caller]
    pub(crate) fn at_source(&self, source: &str, sql: &str) -> Vec<String> {
        let database = self.source_database(source);
        let sql = format!("set search_path = dept; {sql}");
        psql(&self.source.env, &database, &sql).unwrap_or_else(|why| panic!("{why}"))
    }

    pub(crate) fn source_database(&self, source: &str) -> String {
        let name = source.replace('-', "_");
        match &self.small {
            Some(_) => format!("{}_{name}", self.prefix),
            None => name,
        }
    }

    pub(crate) fn database(&self, side: Side) -> &str {
        match side {
            Side::Shared => &self.shared_database,
            Side::Open => &self.open_database,
        }
    }

    pub(crate) fn try_store(&self, side: Side, sql: &str) -> Result<Vec<String>, String> {
        psql(&self.store.env, self.database(side), sql)
    }

    #[track_caller]
    pub(crate) fn in_store(&self, side: Side, sql: &str) -> Vec<String> {
        self.try_store(side, sql).unwrap_or_else(|why| panic!("{why}"))
    }

    /// All that readers see of a dataset, in one line.
    #[track_caller]
    pub(crate) fn rows(&self, side: Side, victim: Victim) -> String {
        let schema = names::view_schema(side);
        let sql = format!(
            "select count(*) || ' rows, ' || coalesce(md5(string_agg(t::text, ',' order by t::text)), '-') from {schema}.{} t",
            victim.table
        );
        self.in_store(side, &sql).concat()
    }

    // ---- what has to go on --------------------------------------------------------------------------

    /// A change at the source is in the shared store in time.
    #[track_caller]
    pub(crate) fn flows(&self, victim: Victim) {
        let text = format!("{:?}", std::time::SystemTime::now());
        self.becomes(victim, &text, FLOWS_WITHIN);
    }

    #[track_caller]
    fn becomes(&self, victim: Victim, text: &str, limit: Duration) {
        let Victim { table, column, row, .. } = victim;
        let text = text.replace('\'', "");
        self.at_source(
            victim.source,
            &format!("update {table} set {column} = '{text}' where {row}"),
        );
        let look = format!("select {column} from shared.{table} where {row}");
        wait::until(&format!("a change of {} to arrive", victim.dataset), limit, || {
            let found = self.try_store(Side::Shared, &look)?;
            wait::holds(found == [text.clone()], format!("{found:?}"))
        });
    }

    /// Of the status that people see, one dataset.
    #[track_caller]
    pub(crate) fn status(&self, side: Side, dataset: &str) -> Value {
        let all: Value =
            serde_json::from_slice(&self.try_tool(&["status", "--output", "json"]).stdout)
                .expect("JSON");
        let side = if side == Side::Open { &all["open"] } else { &all };
        let mut datasets = side["datasets"].as_array().expect("datasets").iter();
        datasets.find(|one| one["dataset"] == dataset).expect("the dataset").clone()
    }

    /// No partition of a dataset has stopped.
    #[track_caller]
    pub(crate) fn works(&self, side: Side, victim: Victim) {
        let halted = self.in_store(
            side,
            &format!(
                "select coalesce(string_agg(halted_code, ','), '') from flow.lease where dataset = '{}'",
                victim.dataset
            ),
        );
        assert_eq!(halted, [""], "{} has halted", victim.dataset);
    }

    /// The service that `name`s says that it is well, and why not otherwise.
    #[track_caller]
    pub(crate) fn is_well(&self, name: &str) {
        let answer = crate::http::get(&self.metrics[name], "/healthz", &[]);
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }

    /// Waits until a sink has read a topic that it follows to its end: of an attack, that it has met its victim.
    #[track_caller]
    pub(crate) fn met(&self, side: Side, topic: &str) {
        let end = self.end_of(topic);
        let position = format!(
            "select coalesce((select next_offset from flow.progress_position where progress_topic = '{topic}'), \
             (select min(next_offset) from flow.lease where topic = '{topic}' and partition = 0))"
        );
        wait::until(&format!("`{topic}` to be read up to {end}"), MET_WITHIN, || {
            let found = self.try_store(side, &position)?;
            let reached = found.first().and_then(|text| text.parse::<i64>().ok());
            wait::holds(reached >= Some(end), format!("{found:?}"))
        });
    }

    // ---- Kafka --------------------------------------------------------------------------------------

    pub(crate) fn topic(&self, side: Side, victim: Victim) -> String {
        format!("{}.{}.{}.{}", self.prefix, side.as_str(), victim.owner, victim.dataset)
    }

    pub(crate) fn progress(&self, side: Side, source: &str) -> String {
        names::progress_topic(&self.prefix, side, source)
    }

    /// The contract of a dataset, as one side has it.
    pub(crate) fn contract(&self, dataset: &str) -> Contract {
        let catalogue = Catalogue::read(&self.contracts).expect("sound contracts");
        catalogue.get(dataset).expect("a contract").clone()
    }

    pub(crate) fn catalogue(&self) -> Catalogue {
        Catalogue::read(&self.contracts).expect("sound contracts")
    }

    /// Every record of a topic, as the administrator reads it.
    #[track_caller]
    pub(crate) fn records(&self, topic: &str) -> Vec<JournalRecord> {
        journal::read_all(&self.kafka_as("admin"), topic, journal::From::Beginning)
            .expect("a topic")
    }

    /// Partition 0 alone.
    #[track_caller]
    fn end_of(&self, topic: &str) -> i64 {
        let records = self.records(topic);
        let first = records.iter().filter(|record| record.partition == 0);
        first.map(|record| record.offset + 1).max().unwrap_or(0)
    }

    pub(crate) fn kafka_as(&self, user: &str) -> KafkaSettings {
        let file = self.desk.join(format!("as-{user}.toml"));
        let text = format!(
            "[kafka]\nbrokers = \"{}\"\nsecurity = \"sasl_plaintext\"\nuser = \"{user}\"\npassword_file = \"{}\"\n",
            self.kafka,
            self.secrets.join(user).display()
        );
        let new = file.with_extension(format!("{:?}.toml", std::thread::current().id()));
        fs::write(&new, text).expect("a configuration");
        fs::rename(&new, &file).expect("a configuration");
        KafkaSettings::read(&Settings::load(Some(&file)).expect("settings").section("kafka"))
    }

    /// Runs `tests/python/attack.py` as `user`; what it printed.
    #[track_caller]
    pub(crate) fn kafka_client(&self, user: &str, args: &[&str], input: &str) -> String {
        let python = read_env(&root().join("target/setup/env"))["PYTHON"].clone();
        let secret = self.secrets.join(user);
        let mut command = Command::new(python);
        command
            .arg(root().join("tests/python/attack.py"))
            .args([&self.kafka, user])
            .arg(secret)
            .args(args);
        let output = fed(&mut command, input);
        assert!(output.status.success(), "{}", words(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    // ---- people -------------------------------------------------------------------------------------

    /// A command of a person who runs the platform that must succeed; what it printed.
    #[track_caller]
    pub(crate) fn tool(&self, args: &[&str]) -> String {
        let output = self.try_tool(args);
        assert!(output.status.success(), "bangioc {args:?}: {}", words(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub(crate) fn try_tool(&self, args: &[&str]) -> Output {
        Command::new(bangioc())
            .arg("--config")
            .arg(&self.config)
            .args(args)
            .output()
            .expect("the binary")
    }

    /// What a service has said since it started.
    pub(crate) fn log(&self, service: &str) -> String {
        let folder = match &self.small {
            Some(small) if service == "registry" => &small.platform.dir,
            _ => &self.logs,
        };
        fs::read_to_string(folder.join(format!("{service}.log"))).unwrap_or_default()
    }

    /// To one of our processes, by its number.
    #[track_caller]
    pub(crate) fn signal(&self, service: &str, signal: Signal) {
        let pid = i32::try_from(self.pids[service]).ok().and_then(Pid::from_raw);
        kill_process(pid.expect("a process"), signal).expect("a process of ours");
    }

    pub(crate) fn stop(&self) {
        if let Some(small) = &self.small {
            small.stop();
        }
    }
}

/// Standard output and error of a process that was given `input`.
pub(crate) fn fed(command: &mut Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a program");
    let mut pipe = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
    let output = child.wait_with_output().expect("its end");
    writer.join().expect("no panic");
    output
}

pub(crate) fn words(output: &Output) -> String {
    format!(
        "{} {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// SQL as whoever `env` says.
pub(crate) fn psql(
    env: &BTreeMap<String, String>,
    database: &str,
    sql: &str,
) -> Result<Vec<String>, String> {
    let output = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-A", "-t", "-c", sql])
        .envs(env)
        .env("PGDATABASE", database)
        .env("PGCONNECT_TIMEOUT", "10")
        .env("PGOPTIONS", "-c client_min_messages=warning")
        .output()
        .expect("psql");
    if output.status.success() {
        let text = String::from_utf8_lossy(&output.stdout);
        Ok(text.lines().map(str::to_owned).collect())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// The suite's own, on the platform that the others use.
pub(crate) fn small() -> Ground {
    Small::start(Platform::start("attacks"))
}
