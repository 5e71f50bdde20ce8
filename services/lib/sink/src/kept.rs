//! A record as it came, in the form in which it is sealed.

use bangioc_change::decode::RecordBytes;
use bangioc_change::{HEADER_ABSENT, HEADER_VERSION};
use bangioc_feed::consume::RawRecord;

/// What of a record says anything about a row.
pub fn of_row<'a>(record: &RawRecord<'a>) -> RecordBytes<'a> {
    RecordBytes {
        key: record.key,
        value: record.value,
        version: record.header(HEADER_VERSION),
        absent: record.header(HEADER_ABSENT),
        offset: record.offset,
    }
}

/// A record as it came, for trying again later.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Kept {
    pub key: Option<Vec<u8>>,
    pub value: Option<Vec<u8>>,
    pub version: Option<Vec<u8>>,
    pub absent: Option<Vec<u8>>,
}

impl Kept {
    pub fn of(bytes: &RecordBytes<'_>) -> Kept {
        let own = |field: Option<&[u8]>| field.map(<[u8]>::to_vec);
        Kept {
            key: own(bytes.key),
            value: own(bytes.value),
            version: own(bytes.version),
            absent: own(bytes.absent),
        }
    }

    pub fn record(&self, offset: i64) -> RecordBytes<'_> {
        RecordBytes {
            key: self.key.as_deref(),
            value: self.value.as_deref(),
            version: self.version.as_deref(),
            absent: self.absent.as_deref(),
            offset,
        }
    }

    /// Four fields, each a length (u32, all ones for none) and its bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        for field in [&self.key, &self.value, &self.version, &self.absent] {
            let length = field
                .as_ref()
                .map_or(u32::MAX, |field| u32::try_from(field.len()).unwrap_or(u32::MAX));
            out.extend_from_slice(&length.to_be_bytes());
            out.extend_from_slice(field.as_deref().unwrap_or_default());
        }
        out
    }

    pub fn from_bytes(bytes: &[u8]) -> Option<Kept> {
        let mut rest = bytes;
        let mut field = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            rest = after;
            let length = u32::from_be_bytes(*length);
            if length == u32::MAX {
                return Some(None);
            }
            let (field, after) = rest.split_at_checked(usize::try_from(length).ok()?)?;
            rest = after;
            Some(Some(field.to_vec()))
        };
        Some(Kept { key: field()?, value: field()?, version: field()?, absent: field()? })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn field() -> impl Strategy<Value = Option<Vec<u8>>> {
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..20))
    }

    proptest! {
        #[test]
        fn a_kept_record_reads_back(key in field(), value in field(), version in field(), absent in field()) {
            let kept = Kept { key, value, version, absent };
            let bytes = kept.to_bytes();
            prop_assert!(Kept::from_bytes(&bytes).unwrap() == kept);
            prop_assert!(Kept::from_bytes(&bytes[..bytes.len() - 1]).is_none());
        }
    }
}
