//! What lies above imports what lies below, never the other way round: an order that is read once and kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Module → the modules that it names.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// Modules of the crate by `crate::NAME`; a folder and its files are one.
fn of_crate(root: &Path) -> Imports {
    let mut imports = Imports::new();
    for file in files(root) {
        let place = file.strip_prefix(root).expect("below the root");
        let first = place.components().next().expect("a name").as_os_str();
        let module = first.to_string_lossy().trim_end_matches(".rs").to_owned();
        if module == "lib" || module == "layers" {
            continue;
        }
        let names = named(&fs::read_to_string(&file).expect("a file"), "crate::");
        imports.entry(module).or_default().extend(names);
    }
    imports
}

/// Files of one folder by `super::NAME`; what they take from the folder's own file is no matter.
fn of_folder(folder: &Path) -> Imports {
    files(folder)
        .filter(|file| file.parent() == Some(folder))
        .map(|file| {
            let module = file.file_stem().expect("a name").to_string_lossy().into_owned();
            let names = named(&fs::read_to_string(&file).expect("a file"), "use super::");
            (module, names)
        })
        .collect()
}

fn named(text: &str, prefix: &str) -> BTreeSet<String> {
    text.split(prefix)
        .skip(1)
        .map(|rest| {
            rest.chars().take_while(|letter| letter.is_alphanumeric() || *letter == '_').collect()
        })
        .collect()
}

fn files(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path).collect::<Vec<_>>());
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.into_iter()
}

/// What is left when whatever imports nothing of the rest is taken away, again and again: circles, and
/// what stands on them.
fn circles(mut imports: Imports) -> Vec<String> {
    loop {
        let left: BTreeSet<String> = imports.keys().cloned().collect();
        imports
            .retain(|module, names| names.iter().any(|name| name != module && left.contains(name)));
        if imports.len() == left.len() {
            return imports.into_keys().collect();
        }
    }
}

#[test]
fn no_module_imports_what_imports_it() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    assert_eq!(circles(of_crate(&root)), [""; 0], "modules of the crate");
    for folder in
        ["copy", "copy/copier", "preflight", "replication", "session", "signal", "stream", "tables"]
    {
        assert_eq!(circles(of_folder(&root.join(folder))), [""; 0], "files of {folder}");
    }
}

#[test]
fn a_circle_is_seen() {
    let imports = |edges: &[(&str, &str)]| -> Imports {
        let mut imports = Imports::new();
        for (from, to) in edges {
            imports.entry((*to).to_owned()).or_default();
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        imports
    };
    assert_eq!(circles(imports(&[("c", "b"), ("b", "a"), ("c", "a")])), [""; 0]);
    assert_eq!(circles(imports(&[("a", "b"), ("b", "a"), ("a", "c")])), ["a", "b"]);
}
