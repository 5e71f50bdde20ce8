//! How a failure looks to a person: `error:` line, causes, a blank line, `hint:`.

use std::error::Error;
use std::fmt::{self, Write as _};
use std::io::{self, Write as _};

use bangioc_runtime::failure::Failure;

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
        writeln!(text, "  caused by: {error}")?;
        cause = error.source();
    }
    let hint = failure.hint();
    if !hint.is_empty() {
        writeln!(text, "\nhint: {hint}")?;
    }
    writeln!(text, "more: `bangioc explain {}`", failure.code())
}

/// Nothing can be done about a stderr that is gone.
pub(crate) fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
