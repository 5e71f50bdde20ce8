//! What a capture is told: its source, Kafka, the registry, and how fast it may copy.

use std::time::Duration;

use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::produce::Tuning;
use bangioc_feed::registry::RegistrySettings;
use bangioc_runtime::Secret;
use bangioc_runtime::settings::{Section, Settings};
use bangioc_runtime::tls::Tls;

use crate::pinned::QuestionLimits;

/// Of a question that reads no table.
const BRISK: Duration = Duration::from_secs(30);

/// The database that is captured, and who we are there.
#[derive(Clone, Debug)]
pub struct SourceSettings {
    /// As in the contracts' `source`: `so-nnmt`.
    pub name: String,
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Secret,
    pub database: String,
    pub tls: Tls,
    pub slot: String,
    pub publication: String,
    /// Of each question about one table: one that takes longer waits with its dataset alone.
    pub limits: QuestionLimits,
}

impl SourceSettings {
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// For questions about nothing but the catalogue and the log: short ones, whatever a table's rows may take.
    pub(crate) fn brisk(&self) -> SourceSettings {
        let mut source = self.clone();
        source.limits.statement = source.limits.statement.min(BRISK);
        source
    }

    pub fn read(section: &Section<'_>) -> SourceSettings {
        let name = section.text("name");
        let slot_default = format!("bangioc_{}", name.replace('-', "_"));
        let host = section.text("host");
        let port = section.whole_number("port", 1..=65_535, 5432);
        let user = section.text_or("user", "bangioc_capture");
        let password = section.secret("password");
        let database = section.text("database");
        let tls = Tls::read(section, &[host.as_str()]);
        SourceSettings {
            name,
            host,
            port: u16::try_from(port).unwrap_or(5432),
            user,
            password,
            database,
            tls,
            slot: section.text_or("slot", &slot_default),
            publication: section.text_or("publication", "bangioc"),
            limits: QuestionLimits {
                lock: section.duration("lock_timeout", Duration::from_secs(3)),
                statement: section.duration("statement_timeout", Duration::from_mins(10)),
            },
        }
    }
}

/// How a copy goes about it.
#[derive(Clone, Debug)]
pub struct CopySettings {
    /// Rows of one chunk; fewer when they are wide.
    pub chunk_rows: u64,
    /// Chunks read and not yet acknowledged by Kafka. Each holds at most some 8 MiB.
    pub chunks_in_flight: usize,
    /// Rows per second that a copy may read from the source; 0: as fast as the rest follows.
    pub rows_per_second: u64,
    /// Rows up to which a dataset whose catalogue has changed is copied again by itself; beyond, a person is
    /// asked.
    pub recopy_rows: u64,
    /// Keys that each asker may have copied in a minute; what is beyond waits.
    pub keys_per_minute: u32,
}

#[derive(Clone, Debug)]
pub struct CaptureConfig {
    pub prefix: String,
    pub source: SourceSettings,
    pub kafka: KafkaSettings,
    pub registry: RegistrySettings,
    pub copy: CopySettings,
    pub tuning: Tuning,
    /// How often progress is written and the position confirmed, while there is something to confirm.
    pub confirm_interval: Duration,
    /// When nothing has moved for this long, a message of our own is written at the source, so that its
    /// log can be let go and "idle" differs from "dead".
    pub heartbeat_interval: Duration,
    /// How often the full map of positions is written.
    pub full_progress_interval: Duration,
    /// How often a capture that runs looks at its source again, as `bangioc source check` does.
    pub check_interval: Duration,
    /// A slot that may fill the source's disk is refused unless this is set.
    pub allow_unlimited_wal: bool,
    /// Largest record, in bytes; a row beyond it travels without its largest columns.
    pub record_bytes: usize,
}

impl CaptureConfig {
    pub fn read(settings: &Settings) -> CaptureConfig {
        let prefix = settings.prefix();
        let source = SourceSettings::read(&settings.section("source"));
        let kafka = KafkaSettings::read(&settings.section("kafka"));
        let registry = RegistrySettings::read(&settings.section("registry"));
        let section = settings.section("capture");
        CaptureConfig {
            prefix,
            source,
            kafka,
            registry,
            copy: CopySettings {
                chunk_rows: section.whole_number("chunk_rows", 1..=1_000_000, 10_000),
                chunks_in_flight: usize::try_from(section.whole_number(
                    "chunks_in_flight",
                    1..=16,
                    3,
                ))
                .unwrap_or(3),
                rows_per_second: section.whole_number("rows_per_second", 0..=10_000_000, 0),
                recopy_rows: section.whole_number("recopy_rows", 0..=1_000_000_000_000, 1_000_000),
                keys_per_minute: u32::try_from(section.whole_number(
                    "keys_per_minute",
                    60..=1_000_000,
                    6_000,
                ))
                .unwrap_or(6_000),
            },
            confirm_interval: section.duration("confirm_interval", Duration::from_millis(500)),
            heartbeat_interval: section.duration("heartbeat_interval", Duration::from_secs(10)),
            full_progress_interval: section
                .duration("full_progress_interval", Duration::from_mins(1)),
            check_interval: section.duration("check_interval", Duration::from_hours(1)),
            tuning: Tuning::read(&section),
            allow_unlimited_wal: section.flag("allow_unlimited_wal", false),
            record_bytes: usize::try_from(section.whole_number(
                "record_bytes",
                1_000..=8_000_000,
                4 << 20,
            ))
            .unwrap_or(4 << 20),
        }
    }
}
