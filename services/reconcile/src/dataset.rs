//! One side of one dataset, compared.

use std::time::Duration;

use bangioc_change::version::Lsn;
use bangioc_runtime::failure::Failure as _;
use bangioc_schemas::contract::{Contract, Kind as ContractKind};
use bangioc_schemas::names::Side;
use bangioc_schemas::row::RowBuf;
use bangioc_sink::dataset::Dataset;
use tokio::time::Instant;

use crate::config::{Config, Manner, SourceLogin};
use crate::difference::{Compared, Difference, Kind, NAMED, Outcome, RowCounts, SideResult};
use crate::error::ReconcileError;
use crate::open::{RowCut, key_of};
use crate::pace::Pace;
use crate::pieces;
use crate::repair::Repairer;
use crate::settle::{Real, Settled, settle};
use crate::source::{Between, KeyTexts, Source};
use crate::store::{Expected, Store};

/// How long a store may take to learn that a dataset is whole again.
const HEARD_WITHIN: Duration = Duration::from_secs(5);

/// Rows that are looked at one by one. Where more differ, a whole copy is the way.
const MOST: usize = 50_000;
/// Rows of a chunk that is read whole, for the open side.
const ROWS: u64 = 1_000;
/// A repair of so many keys may take a second more.
const REPAIRS_PER_SECOND: u64 = 50;

/// Never fails: what goes wrong is the outcome.
pub(crate) async fn compare(
    config: &Config,
    contract: &Contract,
    side: Side,
    repairer: Option<&Repairer>,
    now_us: i64,
) -> SideResult {
    let compared = compared(config, contract, side, repairer, now_us);
    let outcome = match Box::pin(compared).await {
        Ok(compared) => Outcome::Compared(compared),
        Err(failure) => {
            Outcome::NotCompared { code: failure.code().to_owned(), why: failure.to_string() }
        }
    };
    SideResult {
        dataset: contract.dataset.to_string(),
        owner: contract.owner.to_string(),
        source: contract.source.source.clone(),
        side: side.as_str().to_owned(),
        outcome,
    }
}

async fn compared(
    config: &Config,
    contract: &Contract,
    side: Side,
    repairer: Option<&Repairer>,
    now_us: i64,
) -> Result<Compared, ReconcileError> {
    let mut pair = Pair::open(config, contract, side, now_us).await?;
    pair.walk_source().await?;
    pair.walk_store().await?;
    let settled = pair.settle_all().await?;
    pair.finish(settled, repairer).await
}

/// A dataset at its source and in one store.
struct Pair<'a> {
    contract: &'a Contract,
    manner: &'a Manner,
    side: Side,
    source: Source,
    store: Store,
    cut: RowCut,
    pace: Pace,
    now_us: i64,
    epoch: u32,
    /// Where the source's log stood at the first and the last reading.
    from: Lsn,
    to: Lsn,
    /// That should be in the store.
    rows: u64,
    /// Not equal when they were read.
    doubtful: Vec<KeyTexts>,
    cut_short: bool,
}

