//! What stands in the field of a column that did not travel.

use super::{UNAVAILABLE, branch};
use crate::plan::{Leaf, Nullable, ValuePlan};
use crate::wire::{put_bytes, put_length, put_long};

/// As Debezium: the placeholder's text, its bytes, or an array of either; null where it has none.
pub(super) fn put_placeholder(out: &mut Vec<u8>, union: Nullable, leaf: &Leaf) {
    let filled = match leaf {
        Leaf::Text | Leaf::Json | Leaf::Bytea => {
            out.push(branch(union.value));
            put_bytes(out, UNAVAILABLE.as_bytes());
            true
        }
        Leaf::Array(element) => put_placeholder_array(out, union, element),
        _ => false,
    };
    if !filled {
        out.push(branch(union.null));
    }
}

fn put_placeholder_array(out: &mut Vec<u8>, union: Nullable, element: &ValuePlan) -> bool {
    let put_item = |out: &mut Vec<u8>, item: &dyn Fn(&mut Vec<u8>)| {
        if let Some(union) = element.union {
            out.push(branch(union.value));
        }
        item(out);
    };
    match element.leaf {
        Leaf::Text | Leaf::Json => {
            out.push(branch(union.value));
            put_length(out, 1);
            put_item(out, &|out| put_bytes(out, UNAVAILABLE.as_bytes()));
        }
        Leaf::Integer | Leaf::Bigint | Leaf::Date => {
            out.push(branch(union.value));
            put_length(out, UNAVAILABLE.len());
            for byte in UNAVAILABLE.bytes() {
                put_item(out, &|out| put_long(out, i64::from(byte)));
            }
        }
        _ => return false,
    }
    out.push(0);
    true
}
