//! PostgreSQL's decimal texts, compared and rounded digit by digit: no binary fraction decides.

use std::cmp::Ordering;
use std::fmt;

/// A finite number without exponent, as PostgreSQL writes `numeric` and whole numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Decimal<'a> {
    negative: bool,
    /// Without zeros at its beginning; empty for 0.
    whole: &'a str,
    /// Without zeros at its end.
    fraction: &'a str,
}

impl<'a> Decimal<'a> {
    /// None for `NaN`, `Infinity` and texts with an exponent.
    pub(crate) fn parse(text: &'a str) -> Option<Decimal<'a>> {
        let (negative, digits) = match text.strip_prefix('-') {
            Some(digits) => (true, digits),
            None => (false, text),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if digits.len() == usize::from(digits.contains('.'))
            || !all_digits(whole)
            || !all_digits(fraction)
        {
            return None;
        }
        let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
        Some(Decimal {
            // Minus nought is nought.
            negative: negative && !(whole.is_empty() && fraction.is_empty()),
            whole,
            fraction,
        })
    }

    pub(crate) fn is_multiple_of(&self, step: u32) -> bool {
        let remainder = self.whole.bytes().fold(0_u64, |remainder, digit| {
            (remainder * 10 + u64::from(digit - b'0')) % u64::from(step.max(1))
        });
        self.fraction.is_empty() && remainder == 0
    }

    /// The number times 10^`scale`. None when it has more places, or more digits than a sum can bear.
    pub(crate) fn scaled(&self, scale: usize) -> Option<i128> {
        let zeros = scale.checked_sub(self.fraction.len())?;
        if self.whole.len() + scale > 30 {
            return None;
        }
        let digits = self.whole.bytes().chain(self.fraction.bytes());
        let digits = digits.chain(std::iter::repeat_n(b'0', zeros));
        let units = digits.fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'));
        Some(if self.negative { -units } else { units })
    }

    pub(crate) fn places(&self) -> usize {
        self.fraction.len()
    }

    fn cmp_magnitude(&self, other: &Decimal<'_>) -> Ordering {
        self.whole
            .len()
            .cmp(&other.whole.len())
            .then_with(|| self.whole.cmp(other.whole))
            .then_with(|| self.fraction.cmp(other.fraction))
    }

    /// The nearest multiple of `grain`, halves away from nought. None when it has more than 30 digits.
    pub(crate) fn rounded(&self, grain: Grain) -> Option<Rounded> {
        let scale = self.fraction.len().max(grain.scale);
        if self.whole.len() + scale > 30 {
            return None;
        }
        let power =
            |exponent: usize| u32::try_from(exponent).ok().map(|exponent| 10_i128.pow(exponent));
        let digits = |text: &str| {
            text.bytes().fold(0_i128, |value, digit| value * 10 + i128::from(digit - b'0'))
        };
        let value = digits(self.whole) * power(scale)?
            + digits(self.fraction) * power(scale - self.fraction.len())?;
        let step = i128::from(grain.units) * power(scale - grain.scale)?;
        let steps = (2 * value + step) / (2 * step);
        let units = steps * i128::from(grain.units);
        Some(Rounded { units: if self.negative { -units } else { units }, scale: grain.scale })
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

/// What is rounded to: `units` of the `scale`th place after the point; 0.05 is 5 of the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Grain {
    units: u32,
    pub(crate) scale: usize,
}

impl Grain {
    /// Above 0, at most 4 places: from the fifth on, PostgreSQL writes small floats with an exponent.
    pub(crate) fn parse(text: &str) -> Option<Grain> {
        let decimal = Decimal::parse(text).filter(|decimal| !decimal.negative)?;
        let scale = decimal.fraction.len();
        let units = format!("{}{}", decimal.whole, decimal.fraction).parse().ok()?;
        (units > 0 && scale <= 4).then_some(Grain { units, scale })
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grain = Rounded { units: i128::from(self.units), scale: self.scale };
        f.write_str(&grain.shortest())
    }
}

/// A multiple of a grain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Rounded {
    units: i128,
    scale: usize,
}

impl Rounded {
    /// With exactly `scale` places, as `numeric(p, scale)` is written; at least as many as the grain has.
    pub(crate) fn with_scale(self, scale: usize) -> String {
        let digits = format!("{:0>1$}", self.units.unsigned_abs(), self.scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - self.scale);
        let sign = if self.units < 0 { "-" } else { "" };
        if scale == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{fraction:0<scale$}")
        }
    }

    /// Without zeros at its end, as a float is written.
    pub(crate) fn shortest(self) -> String {
        let text = self.with_scale(self.scale);
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    }

    /// Digits before the point.
    pub(crate) fn whole_digits(self) -> usize {
        let text = self.with_scale(self.scale);
        let whole = text.trim_start_matches('-').split('.').next().unwrap_or("");
        whole.trim_start_matches('0').len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal<'_> {
        Decimal::parse(text).unwrap()
    }

    fn rounded(text: &str, grain: &str) -> String {
        let grain = Grain::parse(grain).unwrap();
        decimal(text).rounded(grain).unwrap().shortest()
    }

    #[test]
    fn texts_that_are_no_plain_decimals() {
        for none in ["", "-", ".", "NaN", "Infinity", "-Infinity", "1e5", "1,5", "+1", "1.2.3"] {
            assert_eq!(Decimal::parse(none), None, "{none}");
        }
        assert_eq!(decimal("-0.00"), decimal("0"));
        assert_eq!(decimal("007.10"), decimal("7.1"));
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
    fn rounding_by_hand() {
        for (text, grain, expected) in [
            ("106.05", "0.1", "106.1"),
            ("106.049999", "0.1", "106"),
            ("-106.05", "0.1", "-106.1"),
            ("22.98", "0.1", "23"),
            ("22.98", "0.05", "23"),
            ("22.974", "0.05", "22.95"),
            ("149", "100", "100"),
            ("150", "100", "200"),
            ("0.04", "0.1", "0"),
            ("-0.04", "0.1", "0"),
        ] {
            assert_eq!(rounded(text, grain), expected, "{text} to {grain}");
        }
        let tenth = decimal("106.050000").rounded(Grain::parse("0.1").unwrap()).unwrap();
        assert_eq!(tenth.with_scale(6), "106.100000");
        assert_eq!(tenth.whole_digits(), 3);
        assert_eq!(Grain::parse("0"), None);
        assert_eq!(Grain::parse("-0.1"), None);
        assert_eq!(Grain::parse("0.00001"), None);
    }

    proptest! {
        #[test]
        fn order_is_that_of_the_numbers(a in -1_000_000_i64..1_000_000, b in -1_000_000_i64..1_000_000, scale in 0_usize..5) {
            let text = |n: i64| {
                let digits = format!("{:0>1$}", n.unsigned_abs(), scale + 1);
                let (whole, fraction) = digits.split_at(digits.len() - scale);
                format!("{}{whole}.{fraction}", if n < 0 { "-" } else { "" })
            };
            prop_assert_eq!(decimal(&text(a)).cmp(&decimal(&text(b))), a.cmp(&b));
        }

        #[test]
        fn a_rounded_number_is_the_nearest_and_stays(units in -1_800_000_000_i64..1_800_000_000, grain in prop::sample::select(vec!["0.1", "0.01", "0.05", "1", "10"])) {
            let text = format!("{}{}.{:07}", if units < 0 { "-" } else { "" }, units.abs() / 10_000_000, units.abs() % 10_000_000);
            let once = rounded(&text, grain);
            prop_assert_eq!(rounded(&once, grain), once.clone());
            let (exact, near, step): (f64, f64, f64) = (text.parse().unwrap(), once.parse().unwrap(), grain.parse().unwrap());
            prop_assert!((exact - near).abs() <= step / 2.0 + 1e-9);
        }
    }
}
