//! The Vietnamese tax code (mã số thuế), which is also the enterprise code: 10 digits of which the last
//! is a check digit, with `-NNN` for a branch; a person or household has a 12-digit personal number.

use super::breach::RuleCode;

const WEIGHTS: [u32; 9] = [31, 29, 23, 19, 17, 13, 7, 5, 3];

/// Form first, then the check digit. A personal number (12 digits) has none.
pub(crate) fn check(code: &str) -> Result<(), RuleCode> {
    let bytes = code.as_bytes();
    let digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    let (enterprise, branch) = match bytes.len() {
        12 if digits(bytes) => return Ok(()),
        10 => (bytes, None),
        14 if bytes[10] == b'-' => (&bytes[..10], Some(&bytes[11..])),
        _ => return Err(RuleCode::Format),
    };
    if !digits(enterprise) || !branch.is_none_or(|branch| digits(branch) && branch != b"000") {
        return Err(RuleCode::Format);
    }
    if enterprise[2..9].iter().all(|&digit| digit == b'0') {
        return Err(RuleCode::Format);
    }
    let sum: u32 = WEIGHTS
        .iter()
        .zip(enterprise)
        .map(|(weight, digit)| weight * u32::from(digit - b'0'))
        .sum();
    // A remainder of 0 would ask for the digit 10: no such number is ever issued.
    match sum % 11 {
        0 => Err(RuleCode::CheckDigit),
        rest if 10 - rest == u32::from(enterprise[9] - b'0') => Ok(()),
        _ => Err(RuleCode::CheckDigit),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn published_and_invented_codes() {
        for good in [
            "0100233488",
            "0314409058-002",
            "4899999017",
            "4899999024",
            "4899999031",
            "4899999049",
            "4899999056",
            "004185999904",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in ["0100233480", "4899999018", "4899999000", "0314409059-002"] {
            assert_eq!(check(bad), Err(RuleCode::CheckDigit), "{bad}");
        }
        for misshapen in [
            "",
            "48999990",
            "48999990170",
            "4899999017-01",
            "4899999017-000",
            "4899999017 001",
            "489999901７",
            "4800000001",
        ] {
            assert_eq!(check(misshapen), Err(RuleCode::Format), "{misshapen}");
        }
    }

    /// The rule as the tax office words it: ten minus the weighted sum's remainder by eleven.
    fn straightforward(digits: [u32; 10]) -> bool {
        let [d1, d2, d3, d4, d5, d6, d7, d8, d9, last] = digits;
        let sum =
            31 * d1 + 29 * d2 + 23 * d3 + 19 * d4 + 17 * d5 + 13 * d6 + 7 * d7 + 5 * d8 + 3 * d9;
        [d3, d4, d5, d6, d7, d8, d9] != [0; 7] && last + sum % 11 == 10
    }

    proptest! {
        #[test]
        fn agrees_with_a_second_formulation(digits in prop::array::uniform10(0_u32..10)) {
            let text: String = digits.iter().map(|digit| char::from_digit(*digit, 10).unwrap()).collect();
            prop_assert_eq!(check(&text).is_ok(), straightforward(digits));
        }

        #[test]
        fn at_most_one_last_digit_is_right(head in "[0-9]{9}") {
            let right = (0..10).filter(|digit| check(&format!("{head}{digit}")).is_ok()).count();
            prop_assert!(right <= 1);
        }
    }
}
