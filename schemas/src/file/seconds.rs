//! A span of time, as a contract writes it.

/// `60s`, `5m`, `1h`, `90d` → seconds.
pub(super) fn seconds(text: &str) -> Option<u32> {
    let (number, unit) =
        text.split_at(text.len().checked_sub(1).filter(|&end| text.is_char_boundary(end))?);
    let scale = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return None,
    };
    number.parse::<u32>().ok()?.checked_mul(scale)
}
