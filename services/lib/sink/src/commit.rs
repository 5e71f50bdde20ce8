//! One batch becomes one transaction: rows with their versions, parked records, ledger, position. All
//! of it or nothing; and only while the lease still holds, which the last statement finds out.

use std::time::Duration;

use bangioc_change::batch::EventBatch;
use bangioc_change::version::Version;
use bangioc_runtime::failpoint;
use sqlx::{Connection as _, PgConnection};

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::incomplete;
use crate::intake::Intake;
use crate::lease::Lease;
use crate::ledger::LedgerCounts;
use crate::merge::{self, Net};
use crate::outbox;
use crate::park::{self, Moot};
use crate::pins;
use crate::poison::Poison;
use crate::protection::Broken;
use crate::quarantine;
use crate::refused;
use crate::shortcut::Way;
use crate::stage::{Stage, Target};
use crate::workers::Buffers;

/// What a batch did, once it is durable.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct CommittedBatch {
    pub counts: LedgerCounts,
    /// Rows that still miss columns.
    pub missing: i64,
}

pub(crate) struct Batch<'a> {
    pub dataset: &'a Dataset,
    pub lease: &'a Lease,
    pub lease_time: Duration,
    pub broken: Broken,
    pub intake: &'a Intake<'a>,
}

/// A batch whose first segment is written as lines: all that can be done without the store.
pub(crate) struct PreparedBatch<'a> {
    batch: Batch<'a>,
    events: &'a EventBatch,
    live: &'a [usize],
    stage: &'a mut Stage,
    first: Net<'a>,
}

impl<'a> Batch<'a> {
    /// `way`: of rows that are new, if all of the batch are.
    pub(crate) fn prepare(self, buffers: &'a mut Buffers, way: Way) -> PreparedBatch<'a> {
        let Buffers { events, live, stage } = buffers;
        let end = self.intake.barriers.first().map_or(live.len(), |barrier| barrier.at);
        let first = Net::new(self.dataset, events, &live[..end], self.broken);
        let target = match way {
            Way::Straight if first.is_new() => Target::Table,
            Way::ByValues if self.intake.barriers.is_empty() && self.broken != Broken::Version => {
                Target::Values
            }
            Way::Straight | Way::ByValues | Way::ByStage => Target::Stage,
        };
        first.fill(stage, target);
        PreparedBatch { batch: self, events, live, stage, first }
    }
}

impl PreparedBatch<'_> {
    pub(crate) async fn commit(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<CommittedBatch, SinkError> {
        let batch = &self.batch;
        let (intake, partition) = (batch.intake, batch.lease.partition);
        let topic = &batch.lease.topic;
        let mut done = CommittedBatch { counts: intake.counts, missing: 0 };
        let mut live_rows = 0;
        let mut transaction = connection.begin().await?;
        if !intake.queued_on.is_empty() {
            let keys: Vec<_> = intake.queued_on.iter().copied().collect();
            park::hold(&mut transaction, topic, partition, &keys).await?;
        }
        if !intake.parking.is_empty() {
            park::park(&mut transaction, topic, partition, batch.dataset.id(), &intake.parking)
                .await
                .map_err(SinkError::of_bookkeeping)?;
        }
        for (number, segment) in batch.segments(self.live).enumerate() {
            let merged = if number == 0 {
                merge::merge(&mut transaction, self.stage, &self.first).await?
            } else {
                merge::empty_stage(&mut transaction, batch.dataset).await?;
                let net = Net::new(batch.dataset, self.events, segment.live, batch.broken);
                net.fill(self.stage, Target::Stage);
                merge::merge(&mut transaction, self.stage, &net).await?
            };
            merged.count_into(&mut done.counts);
            live_rows += merged.live_rows;
            done.missing += merged.missing;
            if let Some(version) = segment.then_remove_below {
                live_rows -= merge::remove_below(&mut transaction, batch.dataset, version).await?;
                park::supersede(
                    &mut transaction,
                    topic,
                    partition,
                    Moot::All,
                    version,
                    intake.next_offset,
                )
                .await?;
            }
        }
        if !intake.incomplete.is_empty() {
            incomplete::write(&mut transaction, batch.dataset, partition, &intake.incomplete)
                .await
                .map_err(SinkError::of_bookkeeping)?;
        }
        if intake.pins().has_news() {
            pins::write(&mut transaction, topic, intake.pins()).await?;
        }
        if !intake.quarantine.is_empty() {
            quarantine::write(&mut transaction, batch.dataset, partition, &intake.quarantine)
                .await?;
        }
        for moot in &intake.superseding {
            batch.supersede(&mut transaction, moot).await?;
        }
        for key in &intake.wanted {
            outbox::ask(&mut transaction, batch.dataset.id(), key).await?;
        }
        failpoint::hit("sink.staged");
        batch.advance(&mut transaction, &done.counts, live_rows).await?;
        failpoint::hit("sink.before_commit");
        let committed = transaction.commit().await;
        committed.map_err(|error| {
            SinkError::from(error).in_statement("the commit", &self.batch.dataset.contract)
        })?;
        // The offset counts from here on: the effect is durable, and the position with it.
        failpoint::hit("sink.after_commit");
        Ok(done)
    }

    /// May it need the staging table? New rows turn back to it when one of them is there already.
    pub(crate) fn may_be_staged(&self) -> bool {
        self.stage.target() != Target::Values
    }

    /// Did its rows go past the stage?
    pub(crate) fn went_straight(&self) -> bool {
        self.stage.target() == Target::Table
    }

    /// By the stage this time: some row is in the store already.
    pub(crate) fn turn_back(&mut self) {
        self.first.fill(self.stage, Target::Stage);
    }

    /// After PostgreSQL refused the batch: of which rows, by [`EventBatch::identity`], and why.
    pub(crate) async fn find_refused(
        &mut self,
        connection: &mut PgConnection,
    ) -> Result<Vec<(Vec<u8>, Poison)>, SinkError> {
        let batch = &self.batch;
        let mut found = Vec::new();
        merge::make_stage(connection, batch.dataset).await?;
        for segment in batch.segments(self.live) {
            let net = Net::new(batch.dataset, self.events, segment.live, batch.broken);
            net.fill(self.stage, Target::Stage);
            let lines = refused::lines(connection, batch.dataset, self.stage).await?;
            found.extend(lines.into_iter().map(|(line, poison)| (net.identity(line), poison)));
        }
        Ok(found)
    }
}

impl Batch<'_> {
    /// What makes the queue moot also makes its last state unknown: the row is asked for again.
    async fn supersede(
        &self,
        connection: &mut PgConnection,
        moot: &crate::intake::Superseding,
    ) -> Result<(), SinkError> {
        let (topic, partition) = (&self.lease.topic, self.lease.partition);
        let key = Moot::Key(&moot.key_ref);
        park::supersede(connection, topic, partition, key, moot.version, self.intake.next_offset)
            .await?;
        match &moot.copy_of {
            Some(key) => outbox::ask(connection, self.dataset.id(), key).await,
            None => Ok(()),
        }
    }

