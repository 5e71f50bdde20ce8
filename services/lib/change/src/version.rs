//! Where a change stands: the version of a record, and PostgreSQL's log position.

use std::fmt;
use std::str::FromStr;

use bangioc_postgres_text::hex;

/// A byte position in PostgreSQL's write-ahead log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Lsn(pub u64);

/// PostgreSQL's own spelling, `16/B374D848`.
impl fmt::Display for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:X}/{:X}", self.0 >> 32, self.0 & 0xFFFF_FFFF)
    }
}

impl fmt::Debug for Lsn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a log position")]
pub struct BadLsn;

impl FromStr for Lsn {
    type Err = BadLsn;

    fn from_str(text: &str) -> Result<Lsn, BadLsn> {
        let (high, low) = text.split_once('/').ok_or(BadLsn)?;
        let part = |digits| hex::number(digits).and_then(|part| u32::try_from(part).ok());
        let (high, low) = part(high).zip(part(low)).ok_or(BadLsn)?;
        Ok(Lsn(u64::from(high) << 32 | u64::from(low)))
    }
}

/// Order of the changes of one key: never a clock, never a row's own log position (the rows of one
/// COPY share it). Compared only within a key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Version {
    /// Grows when the source's identity changes.
    pub epoch: u32,
    /// Of the commit record of the change's transaction.
    pub commit_lsn: Lsn,
    /// Row message n of the transaction (from 1) has 2n, the create half of a key change 2n + 1, a
    /// copied row 0.
    pub ordinal: u64,
}

impl Version {
    pub const BYTES: usize = 20;

    /// Big-endian, so that byte order is version order.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..4].copy_from_slice(&self.epoch.to_be_bytes());
        bytes[4..12].copy_from_slice(&self.commit_lsn.0.to_be_bytes());
        bytes[12..].copy_from_slice(&self.ordinal.to_be_bytes());
        bytes
    }

    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Version {
        let [e0, e1, e2, e3, l0, l1, l2, l3, l4, l5, l6, l7, ordinal @ ..] = bytes;
        Version {
            epoch: u32::from_be_bytes([e0, e1, e2, e3]),
            commit_lsn: Lsn(u64::from_be_bytes([l0, l1, l2, l3, l4, l5, l6, l7])),
            ordinal: u64::from_be_bytes(ordinal),
        }
    }
}

impl Version {
    /// 40 lower-case digits, in version order.
    pub fn to_hex(self) -> String {
        hex::to_hex(&self.to_bytes())
    }

    pub fn from_hex(text: &str) -> Option<Version> {
        hex::from_hex(text).map(Version::from_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_and_versions_are_digits_and_nothing_else() {
        assert_eq!("16/B374D848".parse(), Ok(Lsn(0x16_B374_D848)));
        for bad in ["", "0", "/", "0/", "+1/0", "0/+1", "0/1/2", "100000000/0", "0/é"] {
            assert_eq!(bad.parse::<Lsn>(), Err(BadLsn), "{bad}");
        }
        let version = Version { epoch: 1, commit_lsn: Lsn(2), ordinal: 3 };
        assert_eq!(Version::from_hex(&version.to_hex()), Some(version));
        assert_eq!(Version::from_hex(&format!("+{}", &version.to_hex()[1..])), None);
    }
}
