//! The log read again: where is each record now?

use std::collections::HashSet;
use std::time::{Duration, Instant};

use bangioc_change::batch::EventBatch;
use bangioc_change::decode::RecordBytes;
use bangioc_change::event::Operation;
use bangioc_change::version::Version;
use bangioc_feed::consume::{Limit, PartitionReader, Reader};
use bangioc_postgres_text::quoting::quoted;
use bangioc_sink::dataset::{Dataset, key_texts};
use bangioc_sink::decoders::{DecoderLookup, Decoders, Recent};
use bangioc_sink::kept::{Kept, of_row};
use sqlx::{AssertSqlSafe, PgConnection};

use super::books::Partition;
use super::{Finding, Wrong};
use crate::error::{ReconcileError, store as fails};

/// Of the log, held at once.
const LIMIT: Limit = Limit { records: 5_000, bytes: 16 << 20 };
/// A log that gives nothing for so long will not today; its end may be a marker that no reader is given.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct KafkaLog<'a> {
    pub(super) reader: &'a Reader,
    pub(super) decoders: &'a Decoders,
    pub(super) dataset: &'a Dataset,
    pub(super) partition: &'a Partition,
}

/// A record of a row, by what the store must know of it.
struct Claim {
    offset: i64,
    key: Vec<String>,
    version: Version,
}

/// What a record is, before anyone is asked.
enum LogEntry {
    Row(Claim),
    /// Says nothing of one row.
    Control,
    Unreadable(i64),
}

