//! `bangioc status`: per dataset rows, seconds behind, parked keys, state.

use std::io::IsTerminal as _;
use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_shared_store::status;
use bangioc_sink::StoreSettings;

use crate::contract;
use crate::output::Output;

/// Between two looks of `--watch`.
const INTERVAL: Duration = Duration::from_secs(1);

/// Cursor to the top left, then everything below it away: redraws without a flicker.
const REDRAW: &str = "\x1b[H\x1b[J";

pub(crate) async fn run(
    watch: bool,
    settings: &Settings,
    shutdown: &Shutdown,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let store = StoreSettings::read(&settings.section("store"));
    let (prefix, contracts) = (settings.prefix(), settings.contracts_dir());
    settings.finish()?;
    let contracts: Vec<_> = contract::read(&contracts)?
        .active()
        .cloned()
        .map(Arc::new)
        .collect();
    let mut connection = store.connect("bangioc status").await?;
    let redraw = if watch && std::io::stdout().is_terminal() {
        REDRAW
    } else {
        ""
    };
    loop {
        let report = status::read(&mut connection, &contracts, &prefix).await?;
        out.show(&report, |report| format!("{redraw}{}", report.to_table()))?;
        if !watch {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(INTERVAL) => {}
            () = shutdown.requested() => return Ok(()),
        }
    }
}
