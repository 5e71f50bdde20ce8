//! The one way to stdout and stderr, so that nobody else's text can act on a person's terminal. What is
//! printed here has passed [`printable_lines`]; nothing else may open the two streams (see `.clippy.toml`).

mod screen;

use std::io::{self, Write};

use tracing_subscriber::fmt::MakeWriter;

use crate::printable::{printable_bytes, printable_lines};

pub use screen::Screen;

/// Data, with a line end behind it.
pub fn out(text: &str) -> io::Result<()> {
    write_line(&mut stdout(), text)
}

/// Words for a person, beside the data on stdout, with a line end behind them.
pub fn say(text: &str) {
    // If nobody can read it, nothing else can be done about that.
    let _ = write_line(&mut stderr(), text);
}

/// A question, whose answer is typed behind it.
pub fn ask(question: &str) {
    let mut stderr = stderr();
    let _ = stderr.write_all(printable_lines(question).as_bytes());
    let _ = stderr.flush();
}

fn write_line(to: &mut impl Write, text: &str) -> io::Result<()> {
    writeln!(to, "{}", printable_lines(text.trim_end()))
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn stdout() -> io::StdoutLock<'static> {
    io::stdout().lock()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place")]
fn stderr() -> io::StderrLock<'static> {
    io::stderr().lock()
}

/// Log lines to stderr: one event, one line, whatever stands in it.
pub(crate) struct LogLines;

impl<'a> MakeWriter<'a> for LogLines {
    type Writer = LogLine;

    fn make_writer(&'a self) -> LogLine {
        LogLine
    }
}

/// Gets each event whole, in one call, with its line end.
pub(crate) struct LogLine;

impl Write for LogLine {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        stderr().write_all(line(event).as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        stderr().flush()
    }
}

fn line(event: &[u8]) -> String {
    let event = event.strip_suffix(b"\n").unwrap_or(event);
    let mut line = printable_bytes(event).replace('\n', "\\n");
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_logged_stays_one_line() {
        assert_eq!(line("Bản Giốc\n".as_bytes()), "Bản Giốc\n");
        assert_eq!(
            line(b"WARN x\nERROR forged \x1b[1A\xff\n"),
            "WARN x\\nERROR forged \\u001b[1A\\xff\n"
        );
        let mut shown = Vec::new();
        write_line(&mut shown, "paused by \u{1b}]0;owned\u{7}\nnext\n\n").unwrap();
        assert_eq!(String::from_utf8(shown).unwrap(), "paused by \\u001b]0;owned\\u0007\nnext\n");
    }
}
