//! `bangioc open-data`: publish, list, verify, serve.

use bangioc_open_data::listing::{list, list_table, published_table};
use bangioc_open_data::metrics::OpenMetrics;
use bangioc_open_data::set::OpenSet;
use bangioc_open_data::verify::{Verified, verify};
use bangioc_open_data::{OpenDataSettings, OpenError, Publisher, serve_only};
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::listener::ListenerSettings;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_runtime::tasks::TaskGroup;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::names::Side;
use bangioc_sink::StoreSettings;
use jiff::Timestamp;
use tokio::runtime::Handle;

use crate::output::Output;
use crate::{args, contract};

pub(crate) async fn run(
    command: args::OpenData,
    settings: &Settings,
    shutdown: Shutdown,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let open_data = OpenDataSettings::read(settings);
    let contracts = settings.contracts_dir();
    match command {
        args::OpenData::Publish { sets: wanted } => {
            let store = StoreSettings::of(settings, Side::Open);
            settings.finish()?;
            let publisher = Publisher {
                sets: sets(&contract::read(&contracts)?)?,
                settings: open_data,
                store,
                metrics: OpenMetrics::new(&Metrics::default()),
            };
            let chosen = chosen(&publisher.sets, &wanted)?;
            // It writes files between reading rows.
            let done = tokio::task::block_in_place(|| {
                Handle::current().block_on(publisher.publish(&chosen, Timestamp::now()))
            })?;
            out.show(&done, |done| published_table(done))
        }
        args::OpenData::List => {
            settings.finish()?;
            let sets = sets(&contract::read(&contracts)?)?;
            let listed = list(&open_data, &sets)?;
            out.show(&listed, |listed| list_table(listed))
        }
        args::OpenData::Verify { sets: wanted } => {
            settings.finish()?;
            let sets = sets(&contract::read(&contracts)?)?;
            let verified = verify(&open_data, &chosen(&sets, &wanted)?)?;
            out.show(&verified, |verified| verified_lines(verified))
        }
        args::OpenData::Serve => {
            let listen = settings.section("metrics").optional_text("listen");
            let listener = ListenerSettings::read(settings, "metrics");
            settings.finish()?;
            let sets = sets(&contract::read(&contracts)?)?;
            let metrics = Metrics::default();
            let mut group = TaskGroup::new(&shutdown);
            if let Some(listen) = listen {
                let (metrics, shutdown) = (metrics.clone(), shutdown.clone());
                group.spawn("metrics", async move {
                    metrics.serve(&listen, &listener, &shutdown).await
                });
            }
            group.spawn(
                "pages",
                async move { serve_only(open_data, sets, &metrics, shutdown).await },
            );
            group.wait().await
        }
    }
}

/// The open sets of the contracts; at least one.
pub(crate) fn sets(catalogue: &Catalogue) -> Result<Vec<OpenSet>, BoxFailure> {
    let sets = OpenSet::all(catalogue);
    if sets.is_empty() {
        return Err(OpenError::NoSets.into());
    }
    Ok(sets)
}

fn chosen<'s>(sets: &'s [OpenSet], wanted: &[String]) -> Result<Vec<&'s OpenSet>, BoxFailure> {
    if wanted.is_empty() {
        return Ok(sets.iter().collect());
    }
    let find = |id: &String| {
        sets.iter().find(|set| set.id == *id).ok_or_else(|| OpenError::UnknownSet {
            set: id.clone(),
            known: sets.iter().map(|set| set.id.clone()).collect(),
        })
    };
    Ok(wanted.iter().map(find).collect::<Result<_, _>>()?)
}

fn verified_lines(verified: &[Verified]) -> String {
    let lines: Vec<String> = verified
        .iter()
        .map(|set| {
            format!(
                "\u{2714} {}: {} files of {} revisions are as their manifests say, {} bytes",
                set.dataset, set.files, set.revisions, set.bytes
            )
        })
        .collect();
    lines.join("\n")
}
