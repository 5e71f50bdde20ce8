//! What the rules between columns read their keys with.

use crate::column_type::ColumnType;
use crate::contracts::mistake::MistakeKind;
use crate::file::code_list::References;
use crate::file::column::ReadColumn;
use crate::file::column_rule::parse_range;
use crate::file::fields::{At, Fields, Notes, shown};
use crate::file::key::find_column;
use crate::file::seconds::seconds;
use crate::rules::value::Range;

/// It is there, but with a mistake that has been noted.
pub(super) struct AlreadyNoted;

/// What the rules read their keys with.
pub(super) struct RowRuleReader<'f, 'a, 'n> {
    pub(super) fields: &'f mut Fields<'a>,
    pub(super) columns: &'f [ReadColumn],
    pub(super) references: &'f References,
    pub(super) notes: &'n mut Notes,
}

impl<'a> RowRuleReader<'_, 'a, '_> {
    /// A column that the rule names, of a type that it can judge.
    pub(super) fn column(
        &mut self,
        key: &'static str,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Option<usize> {
        let at =
            self.fields.required_text(key, &format!("name the column: `{key}: …`"), self.notes)?;
        self.fitting(key, at, fits, wanted)
    }

    pub(super) fn optional_column(
        &mut self,
        key: &'static str,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Result<Option<usize>, AlreadyNoted> {
        if !self.fields.has(key) {
            return Ok(None);
        }
        let at = self.fields.text(key, self.notes).ok_or(AlreadyNoted)?;
        let column = self.fitting(key, at, fits, wanted).ok_or(AlreadyNoted)?;
        Ok(Some(column))
    }

    pub(super) fn fitting(
        &mut self,
        key: &str,
        at: At<'_>,
        fits: fn(&ColumnType) -> bool,
        wanted: &str,
    ) -> Option<usize> {
        let index = find_column(at, self.columns, MistakeKind::Rule, self.notes)?;
        let column_type = &self.columns[index].column.column_type;
        if !fits(column_type) {
            let what =
                format!("`{key}: {}` is `{column_type}`, and the rule needs {wanted}", at.text);
            self.notes.note(
                at.line,
                MistakeKind::Rule,
                what,
                "name another column, or correct its type",
            );
            return None;
        }
        Some(index)
    }

    pub(super) fn text_column(&mut self, key: &'static str) -> Option<usize> {
        self.column(key, ColumnType::is_text, "a text")
    }

    /// At least `least` columns, of any type.
    pub(super) fn columns(&mut self, key: &'static str, least: usize) -> Option<Vec<usize>> {
        let listed = self.texts(key)?;
        let mut columns = Vec::with_capacity(listed.len());
        for at in &listed {
            columns.push(find_column(*at, self.columns, MistakeKind::Rule, self.notes)?);
        }
        if columns.len() < least && !columns.is_empty() {
            let what = format!("`{key}` names fewer than {least} columns");
            let line = self.fields.line_of(key);
            self.notes.note(line, MistakeKind::Value, what, "name all that it compares");
            return None;
        }
        Some(columns)
    }

    pub(super) fn texts(&mut self, key: &'static str) -> Option<Vec<At<'a>>> {
        self.fields.required(key, &format!("write `{key}: [a, b]`"), self.notes)?;
        let texts = self.fields.texts(key, self.notes)?;
        if texts.is_empty() {
            self.notes.note(
                self.fields.line_of(key),
                MistakeKind::Value,
                format!("`{key}` is empty"),
                "name at least one value",
            );
        }
        Some(texts)
    }

    pub(super) fn range(&mut self, key: &'static str) -> Option<Range> {
        let hint = format!("write `{key}: 1..9999`, `0..` or `..100`");
        let at = self.fields.required_text(key, &hint, self.notes)?;
        let range = parse_range(at.text);
        if range.is_none() {
            let what = format!("`{key}: {}` is no range", shown(at.text));
            self.notes.note(at.line, MistakeKind::Value, what, hint);
        }
        range
    }

    /// Both ends of a range of whole metres or of degrees.
    pub(super) fn bounds<T: std::str::FromStr + PartialOrd>(
        &mut self,
        key: &'static str,
        example: &str,
    ) -> Option<(T, T)> {
        let hint = format!("write the range, as in `{key}: {example}`");
        let at = self.fields.required_text(key, &hint, self.notes)?;
        let bounds = at
            .text
            .split_once("..")
            .and_then(|(low, high)| Some((low.parse().ok()?, high.parse().ok()?)))
            .filter(|(low, high)| low <= high);
        if bounds.is_none() {
            let what = format!("`{key}: {}` is no range like `{example}`", shown(at.text));
            self.notes.note(at.line, MistakeKind::Value, what, hint);
        }
        bounds
    }

    pub(super) fn span_us(&mut self, key: &'static str) -> Option<i64> {
        let at = self.fields.required_text(
            key,
            &format!("write how far, as in `{key}: 5m`"),
            self.notes,
        )?;
        let span = seconds(at.text).map(|seconds| i64::from(seconds) * 1_000_000);
        if span.is_none() {
            let what = format!("`{key}: {}` is no span of time", shown(at.text));
            self.notes.note(at.line, MistakeKind::Value, what, "write `30s`, `5m`, `1h` or `90d`");
        }
        span
    }
}