impl<'a> Pair<'a> {
    async fn open(
        config: &'a Config,
        contract: &'a Contract,
        side: Side,
        now_us: i64,
    ) -> Result<Pair<'a>, ReconcileError> {
        if contract.kind == ContractKind::Append || contract.key.is_empty() {
            return Err(ReconcileError::Keyless { dataset: contract.dataset.to_string() });
        }
        let (settings, secrets) = match side {
            Side::Shared => (&config.store, &config.secrets),
            Side::Open => (
                config
                    .open_store
                    .as_ref()
                    .ok_or(ReconcileError::NoStore { section: "open-store" })?,
                &config.open_secrets,
            ),
        };
        let nothing_open = || ReconcileError::NoTable { dataset: contract.dataset.to_string() };
        let cut = RowCut::of(contract, side).ok_or_else(nothing_open)?;
        let of_side = contract.on(side).ok_or_else(nothing_open)?;
        let dataset = Dataset::new(of_side.clone().into(), &config.prefix);
        let mut store = Store::connect(settings, secrets, dataset).await?;
        let mut standing = store.standing().await?;
        // What a capture has just done the store hears with the next progress record.
        let heard_by = Instant::now() + HEARD_WITHIN;
        while standing.phase.as_deref() != Some("streaming") && Instant::now() < heard_by {
            tokio::time::sleep(HEARD_WITHIN / 20).await;
            standing = store.standing().await?;
        }
        if standing.phase.as_deref() != Some("streaming") {
            return Err(ReconcileError::NotStreaming {
                dataset: contract.dataset.to_string(),
                phase: standing.phase.unwrap_or_else(|| "not captured yet".to_owned()),
            });
        }
        let login = login(config, contract)?;
        let mut source = Source::connect(login, contract, config.manner.statement_timeout).await?;
        if let Some([in_table, in_index]) = source.counts().await?
            && in_table != in_index
        {
            let dataset = contract.dataset.to_string();
            return Err(ReconcileError::IndexDamaged { dataset, in_table, in_index });
        }
        let from = source.lsn().await?;
        Ok(Pair {
            contract,
            manner: &config.manner,
            side,
            source,
            store,
            cut,
            pace: Pace::new(config.manner.rows_per_second),
            now_us,
            epoch: standing.epoch.unwrap_or_default(),
            from,
            to: from,
            rows: 0,
            doubtful: Vec::new(),
            cut_short: false,
        })
    }

    fn doubt(&mut self, keys: impl IntoIterator<Item = KeyTexts>) {
        self.doubtful.extend(keys);
        self.cut_short |= self.doubtful.len() > MOST;
    }

    fn seen(&mut self, read: Between) {
        self.to = self.to.max(read.after);
    }

    async fn walk_source(&mut self) -> Result<(), ReconcileError> {
        match self.side {
            Side::Shared => self.walk_by_hashes().await,
            Side::Open => self.walk_by_rows().await,
        }
    }

    /// While the store hashes one chunk, the source reads the next.
    async fn walk_by_hashes(&mut self) -> Result<(), ReconcileError> {
        let limit = self.manner.chunk_rows;
        let mut next = Some(self.source.next_chunk(None, limit).await?);
        while let Some(chunk) = next.take() {
            if chunk.keys.is_empty() || self.cut_short {
                break;
            }
            self.seen(chunk.read);
            self.rows += chunk.keys.len() as u64;
            self.pace.keep(chunk.keys.len()).await;
            let more = chunk.keys.len() as u64 >= limit;
            let (source, store) = (&mut self.source, &mut self.store);
            let reads = async {
                match &chunk.last {
                    Some(last) if more => source.next_chunk(Some(last), limit).await.map(Some),
                    _ => Ok(None),
                }
            };
            let (read, in_store) = tokio::join!(reads, store.digest(&chunk.keys));
            next = read?;
            if in_store? != chunk.digest {
                let found =
                    pieces::unequal(&mut self.source, &mut self.store, &chunk.keys, self.now_us)
                        .await?;
                self.doubt(found);
            }
        }
        Ok(())
    }

    /// What is public has to be computed, so every row is read; of those that are not, the store must have no trace.
    async fn walk_by_rows(&mut self) -> Result<(), ReconcileError> {
        let mut next = Some(self.source.next_rows(None, ROWS).await?);
        while let Some((rows, read, more)) = next.take() {
            if rows.is_empty() || self.cut_short {
                break;
            }
            self.seen(read);
            self.pace.keep(rows.len()).await;
            let expected = self.expected(rows);
            let last = expected.last().map(|row| row.key.clone());
            self.rows += expected.iter().filter(|row| row.row.is_some()).count() as u64;
            let (source, store) = (&mut self.source, &mut self.store);
            let reads = async {
                match &last {
                    Some(last) if more => source.next_rows(Some(last), ROWS).await.map(Some),
                    _ => Ok(None),
                }
            };
            let (read, unequal) = tokio::join!(reads, store.unequal(&expected));
            next = read?;
            let found: Vec<KeyTexts> = unequal?
                .into_iter()
                .filter_map(|unequal| Some(expected.get(unequal.place)?.key.clone()))
                .collect();
            self.doubt(found);
        }
        Ok(())
    }

    fn expected(&self, rows: Vec<RowBuf>) -> Vec<Expected> {
        let expected = |row: RowBuf| {
            let key = key_of(self.contract, &row)?;
            Some(self.cut.expected(key, Some(row), self.now_us))
        };
        rows.into_iter().filter_map(expected).collect()
    }

    /// The other way round: keys of the store that the source does not have.
    async fn walk_store(&mut self) -> Result<(), ReconcileError> {
        let limit = self.manner.chunk_rows;
        let mut keys = self.store.next_keys(None, limit).await?;
        while !keys.is_empty() && !self.cut_short {
            self.pace.keep(keys.len()).await;
            let more = keys.len() as u64 >= limit;
            let (source, store) = (&mut self.source, &mut self.store);
            let reads = async {
                match keys.last() {
                    Some(last) if more => store.next_keys(Some(last), limit).await,
                    _ => Ok(Vec::new()),
                }
            };
            let (next, absent) = tokio::join!(reads, source.absent(&keys));
            self.doubt(absent?);
            keys = next?;
        }
        self.to = self.to.max(self.source.lsn().await?);
        Ok(())
    }

    async fn settle(&mut self, keys: Vec<KeyTexts>) -> Result<Settled, ReconcileError> {
        let settled = settle(
            &mut self.source,
            &mut self.store,
            &self.cut,
            keys,
            (self.manner.patience, self.now_us),
        )
        .await?;
        self.to = self.to.max(settled.read.unwrap_or_default());
        Ok(settled)
    }

    /// At the end the store holds all that the source had committed when the last row was read.
    async fn settle_all(&mut self) -> Result<Settled, ReconcileError> {
        self.source.nudge().await;
        self.epoch = self.store.passes(self.to, self.manner.patience).await?;
        let mut keys = std::mem::take(&mut self.doubtful);
        keys.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        keys.dedup();
        keys.truncate(MOST);
        self.settle(keys).await
    }

    async fn finish(
        &mut self,
        mut settled: Settled,
        repairer: Option<&Repairer>,
    ) -> Result<Compared, ReconcileError> {
        let mut healed = 0;
        if let Some(repairer) = repairer {
            let before = settled.real.len();
            settled = self.repair(settled, repairer).await?;
            healed = before.saturating_sub(settled.real.len()) as u64;
        }
        let mut counts = RowCounts {
            moving: settled.moving.len() as u64,
            repaired: healed,
            ..RowCounts::default()
        };
        let should_be = settled.real.iter().filter(|real| real.expected).count() as u64;
        counts.equal = self.rows.saturating_sub(should_be + counts.moving);
        let mut differences = Vec::new();
        for real in &settled.real {
            let (difference, _) = self.named(real).await?;
            counts.add(&difference.kind);
            if differences.len() < NAMED {
                differences.push(difference);
            }
        }
        Ok(Compared {
            epoch: self.epoch,
            from_lsn: self.from.to_string(),
            as_of_lsn: self.to.to_string(),
            counts,
            cut_short: self.cut_short,
            differences,
        })
    }

    /// Keys that wait among the dead letters are not asked for: the copy would wait behind them.
    async fn repair(
        &mut self,
        settled: Settled,
        repairer: &Repairer,
    ) -> Result<Settled, ReconcileError> {
        let (mut asked, mut parked) = (Vec::new(), Vec::new());
        for real in settled.real {
            match self.named(&real).await? {
                (_, true) => parked.push(real),
                (_, false) => asked.push(real.key),
            }
        }
        let mut moving = settled.moving;
        let mut real = parked;
        if !asked.is_empty() {
            repairer.ask(self.contract, self.side, &asked).await?;
            let time = Duration::from_secs(asked.len() as u64 / REPAIRS_PER_SECOND);
            let end = Instant::now() + self.manner.patience + time;
            let mut left = asked;
            loop {
                let again = self.settle(left).await?;
                if again.real.is_empty() || Instant::now() > end {
                    real.extend(again.real);
                    moving.extend(again.moving);
                    break;
                }
                moving.extend(again.moving);
                left = again.real.into_iter().map(|real| real.key).collect();
            }
        }
        Ok(Settled { real, moving, read: None })
    }

    /// The difference as people are told of it; is its key parked?
    async fn named(&mut self, real: &Real) -> Result<(Difference, bool), ReconcileError> {
        let key_ref = self.store.key_ref(&real.key);
        let parked = match key_ref {
            Some(key_ref) => self.store.parked(key_ref).await?,
            None => None,
        };
        let is_parked = parked.is_some();
        let found = &real.found;
        let plain = |names: &[String]| {
            names.iter().map(|name| name.trim_start_matches(['!', '?']).to_owned()).collect()
        };
        let kind = match parked {
            Some(code) => Kind::Parked { code },
            None if !real.expected => Kind::Surplus,
            None if !found.live => Kind::Missing,
            None if !found.missing.is_empty() => {
                Kind::Incomplete { columns: plain(&found.missing) }
            }
            None => Kind::Differs { columns: found.columns.clone() },
        };
        let key_ref = key_ref.map(|key| key.to_string()).unwrap_or_default();
        Ok((Difference { key_ref, kind }, is_parked))
    }
}

fn login<'a>(config: &'a Config, contract: &Contract) -> Result<&'a SourceLogin, ReconcileError> {
    let name = &contract.source.source;
    config
        .sources
        .iter()
        .find(|source| source.name == *name)
        .ok_or_else(|| ReconcileError::NoSource { name: name.clone() })
}
