//! Rows as lines of COPY's text format: PostgreSQL itself parses the values, so the sink has no
//! opinion about any of them.

use std::borrow::Cow;
use std::io::Write as _;

use bangioc_change::version::Version;
use bangioc_postgres_text::{copy, hex};
use bangioc_schemas::contract::Contract;
use bangioc_schemas::row::{Absence, Cell, Row};

/// Where lines go.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Target {
    /// The staging table, for a merge.
    #[default]
    Stage,
    /// No table: they are read back as values, and bound to the merge.
    Values,
    /// The table itself: rows that it should not have yet.
    Table,
}

/// Lines of one dataset. Kept and reused: `clear` keeps the memory.
#[derive(Default)]
pub(crate) struct Stage {
    target: Target,
    lines: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    partial: bool,
    missing: Vec<u8>,
}

/// What a row's columns that did not travel are taken from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Continues {
    /// The stored row.
    Stored,
    /// No row: a column left out is missing.
    Nothing,
    /// Only to show what the others are for.
    AsNull,
}

impl Stage {
    pub(crate) fn clear(&mut self, target: Target) {
        self.target = target;
        self.lines.clear();
        self.ends.clear();
        self.partial = false;
    }

    pub(crate) fn target(&self) -> Target {
        self.target
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.lines
    }

    /// Lines `from..to`.
    pub(crate) fn lines(&self, from: usize, to: usize) -> &[u8] {
        let start = from.checked_sub(1).map_or(0, |before| self.ends[before]);
        let end = to.checked_sub(1).map_or(0, |last| self.ends[last]);
        &self.lines[start..end]
    }

    /// The lines field by field, without their number.
    #[expect(clippy::expect_used, reason = "what is read here was written above")]
    pub(crate) fn values(&self) -> Vec<Vec<Option<Cow<'_, str>>>> {
        let mut values: Vec<Vec<_>> = Vec::new();
        for line in 0..self.len() {
            let line = std::str::from_utf8(self.lines(line, line + 1)).expect("a line of texts");
            let (fields, _number) = line.rsplit_once('\t').expect("a line with its number");
            for (n, field) in copy::fields(fields).enumerate() {
                if values.len() == n {
                    values.push(Vec::with_capacity(self.len()));
                }
                let text = |field| copy::unescaped(field).expect("a field of COPY's text format");
                values[n].push(field.map(text));
            }
        }
        values
    }

    /// Does any row leave a column out?
    pub(crate) fn is_partial(&self) -> bool {
        self.partial
    }

    /// `continues`: a column left out because it did not change keeps what is stored. `since`: only if
    /// what is stored is older than that, the oldest of several events in one.
    pub(crate) fn push_row<'a>(
        &mut self,
        contract: &Contract,
        cells: impl Iterator<Item = Cell<'a>>,
        version: Version,
        continues: Continues,
        since: Option<Version>,
    ) {
        self.missing.clear();
        for (column, cell) in contract.columns.iter().zip(cells) {
            self.push_cell(cell);
            let Cell::Absent(absence) = cell else {
                continue;
            };
            let mark = match (absence, continues) {
                (_, Continues::AsNull) => continue,
                (Absence::TooLarge, _) => "!",
                (Absence::Toast, Continues::Nothing) => "?",
                (Absence::Toast, Continues::Stored) => "",
            };
            // Column names hold letters, digits and `_`: nothing to escape inside an array's quotes.
            self.missing.extend_from_slice(if self.missing.is_empty() { b"{\"" } else { b",\"" });
            self.missing.extend_from_slice(mark.as_bytes());
            self.missing.extend_from_slice(column.name.as_bytes());
            self.missing.push(b'"');
        }
        self.push_version(version);
        self.lines.extend_from_slice(b"\tf\t");
        if self.missing.is_empty() {
            self.lines.extend_from_slice(b"\\N");
        } else {
            self.partial = true;
            self.lines.extend_from_slice(&self.missing);
            self.lines.push(b'}');
        }
        if let Some(since) = since {
            self.partial = true;
            self.lines.push(b'\t');
            self.push_version(since);
            self.push_number();
        } else {
            self.push_tail();
        }
        self.end_line();
    }

    /// A tombstone: the key, and nothing of the row.
    pub(crate) fn push_deleted(&mut self, contract: &Contract, row: Row<'_>, version: Version) {
        for (i, cell) in row.cells().enumerate() {
            self.push_cell(if contract.key.contains(&i) { cell } else { Cell::Null });
        }
        self.push_version(version);
        self.lines.extend_from_slice(b"\tt\t\\N");
        self.push_tail();
        self.end_line();
    }

    fn push_cell(&mut self, cell: Cell<'_>) {
        match cell {
            Cell::Text(text) => copy::escape_into(text.as_bytes(), &mut self.lines),
            Cell::Null | Cell::Absent(_) => self.lines.extend_from_slice(b"\\N"),
        }
        self.lines.push(b'\t');
    }

    fn push_version(&mut self, version: Version) {
        self.lines.extend_from_slice(b"\\\\x");
        hex::extend(&version.to_bytes(), &mut self.lines);
    }

    fn push_tail(&mut self) {
        match self.target {
            Target::Stage | Target::Values => {
                self.lines.extend_from_slice(b"\t\\N");
                self.push_number();
            }
            // Was not live before: it was not there.
            Target::Table => self.lines.extend_from_slice(b"\tf"),
        }
    }

    fn push_number(&mut self) {
        let number = self.ends.len();
        // Writing to memory does not fail.
        let _ = write!(self.lines, "\t{number}");
    }

    fn end_line(&mut self) {
        self.lines.push(b'\n');
        self.ends.push(self.lines.len());
    }
}

#[cfg(test)]
mod tests {
    use bangioc_change::version::Lsn;

    use super::*;

    #[test]
    fn lines_are_read_back_as_values() {
        let contract = Contract::from_yaml(
            "
dataset: site
owner: so-nnmt
name: { vi: Điểm, en: Sites }
kind: state
source: { table: dept.site }
key: [code]
columns:
  code: { type: text, class: internal, vi: Mã, en: Code }
  name: { type: text, class: internal, vi: Tên, en: Name }
",
        )
        .expect("a sound contract");
        let version = Version { epoch: 1, commit_lsn: Lsn(2), ordinal: 3 };
        let mut stage = Stage::default();
        stage.clear(Target::Values);
        let odd = [Cell::Text("a\tb\\c\nd\\N"), Cell::Null];
        stage.push_row(&contract, odd.into_iter(), version, Continues::Nothing, None);
        let left_out = [Cell::Text("ệ"), Cell::Absent(Absence::Toast)];
        stage.push_row(&contract, left_out.into_iter(), version, Continues::Stored, Some(version));
        let bytes = "\\x0000000100000000000000020000000000000003";
        let wanted = [
            [Some("a\tb\\c\nd\\N"), Some("ệ")],
            [None, None],
            [Some(bytes), Some(bytes)],
            [Some("f"), Some("f")],
            [None, Some("{\"name\"}")],
            [None, Some(bytes)],
        ];
        assert_eq!(
            stage.values(),
            wanted.map(|field| field.map(|text| text.map(Cow::from)).to_vec())
        );
    }
}
