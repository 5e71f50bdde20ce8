//! What `bangioc status` shows: per dataset how much is there, how far behind the source, what waits
//! for a person. Read from the side's store alone, in one look; rows are never counted for it.

mod table;

use std::sync::Arc;

use bangioc_runtime::failure::Exit;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names;
use bangioc_sink::SinkError;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

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
    /// Rows taken as they are although they look odd.
    #[serde(skip_serializing_if = "Warned::is_nothing")]
    pub warnings: Warned,
    pub state: State,
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
        /// RFC 3339, UTC.
        since: Option<String>,
        /// What stands in the way; the sink looks whether it is gone, and then goes on by itself. None: it stays so
        /// until the service is started again.
        #[serde(skip_serializing_if = "Option::is_none")]
        waits_for: Option<String>,
    },
    /// Some partition does not get on and tries again.
    Retrying {
        code: String,
        /// RFC 3339, UTC.
        since: String,
        waits_for: String,
        tries: i64,
    },
    /// The capture sends nothing of this dataset any more; its log says why.
    SourceHalted,
    /// A person asked the capture to send nothing of this dataset.
    Paused,
}

/// What the books say of a dataset.
struct Books {
    dataset: String,
    rows: i64,
    idle: i64,
    nfc: i64,
    whitespace: i64,
    halted_code: Option<String>,
    halted_at: Option<String>,
    waits_code: Option<String>,
    waits_since: Option<String>,
    waits_for: Option<String>,
    tries: i64,
    behind: Option<f64>,
    phase: Option<String>,
    estimated_rows: Option<i64>,
    copied_rows: Option<i64>,
    parked_keys: i64,
    parked_records: i64,
    refused_records: i64,
    distrust: Option<String>,
}

impl Books {
    fn read(row: &PgRow) -> Result<Books, sqlx::Error> {
        Ok(Books {
            dataset: row.try_get("dataset")?,
            rows: row.try_get("rows")?,
            idle: row.try_get("idle")?,
            nfc: row.try_get("nfc")?,
            whitespace: row.try_get("whitespace")?,
            halted_code: row.try_get("halted_code")?,
            halted_at: row.try_get("halted_at")?,
            waits_code: row.try_get("waits_code")?,
            waits_since: row.try_get("waits_since")?,
            waits_for: row.try_get("waits_for")?,
            tries: row.try_get("tries")?,
            behind: row.try_get("behind")?,
            phase: row.try_get("phase")?,
            estimated_rows: row.try_get("estimated_rows")?,
            copied_rows: row.try_get("copied_rows")?,
            parked_keys: row.try_get("parked_keys")?,
            parked_records: row.try_get("parked_records")?,
            refused_records: row.try_get("refused_records")?,
            distrust: row.try_get("distrust")?,
        })
    }
}

/// Of one dataset's partitions the one that halted, else the one that tries longest, speaks for all.
const BOOKS: &str = "select l.*, greatest(extract(epoch from now() - f.complete_at), 0)::float8 as behind, f.phase, \
    f.estimated_rows, f.copied_rows, \
    (select count(*) from flow.parked_key k where k.dataset = l.dataset and k.state = 'parked') as parked_keys, \
    (select count(*) from flow.parked_record r where r.topic = l.topic and r.state = 'parked') as parked_records, \
    (select coalesce(sum(q.next_offset - q.first_offset), 0)::bigint from flow.quarantined q where q.topic = l.topic) \
    as refused_records, f.distrust \
    from (select distinct on (topic) topic, dataset, sum(rows) over part::bigint as rows, \
    count(*) filter (where expires_at < now()) over part as idle, \
    sum(nfc) over part::bigint as nfc, sum(whitespace) over part::bigint as whitespace, halted_code, \
    to_char(halted_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as halted_at, waits_code, \
    to_char(waits_since at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') as waits_since, waits_for, tries \
    from flow.lease where topic = any($1) window part as (partition by topic) \
    order by topic, halted_at nulls last, flow.lease.waits_since nulls last) l \
    left join flow.freshness f on f.dataset = l.dataset";

