//! What stands in the way of one dataset alone. Its table is locked, or too slow to answer: the copier asks
//! again later. Its table is not as the contract says, or may not be read: the dataset is halted, and looked
//! at from time to time until it fits again; then it is copied and swept. The other datasets go on.

use std::sync::Arc;
use std::time::Duration;

use bangioc_runtime::retry::{Delays, Policy};
use sqlx::Row as _;
use tokio::time::Instant;

use super::{Copier, OwedKey};
use crate::clock::now_us;
use crate::error::{CaptureError, TableTrouble};
use crate::preflight;
use crate::print::fitness::unfit;
use crate::print::look::{DatasetPrint, look};
use crate::state::Cause;
use crate::tables::table::TableStatements;
use crate::unit::{DatasetIndex, UnitId};

/// Between questions to a table that did not answer, and between looks at one that does not fit.
const ASK_AGAIN: Policy =
    Policy { first: Duration::from_secs(1), longest: Duration::from_secs(30), give_up_after: None };
/// A dataset that fits and yet halts again, as for a row that has no key: each copy of it that failed makes
/// the next wait twice as long.
const FIRST_PENALTY: Duration = Duration::from_secs(15);
const LONGEST_PENALTY: Duration = Duration::from_hours(1);
/// Keys owed beyond which the whole table is copied again.
pub(super) const MOST_OWED: usize = 1_000;

/// When a dataset in trouble is next asked after.
pub(super) struct NextAsk {
    pub(super) next: Instant,
    delays: Delays,
    /// Not copied again before this.
    copied_again_from: Instant,
    penalty: Duration,
}

impl NextAsk {
    pub(super) fn new(now: Instant) -> NextAsk {
        let mut delays = ASK_AGAIN.delays();
        NextAsk {
            next: now + delays.next().unwrap_or(ASK_AGAIN.longest),
            delays,
            copied_again_from: now,
            penalty: FIRST_PENALTY / 2,
        }
    }

    fn later(&mut self, now: Instant) {
        self.next = now + self.delays.next().unwrap_or(ASK_AGAIN.longest);
    }
}

impl Copier {
    /// A question about a dataset's table failed.
    pub(super) async fn table_failed(
        &mut self,
        index: DatasetIndex,
        failure: CaptureError,
    ) -> Result<(), CaptureError> {
        match failure.of_table() {
            None => Err(failure),
            Some(TableTrouble::Passing) => self.wait_for_table(index, &failure).await,
            Some(TableTrouble::Lasting) => {
                let (code, why) = if self.hides_rows(index).await? {
                    ("BG0235", HIDES_ROWS.to_owned())
                } else {
                    ("BG0234", failure.words())
                };
                let dataset = self.datasets[index.place()].name();
                tracing::error!(code, dataset, why, "dataset halted; the others go on");
                self.start_over(index, Some(Cause::new(code, why, now_us()))).await
            }
        }
    }

    /// Nothing more is read of it for a while. What was read and not yet taken by Kafka is read again.
    async fn wait_for_table(
        &mut self,
        index: DatasetIndex,
        failure: &CaptureError,
    ) -> Result<(), CaptureError> {
        self.give_up_copy(index);
        let now = Instant::now();
        let trouble = self.work.waits.entry(index);
        trouble.or_insert_with(|| NextAsk::new(now)).later(now);
        let why = match self.lock_holder(index).await? {
            Some(holder) => format!("its table is locked by {holder}"),
            None => format!("its table does not answer in time: {}", failure.words()),
        };
        if self.waits_for(index, "BG0236", &why).await? {
            tracing::warn!(
                code = "BG0236",
                dataset = self.datasets[index.place()].name(),
                why,
                "the dataset waits for its table; the others go on"
            );
        }
        Ok(())
    }

    /// Written down and shown; false when it was known.
    pub(super) async fn waits_for(
        &mut self,
        index: DatasetIndex,
        code: &str,
        why: &str,
    ) -> Result<bool, CaptureError> {
        let copy = &mut self.copies[index.place()];
        if copy.waits_for.as_ref().is_some_and(|cause| cause.says(code, why)) {
            return Ok(false);
        }
        let cause = Cause::new(code, why, now_us()).after(copy.waits_for.as_ref());
        copy.waits_for = Some(cause);
        self.state.copy(self.datasets[index.place()].name(), copy).await?;
        self.show(index);
        Ok(true)
    }

    /// Whatever it waited for is there.
    pub(super) async fn waits_no_longer(
        &mut self,
        index: DatasetIndex,
    ) -> Result<bool, CaptureError> {
        let copy = &mut self.copies[index.place()];
        if copy.waits_for.take().is_none() {
            return Ok(false);
        }
        self.state.copy(self.datasets[index.place()].name(), copy).await?;
        self.show(index);
        Ok(true)
    }

