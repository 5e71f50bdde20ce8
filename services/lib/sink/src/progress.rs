//! What travels beside the data: the progress topics of the sources. From them come freshness and
//! sweeps; and from here requests for rows go out. Every instance does it, and each write is the same
//! whoever makes it.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bangioc_change::progress::{DatasetProgress, Offsets, ProgressRecord};
use bangioc_feed::consume::{Limit, PartitionReader, Reader};
use bangioc_feed::journal::Journal;
use bangioc_schemas::names;
use sqlx::PgConnection;

use crate::dataset::Dataset;
use crate::engine::Engine;
use crate::error::SinkError;
use crate::freshness::{Mark, Marks, SourceState};
use crate::{outbox, sweep};

/// Between looks. Freshness is told in seconds.
const ROUND: Duration = Duration::from_secs(1);
const LIMIT: Limit = Limit {
    records: 10_000,
    bytes: 8 << 20,
};

/// Runs until the process stops. A failure is waited out: nothing here may stop the rows.
pub fn run(engine: &Arc<Engine>) {
    let mut delays = engine.retry.delays();
    while !engine.shutdown.is_requested() {
        let failure = match Watcher::start(engine).and_then(|mut watcher| watcher.run(&mut delays))
        {
            Ok(()) => return,
            Err(failure) => failure,
        };
        engine.report("progress", &failure);
        if engine.shutdown.pause(delays.next().unwrap_or(ROUND)) {
            return;
        }
    }
}

struct Watcher<'a> {
    engine: &'a Engine,
    connection: PgConnection,
    journal: Journal,
    sources: Vec<Source>,
    marks: HashMap<String, Marks>,
    /// What the store was told last, so that an idle source costs no writes.
    written: HashMap<String, (SourceTold, Option<Mark>)>,
    // Last: readers of partitions go before it.
    _reader: Reader,
}

/// Epoch, clock, and what the source says of one dataset.
type SourceTold = (u32, i64, Option<DatasetProgress>);

struct Source {
    topic: String,
    state: SourceState,
    reader: PartitionReader,
    /// Newer than what the store has.
    changed: bool,
}