/// Reads the state of the datasets of `contracts`, all of the side whose store this is. A store that no sink has prepared yet shows all of
/// them as stopped.
pub async fn read(
    connection: &mut PgConnection,
    contracts: &[Arc<Contract>],
    prefix: &str,
) -> Result<SideStatus, SinkError> {
    let prepared: bool = sqlx::query_scalar("select to_regclass('flow.made_column') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !prepared {
        let datasets = contracts.iter().map(|contract| status(contract, None)).collect();
        return Ok(SideStatus { instances: 0, datasets });
    }
    let topics: Vec<String> = contracts
        .iter()
        .map(|contract| names::topic(prefix, contract.side, &contract.owner, &contract.dataset))
        .collect();
    let found = sqlx::query(BOOKS).bind(topics).fetch_all(&mut *connection).await?;
    let found: Vec<Books> = found.iter().map(Books::read).collect::<Result<_, _>>()?;
    // An instance renews at a fifth of its lease, by default every 2 s.
    let instances = sqlx::query_scalar(
        "select count(*) from flow.instance where seen_at > now() - interval '30 seconds'",
    )
    .fetch_one(connection)
    .await?;
    let datasets = contracts
        .iter()
        .map(|contract| {
            status(contract, found.iter().find(|found| found.dataset == contract.dataset.as_str()))
        })
        .collect();
    Ok(SideStatus { instances, datasets })
}

fn status(contract: &Contract, found: Option<&Books>) -> DatasetStatus {
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
        warnings: Warned::default(),
        state: State::Stopped,
    };
    let Some(books) = found else {
        return status;
    };
    // PostgreSQL says -1 for a table that it never looked at.
    status.source_rows_estimate = books.estimated_rows.filter(|rows| *rows >= 0);
    status.store_rows = books.rows;
    status.parked_keys = books.parked_keys;
    status.parked_records = books.parked_records;
    status.refused_records = books.refused_records;
    status.distrust.clone_from(&books.distrust);
    status.warnings = Warned { nfc: books.nfc, whitespace: books.whitespace };
    status.state = state(books, status.source_rows_estimate);
    // Until the first copy is done the store is not behind: it is incomplete. And of what is not sent, nobody
    // knows.
    status.seconds_behind = books.behind.filter(|_| {
        !matches!(
            status.state,
            State::Copying { .. } | State::Waiting | State::SourceHalted | State::Paused
        )
    });
    status
}

/// What stands in the way of it comes first.
fn state(books: &Books, estimated: Option<i64>) -> State {
    if let Some(code) = &books.halted_code {
        return State::Halted {
            code: code.clone(),
            since: books.halted_at.clone(),
            waits_for: books.waits_for.clone(),
        };
    }
    if books.idle > 0 {
        return State::Stopped;
    }
    if let (Some(code), Some(since)) = (&books.waits_code, &books.waits_since) {
        return State::Retrying {
            code: code.clone(),
            since: since.clone(),
            waits_for: books.waits_for.clone().unwrap_or_default(),
            tries: books.tries,
        };
    }
    match books.phase.as_deref() {
        None => State::Waiting,
        Some("copying") => {
            State::Copying { percent: percent(books.copied_rows.unwrap_or(0), estimated) }
        }
        Some("awaits-copy") => State::AwaitsCopy,
        Some("halted") => State::SourceHalted,
        Some("paused") => State::Paused,
        Some(_) if books.behind.is_none() => State::Waiting,
        Some(_) => State::Streaming,
    }
}

impl StatusReport {
    /// For whoever asks by a program: halted when some dataset is, failed when some does not get on, else ok.
    pub fn exit(&self) -> Exit {
        let sides = std::iter::once(&self.shared).chain(&self.open);
        let exits = sides.flat_map(|side| &side.datasets).map(|dataset| match dataset.state {
            State::Halted { .. } | State::SourceHalted | State::AwaitsCopy => Exit::Halted,
            State::Retrying { .. } | State::Stopped => Exit::Failed,
            State::Copying { .. } | State::Streaming | State::Waiting | State::Paused => Exit::Ok,
        });
        exits.max_by_key(|exit| *exit as u8).unwrap_or(Exit::Ok)
    }
}

/// Below 100 while it runs: the estimate may be short.
fn percent(copied: i64, estimated: Option<i64>) -> Option<u8> {
    let estimated = estimated.filter(|rows| *rows > 0)?;
    u8::try_from((copied.saturating_mul(100) / estimated).clamp(0, 99)).ok()
}
