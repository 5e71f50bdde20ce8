//! `bangioc trace`: one row from its commit to the store and, where it is public, to the open snapshots.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::registry::{RegistryClient, RegistrySettings};
use bangioc_open_data::OpenDataSettings;
use bangioc_open_data::find::{FoundIn, find};
use bangioc_open_data::set::OpenSet;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::terminal::say;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_shared_store::trace::{Places, SideTrace, TraceError, disclose, trace};
use bangioc_sink::dataset::Dataset;
use bangioc_sink::decoders::Decoders;
use bangioc_sink::seal::Seal;
use bangioc_sink::{SinkSettings, StoreSettings};
use serde::Serialize;

use crate::key::Key;
use crate::output::Output;
use crate::{args, contract, dataset};

/// Offsets between two signs of life of a long search.
const SIGN_OF_LIFE: i64 = 1_000_000;

#[derive(Serialize)]
struct Trace {
    dataset: String,
    source: String,
    table: String,
    shared: SideTrace,
    #[serde(skip_serializing_if = "Option::is_none")]
    open: Option<SideTrace>,
    snapshots: Vec<FoundIn>,
    #[serde(skip_serializing_if = "Option::is_none")]
    values: Option<serde_json::Value>,
}

pub(crate) async fn run(
    wanted: args::Trace,
    settings: &Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let kafka = KafkaSettings::read(&settings.section("kafka"));
    let registry = RegistrySettings::read(&settings.section("registry"));
    let store = StoreSettings::of(settings, Side::Shared);
    let open_store = settings
        .has_section(StoreSettings::section(Side::Open))
        .then(|| StoreSettings::of(settings, Side::Open));
    let open_data = settings.has_section("open-data").then(|| OpenDataSettings::read(settings));
    let secrets = wanted.values.then(|| SinkSettings::read(&settings.section("sink")).secrets);
    let (prefix, contracts) = (settings.prefix(), settings.contracts_dir());
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    let contract = dataset::active(&catalogue, &wanted.dataset)?;
    let key = Key::read(contract, wanted.key)?;
    let decoders = Decoders::new(RegistryClient::new(&registry), Duration::ZERO);
    let follow = async |contract: &Contract, store: &StoreSettings| {
        let dataset = Dataset::new(Arc::new(contract.clone()), &prefix);
        let mut connection = store.connect("bangioc trace").await?;
        let places = Places { kafka: &kafka, decoders: &decoders, dataset: &dataset };
        let told = AtomicI64::new(0);
        let shown = |done: i64, of: i64| {
            if done - told.load(Ordering::Relaxed) >= SIGN_OF_LIFE {
                told.store(done, Ordering::Relaxed);
                say(&format!("looked through {done} of {of} records"));
            }
        };
        trace(&places, &mut connection, key.texts(), &shown).await
    };
    let shared = follow(contract, &store).await?;
    let open = match (contract.on(Side::Open), &open_store) {
        (Some(contract), Some(store)) => Some(follow(contract, store).await?),
        _ => None,
    };
    let snapshots = match open_data {
        Some(open_data) => {
            let names = contract.key_columns().map(|column| column.name.clone());
            let pairs: Vec<_> = names.zip(key.texts().iter().cloned()).collect();
            let sets = OpenSet::all(&catalogue);
            find(&open_data, &sets, &wanted.dataset, &pairs)?
        }
        None => Vec::new(),
    };
    let values = match (secrets, wanted.purpose) {
        (Some(secrets), Some(purpose)) => {
            let dataset = Dataset::new(Arc::new(contract.clone()), &prefix);
            let mut connection = store.connect("bangioc trace").await?;
            let seal = Seal::of_store(&mut connection, &secrets).await.map_err(TraceError::from)?;
            disclose(&mut connection, &dataset, key.texts(), &seal, &purpose).await?
        }
        _ => None,
    };
    let trace = Trace {
        dataset: wanted.dataset,
        source: contract.source.source.clone(),
        table: contract.source.full_name(),
        shared,
        open,
        snapshots,
        values,
    };
    out.show(&trace, page)
}

fn page(trace: &Trace) -> String {
    let mut text = format!(
        "a row of {}, {} at {}\n\n{}",
        trace.dataset,
        trace.table,
        trace.source,
        trace.shared.to_text()
    );
    if let Some(open) = &trace.open {
        let _ = write!(text, "\n{}", open.to_text());
    }
    if !trace.snapshots.is_empty() {
        text.push_str("\nOPEN SNAPSHOTS\n");
    }
    for found in &trace.snapshots {
        let (set, resource) = (&found.set, &found.resource);
        let said = match (&found.revision, found.published_at, found.has_row) {
            (None, ..) => "never published".to_owned(),
            (Some(revision), at, has_row) => format!(
                "{} in revision {revision}{}",
                match has_row {
                    Some(true) => "there",
                    Some(false) => "not there",
                    None => "summed up",
                },
                at.map_or_else(String::new, |at| format!(", published {at}"))
            ),
        };
        let _ = writeln!(text, "  {set}/{resource}: {said}");
    }
    if let Some(values) = &trace.values {
        let pretty = serde_json::to_string_pretty(values).unwrap_or_default();
        let _ = write!(text, "\nVALUES, on record\n{pretty}\n");
    }
    text
}
