//! A deployment of its own inside the platform: topic prefix, department databases, store, services.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;

use crate::platform::Platform;
use crate::service::Service;
use crate::{bangioc, root, secret, wait};

/// Source, its tables, and what stands for one row's key where the table has no primary key.
pub const SOURCES: [(&str, &[(&str, &str)]); 4] = [
    (
        "so-nnmt",
        &[("land_parcel", ""), ("env_observation", "station_code, param_code, observed_at")],
    ),
    ("national", &[("business", "")]),
    ("so-yt", &[("health_facility", "")]),
    ("vp-ubnd", &[("directing_document", "")]),
];

/// People who may move datasets, each by the configuration `operator-<name>`.
pub const OPERATORS: [&str; 2] = ["lan", "hung"];

/// How long a test lets the pipeline take to come to rest; scaled for a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

pub struct World<'p> {
    pub platform: &'p Platform,
    /// Topic prefix, and the first part of every database's name.
    pub name: String,
    pub dir: PathBuf,
    sources: Vec<&'static str>,
    contracts: PathBuf,
}

/// A table of a test's own, with its contract.
pub struct OwnTable {
    pub source: &'static str,
    /// As SQL names it: in the source's schema, or with another, both in quotes.
    pub table: String,
    /// Run in the source's schema.
    pub sql: String,
    /// `<owner>/<dataset>.yaml`
    pub file: String,
    pub contract: String,
}

