//! A store, asked: how far it has come, what it has of these keys, which keys it has.

use std::time::Duration;

use bangioc_change::encode::{Encoder, SchemaIds};
use bangioc_change::version::{Lsn, Version};
use bangioc_schemas::names::Side;
use bangioc_schemas::row::{Cell, RowBuf};
use bangioc_sink::StoreSettings;
use bangioc_sink::dataset::Dataset;
use bangioc_sink::seal::{KeyRef, Seal, Secrets};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::Instant;

use crate::error::{ReconcileError, store as fails};
use crate::pins;
use crate::source::{Digest, KeyTexts, key_columns};
use crate::table::{EqualBy, StoreTable};

/// Between looks at how far the store is.
const LOOK_AGAIN: Duration = Duration::from_millis(200);
/// Ours are chunks; only a locked table makes one take this long.
const STATEMENT: Duration = Duration::from_mins(2);
const LOCK: Duration = Duration::from_secs(15);

/// What there should be of one key.
pub(crate) struct Expected {
    pub(crate) key: KeyTexts,
    /// The columns that the store should have; none: no live row.
    pub(crate) row: Option<RowBuf>,
}

/// A row that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unequal {
    /// Index of what was expected.
    pub(crate) place: usize,
    pub(crate) live: bool,
    pub(crate) version: Option<Version>,
    pub(crate) missing: Vec<String>,
    pub(crate) columns: Vec<String>,
    sha256: String,
}

/// Place from 1, is it live, version, columns missing, columns that differ, hash.
type Found = (i64, bool, Option<Vec<u8>>, Vec<String>, Vec<String>, String);

/// How the store stands with a dataset.
#[derive(Clone, Default, Debug)]
pub(crate) struct StoreStanding {
    pub(crate) phase: Option<String>,
    pub(crate) epoch: Option<u32>,
    pub(crate) lsn: Option<Lsn>,
}

pub(crate) struct Store {
    connection: PgConnection,
    side: Side,
    dataset: Dataset,
    table: StoreTable,
    seal: Seal,
    /// Writes keys as their records carry them; none of a contract that Avro can't have.
    encoder: Option<Encoder>,
    by: EqualBy,
}

impl Store {
    pub(crate) async fn connect(
        settings: &StoreSettings,
        secrets: &Secrets,
        dataset: Dataset,
    ) -> Result<Store, ReconcileError> {
        let mut connection = settings.connect("bangioc reconcile").await?;
        pins::set(&mut connection, pins::LookUp::Index, STATEMENT, LOCK).await.map_err(fails)?;
        let seal = Seal::of_store(&mut connection, secrets).await?;
        let side = dataset.contract.side;
        let ids = SchemaIds { key: 1, value: 1 };
        let encoder = Encoder::new(&dataset.contract, &dataset.topic, ids, "", "").ok();
        Ok(Store {
            connection,
            side,
            encoder,
            table: StoreTable::new(&dataset.contract, &dataset.table),
            dataset,
            seal,
            by: match side {
                Side::Shared => EqualBy::Text,
                Side::Open => EqualBy::Value,
            },
        })
    }

    pub(crate) async fn standing(&mut self) -> Result<StoreStanding, ReconcileError> {
        let found: Option<(Option<String>, Option<i64>, Option<String>)> = sqlx::query_as(
            "select phase, complete_epoch, complete_lsn from flow.freshness where dataset = $1",
        )
        .bind(self.dataset.id())
        .fetch_optional(&mut self.connection)
        .await
        .map_err(fails)?;
        let (phase, epoch, lsn) = found.unwrap_or_default();
        Ok(StoreStanding {
            phase,
            epoch: epoch.and_then(|epoch| u32::try_from(epoch).ok()),
            lsn: lsn.and_then(|lsn| lsn.parse().ok()),
        })
    }

