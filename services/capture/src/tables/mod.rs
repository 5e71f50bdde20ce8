//! A source's tables by SQL: rows of a range and rows by key, with what the snapshot could not see.
//!
//! `connect` opens a connection, `table` writes the SQL, `reader` runs it, `text` reads COPY's form; `oids` and
//! `estimate` ask the catalogue.

pub(crate) mod connect;
pub(crate) mod estimate;
pub(crate) mod oids;
pub(crate) mod reader;
pub(crate) mod running;
pub(crate) mod seen_by;
pub(crate) mod table;
pub(crate) mod text;
