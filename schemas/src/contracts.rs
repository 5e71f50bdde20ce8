//! What the contract files say: of each dataset, of all, and what is made of them.
//!
//! - [`contract`]: one dataset; [`publication`]: an open set; [`catalogue`]: all of a folder
//! - [`form`]: the text by which a change of what is public is known
//! - [`reference`]: which rows of other datasets a row refers to
//! - [`names`], [`asker`]: what a dataset is called on Kafka, in Avro and in the store, and who may ask for copies
//! - [`avro`]: the Avro schemas of a dataset's topics; [`class_memory`]: what those remember of each column's class
//! - [`show`]: contracts as people read them; [`mistake`]: what is wrong with their files; [`nearest`]: what was meant

pub mod asker;
pub mod avro;
pub mod catalogue;
pub mod class_memory;
pub mod contract;
mod form;
pub mod mistake;
pub mod names;
pub(crate) mod nearest;
pub mod publication;
pub mod reference;
pub mod show;
