//! What contracts refer to by name: code lists (`code-lists/<name>.csv`, the code in the first column)
//! and formats (`formats.yaml`, a pattern each).

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::fields::{Notes, text_of};
use super::yaml::{self, Data};
use crate::contracts::mistake::{Mistake, MistakeKind};
use crate::open::border::Border;

#[derive(Clone, Debug)]
pub(crate) struct CodeList {
    pub(crate) columns: Vec<String>,
    /// Each as long as `columns`.
    pub(crate) rows: Vec<Vec<String>>,
}

impl CodeList {
    /// The codes, sorted as rules look them up.
    pub(crate) fn codes(&self) -> Vec<Box<str>> {
        let mut codes: Vec<Box<str>> = self
            .rows
            .iter()
            .filter_map(|row| row.first())
            .map(|code| code.as_str().into())
            .collect();
        codes.sort_unstable();
        codes
    }

    pub(crate) fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|column| column == name)
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct References {
    pub(crate) lists: BTreeMap<String, CodeList>,
    /// Name → pattern.
    pub(crate) formats: BTreeMap<String, String>,
    /// The state's, where the folder has it.
    pub(crate) border: Option<Arc<Border>>,
}

impl References {
    pub(crate) fn list_names(&self) -> Vec<&str> {
        self.lists.keys().map(String::as_str).collect()
    }

    pub(crate) fn format_names(&self) -> Vec<&str> {
        self.formats.keys().map(String::as_str).collect()
    }
}

/// Comma-separated, `"` around a field that holds a comma, the first line names the columns.
pub(crate) fn read_list(file: &Path, text: &str) -> (CodeList, Vec<Mistake>) {
    let mut notes = Notes::new(file);
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let columns = lines.next().map(|(_, line)| fields(line)).unwrap_or_default();
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for (number, line) in lines {
        let row = fields(line);
        if row.len() != columns.len() {
            let what = format!("{} fields, but the first line names {}", row.len(), columns.len());
            notes.note(
                number + 1,
                MistakeKind::CodeList,
                what,
                "put a field that holds a comma in quotes",
            );
        } else if row[0].is_empty() || row[0].trim() != row[0] {
            notes.note(
                number + 1,
                MistakeKind::CodeList,
                "the code is empty or has blanks around it",
                "write the code alone in the first field",
            );
        } else if seen.insert(row[0].clone()) {
            rows.push(row);
        } else {
            let what = format!("code `{}` stands twice", row[0]);
            notes.note(number + 1, MistakeKind::CodeList, what, "keep one of the two lines");
        }
    }
    if rows.is_empty() {
        notes.note(
            0,
            MistakeKind::CodeList,
            "the list is empty",
            "the first line names the columns, each further line is a code",
        );
    }
    (CodeList { columns, rows }, notes.into_mistakes())
}

fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => {
                if let Some(field) = fields.last_mut() {
                    field.push(c);
                }
            }
        }
    }
    fields
}

pub(crate) fn read_formats(file: &Path, text: &str) -> (BTreeMap<String, String>, Vec<Mistake>) {
    let mut notes = Notes::new(file);
    let mut formats = BTreeMap::new();
    match yaml::read(text) {
        Err(error) => notes.note(error.line, error.kind, error.what, error.hint),
        Ok((node, doubles)) => {
            for double in doubles {
                notes.note(double.line, double.kind, double.what, double.hint);
            }
            let Data::Map(entries) = &node.data else {
                notes.note(
                    node.line,
                    MistakeKind::Value,
                    "the file is not a mapping",
                    "write `name: 'pattern'` on each line",
                );
                return (formats, notes.into_mistakes());
            };
            for entry in entries {
                let Some(pattern) = text_of(&entry.value, &entry.key, &mut notes) else {
                    continue;
                };
                if let Err((what, hint)) = compile(pattern.text) {
                    notes.note(pattern.line, MistakeKind::CodeList, what, hint);
                }
                formats.insert(entry.key.clone(), pattern.text.to_owned());
            }
        }
    }
    (formats, notes.into_mistakes())
}

/// A pattern always means the whole text, and its classes mean ASCII only when they are written out.
pub(crate) fn compile(pattern: &str) -> Result<regex::Regex, (String, String)> {
    if let Some(class) =
        ["\\d", "\\w", "\\s", "\\b"].into_iter().find(|class| pattern.contains(class))
    {
        let what = format!("`{class}` in a pattern also means letters and digits of other scripts");
        return Err((what, "write the characters out, as in `[0-9]`".into()));
    }
    regex::RegexBuilder::new(&format!("^(?:{pattern})$")).size_limit(1 << 20).build().map_err(
        |_| {
            (
                "the pattern is no regular expression".into(),
                "check its brackets and parentheses".into(),
            )
        },
    )
}
