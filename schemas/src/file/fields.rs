//! Reading the fields of a mapping: what is missing, unknown or of the wrong form is noted, and reading
//! goes on, so that a person sees all of it at once.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::yaml::{Data, YamlEntry, YamlNode};
pub(crate) use crate::contracts::mistake::shown;
use crate::contracts::mistake::{Mistake, MistakeKind};
use crate::contracts::nearest::nearest;

/// The mistakes of one file.
pub(crate) struct Notes {
    file: PathBuf,
    found: Vec<Mistake>,
}

impl Notes {
    pub(crate) fn new(file: &Path) -> Notes {
        Notes { file: file.to_owned(), found: Vec::new() }
    }

    pub(crate) fn note(
        &mut self,
        line: usize,
        kind: MistakeKind,
        what: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.found.push(Mistake {
            file: self.file.clone(),
            line,
            kind,
            what: what.into(),
            hint: hint.into(),
        });
    }

    pub(crate) fn count(&self) -> usize {
        self.found.len()
    }

    pub(crate) fn into_mistakes(self) -> Vec<Mistake> {
        self.found
    }
}

/// A text and where it stands.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

/// A mapping that is being read. Close it with [`Fields::finish`], which notes the keys nobody asked for.
pub(crate) struct Fields<'a> {
    entries: &'a [YamlEntry],
    pub(crate) line: usize,
    asked: HashSet<&'static str>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(node: &'a YamlNode, what: &str, notes: &mut Notes) -> Option<Fields<'a>> {
        if let Data::Map(entries) = &node.data {
            return Some(Fields { entries, line: node.line, asked: HashSet::new() });
        }
        let told = format!("{what} is {}, not a mapping of `key: value`", node.kind());
        notes.note(
            node.line,
            MistakeKind::Value,
            told,
            format!("write the keys of {what} below it, indented"),
        );
        None
    }

    fn find(&mut self, key: &'static str) -> Option<&'a YamlEntry> {
        self.asked.insert(key);
        self.entries.iter().find(|entry| entry.key == key)
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    pub(crate) fn first_key(&self) -> Option<&'a str> {
        self.entries.first().map(|entry| entry.key.as_str())
    }

    /// Every key with its text, whatever the keys are.
    pub(crate) fn texts_of_all(self, notes: &mut Notes) -> Vec<(&'a str, At<'a>)> {
        self.entries
            .iter()
            .filter_map(|entry| {
                Some((entry.key.as_str(), text_of(&entry.value, &entry.key, notes)?))
            })
            .collect()
    }

    pub(crate) fn node(&mut self, key: &'static str) -> Option<&'a YamlNode> {
        self.find(key).map(|entry| &entry.value)
    }

    /// Line of a key, or of the mapping when the key is not there.
    pub(crate) fn line_of(&self, key: &str) -> usize {
        self.entries.iter().find(|entry| entry.key == key).map_or(self.line, |entry| entry.line)
    }

    pub(crate) fn required(
        &mut self,
        key: &'static str,
        hint: &str,
        notes: &mut Notes,
    ) -> Option<&'a YamlNode> {
        let node = self.node(key);
        if node.is_none() {
            notes.note(self.line, MistakeKind::MissingKey, format!("key `{key}` is missing"), hint);
        }
        node
    }

    pub(crate) fn text(&mut self, key: &'static str, notes: &mut Notes) -> Option<At<'a>> {
        let node = self.node(key)?;
        text_of(node, key, notes)
    }

    pub(crate) fn required_text(
        &mut self,
        key: &'static str,
        hint: &str,
        notes: &mut Notes,
    ) -> Option<At<'a>> {
        let node = self.required(key, hint, notes)?;
        text_of(node, key, notes)
    }

    /// `true` or `false`; `default` when the key is not there.
    pub(crate) fn flag(&mut self, key: &'static str, default: bool, notes: &mut Notes) -> bool {
        match self.text(key, notes) {
            None => default,
            Some(At { text: "true", .. }) => true,
            Some(At { text: "false", .. }) => false,
            Some(At { line, .. }) => {
                notes.note(
                    line,
                    MistakeKind::Value,
                    format!("`{key}` is neither `true` nor `false`"),
                    "write one of the two",
                );
                default
            }
        }
    }

    pub(crate) fn number(&mut self, key: &'static str, notes: &mut Notes) -> Option<u32> {
        let At { text, line } = self.text(key, notes)?;
        let number = text.parse().ok();
        if number.is_none() {
            let what = format!("`{key}` is not a whole number: `{}`", shown(text));
            notes.note(line, MistakeKind::Value, what, "write digits only, as in `3`");
        }
        number
    }

    /// One of the named choices.
    pub(crate) fn choice<T: Clone>(
        &mut self,
        key: &'static str,
        choices: &[(&str, T)],
        notes: &mut Notes,
    ) -> Option<T> {
        let At { text, line } = self.text(key, notes)?;
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| value.clone());
        if found.is_none() {
            let names: Vec<String> = choices.iter().map(|(name, _)| format!("`{name}`")).collect();
            let hint = format!("write one of {}", names.join(", "));
            notes.note(
                line,
                MistakeKind::Value,
                format!("`{key}` can't be `{}`", shown(text)),
                hint,
            );
        }
        found
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, key: &'static str, notes: &mut Notes) -> Option<Vec<At<'a>>> {
        let node = self.node(key)?;
        let Data::List(items) = &node.data else {
            let what = format!("`{key}` is {}, not a list", node.kind());
            notes.note(node.line, MistakeKind::Value, what, format!("write `{key}: [a, b]`"));
            return None;
        };
        Some(items.iter().filter_map(|item| text_of(item, key, notes)).collect())
    }

    pub(crate) fn finish(self, what: &str, notes: &mut Notes) {
        for entry in self.entries.iter().filter(|entry| !self.asked.contains(entry.key.as_str())) {
            let mut known: Vec<&str> = self.asked.iter().copied().collect();
            known.sort_unstable();
            let hint = match nearest(&entry.key, &known) {
                // `{ vi: Số, tên gọi }` reads as a second key.
                None if !is_word(&entry.key) => {
                    "a text with a comma needs quotes inside `{ }`: `vi: 'a, b'`".to_owned()
                }
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{what} knows: {}", known.join(", ")),
            };
            let key = shown(&entry.key);
            notes.note(
                entry.line,
                MistakeKind::UnknownKey,
                format!("unknown key `{key}` in {what}"),
                hint,
            );
        }
    }
}

/// Could it be a key at all?
fn is_word(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
}

pub(crate) fn text_of<'a>(node: &'a YamlNode, key: &str, notes: &mut Notes) -> Option<At<'a>> {
    if let Data::Text(text) = &node.data {
        return Some(At { text, line: node.line });
    }
    let what = format!("`{key}` is {}, not a text", node.kind());
    notes.note(node.line, MistakeKind::Value, what, format!("write `{key}: value` on one line"));
    None
}
