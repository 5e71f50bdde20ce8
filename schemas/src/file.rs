//! Reading contract files: [`yaml`] (a tree with lines) → [`fields`] (what is missing, unknown, wrong) →
//! [`contract`] for a dataset or [`publication`] for an open set. All mistakes of a file are noted, none
//! stops the reading. The only files of this crate that touch a disk.
//!
//! - [`folder`]: all files of a folder; [`one`]: one of them; [`avro_files`]: the schemas beside them
//! - [`entry`], [`label`]: what every file begins with, and what people read
//! - [`column`], [`column_type`], [`column_rule`]: one column; [`row_rule`]: rules between columns
//! - [`source`], [`key`]: the table, its replica identity and its key
//! - [`open`]: what of it is public; [`condition`]: `{ column: [values] }`
//! - [`code_list`]: code lists and formats that rules refer to; [`limits`]: what an hourly mean is held against;
//!   [`seconds`]: spans of time

pub mod avro_files;
mod code_list;
mod column;
mod column_rule;
mod column_type;
mod condition;
mod contract;
mod entry;
mod fields;
mod folder;
mod key;
mod label;
mod limits;
mod one;
mod open;
mod publication;
mod row_rule;
mod seconds;
mod source;
mod yaml;
