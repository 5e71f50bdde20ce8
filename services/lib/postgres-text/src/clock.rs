//! `time`: `13:45:00.5`, as microseconds since midnight.

use crate::ascii::{self, two};
use crate::cursor::Cursor;

/// `00:00:00` to `24:00:00`, which PostgreSQL has too.
#[inline]
pub fn micros(text: &str) -> Option<i64> {
    let mut at = Cursor::of(text);
    at.time().filter(|_| at.is_at_end())
}

/// Appends a time of 0 to 24 hours.
#[inline]
pub fn push(time: i64, out: &mut String) {
    let (seconds, mut micros) = (time / 1_000_000, time % 1_000_000);
    let ([h0, h1], [m0, m1], [s0, s1]) =
        (two(seconds / 3600), two(seconds / 60 % 60), two(seconds % 60));
    ascii::push(out, &[h0, h1, b':', m0, m1, b':', s0, s1]);
    if micros > 0 {
        let mut digits = 6;
        while micros % 10 == 0 {
            micros /= 10;
            digits -= 1;
        }
        let mut text = [b'.'; 7];
        for place in text[1..=digits].iter_mut().rev() {
            *place = two(micros % 10)[1];
            micros /= 10;
        }
        ascii::push(out, &text[..=digits]);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::civil::DAY_US;

    #[test]
    fn times_as_postgresql_writes_them() {
        for (text, expected) in [
            ("00:00:00", Some(0)),
            ("13:45:00.5", Some(49_500_500_000)),
            ("23:59:59.999999", Some(DAY_US - 1)),
            ("24:00:00", Some(DAY_US)),
            ("24:00:00.000001", None),
            ("12:60:00", None),
            ("12:00:60", None),
            ("12:00", None),
            ("12:00:00.", None),
            ("12:00:00.50", None),
            ("12:00:00.1234567", None),
            ("1:00:00", None),
            ("12:00:00+07", None),
            ("", None),
        ] {
            assert_eq!(micros(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(time in 0..=DAY_US) {
            let mut text = String::new();
            push(time, &mut text);
            prop_assert_eq!(micros(&text), Some(time), "{}", text);
        }
    }
}
