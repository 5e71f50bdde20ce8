//! Names of keys that say nothing, and payloads that only the store's own keys open. The deployment's secret
//! opens those keys and nothing else, so that it can be exchanged while records are parked.

use aes_gcm::aead::{Aead, KeyInit as _, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use bangioc_postgres_text::hex;
use bangioc_runtime::secret::Secret;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use sqlx::PgConnection;

use crate::error::SinkError;

const NONCE: usize = 12;
const LEAST_SECRET: usize = 16;
const KEY: usize = 32;
/// What the sealed keys belong to.
const KEYS: &[u8] = b"flow.sealed_keys";

/// First 8 bytes of HMAC-SHA-256(the store's key for names, topic NUL key). A plain hash of a citizen number could be
/// reversed by trying all of them. Two keys may share one: whatever is kept holds the whole key.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct KeyRef(pub [u8; 8]);

impl std::fmt::Display for KeyRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex::to_hex(&self.0))
    }
}

impl std::str::FromStr for KeyRef {
    type Err = NotAKeyRef;

    fn from_str(text: &str) -> Result<KeyRef, NotAKeyRef> {
        hex::from_hex(text).map(KeyRef).ok_or(NotAKeyRef)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a key reference has 16 hexadecimal digits")]
pub struct NotAKeyRef;

/// Where a sealed payload belongs; opening it anywhere else fails.
#[derive(Clone, Copy, Debug)]
pub struct SealedPlace<'a> {
    pub topic: &'a str,
    pub partition: i32,
    pub offset: i64,
}

impl SealedPlace<'_> {
    fn bytes(&self) -> Vec<u8> {
        format!("{}|{}|{}", self.topic, self.partition, self.offset).into_bytes()
    }
}

/// The deployment's secret, and the one before it while it is being exchanged.
#[derive(Clone, Debug)]
pub struct Secrets {
    pub now: Secret,
    pub previous: Option<Secret>,
}

/// What a store names keys and seals payloads with. Made once for each store, and kept in it, sealed by the
/// secret: a new secret seals them anew, and what is parked stays as it is.
struct Keys {
    names: [u8; KEY],
    payloads: [u8; KEY],
}

impl Keys {
    fn sealed(&self, secret: &Secret) -> Result<Vec<u8>, SinkError> {
        encrypt(&wrapping(secret)?, KEYS, &[self.names, self.payloads].concat())
    }

    /// None: it is not the secret that they were sealed with.
    fn opened(secret: &Secret, sealed: &[u8]) -> Result<Option<Keys>, SinkError> {
        let Ok(bytes) = decrypt(&wrapping(secret)?, KEYS, sealed) else {
            return Ok(None);
        };
        let (names, payloads) = bytes.split_at_checked(KEY).unwrap_or_default();
        Ok(names
            .try_into()
            .ok()
            .zip(payloads.try_into().ok())
            .map(|(names, payloads)| Keys { names, payloads }))
    }
}

/// Makes the keys of a store that has none, and seals them with the new secret where they were sealed with
/// the previous one. Call it inside the transaction of a migration, which lets one in at a time.
pub async fn keep(connection: &mut PgConnection, secrets: &Secrets) -> Result<(), SinkError> {
    let Some(sealed) = stored(connection).await? else {
        // Before it had keys of its own, a store was named and sealed by the secret itself.
        let used: bool = sqlx::query_scalar(
            "select exists (select from flow.parked_key) or exists (select from flow.parked_record) \
             or exists (select from flow.disclosure)",
        )
        .fetch_one(&mut *connection)
        .await?;
        let first = secrets.previous.as_ref().unwrap_or(&secrets.now);
        let keys = if used {
            Keys::derived(first)?
        } else {
            Keys { names: rand::random(), payloads: rand::random() }
        };
        sqlx::query("insert into flow.sealed_keys (sealed) values ($1)")
            .bind(keys.sealed(&secrets.now)?)
            .execute(connection)
            .await?;
        return Ok(());
    };
    if Keys::opened(&secrets.now, &sealed)?.is_some() {
        return Ok(());
    }
    let Some(previous) = &secrets.previous else {
        return Err(SinkError::SecretDiffers);
    };
    let keys = Keys::opened(previous, &sealed)?.ok_or(SinkError::SecretDiffers)?;
    sqlx::query("update flow.sealed_keys set sealed = $1, sealed_at = now()")
        .bind(keys.sealed(&secrets.now)?)
        .execute(connection)
        .await?;
    tracing::info!(
        "the store's keys are sealed with the new secret; the previous one is no longer needed"
    );
    Ok(())
}

async fn stored(connection: &mut PgConnection) -> Result<Option<Vec<u8>>, SinkError> {
    Ok(sqlx::query_scalar("select sealed from flow.sealed_keys").fetch_optional(connection).await?)
}

#[derive(Clone)]
pub struct Seal {
    names: Hmac<Sha256>,
    cipher: Aes256Gcm,
}

