//! A whole terminal for a while: frames are drawn over one another without a flicker, `q` is heard, and whatever
//! stood there before is back in the end.

use std::io::{self, IsTerminal as _, Write as _};

use rustix::termios::{
    LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetwinsize, tcsetattr,
};

use super::stdout;
use crate::printable::printable;

/// The other screen, which leaves no trace; no cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";
const LEAVE: &[u8] = b"\x1b[?25h\x1b[?1049l";
/// What comes between is shown at once, by terminals that know how.
const TOGETHER: &str = "\x1b[?2026h";
const SHOWN: &str = "\x1b[?2026l";

/// Gives the terminal back when dropped.
pub struct Screen {
    /// Of the keyboard; none where the input is no terminal.
    before: Option<Termios>,
}

impl Screen {
    /// None where stdout is no terminal, or one that can't do it.
    pub fn open() -> Option<Screen> {
        let can = std::env::var_os("TERM").is_some_and(|term| term != "dumb");
        let mut stdout = stdout();
        if !stdout.is_terminal() || !can {
            return None;
        }
        let stdin = io::stdin();
        let before = tcgetattr(&stdin).ok();
        if let Some(before) = &before {
            let mut modes = before.clone();
            // Keys come one by one, and reading never waits. Ctrl-C stays a signal; Ctrl-Z would leave the terminal as
            // it is now.
            modes.local_modes &= !(LocalModes::ICANON | LocalModes::ECHO);
            modes.special_codes[SpecialCodeIndex::VMIN] = 0;
            modes.special_codes[SpecialCodeIndex::VTIME] = 0;
            modes.special_codes[SpecialCodeIndex::VSUSP] = 0;
            let _ = tcsetattr(&stdin, OptionalActions::Now, &modes);
        }
        let screen = Screen { before };
        stdout.write_all(ENTER).and_then(|()| stdout.flush()).ok()?;
        Some(screen)
    }

    /// Columns and lines, as they are now.
    pub fn size(&self) -> (usize, usize) {
        let size = tcgetwinsize(stdout()).ok().filter(|size| size.ws_col > 0 && size.ws_row > 0);
        size.map_or((80, 24), |size| (usize::from(size.ws_col), usize::from(size.ws_row)))
    }

    /// In place of the frame before. What does not fit is cut off.
    pub fn draw(&self, lines: &[String]) -> io::Result<()> {
        let (columns, rows) = self.size();
        let mut stdout = stdout();
        stdout.write_all(frame(lines, columns, rows).as_bytes())?;
        stdout.flush()
    }

    /// Was `q` pressed since it was last asked?
    pub fn quits(&self) -> bool {
        let mut keys = [0_u8; 64];
        let read = self.before.as_ref().map(|_| rustix::io::read(io::stdin(), &mut keys[..]));
        matches!(read, Some(Ok(count)) if keys[..count].iter().any(|key| matches!(key, b'q' | b'Q')))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let mut stdout = stdout();
        let _ = stdout.write_all(LEAVE).and_then(|()| stdout.flush());
        if let Some(before) = &self.before {
            let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
        }
    }
}

/// Each line over the old one and to its end, then whatever is below: nothing is ever blank in between.
fn frame(lines: &[String], columns: usize, rows: usize) -> String {
    let mut text = format!("{TOGETHER}\x1b[H");
    for (place, line) in lines.iter().take(rows).enumerate() {
        if place > 0 {
            text.push_str("\r\n");
        }
        text.extend(printable(line).chars().take(columns));
        text.push_str("\x1b[K");
    }
    text.push_str("\x1b[J");
    text.push_str(SHOWN);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_keeps_to_its_terminal() {
        let lines = ["abcdef", "x\u{1b}[2Jy", "third"].map(str::to_owned);
        assert_eq!(
            frame(&lines, 5, 2),
            "\u{1b}[?2026h\u{1b}[Habcde\u{1b}[K\r\nx\\u00\u{1b}[K\u{1b}[J\u{1b}[?2026l"
        );
    }
}
