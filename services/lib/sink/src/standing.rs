//! How each dataset stands, as the books of one store and the newest word of its source say: what people see by
//! `bangioc status`, and what `/metrics` shows of it. In one look; rows are never counted for it.

mod state;

use std::collections::BTreeMap;

use bangioc_change::progress::{DatasetProgress, Obstacle, ObstacleKind};
use jiff::Timestamp;
use serde::Deserialize;
use sqlx::postgres::PgRow;
use sqlx::{PgConnection, Row as _};

pub use state::{SourcePhase, StandingState, Warning};

use crate::clock::now_us;
use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::freshness::SILENCE_US;
use crate::refusal::RecordRefusal;

/// Of a dataset that has books; none is made before a sink has prepared the store.
#[derive(Clone, PartialEq, Debug)]
pub struct DatasetStanding {
    pub dataset: String,
    /// PostgreSQL's own estimate at the source.
    pub source_rows_estimate: Option<i64>,
    /// Exact, from the sink's books.
    pub store_rows: i64,
    /// Everything that the source committed longer ago than this, in seconds, is in the store.
    pub seconds_behind: Option<f64>,
    pub parked_keys: i64,
    pub parked_records: i64,
    /// Records of which only the place is kept.
    pub refused_records: i64,
    /// Rows taken as they are although their texts look odd.
    pub nfc: i64,
    pub whitespace: i64,
    pub state: StandingState,
    /// Found at the source, and nothing is lost by it yet.
    pub warning: Option<Warning>,
}

/// Where the books have a dataset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shelf {
    pub dataset: String,
    pub topic: String,
    pub progress_topic: String,
}