impl Seal {
    /// With the keys of a store that a sink has prepared. Also with the secret that a sink has yet to
    /// exchange.
    pub async fn of_store(
        connection: &mut PgConnection,
        secrets: &Secrets,
    ) -> Result<Seal, SinkError> {
        let sealed = stored(connection).await?.ok_or(SinkError::SecretDiffers)?;
        for secret in [Some(&secrets.now), secrets.previous.as_ref()].into_iter().flatten() {
            if let Some(keys) = Keys::opened(secret, &sealed)? {
                return Seal::with(&keys);
            }
        }
        Err(SinkError::SecretDiffers)
    }

    fn with(keys: &Keys) -> Result<Seal, SinkError> {
        let short = |_| SinkError::SecretShort { wanted: KEY };
        Ok(Seal {
            names: Hmac::new_from_slice(&keys.names).map_err(short)?,
            cipher: Aes256Gcm::new_from_slice(&keys.payloads).map_err(short)?,
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
    pub fn close(&self, place: SealedPlace<'_>, payload: &[u8]) -> Result<Vec<u8>, SinkError> {
        encrypt(&self.cipher, &place.bytes(), payload)
    }

    pub fn open(&self, place: SealedPlace<'_>, sealed: &[u8]) -> Result<Vec<u8>, SinkError> {
        decrypt(&self.cipher, &place.bytes(), sealed)
    }
}

fn encrypt(cipher: &Aes256Gcm, belongs_to: &[u8], plain: &[u8]) -> Result<Vec<u8>, SinkError> {
    let nonce: [u8; NONCE] = rand::random();
    let payload = Payload { msg: plain, aad: belongs_to };
    let sealed =
        cipher.encrypt(&Nonce::from(nonce), payload).map_err(|_| SinkError::PayloadSealed)?;
    Ok([&nonce[..], &sealed].concat())
}

fn decrypt(cipher: &Aes256Gcm, belongs_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SinkError> {
    let (nonce, text) = sealed.split_at_checked(NONCE).ok_or(SinkError::PayloadSealed)?;
    let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SinkError::PayloadSealed)?;
    let payload = Payload { msg: text, aad: belongs_to };
    cipher.decrypt(&Nonce::from(nonce), payload).map_err(|_| SinkError::PayloadSealed)
}

/// What the store's keys are sealed with.
fn wrapping(secret: &Secret) -> Result<Aes256Gcm, SinkError> {
    Aes256Gcm::new_from_slice(&derive(secret, b"bangioc keys")?)
        .map_err(|_| SinkError::SecretShort { wanted: KEY })
}

impl Keys {
    /// Two keys from one secret, so that neither use can weaken the other.
    fn derived(secret: &Secret) -> Result<Keys, SinkError> {
        Ok(Keys {
            names: derive(secret, b"bangioc key names")?,
            payloads: derive(secret, b"bangioc payloads")?,
        })
    }
}

fn derive(secret: &Secret, purpose: &[u8]) -> Result<[u8; KEY], SinkError> {
    use sha2::Digest as _;
    let secret = secret.reveal().trim().as_bytes();
    if secret.len() < LEAST_SECRET {
        return Err(SinkError::SecretShort { wanted: LEAST_SECRET });
    }
    // HMAC would do as well; a secret of at least 16 random bytes behind a purpose is enough here.
    Ok(Sha256::new().chain_update(purpose).chain_update([0]).chain_update(secret).finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(secret: &str) -> Seal {
        Seal::with(&Keys::derived(&Secret::new(secret)).unwrap()).unwrap()
    }

    #[test]
    fn a_stores_keys_open_only_with_the_secret_that_sealed_them() {
        let (old, new) = (Secret::new("0123456789abcdef"), Secret::new("fedcba9876543210"));
        let keys = Keys::derived(&old).unwrap();
        let sealed = keys.sealed(&new).unwrap();
        assert!(Keys::opened(&old, &sealed).unwrap().is_none());
        let opened = Keys::opened(&new, &sealed).unwrap().unwrap();
        assert!(opened.names == keys.names && opened.payloads == keys.payloads);
        assert!(Keys::opened(&new, &sealed[1..]).unwrap().is_none());
        assert!(matches!(
            keys.sealed(&Secret::new("too short")),
            Err(SinkError::SecretShort { wanted: 16 })
        ));
    }

    #[test]
    fn a_payload_opens_only_with_its_secret_and_in_its_place() {
        let place = SealedPlace { topic: "t", partition: 1, offset: 7 };
        let sealed = seal("0123456789abcdef").close(place, b"citizen").unwrap();
        assert!(!sealed.windows(7).any(|bytes| bytes == b"citizen"));
        assert_eq!(seal("0123456789abcdef").open(place, &sealed).unwrap(), b"citizen");
        assert!(seal("0123456789abcdeg").open(place, &sealed).is_err());
        let elsewhere = SealedPlace { offset: 8, ..place };
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
