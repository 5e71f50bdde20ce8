//! The same for people: a summary, then a line per dataset, the worst first, and below each one that stands why, and
//! the next step. On a terminal it keeps to its width and height.

use std::collections::BTreeMap;

use bangioc_runtime::local_time::moment;
use bangioc_runtime::printable::printable;
use bangioc_runtime::table::{aligned, counted, duration, thousands};
use bangioc_schemas::names::Side;
use bangioc_sink::standing::StandingState;
use jiff::tz::TimeZone;

use super::{DatasetStatus, SideStatus, StatusReport};

const BAR: usize = 10;
/// Below a dataset, before why it stands.
const INDENT: &str = "    ";
/// Lines about one dataset on a terminal: the others want to be seen, too.
const LONGEST_WORDS: usize = 3;
/// Columns of a terminal below which first the estimate at the source goes, then the owner.
const WIDE: usize = 110;
const NARROW: usize = 90;

/// How it is to be shown.
#[derive(Clone, Debug)]
pub struct View {
    pub zone: TimeZone,
    /// Columns and lines of a terminal; none: as much as there is.
    pub size: Option<(usize, usize)>,
}

/// Lines of one side before they are cut to a height.
struct Sheet {
    /// Summary and head of the table.
    head: Vec<String>,
    /// By dataset, the worst first: its line and what is said below it.
    datasets: Vec<(StandingState, Vec<String>)>,
}

impl StatusReport {
    /// As many lines as the view has, or all of them.
    pub fn lines(&self, view: &View) -> Vec<String> {
        let sheets: Vec<Sheet> = self.sides().map(|side| side.sheet(view)).collect();
        let rooms = view.size.map(|(_, height)| rooms(&sheets, height));
        let mut lines = Vec::new();
        for (place, sheet) in sheets.into_iter().enumerate() {
            if place > 0 {
                lines.push(String::new());
            }
            let room = rooms.as_ref().map_or(usize::MAX, |rooms| rooms[place]);
            sheet.write(room, &mut lines);
        }
        match view.size {
            Some((width, _)) => lines.iter().map(|line| cut(line, width)).collect(),
            None => lines,
        }
    }

    pub fn to_text(&self, view: &View) -> String {
        self.lines(view).join("\n")
    }
}

/// Lines for each: what one does not need, the other may have.
fn rooms(sheets: &[Sheet], height: usize) -> Vec<usize> {
    let height = height.saturating_sub(sheets.len() - 1);
    let wanted: Vec<usize> = sheets.iter().map(Sheet::height).collect();
    let share = height / sheets.len().max(1);
    let unused: usize = wanted.iter().map(|wanted| share.saturating_sub(*wanted)).sum();
    wanted.iter().map(|wanted| (*wanted).min(share + unused)).collect()
}

impl Sheet {
    fn height(&self) -> usize {
        self.head.len() + self.datasets.iter().map(|(_, lines)| lines.len()).sum::<usize>()
    }

    /// Whole datasets only; the last line counts those for which there is no room.
    fn write(self, room: usize, lines: &mut Vec<String>) {
        let all_fit = self.height() <= room;
        // Of a low terminal at least half is for the datasets.
        let head = if all_fit { self.head.len() } else { self.head.len().min((room / 2).max(1)) };
        let mut left = room.saturating_sub(head + usize::from(!all_fit));
        lines.extend(self.head.into_iter().take(head));
        let mut rest: Vec<StandingState> = Vec::new();
        for (state, of_dataset) in self.datasets {
            if rest.is_empty() && of_dataset.len() <= left {
                left -= of_dataset.len();
                lines.extend(of_dataset);
            } else {
                rest.push(state);
            }
        }
        if !rest.is_empty() {
            lines.push(format!("… {} more: {}", rest.len(), by_state(rest.iter())));
        }
    }
}