    /// Its table has answered.
    pub(super) async fn table_answers(&mut self, index: DatasetIndex) -> Result<(), CaptureError> {
        self.work.waits.remove(&index);
        if self.waits_no_longer(index).await? {
            let dataset = self.datasets[index.place()].name();
            tracing::info!(dataset, "its table answers again");
        }
        Ok(())
    }

    /// Of the datasets in trouble, the next moment after `now` at which one is to be asked after.
    pub(super) fn next_look(&self, now: Instant) -> Option<Instant> {
        let troubles = self.work.waits.values().chain(self.work.halts.values());
        troubles.map(|trouble| trouble.next).filter(|next| *next > now).min()
    }

    pub(super) fn is_waiting(&self, index: DatasetIndex, now: Instant) -> bool {
        let wait = self.work.waits.get(&index);
        wait.is_some_and(|trouble| trouble.next > now)
    }

    /// A halted dataset may have been mended: it is looked at as soon as nothing else is to be done.
    pub(super) fn look_soon(&mut self, index: DatasetIndex) {
        if let Some(trouble) = self.work.halts.get_mut(&index) {
            trouble.next = Instant::now();
        }
    }

    /// A halted dataset whose turn it is.
    pub(super) fn halted_due(&self, now: Instant) -> Option<DatasetIndex> {
        let mut halts =
            self.work.halts.iter().filter(|(index, _)| self.copies[index.place()].halted.is_some());
        halts.find(|(_, trouble)| trouble.next <= now).map(|(index, _)| *index)
    }

    /// Looks whether a halted dataset's table fits again: then it is copied and swept.
    pub(super) async fn look_at_halted(&mut self, index: DatasetIndex) -> Result<(), CaptureError> {
        let now = Instant::now();
        let Some(trouble) = self.work.halts.get_mut(&index) else {
            return Ok(());
        };
        trouble.later(now);
        let copied_again_from = trouble.copied_again_from;
        let found = match self.fits(index).await {
            Ok(found) => found,
            Err(failure) => {
                // It can't be looked at now; later it can.
                return failure.of_table().map(drop).ok_or(failure);
            }
        };
        let dataset = &self.datasets[index.place()];
        match found {
            Ok(_) if now < copied_again_from => Ok(()),
            Ok((table, seen)) => {
                if let Some(trouble) = self.work.halts.get_mut(&index) {
                    trouble.penalty = (trouble.penalty * 2).min(LONGEST_PENALTY);
                    trouble.copied_again_from = now + trouble.penalty;
                    trouble.next = trouble.copied_again_from;
                }
                dataset.set_table(table);
                self.healed(index, seen).await
            }
            Err((code, why)) => self.halted_by(index, code, &why).await,
        }
    }

    /// The table as it is now, or the code of what does not fit, and that in words.
    async fn fits(
        &mut self,
        index: DatasetIndex,
    ) -> Result<Result<(TableStatements, DatasetPrint), (&'static str, String)>, CaptureError> {
        let datasets = Arc::clone(&self.datasets);
        let contract = &datasets[index.place()].contract;
        let connection = self.looker.connection().await?;
        let table = datasets[index.place()].to_look_for();
        let seen = look(connection, &self.source.publication, &[table]).await?;
        let Some(seen) = seen.into_iter().next() else {
            return Ok(Err(("BG0220", "there is no such table".to_owned())));
        };
        if let Some(unfit) = unfit(&seen.print, contract) {
            return Ok(Err((unfit.code(), unfit.why().to_owned())));
        }
        let connection = self.looker.connection().await?;
        let findings = preflight::look(connection, &self.source, &[contract], true).await?;
        let name = contract.dataset.as_str();
        let problem = findings
            .checks
            .iter()
            .find(|check| check.stops_capture() && check.dataset.as_deref() == Some(name));
        if let Some(problem) = problem {
            let code = problem.code.unwrap_or("BG0220");
            return Ok(Err((code, problem.sentence().en.clone())));
        }
        let Some(key_types) = findings.key_types.into_iter().next().flatten() else {
            return Ok(Err(("BG0220", "its key can't be read".to_owned())));
        };
        let table = TableStatements::new(contract, key_types);
        let halted = self.copies[index.place()].halted.as_ref();
        if halted.is_some_and(|cause| cause.code == DAMAGED)
            && let Some(why) = self.damage(&table).await?
        {
            return Ok(Err((DAMAGED, why)));
        }
        Ok(Ok((table, seen)))
    }

