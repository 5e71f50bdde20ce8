//! The progress topics of a source: what is said of it there, everybody downstream reads.

use std::sync::Arc;

use bangioc_change::progress::ProgressRecord;
use bangioc_feed::connect::KafkaSettings;
use bangioc_feed::journal::{self, From, Journal};
use bangioc_schemas::names::Side;

use crate::error::CaptureError;

/// The topics that tell of this source, one per side.
pub(crate) struct ProgressTopics {
    pub(crate) journal: Arc<Journal>,
    pub(crate) shared: String,
    /// Only for a source of which something is public.
    pub(crate) open: Option<String>,
}

impl ProgressTopics {
    pub(crate) fn sides(&self) -> impl Iterator<Item = Side> {
        std::iter::once(Side::Shared).chain(self.open.as_ref().map(|_| Side::Open))
    }

    /// Returns once the brokers have it.
    pub(crate) async fn append(
        &self,
        side: Side,
        record: &ProgressRecord,
    ) -> Result<(), CaptureError> {
        let topic = match (side, &self.open) {
            (Side::Shared, _) => &self.shared,
            (Side::Open, Some(topic)) => topic,
            (Side::Open, None) => return Ok(()),
        };
        let value = serde_json::to_vec(record)
            .map_err(|_| CaptureError::Internal { what: "progress that has no JSON" })?;
        self.journal.append(topic, 0, None, Some(&value)).await?;
        Ok(())
    }
}

/// The last `count` records of a progress topic that can be read, the oldest first. Blocks.
pub(crate) fn recent_progress(
    kafka: &KafkaSettings,
    topic: &str,
    count: u64,
) -> Result<Vec<ProgressRecord>, CaptureError> {
    let records = journal::read_all(kafka, topic, From::Last(count))?;
    let read =
        |record: &journal::JournalRecord| serde_json::from_slice(record.value.as_deref()?).ok();
    Ok(records.iter().filter_map(read).collect())
}
