//! Durations as people write them: `200ms`, `10s`, `5m`, `1h`, `14d`.

use std::time::Duration;

/// None for anything else, a bare number included: its unit would be a guess.
pub(super) fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let count: u64 = digits.parse().ok()?;
    let seconds_each = match unit {
        "ms" => return Some(Duration::from_millis(count)),
        "s" => 1,
        "m" => 60,
        "h" => 60 * 60,
        "d" => 24 * 60 * 60,
        _ => return None,
    };
    Some(Duration::from_secs(count.checked_mul(seconds_each)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units() {
        let check =
            |text, millis| assert_eq!(parse(text), Some(Duration::from_millis(millis)), "{text}");
        check("200ms", 200);
        check("0s", 0);
        check("10s", 10_000);
        check("5m", 300_000);
        check("2h", 7_200_000);
        check("14d", 1_209_600_000);
        for wrong in [
            "",
            "10",
            "s",
            "-1s",
            "1.5s",
            "10 s",
            "10S",
            "1s5m",
            "10sec",
            "99999999999999999999s",
            "9999999999999999999d",
        ] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
