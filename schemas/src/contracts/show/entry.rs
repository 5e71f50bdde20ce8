//! What the catalogue of the province says of a dataset, as people read it.

use crate::contracts::contract::CatalogueEntry;

pub(super) fn entry(entry: &CatalogueEntry) -> Vec<(&'static str, String)> {
    let phrase = entry.phrase.as_ref().map(|phrase| format!(", {phrase}")).unwrap_or_default();
    let mut facts =
        vec![("group", format!("{} ({}{phrase})", entry.group.as_str(), entry.seed.as_str()))];
    if !entry.consumers.is_empty() {
        facts.push(("consumers", entry.consumers.join(", ")));
    }
    facts.push((
        "data",
        format!(
            "personal data: {}; sensitivity: {}; changes: {}",
            entry.personal_data, entry.sensitivity, entry.cadence
        ),
    ));
    facts
}
