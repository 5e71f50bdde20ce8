//! `bangioc status`: per dataset rows, seconds behind, parked keys, state; of both sides where there are two.

use std::time::Duration;

use bangioc_runtime::failure::{BoxFailure, Exit};
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_schemas::names::Side;
use bangioc_shared_store::status::{self, StatusReport};
use bangioc_sink::StoreSettings;

use crate::contract;
use crate::output::Output;

/// Between two looks of `--watch`.
const INTERVAL: Duration = Duration::from_secs(1);

pub(crate) async fn run(
    watch: bool,
    settings: &Settings,
    shutdown: &Shutdown,
    out: &mut Output,
) -> Result<Exit, BoxFailure> {
    let store = StoreSettings::of(settings, Side::Shared);
    let open_store = settings
        .has_section(StoreSettings::section(Side::Open))
        .then(|| StoreSettings::of(settings, Side::Open));
    let (prefix, contracts) = (settings.prefix(), settings.contracts_dir());
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    let shared = contract::of_side(&catalogue, Side::Shared);
    let open = contract::of_side(&catalogue, Side::Open);
    let mut connection = store.connect("bangioc status").await?;
    let mut open_connection = match open_store {
        Some(store) => Some(store.connect("bangioc status").await?),
        None => None,
    };
    loop {
        let report = StatusReport {
            shared: status::read(&mut connection, &shared, &prefix).await?,
            open: match &mut open_connection {
                Some(connection) => Some(status::read(connection, &open, &prefix).await?),
                None => None,
            },
        };
        if !watch {
            out.show(&report, StatusReport::to_table)?;
            return Ok(report.exit());
        }
        out.show_again(&report, StatusReport::to_table)?;
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.requested() => return Ok(Exit::Ok),
        }
    }
}
