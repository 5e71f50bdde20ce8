//! What a look at the catalogue means for each dataset: nothing, a copy, a copy once somebody says yes, or
//! a halt. And what must be known before a copy begins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bangioc_change::progress::Phase;

use super::Copier;
use crate::clock::now_us;
use crate::error::CaptureError;
use crate::print::difference::{PrintDifference, PrintVerdict, differences};
use crate::print::fitness::{Unfit, unfit};
use crate::print::look::{DatasetPrint, look};
use crate::print::watch::SourcePrint;
use crate::print::writers::{Writers, writers};
use crate::print::{Oid, PartitionPrint, Print};
use crate::state::{AwaitedCopy, Cause};
use crate::unit::DatasetIndex;

/// A transaction ends within moments as a rule; a longer one is asked for again with the next look.
const MOMENTS: u32 = 5;
const MOMENT: Duration = Duration::from_millis(40);

/// What is known of one dataset's catalogue.
#[derive(Default)]
pub(crate) struct KnownPrint {
    /// True for the copy that was made, or that runs.
    pub(crate) kept: Option<Print>,
    /// When it was taken: a look that began before says nothing new.
    kept_at: Option<Instant>,
    /// Judged and not kept, so as not to be told twice.
    judged: Option<Print>,
    /// Of a copy that has to wait before it begins.
    beginning: Option<CopyPrint>,
}

/// The print that a copy will be true for, and whose ends it waits for.
struct CopyPrint {
    print: Print,
    taken_at: Instant,
    writers: Writers,
}

impl KnownPrint {
    pub(crate) fn kept(print: Option<Print>) -> KnownPrint {
        KnownPrint { kept: print, ..KnownPrint::default() }
    }

    /// Whatever a copy waited for: it is another one now.
    pub(super) fn forget_beginning(&mut self) {
        self.beginning = None;
    }
}

impl Copier {
    pub(super) async fn looked(&mut self, look: SourcePrint) -> Result<(), CaptureError> {
        for (place, seen) in (0..).zip(look.seen) {
            self.judge(DatasetIndex(place), seen, look.began).await?;
        }
        Ok(())
    }

    async fn judge(
        &mut self,
        index: DatasetIndex,
        seen: DatasetPrint,
        began: Instant,
    ) -> Result<(), CaptureError> {
        let (known, copy) = (&mut self.prints[index.place()], &self.copies[index.place()]);
        let stale = known.kept_at.is_some_and(|kept_at| began < kept_at);
        // A paused dataset is copied whole when it is resumed.
        if stale || copy.paused.is_some() || known.judged.as_ref() == Some(&seen.print) {
            return Ok(());
        }
        let contract = &self.datasets[index.place()].contract;
        let unfit = unfit(&seen.print, contract);
        if copy.halted.is_some() {
            // Whether all of its causes are gone is asked in one place.
            if let Some(unfit) = unfit {
                self.prints[index.place()].judged = Some(seen.print);
                return self.halted_by(index, unfit.code(), unfit.why()).await;
            }
            self.look_soon(index);
            return Ok(());
        }
        if let Some(unfit) = unfit {
            return self.unfit(index, &unfit, seen.print).await;
        }
        if !copy.has_begun() {
            // It takes its own print when it begins.
            return Ok(());
        }
        let Some(kept) = &known.kept else {
            // From before there were prints: what it is from now on.
            return self.keep(index, seen.print, began).await;
        };
        if *kept == seen.print {
            return Ok(());
        }
        let found = differences(kept, &seen.print, contract);
        self.tell(index, &found);
        let worst = found.into_iter().next();
        match worst.filter(|worst| worst.verdict > PrintVerdict::Harmless) {
            Some(worst) => self.copy_for(index, worst, seen).await,
            None => self.keep(index, seen.print, began).await,
        }
    }

    /// One event for each member that is another, one count for what follows.
    fn tell(&self, index: DatasetIndex, found: &[PrintDifference]) {
        let dataset = self.datasets[index.place()].name();
        for PrintDifference { member, verdict, why } in found {
            let verdict = verdict.as_str();
            tracing::info!(dataset, member, verdict, "the source's catalogue: {why}");
        }
        let verdict = found.first().map_or(PrintVerdict::Harmless, |worst| worst.verdict);
        self.metrics.catalogue_changes.of(&[dataset, verdict.as_str()]).inc();
    }

