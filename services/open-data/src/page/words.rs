//! Numbers, sizes, spans of time and types, as people read them.

use bangioc_schemas::contract::ColumnType;

/// `1234567` → `1.234.567`, as in Viet Nam.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// `1,5 MB`
pub(super) fn size(bytes: u64) -> String {
    let mut unit = "B";
    let (mut whole, mut tenths) = (bytes, 0);
    for larger in ["kB", "MB", "GB"] {
        if whole < 1000 {
            break;
        }
        tenths = whole % 1000 / 100;
        (whole, unit) = (whole / 1000, larger);
    }
    if unit == "B" || whole >= 100 {
        format!("{whole} {unit}")
    } else {
        format!("{whole},{tenths} {unit}")
    }
}

/// How often a set is looked at, in both languages.
pub(super) fn every(seconds: u32) -> (String, String) {
    let count = |n: u32, vi: &str, en: &str| {
        if n == 1 {
            (format!("Hằng {vi}"), format!("Every {en}"))
        } else {
            (format!("{n} {vi} một lần"), format!("Every {n} {en}s"))
        }
    };
    match seconds {
        s if s % (7 * 86_400) == 0 => count(s / (7 * 86_400), "tuần", "week"),
        s if s % 86_400 == 0 => count(s / 86_400, "ngày", "day"),
        s if s % 3600 == 0 => count(s / 3600, "giờ", "hour"),
        s if s % 60 == 0 => count(s / 60, "phút", "minute"),
        s => count(s, "giây", "second"),
    }
}

pub(super) fn type_name(column_type: &ColumnType) -> (&'static str, &'static str) {
    match column_type {
        ColumnType::Smallint | ColumnType::Integer | ColumnType::Bigint => ("số nguyên", "integer"),
        ColumnType::Real
        | ColumnType::Double
        | ColumnType::Numeric { .. }
        | ColumnType::NumericAny => ("số", "number"),
        ColumnType::Boolean => ("đúng hoặc sai", "true or false"),
        ColumnType::Date => ("ngày", "date"),
        ColumnType::Time => ("giờ", "time"),
        ColumnType::Timestamp | ColumnType::Timestamptz => ("thời điểm", "date and time"),
        ColumnType::Array(_) => ("danh sách", "list"),
        ColumnType::Json | ColumnType::Jsonb => ("JSON", "JSON"),
        ColumnType::Bytea => ("nhị phân", "binary"),
        ColumnType::Uuid
        | ColumnType::Text { .. }
        | ColumnType::Enum { .. }
        | ColumnType::Other { .. } => ("văn bản", "text"),
    }
}

pub(super) fn is_number(column_type: &ColumnType) -> bool {
    matches!(type_name(column_type).1, "integer" | "number")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sizes_and_spans() {
        assert_eq!(
            ["0", "999", "1.000", "1.234.567"].map(str::to_owned),
            [0, 999, 1000, 1_234_567].map(grouped)
        );
        assert_eq!(
            ["0 B", "999 B", "1,0 kB", "1,5 MB", "120 MB", "2,0 GB"].map(str::to_owned),
            [0, 999, 1000, 1_590_000, 120_000_000, 2_000_000_000].map(size)
        );
        assert_eq!(every(3600).0, "Hằng giờ");
        assert_eq!(every(6 * 3600).1, "Every 6 hours");
        assert_eq!(every(7 * 86_400).0, "Hằng tuần");
        assert_eq!(every(90).1, "Every 90 seconds");
    }
}
