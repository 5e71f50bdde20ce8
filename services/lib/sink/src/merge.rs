//! A segment of a batch: folded to one line per key, copied into the staging table, merged by version.
//! Rows that are new go past the stage, straight into their table: that is COPY's own speed, twice that of
//! a merge.

use std::collections::{HashMap, HashSet};

use bangioc_change::batch::EventBatch;
use bangioc_change::fold::{Effect, Fate, Folded, NetOutcome, fold};
use bangioc_change::version::Version;
use sqlx::{Executor as _, PgConnection};

use crate::dataset::Dataset;
use crate::error::SinkError;
use crate::ledger::LedgerCounts;
use crate::protection::Broken;
use crate::stage::{Continues, Stage, Target};

/// Sent to PostgreSQL at once: the driver copies each piece.
const PIECE: usize = 128 << 10;

/// What a merge did with the lines of a stage.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Merged {
    counts: LedgerCounts,
    pub live_rows: i64,
    pub missing: i64,
}

impl Merged {
    pub(crate) fn count_into(&self, counts: &mut LedgerCounts) {
        counts.applied += self.counts.applied;
        counts.folded += self.counts.folded;
        counts.duplicate += self.counts.duplicate;
        counts.stale += self.counts.stale;
    }
}

/// The staging table of a dataset, where the connection has none.
pub(crate) async fn make_stage(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<(), SinkError> {
    connection.execute(sqlx::raw_sql(dataset.sql.create_stage.clone())).await?;
    Ok(())
}

pub(crate) async fn empty_stage(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<(), SinkError> {
    sqlx::query(dataset.sql.truncate_stage.clone()).execute(connection).await?;
    Ok(())
}

/// Live rows removed: all that are older than `version`.
pub(crate) async fn remove_below(
    connection: &mut PgConnection,
    dataset: &Dataset,
    version: Version,
) -> Result<i64, SinkError> {
    Ok(sqlx::query_scalar(dataset.sql.remove_below.clone())
        .bind(&version.to_bytes()[..])
        .fetch_one(connection)
        .await?)
}

/// Live events of one segment, folded to one line of a stage per key.
pub(crate) struct Net<'a> {
    dataset: &'a Dataset,
    events: &'a EventBatch,
    live: &'a [usize],
    folded: Folded,
    broken: Broken,
}

impl<'a> Net<'a> {
    pub(crate) fn new(
        dataset: &'a Dataset,
        events: &'a EventBatch,
        live: &'a [usize],
        broken: Broken,
    ) -> Net<'a> {
        Net { dataset, events, live, folded: fold(events, live), broken }
    }

    /// The lines of it, instead of what `stage` held.
    pub(crate) fn fill(&self, stage: &mut Stage, target: Target) {
        stage.clear(target);
        for effect in self.folded.effects() {
            self.push(effect, stage);
        }
    }

    /// Only whole rows that continue no earlier one: as far as events can tell, none is in the store.
    pub(crate) fn is_new(&self) -> bool {
        self.folded.effects().iter().all(|effect| {
            effect.outcome == NetOutcome::Row { fresh: true }
                && self.folded.row(self.events, effect).is_some_and(|row| !row.has_absent())
        })
    }

    pub(crate) fn key(&self, line: usize) -> &'a [u8] {
        self.folded.effects().get(line).map_or(&[], |effect| self.events.key(effect.event))
    }

    /// What names the row of a line, as in [`EventBatch::identity`].
    pub(crate) fn identity(&self, line: usize) -> Vec<u8> {
        self.folded
            .effects()
            .get(line)
            .map_or_else(Vec::new, |effect| self.events.identity(effect.event).to_vec())
    }

    fn push(&self, effect: &Effect, stage: &mut Stage) {
        let contract = &self.dataset.contract;
        match (effect.outcome, self.folded.row(self.events, effect)) {
            (NetOutcome::Deleted, _) => {
                if let Some(row) = self.events.event(effect.event).keyed_row() {
                    stage.push_deleted(contract, row, effect.version);
                }
            }
            (NetOutcome::Row { fresh }, row) => {
                let continues = match (self.broken, fresh) {
                    (Broken::Toast, _) => Continues::AsNull,
                    (_, true) => Continues::Nothing,
                    (_, false) => Continues::Stored,
                };
                let since = (effect.since != effect.version).then_some(effect.since);
                if let Some(row) = row {
                    stage.push_row(contract, row.cells(), effect.version, continues, since);
                } else {
                    let cells = (0..contract.columns.len())
                        .map(|column| self.folded.cell(self.events, effect, column));
                    stage.push_row(contract, cells, effect.version, continues, since);
                }
            }
        }
    }

    /// As if every line will be applied; the merge itself adds those.
    fn counts(&self) -> LedgerCounts {
        let mut counts = LedgerCounts::default();
        for fate in self.folded.fates() {
            match fate {
                Fate::Applied => {}
                Fate::Folded => counts.folded += 1,
                Fate::Duplicate => counts.duplicate += 1,
                Fate::Stale => counts.stale += 1,
            }
        }
        counts
    }

    /// Events of the keys of these lines that a later event of the batch went beyond: if that later one
    /// was not applied, neither were they.
    fn folded_into(&self, lines: &[(usize, LineOrder)]) -> i64 {
        let keys: HashSet<&[u8]> = lines.iter().map(|&(line, _)| self.key(line)).collect();
        let folded = self.live.iter().zip(self.folded.fates());
        let count = folded.filter(|&(&event, fate)| {
            *fate == Fate::Folded && keys.contains(self.events.key(event))
        });
        i64::try_from(count.count()).unwrap_or(i64::MAX)
    }

    /// The events of one line's key.
    fn events_of(&self, line: usize) -> impl Iterator<Item = usize> + use<'_, 'a> {
        let key = self.key(line);
        self.live.iter().copied().filter(move |&event| self.events.key(event) == key)
    }
}

