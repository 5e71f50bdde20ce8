//! How many rows a revision gained, lost and changed. Compared by the JSON Lines that were published, so
//! that it says what a reader would find.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Difference {
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
}

/// Half a SHA-256: rows that differ are not taken for equal.
type LineHash = [u8; 16];

/// `before` is none for the first revision of a resource: all its rows are added then.
pub fn between(before: Option<&Path>, after: &Path, key: &[&str]) -> io::Result<Difference> {
    let old: HashSet<LineHash> = match before {
        Some(path) => {
            lines(path)?.map(|line| line.map(|line| hash(&line))).collect::<Result<_, _>>()?
        }
        None => HashSet::new(),
    };
    let mut unchanged = HashSet::new();
    let mut new_keys = HashSet::new();
    for line in lines(after)? {
        let line = line?;
        let hash = hash(&line);
        if old.contains(&hash) {
            unchanged.insert(hash);
        } else {
            new_keys.insert(key_of(&line, key));
        }
    }
    let mut difference = Difference::default();
    if let Some(path) = before.filter(|_| unchanged.len() < old.len()) {
        for line in lines(path)? {
            let line = line?;
            if unchanged.contains(&hash(&line)) {
                continue;
            }
            if new_keys.remove(&key_of(&line, key)) {
                difference.changed += 1;
            } else {
                difference.removed += 1;
            }
        }
    }
    difference.added = new_keys.len() as u64;
    Ok(difference)
}

fn lines(path: &Path) -> io::Result<impl Iterator<Item = io::Result<Vec<u8>>>> {
    Ok(BufReader::with_capacity(1 << 18, File::open(path)?).split(b'\n'))
}

fn hash(line: &[u8]) -> LineHash {
    let mut half = LineHash::default();
    half.copy_from_slice(&Sha256::digest(line)[..16]);
    half
}

/// Of the key's values, as JSON. A line that lacks them (the key is another one now) counts by itself.
fn key_of(line: &[u8], key: &[&str]) -> LineHash {
    let row: HashMap<String, Value> = serde_json::from_slice(line).unwrap_or_default();
    let values: Option<Vec<&Value>> = key.iter().map(|name| row.get(*name)).collect();
    match values {
        Some(values) => hash(&serde_json::to_vec(&values).unwrap_or_default()),
        None => hash(line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_apart_by_their_key() {
        let dir = std::env::temp_dir().join(format!("bangioc-difference-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let file = |name: &str, text: &str| {
            let path = dir.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let before =
            file("a", "{\"k\":1,\"v\":\"a\"}\n{\"k\":2,\"v\":\"b\"}\n{\"k\":3,\"v\":\"c\"}\n");
        let after = file(
            "b",
            "{\"k\":1,\"v\":\"a\"}\n{\"k\":2,\"v\":\"B\"}\n{\"k\":4,\"v\":\"c\"}\n{\"k\":5,\"v\":null}\n",
        );
        let check = |before, after, added, removed, changed| {
            assert_eq!(
                between(before, after, &["k"]).unwrap(),
                Difference { added, removed, changed }
            );
        };
        check(Some(&before), &after, 2, 1, 1);
        check(Some(&after), &before, 1, 2, 1);
        check(Some(&after), &after, 0, 0, 0);
        check(None, &after, 4, 0, 0);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
