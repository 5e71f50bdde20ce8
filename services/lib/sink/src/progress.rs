//! What travels beside the data: the progress topics of the sources. From them come freshness and
//! sweeps; and from here requests for rows go out. Every instance does it, and each write is the same
//! whoever makes it.

pub(crate) mod books;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bangioc_change::progress::{DatasetProgress, Offsets, Progress, ProgressRecord};
use bangioc_feed::consume::{Limit, Reader};
use bangioc_feed::journal::Journal;
use sqlx::PgConnection;

use crate::clock::now_us;
use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::freshness::{BelievedSource, FreshnessMark, FreshnessMarks};
use crate::instance::Instance;
use crate::refusal::RecordRefusal;
use crate::standing::{self, Shelf};
use crate::{lease, outbox, sweep};
use books::{FollowedSource, connect, forget_offsets, load, store, write_freshness};

/// Between looks. Freshness is told in seconds.
const ROUND: Duration = Duration::from_secs(1);
/// So that a share is kept to.
const ONE: Limit = Limit { records: 1, bytes: 8 << 20 };

/// Of a source's records in one round, whatever they cost and however many wait: what one source writes must not
/// delay what is known of the others, whose rows wait for it. Thousands of honest ones fit.
const SHARE: Duration = Duration::from_millis(250);

/// A full record of a hundred datasets has some 20 KiB; what it becomes in memory is many times as large.
const LONGEST: usize = 1 << 20;

/// Between two lines of the log about one kind of refusal at one source: whoever causes it could fill a disk.
const SAY_AGAIN: Duration = Duration::from_mins(1);

/// Between two looks at how the datasets stand.
const COUNT_AGAIN: Duration = Duration::from_secs(5);

/// Runs until the process stops. A failure is waited out: nothing here may stop the rows.
pub(crate) fn run(instance: &Arc<Instance>) {
    let mut delays = instance.retry.delays();
    while !instance.shutdown.is_requested() {
        let failure =
            match Watcher::start(instance).and_then(|mut watcher| watcher.run(&mut delays)) {
                Ok(WatchEnd::Stopped) => return,
                Ok(WatchEnd::TakenBack) => continue,
                Err(failure) => failure,
            };
        instance.report("progress", &failure);
        if instance.shutdown.pause(delays.next().unwrap_or(ROUND)) {
            return;
        }
    }
}

/// Why a watcher ends that has not failed.
enum WatchEnd {
    Stopped,
    /// A person took back what a source was believed.
    TakenBack,
}

struct Watcher<'a> {
    instance: &'a Instance,
    connection: PgConnection,
    journal: Journal,
    sources: Vec<FollowedSource>,
    marks: HashMap<String, FreshnessMarks>,
    /// Where partitions ended when it was last looked, by topic: asking Kafka takes longer than anything else here.
    ends: HashMap<String, Offsets>,
    /// What the store was told last, so that an idle source costs no writes.
    written: HashMap<String, (SourceTold, Option<FreshnessMark>)>,
    /// Where the books have each dataset, and when they were last read for those who scrape metrics.
    shelves: Vec<Shelf>,
    counted: Instant,
    /// By source and reason, when it was said last.
    said: HashMap<(usize, RecordRefusal), Instant>,
    // Last: readers of partitions go before it.
    _reader: Reader,
}

/// Epoch, clock, what the source says of one dataset, and why it is not believed.
type SourceTold = (u32, i64, Option<DatasetProgress>, Option<String>);

