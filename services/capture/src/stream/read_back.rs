//! Rows by key, for events whose columns did not travel. Asked from the stream thread, which waits.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bangioc_schemas::row::RowBuf;
use tokio::runtime::Handle;

use crate::config::SourceSettings;
use crate::dataset::Dataset;
use crate::error::CaptureError;
use crate::tables::reader::{SqlReader, key_texts};

/// Until a committed transaction is visible: microseconds as a rule, as long as a standby takes to
/// acknowledge with synchronous replication.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

pub(crate) struct ReadBack {
    reader: SqlReader,
    runtime: Handle,
}

impl ReadBack {
    /// `runtime` drives the connection; call [`ReadBack::rows`] from a thread that is not one of its own.
    pub(crate) fn new(source: &SourceSettings, runtime: Handle) -> ReadBack {
        ReadBack {
            reader: SqlReader::new(source),
            runtime,
        }
    }

    /// The rows that the source holds now, by the texts of their keys. `xids`: transactions that must be
    /// visible: a commit reaches the stream a moment before other sessions see it (seen: one in a hundred
    /// rows that got a new key was not found yet).
    pub(crate) fn rows(
        &mut self,
        dataset: &Dataset,
        keys: &[Vec<String>],
        xids: &[u32],
    ) -> Result<HashMap<Vec<String>, RowBuf>, CaptureError> {
        let columns = dataset.contract.columns.len();
        let key = &dataset.contract.key;
        let end = Instant::now() + VISIBLE_WITHIN;
        let mut pause = FIRST_PAUSE;
        let read = loop {
            let read = self
                .runtime
                .block_on(self.reader.by_keys(&dataset.table, columns, keys))?;
            if !xids.iter().any(|xid| read.seen_by.misses(*xid)) {
                break read;
            }
            if Instant::now() > end {
                tracing::warn!(
                    dataset = dataset.name(),
                    "a transaction is committed but not visible yet; its columns stay absent"
                );
                break read;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        let found = (0..read.found.len()).filter(|place| read.found[*place]);
        Ok(found
            .filter_map(|place| {
                let row = read.row(place, key, columns);
                Some((key_texts(key, row.row())?, row))
            })
            .collect())
    }
}
