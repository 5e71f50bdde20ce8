//! A rule about today: rows that a date kept from passing pass by the mere passing of a day. Nothing at the
//! source tells of it, so the copier looks once a day which those are and copies them, to both sides.

use std::sync::Arc;
use std::time::Duration;

use bangioc_schemas::rules;
use tokio::time::Instant;

use super::Copier;
use super::trouble::MOST_OWED;
use crate::clock::now_us;
use crate::error::CaptureError;
use crate::state::OwedKey;
use crate::unit::DatasetIndex;

/// Not only at midnight: the host's clock may be set, and a table may not have answered.
const LOOK_EVERY: Duration = Duration::from_mins(10);

impl Copier {
    /// Looks at each dataset once a day, and says when to come again.
    pub(super) async fn look_at_the_day(&mut self) -> Result<Instant, CaptureError> {
        let today = rules::today(now_us());
        for index in (0..self.copies.len()).filter_map(|place| u16::try_from(place).ok()) {
            self.let_in(DatasetIndex(index), today).await?;
        }
        Ok(Instant::now() + LOOK_EVERY)
    }

    async fn let_in(&mut self, index: DatasetIndex, today: i64) -> Result<(), CaptureError> {
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let copy = &self.copies[index.place()];
        // What has not begun is judged by the day on which it begins; what is not sent ends in a whole copy.
        let judged = copy.judged_day.unwrap_or(today - 1);
        if judged >= today || !copy.has_begun() || !copy.is_sent() {
            return Ok(());
        }
        let table = dataset.table();
        if table.come_of_age().is_none() {
            return Ok(());
        }
        // One more than can be owed: then the whole table is copied.
        let keys = match self.reader.come_of_age(&table, (judged, today), MOST_OWED + 1).await {
            Ok(keys) => keys,
            Err(failure) => {
                tracing::warn!(
                    dataset = dataset.name(),
                    error = %failure,
                    "could not look which rows pass since today; tried again in ten minutes"
                );
                return Ok(());
            }
        };
        let copy = &mut self.copies[index.place()];
        copy.judged_day = Some(today);
        if keys.is_empty() {
            return self.state.copy(dataset.name(), copy).await;
        }
        tracing::info!(
            dataset = dataset.name(),
            rows = keys.len(),
            "rows whose date has come are copied"
        );
        let owed = keys.into_iter().map(|key| OwedKey { key, asked_by_open: false });
        self.owe(index, owed.collect(), None).await
    }
}
