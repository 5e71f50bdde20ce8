//! What of the configuration a sink reads, of either side.

use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::Tuning;
use bangioc_feed::registry::RegistrySettings;
use bangioc_runtime::postgres;
use bangioc_runtime::secret::Secret;
use bangioc_runtime::settings::{Section, Settings};
use bangioc_runtime::tls::Tls;
use bangioc_schemas::names::Side;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::discretion;
use crate::error::SinkError;
use crate::seal::Secrets;

/// How long a server may take to let us in.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// `prefix`, `[kafka]`, `[registry]`, `[sink]`, and the side's `[store]` or `[open-store]`.
#[derive(Clone, Debug)]
pub struct Config {
    pub prefix: String,
    pub kafka: KafkaSettings,
    pub registry: RegistrySettings,
    pub store: StoreSettings,
    pub sink: SinkSettings,
    /// How far ahead of the store each partition is fetched: `ahead_records`, `ahead_bytes` in `[sink]`.
    pub tuning: Tuning,
}

impl Config {
    /// Mistakes are found by [`Settings::finish`].
    pub fn read(settings: &Settings, side: Side) -> Config {
        let sink = settings.section("sink");
        Config {
            prefix: settings.prefix(),
            kafka: KafkaSettings::read(&settings.section("kafka")),
            registry: RegistrySettings::read(&settings.section("registry")),
            store: StoreSettings::of(settings, side),
            sink: SinkSettings::read(&sink),
            tuning: Tuning::read(&sink),
        }
    }
}

/// The database that a sink writes to.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<Secret>,
    pub database: String,
    pub tls: Tls,
}

impl StoreSettings {
    pub fn section(side: Side) -> &'static str {
        match side {
            Side::Shared => "store",
            Side::Open => "open-store",
        }
    }

    pub fn of(settings: &Settings, side: Side) -> StoreSettings {
        let section = settings.section(StoreSettings::section(side));
        let host = section.text_or("host", "127.0.0.1");
        StoreSettings {
            tls: Tls::read(&section, &[host.as_str()]),
            host,
            port: u16::try_from(section.whole_number("port", 1..=65_535, 5432)).unwrap_or(5432),
            user: section.text("user"),
            password: section.optional_secret("password"),
            database: section.text("database"),
        }
    }

    pub fn address(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }

    /// `who` appears in the store's `pg_stat_activity`.
    fn options(&self, who: &str, limits: StatementLimits) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .application_name(who)
            // Texts of key columns must read as the capture writes them. A small staging table must not
            // spill, and a merge gains nothing from being compiled.
            .options([
                ("TimeZone", "UTC"),
                ("DateStyle", "ISO"),
                ("IntervalStyle", "postgres"),
                ("bytea_output", "hex"),
                ("temp_buffers", "24MB"),
                ("jit", "off"),
                ("client_min_messages", "warning"),
                ("extra_float_digits", "1"),
                ("search_path", "pg_catalog"),
                ("default_transaction_read_only", "off"),
                ("default_transaction_isolation", "read committed"),
                ("default_transaction_deferrable", "off"),
                ("standard_conforming_strings", "on"),
                ("xmloption", "content"),
                ("row_security", "on"),
                // Whatever a role or a database may have: a long read of ours is no accident.
                ("statement_timeout", &milliseconds(limits.statement)),
                ("idle_session_timeout", "0"),
                // Nobody but ours locks what is ours for long. Shorter than the wait for an end that was asked for.
                ("lock_timeout", &milliseconds(limits.lock)),
                // We never pause inside of a transaction; a process that was frozen there would hold its rows, and
                // make its successor wait, for as long as it sleeps. Longer than a lease, so that nobody alive
                // meets it.
                ("idle_in_transaction_session_timeout", limits.idle_in_transaction()),
            ])
            // Two merges for each dataset, and what is the same for all.
            .statement_cache_capacity(300)
            .disable_statement_logging();
        let options = encrypted(options, &self.tls);
        match &self.password {
            Some(password) => options.password(password.reveal()),
            None => options,
        }
    }

    /// For whoever reads as long as it takes.
    pub async fn connect(&self, who: &str) -> Result<PgConnection, SinkError> {
        self.connect_within(who, StatementLimits::OF_A_READER).await
    }

    /// No statement on it waits longer than `limits`.
    pub async fn connect_within(
        &self,
        who: &str,
        limits: StatementLimits,
    ) -> Result<PgConnection, SinkError> {
        let (host, user, database) = (&self.host, &self.user, &self.database);
        let options = self.options(who, limits);
        let connected = async {
            if postgres::asks_for_password(&self.tls, host, self.port, user, database).await {
                return Err(SinkError::PasswordAsked { address: self.address() });
            }
            let mut connection =
                PgConnection::connect_with(&options).await.map_err(SinkError::from)?;
            discretion::keep(&mut connection).await?;
            Ok(connection)
        };
        // A server that is frozen takes the connection and never answers.
        let connected = tokio::time::timeout(ANSWERS_WITHIN, Box::pin(connected))
            .await
            .unwrap_or_else(|_| Err(SinkError::silent()));
        crate::nodelay::set(self.port);
        connected.map_err(|failure| failure.at(&self.address()))
    }
}

