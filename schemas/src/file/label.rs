//! Texts for people, in both languages: names, descriptions, reasons.

use super::fields::{At, Fields, Notes};
use crate::contracts::contract::Label;
use crate::contracts::mistake::MistakeKind;

pub(super) fn required_label(
    fields: &mut Fields<'_>,
    key: &'static str,
    notes: &mut Notes,
) -> Option<Label> {
    fields.required(key, &format!("write `{key}: {{ vi: …, en: … }}`"), notes)?;
    optional_label(fields, key, notes)
}

/// `{ vi: …, en: … }`, both.
pub(super) fn optional_label(
    fields: &mut Fields<'_>,
    key: &'static str,
    notes: &mut Notes,
) -> Option<Label> {
    let node = fields.node(key)?;
    let mut inner = Fields::of(node, &format!("`{key}`"), notes)?;
    let label = label_here(&mut inner, notes);
    inner.finish(&format!("`{key}`"), notes);
    label
}

/// The keys `vi` and `en` of a mapping.
pub(super) fn label_here(fields: &mut Fields<'_>, notes: &mut Notes) -> Option<Label> {
    let vi = fields.required_text("vi", "people read this in Vietnamese: write `vi: …`", notes);
    let en = fields.required_text("en", "and in English: write `en: …`", notes);
    for at in [vi, en].into_iter().flatten() {
        check_people_text(at, notes);
    }
    Some(Label { vi: vi?.text.to_owned(), en: en?.text.to_owned() })
}

/// Labels go to everyone, open side included: an example copied from a real row must not be in them.
pub(super) fn check_people_text(at: At<'_>, notes: &mut Notes) {
    let longest_number =
        at.text.split(|c: char| !c.is_ascii_digit()).map(str::len).max().unwrap_or(0);
    if longest_number >= 9 || at.text.contains('@') {
        let what = "a label or description holds what looks like a personal number, phone number or address";
        notes.note(
            at.line,
            MistakeKind::PersonalText,
            what,
            "describe the form instead, as in `12 digits`",
        );
    }
    if at.text.trim().is_empty() {
        notes.note(at.line, MistakeKind::Value, "a label is empty", "write what people call it");
    }
}
