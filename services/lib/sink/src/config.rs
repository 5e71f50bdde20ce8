//! What of the configuration a sink reads, of either side.

use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::Tuning;
use bangioc_feed::registry::RegistrySettings;
use bangioc_runtime::secret::Secret;
use bangioc_runtime::settings::{Section, Settings};
use bangioc_schemas::names::Side;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection};

use crate::discretion;
use crate::error::SinkError;

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
    pub tls: bool,
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
        StoreSettings {
            host: section.text_or("host", "127.0.0.1"),
            port: u16::try_from(section.whole_number("port", 1..=65_535, 5432)).unwrap_or(5432),
            user: section.text("user"),
            password: section.optional_secret("password"),
            database: section.text("database"),
            tls: section.choice("tls", &["off", "require"], "off") == "require",
        }
    }

    pub fn address(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }

    /// `who` appears in the store's `pg_stat_activity`.
    pub fn options(&self, who: &str) -> PgConnectOptions {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.host)
            .port(self.port)
            .username(&self.user)
            .database(&self.database)
            .application_name(who)
            .ssl_mode(if self.tls {
                PgSslMode::Require
            } else {
                PgSslMode::Disable
            })
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
                // Nobody but ours locks what is ours for long. Shorter than the wait for an end that was asked for.
                ("lock_timeout", "15s"),
            ])
            .disable_statement_logging();
        match &self.password {
            Some(password) => options.password(password.reveal()),
            None => options,
        }
    }

    pub async fn connect(&self, who: &str) -> Result<PgConnection, SinkError> {
        let options = self.options(who);
        let connected = async {
            let mut connection = PgConnection::connect_with(&options)
                .await
                .map_err(SinkError::from)?;
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
    /// Names parked keys and encrypts their payloads.
    pub secret: Secret,
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
            secret: section.secret("secret"),
        }
    }
}
