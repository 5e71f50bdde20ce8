//! Puts the pages of ops/errors into the binary, so that `bangioc explain` works where no checkout is.

use std::fmt::Write as _;
use std::{env, fs, io, path::Path};

fn main() -> io::Result<()> {
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../ops/errors").canonicalize()?;
    println!("cargo:rerun-if-changed={}", pages.display());
    let mut files: Vec<_> = fs::read_dir(&pages)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);

    let mut table = String::from("&[\n");
    for file in files {
        let path = file.path();
        if let Some(code) =
            path.file_stem().and_then(|stem| stem.to_str()).filter(|stem| is_code(stem))
        {
            println!("cargo:rerun-if-changed={}", path.display());
            let hint = hint(&fs::read_to_string(&path)?);
            let path = path.display().to_string();
            let _ = writeln!(table, "    ({code:?}, {hint:?}, include_str!({path:?})),");
        }
    }
    table.push(']');
    fs::write(Path::new(&env::var("OUT_DIR").map_err(io::Error::other)?).join("pages.rs"), table)
}

/// The paragraph that begins with `Hint: `, on one line.
fn hint(page: &str) -> String {
    let paragraph =
        page.split("\n\n").find_map(|paragraph| paragraph.trim().strip_prefix("Hint: "));
    paragraph.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `BG0201` of a failure, `E_RANGE` or `W_NFC` of a rule.
fn is_code(stem: &str) -> bool {
    ["BG", "E_", "W_"].iter().any(|kind| stem.starts_with(kind))
}
