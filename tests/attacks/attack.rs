//! One attack: who makes it, with which credential, what is done, and what has to hold all the same, seen from
//! outside. The same description serves the short form (`ops/test`) and the long one (`ops/attacks`).

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::exit;

use bangioc_tests::suite;

use crate::ground::Ground;

#[derive(Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// The credential, or where somebody stands who has none.
    pub(crate) who: &'static str,
    pub(crate) does: &'static str,
    pub(crate) holds: &'static str,
    /// What it got when it was first tried, before anything was mended; empty: it held from the beginning.
    pub(crate) got: &'static str,
    /// Makes the attack, asserts that it was made, then asserts what has to hold.
    pub(crate) run: fn(&Ground),
}

/// Beside a running deployment: one after another, each with its words; then ends the process.
pub(crate) fn report(attacks: &[Attack], ground: &Ground, wanted: Option<&str>) -> ! {
    let (mut tried, mut lost) = (0, 0);
    for attack in
        attacks.iter().filter(|attack| wanted.is_none_or(|wanted| attack.name.contains(wanted)))
    {
        // Its own message went to stderr by then.
        let held = catch_unwind(AssertUnwindSafe(|| (attack.run)(ground))).is_ok();
        tried += 1;
        lost += usize::from(!held);
        println!("{} {}", if held { '\u{2714}' } else { '\u{2716}' }, attack.name);
        println!("    who    {}", attack.who);
        println!("    did    {}", attack.does);
        println!("    {}  {}", if held { "held " } else { "MUST " }, attack.holds);
    }
    println!("attacks: {tried} tried, {} held, {lost} did not", tried - lost);
    exit(i32::from(lost > 0))
}

/// In a suite, by name.
pub(crate) fn checks(attacks: &[Attack]) -> Vec<suite::Check<Ground>> {
    attacks.iter().map(|attack| (attack.name, attack.run)).collect()
}

/// The list in Markdown, for `ops/security.md`.
pub(crate) fn table(attacks: &[Attack]) -> String {
    let line = |attack: &Attack| {
        let got = if attack.got.is_empty() { "held" } else { attack.got };
        format!("| {} | {} | {} | {} |\n", attack.who, attack.does, attack.holds, got)
    };
    let lines: String = attacks.iter().map(line).collect();
    format!("| who | does | what has to hold | got at first |\n|---|---|---|---|\n{lines}")
}