    /// The stream has shown rows of this partition. One that is known stays the catalogue's matter; of one that
    /// was a guest between two looks the catalogue says nothing, and its rows have left with it.
    pub(super) async fn part_met(
        &mut self,
        index: DatasetIndex,
        part: Oid,
        xid: u32,
    ) -> Result<(), CaptureError> {
        let parts = |print: &Print| print.table.as_ref().map(|table| table.parts.clone());
        let kept = self.prints[index.place()].kept.as_ref().and_then(parts);
        let copy = &self.copies[index.place()];
        let known = |kept: BTreeMap<Oid, PartitionPrint>| {
            kept.get(&part).is_some_and(|it| it.attached != xid)
        };
        if kept.is_none_or(known) || !copy.is_sent() {
            return Ok(());
        }
        let datasets = Arc::clone(&self.datasets);
        let dataset = datasets[index.place()].to_look_for();
        let connection = self.looker.connection().await?;
        let seen = match look(connection, &self.source.publication, &[dataset]).await {
            Ok(seen) => seen.into_iter().next(),
            Err(failure) if failure.of_table().is_some() => None,
            Err(failure) => return Err(failure),
        };
        let now = seen.as_ref().and_then(|seen| parts(&seen.print));
        let found = now.as_ref().and_then(|parts| parts.get(&part));
        let rows = seen.as_ref().map_or(0, |seen| seen.estimated_rows);
        let why = match found {
            None => "rows of a partition came that is no longer one",
            // It may have been emptied in the same transaction, which leaves no trace. Of a large table that is
            // left to reconciliation: months are made and filled in one transaction too.
            Some(found) if found.attached == xid => {
                if copy.rows_to_copy(rows) > self.settings.recopy_rows {
                    return Ok(());
                }
                "a partition was made and filled in one transaction"
            }
            Some(_) => return Ok(()),
        };
        let name = self.datasets[index.place()].name();
        tracing::info!(dataset = name, member = "part", verdict = "copy", "the stream: {why}");
        let worst =
            PrintDifference { member: "part", verdict: PrintVerdict::Copy, why: why.to_owned() };
        match seen {
            Some(seen) => self.copy_for(index, worst, seen).await,
            None => self.begin_again(index).await,
        }
    }

    /// By itself where it is small, or not whole yet; else when a person says so.
    async fn copy_for(
        &mut self,
        index: DatasetIndex,
        worst: PrintDifference,
        seen: DatasetPrint,
    ) -> Result<(), CaptureError> {
        let dataset = self.datasets[index.place()].name();
        let copy = &self.copies[index.place()];
        let rows = copy.rows_to_copy(seen.estimated_rows);
        let why = worst.why;
        if !copy.finished || rows <= self.settings.recopy_rows {
            tracing::warn!(
                code = "BG0245",
                dataset,
                member = worst.member,
                why,
                rows,
                "rows may differ from the source; the dataset is copied again and swept"
            );
            return self.start_over(index, None).await;
        }
        self.prints[index.place()].judged = Some(seen.print);
        if copy.awaited.is_none() {
            tracing::warn!(
                code = "BG0246",
                dataset,
                member = worst.member,
                why,
                rows,
                "rows may differ from the source; the copy of so many waits for a yes: `bangioc dataset recopy {dataset}`"
            );
            self.await_yes(index, why, rows).await?;
        }
        Ok(())
    }

    /// It is copied when a person says so; changes go on being sent.
    pub(super) async fn await_yes(
        &mut self,
        index: DatasetIndex,
        why: String,
        rows: u64,
    ) -> Result<(), CaptureError> {
        let dataset = &self.datasets[index.place()];
        let copy = &mut self.copies[index.place()];
        copy.awaited = Some(AwaitedCopy { why, rows, since_us: now_us() });
        self.state.copy(dataset.name(), copy).await?;
        dataset.standing.set_phase(Phase::AwaitsCopy);
        self.show(index);
        Ok(())
    }

    async fn unfit(
        &mut self,
        index: DatasetIndex,
        unfit: &Unfit,
        print: Print,
    ) -> Result<(), CaptureError> {
        let dataset = self.datasets[index.place()].name();
        let verdict = match unfit {
            Unfit::Source(_) => PrintVerdict::HaltSource,
            Unfit::Dataset(_) => PrintVerdict::HaltDataset,
        };
        let (code, why) = (unfit.code(), unfit.why());
        tracing::error!(
            code,
            dataset,
            why,
            "dataset halted; it recovers by itself once this is corrected at the source"
        );
        self.metrics.catalogue_changes.of(&[dataset, verdict.as_str()]).inc();
        self.prints[index.place()].judged = Some(print);
        self.start_over(index, Some(Cause::new(code, why, now_us()))).await
    }

    /// Still halted, perhaps for another reason: the one that is shown is the one to mend.
    pub(super) async fn halted_by(
        &mut self,
        index: DatasetIndex,
        code: &str,
        why: &str,
    ) -> Result<(), CaptureError> {
        let copy = &mut self.copies[index.place()];
        if copy.halted.as_ref().is_some_and(|cause| cause.says(code, why)) {
            return Ok(());
        }
        copy.halted = Some(Cause::new(code, why, now_us()).after(copy.halted.as_ref()));
        self.state.copy(self.datasets[index.place()].name(), copy).await?;
        self.show(index);
        Ok(())
    }

