//! Reads dates and times off the front of a text.

use crate::civil::{DAY_US, days_in_month, of_civil};

pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    #[inline]
    pub(crate) fn of(text: &'a str) -> Cursor<'a> {
        Cursor(text.as_bytes())
    }

    #[inline]
    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }

    #[inline]
    pub(crate) fn expect(&mut self, byte: u8) -> Option<()> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        (*first == byte).then_some(())
    }

    #[inline]
    fn two_digits(&mut self) -> Option<i64> {
        let ([tens, ones], rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        (tens.is_ascii_digit() && ones.is_ascii_digit())
            .then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    }

    /// `2024-11-05` → days since 1970-01-01.
    #[inline]
    pub(crate) fn date(&mut self, before_christ: bool) -> Option<i64> {
        let year_digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        // Four digits, or more without a leading zero.
        if !(4..=7).contains(&year_digits) || (year_digits > 4 && self.0[0] == b'0') {
            return None;
        }
        let (digits, rest) = self.0.split_at(year_digits);
        self.0 = rest;
        let year = digits.iter().fold(0, |year, digit| year * 10 + i64::from(digit - b'0'));
        if year == 0 {
            return None;
        }
        // There is no year 0: 1 BC is the year before 1.
        let year = if before_christ { 1 - year } else { year };
        self.expect(b'-')?;
        let month = self.two_digits()?;
        self.expect(b'-')?;
        let day = self.two_digits()?;
        (day >= 1 && day <= days_in_month(year, month)?).then(|| of_civil(year, month, day))
    }

    /// `01:31:00.123456` → microseconds. 24:00:00 passes, and is the callers' to refuse.
    #[inline]
    pub(crate) fn time(&mut self) -> Option<i64> {
        let hours = self.two_digits()?;
        self.expect(b':')?;
        let minutes = self.two_digits()?;
        self.expect(b':')?;
        let seconds = self.two_digits()?;
        if minutes > 59 || seconds > 59 {
            return None;
        }
        let time = (hours * 3600 + minutes * 60 + seconds) * 1_000_000 + self.fraction()?;
        (time <= DAY_US).then_some(time)
    }

    /// One to six digits, the last of them not 0, or nothing.
    #[inline]
    fn fraction(&mut self) -> Option<i64> {
        let [b'.', digits @ ..] = self.0 else {
            return Some(0);
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=6).contains(&count) || digits[count - 1] == b'0' {
            return None;
        }
        let value =
            digits[..count].iter().fold(0, |value, digit| value * 10 + i64::from(digit - b'0'));
        self.0 = &digits[count..];
        Some((count..6).fold(value, |value, _| value * 10))
    }

    /// `+07`, `-03:30`, `+06:42:04` → seconds east of Greenwich.
    pub(crate) fn offset(&mut self) -> Option<i64> {
        let (sign, rest) = self.0.split_first()?;
        let sign = match sign {
            b'+' => 1,
            b'-' => -1,
            _ => return None,
        };
        self.0 = rest;
        let mut seconds = self.two_digits()? * 3600;
        for unit in [60, 1] {
            if self.0.first() == Some(&b':') {
                self.expect(b':')?;
                seconds += self.two_digits()? * unit;
            }
        }
        Some(sign * seconds)
    }
}
