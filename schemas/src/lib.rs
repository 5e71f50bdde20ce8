//! The data contracts: one YAML file per dataset says everything about it. Pure: no IO but reading
//! the contract files, no clock, no async.
//!
//! - [`contract`]: what a contract says, as types
//! - [`row`]: a row as PostgreSQL writes it, one text per column
//! - [`names`]: topics, subjects, tables and Avro names of a dataset, one-to-one

pub mod contract;
pub mod names;
pub mod row;
pub mod rules;