impl SideStatus {
    fn sheet(&self, view: &View) -> Sheet {
        let width = view.size.map_or(usize::MAX, |(width, _)| width);
        let summary = self.summary(&view.zone).into_iter().enumerate();
        let mut head: Vec<String> = summary
            .flat_map(|(place, line)| {
                let (first, rest) = if place == 0 { ("", "  ") } else { ("  ", "    ") };
                wrapped(&line, width, first, rest)
            })
            .collect();
        let table = self.table(view, width);
        let mut rows = table.lines().map(|line| cut(line, width));
        head.extend(rows.next());
        let datasets = self
            .datasets
            .iter()
            .zip(rows)
            .map(|(dataset, row)| {
                let mut lines = vec![row];
                let words = words(dataset).map(|words| wrapped(&words, width, INDENT, INDENT));
                let longest = if view.size.is_some() { LONGEST_WORDS } else { usize::MAX };
                lines.extend(words.unwrap_or_default().into_iter().take(longest));
                (dataset.state.clone(), lines)
            })
            .collect();
        Sheet { head, datasets }
    }

    /// The whole in a few lines: how many in each state, and what someone should look at.
    fn summary(&self, zone: &TimeZone) -> Vec<String> {
        let side = match self.side {
            Side::Shared => "SHARED SIDE",
            Side::Open => "OPEN SIDE",
        };
        let sum = |of: fn(&DatasetStatus) -> i64| self.datasets.iter().map(of).sum::<i64>();
        let datasets = i64::try_from(self.datasets.len()).unwrap_or(i64::MAX);
        let states = by_state(self.datasets.iter().map(|dataset| &dataset.state));
        let mut lines = vec![format!(
            "{side}  {}{}{states}; {} rows in the store; {} at work",
            counted(datasets, "dataset", "datasets"),
            if states.is_empty() { "" } else { ": " },
            thousands(sum(|dataset| dataset.store_rows)),
            counted(self.instances, "instance", "instances"),
        )];
        let late = self.datasets.iter().filter(|dataset| dataset.is_late()).count();
        if late > 0 {
            let late = i64::try_from(late).unwrap_or(i64::MAX);
            lines.push(format!(
                "{} behind what the contract promises, marked !",
                counted(late, "dataset is", "datasets are")
            ));
        }
        let parked = sum(|dataset| dataset.parked_keys);
        if parked > 0 {
            let more = match self.side {
                Side::Shared => "`bangioc dead-letter list`",
                Side::Open => "`bangioc dead-letter list --side open`",
            };
            lines.push(format!("{} parked: {more}", counted(parked, "key", "keys")));
        }
        let refused = sum(|dataset| dataset.refused_records);
        if refused > 0 {
            lines.push(format!(
                "{} refused: table flow.quarantined, `bangioc explain BG0427`",
                counted(refused, "record", "records")
            ));
        }
        let nfc = sum(|dataset| dataset.warnings.nfc);
        let whitespace = sum(|dataset| dataset.warnings.whitespace);
        if nfc + whitespace > 0 {
            lines.push(format!(
                "taken as they are: W_NFC {}, W_WHITESPACE {}",
                thousands(nfc),
                thousands(whitespace)
            ));
        }
        lines.extend(self.source_warnings(zone));
        lines
    }

    /// Once for each source and code, however many datasets are concerned.
    fn source_warnings(&self, zone: &TimeZone) -> Vec<String> {
        let mut found = BTreeMap::new();
        for dataset in &self.datasets {
            if let Some(warning) = &dataset.source_warning {
                found.entry((dataset.source.as_str(), warning.code.as_str())).or_insert(warning);
            }
        }
        found
            .into_iter()
            .map(|((source, code), warning)| {
                let since = warning.since.map(|since| format!(" since {}", moment(since, zone)));
                let why = if warning.why.is_empty() { "" } else { ", " };
                format!(
                    "⚠ {source}: {}{}{why}{}: `bangioc source check`",
                    printable(code),
                    since.unwrap_or_default(),
                    printable(&warning.why)
                )
            })
            .collect()
    }

