//! One Kafka with access rights on, one PostgreSQL cluster and one schema registry, on free ports, for
//! all tests of a suite. Started and stopped by the same scripts that the demo uses.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use bangioc_feed::journal::{self, Journal, JournalRecord};
use bangioc_feed::produce::{Acks, Producer, Record, Tuning};
use bangioc_feed::registry::{Authorities, RegistryClient, RegistrySettings};
use bangioc_feed::{FeedError, KafkaSettings};
use bangioc_runtime::Secret;
use bangioc_runtime::settings::Settings;

use sha2::{Digest as _, Sha256};

use crate::service::Service;
use crate::{root, wait};

/// Every Kafka user that the contracts of the five datasets need.
pub const PRINCIPALS: &str = "registry,shared-store,open-data,dead-letter,capture-so-nnmt,capture-national,capture-so-yt,capture-vp-ubnd,operator-lan,operator-hung,stranger";

pub struct Platform {
    pub dir: PathBuf,
    pub kafka: BTreeMap<String, String>,
    pub postgres: BTreeMap<String, String>,
    pub registry_url: String,
    registry: Mutex<Option<Service>>,
}

impl Platform {
    /// Starts everything under `target/tests/<name>`, in place of what an earlier run left there.
    pub fn start(name: &str) -> Platform {
        let dir = root().join("target/tests").join(name);
        if dir.exists() {
            let _ = ops("kafka", &["down", &text(&dir.join("kafka"))]);
            let _ = ops("postgres", &["down", &text(&dir.join("postgres"))]);
            fs::remove_dir_all(&dir).expect("an empty folder");
        }
        fs::create_dir_all(&dir).expect("a folder");
        let (kafka_dir, postgres_dir) = (dir.join("kafka"), dir.join("postgres"));
        let kafka = std::thread::spawn({
            let kafka_dir = text(&kafka_dir);
            move || ops("kafka", &["up", &kafka_dir, "--principals", PRINCIPALS])
        });
        ops(
            "postgres",
            &[
                "up",
                &text(&postgres_dir),
                "--fsync",
                "off",
                "max_connections=200",
                "max_replication_slots=200",
                "max_wal_senders=80",
                "wal_sender_timeout=20s",
            ],
        )
        .expect("PostgreSQL");
        kafka.join().expect("no panic").expect("Kafka");
        Platform::over(dir, read_env(&kafka_dir.join("env")), read_env(&postgres_dir.join("env")))
    }

    /// Over servers that run: `kafka` has its address as `KAFKA`, `postgres` libpq's variables, the passwords
    /// lie in `<dir>/{kafka,postgres}/secrets/<user>`.
    pub fn over(
        dir: PathBuf,
        kafka: BTreeMap<String, String>,
        postgres: BTreeMap<String, String>,
    ) -> Platform {
        let platform = Platform {
            kafka,
            postgres,
            registry_url: format!("http://127.0.0.1:{}", free_port()),
            registry: Mutex::new(None),
            dir,
        };
        platform.write_registry_users(|user| match user {
            "admin" => "admin",
            "shared-store" => "read *.shared.*",
            "open-data" => "read *.open.*",
            "dead-letter" => "read *",
            capture if capture.starts_with("capture-") => "read *",
            _ => "",
        });
        platform.kafka_as("admin").check(Duration::from_mins(1)).expect("Kafka");
        // The registry's topic and its rights come before the registry.
        let admin = platform.dir.join("admin.toml");
        let contracts = root().join("schemas");
        let text = format!(
            "contracts = \"{}\"\n{}{}",
            contracts.display(),
            platform.kafka_section("admin"),
            platform.registry_section("admin"),
        );
        fs::write(&admin, text).expect("a configuration");
        let apply = Command::new(crate::bangioc())
            .arg("--config")
            .arg(&admin)
            .args(["topic", "apply", "--kafka-only"])
            .output()
            .expect("the binary");
        assert!(apply.status.success(), "{}", String::from_utf8_lossy(&apply.stderr));
        platform.start_registry();
        platform
    }

    /// The interpreter with Confluent's client, that `ops/setup test` made.
    pub fn python(&self) -> String {
        read_env(&root().join("target/setup/env"))["PYTHON"].clone()
    }

    /// How `principal` gets into Kafka; a wrong password for one that does not exist.
    pub fn kafka_as(&self, principal: &str) -> KafkaSettings {
        let file = self.dir.join(format!("as-{principal}.toml"));
        let secret = self.dir.join("kafka/secrets").join(principal);
        let secret = if secret.exists() { secret } else { self.dir.join("kafka/secrets/stranger") };
        let section = format!(
            "[kafka]\nbrokers = \"{}\"\nsecurity = \"sasl_plaintext\"\nuser = \"{principal}\"\npassword_file = \"{}\"\n",
            self.kafka["KAFKA"],
            secret.display()
        );
        // Whole or not at all: another trial may be reading it.
        let new = file.with_extension(format!("{:?}.toml", std::thread::current().id()));
        fs::write(&new, section).expect("a configuration");
        fs::rename(&new, &file).expect("a configuration");
        let settings = Settings::load(Some(&file)).expect("settings");
        KafkaSettings::read(&settings.section("kafka"))
    }

