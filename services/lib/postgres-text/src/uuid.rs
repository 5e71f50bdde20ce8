//! `uuid`.

/// As PostgreSQL writes it: lower case, 8-4-4-4-12.
#[inline]
pub fn is_uuid(text: &str) -> bool {
    let text = text.as_bytes();
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lower_case_with_its_dashes() {
        let uuid = "6f1c2d3e-0a1b-4c5d-8e9f-001122334455";
        assert!(is_uuid(uuid));
        assert!(!is_uuid(&uuid.to_uppercase()));
        assert!(!is_uuid(&uuid.replace('-', "")));
        assert!(!is_uuid(&format!("{{{uuid}}}")));
        assert!(!is_uuid(&uuid.replace('6', "g")));
    }
}
