//! Data to stdout, as text for people or JSON for programs.

use std::io;

use bangioc_runtime::failure::BoxFailure;
use bangioc_runtime::terminal;
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

    /// For what is shown line by line as it comes, where a program wants it whole.
    pub(crate) fn is_text(&self) -> bool {
        self.format == Format::Text
    }

    /// Writes `value` as JSON, or `text` of it, as the person asked.
    pub(crate) fn show<T: Serialize>(
        &mut self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<(), BoxFailure> {
        let shown = self.shown(value, text)?;
        self.text(&shown)
    }

    fn shown<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> String,
    ) -> Result<String, BoxFailure> {
        match self.format {
            Format::Text => Ok(text(value)),
            Format::Json => serde_json::to_string_pretty(value)
                .map_err(|error| Refusal::Unwritable(io::Error::other(error)).into()),
        }
    }

    #[expect(
        clippy::unused_self,
        reason = "everything that is written goes through the one output"
    )]
    pub(crate) fn text(&mut self, text: &str) -> Result<(), BoxFailure> {
        written(terminal::out(text))
    }
}

/// A reader that has gone (`| head`) is no failure of ours.
fn written(outcome: io::Result<()>) -> Result<(), BoxFailure> {
    match outcome {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Refusal::Unwritable(error).into())
        }
        _ => Ok(()),
    }
}