impl<'p> World<'p> {
    /// Databases with empty tables for `sources`, an empty store, topics and access rights.
    pub fn new(platform: &'p Platform, name: &str, sources: &[&'static str]) -> World<'p> {
        World::with_tables(platform, name, sources, &[])
    }

    /// As [`World::new`], with tables beside those of the repository's contracts.
    pub fn with_tables(
        platform: &'p Platform,
        name: &str,
        sources: &[&'static str],
        own: &[OwnTable],
    ) -> World<'p> {
        let dir = platform.dir.join(name);
        fs::create_dir_all(&dir).expect("a folder");
        let world = World {
            platform,
            name: name.to_owned(),
            sources: sources.to_vec(),
            contracts: contracts_with(own, &dir),
            dir,
        };
        secret::write(&world.dir.join("secret"), "a secret of this test alone");
        secret::write(&world.dir.join("capture-password"), "capture");
        let password_file = platform.dir.join("postgres/secrets/postgres");
        for source in sources {
            world.make_source(source, own);
            world.write_config(source, &format!("capture-{source}"), &world.source_section(source));
        }
        platform.sql("postgres", &format!("create database {}", world.store()));
        platform.sql(
            "postgres",
            "do $$ begin create role bangioc_operator nologin; exception when duplicate_object or unique_violation then null; end $$",
        );
        let store = format!(
            "[store]\nhost = \"{}\"\nport = {}\nuser = \"postgres\"\npassword_file = \"{}\"\ndatabase = \"{}\"\ntls = \"off\"\n\
             [sink]\nsecret_file = \"{}\"\nlease = \"3s\"\n",
            platform.postgres["PGHOST"],
            platform.postgres["PGPORT"],
            password_file.display(),
            world.store(),
            world.dir.join("secret").display(),
        );
        world.write_config("shared-store", "shared-store", &store);
        world.write_config("dead-letter", "dead-letter", &store);
        platform.sql("postgres", &format!("create database {}", world.open_store()));
        let open_store =
            store.replace("[store]", "[open-store]").replace(&world.store(), &world.open_store());
        world.write_config("open-data", "open-data", &open_store);
        for operator in OPERATORS {
            let user = format!("operator-{operator}");
            world.write_config(&user, &user, &store);
        }
        let operators = format!("{store}[operators]\nnames = {OPERATORS:?}\n");
        world.write_config("admin", "admin", &operators);
        world.bangioc("admin", &["topic", "apply", "--reviewed"]);
        world
    }

    fn make_source(&self, source: &str, own: &[OwnTable]) {
        let (platform, database, sql) =
            (self.platform, self.database(source), root().join("ops/sql/department"));
        platform.sql("postgres", &format!("create database {database}"));
        platform.sql_file(&database, &sql.join(format!("{source}.sql")), &[]);
        let own = || own.iter().filter(|own| own.source == source);
        own().for_each(|own| drop(self.source(source, &own.sql)));
        let tables: Vec<String> = tables(source)
            .map(|(table, _)| table)
            .chain(own().map(|own| own.table.as_str()))
            .map(|table| match table.split_once("\".\"") {
                Some(_) => table.to_owned(),
                None => format!("dept.{table}"),
            })
            .collect();
        let password = self.dir.join("capture-password").display().to_string();
        let variables = [("password_file", password.as_str()), ("tables", &tables.join(", "))];
        platform.sql_file(&database, &sql.join("capture-access.sql"), &variables);
    }

    fn source_section(&self, source: &str) -> String {
        format!(
            "[source]\nname = \"{source}\"\nhost = \"{}\"\nport = {}\npassword_file = \"{}\"\ndatabase = \"{}\"\ntls = \"off\"\nslot = \"{}_{}\"\n\
             [capture]\nchunk_rows = 500\nheartbeat_interval = \"1s\"\nallow_unlimited_wal = true\n",
            self.platform.postgres["PGHOST"],
            self.platform.postgres["PGPORT"],
            self.dir.join("capture-password").display(),
            self.database(source),
            self.name,
            source.replace('-', "_"),
        )
    }

    fn write_config(&self, who: &str, principal: &str, sections: &str) {
        let text = format!(
            "prefix = \"{}\"\ncontracts = \"{}\"\n{}{}{sections}",
            self.name,
            self.contracts.display(),
            self.platform.kafka_section(principal),
            self.platform.registry_section(principal),
        );
        fs::write(self.config(who), text).expect("a configuration");
    }

    /// A person who deals with dead letters: a login of their own in the store, and a configuration with it,
    /// called the same.
    pub fn operator(&self, person: &str) -> String {
        let name = format!("{}_{person}", self.name);
        let file = self.dir.join(format!("{person}-password"));
        secret::write(&file, &format!("the password of {name}"));
        let variables = [("name", name.as_str()), ("password_file", &file.display().to_string())];
        let access = root().join("ops/sql/operator-access.sql");
        self.platform.sql_file(&self.store(), &access, &variables);
        let text = fs::read_to_string(self.config("dead-letter")).expect("a configuration");
        let service = self.platform.dir.join("postgres/secrets/postgres");
        let own = text
            .replace("user = \"postgres\"", &format!("user = \"{name}\""))
            .replace(&service.display().to_string(), &file.display().to_string());
        fs::write(self.config(&name), own).expect("a configuration");
        name
    }

    /// `[open-store]` as the service of the open side has it, for a tool that is to know both stores.
    pub fn open_store_section(&self) -> String {
        let text = fs::read_to_string(self.config("open-data")).expect("a configuration");
        let section = text.split("\n[").find(|part| part.starts_with("open-store]"));
        format!("[{}", section.expect("a section"))
    }

    /// Adds lines to the configuration that `who` starts with.
    pub fn configure(&self, who: &str, lines: &str) {
        let mut text = fs::read_to_string(self.config(who)).expect("a configuration");
        let _ = writeln!(text, "{lines}");
        fs::write(self.config(who), text).expect("a configuration");
    }

    pub fn config(&self, who: &str) -> PathBuf {
        self.dir.join(format!("{who}.toml"))
    }

    pub fn database(&self, source: &str) -> String {
        format!("{}_{}", self.name, source.replace('-', "_"))
    }

    pub fn store(&self) -> String {
        format!("{}_store", self.name)
    }

    /// Its database, beside the shared one on the same server.
    pub fn open_store(&self) -> String {
        format!("{}_open", self.name)
    }

    pub fn topic(&self, owner: &str, dataset: &str) -> String {
        format!("{}.shared.{owner}.{dataset}", self.name)
    }

    pub fn open_topic(&self, owner: &str, dataset: &str) -> String {
        format!("{}.open.{owner}.{dataset}", self.name)
    }

    /// A contract as this deployment has it.
    pub fn contract(&self, dataset: &str) -> Contract {
        self.catalogue().get(dataset).expect("a contract").clone()
    }

    pub fn catalogue(&self) -> Catalogue {
        Catalogue::read(&self.contracts).expect("sound contracts")
    }

    /// SQL at a source, in the department's schema.
    #[track_caller]
    pub fn source(&self, source: &str, sql: &str) -> Vec<String> {
        self.platform.sql(&self.database(source), &format!("set search_path = dept; {sql}"))
    }

    #[track_caller]
    pub fn in_store(&self, sql: &str) -> Vec<String> {
        self.platform.sql(&self.store(), sql)
    }

    #[track_caller]
    pub fn in_open_store(&self, sql: &str) -> Vec<String> {
        self.platform.sql(&self.open_store(), sql)
    }

    /// Waits until a query of the shared store answers `wanted`.
    #[track_caller]
    pub fn store_says(&self, what: &str, sql: &str, wanted: &[&str]) {
        self.says(&self.store(), what, sql, wanted);
    }

    #[track_caller]
    pub fn says(&self, database: &str, what: &str, sql: &str, wanted: &[&str]) {
        wait::until(what, PATIENCE, || {
            let found = self.platform.try_sql(database, sql)?;
            wait::holds(found == wanted, format!("{found:?}"))
        });
    }

    pub fn capture(&self, source: &str) -> Service {
        self.capture_with(source, &[])
    }

    pub fn capture_with(&self, source: &str, env: &[(&str, &str)]) -> Service {
        Service::start(
            &format!("capture-{source}"),
            &self.config(source),
            &["run", "capture"],
            env,
            &self.dir,
        )
    }

    pub fn shared_store(&self, instance: &str) -> Service {
        self.shared_store_with(instance, &[])
    }

    pub fn shared_store_with(&self, instance: &str, env: &[(&str, &str)]) -> Service {
        Service::start(
            instance,
            &self.config("shared-store"),
            &["run", "shared-store"],
            env,
            &self.dir,
        )
    }

    /// Runs a command of `bangioc` that must succeed; what it printed.
    #[track_caller]
    pub fn bangioc(&self, who: &str, args: &[&str]) -> String {
        let output = self.try_bangioc(who, args);
        assert!(
            output.status.success(),
            "bangioc {args:?} ended with {}: {}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    pub fn try_bangioc(&self, who: &str, args: &[&str]) -> Output {
        Command::new(bangioc())
            .arg("--config")
            .arg(self.config(who))
            .args(args)
            .output()
            .expect("the binary")
    }

    /// Waits until every source equals the store, row for row by content; rows for which
    /// `except` holds are left out on both sides: parked keys keep what they had.
    #[track_caller]
    pub fn converge(&self, except: &[(&str, &str)]) {
        wait::until("source and store to be equal", PATIENCE, || {
            self.sources.iter().try_for_each(|source| {
                tables(source).try_for_each(|(table, natural_key)| {
                    let bad = except
                        .iter()
                        .find(|(of, _)| *of == table)
                        .map_or("false", |(_, rule)| rule);
                    self.compare(source, table, natural_key, bad)
                })
            })
        });
    }

    fn compare(
        &self,
        source: &str,
        table: &str,
        natural_key: &str,
        bad: &str,
    ) -> Result<(), String> {
        let columns = self.platform.try_sql(
            &self.store(),
            &format!("select string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns where table_schema = 'shared' and table_name = '{table}'"),
        )?;
        let columns = columns
            .first()
            .filter(|columns| !columns.is_empty())
            .ok_or(format!("no view shared.{table} yet"))?;
        let distinct = if natural_key.is_empty() {
            String::new()
        } else {
            format!("distinct on ({natural_key})")
        };
        let order = if natural_key.is_empty() {
            String::new()
        } else {
            format!("order by {natural_key}, received_at desc")
        };
        let lines = |database: &str, from: &str, distinct: &str, order: &str, bad: &str| {
            let sql = format!(
                "set timezone = 'UTC'; copy (select {distinct} {columns} from {from} where not coalesce(({bad}), false) {order}) to stdout"
            );
            self.platform
                .try_sql(database, &sql)
                .map(|lines| lines.into_iter().collect::<BTreeSet<_>>())
        };
        let wanted =
            lines(&self.database(source), &format!("dept.{table}"), &distinct, &order, bad)?;
        let found = lines(&self.store(), &format!("shared.{table}"), "", "", bad)?;
        if wanted == found {
            return Ok(());
        }
        let (missing, extra): (Vec<_>, Vec<_>) = (
            wanted.difference(&found).take(2).map(|row| beginning(row)).collect(),
            found.difference(&wanted).take(2).map(|row| beginning(row)).collect(),
        );
        Err(format!(
            "{table}: {} rows at the source, {} in the store; missing {missing:?}, extra {extra:?}",
            wanted.len(),
            found.len()
        ))
    }

    /// A double entry for every offset: per partition the ledger's ranges join up and end at the position.
    pub fn ledger_adds_up(&self) {
        let gaps = self.in_store(
            "select count(*) from (select next_offset, lead(first_offset) over (partition by topic, partition order by first_offset, next_offset) as following \
             from flow.ledger where next_offset > first_offset) ranges where following is not null and following <> next_offset",
        );
        assert_eq!(gaps, ["0"], "ranges of the ledger that do not join up");
        let sums = self.in_store(
            "select count(*) from flow.ledger where next_offset - first_offset <> applied + folded + duplicate + stale + control + parked \
             + quarantined + superseded + discarded",
        );
        assert_eq!(sums, ["0"], "ranges of the ledger whose counts are not their length");
    }
}

