//! `numeric`, and whole numbers: finite, without exponent. Compared digit by digit: no binary fraction decides.

use std::cmp::Ordering;

use crate::ascii;

/// Digits that 128 bits hold whatever they are.
pub const MAX_DIGITS: usize = 38;

/// `-12.50` → sign, `12`, `50`: every digit as it is written, zeros too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digits<'a> {
    pub negative: bool,
    pub whole: &'a [u8],
    pub fraction: &'a [u8],
}

impl<'a> Digits<'a> {
    /// Only texts that PostgreSQL writes, so that they come back the same: no leading zero, no point without digits
    /// around it, no minus before nought.
    #[inline]
    pub fn of(text: &'a str) -> Option<Digits<'a>> {
        let (parts, has_point) = Digits::split(text);
        let canonical = match parts.whole {
            [] => false,
            [b'0'] => true,
            [first, ..] => *first != b'0',
        };
        let pointless = has_point && parts.fraction.is_empty();
        let minus_zero = parts.negative && parts.iter().all(|digit| digit == b'0');
        (canonical && !pointless && !minus_zero && parts.are_digits()).then_some(parts)
    }

    #[inline]
    fn split(text: &'a str) -> (Digits<'a>, bool) {
        let (negative, digits) = match text.as_bytes() {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let (whole, fraction) = match digits.iter().position(|byte| *byte == b'.') {
            Some(point) => (&digits[..point], &digits[point + 1..]),
            None => (digits, &digits[..0]),
        };
        (Digits { negative, whole, fraction }, whole.len() < digits.len())
    }

    #[inline]
    fn are_digits(&self) -> bool {
        self.iter().all(|byte| byte.is_ascii_digit())
    }

    /// All of them, from the first of the whole part to the last of the fraction.
    #[inline]
    pub fn iter(&self) -> impl Iterator<Item = u8> + '_ {
        self.whole.iter().chain(self.fraction).copied()
    }

    #[inline]
    pub fn count(&self) -> usize {
        self.whole.len() + self.fraction.len()
    }

    /// Without zeros at the beginning.
    #[inline]
    pub fn significant(&self) -> usize {
        self.count() - self.iter().take_while(|digit| *digit == b'0').count()
    }
}

/// Appends the number that these digits are, `scale` of them behind the point.
#[inline]
pub fn push_scaled(negative: bool, digits: &[u8], scale: usize, out: &mut String) {
    if negative {
        out.push('-');
    }
    if scale == 0 {
        ascii::push(out, digits);
    } else if digits.len() > scale {
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        ascii::push(out, whole);
        out.push('.');
        ascii::push(out, fraction);
    } else {
        out.push_str("0.");
        out.extend(std::iter::repeat_n('0', scale - digits.len()));
        ascii::push(out, digits);
    }
}

/// A number, however it is written: `7.1` and `007.10` are equal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Decimal<'a> {
    pub(crate) negative: bool,
    /// Without zeros at its beginning; empty for 0.
    pub(crate) whole: &'a [u8],
    /// Without zeros at its end.
    pub(crate) fraction: &'a [u8],
}

impl<'a> Decimal<'a> {
    /// Wider than PostgreSQL's texts: people write limits, too. None for `NaN`, `Infinity` and texts with an exponent.
    pub fn parse(text: &'a str) -> Option<Decimal<'a>> {
        let (digits, _) = Digits::split(text);
        if digits.count() == 0 || !digits.are_digits() {
            return None;
        }
        let leading = digits.whole.iter().take_while(|digit| **digit == b'0').count();
        let trailing = digits.fraction.iter().rev().take_while(|digit| **digit == b'0').count();
        let whole = &digits.whole[leading..];
        let fraction = &digits.fraction[..digits.fraction.len() - trailing];
        // Minus nought is nought.
        let negative = digits.negative && !(whole.is_empty() && fraction.is_empty());
        Some(Decimal { negative, whole, fraction })
    }

    pub fn is_multiple_of(&self, step: u32) -> bool {
        let remainder = self.whole.iter().fold(0_u64, |remainder, digit| {
            (remainder * 10 + u64::from(digit - b'0')) % u64::from(step.max(1))
        });
        self.fraction.is_empty() && remainder == 0
    }

    /// The number times 10^`scale`. None when it has more places, or with them more than `max_digits` (at most [`MAX_DIGITS`]).
    pub fn units(&self, scale: usize, max_digits: usize) -> Option<i128> {
        let zeros = scale.checked_sub(self.fraction.len())?;
        if self.whole.len() + scale > max_digits.min(MAX_DIGITS) {
            return None;
        }
        let digits = self.whole.iter().chain(self.fraction).copied();
        let digits = digits.chain(std::iter::repeat_n(b'0', zeros));
        let units = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
        Some(if self.negative { -units } else { units })
    }

    /// As [`Decimal::units`], with room for sums: 30 digits.
    pub fn scaled(&self, scale: usize) -> Option<i128> {
        self.units(scale, 30)
    }

    pub fn places(&self) -> usize {
        self.fraction.len()
    }

    fn cmp_magnitude(&self, other: &Decimal<'_>) -> Ordering {
        self.whole
            .len()
            .cmp(&other.whole.len())
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction))
    }
}