impl<'a> Watcher<'a> {
    fn start(engine: &'a Engine) -> Result<Watcher<'a>, SinkError> {
        let mut connection = engine.handle.block_on(connect(engine))?;
        let journal = Journal::connect(&engine.kafka)?;
        let reader = Reader::connect(
            &engine.kafka,
            "bangioc-progress",
            None,
            &bangioc_feed::consume::Tuning::default(),
        )?;
        let mut topics: Vec<String> = engine
            .datasets
            .iter()
            .map(|dataset| {
                names::progress_topic(&engine.prefix, engine.side, &dataset.contract.source.source)
            })
            .collect();
        topics.sort();
        topics.dedup();
        let mut sources = Vec::new();
        for topic in topics {
            let (low, high) = reader.watermarks(&topic, 0)?;
            let stored = engine.handle.block_on(load(&mut connection, &topic))?;
            // A position outside the log means another topic: begin anew, nothing depends on the past.
            let (offset, state) = stored
                .filter(|(offset, _)| (low..=high).contains(offset))
                .unwrap_or((low, SourceState::default()));
            let reader = reader.assign(&topic, 0, offset)?;
            sources.push(Source {
                topic,
                state,
                reader,
                changed: true,
            });
        }
        let mut watcher = Watcher {
            engine,
            connection,
            journal,
            sources,
            marks: HashMap::new(),
            written: HashMap::new(),
            _reader: reader,
        };
        for number in 0..watcher.sources.len() {
            watcher.mark(number);
        }
        Ok(watcher)
    }

    fn run(&mut self, delays: &mut bangioc_runtime::retry::Delays) -> Result<(), SinkError> {
        loop {
            self.read()?;
            let engine = self.engine;
            engine.handle.block_on(Box::pin(self.write()))?;
            engine.metrics.well("progress");
            delays.reset();
            if engine.shutdown.pause(ROUND) {
                return Ok(());
            }
        }
    }

    fn read(&mut self) -> Result<(), SinkError> {
        for number in 0..self.sources.len() {
            let source = &mut self.sources[number];
            let mut records = Vec::new();
            source.reader.drain(LIMIT, Duration::ZERO, &mut |record| {
                if let Some(parsed) = record
                    .value
                    .and_then(|value| serde_json::from_slice(value).ok())
                {
                    records.push((record.offset, parsed));
                } else {
                    tracing::warn!(
                        offset = record.offset,
                        "a record of a progress topic can't be read"
                    );
                }
            })?;
            for (offset, record) in records {
                self.take(number, offset, record)?;
            }
        }
        Ok(())
    }

    fn take(
        &mut self,
        number: usize,
        offset: i64,
        record: ProgressRecord,
    ) -> Result<(), SinkError> {
        let source = &mut self.sources[number];
        source.changed = true;
        match record {
            ProgressRecord::Progress(progress) => {
                source.state.take(progress);
                self.mark(number);
                Ok(())
            }
            ProgressRecord::Sweep(record) => {
                let remembered =
                    sweep::remember(&mut self.connection, &source.topic, offset, &record);
                self.engine.handle.block_on(remembered)
            }
        }
    }

    fn mark(&mut self, number: usize) {
        let state = &self.sources[number].state;
        for topic in state.offsets.keys() {
            self.marks
                .entry(topic.clone())
                .or_default()
                .push(state, topic);
        }
    }

    async fn write(&mut self) -> Result<(), SinkError> {
        let positions = positions(&mut self.connection).await?;
        let position = |topic: &str| positions.get(topic).cloned().unwrap_or_default();
        let engine = self.engine;
        sweep::run_due(&mut self.connection, &engine.datasets, position).await?;
        for dataset in &engine.datasets {
            let reached = self
                .marks
                .get_mut(&dataset.topic)
                .and_then(|marks| marks.reach(&position(&dataset.topic)).cloned());
            let topic =
                names::progress_topic(&engine.prefix, engine.side, &dataset.contract.source.source);
            if let Some(source) = self.sources.iter().find(|source| source.topic == topic) {
                let told = (
                    source.state.epoch,
                    source.state.at_us,
                    source.state.datasets.get(dataset.id()).cloned(),
                );
                let news = (told, reached);
                if self.written.get(dataset.id()) != Some(&news) {
                    write_freshness(
                        &mut self.connection,
                        dataset,
                        &source.state,
                        news.1.as_ref(),
                    )
                    .await?;
                    self.written.insert(dataset.id().to_owned(), news);
                }
            }
        }
        for source in self.sources.iter_mut().filter(|source| source.changed) {
            // Written after the sweeps before it are: a record is read again rather than missed.
            store(
                &mut self.connection,
                &source.topic,
                source.reader.next_offset(),
                &source.state,
            )
            .await?;
            source.changed = false;
        }
        outbox::send(
            &mut self.connection,
            &self.journal,
            &engine.prefix,
            &engine.datasets,
        )
        .await?;
        Ok(())
    }
}

/// Nothing here is worth an fsync of its own: after a crash of the store it is written again.
async fn connect(engine: &Engine) -> Result<PgConnection, SinkError> {
    let mut connection = engine.store.connect("bangioc sink progress").await?;
    sqlx::query("set synchronous_commit = off")
        .execute(&mut connection)
        .await?;
    Ok(connection)
}

async fn load(
    connection: &mut PgConnection,
    topic: &str,
) -> Result<Option<(i64, SourceState)>, SinkError> {
    let row: Option<(i64, Option<String>)> = sqlx::query_as(
        "select next_offset, newest::text from flow.progress_position where progress_topic = $1",
    )
    .bind(topic)
    .fetch_optional(connection)
    .await?;
    Ok(row.and_then(|(offset, newest)| Some((offset, serde_json::from_str(&newest?).ok()?))))
}

async fn store(
    connection: &mut PgConnection,
    topic: &str,
    next_offset: i64,
    state: &SourceState,
) -> Result<(), SinkError> {
    sqlx::query(
        "insert into flow.progress_position as p (progress_topic, next_offset, newest) values ($1, $2, $3::jsonb) \
         on conflict (progress_topic) do update set next_offset = excluded.next_offset, newest = excluded.newest \
         where excluded.next_offset > p.next_offset",
    )
    .bind(topic)
    .bind(next_offset)
    .bind(serde_json::to_string(state).unwrap_or_default())
    .execute(connection)
    .await?;
    Ok(())
}

async fn positions(connection: &mut PgConnection) -> Result<HashMap<String, Offsets>, SinkError> {
    let rows: Vec<(String, i32, i64)> = sqlx::query_as(
        "select topic, partition, next_offset from flow.lease where next_offset is not null",
    )
    .fetch_all(connection)
    .await?;
    let mut positions: HashMap<String, Offsets> = HashMap::new();
    for (topic, partition, offset) in rows {
        positions
            .entry(topic)
            .or_default()
            .insert(partition, offset);
    }
    Ok(positions)
}

async fn write_freshness(
    connection: &mut PgConnection,
    dataset: &Dataset,
    source: &SourceState,
    reached: Option<&Mark>,
) -> Result<(), SinkError> {
    let told = source.datasets.get(dataset.id());
    let phase = told.map(|told| serde_json::to_value(told.phase).unwrap_or_default());
    sqlx::query(
        "insert into flow.freshness as f (dataset, complete_epoch, complete_lsn, complete_at, source_epoch, \
         source_at, phase, estimated_rows, copied_rows) \
         values ($1, $2, $3, to_timestamp($4::float8 / 1e6), $5, to_timestamp($6::float8 / 1e6), $7, $8, $9) \
         on conflict (dataset) do update set \
         complete_epoch = coalesce(excluded.complete_epoch, f.complete_epoch), \
         complete_lsn = coalesce(excluded.complete_lsn, f.complete_lsn), \
         complete_at = coalesce(excluded.complete_at, f.complete_at), \
         source_epoch = excluded.source_epoch, source_at = excluded.source_at, \
         phase = coalesce(excluded.phase, f.phase), \
         estimated_rows = coalesce(excluded.estimated_rows, f.estimated_rows), \
         copied_rows = coalesce(excluded.copied_rows, f.copied_rows), updated_at = now() \
         where f.source_epoch is null or (excluded.source_epoch, excluded.source_at) >= (f.source_epoch, f.source_at)",
    )
    .bind(dataset.id())
    .bind(reached.map(|mark| i64::from(mark.epoch)))
    .bind(reached.map(|mark| mark.lsn.as_str()))
    .bind(reached.map(|mark| mark.at_us))
    .bind(i64::from(source.epoch))
    .bind((source.at_us > 0).then_some(source.at_us))
    .bind(phase.as_ref().and_then(|phase| phase.as_str()))
    .bind(told.map(|told| told.estimated_rows))
    .bind(told.map(|told| told.copied_rows))
    .execute(connection)
    .await?;
    Ok(())
}
