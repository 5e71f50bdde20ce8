//! One row's way, as `bangioc trace` shows it: its records on Kafka, what the sink made of each, the row in
//! the store. Positions, versions and times, of either side; a value only to who says why, on record.

mod disclosure;
mod error;
mod log;
mod page;
mod stored;

use bangioc_change::encode::{Encoded, Encoder, SchemaIds};
use bangioc_change::event::{ChangeEvent, Operation, Origin};
use bangioc_change::partition::partition_of;
use bangioc_change::version::Version;
use bangioc_feed::KafkaSettings;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Cell, RowBuf};
use bangioc_sink::dataset::Dataset;
use bangioc_sink::decoders::Decoders;
use serde::Serialize;
use sqlx::PgConnection;

pub use disclosure::disclose;
pub use error::TraceError;

/// A row on one side.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SideTrace {
    pub side: &'static str,
    pub topic: String,
    pub partition: i32,
    /// Records of this key that the log still holds; the newest 20 of them, oldest first.
    pub records_in_log: u64,
    pub records: Vec<SeenRecord>,
    /// Every record before this offset was taken in; none: the sink has not worked on it yet.
    pub position: Option<i64>,
    pub row: Option<StoredRow>,
    /// Everything that the source committed up to here is in the store.
    pub complete: Option<Complete>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct SeenRecord {
    pub offset: i64,
    /// Debezium's `op`; none: the record can't be read.
    pub op: Option<&'static str>,
    pub version: Option<ShownVersion>,
    /// By the source's clock; a copied row has its chunk's time. RFC 3339, UTC.
    pub committed_at: Option<String>,
    pub on_kafka_at: Option<String>,
    pub outcome: Outcome,
    /// When the sink's commit took it in.
    pub taken_at: Option<String>,
}

/// `epoch lsn ordinal`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(into = "String")]
pub struct ShownVersion(pub Version);

impl From<ShownVersion> for String {
    fn from(shown: ShownVersion) -> String {
        shown.to_string()
    }
}

impl std::fmt::Display for ShownVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Version { epoch, commit_lsn, ordinal } = self.0;
        write!(f, "{epoch} {commit_lsn} {ordinal}")
    }
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Outcome {
    /// The sink stands before it.
    NotTaken,
    /// What the store has is this.
    InStore,
    /// What the store has is newer, or it was gone before.
    Past,
    /// It lies among the dead letters; `state` as they call it.
    Parked { state: String, code: Option<String> },
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct StoredRow {
    pub version: ShownVersion,
    /// False: the row was deleted at this version.
    pub live: bool,
    /// Columns that it should hold and does not.
    pub missing: Vec<String>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Complete {
    pub epoch: i64,
    pub lsn: String,
    pub at: String,
}

/// Where to look.
pub struct Places<'a> {
    pub kafka: &'a KafkaSettings,
    pub decoders: &'a Decoders,
    pub dataset: &'a Dataset,
}

/// Follows the row with this key (texts of the key columns, in the contract's order). `shown`: offsets
/// looked through so far, and how many there are.
pub async fn trace(
    places: &Places<'_>,
    connection: &mut PgConnection,
    key: &[String],
    shown: &(dyn Fn(i64, i64) + Sync),
) -> Result<SideTrace, TraceError> {
    let dataset = places.dataset;
    let contract = &dataset.contract;
    let datum = key_datum(contract, &dataset.topic, key)?;
    let partition = partition_of(&datum, contract.partitions);
    let place = log::LogPartition { topic: &dataset.topic, partition };
    let found = tokio::task::block_in_place(|| log::search(places.kafka, place, &datum, shown))?;
    let position = stored::position(connection, &dataset.topic, partition).await?;
    let row = stored::row(connection, dataset, key).await?;
    let mut records = Vec::new();
    for record in &found.newest {
        let mut seen = log::read(record, dataset, places.decoders)?;
        let taken = position.is_some_and(|position| record.offset < position);
        if taken {
            stored::judge(connection, place, row.as_ref(), &mut seen).await?;
        }
        records.push(seen);
    }
    Ok(SideTrace {
        side: contract.side.as_str(),
        topic: dataset.topic.clone(),
        partition,
        records_in_log: found.in_all,
        records,
        position,
        row,
        complete: stored::complete(connection, dataset.id()).await?,
    })
}

/// The key as its records carry it, without the registry's id.
fn key_datum(contract: &Contract, topic: &str, key: &[String]) -> Result<Vec<u8>, TraceError> {
    let dataset = || contract.dataset.to_string();
    if contract.key.is_empty() {
        return Err(TraceError::Keyless { dataset: dataset() });
    }
    let ids = SchemaIds { key: 1, value: 1 };
    let encoder = Encoder::new(contract, topic, ids, "", "")
        .map_err(|_| TraceError::Keyless { dataset: dataset() })?;
    let mut row = RowBuf::default();
    row.reset(contract.columns.len());
    for (&column, text) in contract.key.iter().zip(key) {
        row.set(column, Cell::Text(text));
    }
    let gone = ChangeEvent {
        op: Operation::Delete,
        version: Version::default(),
        before: Some(row.row()),
        after: None,
        origin: Origin::default(),
    };
    let mut record = Encoded::default();
    encoder
        .encode(&gone, 0, &mut record)
        .map_err(|_| TraceError::NoSuchKey { dataset: dataset() })?;
    Ok(record.key_datum().to_vec())
}
