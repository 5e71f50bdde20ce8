//! Rows of text as a person reads them: aligned columns, two spaces between, nothing behind the last.

use std::ops::Range;

/// One line per row; the columns in `right` (numbers) end at one edge, the others begin at one.
pub fn aligned<const N: usize>(rows: &[[String; N]], right: Range<usize>) -> String {
    let widths: [usize; N] = std::array::from_fn(|column| {
        let width = |row: &[String; N]| row[column].chars().count();
        rows.iter().map(width).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in rows {
        let cells: [String; N] = std::array::from_fn(|column| {
            let (cell, width) = (&row[column], widths[column]);
            if right.contains(&column) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:width$}")
            }
        });
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_to_the_right_and_lines_end_with_their_text() {
        let rows = [["dataset", "rows", "state"], ["thửa đất", "7", "x"]]
            .map(|row| row.map(str::to_owned));
        assert_eq!(
            aligned(&rows, 1..2),
            "dataset   rows  state\nthửa đất     7  x\n"
        );
    }
}
