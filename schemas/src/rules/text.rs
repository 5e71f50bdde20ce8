//! What every text must be (no control characters, no look-alike letters, not the mojibake of an old
//! Vietnamese encoding) and what a code must be besides (nothing invisible, no stray blanks).

use unicode_normalization::is_nfc;

use super::breach::RuleCode;

/// Text for people, or a code that machines compare?
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum TextKind {
    Prose,
    Code,
}

/// Reported, never repaired.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Oddities {
    pub(crate) decomposed: bool,
    pub(crate) whitespace: bool,
}

impl Oddities {
    pub(crate) fn and(self, other: Oddities) -> Oddities {
        Oddities {
            decomposed: self.decomposed || other.decomposed,
            whitespace: self.whitespace || other.whitespace,
        }
    }
}

pub(crate) fn check(text: &str, kind: TextKind) -> Result<Oddities, RuleCode> {
    let bytes = text.as_bytes();
    let mut whitespace = stray_blanks(bytes);
    // Written as folds without an early exit, so that the compiler makes vector code of them.
    let plain = !bytes.iter().fold(false, |odd, &byte| odd | !(0x20..=0x7E).contains(&byte));
    let mut decomposed = false;
    if !plain {
        let found = scan(text, kind)?;
        whitespace |= found.invisible;
        decomposed = found.may_be_decomposed && !is_nfc(text);
    }
    if whitespace && kind == TextKind::Code {
        return Err(RuleCode::Format);
    }
    Ok(Oddities { decomposed, whitespace })
}

#[expect(
    clippy::needless_bitwise_bool,
    reason = "lazy operators would keep the compiler from vector code"
)]
fn stray_blanks(bytes: &[u8]) -> bool {
    let doubled = bytes
        .iter()
        .zip(bytes.iter().skip(1))
        .fold(false, |odd, (&a, &b)| odd | ((a == b' ') & (b == b' ')));
    doubled || bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ')
}

#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent findings, not a state")]
struct TextFindings {
    invisible: bool,
    may_be_decomposed: bool,
    word: WordFindings,
    /// A word without one correctly encoded letter of Vietnamese, but with a sign of mojibake.
    mojibake: bool,
    /// Letters that only correctly encoded Vietnamese has.
    vietnamese: bool,
    /// Signs of mojibake that names of other languages have too.
    faint: u32,
}

#[derive(Default)]
struct WordFindings {
    vietnamese: bool,
    mojibake: bool,
}

impl TextFindings {
    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        self.mojibake |= word.mojibake && !word.vietnamese;
        self.vietnamese |= word.vietnamese;
    }

    fn is_mojibake(&self) -> bool {
        self.mojibake || (self.faint >= 2 && !self.vietnamese)
    }
}

fn scan(text: &str, kind: TextKind) -> Result<TextFindings, RuleCode> {
    let mut found = TextFindings::default();
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\t' | '\n' | '\r' if kind == TextKind::Prose => found.end_word(),
            '\0'..='\u{1F}' | '\u{7F}' | 'Ð' | 'Ɖ' => return Err(RuleCode::Unicode),
            ' ' => found.end_word(),
            '\u{A0}' | '\u{AD}' | '\u{200B}'..='\u{200D}' | '\u{FEFF}' => found.invisible = true,
            '\u{300}'..='\u{36F}' => {
                found.may_be_decomposed = true;
                found.word.vietnamese = true;
            }
            'Ă'
            | 'ă'
            | 'Đ'
            | 'đ'
            | 'Ĩ'
            | 'ĩ'
            | 'Ũ'
            | 'ũ'
            | 'Ơ'
            | 'ơ'
            | 'Ư'
            | 'ư'
            | '\u{1EA0}'..='\u{1EF9}' => {
                found.word.vietnamese = true;
            }
            '\u{80}'..='\u{FF}' => {
                let after = chars.peek().copied().unwrap_or(' ');
                found.word.mojibake |= tcvn3_sign(before, c, after) || vni_pair(before, c);
                found.faint += u32::from(faint_vni_pair(before, c));
            }
            '\u{100}'.. => found.may_be_decomposed = true,
            _ => {}
        }
        before = c;
    }
    found.end_word();
    if found.is_mojibake() { Err(RuleCode::Encoding) } else { Ok(found) }
}

// TCVN3 and VNI are eight-bit fonts of the 1990s; read as Latin-1, `ằ` shows as `»` and as `aè`.

/// A sign of Latin-1 where only a letter can stand. `ß ø þ` are letters elsewhere and don't count.
fn tcvn3_sign(before: char, c: char, after: char) -> bool {
    let inside = before.is_alphabetic() && after.is_alphabetic();
    match c {
        '¡' | '¢' | '£' | '¤' | '¥' | '¦' | '©' | 'ª' | '«' | '¬' | '¶' | '·' | '¹' | '»' | '¼'
        | '½' | '¾' | '×' | '÷' => inside,
        // Never after a letter when they are a diaeresis, a cedilla or a micro sign of their own.
        '¨' | '¸' | 'µ' => before.is_alphabetic(),
        // đ and Đ begin words: a paragraph or trademark sign touches no letter behind it.
        '®' | '§' => after.is_alphabetic(),
        _ => false,
    }
}

