//! Every code that stops something has a trial that names it, in which what its page says is done and works; or stands
//! here, with the reason why not.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bangioc_tests::root;

/// Not tried, because …
const NOT_TRIED: &[(&str, &str)] = &[
    (
        "BG0105",
        "the log loses records just while capture or the registry reads it; stores have BG0408 and BG0409",
    ),
    (
        "BG0106",
        "a partition vanishes just while it is written; at a start there are BG0218 and BG0410",
    ),
    ("BG0107", "only a topic whose limit somebody lowered takes less than a producer sends"),
    (
        "BG0110",
        "a broker's damaged disk: nothing here may write into Kafka's own files while others use it",
    ),
    ("BG0111", "the settings refuse what is known to make it, as BG0113"),
    ("BG0112", "whatever Kafka says that has no page of its own: it is not known in advance"),
    ("BG0126", "a defect of the program; `lib/runtime` tries that the others are stopped in order"),
    ("BG0127", "no thread is left to the process: as root, as here, no limit holds"),
    (
        "BG0142",
        "somebody undoes each change for 15 s: a race with an administrator, and the way out is to run it again",
    ),
    (
        "BG0215",
        "a contract that `contract check` lets through and Avro does not: a defect, none is known",
    ),
    (
        "BG0510",
        "whatever is known to be no address is refused by the configuration already, as BG0123",
    ),
    ("BG0733", "the plan refuses it before the registry is asked (BG0135): only a race gets there"),
    ("BG0734", "a schema of ours that the registry does not take: a defect, none is known"),
    ("BG0416", "a registry that is not ours gives a text that is no schema: ours takes none"),
    // Not yet: owed, not impossible.
    ("BG0104", "its trial is not finished"),
    ("BG0152", "its trial is not finished"),
    ("BG0205", "its trial is not finished"),
    ("BG0206", "its trial is not finished"),
];

/// Below `folder`, with one of these ends.
fn files(folder: &Path, ends: &[&str], found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, ends, found);
        } else if path.extension().is_some_and(|end| ends.iter().any(|one| end == *one)) {
            found.push(path);
        }
    }
}

fn texts(folder: &str, ends: &[&str]) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    files(&root().join(folder), ends, &mut found);
    found.sort();
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a text");
        (path, text)
    };
    found.into_iter().map(read).collect()
}

/// The codes in a text that stand right behind one of these words.
fn codes_behind<'t>(text: &'t str, words: &[&str], found: &mut BTreeSet<&'t str>) {
    for word in words {
        for (at, _) in text.match_indices(word) {
            let code = text[at + word.len()..].trim_start().strip_prefix('"');
            if let Some(code) =
                code.and_then(|code| code.get(..6)).filter(|code| code.starts_with("BG"))
            {
                found.insert(code);
            }
        }
    }
}

#[test]
fn every_halt_has_a_tried_way_out() {
    let code = texts("services", &["rs"]);
    let mut halts = BTreeSet::new();
    for (_, text) in &code {
        codes_behind(text, &["halt(", "by_sqlstate("], &mut halts);
    }
    assert!(halts.len() > 90, "the failure tables have another form: {halts:?}");

    let trials: Vec<String> = texts("tests", &["rs", "snap"])
        .into_iter()
        .filter(|(path, _)| !path.ends_with("halt_codes.rs"))
        .map(|(_, text)| text)
        .collect();
    let is_tried = |code: &str| trials.iter().any(|text| text.contains(code));
    let excused = |code: &str| NOT_TRIED.iter().any(|(one, _)| *one == code);

    let untried: Vec<_> = halts.iter().filter(|code| !is_tried(code) && !excused(code)).collect();
    assert!(untried.is_empty(), "no trial under tests/ names {untried:?}");
    let stale: Vec<_> = NOT_TRIED
        .iter()
        .map(|(code, _)| code)
        .filter(|code| !halts.contains(*code) || is_tried(code))
        .collect();
    assert!(stale.is_empty(), "tried, or gone, and still said not to be tried: {stale:?}");
}