impl Shelf {
    pub(crate) fn of(dataset: &Dataset) -> Shelf {
        Shelf {
            dataset: dataset.id().to_owned(),
            topic: dataset.topic.clone(),
            progress_topic: dataset.progress_topic.clone(),
        }
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
    (extract(epoch from nullif(max(expires_at) filter (where expires_at < now()) over part, '-infinity')) * 1e6)::bigint \
    as idle_since_us, sum(nfc) over part::bigint as nfc, sum(whitespace) over part::bigint as whitespace, halted_code, \
    (extract(epoch from halted_at) * 1e6)::bigint as halted_at_us, waits_code, \
    (extract(epoch from waits_since) * 1e6)::bigint as waits_since_us, waits_for, tries \
    from flow.lease where topic = any($1) window part as (partition by topic) \
    order by topic, halted_at nulls last, flow.lease.waits_since nulls last) l \
    left join flow.freshness f on f.dataset = l.dataset";

/// What the books say of a dataset.
struct Books {
    dataset: String,
    rows: i64,
    idle: i64,
    idle_since_us: Option<i64>,
    nfc: i64,
    whitespace: i64,
    halted_code: Option<String>,
    halted_at_us: Option<i64>,
    waits_code: Option<String>,
    waits_since_us: Option<i64>,
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
            idle_since_us: row.try_get("idle_since_us")?,
            nfc: row.try_get("nfc")?,
            whitespace: row.try_get("whitespace")?,
            halted_code: row.try_get("halted_code")?,
            halted_at_us: row.try_get("halted_at_us")?,
            waits_code: row.try_get("waits_code")?,
            waits_since_us: row.try_get("waits_since_us")?,
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

/// The newest that a source has said, as far as it is needed here.
#[derive(Default, Deserialize)]
struct SourceWord {
    #[serde(default)]
    datasets: BTreeMap<String, DatasetProgress>,
    #[serde(default)]
    heard_us: i64,
}

/// Of the datasets on `shelves`, those that have books. None: no sink has prepared this store yet.
pub async fn read(
    connection: &mut PgConnection,
    shelves: &[Shelf],
) -> Result<Option<Vec<DatasetStanding>>, SinkError> {
    let prepared: bool = sqlx::query_scalar("select to_regclass('flow.made_column') is not null")
        .fetch_one(&mut *connection)
        .await?;
    if !prepared {
        return Ok(None);
    }
    let topics: Vec<&str> = shelves.iter().map(|shelf| shelf.topic.as_str()).collect();
    let books = sqlx::query(BOOKS).bind(topics).fetch_all(&mut *connection).await?;
    let sources: Vec<&str> = shelves.iter().map(|shelf| shelf.progress_topic.as_str()).collect();
    let words: Vec<(String, Option<String>)> = sqlx::query_as(
        "select progress_topic, newest::text from flow.progress_position where progress_topic = any($1)",
    )
    .bind(sources)
    .fetch_all(connection)
    .await?;
    let words: BTreeMap<String, SourceWord> = words
        .into_iter()
        .map(|(topic, newest)| {
            let word = newest.and_then(|newest| serde_json::from_str(&newest).ok());
            (topic, word.unwrap_or_default())
        })
        .collect();
    let now_us = now_us();
    let mut standings = Vec::new();
    for books in books.iter().map(Books::read) {
        let books = books?;
        let shelf = shelves.iter().find(|shelf| shelf.dataset == books.dataset);
        let word = shelf.and_then(|shelf| words.get(&shelf.progress_topic));
        standings.push(standing(&books, word, now_us));
    }
    Ok(Some(standings))
}

fn standing(books: &Books, word: Option<&SourceWord>, now_us: i64) -> DatasetStanding {
    let told = word.and_then(|word| word.datasets.get(&books.dataset));
    let obstacles = told.map_or(&[][..], |told| &told.obstacles);
    let warning = obstacles.iter().find(|obstacle| obstacle.kind == ObstacleKind::Warning);
    // PostgreSQL says -1 for a table that it never looked at.
    let estimated = books.estimated_rows.filter(|rows| *rows >= 0);
    let state = state(books, obstacles, word.map_or(0, |word| word.heard_us), estimated, now_us);
    DatasetStanding {
        dataset: books.dataset.clone(),
        source_rows_estimate: estimated,
        store_rows: books.rows,
        // Until the first copy is done the store is not behind: it is incomplete. And of what is not sent, nobody
        // knows.
        seconds_behind: books.behind.filter(|_| {
            !matches!(
                state,
                StandingState::Copying { .. }
                    | StandingState::Waiting
                    | StandingState::SourceHalted { .. }
                    | StandingState::Paused { .. }
            )
        }),
        parked_keys: books.parked_keys,
        parked_records: books.parked_records,
        refused_records: books.refused_records,
        nfc: books.nfc,
        whitespace: books.whitespace,
        state,
        warning: warning.map(|warning| Warning {
            code: warning.code.clone().unwrap_or_default(),
            since: moment(warning.since_us),
            why: warning.why.clone(),
        }),
    }
}

/// What stands in its way at the store comes first, then what does at the source.
fn state(
    books: &Books,
    obstacles: &[Obstacle],
    heard_us: i64,
    estimated: Option<i64>,
    now_us: i64,
) -> StandingState {
    if let Some(code) = &books.halted_code {
        return StandingState::Halted {
            code: code.clone(),
            since: moment(books.halted_at_us),
            waits_for: books.waits_for.clone(),
        };
    }
    if books.idle > 0 {
        return StandingState::Stopped { since: moment(books.idle_since_us) };
    }
    if let (Some(code), since @ Some(_)) = (&books.waits_code, books.waits_since_us) {
        return StandingState::Retrying {
            code: code.clone(),
            since: moment(since),
            waits_for: books.waits_for.clone().unwrap_or_default(),
            tries: books.tries,
        };
    }
    if books.phase.is_none() {
        return StandingState::Waiting;
    }
    if let Some(reason) = &books.distrust {
        let code = RecordRefusal::parse(reason).map_or("BG0433", RecordRefusal::code).to_owned();
        return StandingState::SourceDistrusted(SourcePhase {
            code,
            since: moment(Some(heard_us)),
            why: reason.clone(),
        });
    }
    if heard_us > 0 && now_us.saturating_sub(heard_us) > SILENCE_US {
        return StandingState::SourceSilent { since: moment(Some(heard_us)) };
    }
    let worst = obstacles.first().filter(|worst| worst.kind != ObstacleKind::Warning);
    at_source(books, worst, estimated)
}

fn at_source(books: &Books, worst: Option<&Obstacle>, estimated: Option<i64>) -> StandingState {
    let seen = |fallback: &str| SourcePhase {
        code: worst.and_then(|worst| worst.code.clone()).unwrap_or_else(|| fallback.to_owned()),
        since: worst.and_then(|worst| moment(worst.since_us)),
        why: worst.map_or_else(String::new, |worst| worst.why.clone()),
    };
    let phase = books.phase.as_deref().unwrap_or_default();
    // A word from before there were obstacles has the phase alone.
    match (worst.map(|worst| worst.kind), phase) {
        (Some(ObstacleKind::Halt), _) | (None, "halted") => {
            StandingState::SourceHalted(seen("BG0220"))
        }
        (Some(ObstacleKind::Pause), _) | (None, "paused") => {
            let SourcePhase { why: by, since, .. } = seen("");
            StandingState::Paused { by, since }
        }
        (Some(ObstacleKind::AwaitsCopy), _) | (None, "awaits-copy") => {
            StandingState::AwaitsCopy(seen("BG0246"))
        }
        (Some(ObstacleKind::Wait), _) => StandingState::SourceWaits(seen("BG0236")),
        (Some(ObstacleKind::Problem), _) => StandingState::SourceProblem(seen("BG0220")),
        (Some(ObstacleKind::Warning) | None, "copying") => {
            StandingState::Copying { percent: percent(books.copied_rows.unwrap_or(0), estimated) }
        }
        (Some(ObstacleKind::Warning) | None, _) if books.behind.is_none() => StandingState::Waiting,
        (Some(ObstacleKind::Warning) | None, _) => StandingState::Streaming,
    }
}

/// Whole seconds: nobody needs more, and texts stay short.
fn moment(at_us: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_second(at_us.filter(|at_us| *at_us > 0)? / 1_000_000).ok()
}

/// Below 100 while it runs: the estimate may be short.
fn percent(copied: i64, estimated: Option<i64>) -> Option<u8> {
    let estimated = estimated.filter(|rows| *rows > 0)?;
    u8::try_from((copied.saturating_mul(100) / estimated).clamp(0, 99)).ok()
}

#[cfg(test)]
mod tests;
