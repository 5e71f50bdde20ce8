//! What the deployment's secret is for: names of keys that say nothing, and payloads that only it opens.

use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use bangioc_runtime::secret::Secret;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use crate::error::SinkError;

const NONCE: usize = 12;
const LEAST_SECRET: usize = 16;

/// First 8 bytes of HMAC-SHA-256(secret, topic NUL key). A plain hash of a citizen number could be
/// reversed by trying all of them. Two keys may share one: whatever is kept holds the whole key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyRef(pub [u8; 8]);

impl std::fmt::Display for KeyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl std::str::FromStr for KeyRef {
    type Err = NotAKeyRef;

    fn from_str(text: &str) -> Result<KeyRef, NotAKeyRef> {
        let digits = (text.len() == 16).then_some(text).ok_or(NotAKeyRef)?;
        u64::from_str_radix(digits, 16)
            .map(|n| KeyRef(n.to_be_bytes()))
            .map_err(|_| NotAKeyRef)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a key reference has 16 hexadecimal digits")]
pub struct NotAKeyRef;

/// Where a sealed payload belongs; opening it anywhere else fails.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}|{}|{}", self.topic, self.partition, self.offset).into_bytes()
    }
}

#[derive(Clone)]
pub struct Seal {
    names: Hmac<Sha256>,
    cipher: Aes256Gcm,
}

impl Seal {
    pub fn new(secret: &Secret) -> Result<Seal, SinkError> {
        let secret = secret.reveal().trim().as_bytes();
        if secret.len() < LEAST_SECRET {
            return Err(SinkError::SecretShort {
                wanted: LEAST_SECRET,
            });
        }
        // Two keys from one secret, so that neither use can weaken the other.
        let names = derive(secret, b"bangioc key names");
        let payloads = derive(secret, b"bangioc payloads");
        let short = |_| SinkError::SecretShort {
            wanted: LEAST_SECRET,
        };
        Ok(Seal {
            names: Hmac::new_from_slice(&names).map_err(short)?,
            cipher: Aes256Gcm::new_from_slice(&payloads).map_err(short)?,
        })
    }

    /// `key`: the key datum, without the 5-byte header; of an unreadable key its bytes as they came.
    pub fn key_ref(&self, topic: &str, key: &[u8]) -> KeyRef {
        let mut mac = self.names.clone();
        mac.update(topic.as_bytes());
        mac.update(&[0]);
        mac.update(key);
        let digest = mac.finalize().into_bytes();
        let mut first = [0; 8];
        first.copy_from_slice(&digest[..8]);
        KeyRef(first)
    }

    /// Nonce and ciphertext.
    pub fn close(&self, place: Place<'_>, payload: &[u8]) -> Result<Vec<u8>, SinkError> {
        let nonce: [u8; NONCE] = rand::random();
        let sealed = self
            .cipher
            .encrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: payload,
                    aad: &place.bytes(),
                },
            )
            .map_err(|_| SinkError::PayloadSealed)?;
        Ok([&nonce[..], &sealed].concat())
    }

    pub fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SinkError> {
        let (nonce, text) = sealed
            .split_at_checked(NONCE)
            .ok_or(SinkError::PayloadSealed)?;
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SinkError::PayloadSealed)?;
        self.cipher
            .decrypt(
                &Nonce::from(nonce),
                Payload {
                    msg: text,
                    aad: &place.bytes(),
                },
            )
            .map_err(|_| SinkError::PayloadSealed)
    }
}

fn derive(secret: &[u8], purpose: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    // HMAC would do as well; a secret of at least 16 random bytes behind a purpose is enough here.
    Sha256::new()
        .chain_update(purpose)
        .chain_update([0])
        .chain_update(secret)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: &str) -> Seal {
        Seal::new(&Secret::new(secret)).unwrap()
    }

    #[test]
    fn a_payload_opens_only_with_its_secret_and_in_its_place() {
        let place = Place {
            topic: "t",
            partition: 1,
            offset: 7,
        };
        let sealed = seal("0123456789abcdef").close(place, b"citizen").unwrap();
        assert!(!sealed.windows(7).any(|bytes| bytes == b"citizen"));
        assert_eq!(
            seal("0123456789abcdef").open(place, &sealed).unwrap(),
            b"citizen"
        );
        assert!(seal("0123456789abcdeg").open(place, &sealed).is_err());
        let elsewhere = Place { offset: 8, ..place };
        assert!(seal("0123456789abcdef").open(elsewhere, &sealed).is_err());
        assert!(seal("0123456789abcdef").open(place, &sealed[..5]).is_err());
    }

    #[test]
    fn a_key_has_another_name_in_another_topic_and_deployment() {
        let here = seal("0123456789abcdef").key_ref("t", b"k");
        assert_eq!(here, seal("0123456789abcdef").key_ref("t", b"k"));
        assert_ne!(here, seal("0123456789abcdef").key_ref("u", b"k"));
        assert_ne!(here, seal("fedcba9876543210").key_ref("t", b"k"));
        assert_eq!(here.to_string().parse::<KeyRef>().unwrap(), here);
    }
}