    fn table(&self, view: &View, width: usize) -> String {
        let head = ["DATASET", "OWNER", "~AT SOURCE", "IN STORE", "BEHIND", "PARKED", "STATE"]
            .map(str::to_owned);
        let cells = self.datasets.iter().map(|dataset| cells(dataset, &view.zone));
        let rows = std::iter::once(head).chain(cells);
        if width < NARROW {
            let rows: Vec<_> = rows.map(|[a, _, _, d, e, f, g]| [a, d, e, f, g]).collect();
            aligned(&rows, 1..4)
        } else if width < WIDE {
            let rows: Vec<_> = rows.map(|[a, b, _, d, e, f, g]| [a, b, d, e, f, g]).collect();
            aligned(&rows, 2..5)
        } else {
            aligned(&rows.collect::<Vec<_>>(), 2..6)
        }
    }
}

fn cells(dataset: &DatasetStatus, zone: &TimeZone) -> [String; 7] {
    let late = if dataset.is_late() { "!" } else { "" };
    [
        dataset.dataset.clone(),
        dataset.owner.clone(),
        dataset.source_rows_estimate.map_or_else(dash, |rows| format!("~{}", thousands(rows))),
        thousands(dataset.store_rows),
        dataset.seconds_behind.map_or_else(dash, |behind| format!("{late}{}", duration(behind))),
        if dataset.parked_keys == 0 { dash() } else { thousands(dataset.parked_keys) },
        state(&dataset.state, zone),
    ]
}

fn state(state: &StandingState, zone: &TimeZone) -> String {
    let mut text = match state {
        StandingState::Copying { percent: None } => "copying".to_owned(),
        StandingState::Copying { percent: Some(percent) } => {
            format!("copying {} {percent} %", bar(*percent))
        }
        StandingState::Streaming => "streaming".to_owned(),
        StandingState::AwaitsCopy(_) => "may differ, waits for a yes".to_owned(),
        StandingState::Waiting => "nothing heard of its source yet".to_owned(),
        StandingState::Stopped { .. } => "stopped: no instance".to_owned(),
        StandingState::Halted { .. } => "halted".to_owned(),
        StandingState::Retrying { .. } => "retrying".to_owned(),
        StandingState::SourceHalted(_) => "halted at its source".to_owned(),
        StandingState::SourceWaits(_) => "waits at its source".to_owned(),
        StandingState::SourceProblem(_) => "problem at its source".to_owned(),
        StandingState::SourceDistrusted(_) => "its source is not believed".to_owned(),
        StandingState::SourceSilent { .. } => "its source is silent".to_owned(),
        StandingState::Paused { by, .. } if by.is_empty() => "paused".to_owned(),
        StandingState::Paused { by, .. } => format!("paused by {by}"),
    };
    if let Some(code) = state.code() {
        text = format!("{text}, {code}");
    }
    if let Some(since) = state.since() {
        text = format!("{text} since {}", moment(since, zone));
    }
    text
}

/// Why it stands, and the next step.
fn words(dataset: &DatasetStatus) -> Option<String> {
    let next = dataset.next_step.as_deref()?;
    Some(match dataset.state.why() {
        Some(why) => format!("{}; {next}", printable(why)),
        None => next.to_owned(),
    })
}

fn by_state<'a>(states: impl Iterator<Item = &'a StandingState>) -> String {
    let mut counts = [0_usize; StandingState::NAMES.len()];
    for state in states {
        if let Some(count) = counts.get_mut(state.rank()) {
            *count += 1;
        }
    }
    let named = StandingState::NAMES.iter().zip(counts).filter(|(_, count)| *count > 0);
    named.map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
}

/// At blanks; `first` and then `rest` before each line.
fn wrapped(text: &str, width: usize, first: &str, rest: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let (mut line, mut is_empty) = (first.to_owned(), true);
    for word in text.split(' ') {
        let length = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if length > width && !is_empty {
            lines.push(std::mem::replace(&mut line, rest.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines.iter().map(|line| cut(line, width)).collect()
}

fn cut(line: &str, width: usize) -> String {
    match line.char_indices().nth(width) {
        None => line.to_owned(),
        Some(_) => line.chars().take(width.saturating_sub(1)).chain(['…']).collect(),
    }
}

fn dash() -> String {
    "–".to_owned()
}

fn bar(percent: u8) -> String {
    let full = usize::from(percent) * BAR / 100;
    "█".repeat(full) + &"░".repeat(BAR - full)
}

#[cfg(test)]
mod tests;
