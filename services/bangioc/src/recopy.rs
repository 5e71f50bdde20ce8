//! The stores' side of a whole copy: what they made of it, and taking back what they believed before it.

use std::time::Duration;

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::table::thousands;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_sink::StoreSettings;
use bangioc_sink::dataset::Dataset;
use bangioc_sink::from_nothing::{self, SinceThen};
use tokio::time::Instant;

use crate::usage::Refusal;
use bangioc_runtime::terminal::say;

/// Between looks into the store, and how long it may take to apply what Kafka has.
const LOOK_AGAIN: Duration = Duration::from_millis(300);
const PATIENCE: Duration = Duration::from_mins(1);

/// Those that the configuration names.
pub(crate) struct Stores(Vec<(Side, StoreSettings)>);

impl Stores {
    pub(crate) fn read(settings: &Settings) -> Stores {
        let named = [Side::Shared, Side::Open]
            .into_iter()
            .filter(|side| settings.has_section(StoreSettings::section(*side)))
            .map(|side| (side, StoreSettings::of(settings, side)));
        Stores(named.collect())
    }

    /// Of each side that the dataset is on: the dataset as that store has it.
    fn with<'a>(
        &'a self,
        contract: &'a Contract,
        prefix: &'a str,
    ) -> impl Iterator<Item = (&'a StoreSettings, Dataset)> {
        self.0.iter().filter_map(move |(side, store)| {
            let contract = contract.on(*side)?;
            Some((store, Dataset::new(contract.clone().into(), prefix)))
        })
    }

    /// In every store; the shared one must be among them.
    pub(crate) async fn take_back(
        &self,
        contract: &Contract,
        prefix: &str,
    ) -> Result<(), BoxFailure> {
        for side in [Side::Shared, Side::Open] {
            if contract.on(side).is_some() && !self.0.iter().any(|(known, _)| *known == side) {
                let section = StoreSettings::section(side);
                return Err(Refusal::NoStore { section }.into());
            }
        }
        for (store, dataset) in self.with(contract, prefix) {
            let mut connection = store.connect("bangioc dataset recopy").await?;
            let done = from_nothing::take_back(&mut connection, &dataset).await?;
            say(&format!(
                "{}: {} rows and {} parked records count as older than anything now",
                store.address(),
                thousands(done.rows.unsigned_abs()),
                thousands(done.parked_records.unsigned_abs()),
            ));
        }
        Ok(())
    }

    /// Where they stand before a copy.
    pub(crate) async fn watch(&self, contract: &Contract, prefix: &str) -> Watched {
        let mut watched = Vec::new();
        for (store, dataset) in self.with(contract, prefix) {
            let standing = async {
                let mut connection = store.connect("bangioc dataset recopy").await?;
                from_nothing::standing(&mut connection, &dataset).await
            };
            match standing.await {
                Ok(then) => watched.push((store.clone(), dataset, then)),
                // It may not be made yet, or out of reach from here: the copy is none the worse.
                Err(failure) => say(&format!(
                    "what the copy changes in {} is not looked at: {failure}",
                    store.address()
                )),
            }
        }
        Watched(watched)
    }
}

/// A store, the dataset as its side has it, and where each partition stood.
type Stood = (StoreSettings, Dataset, Vec<(i32, i64)>);

pub(crate) struct Watched(Vec<Stood>);

impl Watched {
    /// Once the shared store has taken `rows` records: did they change anything?
    pub(crate) async fn judge(&self, rows: u64) -> Result<(), BoxFailure> {
        for (store, dataset, then) in &self.0 {
            let shared = dataset.contract.side == Side::Shared;
            let wanted = if shared { rows } else { 0 };
            let mut connection = store.connect("bangioc dataset recopy").await?;
            let end = Instant::now() + PATIENCE;
            let since = loop {
                let since = from_nothing::since(&mut connection, dataset, then).await?;
                if since.records.unsigned_abs() >= wanted {
                    break since;
                }
                if Instant::now() > end {
                    say(&format!(
                        "{} has not taken all of it yet: see `bangioc status`",
                        store.address()
                    ));
                    break since;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            };
            verdict(dataset, since)?;
        }
        Ok(())
    }
}

fn verdict(dataset: &Dataset, since: SinceThen) -> Result<(), Refusal> {
    if since.stale > 0 && since.stale * 2 > since.records {
        return Err(Refusal::CopyInVain {
            dataset: dataset.id().to_owned(),
            side: dataset.contract.side.as_str(),
            stale: since.stale,
            records: since.records,
        });
    }
    if since.stale > 0 {
        say(&format!(
            "{} of {} records were older than what the store has",
            thousands(since.stale.unsigned_abs()),
            thousands(since.records.unsigned_abs())
        ));
    }
    Ok(())
}