    /// A copy by an index that does not know every row leaves some out, and its sweep would delete them.
    pub(super) async fn index_is_whole(
        &mut self,
        index: DatasetIndex,
    ) -> Result<bool, CaptureError> {
        let table = self.datasets[index.place()].table();
        match self.damage(&table).await {
            Ok(None) => Ok(true),
            Ok(Some(why)) => {
                let dataset = self.datasets[index.place()].name();
                tracing::error!(
                    code = DAMAGED,
                    dataset,
                    why,
                    "dataset halted; it recovers by itself once the index was built anew"
                );
                let cause = Cause::new(DAMAGED, why, now_us());
                self.start_over(index, Some(cause)).await.map(|()| false)
            }
            Err(failure) => self.table_failed(index, failure).await.map(|()| false),
        }
    }

    async fn damage(&mut self, table: &TableStatements) -> Result<Option<String>, CaptureError> {
        let counts = self.reader.counts(table).await?;
        Ok(counts.filter(|[in_table, in_index]| in_table != in_index).map(
            |[in_table, in_index]| {
                format!("the index of its key leads to {in_index} rows, the table has {in_table}")
            },
        ))
    }

    /// Would row security keep rows from us?
    async fn hides_rows(&mut self, index: DatasetIndex) -> Result<bool, CaptureError> {
        let datasets = Arc::clone(&self.datasets);
        let source = &datasets[index.place()].contract.source;
        let connection = self.looker.connection().await?;
        sqlx::query_scalar(
            "select coalesce(bool_or(row_security_active(c.oid)), false) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2",
        )
        .bind(&source.schema)
        .bind(&source.table)
        .fetch_one(connection)
        .await
        .map_err(|e| CaptureError::question("asking about row security", &e))
    }

    /// Process and user of whoever has locked the table against reading.
    async fn lock_holder(&mut self, index: DatasetIndex) -> Result<Option<String>, CaptureError> {
        let fails = |e: sqlx::Error| CaptureError::question("asking who holds a lock", &e);
        let datasets = Arc::clone(&self.datasets);
        let source = &datasets[index.place()].contract.source;
        let connection = self.looker.connection().await?;
        let row = sqlx::query(
            "select l.pid, coalesce(a.usename::text, '?') from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace \
             left join pg_stat_activity a on a.pid = l.pid where l.database = (select oid from pg_database where datname = current_database()) \
             and l.granted and l.mode = 'AccessExclusiveLock' and n.nspname = $1 and c.relname = $2 limit 1",
        )
        .bind(&source.schema)
        .bind(&source.table)
        .fetch_optional(connection)
        .await
        .map_err(fails)?;
        let Some(row) = row else { return Ok(None) };
        let pid: Option<i32> = row.try_get(0).map_err(fails)?;
        let user: String = row.try_get(1).map_err(fails)?;
        Ok(Some(match pid {
            Some(pid) => format!("process {pid}, user `{user}`"),
            None => "a prepared transaction".to_owned(),
        }))
    }

    /// Rows of these keys have still to be read: written down before anything behind them is confirmed.
    pub(super) async fn owe(
        &mut self,
        index: DatasetIndex,
        keys: Vec<OwedKey>,
        unit: Option<UnitId>,
    ) -> Result<(), CaptureError> {
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        if !copy.is_sent() {
            // They come with the whole copy that ends a halt or a pause.
        } else if copy.owed.len() + keys.len() > MOST_OWED {
            tracing::warn!(
                dataset = dataset.name(),
                "too many rows could not be read back; it is copied again and swept"
            );
            self.begin_again(index).await?;
        } else {
            let news: Vec<_> = keys.into_iter().filter(|key| !copy.owed.contains(key)).collect();
            copy.owed.extend(news.iter().cloned());
            self.state.copy(dataset.name(), copy).await?;
            self.read_owed(index, &news);
        }
        if let Some(unit) = unit {
            self.settle(unit);
        }
        Ok(())
    }

    /// What stands in the dataset's way, or that nothing does: in progress records, in health, in metrics.
    pub(super) fn show(&self, index: DatasetIndex) {
        let dataset = &self.datasets[index.place()];
        let obstacle = self.copies[index.place()].obstacle();
        let part = format!("source/{}", dataset.name());
        match obstacle.as_ref().and_then(|obstacle| Some((obstacle.code.as_ref()?, obstacle))) {
            Some((code, obstacle)) => {
                let words = format!("{code}: {}", obstacle.why);
                self.health.dataset_unwell(dataset.name(), &part, words);
            }
            // A pause is meant.
            None => self.health.well(&part),
        }
        dataset.standing.set_obstacle(obstacle);
    }
}

/// Of an index of a key.
const DAMAGED: &str = "BG0271";
const HIDES_ROWS: &str = "row security would hide rows from the capture";
