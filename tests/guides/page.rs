//! A guide as steps, and following them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Stands in the shell's output between two steps.
const MARK: &str = "\u{1}step\n";

pub struct Page {
    steps: Vec<Step>,
}

enum Step {
    Type(String),
    Save {
        file: String,
        text: String,
    },
    /// What the step before printed.
    Seen(Vec<String>),
}

pub fn read(file: &Path) -> Page {
    let text = fs::read_to_string(file).expect("the guide");
    let (mut steps, mut named, mut lines) = (Vec::new(), String::new(), text.lines());
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            if let Some(name) = line.split('`').nth(1).filter(|_| line.contains("as `")) {
                named = name.to_owned();
            }
            continue;
        };
        let block: Vec<String> = lines
            .by_ref()
            .take_while(|line| !line.starts_with("```"))
            .map(ToOwned::to_owned)
            .collect();
        steps.push(match language {
            "sh" => Step::Type(block.join("\n")),
            "text" => Step::Seen(block),
            _ => Step::Save { file: std::mem::take(&mut named), text: block.join("\n") + "\n" },
        });
    }
    Page { steps }
}

impl Page {
    /// In `folder`, in one shell that ends at the first command that fails.
    pub fn follow(&self, folder: &Path) -> Result<(), String> {
        let mut script = String::from("set -euo pipefail\nexec 2>&1\n");
        for step in &self.steps {
            match step {
                Step::Type(commands) => {
                    let _ = write!(script, "printf '{MARK}'\n{commands}\n");
                }
                Step::Save { file, text } => {
                    if file.is_empty() {
                        return Err("a block names no file to be saved as".into());
                    }
                    let _ = write!(
                        script,
                        "cat >'{file}' <<'SAVED_AS_PASTED'\n{text}SAVED_AS_PASTED\n"
                    );
                }
                Step::Seen(_) => {}
            }
        }
        let output = Command::new("timeout")
            .args(["180", "bash", "-c", &script])
            .current_dir(folder)
            .stdin(Stdio::null())
            .output()
            .map_err(|error| error.to_string())?;
        let printed = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            return Err(format!("it ended with {}: {}", output.status, tail(&printed)));
        }
        let mut printed = printed.split(MARK).skip(1);
        let mut last = "";
        for step in &self.steps {
            match step {
                Step::Type(_) => last = printed.next().unwrap_or_default(),
                Step::Seen(lines) => in_order(lines, last)?,
                Step::Save { .. } => {}
            }
        }
        Ok(())
    }
}

/// Every expected line is there, one after the other; others may stand between them.
fn in_order(expected: &[String], printed: &str) -> Result<(), String> {
    let mut lines = printed.lines();
    for line in expected {
        if !lines.any(|printed| fits(line, printed)) {
            return Err(format!("no line like `{line}` in:\n{}", tail(printed)));
        }
    }
    Ok(())
}

fn fits(expected: &str, printed: &str) -> bool {
    let (expected, mut rest) = (expected.trim_end(), printed.trim_end());
    let mut pieces = expected.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    let mut open = false;
    for piece in pieces {
        open = true;
        match rest.find(piece.trim()) {
            Some(at) => rest = &rest[at + piece.trim().len()..],
            None => return false,
        }
    }
    rest.is_empty() || open && expected.ends_with('…')
}

fn tail(text: &str) -> &str {
    let from = text.len().saturating_sub(3000);
    let from = (from..text.len()).find(|at| text.is_char_boundary(*at));
    from.map_or(text, |from| &text[from..])
}

/// That a guide which shows something else than what comes out is found.
pub fn a_line_may_leave_out_what_differs() {
    assert!(fits("… contracts, … active", "83 contracts, 82 active"));
    assert!(fits("SAFE…a.b…", "SAFE    topic a.b (1 partition)"));
    assert!(!fits("SAFE…a.c…", "SAFE    topic a.b (1 partition)"));
    assert!(!fits("a", "a b"));
}
