//! Before something is done that costs, it is said what, and a person agrees.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use crate::usage::Refusal;

/// To stderr: words for a person, beside the data on stdout.
pub(crate) fn say(text: &str) {
    // If nobody can read it, nothing else can be done about that.
    let _ = writeln!(io::stderr().lock(), "{}", text.trim_end());
}

/// Agreed beforehand, or asked for here where a person can answer.
pub(crate) fn settled(yes: bool) -> Result<(), Refusal> {
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() {
        return Err(Refusal::NotAgreed);
    }
    let mut stderr = io::stderr().lock();
    let _ = write!(stderr, "go on? [y/N] ");
    let _ = stderr.flush();
    let mut answer = String::new();
    match io::stdin().lock().read_line(&mut answer) {
        Ok(_) if matches!(answer.trim(), "y" | "Y" | "yes") => Ok(()),
        Ok(_) | Err(_) => Err(Refusal::NotAgreed),
    }
}
