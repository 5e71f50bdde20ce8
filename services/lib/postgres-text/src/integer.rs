//! `smallint`, `integer` and `bigint`.

/// One of PostgreSQL's three whole numbers.
pub trait Integer: Sized {
    const MAX_DIGITS: usize;
    fn holds(value: i64) -> bool;
}

macro_rules! integers {
    ($($name:ty, $digits:literal;)*) => {$(
        impl Integer for $name {
            const MAX_DIGITS: usize = $digits;
            #[inline]
            fn holds(value: i64) -> bool { <$name>::try_from(value).is_ok() }
        }
    )*};
}
integers! { i16, 5; i32, 10; i64, 19; }

/// The number, if the text is how PostgreSQL writes one of type `N`: no sign but `-`, no leading zero, no `-0`.
#[inline]
pub fn parse<N: Integer>(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes() {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let canonical = match digits {
        [b'0'] => !negative,
        [] | [b'0', ..] => false,
        digits => digits.len() <= N::MAX_DIGITS,
    };
    if !canonical {
        return None;
    }
    // Nineteen digits fit 64 bits without a sign.
    let mut size = 0_u64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        size = size * 10 + u64::from(digit - b'0');
    }
    let value = if negative { 0_i64.checked_sub_unsigned(size) } else { i64::try_from(size).ok() };
    value.filter(|value| N::holds(*value))
}

#[inline]
pub fn push(number: impl itoa::Integer, out: &mut String) {
    out.push_str(itoa::Buffer::new().format(number));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_what_comes_back_the_same() {
        for bad in
            ["", "-", "-0", "+1", "01", "1.0", "1e3", " 1", "1 ", "٣", "99999999999999999999"]
        {
            assert_eq!(parse::<i64>(bad), None, "{bad}");
        }
        assert_eq!(parse::<i16>("32767"), Some(32_767));
        assert_eq!(parse::<i16>("32768"), None);
        assert_eq!(parse::<i32>("-2147483648"), Some(-2_147_483_648));
        assert_eq!(parse::<i32>("2147483648"), None);
        assert_eq!(parse::<i64>("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(parse::<i64>("9223372036854775808"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(number in any::<i64>()) {
            let mut text = String::new();
            push(number, &mut text);
            prop_assert_eq!(parse::<i64>(&text), Some(number));
        }
    }
}
