//! What every service stands on and none should think about.
//!
//! - [`failure`]: codes, classes, hints, exit statuses

pub mod failure;
