//! Data to stdout, as text for people or JSON for programs.

use std::io::{self, Write};

use bangioc_runtime::failure::BoxFailure;
use clap::ValueEnum;
use serde::Serialize;

use crate::usage::Refusal;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Format {
    Text,
    Json,
}

pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Output {
        Output { format }
    }

    /// Writes `value` as JSON, or `text` of it, as the person asked.
    pub(crate) fn show<T: Serialize>(
        &mut self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), BoxFailure> {
        match self.format {
            Format::Text => self.text(&text(value)),
            Format::Json => match serde_json::to_string_pretty(value) {
                Ok(json) => self.text(&json),
                Err(error) => Err(Refusal::Unwritable(io::Error::other(error)).into()),
            },
        }
    }

    /// A reader that has gone (`| head`) is no failure of ours.
    #[expect(
        clippy::unused_self,
        reason = "everything that is written goes through the one output"
    )]
    pub(crate) fn text(&mut self, text: &str) -> Result<(), BoxFailure> {
        match writeln!(io::stdout().lock(), "{}", text.trim_end()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Refusal::Unwritable(error).into())
            }
            _ => Ok(()),
        }
    }
}
