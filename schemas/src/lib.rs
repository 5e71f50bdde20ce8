//! The data contracts: one YAML file per dataset says everything about it. Pure: no clock, no async, and no
//! IO but in [`file`], which reads the contract files and writes their Avro. The language is described in this
//! folder's `README.md`.
//!
//! Three words, each built on those before it, between a ground of texts and an edge of files:
//!
//! | | |
//! |---|---|
//! | ground | [`row`]: a row as PostgreSQL writes it, one text per column; `canonical`: JSON in one text only; [`id`], [`source_name`], `column_type`: what datasets and columns are called, with us and at the source, and hold; [`identity`]: which texts of a key are one key |
//! | [`rules`] | what a row must keep |
//! | [`open`] | what of a row is public |
//! | `contracts` | what a contract says of a dataset, as types, and what is made of it: names, Avro, pages |
//! | `file` | from the text of a file to a contract, and a folder of them; the Avro files beside them |
//!
//! Each imports only what stands above it in this table, and no file imports one that imports it: the test is
//! `layers.rs` of the harness.

mod canonical;
mod column_type;
mod contracts;
mod file;
pub mod id;
pub mod identity;
pub mod open;
pub mod row;
pub mod rules;
pub mod source_name;

pub use contracts::{
    asker, avro, catalogue, class_memory, contract, mistake, names, publication, reference, show,
};
pub use file::avro_files;
