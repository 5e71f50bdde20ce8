//! An open set as people read it.

use super::entry::entry;
use super::table::table;
use crate::contracts::publication::{Content, Publication};

/// Everything an open set's file says, in both languages.
pub fn page(publication: &Publication) -> String {
    let mut lines = vec![format!("{} — {}", publication.name.vi, publication.name.en)];
    for label in [&publication.about, &publication.legal].into_iter().flatten() {
        lines.push(format!("{}\n{}", label.vi, label.en));
    }
    let mut facts = vec![
        ("open set", publication.dataset.to_string()),
        ("owner", publication.owner.to_string()),
    ];
    facts.extend(publication.catalogue.as_ref().map(entry).into_iter().flatten());
    facts.push(("published", format!("every {}", span(publication.every_seconds))));
    facts.push(("licence", publication.licence.clone()));
    let keywords = &publication.keywords;
    let words: Vec<&str> = keywords.vi.iter().chain(&keywords.en).map(String::as_str).collect();
    if !words.is_empty() {
        facts.push(("keywords", words.join(", ")));
    }
    lines.push(String::new());
    lines.extend(facts.iter().map(|(name, value)| format!("{name:<11}{value}")));
    let head = ["RESOURCE", "DATASET", "CONTENT", "TIẾNG VIỆT", "ENGLISH"].map(str::to_owned);
    let rows: Vec<[String; 5]> = publication
        .resources
        .iter()
        .map(|resource| {
            [
                resource.name.clone(),
                resource.dataset.to_string(),
                content(&resource.content),
                resource.title.vi.clone(),
                resource.title.en.clone(),
            ]
        })
        .collect();
    lines.push(String::new());
    lines.push(table(&head, &rows));
    lines.join("\n")
}

fn content(content: &Content) -> String {
    match content {
        Content::Rows => "all open rows".to_owned(),
        Content::HourlyMean(mean) => format!(
            "hourly mean of {} by {}, {} samples in a full hour{}",
            mean.value,
            mean.by.join(", "),
            mean.expected,
            if mean.limits.is_some() { ", with limits" } else { "" }
        ),
    }
}

fn span(seconds: u32) -> String {
    match seconds {
        seconds if seconds % 86_400 == 0 => format!("{} d", seconds / 86_400),
        seconds if seconds % 3600 == 0 => format!("{} h", seconds / 3600),
        seconds if seconds % 60 == 0 => format!("{} min", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}
