//! Rows of text as a person reads them: aligned columns, two spaces between, nothing behind the last; and
//! the numbers in them.

use std::borrow::Cow;
use std::ops::Range;

use crate::printable::printable;

/// One line per row, whatever stands in its cells; the columns in `right` (numbers) end at one edge, the
/// others begin at one.
pub fn aligned<const N: usize>(rows: &[[String; N]], right: Range<usize>) -> String {
    let rows: Vec<[Cow<'_, str>; N]> =
        rows.iter().map(|row| row.each_ref().map(|cell| printable(cell))).collect();
    let widths: [usize; N] = std::array::from_fn(|column| {
        let width = |row: &[Cow<'_, str>; N]| row[column].chars().count();
        rows.iter().map(width).max().unwrap_or(0)
    });
    let mut text = String::new();
    for row in &rows {
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

/// `1 row`, `2 rows`.
pub fn counted(count: i64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(count), if count == 1 { one } else { many })
}

/// `1,234,567`, of any whole number.
pub fn thousands(number: impl std::fmt::Display) -> String {
    let text = number.to_string();
    let (sign, digits) = text.strip_prefix('-').map_or(("", &*text), |digits| ("-", digits));
    let mut text = sign.to_owned();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As coarse as a person wants it: `0.8 s`, `67 min`, `3 d`.
pub fn duration(seconds: f64) -> String {
    match seconds {
        ..10.0 => format!("{seconds:.1} s"),
        ..120.0 => format!("{seconds:.0} s"),
        ..7_200.0 => format!("{:.0} min", seconds / 60.0),
        ..172_800.0 => format!("{:.0} h", seconds / 3_600.0),
        _ => format!("{:.0} d", seconds / 86_400.0),
    }
}

/// `512 B`, `1.4 MB`: by thousands, as disks are sold.
pub fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "two digits for a person")]
    let mut size = bytes as f64;
    let mut unit = "B";
    for larger in ["kB", "MB", "GB", "TB"] {
        if size < 1_000.0 {
            break;
        }
        size /= 1_000.0;
        unit = larger;
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_said_in_their_unit() {
        let said = [0, 999, 1_000, 64_300_000, 2_000_000_000_000_000].map(size);
        assert_eq!(said, ["0 B", "999 B", "1.0 kB", "64.3 MB", "2000.0 TB"]);
        assert_eq!(thousands(-1_234_567), "-1,234,567");
    }

    #[test]
    fn numbers_stand_to_the_right_and_lines_end_with_their_text() {
        let rows = [["dataset", "rows", "state"], ["thửa đất", "7", "x"]]
            .map(|row| row.map(str::to_owned));
        assert_eq!(aligned(&rows, 1..2), "dataset   rows  state\nthửa đất     7  x\n");
        let forged = [["a\nb".to_owned(), "\u{1b}[2J".to_owned()]];
        assert_eq!(aligned(&forged, 1..1), "a\\nb  \\u001b[2J\n");
    }
}
