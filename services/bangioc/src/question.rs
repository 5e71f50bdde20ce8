//! Before something is done that costs, it is said what, and a person agrees.

use std::io::{self, BufRead as _, IsTerminal as _};

use bangioc_runtime::terminal;

use crate::usage::Refusal;

/// Agreed beforehand, or asked for here where a person can answer.
pub(crate) fn settled(yes: bool) -> Result<(), Refusal> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Refusal::NotAgreed);
    }
    terminal::ask("go on? [y/N] ");
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        Ok(_) | Err(_) => Err(Refusal::NotAgreed),
    }
}