/// How a line that was not applied stands to the stored row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum LineOrder {
    Same,
    Older,
    /// It mixes events older and newer than what is stored, as when two captures wrote at once.
    Across,
}

pub(crate) async fn merge(
    connection: &mut PgConnection,
    stage: &mut Stage,
    net: &Net<'_>,
) -> Result<Merged, SinkError> {
    let mut merged = Merged { counts: net.counts(), ..Merged::default() };
    if stage.is_empty() {
        return Ok(merged);
    }
    let (dataset, broken) = (net.dataset, net.broken);
    if stage.target() == Target::Table {
        copy(connection, &dataset.sql.copy_table, stage.bytes()).await?;
        // All of them, or the first that is there already has ended the transaction.
        let rows = i64::try_from(stage.len()).unwrap_or(i64::MAX);
        merged.counts.applied += rows;
        merged.live_rows = rows;
        return Ok(merged);
    }
    if stage.target() == Target::Stage {
        copy(connection, &dataset.sql.copy_stage, stage.bytes()).await?;
    }
    let (applied, live_rows, missing) = run_merge(connection, dataset, stage, broken).await?;
    merged.live_rows = live_rows;
    merged.missing = missing;
    merged.counts.applied += applied;
    if usize::try_from(applied) == Ok(stage.len()) {
        return Ok(merged);
    }
    if stage.target() == Target::Values {
        make_stage(connection, dataset).await?;
        copy(connection, &dataset.sql.copy_stage, stage.bytes()).await?;
    }
    let (across, behind): (Vec<_>, Vec<_>) = refused(connection, dataset)
        .await?
        .into_iter()
        .partition(|&(_, standing)| standing == LineOrder::Across);
    let folded = net.folded_into(&behind);
    merged.counts.folded -= folded;
    merged.counts.stale += folded;
    // A row that this very transaction wrote before a barrier, and that a repeated record met again.
    let unseen =
        i64::try_from(stage.len() - across.len() - behind.len()).unwrap_or(i64::MAX) - applied;
    merged.counts.stale += unseen;
    for &(_, standing) in &behind {
        match standing {
            LineOrder::Same => merged.counts.duplicate += 1,
            LineOrder::Older | LineOrder::Across => merged.counts.stale += 1,
        }
    }
    merged.counts.folded -= net.folded_into(&across);
    for (line, _) in across {
        one_at_a_time(connection, stage, net, line, &mut merged).await?;
    }
    Ok(merged)
}

