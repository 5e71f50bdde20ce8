//! `bangioc dataset`: how datasets stand at their sources; pause, resume, copy again, repair a row. What it
//! costs is shown before it is done.

use std::fmt::Write as _;
use std::time::Duration;

use bangioc_capture::operate::{CopyCost, Operations, Stand};
use bangioc_change::progress::{ObstacleKind, Phase, Signal};
use bangioc_feed::KafkaSettings;
use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::local_time::{moment, zone};
use bangioc_runtime::printable::printable;
use bangioc_runtime::settings::Settings;
use bangioc_runtime::table::{aligned, duration, size, thousands};
use bangioc_runtime::terminal::say;
use bangioc_schemas::catalogue::Catalogue;
use bangioc_schemas::contract::Contract;
use bangioc_schemas::names::Side;
use jiff::Timestamp;
use serde_json::json;

use crate::key::Key;
use crate::output::Output;
use crate::question::settled;
use crate::recopy::Stores;
use crate::usage::Refusal;
use crate::{args, contract};

/// A capture that runs takes a request within a second or two; one that is in a long chunk, later.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(
    command: args::Dataset,
    settings: &Settings,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let operations = Operations {
        kafka: KafkaSettings::read(&settings.section("kafka")),
        prefix: settings.prefix(),
    };
    let contracts = settings.contracts_dir();
    let stores = Stores::read(settings);
    settings.finish()?;
    let catalogue = contract::read(&contracts)?;
    match command {
        args::Dataset::List => {
            let contracts: Vec<&Contract> = catalogue.active().collect();
            let stands = operations.stands(&contracts).await?;
            out.show(&stands, |stands| table(stands))
        }
        args::Dataset::Pause { dataset, yes } => {
            let contract = active(&catalogue, &dataset)?;
            operations.asker()?;
            let stand = operations.stand(contract).await?;
            if stand.phase == Some(Phase::Paused) {
                let by = printable(&stand.why.unwrap_or_default()).into_owned();
                return Err(Refusal::IsPaused { dataset, by }.into());
            }
            let cost = operations.copy_cost(contract, &stand).await?;
            say(&format!(
                "pause `{dataset}`: nothing of it leaves `{}` from now on. Readers keep the rows that they have, and\n\
                 these grow old. What changes meanwhile is not kept: to resume is to copy it again.\n{}",
                contract.source.source,
                cost_lines(contract, &cost)
            ));
            settled(yes)?;
            let signal = Signal::PauseDataset { dataset };
            ask(&operations, contract, signal, out).await
        }
        args::Dataset::Resume { dataset, yes, wait } => {
            let contract = active(&catalogue, &dataset)?;
            operations.asker()?;
            let stand = operations.stand(contract).await?;
            if stand.phase != Some(Phase::Paused) {
                return Err(Refusal::IsNotPaused { dataset }.into());
            }
            let signal = Signal::ResumeDataset { dataset };
            let way = Way { from_nothing: false, yes, wait };
            copy(&operations, contract, &stand, signal, (&stores, way), out).await
        }
        args::Dataset::Recopy { dataset, from_nothing, yes, wait } => {
            let contract = active(&catalogue, &dataset)?;
            operations.asker()?;
            let stand = operations.stand(contract).await?;
            if stand.phase == Some(Phase::Paused) {
                return Err(Refusal::CopyOfPaused { dataset }.into());
            }
            let signal = Signal::CopyDataset { dataset };
            let way = Way { from_nothing, yes, wait };
            copy(&operations, contract, &stand, signal, (&stores, way), out).await
        }
        args::Dataset::Repair { dataset, key } => {
            let contract = active(&catalogue, &dataset)?;
            let key = Key::read(contract, key)?;
            operations.asker()?;
            if operations.stand(contract).await?.phase == Some(Phase::Paused) {
                return Err(Refusal::CopyOfPaused { dataset }.into());
            }
            let sides: Vec<Side> = [Side::Shared, Side::Open]
                .into_iter()
                .filter(|side| contract.on(*side).is_some())
                .collect();
            let names: Vec<&str> = sides.iter().map(|side| side.as_str()).collect();
            say(&format!(
                "repair one row of `{dataset}`: read at `{}` by its key, one record to each side ({})",
                contract.source.source,
                names.join(", ")
            ));
            let signals = sides.iter().map(|side| Signal::CopyKey {
                dataset: dataset.clone(),
                side: *side,
                key: key.texts().to_vec(),
            });
            operations.ask(&contract.source.source, &signals.collect::<Vec<_>>(), PATIENCE).await?;
            out.show(&json!({ "dataset": dataset, "sides": names }), |_| {
                format!("{dataset}: the row was sent as the source has it now, or that it is gone")
            })
        }
    }
}

