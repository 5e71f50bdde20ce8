//! Plans and listings as a person reads them: no colour, one line per thing, aligned.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use bangioc_runtime::printable::printable;
use bangioc_runtime::table::aligned;

use crate::apply::Report;
use crate::listing::{KeepsFound, ListedTopic, Listing};
use crate::plan::{Kind, Line, Plan, Verdict};
use crate::wanted::Group;

/// The whole plan, with its summary first.
pub fn plan(plan: &Plan) -> String {
    let mut text =
        format!("Topics under `{}` on cluster {}: {}.\n", plan.prefix, plan.cluster, summary(plan));
    let width = plan.lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    for lines in plan.lines.chunk_by(|a, b| a.group == b.group) {
        if let Some(first) = lines.first() {
            let held = if lines.iter().any(|line| plan.is_held(line)) {
                " (held back by what is refused)"
            } else {
                ""
            };
            let _ = writeln!(text, "\n{}{held}", heading(&first.group));
        }
        for line in lines {
            text.push_str(&one(line, width));
        }
    }
    if plan.registry_silent {
        text.push_str(
            "\nSubjects are not in this plan: the registry does not answer, or was not asked.\n",
        );
    }
    text
}

/// One line of a plan, as it is shown there and while it is carried out.
pub fn line(line: &Line) -> String {
    one(line, 0)
}

/// What `apply` did and what is left for a person.
pub fn report(report: &Report) -> String {
    let done = report.done.len();
    let mut text = match done {
        0 => "Nothing had to be done.\n".to_owned(),
        1 => "1 change made.\n".to_owned(),
        _ => format!("{done} changes made.\n"),
    };
    if !report.left.is_empty() {
        text.push_str("\nLeft:\n");
        text.push_str(&plan(&report.left));
    }
    text
}

/// Every topic, one line each.
pub fn listing(listing: &Listing) -> String {
    let mut rows = vec![
        ["topic", "partitions", "keeps", "schema", "written by", "read by"].map(str::to_owned),
    ];
    rows.extend(listing.topics.iter().map(row));
    aligned(&rows, 0..0)
}

fn row(topic: &ListedTopic) -> [String; 6] {
    let Some(found) = &topic.found else {
        return [
            topic.topic.clone(),
            "missing".to_owned(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ];
    };
    let keeps = match found.keeps {
        KeepsFound::LatestPerKey => "latest per key".to_owned(),
        KeepsFound::Forever => "for ever".to_owned(),
        KeepsFound::Seconds(seconds) if seconds % 86_400 == 0 => {
            format!("{} days", seconds / 86_400)
        }
        KeepsFound::Seconds(seconds) => format!("{seconds} s"),
    };
    let join =
        |users: &BTreeSet<String>| users.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let version =
        found.schema_version.map_or_else(|| "-".to_owned(), |version| format!("v{version}"));
    [
        topic.topic.clone(),
        found.partitions.to_string(),
        keeps,
        version,
        join(&found.writers),
        join(&found.readers),
    ]
}

fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        let all = if plan.registry_silent {
            "nothing to do at Kafka"
        } else {
            "nothing to do, all is as the contracts say"
        };
        return all.to_owned();
    }
    let part = |verdict, word| match plan.count(verdict) {
        0 => None,
        count => Some(format!("{count} {word}")),
    };
    let parts = [
        part(Verdict::Safe, "safe"),
        part(Verdict::Review, "to review"),
        part(Verdict::Refuse, "refused"),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn heading(group: &Group) -> String {
    match group {
        Group::Deployment => "deployment".to_owned(),
        Group::Source(source) => format!("source {source}"),
        Group::Dataset { owner, dataset } => format!("{dataset} of {owner}"),
    }
}

fn one(line: &Line, width: usize) -> String {
    let (symbol, verdict) = match (line.verdict, &line.action) {
        (Verdict::Safe, _) => ('+', "SAFE"),
        (Verdict::Review, Some(_)) => ('~', "REVIEW"),
        (Verdict::Review, None) => ('?', "REVIEW"),
        (Verdict::Refuse, _) => ('x', "REFUSE"),
    };
    let kind = match line.kind {
        Kind::Cluster => "cluster",
        Kind::Topic => "topic",
        Kind::Right => "right",
        Kind::Subject => "subject",
    };
    let code = line.code.map(|code| format!(" [{code}]")).unwrap_or_default();
    let (name, change, reason) = (&line.name, &line.change, &line.reason);
    let line =
        format!("  {symbol} {verdict:<6}  {kind:<7}  {name:<width$}  {change} ({reason}){code}");
    // Kafka takes any characters in a principal's name.
    printable(&line).into_owned() + "\n"
}
