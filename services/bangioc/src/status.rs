//! `bangioc status`: per dataset rows, seconds behind, parked keys, state and the next step; of both sides where there
//! are two.

use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::failure::{BoxFailure, Class, Exit};
use bangioc_runtime::local_time;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::shutdown::Shutdown;
use bangioc_runtime::terminal::Screen;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use bangioc_shared_store::status::{self, DatasetFilter, SideStatus, StatusReport, View};
use bangioc_sink::{SinkError, StoreSettings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sqlx::PgConnection;

use crate::args;
use crate::contract;
use crate::output::Output;
use crate::render;
use crate::usage::Refusal;

/// Between two looks of `--watch`.
const INTERVAL: Duration = Duration::from_secs(1);
/// Between looks at keyboard and size of the terminal.
const GLANCE: Duration = Duration::from_millis(100);

pub(crate) async fn run(
    wanted: args::Status,
    settings: &Settings,
    shutdown: &Shutdown,
    out: &mut Output,
) -> Result<Exit, BoxFailure> {
    let args::Status { watch, owner, state } = wanted;
    let store = StoreSettings::of(settings, Side::Shared);
    let open_store = settings
        .has_section(StoreSettings::section(Side::Open))
        .then(|| StoreSettings::of(settings, Side::Open));
    let (prefix, contracts) = (settings.prefix(), settings.contracts_dir());
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    if let Some(owner) = owner.as_deref()
        && !catalogue.iter().any(|contract| contract.owner.as_str() == owner)
    {
        return Err(Refusal::UnknownOwner { owner: owner.to_owned() }.into());
    }
    let side = |side, store| SideStore {
        side,
        contracts: contract::of_side(&catalogue, side),
        store,
        connection: None,
    };
    let mut stores = Stores {
        shared: side(Side::Shared, store),
        open: open_store.map(|store| side(Side::Open, store)),
        prefix,
        filter: DatasetFilter { owner, states: state },
    };
    let zone = local_time::zone();
    if watch {
        return follow(&mut stores, &zone, shutdown, out).await;
    }
    let report = stores.look().await?;
    let view = View { zone, size: None };
    out.show(&report, |report| report.to_text(&view))?;
    Ok(report.exit())
}

struct Stores {
    shared: SideStore,
    open: Option<SideStore>,
    prefix: String,
    filter: DatasetFilter,
}

struct SideStore {
    side: Side,
    contracts: Vec<Arc<Contract>>,
    store: StoreSettings,
    connection: Option<PgConnection>,
}

impl Stores {
    async fn look(&mut self) -> Result<StatusReport, SinkError> {
        let report = StatusReport {
            shared: self.shared.look(&self.prefix).await?,
            open: match &mut self.open {
                Some(open) => Some(open.look(&self.prefix).await?),
                None => None,
            },
        };
        Ok(report.only(&self.filter))
    }
}

impl SideStore {
    async fn look(&mut self, prefix: &str) -> Result<SideStatus, SinkError> {
        // Taken out: a connection that has failed is not asked again.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.store.connect("bangioc status").await?,
        };
        let seen = status::read(&mut connection, self.side, &self.contracts, prefix).await?;
        self.connection = Some(connection);
        Ok(seen)
    }
}

/// Until `q`, or a signal. Its exit says nothing of the datasets: a person has looked.
async fn follow(
    stores: &mut Stores,
    zone: &TimeZone,
    shutdown: &Shutdown,
    out: &mut Output,
) -> Result<Exit, BoxFailure> {
    // Here at the latest: what can't be had at all is said on the terminal as it was.
    let mut seen = Ok(stores.look().await?);
    let screen = out.is_text().then(Screen::open).flatten();
    loop {
        match &screen {
            None => frame(&seen, zone, out)?,
            Some(screen) => {
                if on_screen(screen, &seen, zone, shutdown).await {
                    return Ok(Exit::Ok);
                }
            }
        }
        if screen.is_none() {
            tokio::select! {
                () = tokio::time::sleep(INTERVAL) => {}
                () = shutdown.requested() => return Ok(Exit::Ok),
            }
        }
        seen = tokio::select! {
            seen = stores.look() => match seen {
                Err(failure) if bangioc_runtime::failure::Failure::class(&failure) != Class::Retry => return Err(failure.into()),
                seen => seen,
            },
            () = shutdown.requested() => return Ok(Exit::Ok),
        };
    }
}

/// For a pipe or a file: one whole answer after the other.
fn frame(
    seen: &Result<StatusReport, SinkError>,
    zone: &TimeZone,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    match seen {
        Ok(report) => {
            let view = View { zone: zone.clone(), size: None };
            out.show(report, |report| format!("{}\n{}\n", now(zone), report.to_text(&view)))?;
            if out.is_text() { out.text("") } else { Ok(()) }
        }
        Err(failure) => {
            bangioc_runtime::terminal::say(&render::failure(failure));
            Ok(())
        }
    }
}

/// One interval; true when it is to end.
async fn on_screen(
    screen: &Screen,
    seen: &Result<StatusReport, SinkError>,
    zone: &TimeZone,
    shutdown: &Shutdown,
) -> bool {
    let began = tokio::time::Instant::now();
    let mut drawn = None;
    while began.elapsed() < INTERVAL {
        let size = screen.size();
        if drawn != Some(size) {
            drawn = Some(size);
            if screen.draw(&whole(seen, zone, size)).is_err() {
                return true;
            }
        }
        tokio::select! {
            () = tokio::time::sleep(GLANCE) => {}
            () = shutdown.requested() => return true,
        }
        if screen.quits() {
            return true;
        }
    }
    false
}

fn whole(
    seen: &Result<StatusReport, SinkError>,
    zone: &TimeZone,
    (width, height): (usize, usize),
) -> Vec<String> {
    let mut lines = vec![format!("{}  `q` ends", now(zone))];
    match seen {
        Ok(report) => {
            let view = View { zone: zone.clone(), size: Some((width, height.saturating_sub(1))) };
            lines.extend(report.lines(&view));
        }
        Err(failure) => lines.extend(render::failure(failure).lines().map(str::to_owned)),
    }
    lines
}

fn now(zone: &TimeZone) -> String {
    Timestamp::now().to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M:%S%:z").to_string()
}
