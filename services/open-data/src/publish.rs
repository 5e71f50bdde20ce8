//! Publishing: the rows of the open store, as of one transaction, become snapshots.

use std::path::Path;
use std::time::Instant;

use bangioc_runtime::failpoint;
use bangioc_schemas::row::RowBuf;
use bangioc_sink::{SinkError, StoreSettings};
use futures_util::StreamExt as _;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::{Executor as _, PgConnection};

use crate::catalogue;
use crate::config::OpenDataSettings;
use crate::copy::{Lines, row};
use crate::datapackage;
use crate::error::OpenError;
use crate::folder::{Installed, Lock, SetFolder};
use crate::formats::ResourceFiles;
use crate::manifest::ResourceEntry;
use crate::metrics::OpenMetrics;
use crate::set::{OpenSet, Resource};
use crate::slot::Slot;

/// Reads the open store and writes the folder. Its work blocks: run it on a thread of its own.
pub struct Publisher {
    pub sets: Vec<OpenSet>,
    pub settings: OpenDataSettings,
    pub store: StoreSettings,
    pub metrics: OpenMetrics,
}

/// What became of one set.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Published {
    pub dataset: String,
    pub outcome: Outcome,
    pub slot: Slot,
    /// None while the set is held.
    pub revision: Option<String>,
    pub resources: Vec<PublishedResource>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct PublishedResource {
    pub name: String,
    pub rows: u64,
    /// Of all its files.
    pub bytes: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    New,
    Unchanged,
    /// Nothing was published of it ever, and its first copy is not whole: half a table would mislead.
    Held,
}

impl Outcome {
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::New => "new",
            Outcome::Unchanged => "unchanged",
            Outcome::Held => "held",
        }
    }
}

/// One state of the store for all sets; times as the province reads them. The offset is a fixed one, so
/// that also times before 1975 are written with whole hours.
const BEGIN: &str =
    "begin isolation level repeatable read read only; set local timezone = '<+07>-07'";

impl Publisher {
    /// Publishes `sets`, and then the catalogue of all. Stops at the first failure; sets that were done
    /// before it stay done.
    pub async fn publish(
        &self,
        sets: &[&OpenSet],
        now: Timestamp,
    ) -> Result<Vec<Published>, OpenError> {
        let _lock = Lock::take(&self.settings.dir)?;
        let mut connection = self.store.connect("bangioc open-data").await?;
        connection.execute(sqlx::raw_sql(BEGIN)).await.map_err(SinkError::from)?;
        let mut published = Vec::new();
        for set in sets {
            let start = Instant::now();
            let done = Box::pin(self.publish_set(&mut connection, set, now)).await?;
            self.metrics.published(&set.id, done.outcome.as_str(), start.elapsed());
            for resource in &done.resources {
                self.metrics.rows(&set.id, &resource.name, resource.rows);
            }
            published.push(done);
        }
        connection.execute(sqlx::raw_sql("commit")).await.map_err(SinkError::from)?;
        failpoint::hit("open-data.sets");
        catalogue::write(&self.settings, &self.sets)?;
        Ok(published)
    }

    async fn publish_set(
        &self,
        connection: &mut PgConnection,
        set: &OpenSet,
        now: Timestamp,
    ) -> Result<Published, OpenError> {
        let slot = Slot::told(now, set.every_seconds);
        let folder = SetFolder::new(&self.settings.dir, set);
        let held = Published {
            dataset: set.id.clone(),
            outcome: Outcome::Held,
            slot,
            revision: None,
            resources: Vec::new(),
        };
        let first = folder.latest().is_none();
        for resource in &set.resources {
            if !is_ready(connection, resource, first).await? {
                return Ok(held);
            }
        }
        let making = folder.making()?;
        let version = set.contract_version();
        let mut entries = Vec::new();
        for resource in &set.resources {
            entries.push(Box::pin(export(connection, resource, &making, &version)).await?);
        }
        let resources = entries
            .iter()
            .map(|entry| PublishedResource {
                name: entry.name.clone(),
                rows: entry.rows,
                bytes: entry.files.iter().map(|file| file.bytes).sum(),
            })
            .collect();
        let manifest = datapackage::sealed(set, version, entries);
        let outcome = match folder.install(&manifest, slot, self.settings.keep_revisions)? {
            Installed::New => Outcome::New,
            Installed::Unchanged => Outcome::Unchanged,
        };
        Ok(Published { outcome, revision: Some(manifest.revision), resources, ..held })
    }
}

/// May the table be published? Always once it was; the first time not before its source has said that the
/// first copy is done, and the store has caught up with all that the source has said.
async fn is_ready(
    connection: &mut PgConnection,
    resource: &Resource,
    first: bool,
) -> Result<bool, OpenError> {
    let known: bool = sqlx::query_scalar("select to_regclass($1) is not null")
        .bind(format!("flow.{}", resource.table))
        .fetch_one(&mut *connection)
        .await
        .map_err(SinkError::from)?;
    if !known {
        return Err(OpenError::StoreNotReady { table: resource.table.clone() });
    }
    if !first {
        return Ok(true);
    }
    let whole: Option<bool> = sqlx::query_scalar(
        "select coalesce(phase = 'streaming' and complete_at >= source_at, false) \
         from flow.freshness where dataset = $1",
    )
    .bind(&resource.dataset)
    .fetch_optional(connection)
    .await
    .map_err(SinkError::from)?;
    Ok(whole == Some(true))
}

/// One pass over the rows, all formats at once.
async fn export(
    connection: &mut PgConnection,
    resource: &Resource,
    making: &Path,
    version: &str,
) -> Result<ResourceEntry, OpenError> {
    let unwritable = |error| OpenError::unwritable(making, error);
    let mut files = ResourceFiles::create(making, resource, version).map_err(unwritable)?;
    let mut lines = Lines::default();
    let mut buffer = RowBuf::default();
    let mut rows = 0;
    let mut stream = connection.copy_out_raw(&resource.copy).await.map_err(SinkError::from)?;
    while let Some(bytes) = stream.next().await {
        lines.take(&bytes.map_err(SinkError::from)?, |line| {
            // COPY's own code for a line that is none.
            let row = row(line, resource.fields.len(), &mut buffer).ok_or_else(|| {
                SinkError::StoreDiffers {
                    sqlstate: "22P04".into(),
                    statement: "COPY to the public files",
                }
            })?;
            rows += 1;
            files.row(row.row()).map_err(unwritable)
        })?;
    }
    drop(stream);
    failpoint::hit("open-data.rows");
    let text_fields = files.unusual_fields();
    let written = files.finish().map_err(unwritable)?;
    Ok(ResourceEntry::new(resource, rows, text_fields, &written))
}
