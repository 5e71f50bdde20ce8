//! Who may ask what: users with the digests of their passwords, and their rights to subjects.
//!
//! A user is a file of `[registry] users_dir`, its name the user's. What a service may do follows from the
//! contracts, by the names that it has at Kafka; the file may give more, a line each:
//!
//! ```text
//! sha256:9f86d081…                 digest of the password; two of them while it is being changed
//! read caobang.open.*              subjects, `*` for any part
//! write test.*                     register in them; reading goes with it
//! admin                            everything: modes, levels, deletion
//! ```
//!
//! Digests alone: whoever takes over the registry's host learns no password. One fast round is enough since a
//! password is a random one: shorter ones than [`SHORTEST`] are refused whatever the file says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;

use bangioc_postgres_text::hex::from_hex;
use sha2::{Digest as _, Sha256};

use crate::error::RegistryFailure;

/// In bytes. Sixteen characters by chance are out of reach even for whoever has the digests.
const SHORTEST: usize = 16;

type PasswordDigest = [u8; 32];

/// A subject that a topic of the contracts uses, and who has to do with it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UsedSubject {
    pub name: String,
    /// The user that sends the topic's records.
    pub writer: String,
    /// The users that read them.
    pub readers: Vec<String>,
}

/// What one user may do.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Rights {
    admin: bool,
    read: BTreeSet<String>,
    write: BTreeSet<String>,
    /// With a `*`.
    read_patterns: Vec<String>,
    write_patterns: Vec<String>,
}

impl Rights {
    fn all() -> Self {
        Self { admin: true, ..Self::default() }
    }

    pub(crate) fn is_admin(&self) -> bool {
        self.admin
    }

    pub(crate) fn may_write(&self, subject: &str) -> bool {
        self.admin || holds(&self.write, &self.write_patterns, subject)
    }

    pub(crate) fn may_read(&self, subject: &str) -> bool {
        self.may_write(subject) || holds(&self.read, &self.read_patterns, subject)
    }

    fn add(&mut self, line: &str) -> Result<(), &'static str> {
        let words: Vec<_> = line.split_whitespace().collect();
        let (names, patterns, subjects) = match *words.as_slice() {
            ["admin"] => {
                self.admin = true;
                return Ok(());
            }
            ["read", subjects] => (&mut self.read, &mut self.read_patterns, subjects),
            ["write", subjects] => (&mut self.write, &mut self.write_patterns, subjects),
            _ => return Err("is none of `sha256:…`, `read SUBJECTS`, `write SUBJECTS`, `admin`"),
        };
        if subjects.contains('*') {
            patterns.push(subjects.to_owned());
        } else {
            names.insert(subjects.to_owned());
        }
        Ok(())
    }
}

fn holds(names: &BTreeSet<String>, patterns: &[String], subject: &str) -> bool {
    names.contains(subject) || patterns.iter().any(|pattern| fits(pattern, subject))
}

/// `*` stands for any text, also none.
fn fits(pattern: &str, subject: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| subject.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = parts.next_back() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// Someone who has logged in.
#[derive(Clone, Debug)]
pub(crate) struct Asker {
    pub(crate) name: Arc<str>,
    pub(crate) rights: Arc<Rights>,
}

struct User {
    digests: Vec<PasswordDigest>,
    asker: Asker,
}

/// Everyone who can log in.
#[derive(Default)]
pub(crate) struct Users(BTreeMap<String, User>);

impl Users {
    /// One file for each; hidden files and folders are none.
    pub(crate) fn read(dir: &Path, subjects: &[UsedSubject]) -> Result<Self, RegistryFailure> {
        let unreadable =
            |source| RegistryFailure::UsersUnreadable { dir: dir.display().to_string(), source };
        locked(dir, &fs::metadata(dir).map_err(unreadable)?)?;
        let mut users = BTreeMap::new();
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let metadata = fs::metadata(&path).map_err(unreadable)?;
            if name.starts_with('.') || !metadata.is_file() {
                continue;
            }
            locked(&path, &metadata)?;
            let text = fs::read_to_string(&path).map_err(unreadable)?;
            let user = User::read(&name, &text, subjects).map_err(|(line, problem)| {
                RegistryFailure::UserMalformed { file: path.display().to_string(), line, problem }
            })?;
            users.insert(name.into_owned(), user);
        }
        if users.is_empty() {
            return Err(RegistryFailure::NoUsers { dir: dir.display().to_string() });
        }
        Ok(Self(users))
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Takes the same time whether or not there is such a user, and wherever a digest differs.
    pub(crate) fn log_in(&self, name: &str, password: &[u8]) -> Option<Asker> {
        const NOBODYS: &[PasswordDigest] = &[[0; 32]];
        let given: PasswordDigest = Sha256::digest(password).into();
        let user = self.0.get(name);
        let digests = user.map_or(NOBODYS, |user| &user.digests);
        let right = digests.iter().fold(false, |right, digest| right | same(digest, &given));
        user.filter(|_| right && password.len() >= SHORTEST).map(|user| user.asker.clone())
    }
}

/// Without users: for experiments of one person on loopback.
pub(crate) fn anyone() -> Asker {
    Asker { name: "anyone".into(), rights: Arc::new(Rights::all()) }
}

fn same(a: &PasswordDigest, b: &PasswordDigest) -> bool {
    std::hint::black_box(a.iter().zip(b).fold(0, |all, (a, b)| all | (a ^ b))) == 0
}

/// Whoever can write it could make themselves a user.
fn locked(path: &Path, metadata: &fs::Metadata) -> Result<(), RegistryFailure> {
    if metadata.mode() & 0o022 == 0 {
        return Ok(());
    }
    Err(RegistryFailure::UsersOpen { path: path.display().to_string() })
}

impl User {
    /// A mistake with the number of its line.
    fn read(name: &str, text: &str, used: &[UsedSubject]) -> Result<Self, (usize, &'static str)> {
        let mut rights = Rights::default();
        for UsedSubject { name: subject, writer, readers } in used {
            if writer == name {
                rights.write.insert(subject.clone());
            }
            if readers.iter().any(|reader| reader == name) {
                rights.read.insert(subject.clone());
            }
        }
        let mut digests = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let wrong = |problem| (number + 1, problem);
            if line.is_empty() || line.starts_with('#') {
            } else if let Some(digest) = line.strip_prefix("sha256:") {
                digests.push(
                    from_hex(digest)
                        .ok_or_else(|| wrong("is no SHA-256 in 64 hexadecimal digits"))?,
                );
            } else {
                rights.add(line).map_err(wrong)?;
            }
        }
        if digests.is_empty() {
            return Err((1, "is not the digest of a password: `sha256:…`"));
        }
        Ok(Self { digests, asker: Asker { name: name.into(), rights: Arc::new(rights) } })
    }
}

#[cfg(test)]
mod tests;