    /// Tries to write a record; true when Kafka took it, false when it refused the principal.
    pub fn may_write(&self, principal: &str, topic: &str) -> bool {
        match self.produce_raw(principal, topic, &[("probe", "probe")]) {
            Ok(()) => true,
            // Where a principal may not even see the topic, librdkafka waits for it to appear.
            Err(
                FeedError::Unauthorized { .. }
                | FeedError::CredentialsRefused { .. }
                | FeedError::NotAcknowledged { .. },
            ) => false,
            Err(other) => panic!("neither taken nor refused: {other}"),
        }
    }

    /// Tries to read a topic to its end; true when Kafka let it, false when it refused the principal.
    pub fn may_read(&self, principal: &str, topic: &str) -> bool {
        match journal::read_all(&self.kafka_as(principal), topic, journal::From::Beginning) {
            Ok(_) => true,
            Err(FeedError::Unauthorized { .. } | FeedError::CredentialsRefused { .. }) => false,
            Err(other) => panic!("neither read nor refused: {other}"),
        }
    }

    /// Every record of a topic, as the administrator reads it.
    pub fn records(&self, topic: &str) -> Vec<JournalRecord> {
        journal::read_all(&self.kafka_as("admin"), topic, journal::From::Beginning)
            .expect("a topic to read")
    }

    /// Does to a topic what an administrator can do by hand; see `tests/python/tamper.py`.
    #[track_caller]
    pub fn tamper(&self, args: &[&str]) -> String {
        let output = Command::new(self.python())
            .arg(root().join("tests/python/tamper.py"))
            .args([&self.kafka["KAFKA"], "admin", &self.kafka["KAFKA_PASSWORD"]])
            .args(args)
            .output()
            .expect("the Python environment that `ops/setup test` makes");
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Sends records with headers, as a capture does; waits for all to be acknowledged.
    pub fn send(&self, principal: &str, records: &[Record<'_>]) {
        struct Told;
        impl Acks for Told {
            fn delivered(&self, _: u64, _: i32, _: i64) {}
            fn failed(&self, _: u64, error: FeedError) {
                panic!("a record was not taken: {error}");
            }
        }
        let producer = Producer::connect(
            &self.kafka_as(principal),
            &Tuning::default(),
            std::sync::Arc::new(Told),
        )
        .expect("a producer");
        for record in records {
            producer.send(record).expect("room for a record");
        }
        producer.flush(std::time::Duration::from_secs(30)).expect("all acknowledged");
    }

    /// The registry's id of a subject's latest schema.
    pub fn schema_id(&self, subject: &str) -> u32 {
        let registry = RegistryClient::new(&RegistrySettings {
            url: self.registry_url.clone(),
            user: Some("admin".into()),
            password: Some(Secret::new(registry_password("admin"))),
            authorities: Authorities::default(),
        });
        let latest = registry.latest(subject).expect("the registry to answer");
        latest.expect("a schema").id
    }

    /// Writes keys and values as they are, to partition 0.
    pub fn produce_raw(
        &self,
        principal: &str,
        topic: &str,
        records: &[(&str, &str)],
    ) -> Result<(), FeedError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let journal = Journal::connect(&self.kafka_as(principal))?;
        runtime.block_on(async {
            for (key, value) in records {
                journal.append(topic, 0, Some(key.as_bytes()), Some(value.as_bytes())).await?;
            }
            Ok(())
        })
    }

    /// Of the registry's process.
    pub fn registry_pid(&self) -> u32 {
        let registry = self.registry.lock().expect("no panic");
        registry.as_ref().expect("a registry that runs").pid()
    }

    pub fn start_registry(&self) {
        self.start_registry_of("", &root().join("schemas"));
    }

    /// In place of the one that serves every world, one world's alone, as a deployment has it: what each user may do
    /// follows from its contracts.
    pub fn registry_of(&self, prefix: &str, contracts: &Path) {
        drop(self.registry.lock().expect("no panic").take());
        self.write_registry_users(|user| match user {
            "admin" => "admin",
            operator if operator.starts_with("operator-") => "read *",
            _ => "",
        });
        self.start_registry_of(&format!("prefix = \"{prefix}\"\n"), contracts);
    }

    fn start_registry_of(&self, prefix: &str, contracts: &Path) {
        let listen = self.registry_url.trim_start_matches("http://");
        let config = format!(
            "{prefix}contracts = \"{}\"\n{}\n[registry]\nlisten = \"{listen}\"\nusers_dir = \"{}\"\n",
            contracts.display(),
            self.kafka_section("registry"),
            self.registry_users().display(),
        );
        let path = self.dir.join("registry.toml");
        fs::write(&path, config).expect("a configuration");
        let registry = Service::start("registry", &path, &["run", "registry"], &[], &self.dir);
        wait::until("the registry", Duration::from_secs(30), || {
            wait::holds(std::net::TcpStream::connect(listen).is_ok(), registry.log())
        });
        *self.registry.lock().expect("no panic") = Some(registry);
    }

    /// A user of the registry for each of Kafka's, with a password of its own. Every world has topics of its own
    /// prefix, and the contracts' rights are those of one: `rights` makes up for it.
    fn write_registry_users(&self, rights: impl Fn(&str) -> &'static str) {
        let (users, passwords) = (self.registry_users(), self.registry_passwords());
        for dir in [&users, &passwords] {
            fs::create_dir_all(dir).expect("a folder");
            fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).expect("its mode");
        }
        for user in PRINCIPALS.split(',').chain(["admin"]) {
            let rights = rights(user);
            let password = registry_password(user);
            let digest = Sha256::digest(&password)
                .iter()
                .fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
            for (file, text) in [
                (users.join(user), format!("sha256:{digest}\n{rights}\n")),
                (passwords.join(user), password),
            ] {
                fs::write(&file, text).expect("a file");
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("its mode");
            }
        }
    }

