//! `real` and `double precision` ⇄ IEEE 754 bytes. PostgreSQL writes the shortest digits that read
//! back as the same number, in the layout of `%g`; so does this, from zmij's digits.

use super::push_ascii;

/// Where the decimal exponent stops being written out: PostgreSQL's `FLT_DIG` and `DBL_DIG`.
const REAL_DIGITS: i32 = 6;
const DOUBLE_DIGITS: i32 = 15;

pub(super) fn put_real(out: &mut Vec<u8>, text: &str) -> bool {
    let Some(number) = parse::<f32>(text) else {
        return false;
    };
    let mut again = Text::default();
    real_text(number, &mut again);
    let canonical = again.is(text);
    if canonical {
        out.extend_from_slice(&number.to_le_bytes());
    }
    canonical
}

pub(super) fn put_double(out: &mut Vec<u8>, text: &str) -> bool {
    let Some(number) = parse::<f64>(text) else {
        return false;
    };
    let mut again = Text::default();
    double_text(number, &mut again);
    // In rare ties PostgreSQL's digits are not the shortest; those go as text.
    let canonical = again.is(text);
    if canonical {
        out.extend_from_slice(&number.to_le_bytes());
    }
    canonical
}

pub(super) fn get_real(number: f32, out: &mut String) {
    let mut text = Text::default();
    real_text(number, &mut text);
    push_ascii(out, text.bytes());
}

pub(super) fn get_double(number: f64, out: &mut String) {
    let mut text = Text::default();
    double_text(number, &mut text);
    push_ascii(out, text.bytes());
}

fn parse<N: std::str::FromStr>(text: &str) -> Option<N> {
    // Rust reads more spellings (`inf`, `+1`); those fail the comparison that follows.
    text.parse().ok()
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