impl Ord for Decimal<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => self.cmp_magnitude(other),
            (true, true) => other.cmp_magnitude(self),
        }
    }
}

impl PartialOrd for Decimal<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn texts_that_are_no_plain_decimals() {
        for none in
            ["", "-", ".", "NaN", "Infinity", "-Infinity", "1e5", "1,5", "+1", "1.2.3", "--1"]
        {
            assert_eq!(Decimal::parse(none), None, "{none}");
            assert_eq!(Digits::of(none), None, "{none}");
        }
        assert_eq!(decimal("-0.00"), decimal("0"));
        assert_eq!(decimal("007.10"), decimal("7.1"));
    }

    #[test]
    fn only_postgresqls_own_texts_are_split() {
        for text in ["0", "-1", "0.50", "-12.50", "1000"] {
            assert!(Digits::of(text).is_some(), "{text}");
        }
        for bad in ["-0", "-0.00", "007", ".5", "5.", "00.5"] {
            assert_eq!(Digits::of(bad), None, "{bad}");
            assert!(Decimal::parse(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn multiples() {
        for (text, step, expected) in [
            ("35000000", 1000, true),
            ("35000500", 1000, false),
            ("1000.00", 1000, true),
            ("1000.01", 1000, false),
            ("0", 1000, true),
            ("-2000", 1000, true),
            ("123456789012345678901234567000", 1000, true),
            ("123456789012345678901234567001", 1000, false),
        ] {
            assert_eq!(decimal(text).is_multiple_of(step), expected, "{text}");
        }
    }

    #[test]
    fn units_lose_no_digit() {
        let long = "99999999999999999999999999999999999999";
        for (text, scale, max_digits, expected) in [
            ("-1.50", 2, 38, Some(-150)),
            ("-1.50", 1, 38, Some(-15)),
            ("1.55", 1, 38, None),
            ("7", 3, 38, Some(7000)),
            ("7", 3, 3, None),
            (long, 0, 38, long.parse().ok()),
            (long, 0, 99, long.parse().ok()),
            (long, 1, 99, None),
        ] {
            assert_eq!(decimal(text).units(scale, max_digits), expected, "{text}");
        }
    }

    fn text(units: i64, scale: usize) -> String {
        let mut text = String::new();
        push_scaled(units < 0, units.unsigned_abs().to_string().as_bytes(), scale, &mut text);
        text
    }

    proptest! {
        #[test]
        fn order_is_that_of_the_numbers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_usize..5) {
            prop_assert_eq!(decimal(&text(a, scale)).cmp(&decimal(&text(b, scale))), a.cmp(&b));
        }

        #[test]
        fn what_is_written_is_read(units in any::<i64>(), scale in 0_usize..19) {
            let text = text(units, scale);
            prop_assert_eq!(decimal(&text).units(scale, 38), Some(i128::from(units)));
            let digits = Digits::of(&text).unwrap();
            prop_assert_eq!(digits.fraction.len(), scale);
            let joined: String = digits.iter().map(char::from).collect();
            prop_assert_eq!(joined.parse::<u64>().unwrap(), units.unsigned_abs());
        }
    }
}