/// The events of one key, each merged by itself.
async fn one_at_a_time(
    connection: &mut PgConnection,
    stage: &mut Stage,
    net: &Net<'_>,
    line: usize,
    merged: &mut Merged,
) -> Result<(), SinkError> {
    let fates: HashMap<usize, Fate> =
        net.live.iter().copied().zip(net.folded.fates().iter().copied()).collect();
    for event in net.events_of(line) {
        // Those were counted, and change nothing.
        if matches!(fates.get(&event), Some(Fate::Duplicate | Fate::Stale)) {
            continue;
        }
        let alone = [event];
        Net::new(net.dataset, net.events, &alone, net.broken).fill(stage, Target::Stage);
        empty_stage(connection, net.dataset).await?;
        copy(connection, &net.dataset.sql.copy_stage, stage.bytes()).await?;
        let (applied, live_rows, missing) =
            run_merge(connection, net.dataset, stage, net.broken).await?;
        merged.counts.applied += applied;
        merged.live_rows += live_rows;
        merged.missing += missing;
        if applied == 0 {
            match refused(connection, net.dataset).await?.first() {
                Some((_, LineOrder::Same)) => merged.counts.duplicate += 1,
                Some((_, LineOrder::Older | LineOrder::Across)) | None => merged.counts.stale += 1,
            }
        }
    }
    Ok(())
}

/// Into an empty stage.
pub(crate) async fn copy_stage(
    connection: &mut PgConnection,
    dataset: &Dataset,
    lines: &[u8],
) -> Result<(), SinkError> {
    let copied = copy(connection, &dataset.sql.copy_stage, lines).await;
    copied.map_err(|failure| failure.in_statement("COPY to the stage", &dataset.contract))
}

async fn copy(
    connection: &mut PgConnection,
    statement: &str,
    lines: &[u8],
) -> Result<(), SinkError> {
    let mut copy = connection.copy_in_raw(statement).await?;
    for piece in lines.chunks(PIECE) {
        copy.send(piece).await?;
    }
    copy.finish().await?;
    Ok(())
}

pub(crate) async fn run_merge(
    connection: &mut PgConnection,
    dataset: &Dataset,
    stage: &Stage,
    broken: Broken,
) -> Result<(i64, i64, i64), SinkError> {
    let sql = &dataset.sql;
    let by_values = stage.target() == Target::Values;
    let (whole, partial) = match (broken, by_values) {
        (Broken::Version, _) => (&sql.merge_whole_unversioned, &sql.merge_partial_unversioned),
        (_, true) => (&sql.merge_whole_values, &sql.merge_partial_values),
        (_, false) => (&sql.merge_whole, &sql.merge_partial),
    };
    let is_partial = stage.is_partial() && dataset.is_state();
    let mut query = sqlx::query_as(if is_partial { partial } else { whole }.clone());
    if by_values {
        for field in stage.values() {
            query = query.bind(field);
        }
    }
    if is_partial {
        query = query.bind(dataset.id());
    }
    query.fetch_one(connection).await.map_err(|error| {
        SinkError::from(error).in_statement("the merge into its table", &dataset.contract)
    })
}

/// Lines that the merge left alone.
async fn refused(
    connection: &mut PgConnection,
    dataset: &Dataset,
) -> Result<Vec<(usize, LineOrder)>, SinkError> {
    let rows: Vec<(i32, i32)> =
        sqlx::query_as(dataset.sql.refused.clone()).fetch_all(connection).await?;
    let standing = |order| match order {
        0 => LineOrder::Same,
        ..0 => LineOrder::Older,
        1.. => LineOrder::Across,
    };
    Ok(rows
        .into_iter()
        .map(|(line, order)| (usize::try_from(line).unwrap_or_default(), standing(order)))
        .collect())
}