impl<'a> Watcher<'a> {
    fn start(instance: &'a Instance) -> Result<Watcher<'a>, SinkError> {
        let mut connection = instance.handle.block_on(connect(instance))?;
        let journal = Journal::connect(&instance.kafka)?;
        let reader = Reader::connect(
            &instance.kafka,
            "bangioc-progress",
            None,
            &bangioc_feed::consume::Tuning::default(),
        )?;
        let mut topics: Vec<String> =
            instance.datasets.iter().map(|dataset| dataset.progress_topic.clone()).collect();
        topics.sort();
        topics.dedup();
        let mut sources = Vec::new();
        for topic in topics {
            let (low, high) = instance.questions.watermarks(&topic, 0)?;
            let stored = instance.handle.block_on(load(&mut connection, &topic))?;
            let generation = stored.as_ref().map_or(0, |(.., generation)| *generation);
            // A position outside the log means another topic: begin anew, nothing depends on the past.
            let within = stored
                .filter(|(offset, ..)| (low..=high).contains(offset))
                .map(|(offset, state, _)| (offset, state.unwrap_or_default()));
            let (offset, state) = if let Some(within) = within {
                within
            } else {
                let anew = forget_offsets(&mut connection, instance, &topic);
                instance.handle.block_on(anew)?;
                (low, BelievedSource::default())
            };
            let reader = reader.assign(&topic, 0, offset)?;
            sources.push(FollowedSource {
                topic,
                state,
                reader,
                end: high,
                generation,
                changed: true,
            });
        }
        let mut watcher = Watcher {
            instance,
            connection,
            journal,
            sources,
            marks: HashMap::new(),
            ends: HashMap::new(),
            written: HashMap::new(),
            shelves: instance.datasets.iter().map(Shelf::of).collect(),
            counted: Instant::now(),
            said: HashMap::new(),
            _reader: reader,
        };
        for number in 0..watcher.sources.len() {
            watcher.mark(number);
        }
        Ok(watcher)
    }

    fn run(&mut self, delays: &mut bangioc_runtime::retry::Delays) -> Result<WatchEnd, SinkError> {
        loop {
            let waits = self.read()?;
            let instance = self.instance;
            if let Some(end) = instance.handle.block_on(Box::pin(self.write()))? {
                return Ok(end);
            }
            instance.metrics.well("progress");
            delays.reset();
            if !waits {
                instance.ceilings.pause(ROUND);
            }
            if instance.shutdown.is_requested() {
                return Ok(WatchEnd::Stopped);
            }
        }
    }

    /// Each source's share; whether one has more than that.
    fn read(&mut self) -> Result<bool, SinkError> {
        let mut waits = false;
        for number in 0..self.sources.len() {
            let began = Instant::now();
            while self.read_one(number)? {
                if began.elapsed() >= SHARE {
                    waits = true;
                    break;
                }
            }
            let source = &self.sources[number];
            let read_to = source.reader.next_offset();
            let ceiling = (read_to >= source.end).then(|| source.state.bound());
            self.instance.ceilings.tell(&source.topic, ceiling, read_to);
        }
        Ok(waits)
    }

    /// False: there is none.
    fn read_one(&mut self, number: usize) -> Result<bool, SinkError> {
        let source = &mut self.sources[number];
        let mut read = None;
        source.reader.drain(ONE, Duration::ZERO, &mut |record| {
            let parsed = record
                .value
                .filter(|value| value.len() <= LONGEST)
                .and_then(|value| serde_json::from_slice(value).ok());
            read = Some((record.offset, parsed));
        })?;
        let Some((offset, record)) = read else {
            return Ok(false);
        };
        source.changed = true;
        if let Err(refusal) = self.take(number, offset, record)? {
            self.refuse(number, offset, refusal);
        }
        Ok(true)
    }

    /// The inner answer: is it believed?
    fn take(
        &mut self,
        number: usize,
        offset: i64,
        record: Option<ProgressRecord>,
    ) -> Result<Result<(), RecordRefusal>, SinkError> {
        let source = &mut self.sources[number];
        match record {
            None => Ok(Err(RecordRefusal::Unreadable)),
            Some(ProgressRecord::Progress(progress)) => {
                let (progress, foreign) = own_part(self.instance, &source.topic, progress);
                let taken = source.state.take(progress, now_us());
                self.mark(number);
                Ok(taken.and(foreign))
            }
            Some(ProgressRecord::Ceiling(ceiling)) => Ok(source.state.take_ceiling(&ceiling)),
            Some(ProgressRecord::Sweep(record)) => {
                let instance = self.instance;
                let bound = source.state.bound();
                let sweep = match sweep::judge(&record, &instance.datasets, &source.topic, bound) {
                    Ok(sweep) => sweep,
                    Err(refusal) => return Ok(Err(refusal)),
                };
                let known = instance.datasets.iter().any(|dataset| dataset.topic == record.topic);
                for (partition, offset) in record.offsets.iter().filter(|_| known) {
                    let ends = self.ends.entry(record.topic.clone()).or_default();
                    if ends.get(partition).is_none_or(|end| offset > end) {
                        let (_, end) = instance.questions.watermarks(&record.topic, *partition)?;
                        ends.insert(*partition, end);
                        if *offset > end {
                            return Ok(Err(RecordRefusal::SweepInvalid));
                        }
                    }
                }
                let remembered =
                    sweep::remember(&mut self.connection, &source.topic, offset, &sweep);
                let has_room = instance.handle.block_on(remembered)?;
                Ok(if has_room { Ok(()) } else { Err(RecordRefusal::SweepInvalid) })
            }
        }
    }

    fn refuse(&mut self, number: usize, offset: i64, refusal: RecordRefusal) {
        let topic = &self.sources[number].topic;
        self.instance.metrics.refused(topic, refusal.as_str(), 1);
        let said = self.said.get(&(number, refusal));
        if said.is_none_or(|at| at.elapsed() >= SAY_AGAIN) {
            tracing::warn!(
                code = refusal.code(),
                topic,
                offset,
                reason = refusal.as_str(),
                "a record of a progress topic is not believed"
            );
            self.said.insert((number, refusal), Instant::now());
        }
    }

    fn mark(&mut self, number: usize) {
        let source = &self.sources[number];
        for dataset in &self.instance.datasets {
            let offsets = source.state.offsets.get(&dataset.topic);
            if source.is_of(dataset) && offsets.is_some_and(|offsets| dataset.is_whole(offsets)) {
                let marks = match self.marks.get_mut(&dataset.topic) {
                    Some(marks) => marks,
                    None => self.marks.entry(dataset.topic.clone()).or_default(),
                };
                marks.push(&source.state, &dataset.topic);
            }
        }
    }

    /// Why to end, if there is a reason.
    async fn write(&mut self) -> Result<Option<WatchEnd>, SinkError> {
        let positions = lease::positions(&mut self.connection).await?;
        let position = |topic: &str| positions.get(topic).cloned().unwrap_or_default();
        let instance = self.instance;
        for dataset in &instance.datasets {
            let reached = self
                .marks
                .get_mut(&dataset.topic)
                .and_then(|marks| marks.reach(&position(&dataset.topic)).cloned());
            if let Some(source) = self.sources.iter().find(|source| source.is_of(dataset)) {
                let told = (
                    source.state.epoch,
                    source.state.at_us,
                    source.state.datasets.get(dataset.id()).cloned(),
                    source.state.distrust.clone(),
                );
                if let Some(mark) = &reached {
                    instance.metrics.reached(dataset.id(), mark.at_us, now_us());
                }
                let news = (told, reached);
                if self.written.get(dataset.id()) != Some(&news) {
                    write_freshness(&mut self.connection, dataset, source, news.1.as_ref()).await?;
                    self.written.insert(dataset.id().to_owned(), news);
                }
            }
        }
        for source in self.sources.iter_mut().filter(|source| source.changed) {
            // Written after the sweeps before it are: a record is read again rather than missed.
            if !store(&mut self.connection, source).await? {
                return Ok(Some(WatchEnd::TakenBack));
            }
            source.changed = false;
        }
        if self.counted.elapsed() >= COUNT_AGAIN {
            let standings = standing::read(&mut self.connection, &self.shelves).await?;
            for standing in standings.iter().flatten() {
                instance.metrics.stands(standing);
            }
            self.counted = Instant::now();
        }
        outbox::send(&mut self.connection, &self.journal, &instance.prefix, &instance.datasets)
            .await?;
        Ok(None)
    }
}

/// What of it concerns the source's own datasets; whether all of it does. A topic that nobody here knows is
/// of a contract newer than ours.
fn own_part(
    instance: &Instance,
    progress_topic: &str,
    mut progress: Progress,
) -> (Progress, Result<(), RecordRefusal>) {
    let of = |topic: &str| {
        let mut datasets = instance.datasets.iter();
        datasets.find(|dataset| dataset.topic == topic)
    };
    let mut foreign = Ok(());
    progress.offsets.retain(|topic, offsets| {
        let dataset = of(topic);
        let own = dataset.filter(|dataset| dataset.progress_topic == progress_topic);
        if dataset.is_some() && own.is_none() {
            foreign = Err(RecordRefusal::PrincipalMismatch);
        }
        own.is_some_and(|own| offsets.iter().all(|place| own.has_place(place)))
    });
    // Names that nobody here knows are not kept: they may be anything, of any number.
    progress.datasets.retain(|id, _| {
        let own =
            |dataset: &Dataset| dataset.progress_topic == progress_topic && dataset.id() == id;
        instance.datasets.iter().any(own)
    });
    (progress, foreign)
}