    /// Until every partition of the dataset has passed `mark`; the epoch in which it did.
    pub(crate) async fn passes(
        &mut self,
        mark: Lsn,
        patience: Duration,
    ) -> Result<u32, ReconcileError> {
        let end = Instant::now() + patience;
        loop {
            let standing = self.standing().await?;
            if let (Some(epoch), Some(lsn)) = (standing.epoch, standing.lsn)
                && lsn >= mark
            {
                return Ok(epoch);
            }
            if Instant::now() > end {
                return Err(ReconcileError::StoreBehind {
                    side: self.side.as_str(),
                    lsn: mark.to_string(),
                    seconds: patience.as_secs(),
                });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }

    pub(crate) async fn digest(&mut self, keys: &[KeyTexts]) -> Result<Digest, ReconcileError> {
        let mut query = sqlx::query_as(AssertSqlSafe(self.table.digest())).persistent(false);
        for column in key_columns(keys) {
            query = query.bind(column);
        }
        let (rows, sha256) = query.fetch_one(&mut self.connection).await.map_err(fails)?;
        Ok(Digest { rows, sha256 })
    }

    /// Those of the rows that are not as they should be.
    pub(crate) async fn unequal(
        &mut self,
        expected: &[Expected],
    ) -> Result<Vec<Unequal>, ReconcileError> {
        if expected.is_empty() {
            return Ok(Vec::new());
        }
        let there: Vec<bool> = expected.iter().map(|row| row.row.is_some()).collect();
        let mut query = sqlx::query_as(AssertSqlSafe(self.table.unequal(self.by)))
            .persistent(false)
            .bind(there);
        for n in 0..self.dataset.contract.key.len() {
            let texts: Vec<&str> = expected.iter().map(|row| row.key.0[n].as_str()).collect();
            query = query.bind(texts);
        }
        for column in 0..self.dataset.contract.columns.len() {
            let text = |row: &'_ Expected| -> Option<String> {
                let row = row.row.as_ref()?.row();
                row.cell(column).text().map(str::to_owned)
            };
            let texts: Vec<Option<String>> = expected.iter().map(text).collect();
            query = query.bind(texts);
        }
        let found: Vec<Found> = query.fetch_all(&mut self.connection).await.map_err(fails)?;
        let unequal = |(place, live, version, missing, columns, sha256)| Unequal {
            place: usize::try_from(place - 1).unwrap_or_default(),
            live,
            version: version_of(version),
            missing,
            columns,
            sha256,
        };
        Ok(found.into_iter().map(unequal).collect())
    }

    /// The next live keys.
    pub(crate) async fn next_keys(
        &mut self,
        after: Option<&KeyTexts>,
        limit: u64,
    ) -> Result<Vec<KeyTexts>, ReconcileError> {
        let statement = self.table.next_keys(after.is_some(), limit);
        let mut query = sqlx::query_scalar(AssertSqlSafe(statement)).persistent(false);
        for text in after.iter().flat_map(|key| &key.0) {
            query = query.bind(text);
        }
        let found: Vec<Vec<String>> = query.fetch_all(&mut self.connection).await.map_err(fails)?;
        Ok(found.into_iter().map(KeyTexts).collect())
    }

    /// What people may be told of a key: the same that dead letters are listed by.
    pub(crate) fn key_ref(&self, key: &KeyTexts) -> Option<KeyRef> {
        let contract = &self.dataset.contract;
        let mut row = RowBuf::default();
        row.reset(contract.columns.len());
        for (&column, text) in contract.key.iter().zip(&key.0) {
            row.set(column, Cell::Text(text));
        }
        let datum = self.encoder.as_ref()?.key_alone(row.row()).ok()?;
        Some(self.seal.key_ref(&self.dataset.topic, &datum))
    }

    /// Why the key waits, when it does.
    pub(crate) async fn parked(&mut self, key: KeyRef) -> Result<Option<String>, ReconcileError> {
        sqlx::query_scalar(
            "select code from flow.parked_key where topic = $1 and key_ref = $2 and state = 'parked'",
        )
        .bind(&self.dataset.topic)
        .bind(&key.0[..])
        .fetch_optional(&mut self.connection)
        .await
        .map_err(fails)
    }
}

fn version_of(bytes: Option<Vec<u8>>) -> Option<Version> {
    Some(Version::from_bytes(bytes?.try_into().ok()?))
}