    /// It can be carried again; what was not sent meanwhile only a whole copy brings.
    pub(super) async fn healed(
        &mut self,
        index: DatasetIndex,
        seen: DatasetPrint,
    ) -> Result<(), CaptureError> {
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let copy = &self.copies[index.place()];
        let rows = copy.rows_to_copy(seen.estimated_rows);
        if copy.last.is_none() || rows <= self.settings.recopy_rows {
            tracing::info!(
                dataset = dataset.name(),
                "the table can be carried again; it is copied and swept"
            );
            return self.start_over(index, None).await;
        }
        let start = self.version_now().await?;
        let copy = &mut self.copies[index.place()];
        let why = copy.halted.take().map_or_else(String::new, |cause| cause.why);
        tracing::warn!(
            code = "BG0246",
            dataset = dataset.name(),
            why,
            rows,
            "the table can be carried again, but the copy of so many waits for a yes: `bangioc dataset recopy {}`",
            dataset.name()
        );
        copy.finished = true;
        copy.start = start.to_hex();
        self.await_yes(index, why, rows).await?;
        self.prints[index.place()].judged = Some(seen.print);
        self.work.halts.remove(&index);
        dataset.standing.set_halted(false);
        self.show(index);
        Ok(())
    }

    /// From now on this is what later prints are held against.
    async fn keep(
        &mut self,
        index: DatasetIndex,
        print: Print,
        taken_at: Instant,
    ) -> Result<(), CaptureError> {
        self.state.print(self.datasets[index.place()].name(), &print).await?;
        let known = &mut self.prints[index.place()];
        known.kept = Some(print);
        known.kept_at = Some(taken_at);
        known.judged = None;
        Ok(())
    }

    /// May the copy of this dataset begin? Its print is taken, and is kept, before its first row is read.
    /// And a transaction that wrote to the table before the print may have been decoded by another catalogue:
    /// it must have ended, so that the copy sees its rows.
    pub(super) async fn may_begin(&mut self, index: DatasetIndex) -> Result<bool, CaptureError> {
        match self.prepared(index).await {
            Ok(true) => self.waits_no_longer(index).await.map(|_| true),
            Ok(false) => Ok(false),
            Err(failure) if failure.of_table().is_some() => {
                let dataset = self.datasets[index.place()].name();
                tracing::warn!(code = "BG0250", dataset, error = %failure, "its catalogue can't be read; its copy waits");
                let why = format!("its catalogue can't be read: {}", failure.words());
                self.waits_for(index, "BG0250", &why).await?;
                Ok(false)
            }
            Err(failure) => Err(failure),
        }
    }

    async fn prepared(&mut self, index: DatasetIndex) -> Result<bool, CaptureError> {
        let datasets = Arc::clone(&self.datasets);
        let dataset = &datasets[index.place()];
        let before = self.prints[index.place()].beginning.take();
        let connection = self.looker.connection().await?;
        let (mut beginning, known) = if let Some(beginning) = before {
            (beginning, true)
        } else {
            let seen = look(connection, &self.source.publication, &[dataset.to_look_for()]).await?;
            let Some(DatasetPrint { print, .. }) = seen.into_iter().next() else {
                return Ok(false);
            };
            if let Some(unfit) = unfit(&print, &dataset.contract) {
                self.unfit(index, &unfit, print).await?;
                return Ok(false);
            }
            let taken_at = Instant::now();
            let connection = self.looker.connection().await?;
            let writers = writers(connection, &print).await?;
            (CopyPrint { print, taken_at, writers }, false)
        };
        let mut moments = 0;
        while !beginning.writers.is_empty() && moments < MOMENTS {
            tokio::time::sleep(MOMENT).await;
            let connection = self.looker.connection().await?;
            let now = writers(connection, &beginning.print).await?;
            beginning.writers.retain(|writer, _| now.contains_key(writer));
            moments += 1;
        }
        if beginning.writers.is_empty() {
            self.keep(index, beginning.print, beginning.taken_at).await?;
            return Ok(true);
        }
        let mut pids: Vec<i32> = beginning.writers.values().copied().collect();
        pids.sort_unstable();
        if !known {
            tracing::warn!(
                code = "BG0249",
                dataset = dataset.name(),
                ?pids,
                "the copy waits for transactions that have written to the table"
            );
        }
        self.prints[index.place()].beginning = Some(beginning);
        let pids: Vec<String> = pids.iter().map(ToString::to_string).collect();
        let pids = pids.join(", ");
        let why =
            format!("its copy begins when the transactions of these processes have ended: {pids}");
        self.waits_for(index, "BG0249", &why).await?;
        Ok(false)
    }
}
