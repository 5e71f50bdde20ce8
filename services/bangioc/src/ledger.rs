//! `bangioc ledger verify`: every record of the log, found again.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bangioc_feed::KafkaSettings;
use bangioc_feed::registry::{RegistryClient, RegistrySettings};
use bangioc_reconcile::ledger::{self, Ledger, PartitionBooks};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::table::thousands;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_sink::StoreSettings;
use bangioc_sink::decoders::Decoders;

use crate::output::Output;
use crate::{args, contract};

pub(crate) async fn run(
    command: args::Ledger,
    settings: &Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let args::Ledger::Verify { datasets, side } = command;
    let side = match side {
        args::Side::Shared => Side::Shared,
        args::Side::Open => Side::Open,
    };
    let kafka = KafkaSettings::read(&settings.section("kafka"));
    let registry = RegistrySettings::read(&settings.section("registry"));
    let store = StoreSettings::of(settings, side);
    let (prefix, contracts) = (settings.prefix(), settings.contracts_dir());
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    for dataset in &datasets {
        contract::find(&catalogue, dataset)?;
    }
    let contracts: Vec<Arc<Contract>> = contract::of_side(&catalogue, side)
        .into_iter()
        .filter(|contract| {
            datasets.is_empty() || datasets.iter().any(|name| name == contract.dataset.as_str())
        })
        .collect();
    let decoders = Decoders::new(RegistryClient::new(&registry), Duration::ZERO);
    let books = Ledger { kafka: &kafka, decoders: &decoders, store: &store, prefix: &prefix };
    let mut written = Ok(());
    let found = books.verify(&contracts, |books| {
        if out.is_text() && written.is_ok() {
            written = out.text(&lines(books));
        }
    });
    let found = Box::pin(found).await?;
    written?;
    if !out.is_text() {
        out.show(&found, |_| String::new())?;
    }
    Ok(ledger::verdict(&found)?)
}

fn lines(books: &PartitionBooks) -> String {
    let mut text = format!(
        "{} partition {}: {} records read again, {} offsets in the books, ",
        books.topic,
        books.partition,
        thousands(books.records),
        thousands(books.position),
    );
    if books.findings.is_empty() {
        text.push_str("all accounted for\n");
        return text;
    }
    text.push_str("WRONG\n");
    for finding in &books.findings {
        let _ = writeln!(
            text,
            "  {} from offset {}: {}",
            thousands(finding.records),
            finding.offset,
            finding.what.about()
        );
    }
    text
}
