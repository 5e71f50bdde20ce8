//! `bangioc explain BG0201`: what a code means and what to do, from ops/errors.

use crate::output::Output;
use crate::usage::Refusal;
use bangioc_runtime::failure::BoxFailure;

/// Code and page, by code.
static PAGES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));

pub(crate) fn run(code: &str, out: &mut Output) -> Result<(), BoxFailure> {
    let wanted = code.to_ascii_uppercase();
    match PAGES.iter().find(|(code, _)| *code == wanted) {
        Some((_, page)) => out.text(page),
        None => Err(Refusal::UnknownCode { code: wanted, known: PAGES.len() }.into()),
    }
}

/// One line per code, for `bangioc explain` without one.
pub(crate) fn list(out: &mut Output) -> Result<(), BoxFailure> {
    let lines: Vec<&str> = PAGES
        .iter()
        .filter_map(|(_, page)| page.lines().next())
        .map(|title| title.trim_start_matches("# "))
        .collect();
    out.text(&lines.join("\n"))
}