impl KafkaLog<'_> {
    /// How many records were read, and those that are nowhere.
    pub(super) async fn verify(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<(u64, Vec<Finding>), ReconcileError> {
        let at = self.partition;
        let mut records = 0;
        let mut findings = Vec::new();
        let opened = tokio::task::block_in_place(|| {
            let (low, high) = self.reader.watermarks(&at.topic, at.number)?;
            let end = at.position.min(high);
            if low >= end {
                return Ok(None);
            }
            let log = self.reader.assign(&at.topic, at.number, low)?;
            Ok::<_, ReconcileError>(Some((log, end)))
        })?;
        let Some((mut log, end)) = opened else {
            return Ok((0, findings));
        };
        let mut recent = Recent::default();
        let mut heard = Instant::now();
        while log.next_offset() < end {
            let read = tokio::task::block_in_place(|| self.read(&mut log, end, &mut recent))?;
            if read.is_empty() {
                if heard.elapsed() > PATIENCE {
                    break;
                }
                continue;
            }
            heard = Instant::now();
            records += read.len() as u64;
            findings.extend(self.judge(connection, read).await?);
        }
        Ok((records, findings))
    }

    fn read(
        &self,
        log: &mut PartitionReader,
        end: i64,
        recent: &mut Recent,
    ) -> Result<Vec<LogEntry>, ReconcileError> {
        let mut kept = Vec::new();
        log.drain(LIMIT, Duration::from_millis(200), &mut |record| {
            if record.offset < end {
                kept.push((record.offset, Kept::of(&of_row(&record))));
            }
        })?;
        let mut batch = EventBatch::default();
        let mut records = Vec::with_capacity(kept.len());
        for (offset, kept) in &kept {
            let bytes = kept.record(*offset);
            records.push(self.record(*offset, bytes, recent, &mut batch)?);
        }
        Ok(records)
    }

    fn record(
        &self,
        offset: i64,
        bytes: RecordBytes<'_>,
        recent: &mut Recent,
        batch: &mut EventBatch,
    ) -> Result<LogEntry, ReconcileError> {
        let found = recent.find(self.decoders, self.dataset, bytes.key, bytes.value, offset)?;
        let DecoderLookup::Decoder(decoder) = found else {
            return Ok(LogEntry::Unreadable(offset));
        };
        batch.clear();
        if decoder.decode_into(bytes, batch).is_err() {
            return Ok(LogEntry::Unreadable(offset));
        }
        let event = batch.event(0);
        if event.op == Operation::Truncate || !self.dataset.is_state() {
            return Ok(LogEntry::Control);
        }
        Ok(key_texts(self.dataset, &event).map_or(LogEntry::Unreadable(offset), |key| {
            LogEntry::Row(Claim { offset, key, version: event.version })
        }))
    }

    async fn judge(
        &self,
        connection: &mut PgConnection,
        records: Vec<LogEntry>,
    ) -> Result<Vec<Finding>, ReconcileError> {
        let (mut claims, mut unreadable) = (Vec::new(), Vec::new());
        for record in records {
            match record {
                LogEntry::Row(claim) => claims.push(claim),
                LogEntry::Unreadable(offset) => unreadable.push(offset),
                LogEntry::Control => {}
            }
        }
        let behind = self.not_in_store(connection, &claims).await?;
        let asked: Vec<i64> = behind.iter().chain(&unreadable).copied().collect();
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let kept = self.kept(connection, &asked).await?;
        let finding = |what, offsets: &[i64]| {
            let lost: Vec<i64> =
                offsets.iter().copied().filter(|offset| !kept.contains(offset)).collect();
            let first = lost.iter().min().copied()?;
            Some(Finding {
                what,
                offset: first,
                records: i64::try_from(lost.len()).unwrap_or(i64::MAX),
            })
        };
        Ok([finding(Wrong::NotInStore, &behind), finding(Wrong::Nowhere, &unreadable)]
            .into_iter()
            .flatten()
            .collect())
    }

    /// Offsets of records that the store does not have at their version or a newer one, and that no floor excuses.
    async fn not_in_store(
        &self,
        connection: &mut PgConnection,
        claims: &[Claim],
    ) -> Result<Vec<i64>, ReconcileError> {
        if claims.is_empty() {
            return Ok(Vec::new());
        }
        let contract = &self.dataset.contract;
        let count = contract.key.len();
        let list = |item: &dyn Fn(usize) -> String, between: &str| {
            (0..count).map(item).collect::<Vec<_>>().join(between)
        };
        let arrays = list(&|n| format!("${}::text[]", n + 4), ", ");
        let names = list(&|n| format!("k{n}"), ", ");
        let same = list(
            &|n| {
                let column = &contract.columns[contract.key[n]];
                let (name, of_type) = (quoted(&column.name), column.column_type.store_type());
                format!("s.{name} = w.k{n}::{of_type}")
            },
            " and ",
        );
        let statement = format!(
            "select w.place from unnest($1::bigint[], $2::bytea[], {arrays}) as w(place, version, {names}) \
             left join flow.{} s on {same} \
             where (s.\"_version\" is null or s.\"_version\" < w.version) and w.version >= $3",
            quoted(&self.dataset.table)
        );
        let offsets: Vec<i64> = claims.iter().map(|claim| claim.offset).collect();
        let versions: Vec<Vec<u8>> =
            claims.iter().map(|claim| claim.version.to_bytes().to_vec()).collect();
        let mut query = sqlx::query_scalar(AssertSqlSafe(statement))
            .persistent(false)
            .bind(offsets)
            .bind(versions)
            .bind(&self.partition.floor);
        for n in 0..count {
            let texts: Vec<&str> = claims.iter().map(|claim| claim.key[n].as_str()).collect();
            query = query.bind(texts);
        }
        query.fetch_all(connection).await.map_err(fails)
    }

    /// Those of the offsets whose records, or at least their places, are kept.
    async fn kept(
        &self,
        connection: &mut PgConnection,
        offsets: &[i64],
    ) -> Result<HashSet<i64>, ReconcileError> {
        let kept: Vec<i64> = sqlx::query_scalar(
            "select o from unnest($3::bigint[]) o where exists (select from flow.parked_record r \
             where r.topic = $1 and r.partition = $2 and r.\"offset\" = o) or exists (select from flow.quarantined q \
             where q.topic = $1 and q.partition = $2 and q.first_offset <= o and q.next_offset > o)",
        )
        .bind(&self.partition.topic)
        .bind(self.partition.number)
        .bind(offsets)
        .fetch_all(connection)
        .await
        .map_err(fails)?;
        Ok(kept.into_iter().collect())
    }
}
