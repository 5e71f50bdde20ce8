//! How a failure looks to a person: `error:` line, causes, a blank line, `hint:`.

use std::error::Error;
use std::io::{self, Write};

use bangioc_runtime::failure::Failure;

pub(crate) fn failure(failure: &dyn Failure) -> String {
    let mut text = format!("error[{}]: {failure}\n", failure.code());
    let mut cause: Option<&dyn Error> = failure.source();
    while let Some(error) = cause {
        text.push_str(&format!("  caused by: {error}\n"));
        cause = error.source();
    }
    let hint = failure.hint();
    if !hint.is_empty() {
        text.push_str(&format!("\nhint: {hint}\n"));
    }
    text.push_str(&format!("more: `bangioc explain {}`\n", failure.code()));
    text
}

/// Nothing can be done about a stderr that is gone.
pub(crate) fn to_stderr(text: &str) {
    let _ = io::stderr().lock().write_all(text.as_bytes());
}
