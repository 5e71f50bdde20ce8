//! In no crate a file imports one that imports it. Read from the code's text, as `use` and paths name modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::root;

/// What a file takes from the one that declares it counts only in these: elsewhere a folder's own file may hold
/// the words that the files in it share.
const STRICT: [&str; 2] = ["schemas", "services/lib/sink"];

/// Of `schemas`, from the ground up; what a layer holds stands on one line, in any order.
const LAYERS: [&[&str]; 5] = [
    &["canonical", "column_type", "id", "identity", "row", "source_name"],
    &["rules"],
    &["open"],
    &["contracts"],
    &["file"],
];

/// The only files of `schemas` that may touch a disk.
const EDGE: &str = "file::";

/// `rules::row::link` → the code of its file.
type Sources = BTreeMap<String, String>;

/// `rules::row::link` → the modules that its file names, by their whole paths.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// Every file of a crate's `src` but its root, by its module's path, without tests and comments.
fn sources(root: &Path) -> Sources {
    files(root)
        .into_iter()
        .filter_map(|file| {
            let place = file.strip_prefix(root).expect("below the root").with_extension("");
            let names: Vec<_> = place.iter().map(|name| name.to_string_lossy()).collect();
            let module = names.join("::");
            let module = module.strip_suffix("::mod").unwrap_or(&module).to_owned();
            let text = fs::read_to_string(&file).expect("a file");
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            let code = code.collect::<Vec<_>>().join("\n");
            (!["lib", "main"].contains(&module.as_str()) && !module.ends_with("tests"))
                .then_some((module, code))
        })
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

fn imports(sources: &Sources) -> Imports {
    let resolved = |module: &String, code: &String| -> BTreeSet<String> {
        let named = paths(code).into_iter().filter_map(|path| resolve(module, &path, sources));
        named.filter(|name| name != module).collect()
    };
    sources.iter().map(|(module, code)| (module.clone(), resolved(module, code))).collect()
}

/// Every path in the code, the braces of a `use` spelled out: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    // What stood before each brace that is open, and the path that is being read.
    let (mut open, mut path) = (Vec::new(), String::new());
    for letter in code.chars().chain([' ']) {
        match letter {
            letter if letter.is_alphanumeric() || letter == '_' || letter == ':' => {
                if path.is_empty() {
                    path.clone_from(open.last().unwrap_or(&String::new()));
                }
                path.push(letter);
            }
            '{' => {
                // Of a block, or of a `use` that goes on inside.
                open.push(if path.ends_with("::") { path.clone() } else { String::new() });
                path.clear();
            }
            other => {
                if path.contains("::") {
                    found.push(path.clone());
                }
                path.clear();
                if other == '}' {
                    open.pop();
                }
            }
        }
    }
    found
}

/// The file that a path leads to: the longest beginning of it that is one.
fn resolve(module: &str, path: &str, sources: &Sources) -> Option<String> {
    let mut at: Vec<&str> = module.split("::").collect();
    let mut steps = path.split("::").peekable();
    match *steps.peek()? {
        "crate" => at.clear(),
        "self" | "super" => {}
        // A child, declared here.
        child => {
            sources.contains_key(&format!("{module}::{child}")).then_some(())?;
        }
    }
    for step in steps {
        match step {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            step => at.push(step),
        }
    }
    (1..=at.len())
        .rev()
        .map(|length| at[..length].join("::"))
        .find(|module| sources.contains_key(module))
}

/// The modules from which a way leads back to themselves.
fn circles(imports: &Imports) -> Vec<String> {
    let leads_back = |start: &&String| {
        let mut seen = BTreeSet::new();
        let mut next: Vec<&String> = imports[*start].iter().collect();
        while let Some(module) = next.pop() {
            if seen.insert(module) {
                next.extend(&imports[module]);
            }
        }
        seen.contains(start)
    };
    imports.keys().filter(leads_back).cloned().collect()
}

/// Height of a module's layer. None: it belongs to none.
fn layer(module: &str) -> Option<usize> {
    let first = module.split("::").next()?;
    LAYERS.iter().position(|layer| layer.contains(&first))
}

fn schemas() -> Sources {
    sources(&root().join("schemas/src"))
}

fn circles_of(source_folder: &str) -> Vec<String> {
    let mut imports = imports(&sources(&root().join(source_folder).join("src")));
    if !STRICT.contains(&source_folder) {
        for (module, names) in &mut imports {
            names.retain(|name| !module.starts_with(&format!("{name}::")));
        }
    }
    circles(&imports)
}

#[test]
fn no_file_imports_what_imports_it() {
    let mut crates = vec!["schemas".to_owned(), "tests".to_owned()];
    for folder in ["services", "services/lib"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if root().join(folder).join(&name).join("src").is_dir() {
                crates.push(format!("{folder}/{name}"));
            }
        }
    }
    assert!(crates.len() > 12, "{crates:?}");
    for each in crates {
        assert_eq!(circles_of(&each), [""; 0], "{each}");
    }
}

#[test]
fn what_stands_lower_in_schemas_imports_nothing_of_what_stands_higher() {
    let mut upward = Vec::new();
    for (module, names) in imports(&schemas()) {
        let own = layer(&module).unwrap_or_else(|| panic!("`{module}` stands in no layer"));
        let above = names.into_iter().filter(|name| layer(name) > Some(own));
        upward.extend(above.map(|name| format!("{module} imports {name}")));
    }
    assert_eq!(upward, [""; 0]);
}

#[test]
fn only_the_edge_of_schemas_touches_a_disk() {
    let touches = |code: &str| ["fs::", "File::", "env::"].iter().any(|word| code.contains(word));
    let inside = schemas().into_iter().filter(|(module, _)| !module.starts_with(EDGE));
    let found: Vec<String> =
        inside.filter(|(_, code)| touches(code)).map(|(module, _)| module).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn what_the_tests_look_for_is_seen() {
    let sources: BTreeMap<String, String> = [
        ("ground", "use std::fmt;"),
        ("a", "mod b;\nuse b::B;\npub struct Word;"),
        ("a::b", "use crate::ground::{Cell, Row};\nuse super::{Word, c};"),
        ("a::c", "fn f() { crate::ground::g() }"),
    ]
    .map(|(module, code)| (module.to_owned(), code.to_owned()))
    .into();
    let imports = imports(&sources);
    let of = |module: &str| imports[module].iter().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(of("ground"), [""; 0]);
    assert_eq!(of("a"), ["a::b"]);
    assert_eq!(of("a::b"), ["a", "a::c", "ground"]);
    assert_eq!(of("a::c"), ["ground"]);
    assert_eq!(circles(&imports), ["a", "a::b"]);
}
