//! `real` and `double precision`. PostgreSQL writes the shortest digits that read back as the same number, in the
//! layout of `%g`; so does this, from zmij's digits.

use crate::ascii;

/// Where the decimal exponent stops being written out: PostgreSQL's `FLT_DIG` and `DBL_DIG`.
const REAL_DIGITS: i32 = 6;
const DOUBLE_DIGITS: i32 = 15;

/// The number, if the text is how it would be written.
pub fn parse_real(text: &str) -> Option<f32> {
    // Rust reads more spellings (`inf`, `+1`); those fail the comparison that follows.
    let number = text.parse().ok()?;
    let mut again = Text::default();
    real_text(number, &mut again);
    again.is(text).then_some(number)
}

/// The number, if the text is how it would be written. In rare ties PostgreSQL's digits are not the shortest; None for those.
pub fn parse_double(text: &str) -> Option<f64> {
    let number = text.parse().ok()?;
    let mut again = Text::default();
    double_text(number, &mut again);
    again.is(text).then_some(number)
}

pub fn push_real(number: f32, out: &mut String) {
    let mut text = Text::default();
    real_text(number, &mut text);
    ascii::push(out, text.bytes());
}

pub fn push_double(number: f64, out: &mut String) {
    let mut text = Text::default();
    double_text(number, &mut text);
    ascii::push(out, text.bytes());
}

fn real_text(number: f32, out: &mut Text) {
    if number.is_finite() {
        lay_out(zmij::Buffer::new().format_finite(number), REAL_DIGITS, out);
    } else {
        not_finite(number.is_nan(), number > 0.0, out);
    }
}

fn double_text(number: f64, out: &mut Text) {
    if number.is_finite() {
        lay_out(zmij::Buffer::new().format_finite(number), DOUBLE_DIGITS, out);
    } else {
        not_finite(number.is_nan(), number > 0.0, out);
    }
}

fn not_finite(nan: bool, positive: bool, out: &mut Text) {
    out.push_all(match (nan, positive) {
        (true, _) => b"NaN".as_slice(),
        (false, true) => b"Infinity",
        (false, false) => b"-Infinity",
    });
}

/// From any layout of the shortest digits (`1.25e-7`, `100.0`) to PostgreSQL's.
fn lay_out(shortest: &str, limit: i32, out: &mut Text) {
    let mut digits = Text::default();
    let (mut point, mut seen_point, mut exponent) = (0_i32, false, 0_i32);
    for (at, byte) in shortest.bytes().enumerate() {
        match byte {
            b'-' => out.push(b'-'),
            b'.' => seen_point = true,
            b'e' | b'E' => {
                exponent = shortest[at + 1..].parse().unwrap_or(0);
                break;
            }
            digit => {
                // Leading zeros only move the point.
                if digit != b'0' || digits.len > 0 {
                    digits.push(digit);
                    point += i32::from(!seen_point);
                } else if seen_point {
                    point -= 1;
                }
            }
        }
    }
    while digits.len > 1 && digits.buffer[digits.len - 1] == b'0' {
        digits.len -= 1;
    }
    if digits.len == 0 {
        return out.push(b'0');
    }
    // Value = 0.DIGITS × 10^(point + exponent); `%g` counts from the first digit.
    let leading = point + exponent - 1;
    if leading < -4 || leading >= limit {
        scientific(digits.bytes(), leading, out);
    } else {
        plain(digits.bytes(), leading, out);
    }
}

fn scientific(digits: &[u8], leading: i32, out: &mut Text) {
    out.push_all(&digits[..1]);
    if digits.len() > 1 {
        out.push(b'.');
        out.push_all(&digits[1..]);
    }
    out.push(b'e');
    out.push(if leading < 0 { b'-' } else { b'+' });
    let size = leading.unsigned_abs();
    if size < 10 {
        out.push(b'0');
    }
    out.push_all(itoa::Buffer::new().format(size).as_bytes());
}

fn plain(digits: &[u8], leading: i32, out: &mut Text) {
    let Ok(before_point) = usize::try_from(leading + 1) else {
        return small(digits, leading, out);
    };
    if before_point == 0 {
        return small(digits, leading, out);
    }
    let (whole, fraction) = digits.split_at(before_point.min(digits.len()));
    out.push_all(whole);
    (digits.len()..before_point).for_each(|_| out.push(b'0'));
    if !fraction.is_empty() {
        out.push(b'.');
        out.push_all(fraction);
    }
}

fn small(digits: &[u8], leading: i32, out: &mut Text) {
    out.push_all(b"0.");
    (leading + 1..0).for_each(|_| out.push(b'0'));
    out.push_all(digits);
}

/// Room for the longest: sign, 17 digits, point, four zeros, exponent.
#[derive(Default)]
struct Text {
    buffer: [u8; 32],
    len: usize,
}

impl Text {
    fn push(&mut self, byte: u8) {
        if let Some(place) = self.buffer.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn push_all(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.push(*byte);
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.buffer[..self.len]
    }

    fn is(&self, text: &str) -> bool {
        self.bytes() == text.as_bytes()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_as_postgresql_writes_them() {
        for text in [
            "0",
            "-0",
            "1",
            "-1.5",
            "0.1",
            "0.0001",
            "1e-05",
            "1.25e-07",
            "100000",
            "1e+06",
            "NaN",
            "Infinity",
            "-Infinity",
        ] {
            assert!(parse_real(text).is_some(), "{text}");
        }
        for text in
            ["123456789012345", "1e+15", "1.7976931348623157e+308", "5e-324", "0.30000000000000004"]
        {
            assert!(parse_double(text).is_some(), "{text}");
        }
        for bad in ["", "+1", "1.0", "01", ".5", "1e5", "1e+6", "inf", "nan", "1e+999", "0.10"] {
            assert!(parse_double(bad).is_none(), "{bad}");
            assert!(parse_real(bad).is_none(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bits in any::<u64>(), short in any::<u32>()) {
            let (number, mut text) = (f64::from_bits(bits), String::new());
            push_double(number, &mut text);
            prop_assert_eq!(parse_double(&text).map(|read| read.is_nan() || read.to_bits() == bits), Some(true));
            let (number, mut text) = (f32::from_bits(short), String::new());
            push_real(number, &mut text);
            prop_assert_eq!(parse_real(&text).map(|read| read.is_nan() || read.to_bits() == short), Some(true));
        }
    }
}
