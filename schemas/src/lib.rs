//! The data contracts: one YAML file per dataset says everything about it. Pure: no IO but reading
//! the contract files, no clock, no async. The language is described in this folder's `README.md`.
//!
//! - [`contract`]: what a contract says, as types; [`publication`]: an open set, the same
//! - [`catalogue`]: all contracts of a folder, or every mistake in them
//! - [`row`]: a row as PostgreSQL writes it, one text per column
//! - [`rules`]: what a row must keep, compiled from its contract
//! - [`reference`]: which rows of other datasets it refers to
//! - [`open`]: what of a row is public
//! - [`names`]: topics, subjects, tables and Avro names of a dataset, one-to-one
//! - [`avro`]: the Avro schemas of a dataset's topics; [`avro_files`]: their copies beside the contracts
//! - [`class_memory`]: what those remember of each column's class
//! - [`show`]: contracts as people read them
//! - [`file`]: from the text of a file to a contract

pub mod array;
pub mod asker;
pub mod avro;
pub mod avro_files;
pub mod catalogue;
pub mod class_memory;
pub mod contract;
mod decimal;
mod file;
pub mod mistake;
pub mod names;
pub mod open;
pub mod publication;
pub mod reference;
pub mod row;
pub mod rules;
pub mod show;