/// Of a draft there is nothing to copy.
pub(crate) fn active<'a>(
    catalogue: &'a Catalogue,
    dataset: &str,
) -> Result<&'a Contract, BoxFailure> {
    let contract = contract::find(catalogue, dataset)?;
    if contract.is_active() {
        return Ok(contract);
    }
    let dataset = dataset.to_owned();
    Err(Refusal::Draft { dataset }.into())
}

/// How a whole copy is made.
struct Way {
    /// What the stores believed is taken back before.
    from_nothing: bool,
    /// Agreed beforehand.
    yes: bool,
    /// Stay until it is done.
    wait: bool,
}

/// A whole copy, by either word.
async fn copy(
    operations: &Operations,
    contract: &Contract,
    stand: &Stand,
    signal: Signal,
    (stores, way): (&Stores, Way),
    out: &mut Output,
) -> Result<(), BoxFailure> {
    let cost = operations.copy_cost(contract, stand).await?;
    say(&format!(
        "copy `{}`: the whole table is read at `{}` and sent again; then what is gone there is removed.\n\
         Readers see their rows meanwhile, and changes go on arriving.\n{}",
        contract.dataset,
        contract.source.source,
        cost_lines(contract, &cost)
    ));
    if way.from_nothing {
        say(
            "before it, the stores forget what they believed of the dataset: every row and deleted row counts as\n\
             older than anything, pending sweeps are dropped, and the source's position is learnt again.",
        );
    }
    settled(way.yes)?;
    if way.from_nothing {
        stores.take_back(contract, &operations.prefix).await?;
    }
    if !way.wait {
        return ask(operations, contract, signal, out).await;
    }
    let watched = stores.watch(contract, &operations.prefix).await;
    operations.ask(&contract.source.source, &[signal], PATIENCE).await?;
    let mut shown = 0;
    let of = cost.rows.map(|rows| format!(" of ~{}", thousands(rows)));
    let of = of.unwrap_or_default();
    let stand = operations
        .follow_copy(contract, |rows| {
            if rows > shown {
                shown = rows;
                say(&format!("{}{of} rows", thousands(rows)));
            }
        })
        .await?;
    watched.judge(stand.last_copy.map_or(0, |copy| copy.rows)).await?;
    out.show(&stand, line)
}

/// Asks, waits until it was taken, and tells how the dataset stands then.
async fn ask(
    operations: &Operations,
    contract: &Contract,
    signal: Signal,
    out: &mut Output,
) -> Result<(), BoxFailure> {
    operations.ask(&contract.source.source, &[signal], PATIENCE).await?;
    out.show(&operations.stand(contract).await?, line)
}

fn line(stand: &Stand) -> String {
    let done = stand.phase == Some(Phase::Streaming);
    let copied = stand.last_copy.filter(|_| done).map(|copy| {
        let rows = thousands(copy.rows);
        format!("; {rows} rows copied in {}", duration(copy.seconds))
    });
    format!("{}: {}{}", stand.dataset, phase(stand), copied.unwrap_or_default())
}

/// What stands in its way, since when, and the next step; without that, what its capture does. A dataset whose source
/// has a problem is not simply well.
fn phase(stand: &Stand) -> String {
    let Some(phase) = stand.phase else {
        return "not captured yet: `bangioc run capture`".to_owned();
    };
    let problem = stand.finding.as_ref().filter(|finding| finding.problem);
    let mut text = match (stand.kind, phase) {
        (Some(kind), _) => obstacle(stand, kind),
        (None, Phase::Copying) => copying(stand),
        (None, Phase::Streaming) if problem.is_some() => "problem at its source".to_owned(),
        (None, Phase::Streaming) => "streaming".to_owned(),
        (None, Phase::Halted) => "halted".to_owned(),
        (None, Phase::Paused) => "paused".to_owned(),
        (None, Phase::AwaitsCopy) => "waits for a yes".to_owned(),
    };
    if let Some(finding) = &stand.finding {
        let sign = if finding.problem { '✖' } else { '⚠' };
        let since = at(Some(finding.since_us));
        let code = printable(&finding.code);
        let _ = write!(text, "; {sign} {code}{since}: `bangioc source check`");
    }
    text
}

