//! What of the configuration this service reads: `prefix`, `[kafka]`, `[registry]`, `[store]`, `[sink]`.

use bangioc_feed::KafkaSettings;
use bangioc_feed::consume::Tuning;
use bangioc_feed::registry::RegistrySettings;
use bangioc_runtime::settings::Settings;
use bangioc_sink::{SinkSettings, StoreSettings};

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
    pub fn read(settings: &Settings) -> Config {
        let sink = settings.section("sink");
        Config {
            prefix: settings.prefix(),
            kafka: KafkaSettings::read(&settings.section("kafka")),
            registry: RegistrySettings::read(&settings.section("registry")),
            store: StoreSettings::read(&settings.section("store")),
            sink: SinkSettings::read(&sink),
            tuning: Tuning::read(&sink),
        }
    }
}