/// A deployment's contracts: those of [`SOURCES`], for the whole province would be two thousand topics in
/// a suite, and a test's own.
fn contracts_with(own: &[OwnTable], dir: &Path) -> PathBuf {
    let (given, copy) = (root().join("schemas"), dir.join("contracts"));
    let carried = |file: &Path| {
        let dataset = file.file_name().unwrap_or_default().to_string_lossy();
        let dataset = dataset.split('.').next().unwrap_or_default().replace('-', "_");
        SOURCES.iter().flat_map(|(_, tables)| *tables).any(|(table, _)| *table == dataset)
    };
    fs::create_dir_all(&copy).expect("a folder");
    for entry in fs::read_dir(&given).expect("contracts") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_owned();
        if path.is_file() {
            fs::copy(&path, copy.join(name)).expect("a copy");
        } else if !["src", "tests"].iter().any(|code| name == *code) {
            let to = copy.join(&name);
            fs::create_dir_all(&to).expect("a folder");
            for file in fs::read_dir(&path).expect("a folder") {
                let file = file.expect("an entry").path();
                if name == "code-lists" || carried(&file) {
                    fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("a copy");
                }
            }
        }
    }
    for own in own {
        let path = copy.join(&own.file);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, &own.contract).expect("a contract");
    }
    copy
}

/// Tables of a source, with their natural keys.
pub fn tables(source: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
    SOURCES
        .iter()
        .filter(move |(name, _)| *name == source)
        .flat_map(|(_, tables)| tables.iter().copied())
}

/// Of a row, as much as tells it from others: a long text tells a reader of the log nothing.
fn beginning(row: &str) -> String {
    row.chars().take(160).collect()
}