/// VNI writes a vowel and then its marks as a second letter: pairs that no Vietnamese syllable has.
fn vni_pair(before: char, c: char) -> bool {
    match before.to_ascii_lowercase() {
        'a' => matches!(
            c.to_lowercase().next(),
            Some('ù' | 'ø' | 'û' | 'õ' | 'â' | 'á' | 'à' | 'å' | 'ã' | 'ä' | 'ê' | 'é' | 'è')
        ),
        'e' => {
            matches!(c.to_lowercase().next(), Some('ù' | 'ø' | 'û' | 'õ' | 'â' | 'à' | 'å' | 'ä'))
        }
        'o' => matches!(c.to_lowercase().next(), Some('ù' | 'ø' | 'õ' | 'å')),
        'u' => matches!(c.to_lowercase().next(), Some('ù' | 'ø' | 'û' | 'õ')),
        'ô' | 'ö' | 'Ô' | 'Ö' => {
            matches!(c.to_lowercase().next(), Some('ù' | 'ø' | 'û' | 'õ' | 'ï'))
        }
        _ => false,
    }
}

/// The same, but also in `naïve`, `Raúl`, `Leão`, `août`, `Noël`.
fn faint_vni_pair(before: char, c: char) -> bool {
    matches!(before.to_ascii_lowercase(), 'a' | 'e' | 'o' | 'u')
        && matches!(c, 'ï' | 'ë' | 'ú' | 'ü' | 'á' | 'ã' | 'û' | 'ä' | 'â')
        && !(matches!(before.to_ascii_lowercase(), 'o' | 'u') && matches!(c, 'á' | 'ã' | 'â'))
}

#[cfg(test)]
mod tests {
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    fn prose(text: &str) -> Result<Oddities, RuleCode> {
        check(text, TextKind::Prose)
    }

    #[test]
    fn correct_text_passes() {
        let names = [
            "",
            "Cao Bằng",
            "Đàm Thủy",
            "Xã Phục Hòa",
            "Xã Phục Hoà",
            "NGUYỄN THỊ HOA",
            "Khoá hoán toán quý quà loá",
            "Phố Kim Đồng «cũ»",
            "300 m² – 1.200 m²",
            "37,4 µg/m³",
            "Straße, Møller, Citroën",
            "Raúl",
            "Leão",
            "板约瀑布 😀",
            "Non nước Cao Bằng ½",
            "© 2026 Sở",
            "a\tb\nc\r\n",
            "năm mười lăm",
            "QĐ-UBND",
            "Hủa Nậm × Bản Khòn",
        ];
        for name in names {
            assert_eq!(prose(name), Ok(Oddities::default()), "{name}");
        }
    }

    #[test]
    fn every_commune_passes_composed_and_is_reported_decomposed() {
        let list = include_str!("../../code-lists/communes.csv");
        for name in list.lines().skip(1).map(|line| line.split(',').nth(1).unwrap()) {
            assert_eq!(prose(name), Ok(Oddities::default()), "{name}");
            let decomposed: String = name.nfd().collect();
            let odd = decomposed != name;
            assert_eq!(
                prose(&decomposed),
                Ok(Oddities { decomposed: odd, whitespace: false }),
                "{name}"
            );
        }
    }

    #[test]
    fn old_encodings_are_recognised() {
        for garbled in [
            "Cao B»ng",
            "Cao Baèng",
            "Hµ Néi",
            "§µm Thñy",
            "X· §µm Thñy",
            "Huyeän Haï Lang",
            "Traø Lónh",
            "UBND tØnh Cao B»ng",
            "®Êt",
            "CHI NHÁNH MẪU Cao B»ng",
        ] {
            assert_eq!(prose(garbled), Err(RuleCode::Encoding), "{garbled}");
        }
    }

    #[test]
    fn control_characters_and_look_alikes_are_refused() {
        for bad in ["a\0b", "a\u{1}b", "\u{1F}", "a\u{7F}", "Ðàm Thủy", "Ɖàm Thủy"] {
            assert_eq!(prose(bad), Err(RuleCode::Unicode), "{bad:?}");
        }
        assert_eq!(check("a\tb", TextKind::Code), Err(RuleCode::Unicode));
    }

    #[test]
    fn blanks_and_invisible_characters_are_odd_in_prose_and_refused_in_codes() {
        for odd in [" a", "a ", "a  b", "a\u{A0}b", "01501\u{200B}", "\u{FEFF}a", "a\u{AD}b"] {
            assert_eq!(prose(odd), Ok(Oddities { decomposed: false, whitespace: true }), "{odd:?}");
            assert_eq!(check(odd, TextKind::Code), Err(RuleCode::Format), "{odd:?}");
        }
        assert_eq!(check("QĐ", TextKind::Code), Ok(Oddities::default()));
    }
}