fn obstacle(stand: &Stand, kind: ObstacleKind) -> String {
    let (why, since) = (printable(stand.why.as_deref().unwrap_or_default()), at(stand.since_us));
    let code = printable(stand.code.as_deref().unwrap_or_default());
    let dataset = &stand.dataset;
    match kind {
        ObstacleKind::Halt => {
            format!(
                "halted, {code}{since}: {why}; `bangioc source check`, `bangioc explain {code}`"
            )
        }
        ObstacleKind::Pause => {
            format!("paused by {why}{since}; `bangioc dataset resume {dataset}`")
        }
        ObstacleKind::AwaitsCopy => {
            let rows =
                stand.awaited_rows.map(|rows| format!("; a copy of ~{} rows", thousands(rows)));
            let last = stand.last_copy.filter(|copy| copy.rows > 0);
            #[expect(clippy::cast_precision_loss, reason = "an estimate for a person")]
            let takes = last.zip(stand.awaited_rows).map(|(last, rows)| {
                format!(" takes ~{}", duration(last.seconds * rows as f64 / last.rows as f64))
            });
            format!(
                "may differ, waits for a yes, {code}{since}: {why}{}{}; `bangioc dataset recopy {dataset}`",
                rows.unwrap_or_default(),
                takes.unwrap_or_default()
            )
        }
        ObstacleKind::Wait => {
            let copying =
                if stand.phase == Some(Phase::Copying) { copying(stand) } else { "waits".into() };
            format!("{copying}, {code}{since}: {why}; it continues by itself")
        }
        // A finding has its own place.
        ObstacleKind::Problem | ObstacleKind::Warning => {
            format!("problem at its source, {code}{since}")
        }
    }
}

fn copying(stand: &Stand) -> String {
    let done = thousands(stand.copied_rows.unwrap_or(0));
    match stand.estimated_rows {
        Some(rows) => format!("copying, {done} of ~{} rows", thousands(rows)),
        None => format!("copying, {done} rows so far"),
    }
}

fn at(since_us: Option<i64>) -> String {
    let since = since_us.and_then(|at_us| Timestamp::from_microsecond(at_us).ok());
    since.map_or_else(String::new, |since| format!(" since {}", moment(since, &zone())))
}

fn table(stands: &[Stand]) -> String {
    let head = ["DATASET", "SOURCE", "OPEN", "~ROWS", "LAST COPY", "STATE"].map(str::to_owned);
    let dash = || "–".to_owned();
    let rows = stands.iter().map(|stand| {
        [
            stand.dataset.clone(),
            stand.source.clone(),
            if stand.open { "yes" } else { "no" }.to_owned(),
            stand.estimated_rows.map_or_else(dash, |rows| format!("~{}", thousands(rows))),
            stand.last_copy.map_or_else(dash, |copy| {
                let at = Timestamp::from_microsecond(copy.done_at_us).unwrap_or_default();
                format!(
                    "{}  {} rows in {}",
                    moment(at, &zone()),
                    thousands(copy.rows),
                    duration(copy.seconds),
                )
            }),
            phase(stand),
        ]
    });
    aligned(&std::iter::once(head).chain(rows).collect::<Vec<_>>(), 3..4)
}

fn cost_lines(contract: &Contract, cost: &CopyCost) -> String {
    let mut text = String::new();
    let rows = cost.rows.map_or_else(
        || "unknown: it was never copied, and its table was never analysed".to_owned(),
        |rows| format!("~{}", thousands(rows)),
    );
    let _ = writeln!(text, "  rows      {rows}");
    if let Some(bytes) = cost.bytes {
        let sides = contract.open.as_ref().map_or("", |_| ", both sides");
        let _ = writeln!(text, "  to Kafka  ~{}{sides}, kept there 14 days", size(bytes));
    }
    if let Some(seconds) = cost.seconds {
        let _ = writeln!(text, "  takes     ~{}, as the last copy did", duration(seconds));
    }
    text
}
