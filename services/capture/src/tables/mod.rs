//! A source's tables by SQL: rows of a range and rows by key, with what the snapshot could not see.
//!
//! `connect` opens a connection, `table` writes the SQL, `reader` runs it, `text` reads COPY's form.

pub(crate) mod connect;
pub(crate) mod reader;
pub(crate) mod seen_by;
pub(crate) mod table;
pub(crate) mod text;
