//! Settings that every connection to a source is opened with, whatever its role, its database or the
//! server has set.

/// How values are written, fixed so that a streamed row and a copied row have the same text.
pub(crate) const TEXT_FORM: [(&str, &str); 5] = [
    ("DateStyle", "ISO"),
    ("IntervalStyle", "postgres"),
    ("extra_float_digits", "3"),
    ("TimeZone", "UTC"),
    ("bytea_output", "hex"),
];
