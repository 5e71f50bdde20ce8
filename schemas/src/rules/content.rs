//! What a text holds: markup, credentials, a name's letters, Chinese characters.

use unicode_normalization::char::is_combining_mark;

/// A `<` with which HTML would begin: before a letter, `/`, `!` or `?`.
pub(crate) fn has_markup(text: &str) -> bool {
    text.as_bytes().windows(2).any(|pair| {
        pair[0] == b'<' && (pair[1].is_ascii_alphabetic() || matches!(pair[1], b'/' | b'!' | b'?'))
    })
}

/// `user:password@` after the `//` of a URL.
pub(crate) fn has_credentials(text: &str) -> bool {
    text.match_indices("//").any(|(at, slashes)| {
        let rest = &text[at + slashes.len()..];
        let ends = |c: char| matches!(c, '/' | '?' | '#' | '\\' | '"') || c.is_whitespace();
        let authority = rest.split(ends).next().unwrap_or("");
        authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':'))
    })
}

/// One to a hundred letters of any script, with blanks, apostrophes, hyphens and dots; no digits.
pub(crate) fn is_name(text: &str) -> bool {
    let mut letters = 0_usize;
    let mut chars = 0_usize;
    for c in text.chars() {
        chars += 1;
        letters += usize::from(c.is_alphabetic());
        // A decomposed name keeps its marks as characters of their own.
        let known = c.is_alphabetic() || is_combining_mark(c) || " '’-.".contains(c);
        if !known {
            return false;
        }
    }
    letters > 0 && chars <= 100
}

/// Characters of Chinese writing, Nôm included.
pub(crate) fn has_han(text: &str) -> bool {
    text.chars().any(|c| {
        matches!(c,
            '\u{2E80}'..='\u{2FDF}'
            | '\u{3005}'
            | '\u{3007}'
            | '\u{3021}'..='\u{3029}'
            | '\u{3038}'..='\u{303B}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{4E00}'..='\u{9FFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{20000}'..='\u{323AF}')
    })
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn markup() {
        for bad in
            ["<script>alert(1)</script>", "a<b", "</p>", "<!-- -->", "x <IMG src=x>", "<?xml"]
        {
            assert!(has_markup(bad), "{bad}");
        }
        for good in ["", "<", "a < b", "3<4", "->", "cao < 100 m", "<<"] {
            assert!(!has_markup(good), "{good}");
        }
    }

    #[test]
    fn credentials() {
        for bad in [
            "rtsp://admin:123@10.9.8.7/",
            "rtsp://admin:@10.9.8.7",
            "http://a:b@c:80/d?e#f",
            "//a:b@c",
            "see http://x/ and ftp://a:p@ss@host/y",
            r#"{"rtsp://admin:123@10.9.8.7/"}"#,
        ] {
            assert!(has_credentials(bad), "{bad}");
        }
        for good in [
            "",
            "rtsp://10.9.8.7:554/live",
            "http://host/a:b@c",
            "http://host?x=a:b@c",
            "a:b@c",
            "http://user@host/",
            "https://maps/@106.2:22.6",
        ] {
            assert!(!has_credentials(good), "{good}");
        }
    }

    #[test]
    fn names() {
        let decomposed: String = "Đàm Thị Mẫu".nfd().collect();
        for good in [
            "NGUYỄN THỊ HOA",
            &decomposed,
            "H'Mông",
            "Lò-A-Pao",
            "Y Ban Niê Kdăm",
            "Ô",
            "BS. Nguyễn Văn Mẫu",
            "水",
        ] {
            assert!(is_name(good), "{good}");
        }
        let long = "a".repeat(101);
        for bad in
            ["", " ", "-", "Nguyễn Văn 2", "Nguyễn_Văn", "a@b", "a\tb", "Nguyễn (cha)", "٣", &long]
        {
            assert!(!is_name(bad), "{bad}");
        }
        assert!(is_name(&"ă".repeat(100)));
    }

    #[test]
    fn chinese_characters() {
        assert!(has_han("Thác 板约"));
        assert!(has_han("𡨸喃"));
        assert!(!has_han("Non nước Cao Bằng – ½ ờ ひ"));
    }
}
