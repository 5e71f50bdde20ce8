//! The data contracts: one YAML file per dataset says everything about it. Pure: no IO but reading
//! the contract files, no clock, no async.
//!
//! - [`contract`]: what a contract says, as types
//! - [`catalogue`]: all contracts of a folder, or every mistake in them
//! - [`row`]: a row as PostgreSQL writes it, one text per column
//! - [`rules`]: what a row must keep, compiled from its contract
//! - [`names`]: topics, subjects, tables and Avro names of a dataset, one-to-one
//! - [`avro`]: the Avro schemas of a dataset's topic; [`avro_files`]: their copies beside the contracts
//! - [`show`]: contracts as people read them
//!
//! Reading a file goes [`yaml`] (a tree with lines) → [`fields`] (what is missing, unknown, wrong) →
//! [`contract_file`], [`column_file`], [`row_rule_file`]; what it refers to is in [`code_list`].

pub mod array;
pub mod avro;
pub mod avro_files;
pub mod catalogue;
mod code_list;
mod column_file;
mod column_type;
pub mod contract;
mod contract_file;
mod fields;
pub mod mistake;
pub mod names;
pub mod row;
mod row_rule_file;
pub mod rules;
pub mod show;
mod yaml;