/// The connection is encrypted and its server known, as the settings say.
pub fn encrypted(options: PgConnectOptions, tls: &Tls) -> PgConnectOptions {
    match tls {
        Tls::Off => options.ssl_mode(PgSslMode::Disable),
        Tls::Verify { ca_file: None } => options.ssl_mode(PgSslMode::VerifyFull),
        Tls::Verify { ca_file: Some(file) } => {
            options.ssl_mode(PgSslMode::VerifyFull).ssl_root_cert(file)
        }
    }
}

/// How long one statement may take. Zero: as long as it wants.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatementLimits {
    /// Until it has a lock.
    pub lock: Duration,
    pub statement: Duration,
}

impl StatementLimits {
    const OF_A_READER: StatementLimits =
        StatementLimits { lock: Duration::from_secs(15), statement: Duration::ZERO };

    fn idle_in_transaction(self) -> &'static str {
        if self == StatementLimits::OF_A_READER { "0" } else { "30s" }
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{}ms", time.as_millis())
}

/// What a capture sends at most: a row of 4 MiB, its key a second time, and headers.
const RECORD_BYTES: u64 = (4 << 20) + (256 << 10);

/// How much a writer may make a sink keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeepBounds {
    /// Of one record: key, value and headers, decompressed.
    pub record_bytes: usize,
    /// Records that wait under one parked key.
    pub key_records: usize,
    /// Of their payloads.
    pub key_bytes: usize,
    /// Of all payloads parked in one partition.
    pub partition_bytes: usize,
}

#[derive(Clone, Debug)]
pub struct SinkSettings {
    /// Batches worked on at once, each on a connection of its own.
    pub workers: usize,
    /// How long a partition stays with an instance that says nothing. Renewed at a fifth of it.
    pub lease: Duration,
    pub batch_rows: usize,
    pub batch_bytes: usize,
    /// How long a record waits for its schema before it counts as bad.
    pub schema_wait: Duration,
    /// How long a statement waits for a lock before its partition lets others have the connection.
    pub lock_timeout: Duration,
    /// How long a statement may take before its batch is made smaller.
    pub statement_timeout: Duration,
    pub bounds: KeepBounds,
    /// Opens the store's keys, which name parked keys and encrypt their payloads.
    pub secrets: Secrets,
}

impl SinkSettings {
    pub fn read(section: &Section<'_>) -> SinkSettings {
        let whole = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        SinkSettings {
            workers: whole(section.whole_number("workers", 1..=64, 2)),
            lease: section.duration("lease", Duration::from_secs(10)),
            // 20 thousand rows: a merge of more gains nothing, and a batch is what a crash repeats.
            batch_rows: whole(section.whole_number("batch_rows", 1..=200_000, 20_000)),
            batch_bytes: whole(section.whole_number("batch_bytes", 1024..=256 << 20, 16 << 20)),
            schema_wait: section.duration("schema_wait", Duration::from_mins(5)),
            lock_timeout: section.duration("lock_timeout", Duration::from_secs(1)),
            statement_timeout: section.duration("statement_timeout", Duration::from_mins(2)),
            bounds: KeepBounds {
                record_bytes: whole(section.whole_number(
                    "record_bytes",
                    1_000..=16_000_000,
                    RECORD_BYTES,
                )),
                key_records: whole(section.whole_number("key_queue_records", 1..=1_000_000, 1_000)),
                key_bytes: whole(section.whole_number(
                    "key_queue_bytes",
                    1_000..=1 << 30,
                    16 << 20,
                )),
                partition_bytes: whole(section.whole_number(
                    "parked_bytes",
                    1_000..=16 << 30,
                    256 << 20,
                )),
            },
            secrets: Secrets {
                now: section.secret("secret"),
                previous: section.optional_secret("previous_secret"),
            },
        }
    }
}