    /// Live events between barriers.
    fn segments<'b>(&'b self, live: &'b [usize]) -> impl Iterator<Item = Segment<'b>> {
        let starts =
            std::iter::once(0).chain(self.intake.barriers.iter().map(|barrier| barrier.at));
        let ends = self.intake.barriers.iter().map(|barrier| (barrier.at, Some(barrier.version)));
        starts.zip(ends.chain([(live.len(), None)])).map(|(start, (end, version))| Segment {
            live: &live[start..end],
            then_remove_below: version,
        })
    }

    /// Position, ledger and lease in one statement: one row, or another instance has taken over, or the
    /// floor has moved under us.
    async fn advance(
        &self,
        connection: &mut PgConnection,
        counts: &LedgerCounts,
        live_rows: i64,
    ) -> Result<(), SinkError> {
        let done = sqlx::query(
            "with moved as (update flow.lease set next_offset = $5, floor = $6, rows = rows + $7, \
             nfc = nfc + $17, whitespace = whitespace + $18, \
             expires_at = greatest(expires_at, now() + $8 * interval '1 second') \
             where topic = $1 and partition = $2 and epoch = $3 and next_offset = $4 and floor = $9 returning 1) \
             insert into flow.ledger (topic, partition, first_offset, next_offset, applied, folded, duplicate, \
             stale, control, parked, quarantined) \
             select $1, $2, $4, $5, $10, $11, $12, $13, $14, $15, $16 from moved",
        )
        .bind(&self.lease.topic)
        .bind(self.lease.partition)
        .bind(self.lease.epoch)
        .bind(self.intake.first_offset)
        .bind(self.intake.next_offset)
        .bind(&self.intake.memory.floor.to_bytes()[..])
        .bind(live_rows)
        .bind(self.lease_time.as_secs_f64())
        .bind(&self.lease.floor[..])
        .bind(counts.applied)
        .bind(counts.folded)
        .bind(counts.duplicate)
        .bind(counts.stale)
        .bind(counts.control)
        .bind(counts.parked)
        .bind(counts.quarantined)
        .bind(self.intake.odd.nfc)
        .bind(self.intake.odd.whitespace)
        .execute(connection)
        .await
        .map_err(|error| SinkError::from(error).of_bookkeeping())?;
        if done.rows_affected() == 1 { Ok(()) } else { Err(self.lease.lost()) }
    }
}

struct Segment<'a> {
    live: &'a [usize],
    then_remove_below: Option<Version>,
}