    /// A file for each user.
    pub fn registry_passwords(&self) -> PathBuf {
        self.dir.join("registry-passwords")
    }

    pub fn registry_users(&self) -> PathBuf {
        self.dir.join("registry-users")
    }

    /// `[registry]` for one user.
    pub fn registry_section(&self, user: &str) -> String {
        format!(
            "[registry]\nurl = \"{}\"\nuser = \"{user}\"\npassword_file = \"{}\"\n",
            self.registry_url,
            self.registry_passwords().join(user).display()
        )
    }

    /// The administrator's login, as Confluent's clients want it.
    pub fn registry_login(&self) -> String {
        format!("admin:{}", registry_password("admin"))
    }

    /// `[kafka]` for one principal.
    pub fn kafka_section(&self, principal: &str) -> String {
        format!(
            "[kafka]\nbrokers = \"{}\"\nsecurity = \"sasl_plaintext\"\nuser = \"{principal}\"\npassword_file = \"{}\"\n",
            self.kafka["KAFKA"],
            self.dir.join("kafka/secrets").join(principal).display()
        )
    }

    /// Runs SQL as the cluster's superuser; rows come back as lines, columns split by `|`.
    #[track_caller]
    pub fn sql(&self, database: &str, sql: &str) -> Vec<String> {
        match self.try_sql(database, sql) {
            Ok(lines) => lines,
            Err(why) => panic!("{why}"),
        }
    }

    pub fn try_sql(&self, database: &str, sql: &str) -> Result<Vec<String>, String> {
        self.psql(database, &["-A", "-t", "-c", sql])
    }

    /// As another login than the superuser's.
    pub fn sql_as(
        &self,
        login: &str,
        password: &str,
        database: &str,
        sql: &str,
    ) -> Result<Vec<String>, String> {
        let own = [("PGUSER", login), ("PGPASSWORD", password)];
        self.psql_with(database, &["-A", "-t", "-c", sql], &own)
    }

    /// Runs a file of SQL with psql variables.
    #[track_caller]
    pub fn sql_file(&self, database: &str, file: &Path, variables: &[(&str, &str)]) {
        let mut args: Vec<String> = vec!["-f".into(), text(file)];
        for (name, value) in variables {
            args.extend(["-v".into(), format!("{name}={value}")]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        if let Err(why) = self.psql(database, &args) {
            panic!("{}: {why}", file.display());
        }
    }

    fn psql(&self, database: &str, args: &[&str]) -> Result<Vec<String>, String> {
        self.psql_with(database, args, &[])
    }

    fn psql_with(
        &self,
        database: &str,
        args: &[&str],
        variables: &[(&str, &str)],
    ) -> Result<Vec<String>, String> {
        let output = Command::new("psql")
            .args(["-X", "-q", "-v", "ON_ERROR_STOP=1"])
            .args(args)
            .envs(&self.postgres)
            .envs(variables.iter().copied())
            .env("PGDATABASE", database)
            .env("PGOPTIONS", "-c client_min_messages=warning")
            .output()
            .expect("psql");
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    pub fn stop(&self) {
        drop(self.registry.lock().expect("no panic").take());
        let _ = ops("postgres", &["down", &text(&self.dir.join("postgres"))]);
        let _ = ops("kafka", &["down", &text(&self.dir.join("kafka"))]);
    }
}

/// What a user of a test's registry logs in with.
pub fn registry_password(user: &str) -> String {
    format!("registry password of {user}")
}

/// Runs `ops/<script>`.
pub fn ops(script: &str, args: &[&str]) -> Result<(), String> {
    let output =
        Command::new(root().join("ops").join(script)).args(args).output().expect("a script of ops");
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("ops/{script} {args:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }
}

/// `KEY=VALUE` lines.
pub fn read_env(path: &Path) -> BTreeMap<String, String> {
    fs::read_to_string(path)
        .expect("an env file")
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0")
        .and_then(|socket| socket.local_addr())
        .expect("a free port")
        .port()
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
