//! How a failure looks to a person: `error:` line, causes, a blank line, `hint:`.

use std::error::Error;
use std::fmt::{self, Write as _};

use bangioc_runtime::failure::Failure;
use bangioc_runtime::printable::printable;

pub(crate) fn failure(failure: &dyn Failure) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_failure(&mut text, failure);
    text
}

fn write_failure(text: &mut String, failure: &dyn Failure) -> fmt::Result {
    writeln!(text, "error[{}]: {failure}", failure.code())?;
    let mut cause: Option<&dyn Error> = failure.source();
    while let Some(error) = cause {
        // Most often another program's words.
        writeln!(text, "  caused by: {}", printable(&error.to_string()))?;
        cause = error.source();
    }
    let hint = failure.hint();
    if !hint.is_empty() {
        writeln!(text, "\nhint: {hint}")?;
    }
    writeln!(text, "more: `bangioc explain {}`", failure.code())
}
