//! Dead letters for people: what is parked and why, trying it again, giving it up.
//!
//! Everything happens in the store, in one transaction with the rows and the ledger; Kafka is not
//! touched. A key's row lock keeps a drain and the sink apart: the sink takes it `for share` when it
//! queues another record, a drain `for update`. Shows codes, columns and counts, and a row's key to those
//! who may know it; never another value.
//!
//! - [`list`]: parked keys, one by one ([`list::show`]); [`reason`]: why, in words, and which row
//! - [`replay`]: a key's queue applied in order, wholly or not at all
//! - [`discard`]: given up, by two people

pub mod discard;
pub mod error;
pub mod list;
pub mod reason;
pub mod replay;

use std::sync::Arc;

use bangioc_feed::registry::{RegistryClient, RegistrySettings};
use bangioc_runtime::settings::Settings;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_sink::StoreSettings;
use bangioc_sink::dataset::Dataset;
use bangioc_sink::decoders::Decoders;
use bangioc_sink::queue::QueueTools;
use bangioc_sink::seal::{Seal, Secrets};
use sqlx::PgConnection;

pub use error::DeadLetterError;

/// `prefix`, `[registry]`, the secret of `[sink]`, and `[store]` or, for the open side, `[open-store]`.
#[derive(Clone, Debug)]
pub struct Config {
    pub prefix: String,
    pub store: StoreSettings,
    pub registry: RegistrySettings,
    pub secrets: Secrets,
}

impl Config {
    /// Mistakes are found by [`Settings::finish`]. `[sink]` is read whole, as the sink itself would.
    pub fn read(settings: &Settings, side: Side) -> Config {
        let sink = settings.section("sink");
        let _ = bangioc_feed::consume::Tuning::read(&sink);
        Config {
            prefix: settings.prefix(),
            store: StoreSettings::of(settings, side),
            registry: RegistrySettings::read(&settings.section("registry")),
            secrets: bangioc_sink::SinkSettings::read(&sink).secrets,
        }
    }
}

/// The parked records of a store.
pub struct DeadLetters {
    connection: PgConnection,
    datasets: Vec<Dataset>,
    decoders: Decoders,
    seal: Seal,
}

impl DeadLetters {
    /// `contracts`: of the active datasets, of the side whose store it is.
    pub async fn open(
        config: &Config,
        contracts: Vec<Arc<Contract>>,
    ) -> Result<DeadLetters, DeadLetterError> {
        let mut connection = config.store.connect("bangioc dead-letter").await?;
        let seal = Seal::of_store(&mut connection, &config.secrets).await?;
        let datasets =
            contracts.into_iter().map(|contract| Dataset::new(contract, &config.prefix)).collect();
        // A person waits: a schema that the registry does not know now is unknown.
        let decoders =
            Decoders::new(RegistryClient::new(&config.registry), std::time::Duration::ZERO);
        Ok(DeadLetters { connection, datasets, decoders, seal })
    }

    fn parts(&mut self) -> (&mut PgConnection, QueueTools<'_>) {
        let tools =
            QueueTools { datasets: &self.datasets, decoders: &self.decoders, seal: &self.seal };
        (&mut self.connection, tools)
    }
}
