//! Looks at the source's catalogue: at the start, with each heartbeat, and when the stream has met a table.
//! A task of its own, so that neither the stream nor a copy waits for it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bangioc_runtime::failure::Failure as _;
use bangioc_runtime::metrics::Metrics;
use bangioc_runtime::shutdown::Shutdown;
use sqlx::postgres::PgConnection;
use tokio::sync::Notify;
use tokio::sync::mpsc::Sender;

use super::look::{DatasetPrint, look};
use crate::config::SourceSettings;
use crate::dataset::Dataset;
use crate::error::CaptureError;
use crate::tables::connect::connect;

/// A look takes some milliseconds; a connection that says nothing for this long is given up.
const ANSWERS: Duration = Duration::from_secs(30);
/// At a start the stream meets every table at once: one look is enough for all of them.
const TOGETHER: Duration = Duration::from_millis(100);

/// All datasets as they were seen, in the capture's order.
pub(crate) struct SourcePrint {
    /// Nothing of it is older.
    pub(crate) began: Instant,
    pub(crate) seen: Vec<DatasetPrint>,
}

pub(crate) struct CatalogueWatch {
    pub(crate) source: SourceSettings,
    pub(crate) datasets: Arc<Vec<Dataset>>,
    /// Between two looks.
    pub(crate) interval: Duration,
    /// The stream has met a table, for the first time or in another shape.
    pub(crate) met: Arc<Notify>,
    pub(crate) looks: Sender<SourcePrint>,
    pub(crate) health: Metrics,
}

impl CatalogueWatch {
    /// Until asked to stop. That the catalogue can't be seen stops nothing: it is said, and tried again.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<(), CaptureError> {
        let mut connection = None;
        while !shutdown.is_requested() {
            match self.take(&mut connection).await {
                Ok(look) => {
                    self.health.well("catalogue");
                    tokio::select! {
                        () = shutdown.requested() => return Ok(()),
                        sent = self.looks.send(look) => if sent.is_err() { return Ok(()) },
                    }
                }
                Err(failure) => {
                    connection = None;
                    tracing::warn!(code = "BG0250", error = %failure, hint = failure.hint(), "the source's catalogue can't be looked at; it is tried again");
                    self.health.unwell("catalogue", failure.to_string());
                }
            }
            tokio::select! {
                () = shutdown.requested() => {}
                () = tokio::time::sleep(self.interval) => {}
                () = self.met.notified() => tokio::time::sleep(TOGETHER).await,
            }
        }
        Ok(())
    }

    async fn take(
        &self,
        connection: &mut Option<PgConnection>,
    ) -> Result<SourcePrint, CaptureError> {
        let tables: Vec<_> = self.datasets.iter().map(Dataset::to_look_for).collect();
        let asked = async {
            let connection = match connection {
                Some(connection) => connection,
                None => connection.insert(connect(&self.source).await?),
            };
            let began = Instant::now();
            let seen = look(connection, &self.source.publication, &tables).await?;
            Ok(SourcePrint { began, seen })
        };
        tokio::time::timeout(ANSWERS, asked).await.unwrap_or(Err(CaptureError::Question {
            doing: "looking at the source's catalogue",
            sqlstate: "io".to_owned(),
            answer: None,
        }))
    }
}
