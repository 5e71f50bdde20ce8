//! The `bangioc-absent` header: which columns did not travel with a change, and why.
//!
//! A run of entries, each `reason, length, name`: reason is one ASCII letter (`T` an unchanged TOAST
//! value, `L` a value too large to travel; lower case when the before image lacks it), length one byte,
//! name the column's in UTF-8 (PostgreSQL's are at most 63 bytes). Names, not positions: a record
//! outlives the contract version that wrote it. No header: nothing is absent. Only the header decides;
//! the placeholder in the Avro field is for readers that do not know it.

use bangioc_schemas::row::Absence;

use crate::error::DecodeCode;

/// Which of a change's two rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Image {
    Before,
    After,
}

/// Appends an entry. Longer names than the form can say do not exist in PostgreSQL.
pub(crate) fn put(out: &mut Vec<u8>, image: Image, absence: Absence, name: &str) {
    let reason = match (image, absence) {
        (Image::After, Absence::Toast) => b'T',
        (Image::After, Absence::TooLarge) => b'L',
        (Image::Before, Absence::Toast) => b't',
        (Image::Before, Absence::TooLarge) => b'l',
    };
    let Ok(length) = u8::try_from(name.len()) else {
        return;
    };
    out.extend_from_slice(&[reason, length]);
    out.extend_from_slice(name.as_bytes());
}

/// Calls `entry` for each; a header out of form is refused whole.
pub(crate) fn read(
    mut header: &[u8],
    mut entry: impl FnMut(Image, Absence, &str) -> Result<(), DecodeCode>,
) -> Result<(), DecodeCode> {
    while let [reason, length, rest @ ..] = header {
        let (image, absence) = match reason {
            b'T' => (Image::After, Absence::Toast),
            b'L' => (Image::After, Absence::TooLarge),
            b't' => (Image::Before, Absence::Toast),
            b'l' => (Image::Before, Absence::TooLarge),
            _ => return Err(DecodeCode::BadHeader),
        };
        let (name, after) =
            rest.split_at_checked(usize::from(*length)).ok_or(DecodeCode::BadHeader)?;
        let name = std::str::from_utf8(name).map_err(|_| DecodeCode::BadHeader)?;
        entry(image, absence, name)?;
        header = after;
    }
    if header.is_empty() { Ok(()) } else { Err(DecodeCode::BadHeader) }
}
