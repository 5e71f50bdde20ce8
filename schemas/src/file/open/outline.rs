//! What `open` says about the border: something, of every outline that is public.

use std::sync::Arc;

use crate::contracts::mistake::MistakeKind;
use crate::file::code_list::References;
use crate::file::column::ReadColumn;
use crate::file::fields::{Fields, Notes, shown};
use crate::open::OpenColumn;
use crate::open::border::{Border, Mask};
use crate::open::transform::ColumnChange;

/// Wider than the province is deep.
const MAX_METRES: u32 = 100_000;

const HINT: &str = "write `border: 1000` at its transform: metres, and what lies nearer to the border is left out; or `border: exempt` for listed public sites";

pub(super) struct Outlines<'a> {
    /// Columns with a rule for outlines.
    ruled: &'a [usize],
    border: Option<&'a Arc<Border>>,
    /// Columns of which something is said.
    decided: Vec<usize>,
}

impl<'a> Outlines<'a> {
    pub(super) fn new(ruled: &'a [usize], references: &'a References) -> Outlines<'a> {
        Outlines { ruled, border: references.border.as_ref(), decided: Vec::new() }
    }

    /// Does the column hold one already?
    pub(super) fn are_read_in(&self, column: usize) -> bool {
        self.ruled.contains(&column)
    }

    /// The key `border` of a column's transform. `becomes_one`: by the same transform.
    pub(super) fn mask(
        &mut self,
        fields: &mut Fields<'_>,
        column: usize,
        becomes_one: bool,
        notes: &mut Notes,
    ) -> Option<Mask> {
        let at = fields.text("border", notes)?;
        self.decided.push(column);
        if !becomes_one && !self.are_read_in(column) {
            let what = "`border` is for outlines, and this column is none";
            let hint = "remove it, or add the rule `geojson` for the column";
            notes.note(at.line, MistakeKind::Conflict, what, hint);
            return None;
        }
        if at.text == "exempt" {
            return None;
        }
        let metres = at.text.parse().ok();
        let Some(metres) = metres.filter(|metres| (1..=MAX_METRES).contains(metres)) else {
            let what =
                format!("`border: {}` is no distance between 1 and {MAX_METRES} m", shown(at.text));
            notes.note(at.line, MistakeKind::Value, what, HINT);
            return None;
        };
        if self.border.is_none() {
            let what = "there is no `border.geojson` to keep away from";
            let hint = "add the file beside the owners' folders: the state's border, as one LineString of WGS84";
            notes.note(at.line, MistakeKind::CodeList, what, hint);
        }
        Some(Mask { border: Arc::clone(self.border?), metres })
    }

    /// Has something been said of each?
    pub(super) fn check(
        &self,
        line: usize,
        columns: &[ReadColumn],
        outputs: &[OpenColumn],
        notes: &mut Notes,
    ) {
        for output in outputs {
            let transform = output.transform.as_ref();
            let becomes_one = transform
                .is_some_and(|transform| matches!(transform.change, ColumnChange::Wgs84(_)));
            let is_one = becomes_one || self.are_read_in(output.column);
            if is_one && !self.decided.contains(&output.column) {
                let name = &columns[output.column].column.name;
                let what = format!("outline `{name}` is public, and nothing is said of the border");
                notes.note(line, MistakeKind::MissingKey, what, HINT);
            }
        }
    }
}
