//! What an id means, in sixteen bytes: kept for ever, also when the schema itself is erased.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest as _, Sha256};

/// Half of a SHA-256: nobody finds a second text for one, and a claim with some thousand of them stays small.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fingerprint([u8; 16]);

impl Fingerprint {
    pub(crate) fn of(text: &str) -> Self {
        Self::made(&[text])
    }

    /// Of a schema that is not ours to serve: never equal to that of one that is.
    pub(crate) fn of_foreign(kind: &str, text: &str) -> Self {
        Self::made(&["\0", kind, "\0", text])
    }

    fn made(parts: &[&str]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update(part);
        }
        let mut half = [0; 16];
        half.iter_mut().zip(digest.finalize()).for_each(|(to, from)| *to = from);
        Self(half)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD_NO_PAD.encode(self.0))
    }
}

impl<'de> Deserialize<'de> for Fingerprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = STANDARD_NO_PAD.decode(text).map_err(D::Error::custom)?;
        let half = bytes.try_into().map_err(|_| D::Error::custom("not sixteen bytes"))?;
        Ok(Self(half))
    }
}
