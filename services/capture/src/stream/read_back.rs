//! Rows by key, for events whose columns did not travel. Asked from the stream thread, which waits.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use bangioc_schemas::row::RowBuf;
use tokio::runtime::Handle;

use crate::config::SourceSettings;
use crate::dataset::Dataset;
use crate::error::CaptureError;
use crate::tables::reader::{SqlReader, key_texts};
use crate::unit::DatasetIndex;

/// Until a committed transaction is visible: microseconds as a rule, as long as a standby takes to
/// acknowledge with synchronous replication.
const VISIBLE_WITHIN: Duration = Duration::from_secs(5);
const FIRST_PAUSE: Duration = Duration::from_micros(500);
const LONGEST_PAUSE: Duration = Duration::from_millis(50);

/// How long the stream may stand still for one question, whatever the source's other limits are.
const LOCK_LIMIT: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(5);
/// A table that did not answer is left in peace for so long, and for twice as long each time after.
const LEAVE: Duration = Duration::from_secs(5);
const LEAVE_LONGEST: Duration = Duration::from_mins(1);

pub(crate) struct ReadBack {
    reader: SqlReader,
    runtime: Handle,
    /// Tables that did not answer: until when they are not asked, and how long that was.
    left: HashMap<DatasetIndex, (Instant, Duration)>,
}

impl ReadBack {
    /// `runtime` drives the connection; call [`ReadBack::rows`] from a thread that is not one of its own.
    pub(crate) fn new(source: &SourceSettings, runtime: Handle) -> ReadBack {
        let mut source = source.clone();
        source.limits.lock = source.limits.lock.min(LOCK_LIMIT);
        source.limits.statement = source.limits.statement.min(LIMIT);
        ReadBack { reader: SqlReader::new(&source), runtime, left: HashMap::new() }
    }

    /// The rows that the source holds now, by the texts of their keys; none when they can't be had for now.
    /// `xids`: transactions that must be visible: a commit reaches the stream a moment before other sessions
    /// see it (seen: one in a hundred rows that got a new key was not found yet).
    pub(crate) fn rows(
        &mut self,
        dataset: &Dataset,
        keys: &[Vec<String>],
        xids: &[u32],
    ) -> Result<Option<HashMap<Vec<String>, RowBuf>>, CaptureError> {
        let index = dataset.shared.dataset;
        if let Some((until, _)) = self.left.get(&index)
            && Instant::now() < *until
        {
            return Ok(None);
        }
        match self.read(dataset, keys, xids) {
            Ok(rows) => {
                if rows.is_some() {
                    self.left.remove(&index);
                }
                Ok(rows)
            }
            Err(failure) if failure.of_table().is_some() => {
                let before = self.left.get(&index).map_or(LEAVE / 2, |(_, before)| *before);
                let leave = (before * 2).min(LEAVE_LONGEST);
                self.left.insert(index, (Instant::now() + leave, leave));
                tracing::warn!(
                    code = "BG0236",
                    dataset = dataset.name(),
                    why = failure.words(),
                    "rows can't be read back now; they are sent without what did not travel, and read later"
                );
                Ok(None)
            }
            Err(failure) => Err(failure),
        }
    }

    fn read(
        &mut self,
        dataset: &Dataset,
        keys: &[Vec<String>],
        xids: &[u32],
    ) -> Result<Option<HashMap<Vec<String>, RowBuf>>, CaptureError> {
        let columns = dataset.contract.columns.len();
        let key = &dataset.contract.key;
        let table = dataset.table();
        let end = Instant::now() + VISIBLE_WITHIN;
        let mut pause = FIRST_PAUSE;
        let read = loop {
            let read = self.runtime.block_on(self.reader.by_keys(&table, columns, keys))?;
            if !xids.iter().any(|xid| read.seen_by.misses(*xid)) {
                break read;
            }
            if Instant::now() > end {
                tracing::warn!(
                    dataset = dataset.name(),
                    "a transaction is committed but not visible yet; its rows are read later"
                );
                return Ok(None);
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        };
        let found = (0..read.found.len()).filter(|place| read.found[*place]);
        let rows = found.filter_map(|place| {
            let row = read.row(place, key, columns);
            Some((key_texts(&dataset.contract, row.row())?, row))
        });
        Ok(Some(rows.collect()))
    }
}
