//! A report that cannot be changed unseen: canonical JSON (keys sorted, nothing between them), signed by Ed25519.
//! Whoever has the public key verifies it without us.
//!
//! The file must be, byte for byte, what we would write of its content; so nothing can be said twice or beside.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use bangioc_postgres_text::hex::{from_hex, to_hex};
use bangioc_runtime::Secret;
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde_json::{Map, Value, json};

use crate::error::ReconcileError;
use crate::run::Report;

const KIND: &str = "bangioc-reconciliation";
const VERSION: u32 = 1;

/// Signs. Made of the 32 bytes of its file, in hexadecimal.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    pub fn of(secret: &Secret) -> Result<SigningKey, ReconcileError> {
        let seed: [u8; 32] = from_hex(secret.reveal().trim()).ok_or(ReconcileError::BadKey)?;
        Ed25519KeyPair::from_seed_unchecked(&seed)
            .map(SigningKey)
            .map_err(|_| ReconcileError::BadKey)
    }

    /// A new one, into a file that only we may read and that was not there before.
    pub fn make(path: &Path) -> Result<SigningKey, ReconcileError> {
        let mut seed = [0; 32];
        SystemRandom::new().fill(&mut seed).map_err(|_| ReconcileError::BadKey)?;
        let seed = to_hex(&seed);
        let written =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).and_then(
                |mut file| {
                    writeln!(file, "{seed}")?;
                    file.sync_all()
                },
            );
        written.map_err(|cause| ReconcileError::file(path, cause))?;
        SigningKey::of(&Secret::new(seed))
    }

    /// For everyone, in hexadecimal.
    pub fn public(&self) -> String {
        to_hex(self.0.public_key().as_ref())
    }

    /// The text of a file.
    pub fn sign(&self, report: &Report) -> Result<String, ReconcileError> {
        let report = serde_json::to_value(report).map_err(|_| ReconcileError::BadKey)?;
        let statement = json!({ "kind": KIND, "version": VERSION, "report": report });
        let signature = to_hex(self.0.sign(canonical(&statement).as_bytes()).as_ref());
        Ok(file(&statement, &self.public(), &signature))
    }
}

fn file(statement: &Value, public_key: &str, signature: &str) -> String {
    let file = json!({ "statement": statement, "public_key": public_key, "signature": signature });
    canonical(&file) + "\n"
}

/// Writes beside the place and puts it there whole.
pub fn write(path: &Path, text: &str) -> Result<(), ReconcileError> {
    let fails = |cause| ReconcileError::file(path, cause);
    let part = path.with_extension("part");
    let mut file = fs::File::create(&part).map_err(fails)?;
    file.write_all(text.as_bytes()).map_err(fails)?;
    file.sync_all().map_err(fails)?;
    fs::rename(&part, path).map_err(fails)
}

/// `key`: the public key in hexadecimal. Not the one in the file: whoever changes that can sign it, too.
pub fn verify(path: &Path, key: &str) -> Result<Report, ReconcileError> {
    let text = fs::read_to_string(path).map_err(|cause| ReconcileError::file(path, cause))?;
    let no_statement = || ReconcileError::NoStatement { path: path.to_owned() };
    let key: [u8; 32] = from_hex(key.trim()).ok_or(ReconcileError::BadKey)?;
    let found: Value = serde_json::from_str(&text).map_err(|_| no_statement())?;
    let statement = found.get("statement").ok_or_else(no_statement)?;
    let signature = found
        .get("signature")
        .and_then(Value::as_str)
        .and_then(from_hex::<64>)
        .ok_or_else(no_statement)?;
    let bad = || ReconcileError::BadSignature { path: path.to_owned() };
    if file(statement, &to_hex(&key), &to_hex(&signature)) != text {
        return Err(bad());
    }
    UnparsedPublicKey::new(&ED25519, key)
        .verify(canonical(statement).as_bytes(), &signature)
        .map_err(|_| bad())?;
    if statement["kind"] != KIND || statement["version"] != VERSION {
        return Err(no_statement());
    }
    serde_json::from_value(statement["report"].clone()).map_err(|_| no_statement())
}

/// Keys in order of their bytes, no blanks. Ours hold texts and whole numbers, so nothing else is to be decided.
fn canonical(value: &Value) -> String {
    sorted(value).to_string()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort_unstable();
            let pairs = keys.into_iter().map(|key| (key.clone(), sorted(&object[key])));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        plain => plain.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::difference::{Outcome, SideResult};

    fn report() -> Report {
        Report {
            prefix: "caobang".into(),
            began_at: "2026-11-30T19:00:00Z".into(),
            ended_at: "2026-11-30T19:00:01Z".into(),
            results: vec![SideResult {
                dataset: "land-parcel".into(),
                owner: "so-nnmt".into(),
                source: "so-nnmt".into(),
                side: "shared".into(),
                outcome: Outcome::NotCompared {
                    code: "BG0807".into(),
                    why: "đang sao chép".into(),
                },
            }],
        }
    }

    fn folder(name: &str) -> std::path::PathBuf {
        let folder =
            std::env::temp_dir().join(format!("bangioc-statement-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn a_statement_is_verified_by_its_public_key_and_by_no_other() {
        let folder = folder("whole");
        let key = SigningKey::make(&folder.join("key")).unwrap();
        let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(folder.join("key")).unwrap());
        assert_eq!(mode & 0o777, 0o600);
        assert!(matches!(SigningKey::make(&folder.join("key")), Err(ReconcileError::File { .. })));
        let again =
            SigningKey::of(&Secret::new(fs::read_to_string(folder.join("key")).unwrap())).unwrap();
        assert_eq!(again.public(), key.public());
        let file = folder.join("statement.json");
        write(&file, &key.sign(&report()).unwrap()).unwrap();
        assert_eq!(verify(&file, &key.public()).unwrap(), report());
        let other = SigningKey::make(&folder.join("other")).unwrap();
        assert!(matches!(verify(&file, &other.public()), Err(ReconcileError::BadSignature { .. })));
        assert!(matches!(verify(&file, "abc"), Err(ReconcileError::BadKey)));
        // Signed anew by somebody who puts a key of their own into the file.
        write(&file, &other.sign(&report()).unwrap()).unwrap();
        assert!(matches!(verify(&file, &key.public()), Err(ReconcileError::BadSignature { .. })));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn not_a_byte_of_it_can_be_changed() {
        let folder = folder("changed");
        let key = SigningKey::make(&folder.join("key")).unwrap();
        let text = key.sign(&report()).unwrap();
        let file = folder.join("statement.json");
        for changed in [
            text.replace("land-parcel", "land-parcels"),
            text.replace("\"statement\":{", "\"statement\": {"),
            text.replace("\"version\":1", "\"version\":2"),
            text.replace("\"side\":\"shared\"", "\"side\":\"open\",\"side\":\"shared\""),
            text.trim_end().to_owned(),
            text.replacen('{', "{\"note\":\"all is well\",", 1),
        ] {
            assert_ne!(changed, text);
            fs::write(&file, &changed).unwrap();
            assert!(verify(&file, &key.public()).is_err(), "{changed}");
        }
        // Every single bit of the signed part.
        let bytes = text.as_bytes();
        for at in 0..bytes.len() {
            let mut changed = bytes.to_vec();
            changed[at] ^= 1;
            fs::write(&file, &changed).unwrap();
            assert!(verify(&file, &key.public()).is_err(), "byte {at}");
        }
        fs::remove_dir_all(folder).unwrap();
    }
}
