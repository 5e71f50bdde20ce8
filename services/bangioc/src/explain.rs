//! `bangioc explain BG0201`, `bangioc explain E_RANGE`: what a code means and what to do, from ops/errors.

use crate::output::Output;
use crate::usage::Refusal;
use bangioc_runtime::failure::BoxFailure;

/// Code, hint and page, by code.
static PAGES: &[(&str, &str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

pub(crate) fn run(code: &str, out: &mut Output) -> Result<(), BoxFailure> {
    let wanted = code.to_ascii_uppercase();
    match PAGES.iter().find(|(code, ..)| *code == wanted) {
        Some((.., page)) => out.text(page),
        None => Err(Refusal::UnknownCode { code: wanted, known: PAGES.len() }.into()),
    }
}

/// The fixed hint of a code; what a failure has of its own to say comes before it.
pub(crate) fn hint(code: &str) -> Option<&'static str> {
    PAGES.iter().find(|(known, ..)| *known == code).map(|(_, hint, _)| *hint)
}

/// One line per code, for `bangioc explain` without one.
pub(crate) fn list(out: &mut Output) -> Result<(), BoxFailure> {
    let lines: Vec<&str> = PAGES
        .iter()
        .filter_map(|(.., page)| page.lines().next())
        .map(|title| title.trim_start_matches("# "))
        .collect();
    out.text(&lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use bangioc_schemas::rules::RuleCode;

    use super::*;

    #[test]
    fn every_page_has_a_hint_of_one_sentence() {
        for (code, hint, page) in PAGES {
            assert!(page.starts_with(&format!("# {code}: ")), "{code}");
            assert!(
                !hint.is_empty() && !hint.ends_with('.') && !hint.contains('\n'),
                "{code}: {hint}"
            );
        }
        // Below a hint stands `more: bangioc explain …` anyway.
        let own = |code| format!("bangioc explain {code}");
        assert_eq!(PAGES.iter().find(|(code, hint, _)| hint.contains(&own(code))), None);
        assert!(hint("BG0201").is_some());
        assert_eq!(hint("BG9999"), None);
    }

    #[test]
    fn every_rule_has_its_page_and_every_page_of_a_rule_its_rule() {
        let rules: BTreeSet<&str> = RuleCode::ALL.iter().map(|code| code.as_str()).collect();
        let pages: BTreeSet<&str> =
            PAGES.iter().map(|(code, ..)| *code).filter(|code| !code.starts_with("BG")).collect();
        assert_eq!(rules, pages);
        for (code, _, page) in PAGES {
            for part in ["## What happened\n", "## How to check\n", "## What to do\n"] {
                assert!(page.contains(part), "{code} lacks `{part}`");
            }
        }
    }
}
