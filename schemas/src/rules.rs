//! The rules that a dataset's rows must keep.

/// A dataset's compiled rules.
#[derive(Clone, Debug, Default)]
pub struct Rules {}
