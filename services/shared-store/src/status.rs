//! What `bangioc status` shows: per dataset how much is there, how far behind the source, what stands in its way since
//! when, and the next step. Read from the side's store alone, in one look; rows are never counted for it.

mod view;

use std::sync::Arc;

use bangioc_runtime::failure::Exit;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::{self, Side};
use bangioc_sink::SinkError;
use bangioc_sink::standing::{self, DatasetStanding, Shelf, StandingState, Warning};
use serde::Serialize;
use sqlx::PgConnection;

pub use view::View;

/// Both sides, or the shared one alone where no open store is configured.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct StatusReport {
    #[serde(flatten)]
    pub shared: SideStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<SideStatus>,
}

/// State of all datasets of one side at one moment.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SideStatus {
    #[serde(skip)]
    pub side: Side,
    /// Instances of the sink that are alive.
    pub instances: i64,
    pub datasets: Vec<DatasetStatus>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DatasetStatus {
    pub dataset: String,
    pub owner: String,
    pub source: String,
    pub name_vi: String,
    pub name_en: String,
    /// PostgreSQL's own estimate at the source; a live database is never counted.
    pub source_rows_estimate: Option<i64>,
    /// Exact, from the sink's books.
    pub store_rows: i64,
    /// Everything that the source committed longer ago than this is in the store.
    pub seconds_behind: Option<f64>,
    /// Goal of the contract.
    pub freshness_seconds: u32,
    pub parked_keys: i64,
    pub parked_records: i64,
    /// Records of which only the place is kept; `bangioc explain BG0425` and those after it.
    pub refused_records: i64,
    /// Rows taken as they are although they look odd.
    #[serde(skip_serializing_if = "Warned::is_nothing")]
    pub warnings: Warned,
    pub state: StandingState,
    /// The command to type, or what is waited for; none where nothing is to be done about the state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<String>,
    /// What the check of its source found, and nothing is lost by it yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source_warning: Option<Warning>,
}

/// How often each warning was met. A record that comes again is counted again.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Warned {
    #[serde(rename = "W_NFC")]
    pub nfc: i64,
    #[serde(rename = "W_WHITESPACE")]
    pub whitespace: i64,
}

impl Warned {
    fn is_nothing(&self) -> bool {
        *self == Warned::default()
    }
}

/// Which datasets are shown.
#[derive(Clone, Default, Debug)]
pub struct DatasetFilter {
    pub owner: Option<String>,
    /// Names of states; without one, all.
    pub states: Vec<String>,
}

/// Reads the state of the datasets of `contracts`, all of the side whose store this is. A store that no sink has prepared
/// yet shows all of them as stopped.
pub async fn read(
    connection: &mut PgConnection,
    side: Side,
    contracts: &[Arc<Contract>],
    prefix: &str,
) -> Result<SideStatus, SinkError> {
    let shelves: Vec<Shelf> = contracts
        .iter()
        .map(|contract| Shelf {
            dataset: contract.dataset.to_string(),
            topic: names::topic(prefix, contract.side, &contract.owner, &contract.dataset),
            progress_topic: names::progress_topic(prefix, contract.side, &contract.source.source),
        })
        .collect();
    let standings = standing::read(&mut *connection, &shelves).await?;
    let instances =
        match &standings {
            None => 0,
            // An instance renews at a fifth of its lease, by default every 2 s.
            Some(_) => sqlx::query_scalar(
                "select count(*) from flow.instance where seen_at > now() - interval '30 seconds'",
            )
            .fetch_one(connection)
            .await?,
        };
    let standings = standings.unwrap_or_default();
    let of = |contract: &Contract| {
        standings.iter().find(|standing| standing.dataset == contract.dataset.as_str())
    };
    let datasets = contracts.iter().map(|contract| status(contract, side, of(contract)));
    Ok(SideStatus { side, instances, datasets: datasets.collect() })
}

fn status(contract: &Contract, side: Side, standing: Option<&DatasetStanding>) -> DatasetStatus {
    let dataset = contract.dataset.as_str();
    let state =
        standing.map_or(StandingState::Stopped { since: None }, |standing| standing.state.clone());
    let count = |of: fn(&DatasetStanding) -> i64| standing.map_or(0, of);
    DatasetStatus {
        dataset: dataset.to_owned(),
        owner: contract.owner.to_string(),
        source: contract.source.source.clone(),
        name_vi: contract.name.vi.clone(),
        name_en: contract.name.en.clone(),
        source_rows_estimate: standing.and_then(|standing| standing.source_rows_estimate),
        store_rows: count(|standing| standing.store_rows),
        seconds_behind: standing.and_then(|standing| standing.seconds_behind),
        freshness_seconds: contract.freshness_seconds,
        parked_keys: count(|standing| standing.parked_keys),
        parked_records: count(|standing| standing.parked_records),
        refused_records: count(|standing| standing.refused_records),
        warnings: standing.map_or_else(Warned::default, |standing| Warned {
            nfc: standing.nfc,
            whitespace: standing.whitespace,
        }),
        next_step: state.next_step(dataset, side),
        state,
        source_warning: standing.and_then(|standing| standing.warning.clone()),
    }
}

impl StatusReport {
    fn sides(&self) -> impl Iterator<Item = &SideStatus> {
        std::iter::once(&self.shared).chain(&self.open)
    }

    /// For whoever asks by a program: halted when some dataset is, failed when some does not get on, else ok.
    pub fn exit(&self) -> Exit {
        let datasets = self.sides().flat_map(|side| &side.datasets);
        let exits = datasets.map(|dataset| dataset.state.exit());
        exits.max_by_key(|exit| *exit as u8).unwrap_or(Exit::Ok)
    }

    /// The datasets that are asked for, the worst first.
    #[must_use]
    pub fn only(mut self, filter: &DatasetFilter) -> StatusReport {
        for side in std::iter::once(&mut self.shared).chain(&mut self.open) {
            side.datasets.retain(|dataset| {
                let wanted = filter.states.iter().any(|name| name == dataset.state.name());
                filter.owner.as_ref().is_none_or(|owner| *owner == dataset.owner)
                    && (filter.states.is_empty() || wanted)
            });
            // Stable: what is equally bad stays in the contracts' order.
            side.datasets.sort_by_key(DatasetStatus::rank);
        }
        self
    }
}

impl DatasetStatus {
    /// Later than its contract promises.
    fn is_late(&self) -> bool {
        self.seconds_behind.is_some_and(|behind| behind > f64::from(self.freshness_seconds))
    }

    /// The worst first: what stands in its way, then what is late, then what has parked keys.
    fn rank(&self) -> (usize, bool, bool) {
        (self.state.rank(), !self.is_late(), self.parked_keys == 0)
    }
}
