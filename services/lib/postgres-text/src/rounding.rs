//! A decimal to the nearest multiple of a grain, halves away from nought.

use std::fmt;

use crate::decimal::{Decimal, push_scaled};

/// What is rounded to: `units` of the `scale`th place after the point; 0.05 is 5 of the second.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Grain {
    units: u32,
    pub scale: usize,
}

impl Grain {
    /// Above 0, at most 4 places: from the fifth on, PostgreSQL writes small floats with an exponent.
    pub fn parse(text: &str) -> Option<Grain> {
        let decimal = Decimal::parse(text).filter(|decimal| !decimal.negative)?;
        let scale = decimal.places();
        let units = u32::try_from(decimal.units(scale, 38)?).ok()?;
        (units > 0 && scale <= 4).then_some(Grain { units, scale })
    }
}

impl fmt::Display for Grain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let grain = Rounded { units: i128::from(self.units), scale: self.scale };
        f.write_str(&grain.shortest())
    }
}

impl Decimal<'_> {
    /// None when the number has more than 30 digits.
    pub fn rounded(&self, grain: Grain) -> Option<Rounded> {
        let scale = self.places().max(grain.scale);
        let value = self.units(scale, 30)?.abs();
        let power =
            u32::try_from(scale - grain.scale).ok().map(|exponent| 10_i128.pow(exponent))?;
        let step = i128::from(grain.units) * power;
        let units = (2 * value + step) / (2 * step) * i128::from(grain.units);
        Some(Rounded { units: if self.negative { -units } else { units }, scale: grain.scale })
    }
}

/// A multiple of a grain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rounded {
    units: i128,
    scale: usize,
}

impl Rounded {
    /// With exactly `scale` places, as `numeric(p, scale)` is written; at least as many as the grain has.
    pub fn with_scale(self, scale: usize) -> String {
        let mut text = String::new();
        let digits = self.units.unsigned_abs().to_string();
        push_scaled(self.units < 0, digits.as_bytes(), self.scale, &mut text);
        if self.scale == 0 && scale > 0 {
            text.push('.');
        }
        text.extend(std::iter::repeat_n('0', scale.saturating_sub(self.scale)));
        text
    }

    /// Without zeros at its end, as a float is written.
    pub fn shortest(self) -> String {
        let text = self.with_scale(self.scale);
        if text.contains('.') {
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        } else {
            text
        }
    }

    /// Digits before the point.
    pub fn whole_digits(self) -> usize {
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
        let whole = decimal("149.5").rounded(Grain::parse("1").unwrap()).unwrap();
        assert_eq!((whole.with_scale(0), whole.with_scale(2)), ("150".into(), "150.00".into()));
        let none = decimal("-0.04").rounded(Grain::parse("0.1").unwrap()).unwrap();
        assert_eq!((none.with_scale(2), none.whole_digits()), ("0.00".into(), 0));
        assert_eq!(Grain::parse("0.050").unwrap().to_string(), "0.05");
        for bad in ["0", "-0.1", "0.00001", "9999999999", "NaN"] {
            assert_eq!(Grain::parse(bad), None, "{bad}");
        }
    }

    proptest! {
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
