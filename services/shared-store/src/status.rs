//! What `bangioc status` shows: per dataset how much is there, how far behind the source, what waits
//! for a person. Read from the side's store alone, in one look; rows are never counted for it.

mod table;

use std::sync::Arc;

use bangioc_schemas::contract::Contract;
use bangioc_schemas::names;
use bangioc_sink::SinkError;
use serde::Serialize;
use sqlx::PgConnection;

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
    /// Instances of the sink that are alive.
    pub instances: i64,
    pub datasets: Vec<DatasetStatus>,
}

#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct DatasetStatus {
    pub dataset: String,
    pub owner: String,
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
    /// Why the newest word of the source is not believed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distrust: Option<String>,
    pub state: State,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum State {
    /// `percent` only where the source can estimate its rows.
    Copying {
        percent: Option<u8>,
    },
    Streaming,
    /// Changes arrive, but rows may differ from the source until a copy is made, which waits for a yes.
    AwaitsCopy,
    /// Nothing was heard of the source yet.
    Waiting,
    /// No instance of the sink works on some partition.
    Stopped,
    /// Some partition of the sink has halted.
    Halted {
        code: String,
    },
    /// The capture sends nothing of this dataset any more; its log says why.
    SourceHalted,
    /// A person asked the capture to send nothing of this dataset.
    Paused,
}

/// One row of the query below.
type Found = (
    String,
    i64,
    i64,
    Option<String>,
    Option<f64>,
    Option<String>,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
    i64,
    Option<String>,
);

/// Reads the state of the datasets of `contracts`, all of the side whose store this is. A store that no sink has prepared yet shows all of
/// them as stopped.
pub async fn read(
    connection: &mut PgConnection,
    contracts: &[Arc<Contract>],
    prefix: &str,
) -> Result<SideStatus, SinkError> {
    let prepared: bool = sqlx::query_scalar("select to_regclass('flow.quarantined') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !prepared {
        let datasets = contracts
            .iter()
            .map(|contract| status(contract, None))
            .collect();
        return Ok(SideStatus {
            instances: 0,
            datasets,
        });
    }
    let topics: Vec<String> = contracts
        .iter()
        .map(|contract| names::topic(prefix, contract.side, &contract.owner, &contract.dataset))
        .collect();
    let found: Vec<Found> = sqlx::query_as(
        "select l.dataset, l.rows, l.idle, l.halted_code, \
         greatest(extract(epoch from now() - f.complete_at), 0)::float8, f.phase, f.estimated_rows, f.copied_rows, \
         (select count(*) from flow.parked_key k where k.dataset = l.dataset and k.state = 'parked'), \
         (select count(*) from flow.parked_record r where r.topic = l.topic and r.state = 'parked'), \
         (select coalesce(sum(q.next_offset - q.first_offset), 0)::bigint from flow.quarantined q where q.topic = l.topic), \
         f.distrust \
         from (select topic, dataset, sum(rows)::bigint as rows, \
         count(*) filter (where expires_at < now()) as idle, min(halted_code) as halted_code \
         from flow.lease group by topic, dataset) l \
         left join flow.freshness f on f.dataset = l.dataset where l.topic = any($1)",
    )
    .bind(topics)
    .fetch_all(&mut *connection)
    .await?;
    // An instance renews at a fifth of its lease, by default every 2 s.
    let instances = sqlx::query_scalar(
        "select count(*) from flow.instance where seen_at > now() - interval '30 seconds'",
    )
    .fetch_one(connection)
    .await?;
    let datasets = contracts
        .iter()
        .map(|contract| {
            status(
                contract,
                found
                    .iter()
                    .find(|found| found.0 == contract.dataset.as_str()),
            )
        })
        .collect();
    Ok(SideStatus {
        instances,
        datasets,
    })
}

fn status(contract: &Contract, found: Option<&Found>) -> DatasetStatus {
    let mut status = DatasetStatus {
        dataset: contract.dataset.to_string(),
        owner: contract.owner.to_string(),
        name_vi: contract.name.vi.clone(),
        name_en: contract.name.en.clone(),
        source_rows_estimate: None,
        store_rows: 0,
        seconds_behind: None,
        freshness_seconds: contract.freshness_seconds,
        parked_keys: 0,
        parked_records: 0,
        refused_records: 0,
        distrust: None,
        state: State::Stopped,
    };
    let Some((
        _,
        rows,
        idle,
        halted,
        behind,
        phase,
        estimated,
        copied,
        parked_keys,
        parked_records,
        refused_records,
        distrust,
    )) = found
    else {
        return status;
    };
    // PostgreSQL says -1 for a table that it never looked at.
    status.source_rows_estimate = estimated.filter(|rows| *rows >= 0);
    status.store_rows = *rows;
    status.parked_keys = *parked_keys;
    status.parked_records = *parked_records;
    status.refused_records = *refused_records;
    status.distrust.clone_from(distrust);
    status.state = match (halted, idle, phase.as_deref()) {
        (Some(code), ..) => State::Halted { code: code.clone() },
        (None, 1.., _) => State::Stopped,
        (None, _, None) => State::Waiting,
        (None, _, Some("copying")) => State::Copying {
            percent: percent(copied.unwrap_or(0), status.source_rows_estimate),
        },
        (None, _, Some("awaits-copy")) => State::AwaitsCopy,
        (None, _, Some("halted")) => State::SourceHalted,
        (None, _, Some("paused")) => State::Paused,
        (None, _, Some(_)) if behind.is_none() => State::Waiting,
        (None, _, Some(_)) => State::Streaming,
    };
    // Until the first copy is done the store is not behind: it is incomplete. And of what is not sent, nobody
    // knows.
    status.seconds_behind = behind.filter(|_| {
        !matches!(
            status.state,
            State::Copying { .. } | State::Waiting | State::SourceHalted | State::Paused
        )
    });
    status
}

/// Below 100 while it runs: the estimate may be short.
fn percent(copied: i64, estimated: Option<i64>) -> Option<u8> {
    let estimated = estimated.filter(|rows| *rows > 0)?;
    u8::try_from((copied.saturating_mul(100) / estimated).clamp(0, 99)).ok()
}
