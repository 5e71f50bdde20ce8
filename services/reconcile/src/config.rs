//! What of the configuration a comparison reads: `[reconcile]`, where the sources are, both stores.

use std::path::{Path, PathBuf};
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_runtime::Secret;
use bangioc_runtime::settings::{Section, Settings, SettingsError};
use bangioc_runtime::tls::Tls;
use bangioc_schemas::names::Side;
use bangioc_sink::seal::Secrets;
use bangioc_sink::{SinkSettings, StoreSettings};

use crate::pace::Hours;

/// A department's database, and the login that its capture has there.
#[derive(Clone, Debug)]
pub struct SourceLogin {
    /// As in the contracts' `source`: `so-nnmt`.
    pub name: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Secret,
    pub database: String,
    pub tls: Tls,
}

impl SourceLogin {
    fn read(section: &Section<'_>) -> SourceLogin {
        let host = section.text("host");
        // A capture's own, which we have no use for: named, so that its file can be ours.
        let _ = ["slot", "publication"].map(|key| section.optional_text(key));
        let _ =
            ["lock_timeout", "statement_timeout"].map(|key| section.duration(key, Duration::ZERO));
        SourceLogin {
            name: section.text("name"),
            port: u16::try_from(section.whole_number("port", 1..=65_535, 5432)).unwrap_or(5432),
            user: section.text_or("user", "bangioc_capture"),
            password: section.secret("password"),
            database: section.text("database"),
            tls: Tls::read(section, &[host.as_str()]),
            host,
        }
    }

    pub fn address(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.database)
    }
}

/// How a comparison goes about it.
#[derive(Clone, Debug)]
pub struct Manner {
    /// Keys of one chunk.
    pub chunk_rows: u64,
    /// Rows per second read at a source; 0: as fast as both sides answer.
    pub rows_per_second: u64,
    /// How long a store may take to come to where its source was read.
    pub patience: Duration,
    /// Longest statement at a source.
    pub statement_timeout: Duration,
    /// When a scheduled comparison may run.
    pub hours: Option<Hours>,
    /// Between the beginnings of two scheduled comparisons.
    pub every: Duration,
    /// Ask for what differs, without a person.
    pub repair: bool,
}

#[derive(Clone, Debug)]
pub struct Config {
    pub prefix: String,
    pub sources: Vec<SourceLogin>,
    pub store: StoreSettings,
    pub open_store: Option<StoreSettings>,
    /// They name keys: of the shared store, and of the open one.
    pub secrets: Secrets,
    pub open_secrets: Secrets,
    pub manner: Manner,
    /// Where a scheduled comparison leaves its statements.
    pub statements_dir: Option<PathBuf>,
    /// Signs statements.
    pub signing_key: Option<Secret>,
    /// Only to ask for repairs.
    pub kafka: Option<KafkaSettings>,
}

impl Config {
    /// Mistakes of `settings` are found by [`Settings::finish`]; those of the files that name the sources here.
    pub fn read(settings: &Settings) -> Result<Config, SettingsError> {
        let section = settings.section("reconcile");
        let sink = settings.section("sink");
        let _ = bangioc_feed::consume::Tuning::read(&sink);
        let secrets = SinkSettings::read(&sink).secrets;
        let open_secrets = section
            .optional_secret("open_secret")
            .map_or_else(|| secrets.clone(), |now| Secrets { now, previous: None });
        let mut sources = Vec::new();
        if settings.has_section("source") {
            sources.push(SourceLogin::read(&settings.section("source")));
        }
        for file in section.names("sources") {
            sources.push(of_file(Path::new(&file))?);
        }
        Ok(Config {
            prefix: settings.prefix(),
            sources,
            store: StoreSettings::of(settings, Side::Shared),
            open_store: settings
                .has_section(StoreSettings::section(Side::Open))
                .then(|| StoreSettings::of(settings, Side::Open)),
            secrets,
            open_secrets,
            manner: Manner {
                chunk_rows: section.whole_number("chunk_rows", 10..=100_000, 5_000),
                rows_per_second: section.whole_number("rows_per_second", 0..=10_000_000, 0),
                patience: section.duration("patience", Duration::from_mins(1)),
                statement_timeout: section.duration("statement_timeout", Duration::from_mins(1)),
                hours: hours(&section),
                every: section.duration("every", Duration::from_hours(24)),
                repair: section.flag("repair", false),
            },
            statements_dir: section.optional_path("statements_dir"),
            signing_key: section.optional_secret("signing_key"),
            kafka: settings
                .has_section("kafka")
                .then(|| KafkaSettings::read(&settings.section("kafka"))),
        })
    }
}

fn hours(section: &Section<'_>) -> Option<Hours> {
    let text = section.optional_text("hours")?;
    let hours = Hours::parse(&text);
    if hours.is_none() {
        section.refuse(
            "hours",
            "are no hours of a day",
            "write two of them, in the province's time: `hours = \"22-5\"`",
        );
    }
    hours
}

/// The capture's own configuration names its source, and its login there: written once.
fn of_file(path: &Path) -> Result<SourceLogin, SettingsError> {
    let settings = Settings::load_with(Some(path), [])?;
    let login = SourceLogin::read(&settings.section("source"));
    settings.finish()?;
    Ok(login)
}
