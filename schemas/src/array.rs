//! The elements of an array's text, for rules and projections, and for who reads contracts' rows.

pub use bangioc_postgres_text::array::{Elements, NotAnArray, elements};
