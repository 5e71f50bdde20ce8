//! Ids of datasets, owners and sources, and the names that columns may have with us: they must stand in
//! topics, Avro, PostgreSQL and file names alike.

use std::fmt;

/// `land-parcel`: lower-case letters, digits and single `-`, 1 to 48 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct DatasetId(pub(crate) String);

/// `so-nnmt`: same form as [`DatasetId`].
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct OwnerId(pub(crate) String);

macro_rules! text_id {
    ($($name:ident),*) => {$(
        impl $name {
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
    )*};
}
text_id!(DatasetId, OwnerId);

impl DatasetId {
    /// None when it could not stand in a topic, a file name and a table name; see [`id_fault`].
    pub fn parse(text: &str) -> Option<DatasetId> {
        id_fault(text).is_none().then(|| DatasetId(text.to_owned()))
    }
}

impl OwnerId {
    pub fn parse(text: &str) -> Option<OwnerId> {
        id_fault(text).is_none().then(|| OwnerId(text.to_owned()))
    }
}

/// Longest id: `<prefix>.shared.<owner>.<dataset>-value` stays far below Kafka's 249 characters, and a
/// table name below PostgreSQL's 63.
const MAX_ID: usize = 48;

/// Words that mean something of their own where ids are used as names: devices of Windows, folders
/// beside the contracts, tables in which a sink keeps its books.
const RESERVED: [&str; 17] = [
    "con",
    "prn",
    "aux",
    "nul",
    "src",
    "tests",
    "code-lists",
    "shared",
    "open",
    "progress",
    "lease",
    "instance",
    "ledger",
    "parked-key",
    "parked-record",
    "migration",
    "freshness",
];

/// What is wrong with an id of a dataset, an owner or a source; None when nothing is.
///
/// An id is 1 to 48 lower-case ASCII letters, digits and single `-`, begins with a letter and does not
/// end with `-`. Without `_` and `.` the mappings to topics, Avro and tables stay one-to-one.
pub fn id_fault(id: &str) -> Option<&'static str> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let device =
        matches!(id.as_bytes(), [b'c', b'o', b'm', b'0'..=b'9'] | [b'l', b'p', b't', b'0'..=b'9']);
    if id.is_empty() {
        Some("is empty")
    } else if id.len() > MAX_ID {
        Some("is longer than 48 characters")
    } else if !id.bytes().all(known) {
        Some("holds more than lower-case letters, digits and `-`")
    } else if !id.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("does not begin with a letter")
    } else if id.ends_with('-') || id.contains("--") {
        Some("has a `-` at its end or two in a row")
    } else if device || RESERVED.contains(&id) {
        Some("is a reserved word")
    } else {
        None
    }
}

/// What is wrong with our name of a column; None when nothing is. What the source calls it is another matter:
/// [`crate::source_name`].
///
/// Lower-case ASCII letters, digits and `_`, beginning with a letter, at most 63 characters: so it is
/// the same unquoted in PostgreSQL, in Avro and in JSON, and never one of the store's own columns.
pub(crate) fn column_fault(name: &str) -> Option<&'static str> {
    let known = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if name.is_empty() {
        Some("is empty")
    } else if name.len() > 63 {
        Some("is longer than PostgreSQL's 63 characters")
    } else if !name.bytes().all(known) {
        Some("holds more than lower-case letters, digits and `_`")
    } else if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        Some("does not begin with a letter")
    } else if is_system_column(name) {
        Some("is a system column of PostgreSQL")
    } else {
        None
    }
}

pub(crate) fn is_system_column(name: &str) -> bool {
    ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_not_stand_everywhere_are_refused() {
        let long = "a".repeat(49);
        for bad in [
            "", "../x", "../../x", "a/b", "a\\b", "con", "com1", "nul", "a.", "a.b", ".a", "-a",
            "a-", "a--b", "A", "đ", "a_b", "a b", "1a", "lease", "a\0", "a'b", "a\"b", &long,
        ] {
            assert!(id_fault(bad).is_some(), "{bad:?}");
        }
        for good in ["a", "so-nnmt", "land-parcel", "ocop2", "st-research-task", &"a".repeat(48)] {
            assert_eq!(id_fault(good), None, "{good}");
        }
    }
}
